"""Where the server listens, and how long it bears a connection that says nothing or does not listen.

What arrives before there is a whole request never reaches the application, so it is bounded here: the size and the time
of the headers, the time in which an answer is not taken, the number of connections.
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
"""Within which all headers have arrived, counted from the connection or the end of the answer before."""
HEAD_BYTES = 64 * 1024
UNREAD_SECONDS = 60.0
"""For which an answer may wait to be taken."""
CONNECTIONS = 400
"""Of which more than so many are not kept open; the oldest silent one of the busiest address goes first."""


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
        listening.listen(128)  # from now on nobody else can
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
        self._opened = self.loop.time()
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._reading:
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

    def on_headers_complete(self) -> None:
        self._late.cancel()
        self._reading = False
        super().on_headers_complete()

    def pause_writing(self) -> None:
        self._unread = self._unread or self.loop.call_later(UNREAD_SECONDS, self._give_up)
        super().pause_writing()

    def resume_writing(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _give_up(self) -> None:
        self.transport.abort()

    def _make_room(self) -> None:
        """Ends the oldest silent connection of the address that has most."""
        silent = [one for one in self.connections if isinstance(one, Patience) and one is not self and one.is_silent]
        if silent:
            busiest = Counter(one.host for one in silent).most_common(1)[0][0]
            min((one for one in silent if one.host == busiest), key=lambda one: one._opened)._give_up()

    @property
    def host(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def is_silent(self) -> bool:
        """Whether no request on it is being answered."""
        return self.cycle is None or self.cycle.response_complete


def options() -> dict[str, Any]:
    """How uvicorn is to serve: patiently but not without end, without WebSockets, and silent about what strangers send."""
    return {
        "http": Patience, "ws": "none", "log_level": "error", "access_log": False, "server_header": False,
        "timeout_keep_alive": 30, "timeout_graceful_shutdown": 10,
    }  # fmt: skip
