"""A reader that plays a part: for each question what it understands, says, doubts and computes; slowly if it is told to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from assistant.model.prompt import Text
from assistant.model.vocabulary import Told
from assistant.model.writing import Usage
from tests.scripted import Scripted


@dataclass
class Actor:
    """Answers from several threads at once; a question without a part is answered with its best source's first line.

    Attributes:
        parts: what is played for a question, by words that stand in it; `[1]` in it is the best source, the last.
        pause: seconds between two words.
    """

    parts: dict[str, Scripted] = field(default_factory=dict)
    pause: float = 0.0
    name: str = "actor"
    context: int = 8192

    @property
    def llm(self) -> Actor:
        return self

    def tokenize(self, text: str) -> list[int]:
        return list(text.split())  # type: ignore[arg-type]

    def part(self, question: str) -> Scripted:
        return next((part for words, part in self.parts.items() if words in question), Scripted())

    def complete(self, system: Told, user: str, grammar: str = "", max_tokens: int = 256) -> str:
        return self.part(user).complete(system, user, grammar, max_tokens)

    def weigh(self, texts: Sequence[Text], question: str) -> Iterator[float]:
        for _ in texts:
            yield self.part(question).doubt

    @contextmanager
    def reading(self, texts: Sequence[Text], question: str = "") -> Iterator[Reading]:
        yield Reading(self, list(texts), question)


@dataclass
class Reading:
    """One question over sources that were read."""

    actor: Actor
    texts: list[Text]
    question: str = ""

    def ask(self, question: str) -> Reading:
        return Reading(self.actor, self.texts, question)

    @property
    def usage(self) -> Usage:
        return Usage(text=10, soft=5, generated=3)

    def chance(self, beginning: str) -> float:
        return self.actor.part(self.question).doubt

    def write(self, grammar: str = "", max_tokens: int = 256, but: str = "") -> Iterator[str]:
        first = self.texts[-1].text.strip().split("\n")[0] if self.texts else "none"
        said = self.actor.part(self.question).says or f"{first} [1]"
        for word in said.replace("[1]", f"[{len(self.texts)}]").split(" "):
            time.sleep(self.actor.pause)
            yield f"{word} "

    def judge(self, statements: Sequence[tuple[str, int]]) -> list[float]:
        return self.actor.part(self.question).judge(statements)
