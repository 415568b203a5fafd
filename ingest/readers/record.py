"""A record of figures over time: all its values, and what is decided from all of them.

Which are sentinels and no values, which numbers only count the rows, and which labels part several records in one file.
"""

from __future__ import annotations

import datetime as dt
import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.text.cells import blank, cell, shown

from ..text.columns import Column, Columns, Value
from .moments import instant, joined
from .record_head import LEAST, MAX_LABELS, Layout
from .rows import Row

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        value = joined(value, row[found.clock] if found.clock < len(row) else None)
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
