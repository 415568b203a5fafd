"""Putting right what was read: corrected words, hidden entities, and both taken back. Found, or not found, from then on.

Who may do so and what of it is personal data is decided by whoever calls.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from sqlite3 import Connection

from ingest.base.access import BOTH
from ingest.base.errors import BadInput, NotFound
from ingest.space.entity import Entity
from ingest.space.space import Packed

from . import amended, links, writing
from .catalog import stored
from .memory import Memory


@dataclass(frozen=True, slots=True)
class Words:
    """Other words for an entity.

    Attributes:
        text: without personal data; `typed` are they as typed, sealed.
        originals: the personal data in them and in the old ones, sealed.
    """

    text: str
    typed: bytes
    originals: bytes | None


def correct(memory: Memory, id: str, words: Words, person: str) -> None:
    """Puts other words in place of those that were read."""
    old = _stored(memory, id)
    space = memory.space.fingerprint
    with memory.catalog.transaction() as connection:
        amended.note(connection, old, space, words.typed, person, _now())
        if words.originals is not None:
            connection.execute("INSERT OR REPLACE INTO original VALUES (?, ?)", (id, words.originals))
        new = replace(old, text=words.text)
        writing.store(connection, [_placed(memory, new)])
        _linked(connection, new)
    _told(memory, old)


def take_back(memory: Memory, id: str) -> None:
    """Undoes a correction: the words that were read, where they lay."""
    now = _stored(memory, id)
    with memory.catalog.transaction() as connection:
        found = amended.taken_back(connection, id)
        if found is None:
            raise NotFound("nothing was corrected here")
        was, address, slots, space = found
        entity = replace(now, text=was)
        same = space == memory.space.fingerprint
        writing.store(connection, [replace(entity, at=Packed(address, slots)) if same else _placed(memory, entity)])
        _linked(connection, entity)
    _told(memory, now)


def hide(memory: Memory, id: str, person: str) -> None:
    """Takes an entity, and all that is part of it, out of everything but the file itself."""
    item = _stored(memory, id)
    if BOTH in item.scope:
        raise BadInput("this source is being moved to another scope", "try again in a moment")
    with memory.catalog.transaction() as connection:
        ids = amended.parts_of(connection, id)
        amended.lay_by(connection, ids, id, memory.space.fingerprint, person, _now())
        writing.drop(connection, ids)
    _told(memory, item)


def show(memory: Memory, id: str) -> None:
    """Brings back what was hidden, with its parts, into the scope in which its source is now.

    Raises:
        NotFound: it is not hidden.
    """
    with memory.catalog.transaction() as connection:
        rows = connection.execute(
            "SELECT hidden.*, entity AS id, source.scope FROM hidden JOIN source ON source.id = hidden.source "
            "WHERE whole = ? ORDER BY ordinal",
            (id,),
        ).fetchall()
        if not rows:
            raise NotFound("nothing is hidden here")
        if BOTH in rows[0]["scope"]:
            raise BadInput("this source is being moved to another scope", "try again in a moment")
        same = rows[0]["space"] == memory.space.fingerprint
        items = [stored(row) for row in rows]
        writing.store(connection, items if same else [_placed(memory, item) for item in items])
        of = "FROM hidden WHERE whole = ? AND"
        connection.execute(f"INSERT INTO original SELECT entity, sealed {of} sealed NOTNULL", (id,))
        connection.execute(f"INSERT INTO rows SELECT entity, part, parquet {of} parquet NOTNULL", (id,))
        connection.execute("DELETE FROM hidden WHERE whole = ?", (id,))
    links.link(memory.catalog)
    _told(memory, items[0])


def _stored(memory: Memory, id: str) -> Entity:
    found = memory.catalog.entities([id]).get(id)
    if found is None:
        raise NotFound("there is nothing here that you may read")
    return found


def _placed(memory: Memory, entity: Entity) -> Entity:
    """An entity where its words are."""
    return entity.placed(memory.space.place([entity.words])[0])


def _linked(connection: Connection, entity: Entity) -> None:
    """Looks again for the concepts that an entity speaks of."""
    connection.execute("DELETE FROM mention WHERE entity = ?", (entity.id,))
    rows = connection.execute("SELECT * FROM entity WHERE kind = 'concept' ORDER BY id")
    found = links.mentions([stored(row) for row in rows], [entity])
    connection.executemany(links.KEEP, [(one.concept, one.entity, one.name, one.times) for one in found])


def _told(memory: Memory, entity: Entity) -> None:
    """Has the change known everywhere: what the model kept of the source goes, the vectors arrive."""
    memory.beside.drop(entity.source)
    memory.settle()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S")
