"""PDF: text with its page and box, page by page. A page without text is marked for OCR.

`pdf_lines` finds the lines, `layout` makes paragraphs of those. Lines that return at the edge of pages (running heads)
are told once, page numbers not at all: neither parts what goes on from page to page.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise, product, takewhile
from typing import TYPE_CHECKING, TypeAlias

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Draft, Locator

from ..source import Source
from . import Item, Note, layout
from .filled import filled_in
from .flow import Block, Table, fold, real_title, union
from .layout import Body
from .pdf_lines import page_of
from .printed import PrintedLine

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

SAMPLED = 12
"""Pages looked at to find running heads and the size of the body's type."""
EDGE = 0.09
"""The part of a page's height, at each end, in which running heads stand."""
HIGH = 0.2
"""The same for heads of several lines: what stands there at the very same place of many pages, and nothing else further out."""
STEP = 4.0
"""Points by which two places may differ and are the same."""
MANY = 3
"""Pages on which a line returns that is known by its words alone."""
STANDS_OUT = 1.25
"""Times the size of the body's type from which on words may be the title."""
PICTURE, BACKGROUND = 0.02, 0.8
"""The part of a page that a picture takes: less is an ornament, more is a scan or a background."""
_PAGE_NUMBER = re.compile(r"(?:(?:page|seite|p\.)\s*)?[-–— ]*#(?:\s*(?:/|of|von)\s*#)?[-–— ]*", re.I)
MARK = "\0"
"""Stands for a number that differs from page to page."""
_COUNTED = re.compile(
    rf"(?:\b(?:page|pg|p|seite|s|blatt|sheet)\b\.?\s*|第\s*|(?:^|\s)[-–—|·•/]\s+|\t){MARK}(?!\w)|"
    rf"{MARK}\s*(?:(?:/|of|von)\s*\d|ページ|頁|页|\t|\s[-–—|·•]\s)",
    re.I,
)
"""A number that stands as that of a page does."""

Page: TypeAlias = tuple[float, list[PrintedLine]]
"""Height and lines."""
Beside: TypeAlias = Callable[[PrintedLine, Sequence[PrintedLine]], bool]
"""Whether a line is a row of a table that other lines go on with."""


