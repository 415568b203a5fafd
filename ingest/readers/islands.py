"""The tables of a grid: cut at blank rows and columns and at headers that come again, with their captions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from ingest.text.cells import blank, shown

from .headers import CLOCK, MAX_HEADER, at_sight, header_height, of_marks
from .pairs import above_table, in_turns, is_value
from .rows import Line, Row, picked

BRIDGE = 2
"""Rows of a table whose merged cells reach over a column without words."""
HEAD = 20
"""Rows that decide on a header."""
SCATTERED = 4
"""Runs of columns, from which on lines without a header are lines with empty cells and no tables side by side."""
REMARKS = ("※", "＊", "*", "注", "(注", "（注", "資料：", "資料:", "出典", "出所")
"""What remarks below a table begin with."""
PREFACE = 8
"""Rows that may stand above one."""
LABEL = 60
"""Letters of the longest name of a column."""
FIGURES = ("number", "date", "clock")
_REMARK = re.compile(r".*\d.*|[(（\[【].*|.*[:：].*")
"""What stands beside a title: a day, a unit."""


@dataclass(frozen=True, slots=True)
class Block:
    """One table's cells and the words right above it.

    Attributes:
        at: where its columns stand in the grid.
        form: whether it is labels beside values; None: what it holds decides.
    """

    lines: list[Line]
    at: tuple[int, ...]
    caption: str = ""
    form: bool | None = None

    @property
    def width(self) -> int:
        return len(self.lines[0][1])


def split(
    rows: Sequence[Row], joined: Mapping[int, frozenset[int]] | None = None, headed: bool = False
) -> list[Block]:  # fmt: skip
    """The tables of a grid: cut at blank rows and columns and at headers that come again, captions attached, tables torn by
    a blank row joined.

    Args:
        joined: by column, the rows in which a merged cell reaches over from the column before.
        headed: whether the first row is the header, as the format says.
    """
    blocks: list[Block] = []
    words: list[Line] = []
    for block in (part for island in _islands(rows, joined or {}) for part in _parts(island, headed)):
        if block.width == 1 and len(block.lines) == 1 and not _is_remark(block.lines[0]):
            words += block.lines
        elif (
            blocks and not words and not block.caption and (_continues(blocks[-1], block) or _heads(blocks[-1], block))
        ):
            blocks[-1].lines.extend(block.lines)
        else:
            above = [shown(row[0]) for _, row in words]
            blocks.append(replace(block, caption=" ".join([*above, block.caption]).strip()))
            words = []
    return [*blocks, Block(words, (0,))] if words else blocks


def _islands(rows: Sequence[Row], joined: Mapping[int, frozenset[int]]) -> Iterator[Block]:
    """Rectangles of cells between blank rows, then between blank columns."""
    band: list[Line] = []
    for index, row in enumerate([*rows, ()]):
        if any(not blank(value) for value in row):
            band.append((index, tuple(row)))
        elif band:
            spans = list(_spans(band, joined))
            if len(spans) >= SCATTERED and not header_height([row for _, row in band[:HEAD]]):
                spans = [tuple(range(spans[0][0], spans[-1][-1] + 1))]
            form = True if _labelled(band, spans) else None
            lone = [] if form else [pair for two in pairwise(spans) if (pair := _lone(band, *two))]
            taken = {(pair.lines[0][0], column) for pair in lone for column in pair.at}
            for columns in [(*spans[0], *spans[1])] if form else spans:
                cells = [(i, _without(taken, i, columns, picked(row, columns))) for i, row in band]
                if lines := [line for line in cells if not all(map(blank, line[1]))]:
                    yield Block(lines, columns, form=form)
            yield from lone
            band = []


def _spans(band: Sequence[Line], joined: Mapping[int, frozenset[int]]) -> Iterator[tuple[int, ...]]:
    """Runs of neighbouring columns that hold anything. A column that merged cells reach over parts nothing: those of
    several rows, as that of one may be the title of tables that stand side by side."""
    used = {column for _, row in band for column, value in enumerate(row) if not blank(value)}
    filled = {i for i, _ in band}
    bridges = {column for column, rows in joined.items() if len(rows & filled) >= BRIDGE}
    run: list[int] = []
    for column in range(min(used), max(used) + 1):
        if column in used:
            run.append(column)
        elif column not in bridges and run:
            yield tuple(run)
            run = []
    yield tuple(run)  # ends with the last column that holds anything


def _labelled(band: Sequence[Line], spans: Sequence[tuple[int, ...]]) -> bool:
    """Whether each row is a word and, after a gap, its figure: sums that stand below the columns of a table."""
    if len(spans) != 2 or any(len(span) > 1 for span in spans):
        return False
    pairs = [[at_sight(value).type for value in picked(row, (spans[0][0], spans[1][0]))] for _, row in band]
    return all(pair == ["text", "number"] for pair in pairs)


def _without(
    taken: set[tuple[int, int]], index: int, columns: Sequence[int], cells: tuple[object, ...]
) -> tuple[object, ...]:
    """The cells of a row without those that are told elsewhere."""
    if not taken:
        return cells
    return tuple(None if (index, column) in taken else value for column, value in zip(columns, cells, strict=True))


def _lone(band: Sequence[Line], left: tuple[int, ...], right: tuple[int, ...]) -> Block | None:
    """A label and, after a gap, its figure alone in its column: the amount of an invoice above its items."""
    filled = [(i, row) for i, row in band if not blank(picked(row, right[:1])[0])]
    if len(left) > 1 or len(right) > 1 or len(filled) != 1 or len(band) < 2:
        return None
    index, pair = filled[0][0], picked(filled[0][1], (left[0], right[0]))
    kinds = [at_sight(value).type for value in pair]
    return Block([(index, pair)], (left[0], right[0]), form=True) if kinds == ["text", "number"] else None


def _parts(block: Block, headed: bool) -> Iterator[Block]:
    """The tables of a block: lines of label and value above one by themselves, and what begins with the header again."""
    block = _captioned(block)
    if _is_amount(block):
        yield Block(block.lines[1:], block.at, f"{block.caption} {_caption(block.lines[0])}".strip(), form=True)
        return
    if count := _above(block):
        yield Block([(i, row[:2]) for i, row in block.lines[:count]], block.at[:2], block.caption, form=True)
        block = _captioned(Block(block.lines[count:], block.at))
    elif count := 0 if headed else _preface(block):
        said = [shown(value) for _, row in block.lines[:count] for value in row if not blank(value)]
        block = replace(block, lines=block.lines[count:], caption=" ".join(filter(None, [block.caption, *said])))
    elif count := 0 if headed else above_table([row for _, row in block.lines[:HEAD]]):
        yield replace(block, lines=block.lines[:count], form=True)
        block = Block(block.lines[count:], block.at)
    remarks = list(takewhile(_is_remark, reversed(block.lines[1:]))) if block.width > 1 else []
    yield from _again(replace(block, lines=block.lines[: len(block.lines) - len(remarks)]))
    if remarks:
        yield Block([(index, row[:1]) for index, row in reversed(remarks)], block.at[:1])


def _is_amount(block: Block) -> bool:
    """Whether it is words over two columns, which name none, and below them a label and its figure: a letter and its sum."""
    (_, above), *below = block.lines
    if block.width != 2 or len(below) != 1 or not blank(above[1]):
        return False
    return at_sight(above[0]).type == "text" and [at_sight(value).type for value in below[0][1]] == ["text", "number"]


def _is_remark(line: Line) -> bool:
    """Whether a row is a remark on the table above it and nothing else."""
    first, *others = line[1]
    return shown(first).startswith(REMARKS) and all(map(blank, others))


def _captioned(block: Block) -> Block:
    """Leading rows that say one thing across a wider table are its caption (a merged title may read as repeats)."""
    lines, words = list(block.lines), []
    while block.width > 1 and len(lines) > 2 and (said := _caption(lines[0]) or _titled(lines)):
        words.append(said)
        lines.pop(0)
    return replace(block, lines=lines, caption=" ".join(words)) if words else block


def _titled(lines: Sequence[Line]) -> str:
    """The words of a row of a title and a remark (a day, a unit) above the header; else ""."""
    first, *below = (row for _, row in lines[:HEAD])
    filled = [number for number, value in enumerate(first) if not blank(value)]
    if len(first) < 3 or len(filled) != 2 or filled[0] or any(map(blank, below[0])):
        return ""
    title, remark = (shown(first[number]) for number in filled)
    fits = at_sight(title).type == "text" and _REMARK.fullmatch(remark) and _figured(below[1:]) and header_height(below)
    return f"{title} {remark}" if fits else ""


def _figured(rows: Sequence[Row]) -> bool:
    """Whether figures or days stand in rows: then what stands above them in words names them."""
    return any(at_sight(value).type in ("number", "date") for row in rows for value in row)


def _above(block: Block) -> int:
    """How many lines of a label and its value stand above the header of a wider table; 0 for fewer than two."""
    count = 0
    for _, row in block.lines[:HEAD]:
        if (
            block.width < 3
            or any(map(blank, row[:2]))
            or not all(map(blank, row[2:]))
            or at_sight(row[0]).type != "text"
        ):
            break
        count += 1
    below = [row for _, row in block.lines[count : count + HEAD]]
    wide = len(below) > 1 and all(sum(not blank(value) for value in row) > 2 for row in below[:2])
    return count if count > 1 and wide and _figured(below[1:2]) and header_height(below) else 0


def _preface(block: Block) -> int:
    """How many lines of words and values (the name of a firm, the month, an account) stand above the header of a table."""
    rows = [row for _, row in block.lines[:HEAD]]
    height = header_height(rows)
    first = 1 if in_turns(rows[0]) else max(height, 1)
    for number in range(first, min(PREFACE, len(rows) - 2) + 1) if block.width > 2 else ():
        grouped = number > 1 and blank(rows[number - 1][0]) and header_height(rows[number - 1 :]) > 1
        figured = _begins(rows, number, grouped)
        if figured and _is_above(rows, number, figured, height > 0):
            return number - grouped
    return 0


def _begins(rows: Sequence[Row], number: int, grouped: bool) -> list[int]:
    """The columns of figures below a row, if it may be the header: it names every column in other words, most without a figure
    (or stands below words that group them), figures stand below it, and none of their kind above."""
    head, below = rows[number], rows[number + 1]
    named = [column for column, value in enumerate(head) if not blank(value)]
    words = {shown(head[column]) for column in named}
    told = [column for column, value in enumerate(below) if not blank(value)]
    figured = [column for column in told if _kind(below[column]) in FIGURES]
    if len(named) < 3 or (len(words) < len(named) and not grouped) or not set(told) <= set(named):
        return []
    plain = sum(not any(map(str.isdigit, word)) for word in words)
    if (
        any(_kind(head[column]) != "text" for column in named)
        or len(max(words, key=len)) > LABEL
        or 2 * plain <= len(words)
    ):
        return []
    above = (_kind(row[column]) == _kind(below[column]) for row in rows[1:number] for column in figured)
    return [] if any(above) else figured


def _is_above(rows: Sequence[Row], number: int, figured: Sequence[int], headed: bool) -> bool:
    """Whether what stands above a header is none itself: narrower, or with figures where it is none; else figures have to
    stand below the header in several columns and rows, and a line alone to be labels and values by turns."""
    said = [value for value in rows[0] if not blank(value)]
    named = sum(not blank(value) for value in rows[number])
    coded = any(shown(value).isdigit() and shown(value).startswith("0") for value in said)
    if len(said) < named - 1 or coded or (not headed and any(_kind(value) in FIGURES for value in said)):
        return True
    lower = [column for column in figured if number + 2 < len(rows) and _kind(rows[number + 2][column]) in FIGURES]
    turned = in_turns(rows[0]) and not all(is_value(rows[0][column]) for column in lower)
    return len(lower) > 1 and (number > 1 or turned)


def _kind(value: object) -> str:
    text = shown(value)
    return "clock" if CLOCK.fullmatch(text) else "number" if text.isdigit() else at_sight(value).type


def _again(block: Block) -> Iterator[Block]:
    """The tables of a block that begin with the same header: under a caption of its own a new one, else the table goes on."""
    head, rows = list(map(shown, block.lines[0][1])), [row for _, row in block.lines]
    again = {n for n, row in enumerate(rows) if n and shown(row[0]) == head[0] and list(map(shown, row)) == head}
    if block.width < 2 or not again or not header_height(rows[:HEAD]):
        yield block
        return
    lines, caption = block.lines[:1], block.caption
    for number, line in enumerate(block.lines[1:], 1):
        if number not in again:
            lines.append(line)
        elif len(lines) > 1 and (said := _caption(lines[-1])):
            yield replace(block, lines=lines[:-1], caption=caption)
            lines, caption = [line], said
    yield replace(block, lines=lines, caption=caption)


def _heads(above: Block, below: Block) -> bool:
    """Whether a block is the header of the one below the blank row, or all of it but for its last row."""
    if above.at != below.at or len(above.lines) > MAX_HEADER or above.width < 2:
        return False
    upper, lower = ([row for _, row in block.lines[:HEAD]] for block in (above, below))
    own, both = header_height(lower), header_height([*upper, *lower])
    return both >= len(upper) + own and (not own or of_marks(lower[0]))


def _caption(line: Line) -> str:
    """The words of a row that holds one cell, or one text across all of its cells; else ""."""
    said = [shown(value) for value in line[1] if not blank(value)]
    alone = len(said) == 1 or (len(said) == len(line[1]) and len(set(said)) == 1)
    return said[0] if alone and not of_marks(said) and at_sight(said[0]).type == "text" else ""


def _continues(above: Block, below: Block) -> bool:
    """Whether a block is the table above going on after a blank row: same columns, and no header of its own."""
    same = above.at == below.at and len(above.lines) > 1 and above.width > 1
    if not same:
        return False
    last, first = ([at_sight(value).type for value in row] for row in (above.lines[-1][1], below.lines[0][1]))
    return any(kind in ("number", "date") for kind in first) and all(
        a == b or "empty" in (a, b) for a, b in zip(last, first, strict=True)
    )
