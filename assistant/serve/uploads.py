"""Files that people bring through the browser: kept below the memory's folder, one folder for each scope, then read as any.

A name from outside becomes a path below that folder or nothing.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.govern.policy import Policies
from assistant.serve.parts import Watched
from ingest import jobs, pipeline
from ingest.base.access import Viewer, checked_scope, may_read
from ingest.base.errors import BadInput, NotAllowed
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog, SourceRow

FOLDER = "uploads"
PRIVATE = "private"
"""Where the owner's files go while there is no policy."""
UNWANTED = re.compile(r'[\x00-\x1f<>:"|?*\\]')
LONGEST = 200
DEEPEST = 12
LATELY = 24 * 3600
"""Seconds for which what could not be read is shown again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A file on its way: `waiting`, `reading`, or what became of it, with the report of its reader."""

    name: str
    state: str
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Folder:
    """A watched folder as a page shows it: of its files those that the viewer may read, and (name, reason) of what failed."""

    name: str
    looked: str
    files: int
    waiting: int
    failed: tuple[tuple[str, str], ...]


def writable(viewer: Viewer, catalog: Catalog) -> list[str]:
    """The scopes into which this viewer may bring files: those they read, if they may feed the memory at all."""
    policy = Policies(catalog).current()
    if not viewer.may_feed:
        return []
    scopes = sorted(viewer.scopes & policy.scopes.keys()) if policy else sorted({PRIVATE, *viewer.scopes})
    return [one for one in scopes if "&" not in one]


def place(settings: Settings, scope: str, name: str) -> Path:
    """Where a file of this name is kept.

    Raises:
        BadInput: the name leads somewhere else, or nowhere.
    """
    parts = [UNWANTED.sub("_", part).strip() for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts or len(parts) > DEEPEST or any(part in ("", "..") or len(part.encode()) > LONGEST for part in parts):
        raise BadInput(f"'{name[:80]}' is no name for a file here")
    folder = settings.home / FOLDER / checked_scope(scope)
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"'{name[:80]}' is no name for a file here")
    return path


def keep(
    settings: Settings, catalog: Catalog, viewer: Viewer, scope: str, files: Iterable[tuple[str, IO[bytes]]],
    record: Callable[[], object] = lambda: None,
) -> str:  # fmt: skip
    """Keeps files and puts them on the list of what is to be read; returns the viewer's ticket to follow them by.

    Args:
        record: writes down that it was done; where it cannot, nothing is kept.

    Raises:
        NotAllowed: this viewer may not bring files into this scope.
    """
    if scope not in writable(viewer, catalog):
        raise NotAllowed(f"you may not bring files into '{scope}'", "ask whoever governs this memory")
    with tempfile.TemporaryDirectory(prefix=".part-", dir=_folder(settings)) as folder:
        brought = list(_brought(settings, scope, files, Path(folder)))
        if not brought:
            raise BadInput("there is no file")
        with catalog.transaction():
            record()
            for part, path in brought:
                part.replace(path)
            ticket, _ = pipeline.ask(catalog, [path for _, path in brought], lambda _: scope)
            remember(catalog, ticket, viewer.person)
    return ticket


def _folder(settings: Settings) -> Path:
    folder = settings.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _brought(
    settings: Settings, scope: str, files: Iterable[tuple[str, IO[bytes]]], folder: Path
) -> Iterator[tuple[Path, Path]]:
    """Each file as it lies in `folder` for now, and where it belongs."""
    for number, (name, data) in enumerate(files):
        path, part = place(settings, scope, name), folder / str(number)
        with part.open("wb") as out:
            shutil.copyfileobj(data, out, 1024 * 1024)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield part, path


def remember(catalog: Catalog, ticket: str, person: str) -> None:
    """Keeps whose ticket this is, beyond the end of the server."""
    catalog.set_fact(f"ticket {ticket}", person)


def whose(catalog: Catalog, ticket: str) -> str:
    """The person who was given this ticket; empty for no ticket of anybody."""
    return catalog.fact(f"ticket {ticket}") or ""


def progress(catalog: Catalog, ticket: str) -> list[Progress]:
    """How far each file of a ticket is."""
    return [Progress(Path(path).name, state, report) for path, state, report in jobs.progress(catalog, ticket)]


def unsettled(catalog: Catalog, person: str) -> dict[str, list[Progress]]:
    """What this person brought and is on its way, whole askings by their tickets, and what lately could not be read."""
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - LATELY))
    mine = [ticket for ticket in jobs.unsettled(catalog, since) if whose(catalog, ticket) == person]
    return {ticket: _unsettled(progress(catalog, ticket)) for ticket in mine}


def _unsettled(files: list[Progress]) -> list[Progress]:
    ended = all(one.state in ("done", "failed") for one in files)
    return [one for one in files if one.state == "failed"] if ended else files


def ours(settings: Settings, source: SourceRow) -> list[Path]:
    """The files of a source that were brought through the browser, and so are ours to delete."""
    folder = (settings.home / FOLDER).absolute()
    if source.within:
        return []
    return [Path(path) for path in (source.path, *source.places) if Path(path).is_relative_to(folder)]


def watched(folders: Sequence[Watched], viewer: Viewer, catalog: Catalog) -> list[Folder]:
    """The watched folders in which something lies that this viewer may read, and all for whoever governs."""
    found = []
    for one in folders:
        files = [file for file in jobs.below(catalog, str(one.folder)) if may_read(viewer, file[1])]
        failed = [(Path(path).name, report["error"]) for path, _, state, report in files if state == "failed"]
        faults = one.faults if viewer.may_govern else ()
        if files or viewer.may_govern:
            waiting = sum(state == "waiting" for _, _, state, _ in files)
            found.append(Folder(one.folder.name, one.looked, len(files), waiting, (*failed, *faults)))
    return found
