"""The rows below a header become drafts in words and typed columns.

How a column is written is decided from all of its cells (`convention`); its type is that of at least nine in ten of
them.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ingest.space.entity import Draft, Locator
from ingest.space.facts import TableFacts
from ingest.text.cells import CURRENCY_CODES, EMPTY, Cell, Scaled, blank, cell, shown

from ..text.columns import Column, Columns, ColumnType, Value
from ..text.convention import PLAIN, Convention, decide, months, usual
from ..text.missing import sentinels
from . import Item, Note
from .moments import logged
from .sums import Sums
from .tally import DISTINCT_KEPT, Tally

Row = Sequence[object]
Line = tuple[int, tuple[object, ...]]
"""A row's index in the grid and its cells."""

SHOWN_VALUES = 8
SHOWN_COLUMNS = 40
PARTS = ("■", "◆", "▼")
"""What the name of a part of a table begins with, where it stands in a row of its own."""
LOOK = 200
"""Rows that decide whether a column tells the time."""
TYPED_CELLS = 4_000_000
"""Cells of one table that are kept as typed columns; a larger table says that it is not whole."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a table besides its cells.

    Attributes:
        sheet: the name of its sheet, if it has one.
        separator: the mark between cells, in a file of text.
        hidden: indices of rows that are not shown; `every` when the sheet is not.
        hidden_columns: indices of columns that are not shown.
        joined: by column, the rows in which a merged cell reaches over from the column before.
        left_out: in words, what of it could not be read.
        form: whether it is labels beside values, where the format says so; None: what it holds decides.
    """

    sheet: str = ""
    separator: str = ""
    hidden: frozenset[int] = frozenset()
    every: bool = False
    hidden_columns: frozenset[int] = frozenset()
    left_out: tuple[str, ...] = ()
    joined: Mapping[int, frozenset[int]] = field(default_factory=dict)
    form: bool | None = None

    def hides(self, row: int) -> bool:
        return self.every or row in self.hidden


@dataclass(frozen=True, slots=True)
class Body:
    """A table whose header is known: names and units of its columns, where these stand, and its rows."""

    called: str
    key: str
    title: str
    pairs: Sequence[tuple[str, str]]
    lines: Sequence[Line]
    at: Sequence[int]
    top: int = 0
    named: bool = True
    said: Sequence[str] = ()
    """By column, the unit that the caption says of figures that have none of their own."""


