"""What people put right in a source: words that were heard or seen wrong and are corrected, and what is hidden.

A correction keeps the name of its entity, so that reading the file again changes nothing. What is hidden lies in a table of
its own, whole: nothing that finds, shows or computes looks there. The caller asks the gate.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from ingest.space.entity import Entity, Locator

from .catalog import Catalog, chunks, columns, marks


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that somebody put right: what was read, and who said otherwise when."""

    entity: str
    was: str
    person: str
    added: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """An entity that somebody hid, with all that is part of it."""

    entity: Entity
    person: str
    added: str


def correction(catalog: Catalog, entity: str) -> Correction | None:
    found = catalog.connection.execute(
        "SELECT entity, was, person, added FROM correction WHERE entity = ?", (entity,)
    ).fetchone()
    return Correction(*found) if found else None


def corrections(catalog: Catalog, entities: Sequence[str]) -> list[Correction]:
    """The corrections that were made of any of these."""
    query = "SELECT entity, was, person, added FROM correction WHERE entity IN ({})"
    rows = (catalog.connection.execute(query.format(marks(chunk)), chunk) for chunk in chunks(list(entities), 500))
    return [Correction(*row) for found in rows for row in found]


def corrected(catalog: Catalog, source: str) -> dict[str, bytes]:
    """The words, sealed as they were typed, that stand for those read, by entity."""
    rows = catalog.connection.execute("SELECT entity, sealed FROM correction WHERE source = ?", (source,))
    return {row["entity"]: row["sealed"] for row in rows}


def hidden(catalog: Catalog, source: str) -> list[Hidden]:
    """What was hidden in a source, in reading order; what is only part of it is not named."""
    query = (
        "SELECT hidden.*, source.scope FROM hidden JOIN source ON source.id = hidden.source "
        "WHERE source = ? AND entity = whole ORDER BY ordinal"
    )
    return [Hidden(_entity(row), row["person"], row["added"]) for row in catalog.connection.execute(query, (source,))]


def ids_hidden(catalog: Catalog, source: str) -> list[str]:
    """All that is hidden in a source, parts too."""
    return [
        row["entity"] for row in catalog.connection.execute("SELECT entity FROM hidden WHERE source = ?", (source,))
    ]


def source_of(catalog: Catalog, entity: str) -> str:
    """The source of something that is hidden; empty where nothing is."""
    found = catalog.connection.execute("SELECT source FROM hidden WHERE entity = ?", (entity,)).fetchone()
    return str(found["source"]) if found else ""


def remarks(catalog: Catalog, source: str) -> tuple[str, ...]:
    """In words, how much of a source people put right."""
    words, gone = len(corrected(catalog, source)), len(hidden(catalog, source))
    said = [(words, f"corrected by hand: {words}"), (gone, f"hidden by hand: {gone}")]
    return tuple(text for count, text in said if count)


def lost(catalog: Catalog, source: str, ids: Sequence[str]) -> int:
    """How many corrections of a source have nothing left to correct, once it is read as these entities."""
    return len(corrected(catalog, source).keys() - set(ids))


def rows_hidden(catalog: Catalog, table: str) -> tuple[frozenset[int], frozenset[str]]:
    """The numbers of the rows and the names of the columns of a table that are hidden."""
    found = catalog.connection.execute("SELECT kind, locator, facts FROM hidden WHERE parent = ?", (table,)).fetchall()
    rows = (json.loads(row["locator"]).get("row") for row in found if row["kind"] == "row")
    names = (json.loads(row["facts"]).get("name") for row in found if row["kind"] == "column")
    return frozenset(one for one in rows if one is not None), frozenset(one for one in names if one)


# -- statements, each inside the transaction of whoever calls ----------------------------------------------


def note(connection: Connection, item: Entity, space: str, sealed: bytes, person: str, now: str) -> None:
    """Keeps what was typed; of several corrections of the same words what was read stays."""
    values = (item.id, item.source, item.text, item.at.mean, item.at.sequence, space, sealed, person, now)
    connection.execute(
        f"INSERT INTO correction VALUES ({marks(values)}) ON CONFLICT (entity) DO UPDATE SET "
        "sealed=excluded.sealed, person=excluded.person, added=excluded.added",
        values,
    )


def taken_back(connection: Connection, entity: str) -> tuple[str, bytes, bytes, str] | None:
    """Forgets a correction; gives what was read, its address and slots, and the space they lie in."""
    row = connection.execute(
        "DELETE FROM correction WHERE entity = ? RETURNING was, address, slots, space", (entity,)
    ).fetchone()
    return (row["was"], row["address"], row["slots"], row["space"]) if row else None


def parts_of(connection: Connection, entity: str) -> list[str]:
    """An entity and all that is part of it."""
    query = (
        "WITH RECURSIVE part (id) AS (SELECT ? UNION SELECT entity.id FROM entity JOIN part ON entity.parent = part.id) "
        "SELECT id FROM part"
    )
    return [row["id"] for row in connection.execute(query, (entity,))]


def lay_by(connection: Connection, ids: Sequence[str], whole: str, space: str, person: str, now: str) -> None:
    """Keeps entities, their originals and their rows as hidden; the caller drops them."""
    connection.executemany(
        "INSERT OR REPLACE INTO hidden SELECT id, source, ?, kind, entity.text, title, locator, parent, ordinal, facts, "
        "address, slots, ?, original.sealed, rows.part, rows.parquet, ?, ? FROM entity "
        "LEFT JOIN original ON original.entity = id LEFT JOIN rows ON rows.entity = id WHERE id = ?",
        [(whole, space, person, now, id) for id in ids],
    )


def keep_hidden(connection: Connection, source: str, items: Sequence[Entity]) -> list[Entity]:
    """Of a source that is read again what may be stored; what is hidden stays so, with its new parts, at its new place."""
    wholes = {
        row["entity"]: row["whole"]
        for row in connection.execute("SELECT entity, whole FROM hidden WHERE source = ?", (source,))
    }
    shown: list[Entity] = []
    seen: set[str] = set()
    for item in items if wholes else ():
        whole = wholes.get(item.id) or wholes.get(item.parent)
        if whole is None:
            shown.append(item)
            continue
        seen.add(item.id)
        wholes.setdefault(item.id, whole)
        _refresh(connection, item, whole)
    gone = [(id,) for id in wholes.keys() - seen]
    connection.executemany("DELETE FROM hidden WHERE entity = ?", gone)
    connection.execute("UPDATE hidden SET whole = entity WHERE whole NOT IN (SELECT entity FROM hidden)")
    return shown if wholes else list(items)


def _refresh(connection: Connection, item: Entity, whole: str) -> None:
    id, source, _, *values = columns(item)
    connection.execute(
        "INSERT INTO hidden (entity, source, whole, kind, text, title, locator, parent, ordinal, facts, address, slots, "
        "space, person, added) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, space, person, added FROM hidden WHERE entity = ? "
        "ON CONFLICT (entity) DO UPDATE SET "
        "locator=excluded.locator, parent=excluded.parent, ordinal=excluded.ordinal, facts=excluded.facts",
        (id, source, whole, *values, whole),
    )


def _entity(row: Any) -> Entity:
    return Entity(
        id=row["entity"], source=row["source"], scope=row["scope"], kind=row["kind"], text=row["text"], title=row["title"],
        locator=Locator.from_dict(json.loads(row["locator"])), parent=row["parent"], ordinal=row["ordinal"],
        facts=json.loads(row["facts"]),
    )  # fmt: skip
