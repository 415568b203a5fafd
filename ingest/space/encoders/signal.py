"""A measured series, its statistics, and what follows from its definition: gaps, flat lines, crossed limits, extremes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EventKind = Literal["excursion", "extreme", "level", "drift", "flat", "gap", "limit", "pattern"]
REGULAR = 0.9
"""Share of pauses that are as long as the usual one, from which on a single longer one is a missing value."""
GAP = 4.0
"""A pause of this many sampling intervals is a gap."""
MAX_WINDOWS = 62


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured quantity over time.

    Attributes:
        quantity: what is measured, in words: "spindle temperature".
        unit: "°C"; empty when it is not known.
        times: seconds since 1970 by the clock on the wall, ascending, shape [n].
        values: shape [n], finite.
        low, high: limits that must not be crossed, if they are known.
    """

    quantity: str
    unit: str
    times: Floats
    values: Floats
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of time in which something happened, in seconds; `facts` are its numbers, `wording` its words."""

    kind: EventKind
    start: float
    end: float
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar stretch of a series ("day", "hour", ...) with its statistics."""

    start: float
    end: float
    span: str
    facts: dict[str, Any]


def interval(times: Floats) -> float:
    """The usual time between two samples, in seconds."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1.0


def spread(x: Floats) -> float:
    """Robust standard deviation: 1.4826 MAD, or 1.2533 times the mean deviation where more than half are equal."""
    x = x[np.isfinite(x)]
    if not len(x):
        return 0.0
    off = np.abs(x - np.median(x))
    return float(1.4826 * np.median(off) or 1.2533 * off.mean())


def gaps(signal: Signal) -> list[Event]:
    """Pauses much longer than the usual sampling interval; from the last sample before to the first after."""
    step = interval(signal.times)
    steps = np.diff(signal.times)
    found = np.flatnonzero(steps > GAP * step)
    return [
        Event("gap", float(signal.times[i]), float(signal.times[i + 1]), {"missing": round(float(steps[i] / step)) - 1})
        for i in found
    ]


def single_gaps(signal: Signal) -> int:
    """How many values are missing in pauses too short for a gap; of a signal that is not sampled regularly, none."""
    step = interval(signal.times)
    steps = np.diff(signal.times)
    if np.mean(np.abs(steps - step) <= 0.05 * step) < REGULAR:
        return 0
    short = steps[(steps > 1.5 * step) & (steps <= GAP * step)]
    return int(np.sum(np.round(short / step) - 1))


def flats(signal: Signal) -> list[Event]:
    """Runs of one value that last far longer than the others: a stuck sensor or a machine at rest."""
    edges = np.concatenate(([0], np.flatnonzero(np.diff(signal.values)) + 1, [len(signal.values)]))
    runs = np.diff(edges)
    if len(runs) < 10:
        return []
    limit = max(12, 20 * float(np.median(runs)), 3 * float(np.percentile(runs, 99)))
    return [
        Event(
            "flat",
            float(signal.times[edges[i]]),
            float(signal.times[edges[i + 1] - 1]),
            {"value": float(signal.values[edges[i]])},
        )
        for i in np.flatnonzero(runs >= limit)
    ]


def crossings(signal: Signal) -> list[Event]:
    """Stretches above the upper or below the lower limit; pauses of up to three samples do not part them."""
    events = []
    for limit, sign in ((signal.high, 1), (signal.low, -1)):
        if limit is None:
            continue
        over = np.flatnonzero(sign * signal.values > sign * limit)
        for part in np.split(over, np.flatnonzero(np.diff(over) > 3) + 1) if len(over) else ():
            peak = part[np.argmax(sign * signal.values[part])]
            facts: dict[str, Any] = {
                "limit": limit,
                "value": float(signal.values[peak]),
                "at": float(signal.times[peak]),
            }
            facts["direction"] = "up" if sign > 0 else "down"
            events.append(Event("limit", float(signal.times[part[0]]), float(signal.times[part[-1]]), facts))
    return events


def extremes(signal: Signal) -> list[Event]:
    """The highest and the lowest value of the whole record."""
    if np.ptp(signal.values) == 0:
        return []
    at = {"up": int(np.argmax(signal.values)), "down": int(np.argmin(signal.values))}
    return [
        Event(
            "extreme",
            float(signal.times[i]),
            float(signal.times[i]),
            {"value": float(signal.values[i]), "direction": name},
        )
        for name, i in at.items()
    ]


def statistics(times: Floats, values: Floats) -> dict[str, Any]:
    """Count, mean, spread and the extremes with their times (seconds)."""
    low, high = int(np.argmin(values)), int(np.argmax(values))
    return {
        "count": len(values), "mean": float(values.mean()), "median": float(np.median(values)),
        "std": float(values.std()), "min": float(values[low]), "min_at": float(times[low]),
        "max": float(values[high]), "max_at": float(times[high]),
    }  # fmt: skip


def windows(signal: Signal) -> list[Window]:
    """The series by hours, days, weeks, months or years, the first that gives at most `MAX_WINDOWS`; none for one."""
    moments = signal.times.astype("datetime64[s]")
    for span, unit in (("hour", "h"), ("day", "D"), ("week", "D"), ("month", "M"), ("year", "Y")):
        marks = moments.astype(f"datetime64[{unit}]").astype(np.int64)
        marks = (marks + 3) // 7 if span == "week" else marks  # 1970-01-01 was a Thursday; weeks begin on Monday
        cuts = np.concatenate(([0], np.flatnonzero(np.diff(marks)) + 1, [len(marks)]))
        if len(cuts) - 1 <= MAX_WINDOWS:
            break
    if len(cuts) <= 2:
        return []
    return [
        Window(
            float(signal.times[a]), float(signal.times[b - 1]), span, statistics(signal.times[a:b], signal.values[a:b])
        )
        for a, b in pairwise(cuts)
    ]
