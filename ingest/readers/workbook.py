"""Workbooks: the sheets of XLSX as streams of rows, with what a sheet knows besides its cells (XLS: `xls`).

A merged cell belongs to all of its rows. What is hidden is read, marked, and comes after what is seen; what is struck out
is left out, and said. A formula that was never computed has no value, and is said. The format of a cell says how its
figure is shown: with a unit, scaled, or as a code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ..source import Source
from .formats import figure
from .marks import Marks, marks_of
from .merged import STRUCK, unmerged
from .rows import Row


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named stream of rows; the name is empty when the file is one sheet.

    Attributes:
        hidden: whether the whole sheet is not shown.
        mark: the character between cells, in a file of text.
        notes: what could not be read, known when the rows are used up.
    """

    name: str
    rows: Iterator[Row]
    hidden: bool = False
    marks: Marks = field(default_factory=Marks)
    mark: str = ""
    notes: Callable[[], Iterable[str]] = tuple


def xlsx(source: Source) -> Iterator[Sheet]:
    """The sheets of an XLSX file, those that are seen first."""
    import openpyxl  # type: ignore[import-untyped]

    opened = openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False, rich_text=True)
    with closing(opened) as book:
        for sheet in sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible"):
            sheet.reset_dimensions()  # a wrong <dimension> would pad every row to 16,384 cells
            marks = marks_of(source, sheet._worksheet_path)  # type: ignore[attr-defined]
            rows = unmerged(_rows(sheet, _struck(book), marks), marks.merged, marks.skipped)
            yield Sheet(sheet.title, rows, sheet.sheet_state != "visible", marks, notes=marks.notes)


def _struck(book: Any) -> frozenset[int]:
    """The styles of cells that are struck out."""
    return frozenset(number for number, style in enumerate(book._cell_styles) if book._fonts[style.fontId].strike)


def _rows(sheet: Any, struck: frozenset[int], marks: Marks) -> Iterator[Row]:
    for row in sheet.iter_rows():
        cells = [
            figure(c.value, c.number_format) if type(c.value) in (int, float) else _plain(c.value, marks) for c in row
        ]
        yield without(cells, [c.value is not None and c._style_id in struck for c in row], marks) if struck else cells


def _plain(value: Any, marks: Marks) -> object:
    """A value; of words of several fonts those that are not struck out, and of what is left nothing where that is blank."""
    if not isinstance(value, list):
        return value
    kept = [part for part in value if isinstance(part, str) or not part.font.strike]
    marks.struck += len(kept) < len(value)
    return "".join(map(str, kept)).strip() or None


def without(cells: list[object], struck: list[bool], marks: Marks) -> Row:
    """A row without its struck out cells, which are counted; `STRUCK` when there are no others."""
    marks.struck += sum(struck)
    kept = [None if out else cell for cell, out in zip(cells, struck, strict=True)]
    return STRUCK if any(struck) and all(cell is None for cell in kept) else kept
