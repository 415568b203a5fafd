"""The head of a record: where its header is, which column tells the time, which measure, which say who measured.

Decided from the first rows of a file: the header stands behind a preamble or above a row of units; the moment in one
column, or the day in one and the clock in another.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.text.cells import blank, cell, shown

from ..text.convention import PLAIN, Convention, decide, usual
from .headers import header_height, is_mark, names, of_units
from .moments import is_named, ordered, timed
from .rows import Row

LOOK = 400
"""Rows that are looked at to decide what a file is."""
LEAST = 50
"""Rows a record has at least; what is shorter is a table."""
PREAMBLE = 60
"""Rows before the header at most."""
MAX_LABELS = 200
"""Different words of a column that parts several records."""


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
    """Rows that may be the header, with words: those that are as wide as most first, in the order of the file, each behind
    the one above it that names groups of its columns, and so not the first."""
    widths = Counter(_filled(row) for row in rows)
    usual_width = widths.most_common(1)[0][0]
    found = {number: words for number, row in enumerate(rows[:PREAMBLE]) if (words := _words(row))}
    wide = [number for number, words in found.items() if len(words) >= usual_width]
    for number in wide:
        yield from [number - 1] if number - 1 in found and blank(rows[number - 1][0]) else []
        yield number
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
    pairs = tuple(names([_padded(row, width) for row in rows[start:data] if _filled(row)], width))
    conventions = _conventions(columns, pairs)
    found = timed(columns, pairs, conventions)
    if found is None:
        return None
    time, clock, told = found
    if not any(map(str.isdigit, shown(columns[time][0]))):
        return None  # a line of a preamble that is as wide as the record
    conventions = tuple(told if i == time else one for i, one in enumerate(conventions))
    kinds = ["labels" if is_mark(pairs[i][0]) else kind(column, conventions[i]) for i, column in enumerate(columns)]
    others = [i for i in range(width) if i not in (time, clock)]
    values = tuple(i for i in others if kinds[i] == "figures")
    labels = tuple(i for i in others if kinds[i] == "labels")
    if not values or any(kinds[i] == "words" for i in others):
        return None
    headers = tuple(map(shown, rows[start]))
    return Layout(data, time, values, labels, pairs, conventions, headers, clock, is_named(pairs[time][0]))


def _padded(row: Row, width: int) -> tuple[object, ...]:
    return (*row, *[None] * (width - len(row)))[:width]


def _height(rows: Sequence[Row], start: int) -> int:
    """How many rows the header has, blank ones in it too: a row of units below it belongs to it."""
    width = len(rows[start])
    if start + 1 < len(rows) and of_units(rows[start + 1], rows[start + 2 : start + LEAST]):
        return 2
    filled = [(number, _padded(row, width)) for number, row in enumerate(rows[start : start + 20], 1) if _filled(row)]
    height = max(1, header_height([row for _, row in filled]))
    return filled[height - 1][0]


def _conventions(columns: Sequence[Sequence[object]], pairs: Sequence[tuple[str, str]]) -> tuple[Convention, ...]:
    texts = [_digits(column) for column in columns]
    alone = [decide(found, name) for found, (name, _) in zip(texts, pairs, strict=True)]
    others = usual(alone)
    return tuple(decide(found, name, others) for found, (name, _) in zip(texts, pairs, strict=True))


def _digits(column: Iterable[object]) -> list[str]:
    found = dict.fromkeys(shown(value) for value in column if isinstance(value, str))
    return [unicodedata.normalize("NFKC", text) for text in found if any(map(str.isdigit, text))]


def settled(found: Layout, rows: Callable[[], Iterable[Row]]) -> Layout:
    """The layout once all of the record has decided what its head could not: the order of day and month."""
    told = found.conventions[found.time]
    if not told.unclear:
        return found
    column = [row[found.time] for row in itertools.islice(rows(), found.data, None) if found.time < len(row)]
    told = ordered(column, told, found.pairs[found.time][0])
    return replace(
        found, conventions=tuple(told if i == found.time else one for i, one in enumerate(found.conventions))
    )


def kind(column: Sequence[object], convention: Convention = PLAIN) -> str:
    """'figures', 'labels' (a few words that repeat), 'empty' or 'words'."""
    cells = [item for item in (cell(value, convention) for value in column) if item.type != "empty"]
    if not cells:
        return "empty"
    if sum(item.type == "number" for item in cells) >= 0.9 * len(cells):
        return "figures"
    return "labels" if len({item.value for item in cells}) <= max(2, min(MAX_LABELS, len(cells) // 8)) else "words"
