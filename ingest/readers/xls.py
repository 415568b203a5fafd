"""The sheets of XLS as streams of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import unpack_from
from typing import Any

from ..source import Source
from .formats import figure
from .marks import Marks
from .merged import unmerged
from .rows import Row, letters
from .workbook import Sheet, without

_BEGIN, _END, _FORMULA = 0x0809, 0x000A, 0x0006
"""Kinds of records, [MS-XLS] 2.3."""
_FIRST = 50
"""The first version, times ten, whose sheets are records of their own."""
_EMPTY = 3
"""The result of a formula that says nothing, or was never computed."""


def xls(source: Source) -> Iterator[Sheet]:
    """The sheets of an XLS file, those that are seen first."""
    import xlrd  # type: ignore[import-untyped]

    with xlrd.open_workbook(source.path, formatting_info=True, logfile=_Quiet(), on_demand=True) as book:
        uncomputed = _uncomputed(book)
        for sheet in sorted(book.sheets(), key=lambda sheet: sheet.visibility != 0):
            marks = Marks(
                [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
                {number for number, row in sheet.rowinfo_map.items() if row.hidden},
                {number for number, column in sheet.colinfo_map.items() if column.hidden},
                uncomputed[sheet.number],
            )
            rows = unmerged(_rows(book, sheet, marks), marks.merged, marks.skipped)
            yield Sheet(sheet.name, rows, sheet.visibility != 0, marks, notes=marks.notes)


def _rows(book: Any, sheet: Any, marks: Marks) -> Iterator[Row]:
    import xlrd  # type: ignore[import-untyped]

    forms = [book.format_map.get(xf.format_key) for xf in book.xf_list]
    patterns = [form.format_str if form else "General" for form in forms]
    struck = frozenset(number for number, xf in enumerate(book.xf_list) if book.font_list[xf.font_index].struck_out)

    def pattern(cell: Any) -> str:
        return "General" if cell.xf_index is None else patterns[cell.xf_index]

    read: dict[int, Callable[[Any], object]] = {
        xlrd.XL_CELL_TEXT: lambda cell: cell.value,
        xlrd.XL_CELL_NUMBER: lambda cell: figure(cell.value, pattern(cell)),
        xlrd.XL_CELL_BOOLEAN: lambda cell: bool(cell.value),
        xlrd.XL_CELL_DATE: lambda cell: _moment(cell.value, book.datemode, pattern(cell)),
        xlrd.XL_CELL_ERROR: lambda cell: xlrd.error_text_from_code.get(cell.value, "#ERROR"),
    }
    for row in sheet.get_rows():
        cells = [read[cell.ctype](cell) if cell.ctype in read and cell.value != "" else None for cell in row]
        yield without(cells, [cell.value != "" and cell.xf_index in struck for cell in row], marks) if struck else cells


def _moment(value: float, datemode: int, pattern: str) -> object:
    """A day, a time of day or a duration by its format; what is none in this calendar as its figure."""
    from openpyxl.styles.numbers import is_timedelta_format  # type: ignore[import-untyped]
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel  # type: ignore[import-untyped]

    duration = is_timedelta_format(pattern)
    if value < 0 and not duration:
        return value
    try:
        return from_excel(value, CALENDAR_MAC_1904 if datemode else CALENDAR_WINDOWS_1900, timedelta=duration)
    except (ValueError, OverflowError):
        return value


def _uncomputed(book: Any) -> list[list[str]]:
    """The cells of each sheet whose formulas were never computed: a program that computes leaves a result in some."""
    if book.biff_version < _FIRST:
        return [[] for _ in range(book.nsheets)]
    found = [list(_formulas(book.mem, start)) for start in book._sh_abs_posn]
    if any(has_result for formulas in found for _, has_result in formulas):
        return [[] for _ in found]
    return [[cell for cell, _ in formulas] for formulas in found]


def _formulas(data: Any, at: int) -> Iterator[tuple[str, bool]]:
    """The cells of a sheet that hold formulas, and whether each has a result."""
    depth = 0
    while at + 4 <= len(data):
        kind, size = unpack_from("<HH", data, at)
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return
        if kind == _FORMULA and depth == 1:
            row, column, result, mark = unpack_from("<HH2xB5xH", data, at + 4)
            yield f"{letters(column)}{row + 1}", (result, mark) != (_EMPTY, 0xFFFF)
        at += 4 + size


class _Quiet:
    """Takes the remarks that xlrd would print."""

    def write(self, text: str) -> int:
        return len(text)
