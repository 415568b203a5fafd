"""The characters of a PDF's page, as PDFium tells them: what they say and where on the page as shown they stand."""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .flow import Box

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

FAR = 1000.0
FINE = 1000
"""Points over which, and steps per point in which, it is measured how a page is turned and cropped."""
SPACES = " \t\xa0\u2002\u2003\u2009"
SEEN = "\x1f"
"""A space that is not in the file, but only seen between two characters: Japanese has none."""
_PRESENTATION = re.compile(r"[\ufb00-\ufb06\u2e80-\u2fdf]")
_BOLD = re.compile(rb"bold|black|heavy|-B\b|W[6-9]\b", re.I)


@dataclass(frozen=True, slots=True)
class Mark:
    """One character on the page: its ink, its foot (the height of its baseline) and the size of its type."""

    box: Box
    foot: float
    size: float


class Turn:
    """From the coordinates of the file to points from the top left of the page as shown, cropped and turned."""

    def __init__(self, page: PdfPage) -> None:
        width, height = page.get_size()
        self._x, self._y = _corner(page, width, height, 0, 0)
        across, up = _corner(page, width, height, FAR, 0), _corner(page, width, height, 0, FAR)
        self._across = ((across[0] - self._x) / FAR, (across[1] - self._y) / FAR)
        self._up = ((up[0] - self._x) / FAR, (up[1] - self._y) / FAR)

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self._x + self._across[0] * x + self._up[0] * y, self._y + self._across[1] * x + self._up[1] * y

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        x0, y0 = self.point(left, bottom)
        x1, y1 = self.point(right, top)
        return (x0 if x0 < x1 else x1, y0 if y0 < y1 else y1, x1 if x0 < x1 else x0, y1 if y0 < y1 else y0)


def _corner(page: PdfPage, width: float, height: float, x: float, y: float) -> tuple[float, float]:
    from pypdfium2 import raw

    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, round(width * FINE), round(height * FINE), 0, x, y, column, row)
    return column.value / FINE, row.value / FINE


class Characters:
    """The characters of a page, by their number."""

    def __init__(self, page: PdfPage) -> None:
        from pypdfium2 import raw

        self._raw = raw
        self._text = page.get_textpage()
        self.turn = Turn(page)
        self._edges = tuple(ctypes.c_double() for _ in range(4))
        self._matrix = raw.FS_MATRIX()

    def __len__(self) -> int:
        return int(self._text.count_chars())

    def close(self) -> None:
        self._text.close()

    def code(self, index: int) -> int:
        return int(self._raw.FPDFText_GetUnicode(self._text, index))

    def letter(self, index: int, code: int) -> str:
        """As it is meant: ligatures and the radicals some Japanese fonts use for kanji become plain letters."""
        letter = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else " "
        if letter in SPACES:
            return SEEN if self._raw.FPDFText_IsGenerated(self._text, index) else " "
        return unicodedata.normalize("NFKC", letter) if _PRESENTATION.match(letter) else letter

    def box(self, index: int) -> Box:
        left, right, bottom, top = self._edges
        self._raw.FPDFText_GetCharBox(self._text, index, left, right, bottom, top)
        return self.turn.box(left.value, bottom.value, right.value, top.value)

    def foot(self, index: int) -> float:
        x, y, *_ = self._edges
        self._raw.FPDFText_GetCharOrigin(self._text, index, x, y)
        return self.turn.point(x.value, y.value)[1]

    def size(self, index: int) -> float:
        """The size of its type in points, as it stands on the page."""
        self._raw.FPDFText_GetMatrix(self._text, index, self._matrix)
        set_in = float(self._raw.FPDFText_GetFontSize(self._text, index))
        return set_in * math.hypot(self._matrix.c, self._matrix.d)

    def mark(self, index: int, box: Box) -> Mark:
        return Mark(box, self.foot(index), self.size(index) or box[3] - box[1] or 1.0)

    def is_bold(self, index: int) -> bool:
        name = ctypes.create_string_buffer(128)
        self._raw.FPDFText_GetFontInfo(self._text, index, name, 128, ctypes.c_int())
        return bool(_BOLD.search(name.value)) or self._raw.FPDFText_GetFontWeight(self._text, index) >= 650
