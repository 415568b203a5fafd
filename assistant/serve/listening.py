"""Where the server listens, and how long it bears a connection that says nothing or does not listen.

What arrives before there is a whole request never reaches the application, so it is bounded here: the size and the time
of the headers, the time between an answer and the next request, the time in which an answer is not taken, and the number
of connections. Where that number is reached, whoever has waited longest without a whole request makes room; where every
connection is at work for somebody who was let in, whoever holds the most of them does.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingest.base.errors import BadInput

HEAD_SECONDS = 15.0
"""Within which all headers have arrived, counted from the connection or the first byte of the request."""
NEXT_SECONDS = 30.0
"""Within which, after an answer, the next request has begun; bytes that begin none do not count."""
HEAD_BYTES = 64 * 1024
"""Of headers, and of whatever else comes before the next byte of a body: lengths of chunks, trailers."""
AHEAD = 8
"""Requests that may wait on one connection for the answer to an earlier one."""
UNREAD_SECONDS = 60.0
"""For which an answer may wait to be taken."""
CONNECTIONS = 400
"""Of which more than so many are not kept open, whatever they are doing."""
PAGE = 2
"""Connections that one page of the chat holds; so many are left to everybody who is at work."""
ROOM = 20
"""How many go at once, since looking who is to go takes time."""
WAITING = 128
"""Connections the system keeps for us until we look at them; they come on top of those above."""


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        BadInput: there is no such address here, or something else listens at it.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(WAITING)  # from now on nobody else can
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise BadInput(f"port {port} is taken by another program", f"kotonoha serve --port {port + 1}") from None
        raise BadInput(f"the server cannot listen at {host}, port {port}: {error}") from None
    return listening


def address_of(listening: socket.socket) -> str:
    """Where a socket listens, as it stands in an address."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class Patience(HttpToolsProtocol):
    """uvicorn's connection, which is closed when its patience is at an end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._head = 0
        self._reading = True
        self._unread: asyncio.TimerHandle | None = None
        self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)
        self._since = self.loop.time()
        self._is_gone = False
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)
        if self._head > HEAD_BYTES + len(data):
            self.send_400_response("The headers of this request are too long.")
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._late.cancel()
        self._head, self._reading = 0, True
        self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading:  # what comes behind a body says nothing about a request that is being answered
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._late.cancel()
        self._head, self._reading = 0, False
        super().on_headers_complete()
        if len(self.pipeline) > AHEAD:  # each answer would let more in than it takes out
            self._give_up()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:
            self._since = self.loop.time()
            if not self._reading:  # neither an end of line nor the rest of a body that nobody read puts this off
                self._late.cancel()
                self._late = self.loop.call_later(NEXT_SECONDS, self._end)

    def pause_writing(self) -> None:
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._give_up)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _end(self) -> None:
        """Ends it when the answer has been taken."""
        self.transport.close()
        self._late = self.loop.call_later(UNREAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        self._is_gone = True
        if self.cycle:
            self.cycle.disconnected = True  # nothing more is written to it
        self.transport.abort()

    def _make_room(self) -> None:
        """Ends those that can best be done without: of whoever holds the most of these those that have waited longest."""
        others = [one for one in self.connections if isinstance(one, Patience) and not (one is self or one._is_gone)]
        if len(others) < CONNECTIONS:
            return
        worth = {one: one._worth for one in others}
        least = min(worth.values())
        alike = [one for one in others if worth[one] == least]
        busiest, held = Counter(one._holder for one in alike).most_common(1)[0]
        if all(least) and held <= PAGE:
            self._give_up()
            return
        going = sorted((one for one in alike if one._holder == busiest), key=lambda one: one._since)
        for one in going[: min(ROOM, max(1, held // 4)) if all(least) else ROOM]:
            one._give_up()

    @property
    def _holder(self) -> tuple[str, str]:
        """Who holds it: a person who was let in, wherever they are, else an address."""
        person = self.cycle.scope["state"].get("person", "") if self.cycle else ""
        return person, "" if person or not self.client else self.client[0]

    @property
    def _worth(self) -> tuple[bool, bool]:
        """Whether it is used by somebody who was let in, and whether a whole request is being answered on it."""
        if self.cycle is None:
            return False, False
        at_work = not (self.cycle.response_complete or self.cycle.more_body)
        return "person" in self.cycle.scope["state"], at_work


def options() -> dict[str, Any]:
    """How uvicorn is to serve: patiently but not without end, without WebSockets, and silent about what strangers send."""
    return {
        "http": Patience, "ws": "none", "log_level": "error", "access_log": False, "server_header": False,
        "timeout_keep_alive": int(NEXT_SECONDS), "backlog": WAITING, "timeout_graceful_shutdown": 10,
    }  # fmt: skip