class PdfReader:
    """pdf."""

    name = "pdf"

    def accepts(self, source: Source) -> bool:
        return source.media == "application/pdf"

    def read(self, source: Source) -> Iterator[Item]:
        document = _open(source)
        try:
            manner = _manner(document)
            document.init_forms()
            yield from fold(_blocks(document, manner), _title(document, manner) or source.path.stem)
        finally:
            document.close()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a document is set: what returns on every page, its type, and the largest words of its first page.

    `pages` are those looked at to find out (height and lines by number): nothing is taken apart twice.
    """

    running: frozenset[str]
    body: Body
    largest: str
    pages: dict[int, Page]


def _open(source: Source) -> PdfDocument:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source.path)
        if not len(document):
            raise UnreadableSource(source.path, "a PDF without pages")
        return document
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableSource(source.path, "encrypted", "save it without a password") from error
        raise UnreadableSource(source.path, "damaged or cut off (PDFium cannot open it)") from error


def _title(document: PdfDocument, manner: Manner) -> str:
    """What the properties say where the first page says it too or nothing at all, else what stands largest on that page."""
    told = real_title(str(document.get_metadata_dict().get("Title", "")))
    page = _squeezed(" ".join(line.text for line in manner.pages[0][1]))
    return told if told and (not page or _squeezed(told) in page) else manner.largest or told


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", text)).lower()


def _manner(document: PdfDocument) -> Manner:
    """Looks at a sample of the pages, evenly spread."""
    count = len(document)
    sizes: Counter[float] = Counter()
    weights: Counter[bool] = Counter()
    sampled = min(SAMPLED, count)
    numbers = sorted({round(i * (count - 1) / max(1, sampled - 1)) for i in range(sampled)})
    pages = {number: page_of(document, number) for number in numbers}
    for _, lines in pages.values():
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            weights[line.bold] += len(line.text)
    known = _returning(pages)
    body = Body(sizes.most_common(1)[0][0], weights[True] > weights[False]) if sizes else Body()
    further = [
        [line for line in lines if known.isdisjoint(_shapes(line, height))]
        for number, (height, lines) in pages.items()
        if number
    ]
    height, first = pages[0]
    largest = _largest(first, further, body)
    heads = [
        line.text
        for line in first
        if line.size > STANDS_OUT * body.size and not known.isdisjoint(_shapes(line, height))
    ]
    return Manner(known, body, ", ".join(heads) if largest in heads else largest, pages)


def _largest(lines: Sequence[PrintedLine], further: Sequence[Sequence[PrintedLine]], body: Body) -> str:
    """The text set largest on the first page, if it stands out, also from the headings of further pages; it may run over
    several lines."""
    if not lines:
        return ""
    most = max(line.size for line in lines)
    if any(line.size >= most for page in further for line in page):
        return ""
    rest = dropwhile(lambda line: line.size < 0.95 * most, lines)
    text = " ".join(line.text for line in takewhile(lambda line: line.size > 0.95 * most, rest))
    return text if most > STANDS_OUT * body.size and 3 < len(text) < 150 else ""


def _blocks(document: PdfDocument, manner: Manner) -> Iterator[Block | Table | Draft | Note]:
    """Pages in order. A page on which nothing is written becomes a `page`, for OCR to read."""
    blank = []
    told: set[str] = set()
    waiting: Table | None = None
    for number in range(len(document)):
        height, lines = manner.pages[number] if number in manner.pages else page_of(document, number)
        returned = _running(lines, height, manner.running)
        kept = [line for line in lines if line not in returned]
        yield from _heads(returned, height, number, told)
        if sum(len(line.text) for line in kept) < 3 or _garbled(kept):
            filled = [*filled_in(document, number)]
            blank += [] if filled else [number + 1]
            if waiting is not None:
                yield waiting
            waiting = None
            yield _for_ocr(document, number)
            yield from filled
            continue
        scanned = all(_at_edge(line, height) for line in kept) and _has_picture(document, number)
        if scanned:
            yield _for_ocr(document, number)
        found = [*layout.flow(kept, manner.body, Locator(page=number + 1), waiting)]
        if found and waiting is not None:
            yield waiting
            waiting = None
        if found and isinstance(found[-1], Table):
            waiting = found[-1]
            del found[-1]
        yield from found
        beside: list[Block | Draft] = [*filled_in(document, number)]
        beside += [] if scanned else _pictures(document, number)
        if beside and waiting is not None and number + 1 == len(document):
            yield waiting
            waiting = None
        yield from beside
    if waiting is not None:
        yield waiting
    if blank:
        yield Note(
            f"no text of their own on pages {_listed(blank)}"
            if len(blank) > 1
            else f"page {blank[0]} has no text of its own"
        )


def _for_ocr(document: PdfDocument, number: int) -> Draft:
    width, height = document.get_page_size(number)
    return Draft("page", "", Locator(page=number + 1, box=(0.0, 0.0, round(width, 1), round(height, 1))))


def _pictures(document: PdfDocument, number: int) -> Iterator[Draft]:
    """A mark for each picture that takes a good part of a page and not all of it (that is a scan or a background)."""
    from pypdfium2 import raw

    page = document[number]
    try:
        width, height = page.get_size()
        found = [*page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)] if not page.get_rotation() else []
        for count, (left, bottom, right, top) in enumerate((one.get_bounds() for one in found), start=1):
            box = (max(left, 0.0), max(height - top, 0.0), min(right, width), min(height - bottom, height))
            share = max(box[2] - box[0], 0) * max(box[3] - box[1], 0) / (width * height)
            if PICTURE < share < BACKGROUND:
                place = Locator(page=number + 1, box=tuple(round(edge, 1) for edge in box))
                yield Draft("picture", "", place, key=f"picture {number + 1}.{count}")
    finally:
        page.close()


def _has_picture(document: PdfDocument, number: int) -> bool:
    from pypdfium2 import raw

    page = document[number]
    try:
        return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    finally:
        page.close()


def _garbled(lines: Sequence[PrintedLine]) -> bool:
    """Whether the letters of a page are mostly without meaning (a font without a table to Unicode)."""
    text = "".join(line.text for line in lines)
    return sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or c < " " for c in text) > 0.3 * len(text)


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"{shown} and {len(numbers) - 10} more" if len(numbers) > 10 else shown


# -- what returns on pages ----------------------------------------------------------------------------------


def _returning(pages: Mapping[int, Page]) -> frozenset[str]:
    """The shapes of what returns: on many of these pages, or on two that follow each other in a document of a few."""
    edges: Counter[str] = Counter()
    for height, lines in pages.values():
        edges.update({shape for line in lines for shape in _shapes(line, height)})
    found = {shape for shape, times in edges.items() if times >= max(MANY, len(pages) // 2)}
    if len(pages) <= MANY:
        found.update(*(_on_both(pages[one], pages[other]) for one, other in pairwise(sorted(pages))))
    return frozenset(found)


def _running(lines: Sequence[PrintedLine], height: float, known: frozenset[str]) -> list[PrintedLine]:
    """The lines of a page that return on others: at the edge, and from there inwards up to the first that does not."""
    same = {id(line) for line in lines if not known.isdisjoint(_shapes(line, height))}
    same |= {id(line) for line in lines if _at_edge(line, height) and _is_number(line)}
    upper = sorted((line for line in lines if line.box[1] < height / 2), key=lambda line: line.box[1])
    lower = sorted((line for line in lines if line.box[1] >= height / 2), key=lambda line: -line.box[3])
    down, up = (takewhile(lambda line: id(line) in same, half) for half in (upper, lower))
    outer = {id(line) for line in (*down, *up)}
    found = [line for line in lines if id(line) in outer or (id(line) in same and _at_edge(line, height))]
    return _apart(found, lines, layout.heads)


def _at_edge(line: PrintedLine, height: float) -> bool:
    return line.box[3] < EDGE * height or line.box[1] > (1 - EDGE) * height


def _is_number(line: PrintedLine) -> bool:
    """Whether a line is the number of its page."""
    return bool(_PAGE_NUMBER.fullmatch(_shape(line.text)))


def _shapes(line: PrintedLine, height: float) -> set[str]:
    """By what a line of one page is known on another: at the edge by its words, numbers aside; further in by place and words."""
    if _at_edge(line, height):
        return {_shape(line.text)}
    middle = (line.box[1] + line.box[3]) / 2
    if HIGH * height < middle < (1 - HIGH) * height:
        return set()
    return {f"{line.text.strip()}@{int(middle / STEP) + more}" for more in (0, 1)}


def _shape(text: str) -> str:
    """A line with its numbers made alike, so that page 3 looks like page 4."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.strip())


