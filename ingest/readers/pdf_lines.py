"""The lines of a PDF's page: PDFium gives characters with their boxes; here they become words, cells and lines."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from .flow import Box, union
from .layout import HYPHEN as WRITTEN_HYPHEN
from .layout import PrintedLine

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

MAX_CHARS = 200_000
"""Characters read of one page; more is no page anybody reads."""
GAP = 1.0
"""A space wider than this times the size of the type parts cells."""
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


def page_of(document: PdfDocument, number: int) -> tuple[float, list[PrintedLine]]:
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
        return WRITTEN_HYPHEN
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
