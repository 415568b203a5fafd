"""A source opened at the place of an entity: the page around it, its picture, and the original's bytes.

Everything goes by way of the gate and is recorded; what is not there and what is not the viewer's read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import quote as quoted

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from assistant.serve import amends, drawing, view
from assistant.serve.parts import Parts
from assistant.serve.routes import looking
from assistant.serve.routes.who import L, P, V
from assistant.serve.web import pages
from ingest.base.errors import NotFound

CHUNK = 256 * 1024
INLINE = re.compile(r"audio/[\w.+-]+|video/[\w.+-]+|application/ogg|image/(?:png|jpeg|gif|webp|bmp)")
"""What a browser may show by itself; all else, anything that can hold a script above all, is handed over as a file."""
router = APIRouter(tags=["opening"])


@router.get("/open/{entity}")
def open_source(entity: str, parts: P, viewer: V, language: L, quote: str = "", beside: int = 0) -> HTMLResponse:
    """The source of an entity, opened at its place. `quote` is the cited range of its characters: "12-80"; `beside` leaves
    out what the chat beside it shows already."""
    opened = looking.opened(parts, viewer, entity, "place", _range(quote))
    rows = view.excerpt(parts.memory, parts.personal, opened.entity, viewer) if opened.look == "table" else None
    original = looking.there(parts, opened)
    chart = _chart(parts, opened) if opened.look == "chart" else None
    near = view.related(parts.memory, parts.personal, opened.entity, viewer)
    right = amends.seen(parts.memory, parts.personal, opened.entity, viewer)
    return HTMLResponse(pages.opened_page(opened, original, rows, chart, near, right, language, beside))


@router.get("/open/{entity}/page.png")
def page_image(entity: str, request: Request, parts: P, viewer: V, small: int = 0) -> Response:
    """The page or picture an entity stands on, with its box drawn; or `small`, without it."""
    shown: looking.Shown = request.app.state.shown
    is_told = bool(small) and shown.fetched(viewer.person, entity)
    opened = looking.opened(parts, viewer, entity, "thumbnail" if small else "image", is_told=is_told)
    place = replace(opened.place, box=None) if small else opened.place
    if opened.look == "page" and (file := view.original(opened, parts.settings)):
        with file:
            return _drawn(drawing.page(file, place), small)
    if opened.look == "picture":
        with view.source_of(opened, parts.settings) as source:
            if source:
                return _drawn(drawing.picture(source, place), small)
    raise NotFound("there is no picture of this place")


def _drawn(png: bytes, small: int) -> Response:
    """A picture that says where its box is, so that the page can bring it into sight."""
    if small:
        return Response(drawing.small(png), media_type="image/png")
    return Response(png, media_type="image/png", headers={"Kotonoha-Box": drawing.box_of(png)})


@router.get("/open/{entity}/file")
def original_file(entity: str, request: Request, parts: P, viewer: V) -> Response:
    """The original's bytes, whole or one range (RFC 9110), which players ask for."""
    opened = looking.opened(parts, viewer, entity, "file")
    file = view.original(opened, parts.settings)
    if file is None:
        raise NotFound("the file has changed or is gone since it was read")
    plays = INLINE.fullmatch(opened.source.media)
    headers = {
        "Content-Disposition": f"{'inline' if plays else 'attachment'}; filename*=utf-8''{quoted(opened.name)}",
        "Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox; frame-ancestors 'none'",
        "Accept-Ranges": "bytes",
    }
    media = opened.source.media if plays else "application/octet-stream"
    return _ranged(file, opened.source.size, request.headers.get("range", ""), media, headers)


def _range(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,9})-(\d{1,9})", text)
    return (int(found[1]), int(found[2])) if found else None


def _chart(parts: Parts, opened: view.Opened) -> drawing.Chart | None:
    quantity = str(opened.entity.facts.get("quantity", ""))
    with view.source_of(opened, parts.settings) as source:
        return drawing.chart(source, quantity, opened.entity.locator) if source else None


def _ranged(file: BinaryIO, size: int, wanted: str, media: str, headers: dict[str, str]) -> Response:
    """All of a file, or the one range that is wanted; several ranges at once are answered with all of it."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if not found or not (found[1] or found[2]):
        return StreamingResponse(_bytes(file, 0, size), 200, {**headers, "Content-Length": str(size)}, media)
    start = int(found[1]) if found[1] else max(0, size - int(found[2]))
    end = min(size, int(found[2]) + 1) if found[1] and found[2] else size
    if start >= end:
        file.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    told = {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return StreamingResponse(_bytes(file, start, end), 206, {**headers, **told}, media)


def _bytes(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < end and (data := file.read(min(CHUNK, end - start))):
            start += len(data)
            yield data
