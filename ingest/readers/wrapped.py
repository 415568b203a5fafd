"""Rows of a table without rules: the further lines of a cell become part of their row.

Known are such tables by a row of names with rows in the same columns below it, and lines within cells that stand nearer
to the one above than rows do. What is not surely that stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from .flow import union
from .printed import FIGURE, HYPHEN, PrintedLine, Span, joined

NEARER = 0.9
"""A line goes on in its cell if it stands nearer to the one above than this part of the step between rows."""
STEP = (0.9, 1.7)
"""The step from line to line within a cell, in sizes of the type: at least, and at most."""
SAME = 0.1
"""By how much lines of one row differ at most in height and in size, in sizes of the type."""
_NUMBERED = re.compile(r"(\(?\d{1,2}(?:\.\d{1,2})*[.)]?) (.+)")
_NOTE = re.compile(r"[*※†‡]|[-–•●○■□▪◦・]\s|\(?\d{1,2}[.)]\s|注")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one line says in one column."""

    column: int
    text: str
    span: Span
    line: PrintedLine

    @property
    def foot(self) -> float:
        return self.line.baseline


Row: TypeAlias = list[Piece]


def is_header(line: PrintedLine) -> bool:
    """Whether a line may name the columns of a table: three words at least, none of them a figure."""
    return len(line.cells) > 2 and not any(map(FIGURE.match, line.text.split("\t")))


def whole_rows(lines: Sequence[PrintedLine], above: Sequence[Span] = ()) -> Iterator[PrintedLine]:
    """The lines of a page, those of one row made one.

    Where a line beside the last row fits in no column, part of a table would be taken for all of it.

    Args:
        above: the columns of a table that may go on here without its names.
    """
    at = 0
    while at < len(lines):
        line = lines[at]
        names = line.cells if is_header(line) else above if line.is_row and not at else ()
        rows = _rows(lines, at, names) if names else []
        end = at + (len({id(piece.line) for row in rows for piece in row}) or 1)
        torn = end < len(lines) and rows and rows[-1][0].foot - line.size < lines[end].baseline <= _foot(rows[-1])
        yield from lines[at:end] if torn or not _are_wrapped(rows, len(names)) else _made(rows)
        at = end


# -- rows ------------------------------------------------------------------------------------------------


def _rows(lines: Sequence[PrintedLine], start: int, names: Sequence[Span]) -> list[Row]:
    """The lines from one on as rows under these columns, as far as they fit."""
    spans = [*names]
    rows: list[Row] = []
    for line in (lines[number] for number in range(start, len(lines))):
        pieces = _pieces(line, spans)
        if not pieces or abs(line.size - lines[start].size) > SAME * line.size:
            break
        if rows and (_is_beside(rows[-1], pieces) or _goes_on(rows[-1], pieces)):
            rows[-1] += pieces
        elif pieces[0].line.is_row and (not rows or line.baseline > _foot(rows[-1])):
            rows.append(pieces)
        else:
            break
        for piece in pieces:
            left, right = spans[piece.column]
            spans[piece.column] = min(left, piece.span[0]), max(right, piece.span[1])
    return rows


def _pieces(line: PrintedLine, spans: Sequence[Span]) -> Row:
    """A line's cells in their columns; none if one stands in several, or two in one."""
    line = _parted(line, spans)
    texts = zip(line.text.split("\t"), line.cells, strict=True)
    pieces = [Piece(_column(cell, spans, line.is_row), text, cell, line) for text, cell in texts if not line.ruled]
    columns = {piece.column for piece in pieces}
    return pieces if len(columns) == len(pieces) and -1 not in columns else []


def _parted(line: PrintedLine, spans: Sequence[Span]) -> PrintedLine:
    """A line that has a number in one column and words in the next, as a row: the gap behind the number of a heading or an
    item is told as a space."""
    left, right = line.cells[0]
    numbered = None if line.is_row or line.ruled else _NUMBERED.match(line.text)
    under = [span for span in spans if span[0] < right and span[1] > left]
    if not numbered or len(under) != 2:
        return line
    (_, ends), (begins, _) = under
    return replace(line, text="\t".join(numbered.groups()), cells=((left, ends), (begins, right)))


def _column(cell: Span, spans: Sequence[Span], is_row: bool) -> int:
    """The number of the column around a cell of a row, or near it; -1 if there is none or more than one."""
    gaps = [max(0.0, left - cell[1], cell[0] - right) for left, right in spans]
    least = min(gaps)
    if gaps.count(0.0) > 1 or (least and not is_row):
        return -1
    return gaps.index(least)


def _is_beside(row: Row, pieces: Row) -> bool:
    """Whether cells stand right of the first line of a row, on its height: they were drawn cell by cell."""
    first, line = row[0].line, pieces[0].line
    level = abs(line.baseline - first.baseline) < SAME * first.size
    return level and pieces[0].column > max(piece.column for piece in row)


def _goes_on(row: Row, pieces: Row) -> bool:
    """Whether a line says more in the cells of a row, or may do so."""
    return all(piece.column and _may_follow(row, piece) for piece in pieces) or (
        len(pieces) == 1 and _may_follow(row, pieces[0])
    )


def _may_follow(row: Row, piece: Piece) -> bool:
    """Whether words stand below what a row has in their column, are no further figure there, and no note."""
    before = next((one for one in reversed(row) if one.column == piece.column), None)
    if before is None or _NOTE.match(piece.text) or (FIGURE.match(piece.text) and FIGURE.match(before.text)):
        return False
    least, most = STEP
    return least * piece.line.size < piece.foot - before.foot < most * piece.line.size


def _foot(row: Row) -> float:
    return max(piece.foot for piece in row)


# -- judgement -------------------------------------------------------------------------------------------


def _are_wrapped(rows: Sequence[Row], columns: int) -> bool:
    """Whether these are rows of a table, some with cells of several lines.

    Two rows at least have cells in all columns but perhaps one; a line that goes on does so in one cell, and is nearer to
    the one above than any row to the row before it.
    """
    steps = [step for row in rows for step in _steps(row)]
    named = bool(rows) and is_header(rows[0][0].line)
    full = [row for row in rows[named:] if len({piece.column for piece in row}) >= columns - 1]
    if not steps or len(full) < 2:
        return False
    between = min(row[0].foot - _foot(above) for above, row in pairwise(rows))
    return max(steps) < NEARER * between


def _steps(row: Row) -> Iterator[float]:
    """The steps from line to line within the cells of a row; one beyond measure where a line says more in several cells:
    that may be a row of its own."""
    told: dict[int, Piece] = {}
    for piece in row:
        if piece.column in told:
            alone = not piece.line.is_row
            yield piece.foot - told[piece.column].foot if alone else float("inf")
        told[piece.column] = piece


# -- lines -----------------------------------------------------------------------------------------------


def _made(rows: Sequence[Row]) -> Iterator[PrintedLine]:
    """A line for every row."""
    for row in rows:
        columns = sorted({piece.column for piece in row})
        cells = [[piece for piece in row if piece.column == column] for column in columns]
        spans = tuple((min(one.span[0] for one in cell), max(one.span[1] for one in cell)) for cell in cells)
        first = row[0].line
        box = union([piece.line.box for piece in row]) or first.box
        text = "\t".join(map(_text, cells))
        foot = _foot(row)
        yield replace(first, text=text, box=box, baseline=foot, cells=spans, depth=foot - first.baseline)


def _text(cell: Sequence[Piece]) -> str:
    """The words of a cell in one line."""
    text = ""
    for piece in cell:
        text = joined(text, piece.text) + piece.text if text else piece.text
    return text.replace(HYPHEN, "-")
