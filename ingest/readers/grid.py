"""A grid of cells becomes a table, its columns and its rows.

Used for sheets, CSV and Parquet, and for tables inside DOCX, HTML and PDF. A grid may hold several tables, parted by
blank rows or columns; each may have a caption above it, a header of up to three rows with merged cells, and totals.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from ingest.space.entity import Locator
from ingest.text.cells import Cell, blank, cell, shown

from ..text.convention import certain_day, decide
from . import Item
from .headers import at_sight, header_height, names, takes, unit_of_all
from .islands import HEAD, REMARKS, Block, split
from .pairs import LABEL, MOST_PAIRS, in_pairs, is_value
from .pairs import of as pairs_of
from .rows import About, Body, Row, texts, told

NOTHING = About()
LAYERS = 6
"""Rows at least that are labels and values by turns; fewer may be a table in which a row has no figures."""


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
    blocks = split(rows, about.joined, about.form is False)
    for number, block in enumerate(blocks, start=1):
        more = rest if number == len(blocks) else ()
        yield from _table(block, name, key if number == 1 else f"{key}/{number}", title, place, about, more)


def _without_remark(block: Block) -> Block:
    """A block whose last column is only the unit of all others, said beside their names, with that in its caption."""
    said = [shown(row[-1]) for _, row in block.lines]
    if block.width < 3 or any(said[1:]) or not unit_of_all(said[0]):
        return block
    lines = [(index, row[:-1]) for index, row in block.lines]
    return replace(block, lines=lines, at=block.at[:-1], caption=f"{block.caption} {said[0]}".strip())


def _is_form(block: Block, about: About) -> bool:
    """Two columns of label and value ("Serial | 123"), to be read as one record rather than as a table."""
    if block.form is not None:
        return block.form
    if block.width > 2 and about.form is None and not about.separator:
        return in_pairs([row for _, row in block.lines]) or _in_layers(block)
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
    if not about.separator and not kinds["number"] and is_value(block.lines[0][1][1]):
        return True
    if not any(map(str.isdigit, shown(block.lines[0][1][1]))) and (about.separator or _of_one_kind(cells)):
        return False
    sorts = {(one.type, one.unit) for one in cells if one.type in ("number", "date")}
    return min(kinds["text"], figures) >= 0.25 * max(1, kinds.total()) or (len(sorts) > 2 and not about.separator)


def _in_layers(block: Block) -> bool:
    """Whether rows of labels and rows of their values stand by turns, as on a slip of wages: labels in words, each once, and
    figures below all but the first."""
    rows = [row for _, row in block.lines]
    if len(rows) % 2 or not LAYERS <= len(rows) <= MOST_PAIRS * 2:
        return False
    labels = [shown(label) for row in rows[::2] for label in row if not blank(label)]
    plain = all(cell(label).type == "text" and len(label) <= LABEL for label in labels)
    return plain and len(set(labels)) == len(labels) and all(map(_below, rows[::2], rows[1::2], count()))


def _below(labels: Row, values: Row, number: int) -> bool:
    """Whether values stand below labels and nowhere else, figures for the most part but in the first of such layers."""
    told = [value for label, value in zip(labels, values, strict=True) if not blank(label) and not blank(value)]
    stray = any(blank(label) and not blank(value) for label, value in zip(labels, values, strict=True))
    figures = sum(at_sight(value).type in ("number", "date") for value in told)
    return bool(told) and not stray and (not number or 2 * figures > len(told))


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
    """Labels and values, by turns, as names of columns and one row."""
    rows = [row for _, row in block.lines]
    layers = zip(rows[::2], rows[1::2], strict=False) if _in_layers(block) else ()
    said = [pair for labels, values in layers for pair in zip(labels, values, strict=True) if not blank(pair[0])]
    said = said or [pair for row in rows for pair in pairs_of(row)]
    index, left = block.lines[0][0], block.at[0]
    names = tuple(shown(label).rstrip(":： ") for label, _ in said)
    lines = [(index, names), (index, tuple(value for _, value in said))]
    return replace(block, lines=lines, at=tuple(range(left, left + len(said))))


def _height(block: Block, about: About) -> int:
    """The rows of the header: none where remarks alone stand below each other, at least one where the format says so."""
    if block.width == 1 and shown(block.lines[0][1][0]).startswith(REMARKS):
        return 0
    return max(int(about.form is False and len(block.lines) > 1), header_height([row for _, row in block.lines[:HEAD]]))


def _table(
    block: Block, name: str, key: str, title: str, place: Callable[[int], Locator], about: About, rest: Iterable[Row]
) -> Iterator[Item]:
    block = _without_remark(block)
    block = _turned(block) if (form := _is_form(block, about)) else block
    height = 1 if form else _height(block, about)
    pairs = names([row for _, row in block.lines[:height]], block.width)
    called = " ".join(filter(None, (name, block.caption)))
    above = title if called and title.endswith(called) else " > ".join(filter(None, (title, called)))
    corner = shown(block.lines[0][1][0]) if height else ""
    unit = unit_of_all(called) or unit_of_all(corner)
    said = [unit if takes(column, unit) else "" for column, _ in pairs] if unit else []
    body = Body(called, key, above, pairs, block.lines[height:], block.at, block.lines[0][0], height > 0, said)
    yield from told(body, place, about, rest)
