"""Workbooks: the sheets of XLSX and XLS as streams of rows, with what a sheet knows besides its cells.

A merged cell belongs to all of its rows. What is hidden is read, marked, and comes after what is seen. A formula that was
never computed has no value, and is said. The format of a cell gives its figure a unit; currencies by their own symbol.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from ..source import Source
from .formats import figure
from .rows import Row

CHUNK = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)/?>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]+\d+)"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_SHAPE = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}sp"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is written on a sheet outside its cells: a comment with its cell, the words of a shape."""

    text: str
    cell: str = ""


@dataclass(slots=True)
class Marks:
    """What a sheet says about its cells. Rows and columns count from 0."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pictures: int = 0


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

    with closing(openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False)) as book:
        for sheet in sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible"):
            sheet.reset_dimensions()  # a wrong <dimension> would pad every row to 16,384 cells
            marks = _marks(source, sheet._worksheet_path)  # type: ignore[attr-defined]
            rows = unmerged(_xlsx_rows(sheet), marks.merged)
            yield Sheet(sheet.title, rows, sheet.sheet_state != "visible", marks)


def _xlsx_rows(sheet: Any) -> Iterator[Row]:
    for row in sheet.iter_rows():
        yield [figure(c.value, c.number_format) if type(c.value) in (int, float) else c.value for c in row]


def unmerged(rows: Iterator[Row], merged: list[tuple[int, int, int, int]]) -> Iterator[Row]:
    """The rows with what a merged cell says in each of the rows it covers (once a row, in its first column)."""
    starts: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, _ in merged:
        if bottom > top:
            starts.setdefault(top, []).append((left, bottom))
    hanging: dict[int, tuple[int, object]] = {}
    for number, row in enumerate(rows):
        cells = list(row)
        for column, (bottom, value) in list(hanging.items()):
            if number > bottom:
                del hanging[column]
            elif column < len(cells) and cells[column] is None:
                cells[column] = value
        for column, bottom in starts.get(number, ()):
            if column < len(cells) and cells[column] is not None:
                hanging[column] = (bottom, cells[column])
        yield cells


# -- what a sheet of XLSX says about its cells ---------------------------------------------------------------


def _marks(source: Source, part: str) -> Marks:
    marks = Marks()
    with zipfile.ZipFile(source.path) as archive:
        for text in _pieces(archive, part):
            for number, found in enumerate(_ROW.finditer(text)):
                if _HIDDEN.search(found[1]):
                    marks.hidden_rows.add(_number(found[1], b"r", number + 1) - 1)
            for found in _COLUMN.finditer(text):
                if _HIDDEN.search(found[1]):
                    first = _number(found[1], b"min", 1)
                    marks.hidden_columns |= set(range(first - 1, min(_number(found[1], b"max", first), first + 500)))
            for found in _MERGED.finditer(text):
                left, top, right, bottom = found.groups()
                marks.merged.append((int(top) - 1, column_of(left), int(bottom) - 1, column_of(right)))
            marks.uncomputed += [found[1].decode() for found in _UNCOMPUTED.finditer(text)]
        _beside(archive, part, marks)
    return marks


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part of the package in pieces that end between rows, or, behind the rows, between tags."""
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            rest += chunk
            end = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
            end = rest.find(b">", end) if end >= 0 else rest.rfind(b">") if b"<row" not in rest else -1
            if end >= 0:
                yield rest[: end + 1]
                rest = rest[end + 1 :]
    yield rest


def _number(attributes: bytes, name: bytes, otherwise: int) -> int:
    found = re.search(rb"\b" + name + rb'="(\d+)"', attributes)
    return int(found[1]) if found else otherwise


