"""Reading the words in a picture: lines with boxes and confidence, in reading order. The only file that knows rapidocr.

PP-OCRv6 reads Latin script, Japanese and Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.base import weights
from ingest.base.errors import MissingPart

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]

CLEAR = 0.85
"""Lines turned on their side or head are read with a confidence near 0.65, upright ones near 0.98."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `box` is (x0, y0, x1, y1) in pixels of the picture, `confidence` between 0 and 1."""

    text: str
    box: Box
    confidence: float


class Ocr:
    """Reads pictures; the models (inside the rapidocr wheel) are loaded at the first one.

    Args:
        threads: processor threads; 0 leaves it to the runtime.

    Raises:
        MissingPart: rapidocr is not installed.
    """

    name = "rapidocr (PP-OCRv6)"

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or -1

    def read(self, picture: Image) -> list[list[Line]]:
        """The blocks of lines of an RGB picture, in reading order, whichever way up it is; may be none."""
        tries = [(0, self.lines(picture))]
        if tries[0][1] and not upright(tries[0][1]):
            for turn in (90, 270) if sideways(tries[0][1]) else (180,):
                tries.append((turn, self.lines(picture.rotate(turn, expand=True))))
                if upright(tries[-1][1]):
                    break
        turn, lines = max(tries, key=lambda pair: evidence(pair[1]))
        return [
            [replace(line, box=unturned(line.box, turn, picture.size)) for line in block] for block in blocks(lines)
        ]

    def lines(self, picture: Image) -> list[Line]:
        """Lines as found, each read as it stands: guessing directions one by one would hide that the page is turned."""
        result = self._engine(np.asarray(picture)[:, :, ::-1], use_cls=False)
        if result.boxes is None or result.txts is None:
            return []
        found = zip(result.txts, result.boxes, result.scores, strict=True)
        return [
            Line(text.strip(), _bounds(corners), round(float(score), 3))
            for text, corners, score in found
            if text.strip()
        ]

    @cached_property
    def _engine(self) -> Any:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise MissingPart(
                "words in pictures cannot be read: rapidocr is not installed", "pip install rapidocr onnxruntime"
            ) from error
        for file in weights.known("pp-ocrv6").files:
            weights.find("pp-ocrv6", file.name)
        return RapidOCR(
            params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": self.threads}
        )


def text_of(block: Sequence[Line]) -> str:
    """A block as text: a line for each row, what stands beside each other in a row joined by a space."""
    return "\n".join(" ".join(line.text for line in row) for row in rows(block))


def blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines in reading order, cut where the page has gaps (recursive X-Y cut, Nagy & Seth 1984).

    Columns are cut only between prose: a column of prices stays with the items it belongs to.
    """
    if not lines:
        return []
    height = float(np.median([line.box[3] - line.box[1] for line in lines]))
    columns = cut(lines, 0, height)
    if len(columns) > 1 and all(_is_prose(column, height) for column in columns):
        return [block for column in columns for block in blocks(column)]
    stripes = cut(lines, 1, 0.9 * height)
    if len(stripes) > 1:
        return [block for stripe in stripes for block in blocks(stripe)]
    return [[line for row in rows(lines) for line in row]]


def cut(lines: Sequence[Line], axis: int, gap: float) -> list[list[Line]]:
    """Parts between which at least `gap` pixels are empty along an axis (0: x, 1: y)."""
    parts: list[list[Line]] = []
    reach = -np.inf
    for line in sorted(lines, key=lambda line: line.box[axis]):
        if line.box[axis] - reach >= gap:
            parts.append([])
        parts[-1].append(line)
        reach = max(reach, line.box[axis + 2])
    return parts


def rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that stand beside each other, from top to bottom, each from left to right."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=_centre):
        if found and _centre(line) - _centre(found[-1][0]) < 0.5 * (line.box[3] - line.box[1]):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda line: line.box[0]) for row in found]


def upright(lines: Sequence[Line]) -> bool:
    return bool(lines) and not sideways(lines) and float(np.mean([line.confidence for line in lines])) >= CLEAR


def sideways(lines: Sequence[Line]) -> bool:
    """Most lines of more than two characters are taller than wide."""
    tall = [line.box[3] - line.box[1] > 1.5 * (line.box[2] - line.box[0]) for line in lines if len(line.text) > 2]
    return sum(tall) * 2 > len(tall)


def evidence(lines: Sequence[Line]) -> float:
    """How much was read how surely; lines on their side count half."""
    return sum(line.confidence * len(line.text) for line in lines) * (0.5 if sideways(lines) else 1.0)


def unturned(box: Box, turn: int, size: tuple[int, int]) -> Box:
    """A box found in a picture turned counter-clockwise by `turn` degrees, in the picture of `size` as it was."""
    x0, y0, x1, y1 = box
    width, height = size
    return {
        0: box,
        90: (width - y1, x0, width - y0, x1),
        180: (width - x1, height - y1, width - x0, height - y0),
        270: (y0, height - x1, y1, height - x0),
    }[turn]


def _is_prose(lines: Sequence[Line], height: float) -> bool:
    return len(lines) >= 5 and float(np.median([line.box[2] - line.box[0] for line in lines])) > 8 * height


def _centre(line: Line) -> float:
    return (line.box[1] + line.box[3]) / 2


def _bounds(corners: Any) -> Box:
    """The upright rectangle around four corners [4, 2], whole pixels."""
    (x0, y0), (x1, y1) = np.floor(np.min(corners, axis=0)), np.ceil(np.max(corners, axis=0))
    return float(x0), float(y0), float(x1), float(y1)
