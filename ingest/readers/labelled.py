"""Forms in DOCX: labels beside their values, told from tables by what is marked (shaded or bold), become one record.

A table with a header has its first row marked; a form has in every row a label, marked, and beside it what was filled in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from . import numbering

W = numbering.W
_PLAIN = ("", "auto", "ffffff")
_OFF = ("0", "false", "none")
LABEL = 40
"""Characters of the longest label."""


def record(lines: Sequence[Sequence[Any]], said: Sequence[Sequence[str]]) -> list[list[str]] | None:
    """A row of labels and a row of values, if the cells of a table are a form; None if it is a table.

    Args:
        said: what the cells say.
    """
    pairs = _marked(lines, said) or _unfilled(said)
    return [[label for label, _ in pairs], [value for _, value in pairs]] if len(pairs) > 1 else None


def _marked(lines: Sequence[Sequence[Any]], said: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Label and value of every field, where each row is marked labels and a plain value, once or several times."""
    pairs: list[tuple[str, str]] = []
    for cells, words in zip(lines, said, strict=True):
        marks = "".join("m" if _is_marked(cell) else "u" for cell in cells)
        if not re.fullmatch("(?:m{1,3}u)+", marks):
            return []
        above = ""
        for mark, word in zip(marks, words, strict=True):
            if mark == "u":
                pairs.append((above, word))
            above = "" if mark == "u" else " ".join(f"{above} {word}".split())
    return pairs if all(0 < len(label) <= 3 * LABEL for label, _ in pairs) else []


def _unfilled(said: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """The same without marks: two columns, and nothing beside the first label, which so heads nothing."""
    if not said or any(len(row) != 2 for row in said) or not said[0][0] or said[0][1]:
        return []
    pairs = [(" ".join(label.split()), value) for label, value in said]
    labels = {label for label, _ in pairs}
    return pairs if len(labels) == len(pairs) and all(0 < len(label) <= LABEL for label in labels) else []


def _is_marked(cell: Any) -> bool:
    """Whether a cell is shaded, or all its words are bold."""
    shade = cell.find(f"{W}tcPr/{W}shd")
    if shade is not None and shade.get(W + "fill", "").lower() not in _PLAIN:
        return True
    runs = [run for run in cell.iter(W + "r") if "".join(run.itertext()).strip()]
    return bool(runs) and all(map(_is_bold, runs))


def _is_bold(run: Any) -> bool:
    bold = run.find(f"{W}rPr/{W}b")
    return bold is not None and bold.get(W + "val", "1").lower() not in _OFF
