"""A printed page: from lines with boxes to paragraphs, headings and tables in the order of reading.

Knows geometry and type sizes only, not where the lines came from: PDFium's characters or a reader of pictures.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise

from ingest.space.entity import Locator

from .flow import Block, Line, Table, union
from .printed import FIGURE, HYPHEN, PrintedLine, Ruled, Span, joined
from .wrapped import whole_rows

NEAR = 3
"""Lines above and below in which a row looks for another that lines up."""
NEAR_EDGE = 3.0
"""Points by which the edges of the same column differ at most."""
ALIGNED = 0.6
"""By how much the right edges of lines that are set flush right differ at most, in sizes of the type: a bracket's ink is narrow."""
INDENT = 4.0
"""How far the first line of a paragraph is indented at most, in sizes of the type."""
EARLY = 3.5
"""How far from the foot of its band a column of Japanese ends that was broken on purpose, in sizes of the type."""
MAX_CUTS = 12
"""Depth to which a page is cut into columns and bands."""
_NUMBERED = re.compile(
    r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+[^\W\d_]|第[\d一二三四五六七八九十]+[章節条]|"
    r"(?:Chapter|Section|Appendix|Annex) [\dA-Z]+"
)
_ITEM = re.compile(r"[-–•●○■□▪◦・*]\s*\S|\(?\d{1,2}[.)]\s|\(?[a-z]\)\s|[①-⑳]")
_LABEL = re.compile(r"[^:：]{1,40}[:：](\s|$)|[^:：、。\s]{1,12}：")
_LEADERS = re.compile(r"[.…・‥]{4}|(?:[.…・‥] ){4}")
"""The dots that lead from a name to its figure at the other end of the line."""


@dataclass(frozen=True, slots=True)
class Body:
    """The type most of a document is set in."""

    size: float = 10.0
    bold: bool = False


def flow(
    lines: Sequence[PrintedLine], body: Body, place: Locator, above: Table | None = None
) -> Iterator[Block | Table]:
    """The blocks of one page, in the order of reading.

    Args:
        above: the table that the page before ended with; rows that go on in its columns are added to it.
    """
    columns = [line for line in lines if line.is_vertical]
    yield from vertical(columns, place)
    lines = [line for line in lines if not line.is_vertical]
    right = max((line.box[2] for line in lines), default=0.0)
    ordered = [*_without_chance_gaps([*whole_rows(in_order(lines), above.spans if above else ())])]
    leading = _leading(ordered, body)
    for _, part in groupby(ordered, key=lambda line: id(line.ruled)):
        first, *more = part
        found = (
            _ruled(first.ruled, place, above)
            if first.ruled
            else _free([first, *more], (body, leading, right), place, above)
        )
        for one in found:
            above = None
            yield one


def _free(
    lines: Sequence[PrintedLine], page: tuple[Body, float, float], place: Locator, above: Table | None
) -> Iterator[Block | Table]:
    """The blocks of lines that are not ruled; `page` has the type, the step between lines and the right margin."""
    body, leading, right = page
    for paragraph in paragraphs(lines, leading, right):
        more = _continued(paragraph, above) if above is not None else []
        cells = [] if more else _grid(paragraph)
        places = [replace(place, box=union([line.box])) for line in paragraph]
        if more and above is not None:
            _add(above, more, places)
            continue
        above = None
        if cells:
            yield Table(cells, place, places=places, spans=max((line.cells for line in paragraph), key=len))
        else:
            yield _block(paragraph, _level(paragraph, body), place, right)


def _ruled(ruled: Ruled, place: Locator, above: Table | None) -> Iterator[Block | Table]:
    """A table whose cells are ruled, or its rows as text; nothing if it goes on with that of the page before."""
    places = [replace(place, box=box) for box in ruled.boxes]
    if above is not None and _same_columns(above.spans, ruled.spans):
        _add(above, ruled.rows, places)
    elif ruled.named:
        yield Table(ruled.rows, place, places=places, spans=ruled.spans)
    else:
        starts = accumulate((len(text) + 1 for text in ruled.said), initial=0)
        told = zip(starts, ruled.said, ruled.boxes, strict=False)
        lines = tuple(Line(at, at + len(text), box) for at, text, box in told)
        yield Block("\n".join(ruled.said), place=place, lines=lines)


