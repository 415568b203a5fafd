"""Ingestion in order: sources -> readers -> entities -> space -> memory. One report per file; a bad file costs one line.

It knows no format, no model and no store by name: readers, space and memory are given to it. Killed at any moment and
run again it ends as if it had never been killed, because a file is stored in one transaction and only then ticked off.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from . import jobs, reading
from .base.access import BOTH, destination
from .base.errors import KotonohaError, MemoryHeld, UnreadableSource
from .base.settings import Settings
from .memory import links, moves
from .memory.catalog import Catalog, SourceRow, StoredEntity, marks, stored
from .memory.memory import Memory
from .memory.tables import Rows
from .privacy.personal import Personal
from .readers import Reader
from .reading import Read, Reads
from .source import Source, look, walk
from .space.entity import Entity, identify
from .space.space import Placed, Space, nowhere, pack, placed
from .text.columns import Columns
from .text.rows import of

BATCH = 256
"""Texts placed in one call; several small files share a call."""
SETTLE = 2_000
"""Entities stored between two deliveries to the vector store."""
TABLE = 200
"""Rows of a table that are each placed in the space. Of a larger one they are found by their words and by query: what a
question means leads to the table and its columns, and among thousands of rows alike it leads nowhere."""
FOLLOW = 0.5
"""Seconds between two looks at jobs that another process does for us."""

ScopeOf = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file. `status`: added, unchanged, updated, moved, missing, forgotten, failed."""

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
    are about this reading alone and are not kept; `rows` are its tables and records."""

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


def ingest(
    settings: Settings,
    paths: Iterable[Path],
    scope_of: ScopeOf,
    open_memory: Callable[[], Memory],
    open_readers: Callable[[], Reads],
    follow_links: bool = False,
    moves: bool = False,
) -> Iterator[Report]:
    """Ingests files and folders: as the owner of the memory, or through the process that owns it.

    Yields one report per file as it is done; what cannot even be listed comes first. A known source stays in its scope
    unless `moves` says that it is sent to another.
    """
    catalog = Catalog(settings.catalog_file)
    ticket, reports = ask(catalog, paths, scope_of, follow_links, moves)
    yield from reports
    seen: set[int] = set()
    while True:
        left = jobs.count_waiting(catalog, ticket)
        if left:
            with suppress(MemoryHeld), open_memory() as memory, closing(open_readers()) as reads:
                for _ in run(memory, reads):
                    yield from _finished(catalog, ticket, seen)
        yield from _finished(catalog, ticket, seen)
        if not left:
            break
        time.sleep(FOLLOW)
    catalog.close()


def ask(
    catalog: Catalog, paths: Iterable[Path], scope_of: ScopeOf, follow_links: bool = False, moves: bool = False
) -> tuple[str, list[Report]]:
    """Puts every file under `paths` on the list of jobs; returns the ticket, and reports for what cannot be put there."""
    found: list[tuple[str, str]] = []
    reports: list[Report] = []
    for item in walk(paths, follow_links):
        try:
            if isinstance(item, UnreadableSource):
                raise item
            found.append((str(item), scope_of(item)))
        except UnreadableSource as error:
            reports.append(Report(error.path, "failed", error=error.reason))
    return jobs.ask(catalog, found, moves), reports


def run(memory: Memory, reads: Reads) -> Iterator[Report]:
    """Does every waiting job, those that are asked for meanwhile too, and yields a report as each is done."""
    personal = Personal(memory.catalog, memory.settings)
    while waiting := jobs.waiting(memory.catalog):
        batch: list[Work] = []
        unsettled = 0
        for job, outcome in _outcomes(waiting, memory, reads, personal):
            if isinstance(outcome, Report):
                yield _ended(memory, job, outcome)
                continue
            batch.append(outcome)
            if sum(len(work.entities) for work in batch) >= BATCH:
                unsettled += sum(len(work.entities) for work in batch)
                yield from _store(batch, memory)
                batch = []
            if unsettled >= SETTLE:
                memory.settle()
                unsettled = 0
        yield from _store(batch, memory)
        memory.settle()


@contextmanager
def attending(memory: Memory, open_readers: Callable[[], Reads]) -> Iterator[None]:
    """While inside, a thread does what other processes ask for: jobs and moves. Leaving waits for the file it is at."""
    stop = threading.Event()

    def attend() -> None:
        reads: Reads | None = None
        while not stop.wait(FOLLOW):
            if jobs.count_waiting(memory.catalog):
                reads = reads or open_readers()
                for _ in run(memory, reads):
                    if stop.is_set():
                        break
            elif moves.waiting(memory.catalog):
                memory.settle()
        if reads is not None:
            reads.close()
        memory.catalog.close()

    thread = threading.Thread(target=attend, name="ingestion")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def gone(rows: Iterable[SourceRow]) -> Iterator[Report]:
    """Says which sources have no file any more; what they said can still be found."""
    for row in rows:
        hint = "the file is gone; what it said is kept until `kotonoha ingest --prune` or `kotonoha forget`"
        yield Report(row.path, "missing", scope=row.scope, notes=(hint,))


def pruned(rows: Sequence[SourceRow], open_memory: Callable[[], Memory]) -> Iterator[Report]:
    """Forgets sources whose files are gone."""
    if rows:
        with open_memory() as memory:
            for row in rows:
                memory.forget_source(row.id)
                yield Report(row.path, "forgotten", scope=row.scope, notes=("its file is gone",))


def missing(catalog: Catalog, folders: Iterable[Path]) -> list[SourceRow]:
    """Sources once read from these folders whose files are gone. A folder that is gone itself may only be unmounted."""
    roots = [folder.absolute().resolve() for folder in folders if folder.is_dir()]
    return [
        row
        for row in catalog.sources()
        if any(Path(row.path).is_relative_to(root) for root in roots) and not Path(row.path).exists()
    ]


def _outcomes(
    waiting: Iterable[jobs.Job], memory: Memory, reads: Reads, personal: Personal
) -> Iterator[tuple[jobs.Job, Work | Report]]:
    """Every job with what became of it, in order, while the next ones are being read."""
    begun: deque[tuple[jobs.Job, Begun | Report]] = deque()
    for job in waiting:
        begun.append((job, _begin(job, memory, reads, personal)))
        if len(begun) > reads.ahead:
            yield _ended_reading(*begun.popleft(), memory, personal)
    while begun:
        yield _ended_reading(*begun.popleft(), memory, personal)


def _begin(job: jobs.Job, memory: Memory, reads: Reads, personal: Personal) -> Begun | Report:
    """Looks at one file and begins to read it if it is new or changed."""
    started = time.perf_counter()
    path = Path(job.path)
    jobs.begin(memory.catalog, job)
    try:
        if job.tries >= jobs.MAX_TRIES:
            raise UnreadableSource(path, f"reading it has stopped the program {job.tries} times", "report the file")
        if path.resolve() != path:
            raise UnreadableSource(path, "has become a link since it was listed")
        source = look(path, memory.settings)
        job, remarks = _where_it_lies(memory, source, job)
        source = replace(source, own_words=own_words(memory.catalog, [job.scope]))
        kinds = " ".join(sorted(personal.kinds(job.scope)))
        row, status = _known(memory, source, job, kinds)
        if row is not None and status in ("unchanged", "moved"):
            seconds = time.perf_counter() - started
            return Report(job.path, status, seconds=seconds, scope=job.scope, notes=(*row.notes, *remarks))
        remarks += tuple(_copies(memory, source, job)) if status == "added" else ()
        return Begun(job, source, row, status, kinds, remarks, started, reads.submit(source))
    except KotonohaError as error:
        return _failed(job, error, started)


def _copies(memory: Memory, source: Source, job: jobs.Job) -> Iterator[str]:
    """Says that another source of the same scope has the very same bytes."""
    for row in memory.catalog.sources_like(source.sha256):
        if row.scope == job.scope and row.path != str(source.path):
            yield f"the same file as {row.path}"


def _failed(job: jobs.Job, error: KotonohaError, started: float) -> Report:
    reason = error.reason if isinstance(error, UnreadableSource) else str(error)
    return Report(job.path, "failed", seconds=time.perf_counter() - started, error=reason, scope=job.scope)


def _ended_reading(
    asked: jobs.Job, begun: Begun | Report, memory: Memory, personal: Personal
) -> tuple[jobs.Job, Work | Report]:
    """A job with its work once its file is read."""
    if isinstance(begun, Report):
        return asked, begun
    try:
        found = begun.found.result()
    except KotonohaError as error:
        return asked, _failed(begun.job, error, begun.started)
    jobs.survived(memory.catalog, begun.job)
    return asked, _work(begun, found, memory, personal)


def _work(begun: Begun, found: reading.Read, memory: Memory, personal: Personal) -> Work:
    """What was read, redacted and with identities."""
    job, source = begun.job, begun.source
    id = begun.row.id if begun.row is not None else _source_id(memory, source)
    clean = personal.redacted(found.drafts, job.scope)
    entities = tuple(identify(id, job.scope, (one.draft for one in clean)))
    rows = tuple(_rows(found, entities, personal.columns_without(found.tables, clean, job.scope), source.path.stem))
    sealed = {
        entity.id: personal.seal(entity.id, one.originals)
        for entity, one in zip(entities, clean, strict=True)
        if one.originals
    }
    seconds = time.perf_counter() - begun.started
    return Work(job, source, id, begun.status, found, entities, sealed, begun.kinds, seconds, begun.remarks, rows)


def _rows(found: reading.Read, entities: Sequence[Entity], tables: Sequence[Columns], file: str) -> Iterator[Rows]:
    """The tables of a source with the entity that tells of each: the draft of its key, of a record the first one."""
    told = {draft.key: entity.id for draft, entity in zip(found.drafts, entities, strict=True) if draft.key}
    for columns in tables:
        entity = told.get(columns.key) or (entities[0].id if columns.time else "")
        if entity:
            yield Rows(entity, columns.sheet or file, of(columns))


def seen(row: SourceRow, settings: Settings, readers: Sequence[Reader], personal: Personal) -> dict[str, Placed]:
    """Where what a known source shows lies among words, by entity: its file is looked at again. Nothing if that is not
    there any more, or is not what it was."""
    try:
        source = look(Path(row.path), settings)
        drafts = reading.read(source, readers).drafts if source.sha256 == row.sha256 else ()
    except KotonohaError:
        return {}
    clean = personal.redacted(drafts, destination(row.scope))
    entities = identify(row.id, row.scope, (one.draft for one in clean))
    return {one.id: placed(np.asarray(one.meaning, np.float32)) for one in entities if one.meaning is not None}


def own_words(catalog: Catalog, scopes: Sequence[str]) -> tuple[str, ...]:
    """Names and terms of the concepts in these scopes, the most spoken of first."""
    rows = catalog.connection.execute(
        "SELECT entity.*, (SELECT sum(times) FROM mention WHERE concept = entity.id) AS said FROM entity "
        f"WHERE kind = 'concept' AND scope IN ({marks(scopes)}) ORDER BY said DESC, number",
        list(scopes),
    )
    return tuple(dict.fromkeys(name for row in rows for name in links.names(stored(row).entity)))


def _where_it_lies(memory: Memory, source: Source, job: jobs.Job) -> tuple[jobs.Job, tuple[str, ...]]:
    """A known source stays in its scope, or on its way to another, whatever this job was asked for with, and says so.

    Reading a file never decides who may know what it says: `policy move` does, with its check and its record.
    """
    here = memory.catalog.source_at(str(source.path)) or _renamed(memory, source)
    if here is None or (job.moves and BOTH not in here.scope):
        return job, ()
    lies_in = destination(here.scope)
    remark = f"stays in {lies_in}; to {job.scope} it goes by: kotonoha policy move {source.path} {job.scope}"
    return replace(job, scope=lies_in), () if lies_in == job.scope else (remark,)


def _renamed(memory: Memory, source: Source) -> SourceRow | None:
    """The source with these very bytes whose file is gone: this file, under the name it had before."""
    return next((row for row in memory.catalog.sources_like(source.sha256) if not Path(row.path).exists()), None)


def _known(memory: Memory, source: Source, job: jobs.Job, kinds: str) -> tuple[SourceRow | None, str]:
    """The row of a source that was here before, and what became of it.

    It is read again when it changed, when a file beside it did, or when other personal data is to be redacted.
    """
    here = memory.catalog.source_at(str(source.path))
    if here is not None:
        if (here.sha256, here.beside, here.redacted) != (source.sha256, source.beside, kinds):
            return here, "updated"
        if here.scope != job.scope and BOTH not in here.scope:
            memory.move_source(here.id, here.path, job.scope)
        return here, "unchanged"
    row = _renamed(memory, source)
    if row is None:
        return None, "added"
    if (row.beside, row.redacted) != (source.beside, kinds):
        return row, "updated"
    memory.move_source(row.id, str(source.path), None if BOTH in row.scope else job.scope)
    return row, "moved"


def _store(batch: Sequence[Work], memory: Memory) -> Iterator[Report]:
    """Places what is new in one call, then stores file by file."""
    stored = memory.catalog.entities([entity.id for work in batch for entity in work.entities])
    fresh = [entity for work in batch for entity in work.entities if entity.id not in stored]
    rows = Counter(entity.parent for work in batch for entity in work.entities if entity.kind == "row")
    near = [entity for entity in fresh if entity.kind != "row" or rows[entity.parent] <= TABLE]
    vectors = dict(zip((e.id for e in near), place(memory.space, near), strict=True))
    vectors |= {entity.id: nowhere(memory.space.dim) for entity in fresh if entity.id not in vectors}
    for work in batch:
        items = [_item(entity, vectors, stored) for entity in work.entities]
        memory.put_source(_row(work), items, work.sealed, work.rows)
        kinds = dict(Counter[str](entity.kind for entity in work.entities))
        report = Report(
            work.job.path, work.status, kinds, round(work.seconds, 3), notes=(*work.read.notes, *work.remarks),
            scope=work.job.scope,
        )  # fmt: skip
        yield _ended(memory, work.job, report)


def _ended(memory: Memory, job: jobs.Job, report: Report) -> Report:
    jobs.end(memory.catalog, job, report.as_dict(), failed=report.status == "failed")
    return report


def _finished(catalog: Catalog, ticket: str, seen: set[int]) -> Iterator[Report]:
    for number, values in jobs.finished(catalog, ticket, seen):
        seen.add(number)
        yield Report(**{**values, "notes": tuple(values["notes"])})


def place(space: Space, entities: Sequence[Entity]) -> list[Placed]:
    """Entities in the space: by their own vectors where they bring some, else by their words."""
    silent = [entity for entity in entities if entity.meaning is None]
    spoken = dict(zip((e.id for e in silent), space.place([e.words for e in silent]), strict=True))
    return [spoken[e.id] if e.meaning is None else placed(np.asarray(e.meaning, np.float32)) for e in entities]


def _item(entity: Entity, vectors: dict[str, Placed], stored: dict[str, StoredEntity]) -> StoredEntity:
    if entity.id in vectors:
        where = vectors[entity.id]
        return StoredEntity(entity, where.address.astype(np.float32).tobytes(), pack(where.slots))
    return replace(stored[entity.id], entity=entity)


def _row(work: Work) -> SourceRow:
    title = next((e.title.split(" > ")[0] for e in work.entities if e.title), work.source.path.stem)
    now = time.strftime("%Y-%m-%dT%H:%M:%S")
    return SourceRow(
        work.id, str(work.source.path), work.source.sha256, work.source.size, work.source.media, title, work.job.scope,
        work.read.reader, work.read.notes, now, work.redacted, beside=work.source.beside,
    )  # fmt: skip


def _source_id(memory: Memory, source: Source) -> str:
    """A name for a new source: from its path and first content, so that the same steps give the same name again."""
    for turn in range(1_000_000):
        id = hashlib.blake2b(
            f"{source.path}\x1f{source.sha256}\x1f{turn}".encode("utf-8", "surrogatepass"), digest_size=12
        ).hexdigest()
        if memory.catalog.source(id) is None:
            return id
    raise AssertionError("unreachable")
