"""Rows that sum up others: totals, totals of a group, and what stands below one (tax, discount). They count in no figure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.text.cells import shown

_TOTAL = re.compile(
    r"(?:grand |net |gross |sub ?-?)?totals?(?:[\W\d]*$|\s+(?:for|of|in|amount|incl\w*|excl\w*)\b)|(?:sum|average|平均)$|"
    r"(?:税[抜込]き?)?(?:[総小]?合?計|総?合計)(?:金?額)?[\W\d]*$",
    re.IGNORECASE,
)
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
        if is_total(row, self.above):
            filled = _filled(row)
            self.cells = filled if len(filled) < len(row) - 1 else frozenset()
            return True
        if self.cells and 0 not in (filled := _filled(row)) and filled <= self.cells:
            return True
        self.cells, self.above = frozenset(), row
        return False


def _filled(row: Sequence[object]) -> frozenset[int]:
    return frozenset(number for number, value in enumerate(row) if shown(value))


def is_total(row: Sequence[object], above: Sequence[object] = ()) -> bool:
    """Whether a row sums up others, by its first words that the row above does not have: "Total", or "North total" below
    rows of North."""
    for value, before in itertools.zip_longest(row, above):
        said, over = _REMARK.sub("", shown(value)), _REMARK.sub("", shown(before))
        if not said:
            continue
        group = _OF_GROUP.fullmatch(said)
        if _TOTAL.match(said) or (group and group[1] == over):
            return len(row) > 1
        if said != over:
            break
    return False
