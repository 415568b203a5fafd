"""Pictures: what is seen in them, the words in them, their colours, what the camera noted.

A picture becomes one `picture`, placed among words by what is seen; its salient parts become `region`s and the words in
it `line`s and `passage`s, each with its box, in pixels of the picture as it is meant to be looked at (upright).
`Pictures.picture` does the same for a picture inside a document, `Pictures.page` for a scanned page.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps, JpegImagePlugin

from ingest.base.errors import MissingPart, UnreadableSource
from ingest.space.encoders.vision import SURE, Box, Seen, Sight
from ingest.space.entity import Draft, Locator
from ingest.space.facts import LineFacts, WrittenFacts

from ..source import Source
from . import Note
from .ocr import Line, Ocr, rows, text_of

if TYPE_CHECKING:
    from ingest.space.space import Space, Vectors

MEDIA = frozenset(
    f"image/{kind}" for kind in ("jpeg", "png", "webp", "tiff", "gif", "bmp", "x-ms-bmp", "heic", "heif", "avif")
)

MAX_PIXELS = 120_000_000
"""Most that is decoded (360 MB as RGB). A larger JPEG is decoded at a fraction of its size, the rest is refused."""

WORKING_SIDE = 4096
"""Pictures are read at no more than this many pixels a side."""

MAX_FRAMES = 1000
"""Pages of a TIFF that are read."""

LABELS = 40
"""Up to this many lines in a picture are labels, each an entity of its own; more are a page of text, kept in blocks."""

SPOKEN = 12
"""Characters from which the words in a picture count for its address."""

CAMERA_NAMES = frozenset(
    ("dsc", "dscf", "dscn", "image", "img", "mvimg", "photo", "pic", "picture", "pxl", "scan", "screenshot", "untitled")
)

COLOURS: Mapping[str, tuple[int, int, int]] = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (220, 20, 40),
    "orange": (255, 140, 0), "yellow": (255, 225, 25), "green": (40, 150, 60), "blue": (30, 80, 200),
    "light blue": (150, 200, 235), "purple": (130, 50, 160), "pink": (250, 160, 185), "brown": (120, 72, 30),
    "beige": (225, 205, 165),
}  # fmt: skip
"""Basic colour terms (Berlin & Kay 1969) and two shades, with a typical sRGB value."""

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture ready to be read.

    Attributes:
        image: RGB, upright, at most `WORKING_SIDE` a side.
        size: (width, height) of the original, upright.
        page: its number in a file of several, from 1.
        noted: what the camera noted: taken, camera, and the place when it may be kept.
    """

    image: Image.Image
    size: tuple[int, int]
    page: int | None = None
    noted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """Pixels of the original for one of `image`."""
        return self.size[0] / self.image.width


class Pictures:
    """Makes drafts of pictures, wherever they come from.

    Args:
        sight: sees what is in a picture.
        ocr: reads the words in it.
        space: places the title above a picture.
    """

    def __init__(self, sight: Sight, ocr: Ocr, space: Space) -> None:
        self.sight = sight
        self.ocr = ocr
        self.space = space

    def picture(
        self, frame: Frame, place: Locator, title: str = "", key: str = "", parent: str = ""
    ) -> Iterator[Draft | Note]:
        """A picture and its parts. What cannot be done because a model is missing is said in a note.

        Args:
            place: where it stands in its source. Boxes of its parts are in pixels of the picture, wherever it stands.
            title: headings or a caption above it; a part of the picture's address.
            key: names the picture among the drafts of its source; needed for its parts to be its children.
        """
        blocks, notes = self._read(frame)
        seen, regions, more = self._see(frame)
        yield from (*notes, *more)
        text, facts = describe(frame, seen, blocks), _facts(frame, seen, blocks)
        yield Draft("picture", text, place, title, key, parent, facts, self._meaning(seen, blocks, title))
        for region in regions:
            where = replace(place, box=_scaled(region.box, frame.scale))
            facts = {"seen": [list(pair) for pair in region.names[:5]]}
            yield Draft("region", f"Part of a picture: {region.caption}", where, title, "", key, facts, region.meaning)
        lines = [row for block in blocks for row in rows(block)]
        heading = _beginning(lines) if len(lines) > 1 else ""
        pieces = lines if len(lines) <= LABELS else blocks
        yield from text_drafts(pieces, place, " > ".join(filter(None, (title, heading))), key, frame.scale)

    def page(
        self, frame: Frame, place: Locator, title: str = "", key: str = "", unit: float = 1.0
    ) -> Iterator[Draft | Note]:
        """The words of a scanned page: its blocks in reading order.

        Args:
            key: the `page` they belong to.
            unit: units of the page's boxes for one pixel of the original picture, e.g. 72 / dpi for points.
        """
        blocks, notes = self._read(frame)
        yield from notes
        yield from text_drafts(blocks, place, title, key, frame.scale * unit)

    def _read(self, frame: Frame) -> tuple[list[list[Line]], list[Note]]:
        try:
            return self.ocr.read(frame.image), []
        except MissingPart as error:
            return [], [Note(str(error))]

    def _see(self, frame: Frame) -> tuple[Seen | None, list[Seen], list[Note]]:
        try:
            return self.sight.see([frame.image])[0], self.sight.regions(frame.image), []
        except MissingPart as error:
            return None, [], [Note(f"{error}; meanwhile it is found by its words and colours only")]

    def _meaning(self, seen: Seen | None, blocks: Sequence[Sequence[Line]], title: str) -> Vectors | None:
        """What is seen, what is written in it and what stands above it, each with the same weight in the address.

        What is not seen surely counts only where there are no words: a sign, a form or a drawing is none of the things
        the encoder knows.
        """
        if seen is None:
            return None
        text = " ".join(text_of(block) for block in blocks)
        words = [one for one in (text if len(text) >= SPOKEN else "", title) if one]
        parts = [place.slots for place in self.space.place(words)] if words else []
        return together([seen.meaning, *parts] if seen.names[0][1] >= SURE or not parts else parts)


