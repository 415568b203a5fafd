"""What comes as text is text: a body that cannot be written down again is refused before any route sees it.

JSON can name half a character ("\\ud800"), which no file, no database and no answer can hold; so can the odder encodings
that a form may claim.
"""

from __future__ import annotations

import json
from email.message import Message as Header

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.serve.web.refusal import refused

MALFORMED = "this request is not of the form that is expected; /api/openapi.json describes it"


class Legible:
    """ASGI middleware. It reads a body of JSON as a whole, so it stands behind what bounds bodies and says who may send one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = Header()
        kind["content-type"] = Headers(scope=scope).get("content-type", "")
        subtype = kind.get_content_subtype()
        is_fine = _is_ours(kind.get_param("charset"))
        if is_fine and (subtype == "json" or subtype.endswith("+json")):
            body = await whole(receive)
            is_fine, receive = body is not None and is_text(body), again(body or b"", receive)
        await (self._app if is_fine else refused(Request(scope), MALFORMED, 422))(scope, receive, send)


def is_text(data: bytes) -> bool:
    """Whether it is JSON as the standard has it: no NaN or endless figure, no halves of characters, not too deep to read."""
    try:
        json.dumps(json.loads(data or b"{}"), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


async def whole(receive: Receive, most: int | None = None) -> bytes | None:
    """The whole body; None where its sender is gone or it has more than `most` bytes."""
    data, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        data += message.get("body", b"")
        more = message.get("more_body", False)
        if most is not None and len(data) > most:
            return None
    return bytes(data)


def again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once more, then whatever comes."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


def _is_ours(charset: object) -> bool:
    """Whether a body is, by its own word, in the one encoding that is read here."""
    return charset is None or str(charset).lower() in ("utf-8", "utf8", "us-ascii")
