"""Rows that sum up others: totals, totals of a group, and what stands below one (tax, discount). They count in no figure.

A label that says no more than that is enough where it begins the row; anywhere else its figures have to be the sum, the
highest or the lowest of those above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.text.cells import Cell, shown

from .tally import Tally

_TOTAL = re.compile(
    r"(?:grand |net |gross |sub ?-?|sous-)?totals?(?:[\W\d]*$|\s+(?:for|of|in|amount|incl\w*|excl\w*|g[ée]n[ée]ral|HT|TTC)\b)|"
    r"totale(?: generale)?[\W\d]*$|subtotale|totaux$|"
    r"(?:zwischen|gesamt|end|teil|netto|brutto)?summe(?:[\W\d]*$|\s)|(?:gesamt|end|rechnungs)betrag[\W\d]*$|gesamt[\W\d]*$|"
    r"(?:sum|average|平均|somme|durchschnitt|mittelwert|moyenne|std\.?-?abw(?:eichung)?\.?|standardabweichung)$|"
    r"(?:税[抜込]き?)?(?:[総小]?合?計|総?合計)(?:金?額)?[\W\d]*$|[翌次][年期月]度?繰越$|\d+[%％]対象(?:計|額)?$",
    re.IGNORECASE,
)
"""What the first words of one say."""
_LIKELY = re.compile(
    r"(?P<sum>(?:grand |net |gross |sub ?-?)?totals?|総数|.{0,8}計(?:金?額)?|[御ご]?請求金?額|(?:netto|brutto)(?:betrag)?)|"
    r"average|平均|最[大小高低]値?|max(?:imum)?\.?|min(?:imum)?\.?|mean|minimo|massimo",
    re.IGNORECASE,
)
"""What one may say in any cell, if its figures bear it out."""
_HINT = re.compile(r"total|average|平均|総数|計|請求|最|max|min|mean|netto|brutto|mass", re.IGNORECASE)
"""What stands in each of these."""
_TAX = re.compile(
    r"(?:内|うち)?消費税[等額]*|(?:sales )?tax|VAT|"
    r"(?:(?:zzgl|inkl|incl)\.?\s*)?(?:\d+(?:[.,]\d+)?\s*%\s*)?(?:MwSt|USt|Mehrwertsteuer|Umsatzsteuer|TVA|IVA)\.?",
    re.IGNORECASE,
)
"""What stands below a total and belongs to it."""
_COMPARED = re.compile(
    r"(?:対?前年|前期|前月|昨年)(?:同[月期]|度)?(?:比|差|実績|増減)?[率額]?|(?:prior|previous|last) (?:year|month)|"
    r"vorjahr|abweichung|change|増減率?",
    re.IGNORECASE,
)
"""What stands below a total and is set against it."""
_REMARK = re.compile(r"(?<=\S)\s*(?:[(（\[][^()（）\[\]]*[)）\]]|\d+(?:\.\d+)?\s*[%％])\s*$")
"""What stands behind a label: (税込), (incl. tax), 10 %."""
ENDS = (")", "）", "]", "］", "%", "％")
"""What that ends with."""
_OF_GROUP = re.compile(r"(.+?)\s*(?:(?:sub ?-?)?totals?|[小合集]?計)", re.IGNORECASE)
NEAR = 0.005
"""Share by which a rounded total may differ from the sum."""


@dataclass(slots=True)
class Sums:
    """Which rows of a table sum up others: totals, and what stands below one in no other cells (tax, discount).

    Args:
        tallies: what each column holds so far, totals aside.
        reads: what a cell of each column says.
    """

    tallies: Sequence[Tally]
    reads: Sequence[Callable[[object], Cell]]
    cells: frozenset[int] = frozenset()
    """Those of the last total."""
    above: Sequence[object] = ()
    """The last row that is none."""
    before: tuple[float, ...] = ()
    """What each column summed up to at the last total."""

    def up(self, row: Sequence[object]) -> bool:
        """Whether this row, read after those before, sums them up."""
        if is_total(row, self.above) or self._borne_out(row):
            self.cells, self.before = _filled(row), tuple(tally.total for tally in self.tallies)
            return True
        if self.cells and self._below(row):
            return True
        self.cells, self.above = frozenset(), row
        return False

    def _borne_out(self, row: Sequence[object]) -> bool:
        """Whether a row that may be a total is one: all its figures are of those above, but for one that numbers the row."""
        hints = (value for value in row if isinstance(value, str) and _HINT.search(value))
        said = next(filter(None, (_LIKELY.fullmatch(_label(value)) for value in hints)), None)
        if said is None or len(row) < 2:
            return False
        figures = ((number, self.reads[number](value)) for number, value in enumerate(row) if number)
        told = [
            self._bears(number, float(one.value), bool(said["sum"]))
            for number, one in figures
            if one.type == "number" and isinstance(one.value, (int, float)) and self.tallies[number].types["number"]
        ]
        return bool(told) and all(told)

    def _bears(self, column: int, figure: float, summed: bool) -> bool:
        """Whether a figure is the sum of its column, in all or since the last total, else its mean, its highest or lowest;
        one alone bears nothing out."""
        tally = self.tallies[column]
        count, total = tally.types["number"], tally.total
        told: tuple[float, ...] = (total / count, tally.low["number"], tally.high["number"])
        if summed:
            told = (total, total - self.before[column] if self.before else total)
        return count > 1 and any(abs(figure - one) <= NEAR * abs(one) for one in told)

    def _below(self, row: Sequence[object]) -> bool:
        """Whether a row behind a total goes on with it: with nothing in the first column, or with the name of a tax or of
        what it is set against."""
        filled = _filled(row)
        if not filled <= self.cells:
            return False
        few, said = len(self.cells) < len(row) - 1, _label(row[min(filled)])
        return (few and 0 not in filled) or bool(_TAX.fullmatch(said) or _COMPARED.fullmatch(said))


def _filled(row: Sequence[object]) -> frozenset[int]:
    return frozenset(number for number, value in enumerate(row) if shown(value))


def _label(value: object) -> str:
    text = shown(value).strip("*_")
    return _REMARK.sub("", text) if text[-1:] in ENDS else text


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
