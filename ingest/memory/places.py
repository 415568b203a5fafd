"""Copies of a file are one source with several places: files with the very same bytes in the same scope, told once.

The first place is `SourceRow.path`, the others are here. A source that leaves its first place goes on at the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

from ..base.access import destination
from ..source import Inode, companions
from .catalog import Catalog, SourceRow


def at(catalog: Catalog, path: str) -> SourceRow | None:
    """The source of which this is a further place."""
    found = catalog.connection.execute("SELECT source FROM place WHERE path = ?", (path,)).fetchone()
    return catalog.source(found["source"]) if found else None


def twin(catalog: Catalog, path: str, sha256: str, beside: str, scope: str) -> SourceRow | None:
    """The source of this scope that has these bytes, and the same beside them, in another file that is there."""
    for row in catalog.sources_like(sha256):
        if row.path != path and (row.beside, row.scope) == (beside, scope) and Path(row.path).exists():
            return row
    return None


def add(catalog: Catalog, source: str, path: str) -> None:
    """One more place of a source."""
    with catalog.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO place (path, source) VALUES (?, ?)", (path, source))


def leave(catalog: Catalog, path: str) -> None:
    """This path is no further place of any source."""
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM place WHERE path = ?", (path,))


def go_on(catalog: Catalog, row: SourceRow) -> bool:
    """Lets a source go on at the first of its further places where a file is; False when there is none."""
    path = next((path for path in row.places if Path(path).exists()), None)
    if path is None:
        return False
    with catalog.transaction() as connection:
        connection.execute("DELETE FROM place WHERE path = ?", (path,))
        rename(connection, row.id, path)
    return True


def rename(connection: Connection, source: str, path: str) -> None:
    """Another path for a source, and for what is inside its file."""
    found = connection.execute("SELECT path FROM source WHERE id = ?", (source,)).fetchone()
    if found and found["path"] != path:
        connection.execute(
            "UPDATE source SET path = ? || substr(path, ?) WHERE id = ? OR within = ?",
            (path, 1 + len(found["path"]), source, source),
        )


class Files:
    """What files of sources are on disk, for as long as one list of jobs is done: a hard link to one is known by it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._begun: dict[Inode, dict[str, str]] = {}
        self._known: dict[Inode, set[str]] | None = None

    def begin(self, path: str, scope: str, inodes: Iterable[Inode]) -> None:
        """Notes what is being read at a path for a scope."""
        for inode in inodes:
            self._begun.setdefault(inode, {})[path] = scope

    def is_elsewhere(self, path: str, scope: str, inodes: Iterable[Inode]) -> bool:
        """Whether one of these files is, under another name, a source of another scope, or read with one."""
        self._known = self._listed() if self._known is None else self._known
        return any(here != scope for inode in inodes for other, here in self._scopes(inode) if other != path)

    def _scopes(self, inode: Inode) -> Iterator[tuple[str, str]]:
        """The paths of the sources that this file is, each with its scope."""
        yield from self._begun.get(inode, {}).items()
        for path in (self._known or {}).get(inode, ()):
            row = self._catalog.source_at(path)
            if row is not None and inode in _inodes(row):
                yield path, destination(row.scope)

    def _listed(self) -> dict[Inode, set[str]]:
        found: dict[Inode, set[str]] = {}
        for row in self._catalog.sources():
            for inode in _inodes(row):
                found.setdefault(inode, set()).add(row.path)
        return found


def _inodes(row: SourceRow) -> list[Inode]:
    """What the files of a source are, at all its places, with those beside them; those that are there."""
    found = []
    for path in () if row.within else map(Path, (row.path, *row.places)):
        for file in (path, *(companions(path, row.media) if row.beside else ())):
            with suppress(OSError):
                status = file.stat()
                found.append((status.st_dev, status.st_ino))
    return found
