"""Sheets: XLSX, XLS, CSV, TSV and Parquet, row by row. Knows how cells are stored, not what a table is (`grid` does).

Memory is bounded: rows are streamed, at most `settings.max_entities` of them and `KEPT_CELLS` cells are held and become
entities. Further rows still count in the figures of the columns (sum, smallest, largest), and a note says how many.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Draft, Locator
from ingest.text import charset

from ..source import XLS, XLSX, Source
from . import Note
from .grid import Row, grid

MAX_COLUMNS = 2_000
KEPT_CELLS = 4_000_000
DELIMITERS = ",\t;|"
PARQUET = "application/vnd.apache.parquet"
CSV = ("text/csv", "text/tab-separated-values")
_MONEY = {"¥": "JPY", "￥": "JPY", "円": "JPY", "€": "EUR", "£": "GBP", "$": "USD"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named stream of rows; the name is empty when the file is one sheet."""

    name: str
    rows: Iterator[Row]


class TableReader:
    name = "table"

    def accepts(self, source: Source) -> bool:
        return source.media in (XLSX, XLS, PARQUET, *CSV)

    def read(self, source: Source) -> Iterator[Draft | Note]:
        left = source.settings.max_entities
        for number, sheet in enumerate(sheets(source), start=1):
            for item in _sheet(source, sheet, number, left):
                left -= isinstance(item, Draft)
                yield item


def sheets(source: Source) -> Iterator[Sheet]:
    """The sheets of a file with their rows as streams; use one up before asking for the next.

    Raises:
        UnreadableSource: more than `MAX_COLUMNS` columns.
    """
    forms = {XLSX: _xlsx, XLS: _xls, PARQUET: _parquet}
    for sheet in forms.get(source.media, _csv)(source):
        yield Sheet(sheet.name, _narrow(sheet.rows, source))


def first_rows(source: Source, count: int) -> list[Row]:
    """The first rows of the first sheet, to see what a file is; none when it is damaged: its reader will say so."""
    with suppress(Exception):  # a library may raise anything on a damaged file; looking must not stop the job
        for sheet in sheets(source):
            return list(islice(sheet.rows, count))
    return []


def _narrow(rows: Iterable[Row], source: Source) -> Iterator[Row]:
    for row in rows:
        if len(row) > MAX_COLUMNS:
            raise UnreadableSource(source.path, f"a row has {len(row):,} columns; at most {MAX_COLUMNS:,} can be read")
        yield row


def _sheet(source: Source, sheet: Sheet, number: int, left: int) -> Iterator[Draft | Note]:
    """The drafts of one sheet, with room for `left` entities."""
    kept = list(islice(sheet.rows, 2))
    width = max((len(row) for row in kept), default=0)
    room = min(left - width - 1, KEPT_CELLS // max(1, width))
    kept += islice(sheet.rows, max(0, room - len(kept)))
    name, title = (sheet.name, source.path.stem) if sheet.name else (source.path.stem, "")
    place = partial(_place, sheet.name or None)
    rows = entities = 0
    for draft in grid(kept, name=name, key=f"sheet {number}", title=title, place=place, rest=sheet.rows):
        if draft.kind == "table":
            rows, entities = rows + draft.facts["rows"], entities + draft.facts["rows_kept"]
        yield draft
    if rows > entities:
        yield Note(
            f"{name}: of {rows:,} rows the first {entities:,} can be found; the rest count in the figures of columns"
        )


def _place(sheet: str | None, index: int) -> Locator:
    return Locator(sheet=sheet, row=index + 1)


# -- CSV ---------------------------------------------------------------------------------------------------


def _csv(source: Source) -> Iterator[Sheet]:
    with source.path.open("rb") as file:
        encoding = charset.encoding_of(file.read(charset.SAMPLE)) or "utf-8"
    with source.path.open(encoding=encoding, newline="", errors="replace") as text:
        sample = text.read(charset.SAMPLE)
        widest = max(map(sample.partition("\n")[0].count, DELIMITERS))
        if widest > MAX_COLUMNS:
            raise UnreadableSource(source.path, f"more than {widest:,} columns; at most {MAX_COLUMNS:,} can be read")
        text.seek(0)
        yield Sheet("", iter(csv.reader(text, delimiter=delimiter(sample))))


def delimiter(sample: str) -> str:
    """The character that cuts the first lines most evenly, and into most cells."""

    def evenness(mark: str) -> tuple[float, int]:
        lines = sample.splitlines(keepends=True)[:50]
        widths = [len(row) for row in csv.reader(lines[: max(1, len(lines) - 1)], delimiter=mark) if row]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(DELIMITERS, key=evenness)


# -- spreadsheets --------------------------------------------------------------------------------------------


def _xlsx(source: Source) -> Iterator[Sheet]:
    import openpyxl  # type: ignore[import-untyped]

    with closing(openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False)) as book:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # a wrong <dimension> would pad every row to 16,384 cells
            yield Sheet(sheet.title, _xlsx_rows(sheet))


def _xlsx_rows(sheet: Any) -> Iterator[Row]:
    for row in sheet.iter_rows():
        yield [_said(c.value, c.number_format) if type(c.value) in (int, float) else c.value for c in row]


def _said(value: float, pattern: str) -> object:
    """A figure as the cell's format shows it: 0.35 -> '35%', 1200 -> '1200 JPY'."""
    unit = _unit(pattern)
    if unit == "%":
        return f"{value * 100:.12g}%"
    return f"{value:.15g} {unit}" if unit else value


@lru_cache(maxsize=1024)
def _unit(pattern: str) -> str:
    plain = pattern.partition(";")[0].replace('"', "").replace("\\", "")
    return "%" if "%" in plain else next((_MONEY[sign] for sign in _MONEY if sign in plain), "")


def _xls(source: Source) -> Iterator[Sheet]:
    import xlrd  # type: ignore[import-untyped]

    with xlrd.open_workbook(source.path, on_demand=True, logfile=_Quiet()) as book:
        for name in book.sheet_names():
            yield Sheet(name, _xls_rows(book.sheet_by_name(name), book.datemode))
            book.unload_sheet(name)


def _xls_rows(sheet: Any, datemode: int) -> Iterator[Row]:
    import xlrd  # type: ignore[import-untyped]

    read: dict[int, Callable[[Any], object]] = {
        xlrd.XL_CELL_TEXT: lambda value: value,
        xlrd.XL_CELL_NUMBER: lambda value: value,
        xlrd.XL_CELL_BOOLEAN: bool,
        xlrd.XL_CELL_DATE: partial(xlrd.xldate_as_datetime, datemode=datemode),
    }
    for row in sheet.get_rows():
        yield [read[cell.ctype](cell.value) if cell.ctype in read else None for cell in row]


class _Quiet:
    """Takes the remarks that xlrd would print."""

    def write(self, text: str) -> int:
        return len(text)


# -- Parquet ---------------------------------------------------------------------------------------------------


def _parquet(source: Source) -> Iterator[Sheet]:
    yield Sheet("", _parquet_rows(source.path))


def _parquet_rows(path: Path) -> Iterator[Row]:
    """The header, then the rows, streamed by DuckDB."""
    import duckdb

    with duckdb.connect(config={"threads": "2", "memory_limit": "512MB"}) as database:
        plain = "".join(f"[{c}]" if c in "*?[" else c for c in str(path))
        found = database.execute("SELECT * FROM read_parquet(?)", [plain])
        yield [column[0] for column in found.description or ()]
        while rows := found.fetchmany(2_000):
            for row in rows:
                yield [float(value) if isinstance(value, Decimal) else value for value in row]
