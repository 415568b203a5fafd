"""One file on its way into the memory: looked at, read, redacted, placed in the space, stored.

What becomes of it is a `Report`. A file that was here before stays in its scope, whatever it is read again for.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from .. import jobs, reading
from ..base import private
from ..base.access import BOTH, destination
from ..base.errors import KotonohaError, NoRoom, UnreadableSource, full_disk
from ..base.settings import Settings
from ..memory import amended, links, places
from ..memory.catalog import Catalog, SourceRow, marks, stored
from ..memory.memory import Memory
from ..memory.tables import Rows
from ..privacy.personal import Personal, Redacted
from ..readers import Reader
from ..reading import Read, Reads, one_line
from ..source import Source, file_of, look, take
from ..space.entity import Entity, identify
from ..space.space import UNPLACED, Packed, Space
from ..text.columns import Columns
from ..text.rows import of
from . import landing


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file. `status`: added, unchanged, updated, moved, copy, missing, forgotten, failed."""

    source: str
    status: str
    entities: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    error: str = ""
    notes: tuple[str, ...] = ()
    scope: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Work:
    """One file, read and waiting to be placed and stored; `sealed` are originals of personal data by entity, `remarks`
    are about this reading alone and are not kept; `rows` are its tables and records, `inside` the files inside it."""

    job: jobs.Job
    source: Source
    id: str
    status: str
    read: Read
    entities: tuple[Entity, ...]
    sealed: dict[str, bytes]
    redacted: str
    seconds: float
    remarks: tuple[str, ...] = ()
    rows: tuple[Rows, ...] = ()
    inside: tuple[Work, ...] = ()

    @property
    def size(self) -> int:
        """How many entities there are, in the files inside it too."""
        return len(self.entities) + sum(len(work.entities) for work in self.inside)


@dataclass(frozen=True, slots=True)
class Begun:
    """One file that is being read: what is known of it so far, and what will have been found."""

    job: jobs.Job
    source: Source
    row: SourceRow | None
    status: str
    kinds: str
    remarks: tuple[str, ...]
    started: float
    found: Future[reading.Read]


def begin(
    job: jobs.Job, memory: Memory, reads: Reads, personal: Personal, files: places.Files
) -> Begun | Report | NoRoom:
    """Looks at one file and begins to read it if it is new or changed: a copy of it, so that what is read and stored is what
    lay at its path and at no other. Where there is no room for that it waits on, and is not to blame."""
    started = time.perf_counter()
    path = Path(job.path)
    try:
        if job.tries >= jobs.MAX_TRIES:
            raise UnreadableSource(path, f"reading it has stopped the program {job.tries} times", "report the file")
        lies = look(path, memory.settings)
        if lies.path != path:
            raise UnreadableSource(path, "has become a link since it was listed")
        source = replace(lies, path=Path(job.source))
        job, remarks = _where_it_lies(memory, source, job)
        source = replace(source, own_words=own_words(memory.catalog, [job.scope]))
        kinds = " ".join(sorted(personal.kinds(job.scope)))
        row, status = _known(memory, source, job, kinds)
        if row is not None and status in ("copy", "unchanged", "moved"):
            landing.land(job)
        if row is not None and status == "copy":
            return copy(job, row, started)
        if row is not None and status in ("unchanged", "moved"):
            seconds = time.perf_counter() - started
            notes = (*row.notes, *remarks, *amended.remarks(memory.catalog, row.id))
            return Report(job.source, status, seconds=seconds, scope=job.scope, notes=notes)
        read, found = _submitted(job, lies, memory, reads, files)
        return Begun(job, read, row, status, kinds, remarks, started, found)
    except NoRoom as full:
        jobs.survived(memory.catalog, job)
        return full
    except Exception as error:  # noqa: BLE001 - one file, whatever is wrong with it, is one line
        return failed(job, error, started)


def _submitted(
    job: jobs.Job, source: Source, memory: Memory, reads: Reads, files: places.Files
) -> tuple[Source, Future[reading.Read]]:
    """The file as it is read, and what will have been found in it. Its copy is gone when it is read.

    Raises:
        UnreadableSource: it is a source of another scope under another name, or a link was put in its place.
    """
    with ExitStack() as stack:
        taken = take(source, stack.enter_context(_own_folder(memory.settings)))
        if taken.linked and files.is_elsewhere(job.path, job.scope, taken.inodes):
            reason = "the same file as a source of another scope (a hard link); copy it if this scope may know it"
            raise UnreadableSource(source.path, reason)
        files.begin(job.path, job.scope, taken.inodes)
        found = reads.submit(taken.source, lambda: jobs.begin(memory.catalog, job))
        copy = stack.pop_all()
    found.add_done_callback(lambda _: copy.close())
    return replace(taken.source, path=Path(job.source)), found


