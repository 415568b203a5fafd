"""Tables and sensor records as rows to compute over: columns with types and units.

A column is a number, a moment ("date"), a time of day, yes or no, or words. What cannot be read as its column's type
is empty and counted; codes that stand for "not measured" (-200, -9999) are found and empty too. A column of days beside
one of times of day tells moments.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from .cells import Cell, cell, shown
from .columns import Column as Read
from .columns import Columns
from .convention import decide
from .missing import REPEATED, code

ColumnType = Literal["number", "date", "time", "boolean", "text"]
USUAL = 0.9
"""Share of the filled cells of a column that are of its type."""
ALIKE = 0.8
"""Share of common column names from which two tables have one form."""
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        unit: "" when there is none.
        values: float, ISO 8601 text (date, time), bool or text, by type; None is an empty cell.
        unread: cells that are filled but not of the column's type, and so empty in `values`.
        missing: the code that stood for "not measured", or None.
    """

    name: str
    type: ColumnType
    unit: str = ""
    values: tuple[Any, ...] = ()
    unread: int = 0
    missing: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table, or of several of one form.

    Attributes:
        places: the row number of each row as a spreadsheet shows it.
        parts: the sheet or file of each row of a union; empty when it is one table.
        left_out: in words, what belongs to the table and is not here; empty when it is whole.
    """

    name: str
    columns: tuple[Column, ...]
    places: tuple[int, ...]
    parts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether sums and counts over it are of everything."""
        return not self.left_out

    def __len__(self) -> int:
        return len(self.places)

    def without(self, places: Collection[int], names: Collection[str]) -> Table:
        """The table without these rows and columns, which it then says of itself."""
        kept = [at for at, place in enumerate(self.places) if place not in places]
        columns = tuple(one for one in self.columns if one.name not in names)
        said = ((len(self) - len(kept), "rows"), (len(self.columns) - len(columns), "columns"))
        left_out = tuple(f"{what} hidden by hand: {count}" for count, what in said if count)
        if not left_out:
            return self
        cut = tuple(replace(one, values=tuple(one.values[at] for at in kept)) for one in columns)
        parts = tuple(self.parts[at] for at in kept) if self.parts else ()
        places = tuple(self.places[at] for at in kept)
        return Table(self.name, cut, places, parts, (*self.left_out, *left_out))


def typed(
    name: str, pairs: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]], places: Sequence[int],
) -> Table:  # fmt: skip
    """A table of cells as they were read.

    Args:
        pairs: name and unit of each column, as `cells.header` gives them.
        rows: cells as text or as typed values, as many as there are columns.
        places: row numbers.
    """
    cells = list(zip(*rows, strict=True)) if places else [()] * len(pairs)
    names = _distinct([name for name, _ in pairs])
    columns = [
        _column(called, unit, list(values)) for called, (_, unit), values in zip(names, pairs, cells, strict=True)
    ]
    return Table(name, tuple(_moments(_without_codes(columns))), tuple(places))


def of(read: Columns) -> Table:
    """The rows that a reader delivered and that are seen: hidden ones are in no figure, and named as left out. Words that
    are times of day become those, codes for "not measured" empty."""
    seen = [at for at, row in enumerate(read.rows) if row not in read.hidden]
    columns = [_taken(replace(one, values=tuple(one.values[at] for at in seen))) for one in read.columns]
    left_out = (*read.left_out, *([f"hidden rows: {len(read.hidden)}"] if read.hidden else []))
    places = tuple(read.rows[at] for at in seen)
    return Table(read.name, tuple(_moments(_without_codes(columns))), places, left_out=left_out)


def _taken(column: Read) -> Column:
    if column.type == "text":
        return replace(_words(column.name, column.unit, column.values), unread=column.unread)
    kind: ColumnType = "date" if column.type == "datetime" else column.type
    return Column(column.name, kind, column.unit, tuple(map(_plain, column.values)), column.unread)


