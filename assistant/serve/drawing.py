"""Drawings for a source opened at its place: a page or picture with its box, a measured quantity as a line.

Pixels and plot geometry only: whether somebody may see them was decided before, and how they are framed is the page's
matter. Pages of PDF are drawn in a process of their own: PDFium may be used by one thread only, which in a server is
the one that ingests, and what a hostile file does to it stays there.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ingest.base.errors import NotFound
from ingest.source import Source
from ingest.space.entity import Locator

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]
Floats = NDArray[np.float64]

WIDTH = 1200
"""Pixels a page or picture is at most wide; more is only more to carry."""
HEIGHT = 2000
SMALL = 240
"""Pixels the longer side of a thumbnail has: twice of what it is shown with, for fine screens."""
POINTS = 400
"""Stretches of a chart; of each the smallest and the largest value are drawn, so that no peak is lost."""
CONTEXT = 1.5
"""How much of the record is shown on each side of a window, in lengths of that window."""
INK, WASH = (201, 79, 24, 255), (255, 196, 61, 70)
BOX = "box"
"""Under this name a picture carries where its box begins and ends, in parts of its height."""
GAP = 3.0
"""A pause this many usual intervals long is a gap in a record, and is drawn as one."""
PATIENCE = 60.0
"""Seconds after which a page is given up."""


# -- pages and pictures --------------------------------------------------------------------------------------


def page(file: BinaryIO, place: Locator) -> bytes:
    """A page of a PDF as PNG, with the box of `place` (points from the top left) drawn on it. `file` is a real one.

    Raises:
        NotFound: there is no such page, or PDFium cannot draw it.
    """
    command = [sys.executable, "-P", "-m", "assistant.serve.drawing", json.dumps(place.as_dict())]
    try:
        done = subprocess.run(command, stdin=file, capture_output=True, timeout=PATIENCE, check=True)  # noqa: S603
    except subprocess.SubprocessError as error:
        raise NotFound("this page cannot be drawn") from error
    return done.stdout


def _drawn(file: BinaryIO, place: Locator) -> bytes:
    import pypdfium2  # type: ignore[import-untyped]

    with pypdfium2.PdfDocument(file) as document:
        sheet = document[(place.page or 1) - 1]
        width, height = sheet.get_size()
        scale = min(WIDTH / max(width, 1.0), HEIGHT / max(height, 1.0))
        return _png(sheet.render(scale=scale).to_pil(), place.box, scale)


def picture(source: Source, place: Locator) -> bytes:
    """A picture as PNG, upright, with the box of `place` (pixels of the original) drawn on it.

    Raises:
        UnreadableSource: it cannot be decoded.
        NotFound: it has no such page.
    """
    from ingest.readers import Note, image

    for frame in image.frames(source):
        if not isinstance(frame, Note) and place.page in (None, frame.page):
            drawn = frame.image.copy()
            drawn.thumbnail((WIDTH, HEIGHT))
            return _png(drawn, place.box, drawn.width / frame.size[0])
    raise NotFound("this picture has no such page")


def _png(image: Image, box: Box | None, scale: float) -> bytes:
    """The picture with its box, when the box lies on it and is not all of it."""
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    drawn, place = image.convert("RGBA"), PngInfo()
    if box is not None:
        x0, y0, x1, y1 = (value * scale for value in box)
        inside = x0 < drawn.width and y0 < drawn.height and (x1 - x0) * (y1 - y0) < 0.95 * drawn.width * drawn.height
        if inside:
            layer = Image.new("RGBA", drawn.size)
            edge = (max(0.0, x0 - 5), max(0.0, y0 - 5), min(drawn.width - 1.0, x1 + 5), min(drawn.height - 1.0, y1 + 5))
            ImageDraw.Draw(layer).rounded_rectangle(edge, 6, fill=WASH, outline=INK, width=3)
            drawn = Image.alpha_composite(drawn, layer)
            place.add_text(BOX, f"{edge[1] / drawn.height:.4f} {edge[3] / drawn.height:.4f}")
    data = io.BytesIO()
    drawn.convert("RGB").save(data, "PNG", compress_level=3, pnginfo=place)
    return data.getvalue()


def small(png: bytes) -> bytes:
    """A drawn page or picture as small as it stands in a list."""
    from PIL import Image

    data = io.BytesIO()
    with Image.open(io.BytesIO(png)) as drawn:
        drawn.thumbnail((SMALL, SMALL))
        drawn.save(data, "PNG")
    return data.getvalue()


def box_of(png: bytes) -> str:
    """Where the box of a drawn picture begins and ends, in parts of its height: "0.31 0.42"; empty without a box."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as drawn:
        return str(drawn.info.get(BOX, ""))


