"""Small figures that stand raised or lowered in the line of a printed page: 10³ is no 103, and CO₂ one word."""

from __future__ import annotations

import re

from .raised import above, is_figure

SMALL = 0.85
"""Times the size of the type beside it from which down a figure is small."""
RAISED, LOWERED = 0.2, 0.08
"""From how far above or below the baseline on, in sizes of the type beside it; a small cell may stand a little higher."""
_BELOW = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")


def scripted(before: str, text: str, rise: float) -> str:
    """Small words behind others as they are told, by how far they stand above the baseline (in sizes of its type)."""
    if rise > RAISED:
        return _behind_figure(before, text, "^") or above(before, text)
    if rise < -LOWERED:
        return _behind_figure(before, text, "_") or (text.translate(_BELOW) if is_figure(text) else text)
    return text


def _behind_figure(before: str, text: str, mark: str) -> str:
    return f"{mark}{text}" if re.search(r"\d$", before) and re.search(r"\d", text) else ""
