"""Folders that are looked at again and again: what is new or has changed there is put on the list of what is to be read.

Looking is by time and size, every few seconds, which works on every file system and over every network; whether a file has
really changed is found out by whoever reads it. Links are followed as `kotonoha ingest` does: not out of the folder.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assistant.serve.parts import Watched
from ingest import pipeline
from ingest.base.background import Untiring, going_on
from ingest.base.errors import UnreadableSource
from ingest.memory.catalog import Catalog
from ingest.pipeline import ScopeOf
from ingest.source import transcript_of, units_of, walk

EVERY = 5.0
"""Seconds from the end of one look to the next."""
MOST = 50_000
"""Files of one folder that are watched; of a larger one those that come first."""
FAULTS = 20
"""Files that are named because they cannot be watched or have no scope."""
Stamp = tuple[tuple[int, int], ...]
"""Time of change and size of a file, and of what is read with it."""


class Watching:
    """The folders that one server watches. A file is read once it has stayed the same from one look to the next.

    Args:
        scopes: says where a new file goes, by the policy as it is at this moment.
        told: is given the files of each look that are to be read; where it fails none of them is read.
    """

    def __init__(
        self, catalog: Catalog, folders: Sequence[Path], scopes: Callable[[], ScopeOf],
        told: Callable[[Sequence[Path]], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._catalog, self._scopes, self._told = catalog, scopes, told
        self._seen: dict[Path, dict[Path, Stamp]] = {folder.absolute(): {} for folder in folders}
        self._asked: dict[Path, Stamp] = {}
        self._refused: dict[Path, str] = {}
        self._state = {folder: Watched(folder) for folder in self._seen}
        self._untiring = {folder: Untiring(f"watching {folder}") for folder in self._seen}

    def state(self) -> tuple[Watched, ...]:
        """Each folder as it was last looked at."""
        return tuple(self._state.values())

    def close(self) -> None:
        """Gives back what the thread that looked has open."""
        self._catalog.close()

    def look(self) -> int:
        """Looks into every folder once; gives how many files are to be read. What a fault kept from being put on the list is
        put there by a later look."""
        return sum(self._tried(folder) for folder in self._seen)

    def _tried(self, folder: Path) -> int:
        untiring, found = self._untiring[folder], 0
        with untiring.trying():
            found = self._look(folder)
        if untiring.fault:
            self._state[folder] = replace(self._state[folder], faults=((folder.name, untiring.fault),))
        return found

    def _look(self, folder: Path) -> int:
        files, faults = self._files(folder)
        before, self._seen[folder] = self._seen[folder], files
        changed = [path for path, stamp in files.items() if before.get(path) == stamp != self._asked.get(path)]
        if changed:
            with self._catalog.transaction():
                self._told(changed)
                _, refused = pipeline.ask(self._catalog, changed, self._scopes())
            for path in changed:
                self._refused.pop(path, None)
            self._refused |= {Path(one.source): one.error for one in refused}
            self._asked |= {path: files[path] for path in changed}
        faults += [(path.name, why) for path, why in self._refused.items() if path in files]
        self._state[folder] = Watched(folder, time.strftime("%Y-%m-%dT%H:%M:%S"), len(files), tuple(faults[:FAULTS]))
        return len(changed)

    def _files(self, folder: Path) -> tuple[dict[Path, Stamp], list[tuple[str, str]]]:
        """What lies in a folder, and what of it cannot be watched, with the reason."""
        found: dict[Path, Stamp] = {}
        faults: list[tuple[str, str]] = []
        for item in walk([folder]):
            if isinstance(item, UnreadableSource):
                faults.append((Path(item.path).name, item.reason))
            elif len(found) == MOST:
                faults.append((folder.name, f"only the first {MOST} files are watched"))
                break
            elif stamp := _stamp(item):
                found[item] = stamp
        return found, faults


@contextmanager
def attending(watching: Watching) -> Iterator[None]:
    """While inside, a thread looks. Leaving waits for the look it is at."""

    def attend(stop: threading.Event) -> None:
        while not stop.wait(EVERY):
            watching.look()
        watching.close()

    with going_on(attend, "watching", daemon=True):
        yield


def _stamp(path: Path) -> Stamp:
    """Empty for a file that has gone since it was listed."""
    try:
        stats = [one.stat() for one in (path, transcript_of(path), units_of(path)) if one]
    except OSError:
        return ()
    return tuple((one.st_mtime_ns, one.st_size) for one in stats)
