"""Raised figures: an exponent is told as one, so that 10 to the third never reads as 103."""

from __future__ import annotations

import re

_SMALL = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


def is_figure(text: str) -> bool:
    """Whether it is a figure as exponents and marks of notes are; anything else that is raised stays as it is."""
    return bool(re.fullmatch(r"[-+−]?\d{1,3}", text))


def above(before: str, text: str) -> str:
    """What is raised behind some words: behind a figure or a bracket "^3", behind anything else "³"; words as they are."""
    if not is_figure(text):
        return text
    return f"^{text}" if re.search(r"[\d)）]$", before) else text.translate(_SMALL)
