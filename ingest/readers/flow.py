"""A document as a flow of headings, paragraphs and tables, folded into drafts.

Readers of formats yield `Block`s in reading order; here they become passages under their headings. What is not a block
(tables made drafts already, notes) passes through in its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ingest.space.entity import Draft, Locator
from ingest.text.split import passages, tokens

from . import Item

Box: TypeAlias = tuple[float, float, float, float]

_NO_TITLE = re.compile(
    r".*\.(?:docx?|xlsx?|pptx?|pdf|indd|jpe?g|png|tex|odt|rtf)\b.*|Microsoft \w+ - .*|"
    r"(?:powerpoint|word) (?:presentation|document)|untitled.*|new document.*",
    re.I,
)
HEADING_LENGTH = 80
TITLE_LENGTH = 160


@dataclass(frozen=True, slots=True)
class Line:
    """Where a range of a block's characters is drawn on its page."""

    start: int
    end: int
    box: Box


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a heading of a level from 1.

    Attributes:
        place: what is known of its place besides its characters (page, part); another place begins another passage.
        at: where it begins in the text as read; None when that text is made of the blocks, one after the other.
        lines: its lines on the page, for formats that have them.
    """

    text: str
    level: int = 0
    place: Locator = field(default_factory=Locator)
    at: int | None = None
    lines: tuple[Line, ...] = ()


@dataclass(slots=True)
class Table:
    """A grid of cells in the flow; it gets the headings above it as title.

    Attributes:
        places: a place for every row, for formats that have more to say than its number.
        spans: on a page, the left and right edge of every column: rows of the next page may go on in them.
        form: whether it is labels beside values, where the format says so; None: what it holds decides.
        joined: by column, the rows in which a merged cell reaches over from the column before.
    """

    rows: Sequence[Sequence[object]]
    place: Locator = field(default_factory=Locator)
    name: str = ""
    places: Sequence[Locator] = ()
    spans: Sequence[tuple[float, float]] = ()
    form: bool | None = None
    joined: Mapping[int, frozenset[int]] = field(default_factory=dict)


class Outline:
    """The headings that hold at a point of the flow, under the document's title."""

    def __init__(self, title: str) -> None:
        self._title = clipped(title, TITLE_LENGTH // 2)
        self._headings: dict[int, str] = {}

    def enter(self, heading: str, level: int) -> None:
        self._headings = {above: text for above, text in self._headings.items() if above < level}
        self._headings[level] = clipped(heading, HEADING_LENGTH)

    def tells(self, heading: str) -> bool:
        """Whether a heading stands in the path, whole."""
        line = re.sub(r"\s+", " ", heading).strip()
        return any(part.startswith(line) for part in self.parts)

    @property
    def parts(self) -> list[str]:
        """Title and headings, outermost first; when they are long, the middle gives way."""
        parts = [self._title, *(self._headings[level] for level in sorted(self._headings))]
        parts = [part for part in dict.fromkeys(parts) if not any(p != part and p.startswith(part) for p in parts)]
        while len(parts) > 2 and width(" > ".join(parts)) > TITLE_LENGTH:
            del parts[1]
        return parts

    @property
    def path(self) -> str:
        return " > ".join(self.parts)


def fold(items: Iterable[Block | Table | Item], title: str) -> Iterator[Item]:
    """The drafts of a document, in reading order.

    Args:
        items: the flow; blank blocks are ignored.
        title: of the document; it opens the title of every draft.
    """
    outline = Outline(title)
    run: list[Block] = []
    heading: Block | None = None
    """A heading that has nothing below it yet."""
    at = 0
    tables: Counter[str] = Counter()
    for item in items:
        if isinstance(item, Block):
            if not item.text.strip():
                continue
            block = item if item.at is not None else replace(item, at=at)
            at = max(at, (block.at or 0) + len(block.text) + 1)
            if run and (block.level or block.place != run[-1].place):
                yield from _passages(run, outline.path)
                run = []
            path = outline.path
            if block.level:
                outline.enter(block.text, block.level)
            if heading is not None and not outline.tells(heading.text):
                yield from _passages([heading], path)
            heading = block if block.level else None
            run += [] if block.level else [block]
            continue
        yield from _passages(run, outline.path)
        run = []
        if heading is not None and not outline.tells(heading.text):
            yield from _passages([heading], outline.path)
            heading = None
        if isinstance(item, Table):
            heading = None
            yield from _grid(item, outline.parts, tables)
        elif isinstance(item, Draft):
            yield replace(item, title=item.title or outline.path)
        else:
            yield item
    yield from _passages(run or ([heading] if heading else []), outline.path)


def _passages(run: Sequence[Block], title: str) -> Iterator[Draft]:
    """The passages of paragraphs that stand under the same headings in the same place."""
    if not run:
        return
    text = "\n".join(block.text for block in run)
    lines, offset = [], 0
    for block in run:
        lines += [Line(line.start + offset, line.end + offset, line.box) for line in block.lines]
        offset += len(block.text) + 1
    start = run[0].at or 0
    for span in passages(text, taken=tokens(title)):
        boxes = [line.box for line in lines if line.start < span.end and span.start < line.end]
        place = replace(
            run[0].place, chars=(start + span.start, start + span.end), box=union(boxes) or run[0].place.box
        )
        yield Draft("passage", text[span.start : span.end], place, title)


def _grid(table: Table, parts: list[str], seen: Counter[str]) -> Iterator[Item]:
    """A table is called by its caption, else by the heading it stands under."""
    from .grid import grid
    from .rows import About

    *above, last = parts or [""]
    name = (table.name or last or "table").rstrip(":：")
    seen[name] += 1
    called = f"{name} ({seen[name]})" if seen[name] > 1 else name
    title = " > ".join(parts if table.name else above)

    def place(row: int) -> Locator:
        if table.places:
            return table.places[row]
        return replace(table.place, row=row + 1, part=table.place.part or called)

    about = About(form=table.form, joined=table.joined)
    yield from grid(table.rows, name=called, key=f"table-{seen.total()}", title=title, place=place, about=about)


def union(boxes: Sequence[Box]) -> Box | None:
    """The smallest box around all of them, rounded to a tenth; None of none."""
    if not boxes:
        return None
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return (round(min(x0), 1), round(min(y0), 1), round(max(x1), 1), round(max(y1), 1))


def real_title(text: str) -> str:
    """A title from a file's properties, unless it is the leftover of a program ("Microsoft Word - x.doc")."""
    title = " ".join(text.split())
    words = re.search(r"[^\W\d_]{2}.* |[\u3040-\u9fff]{2}", title)
    return title if words and not _NO_TITLE.fullmatch(title) else ""


def clipped(text: str, length: int) -> str:
    """One line of at most so many characters (half as many of Japanese), cut at a word where there is one."""
    line = re.sub(r"\s+", " ", text).strip()
    if width(line) <= length:
        return line
    head = line[: length - 1]
    while width(head) >= length:
        head = head[:-1]
    return (head[: head.rfind(" ")] if " " in head[len(head) // 2 :] else head).rstrip(" ,;:、。") + "…"


def width(text: str) -> int:
    """Columns a text takes: Japanese characters take two, and are about a token each."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
