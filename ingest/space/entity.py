"""The entity: the one kind of thing the memory holds.

An entity is a short sequence of vectors in one linguistic space. Their mean is its address in memory; the sequence is
what the language model reads. Beside them: what the entity says, where it stands in its source, and who it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .facts import Facts
from .kinds import TRAITS, Kind, Traits
from .space import UNPLACED, Packed, Placed, Vectors, placed

OLDER_MESSAGE = "quoted"
"""The part of a message in which it quotes an older one."""


@dataclass(frozen=True, slots=True)
class Locator:
    """The exact place of an entity in its source; only what fits the kind is set.

    `page` counts from 1. `box` is (x0, y0, x1, y1) in pixels of the picture, or in points from the top
    left of a PDF page. `start`/`end` are seconds. `row` counts from 1 as a spreadsheet shows it. `window` is a pair of
    ISO 8601 times. `chars` is a half-open range of characters in the text as read.
    """

    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    start: float | None = None
    end: float | None = None
    sheet: str | None = None
    row: int | None = None
    cell: str | None = None
    window: tuple[str, str] | None = None
    chars: tuple[int, int] | None = None
    part: str | None = None
    """A named part inside a container: slide, chapter, attachment, JSON path."""

    def as_dict(self) -> dict[str, Any]:
        pairs = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in pairs if value is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Locator:
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader yields: an entity before it has a source, a scope and an identity.

    Attributes:
        text: what the entity says, in words a person can read and a model can quote.
        title: the headings above it, outermost first, joined by " > "; embedded together with the text.
        key: a name for this draft that is unique within the source, needed only when others name it as parent.
        parent: the `key` of the entity it is a part of.
        facts: numbers and labels worth keeping exactly (confidence, unit, mean, caption, colour, ...).
        meaning: float32 [n, dim], vectors of the linguistic space for entities whose meaning is not in their words (a
            picture among words); None lets the words speak.
    """

    kind: Kind
    text: str
    locator: Locator = field(default_factory=Locator)
    title: str = ""
    key: str = ""
    parent: str = ""
    facts: Facts = field(default_factory=dict)
    meaning: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing the memory knows. `id` follows from the content, so reading a file twice changes nothing.

    Attributes:
        at: where it lies in the space; two entities are the same by what they say, wherever they lie.
    """

    id: str
    source: str
    scope: str
    kind: Kind
    text: str
    locator: Locator
    title: str = ""
    parent: str = ""
    ordinal: int = 0
    facts: Facts = field(default_factory=dict)
    at: Packed = field(default=UNPLACED, compare=False, repr=False)

    @property
    def slots(self) -> Vectors:
        """Its vectors in the space, float32 [n, dim]: what a language model can read of it."""
        return self.at.slots

    @property
    def address(self) -> Vectors:
        """Their mean, float32 [dim] of length one, by which it is found; zeros where it is found by its words alone."""
        return self.at.address

    def placed(self, where: Placed) -> Entity:
        """The same entity, lying there."""
        return replace(self, at=Packed.of(where))

    @property
    def traits(self) -> Traits:
        """What belongs to its kind."""
        return TRAITS[self.kind]

    @property
    def words(self) -> str:
        """What is embedded and searched: the headings and the text."""
        return f"{self.title}\n{self.text}" if self.title else self.text


def identify(source: str, scope: str, drafts: Iterable[Draft]) -> Iterator[Entity]:
    """Gives drafts of one source their identity: blake2b of source, kind, title, text and how often it occurred before.

    The place in the source is no part of it: a passage that only moved to another page keeps its identity
    (and its vectors), and only its place is updated.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    ids: dict[str, str] = {}
    for ordinal, draft in enumerate(drafts):
        content = (draft.kind, draft.title, draft.text)
        digest = _digest(source, *content, str(seen[content]))
        seen[content] += 1
        if draft.key:
            ids[draft.key] = digest
        yield Entity(
            id=digest, source=source, scope=scope, kind=draft.kind, text=draft.text, locator=draft.locator, title=draft.title,
            parent=ids.get(draft.parent, ""), ordinal=ordinal, facts=draft.facts,
            at=UNPLACED if draft.meaning is None else Packed.of(placed(draft.meaning)),
        )  # fmt: skip


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
