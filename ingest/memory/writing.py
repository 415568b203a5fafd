"""The statements that write a source and its entities, each inside the transaction of whoever calls.

What is stored, moved or dropped takes its words and its vectors along: the words at once, the vectors as `pending`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from ingest.base.access import origin
from ingest.space.entity import Entity

from . import lexicon
from .catalog import NUMBERED, SourceRow, chunks, columns, marks


def put_row(connection: Any, row: SourceRow) -> None:
    columns = ("path", "sha256", "size", "media", "title", "scope", "reader", "notes", "redacted", "beside", "within")
    values = (
        row.id, row.path, row.sha256, row.size, row.media, row.title, row.scope, row.reader, json.dumps(row.notes),
        row.redacted, row.beside, row.within, row.added,
    )  # fmt: skip
    connection.execute(
        f"INSERT INTO source (id, {', '.join(columns)}, added) VALUES ({marks(values)}) ON CONFLICT (id) DO UPDATE SET "
        + ", ".join(f"{name}=excluded.{name}" for name in (*columns, "stale")),
        values,
    )


def store(connection: Any, items: Sequence[Entity]) -> int:
    """Inserts entities, or updates the place of those already there; new ones, and those whose words were put right, get
    words and a pending vector. Gives how many were put right."""
    known = _existing(connection, [item.id for item in items])
    fresh = [item for item in items if item.id not in known]
    changed = [item for item in items if known.get(item.id, item.text) != item.text]
    for item in items:
        values = columns(item)
        if item.id in known:
            connection.execute(
                "UPDATE entity SET locator=?, parent=?, ordinal=?, facts=? WHERE id=?", (*values[6:10], values[0])
            )
    connection.executemany(
        "UPDATE entity SET text=?, address=?, slots=? WHERE id=?",
        [(item.text, item.at.mean, item.at.sequence, item.id) for item in changed],
    )
    _number(connection, fresh)
    for scope in dict.fromkeys(item.scope for item in (*fresh, *changed)):
        _announce(connection, scope, [one.id for one in (*fresh, *changed) if one.scope == scope])
    return len(changed)


def seal(connection: Any, source: str, sealed: Mapping[str, bytes]) -> None:
    """Keeps the originals of personal data of a source, by entity, in place of those it had; of what is hidden, there."""
    connection.execute("DELETE FROM original WHERE entity IN (SELECT id FROM entity WHERE source = ?)", (source,))
    shown = _existing(connection, list(sealed))
    connection.executemany("INSERT INTO original VALUES (?, ?)", [(id, sealed[id]) for id in shown])
    connection.executemany(
        "UPDATE hidden SET sealed = ? WHERE entity = ?", [(one, id) for id, one in sealed.items() if id not in shown]
    )


def _number(connection: Any, items: Sequence[Entity]) -> None:
    """Inserts entities under numbers that no other one has or ever had."""
    (given,) = connection.execute("SELECT value FROM fact WHERE name = ?", (NUMBERED,)).fetchone()
    rows = [(number, *columns(item)) for number, item in enumerate(items, int(given) + 1)]
    connection.executemany(f"INSERT INTO entity VALUES ({marks(range(13))})", rows)
    connection.execute("UPDATE fact SET value = ? WHERE name = ?", (str(int(given) + len(items)), NUMBERED))


def _announce(connection: Any, scope: str, ids: Sequence[str]) -> None:
    """Makes stored entities findable in a scope: words now, vectors pending."""
    for chunk in chunks(ids, 500):
        rows = connection.execute(
            f"SELECT number, title, text FROM entity WHERE id IN ({marks(chunk)}) ORDER BY number", chunk
        ).fetchall()
        lexicon.add(connection, scope, [(row["number"], f"{row['title']}\n{row['text']}") for row in rows])
    connection.executemany("INSERT INTO pending (entity, scope, put) VALUES (?, ?, 1)", [(id, scope) for id in ids])


def _retire(connection: Any, ids: Sequence[str]) -> None:
    """Takes words and vectors of stored entities out of the scopes they are in."""
    for chunk in chunks(ids, 500):
        query = f"SELECT number, id, scope FROM entity WHERE id IN ({marks(chunk)})"
        rows = [(row["number"], row["id"], origin(row["scope"])) for row in connection.execute(query, chunk)]
        for scope in dict.fromkeys(scope for _, _, scope in rows):
            lexicon.remove(connection, scope, [number for number, _, lies_in in rows if lies_in == scope])
        connection.executemany(
            "INSERT INTO pending (entity, scope, put) VALUES (?, ?, 0)", [(id, scope) for _, id, scope in rows]
        )


def ids_of(connection: Any, source: str) -> list[str]:
    """The entities of a source."""
    return [row["id"] for row in connection.execute("SELECT id FROM entity WHERE source = ?", (source,))]


def drop(connection: Any, ids: Sequence[str]) -> None:
    _retire(connection, ids)
    connection.executemany("DELETE FROM entity WHERE id = ?", [(id,) for id in ids])


def rescope(connection: Any, source: str, scope: str) -> None:
    """Moves every entity of a source to another scope: out of the old one first, in the same transaction."""
    ids = [
        row["id"]
        for row in connection.execute(
            "SELECT id FROM entity WHERE source = ? AND scope != ? ORDER BY number", (source, scope)
        )
    ]
    _retire(connection, ids)
    connection.executemany("UPDATE entity SET scope = ? WHERE id = ?", [(scope, id) for id in ids])
    _announce(connection, scope, ids)


def _existing(connection: Any, ids: Sequence[str]) -> dict[str, str]:
    """The words of those of these entities that are there."""
    found: dict[str, str] = {}
    for chunk in chunks(ids, 500):
        query = f"SELECT id, text FROM entity WHERE id IN ({marks(chunk)})"
        found |= {row["id"]: row["text"] for row in connection.execute(query, chunk)}
    return found


def drop_jobs(connection: sqlite3.Connection) -> None:
    """Forgets what became of files that are no source any more."""
    connection.execute(
        "DELETE FROM job WHERE state = 'done' AND CASE place WHEN '' THEN path ELSE place END "
        "NOT IN (SELECT path FROM source UNION SELECT path FROM place)"
    )
