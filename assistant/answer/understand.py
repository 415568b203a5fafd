"""What a question wants, and how it reads standing alone: asked of the model, held to a form by a grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from assistant.model import prompt

if TYPE_CHECKING:
    from assistant.answer.outcome import Exchange
    from assistant.model.reader import Reader

Wants = Literal["text", "rows", "compare", "files", "talk"]

EARLIER = 2
"""Earlier turns that a question may lean on."""
RECALLED = 300
"""Characters of an earlier answer that are recalled."""
LONGEST = 120
"""Tokens of what is understood."""
PARTS = 4
"""Questions that a comparison is parted into at most."""


@dataclass(frozen=True, slots=True)
class Understood:
    """`whole` is the question standing alone; `parts` are the questions to look up, one at least."""

    wants: Wants
    whole: str
    parts: tuple[str, ...]


def understand(question: str, history: Sequence[Exchange], reader: Reader) -> Understood:
    """One call of the model; a first question that asks for one thing costs a single word."""
    before = [(one.question, one.answer[:RECALLED]) for one in history[-EARLIER:]]
    said = reader.llm.complete(prompt.KNOW, prompt.known(question, before), form(bool(before)), LONGEST)
    wants, *lines = [line.strip() for line in said.split("\n") if line.strip()] or ["text"]
    known: Wants = next((one for one in get_args(Wants) if one == wants), "text")
    if known == "compare":
        return Understood(known, question, tuple(dict.fromkeys(lines)) or (question,))
    whole = lines[0] if lines else question
    return Understood(known, whole, (whole,))


def form(leaning: bool) -> str:
    """The grammar (GBNF) of what is understood.

    Args:
        leaning: whether there is something that the question can lean on.
    """
    alone = "line" if leaning else '""'
    return (
        f'root ::= ("text" | "rows" | "files") {alone} | "talk" | "compare" line line{{1,{PARTS - 1}}}\n'
        'line ::= "\\n" [^\\n]{3,200}'
    )
