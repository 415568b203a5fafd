"""In which order the shapes of a slide are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .package import DRAWING

ROW = 400_000
"""English Metric Units that shapes may differ in height and still stand in one row."""
OVERLAP = 91_440
"""English Metric Units by which shapes may lie over each other and still stand one below the other: their empty margins."""
BANDS = 40
"""Rows of shapes at most that are looked at together."""
ALIKE = 2 / 3
"""Width of the narrowest of some columns by that of the widest, from which on they stand side by side, and none are labels of
the other."""


@dataclass(frozen=True, slots=True)
class _Box:
    """A shape and its edges, in English Metric Units; a placeholder has to look them up in its layout, so once."""

    shape: Any
    left: int
    top: int
    right: int
    foot: int

    @classmethod
    def of(cls, shape: Any) -> _Box:
        left, top = shape.left or 0, shape.top or 0
        return cls(shape, left, top, left + (shape.width or 0), top + (shape.height or 0))


def shapes(found: Iterable[Any]) -> Iterator[Any]:
    """Shapes in the order of reading (columns side by side one after the other, else rows from the top, then from the left); a
    group stays together."""
    waiting = [iter(_sorted(found))]
    while waiting:
        for shape in waiting[-1]:
            if hasattr(shape, "shapes"):
                waiting.append(iter(_sorted(shape.shapes)))
                break
            yield shape
        else:
            waiting.pop()


def is_drawn(shape: Any) -> bool:
    """Whether it is an arrow, a frame or a ground without words or pictures, which parts nothing."""
    silent = not shape.text_frame.text.strip() if shape.has_text_frame else shape._element.tag.endswith("}cxnSp")
    return silent and next(shape._element.iter(DRAWING + "blip"), None) is None


def _sorted(found: Iterable[Any]) -> list[Any]:
    every = [(shape, is_drawn(shape)) for shape in found]
    said = _in_order([_Box.of(shape) for shape, drawn in every if not drawn])
    return [*(box.shape for box in said), *(shape for shape, drawn in every if drawn)]


def _in_order(found: Iterable[_Box]) -> list[_Box]:
    ordered: list[_Box] = []
    rows: list[_Box] = []
    bands = _bands(found)
    while bands:
        columns, height = _columns(bands)
        rows += () if columns else bands[0]
        if columns:
            ordered += _by_rows(rows)
            ordered += [box for column in columns for box in _in_order(column)]
            rows = []
        bands = bands[height:]
    return ordered + _by_rows(rows)


def _by_rows(found: Iterable[_Box]) -> list[_Box]:
    return sorted(found, key=lambda box: (box.top // ROW, box.left))


def _bands(found: Iterable[_Box]) -> list[list[_Box]]:
    """Shapes one below the other; those that stand beside each other are together."""
    bands: list[list[_Box]] = []
    for box in sorted(found, key=lambda box: box.top):
        if not bands or box.top >= _foot(bands[-1]) - OVERLAP:
            bands.append([])
        bands[-1].append(box)
    return bands


def _foot(band: Iterable[_Box]) -> int:
    return max(box.foot for box in band)


def _columns(bands: Sequence[Sequence[_Box]]) -> tuple[list[list[_Box]], int]:
    """The columns in which the shapes of the first bands stand, and how many bands these are: columns of like width, further
    from each other than what stands in them; none for one band that stands alone."""
    best: list[list[_Box]] = []
    height = 1
    told: list[_Box] = []
    step = 0
    for count, band in enumerate(bands[:BANDS], start=1):
        step = max(step, min(box.top for box in band) - _foot(bands[count - 2])) if count > 1 else 0
        told += band
        columns = _parted(told, step)
        if len(columns) < 2:
            break
        if _are_alike(columns):
            best, height = columns, count
    return best, height


def _parted(found: Iterable[_Box], least: int) -> list[list[_Box]]:
    """Shapes beside each other, parted at gaps wider than so much."""
    columns: list[list[_Box]] = []
    reach = 0
    for box in sorted(found, key=lambda box: box.left):
        if not columns or box.left - reach > least:
            columns.append([])
        columns[-1].append(box)
        reach = max(reach, box.right)
    return columns


def _are_alike(columns: Iterable[Sequence[_Box]]) -> bool:
    widths = [max(box.right for box in column) - min(box.left for box in column) for column in columns]
    return min(widths) >= ALIKE * max(widths)
