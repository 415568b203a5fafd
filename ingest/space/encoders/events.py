"""The events in a measured series: when it was not as usual.

Pure functions over numbers. The method is published, its parts are named where they are used:

    excursions      a scan over stretches of every length 1, 2, 4, ...; each length's moving mean as a robust z-score
                    (median and MAD, Iglewicz & Hoaglin 1993) over what the largest of so many would be by chance,
                    sqrt(2 ln(e n/w)) (Dümbgen & Spokoiny 2001, Annals of Statistics 29), so that a spike and a bad week
                    compete fairly
    level shifts    PELT (Killick, Fearnhead & Eckley 2012), by `ruptures`, on medians of blocks
    drift           Theil-Sen slope, when Kendall's tau says that it goes one way
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np

from .signal import Event, Floats, Signal, crossings, extremes, flats, gaps, spread
from .usual import Grid, broken, even, moving_means

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
BLOCKS = 120


def _lasting(grid: Grid) -> tuple[list[Event], Floats]:
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
    means = moving_means(rest, width)
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


def _excursion(grid: Grid, stretch: _Stretch) -> Event:
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


def _steepest(grid: Grid, first: int, last: int, change: float) -> dict[str, Any]:
    """The shortest stretch, `QUICK` samples or a tenth of the way at most, that makes this change; {} without one."""
    if not change:
        return {}
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


def events(signal: Signal) -> list[Event]:
    """Everything worth telling, in order of time; the most notable few of each kind.

    An extreme of the record that lies within another event is noted in its `facts["record"]` instead of standing alone.
    """
    if len(signal.values) < 12:
        return []
    grid = even(signal)
    found, rest = _lasting(grid)
    found += [_excursion(replace(grid, rest=rest), stretch) for stretch in _excursions(rest)]
    for others in (gaps(signal), flats(signal), crossings(signal), broken(grid)):
        found += sorted(others, key=lambda event: event.start - event.end)[:MAX_OTHER]
    for extreme in extremes(signal):
        within = [i for i, e in enumerate(found) if e.kind == "excursion" and e.start <= extreme.start <= e.end]
        for i in within:
            found[i] = replace(found[i], facts=found[i].facts | {"record": extreme.facts["direction"]})
        found += [] if within else [extreme]
    return sorted(found, key=lambda event: (event.start, event.end))
