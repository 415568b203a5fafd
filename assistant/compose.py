"""What the model is given: numbered sources as words or soft tokens, and the question, within the context window.

Knows nothing about how sources were found or what becomes of the answer. Source [n] of the prompt is hit n - 1, always:
a source that does not fit is left out with its reason, and so is everything ranked below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from assistant import prompt
from ingest.entity import Entity
from ingest.space import Vectors

if TYPE_CHECKING:
    from assistant.bridge import Bridge
    from assistant.llm import Part, Slots
    from assistant.retrieve import Hit

Grounding = Literal["hybrid", "soft", "text", "none"]

RATIO = 8
"""Tokens per soft token of a source that is not given as words."""
AS_WORDS = 1
"""Hits that hybrid grounding gives as words."""
ANSWER_ROOM = 160
"""Tokens of the window kept free for the answer."""
LONGEST = 1200
"""Characters of one source that are given as words; passages are shorter, whole tables are not."""

Tokenize = Callable[[str], Sequence[int]]

WORDLESS = frozenset({"picture", "sound"})
"""Kinds whose meaning is in their vectors; their words are only a label."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A hit that the model was not given, and why."""

    entity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Composed:
    """The user's turn.

    Attributes:
        parts: words and vectors, in order.
        sources: the entities that were given; mark [n] is sources[n - 1].
    """

    parts: tuple[Part, ...]
    sources: tuple[Entity, ...]
    left_out: tuple[LeftOut, ...]


def compose(
    question: str,
    hits: Sequence[Hit],
    grounding: Grounding,
    tokenize: Tokenize,
    window: int,
    bridge: Bridge | None = None,
) -> Composed:
    """The question with as many of the hits as the window holds.

    Args:
        tokenize: what the model makes of a text.
        window: tokens of the model's context.
        bridge: needed by "hybrid" and "soft"; without one, every source is given as words.
    """

    def count(text: str) -> int:
        return len(tokenize(text))

    room = window - ANSWER_ROOM - count(prompt.system()) - count(question) - count(prompt.asking()) - 32
    bodies: list[str | Vectors | Slots] = []
    left_out: list[LeftOut] = []
    asked = tokenize(f" {question.strip()}")
    for number, hit in enumerate(() if grounding == "none" else hits):
        body = _body(hit, number, grounding, tokenize, bridge, asked)
        cost = count(f"\n[{number + 1}]") + _places(body, count)
        if left_out or cost > room:
            left_out.append(LeftOut(hit.entity.id, "the context window is full"))
            continue
        room -= cost
        bodies.append(body)
    sources = tuple(hit.entity for hit in hits[: len(bodies)])
    return Composed(tuple(prompt.user(bodies, question)), sources, tuple(left_out))


def _places(body: str | Vectors | Slots, count: Callable[[str], int]) -> int:
    """Positions of the window that a source takes up."""
    if isinstance(body, str):
        return count(f" {body}")
    return len(body) if isinstance(body, np.ndarray) else body.span


def _body(
    hit: Hit, number: int, grounding: Grounding, tokenize: Tokenize, bridge: Bridge | None, asked: Sequence[int]
) -> str | Vectors | Slots:
    """One source as the model gets it: its words, or soft tokens for what it says or, where it has no words, means."""
    entity = hit.entity
    words = entity.words[:LONGEST]
    if bridge is None or grounding == "text" or (grounding == "hybrid" and number < AS_WORDS and entity.text):
        return words
    if entity.kind in WORDLESS and hit.slots is not None and bridge.maps_meaning:
        return bridge.meant(hit.slots)
    slots: Slots = bridge.slots(tokenize(f" {words.strip()}"), RATIO, asked)
    return slots
