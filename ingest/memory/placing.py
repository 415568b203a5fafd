"""Placing everything in a memory again, after the encoder of words has changed. The catalogue keeps its entities.

Done in order, a group at a time, and how far it came is written in the same transaction: a stop at any moment loses one
group. What a picture shows is not in its words; those who know how look at the file again (`seen`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ingest.base.settings import Settings
from ingest.space.entity import Entity
from ingest.space.space import Packed, Space

from . import amended
from .catalog import Catalog, SourceRow, stored
from .memory import Memory, forget_vectors, owning

GROUP = 256
TO, DONE = "placing to", "placed"
"""Facts of the catalogue: the fingerprint of the space that everything goes to, and the last entity that is there."""

Seen = Callable[[SourceRow], Mapping[str, Packed]]
"""Where the entities of a source lie that have vectors of their own, by id; empty when the file is gone."""


def place_again(settings: Settings, space: Space, seen: Seen) -> Iterator[tuple[int, int]]:
    """Places every entity in `space` and brings the vectors over; yields how many of how many are done.

    Raises:
        MemoryHeld: another process owns the memory.
    """
    with owning(settings):
        catalog = Catalog(settings.catalog_file)
        _begin(catalog, space)
        (total,) = catalog.connection.execute("SELECT count(*) FROM entity").fetchone()
        while group := _next(catalog):
            _write(catalog, group, _placed(catalog, [entity for _, entity in group], space, seen))
            (left,) = catalog.connection.execute(
                "SELECT count(*) FROM entity WHERE number > ?", (group[-1][0],)
            ).fetchone()
            yield total - left, total
        with catalog.transaction() as connection:
            forget_vectors(settings, catalog)
            catalog.set_fact("space", space.fingerprint)
            connection.execute("DELETE FROM fact WHERE name IN (?, ?)", (TO, DONE))
        catalog.close()
    with Memory(settings, space):
        pass


def _begin(catalog: Catalog, space: Space) -> None:
    """From the beginning, unless this is going on; versions of refined concepts lie in the old space and go."""
    if catalog.fact(TO) == space.fingerprint:
        return
    with catalog.transaction() as connection:
        catalog.set_fact(TO, space.fingerprint)
        catalog.set_fact(DONE, "0")
        connection.execute("DELETE FROM concept_version")


def _next(catalog: Catalog) -> list[tuple[int, Entity]]:
    rows = catalog.connection.execute(
        "SELECT * FROM entity WHERE number > ? AND address != zeroblob(length(address)) ORDER BY number LIMIT ?",
        (int(catalog.fact(DONE) or 0), GROUP),
    )
    return [(row["number"], stored(row)) for row in rows]


def _placed(catalog: Catalog, entities: Sequence[Entity], space: Space, seen: Seen) -> list[Packed]:
    own: dict[str, Packed] = {}
    for source in dict.fromkeys(entity.source for entity in entities if entity.kind in ("picture", "region")):
        row = catalog.source(source)
        put_right = amended.corrected(catalog, source)
        own |= {id: at for id, at in (seen(row) if row else {}).items() if id not in put_right}
    words = [entity.words for entity in entities if entity.id not in own]
    spoken = map(Packed.of, space.place(words))
    return [own[entity.id] if entity.id in own else next(spoken) for entity in entities]


def _write(catalog: Catalog, group: Sequence[tuple[int, Entity]], placed: Sequence[Packed]) -> None:
    with catalog.transaction() as connection:
        connection.executemany(
            "UPDATE entity SET address = ?, slots = ? WHERE number = ?",
            [(at.mean, at.sequence, number) for (number, _), at in zip(group, placed, strict=True)],
        )
        catalog.set_fact(DONE, str(group[-1][0]))
