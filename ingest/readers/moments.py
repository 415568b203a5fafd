"""Which column of a table tells the time, and how: the moment in one column, or the day in one and the clock in another."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from ingest.text.cells import blank, cell, date, shown
from ingest.text.language import JAPANESE

from ..text.convention import ORDERS, PLAIN, Convention

TIME_NAMES = ("time", "timestamp", "datetime", "date", "ts", "日時", "時刻", "計測日時", "測定日時")
HOUR_NAMES = ("hour", "hr", "time", "時", "時刻", "時間帯")
DAY = 86_400
EVEN = 0.7
"""Share of the steps between moments that are of one length, at least, in what a logger wrote."""
A_DAY = 3
"""Rows of a day, at least, of which hours are told."""
_HOUR = re.compile(r"(\d{1,2})時?")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?|\d{1,2}時\d{1,2}分(?:\d{1,2}秒)?")
_STRETCH = re.compile(r"(?<=\d )(?P<start>\d{2}:\d{2})-(?P<end>\d{2}:\d{2})$")
"""A stretch of a day, `10:00-11:00`, or a clock without seconds and its offset from UTC."""
OFFSETS = 2
"""Different offsets from UTC in a record at most: that of winter and that of summer."""


def is_named(name: str) -> bool:
    return name.lower() in TIME_NAMES


def timed(
    columns: Sequence[Sequence[object]], pairs: Sequence[tuple[str, str]], conventions: Sequence[Convention]
) -> tuple[int, int | None, Convention] | None:
    """The column of time, the column of clock times beside one of days, and how it is written."""
    for i, column in enumerate(columns):
        told = ordered(column, conventions[i], pairs[i][0])
        if _tells_time(column, told, is_named(pairs[i][0])):
            return i, None, told
    hours = {i for i, column in enumerate(columns) if _hours(column, pairs[i][0])}
    clocks = [i for i, column in enumerate(columns) if i in hours or _are_clocks(column)]
    for clock, (i, column) in itertools.product(clocks, enumerate(columns)):
        if clock in hours and A_DAY * len(set(map(shown, column))) > len(column):
            continue
        moments = [joined(day, time) for day, time in zip(column, columns[clock], strict=True)]
        told = ordered(moments, conventions[i], pairs[i][0])
        if i != clock and _tells_time(moments, told, False):
            return i, clock, told
    return None


def logged(
    columns: Sequence[Sequence[object]], pairs: Sequence[tuple[str, str]], conventions: Sequence[Convention]
) -> bool:
    """Whether a table is what a logger wrote: nothing but figures at even moments."""
    found = timed(columns, pairs, conventions)
    if found is None:
        return False
    day, clock, told = found
    moments = columns[day] if clock is None else list(map(joined, columns[day], columns[clock]))
    others = (value for i, column in enumerate(columns) if i not in (day, clock) for value in column)
    return _evenly(moments, told) and not any(cell(value).type == "text" for value in others)


def _evenly(moments: Sequence[object], convention: Convention) -> bool:
    """Whether moments follow each other mostly in steps of one length that divides a day."""
    known = [found[0] for value in moments if (found := instant(value, convention))]
    steps = [b - a for a, b in itertools.pairwise(known)]
    usual = min((step for step in steps if step > 0), default=0.0)
    return len(steps) > 2 and usual > 0 and DAY % usual == 0 and steps.count(usual) >= EVEN * len(steps)


def _are_clocks(column: Sequence[object]) -> bool:
    filled, missed = [value for value in column if not blank(value)], 0
    for value in filled:
        missed += not _is_clock(value)
        if missed >= 0.05 * len(filled):
            return False
    return bool(filled)


def _is_clock(value: object) -> bool:
    return isinstance(value, dt.time) or bool(_CLOCK.fullmatch(unicodedata.normalize("NFKC", shown(value))))


def _hours(column: Sequence[object], name: str) -> bool:
    """Whether figures are the hours of a day: all are, and their name says so or they run from 0 to 23."""
    said: set[int] = set()
    for text in filter(None, map(shown, column)):
        hour = _HOUR.fullmatch(text)
        if hour is None or int(hour[1]) > 24:
            return False
        said.add(int(hour[1]))
    return bool(said) and (name.lower() in HOUR_NAMES or (min(said), max(said)) == (0, 23))


def joined(day: object, clock: object) -> str:
    """A day and its clock, or its hour, in one text."""
    hour = _HOUR.fullmatch(shown(clock))
    return f"{shown(day)} {hour[1]}:00" if hour else f"{shown(day)} {shown(clock)}"


def ordered(column: Sequence[object], convention: Convention, name: str = "") -> Convention:
    """The convention with the order of day and month under which most moments can be read, run forward and lie closest
    together. It stays unclear where two orders do so alike: the year stands first then where the header is Japanese."""
    if not convention.unclear:
        return convention
    orders = sorted(ORDERS, key=lambda order: order != "ymd") if JAPANESE.search(name) else ORDERS
    fits = {order: fit for order in orders if (fit := _fit(column, replace(convention, order=order)))}
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


def _tells_time(column: Sequence[object], convention: Convention, named: bool) -> bool:
    """A column of moments that hardly ever goes back and has times of day."""
    known: list[float] = []
    for count, value in enumerate(column, 1):
        if found := instant(value, convention, numbers=named):
            known.append(found[0])
        elif count - len(known) > 0.05 * len(column):
            return False
    forward = sum(b >= a for a, b in itertools.pairwise(known)) / max(1, len(known) - 1)
    if _are_stretches(column):
        return False
    return forward >= 0.95 and max(known) > known[0] and any(moment % 86_400 for moment in known)


def _are_stretches(column: Sequence[object]) -> bool:
    """Whether stretches stand behind days, not clocks with an offset: they end in several ways, late, or all after they start."""
    found = [match for value in column if isinstance(value, str) and (match := _STRETCH.search(value))]
    ends = {match["end"] for match in found}
    after = all(match["start"] < match["end"] for match in found)
    return bool(ends) and (len(ends) > OFFSETS or max(ends) > "12:00" or after)


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
