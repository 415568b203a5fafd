"""Reading one source: the reader that accepts it, and everything it has to say, bounded.

The one place where any failure of a format library becomes a clear line. Files inside the file are read too (`inside`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Protocol

from ..base.errors import KotonohaError, NoRoom, UnreadableSource, full_disk
from ..base.settings import Settings
from ..readers import Enclosed, Note, Reader
from ..source import Source, look
from ..space.entity import Draft
from ..text.columns import Columns
from ..text.whole import storable

DEEPEST = 8
"""Files that may lie one inside the other."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a source had to say.

    Attributes:
        reader: the name of the reader that read it.
        drafts: in reading order, parents before children.
        tables: the typed rows of its tables and records.
        notes: in words, what was left out and where.
        inside: the files inside it, each with what it had to say.
    """

    reader: str
    drafts: tuple[Draft, ...]
    tables: tuple[Columns, ...] = ()
    notes: tuple[str, ...] = ()
    inside: tuple[Inside, ...] = ()

    @property
    def size(self) -> int:
        """How many drafts there are, in the files inside it too."""
        return len(self.drafts) + sum(one.read.size for one in self.inside)


@dataclass(frozen=True, slots=True)
class Inside:
    """A file inside a file, named as if that were a folder: "offer.eml/prices.csv"."""

    path: str
    sha256: str
    size: int
    media: str
    read: Read


class Reads(Protocol):
    """Whoever reads sources: in this process or in others, `ahead` sources at a time beside the one that is waited for."""

    @property
    def ahead(self) -> int: ...

    def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
        """What will have been found in a source; `begun` is called once, in any thread, when it is really being read."""
        ...

    def close(self) -> None: ...


class Direct:
    """Reads in this process, one source after the other."""

    ahead = 0

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers

    def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
        found: Future[Read] = Future()
        begun()
        try:
            found.set_result(read(source, self._readers))
        except KotonohaError as error:
            found.set_exception(error)
        return found

    def close(self) -> None:
        """There is nothing to end."""


def read(source: Source, readers: Sequence[Reader], depth: int = 0) -> Read:
    """Everything the first reader that accepts a source has to say.

    Args:
        depth: how many files it lies in.

    Raises:
        UnreadableSource: no reader accepts it, it is damaged, or nothing is in it.
        NoRoom: what it needs on disk for a while does not fit.
    """
    try:
        reader = reader_of(source, readers)
        found = _gathered(reader, source, readers, depth)
    except KotonohaError:
        raise
    except Exception as error:  # the boundary: format libraries raise anything on hostile files
        if isinstance(error, OSError) and (full := full_disk(error)):
            raise full from error
        raise UnreadableSource(source.path, f"damaged or not what it seems ({one_line(error)})") from error
    if not found.drafts:
        raise UnreadableSource(source.path, "; ".join(found.notes) or "nothing in it can be read")
    return found


def reader_of(source: Source, readers: Sequence[Reader]) -> Reader:
    """The first reader that accepts a source.

    Raises:
        UnreadableSource: none does.
    """
    reader = next((reader for reader in readers if reader.accepts(source)), None)
    if reader is None:
        raise UnreadableSource(source.path, f"no reader for this kind of file ({source.media})")
    return reader


def _gathered(reader: Reader, source: Source, readers: Sequence[Reader], depth: int) -> Read:
    drafts: list[Draft] = []
    tables: list[Columns] = []
    notes: list[str] = []
    inside: list[Inside] = []
    most = source.settings.max_entities
    for item in map(storable, reader.read(source)):
        if isinstance(item, Note):
            notes.append(item.text)
        elif isinstance(item, Columns):
            tables.append(item)
        elif sum(one.read.size for one in inside) + len(drafts) >= most:
            notes.append(f"only the first {most:,} entities were kept")
            break
        elif isinstance(item, Enclosed):
            left = most - len(drafts) - sum(one.read.size for one in inside)
            found, said = _opened(item, replace(source.settings, max_entities=left), readers, depth + 1)
            inside += found
            notes += said
        else:
            drafts.append(item)
    return Read(reader.name, tuple(drafts), tuple(tables), tuple(dict.fromkeys(notes)), tuple(_told_apart(inside)))


# -- files inside a file ---------------------------------------------------------------------------------------


def _opened(item: Enclosed, limits: Settings, readers: Sequence[Reader], depth: int) -> tuple[list[Inside], list[str]]:
    """A file inside a file, those inside it behind it, and in words what was left out of them."""
    said = PurePosixPath(item.name).name
    if depth > DEEPEST:
        return [], [f"attachment {said}: not read: in more than {DEEPEST} files one inside the other"]
    with tempfile.TemporaryDirectory(prefix="kotonoha-") as folder:
        file = Path(folder) / said
        file.write_bytes(item.data)
        try:
            source = look(file, limits)
            found = read(source, readers, depth)
        except NoRoom:
            raise
        except KotonohaError as error:
            reason = error.reason if isinstance(error, UnreadableSource) else str(error)
            return [], [f"attachment {said}: not read: {reason}"]
    alone = Inside(item.name, source.sha256, source.size, source.media, replace(found, inside=()))
    deeper = (replace(one, path=f"{item.name}/{one.path}") for one in found.inside)
    return [_under(item, one) for one in (alone, *deeper)], [f"attachment {said}: {note}" for note in found.notes]


def _under(item: Enclosed, inside: Inside) -> Inside:
    """What a file inside a file says, under the headings that this stands under; its name is one of them already."""
    name = PurePosixPath(item.name)

    def title(own: str) -> str:
        first, _, rest = own.partition(" > ")
        own = rest if first == name.stem and item.under.endswith(name.name) else own
        return f"{item.under} > {own}" if own else item.under

    drafts = tuple(replace(draft, title=title(draft.title)) for draft in inside.read.drafts)
    return replace(inside, read=replace(inside.read, drafts=drafts))


def _told_apart(inside: Sequence[Inside]) -> Iterator[Inside]:
    """Files inside one file, no two of one name: "x.csv", "x (2).csv"."""
    taken: set[str] = set()
    for one in inside:
        path = PurePosixPath(one.path)
        names = chain([one.path], (str(path.with_name(f"{path.stem} ({n}){path.suffix}")) for n in count(2)))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        yield one if name == one.path else replace(one, path=name)


def one_line(error: BaseException) -> str:
    """What an error says, at most 160 characters, of the system without its paths; its kind where it says nothing."""
    text = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
