"""What stands in the cells of a ruled grid becomes rows: a cell's lines one text, a spanning cell in all it covers."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TypeAlias

from .flow import Box, union
from .headers import MAX_HEADER, header_height, names
from .printed import HYPHEN, PrintedLine, Ruled, joined
from .ruled import Grid

LONGEST = 600
"""Characters of a cell at most; what has more is text in a frame."""
CELLS, FULL = 4, 0.3
"""Cells with words at least, and their part of all; what has less is a drawing, or a form that nobody filled."""
FEW = 3
"""Lines from which on cells side by side, with as many lines each, are rows without rules between them."""
FORM = 1 / 3
"""The part of the rows from which on cells that reach over several columns show that these have no names."""
_FIGURE = re.compile(r"[-+△▲(¥￥$€£]*\d[\d.,]*\D{0,3}")

Lines: TypeAlias = Sequence[PrintedLine]


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says in every column, and which cell that is."""

    cells: tuple[int, ...]
    texts: list[str]
    box: Box | None

    @property
    def said(self) -> str:
        """As a line of text, a cell that reaches over several columns once."""
        said = (
            next(text for _, text in group) for _, group in groupby(zip(self.cells, self.texts, strict=True), _cell)
        )
        return " | ".join(filter(None, said)).replace(": | ", ": ").replace("： | ", "： ")


def _cell(pair: tuple[int, str]) -> int:
    return pair[0]


def ruled_table(grid: Grid, cells: Mapping[int, Lines]) -> PrintedLine | None:
    """The table as one line of its page; None if these are no clear cells."""
    rows = [row for band in range(len(grid.cells)) for row in _rows(grid.cells, cells, band)]
    if not _is_clear(grid, cells) or max(len(text) for row in rows for text in row.texts) > LONGEST:
        return None
    every = [line for lines in cells.values() for line in lines]
    around = union([line.box for line in every]) or every[0].box
    ruled = Ruled(
        [row.texts for row in rows],
        [row.box or around for row in rows],
        tuple(pairwise(grid.xs)),
        [row.said for row in rows],
        len(grid.xs) > 3 and _has_names(rows),
    )
    size = statistics.median_low(line.size for line in every)
    text = " ".join(text for row in rows for text in row.texts if text)
    bold = sum(line.bold for line in every) > len(every) / 2
    return PrintedLine(text, around, size, bold, around[3], ((around[0], around[2]),), _one_header(ruled, rows))


def _is_clear(grid: Grid, cells: Mapping[int, Lines]) -> bool:
    """Whether enough cells have words, not all in one row or column, and none a page of them."""
    filled = [(r, c) for r, row in enumerate(grid.cells) for c, cell in enumerate(row) if cells.get(cell)]
    every = {cell for row in grid.cells for cell in row}
    sides = [{field[side] for field in filled} for side in (0, 1)]
    return len(cells) >= max(CELLS, FULL * len(every)) and min(map(len, sides)) > 1


# -- rows --------------------------------------------------------------------------------------------------


def _rows(bands: Sequence[Sequence[int]], cells: Mapping[int, Lines], band: int) -> Iterator[Row]:
    """The row between two rules, or the rows where several stand there."""
    own = bands[band]
    inside = {cell: cells[cell] for cell in dict.fromkeys(own) if cells.get(cell) and _is_only(bands, band, cell)}
    starts = _starts([*inside.values()], band)
    for top, bottom in pairwise([float("-inf"), *starts[1:], float("inf")]):
        here: dict[int, Lines] = {
            cell: [line for line in lines if top <= line.baseline < bottom] for cell, lines in inside.items()
        }
        fresh = [cell for cell in own if band == 0 or cell not in bands[band - 1]]
        texts = [_text(here.get(cell, cells.get(cell, ()))) for cell in own]
        box = union([line.box for kept in here.values() for line in kept])
        if any(here.get(cell, cells.get(cell)) for cell in fresh):
            yield Row(tuple(own), texts, box)


def _is_only(bands: Sequence[Sequence[int]], band: int, cell: int) -> bool:
    """Whether a cell stands in no other row."""
    return not any(cell in bands[other] for other in (band - 1, band + 1) if 0 <= other < len(bands))


