"""Which labels part several records in one file: who measured, or what.

They share their moments, they take turns, or their figures have different units. Of a state ("running", "stopped") none
of this is true, and it parts nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.text.cells import header, shown

from .record import Record
from .record_head import MAX_LABELS

Ints = NDArray[np.int64]
Candidate = tuple[int, Ints]
"""A column and a number for what each of its rows says."""
TURNS = 0.8
"""Share of rows, at least, in which each label comes again when all others have come, where they take turns."""
FIRST = 20_000
"""Rows that show whether labels take turns."""
DAY = 86_400


def parting(record: Record) -> tuple[int, ...]:
    """The columns that part several records in one file; none when none do."""
    return _by_moments(record) or _by_turns(record) or _by_units(record)


def _by_moments(record: Record) -> tuple[int, ...]:
    """The fewest columns under which no moment comes twice, where moments do."""
    at = np.frombuffer(record.at)
    moments = np.unique(at, return_inverse=True)[1]
    if len(at) < 2 or moments.max() + 1 > 0.9 * len(at):
        return ()
    candidates = _varied(record, (*record.layout.labels, *_ids(record)))
    for size in (1, 2, 3):
        for chosen in itertools.combinations(candidates, size):
            if _unique(moments, [found for _, found in chosen]) > 0.95 * len(at):
                return tuple(i for i, _ in chosen)
    best = max(candidates, key=lambda one: _unique(moments, [one[1]]), default=None)
    return (best[0],) if best and _unique(moments, [best[1]]) > 1.5 * (moments.max() + 1) else ()


def _by_turns(record: Record) -> tuple[int, ...]:
    """The fewest columns whose labels take turns, and those that take none alone but do so with these.

    Who measures stands before some of what is measured; behind all of it stand remarks, the wind, units.
    """
    at = np.frombuffer(record.at)[:FIRST]
    if len(at) < 2:
        return ()
    units, last = unit_column(record), max(record.layout.values)
    before = [i for i in record.layout.labels if i < last and i != units]
    candidates = [(i, found[:FIRST]) for i, found in _varied(record, before)]
    for size in (1, 2, 3):
        for chosen in itertools.combinations(candidates, size):
            if _take_turns(at, chosen):
                return tuple(sorted(i for i, _ in _more(at, chosen, candidates)))
    return ()


def _more(at: NDArray[np.float64], chosen: Sequence[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    found = list(chosen)
    for one in candidates:
        finer = _joint([*found, one]).max() > _joint(found).max()
        if finer and not _take_turns(at, [one]) and _take_turns(at, [*found, one]):
            found.append(one)
    return found


def _take_turns(at: NDArray[np.float64], chosen: Sequence[Candidate]) -> bool:
    """Whether each label comes again when all others have come, and not just with the days, as the names of hours do."""
    codes = _joint(chosen)
    count = int(codes.max()) + 1
    order = np.argsort(codes, kind="stable")
    again = np.diff(codes[order]) == 0
    turns = again & (np.diff(order) == count)
    if turns.sum() < TURNS * len(codes):
        return False
    return bool(np.median(np.diff(at[order])[turns]) % DAY)


def _by_units(record: Record) -> tuple[int, ...]:
    """Where units vary from row to row: the fewest columns under which they don't, or that of the units itself."""
    units = unit_column(record)
    if units is None or said_unit(record, units):
        return ()
    candidates = _varied(record, (i for i in record.layout.labels if i != units))
    said = (units, codes(record, units))
    for size in (1, 2):
        for chosen in itertools.combinations(candidates, size):
            if _joint([*chosen, said]).max() == _joint(chosen).max():
                return tuple(i for i, _ in chosen)
    return (units,)


def unit_column(record: Record, keys: Sequence[int] = ()) -> int | None:
    """A column whose words are all units: beside `keys` that part the record, or the only one of them.

    Letters that are alone are taken for units only beside keys: machines A and B are called so, not only amperes and bytes.
    """
    for i in record.layout.labels:
        words = [word for word in record.words[i] if word]
        letters = all(len(word) == 1 and "A" <= word <= "Z" for word in words)
        free = i not in keys if letters and keys else not letters and (i not in keys or len(keys) == 1)
        if free and words and all(header(f"x ({word})")[1] for word in words):
            return i
    return None


def said_unit(record: Record, units: int) -> str:
    """The one unit that a column says of the whole record; "" where it says several."""
    words = [word for word in record.words[units] if word]
    return words[0] if len(words) == 1 else ""


def _varied(record: Record, columns: Iterator[int] | Sequence[int]) -> list[Candidate]:
    """Columns that don't say the same in all rows."""
    found = [(i, codes(record, i)) for i in columns]
    return [(i, one) for i, one in found if one.max() > 0]


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


def _joint(chosen: Sequence[Candidate]) -> Ints:
    """A number for what each row says in several columns."""
    key = np.zeros(len(chosen[0][1]), dtype=np.int64)
    for _, one in chosen:
        key = np.unique(key * (int(one.max()) + 1) + one, return_inverse=True)[1].astype(np.int64)
    return key


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