@dataclass(slots=True)
class Gathered:
    """A column while its cells come in: its name, unit ("" when there is none) and what it holds."""

    name: str
    unit: str
    convention: Convention = PLAIN
    type: str = "text"
    tally: Tally = field(default_factory=Tally)
    raw: list[object] = field(default_factory=list)
    missing: frozenset[float] = frozenset()
    """Figures that stand for nothing."""
    said: str = ""
    """The unit of the whole table, for figures without one."""
    hidden: bool = False

    def read(self, value: object) -> Cell:
        found = cell(value, self.convention)
        return EMPTY if self.missing and found.type == "number" and found.value in self.missing else found

    @property
    def in_full(self) -> bool:
        """Whether its figures are in a currency, and so told with the thousands that a sheet doesn't show."""
        return (self.unit or self.said) in CURRENCY_CODES

    def settle(self) -> None:
        """Gives it the type of its cells, and where its header has no unit theirs, or the one said of the table."""
        self.type, units = self.tally.type, self.tally.units
        if not self.unit and len(units) == 1 and self.type == "number":
            self.unit = next(iter(units)) or self.said

    @property
    def span(self) -> str:
        """'number from 3 to 9' or just 'text'."""
        if self.type not in ("number", "date") or not self.tally.filled:
            return self.type
        return f"{self.type} from {shown(self.tally.low[self.type])} to {shown(self.tally.high[self.type])}"

    @property
    def label(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


def told(body: Body, place: Callable[[int], Locator], about: About, rest: Iterable[Row] = ()) -> Iterator[Item]:
    """The drafts of a table, its columns and its rows, its typed rows, and notes about what could not be read.

    Args:
        rest: further rows that are too many to become entities: they count in figures and typed columns.
    """
    columns = _conventions(body, about)
    if any(column.in_full for column in columns):
        body = replace(body, lines=[(index, _in_full(columns, row)) for index, row in body.lines])
    _gaps(columns, body)
    sums = Sums([column.tally for column in columns], [column.read for column in columns])
    opens = _openings(body, about)
    numbers = [index for index, row in body.lines if not opens[index] and not sums.up(row) and _count(columns, row)]
    beyond = _beyond(columns, rest, body, numbers, sums)
    for column in columns:
        column.settle()
    count = len(numbers) + beyond
    first = place(body.top)
    yield _table_draft(body, first, columns, count)
    for number, column in enumerate(columns):
        yield _column_draft(column, body, _cell(first, body.at[number]))
    row_number, counted, part = 0, set(numbers), ""
    for index, row in body.lines:
        total = index not in counted
        draft = _row_draft(columns, row, body, place(index), None if total else row_number, about.hides(index))
        if opened := opens[index]:
            part = opened
        yield replace(draft, text=opened or f"{part}; {draft.text}") if part else draft
        row_number += not total
    yield _typed(body, columns, numbers, place, about, beyond)
    yield from _doubts(body.called, columns)


# -- gathering -------------------------------------------------------------------------------------------


def _opens(row: Row) -> str:
    """The name of the part of the table that follows, by a mark: "■ Department A" alone; "" for any other row."""
    first, *others = row
    named = isinstance(first, str) and (first.startswith(PARTS) or (first.startswith("【") and first.endswith("】")))
    return shown(first) if named and others and all(map(blank, others)) else ""


def _openings(body: Body, about: About) -> dict[int, str]:
    """By row, the name of the part of the table that it opens, by its mark or by reaching over all columns; "" for others."""
    over = [about.joined.get(column, frozenset()) for column in body.at[1:]]
    wide = frozenset.intersection(*over) if over else frozenset()
    return {index: _opens(row) or (shown(row[0]) if index in wide else "") for index, row in body.lines}


def _conventions(body: Body, about: About) -> list[Gathered]:
    """The columns with the convention of each, decided from its own cells or by the others of the table."""
    every = body.said or [""] * len(body.pairs)
    columns = [Gathered(name, unit, said=said) for (name, unit), said in zip(body.pairs, every, strict=True)]
    said = [texts(row[number] for _, row in body.lines) for number in range(len(columns))]
    alone = [decide(found, column.name) for column, found in zip(columns, said, strict=True)]
    others = usual(alone, about.separator, said)
    for at, column, found, own in zip(body.at, columns, said, alone, strict=True):
        column.hidden = at in about.hidden_columns
        column.convention = own if others == PLAIN else decide(found, column.name, others)
        if not column.unit and not column.said and months(found):
            column.convention = replace(column.convention, codes=True)
    return columns


def _in_full(columns: Sequence[Gathered], row: tuple[object, ...]) -> tuple[object, ...]:
    if not any(isinstance(value, Scaled) for value in row):
        return row
    return tuple(
        value.whole if isinstance(value, Scaled) and column.in_full else value
        for column, value in zip(columns, row, strict=True)
    )


def _gaps(columns: Sequence[Gathered], body: Body) -> None:
    """Finds the figures that stand for nothing, where a column tells the time and all others are measured."""
    first = list(zip(*(row for _, row in body.lines[:LOOK]), strict=True))
    if not first or not logged(first, body.pairs, [column.convention for column in columns]):
        return
    cells = list(zip(*(row for _, row in body.lines), strict=True))
    for column, values in zip(columns, cells, strict=True):
        known = [float(one.value) for one in map(column.read, values) if isinstance(one.value, (int, float))]
        column.missing = frozenset(sentinels(np.array(known)).tolist())


def texts(values: Iterable[object]) -> list[str]:
    """What of a column needs a convention, each once: texts and whole numbers with digits."""
    kept = (value for value in values if isinstance(value, (str, int)) and not isinstance(value, bool))
    found = dict.fromkeys(map(shown, kept))
    return [unicodedata.normalize("NFKC", text) for text in found if any(map(str.isdigit, text))]


def _count(columns: Sequence[Gathered], row: Row) -> bool:
    """Adds a row to its columns."""
    for column, value in zip(columns, row, strict=True):
        column.tally.add(column.read(value))
        column.raw.append(value)
    return True


def _beyond(columns: Sequence[Gathered], rest: Iterable[Row], body: Body, numbers: list[int], sums: Sums) -> int:
    """Counts further rows; keeps them typed while there is room. Returns how many were not kept."""
    room, full = TYPED_CELLS // max(1, len(columns)), any(column.in_full for column in columns)
    start, count = (body.lines[-1][0] + 1 if body.lines else 0), 0
    for index, row in enumerate(rest, start):
        cells = picked(row, body.at)
        cells = _in_full(columns, cells) if full else cells
        if all(map(blank, cells)) or sums.up(cells):
            continue
        kept = len(numbers) < room
        count += not kept
        numbers += [index] if kept else []
        for column, value in zip(columns, cells, strict=True):
            column.tally.add(column.read(value))
            if kept:
                column.raw.append(value)
    return count


def picked(row: Row, columns: Sequence[int]) -> tuple[object, ...]:
    """The cells of a row in these columns."""
    width = len(row)
    return tuple(row[column] if column < width else None for column in columns)


# -- typed -----------------------------------------------------------------------------------------------


def _typed(
    body: Body, columns: Sequence[Gathered], numbers: Sequence[int], place: Callable[[int], Locator], about: About, beyond: int
) -> Columns:  # fmt: skip
    left_out = list(about.left_out)
    if beyond:
        left_out.append(f"{beyond:,} rows behind the first {len(numbers):,}")
    left_out += [
        f"column {column.name}: {column.convention.unclear}" for column in columns if column.convention.unclear
    ]
    made = tuple(map(_column, columns))
    rows = [place(index).row or index + 1 for index in numbers]
    hidden = frozenset(row for row, index in zip(rows, numbers, strict=True) if about.hides(index))
    return Columns(body.key, body.called, made, rows, about.sheet, hidden=hidden, left_out=tuple(left_out))


def _column(gathered: Gathered) -> Column:
    cells = [gathered.read(value) for value in gathered.raw]
    kind = gathered.type
    if kind == "text":
        empty = not gathered.tally.filled
        values: list[Value] = [None if empty or blank(value) else shown(value) for value in gathered.raw]
        return Column(gathered.name, "text", values, gathered.unit, hidden=gathered.hidden)
    if kind == "date":
        return _days(gathered, cells)
    values = [item.value if item.type == kind else None for item in cells]
    unread = sum(item.type not in (kind, "empty") for item in cells)
    return Column(
        gathered.name, "number" if kind == "number" else "boolean", values, gathered.unit, unread, gathered.hidden
    )


def _days(gathered: Gathered, cells: Sequence[Cell]) -> Column:
    moments = [dt.datetime.fromisoformat(str(item.value)) if item.type == "date" else None for item in cells]
    timed = any(moment is not None and (moment.tzinfo or moment.time() != dt.time()) for moment in moments)
    kind: ColumnType = "datetime" if timed else "date"
    values: list[Value] = [moment if timed or moment is None else moment.date() for moment in moments]
    unread = sum(item.type not in ("date", "empty") for item in cells)
    return Column(gathered.name, kind, values, "", unread, gathered.hidden)


def _doubts(called: str, columns: Sequence[Gathered]) -> Iterator[Note]:
    """What of the columns was left as words, or counts in no figure."""
    for column in columns:
        tally, where = column.tally, f"{called}: column {column.name}".strip(": ")
        if column.convention.unclear:
            yield Note(f"{where}: {column.convention.unclear}; kept as written, not computed with")
        if column.convention.taken:
            yield Note(f"{where}: {column.convention.taken}")
        if column.missing:
            count = sum(cell(value, column.convention).value in column.missing for value in column.raw)
            written = ", ".join(f"{gap:g}" for gap in sorted(column.missing))
            yield Note(f"{where}: {count} values of {written} stand for nothing and are gaps")
        odd = tally.filled - tally.types[column.type]
        if column.type in ("number", "date") and odd:
            yield Note(
                f"{where}: {odd} cells are no {column.type}s (the first: '{tally.odd[:40]}') and count in no figure"
            )
        most = tally.types["number"]
        if column.type == "text" and tally.filled > most > tally.filled / 2 and most > 1:
            yield Note(
                f"{where}: {tally.filled - most} of {tally.filled} cells are no numbers (the first: '{tally.odd[:40]}'); "
                "kept as written, not computed with"
            )


# -- drafts ----------------------------------------------------------------------------------------------


def _cell(locator: Locator, column: int) -> Locator:
    """The cell in a column of a sheet's row: "C4"."""
    return replace(locator, cell=f"{letters(column)}{locator.row}") if locator.row else locator


def letters(column: int) -> str:
    """The name of a sheet's column: 0 -> "A", 27 -> "AB"."""
    name, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def _table_draft(body: Body, locator: Locator, columns: Sequence[Gathered], count: int) -> Draft:
    said = "; ".join(f"{column.label}, {column.span}" for column in columns[:SHOWN_COLUMNS])
    facts: TableFacts = {
        "table": body.key, "name": body.called, "rows": count, "rows_kept": min(len(body.lines), count),
        "columns": [{"name": column.name, "type": column.type, "unit": column.unit} for column in columns],
    }  # fmt: skip
    text = f"Table {body.called}".strip() + f" with {count} row{'s' * (count != 1)}. Columns: {said}."
    return Draft("table", text, locator, body.title, key=body.key, facts=facts)


def _column_draft(column: Gathered, body: Body, locator: Locator) -> Draft:
    tally = column.tally
    names_only = column.type == "text" and len(tally.distinct) == min(tally.filled, DISTINCT_KEPT)
    examples = ", ".join(label for label, _ in tally.distinct.most_common(3 if names_only else SHOWN_VALUES))
    text = (
        f"Column {column.label} of table {body.called}".rstrip()
        + f"{' (hidden)' * column.hidden}: {column.span}, {tally.filled} values. For example: {examples}."
    )
    facts: dict[str, Any] = {
        "table": body.key, "name": column.name, "type": column.type, "unit": column.unit, "count": tally.filled,
    }  # fmt: skip
    if len(tally.distinct) < DISTINCT_KEPT:
        facts["distinct"] = len(tally.distinct)
    if column.type in tally.low and column.type in ("number", "date"):
        facts |= {"min": tally.low[column.type], "max": tally.high[column.type]}
    if column.type == "number":
        facts["sum"] = tally.total
    return Draft("column", text, locator, body.title, parent=body.key, facts=facts | _mark(column.hidden))


def _row_draft(
    columns: Sequence[Gathered], row: Row, body: Body, locator: Locator, number: int | None, hidden: bool
) -> Draft:
    pairs = [
        (column, item, shown(value))
        for column, value in zip(columns, row, strict=True)
        if not blank(value) and ((item := column.read(value)) != EMPTY or not column.missing)
    ]
    said = [
        "[hidden column] " * column.hidden + (f"{column.name}: {_measured(text, item, column)}" if body.named else text)
        for column, item, text in pairs
    ]
    facts: dict[str, Any] = {
        "table": body.key,
        "values": {column.name: item.value if item.type == column.type else text for column, item, text in pairs},
        "types": {column.name: column.type for column in columns},
    }
    if units := {column.name: column.unit for column in columns if column.unit}:
        facts["units"] = units
    facts |= {"total": True} if number is None else {"row": number}
    text = ("[hidden row] " if hidden else "") + "; ".join(said)
    return Draft("row", text, locator, body.title, parent=body.key, facts=facts | _mark(hidden))


def _mark(hidden: bool) -> dict[str, bool]:
    return {"hidden": True} if hidden else {}


def _measured(text: str, item: Cell, column: Gathered) -> str:
    """The cell as written, with its column's unit where the cell itself has none."""
    return f"{text} {column.unit}" if column.unit and item.type == "number" and not item.unit else text
