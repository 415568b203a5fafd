"""The numbers that Word writes before headings and items of lists: "2.2", "(a)", "第3条". They stand nowhere in the text.

What a number looks like is said by a level of an abstract numbering (ECMA-376, part 1, 17.9); here the counting is done
again. Knows paragraphs as elements, nothing about documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_KANJI = "〇一二三四五六七八九"
_AIUEO = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
_IROHA = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """How a level is counted: its first number, its form of figures and its text, in which %1 is the number of level 1;
    `legal` if all numbers in it are decimal, whatever the forms of their own levels."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    legal: bool = False


@dataclass(slots=True)
class Numbering:
    """The numbers of one document, given in the order of its paragraphs.

    Attributes:
        levels: by the number's id, its abstract numbering and its levels.
        styles: the number and level that a style of paragraphs brings.
        restarts: levels of a number that begin anew.
    """

    levels: dict[str, tuple[str, dict[int, Level]]] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    restarts: dict[tuple[str, int], int] = field(default_factory=dict)
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)
    _begun: set[tuple[str, int]] = field(default_factory=set)

    def of(self, paragraph: Any, style: str) -> str:
        """The number of a paragraph; "-" for a bullet, "" for none."""
        number, level = self._numbered(paragraph, style)
        abstract, levels = self.levels.get(number, ("", {}))
        told = levels.get(level)
        if told is None or told.form == "none":
            return ""
        if told.form == "bullet":
            return "-"
        self._count(abstract, number, level, levels)
        forms = {one: replace(of, form="decimal") for one, of in levels.items()} if told.legal else levels
        return re.sub(r"%(\d)", lambda match: self._shown(abstract, int(match[1]) - 1, forms), told.text).strip()

    def _numbered(self, paragraph: Any, style: str) -> tuple[str, int]:
        found = paragraph.find(f"{W}pPr/{W}numPr")
        own, level = self.styles.get(style, ("", 0))
        if found is None:
            return own, level
        number, depth = found.find(W + "numId"), found.find(W + "ilvl")
        return (
            number.get(W + "val", "") if number is not None else own,
            _whole(depth.get(W + "val")) if depth is not None else level,
        )

    def _count(self, abstract: str, number: str, level: int, levels: dict[int, Level]) -> None:
        """One more of this level; deeper levels begin anew, those above that were never counted stand at their first."""
        key = (abstract, level)
        restart = self.restarts.get((number, level))
        if restart is not None and (number, level) not in self._begun:
            self._counts[key] = restart
        else:
            self._counts[key] = self._counts[key] + 1 if key in self._counts else levels[level].start
        self._begun.add((number, level))
        for above in range(level):
            self._counts.setdefault((abstract, above), levels.get(above, Level()).start)
        for deeper in range(level + 1, 10):
            self._counts.pop((abstract, deeper), None)

    def _shown(self, abstract: str, level: int, levels: dict[int, Level]) -> str:
        told = levels.get(level, Level())
        return figure(self._counts.get((abstract, level), told.start), told.form)


def read(numbering: Any, styles: Iterable[Any]) -> Numbering:
    """The numberings of a document from the roots of its parts; `numbering` may be None.

    Args:
        styles: the elements of its styles.
    """
    made = Numbering()
    if numbering is None:
        return made
    abstract = {one.get(W + "abstractNumId", ""): _levels(one) for one in numbering.iterchildren(W + "abstractNum")}
    for one in numbering.iterchildren(W + "num"):
        number, of = one.get(W + "numId", ""), one.find(W + "abstractNumId")
        name = of.get(W + "val", "") if of is not None else ""
        made.levels[number] = (name, dict(abstract.get(name, {})))
        for override in one.iterchildren(W + "lvlOverride"):
            level, start = _whole(override.get(W + "ilvl")), override.find(W + "startOverride")
            if start is not None:
                made.restarts[number, level] = _whole(start.get(W + "val"))
            made.levels[number][1].update(_levels(override))
    for style in styles:
        found = style.find(f"{W}pPr/{W}numPr/{W}numId")
        if found is not None:
            id, number = style.get(W + "styleId", ""), found.get(W + "val", "")
            made.styles[id] = (number, _level_of(numbering, made.levels.get(number, ("", {}))[0], id))
    return made


def _levels(element: Any) -> dict[int, Level]:
    found = {}
    for one in element.iterchildren(W + "lvl"):
        start, form, text, legal = (one.find(W + name) for name in ("start", "numFmt", "lvlText", "isLgl"))
        found[_whole(one.get(W + "ilvl"))] = Level(
            _whole(start.get(W + "val")) if start is not None else 1,
            form.get(W + "val", "decimal") if form is not None else "decimal",
            text.get(W + "val", "") if text is not None else "",
            legal is not None and legal.get(W + "val", "1") not in ("0", "false"),
        )
    return found


def _level_of(numbering: Any, abstract: str, style: str) -> int:
    """The level of an abstract numbering that is bound to a style."""
    for one in numbering.iterchildren(W + "abstractNum"):
        if one.get(W + "abstractNumId") == abstract:
            for level in one.iterchildren(W + "lvl"):
                bound = level.find(W + "pStyle")
                if bound is not None and bound.get(W + "val") == style:
                    return _whole(level.get(W + "ilvl"))
    return 0


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def figure(number: int, form: str) -> str:
    """A number in one of Word's forms: 3 -> c, iii, 三, ③, ウ; decimal in those that are not known."""
    if form in ("lowerLetter", "upperLetter"):
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in ("lowerRoman", "upperRoman"):
        return roman(number) if form == "lowerRoman" else roman(number).upper()
    if form.startswith(("japaneseCounting", "ideographDigital", "japaneseDigital", "chineseCounting")):
        return kanji(number)
    if form.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(0x2460 + number - 1)
    if form.startswith(("aiueo", "iroha")):
        row = _AIUEO if form.startswith("aiueo") else _IROHA
        return row[(number - 1) % len(row)]
    return f"{number:02}" if form == "decimalZero" else str(number)


def roman(number: int) -> str:
    text = ""
    for size, letters in _ROMAN:
        text += letters * (number // size)
        number %= size
    return text


def kanji(number: int) -> str:
    """1 -> 一, 12 -> 十二, 20 -> 二十; below a hundred."""
    if number >= 100:
        return "".join(_KANJI[int(digit)] for digit in str(number))
    tens, ones = divmod(number, 10)
    return (_KANJI[tens] if tens > 1 else "") + ("十" if tens else "") + (_KANJI[ones] if ones else "")
