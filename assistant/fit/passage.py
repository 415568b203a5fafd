"""A passage in tokens and the questions about it."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.model.tokens import Ids


@dataclass(frozen=True, slots=True)
class Ask:
    """A question in tokens; one that its passage does not answer has no answer."""

    question: Ids
    answer: Ids


@dataclass(frozen=True, slots=True)
class Passage:
    """A source in tokens, with the questions it answers."""

    ids: Ids
    asks: tuple[Ask, ...]

    @property
    def answered(self) -> list[Ask]:
        return [ask for ask in self.asks if ask.answer]

    @property
    def unanswered(self) -> list[Ask]:
        return [ask for ask in self.asks if not ask.answer]
