"""Rows that sum up others: totals, totals of a group, and what stands below one (tax, discount). They count in no figure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.text.cells import cell, shown

_PURE = re.compile(
    r"(?:grand |net |gross |sub ?-?)?totals?|(?:[合小総累集]|[上下]?半?[年期月日週])?計|総?合計|総数",
    re.IGNORECASE,
)
"""What says in any cell of a row that it is a total."""
_TOTAL = re.compile(
    r"(?:grand |net |gross |sub ?-?)?totals?(?:[\W\d]*$|\s+(?:for|of|in|amount|incl\w*|excl\w*)\b)|(?:sum|average|平均)$|"
    r".{0,6}(?:[合小総累]|[年期月日])計(?:金?額)?[\W\d]*$|\d+%対象|[御ご]?請求金?額|[翌次][年期月]度?繰越",
    re.IGNORECASE,
)
"""What the first words of one say."""
_FOOT = re.compile(r"最[大小高低]値?|中央値|標準偏差|max(?:imum)?\.?|min(?:imum)?\.?|mean|median", re.IGNORECASE)
"""What they say at the foot of a record, in the column of its moments."""
_TAX = re.compile(r"(?:内|うち)?消費税|.*\b(?:VAT|tax)\b", re.IGNORECASE)
"""What stands below a total and belongs to it."""
_REMARK = re.compile(r"(?<=\S)\s*[(（\[][^()（）\[\]]*[)）\]]\s*$")
"""What stands in brackets behind a label: (税込), (incl. tax)."""
_OF_GROUP = re.compile(r"(.+?)\s*(?:(?:sub ?-?)?totals?|[小合集]?計)", re.IGNORECASE)


@dataclass(slots=True)
class Sums:
    """Which rows of a table sum up others: totals, and what stands below one in no other cells (tax, discount)."""

    cells: frozenset[int] = frozenset()
    """Those of the last total."""
    above: Sequence[object] = ()
    """The last row that is none."""

    def up(self, row: Sequence[object]) -> bool:
        """Whether this row, read after those before, sums them up."""
        filled = _filled(row)
        if is_total(row, self.above):
            self.cells = filled
            return True
        if self.cells and self._below(row, filled):
            return True
        self.cells, self.above = frozenset(), row
        return False

    def _below(self, row: Sequence[object], filled: frozenset[int]) -> bool:
        """Whether a row behind a total goes on with it: it fills fewer cells than rows of data do, or names a tax."""
        few = len(self.cells) < len(row) - 1
        fewer = few and (0 not in filled or len(filled) < len(_filled(self.above)))
        return filled <= self.cells and (fewer or bool(_TAX.match(_label(row[min(filled)]))))


def _filled(row: Sequence[object]) -> frozenset[int]:
    return frozenset(number for number, value in enumerate(row) if shown(value))


def _label(value: object) -> str:
    return _REMARK.sub("", shown(value))


def _is_word(value: object) -> bool:
    return cell(value).type == "text" and any(map(str.isalpha, shown(value)))


def is_total(row: Sequence[object], above: Sequence[object] = ()) -> bool:
    """Whether a row sums up others: by a word for that alone in a cell, or by its first words that the row above does not
    have: "Total of May", "North total" below rows of North, "最大" below moments."""
    if len(row) < 2:
        return False
    words = [(number, _label(value)) for number, value in enumerate(row) if _is_word(value)]
    if any(_PURE.fullmatch(said) for _, said in words):
        return True
    over = {_label(value) for value in above} - {""}
    said, number = next(((said, number) for number, said in words if said not in over), ("", 0))
    group = _OF_GROUP.fullmatch(said)
    dated = number < len(above) and cell(above[number]).type in ("date", "number")
    return bool(_TOTAL.match(said) or (group and group[1] in over) or (dated and _FOOT.fullmatch(said)))
