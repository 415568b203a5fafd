"""What the reader is given of a hit: the whole unit it stands in, under the name of its source.

A passage is given with its neighbours under the same heading, so that a list has all its items and steps are complete;
a picture or a scanned page with all the lines in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest.space.entity import Entity

if TYPE_CHECKING:
    from assistant.search.retrieve import Hit

LONGEST = 1200
"""Characters of one source that are given."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One numbered source.

    Attributes:
        hit: what was found; members: the entities whose words are given, in their order.
        title: name of the file and headings; text: what is given.
    """

    hit: Hit
    members: tuple[Entity, ...]
    title: str
    text: str

    @property
    def words(self) -> str:
        return f"{self.title}\n{self.text}"


def gather(
    hits: Sequence[Hit], path: Callable[[str], str], inside: Callable[[Entity], Sequence[Entity]]
) -> list[Evidence]:
    """The hits as sources, each stretch of a file once.

    Args:
        path: where a source lies.
        inside: the lines and passages of a picture or page that the viewer may read.
    """
    found: list[Evidence] = []
    known: set[str] = set()
    for hit in hits:
        if hit.entity.id in known:
            continue
        members = tuple(_members(hit, inside))
        known |= {one.id for one in members}
        name = PurePath(path(hit.entity.source)).name
        title = f"{name} > {hit.entity.title}" if hit.entity.title else name
        found.append(Evidence(hit, members, title, "\n".join(one.text.strip() for one in members)[:LONGEST]))
    return found


def _members(hit: Hit, inside: Callable[[Entity], Sequence[Entity]]) -> list[Entity]:
    entity = hit.entity
    if entity.traits.lines:
        return [entity, *(one for one in inside(entity) if one.text.strip() not in entity.text)]
    if entity.kind != "passage" and not entity.traits.spoken:
        return [entity]
    place = (entity.kind, entity.title, entity.scope)
    near = [one for one in hit.neighbours if (one.kind, one.title, one.scope) == place]
    members, room = [entity], LONGEST - len(entity.text)
    for one in sorted(near, key=lambda one: one.ordinal < entity.ordinal):  # what follows first
        if len(one.text) <= room and one.id != entity.id:
            members.append(one)
            room -= len(one.text)
    return sorted(members, key=lambda one: one.ordinal)
