"""A grid of cells becomes a table, its columns and its rows. Knows nothing about the file the cells came from.

Used for sheets, CSV and Parquet, and for tables inside DOCX, HTML and PDF. A grid may hold several tables, parted by
blank rows or columns; each may have a caption above it, a header of up to three rows with merged cells, and totals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ingest.space.entity import Draft, Locator
from ingest.text.cells import UNITS, Cell, cell, header, shown

Row = Sequence[object]
Line = tuple[int, tuple[object, ...]]
"""A row's index in the grid and its cells."""

MAX_HEADER = 3
MAX_LABEL = 60
DISTINCT_KEPT = 200
"""Distinct values counted per column; the text shows the most frequent few."""
SHOWN_VALUES = 8
SHOWN_COLUMNS = 40
_TOTAL = re.compile(r"^(?:grand |sub ?-?)?totals?\b|^sum$|^average$|^[総小]?合?計$|^総?合計|^平均$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """One table's cells and the words right above it."""

    lines: list[Line]
    left: int
    caption: str = ""

    @property
    def width(self) -> int:
        return len(self.lines[0][1])


@dataclass(slots=True)
class Tally:
    """What a column holds, gathered one cell at a time in constant memory."""

    types: Counter[str] = field(default_factory=Counter)
    units: set[str] = field(default_factory=set)
    distinct: Counter[str] = field(default_factory=Counter)
    low: dict[str, Any] = field(default_factory=dict)
    high: dict[str, Any] = field(default_factory=dict)
    total: float | int = 0

    def add(self, item: Cell) -> None:
        self.types[item.type] += 1
        if item.value is None:
            return
        label = shown(item.value)
        if label in self.distinct or len(self.distinct) < DISTINCT_KEPT:
            self.distinct[label] += 1
        self.low[item.type] = min(self.low.get(item.type, item.value), item.value)
        self.high[item.type] = max(self.high.get(item.type, item.value), item.value)
        if item.type == "number" and isinstance(item.value, (int, float)):
            self.total += item.value
            self.units.add(item.unit)

    @property
    def filled(self) -> int:
        return self.types.total() - self.types["empty"]

    @property
    def type(self) -> str:
        """The type of at least nine in ten of its cells; text without one, or when its numbers differ in unit."""
        kind = max((k for k in self.types if k != "empty"), key=lambda k: self.types[k], default="text")
        mixed = kind == "number" and len(self.units - {""}) > 1
        return kind if self.types[kind] >= 0.9 * self.filled and not mixed else "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, unit ("" when there is none) and what it holds."""

    name: str
    unit: str
    tally: Tally
    type: str = "text"

    @property
    def span(self) -> str:
        """'number from 3 to 9' or just 'text'."""
        kind = self.type
        if kind not in ("number", "date") or not self.tally.filled:
            return kind
        return f"{kind} from {shown(self.tally.low[kind])} to {shown(self.tally.high[kind])}"

    @property
    def label(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


def grid(
    rows: Sequence[Row], *, name: str, key: str, title: str, place: Callable[[int], Locator], rest: Iterable[Row] = ()
) -> Iterator[Draft]:
    """Drafts of every table in a grid: first the `table`, then its `column`s, then its `row`s.

    Args:
        rows: cells as text or as typed values; rows may differ in length.
        name: what the table is called; a caption found in the grid is added to it.
        key: unique within the source; a second table in the grid gets "key/2".
        title: the headings above, joined by " > ".
        place: where row `i` of `rows` stands in the source.
        rest: further rows of the last table that are too many to become entities: they are counted in the figures
            of its columns, and `facts["rows"]` of the table is larger than `facts["rows_kept"]`.
    """
    blocks = split(rows)
    for number, block in enumerate(blocks, start=1):
        more = rest if number == len(blocks) else ()
        yield from _table(block, name, key if number == 1 else f"{key}/{number}", title, place, more)


# -- finding tables ----------------------------------------------------------------------------------


def split(rows: Sequence[Row]) -> list[Block]:
    """The tables of a grid: cut at blank rows and columns, captions attached, tables torn by a blank row joined."""
    blocks: list[Block] = []
    words: list[Line] = []
    for block in map(_captioned, _islands(rows)):
        if block.width == 1 and len(block.lines) == 1:
            words += block.lines
        elif blocks and not words and not block.caption and _continues(blocks[-1], block):
            blocks[-1].lines.extend(block.lines)
        else:
            above = [shown(row[0]) for _, row in words]
            blocks.append(replace(block, caption=" ".join([*above, block.caption]).strip()))
            words = []
    return [*blocks, Block(words, 0)] if words else blocks


def _islands(rows: Sequence[Row]) -> Iterator[Block]:
    """Rectangles of cells between blank rows, then between blank columns."""
    band: list[Line] = []
    for index, row in enumerate([*rows, ()]):
        if any(not _blank(value) for value in row):
            band.append((index, tuple(row)))
        elif band:
            for left, right in _spans(band):
                lines = [(i, _slice(row, left, right)) for i, row in band]
                yield Block([line for line in lines if not all(map(_blank, line[1]))], left)
            band = []


def _spans(band: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of neighbouring columns that hold anything."""
    used = sorted({column for _, row in band for column, value in enumerate(row) if not _blank(value)})
    start = used[0]
    for before, after in zip(used, [*used[1:], used[-1] + 2], strict=True):
        if after != before + 1:
            yield start, before + 1
            start = after


def _slice(row: Row, left: int, right: int) -> tuple[object, ...]:
    cells = tuple(row[left:right])
    return cells + (None,) * (right - left - len(cells))


def _captioned(block: Block) -> Block:
    """Leading rows that say one thing across a wider table are its caption (a merged title may read as repeats)."""
    lines, words = list(block.lines), []
    while block.width > 1 and len(lines) > 2 and (said := _caption(lines[0])):
        words.append(said)
        lines.pop(0)
    return Block(lines, block.left, " ".join(words)) if words else block


def _caption(line: Line) -> str:
    """The words of a row that holds one cell, or one text across all of its cells; else ""."""
    said = [shown(value) for value in line[1] if not _blank(value)]
    alone = len(said) == 1 or (len(said) == len(line[1]) and len(set(said)) == 1)
    return said[0] if alone and cell(said[0]).type == "text" else ""


def _continues(above: Block, below: Block) -> bool:
    """Whether a block is the table above going on after a blank row: same columns, and no header of its own."""
    same = (above.left, above.width) == (below.left, below.width) and len(above.lines) > 1 and above.width > 1
    if not same:
        return False
    last, first = ([cell(value).type for value in row] for row in (above.lines[-1][1], below.lines[0][1]))
    return any(kind in ("number", "date") for kind in first) and all(
        a == b or "empty" in (a, b) for a, b in zip(last, first, strict=True)
    )


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


# -- headers -------------------------------------------------------------------------------------------


def header_height(rows: Sequence[Row]) -> int:
    """How many of the first rows are a header; 0 when the first row already is data."""
    if len(rows) < 2 or not _labels(rows[0], rows[1:20]):
        return 0
    height = 1
    while height < min(MAX_HEADER, len(rows) - 1) and _goes_on(rows[height - 1], rows[height], rows[height + 1]):
        height += 1
    return height


def _labels(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row names columns: short words, or years and dates standing over something else."""
    cells = [cell(value) for value in row]
    if not any(item.type == "text" for item in cells):
        return False
    for column, item in enumerate(cells):
        if item.type == "boolean" or (item.type == "text" and len(str(item.value)) > MAX_LABEL):
            return False
        if item.type in ("number", "date") and not _heads(
            item, [cell(row[column]) for row in below if column < len(row)]
        ):
            return False
    return True


def _heads(item: Cell, below: Sequence[Cell]) -> bool:
    """A year or a day can head a column of something else."""
    if item.type == "date":
        return not any(other.type == "date" for other in below)
    return _year(item) and not any(_year(other) for other in below)


def _year(item: Cell) -> bool:
    return item.type == "number" and isinstance(item.value, int) and 1800 <= item.value <= 2100


def _goes_on(upper: Row, lower: Row, data: Row) -> bool:
    """Whether `lower` is one more row of the header: all units, or labels under merged cells with figures below."""
    said = [shown(value) for value in lower if not _blank(value)]
    if said and all(text in UNITS or text in "-–" for text in said) and any(text in UNITS for text in said):
        return True
    if not all(cell(value).type in ("text", "empty") or _year(cell(value)) for value in lower):
        return False
    merged = any(
        not _blank(low) and not _blank(left) and (_blank(up) or up == left)
        for left, up, low in zip(upper, upper[1:], lower[1:], strict=False)
    )
    figures = any(
        cell(low).type == "text" and cell(value).type in ("number", "date")
        for low, value in zip(lower, data, strict=False)
    )
    stacked = any(_blank(low) and not _blank(up) for up, low in zip(upper, lower, strict=False))
    return merged and (figures or stacked)


def names(rows: Sequence[Row], width: int) -> list[tuple[str, str]]:
    """Name and unit of each column from the rows of its header; unnamed ones are numbered, equal ones told apart."""
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        said = [shown(value) for value in row]
        for column in range(width):
            deeper = any(not _blank(lower[column]) for lower in rows[depth + 1 :])
            if not said[column] and deeper and column:
                said[column] = said[column - 1]
            if said[column] and said[column] not in parts[column]:
                parts[column].append(said[column])
    labels = [f"{' / '.join(p[:-1])} ({p[-1]})" if len(p) > 1 and p[-1] in UNITS else " / ".join(p) for p in parts]
    return _distinct([header(label) for label in labels])


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    seen: Counter[str] = Counter()
    result = []
    for number, (name, unit) in enumerate(pairs, start=1):
        name = name or f"column {number}"
        seen[name] += 1
        result.append((name if seen[name] == 1 else f"{name} ({seen[name]})", unit))
    return result


def _is_form(block: Block) -> bool:
    """Two columns of label and value ("Serial | 123"), to be read as one record rather than as a table."""
    if block.width != 2 or not 2 <= len(block.lines) <= 40:
        return False
    labels = [shown(row[0]) for _, row in block.lines]
    if len(set(labels)) < len(labels) or not all(cell(label).type == "text" and len(label) <= 40 for label in labels):
        return False
    if sum(label.endswith((":", "：")) for label in labels) > len(labels) / 2:
        return True
    kinds = Counter(cell(row[1]).type for _, row in block.lines[1:])
    figures = kinds["number"] + kinds["date"]
    return min(kinds["text"], figures) >= 0.25 * max(1, kinds.total())


def _turned(block: Block) -> Block:
    labels = tuple(shown(row[0]).rstrip(":： ") for _, row in block.lines)
    index = block.lines[0][0]
    return replace(block, lines=[(index, labels), (index, tuple(row[1] for _, row in block.lines))])


# -- drafts ----------------------------------------------------------------------------------------------


def _table(
    block: Block, name: str, key: str, title: str, place: Callable[[int], Locator], rest: Iterable[Row]
) -> Iterator[Draft]:
    block = _turned(block) if (form := _is_form(block)) else block
    height = 1 if form else header_height([row for _, row in block.lines[:20]])
    data = block.lines[height:]
    pairs = names([row for _, row in block.lines[:height]], block.width)
    columns = [Column(label, unit, Tally()) for label, unit in pairs]
    count = sum(_count(columns, row) for _, row in data)
    count += sum(_count(columns, _slice(row, block.left, block.left + block.width)) for row in rest)
    columns = [_settled(column) for column in columns]
    called = " ".join(filter(None, (name, block.caption)))
    above = title if called and title.endswith(called) else " > ".join(filter(None, (title, called)))
    first = place(block.lines[0][0])
    yield _table_draft(called, key, above, first, columns, count, len(data))
    for number, column in enumerate(columns):
        yield _column_draft(column, called, key, above, _cell(first, block.left + number))
    for index, row in data:
        yield _row_draft(columns, row, key, above, place(index), named=height > 0)


def _count(columns: Sequence[Column], row: Row) -> int:
    """Adds a row to the figures of its columns, unless it is a total of them."""
    if is_total(row):
        return 0
    for column, value in zip(columns, row, strict=True):
        column.tally.add(cell(value))
    return 1


def is_total(row: Row) -> bool:
    """Whether a row sums up others, by what its first words say."""
    first = next((shown(value) for value in row if not _blank(value)), "")
    return bool(_TOTAL.match(first)) and len(row) > 1


def _settled(column: Column) -> Column:
    """The column with the type of its cells, and their unit where its header has none."""
    kind, units = column.tally.type, column.tally.units
    unit = next(iter(units)) if not column.unit and len(units) == 1 and kind == "number" else column.unit
    return replace(column, type=kind, unit=unit)


def _cell(locator: Locator, column: int) -> Locator:
    """The cell in a column of a sheet's row: "C4"."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return replace(locator, cell=f"{letters}{locator.row}") if locator.row else locator


def _table_draft(
    called: str, key: str, title: str, locator: Locator, columns: Sequence[Column], count: int, kept: int
) -> Draft:  # fmt: skip
    said = "; ".join(f"{column.label}, {column.span}" for column in columns[:SHOWN_COLUMNS])
    facts = {
        "table": key, "name": called, "rows": count, "rows_kept": min(kept, count),
        "columns": [{"name": column.name, "type": column.type, "unit": column.unit} for column in columns],
    }  # fmt: skip
    text = f"Table {called}".strip() + f" with {count} row{'s' * (count != 1)}. Columns: {said}."
    return Draft("table", text, locator, title, key=key, facts=facts)


def _column_draft(column: Column, called: str, key: str, title: str, locator: Locator) -> Draft:
    tally = column.tally
    names_only = column.type == "text" and len(tally.distinct) == min(tally.filled, DISTINCT_KEPT)
    examples = ", ".join(label for label, _ in tally.distinct.most_common(3 if names_only else SHOWN_VALUES))
    text = (
        f"Column {column.label} of table {called}".rstrip()
        + f": {column.span}, {tally.filled} values. For example: {examples}."
    )
    facts: dict[str, Any] = {
        "table": key,
        "name": column.name,
        "type": column.type,
        "unit": column.unit,
        "count": tally.filled,
    }
    if len(tally.distinct) < DISTINCT_KEPT:
        facts["distinct"] = len(tally.distinct)
    if column.type in tally.low and column.type in ("number", "date"):
        facts |= {"min": tally.low[column.type], "max": tally.high[column.type]}
    if column.type == "number":
        facts["sum"] = tally.total
    return Draft("column", text, locator, title, parent=key, facts=facts)


def _row_draft(columns: Sequence[Column], row: Row, key: str, title: str, locator: Locator, *, named: bool) -> Draft:
    pairs = [
        (column, cell(value), shown(value)) for column, value in zip(columns, row, strict=True) if not _blank(value)
    ]
    said = [f"{column.name}: {_measured(text, item, column)}" if named else text for column, item, text in pairs]
    facts: dict[str, Any] = {
        "table": key,
        "values": {column.name: item.value if item.type == column.type else text for column, item, text in pairs},
        "types": {column.name: column.type for column in columns},
    }
    if units := {column.name: column.unit for column in columns if column.unit}:
        facts["units"] = units
    if is_total(row):
        facts["total"] = True
    return Draft("row", "; ".join(said), locator, title, parent=key, facts=facts)


def _measured(text: str, item: Cell, column: Column) -> str:
    """The cell as written, with its column's unit where the cell itself has none."""
    return f"{text} {column.unit}" if column.unit and item.type == "number" and not item.unit else text
