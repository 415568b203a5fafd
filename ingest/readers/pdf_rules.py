"""The rules drawn on a PDF's page: straight lines and thin rectangles, level or upright, as PDFium tells them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from .flow import Box
from .pdf_chars import Turn

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

MOST = 6_000
"""Objects of a page that are looked at; what has more is a drawing."""
SEGMENTS, ONE = 400, 6
"""Segments of a path that is looked at, and of a single rectangle."""
LARGE = 30.0
"""Points from which on filled parts of one path may be the rules of a table; what is smaller is a letter or a mark."""
ASLANT = 0.3
"""Points by which a line is off the level or the upright from which on it is no rule."""
THIN = 2.5
"""Points up to which a rectangle is a line."""


Point: TypeAlias = tuple[float, float]


def rules_of(page: PdfPage, turn: Turn) -> list[Box]:
    """Every rule as the thin box it takes on the page."""
    from pypdfium2 import raw

    count = raw.FPDFPage_CountObjects(page)
    if count > MOST:
        return []
    found = []
    for index in range(count):
        item = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH:
            found += [box for box in _of_path(item, turn) if _is_thin(box)]
    return found


def _is_thin(box: Box) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) < THIN


def _of_path(item: Any, turn: Turn) -> Iterator[Box]:
    """The box of a path, if it is thin; else the boxes of its parts, and those of its edges where they are drawn."""
    from pypdfium2 import raw

    edges = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(item, *edges):
        return
    left, bottom, right, top = (edge.value for edge in edges)
    if min(right - left, top - bottom) < THIN:
        yield turn.box(left, bottom, right, top)
        return
    stroked, count = _is_stroked(item), raw.FPDFPath_CountSegments(item)
    if count > SEGMENTS or not (stroked or (count > ONE and max(right - left, top - bottom) > LARGE)):
        return
    for part in _parts(item, count, turn):
        around = _around(part)
        if _is_thin(around):
            yield around
        elif stroked:
            yield from map(_around, pairwise(part))


def _around(points: Sequence[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys), max(xs), max(ys))


def _is_stroked(item: Any) -> bool:
    from pypdfium2 import raw

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    return bool(raw.FPDFPath_GetDrawMode(item, fill, stroke)) and bool(stroke.value)


def _parts(item: Any, count: int, turn: Turn) -> list[list[Point]]:
    """The corners of every part of a path, the first again where it is closed; none if its lines are curved or aslant."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    parts: list[list[Point]] = []
    for number in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, number)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_BEZIERTO:
            return []
        if kind == raw.FPDF_SEGMENT_MOVETO or not parts:
            parts.append([])
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        across = matrix.a * x.value + matrix.c * y.value + matrix.e
        corner = turn.point(across, matrix.b * x.value + matrix.d * y.value + matrix.f)
        if parts[-1] and min(abs(corner[0] - parts[-1][-1][0]), abs(corner[1] - parts[-1][-1][1])) > ASLANT:
            return []
        parts[-1].append(corner)
        if raw.FPDFPathSegment_GetClose(segment):
            parts[-1].append(parts[-1][0])
    return parts
