"""The one shape of a question to the model: numbered sources, then the question, in training as in serving.

A prompt is a list of pieces, each tokenised by itself: words, or whatever stands for a source that is not given as
words (soft tokens when serving).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from prompts import fill

Body = TypeVar("Body")

REFUSAL = "Not in your sources."
"""What the model is trained to say when the sources do not hold the answer."""

_SOURCES, _QUESTION = "\x01", "\x02"


def system() -> str:
    """What the model is told before the conversation: the first line of `prompts/answer.md`, always the same."""
    return _texts()[0]


def user(bodies: Sequence[str | Body], question: str) -> list[str | Body]:
    """The user's turn: `[1]`, first source, ..., then the question. A body that is text is quoted, others are kept."""
    _, before, between = _texts()
    return [before, *sources(bodies), between, f" {question.strip()}"]


def sources(bodies: Sequence[str | Body]) -> list[str | Body]:
    """`[1]` and the first source, newline, `[2]` and the second, ..."""
    pieces: list[str | Body] = []
    for number, body in enumerate(bodies, 1):
        pieces.append(f"\n[{number}]" if number > 1 else "[1]")
        pieces.append(f" {body.strip()}" if isinstance(body, str) else body)
    return pieces


def asking() -> str:
    """The words between the sources and the question."""
    return _texts()[2]


def _texts() -> tuple[str, str, str]:
    head, rest = fill("answer", sources=_SOURCES, question=_QUESTION).split("\n", 1)
    before, rest = rest.split(_SOURCES)
    return head, before, rest.split(_QUESTION)[0].rstrip(" ")
