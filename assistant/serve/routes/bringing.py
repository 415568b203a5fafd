"""Bringing files into the memory, over HTTP: whoever may not is told so before the first byte of a file is taken."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from assistant.serve import uploads
from assistant.serve.routes.who import P, V, feeder_of, parts_of, record
from ingest.base.access import Viewer

LONGEST = 64
"""Bytes of a scope's name that are looked at."""


class Bringing(APIRoute):
    """A route for files, of which nothing is read before it is known that whoever sends them may bring any, and has not
    too many on their way, and that there is room for them; and no file before it is known that they may bring it there,
    where its scope is named first."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        taken = super().get_route_handler()

        async def handler(request: Request) -> Response:
            viewer, scopes = await run_in_threadpool(_admitted, request)
            async with request.app.state.bringing.of(viewer.person):
                named = Named(request.receive, request.headers.get("content-type", ""), scopes)
                return await taken(Request(request.scope, named))

        return handler


def _admitted(request: Request) -> tuple[Viewer, list[str]]:
    """Who brings files, and the scopes into which they may."""
    viewer, parts = feeder_of(request), parts_of(request)
    size = request.headers.get("content-length", "")
    uploads.hold_room(parts.settings, int(size) if size else 0)
    return viewer, uploads.writable(viewer, parts.memory.catalog)


class Named:
    """A `receive` that ends a form whose field `scope`, before its first file, names none of these scopes."""

    def __init__(self, receive: Receive, kind: str, scopes: Sequence[str]) -> None:
        self._receive, self._scopes = receive, scopes
        self._header, self._said, self._field, self._value = b"", b"", b"", b""
        self._looks = True
        self._refused: str | None = None
        self._boundary = parse_options_header(kind)[1].get(b"boundary", b"")
        self._parser: MultipartParser | None = None

    async def __call__(self) -> Message:
        message = await self._receive()
        if self._looks:
            try:
                self._parser = self._parser or MultipartParser(self._boundary, self._callbacks())
                self._parser.write(message.get("body", b""))
            except FormParserError:  # it is refused where it is read
                self._looks = False
        if self._refused is not None:
            raise HTTPException(403, str(uploads.unwritable(self._refused)))
        return message

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin, "on_header_field": self._name, "on_header_value": self._say,
            "on_header_end": self._head, "on_part_data": self._data, "on_part_end": self._end,
        }  # fmt: skip

    def _begin(self) -> None:
        self._field, self._value = b"", b""

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _say(self, data: bytes, start: int, end: int) -> None:
        self._said += data[start:end]

    def _head(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, said = parse_options_header(self._said)
            self._field = said.get(b"name", b"")
            self._looks = self._looks and b"filename" not in said
        self._header, self._said = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field == b"scope":
            self._value += data[start : min(end, start + LONGEST)]

    def _end(self) -> None:
        scope = self._value.decode(errors="replace")
        if self._looks and self._field == b"scope" and scope not in self._scopes:
            self._refused = scope[:LONGEST]


router = APIRouter(tags=["feeding"], route_class=Bringing)


@router.post("/api/upload", status_code=202)
def upload(
    parts: P, viewer: V, scope: Annotated[str, Form(max_length=64)],
    files: Annotated[list[UploadFile], File()], names: Annotated[list[str] | None, Form()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Brings files into a scope; `names` are their paths within a folder, in the same order. Follow them by the ticket.
    Where `scope` comes before the files, one into which you may not bring any is refused before they are sent."""
    called = [name or one.filename or "" for one, name in zip(files, names or [""] * len(files), strict=False)]
    pairs = ((name, one.file) for name, one in zip(called, files, strict=True))

    def recorded(names: Sequence[str]) -> None:
        record(parts, viewer, "upload", {"scope": scope, "files": len(names)}, (scope,), {"names": names})

    ticket = uploads.keep(parts.settings, parts.memory.catalog, viewer, scope, pairs, recorded)
    return {"ticket": ticket, "files": len(uploads.progress(parts.settings, parts.memory.catalog, ticket))}
