"""Tables whose cells are ruled: the rules of a page make grids, and a grid says which words are one cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, product
from typing import TypeAlias

from .flow import Box

NEAR = 3.0
"""Points between lines that are drawn as one."""
BRIDGE = 2.0
"""Points between pieces of one line."""
SHORT = 4.0
"""Points from which on a thin thing is a rule and no dot."""
FEWEST = 4
"""Cells of a table at least."""
CROSSINGS = 20_000
"""Pairs of rules that are looked at; what has more is a drawing."""

Rule: TypeAlias = tuple[float, float, float]
"""Where a rule stands, and from where to where it goes."""
Field: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """The edges of columns and rows, and the cell that every field of them belongs to."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[tuple[int, ...], ...]

    def cell(self, x: float, y: float) -> int | None:
        """The cell around a point."""
        column, row = _between(self.xs, x), _between(self.ys, y)
        return None if column is None or row is None else self.cells[row][column]


def _between(edges: Sequence[float], at: float) -> int | None:
    return next((number for number, (low, high) in enumerate(pairwise(edges)) if low <= at < high), None)


def grids(rules: Iterable[Box]) -> list[Grid]:
    """The grids that rules make, of at least two rows and two columns, in which every cell is a rectangle."""
    level, upright = [], []
    for x0, y0, x1, y1 in rules:
        if x1 - x0 > max(SHORT, y1 - y0):
            level.append(((y0 + y1) / 2, x0, x1))
        elif y1 - y0 > SHORT:
            upright.append(((x0 + x1) / 2, y0, y1))
    rows, columns = _merged(level), _merged(upright)
    if len(rows) * len(columns) > CROSSINGS:
        return []
    found = (_grid(*together) for together in _crossing(rows, columns))
    return [grid for grid in found if grid]


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Pieces of one line as that line."""
    found: list[Rule] = []
    for group in _groups(sorted(rules)):
        at, start, end = group[0]
        for _, begins, ends in group[1:]:
            if begins - end > BRIDGE:
                found.append((at, start, end))
                start = begins
            end = max(end, ends) if begins - end <= BRIDGE else ends
        found.append((at, start, end))
    return found


def _groups(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """Rules that stand at one place, by where they begin."""
    group: list[Rule] = []
    for rule in rules:
        if group and rule[0] - group[0][0] > BRIDGE:
            yield sorted(group, key=lambda rule: rule[1])
            group = []
        group.append(rule)
    if group:
        yield sorted(group, key=lambda rule: rule[1])


def _crossing(rows: Sequence[Rule], columns: Sequence[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Level and upright rules that hang together."""
    left = set(range(len(rows)))
    while left:
        level, upright, fresh = set[int](), set[int](), {left.pop()}
        while fresh:
            level |= fresh
            upright |= {n for n, column in enumerate(columns) if any(_meet(rows[row], column) for row in fresh)}
            fresh = {n for n in left if any(_meet(rows[n], columns[column]) for column in upright)}
            left -= fresh
        yield [rows[n] for n in sorted(level)], [columns[n] for n in sorted(upright)]


def _meet(row: Rule, column: Rule) -> bool:
    return row[1] - NEAR <= column[0] <= row[2] + NEAR and column[1] - NEAR <= row[0] <= column[2] + NEAR


def _grid(rows: Sequence[Rule], columns: Sequence[Rule]) -> Grid | None:
    xs, ys = _edges(columns, rows), _edges(rows, columns)
    if len(xs) < 3 or len(ys) < 3:
        return None
    cells = _cells(xs, ys, rows, columns)
    return Grid(xs, ys, cells) if len({*chain.from_iterable(cells)}) >= FEWEST else None


def _edges(rules: Sequence[Rule], across: Sequence[Rule]) -> tuple[float, ...]:
    """Where rules stand, each place once, and how far those go that cross them: the outermost may not be drawn."""
    ends = [min(start for _, start, _ in across), max(end for _, _, end in across)] if across else []
    found: list[float] = []
    for at in sorted([*(at for at, _, _ in rules), *ends]):
        if not found or at - found[-1] > NEAR:
            found.append(at)
    return tuple(found)


def _cells(
    xs: Sequence[float], ys: Sequence[float], rows: Sequence[Rule], columns: Sequence[Rule]
) -> tuple[tuple[int, ...], ...]:
    """The number of its cell for every field; none where a cell is no rectangle."""
    beside, below = _walls(columns, xs, ys), _walls(rows, ys, xs)
    owner: dict[Field, int] = {}
    for field in product(range(len(ys) - 1), range(len(xs) - 1)):
        if field in owner:
            continue
        cell = _open_to(field, beside, below, (len(ys) - 1, len(xs) - 1))
        tall, wide = ({one[side] for one in cell} for side in (0, 1))
        if len(cell) != len(tall) * len(wide):
            return ()
        owner.update(dict.fromkeys(cell, field[0] * len(xs) + field[1]))
    return tuple(tuple(owner[row, column] for column in range(len(xs) - 1)) for row in range(len(ys) - 1))


def _walls(rules: Sequence[Rule], edges: Sequence[float], across: Sequence[float]) -> set[tuple[int, int]]:
    """Which edges (by number) have a rule at which fields along them."""
    found = set()
    for at, start, end in rules:
        edge = min(range(len(edges)), key=lambda number: abs(edges[number] - at))
        middles = ((low + high) / 2 for low, high in pairwise(across))
        found |= {(edge, number) for number, middle in enumerate(middles) if start <= middle <= end}
    return found


def _open_to(field: Field, beside: set[tuple[int, int]], below: set[tuple[int, int]], size: Field) -> set[Field]:
    """The fields that no rule parts from this one."""
    found, fresh = {field}, [field]
    while fresh:
        row, column = fresh.pop()
        steps = {
            (row, column + 1): (column + 1, row) in beside,
            (row, column - 1): (column, row) in beside,
            (row + 1, column): (row + 1, column) in below,
            (row - 1, column): (row, column) in below,
        }
        for step, parted in steps.items():
            if not parted and 0 <= step[0] < size[0] and 0 <= step[1] < size[1] and step not in found:
                found.add(step)
                fresh.append(step)
    return found
