"""What the model is given: numbered sources, whole or in part, as many as its window holds.

The best source stands last, nearest the question. A source that does not fit is left out with its reason, and so is
everything ranked below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.answer.evidence import Evidence
from assistant.answer.notes import FULL
from assistant.model import prompt
from assistant.model.prompt import Text
from ingest.space.entity import Entity
from ingest.text.codes import spelled
from ingest.text.language import language_of

Grounding = Literal["hybrid", "soft", "text", "none"]
"""hybrid  every source is read by itself and kept; each is asked, and the one that answers is given whole
soft    the same with a part of each, chosen by the question
text    all of them are read in one prompt
none    no sources
"""

RATIO = 4
"""In soft grounding, of so many of its tokens a source is given one: those that the question needs."""
SHORT = 64
"""Tokens of a source that is given whole even so: nothing can be spared of it."""
TURN = 8
"""Tokens around one turn of what the model is told, at most."""
ROOM = 420
"""Tokens of the window kept free for the answer and for the statements that are judged."""

Tokenize = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A hit that the model was not given, and why."""

    entity: str
    reason: str


@dataclass(frozen=True, slots=True)
class Composed:
    """What is given, the best source last; mark [n] is sources[n - 1]."""

    texts: tuple[Text, ...]
    sources: tuple[Evidence, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def members(self) -> tuple[Entity, ...]:
        """All entities whose words are given, more than were found."""
        return tuple(member for one in self.sources for member in one.members)


def compose(
    question: str, gathered: Sequence[Evidence], grounding: Grounding, tokenize: Tokenize, window: int
) -> Composed:
    """As many of the sources as the window holds beside the question.

    Args:
        tokenize: what the model makes of a text.
        window: tokens of the model's context.
    """
    told = sum(len(tokenize(turn.text)) + TURN for turn in prompt.READ)
    room = window - ROOM - told - len(tokenize(prompt.ask(question)))
    japanese = language_of(question) == "ja"
    texts: list[Text] = []
    left_out: list[LeftOut] = []
    for number, one in enumerate(() if grounding == "none" else gathered):
        words = one.text if japanese else spelled(one.text)
        length = len(tokenize(prompt.block(one.title, words)))
        ratio = RATIO if grounding == "soft" and length > SHORT else 1
        text = Text(one.title, words, ratio, grounding != "text", one.hit.entity.scope, one.hit.entity.source)
        cost = len(tokenize(prompt.tag(number + 1))) + length
        if left_out or cost > room:
            left_out.append(LeftOut(one.hit.entity.id, FULL))
            continue
        room -= cost
        texts.append(text)
    return Composed(tuple(texts[::-1]), tuple(gathered[: len(texts)][::-1]), tuple(left_out))