def _starts(cells: Sequence[Lines], band: int) -> list[float]:
    """Where the rows begin that stand between two rules: several where cells have lines of figures beside lines of names,
    or as many lines each."""
    heights = [[level[0].baseline for level in _levels(lines)] for lines in cells]
    if len(cells) < 2 or max(map(len, heights)) < 2:
        return [0.0]
    near = 0.5 * cells[0][0].size
    first, *others = heights
    alike = all(
        len(one) == len(first) and all(abs(a - b) < near for a, b in zip(one, first, strict=True)) for one in others
    )
    if band and alike and len(first) >= FEW:
        return [at - near for at in first]
    figures = [
        at for lines, one in zip(cells, heights, strict=True) if len(one) > 1 and _are_figures(lines) for at in one
    ]
    shared = [at for at in first if any(abs(at - other) < near for other in figures)]
    return [at - near for at in first] if len(shared) > 1 else [0.0]


def _are_figures(lines: Lines) -> bool:
    return all(_FIGURE.fullmatch(line.text) for line in lines)


def _levels(lines: Lines) -> list[list[PrintedLine]]:
    """The lines of a cell, those on one baseline together."""
    levels: list[list[PrintedLine]] = []
    for line in sorted(lines, key=lambda line: line.baseline):
        if levels and line.baseline - levels[-1][0].baseline < 0.4 * line.size:
            levels[-1].append(line)
        else:
            levels.append([line])
    return [sorted(level, key=lambda line: line.box[0]) for level in levels]


def _text(lines: Lines) -> str:
    """The words of a cell in one line."""
    text = ""
    for level in _levels(lines):
        words = " ".join(line.text for line in level).replace("\t", " ")
        text = joined(text, words) + words if text else words
    return text.replace(HYPHEN, "-")


# -- headers -----------------------------------------------------------------------------------------------


def _has_names(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns; what reaches over several of them names them with a row below only."""
    start, height = _header(rows)
    if len(rows) <= start + height or (height == 1 and _wide(rows[start])):
        return False
    return not _is_form(rows[start:]) and header_height([row.texts for row in rows[start:]]) > 0


def _wide(row: Row) -> set[int]:
    """The cells of a row that reach over several columns."""
    return {cell for left, cell in pairwise(row.cells) if left == cell}


def _is_form(rows: Sequence[Row]) -> bool:
    """Whether values reach over several columns, so that the first row does not name these."""
    top, *below = rows
    wide = [
        row
        for row in below
        if any(_reaches(row.cells, column) and not _reaches(top.cells, column) for column in range(2, len(top.cells)))
    ]
    return len(wide) > FORM * len(below)


def _reaches(cells: Sequence[int], column: int) -> bool:
    """Whether the cell of a column, not the first, is that of the column before, and not all of its row."""
    return cells[column] == cells[column - 1] != cells[0]


def _one_header(ruled: Ruled, rows: Sequence[Row]) -> Ruled:
    """With a header of several rows, told by merged cells, as one row of names."""
    start, height = _header(rows)
    end = start + height
    if height < 2 or end >= len(rows) or not ruled.named:
        return ruled
    found = names([row.texts for row in rows[start:end]], len(rows[0].texts))
    head = [f"{name} ({unit})" if unit else name for name, unit in found]
    return replace(
        ruled,
        rows=[*ruled.rows[:start], head, *ruled.rows[end:]],
        boxes=[*ruled.boxes[: start + 1], *ruled.boxes[end:]],
    )


def _header(rows: Sequence[Row]) -> tuple[int, int]:
    """Where the header begins, below titles across all columns, and its rows: several where its cells are merged."""
    start = next((number for number, row in enumerate(rows) if len(set(row.cells)) > 1), 0)
    top, *below = rows[start:]
    wide = _wide(top)
    if not wide or not below:
        return start, 1
    height = 1 + sum(any(a == b for a, b in zip(row.cells, top.cells, strict=True)) for row in below[: MAX_HEADER - 1])
    pairs = zip(top.cells, top.texts, below[0].texts, strict=True)
    if height == 1 and all(cell in wide or not upper or not lower for cell, upper, lower in pairs):
        height = 2
    return start, height
