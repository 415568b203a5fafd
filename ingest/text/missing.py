"""Figures that stand for nothing: devices and people write -9999 or -200 where a value was not measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .cells import shown

Floats = NDArray[np.float64]
_SENTINEL = re.compile(r"-?9{3,}(?:\.[09]+)?|-99(?:\.[09]+)?|-32768(?:\.0)?|32767(?:\.0)?|65535(?:\.0)?")
FAR = 5.0
"""A number that devices write for nothing is one when it is this many times as far out as all others."""
REPEATED = 5
"""Times that a code of people's own is seen at least."""


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


def code(values: Iterable[float | None]) -> float | None:
    """The figure that people chose for nothing: far outside all others, and again and again."""
    count = Counter(value for value in values if value is not None)
    levels = sorted(count)
    if len(levels) < 3:
        return None
    for found, rest in ((levels[0], levels[1:]), (levels[-1], levels[:-1])):
        gap = abs(found - min(rest, key=lambda value: abs(value - found)))
        if count[found] >= REPEATED and gap > rest[-1] - rest[0] and _codelike(found):
            return float(found)
    return None


def _codelike(value: float) -> bool:
    """-99, -200, 999, -9999: a round or nines-only whole number, as people choose to mark what is not there."""
    digits = str(abs(int(value)))
    return (
        value == int(value) and len(digits) >= 2 and (set(digits) == {"9"} or (value < 0 and set(digits[1:]) == {"0"}))
    )