def column_of(letters: bytes) -> int:
    """b"A" -> 0, b"AB" -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _beside(archive: zipfile.ZipFile, part: str, marks: Marks) -> None:
    """Comments, shapes and pictures that belong to a sheet."""
    for kind, target in _related(archive, part):
        if kind == "comments":
            marks.remarks += _comments(archive.read(target))
        elif kind == "drawing":
            marks.remarks += _shapes(archive.read(target))
            marks.pictures += sum(other == "image" for other, _ in _related(archive, target))


def _related(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str]]:
    """Kind and name of every part of the package that a part refers to."""
    from lxml import etree

    folder, name = posixpath.split(part.lstrip("/"))
    relations = f"{folder}/_rels/{name}.rels"
    known = set(archive.namelist())
    if relations not in known:
        return
    for one in etree.fromstring(archive.read(relations), etree.XMLParser(resolve_entities=False, no_network=True)):
        target = one.get("Target", "")
        target = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        if target in known:
            yield one.get("Type", "").rsplit("/", 1)[-1], target


def _comments(data: bytes) -> Iterator[Remark]:
    for cell, comment in _comment_sheet(data):
        author = comment.author if comment.author and comment.author != "None" else "unknown"
        yield Remark(f"[Comment by {author}: {' '.join(comment.text.split())}]", cell)


def _comment_sheet(data: bytes) -> Any:
    from openpyxl.comments.comment_sheet import CommentSheet  # type: ignore[import-untyped]
    from openpyxl.xml.functions import fromstring  # type: ignore[import-untyped]

    tree: Any = fromstring(data)
    comments: Any = CommentSheet.from_tree(tree)
    return comments.comments


def _shapes(data: bytes) -> Iterator[Remark]:
    from lxml import etree

    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    for shape in root.iter(_SHAPE):
        words = " ".join("".join(one.text or "" for one in shape.iter(_TEXT)).split())
        if words:
            yield Remark(words)


# -- XLS -----------------------------------------------------------------------------------------------------


def xls(source: Source) -> Iterator[Sheet]:
    """The sheets of an XLS file, those that are seen first."""
    import xlrd  # type: ignore[import-untyped]

    with xlrd.open_workbook(source.path, formatting_info=True, logfile=_Quiet()) as book:
        for sheet in sorted(book.sheets(), key=lambda sheet: sheet.visibility != 0):
            marks = Marks(
                [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells],
                {number for number, row in sheet.rowinfo_map.items() if row.hidden},
                {number for number, column in sheet.colinfo_map.items() if column.hidden},
            )
            yield Sheet(sheet.name, unmerged(_xls_rows(book, sheet), marks.merged), sheet.visibility != 0, marks)


def _xls_rows(book: Any, sheet: Any) -> Iterator[Row]:
    import xlrd  # type: ignore[import-untyped]

    def measured(cell: Any) -> object:
        style = book.format_map.get(book.xf_list[cell.xf_index].format_key) if cell.xf_index is not None else None
        return figure(cell.value, style.format_str if style else "General")

    read: dict[int, Callable[[Any], object]] = {
        xlrd.XL_CELL_TEXT: lambda cell: cell.value,
        xlrd.XL_CELL_NUMBER: measured,
        xlrd.XL_CELL_BOOLEAN: lambda cell: bool(cell.value),
        xlrd.XL_CELL_DATE: lambda cell: _xls_date(cell.value, book.datemode),
        xlrd.XL_CELL_ERROR: lambda cell: xlrd.error_text_from_code.get(cell.value, "#ERROR"),
    }
    for row in sheet.get_rows():
        yield [read[cell.ctype](cell) if cell.ctype in read and cell.value != "" else None for cell in row]


def _xls_date(value: float, datemode: int) -> object:
    """A day, or what is no day in this calendar as its figure."""
    import xlrd  # type: ignore[import-untyped]

    try:
        return xlrd.xldate_as_datetime(value, datemode=datemode)
    except (ValueError, OverflowError):
        return value


class _Quiet:
    """Takes the remarks that xlrd would print."""

    def write(self, text: str) -> int:
        return len(text)
