"""A grid of cells becomes a table, its columns and its rows.

Used for sheets, CSV and Parquet, and for tables inside DOCX, HTML and PDF. A grid may hold several tables, parted by
blank rows or columns; each may have a caption above it, a header of up to three rows with merged cells, and totals.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.space.entity import Locator
from ingest.text.cells import GAPS, Cell, blank, cell, header, shown, unit_word

from ..text.convention import certain_day, decide
from . import Item
from .rows import About, Body, Line, Row, picked, texts, told

MAX_HEADER = 3
MAX_LABEL = 60
BRIDGE = 2
"""Rows of a table whose merged cells reach over a column without words."""
CALENDAR = ("年", "月", "日", "週", "時")
"""What counted names a column: 4月 over figures."""
NOTHING = About()


@dataclass(frozen=True, slots=True)
class Block:
    """One table's cells and the words right above it."""

    lines: list[Line]
    at: tuple[int, ...]
    """Where its columns stand in the grid."""
    caption: str = ""

    @property
    def width(self) -> int:
        return len(self.lines[0][1])


def grid(
    rows: Sequence[Row],
    *,
    name: str,
    key: str,
    title: str,
    place: Callable[[int], Locator],
    rest: Iterable[Row] = (),
    about: About = NOTHING,
) -> Iterator[Item]:
    """Drafts of every table in a grid: first the `table`, then its `column`s, then its `row`s, then its typed rows.

    Args:
        rows: cells as text or as typed values; rows may differ in length.
        name: what the table is called; a caption found in the grid is added to it.
        key: unique within the source; a second table in the grid gets "key/2".
        title: the headings above, joined by " > ".
        place: where row `i` of `rows` stands in the source.
        rest: further rows of the last table that are too many to become entities: they are counted in the figures
            of its columns, and `facts["rows"]` of the table is larger than `facts["rows_kept"]`.
        about: what is known of the grid besides its cells.
    """
    blocks = split(rows, about.joined)
    for number, block in enumerate(blocks, start=1):
        more = rest if number == len(blocks) else ()
        yield from _table(block, name, key if number == 1 else f"{key}/{number}", title, place, about, more)


# -- finding tables ----------------------------------------------------------------------------------


def split(rows: Sequence[Row], joined: Mapping[int, frozenset[int]] = NOTHING.joined) -> list[Block]:
    """The tables of a grid: cut at blank rows and columns, captions attached, tables torn by a blank row joined.

    Args:
        joined: by column, the rows in which a merged cell reaches over from the column before.
    """
    blocks: list[Block] = []
    words: list[Line] = []
    for block in map(_captioned, _islands(rows, joined)):
        if block.width == 1 and len(block.lines) == 1:
            words += block.lines
        elif blocks and not words and not block.caption and _continues(blocks[-1], block):
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
            for columns in _spans(band, joined):
                lines = [(i, picked(row, columns)) for i, row in band]
                yield Block([line for line in lines if not all(map(blank, line[1]))], columns)
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


def _captioned(block: Block) -> Block:
    """Leading rows that say one thing across a wider table are its caption (a merged title may read as repeats)."""
    lines, words = list(block.lines), []
    while block.width > 1 and len(lines) > 2 and (said := _caption(lines[0])):
        words.append(said)
        lines.pop(0)
    return Block(lines, block.at, " ".join(words)) if words else block


def _caption(line: Line) -> str:
    """The words of a row that holds one cell, or one text across all of its cells; else ""."""
    said = [shown(value) for value in line[1] if not blank(value)]
    alone = len(said) == 1 or (len(said) == len(line[1]) and len(set(said)) == 1)
    return said[0] if alone and cell(said[0]).type == "text" else ""


def _continues(above: Block, below: Block) -> bool:
    """Whether a block is the table above going on after a blank row: same columns, and no header of its own."""
    same = above.at == below.at and len(above.lines) > 1 and above.width > 1
    if not same:
        return False
    last, first = ([cell(value).type for value in row] for row in (above.lines[-1][1], below.lines[0][1]))
    return any(kind in ("number", "date") for kind in first) and all(
        a == b or "empty" in (a, b) for a, b in zip(last, first, strict=True)
    )


# -- headers -------------------------------------------------------------------------------------------


def header_height(rows: Sequence[Row]) -> int:
    """How many of the first rows are a header; 0 when the first row already is data."""
    if len(rows) < 2 or not _labels(rows[0], rows[1:20]):
        return 0
    height = 1
    while height < min(MAX_HEADER, len(rows) - 1) and _goes_on(rows[height - 1], rows[height], rows[height + 1 :]):
        height += 1
    return height


