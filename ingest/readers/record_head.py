"""The head of a record: where its header is, which column tells the time, which measure, which say who measured.

Decided from the first rows of a file: the header stands behind a preamble or above a row of units; the moment in one
column, or the day in one and the clock in another.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.text.cells import GAPS, UNITS, cell, date, shown

from ..text.convention import ORDERS, PLAIN, Convention, decide, usual
from .grid import header_height, names
from .rows import Row, blank

LOOK = 400
"""Rows that are looked at to decide what a file is."""
LEAST = 50
"""Rows a record has at least; what is shorter is a table."""
PREAMBLE = 60
"""Rows before the header at most."""
MAX_LABELS = 200
"""Different words of a column that parts several records."""
TIME_NAMES = ("time", "timestamp", "datetime", "date", "ts", "日時", "時刻", "計測日時", "測定日時")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?|\d{1,2}時\d{1,2}分(?:\d{1,2}秒)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns mean what: indices into a row.

    Attributes:
        data: the first row of data.
        time, clock: the column of the moment; where days and clock times stand apart, the first of days, the other of clocks.
        values: columns of figures.
        labels: columns of few words that repeat.
        pairs: name and unit of every column.
        headers: what stands above every column.
        conventions: how every column is written.
    """

    data: int
    time: int
    values: tuple[int, ...]
    labels: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...]
    conventions: tuple[Convention, ...]
    headers: tuple[str, ...] = ()
    clock: int | None = None
    numbers: bool = True


def layout(rows: Sequence[Row]) -> Layout | None:
    """What the columns of a record mean, from its first rows; None when it is not one."""
    if len(rows) <= LEAST:
        return None
    for start in _headers(rows):
        found = _layout(rows, start)
        if found:
            return found
    return None


def _headers(rows: Sequence[Row]) -> Iterator[int]:
    """Rows that may be the header, with words: those that are as wide as most first, in the order of the file."""
    widths = Counter(_filled(row) for row in rows)
    usual_width = widths.most_common(1)[0][0]
    found = {number: words for number, row in enumerate(rows[:PREAMBLE]) if (words := _words(row))}
    wide = [number for number, words in found.items() if len(words) >= usual_width]
    yield from wide
    yield from (number for number, words in found.items() if number not in wide and len(words) >= min(2, usual_width))


def _words(row: Row) -> list[str]:
    """What stands in a row, if anything of it is a word."""
    said = [shown(value) for value in row if not blank(value)]
    return said if any(not any(map(str.isdigit, word)) for word in said) else []


def _filled(row: Row) -> int:
    return sum(not blank(value) for value in row)


def _layout(rows: Sequence[Row], start: int) -> Layout | None:
    width = len(rows[start])
    height = _height(rows, start)
    data = start + height
    body = [row for row in rows[data:] if _filled(row)]
    columns = [[row[i] if i < len(row) else None for row in body] for i in range(width)]
    if len(body) < LEAST:
        return None
    pairs = tuple(names([_padded(row, width) for row in rows[start:data]], width))
    conventions = _conventions(columns, pairs)
    timed = _time(columns, pairs, conventions)
    if timed is None:
        return None
    time, clock, told = timed
    conventions = tuple(told if i == time else one for i, one in enumerate(conventions))
    kinds = [kind(column, conventions[i]) for i, column in enumerate(columns)]
    others = [i for i in range(width) if i not in (time, clock)]
    values = tuple(i for i in others if kinds[i] == "figures")
    labels = tuple(i for i in others if kinds[i] == "labels")
    if not values or any(kinds[i] == "words" for i in others):
        return None
    headers = tuple(map(shown, rows[start]))
    return Layout(data, time, values, labels, pairs, conventions, headers, clock, _named(pairs[time][0]))


def _padded(row: Row, width: int) -> tuple[object, ...]:
    return (*row, *[None] * (width - len(row)))[:width]


def _height(rows: Sequence[Row], start: int) -> int:
    """How many rows the header has: a row of units below it belongs to it."""
    width = len(rows[start])
    below = [shown(value) for value in rows[start + 1]] if start + 1 < len(rows) else []
    said = [unit.strip("[]() ") for unit in below if unit and unit not in GAPS]
    plain = [cell(unit).type == "text" for unit in said]
    if said and all(plain) and any(unit in UNITS for unit in said):
        return 2
    return max(1, header_height([_padded(row, width) for row in rows[start : start + 20]]))


def _conventions(columns: Sequence[Sequence[object]], pairs: Sequence[tuple[str, str]]) -> tuple[Convention, ...]:
    texts = [_digits(column) for column in columns]
    alone = [decide(found, name) for found, (name, _) in zip(texts, pairs, strict=True)]
    others = usual(alone)
    return tuple(decide(found, name, others) for found, (name, _) in zip(texts, pairs, strict=True))


def _digits(column: Iterable[object]) -> list[str]:
    found = dict.fromkeys(shown(value) for value in column if isinstance(value, str))
    return [unicodedata.normalize("NFKC", text) for text in found if any(map(str.isdigit, text))]