# -- charts ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chart:
    """A quantity over time in a frame of `width` x `height` units, ready to be drawn as SVG.

    Attributes:
        lines: "x,y x,y ..." of each unbroken stretch of the curve.
        band: left edge and width of the cited window.
        levels: (y, value as said) of the scale; `times`: (x, moment as said).
    """

    quantity: str
    unit: str
    lines: tuple[str, ...]
    band: tuple[float, float]
    levels: tuple[tuple[float, str], ...]
    times: tuple[tuple[float, str], ...]
    width: int = 800
    height: int = 260


def chart(source: Source, quantity: str, place: Locator) -> Chart | None:
    """The quantity around a window of time; None where the record does not hold it."""
    from ingest.readers import sensor

    found = next((one for one in sensor.signals(source) if one.quantity == quantity), None)
    if found is None or place.window is None:
        return None
    start, end = (float(np.datetime64(moment, "s").astype(np.int64)) for moment in place.window)
    return plot(found.times, found.values, (start, end), found.quantity, found.unit)


def plot(times: Floats, values: Floats, window: tuple[float, float], quantity: str, unit: str) -> Chart | None:
    """The geometry of a curve around a window; seconds since 1970 ascending, values finite, both of shape [n]."""
    margin = CONTEXT * max(window[1] - window[0], 60.0)
    shown = (times >= window[0] - margin) & (times <= window[1] + margin)
    times, values = times[shown], values[shown]
    if len(times) < 2:
        return None
    pause = GAP * float(np.median(np.diff(times)))
    times, values = thinned(times, values)
    pause = max(pause, 1.5 * float(np.median(np.diff(times))))
    left, right = float(times[0]), float(times[-1])
    low, high = float(values.min()), float(values.max())
    ease = 0.08 * (high - low) or 1.0
    low, high = low - ease, high + ease

    def x(time: float) -> float:
        return round(60 + (time - left) / (right - left) * 730, 1)

    def y(value: float) -> float:
        return round(10 + (high - value) / (high - low) * 215, 1)

    cuts = np.flatnonzero(np.diff(times) > pause) + 1
    stretches = zip(np.split(times, cuts), np.split(values, cuts), strict=True)
    lines = tuple(
        " ".join(f"{x(time)},{y(value)}" for time, value in zip(t.tolist(), v.tolist(), strict=True))
        for t, v in stretches
    )
    begin, stop = x(max(left, window[0])), x(min(right, window[1]))
    levels = tuple((y(value), f"{value:.4g}") for value in np.linspace(low + ease, high - ease, 4))
    moments = tuple((x(time), _clock(time)) for time in np.linspace(left, right, 5)[[0, 2, 4]])
    return Chart(quantity, unit, lines, (begin, max(2.0, round(stop - begin, 1))), levels, moments)


def thinned(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """At most `2 * POINTS` points: of each stretch the smallest and the largest value, in the order they came."""
    if len(times) <= 2 * POINTS:
        return times, values
    keep: list[int] = []
    for stretch in np.array_split(np.arange(len(times)), POINTS):
        keep += sorted({int(stretch[values[stretch].argmin()]), int(stretch[values[stretch].argmax()])})
    return times[keep], values[keep]


def _clock(seconds: float) -> str:
    return str(np.datetime64(round(seconds), "s"))[:16].replace("T", " ")


if __name__ == "__main__":  # the process of `page`: the file comes in, the picture goes out
    sys.stdout.buffer.write(_drawn(sys.stdin.buffer, Locator.from_dict(json.loads(sys.argv[1]))))