def _labels(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row names columns: short words, or years and dates standing over something else."""
    cells = [cell(value) for value in row]
    if not any(item.type == "text" for item in cells):
        return False
    for column, item in enumerate(cells):
        if item.type == "boolean" or (item.type == "text" and len(str(item.value)) > MAX_LABEL):
            return False
        if item.type in ("number", "date") and not _heads(
            item, [cell(row[column]) for row in below if column < len(row)]
        ):
            return False
    return True


def _heads(item: Cell, below: Sequence[Cell]) -> bool:
    """A year, a month or a day can head a column of something else, any number one of words."""
    if item.type == "date":
        return not any(other.type == "date" for other in below)
    if item.unit in CALENDAR:
        return not any(other.unit == item.unit or other.type == "date" for other in below)
    filled = {other.type for other in below} - {"empty"}
    return filled == {"text"} or (_year(item) and not any(_year(other) for other in below))


def _year(item: Cell) -> bool:
    return item.type == "number" and isinstance(item.value, int) and 1800 <= item.value <= 2100


def _goes_on(upper: Row, lower: Row, below: Sequence[Row]) -> bool:
    """Whether `lower` is one more row of the header: units, or labels under merged cells with figures below."""
    if of_units(lower, below):
        return True
    if not all(cell(value).type in ("text", "empty") or _year(cell(value)) for value in lower):
        return False
    merged = any(
        not blank(low) and not blank(left) and (blank(up) or up == left)
        for left, up, low in zip(upper, upper[1:], lower[1:], strict=False)
    )
    figures = any(
        cell(low).type == "text" and cell(value).type in ("number", "date")
        for low, value in zip(lower, below[0], strict=False)
    )
    stacked = any(
        (blank(low) and not blank(up)) or (up == low and not blank(up)) for up, low in zip(upper, lower, strict=False)
    )
    return merged and (figures or stacked)


def of_units(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row says the units of the figures below it, of some at least, and holds no figure."""
    under = (next((line[i] for line in below if i < len(line) and shown(line[i])), None) for i in range(len(row)))
    said = [(shown(value), cell(first).type) for value, first in zip(row, under, strict=True) if not blank(value)]
    alone = all(unit_word(text) or text in GAPS for text, _ in said)
    over = [text for text, under in said if alone or under == "number"]
    return all(cell(text).type in ("text", "empty") for text, _ in said) and any(map(unit_word, over))


def names(rows: Sequence[Row], width: int) -> list[tuple[str, str]]:
    """Name and unit of each column from the rows of its header; unnamed ones are numbered, equal ones told apart."""
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        said = [shown(value) for value in row]
        for column in range(width):
            deeper = any(not blank(lower[column]) for lower in rows[depth + 1 :])
            if not said[column] and deeper and column:
                said[column] = said[column - 1]
            if said[column] and said[column] not in parts[column] and not (depth and said[column] in GAPS):
                parts[column].append(said[column])
    labels = [f"{' / '.join(p[:-1])} ({unit})" if (unit := _unit(p)) else " / ".join(p) for p in parts]
    return _distinct([header(label, labels) for label in labels])


def _unit(parts: Sequence[str]) -> str:
    """The unit that the last row of a header says below a name."""
    return unit_word(parts[-1]) if len(parts) > 1 else ""


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    seen: Counter[str] = Counter()
    result = []
    for number, (name, unit) in enumerate(pairs, start=1):
        name = name or f"column {number}"
        seen[name] += 1
        result.append((name if seen[name] == 1 else f"{name} ({seen[name]})", unit))
    return result


def _is_form(block: Block, about: About) -> bool:
    """Two columns of label and value ("Serial | 123"), to be read as one record rather than as a table."""
    if block.width != 2 or not 2 <= len(block.lines) <= 40:
        return False
    if about.form is not None:
        return about.form
    labels = [shown(row[0]) for _, row in block.lines]
    if len(set(labels)) < len(labels) or not all(cell(label).type == "text" and len(label) <= 40 for label in labels):
        return False
    if sum(label.endswith((":", "：")) for label in labels) > len(labels) / 2 or _is_said(block.lines[0][1][1]):
        return True
    written = decide(texts(row[1] for _, row in block.lines[1:]), labels[0])
    cells = [cell(row[1], written) for _, row in block.lines[1:]]
    kinds = Counter(one.type for one in cells)
    figures = kinds["number"] + kinds["date"]
    if not any(map(str.isdigit, shown(block.lines[0][1][1]))) and (about.separator or _of_one_kind(cells)):
        return False
    return min(kinds["text"], figures) >= 0.25 * max(1, kinds.total())


def _of_one_kind(cells: Sequence[Cell]) -> bool:
    """Whether figures of one kind and unit stand in a column, and are at least half of what does: what else stands among
    them is an exception ("sold out", "not weighed"), and what stands above them their name."""
    figures = [(one.type, one.unit) for one in cells if one.type in ("number", "date")]
    return len(figures) > 1 and len(set(figures)) == 1 and 2 * len(figures) >= len(cells)


def _is_said(value: object) -> bool:
    """Whether it is a day, with its clock or more words, which name no column."""
    text = unicodedata.normalize("NFKC", shown(value))
    return bool(certain_day(text)) and (cell(value).type == "text" or ":" in text)


def _turned(block: Block) -> Block:
    labels = tuple(shown(row[0]).rstrip(":： ") for _, row in block.lines)
    index, left = block.lines[0][0], block.at[0]
    lines = [(index, labels), (index, tuple(row[1] for _, row in block.lines))]
    return replace(block, lines=lines, at=tuple(range(left, left + len(labels))))


def _table(
    block: Block, name: str, key: str, title: str, place: Callable[[int], Locator], about: About, rest: Iterable[Row]
) -> Iterator[Item]:
    block = _turned(block) if (form := _is_form(block, about)) else block
    height = 1 if form else header_height([row for _, row in block.lines[:20]])
    pairs = names([row for _, row in block.lines[:height]], block.width)
    called = " ".join(filter(None, (name, block.caption)))
    above = title if called and title.endswith(called) else " > ".join(filter(None, (title, called)))
    body = Body(called, key, above, pairs, block.lines[height:], block.at, block.lines[0][0], named=height > 0)
    yield from told(body, place, about, rest)