def _add(above: Table, rows: Sequence[Sequence[str | None]], places: Sequence[Locator]) -> None:
    """More rows of a table; its header, said again, is none."""
    again = list(rows[0]) == list(above.rows[0])
    above.rows, above.places = [*above.rows, *rows[again:]], [*above.places, *places[again:]]


def _same_columns(spans: Sequence[Span], others: Sequence[Span]) -> bool:
    return len(spans) == len(others) and all(
        abs(a - b) < NEAR_EDGE
        for one, other in zip(spans, others, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def vertical(lines: Sequence[PrintedLine], place: Locator) -> Iterator[Block]:
    """Columns of Japanese from right to left, band by band from the top; a paragraph begins where a column is indented, or
    behind one that ends early: with a sentence, or by more than what may not begin the next column needs."""
    if not lines:
        return
    size = statistics.median(line.size for line in lines)
    at = _gap(lines, 1, 1.5 * size, 1)
    if at is not None:
        yield from vertical([line for line in lines if line.box[1] < at], place)
        yield from vertical([line for line in lines if line.box[1] >= at], place)
        return
    top, bottom = min(line.box[1] for line in lines), max(line.box[3] for line in lines)
    paragraph: list[PrintedLine] = []
    for line in sorted(lines, key=lambda line: -line.box[2]):
        left = (bottom - paragraph[-1].box[3]) / size if paragraph else 0.0
        early = left > EARLY or (left > 1.5 and _ended(paragraph[-1].text))
        if paragraph and (early or line.box[1] > top + 0.7 * size):
            yield _block(paragraph, 0, place, 0.0)
            paragraph = []
        paragraph.append(line)
    yield _block(paragraph, 0, place, 0.0)


# -- order -----------------------------------------------------------------------------------------------


def in_order(lines: Sequence[PrintedLine]) -> list[PrintedLine]:
    """The lines as they are read. The order of the file is kept unless it goes back up without beginning a new column;
    then the page is cut along its white space (recursive XY cut, Nagy & Seth 1984)."""
    torn = any(
        below.baseline < above.baseline - above.size and below.box[0] < above.box[2] for above, below in pairwise(lines)
    )
    return _cut(list(lines), MAX_CUTS) if torn else list(lines)


def _cut(lines: list[PrintedLine], depth: int) -> list[PrintedLine]:
    size = statistics.median(line.size for line in lines) if lines else 0.0
    for axis, least, fewest in ((0, 1.5 * size, 3), (1, 0.0, 1)):
        at = _gap(lines, axis, least, fewest) if depth else None
        if at is not None:
            first = [line for line in lines if line.box[axis] < at]
            rest = [line for line in lines if line.box[axis] >= at]
            return _cut(first, depth - 1) + _cut(rest, depth - 1)
    return sorted(lines, key=lambda line: (round(line.baseline / max(size, 1.0)), line.box[0]))


def _gap(lines: Sequence[PrintedLine], axis: int, least: float, fewest: int) -> float | None:
    """Where the widest gap along an axis ends, if it is wide enough and has enough lines on both sides."""
    best, widest = None, least
    spans = sorted((line.box[axis], line.box[axis + 2]) for line in lines)
    reach = spans[0][1] if spans else 0.0
    for number, (start, end) in enumerate(spans):
        if start - reach > widest and fewest <= number <= len(spans) - fewest:
            best, widest = start, start - reach
        reach = max(reach, end)
    return best


def _without_chance_gaps(lines: Sequence[PrintedLine]) -> Iterator[PrintedLine]:
    """A wide gap parts cells only where a line near by has one that lines up with it; else it is a space."""
    for number, line in enumerate(lines):
        near = [*lines[max(0, number - NEAR) : number], *lines[number + 1 : number + 1 + NEAR]]
        if line.is_row and not any(
            _line_up(line, other) or _same_cells(line, other) or _flush(line, other) for other in near
        ):
            line = replace(line, text=line.text.replace("\t", " "), cells=((line.box[0], line.box[2]),))
        yield line


def _line_up(line: PrintedLine, other: PrintedLine) -> bool:
    """Whether two rows have a cell, not the first, with the same left edge, right edge or centre."""
    close = 0.5 * line.size
    return any(
        abs(a[0] - b[0]) < close or abs(a[1] - b[1]) < close or abs(sum(a) - sum(b)) < close
        for a in line.cells[1:]
        for b in other.cells[1:]
    )


def _same_cells(line: PrintedLine, other: PrintedLine) -> bool:
    """Whether two rows have as many cells, three at least, each above or below its like: names and figures have other edges."""
    pairs = [*zip(line.cells, other.cells, strict=False)]
    return len(line.cells) == len(other.cells) > 2 and not any(_apart(one, like)[0] for one, like in pairs)


def _flush(line: PrintedLine, other: PrintedLine) -> bool:
    """Whether another line, all of it beside the gap between two cells, is set flush right with the second."""
    close, (left, right) = ALIGNED * line.size, line.cells[-1]
    beside = len(line.cells) == 2 and not other.is_row and other.box[0] > line.cells[0][1]
    return beside and abs(other.box[2] - right) < close < abs(other.box[0] - left)


def heads(line: PrintedLine, lines: Sequence[PrintedLine]) -> bool:
    """Whether a line stands right above a row that lines up with it: then it is the header of a table, wherever it stands."""
    near = (other for other in lines if 0 < other.baseline - line.baseline < 2.5 * line.size)
    return line.is_row and any(other.is_row and _line_up(line, other) for other in near)


# -- paragraphs ------------------------------------------------------------------------------------------


def _leading(lines: Sequence[PrintedLine], body: Body) -> float:
    """The step from line to line that is usual on a page."""
    steps = [_step(above, below) for above, below in pairwise(lines)]
    steps = [step for step in steps if 0 < step < 3 * body.size]
    return statistics.median_low(steps) if steps else 1.2 * body.size


def _step(above: PrintedLine, below: PrintedLine) -> float:
    """How far the first baseline of a line is below the last of the one before it."""
    return below.baseline - below.depth - above.baseline


def paragraphs(lines: Sequence[PrintedLine], leading: float, right: float) -> Iterator[list[PrintedLine]]:
    """Lines that belong together. Rows of cells (parted by tabs) stay together as one paragraph of several lines."""
    paragraph: list[PrintedLine] = []
    for line in lines:
        if paragraph and not _goes_on(paragraph, line, leading, right):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _goes_on(paragraph: Sequence[PrintedLine], line: PrintedLine, leading: float, right: float) -> bool:
    """Whether a line belongs to the paragraph before it."""
    last = paragraph[-1]
    rows = line.is_row and last.is_row
    if abs(line.size - last.size) > 0.1 * last.size or (line.bold != last.bold and not rows):
        return False
    step = _step(last, line)
    if step < -0.5 * last.size:
        return not _ended(last.text) and not line.is_row and not last.is_row and not line.bold
    if step > max(1.4 * leading, 1.1 * last.size + 0.4 * leading):
        return False
    if line.is_row or last.is_row:
        return rows
    if _ITEM.match(line.text) or (_LABEL.match(line.text) and _LABEL.match(last.text)):
        return False
    indented = len(paragraph) > 1 and line.box[0] > last.box[0] + 0.8 * line.size
    return not (_ended(last.text) and (indented or _is_short(last, right)))


def _is_short(line: PrintedLine, right: float) -> bool:
    """Whether a line ends well before the margin, so that it was broken there on purpose."""
    return line.box[2] < right - 0.2 * (right - line.box[0])


def _is_broken(line: PrintedLine, following: PrintedLine, right: float) -> bool:
    """Whether a line was broken on purpose: it ends early, leads to a figure, or begins further right than an indented one."""
    indented = not line.is_vertical and line.box[0] - following.box[0] > INDENT * line.size
    return _is_short(line, right) or bool(_LEADERS.search(line.text)) or indented


def _flush_right(paragraph: Sequence[PrintedLine]) -> Iterator[int]:
    """The numbers of lines that are set flush right: three or more that end at the same edge and begin at places of their own
    (those of a justified paragraph begin at two, with a bracket a little further in)."""
    runs: list[list[int]] = []
    for number, line in enumerate(paragraph):
        if not runs or abs(line.box[2] - paragraph[runs[-1][0]].box[2]) > ALIGNED * line.size:
            runs.append([])
        runs[-1].append(number)
    for run in runs:
        begin = {round(paragraph[number].box[0] / paragraph[number].size) for number in run}
        if len(begin) > 2 and max(begin) - min(begin) > 2:
            yield from run


def _ended(text: str) -> bool:
    return bool(re.search(r"[.!?:。！？][\"'”’)」』）]*$", text))


def _level(paragraph: Sequence[PrintedLine], body: Body) -> int:
    """The level of a heading, 0 for a paragraph of text."""
    first = paragraph[0]
    text = " ".join(line.text for line in paragraph)
    if len(paragraph) > 3 or len(text) > 120 or first.is_row or text[-1] in ".,;。、，；":
        return 0
    larger = first.size / body.size
    if not re.search(r"[^\W\d_]{2}", text) or (len(paragraph) > 1 and re.search(r"\d{3}", text)):
        return 0
    if larger < 1.12 and (not first.bold or body.bold or len(paragraph) > 1 or len(text) > 80):
        return 0
    if larger < 1.12 and re.match(r"[^:：]{1,40}[:：]\s*\S", text):
        return 0
    numbered = _NUMBERED.match(text)
    if numbered:
        return 2 + (numbered[1] or "").count(".")
    return 1 if larger > 1.6 else 2 if larger > 1.25 else 3


# -- tables and text -------------------------------------------------------------------------------------


def _grid(paragraph: Sequence[PrintedLine]) -> list[list[str | None]]:
    """The cells of a table under the columns of its widest row; none if these lines are no table.

    A table has at least three rows and three columns (two read well as they stand), names above all columns but perhaps
    the first, and no two cells under one column.
    """
    columns = max((line.cells for line in paragraph), key=len)
    names = paragraph[0].text.split("\t")
    if len(paragraph) < 3 or len(columns) < 3 or len(names) < len(columns) - 1 or any(map(FIGURE.match, names)):
        return []
    rows: list[list[str | None]] = []
    for line in paragraph:
        row: list[str | None] = [None] * len(columns)
        for text, cell in zip(line.text.split("\t"), line.cells, strict=True):
            column = min(range(len(columns)), key=lambda number: _apart(columns[number], cell))
            if row[column] is not None:
                return []
            row[column] = text
        rows.append(row)
    return rows


def _continued(paragraph: Sequence[PrintedLine], above: Table) -> list[list[str | None]]:
    """The rows of a paragraph in the columns of a table that another page ended with; none if they do not fit."""
    rows: list[list[str | None]] = []
    for line in paragraph:
        row: list[str | None] = [None] * len(above.spans)
        for text, cell in zip(line.text.split("\t"), line.cells, strict=True):
            column = min(range(len(above.spans)), key=lambda number: _apart(above.spans[number], cell))
            if row[column] is not None or _apart(above.spans[column], cell)[0] > 2 * line.size:
                return []
            row[column] = text
        if not line.is_row:
            return []
        rows.append(row)
    return rows


def _apart(column: Span, cell: Span) -> tuple[float, float]:
    """How far a cell is from a column: by the gap between them, then by their middles."""
    gap = max(0.0, column[0] - cell[1], cell[0] - column[1])
    return gap, abs(sum(column) - sum(cell))


def _block(paragraph: Sequence[PrintedLine], level: int, place: Locator, right: float) -> Block:
    """A paragraph's lines as one text: words mended at the ends of lines, lines broken on purpose kept apart."""
    text = ""
    lines: list[Line] = []
    flush = {*_flush_right(paragraph)}
    for number, line in enumerate(paragraph):
        if number:
            before = paragraph[number - 1]
            ended = not level and (number - 1 in flush or _is_broken(before, line, right))
            apart = ended and not line.text[0].islower()
            text = text + "\n" if line.is_row else joined(text, line.text, "\n" if apart else " ")
        start = len(text)
        text += line.text.replace(":\t", ": ").replace("\t", " | ")
        lines.append(Line(start, len(text), line.box))
    return Block(text.replace(HYPHEN, "-"), level, place, lines=tuple(lines))
