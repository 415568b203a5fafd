"""A record of figures over time: all its values, and what is decided from all of them.

Which are sentinels and no values, and which numbers only count the rows; `parting` says which labels part several records.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.text.cells import blank, cell, shown

from ..text.columns import Column, Columns, Value
from .moments import instant, joined
from .record_head import LEAST, Layout
from .rows import Row

Floats = NDArray[np.float64]
COUNTED = ((86_400.0, -25_569 * 86_400.0), (1.0, 0.0), (0.001, 0.0))
"""How programs count moments, in seconds and from 1970: days since 1899-12-30 (sheets), seconds and milliseconds since 1970."""
QUARTER, FARTHEST, MINUTE = 900.0, 14 * 3_600.0, 60.0
"""Offsets of zones are quarters of an hour, up to 14 hours; a clock may leave out its seconds."""


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


def is_moment(values: Floats, at: Floats) -> bool:
    """Whether figures tell the moments of their rows again, as programs count them, by the clock of any zone."""
    known = ~np.isnan(values)
    for size, start in COUNTED:
        off = values[known] * size + start - at[known]
        beside = off - QUARTER * np.round(off / QUARTER)
        if known.sum() > LEAST and np.abs(off).max() <= FARTHEST and np.abs(beside).max() <= MINUTE:
            return True
    return False


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
