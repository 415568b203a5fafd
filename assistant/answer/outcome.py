"""What asking leads to: what was found, words as they come, and the answer with everything that proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from assistant.answer.cite import Citation
    from assistant.answer.compose import Grounding, LeftOut
    from assistant.search.retrieve import Hit

How = Literal["model", "possibly", "calculation", "refusal", "talk"]
"""model        the model's words, each sentence checked against what it cites
possibly     passages that may hold the answer, shown instead of an answer that was not sure enough
calculation  computed by a query over rows
refusal      nothing that the viewer may read holds it
talk         about the assistant or its files; no claim that needs a source
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One earlier question of the same conversation, and what was answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Found:
    """The hits are known; the answer is on its way."""

    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Said before anything leaves this machine: the server, how many bytes, and of which entities in which scopes.

    It leaves when the next event is asked for, so whoever has to write it down does so in time.
    """

    host: str
    bytes: int
    entities: tuple[str, ...]
    scopes: tuple[str, ...]
    question: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Words of the model as they come, not yet held against the sources. The `Answer` may replace them."""

    text: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens read as words and as kept sources, tokens written, and seconds since the question came."""

    text: int = 0
    soft: int = 0
    generated: int = 0
    retrieve: float = 0.0
    placed: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and everything that proves it.

    Attributes:
        answer: a mark [n] names the citation of that mark; marks are counted as they appear.
        confidence: probability that the sources answer the question at all, as the model reads them.
        notes: what was changed on the way, in plain words.
        shown: the words of what was shown with the question.
        understood: the question as it was looked for, standing alone.
        read: the ids of all entities whose words the reader was given, more than were found.
    """

    question: str
    answer: str
    how: How
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    paths: Mapping[str, str]
    grounding: Grounding
    model: str
    confidence: float
    cost: Cost = field(default_factory=Cost)
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    shown: str = ""
    understood: str = ""
    read: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return self.how == "refusal"

    def as_dict(self) -> dict[str, Any]:
        """The object that `kotonoha ask --json` prints."""
        cost = self.cost
        return {
            "question": self.question, "understood": self.understood, "shown": self.shown, "answer": self.answer,
            "refused": self.refused, "how": self.how,
            "citations": [citation.as_dict() for citation in self.citations],
            "hits": [_hit_as_dict(hit, self.paths) for hit in self.hits],
            "grounding": self.grounding, "model": self.model, "confidence": round(self.confidence, 3),
            "tokens": {"text": cost.text, "soft": cost.soft, "generated": cost.generated},
            "seconds": {
                "retrieve": round(cost.retrieve, 4), "placed": round(cost.placed, 4),
                "first_token": round(cost.first_token, 4), "total": round(cost.total, 4),
            },
            "left_out": [{"entity": one.entity, "reason": one.reason} for one in self.left_out], "notes": list(self.notes),
        }  # fmt: skip


def rests_on(event: Found | Answer) -> set[str]:
    """The ids of all entities that were found, read and cited for it: what its reader must be allowed to read."""
    ids = {one.id for hit in event.hits for one in (hit.entity, *hit.neighbours, *hit.parents)}
    return ids | {*event.read, *(one.entity for one in event.citations)} if isinstance(event, Answer) else ids


def _hit_as_dict(hit: Hit, paths: Mapping[str, str]) -> dict[str, Any]:
    entity = hit.entity
    return {
        "entity": entity.id, "score": round(float(hit.score), 4), "kind": entity.kind, "source_id": entity.source,
        "source": paths[entity.source], "locator": entity.locator.as_dict(), "title": entity.title, "text": entity.text,
    }  # fmt: skip


Event = Found | Leaving | Draft | Answer