class ImageReader:
    """Reads picture files."""

    name = "image"

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures

    def accepts(self, source: Source) -> bool:
        return source.media in MEDIA

    def read(self, source: Source) -> Iterator[Draft | Note]:
        """
        Raises:
            UnreadableSource: damaged, too many pixels, or of a kind that needs a library which is not installed.
        """
        for frame in frames(source):
            if isinstance(frame, Note):
                yield frame
            else:
                place, key = Locator(page=frame.page), f"picture {frame.page or 1}"
                yield from self.pictures.picture(frame, place, name_of(source.path), key)


# -- opening -----------------------------------------------------------------------------------------------


def frames(source: Source) -> Iterator[Frame | Note]:
    """The pages of a picture file, one decoded at a time; of a moving picture the first frame."""
    with _open(source) as image:
        count = getattr(image, "n_frames", 1)
        pages = image.format == "TIFF"
        if count > 1 and not pages:
            yield Note(f"only the first of {count} frames was read")
        if pages and count > MAX_FRAMES:
            yield Note(f"only the first {MAX_FRAMES:,} of {count:,} pages were read")
        for number in range(min(count, MAX_FRAMES) if pages else 1):
            image.seek(number)
            yield _decoded(image, source, number + 1 if pages and count > 1 else None)


def frame_of(image: Image.Image, size: tuple[int, int] | None = None) -> Frame:
    """A picture as a frame; `size` is that of the original when the picture was decoded smaller."""
    width, height = size or image.size
    if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:
        width, height = height, width
    upright = _rgb(ImageOps.exif_transpose(image))
    upright.thumbnail((WORKING_SIDE, WORKING_SIDE))
    return Frame(upright, (width, height))


