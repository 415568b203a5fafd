"""How training data is asked of a language model: told something with worked examples, it says the most probable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.model.llm import Llm
from assistant.model.vocabulary import Told


class Say(Protocol):
    """What a model says to each of `asked`, told `told`, with `before` in front of each, in at most `most` tokens."""

    def __call__(self, told: Told, before: str, asked: Sequence[str], most: int) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Writer:
    """`Say` by a language model, which reads what stands before once for all that is asked."""

    llm: Llm

    def __call__(self, told: Told, before: str, asked: Sequence[str], most: int) -> list[str]:
        tokens = self.llm.vocabulary
        with self.llm.given(told, [tokens.tokenize(before)] if before else []) as given:
            return [
                "".join(given.ask(tokens.tokenize(one) + tokens.closing()).write(max_tokens=most)).strip()
                for one in asked
            ]
