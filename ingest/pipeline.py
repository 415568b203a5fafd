"""Ingestion in order: sources -> readers -> entities -> space -> memory. One report per file; a bad file costs one line.

It knows no format, no model and no store by name: readers, space and memory are given to it. Killed at any moment and
run again it ends as if it had never been killed, because a file is stored in one transaction and only then ticked off.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from . import jobs
from .base.background import Untiring, going_on
from .base.errors import MemoryFault, MemoryHeld, NoRoom, UnreadableSource, full_disk
from .base.settings import Settings
from .memory import links, moves, places
from .memory.catalog import Catalog, SourceRow
from .memory.memory import Memory
from .privacy.personal import Personal
from .reading import Reads
from .source import is_gone, walk
from .work import Begun, Report, Work, begin, ended_reading
from .work.storing import ended, store

BATCH = 256
"""Texts placed in one call; several small files share a call."""
SETTLE = 2_000
"""Entities stored between two deliveries to the vector store."""
FOLLOW = 0.5
"""Seconds between two looks at jobs that another process does for us."""
FAULTY = 5.0
"""Seconds until the next one after a fault."""

ScopeOf = Callable[[Path], str]


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
    """Does every waiting job, those that are asked for meanwhile too, and yields a report as each is done.

    Raises:
        MemoryHeld: another thread does them already.
        NoRoom: there is none on the disk for those that are still waiting; the others are done.
    """
    with memory.reading():
        yield from _done(memory, reads)


def _done(memory: Memory, reads: Reads) -> Iterator[Report]:
    personal = Personal(memory.catalog, memory.settings)
    while waiting := jobs.waiting(memory.catalog):
        batch: list[Work] = []
        unsettled, full = 0, None
        for job, outcome in _outcomes(waiting, memory, reads, personal):
            if isinstance(outcome, Report):
                yield ended(memory, job, outcome)
                continue
            if isinstance(outcome, NoRoom):
                full = outcome
                continue
            batch.append(outcome)
            if (ready := sum(work.size for work in batch)) >= BATCH:
                unsettled += ready
                yield from store(batch, memory)
                batch = []
            if unsettled >= SETTLE:
                memory.settle()
                unsettled = 0
        yield from store(batch, memory)
        memory.settle()
        if full:
            raise full


@contextmanager
def attending(memory: Memory, open_readers: Callable[[], Reads]) -> Iterator[None]:
    """While inside, a thread does what other processes ask for: jobs and moves. Leaving waits for the file it is at."""

    def attend(stop: threading.Event) -> None:
        reads: Reads | None = None
        untiring = Untiring("ingestion")
        while not stop.wait(FAULTY if untiring.fault else FOLLOW):
            with untiring.trying(), _passing():
                if jobs.count_waiting(memory.catalog):
                    reads = reads or open_readers()
                    for _ in run(memory, reads):
                        if stop.is_set():
                            break
                    links.link(memory.catalog)
                elif moves.waiting(memory.catalog):
                    memory.settle()
        if reads is not None:
            reads.close()
        memory.catalog.close()

    with going_on(attend, "ingestion"):
        yield


@contextmanager
def _passing() -> Iterator[None]:
    """What keeps the memory busy goes by, and jobs and moves stay on their lists until then.

    Raises:
        NoRoom: a full disk does not go by.
    """
    try:
        yield
    except (sqlite3.OperationalError, MemoryFault) as error:
        if full := full_disk(error):
            raise full from error


def gone(rows: Iterable[SourceRow]) -> Iterator[Report]:
    """Says which sources have no file any more; what they said can still be found."""
    for row in rows:
        hint = "the file is gone; what it said is kept until `kotonoha ingest --prune` or `kotonoha forget`"
        yield Report(row.path, "missing", scope=row.scope, notes=(hint,))


def pruned(
    rows: Sequence[SourceRow], open_memory: Callable[[], Memory], first: Callable[[Catalog, SourceRow], None]
) -> Iterator[Report]:
    """Forgets sources whose files are gone, each in one transaction with what `first` does."""
    if rows:
        with open_memory() as memory:
            for row in rows:
                with memory.catalog.transaction():
                    first(memory.catalog, row)
                    memory.forget_source(row.id)
                yield Report(row.path, "forgotten", scope=row.scope, notes=("its file is gone",))


def missing(catalog: Catalog, folders: Iterable[Path]) -> list[SourceRow]:
    """Sources once read from these folders whose files are gone, in all their places. A folder that is gone itself may
    only be unmounted."""
    roots = [folder.absolute().resolve() for folder in folders if folder.is_dir()]

    def lost(path: str) -> bool:
        return any(Path(path).is_relative_to(root) for root in roots) and is_gone(path)

    rows = [row for row in catalog.sources() if not row.within]
    found = [row for row in rows if lost(row.path) and not places.go_on(catalog, row)]
    for path in (path for row in rows for path in row.places if lost(path)):
        places.leave(catalog, path)
    return found


def _outcomes(
    waiting: Iterable[jobs.Job], memory: Memory, reads: Reads, personal: Personal
) -> Iterator[tuple[jobs.Job, Work | Report | NoRoom]]:
    """Every job with what became of it, in order, while the next ones are being read."""
    begun: deque[tuple[jobs.Job, Begun | Report | NoRoom]] = deque()
    files = places.Files(memory.catalog)
    for one in waiting:
        job = jobs.latest(memory.catalog, one)
        begun.append((job, begin(job, memory, reads, personal, files)))
        if len(begun) > reads.ahead:
            yield ended_reading(*begun.popleft(), memory, personal)
    while begun:
        yield ended_reading(*begun.popleft(), memory, personal)


def _finished(catalog: Catalog, ticket: str, seen: set[int]) -> Iterator[Report]:
    for number, values in jobs.finished(catalog, ticket, seen):
        seen.add(number)
        yield Report(**{**values, "notes": tuple(values["notes"])})
