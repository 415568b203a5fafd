"""A reader in miniature: it says what it was told to say, and remembers what it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assistant.model import prompt
from assistant.model.prompt import Text
from assistant.model.vocabulary import Told
from assistant.model.writing import Stream, Usage
from assistant.search.wants import Wants


@dataclass
class Scripted:
    """Says `says` to a question, or what stands in `answers` for one that has these words; doubts and judges as told.

    `wants` is what questions want, but "rows" what those in `over_rows` do, `alone` how one reads standing alone, `leaning`
    how some do, `parts` the questions that one is made of, one a line, `each` what is asked of each of several things,
    `translates` what a passage says in the other language, `query` the SQL it writes over `t`, which is the table whose name
    begins with `table`.

    Attributes:
        doubt: the probability that the sources hold no answer.
        lacking: the same of a single source for a question, by words of either.
        judges: of each statement, by the words that are in it or its mark; 1 for any other.
        surprises: how improbable what it says is to itself, by words that are in it; 0 for any other.
    """

    says: str = ""
    wants: Wants = "text"
    over_rows: tuple[str, ...] = ()
    alone: str = ""
    leaning: dict[str, str] = field(default_factory=dict)
    query: str = "NONE"
    table: str = ""
    parts: str = prompt.ONE
    each: str = ""
    translates: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    replies: str = "Hello, I answer from your files."
    doubt: float = 0.1
    lacking: dict[str, float] = field(default_factory=dict)
    judges: dict[str, float] = field(default_factory=dict)
    surprises: dict[str, float] = field(default_factory=dict)
    name: str = "scripted"
    context: int = 8192
    heard: list[Text] = field(default_factory=list)
    told: list[tuple[Told, str]] = field(default_factory=list)
    weighed: list[str] = field(default_factory=list)

    @property
    def llm(self) -> Scripted:
        return self

    def wanted(self, question: str) -> Wants:
        return "rows" if question in self.over_rows else self.wants

    def tokenize(self, text: str) -> list[int]:
        return list(text.split())  # type: ignore[arg-type]

    def complete(self, system: Told, user: str, grammar: str = "", max_tokens: int = 256) -> str:
        self.told.append((system, user))
        if system == prompt.ALONE:
            return self.leaning.get(user.rpartition("Q: ")[2], self.alone)
        if system == prompt.PARTS:
            return self.parts
        if system == prompt.EACH:
            return self.each
        if system in prompt.INTO.values():
            return self.translates
        return self._queried(user) if isinstance(system, tuple) else self.replies

    def _queried(self, user: str) -> str:
        names = re.findall(r"^(?:CREATE )?Table (\w+)", user, re.MULTILINE | re.IGNORECASE)
        meant = next((name for name in names if name.startswith(self.table)), names[0])
        return self.query.replace("FROM t", f"FROM {meant}")

    def answer(self, question: str, texts: Sequence[Text], max_tokens: int) -> Stream:
        self.heard = list(texts)
        return Stream(_words(self.says))

    @contextmanager
    def reading(self, texts: Sequence[Text], question: str = "") -> Iterator[Scripted]:
        self.heard = list(texts)
        yield self

    def weigh(self, texts: Sequence[Text], question: str) -> Iterator[float]:
        told = [f"{text.text} {question}" for text in texts]
        for said in told:
            self.weighed.append(said)
            yield max([one for word, one in self.lacking.items() if word in said] or [self.doubt])

    def ask(self, question: str) -> Scripted:
        said = next((said for words, said in self.answers.items() if words in question), self.says)
        return replace(self, says=said)

    @property
    def usage(self) -> Usage:
        surprise = max([one for word, one in self.surprises.items() if word in self.says] or [0.0])
        return Usage(text=10, soft=5, generated=3, surprise=surprise)

    def chance(self, beginning: str) -> float:
        return self.doubt

    def write(self, grammar: str = "", max_tokens: int = 256, but: str = "") -> Iterator[str]:
        return _words(self.says)

    def judge(self, statements: Sequence[tuple[str, int]]) -> list[float]:
        return [
            min([chance for word, chance in self.judges.items() if word in said or word == f"[{mark}]"] or [1.0])
            for said, mark in statements
        ]


def _words(says: str) -> Iterator[str]:
    for number, word in enumerate(says.split(" ")):
        yield word if not number else f" {word}"
