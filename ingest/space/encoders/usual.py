"""What is usual in a series: its pattern of the day and of the week, and the days on which that is missing.

The pattern is the median per hour of the day or of the week around a moving mean, as in the seasonal decomposition of
Seasonal Hybrid ESD (Hochenbaum, Vallis & Kejariwal 2017, arXiv 1704.07706).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .signal import Event, Floats, Signal, interval, spread

PERIODS = {"day": 86_400.0, "week": 604_800.0}
CYCLES = 6
"""Full periods needed before a pattern is believed."""
GAIN = 0.2
"""Share of the spread a pattern has to explain."""


@dataclass(frozen=True, slots=True)
class Grid:
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


def even(signal: Signal) -> Grid:
    """The signal at even steps of its sampling interval (in order of samples where it has none)."""
    step = interval(signal.times)
    index = np.rint((signal.times - signal.times[0]) / step).astype(np.int64)
    if index[-1] > 8 * len(index) + 1_000:
        step = float((signal.times[-1] - signal.times[0]) / max(1, len(index) - 1))
        index = np.arange(len(index))
    x = np.full(index[-1] + 1, np.nan)
    x[index] = signal.values
    return _patterned(Grid(signal, float(signal.times[0]), step, x, x))


def _patterned(grid: Grid) -> Grid:
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


def moving_means(x: Floats, width: int) -> Floats:
    """Means of `width` neighbours, shape [n - width + 1]; NaN where less than half of them are there."""
    there = np.isfinite(x)
    total = np.concatenate(([0.0], np.cumsum(np.where(there, x, 0.0))))
    count = np.concatenate(([0], np.cumsum(there)))
    number = count[width:] - count[:-width]
    return np.where(number * 2 >= width, (total[width:] - total[:-width]) / np.maximum(number, 1), np.nan)


def _centred_mean(x: Floats, width: int) -> Floats:
    means = np.full(len(x), np.nan)
    inner = moving_means(x, width)
    means[width // 2 : width // 2 + len(inner)] = inner
    return means


def broken(grid: Grid) -> list[Event]:
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
