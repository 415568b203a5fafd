"""Marks in an answer become citations: the entity, its exact place, and words that stand there letter for letter.

A mark that names no source is taken out of the answer and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.answer.check import MARK, cited, spoken, support
from assistant.answer.quote import Candidate, extended, spans
from ingest.space.entity import Entity, Locator

SourceName = Callable[[str], str]
"""The path of a source by its id."""


@dataclass(frozen=True, slots=True)
class Citation:
    """One mark of an answer. `quote` is a verbatim part of the entity's text; `source` is a path."""

    mark: int
    entity: str
    kind: str
    source_id: str
    source: str
    title: str
    locator: Locator
    quote: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "mark": self.mark, "entity": self.entity, "kind": self.kind, "source": self.source,
            "locator": self.locator.as_dict(), "quote": self.quote,
        }  # fmt: skip


def from_candidate(mark: int, candidate: Candidate, name: SourceName) -> Citation:
    """The citation of a stretch of an entity's words."""
    return _citation(mark, candidate.entity, candidate.start, candidate.end, name)


def whole(mark: int, entity: Entity, name: SourceName) -> Citation:
    """The citation of all an entity says."""
    return _citation(mark, entity, 0, len(entity.text), name)


def from_marks(answer: str, sources: Sequence[Entity], ranked: Sequence[Candidate], name: SourceName) -> list[Citation]:
    """One citation per mark, with the sentence of that source which carries best what is said before the mark.

    Args:
        sources: what the marks count, [1] first.
        ranked: candidates for quotation, best first; they settle between equally good sentences.
    """
    said: dict[int, list[str]] = {}
    for sentence in spoken(answer):
        for mark in cited(sentence):
            if 1 <= mark <= len(sources):
                said.setdefault(mark, []).append(sentence)
    return [
        _citation(mark, *_best(" ".join(said[mark]), sources[mark - 1], ranked), name) for mark in sorted(said)
    ]


def without_strays(answer: str, count: int) -> tuple[str, tuple[int, ...]]:
    """The answer without marks beyond `[count]`, and those marks."""
    strays = tuple(mark for mark in cited(answer) if not 1 <= mark <= count)
    return MARK.sub(lambda match: "" if int(match[1]) in strays else match[0], answer), strays


def _best(said: str, entity: Entity, ranked: Sequence[Candidate]) -> tuple[Entity, int, int]:
    """The sentence that carries `said` best, of the entity or of a line inside it; between equals, the one that answers
    better."""
    own = [one for one in ranked if entity.id in (one.entity.id, one.entity.parent)]
    if own:
        best = extended(max(own, key=lambda one: (round(support(said, one.text).support, 2), one.score)))
        return best.entity, best.start, best.end
    cut = spans(entity) or [(0, len(entity.text))]
    return entity, *max(cut, key=lambda span: support(said, entity.text[span[0] : span[1]]).support)


def _citation(mark: int, entity: Entity, start: int, end: int, name: SourceName) -> Citation:
    return Citation(
        mark, entity.id, entity.kind, entity.source, name(entity.source), entity.title, _place(entity, start, end),
        entity.text[start:end],
    )  # fmt: skip


def _place(entity: Entity, start: int, end: int) -> Locator:
    """The entity's place, narrowed to the quotation: its lines' box in a picture, its characters where they map."""
    box = _box(entity, start, end)
    if box is not None:
        return replace(entity.locator, box=box)
    chars = entity.locator.chars
    if chars is None or chars[1] - chars[0] != len(entity.text):
        return entity.locator
    return replace(entity.locator, chars=(chars[0] + start, chars[0] + end))


def _box(entity: Entity, start: int, end: int) -> tuple[float, float, float, float] | None:
    """The box around the lines that a range of the text touches, for text read from a picture line by line."""
    boxes, place = [], 0
    for line in entity.facts.get("lines") or ():
        found = entity.text.find(line["text"], place)
        if found < 0:
            return None
        place = found + len(line["text"])
        if found < end and start < place:
            boxes.append(line["box"])
    if not boxes:
        return None
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
