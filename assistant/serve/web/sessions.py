"""Keeps the chat sessions of different people apart, and closes what of Gradio the chat does not use.

Gradio hands a session's events and state to whoever names its `session_hash`, and a file in its cache to whoever names
its path. Here a session belongs to the person who first used it, and only the routes the chat needs exist at all.
Stands behind the guard, which has said who the person is, and behind `legible`, which has read what an event says.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
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
        said = getattr(request.state, "said", None)
        is_event = request.method != "POST" or isinstance(said, dict)
        if not is_event or not all(self._is_own(name, request.state.person) for name in _named(request, said or {})):
            await refused(request, ABSENT, 404)(scope, receive, send)
            return
        await self._streamed(scope, receive, send)

    async def _streamed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Gradio's answer. A stream that it breaks off, since its session has ended or is none, simply ends: the page was told
        by its last event, or is gone, and it is no fault of this server."""
        streams = ended = False

        async def sending(message: Message) -> None:
            nonlocal streams, ended
            if message["type"] == "http.response.start":
                streams = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
            else:
                ended = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            if not streams:
                raise
            if not ended:
                await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _is_own(self, session: str, person: str) -> bool:
        """Whether a session is this person's; one that nobody used yet becomes so."""
        owner = self._owners.setdefault(session, person)
        self._owners.move_to_end(session)
        if len(self._owners) > SESSIONS:
            self._owners.popitem(last=False)
        return owner == person


def _named(request: Request, said: Mapping[str, Any]) -> list[str]:
    """Every session that a request names: in its path, its query or its body."""
    found = [*request.query_params.getlist("session_hash")]
    found += re.findall(r"/heartbeat/(\w+)", request.url.path)
    return found + ([str(said["session_hash"])] if said.get("session_hash") else [])
