"""Small figures that stand raised or lowered in the line of a printed page: 10³ is no 103, and CO₂ one word."""

from __future__ import annotations

from .raised import above, below

SMALL = 0.85
"""Times the size of the type beside it from which down a figure is small."""
RAISED, LOWERED = 0.2, 0.08
"""From how far above or below the baseline on, in sizes of the type beside it; a small cell may stand a little higher."""


def scripted(before: str, text: str, rise: float) -> str:
    """Small words behind others as they are told, by how far they stand above the baseline (in sizes of its type)."""
    if rise > RAISED:
        return above(before, text)
    return below(before, text) if rise < -LOWERED else text
