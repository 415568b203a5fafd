"""How much of this server one request may take: bytes of its body, and seconds of waiting for them.

One ASGI middleware in front of everything, the door included, so that nothing is parsed, and nobody is asked for,
before the body is known to be bearable.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.serve.refusals import refusal

MIB = 1024 * 1024
LARGEST = 2 * MIB
"""Bytes of a body where nothing else is said; the longest question with its history is below."""
AT_THE_DOOR = 16 * 1024
"""Bytes of a body that anybody may send: a name and a password."""
SILENCE = 20.0
"""Seconds a sender may be silent in the middle of a body."""
SLOWEST = 20_000
"""Bytes a second below which a body is not waited for, once `SILENCE` has passed."""


class Limits:
    """ASGI middleware.

    Args:
        larger: bytes of a body by the beginning of the path, where it is another limit than `LARGEST`.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int] | None = None) -> None:
        self._app = app
        self._limits = {"/sign-in": AT_THE_DOOR, **(larger or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = next((most for path, most in self._limits.items() if scope["path"].startswith(path)), LARGEST)
        body, started = _Body(receive, most), False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                if body.is_refused:  # the rest of it is not waited for
                    message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
            await send(message)

        try:
            _check_declared(scope, most)
            await self._app(scope, body, sending)
        except HTTPException as error:
            if not started:
                said = refusal(scope["path"], error.status_code, error.detail, {"Connection": "close"})
                await said(scope, receive, send)


class _Body:
    """A `receive` that ends a body which is too large or too slow. What comes after a body is waited for as long as it takes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most = receive, most
        self._got, self._began, self._whole = 0, time.monotonic(), False
        self.is_refused = False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        left = self._began + SILENCE + self._got / SLOWEST - time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, min(SILENCE, left)))
        except TimeoutError:
            self.is_refused = True
            raise HTTPException(408, "the rest of the request did not come in time") from None
        self._got += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._got > self._most:
            self.is_refused = True
            raise _too_large(self._most)
        return message


def _check_declared(scope: Scope, most: int) -> None:
    """Refuses what says itself that it is too large, before any of it is read."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not (value.isdigit() and len(value) < 20):
                raise HTTPException(400, "the length of the body is not a number")
            if int(value) > most:
                raise _too_large(most)


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body of this request may have {most:,} bytes")
