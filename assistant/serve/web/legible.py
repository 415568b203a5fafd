"""What comes as text is text: a body that cannot be written down again is refused before any route sees it.

JSON can name half a character ("\\ud800"), which no file, no database and no answer can hold; so can the odder encodings
that a form may claim.
"""

from __future__ import annotations

import json
from email.message import Message as Header
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.serve.web.refusal import refused

MALFORMED = "this request is not of the form that is expected; /api/openapi.json describes it"


class Legible:
    """ASGI middleware. It reads a body of JSON as a whole, so it stands behind what bounds bodies and says who may send one.
    What the body says is `request.state.said` to whatever stands behind it; nothing else is a body of JSON there.
    """

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
            try:
                body = await whole(receive)
                Request(scope).state.said, receive = read(body), again(body, receive)
            except ValueError:
                is_fine = False
        await (self._app if is_fine else refused(Request(scope), MALFORMED, 422))(scope, receive, send)


def read(data: bytes) -> Any:
    """What JSON says, as the standard has it: no NaN or endless figure, no halves of characters, not too deep to read.

    Raises:
        ValueError: it is none.
    """
    try:
        said = json.loads(data or b"{}")
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("too deep to read") from None
    return said


async def whole(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        ValueError: its sender is gone before its end.
    """
    data, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ValueError("the body has no end")
        data += message.get("body", b"")
        more = message.get("more_body", False)
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
