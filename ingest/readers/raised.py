"""Raised and lowered figures: told as such, so that 10 to the third never reads as 103, nor 100 in base two as 1002."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

How: TypeAlias = Literal["", "above", "below", "apart"]
"""How words stand: in the line, raised, lowered, or in the line but apart from a figure beside them."""
_HIGH = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_LOW = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_FIGURE = re.compile(r"[-+−]?\d{1,3}(?:[,、]\d{1,3})*[-+−]?")
_BEGINS = re.compile(r"[^\w\s]?注?\d")
_NAMES = re.compile(r"[A-Za-z\d]{2}")
_ENDS = re.compile(r"[\d)）]$")


def above(before: str, text: str) -> str:
    """What is raised behind some words: behind a figure or a bracket "^3", behind anything else "³"; words as they are."""
    return _set(before, text, "^", _HIGH)


def below(before: str, text: str) -> str:
    """What is lowered behind some words: behind a figure or a bracket "_2", behind anything else "₂"; words as they are."""
    return _set(before, text, "_", _LOW)


def _set(before: str, text: str, mark: str, small: dict[int, int]) -> str:
    if _ENDS.search(before) and _BEGINS.match(text):
        return mark + text
    if _FIGURE.fullmatch(text):
        return text.translate(small)
    return mark + text if before and text[:1].isdecimal() else text


def is_figured(text: str) -> bool:
    """Whether words begin with a figure, as exponents, indices and marks of notes do."""
    return bool(_BEGINS.match(text))


def apart(before: str, text: str) -> str:
    """Words that go on behind others, with a gap where a figure would join the one before it."""
    return f" {text}" if before[-1:].isdigit() and text[:1].isdigit() else text


@dataclass(slots=True)
class Words:
    """The words of a paragraph while they are gathered, each with how it stands."""

    pieces: list[tuple[str, How]] = field(default_factory=list)

    def add(self, text: str, how: How = "") -> None:
        """Adds words; what is raised or lowered piece by piece is one."""
        if text and how in ("above", "below") and self.pieces and self.pieces[-1][1] == how:
            text = self.pieces.pop()[0] + text
        if text:
            self.pieces.append((text, how))
        if how == "below" and len(self.pieces) > 2:
            self._halve()

    def _halve(self) -> None:
        """Makes one piece of a raised figure, a stroke and a lowered figure, which are a fraction."""
        (over, high), (stroke, plain), (under, _) = self.pieces[-3:]
        if (high, plain) == ("above", "") and stroke in ("/", "⁄") and over.isdecimal() and under.isdecimal():
            self.pieces[-3:] = [(f"{over}/{under}", "apart")]

    def told(self) -> str:
        """All of it in one line, nothing joined that stands apart."""
        said: list[str] = []
        before: How = ""
        end = ""
        for text, how in self.pieces:
            said.append(_told(end, text, before, how))
            before, end = how, said[-1][-1:]
        return "".join(said)


def _told(end: str, text: str, before: How, how: How) -> str:
    """Words behind others that end so; `before` and `how` say how both stand."""
    if how == "above":
        return above(end, text)
    if how == "below":
        return below(end, text)
    if "apart" in (before, how) and _NAMES.match(end + text):
        return f" {text}"
    return apart(end, text) if before or how else text
