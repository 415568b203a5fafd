"""Putting sources right: who may, what of it is personal data, and what a page shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.serve import uploads
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, NotAllowed, NotFound
from ingest.memory import amended
from ingest.memory.amended import Correction, Hidden
from ingest.memory.amending import Words
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal, put_back
from ingest.space.entity import Draft, Entity

LONGEST = 4_000
"""Characters of corrected words."""


@dataclass(frozen=True, slots=True)
class PutRight:
    """What a page shows of what was put right in an entity, and may be.

    Attributes:
        may: whether this viewer may hide it and, where `perceived`, correct it.
        correction: the correction that was made, with what was read as this viewer may see it.
    """

    may: bool
    perceived: bool
    correction: Correction | None


def seen(memory: Memory, personal: Personal, entity: Entity, viewer: Viewer) -> PutRight:
    """What was put right in an entity that this viewer may read."""
    made = amended.correction(memory.catalog, entity.id)
    shown = put_back(made, personal.originals([entity.id], viewer)) if made else None
    return PutRight(entity.scope in uploads.writable(viewer, memory.catalog), entity.traits.perceived, shown)


def hidden(memory: Memory, personal: Personal, source: SourceRow, viewer: Viewer) -> Sequence[Hidden]:
    """What is hidden in a source: for those alone who may show it again."""
    return amended.hidden(memory.catalog, source.id) if source.scope in uploads.writable(viewer, memory.catalog) else ()


def writable(memory: Memory, viewer: Viewer, id: str) -> Entity:
    """The entity, for somebody who may put it right.

    Raises:
        NotFound: there is none, or none for this viewer.
        NotAllowed: they may read it and no more.
    """
    found = memory.hydrate([id], viewer).get(id)
    if found is None:
        raise NotFound("there is nothing here that you may read")
    if found.scope not in uploads.writable(viewer, memory.catalog):
        raise NotAllowed("you may not put this right", "ask whoever governs this memory")
    return found


def source_of_hidden(memory: Memory, viewer: Viewer, id: str) -> SourceRow:
    """The source of something hidden, for somebody who may show it again; to all others it is not there."""
    source = memory.catalog.source(amended.source_of(memory.catalog, id))
    if source is None or source.scope not in uploads.writable(viewer, memory.catalog):
        raise NotFound("there is nothing here that you may read")
    return source


def words(personal: Personal, entity: Entity, text: str) -> Words:
    """Other words for what a machine heard or saw; personal data in them goes where it belongs.

    Raises:
        BadInput: there are no words, or this is no entity of that kind.
    """
    typed = text.replace("\r\n", "\n").strip()
    if not typed or len(typed) > LONGEST:
        raise BadInput("there are no words" if not typed else f"words may have {LONGEST:,} characters here")
    if not entity.traits.perceived:
        raise BadInput("only what was heard or seen can be corrected", "change the file itself and have it read again")
    (clean,) = personal.redacted([Draft(entity.kind, typed, title=entity.title)], entity.scope)
    originals = personal.more(entity.id, clean.originals)
    kept = personal.seal(entity.id, originals) if originals else None
    return Words(clean.draft.text, personal.seal(entity.id, {"": typed}), kept)
