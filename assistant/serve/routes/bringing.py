"""Bringing files into the memory, over HTTP: whoever may not is told so before the first byte of a file is taken."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from fastapi.routing import APIRoute

from assistant.serve import uploads
from assistant.serve.routes.who import P, V, feeder_of, record


class Bringing(APIRoute):
    """A route for files, of which nothing is read before it is known that whoever sends them may bring any, and has not
    too many on their way."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        taken = super().get_route_handler()

        async def handler(request: Request) -> Response:
            viewer = await run_in_threadpool(feeder_of, request)
            async with request.app.state.bringing.of(viewer.person):
                return await taken(request)

        return handler


router = APIRouter(tags=["feeding"], route_class=Bringing)


@router.post("/api/upload", status_code=202)
def upload(
    parts: P, viewer: V, scope: Annotated[str, Form(max_length=64)],
    files: Annotated[list[UploadFile], File()], names: Annotated[list[str] | None, Form()] = None,
) -> dict[str, Any]:  # fmt: skip
    """Brings files into a scope; `names` are their paths within a folder, in the same order. Follow them by the ticket."""
    called = [name or one.filename or "" for one, name in zip(files, names or [""] * len(files), strict=False)]
    pairs = ((name, one.file) for name, one in zip(called, files, strict=True))

    def recorded(names: Sequence[str]) -> None:
        record(parts, viewer, "upload", {"scope": scope, "files": len(names)}, (scope,), {"names": names})

    ticket = uploads.keep(parts.settings, parts.memory.catalog, viewer, scope, pairs, recorded)
    return {"ticket": ticket, "files": len(uploads.progress(parts.settings, parts.memory.catalog, ticket))}
