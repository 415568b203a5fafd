"""What the model is given: numbered sources as words or soft tokens, and the question, within the context window.

Source [n] of the prompt is hit n - 1, always: a source that does not fit is left out with its reason, and so is
everything ranked below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from assistant.model import prompt
from ingest.space.entity import Entity
from ingest.space.space import Vectors

if TYPE_CHECKING:
    from assistant.model.bridge import Bridge
    from assistant.model.parts import Kept, Part
    from assistant.search.retrieve import Hit

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
    bodies: list[str | Vectors | Sequence[int]] = []
    left_out: list[LeftOut] = []
    for number, hit in enumerate(() if grounding == "none" else hits):
        body = _body(hit, number, grounding, tokenize, bridge)
        cost = count(f"\n[{number + 1}]") + (count(f" {body}") if isinstance(body, str) else len(body))
        if left_out or cost > room:
            left_out.append(LeftOut(hit.entity.id, "the context window is full"))
            continue
        room -= cost
        bodies.append(body)
    sources = tuple(hit.entity for hit in hits[: len(bodies)])
    given = _read(bodies, tokenize(f" {question.strip()}"), bridge)
    return Composed(tuple(prompt.user(given, question)), sources, tuple(left_out))


def _body(
    hit: Hit, number: int, grounding: Grounding, tokenize: Tokenize, bridge: Bridge | None
) -> str | Vectors | Sequence[int]:
    """One source: as words, as the tokens that soft ones are chosen of, or as vectors for what it means where it has no words."""
    entity = hit.entity
    words = entity.words[:LONGEST]
    if bridge is None or grounding == "text" or (grounding == "hybrid" and number < AS_WORDS and entity.text):
        return words
    if entity.traits.wordless and hit.slots is not None and bridge.maps_meaning:
        return bridge.meant(hit.slots)
    return tokenize(f" {words.strip()}")


def _read(
    bodies: Sequence[str | Vectors | Sequence[int]], asked: Sequence[int], bridge: Bridge | None
) -> list[str | Vectors | Kept]:
    """The sources as the model gets them; those in tokens share their soft tokens."""
    soft = [body for body in bodies if not isinstance(body, str | np.ndarray)]
    kept = iter(bridge.kept(soft, RATIO, asked) if bridge and soft else ())
    return [body if isinstance(body, str | np.ndarray) else next(kept) for body in bodies]
