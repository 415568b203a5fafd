"""Keeps the chat sessions of different people apart, and closes what of Gradio the chat does not use.

Gradio hands a session's events and state to whoever names its `session_hash`, and a file in its cache to whoever names
its path. Here a session belongs to the person who first used it, and only the routes the chat needs exist at all.
Stands behind the guard, which has said who the person is.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.serve.guard import CHAT
from assistant.serve.web.refusal import ABSENT, refused

NEEDED = re.compile(
    r"/(?:en|ja)(?:/(?:config|theme\.css|favicon\.ico|manifest\.json|(?:assets|static)/[\w./@-]+"
    r"|gradio_api/(?:queue/(?:join|data)|heartbeat/\w+|startup-events|info|app_id|theme\.css))?)?/?"
)
"""What the page of the chat asks for; no uploads, no files, no remote calls, no second way to run an event."""
LARGEST = 1_000_000
"""Bytes of an event; a question is far below."""
SESSIONS = 50_000


class Sessions:
    """ASGI middleware for paths under `CHAT`; everything else passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._owners: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{CHAT}/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if not NEEDED.fullmatch(scope["path"].removeprefix(CHAT)) or ".." in scope["path"]:
            await refused(request, ABSENT, 404)(scope, receive, send)
            return
        body = await _body(request) if request.method == "POST" else b""
        if body is None or not all(self._is_own(name, request.state.person) for name in _named(request, body)):
            await refused(request, ABSENT, 404)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive) if request.method == "POST" else receive, send)

    def _is_own(self, session: str, person: str) -> bool:
        """Whether a session is this person's; one that nobody used yet becomes so."""
        owner = self._owners.setdefault(session, person)
        self._owners.move_to_end(session)
        if len(self._owners) > SESSIONS:
            self._owners.popitem(last=False)
        return owner == person


def _named(request: Request, body: bytes) -> list[str]:
    """Every session that a request names: in its path, its query or its body."""
    found = [*request.query_params.getlist("session_hash")]
    found += re.findall(r"/heartbeat/(\w+)", request.url.path)
    if body:
        said = json.loads(body)
        found += [str(said["session_hash"])] if isinstance(said, dict) and said.get("session_hash") else []
    return found


async def _body(request: Request) -> bytes | None:
    """The whole body if it is an event of bearable size, else None."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST:
            return None
    return data if _is_text(data) else None


def _is_text(data: bytes) -> bool:
    """Whether it is JSON as the standard has it: no NaN or endless figure, no halves of characters, not too deep to read."""
    try:
        json.dumps(json.loads(data or b"{}"), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, then whatever comes."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving
