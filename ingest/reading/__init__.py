"""Reading one source: the reader that accepts it, and everything it has to say, bounded.

The one place where any failure of a format library becomes a clear line.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from ..base.errors import KotonohaError, UnreadableSource
from ..readers import Note, Reader
from ..source import Source
from ..space.entity import Draft
from ..text.columns import Columns


@dataclass(frozen=True, slots=True)
class Read:
    """What a source had to say.

    Attributes:
        reader: the name of the reader that read it.
        drafts: in reading order, parents before children.
        tables: the typed rows of its tables and records.
        notes: in words, what was left out and where.
    """

    reader: str
    drafts: tuple[Draft, ...]
    tables: tuple[Columns, ...] = ()
    notes: tuple[str, ...] = ()


class Reads(Protocol):
    """Whoever reads sources: in this process or in others, `ahead` sources at a time beside the one that is waited for."""

    @property
    def ahead(self) -> int: ...

    def submit(self, source: Source) -> Future[Read]: ...

    def close(self) -> None: ...


class Direct:
    """Reads in this process, one source after the other."""

    ahead = 0

    def __init__(self, readers: Sequence[Reader]) -> None:
        self._readers = readers

    def submit(self, source: Source) -> Future[Read]:
        found: Future[Read] = Future()
        try:
            found.set_result(read(source, self._readers))
        except KotonohaError as error:
            found.set_exception(error)
        return found

    def close(self) -> None:
        """There is nothing to end."""


def read(source: Source, readers: Sequence[Reader]) -> Read:
    """Everything the first reader that accepts a source has to say.

    Raises:
        UnreadableSource: no reader accepts it, it is damaged, or nothing is in it.
    """
    try:
        reader = reader_of(source, readers)
        drafts, tables, notes = _gathered(reader, source)
    except KotonohaError:
        raise
    except Exception as error:  # the boundary: format libraries raise anything on hostile files
        raise UnreadableSource(source.path, f"damaged or not what it seems ({_one_line(error)})") from error
    if not drafts:
        raise UnreadableSource(source.path, "; ".join(notes) or "nothing in it can be read")
    return Read(reader.name, tuple(drafts), tuple(tables), tuple(notes))


def reader_of(source: Source, readers: Sequence[Reader]) -> Reader:
    """The first reader that accepts a source.

    Raises:
        UnreadableSource: none does.
    """
    reader = next((reader for reader in readers if reader.accepts(source)), None)
    if reader is None:
        raise UnreadableSource(source.path, f"no reader for this kind of file ({source.media})")
    return reader


def _gathered(reader: Reader, source: Source) -> tuple[list[Draft], list[Columns], list[str]]:
    drafts: list[Draft] = []
    tables: list[Columns] = []
    notes: list[str] = []
    most = source.settings.max_entities
    for item in reader.read(source):
        if isinstance(item, Note):
            notes.append(item.text)
        elif isinstance(item, Columns):
            tables.append(item)
        elif len(drafts) < most:
            drafts.append(item)
        else:
            notes.append(f"only the first {most:,} entities were kept")
            break
    return drafts, tables, list(dict.fromkeys(notes))


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else text[:157] + "..."
