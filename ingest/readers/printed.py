"""A line of a printed page: its words with their place and type, and how it is joined with the line below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from ingest.text.split import pieces

from .flow import Box

HYPHEN = "\xad"
"""The hyphen that only stands at the end of a line (Unicode's soft hyphen)."""
FIGURE = re.compile(r"[-+(¥$€£]*\d[\d.,]*\D{0,3}$")
"""What no column is named by."""
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_OPENING = "（「『〈《【［｛"
"""Brackets of Japanese: what is in them follows without a space."""

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table whose cells are ruled.

    `rows` have the words of a cell in every column it reaches over, `spans` the edges of the columns; `said` are the rows
    as lines of text, and `named` says whether the columns have names, so that it is more than these.
    """

    rows: list[list[str]]
    boxes: list[Box]
    spans: tuple[Span, ...]
    said: list[str]
    named: bool


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of a page. Tabs in its text are wide gaps; `cells` are the left and right edges of what is between them.

    `size` is that of its type and `baseline` its foot; all in points from the top left.
    """

    text: str
    box: Box
    size: float
    bold: bool
    baseline: float
    cells: tuple[Span, ...]
    ruled: Ruled | None = None
    """The table that stands here in place of lines."""
    depth: float = 0.0
    """How far the last baseline of a row whose cells have several lines is below the first."""

    @property
    def is_row(self) -> bool:
        return len(self.cells) > 1

    @property
    def is_vertical(self) -> bool:
        """Whether it is a column of Japanese that is written from top to bottom."""
        width, height = self.box[2] - self.box[0], self.box[3] - self.box[1]
        letters = self.text.replace(" ", "")
        return (
            not self.ruled and len(letters) > 2 and height > 2 * width and len(_CJK.findall(letters)) > len(letters) / 2
        )


def joined(text: str, following: str, space: str = " ") -> str:
    """The text so far, made ready for the line that follows it."""
    parted = re.search(rf"(\w+)[{HYPHEN}-]$", text)
    if parted:
        tail = re.findall(r"\w*", following)[0]
        return text[:-1] if _is_one_word(parted[1], tail) else text[:-1] + "-"
    japanese = space == " " and _CJK.match(text[-1]) and (text[-1] in _OPENING or _CJK.match(following))
    return text if japanese else text + space


def _is_one_word(head: str, tail: str) -> bool:
    """Whether a hyphen at the end of a line only parts a word: the encoder needs fewer pieces for `dangerous` than for
    `dan` and `gerous`, but no fewer for `chatoptimized` than for `chat` and `optimized`."""
    return head.isalpha() and tail[:1].islower() and pieces(head + tail) < pieces(head) + pieces(tail)
