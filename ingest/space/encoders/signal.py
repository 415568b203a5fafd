"""A measured series: what is usual in it, and the events in which it was not.

Pure functions over numbers. The method is published, its parts are named where they are used:

    usual pattern   median per hour of the day or of the week around a moving mean, as in the seasonal decomposition of
                    Seasonal Hybrid ESD (Hochenbaum, Vallis & Kejariwal 2017, arXiv 1704.07706)
    excursions      a scan over stretches of every length 1, 2, 4, ...; each length's moving mean as a robust z-score
                    (median and MAD, Iglewicz & Hoaglin 1993) over what the largest of so many would be by chance,
                    sqrt(2 ln(e n/w)) (Dümbgen & Spokoiny 2001, Annals of Statistics 29), so that a spike and a bad week
                    compete fairly
    level shifts    PELT (Killick, Fearnhead & Eckley 2012), by `ruptures`, on medians of blocks
    drift           Theil-Sen slope, when Kendall's tau says that it goes one way

Gaps, flat lines, crossed limits and days without the usual pattern follow from their definitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
EventKind = Literal["excursion", "extreme", "level", "drift", "flat", "gap", "limit", "pattern"]

MAX_EXCURSIONS = 10
"""Most excursions told per series: what a person would read."""
MAX_OTHER = 3
"""Most gaps, flat lines, broken patterns and crossed limits told, the longest first."""
SCORE = 1.2
"""Least score of an excursion: white noise reaches it in about every second record, 1.35 in every tenth."""
SHARP = 1.25
"""From this score on, the steepest part of an excursion is told if it was quick."""
QUICK = 12
"""Samples within which half of a change has to happen to be called quick."""
PERIODS = {"day": 86_400.0, "week": 604_800.0}
CYCLES = 6
"""Full periods needed before a pattern is believed."""
GAIN = 0.2
"""Share of the spread a pattern has to explain."""
REGULAR = 0.9
"""Share of pauses that are as long as the usual one, from which on a single longer one is a missing value."""
GAP = 4.0
"""A pause of this many sampling intervals is a gap."""
BLOCKS = 120
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


@dataclass(frozen=True, slots=True)
class _Grid:
    """A signal at even steps; `x` is NaN where nothing was measured; `rest` is `x` without its `usual` pattern."""

    signal: Signal
    start: float
    step: float
    x: Floats
    rest: Floats
    period: str = ""
    gain: float = 0.0
    usual: Floats | None = None

    def at(self, index: int) -> float:
        return self.start + index * self.step


# -- the usual -------------------------------------------------------------------------------------------


def _grid(signal: Signal) -> _Grid:
    """The signal at even steps of its sampling interval (in order of samples where it has none)."""
    step = interval(signal.times)
    index = np.rint((signal.times - signal.times[0]) / step).astype(np.int64)
    if index[-1] > 8 * len(index) + 1_000:
        step = float((signal.times[-1] - signal.times[0]) / max(1, len(index) - 1))
        index = np.arange(len(index))
    x = np.full(index[-1] + 1, np.nan)
    x[index] = signal.values
    return _patterned(_Grid(signal, float(signal.times[0]), step, x, x))


def interval(times: Floats) -> float:
    """The usual time between two samples, in seconds."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else 1.0


def _patterned(grid: _Grid) -> _Grid:
    """The grid with its pattern of the day, then of the week, taken off where there is one."""
    rest, name, gained = grid.rest, "", 0.0
    for period, seconds in PERIODS.items():
        length = round(seconds / grid.step)
        if length < 8 or len(rest) < CYCLES * length:
            continue
        detrended = rest - _centred_mean(rest, length)
        pattern = _pattern(detrended, length)
        gain = 1 - spread(detrended - pattern) / max(spread(detrended), 1e-12)
        if gain > GAIN:
            rest, name, gained = rest - pattern, period, max(gain, gained)
    usual = grid.x - rest + np.nanmedian(rest) if name else None
    return replace(grid, rest=rest, period=name, gain=gained, usual=usual)


