"""What a merged cell says, in all the rows and columns it is for.

Words belong to every row a cell covers; a figure does where it names the rows (a number, a year, a price of each) and
else counts once. Words over several days or other columns of a series belong to each of these. A row that is only the
lower half of the one above is none of its own.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.text.cells import Figure, Shared, blank, cell, shown

Cells = Sequence[object]
Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0."""
STRUCK: Cells = ("struck out",)
"""Stands for a row that was struck out."""
HEAD = 6
"""Rows at the beginning of a table that may name its columns."""
_NAMES = re.compile(
    r"(?:年度?|月度?|日|週|期|番号?|号|コード|順位?|階|単価|率|[#№]|(?:\b|_)(?:no\.?|id|code|number|year|month|week|day|rate"
    r"|unit price))$",
    re.I,
)
"""Headers of figures that are said of every row."""
_WEEKDAY = re.compile(
    r"(?<!\d)[月火水木金土日](?:曜日?)?\)?$|\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?\)?$"
    r"|\b(?:mo|di|mi|do|fr|sa|so|lu|ma|me|je|ve|lun|mar|mer|jeu|ven|sam|dim|gio)\.?\)?$"
)


def unmerged(rows: Iterable[Cells], merged: Sequence[Area], skipped: list[int]) -> Iterator[Cells]:
    """The rows with what merged cells say; the numbers of rows that are left out are added to `skipped`."""
    grown = _Merged(merged)
    for number, row in enumerate(rows):
        filled = row if row is STRUCK or not merged else grown.row(number, row)
        if filled is STRUCK:
            skipped.append(number)
        else:
            yield filled


@dataclass(slots=True)
class _Merged:
    """The merged cells of a sheet, row by row.

    Attributes:
        hanging: by column, the last row of a cell that began above and what it says below its first row.
        head: the first rows of a table, without cells that reach over columns.
        last: the row above.
    """

    areas: Iterable[Area]
    starts: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    hanging: dict[int, tuple[int, object]] = field(default_factory=dict)
    head: list[Cells] = field(default_factory=list)
    last: Cells = ()

    def __post_init__(self) -> None:
        for top, left, bottom, right in self.areas:
            self.starts.setdefault(top, []).append((left, bottom, right))

    def row(self, number: int, row: Cells) -> Cells:
        self.hanging = {column: kept for column, kept in self.hanging.items() if number <= kept[0]}
        if all(map(blank, row)):
            return self._without_own(row)
        cells = list(row)
        for column, (_, value) in self.hanging.items():
            _put(cells, column, value)
        own = list(cells)
        for left, bottom, right in self.starts.get(number, ()):
            if left < len(row) and not blank(row[left]):
                self._start(cells, number, left, bottom, right)
                own[left] = own[left] if left == right else None
        if len(self.head) < HEAD:
            self.head.append(own)
        self.last = cells
        return cells

    def _without_own(self, row: Cells) -> Cells:
        """A row of nothing: the lower half of the one above, or a blank one between tables."""
        filled = [column for column, value in enumerate(self.last) if not blank(value)]
        under = [column for column in filled if column in self.hanging]
        if under and under[0] == filled[0] and 2 * len(under) >= len(filled):
            return STRUCK
        self.head, self.last = [], ()
        return row

    def _start(self, cells: list[object], number: int, left: int, bottom: int, right: int) -> None:
        value = cells[left]
        counts = cell(value).type == "number"
        across = (
            right > left and not counts and any(not blank(one) for one in cells[:left]) and self._series(left, right)
        )
        below = self._below(value, cells, left) if counts else value
        for column in range(left, right + 1) if across else (left,):
            _put(cells, column, value)
            if bottom > number:
                self.hanging[column] = (bottom, below)

    def _below(self, figure: object, cells: Cells, column: int) -> object:
        """What the other rows of a merged figure say: all of it where it names them, nothing where it may be a header."""
        above = [row[column] for row in self.head if column < len(row) and not blank(row[column])]
        words = (re.sub(r"\s*\(.*", "", unicodedata.normalize("NFKC", one)) for one in above if isinstance(one, str))
        if all(map(blank, cells[:column])) or any(map(_NAMES.search, words)):
            return figure
        return Shared(figure) if above else None

    def _series(self, left: int, right: int) -> bool:
        """Whether the first row that names all of these columns counts them: days, hours, weekdays, numbers."""
        for row in self.head:
            names = row[left : right + 1]
            if len(names) == right + 1 - left and not any(map(blank, names)):
                forms = set(map(_form, names))
                return len(forms) == 1 and "" not in forms and len(set(map(shown, names))) == len(names)
        return False


def _put(cells: list[object], column: int, value: object) -> None:
    """Sets a cell that says nothing yet."""
    cells += [None] * (column + 1 - len(cells))
    if blank(cells[column]):
        cells[column] = value


def _form(name: object) -> str:
    """What names of a series have in common: '4/1(水)' and '4/2(木)' -> '0/0(w'; empty for a name like any other."""
    if isinstance(name, (dt.date, dt.time, int, float, Figure)):
        return type(name).__name__
    text = unicodedata.normalize("NFKC", shown(name)).lower()
    form = _WEEKDAY.sub("w", re.sub(r"\d+", "0", text))
    return form if form == "w" or "0" in form else ""
