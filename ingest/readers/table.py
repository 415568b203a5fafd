"""Sheets: XLSX, XLS, CSV, TSV and Parquet, row by row. Knows how cells are stored, not what a table is (`grid` does).

Memory is bounded: rows are streamed, at most `settings.max_entities` of them and `KEPT_CELLS` cells are held and become
entities. Further rows still count in the figures of the columns (sum, smallest, largest), and a note says how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Draft, Locator
from ingest.space.facts import TableFacts

from ..media import XLS, XLSX
from ..source import Source
from . import Item, Note, separated, workbook, xls
from .grid import grid
from .marks import Marks
from .rows import About, Row, letters
from .workbook import Sheet

MAX_COLUMNS = 2_000
MAX_MERGED = 1_000
"""Rows of a merged cell that are looked at; one over more is no cell of a table."""
KEPT_CELLS = 4_000_000
PARQUET = "application/vnd.apache.parquet"
CSV = ("text/csv", "text/tab-separated-values")


class TableReader:
    name = "table"

    def accepts(self, source: Source) -> bool:
        return source.media in (XLSX, XLS, PARQUET, *CSV)

    def read(self, source: Source) -> Iterator[Item]:
        left = source.settings.max_entities
        for number, sheet in enumerate(sheets(source), start=1):
            for item in drafts(source, sheet, number, left):
                left -= isinstance(item, Draft)
                yield item


def sheets(source: Source) -> Iterator[Sheet]:
    """The sheets of a file with their rows as streams; use one up before asking for the next.

    Raises:
        UnreadableSource: more than `MAX_COLUMNS` columns.
    """
    forms = {XLSX: workbook.xlsx, XLS: xls.xls, PARQUET: _parquet}
    for sheet in forms.get(source.media, _csv)(source):
        yield replace(sheet, rows=_narrow(sheet.rows, source))


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


def drafts(source: Source, sheet: Sheet, number: int, left: int) -> Iterator[Item]:
    """The drafts of one sheet, with room for `left` entities, and notes about what of it was left out."""
    kept = list(islice(sheet.rows, 2))
    width = max((len(row) for row in kept), default=0)
    room = min(left - width - 1, KEPT_CELLS // max(1, width))
    kept += islice(sheet.rows, max(0, room - len(kept)))
    name, title = (sheet.name, source.path.stem) if sheet.name else (source.path.stem, "")
    name += " (hidden sheet)" if sheet.hidden else ""
    place = partial(_place, sheet)
    rows = entities = 0
    for item in grid(
        kept, name=name, key=f"sheet {number}", title=title, place=place, rest=sheet.rows, about=_about(sheet)
    ):
        if isinstance(item, Draft) and item.kind == "table":
            facts = cast(TableFacts, item.facts)
            rows, entities = rows + facts["rows"], entities + facts["rows_kept"]
        yield item
    if rows > entities:
        yield Note(
            f"{name}: of {rows:,} rows the first {entities:,} can be found; the rest count in the figures of columns"
        )
    yield from map(Note, sheet.notes())
    yield from _beside(sheet, name, title)


def _about(sheet: Sheet) -> About:
    marks = sheet.marks
    hidden, columns = _kept(marks.hidden_rows, marks), frozenset(marks.hidden_columns)
    return About(sheet.name, sheet.mark, hidden, sheet.hidden, columns, tuple(_uncomputed(sheet)), _joined(marks))


def _joined(marks: Marks) -> dict[int, frozenset[int]]:
    """By column, the rows in which a merged cell reaches over from the column before."""
    found: dict[int, set[int]] = {}
    for top, left, bottom, right in marks.merged:
        for column in range(left + 1, min(right, left + MAX_COLUMNS) + 1):
            found.setdefault(column, set()).update(range(top, min(bottom, top + MAX_MERGED) + 1))
    return {column: _kept(rows, marks) for column, rows in found.items()}


def _kept(rows: set[int], marks: Marks) -> frozenset[int]:
    """Where these rows of a sheet stand in the stream of its rows."""
    return frozenset(map(marks.index, rows - set(marks.skipped)) if marks.skipped else rows)


def _uncomputed(sheet: Sheet) -> Iterator[str]:
    cells = sheet.marks.uncomputed
    if cells:
        yield f"the values of {len(cells)} formulas that were never computed (the first in {cells[0]})"


def _beside(sheet: Sheet, name: str, title: str) -> Iterator[Item]:
    """What stands on a sheet outside its cells, and notes about what is hidden or was not read."""
    marks = sheet.marks
    above = " > ".join(filter(None, (title, name)))
    for remark in marks.remarks:
        row = "".join(filter(str.isdigit, remark.cell))
        place = Locator(sheet=sheet.name or None, row=int(row) if row else None, cell=remark.cell or None)
        yield Draft("passage", f"{remark.cell} {remark.text}".strip(), place, above)
    if sheet.hidden:
        yield Note(f"{name}: the sheet is hidden; it was read and marked")
    if marks.hidden_rows:
        yield Note(f"{name}: {len(marks.hidden_rows)} rows are hidden; they were read and marked")
    if marks.hidden_columns:
        hidden = ", ".join(letters(column) for column in sorted(marks.hidden_columns)[:10])
        yield Note(f"{name}: hidden columns were read and marked: {hidden}")
    for what in _uncomputed(sheet):
        yield Note(f"{name}: left out: {what}; open and save the file in a spreadsheet program")
    if marks.pictures:
        yield Note(f"{name}: {marks.pictures} pictures on the sheet were not looked at")


def _place(sheet: Sheet, index: int) -> Locator:
    return Locator(sheet=sheet.name or None, row=sheet.marks.row(index) + 1)


def _csv(source: Source) -> Iterator[Sheet]:
    text = separated.opened(source.path)
    yield Sheet("", iter(text.rows()), mark=text.mark, notes=text.notes)


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
