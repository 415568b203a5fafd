"""What the model is given: numbered sources, whole or in part, as many as its window holds.

Knows nothing about how sources were found or what becomes of the answer. Source [n] is hit n - 1, always: a source that
does not fit is left out with its reason, and so is everything ranked below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.model import prompt
from assistant.model.prompt import Text
from ingest.space.entity import Entity

if TYPE_CHECKING:
    from assistant.search.retrieve import Hit

Grounding = Literal["hybrid", "soft", "text", "none"]

RATIO = 4
"""A source that is not given whole is given in so many parts one: those of its tokens that the question needs."""
WHOLE = 1
"""Hits that hybrid grounding gives whole."""
ANSWER_ROOM = 320
"""Tokens of the window kept free for the answer and for what it is told."""
LONGEST = 1200
"""Characters of one source that are given; passages are shorter, whole tables are not."""

Tokenize = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A hit that the model was not given, and why."""

    entity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Composed:
    """What is given; mark [n] is sources[n - 1]."""

    texts: tuple[Text, ...]
    sources: tuple[Entity, ...]
    left_out: tuple[LeftOut, ...]


def compose(question: str, hits: Sequence[Hit], grounding: Grounding, tokenize: Tokenize, window: int) -> Composed:
    """As many of the hits as the window holds beside the question.

    Args:
        tokenize: what the model makes of a text.
        window: tokens of the model's context.
    """
    room = window - ANSWER_ROOM - len(tokenize(prompt.READ)) - len(tokenize(prompt.ask(question)))
    texts: list[Text] = []
    left_out: list[LeftOut] = []
    for number, hit in enumerate(() if grounding == "none" else hits):
        text = given(hit.entity, RATIO if grounding == "soft" or (grounding == "hybrid" and number >= WHOLE) else 1)
        cost = len(tokenize(prompt.tag(number + 1))) + len(tokenize(text.block))
        if left_out or cost > room:
            left_out.append(LeftOut(hit.entity.id, "the context window is full"))
            continue
        room -= cost
        texts.append(text)
    return Composed(tuple(texts), tuple(hit.entity for hit in hits[: len(texts)]), tuple(left_out))


def given(entity: Entity, ratio: int = 1) -> Text:
    """An entity as the reader gets it."""
    return Text(entity.title, entity.text[:LONGEST], ratio, entity.scope, entity.source)