def _plain(value: object) -> Any:
    """A value as it is kept: figures as floats, moments in ISO 8601 by the clock on the wall."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, dt.date):
        return f"{value.isoformat()} 00:00:00"
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def one_form(tables: Sequence[Table]) -> list[list[Table]]:
    """Tables grouped by form: those whose columns carry nearly the same names stand together, in order."""
    groups: list[list[Table]] = []
    for table in tables:
        near = next((group for group in groups if _alike(group[0], table)), None)
        groups.append([table]) if near is None else near.append(table)
    return groups


def union(tables: Sequence[Table], parts: Sequence[str], name: str) -> Table:
    """Tables of one form as one: a column that one of them lacks is empty there; types that differ become text."""
    if len(tables) == 1:
        return tables[0]
    names = dict.fromkeys(column.name for table in tables for column in table.columns)
    columns = tuple(_stacked(name, tables) for name in names)
    places = tuple(place for table in tables for place in table.places)
    said = tuple(part for table, part in zip(tables, parts, strict=True) for _ in table.places)
    return Table(name, columns, places, said, _together(tables))


def _together(tables: Sequence[Table]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for table in tables for said in table.left_out))


# -- columns -------------------------------------------------------------------------------------------------


def _column(name: str, unit: str, values: Sequence[object]) -> Column:
    """A column with the type of at least nine in ten of its cells; words when there is none."""
    texts = [unicodedata.normalize("NFKC", text) for value in values if any(map(str.isdigit, text := shown(value)))]
    convention = decide(texts, name)
    cells = [cell(value, convention) for value in values]
    filled = [item for item in cells if item.type != "empty"]
    kind = Counter(item.type for item in filled).most_common(1)[0][0] if filled else "text"
    units = {item.unit for item in filled if item.type == "number"} - {""}
    fitting = [item for item in filled if item.type == kind]
    if kind == "text" or kind == "empty" or len(fitting) < USUAL * len(filled) or len(units) > 1:
        return _words(name, unit, values)
    made = tuple(_meant(item) if item.type == kind else None for item in cells)
    return Column(name, kind, unit or next(iter(units), ""), made, len(filled) - len(fitting))


def _meant(item: Cell) -> Any:
    if item.type == "date":
        return _plain(dt.datetime.fromisoformat(str(item.value)))
    return float(item.value) if item.type == "number" else item.value  # type: ignore[arg-type]


def _words(name: str, unit: str, values: Sequence[object]) -> Column:
    """A column of words, or of times of day when they are."""
    said = [shown(value) or None for value in values]
    times = [_clock(text) if text else None for text in said]
    told = sum(text is not None for text in said)
    if told and sum(time is not None for time in times) >= USUAL * told:
        return Column(name, "time", "", tuple(times), told - sum(time is not None for time in times))
    return Column(name, "text", unit, tuple(said))


def _clock(text: str) -> str | None:
    """A time of day as HH:MM:SS; the 24th hour is none, it belongs to the next day."""
    match = _CLOCK.fullmatch(text)
    if not match or int(match[1]) > 23:
        return None
    return f"{int(match[1]):02}:{match[2]}:{match[3] or '00'}"


def _moments(columns: Sequence[Column]) -> list[Column]:
    """The first column of days takes its time of day from the one of times right behind it, which it replaces."""
    made = list(columns)
    for number, (day, time) in enumerate(pairwise(columns)):
        if (day.type, time.type) == ("date", "time") and all((v or "").endswith("00:00:00") for v in day.values if v):
            values = [(d and t and f"{d[:10]} {t}") or d for d, t in zip(day.values, time.values, strict=True)]
            made[number : number + 2] = [replace(day, values=tuple(values))]
            break
    return made


def _without_codes(columns: Sequence[Column]) -> list[Column]:
    """Columns of figures without the code for "not measured": a value far outside that returns again and again; what
    is one in one column of a table is one in each where it is the lowest or highest and returns."""
    codes = {found for column in columns if column.type == "number" and (found := code(column.values)) is not None}
    return [_without(column, codes) if column.type == "number" and codes else column for column in columns]


def _without(column: Column, codes: set[float]) -> Column:
    count = Counter(value for value in column.values if value is not None)
    found = next((c for c in codes if count[c] >= REPEATED and c in (min(count), max(count))), None)
    if found is None:
        return column
    return replace(column, values=tuple(None if v == found else v for v in column.values), missing=found)


def _distinct(names: Sequence[str]) -> list[str]:
    """Names that differ without regard to case, as SQL wants them."""
    seen: Counter[str] = Counter()
    result = []
    for number, name in enumerate(names, start=1):
        name = name or f"column {number}"
        seen[name.casefold()] += 1
        result.append(name if seen[name.casefold()] == 1 else f"{name} ({seen[name.casefold()]})")
    return result


# -- unions --------------------------------------------------------------------------------------------------


def _alike(one: Table, other: Table) -> bool:
    a, b = ({unicodedata.normalize("NFKC", c.name).casefold() for c in table.columns} for table in (one, other))
    return len(a & b) >= ALIKE * len(a | b)


def _stacked(name: str, tables: Sequence[Table]) -> Column:
    own = [next((c for c in table.columns if c.name == name), None) for table in tables]
    types = {column.type for column in own if column and any(v is not None for v in column.values)}
    kind: ColumnType = next(iter(types)) if len(types) == 1 else "text"
    values = [
        v if v is None or len(types) < 2 else shown(v)
        for column, table in zip(own, tables, strict=True)
        for v in (column.values if column else (None,) * len(table))
    ]
    known = [column for column in own if column]
    units = {column.unit for column in known}
    return Column(
        name, kind, units.pop() if len(units) == 1 else "", tuple(values), sum(c.unread for c in known),
        next((c.missing for c in known if c.missing is not None), None),
    )  # fmt: skip
