"""Files that people bring through the browser: kept below the memory's folder, one folder for each scope, once they are read.

Until then they lie aside (`ingest.work.landing`), so what cannot be read replaces nothing. What they are called is chosen
when they come (`incoming`).
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from assistant.govern.policy import Policies
from assistant.serve import incoming
from assistant.serve.parts import Watched
from ingest import jobs
from ingest.base import room
from ingest.base.access import Viewer, may_read
from ingest.base.errors import BadInput, NotAllowed
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog, SourceRow
from ingest.source import companion_of, possible_companions
from ingest.work import landing

PRIVATE = "private"
"""Where the owner's files go while there is no policy."""
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


def unwritable(scope: str) -> NotAllowed:
    """What is said of a scope into which somebody may not bring files."""
    return NotAllowed(f"you may not bring files into '{scope}'", "ask whoever governs this memory")


def hold_room(settings: Settings, size: int) -> None:
    """Sees to it that files of so many bytes can be brought: they come, are kept, and a copy of them is read.

    Raises:
        NoRoom: they would not fit.
    """
    hint = "ask whoever runs this server to make room"
    room.hold("what you bring", size, Path(tempfile.gettempdir()), hint)
    room.hold("what you bring", 2 * size, settings.uploads_folder, hint)


def keep(
    settings: Settings, catalog: Catalog, viewer: Viewer, scope: str, files: Iterable[tuple[str, IO[bytes]]],
    record: Callable[[Sequence[str]], object] = lambda names: None,
) -> str:  # fmt: skip
    """Lays files aside and puts them on the list of what is to be read, all or none; returns the viewer's ticket to follow
    them by. Hidden files of a folder are left out.

    Args:
        record: is given the names and writes down that it was done; where it cannot, nothing is kept.

    Raises:
        NotAllowed: this viewer may not bring files into this scope.
        BadInput: there is no file, or a name is none here.
    """
    if scope not in writable(viewer, catalog):
        raise unwritable(scope)
    top = landing.aside(settings)
    top.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=top.parent) as folder:
        names, parts = _brought(files, Path(folder))
        if not names:
            raise BadInput("there is no file")
        with ExitStack() as undo:
            with catalog.transaction():
                record(names)
                ticket = _laid_aside(
                    settings, catalog, viewer.person, scope, list(zip(names, parts, strict=True)), undo
                )
            undo.pop_all()
    return ticket


def _laid_aside(
    settings: Settings, catalog: Catalog, person: str, scope: str, files: Sequence[tuple[str, Path]], undo: ExitStack
) -> str:
    """Lays files aside together, by the names that they are to have, and puts them on the list; the ticket of whose they are."""
    chosen = incoming.Names(settings, catalog, person, scope).chosen([name for name, _ in files])
    aside = landing.aside(settings) / uuid.uuid4().hex
    undo.callback(shutil.rmtree, aside, ignore_errors=True)
    lying: dict[Path, Path] = {}
    for (name, part), path in zip(files, chosen, strict=True):
        file = aside / path.relative_to(incoming.folder_of(settings, scope))
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.replace(file)
        lying[file] = path
        incoming.bring(catalog, settings, path, person, incoming.place(settings, scope, name).name)
    ticket = jobs.bring(catalog, [(str(file), str(path)) for file, path in _to_read(catalog, lying).items()], scope)
    remember(catalog, ticket, person)
    return ticket


def _brought(files: Iterable[tuple[str, IO[bytes]]], folder: Path) -> tuple[list[str], list[Path]]:
    """The names of what is brought, and each as it lies in `folder` for now."""
    names: list[str] = []
    parts: list[Path] = []
    for name, data in files:
        if incoming.is_wanted(name):
            part = folder / str(len(parts))
            with part.open("wb") as out:
                shutil.copyfileobj(data, out, 1024 * 1024)
            names.append(name)
            parts.append(part)
    return names, parts


def _to_read(catalog: Catalog, lying: Mapping[Path, Path]) -> dict[Path, Path]:
    """Of files that lie aside, with where they belong, those that are read by themselves. What is read together (a recording
    with its words) is read together with what is here of it already."""
    together, todo = dict(lying), list(lying)
    while todo:
        file = todo.pop()
        for one in (*companion_of(together[file]), *possible_companions(together[file])):
            beside, here = file.with_name(one.name), Path(jobs.coming(catalog, str(one)) or one)
            if here.is_file() and beside not in together:
                landing.lay_along(here, beside)
                together[beside] = one
                todo.append(beside)
    return {file: path for file, path in together.items() if not any(one in together for one in companion_of(file))}


def remember(catalog: Catalog, ticket: str, person: str) -> None:
    """Keeps whose ticket this is, beyond the end of the server."""
    catalog.set_fact(f"ticket {ticket}", person)


def whose(catalog: Catalog, ticket: str) -> str:
    """The person who was given this ticket; empty for no ticket of anybody."""
    return catalog.fact(f"ticket {ticket}") or ""


def progress(settings: Settings, catalog: Catalog, ticket: str) -> list[Progress]:
    """How far each file of a ticket is."""
    return [_progress(catalog, settings, *one) for one in jobs.progress(catalog, ticket)]


def _progress(catalog: Catalog, settings: Settings, path: str, state: str, report: dict[str, Any]) -> Progress:
    """A file by its path in the folder of its scope; what it was called when that is another file."""
    top, file = settings.uploads_folder.resolve(), Path(path)
    if not file.is_relative_to(top):
        return Progress(file.name, state, report)
    name = Path(*file.relative_to(top).parts[1:]).as_posix()
    _, called = incoming.by(catalog, settings, file)
    if report and state == "done" and called and PurePosixPath(called).name != file.name:
        report = {**report, "notes": [*report["notes"], f"called {file.name} here: there is another {called}"]}
    return Progress(name, state, report)


def unsettled(settings: Settings, catalog: Catalog, person: str) -> dict[str, list[Progress]]:
    """What this person brought and is on its way, whole askings by their tickets, and what lately could not be read."""
    since = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(time.time() - LATELY))
    mine = [ticket for ticket in jobs.unsettled(catalog, since) if whose(catalog, ticket) == person]
    return {ticket: _unsettled(progress(settings, catalog, ticket)) for ticket in mine}


def _unsettled(files: list[Progress]) -> list[Progress]:
    ended = all(one.state in ("done", "failed") for one in files)
    return [one for one in files if one.state == "failed"] if ended else files


def ours(settings: Settings, source: SourceRow) -> list[Path]:
    """The files of a source that were brought through the browser, and so are ours to delete."""
    folder = settings.uploads_folder.resolve()
    if source.within:
        return []
    return [Path(path) for path in (source.path, *source.places) if Path(path).is_relative_to(folder)]


def delete(settings: Settings, catalog: Catalog, source: SourceRow) -> None:
    """Deletes the files of a source that was forgotten, where they were brought through the browser."""
    for file in ours(settings, source):
        file.unlink(missing_ok=True)
        incoming.forget(catalog, settings, file)


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