def _named(name: str) -> bool:
    return name.lower() in TIME_NAMES


def _time(
    columns: Sequence[Sequence[object]], pairs: Sequence[tuple[str, str]], conventions: Sequence[Convention]
) -> tuple[int, int | None, Convention] | None:
    """The column of time, the column of clock times beside one of days, and how it is written."""
    for i, column in enumerate(columns):
        told = _ordered(column, conventions[i])
        if _tells_time(column, told, _named(pairs[i][0])):
            return i, None, told
    clocks = [i for i, column in enumerate(columns) if _share(column, _is_clock) > 0.95]
    for clock, (i, column) in itertools.product(clocks, enumerate(columns)):
        moments = [joined(day, time) for day, time in zip(column, columns[clock], strict=True)]
        told = _ordered(moments, conventions[i])
        if i != clock and _tells_time(moments, told, False):
            return i, clock, told
    return None


def _share(column: Sequence[object], fits: Callable[[object], bool]) -> float:
    filled = [value for value in column if not blank(value)]
    return sum(map(fits, filled)) / len(filled) if filled else 0.0


def _is_clock(value: object) -> bool:
    return isinstance(value, dt.time) or bool(_CLOCK.fullmatch(unicodedata.normalize("NFKC", shown(value))))


def joined(day: object, clock: object) -> str:
    return f"{shown(day)} {shown(clock)}"


def _ordered(column: Sequence[object], convention: Convention) -> Convention:
    """The convention with the order of day and month under which most moments can be read, run forward and lie closest
    together. It stays unclear where two orders do so alike."""
    if not convention.unclear:
        return convention
    fits = {order: fit for order in ORDERS if (fit := _fit(column, replace(convention, order=order)))}
    if not fits:
        return convention
    best = max(fits, key=lambda order: fits[order])
    alike = sum(fit == fits[best] for fit in fits.values()) > 1
    return replace(convention, order=best, unclear=convention.unclear if alike else "")


def _fit(column: Sequence[object], convention: Convention) -> tuple[int, int, float] | None:
    """How many moments can be read, how seldom they go back, and how close together they lie; more is better."""
    known = [found[0] for value in column if (found := instant(value, convention))]
    back = sum(b < a for a, b in itertools.pairwise(known))
    return (len(known), -back, known[0] - known[-1]) if known else None


def settled(found: Layout, rows: Callable[[], Iterable[Row]]) -> Layout:
    """The layout once all of the record has decided what its head could not: the order of day and month."""
    told = found.conventions[found.time]
    if not told.unclear:
        return found
    column = [row[found.time] for row in itertools.islice(rows(), found.data, None) if found.time < len(row)]
    told = _ordered(column, told)
    return replace(
        found, conventions=tuple(told if i == found.time else one for i, one in enumerate(found.conventions))
    )


def _tells_time(column: Sequence[object], convention: Convention, named: bool) -> bool:
    """A column of moments that hardly ever goes back and has times of day."""
    known = [found[0] for value in column if (found := instant(value, convention, numbers=named))]
    if len(known) < 0.95 * len(column):
        return False
    forward = sum(b >= a for a, b in itertools.pairwise(known)) / max(1, len(known) - 1)
    return forward >= 0.95 and max(known) > known[0] and any(moment % 86_400 for moment in known)


def kind(column: Sequence[object], convention: Convention = PLAIN) -> str:
    """'figures', 'labels' (a few words that repeat), 'empty' or 'words'."""
    cells = [item for item in (cell(value, convention) for value in column) if item.type != "empty"]
    if not cells:
        return "empty"
    if sum(item.type == "number" for item in cells) >= 0.9 * len(cells):
        return "figures"
    return "labels" if len({item.value for item in cells}) <= max(2, min(MAX_LABELS, len(cells) // 8)) else "words"


def instant(
    value: object, convention: Convention = PLAIN, *, numbers: bool = True
) -> tuple[float, float | None] | None:
    """Seconds since 1970 by the clock on the wall, and seconds east of UTC where the offset is written.

    Numbers are seconds or milliseconds since 1970.
    """
    if isinstance(value, dt.datetime):
        return _seconds(value)
    text = shown(value)
    try:
        return _seconds(dt.datetime.fromisoformat(text))
    except ValueError:
        pass
    found = date(unicodedata.normalize("NFKC", text), convention)
    if found:
        return _seconds(found)
    item = cell(value)
    if item.type != "number" or not numbers or not isinstance(item.value, (int, float)):
        return None
    size = float(item.value)
    return (size / 1000, None) if 1e11 < size < 1e13 else (size, None) if 1e8 < size < 1e10 else None


def _seconds(moment: dt.datetime) -> tuple[float, float | None]:
    offset = moment.utcoffset()
    return moment.replace(tzinfo=dt.UTC).timestamp(), None if offset is None else offset.total_seconds()
