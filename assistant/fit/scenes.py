"""Scenes, each written for itself: a part of a document as firms and offices have them, and what is asked of it (`scenes.jsonl`).

No open set has questions in everyday words whose answer is several facts, an exception or all of a list, or that are asked
in another language than the text, or twins that only a name tells apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.fit import passages
from ingest.text.language import Language


@dataclass(frozen=True, slots=True)
class Question:
    """A question and all that answers it, in its language: sentences, steps or points."""

    question: str
    answer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A text with a title as files have it.

    Attributes:
        name: of whose rules, product, place or year it speaks; "" for nobody's.
        none: questions that are near and that it does not answer.
        true, untrue: statements about it.
    """

    id: str
    language: Language
    name: str
    topic: str
    title: str
    text: str
    asks: tuple[Question, ...]
    none: tuple[str, ...]
    true: tuple[str, ...]
    untrue: tuple[str, ...]

    @property
    def held(self) -> bool:
        """Whether it is kept out of training."""
        return passages.held(self.text)

    def apart(self, other: Scene) -> bool:
        """Whether a question on one cannot be taken for one on the other."""
        return self.topic != other.topic or bool(self.name and other.name and self.name != other.name)


@cache
def scenes() -> tuple[Scene, ...]:
    lines = (files(__package__) / "scenes.jsonl").read_text("utf-8").splitlines()
    return tuple(_scene(json.loads(line)) for line in lines)


def _scene(row: dict[str, Any]) -> Scene:
    asks = tuple(Question(one["question"], tuple(one["answer"])) for one in row["asks"])
    lists = {name: tuple(row[name]) for name in ("none", "true", "untrue")}
    return Scene(**{**row, **lists, "asks": asks})