def _decoded(image: Image.Image, source: Source, page: int | None) -> Frame:
    """The current page of an open file, decoded within `MAX_PIXELS`."""
    full = image.size
    image.draft("RGB", (WORKING_SIDE // 2, WORKING_SIDE // 2))
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(source)
    try:
        frame = frame_of(image, full)
        return replace(frame, page=page, noted=camera_notes(image.getexif(), keep_gps=source.settings.keep_gps))
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableSource(source.path, "damaged picture: it cannot be decoded to the end") from error


def _open(source: Source) -> Image.Image:
    """An open picture, not yet decoded. Pillow's own limit is lifted for JPEG, which decodes at a fraction."""
    if source.media in ("image/heic", "image/heif"):
        _register_heif(source)
    try:
        return Image.open(source.path)
    except Image.DecompressionBombError as error:
        if source.media != "image/jpeg":
            raise _too_large(source) from error
        return JpegImagePlugin.JpegImageFile(source.path)
    except OSError as error:
        raise UnreadableSource(source.path, "damaged picture, or of a kind that cannot be read") from error


def _too_large(source: Source) -> UnreadableSource:
    reason = f"a picture of more than {MAX_PIXELS // 1_000_000} million pixels"
    return UnreadableSource(source.path, reason, "save it smaller, or as JPEG")


def _register_heif(source: Source) -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        hint = "pip install pillow-heif (its wheels are GPL-2.0), or save it as JPEG"
        raise UnreadableSource(source.path, "a HEIC picture, for which a library is missing", hint) from error
    register_heif_opener()


def _rgb(image: Image.Image) -> Image.Image:
    """Eight bits, three channels; what is transparent becomes white, what has more bits is stretched."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        return Image.fromarray(((values - low) * (255 / max(high - low, 1e-6))).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def camera_notes(exif: Image.Exif, *, keep_gps: bool) -> dict[str, Any]:
    """When and with what a picture was taken; where, in degrees, only when that may be kept."""
    detail = exif.get_ifd(ExifTags.IFD.Exif)
    taken = str(detail.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "").strip("\0 ")
    maker, model = (str(exif.get(tag) or "").strip("\0 ") for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    notes: dict[str, Any] = {}
    if len(taken) >= 10 and taken[:4].isdigit() and taken[:4] != "0000":
        notes["taken"] = taken[:10].replace(":", "-") + taken[10:]
    if model:
        notes["camera"] = model if model.startswith(maker) else f"{maker} {model}"
    where = _degrees(exif.get_ifd(ExifTags.IFD.GPSInfo)) if keep_gps else None
    return {**notes, "place": where} if where else notes


def _degrees(gps: Mapping[int, Any]) -> list[float] | None:
    """Latitude and longitude from EXIF degrees, minutes and seconds."""
    try:
        latitude, longitude = (
            sum(float(part) / 60**i for i, part in enumerate(gps[tag]))
            for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude)
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    south, west = gps.get(ExifTags.GPS.GPSLatitudeRef) == "S", gps.get(ExifTags.GPS.GPSLongitudeRef) == "W"
    return [round(-latitude if south else latitude, 6), round(-longitude if west else longitude, 6)]


# -- saying ------------------------------------------------------------------------------------------------


def describe(frame: Frame, seen: Seen | None, blocks: Sequence[Sequence[Line]]) -> str:
    """A picture in words, for people and for the language model."""
    text = " ".join(" ".join(text_of(block) for block in blocks).split())
    parts = [
        f"Picture of {seen.caption}" if seen and seen.caption else "Picture",
        f"text in it: {text if len(text) <= 300 else text[:297] + '...'}" if text else "",
        f"colours: {', '.join(colours)}" if (colours := colour_words(frame.image)) else "",
        f"taken {frame.noted['taken']}" if "taken" in frame.noted else "",
        f"with {frame.noted['camera']}" if "camera" in frame.noted else "",
        f"{frame.size[0]} x {frame.size[1]} pixels",
    ]
    return "; ".join(part for part in parts if part) + "."


def text_drafts(
    blocks: Sequence[Sequence[Line]], place: Locator, title: str, parent: str, scale: float
) -> Iterator[Draft]:
    """A row of one block is a `line`, several are a `passage`; `facts.lines` has each line's box and confidence."""
    for block in blocks:
        boxes = [_scaled(line.box, scale) for line in block]
        lines: list[LineFacts] = [
            {"text": line.text, "box": list(box), "confidence": line.confidence}
            for line, box in zip(block, boxes, strict=True)
        ]
        sure = round(float(np.mean([line.confidence for line in block])), 3)
        facts: WrittenFacts = {"confidence": sure, "lines": lines}
        where = replace(place, box=_around(boxes))
        yield Draft("line" if len(rows(block)) == 1 else "passage", text_of(block), where, title, "", parent, facts)


def colour_words(image: Image.Image, share: float = 0.15) -> list[str]:
    """The colours that at least `share` of a picture has, commonest first, by nearest term in CIE Lab."""
    terms = Image.new("RGB", (len(COLOURS), 1))
    terms.putdata(list(COLOURS.values()))
    pixels = _lab(image.resize((32, 32), Image.Resampling.BOX)).reshape(-1, 1, 3)
    nearest = np.square(pixels - _lab(terms).reshape(1, -1, 3)).sum(axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(COLOURS)) / len(nearest)
    return [list(COLOURS)[i] for i in np.argsort(-counts, kind="stable") if counts[i] >= share]


def together(parts: Sequence[Vectors]) -> Vectors:
    """Sequences of vectors as one, in whose mean each weighs the same, however long it is."""
    sums = [max(float(np.linalg.norm(part.sum(axis=0))), 1e-6) for part in parts]
    return np.concatenate([part * np.float32(sums[0] / length) for part, length in zip(parts, sums, strict=True)])


def name_of(path: Path) -> str:
    """The name of a picture's file where a person gave it one; empty for IMG_2034, DSC01234 and the like."""
    words = re.findall(r"[^\W\d_]{2,}", path.stem.lower())
    return path.stem if any(word not in CAMERA_NAMES for word in words) else ""


def _beginning(lines: Sequence[Sequence[Line]]) -> str:
    """The first words in a picture: what its other lines stand under."""
    text = " ".join(text_of(line) for line in lines[:3])
    return text if len(text) <= 60 else text[:60].rpartition(" ")[0] or text[:60]


def _facts(frame: Frame, seen: Seen | None, blocks: Sequence[Sequence[Line]]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "width": frame.size[0],
        "height": frame.size[1],
        "colours": colour_words(frame.image),
        **frame.noted,
    }
    if seen:
        facts["seen"] = [list(pair) for pair in seen.names[:5]]
    if blocks:
        facts["text"] = "\n".join(text_of(block) for block in blocks)
    return facts


def _lab(image: Image.Image) -> NDArray[np.float32]:
    """CIE Lab of each pixel: L 0..255, a and b around 0."""
    lab = np.asarray(ImageCms.applyTransform(image, _to_lab()), dtype=np.uint8)
    return np.concatenate([lab[..., :1].astype(np.float32), lab[..., 1:].view(np.int8).astype(np.float32)], axis=-1)


@lru_cache(maxsize=1)
def _to_lab() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")


def _scaled(box: Box, scale: float) -> Box:
    x0, y0, x1, y1 = (round(value * scale, 1) for value in box)
    return x0, y0, x1, y1


def _around(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
