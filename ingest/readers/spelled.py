"""Figures that the format of their cell spells as codes: 0012, 064-0941, 03-1234-5678, INV-0012, 9:30.

The format language is that of ECMA-376, part 1, 18.8.31.
"""

from __future__ import annotations

import re
from collections.abc import Callable

PARTS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|([^"\\_*\[]+)', re.S)
"""What a format is made of: quoted words, an escaped sign, blanks and brackets, and the rest."""
Mark = tuple[str, bool]
"""A sign of a format, and whether a digit stands in its place."""
_BARE = re.compile(r"[0#\-() :]+")
_GROUPING = frozenset(" .,'’\u00a0")
"""What only groups the digits of a figure."""


def spelling(section: str, unit: str) -> Callable[[float | int], object] | None:
    """How a section of a format, which gives a unit or "", writes a figure as a code; None where it does not."""
    marks = _marks(section)
    return (lambda value: _written(value, marks)) if _is_code(section, marks, unit) else None


def _marks(section: str) -> list[Mark]:
    marks: list[Mark] = []
    for said, escaped, bare in PARTS.findall(section):
        marks += [(sign, False) for sign in said or escaped]
        marks += [(sign, sign in "0#") for sign in bare]
    return marks


def _is_code(section: str, marks: list[Mark], unit: str) -> bool:
    """Whether digits are parted by other signs, padded with zeros, or stand behind letters and a hyphen."""
    places = [at for at, (_, is_place) in enumerate(marks) if is_place]
    if not places or not _BARE.fullmatch("".join(bare for *_, bare in PARTS.findall(section))):
        return False
    between = {sign for sign, is_place in marks[places[0] : places[-1]] if not is_place}
    if between:
        return not between <= _GROUPING
    front = "".join(sign for sign, _ in marks[: places[0]])
    behind = "".join(sign for sign, _ in marks[places[-1] + 1 :]).strip()
    padded = sum(marks[at][0] == "0" for at in places) > 1
    return not unit and not behind and (padded or (front.endswith("-") and any(map(str.isalnum, front))))


def _written(value: float | int, marks: list[Mark]) -> object:
    """A whole number spelled from its last digit on; the first place takes all that is left."""
    if value < 0 or value != int(value):
        return value
    digits, left, said = str(int(value)), sum(is_place for _, is_place in marks), []
    for sign, is_place in reversed(marks):
        left -= is_place
        digit = digits[-1:] if left else digits
        said.append((digit or sign.strip("#")) if is_place else sign)
        digits = digits[: -len(digit)] if is_place and digit else digits
    return "".join(reversed(said)).strip()
