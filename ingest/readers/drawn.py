"""Tables drawn in plain text with rules of + - = |, as reStructuredText and many programs write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*")
_SIMPLE = re.compile(r"\s*={2,}(?: +={2,})+\s*")
LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """The cells of a table, and the number of the line behind it."""

    rows: list[list[str]]
    end: int


def drawn_table(lines: Sequence[tuple[int, str]], number: int) -> Drawn | None:
    """The table that begins in a line (place and text), if one does."""
    line = lines[number][1]
    if _GRID.fullmatch(line):
        return _grid(lines, number)
    if _SIMPLE.fullmatch(line):
        return _simple(lines, number)
    return None


def _grid(lines: Sequence[tuple[int, str]], start: int) -> Drawn | None:
    """Rows between rules; a cell may have several lines."""
    rows: list[list[str]] = []
    open_row: list[list[str]] = []
    number = start
    while number < min(len(lines), start + LONGEST):
        line = lines[number][1].strip()
        if _GRID.fullmatch(line):
            rows += [[" ".join(part for part in cell if part) for cell in open_row]] if open_row else []
            open_row = []
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            open_row += [[] for _ in range(len(cells) - len(open_row))]
            for cell, words in zip(cells, open_row, strict=False):
                words.append(cell)
        else:
            break
        number += 1
    return Drawn(rows, number) if len(rows) > 1 and not open_row else None


def _simple(lines: Sequence[tuple[int, str]], start: int) -> Drawn | None:
    """Columns under a rule of "=", the last rule ends it. A row without a first cell goes on with the one above."""
    rule = _columns(lines[start][1])
    spans = [match.span() for match in re.finditer("=+", rule)]
    rules = [n for n in range(start, min(len(lines), start + LONGEST)) if lines[n][1].strip() == rule.strip()]
    end = next((n for n in rules[1:] if n + 1 >= len(lines) or not lines[n + 1][1].strip()), 0)
    if not end:
        return None
    rows: list[list[str]] = []
    for number in range(start + 1, end):
        line = _columns(lines[number][1])
        if number in rules or not line.strip() or set(line.strip()) <= {"-", " "}:
            continue
        ends = [*(left for left, _ in spans[1:]), len(line)]
        cells = [_plain(line[left:right]) for (left, _), right in zip(spans, ends, strict=True)]
        if rows and not cells[0]:
            rows[-1] = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return Drawn(rows, end + 1) if len(rows) > 1 else None


def _columns(line: str) -> str:
    """A line in which a wide character takes two places, as on the screen."""
    return "".join(c + "\0" if unicodedata.east_asian_width(c) in "WF" else c for c in line)


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()
