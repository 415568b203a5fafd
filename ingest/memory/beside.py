"""Files that lie beside a source: a folder for each source and scope, gone as soon as the source goes, changes or moves.

What is in them is sealed elsewhere (`ingest.privacy.sealed`) and can be made again: nothing is lost with it. Those longest
not used are removed first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = "kept"
"""In the home folder."""
OWN = ("", "")
"""Stands for scope and source of what is the product's own: it goes with no source."""


class Beside:
    """The files beside the sources of one memory."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def place(self, source: str, scope: str) -> Path:
        """The folder of a source in a scope; it need not be there."""
        return self._folder / _name(source) / _name(scope)

    def drop(self, source: str) -> None:
        """Removes all that lies beside a source."""
        shutil.rmtree(self._folder / _name(source), ignore_errors=True)

    def sweep(self, known: Iterable[tuple[str, str]]) -> int:
        """Removes what lies beside sources that are not known, or not in that scope; returns how many folders."""
        right = {(_name(source), _name(scope)) for source, scope in (OWN, *known)}
        gone = [path for path in self._folder.glob("*/*") if (path.parent.name, path.name) not in right]
        for path in gone:
            shutil.rmtree(path, ignore_errors=True)
        return len(gone)

    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for _, size, _ in self._files())

    def count(self) -> int:
        return sum(1 for _ in self._files())

    def shrink(self, most: int) -> int:
        """Removes the files longest not used until at most so many bytes are left; returns how many files."""
        files = sorted(self._files())
        total, gone = sum(size for _, size, _ in files), 0
        for _, size, path in files:
            if total <= most:
                break
            path.unlink(missing_ok=True)
            total, gone = total - size, gone + 1
        return gone

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When it was last used, its bytes, and where each file lies."""
        for path in self._folder.glob("*/*/*"):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            yield found.st_mtime, found.st_size, path


def write(path: Path, data: bytes) -> None:
    """All of it or nothing, for its owner's eyes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(data)
    partial.replace(path)


def _name(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
