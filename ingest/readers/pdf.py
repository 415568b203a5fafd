"""PDF: text with its page and box, page by page. A page without text is marked for OCR.

PDFium gives characters with their boxes; here they become lines, and `layout` makes paragraphs of those. Lines that
return at the edge of many pages (running heads, page numbers) are left out.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, pairwise, takewhile
from typing import TYPE_CHECKING

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Draft, Locator

from ..source import Source
from . import Item, Note, layout
from .filled import filled_in
from .flow import Block, Box, Table, fold, real_title, union
from .layout import Body, PrintedLine

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

SAMPLED = 12
"""Pages looked at to find running heads and the size of the body's type."""
EDGE = 0.09
"""The part of a page's height, at each end, in which running heads stand."""
MAX_CHARS = 200_000
"""Characters read of one page; more is no page anybody reads."""
GAP = 1.0
"""A space wider than this times the size of the type parts cells."""
PICTURE, BACKGROUND = 0.02, 0.8
"""The part of a page that a picture takes: less is an ornament, more is a scan or a background."""
BREAKS = (10, 13)
HYPHEN = 2
"""What PDFium gives for a hyphen at the end of a line; it goes on with the next line without a break."""
FINE = 20
"""Steps per point in which boxes are measured."""
SPACES = " \t\xa0\u2002\u2003\u2009"
SEEN = "\x1f"
_CJK_SPACE = re.compile(rf"(?<=[\u3041-\u30ff\u4e00-\u9fff]){SEEN}(?=[\u3041-\u30ff\u4e00-\u9fff])")
_NUMBER_GAP = re.compile(r"^((?:\(?\d{1,2}(?:\.\d{1,2})*[.)]?|[-–•●○■□▪◦・]) ?)\t(?!.*\t)")
"""The wide space after the number of a heading or the mark of an item."""
_PRESENTATION = re.compile(r"[\ufb00-\ufb06\u2e80-\u2fdf]")


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
    pages: dict[int, tuple[float, list[PrintedLine]]]


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
    edges: Counter[str] = Counter()
    sizes: Counter[float] = Counter()
    weights: Counter[bool] = Counter()
    sampled = min(SAMPLED, count)
    numbers = sorted({round(i * (count - 1) / max(1, sampled - 1)) for i in range(sampled)})
    pages = {number: _page(document, number) for number in numbers}
    for height, lines in pages.values():
        edges.update({_shape(line.text) for line in lines if _at_edge(line, height)})
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            weights[line.bold] += len(line.text)
    running = (
        {shape for shape, times in edges.items() if times >= max(3, len(numbers) // 2)} if len(numbers) > 2 else set()
    )
    body = Body(sizes.most_common(1)[0][0], weights[True] > weights[False]) if sizes else Body()
    further = [lines for number, (_, lines) in pages.items() if number]
    return Manner(frozenset(running), body, _largest(pages[0][1], further, body), pages)


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
    return text if most > 1.25 * body.size and 3 < len(text) < 150 else ""


def _at_edge(line: PrintedLine, height: float) -> bool:
    return line.box[3] < EDGE * height or line.box[1] > (1 - EDGE) * height


def _shape(text: str) -> str:
    """A line with its numbers made alike, so that page 3 looks like page 4."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.strip())


def _blocks(document: PdfDocument, manner: Manner) -> Iterator[Block | Table | Draft | Note]:
    """Pages in order. A page on which nothing is written becomes a `page`, for OCR to read."""
    blank = []
    waiting: Table | None = None
    for number in range(len(document)):
        height, lines = manner.pages[number] if number in manner.pages else _page(document, number)
        kept = [
            line
            for line in lines
            if not _at_edge(line, height) or not _is_running(line.text, manner) or layout.heads(line, lines)
        ]
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


def _is_running(text: str, manner: Manner) -> bool:
    shape = _shape(text)
    return shape in manner.running or bool(
        re.fullmatch(r"(?:(?:page|seite|p\.)\s*)?[-–— ]*#(?:\s*(?:/|of|von)\s*#)?[-–— ]*", shape, re.I)
    )


def _garbled(lines: Sequence[PrintedLine]) -> bool:
    """Whether the letters of a page are mostly without meaning (a font without a table to Unicode)."""
    text = "".join(line.text for line in lines)
    return sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or c < " " for c in text) > 0.3 * len(text)


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"{shown} and {len(numbers) - 10} more" if len(numbers) > 10 else shown


# -- characters to lines ---------------------------------------------------------------------------------


def _page(document: PdfDocument, number: int) -> tuple[float, list[PrintedLine]]:
    """Height of a page in points, and its lines in the order of the file. A page that cannot be read has none."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return 792.0, []
    try:
        return page.get_height(), [*_lines(page)]
    finally:
        page.close()


def _lines(page: PdfPage) -> Iterator[PrintedLine]:
    from pypdfium2 import raw

    text = page.get_textpage()
    try:
        indexes: list[int] = []
        for index in range(min(text.count_chars(), MAX_CHARS)):
            code = raw.FPDFText_GetUnicode(text, index)
            if code not in BREAKS:
                indexes.append(index)
            if (code in BREAKS or code == HYPHEN) and indexes:
                yield from _line(page, text, indexes)
                indexes = []
        yield from _line(page, text, indexes)
    finally:
        text.close()


def _line(page: PdfPage, text: PdfTextPage, indexes: Sequence[int]) -> Iterator[PrintedLine]:
    """The line of these characters; nothing if it is blank."""
    from pypdfium2 import raw

    letters = [(index, _letter(text, index)) for index in indexes]
    inked = [index for index, letter in letters if letter.strip()]
    if not inked:
        return
    boxes = {index: text.get_charbox(index) for index in inked}
    middle = inked[len(inked) // 2]
    size = _size(text, middle) or boxes[middle][3] - boxes[middle][1] or 1.0
    starts = {right for left, right in pairwise(inked) if boxes[right][0] - boxes[left][2] > GAP * size}
    starts -= {right for left, right in pairwise(inked) if chr(raw.FPDFText_GetUnicode(text, left)) in ".,;!?。、"}
    words = "".join("\t" + letter if index in starts else letter for index, letter in letters)
    words = _CJK_SPACE.sub("", words).replace(SEEN, " ")
    words = _NUMBER_GAP.sub(r"\1 ", re.sub(r" *\t *", "\t", re.sub(r" {2,}", " ", words)).strip())
    starts = starts if "\t" in words else set()
    origin = (ctypes.c_double(), ctypes.c_double())
    raw.FPDFText_GetCharOrigin(text, inked[0], *origin)
    foot = (origin[0].value, origin[1].value) * 2
    box = _on_page(page, union([*boxes.values()]) or boxes[middle])
    yield PrintedLine(words, box, size, _is_bold(text, middle), _on_page(page, foot)[3], _cells(page, boxes, starts))


def _cells(page: PdfPage, boxes: dict[int, Box], starts: set[int]) -> tuple[tuple[float, float], ...]:
    """Left and right edge of every cell of a line; `starts` are the characters that begin one."""
    cells: list[list[Box]] = []
    for index, box in boxes.items():
        if not cells or index in starts:
            cells.append([])
        cells[-1].append(box)
    shown = [_on_page(page, union(cell) or cell[0]) for cell in cells]
    return tuple((box[0], box[2]) for box in shown)


def _letter(text: PdfTextPage, index: int) -> str:
    """A character as it is meant: ligatures and the radicals some Japanese fonts use for kanji become plain letters.

    A space that is not in the file, but only seen between two characters, is `SEEN`: Japanese has none.
    """
    from pypdfium2 import raw

    code = raw.FPDFText_GetUnicode(text, index)
    letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
    if code == HYPHEN:
        return layout.HYPHEN
    if letter in SPACES:
        return SEEN if raw.FPDFText_IsGenerated(text, index) else " "
    return unicodedata.normalize("NFKC", letter) if _PRESENTATION.match(letter) else letter


def _size(text: PdfTextPage, index: int) -> float:
    """The size of a character's type in points, as it stands on the page."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, index, matrix)
    return float(raw.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d))


def _is_bold(text: PdfTextPage, index: int) -> bool:
    from pypdfium2 import raw

    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text, index, name, 128, ctypes.c_int())
    return (
        bool(re.search(rb"bold|black|heavy|-B\b|W[6-9]\b", name.value, re.I))
        or raw.FPDFText_GetFontWeight(text, index) >= 650
    )


def _on_page(page: PdfPage, box: Box) -> Box:
    """A box of the file's coordinates in points from the top left of the page as shown, cropped and turned."""
    from pypdfium2 import raw

    width, height = page.get_size()
    corners = []
    for x, y in ((box[0], box[1]), (box[2], box[3])):
        column, row = ctypes.c_int(), ctypes.c_int()
        raw.FPDF_PageToDevice(page, 0, 0, round(width * FINE), round(height * FINE), 0, x, y, column, row)
        corners.append((column.value / FINE, row.value / FINE))
    (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
    return (x0, y0, x1, y1)
