"""Rows that sum up others: totals, totals of a group, and what stands below one (tax, discount). They count in no figure.

A label that says no more than that is enough where it begins the row; anywhere else its figures have to be the sum, the
highest or the lowest of those above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.text.cells import cell, shown

_TOTAL = re.compile(
    r"(?:grand |net |gross |sub ?-?)?totals?(?:[\W\d]*$|\s+(?:for|of|in|amount|incl\w*|excl\w*)\b)|(?:sum|average|平均)$|"
    r"(?:税[抜込]き?)?(?:[総小]?合?計|総?合計)(?:金?額)?[\W\d]*$|[翌次][年期月]度?繰越$|\d+[%％]対象(?:計|額)?$",
    re.IGNORECASE,
)
"""What the first words of one say."""
_LIKELY = re.compile(
    r"(?P<sum>(?:grand |net |gross |sub ?-?)?totals?|総数|.{0,8}計(?:金?額)?|[御ご]?請求金?額)|"
    r"average|平均|最[大小高低]値?|max(?:imum)?\.?|min(?:imum)?\.?|mean",
    re.IGNORECASE,
)
"""What one may say in any cell, if its figures bear it out."""
_TAX = re.compile(r"(?:内|うち)?消費税[等額]*|(?:sales )?tax|VAT", re.IGNORECASE)
"""What stands below a total and belongs to it."""
_REMARK = re.compile(r"(?<=\S)\s*(?:[(（\[][^()（）\[\]]*[)）\]]|\d+(?:\.\d+)?\s*[%％])\s*$")
"""What stands behind a label: (税込), (incl. tax), 10 %."""
_OF_GROUP = re.compile(r"(.+?)\s*(?:(?:sub ?-?)?totals?|[小合集]?計)", re.IGNORECASE)
NEAR = 0.005
"""Share by which a rounded total may differ from the sum."""


@dataclass(slots=True)
class Figures:
    """The figures of a column so far: their sum since the last total and in all, and how far they reach."""

    since: float = 0.0
    whole: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")
    count: int = 0

    def add(self, figure: float) -> None:
        self.since, self.whole, self.count = self.since + figure, self.whole + figure, self.count + 1
        self.low, self.high = min(self.low, figure), max(self.high, figure)

    def bears(self, figure: float, summed: bool) -> bool:
        """Whether a figure is their sum, else their mean, their highest or lowest; one alone bears nothing out."""
        told = (self.since, self.whole) if summed else (self.whole / max(1, self.count), self.low, self.high)
        return self.count > 1 and any(abs(figure - one) <= NEAR * abs(one) for one in told)


@dataclass(slots=True)
class Sums:
    """Which rows of a table sum up others: totals, and what stands below one in no other cells (tax, discount)."""

    cells: frozenset[int] = frozenset()
    """Those of the last total."""
    above: Sequence[object] = ()
    """The last row that is none."""
    figures: dict[int, Figures] = field(default_factory=dict)

    def up(self, row: Sequence[object]) -> bool:
        """Whether this row, read after those before, sums them up."""
        filled = frozenset(number for number, value in enumerate(row) if shown(value))
        if is_total(row, self.above) or self._borne_out(row):
            self.cells = filled
            for one in self.figures.values():
                one.since = 0.0
            return True
        if self.cells and filled <= self.cells and self._below(row, filled):
            return True
        self.cells, self.above = frozenset(), row
        for number, figure in _figures(row).items():
            self.figures.setdefault(number, Figures()).add(figure)
        return False

    def _borne_out(self, row: Sequence[object]) -> bool:
        """Whether a row that may be a total is one: all its figures are of those above, but for one that numbers the row."""
        said = [match for value in row if isinstance(value, str) and (match := _LIKELY.fullmatch(_label(value)))]
        if not said or len(row) < 2:
            return False
        summed = bool(said[0]["sum"])
        told = [self.figures[n].bears(figure, summed) for n, figure in _figures(row).items() if n and n in self.figures]
        return bool(told) and all(told)

    def _below(self, row: Sequence[object], filled: frozenset[int]) -> bool:
        """Whether a row behind a total goes on with it: with nothing in the first column, or the name of a tax."""
        few = len(self.cells) < len(row) - 1
        return (few and 0 not in filled) or bool(_TAX.fullmatch(_label(row[min(filled)])))


def _figures(row: Sequence[object]) -> dict[int, float]:
    cells = {number: cell(value) for number, value in enumerate(row)}
    return {
        n: float(one.value) for n, one in cells.items() if one.type == "number" and isinstance(one.value, (int, float))
    }


def _label(value: object) -> str:
    return _REMARK.sub("", shown(value))


def is_total(row: Sequence[object], above: Sequence[object] = ()) -> bool:
    """Whether a row sums up others, by its first words that the row above does not have: "Total", or "North total" below
    rows of North."""
    for number, value in enumerate(row):
        said, over = _label(value), _label(above[number]) if number < len(above) else ""
        if not said:
            continue
        group = _OF_GROUP.fullmatch(said)
        if _TOTAL.match(said) or (group and group[1] == over):
            return len(row) > 1
        if said != over:
            break
    return False
