"""Moving sources from one access scope to another, thousands at once, with no moment at which anybody sees too much.

`begin` labels them in one transaction with both scopes: from then on only who may read both may read them. `Memory`
then takes them over one by one, words and vectors too, and does so again after a kill (`Memory.finish_moves`).
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from ingest.base.access import BOTH, between, checked_scope, destination
from ingest.base.errors import BadInput
from ingest.base.plain import line

from .catalog import Catalog, SourceRow


def begin(catalog: Catalog, sources: Sequence[SourceRow], scope: str) -> int:
    """Hides these sources from whoever may not read both their scope and the new one; how many are on their way.

    What is inside a file goes where the file goes.

    Raises:
        BadInput: one of them is inside a file that is not among them.
    """
    checked_scope(scope)
    started = 0
    together = _together(catalog, sources)
    with catalog.transaction() as connection:
        for source in together:
            (now,) = connection.execute("SELECT scope FROM source WHERE id = ?", (source.id,)).fetchone()
            connection.execute("UPDATE source SET moved = 1 WHERE id = ?", (source.id,))
            if destination(now) != scope:
                _label(connection, source.id, between(now, scope))
                started += 1
    return started


def _together(catalog: Catalog, sources: Sequence[SourceRow]) -> list[SourceRow]:
    """The sources with all that is inside their files."""
    found = {row.id: row for source in sources if not source.within for row in (source, *catalog.inside(source.id))}
    for source in sources:
        file = catalog.source(source.within) if source.id not in found else None
        if file is not None:
            raise BadInput(
                f"{line(source.path)} goes where the file goes that it is inside of", f"move {line(file.path)}"
            )
    return list(found.values())


def waiting(catalog: Catalog) -> list[SourceRow]:
    """The sources that are on their way."""
    rows = catalog.connection.execute("SELECT id FROM source WHERE instr(scope, ?) ORDER BY path", (BOTH,)).fetchall()
    return [source for row in rows if (source := catalog.source(row["id"]))]


def land(connection: Connection) -> None:
    """Ends every move in the catalogue alone, for a memory whose words and vectors are made anew anyway."""
    for row in connection.execute("SELECT id, scope FROM source WHERE instr(scope, ?)", (BOTH,)).fetchall():
        _label(connection, row["id"], destination(row["scope"]))


def _label(connection: Connection, source: str, scope: str) -> None:
    connection.execute("UPDATE source SET scope = ? WHERE id = ?", (scope, source))
    connection.execute("UPDATE entity SET scope = ? WHERE source = ?", (scope, source))
