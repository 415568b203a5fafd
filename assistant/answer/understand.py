"""What a question wants, and how it reads standing alone.

What it wants is judged from its place in the space; only a question behind others is written anew, by the language model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.model import prompt
from assistant.search.wants import Wants

if TYPE_CHECKING:
    from assistant.answer.outcome import Exchange
    from assistant.model.reader import Reader

EARLIER = 2
"""Earlier turns that a question may lean on."""
RECALLED = 300
"""Characters of an earlier answer that are recalled."""
LONGEST = 80
"""Tokens of a question that is written anew."""
LINE = r"root ::= [^\n]{3,200}"
"""The grammar (GBNF) of a question."""


@dataclass(frozen=True, slots=True)
class Understood:
    """`whole` is the question standing alone."""

    wants: Wants
    whole: str


def understand(
    question: str, history: Sequence[Exchange], reader: Callable[[], Reader], wanted: Callable[[str], Wants]
) -> Understood:
    """A first question costs no call of the language model, one behind others a single one."""
    whole = alone(question, history, reader()) if history else question
    return Understood(wanted(whole), whole)


def alone(question: str, history: Sequence[Exchange], reader: Reader) -> str:
    """The question as it would be asked without what was said before."""
    before = [(one.question, one.answer[:RECALLED]) for one in history[-EARLIER:]]
    return reader.llm.complete(prompt.ALONE, prompt.earlier(question, before), LINE, LONGEST) or question
