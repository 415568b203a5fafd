"""What stands around an entity in its source, and what a scope or a source holds. The caller asks the gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.space.entity import Entity

from .catalog import Catalog, marks, stored


def everything(catalog: Catalog) -> Iterator[Entity]:
    """Every entity, in the order they were stored."""
    return (stored(row) for row in catalog.connection.execute("SELECT * FROM entity ORDER BY number"))


def placed(catalog: Catalog, scope: str | None = None) -> list[str]:
    """The ids of all entities that have a place in the space, or of those of one scope, in the order they were stored."""
    where, values = ("", ()) if scope is None else ("AND scope = ?", (scope,))
    query = f"SELECT id FROM entity WHERE address != zeroblob(length(address)) {where} ORDER BY number"
    return [row["id"] for row in catalog.connection.execute(query, values)]


def count_placed(catalog: Catalog, scope: str) -> int:
    """How many entities of a scope have a place in the space; rows of large tables have none."""
    query = "SELECT count(*) FROM entity WHERE scope = ? AND address != zeroblob(length(address))"
    return int(catalog.connection.execute(query, (scope,)).fetchone()[0])


def beside(catalog: Catalog, source: str, ordinals: Sequence[int]) -> list[Entity]:
    """The entities at these places of a source's reading order."""
    query = f"SELECT * FROM entity WHERE source = ? AND ordinal IN ({marks(ordinals)}) ORDER BY ordinal"
    return [stored(row) for row in catalog.connection.execute(query, (source, *ordinals))]


def near(catalog: Catalog, source: str, kind: str, first: int, last: int) -> list[str]:
    """The ids of the entities of one kind between two places of a source's reading order."""
    query = "SELECT id FROM entity WHERE source = ? AND kind = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal"
    return [row["id"] for row in catalog.connection.execute(query, (source, kind, first, last))]


def inside(catalog: Catalog, parent: str, kinds: Sequence[str]) -> list[Entity]:
    """The entities of these kinds that are part of another one, in reading order."""
    query = f"SELECT * FROM entity WHERE parent = ? AND kind IN ({marks(kinds)}) ORDER BY ordinal"
    return [stored(row) for row in catalog.connection.execute(query, (parent, *kinds))]


def flow(catalog: Catalog, entity: Entity) -> list[Entity]:
    """All of its kind and scope in its file, or in the entity that it is part of, in reading order."""
    query = "SELECT * FROM entity WHERE source = ? AND kind = ? AND scope = ? AND parent = ? ORDER BY ordinal"
    place = (entity.source, entity.kind, entity.scope, entity.parent)
    return [stored(row) for row in catalog.connection.execute(query, place)]


def rows_of(catalog: Catalog, source: str, table: str, first: int, most: int) -> list[str]:
    """The ids of at most so many rows of a table, from one place of the reading order on."""
    query = (
        "SELECT id FROM entity WHERE source = ? AND parent = ? AND kind = 'row' AND ordinal >= ? "
        "ORDER BY ordinal LIMIT ?"
    )
    return [row["id"] for row in catalog.connection.execute(query, (source, table, first, most))]


def scopes_of(catalog: Catalog, source: str) -> list[str]:
    """Every scope in which something of a source lies."""
    rows = catalog.connection.execute("SELECT DISTINCT scope FROM entity WHERE source = ? ORDER BY scope", (source,))
    return [row["scope"] for row in rows]


def held(catalog: Catalog, sources: Sequence[str], scopes: Sequence[str]) -> dict[str, list[tuple[str, int, float]]]:
    """What sources hold in these scopes: by source the kinds of its entities, how many of each, and the second at which
    the last of them ends."""
    query = (
        "SELECT source, kind, count(*) AS count, max(json_extract(locator, '$.end')) AS end FROM entity "
        f"WHERE source IN ({marks(sources)}) AND scope IN ({marks(scopes)}) GROUP BY source, kind ORDER BY min(ordinal)"
    )
    found: dict[str, list[tuple[str, int, float]]] = {}
    for row in catalog.connection.execute(query, (*sources, *scopes)):
        found.setdefault(row["source"], []).append((row["kind"], int(row["count"]), float(row["end"] or 0)))
    return found


def first_of(catalog: Catalog, sources: Sequence[str], scopes: Sequence[str]) -> dict[str, str]:
    """The id of the first entity of each of these sources that lies in one of these scopes."""
    query = (
        "SELECT source, id, min(ordinal) FROM entity "
        f"WHERE source IN ({marks(sources)}) AND scope IN ({marks(scopes)}) GROUP BY source"
    )
    return {row["source"]: row["id"] for row in catalog.connection.execute(query, (*sources, *scopes))}


def titled(catalog: Catalog, scopes: Sequence[str], most: int) -> list[Entity]:
    """At most so many entities of these scopes that are named: concepts first, then one of each heading and table."""
    query = (
        f"SELECT * FROM entity WHERE scope IN ({marks(scopes)}) AND (kind IN ('concept', 'table') OR title != '') "
        "GROUP BY source, title ORDER BY kind = 'concept' DESC, number LIMIT ?"
    )
    return [stored(row) for row in catalog.connection.execute(query, (*scopes, most))]


def headed(catalog: Catalog, sources: Sequence[str]) -> list[Entity]:
    """The first entity under each heading of these sources, in reading order."""
    query = f"SELECT * FROM entity WHERE source IN ({marks(sources)}) AND title != '' GROUP BY title ORDER BY number"
    return [stored(row) for row in catalog.connection.execute(query, sources)]


def within(catalog: Catalog, scopes: Sequence[str]) -> list[Entity]:
    """Every entity of these scopes, kind by kind, in the order they were stored."""
    query = f"SELECT * FROM entity WHERE scope IN ({marks(scopes)}) ORDER BY kind, number"
    return [stored(row) for row in catalog.connection.execute(query, scopes)]


def mentioned(catalog: Catalog, entity: str, concept: bool, most: int) -> list[str]:
    """The ids of what speaks of a concept, or of the concepts that an entity speaks of, those named most first."""
    mine, other = ("concept", "entity") if concept else ("entity", "concept")
    query = f"SELECT {other} AS id FROM mention WHERE {mine} = ? ORDER BY times DESC, {other} LIMIT ?"
    return [row["id"] for row in catalog.connection.execute(query, (entity, most))]


def row_of(catalog: Catalog, table: str, row: int) -> Entity | None:
    """The entity of one row of a table, by its number as a spreadsheet shows it."""
    query = "SELECT * FROM entity WHERE parent = ? AND kind = 'row' AND json_extract(locator, '$.row') = ?"
    found = catalog.connection.execute(query, (table, row)).fetchone()
    return stored(found) if found else None


def opening(catalog: Catalog, source: str) -> Entity | None:
    """What a source begins with."""
    query = "SELECT * FROM entity WHERE source = ? AND text != '' ORDER BY ordinal LIMIT 1"
    found = catalog.connection.execute(query, (source,)).fetchone()
    return stored(found) if found else None
