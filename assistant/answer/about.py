"""Talk, and questions about the memory itself: answered from what the viewer may see of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from prompts import fill

if TYPE_CHECKING:
    from assistant.model.reader import Reader

LISTED = 60
"""Files that are shown to the model at once, the likeliest ones of a larger memory."""
SPOKEN = 120
"""Tokens of small talk."""
EXAMPLES = 6

WORDS = {
    "en": ("These files fit:", "No file here is about that. There are {count}: {kinds}.", "nothing yet"),
    "ja": (
        "該当するファイルはこちらです。",
        "該当するファイルはありません。全部で{count}件です（{kinds}）。",
        "まだ何もありません",
    ),
}


def talk(question: str, held: Sequence[str], reader: Reader) -> str:
    """A short friendly reply.

    Args:
        held: paths of what the viewer may read.
    """
    told = (
        f"{kinds(held)}. For example: {', '.join(PurePath(one).name for one in held[:EXAMPLES])}"
        if held
        else "nothing yet"
    )
    return reader.llm.complete(fill("talk", held=told), question, max_tokens=SPOKEN)


def files(question: str, held: Sequence[tuple[str, str]], reader: Reader) -> list[str]:
    """The paths that a question about files means.

    Args:
        held: path and first words of each file that may be meant, the likeliest first.
    """
    shown = list(held[:LISTED])
    lines = [f"{number} {PurePath(path).name}: {_short(words)}" for number, (path, words) in enumerate(shown, 1)]
    said = reader.llm.complete(
        fill("files"), "\n".join([*lines, f"Question: {question}"]), form(len(shown)), 4 * LISTED
    )
    numbers = dict.fromkeys(int(one) for one in re.findall(r"\d+", said))
    return [shown[number - 1][0] for number in numbers if 1 <= number <= len(shown)]


def form(count: int) -> str:
    """The grammar (GBNF) of a choice among so many files."""
    marks = " | ".join(f'"[{number}]"' for number in range(1, count + 1))
    return f'root ::= "none" | ({marks})+' if count else 'root ::= "none"'


def kinds(paths: Sequence[str]) -> str:
    """How many files of each ending: "12 pdf, 3 xlsx"."""
    counted = Counter(PurePath(path).suffix.removeprefix(".").lower() or "file" for path in paths)
    return ", ".join(f"{count} {kind}" for kind, count in counted.most_common())


def told(found: Sequence[str], held: Sequence[str], language: str) -> str:
    """The list of what was found, in the language of the question; marks count the files."""
    fit, none, nothing = WORDS[language]
    if not found:
        return none.format(count=len(held), kinds=kinds(held) or nothing)
    return "\n".join([fit, *(f"- {PurePath(path).name}" for path in found)])


def _short(words: str) -> str:
    return " ".join(words.split())[:70]