def _apart(found: Sequence[PrintedLine], lines: Sequence[PrintedLine], beside: Beside) -> list[PrintedLine]:
    """Those of some lines of a page that are no rows of a table which goes on in the other lines."""
    left, before = [*found], len(found) + 1
    while len(left) < before:
        before, inside = len(left), {id(line) for line in left}
        rest = [line for line in lines if id(line) not in inside]
        left = [line for line in left if not beside(line, rest)]
    return left


def _heads(returned: Iterable[PrintedLine], height: float, number: int, told: set[str]) -> Iterator[Block]:
    """What returns at the edge of pages, on the first of them; page numbers say nothing."""
    fresh = [one for one in returned if not _is_number(one) and _shape(one.text) not in told]
    told.update(_shape(one.text) for one in fresh)
    for name, above in (("header", True), ("footer", False)):
        lines = [one for one in fresh if (one.box[1] < height / 2) == above]
        if lines:
            place = Locator(page=number + 1, box=union([one.box for one in lines]))
            yield Block(f"Page {name}: " + ", ".join(" ".join(one.text.split()) for one in lines), place=place)


# -- two pages ---------------------------------------------------------------------------------------------


def _on_both(page: Page, following: Page) -> set[str]:
    """The shapes of what two pages say at the same place near their edge, with other words only for the page's number.

    Two are too few to tell a row of a table that is said twice from a head: rows are left out.
    """
    (height, lines), (further, others) = page, following
    pairs = [
        (line, other)
        for line, other in product(_near_edge(lines, height), _near_edge(others, further))
        if _same_place(line, height, other, further) and _counts_up(line.text, other.text)
    ]
    first = {id(line) for line in _apart([line for line, _ in pairs], lines, _is_beside)}
    second = {id(line) for line in _apart([line for _, line in pairs], others, _is_beside)}
    kept = [(line, other) for line, other in pairs if id(line) in first and id(other) in second]
    return {one for line, other in kept for one in _shapes(line, height) & _shapes(other, further)}


def _near_edge(lines: Sequence[PrintedLine], height: float) -> list[PrintedLine]:
    return [line for line in lines if _shapes(line, height)]


def _same_place(line: PrintedLine, height: float, other: PrintedLine, further: float) -> bool:
    """Whether two lines stand as far from the upper edge of their page, or from the lower one."""
    down = line.baseline - other.baseline
    return abs(down) < STEP or abs(down - height + further) < STEP


def _counts_up(text: str, following: str) -> bool:
    """Whether two lines say the same, or the second counts one page more."""
    parts, others = (re.split(r"(\d+)", one.strip()) for one in (text, following))
    if len(parts) != len(others):
        return False
    unlike = {place for place, (one, other) in enumerate(zip(parts, others, strict=True)) if one != other}
    if any(place % 2 == 0 or int(others[place]) != int(parts[place]) + 1 for place in unlike):
        return False
    marked = ("".join(MARK if place == at else part for at, part in enumerate(parts)) for place in unlike)
    return all(_COUNTED.search(one) for one in marked)


def _is_beside(line: PrintedLine, lines: Sequence[PrintedLine]) -> bool:
    """Whether a line stands right above or below a row that lines up with it."""
    return layout.heads(line, lines) or any(layout.heads(other, [line]) for other in lines)
