"""What a question wants, how it reads standing alone, and the questions that it is made of.

What it wants is judged from its place in the space; the language model writes a question behind others anew, and parts one
that asks for several things.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer import verify
from assistant.answer.named import squeezed
from assistant.model import prompt
from assistant.model.prompt import Text
from assistant.search.wants import Wants
from ingest.text.language import language_of
from ingest.text.split import sentences
from ingest.text.terms import is_telling, terms

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
MOST = 4
"""Parts of a question that are looked up."""
PARTS = f"""root ::= "{prompt.ONE}" | line "\\n" line ("\\n" line){{0,{MOST - 2}}}
line ::= [^\\n?？]{{5,160}} [?？]"""
"""The grammar of its parts: questions, each in a line."""
UNSAID = 0.5
"""From this doubt on that an answer holds one for a part of its question, that part is open."""
NEW = 2
"""Telling terms of a part that the question need not have."""


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
    """The question as it would be asked without what was said before; as it was asked where nothing would be added to it or
    something that it names would be lost. Halves that the model loses follow it, each written anew by itself."""
    said = _anew(question, history, reader)
    lost = _telling(question) - _telling(said)
    for half in _halves(question, reader) if lost else ():
        if 2 * len(_telling(half) & lost) > len(_telling(half)):
            said = f"{said} {_further(half, said, history, reader)}"
    kept = all(name in squeezed(said) for name in verify.named(question))
    return said if kept and _telling(said) - _telling(question) else question


def _further(half: str, before: str, history: Sequence[Exchange], reader: Reader) -> str:
    """A half behind the question that it leans on; behind the earlier ones alone where it would be lost again."""
    from assistant.answer.outcome import Exchange

    said = _anew(half, [*history, Exchange(before, "…")], reader)
    return _anew(half, history, reader) if _telling(half) - _telling(said) else said


def _anew(question: str, history: Sequence[Exchange], reader: Reader) -> str:
    before = [(one.question, one.answer[:RECALLED]) for one in history[-EARLIER:]]
    said = reader.llm.complete(prompt.ALONE, prompt.earlier(question, before), LINE, LONGEST)
    return verify.MARK.sub("", said).strip()


def _halves(question: str, reader: Reader) -> Sequence[str]:
    """Its sentences, or the questions that it is made of, as far as these say nothing else; they may lean on what was
    said before."""
    spoken = [question[one.start : one.end] for one in sentences(question)]
    if len(spoken) > 1:
        return spoken
    asked = parts(question, reader)
    return asked if all(_telling(one) <= _telling(question) for one in asked) else ()


def each(question: str, things: Sequence[str], reader: Reader) -> tuple[str, ...]:
    """What a question asks of each of the things that it sets side by side; every part names its own and no other."""
    found = parts(question, reader)
    own = [[name for name in things if name in part] for part in found]
    if sorted(own) == sorted([name] for name in things):
        return found
    return _of_each(question, things, reader)


def _of_each(question: str, things: Sequence[str], reader: Reader) -> tuple[str, ...]:
    lines = ' "\\n" '.join(f"{json.dumps(f'{name}: ', ensure_ascii=False)} line" for name in things)
    letters = r"^\n" if language_of(question) == "ja" else prompt.LATIN
    form = f"root ::= {lines}\nline ::= [{letters}]{{6,160}}"
    said = reader.llm.complete(prompt.EACH, prompt.beside(question, things), form, len(things) * LONGEST)
    found = [line.strip() for line in said.split("\n")]
    bare = [line.removeprefix(f"{name}: ") for line, name in zip(found, things, strict=False)]
    return tuple(one if name in one else line for line, one, name in zip(found, bare, things, strict=False))


def parts(question: str, reader: Reader) -> tuple[str, ...]:
    """The questions that one is made of, none where it asks for one thing.

    A part in another language, about something that the question does not name or that another part asks is none.
    """
    said = reader.llm.complete(prompt.PARTS, question, PARTS, MOST * LONGEST)
    held, language = set(terms(question)), language_of(question)
    found: dict[str, set[str]] = {}
    for line in map(str.strip, said.split("\n")):
        told = _telling(line)
        new = len(told - held) > NEW or language_of(line) != language
        if (
            told
            and line != prompt.ONE
            and not new
            and not any(told <= other or other <= told for other in found.values())
        ):
            found[line] = told
    return tuple(found)[:MOST] if len(found) > 1 else ()


def _telling(text: str) -> set[str]:
    return set(filter(is_telling, terms(text)))


def left_open(asked: Sequence[str], said: Sequence[str], reader: Reader) -> tuple[str, ...]:
    """The questions that an answer leaves open, judged by the reader as if the answer were a source."""
    answer = Text("", "\n".join(said), kept=False)
    return tuple(part for part in asked if next(reader.weigh([answer], part)) >= UNSAID)
