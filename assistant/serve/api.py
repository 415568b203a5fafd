"""The server: its routes, the chat mounted beside them, and the middleware in front of everything.

Every route gets its viewer from the request and hands it to the gate; what is not there and what is not the viewer's
read alike.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from assistant.govern.entrance import Entrance
from assistant.serve.conversing import Conversing
from assistant.serve.guard import CHAT, Guard, is_local
from assistant.serve.limits import Limits
from assistant.serve.parts import Parts
from assistant.serve.refusals import status_of
from assistant.serve.routes import (
    amending,
    asking,
    bringing,
    describing,
    door,
    examining,
    exploring,
    feeding,
    governing,
    judging,
    looking,
    openai,
    opening,
    talking,
)
from assistant.serve.turns import Turns
from assistant.serve.web import assets, sessions
from assistant.serve.web.legible import MALFORMED, Legible
from assistant.serve.web.refusal import ABSENT, refused, tell
from ingest.base.errors import BadInput, KotonohaError, full_disk

OFF: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Nothing of a request is handed to a telemetry exporter, whatever the environment says."""
ROUTERS = (
    door, asking, openai, talking, feeding, bringing, amending, judging, opening, exploring, governing, examining, describing,
    assets,
)  # fmt: skip
LARGER = {"/api/talks/ask": 2 * talking.SHOWN, "/api/upload": 4 * 1024**3, f"{CHAT}/": sessions.LARGEST}
"""Bytes of a body, where it may have more than elsewhere."""


def application(parts: Parts) -> FastAPI:
    """The whole server as an ASGI application."""
    from assistant.serve.web import chat

    app = FastAPI(title="Kotonoha", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", telemetry=OFF)
    app.state.parts = parts
    app.state.entrance = Entrance(parts.people, parts.start, bool(parts.sso))
    app.state.asking = Turns(threads=16, each=2, waiting=8)
    app.state.hashing = Turns(threads=2, each=1, waiting=30, crowd=100)  # each guess takes 64 MiB for a while
    app.state.known = Turns(threads=2, each=1, waiting=4)  # for browsers that are known, past that line
    app.state.bringing = Turns(threads=1, each=4, waiting=0)  # files take the disk while they come
    app.state.shown = looking.Shown()
    app.state.conversing = conversing = Conversing(parts)
    for one in ROUTERS:
        app.include_router(one.router)
    app.add_exception_handler(KotonohaError, _told)
    app.add_exception_handler(OSError, _full)
    app.add_exception_handler(sqlite3.OperationalError, _full)
    app.add_exception_handler(HTTPException, _absent)
    app.add_exception_handler(RequestValidationError, _malformed)
    chat.mount(app, conversing)
    app.add_middleware(sessions.Sessions)
    app.add_middleware(Legible)
    app.add_middleware(Guard, entrance=app.state.entrance, hosts=parts.hosts, tell=tell)
    app.add_middleware(Limits, larger=LARGER)
    return app


def serve(parts: Parts, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serves until it is stopped.

    Raises:
        BadInput: the address is taken, or can be reached from other machines and there are no accounts.
    """
    import uvicorn

    from assistant.serve import listening

    has_accounts = bool(parts.sso) or parts.people.exist()
    if parts.guests and not is_local(host):
        raise BadInput(f"the sample firm is served at this machine alone, not at {host}", "serve your own files there")
    if not (has_accounts or is_local(host)):
        raise BadInput(
            f"without accounts only this machine can be served, not {host}", "add accounts: kotonoha people add NAME"
        )
    with listening.bound(host, port) as opened:
        server = uvicorn.Server(uvicorn.Config(application(parts), **listening.options()))
        way = "" if has_accounts else f"/enter?token={parts.start}"
        print(f"Kotonoha listens at {listening.address_of(opened)}{way}  (Ctrl-C stops it)", flush=True)
        server.run(sockets=[opened])


# -- saying what went wrong ----------------------------------------------------------------------------------------


def _told(request: Request, error: Exception) -> Response:
    """Errors made for people. What is absent and what is forbidden are told in the same words."""
    return refused(request, str(error), status_of(error))


def _full(request: Request, error: Exception) -> Response:
    """A full disk is told; any other fault is this server's own."""
    if full := full_disk(error):
        return _told(request, full)
    raise error


def _absent(request: Request, error: Exception) -> Response:
    """An address, or a way to use one, that does not exist; and what the limits refuse."""
    if isinstance(error.__cause__, OSError) and (full := full_disk(error.__cause__)):
        return _told(request, full)  # FastAPI takes it for a body that cannot be read
    raised = error if isinstance(error, HTTPException) else HTTPException(500)
    known = {404: ABSENT, 405: "this is not a request that this server understands"}
    answer = refused(request, known.get(raised.status_code, str(raised.detail)), raised.status_code)
    answer.headers.update(raised.headers or {})
    return answer


def _malformed(request: Request, error: Exception) -> Response:
    """A request that is not of the form expected. Small whatever was sent: nothing of it is said back."""
    return refused(request, MALFORMED, 422)
