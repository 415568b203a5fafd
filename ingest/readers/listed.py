"""The numbers before items of lists in pages and on slides, which stand nowhere in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from .numbering import figure
from .package import DRAWING

MAX_NUMBER = 1_000_000
DIGITS = 9
"""Digits of a number that are looked at."""
ROMAN = 3_999
"""The last number that has a Roman form."""
_TYPES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_STYLES = {
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter", "lower-roman": "lowerRoman", "upper-roman": "upperRoman", "none": "none",
    "decimal-leading-zero": "decimalZero", "cjk-ideographic": "japaneseCounting", "cjk-decimal": "ideographDigital",
    "japanese-informal": "japaneseCounting", "katakana": "aiueo", "katakana-iroha": "iroha",
}  # fmt: skip
_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(" + "|".join(sorted(_STYLES, key=len, reverse=True)) + r")\b")
_FORMS = {
    "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman",
    "circleNum": "decimalEnclosedCircle", "ea1": "japaneseCounting",
}  # fmt: skip
"""Forms of numbers on slides (ECMA-376 part 1, 20.1.10.61), by how their names begin."""
_FRAMES = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})"}


def item(element: etree._Element, counts: dict[etree._Element, int]) -> str:
    """What an item of a list in a page begins with: its number, where it has one.

    Args:
        counts: the number of the last item of every list so far.
    """
    listed = element.getparent()
    if listed is None or listed.tag != "ol":
        return "- "
    counts[listed] = _whole(element.get("value"), _following(listed, counts))
    form = _form(element, listed)
    return "- " if form == "none" else f"{_figure(counts[listed], form)}. "


def _following(listed: etree._Element, counts: dict[etree._Element, int]) -> int:
    """The number after the last one; of a list that is numbered backwards the one before it."""
    backwards = listed.get("reversed") is not None
    if listed in counts:
        return counts[listed] + (-1 if backwards else 1)
    return _whole(listed.get("start"), len(listed.findall("li")) if backwards else 1)


def _form(element: etree._Element, listed: etree._Element) -> str:
    for one in (element, listed):
        style = _STYLE.search(one.get("style", "").lower())
        if style or one.get("type") in _TYPES:
            return _STYLES[style[1]] if style else _TYPES[one.get("type", "")]
    return "decimal"


def _figure(number: int, form: str) -> str:
    """A number in a form; one that the form does not have as plain figures."""
    return str(number) if number < 1 or (number > ROMAN and form != "decimal") else figure(number, form)


def _whole(value: str | None, usual: int) -> int:
    """A written number, at most so much; the usual one where none is written."""
    written = re.match(rf"\s*([-+]?\d{{1,{DIGITS}}})", value or "")
    return max(-MAX_NUMBER, min(int(written[1]), MAX_NUMBER)) if written else usual


@dataclass(slots=True)
class Points:
    """The numbers of the paragraphs of one text on a slide, given in order; `styles` says what a level looks like.

    Attributes:
        styles: the style of the text's levels, if it has one.
    """

    styles: Any = None
    _counts: dict[int, tuple[str, int]] = field(default_factory=dict)

    def of(self, paragraph: Any) -> str:
        """The number of a paragraph with a space behind it; "" for none."""
        own = paragraph.find(f"{DRAWING}pPr")
        level = int(own.get("lvl", "0")) if own is not None and own.get("lvl", "0").isdecimal() else 0
        mark = self._mark(own, level)
        deepest = level - (mark is None)
        self._counts = {depth: count for depth, count in self._counts.items() if depth <= deepest}
        if mark is None:
            return ""
        form, start = mark.get("type", "arabicPeriod"), _whole(mark.get("startAt"), 1)
        before = self._counts.get(level)
        number = before[1] + 1 if before and before[0] == f"{form} {start}" else start
        self._counts[level] = (f"{form} {start}", number)
        return f"{_framed(number, form)} "

    def _mark(self, own: Any, level: int) -> Any:
        """What says that paragraphs are numbered: their own, or that of their level; None where they are not."""
        inherited = self.styles.find(f"{DRAWING}lvl{level + 1}pPr") if self.styles is not None else None
        for style in (own, inherited):
            for mark in style if style is not None else ():
                if mark.tag in (f"{DRAWING}buAutoNum", f"{DRAWING}buNone", f"{DRAWING}buChar", f"{DRAWING}buBlip"):
                    return mark if mark.tag.endswith("buAutoNum") else None
        return None


def _framed(number: int, form: str) -> str:
    """A number of a slide in its form: 3. or (c)."""
    name = next((_FORMS[start] for start in _FORMS if form.startswith(start)), "decimal")
    frame = next((frame for end, frame in _FRAMES.items() if form.endswith(end)), "{}")
    return frame.format(_figure(number, name))
