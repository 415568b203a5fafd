"""Copies of a file are one source with several places: files with the very same bytes in the same scope, told once.

The first place is `SourceRow.path`, the others are here. A source that leaves its first place goes on at the next one.
"""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection

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
