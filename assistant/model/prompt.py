"""The one shape of everything the reader is asked, in training as in serving. Each piece is tokenised by itself.

head      what the model is told, with worked examples: `READ` or `ALONE`
source    `tag(1)`, then `block(title, text)`, which is read by itself
question  `ask(...)`: the answer is sentences with marks like [1][2], one a line, or `NONE`
          `brief(...)`: the answer is a few words
          `statement(...)`: the answer is `YES` or `NO`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.model.vocabulary import Turn, examples
from prompts import turns


def _told(name: str) -> tuple[Turn, ...]:
    return examples(turns(name))


READ = _told("read")
"""What a reader of sources is told."""
ALONE = _told("alone")
"""What it is told when it has to write a question so that it stands alone."""
PARTS = _told("parts")
"""What it is told when it has to part a question into those it is made of, or to answer `ONE`."""
EACH = _told("each")
"""What it is told when it has to ask a question of each of several things by itself."""
INTO = {"en": _told("into_en"), "ja": _told("into_ja")}
"""What it is told when it has to translate a passage into one of two languages."""
TRAINED = (READ, ALONE)
"""What adapters are trained behind; behind anything else the model answers as it was made to."""

NONE, YES, NO, ONE = "none", "yes", "no", "one"

LATIN = r" -Z\\^-~\u00a0-\u03ff\u2010-\u2bff"
"""Latin and Greek letters, figures and marks but square brackets, in a grammar."""


FORMS = {"en": f'root ::= piece+\npiece ::= [{LATIN}\\n] | "「" [^」\\n]* "」"', "ja": ""}
"""The grammars of a translation; of a Japanese one, none."""


@dataclass(frozen=True, slots=True)
class Text:
    """A source as the reader gets it.

    Attributes:
        ratio: of 4, the question gets a quarter of its tokens.
        kept: whether it is read by itself, once and for all questions; else in the prompt, behind what stands before it.
        scope, source: where that is kept; without a source, in memory alone.
    """

    title: str
    text: str
    ratio: int = 1
    kept: bool = True
    scope: str = ""
    source: str = ""

    @property
    def block(self) -> str:
        return block(self.title, self.text)


def tag(number: int) -> str:
    return f"[{number}]\n"


def block(title: str, text: str) -> str:
    """A source as it is read by itself."""
    return (f"{title}\n" if title else "") + text.strip() + "\n"


def ask(question: str) -> str:
    return f"Question: {question.strip()}"


def brief(question: str) -> str:
    return f"Question, answered in a few words: {question.strip()}"


def statement(sentence: str, number: int) -> str:
    """To be judged by the source of that number."""
    return f"Statement: {sentence.strip()} [{number}]"


def earlier(question: str, before: Sequence[tuple[str, str]]) -> str:
    """The user's words behind `ALONE`: earlier questions with their answers, then the last question."""
    return "".join(f"Q: {asked}\nA: {answered}\n" for asked, answered in before) + f"Q: {question}"


def beside(question: str, things: Sequence[str]) -> str:
    """The user's words behind `EACH`."""
    return f"{question.strip()}\nNamed: {', '.join(things)}"


def whole(texts: Sequence[Text], question: str) -> str:
    """Sources and question as one text, for a model that is given words alone."""
    return "".join(tag(n) + text.block for n, text in enumerate(texts, 1)) + ask(question)


def form(sources: int, latin: bool = False) -> str:
    """The grammar (GBNF) of an answer that is no refusal: sentences or items, each with marks of sources that there are.

    Args:
        latin: in Latin letters, but for a name in quotation marks or brackets.
    """
    marks = " | ".join(f'"[{number}]"' for number in range(1, sources + 1))
    rules = ['root ::= line ("\\n" line)*', f"line ::= piece{{10,400}} ({marks})+"]
    if latin:
        letter, inside = f"[{LATIN}]", r'[^\[\]\n"”」)]{1,24}'
        rules += [f"piece ::= {letter} | name", f'name ::= ["“「(] {inside} ["”」)]']
    else:
        rules += [r"piece ::= [^\[\]\n]"]
    return "\n".join(rules)


def parted(answer: str) -> str:
    """What an answer says: "" for a refusal."""
    return "" if answer.strip().strip(".").lower() == NONE else answer.strip()