def _pattern(x: Floats, length: int) -> Floats:
    """The median at each phase of a period, repeated over the length of `x`."""
    cycles = -(-len(x) // length)
    padded = np.full(cycles * length, np.nan)
    padded[: len(x)] = x
    table = padded.reshape(cycles, length)
    phases = np.zeros(length)
    seen = np.isfinite(table).any(axis=0)
    phases[seen] = np.nanmedian(table[:, seen], axis=0)
    return np.tile(phases, cycles)[: len(x)]


def spread(x: Floats) -> float:
    """Robust standard deviation: 1.4826 MAD, or 1.2533 times the mean deviation where more than half are equal."""
    x = x[np.isfinite(x)]
    if not len(x):
        return 0.0
    off = np.abs(x - np.median(x))
    return float(1.4826 * np.median(off) or 1.2533 * off.mean())


def _means(x: Floats, width: int) -> Floats:
    """Means of `width` neighbours, shape [n - width + 1]; NaN where less than half of them are there."""
    there = np.isfinite(x)
    total = np.concatenate(([0.0], np.cumsum(np.where(there, x, 0.0))))
    count = np.concatenate(([0], np.cumsum(there)))
    number = count[width:] - count[:-width]
    return np.where(number * 2 >= width, (total[width:] - total[:-width]) / np.maximum(number, 1), np.nan)


def _centred_mean(x: Floats, width: int) -> Floats:
    means = np.full(len(x), np.nan)
    inner = _means(x, width)
    means[width // 2 : width // 2 + len(inner)] = inner
    return means


# -- lasting changes -------------------------------------------------------------------------------------


def _lasting(grid: _Grid) -> tuple[list[Event], Floats]:
    """Drift or level shifts of a series, and the series without them."""
    size = max(1, len(grid.rest) // BLOCKS)
    count = len(grid.rest) // size
    if count < 20:
        return [], grid.rest
    table = grid.rest[: count * size].reshape(count, size)
    seen = np.flatnonzero(np.isfinite(table).any(axis=1))
    medians = np.nanmedian(table[seen], axis=1)
    line, drifts = _drift(medians)
    levels = _levels(medians)
    if drifts and spread(medians - line) < spread(medians - levels):
        steady = np.interp(np.arange(len(grid.rest)), seen * size + size / 2, line)
        return [Event("drift", grid.start, grid.at(len(grid.x) - 1), _change(line[0], line[-1]))], grid.rest - steady
    cuts = [int(i) + 1 for i in np.flatnonzero(np.diff(levels))]
    steady = np.repeat(levels, np.diff([0, *(seen[1:] * size), len(grid.rest)]))
    shifts = [(grid.at(int(seen[cut] * size)), _change(levels[cut - 1], levels[cut])) for cut in cuts]
    return [Event("level", at, at + size * grid.step, facts) for at, facts in shifts], grid.rest - steady


def _change(before: float, after: float) -> dict[str, Any]:
    return {"before": float(before), "value": float(after), "direction": "up" if after > before else "down"}


def _drift(medians: Floats) -> tuple[Floats, bool]:
    """The Theil-Sen line through block medians, and whether they follow it: by Kendall's tau, beyond their noise."""
    i, j = np.triu_indices(len(medians), 1)
    slope = float(np.median((medians[j] - medians[i]) / (j - i)))
    tau = float(np.sign(medians[j] - medians[i]).mean())
    line: Floats = slope * np.arange(len(medians), dtype=np.float64)
    line = line + np.median(medians - line)
    return line, abs(tau) > 0.7 and abs(line[-1] - line[0]) > 4 * spread(medians - line)


def _levels(medians: Floats) -> Floats:
    """Block medians replaced by the level of their segment, if all levels differ by more than four times the noise.

    A level that comes back later was no lasting change; it is left to the search for excursions.
    """
    import ruptures  # type: ignore[import-untyped]

    noise = spread(np.diff(medians)) / np.sqrt(2) or 1e-9
    search = ruptures.Pelt(model="l2", min_size=max(2, len(medians) // 10), jump=1).fit(medians / noise)
    ends = search.predict(pen=10 * np.log(len(medians)))
    cuts = [0, *ends]
    steps = [float(np.median(medians[a:b])) for a, b in pairwise(cuts)]
    level = np.repeat(steps, np.diff(cuts))
    least = max(4 * spread(medians - level), 4 * noise)
    lasting = all(abs(one - other) > least for one, other in combinations(steps, 2))
    return level if lasting else np.full(len(medians), np.median(medians))


# -- excursions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class _Stretch:
    """Half-open range of grid indices that deviates, with its score and direction (+1, -1)."""

    score: float
    start: int
    end: int
    sign: int


def _excursions(rest: Floats) -> list[_Stretch]:
    """The stretches that deviate most, none near another, best first."""
    found: list[_Stretch] = []
    width = 1
    while width <= max(1, len(rest) // 12):
        found += _deviations(rest, width)
        width *= 2
    chosen: list[_Stretch] = []
    near = len(rest) // 400
    for item in sorted(found, reverse=True):
        if all(item.end + near <= other.start or item.start - near >= other.end for other in chosen):
            chosen.append(item)
        if len(chosen) == MAX_EXCURSIONS:
            break
    return chosen


def _deviations(rest: Floats, width: int) -> Iterator[_Stretch]:
    """Stretches whose mean over `width` samples deviates beyond chance, each for as long as it is at half its peak."""
    means = _means(rest, width)
    scale = spread(means) * np.sqrt(2 * np.log(np.e * len(rest) / width))
    if scale <= 1e-12:
        return
    score = np.nan_to_num((means - np.nanmedian(means)) / scale)
    left = np.abs(score)
    for _ in range(2 * MAX_EXCURSIONS):
        peak = int(left.argmax())
        if left[peak] < SCORE:
            return
        sign = 1 if score[peak] > 0 else -1
        within = np.concatenate(([False], sign * score > left[peak] / 2, [False]))
        start = peak - int(np.argmin(within[peak + 1 :: -1])) + 1
        end = peak + int(np.argmin(within[peak + 1 :]))
        yield _Stretch(float(left[peak]), start, end + width - 1, sign)
        left[max(0, start - width) : end + width] = 0


def _excursion(grid: _Grid, stretch: _Stretch) -> Event:
    """An excursion with the level before it, its extreme, and the steepest part of the way there."""
    length = min(max(stretch.end - stretch.start, 6), 500)
    first = max(0, stretch.start - length)
    before = grid.x[first : stretch.start]
    level = float(np.nanmedian(before if np.isfinite(before).any() else grid.x))
    inside = slice(stretch.start, stretch.end)
    peak = stretch.start + int(np.nanargmax(grid.x[inside] * stretch.sign))
    facts: dict[str, Any] = {
        "before": level, "value": float(grid.x[peak]), "at": grid.at(peak), "usual": float(np.nanmedian(grid.x)),
        "direction": "up" if stretch.sign > 0 else "down", "score": round(stretch.score, 2),
        "style": "brief" if stretch.end - stretch.start <= 3 else "long",
    }  # fmt: skip
    if grid.usual is not None:
        far = stretch.start + int(np.nanargmax(grid.rest[inside] * stretch.sign))
        facts |= {
            "usual": float(grid.usual[far]),
            "period": grid.period,
            "far": float(grid.x[far]),
            "far_at": grid.at(far),
        }
    elif facts["style"] == "long" and stretch.score >= SHARP:
        facts |= _steepest(grid, first, peak, stretch.sign * abs(facts["value"] - level) / 2)
    return Event("excursion", grid.at(stretch.start), grid.at(stretch.end - 1), facts)


def _steepest(grid: _Grid, first: int, last: int, change: float) -> dict[str, Any]:
    """The shortest stretch, `QUICK` samples or a tenth of the way at most, that makes this change; {} without one."""
    x = grid.x[first : last + 1]
    for width in range(1, max(QUICK, len(x) // 10) + 1):
        steps = x[width:] - x[:-width]
        done = np.nan_to_num(steps / change)
        if len(done) and done.max() >= 1:
            i = first + int(done.argmax())
            ends = {
                "onset": grid.at(i),
                "from": float(grid.x[i]),
                "reached": grid.at(i + width),
                "to": float(grid.x[i + width]),
            }
            return {"style": "sharp", **ends}
    return {}


# -- what follows from its definition ---------------------------------------------------------------------


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


def _broken(grid: _Grid) -> list[Event]:
    """Days on which less than a third of the usual pattern of a day is there, though it is strong otherwise."""
    length = round(PERIODS["day"] / grid.step)
    if grid.usual is None or grid.gain < 2 * GAIN or length < 8:
        return []
    first = round((-grid.start % PERIODS["day"]) / grid.step)
    days = [slice(a, a + length) for a in range(first, len(grid.x) - length + 1, length)]
    share = np.array([_share(grid.x[day], grid.usual[day]) for day in days])
    if len(share) < CYCLES or not np.nanmedian(share) > 0.75:
        return []
    return [
        Event("pattern", grid.at(days[i].start), grid.at(days[i].stop), {"share": round(float(share[i]), 2)})
        for i in np.flatnonzero(np.nan_to_num(share, nan=1.0) < 1 / 3)
    ]


def _share(x: Floats, usual: Floats) -> float:
    """How much of a pattern is in a stretch: the slope of its least-squares fit; NaN when a fifth of it is missing."""
    there = np.isfinite(x) & np.isfinite(usual)
    if there.mean() < 0.8:
        return float("nan")
    wave = usual[there] - usual[there].mean()
    return float(wave @ (x[there] - x[there].mean()) / max(float(wave @ wave), 1e-12))


def _extremes(signal: Signal) -> list[Event]:
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


# -- all of it -----------------------------------------------------------------------------------------------


def events(signal: Signal) -> list[Event]:
    """Everything worth telling, in order of time; the most notable few of each kind.

    An extreme of the record that lies within another event is noted in its `facts["record"]` instead of standing alone.
    """
    if len(signal.values) < 12:
        return []
    grid = _grid(signal)
    found, rest = _lasting(grid)
    found += [_excursion(replace(grid, rest=rest), stretch) for stretch in _excursions(rest)]
    for others in (gaps(signal), flats(signal), crossings(signal), _broken(grid)):
        found += sorted(others, key=lambda event: event.start - event.end)[:MAX_OTHER]
    for extreme in _extremes(signal):
        within = [i for i, e in enumerate(found) if e.kind == "excursion" and e.start <= extreme.start <= e.end]
        for i in within:
            found[i] = replace(found[i], facts=found[i].facts | {"record": extreme.facts["direction"]})
        found += [] if within else [extreme]
    return sorted(found, key=lambda event: (event.start, event.end))


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