@contextmanager
def _own_folder(settings: Settings) -> Iterator[Path]:
    """An empty folder of the state, gone afterwards."""
    private.folder(settings.reading_folder)
    with tempfile.TemporaryDirectory(dir=settings.reading_folder, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def copy(job: jobs.Job, row: SourceRow, started: float) -> Report:
    """The report of a file that is another place of a source."""
    seconds = time.perf_counter() - started
    return Report(job.source, "copy", seconds=seconds, scope=job.scope, notes=(f"the same file as {row.path}",))


def failed(job: jobs.Job, error: Exception, started: float) -> Report:
    """The report of a file that stopped itself being taken in, whatever was raised; the others go on.

    Raises:
        sqlite3.Error: it is a fault of the memory, and not of the file.
        NoRoom: it is a full disk.
    """
    if isinstance(error, OSError) and (full := full_disk(error)):
        raise full from error
    if isinstance(error, sqlite3.InternalError | sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
        raise error
    if not isinstance(error, KotonohaError):
        error = UnreadableSource(job.path, f"cannot be taken in ({one_line(error)})")
    reason = error.reason if isinstance(error, UnreadableSource) else str(error)
    return Report(job.source, "failed", seconds=time.perf_counter() - started, error=reason, scope=job.scope)


def ended_reading(
    asked: jobs.Job, begun: Begun | Report | NoRoom, memory: Memory, personal: Personal
) -> tuple[jobs.Job, Work | Report | NoRoom]:
    """A job with its work once its file is read."""
    if not isinstance(begun, Begun):
        return asked, begun
    try:
        found = begun.found.result()
        jobs.survived(memory.catalog, begun.job)
        return asked, _work(begun, found, memory, personal)
    except NoRoom as full:
        return asked, full
    except Exception as error:  # noqa: BLE001 - what one file says is that file's fault alone
        return asked, failed(begun.job, error, begun.started)


def _work(begun: Begun, found: reading.Read, memory: Memory, personal: Personal) -> Work:
    """What was read, and in the files inside it, redacted and with identities."""
    id = begun.row.id if begun.row is not None else _source_id(memory, begun.source)
    work = _one(begun, begun.source, id, found, memory.catalog, personal)
    return replace(work, inside=tuple(_inside(begun, one, memory, personal) for one in found.inside))


def _inside(begun: Begun, inside: reading.Inside, memory: Memory, personal: Personal) -> Work:
    """A file inside the file, named as if that were a folder."""
    path = begun.source.path / inside.path
    source = Source(path, inside.sha256, inside.size, inside.media, b"", begun.source.settings)
    known = memory.catalog.source_at(str(path))
    id = known.id if known else _source_id(memory, source)
    return _one(begun, source, id, inside.read, memory.catalog, personal)


def _one(begun: Begun, source: Source, id: str, found: reading.Read, catalog: Catalog, personal: Personal) -> Work:
    job = begun.job
    clean = personal.redacted(found.drafts, job.scope)
    entities = tuple(identify(id, job.scope, (one.draft for one in clean)))
    lost = amended.lost(catalog, id, [one.id for one in entities])
    entities, clean = _put_right(id, entities, clean, catalog, personal, job.scope)
    rows = tuple(_rows(found, entities, personal.columns_without(found.tables, clean, job.scope), source.path.stem))
    sealed = {
        entity.id: personal.seal(entity.id, one.originals)
        for entity, one in zip(entities, clean, strict=True)
        if one.originals
    }
    remarks = (*begun.remarks, *([f"corrections whose words are gone: {lost}"] if lost else ()))
    seconds = time.perf_counter() - begun.started
    return Work(job, source, id, begun.status, found, entities, sealed, begun.kinds, seconds, remarks, rows)


def _put_right(
    source: str, entities: Sequence[Entity], read: Sequence[Redacted], catalog: Catalog, personal: Personal, scope: str
) -> tuple[tuple[Entity, ...], list[Redacted]]:
    """The entities in the words that people put right, redacted as the source is now; what was read keeps its originals."""
    typed = {id: personal.typed(id, sealed) for id, sealed in amended.corrected(catalog, source).items()}
    if not typed:
        return tuple(entities), list(read)
    said = [replace(one.draft, text=typed.get(e.id, one.draft.text)) for e, one in zip(entities, read, strict=True)]
    again = personal.redacted(said, scope)
    right = tuple(
        replace(e, text=one.draft.text, at=UNPLACED if e.id in typed else e.at)
        for e, one in zip(entities, again, strict=True)
    )
    return right, [replace(o, originals={**old.originals, **o.originals}) for old, o in zip(read, again, strict=True)]


def _rows(found: reading.Read, entities: Sequence[Entity], tables: Sequence[Columns], file: str) -> Iterator[Rows]:
    """The tables of a source with the entity that tells of each: the draft of its key, of a record the first one."""
    told = {draft.key: entity.id for draft, entity in zip(found.drafts, entities, strict=True) if draft.key}
    for columns in tables:
        entity = told.get(columns.key) or (entities[0].id if columns.time else "")
        if entity:
            yield Rows(entity, columns.sheet or file, of(columns))


def seen(row: SourceRow, settings: Settings, readers: Sequence[Reader], personal: Personal) -> dict[str, Packed]:
    """Where what a known source shows lies among words, by entity: its file is looked at again. Nothing if that is not
    there any more, or is not what it was."""
    file = file_of(row.path)
    try:
        with _own_folder(settings) as own:
            source = take(look(file, settings), own).source
            if not row.within and source.sha256 != row.sha256:
                return {}
            found = reading.read(source, readers)
    except KotonohaError:
        return {}
    said = {str(file / one.path): (one.sha256, one.read) for one in found.inside} | {str(file): (source.sha256, found)}
    sha256, meant = said.get(row.path, ("", found))
    drafts = meant.drafts if sha256 == row.sha256 else ()
    clean = personal.redacted(drafts, destination(row.scope))
    entities = identify(row.id, row.scope, (one.draft for one in clean))
    return {one.id: one.at for one in entities if one.at != UNPLACED}


def own_words(catalog: Catalog, scopes: Sequence[str]) -> tuple[str, ...]:
    """Names and terms of the concepts in these scopes, the most spoken of first."""
    rows = catalog.connection.execute(
        "SELECT entity.*, (SELECT sum(times) FROM mention WHERE concept = entity.id) AS said FROM entity "
        f"WHERE kind = 'concept' AND scope IN ({marks(scopes)}) ORDER BY said DESC, number",
        list(scopes),
    )
    return tuple(dict.fromkeys(name for row in rows for name in links.names(stored(row))))


def _where_it_lies(memory: Memory, source: Source, job: jobs.Job) -> tuple[jobs.Job, tuple[str, ...]]:
    """A known source stays in its scope, or on its way to another, whatever this job was asked for with, and says so.

    Reading a file never decides who may know what it says: `policy move` does, with its check and its record.
    """
    here = memory.catalog.source_at(str(source.path)) or _renamed(memory, source, job)
    if job.place and (at := here or places.at(memory.catalog, job.place)) and at.scope != job.scope:
        raise UnreadableSource(source.path, "its name was taken since it was brought; bring it again")
    if here is None or (job.moves and BOTH not in here.scope):
        return job, ()
    lies_in = destination(here.scope)
    remark = f"stays in {lies_in}; to {job.scope} it goes by: kotonoha policy move {source.path} {job.scope}"
    return replace(job, scope=lies_in), () if lies_in == job.scope else (remark,)


def _renamed(memory: Memory, source: Source, job: jobs.Job) -> SourceRow | None:
    """The source with these very bytes whose file is gone: this file, under the name it had before. Whoever brings a file
    is told nothing of other scopes, and changes nothing there."""
    known = (row for row in memory.catalog.sources_like(source.sha256) if not job.place or row.scope == job.scope)
    return next((row for row in known if not Path(row.path).exists()), None)


def _known(memory: Memory, source: Source, job: jobs.Job, kinds: str) -> tuple[SourceRow | None, str]:
    """The row of a source that was here before, and what became of it.

    It is read again when it changed, when a file beside it did, when other personal data is to be redacted, or when its
    reader reads otherwise now.
    """
    here = memory.catalog.source_at(str(source.path))
    if here is not None and here.sha256 != source.sha256 and places.go_on(memory.catalog, here):
        here = None  # what it said goes on at another place; this file is new
    if here is not None:
        if here.stale or (here.sha256, here.beside, here.redacted) != (source.sha256, source.beside, kinds):
            return here, "updated"
        if here.scope != job.scope and BOTH not in here.scope:
            memory.move_source(here.id, here.path, job.scope)
        return here, "unchanged"
    if copied := joined(memory, source, job):
        return copied, "copy"
    row = _renamed(memory, source, job)
    if row is None:
        return None, "added"
    if row.stale or (row.beside, row.redacted) != (source.beside, kinds):
        return row, "updated"
    memory.move_source(row.id, str(source.path), None if BOTH in row.scope else job.scope)
    return row, "moved"


def joined(memory: Memory, source: Source, job: jobs.Job) -> SourceRow | None:
    """The source of which this file is one more place, in the same scope, with the same files beside it."""
    path = str(source.path)
    row = places.twin(memory.catalog, path, source.sha256, source.beside, job.scope)
    if row is None:
        places.leave(memory.catalog, path)
    elif path not in row.places:
        places.add(memory.catalog, row.id, path)
    return row


def place(space: Space, entities: Sequence[Entity]) -> list[Entity]:
    """Entities placed in the space by their words, unless they brought vectors of their own."""
    spoken = iter(space.place([entity.words for entity in entities if entity.at == UNPLACED]))
    return [entity.placed(next(spoken)) if entity.at == UNPLACED else entity for entity in entities]


def _source_id(memory: Memory, source: Source) -> str:
    """A name for a new source: from its path and first content, so that the same steps give the same name again."""
    for turn in range(1_000_000):
        id = hashlib.blake2b(
            f"{source.path}\x1f{source.sha256}\x1f{turn}".encode("utf-8", "surrogatepass"), digest_size=12
        ).hexdigest()
        if memory.catalog.source(id) is None:
            return id
    raise AssertionError("unreachable")
