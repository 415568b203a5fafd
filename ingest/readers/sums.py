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
    r"(?:insgesamt|sum|average|median|平均値?|中央値|標準偏差|somme|durchschnitt|mittelwert|moyenne|std\.?-?(?:abw|dev)"
    r"(?:eichung|iation)?\.?|standardabweichung|standard deviation|s\.?d\.?)$|"
    r"(?:税[抜込]き?)?(?:[総小]?合?計|総?合計)(?:金?額)?[\W\d]*$|[翌次][年期月]度?繰越$|\d+[%％]対象(?:計|額)?$",
    re.IGNORECASE,
)
"""What the first words of one say."""
_LIKELY = re.compile(
    r"(?P<sum>(?:grand |net |gross |sub ?-?)?totals?|総数|.{0,8}計(?:金?額)?|[御ご]?請求金?額|(?:netto|brutto)(?:betrag)?|"
    r"繰越(?:金?額)?|übertrag|(?:carried|brought) (?:forward|over)|"
    r"(?:à )?reporte?r?)|average|平均|最[大小高低]値?|max(?:imum)?\.?|min(?:imum)?\.?|mean|minimo|massimo",
    re.IGNORECASE,
)
"""What one may say in any cell, if its figures bear it out."""
_HINT = re.compile(
    r"total|average|平均|総数|計|請求|最|max|min|mean|netto|brutto|mass|繰越|übertrag|forward|over|report",
    re.IGNORECASE,
)
"""What stands in each of these."""
_STANDING = re.compile(
    r"[前次翌](?:頁|葉|ページ|[年期月回]度?)(?:末|へ|から|より)?の?(?:繰越|残高)(?:金?額)?|(?:期首|期末|月初|月末|当月|今回)残高|(?:\d+[年月日])+(?:現在|末)(?:の?残高)?|"
    r"(?:\d{1,2}月度?|[日週月年期]|半期|四半期)間?[合小]?計|累計|"
    r"(?:(?:opening|closing|beginning|ending|starting|previous|new) )?balance(?: (?:at|on|as of|brought forward|carried forward))?"
    r"[\W\d]*|(?:anfangs|end|schluss)saldo[\W\d]*|(?:(?:alter|neuer) )?saldo(?: (?:am|per|zum|vom))?[\W\d]*|"
    r"(?:(?:ancien|nouveau) )?solde(?: (?:initial|final|au|précédent))?[\W\d]*",
    re.IGNORECASE,
)
"""How things stand at a time: what an account had at the beginning or has at the end, what came together until then."""
_BALANCE = re.compile(r"残高|繰越|計|現在|末|balance|saldo|solde", re.IGNORECASE)
"""What stands in each of these."""
_TAX = re.compile(
    r"(?:内|うち)?消費税[等額]*|(?:内|外|源泉)?(?:徴収|所得)*税額?|うち\s*\d+\s*[%％]\s*対象(?:計|額)?|(?:sales )?tax|VAT|GST|HST|"
    r"(?:(?:zzgl|inkl|incl)\.?\s*)?(?:\d+(?:[.,]\d+)?\s*%\s*)?(?:MwSt|USt|Mehrwertsteuer|Umsatzsteuer|TVA|IVA)\.?",
    re.IGNORECASE,
)
"""What stands below a total and belongs to it."""
_PAID = re.compile(
    r"(?:差引)?[御ご]?(?:お?支払い?|請求|入金済?み?|前受|内金)(?:金?額)?|税込(?:金?額)?|"
    r"(?:amount |balance |total )?(?:due|paid|payable)|deposit|net (?:à|a) payer|reste (?:à|a) payer|acompte(?: versé)?|"
    r"zahl(?:ungs)?betrag|anzahlung|offener betrag",
    re.IGNORECASE,
)
"""What is paid of a total."""
_COMPARED = re.compile(
    r"(?:対?前年|前期|前月|昨年)(?:同[月期]|度)?(?:比|差|実績|増減)?[率額]?|(?:prior|previous|last) (?:year|month)|"
    r"vorjahr|abweichung|change|増減率?",
    re.IGNORECASE,
)
"""What stands below a total and is set against it."""
_REMARK = re.compile(r"(?<=\S)\s*(?:[(（\[][^()（）\[\]]*[)）\]]|@?\s*\d+(?:[.,]\d+)?\s*[%％])\s*$")
"""What stands behind a label: (税込), (incl. tax), 10 %, @5%."""
_BRACKETED = re.compile(r"[(（\[]([^()（）\[\]]*)[)）\]]")
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
    """Those of the last total; `open` while nothing else came behind it."""
    open: bool = False
    above: Sequence[object] = ()
    """The last row that is none."""
    before: tuple[float, ...] = ()
    """What each column summed up to at the last total."""

    def up(self, row: Sequence[object]) -> bool:
        """Whether this row, read after those before, sums them up."""
        if is_total(row, self.above) or _standing(row) or self._borne_out(row):
            self.cells, self.before = _filled(row), tuple(tally.total for tally in self.tallies)
            self.open = True
            return True
        if self.cells and self._below(row):
            return True
        self.open, self.above = False, row
        return False

    def _borne_out(self, row: Sequence[object]) -> bool:
        """Whether a row that may be a total is one: all its figures are of those above, but for one that numbers the row."""
        hints = (value for value in row if isinstance(value, str) and _HINT.search(value))
        said = next(filter(None, (_LIKELY.fullmatch(_label(value)) for value in hints)), None)
        if said is None or len(row) < 2:
            return False
        figures = [
            (number, float(one.value))
            for number, one in ((number, self.reads[number](value)) for number, value in enumerate(row) if number)
            if one.type == "number" and isinstance(one.value, (int, float)) and self.tallies[number].types["number"]
        ]
        told = [self._bears(number, figure, bool(said["sum"])) for number, figure in figures]
        left = [pair for pair, one in zip(figures, told, strict=True) if not one]
        return any(told) and all(self._runs(number, figure) for number, figure in left)

    def _runs(self, column: int, figure: float) -> bool:
        """Whether a figure is what stands in the row above: a balance, which a total leaves as it is."""
        return column < len(self.above) and self.reads[column](self.above[column]).value == figure

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
        return (self.open and few and 0 not in filled) or any(one.fullmatch(said) for one in (_TAX, _PAID, _COMPARED))


def _filled(row: Sequence[object]) -> frozenset[int]:
    return frozenset(number for number, value in enumerate(row) if shown(value))


def _standing(row: Sequence[object]) -> bool:
    """Whether a row tells what came together until a time, which is no entry."""
    said = (_label(value) for value in row if isinstance(value, str) and _BALANCE.search(value))
    return len(row) > 2 and any(_STANDING.fullmatch(one) for one in said)


def _label(value: object) -> str:
    text = shown(value).strip("*_")
    if text[-1:] not in ENDS:
        return text
    inner = _BRACKETED.fullmatch(text)
    return _REMARK.sub("", inner[1] if inner else text)


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
