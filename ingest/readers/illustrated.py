"""A document reader together with what the document's pictures show and its scanned pages say.

A reader of documents knows nothing about pictures: it marks a page without text by a `page` without text, and a picture
by a `picture` without text. Here the marks are opened, looked at and read.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace

from PIL import Image

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Draft, Locator

from ..source import Source
from . import Item, Note, Reader
from .image import MAX_PIXELS, Frame, Pictures, frame_of

PAGE_SIDE = 2000
"""Pixels of the longer side of a page that is read by OCR; what the recogniser works with at most."""

PICTURE_SIDE = 800
"""Pixels of the longer side of a page out of which a picture is cut."""

SMALLEST = 64
"""Pixels of the shorter side below which a picture inside a document is an ornament."""


class Illustrated:
    """Reads as `reader` does, and opens the marks it leaves.

    Args:
        reader: of documents.
        pictures: makes drafts of pictures and pages.
    """

    def __init__(self, reader: Reader, pictures: Pictures) -> None:
        self.reader = reader
        self.pictures = pictures

    @property
    def name(self) -> str:
        return self.reader.name

    def accepts(self, source: Source) -> bool:
        return self.reader.accepts(source)

    def read(self, source: Source) -> Iterator[Item]:
        said: set[str] = set()
        for item in self.reader.read(source):
            for one in self._opened(source, item):
                if not isinstance(one, Note) or one.text not in said:
                    yield one
                said.add(one.text if isinstance(one, Note) else "")

    def _opened(self, source: Source, item: Item) -> Iterator[Item]:
        """What a mark stands for; anything else as it is."""
        if isinstance(item, Draft) and item.kind == "page" and not item.text:
            yield from self._page(source, item)
        elif isinstance(item, Draft) and item.kind == "picture" and not item.text:
            yield from self._picture(source, item)
        else:
            yield item

    def _page(self, source: Source, mark: Draft) -> Iterator[Draft | Note]:
        """The page with the beginning of its words, then its words; nothing for an empty page."""
        number = mark.locator.page or 1
        key = mark.key or f"page {number}"
        image, scale = page_image(source, number, PAGE_SIDE)
        found = list(self.pictures.page(frame_of(image), Locator(page=number), mark.title, key, 1 / scale))
        words = [one.text for one in found if isinstance(one, Draft)]
        if words:
            yield replace(mark, text=f"Scanned page {number}: {_beginning(' '.join(words))}", key=key)
        yield from found

    def _picture(self, source: Source, mark: Draft) -> Iterator[Draft | Note]:
        try:
            frame = picture_frame(source, mark)
        except (OSError, KeyError, ValueError, Image.DecompressionBombError) as error:
            yield Note(f"a picture in it cannot be read ({error})")
            return
        if min(frame.size) >= SMALLEST:
            yield from self.pictures.picture(frame, mark.locator, mark.title, mark.key)


def picture_frame(source: Source, mark: Draft) -> Frame:
    """The picture a mark stands for: a member of the container named by its key, or what a page shows in its box.

    Raises:
        OSError, KeyError, ValueError, DecompressionBombError: it cannot be opened.
    """
    if mark.locator.box and mark.locator.page:
        image, scale = page_image(source, mark.locator.page, PICTURE_SIDE)
        x0, y0, x1, y1 = (edge * scale for edge in mark.locator.box)
        return frame_of(image.crop((int(x0), int(y0), max(int(x1), int(x0) + 1), max(int(y1), int(y0) + 1))))
    with zipfile.ZipFile(source.path) as container:
        image = Image.open(io.BytesIO(container.read(mark.key)))
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"more than {MAX_PIXELS // 1_000_000} million pixels")
    return frame_of(image)


def page_image(source: Source, number: int, side: int) -> tuple[Image.Image, float]:
    """A page of a PDF, its longer side `side` pixels, and how many pixels a point has."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        document = pypdfium2.PdfDocument(source.path)
        try:
            page = document[number - 1]
            scale = side / max(*page.get_size(), 1.0)
            return page.render(scale=scale).to_pil().convert("RGB"), scale
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        raise UnreadableSource(source.path, f"page {number} cannot be drawn") from error


def _beginning(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 160 else f"{text[:157]}..."
