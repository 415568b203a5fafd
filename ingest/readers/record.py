"""A record of figures over time: which column tells the time, which measure, which say who measured; and all its values.

Decided from the head of the file: where its header is (behind a preamble, above a row of units), the column of time (or
one of days and one of clock times). Decided from all of it: what is a sentinel and no value, a number that only counts
rows, and which labels part several records in one file.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ingest.text.cells import GAPS, UNITS, cell, date, shown

from ..text.columns import Column, Columns, Value
from ..text.convention import ORDERS, PLAIN, Convention, decide, usual
from .grid import header_height, names
from .rows import Row, blank

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
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
_SENTINEL = re.compile(r"-?9{3,}(?:\.[09]+)?|-99(?:\.[09]+)?|-32768(?:\.0)?|32767(?:\.0)?|65535(?:\.0)?")
FAR = 5.0
"""A number that devices write for nothing is one when it is this many times as far out as all others."""


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


@dataclass(slots=True)
class Record:
    """All values of a file: `at` is seconds by the clock on the wall, `offsets` seconds east of UTC or NaN, `rows` its row.

    `values` and `labels` are by column; a value that is missing is NaN, a label is an index into `words`.
    """

    layout: Layout
    rows: array[int] = field(default_factory=lambda: array("q"))
    at: array[float] = field(default_factory=lambda: array("d"))
    offsets: array[float] = field(default_factory=lambda: array("d"))
    values: dict[int, array[float]] = field(default_factory=dict)
    labels: dict[int, array[int]] = field(default_factory=dict)
    words: dict[int, dict[str, int]] = field(default_factory=dict)
    skipped: int = 0
    odd: dict[int, list[str]] = field(default_factory=dict)
    """Cells of a column of figures that are none."""


# -- layout ----------------------------------------------------------------------------------------------


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
    """Rows that may be the header: as wide as most, and all words; the first row of the file first."""
    widths = Counter(_filled(row) for row in rows)
    usual_width = widths.most_common(1)[0][0]
    for number, row in enumerate(rows[:PREAMBLE]):
        words = [shown(value) for value in row if not blank(value)]
        if len(words) >= min(2, usual_width) and any(not any(map(str.isdigit, word)) for word in words):
            yield number


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
    if (
        said
        and all(unit in UNITS or not any(map(str.isdigit, unit)) for unit in said)
        and any(u in UNITS for u in said)
    ):
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
        joined = [_joined(day, time) for day, time in zip(column, columns[clock], strict=True)]
        told = _ordered(joined, conventions[i])
        if i != clock and _tells_time(joined, told, False):
            return i, clock, told
    return None


def _share(column: Sequence[object], fits: Callable[[object], bool]) -> float:
    filled = [value for value in column if not blank(value)]
    return sum(map(fits, filled)) / len(filled) if filled else 0.0


def _is_clock(value: object) -> bool:
    return isinstance(value, dt.time) or bool(_CLOCK.fullmatch(unicodedata.normalize("NFKC", shown(value))))


def _joined(day: object, clock: object) -> str:
    return f"{shown(day)} {shown(clock)}"


def _ordered(column: Sequence[object], convention: Convention) -> Convention:
    """The convention with the order of day and month under which the moments of a record lie closest together."""
    if not convention.unclear or convention.order:
        return convention
    best, least = convention, float("inf")
    for order in ORDERS:
        one = replace(convention, order=order, unclear="")
        known = [found[0] for value in column if (found := instant(value, one))]
        if len(known) == len(column) and known[-1] - known[0] < least and known == sorted(known):
            best, least = one, known[-1] - known[0]
    return best


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


# -- reading ---------------------------------------------------------------------------------------------


def read(rows: Iterable[Row], found: Layout) -> Record:
    """All of a record; `rows` begins with the first row of the file."""
    record = Record(found)
    record.values = {i: array("d") for i in found.values}
    record.labels = {i: array("q") for i in found.labels}
    record.words = {i: {} for i in found.labels}
    for number, row in enumerate(rows, start=1):
        if number > found.data:
            _add(record, row, number)
    return record


def _add(record: Record, row: Row, number: int) -> None:
    found = record.layout
    value = row[found.time] if found.time < len(row) else None
    if found.clock is not None:
        value = _joined(value, row[found.clock] if found.clock < len(row) else None)
    moment = instant(value, found.conventions[found.time], numbers=found.numbers)
    if moment is None:
        record.skipped += any(not blank(value) for value in row)
        return
    record.rows.append(number)
    record.at.append(moment[0])
    record.offsets.append(float("nan") if moment[1] is None else moment[1])
    for i, column in record.values.items():
        column.append(_figure(record, i, row[i] if i < len(row) else None))
    for i, said in record.labels.items():
        words = record.words[i]
        said.append(words.setdefault(shown(row[i]) if i < len(row) else "", len(words)))


def _figure(record: Record, column: int, value: object) -> float:
    item = cell(value, record.layout.conventions[column])
    if item.type == "number" and isinstance(item.value, (int, float)):
        return float(item.value)
    if item.type != "empty":
        record.odd.setdefault(column, []).append(shown(value))
    return float("nan")


def sentinels(values: Floats) -> Floats:
    """The numbers among values that stand for nothing (-9999, 65535): written by devices, and far out of all others."""
    known = values[~np.isnan(values)]
    odd = [value for value in np.unique(known) if _SENTINEL.fullmatch(shown(float(value)))]
    rest = known[~np.isin(known, odd)]
    if not odd or not len(rest):
        return np.array([])
    low, high = float(rest.min()), float(rest.max())
    reach = max(high - low, abs(high), abs(low), 1e-9)
    return np.array([value for value in odd if (value < 0 <= low) or max(low - value, value - high) > FAR * reach])


def is_count(values: Floats) -> bool:
    """Whether whole numbers only count the rows: each is one more than the one before."""
    return len(values) > LEAST and bool(np.all(np.diff(values) == 1))


def parting(record: Record) -> tuple[int, ...]:
    """The columns that part several records in one file: the fewest under which no moment comes twice; none when none do."""
    at = np.frombuffer(record.at)
    moments = np.unique(at, return_inverse=True)[1]
    if len(at) < 2 or moments.max() + 1 > 0.9 * len(at):
        return ()
    candidates = [(i, codes(record, i)) for i in (*record.layout.labels, *_ids(record))]
    candidates = [(i, found) for i, found in candidates if found.max() > 0]
    for size in (1, 2, 3):
        for chosen in itertools.combinations(candidates, size):
            if _unique(moments, [found for _, found in chosen]) > 0.95 * len(at):
                return tuple(i for i, _ in chosen)
    best = max(candidates, key=lambda one: _unique(moments, [one[1]]), default=None)
    return (best[0],) if best and _unique(moments, [best[1]]) > 1.5 * (moments.max() + 1) else ()


def _ids(record: Record) -> Iterator[int]:
    """Columns of whole numbers of which there are few: a station's number is a name. Never the only figures of a record."""
    most = min(MAX_LABELS, len(record.at) // 8)
    for i, column in record.values.items() if len(record.values) > 1 else ():
        values = np.frombuffer(column)
        known = values[~np.isnan(values)]
        if len(known) == len(values) and np.all(known == np.floor(known)) and len(np.unique(known)) <= most:
            yield i


def codes(record: Record, column: int) -> Ints:
    """A number for what each row says in a column of labels or ids."""
    if column in record.labels:
        return np.frombuffer(record.labels[column], dtype=np.int64)
    return np.unique(np.frombuffer(record.values[column]), return_inverse=True)[1].astype(np.int64)


def _unique(moments: Ints, codes: Sequence[Ints]) -> int:
    """How many different moments there are under each combination of labels."""
    key = moments.astype(np.int64)
    for one in codes:
        key = key * (int(one.max()) + 1) + one
    return len(np.unique(key))


def label(record: Record, column: int, index: int) -> str:
    """What a row says in a column of labels or ids."""
    if column in record.labels:
        return next(word for word, code in record.words[column].items() if code == record.labels[column][index])
    return shown(record.values[column][index])


# -- typed -----------------------------------------------------------------------------------------------


def typed(record: Record, name: str, sheet: str, gaps: dict[int, Floats]) -> Columns:
    """The record as typed columns, row by row; sentinels (`gaps`, by column) are missing."""
    found = record.layout
    made = [Column(found.pairs[found.time][0], "datetime", _moments(record))]
    for i in (*found.labels, *found.values):
        if i in record.labels:
            words = {code: word or None for word, code in record.words[i].items()}
            made.append(Column(found.pairs[i][0], "text", [words[code] for code in record.labels[i]]))
        else:
            made.append(Column(found.pairs[i][0], "number", _numbers(record, i, gaps), found.pairs[i][1]))
    left_out = [f"{record.skipped:,} rows without a readable time"] if record.skipped else []
    left_out += [f"column {found.pairs[i][0]}: {len(odd)} cells that are no figures" for i, odd in record.odd.items()]
    return Columns(
        "record", name, tuple(made), record.rows, sheet, found.pairs[found.time][0], left_out=tuple(left_out)
    )


def _moments(record: Record) -> list[Value]:
    zones: dict[float, dt.timezone] = {}
    made: list[Value] = []
    for at, offset in zip(record.at, record.offsets, strict=True):
        moment = dt.datetime.fromtimestamp(at, dt.UTC).replace(tzinfo=None)
        if offset == offset:
            zone = zones.setdefault(offset, dt.timezone(dt.timedelta(seconds=offset)))
            moment = moment.replace(tzinfo=zone)
        made.append(moment)
    return made


def _numbers(record: Record, column: int, gaps: dict[int, Floats]) -> list[Value]:
    values = np.frombuffer(record.values[column])
    absent = np.isnan(values) | np.isin(values, gaps.get(column, np.array([])))
    whole = bool(np.all(values[~absent] == np.floor(values[~absent])))
    return [
        None if gone else int(value) if whole and abs(value) < 1e15 else float(value)
        for value, gone in zip(values, absent, strict=True)
    ]
