"""The way out of this machine: an HTTP client that speaks to the named servers and to nobody else.

Only what a setting names is spoken to: by https, or in the clear to this very machine. Redirections are not followed,
and proxies or passwords of the environment are not used. The one exception is a public file that is fetched and whose hash
is known (`fetching`): nothing is sent, and it may be handed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from ingest.base.errors import BadInput

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PARTIAL = 206
"""A server's word that it gives a part of a file."""
SECONDS = 10.0
"""Until a server has to have answered, or to have gone on answering."""

Client = httpx2.Client
Fault = httpx2.HTTPError
"""Whatever goes wrong on the way: not reached, too slow, refused, a status that is no success."""


def origin(url: str) -> str:
    """The server that an address names: scheme, host and port.

    Raises:
        BadInput: it is no address, or the way to it could be listened to.
    """
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError):
        raise BadInput(f"'{url}' is not an address on the web") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.host in LOOPBACK):
        raise BadInput(f"'{url}' could be listened to on its way", "use an https:// address")
    if not parts.host or parts.userinfo:
        raise BadInput(f"'{url}' names no server, or a password for it", "use https://HOST/...")
    return f"{parts.scheme}://{parts.netloc.decode('ascii')}"


def options(origins: Iterable[str], seconds: float = SECONDS) -> dict[str, Any]:
    """What a client is opened with so that it speaks to these servers alone."""
    hooks: dict[str, list[Callable[..., Any]]] = {"request": [_only(frozenset(origins))]}
    return {"trust_env": False, "follow_redirects": False, "timeout": seconds, "event_hooks": hooks}


@contextmanager
def fetching(url: str, start: int = 0) -> Iterator[Iterator[bytes]]:
    """The bytes of a public file from `start` on. It may be handed on to other servers, by https alone; nothing is sent.

    Raises:
        Fault: it cannot be reached, or the server does not begin where it was asked to.
        BadInput: the way to it could be listened to.
    """
    hooks = {"request": [lambda request: origin(str(request.url)) and None]}
    with (
        httpx2.Client(trust_env=False, follow_redirects=True, timeout=SECONDS, event_hooks=hooks) as client,
        client.stream("GET", url, headers={"Range": f"bytes={start}-"} if start else {}) as answer,
    ):
        answer.raise_for_status()
        if start and answer.status_code != PARTIAL:
            raise Fault("it cannot be had in parts")
        yield answer.iter_bytes()


def _only(origins: frozenset[str]) -> Callable[[httpx2.Request], None]:
    def check(request: httpx2.Request) -> None:
        if origin(str(request.url)) not in origins:
            raise BadInput(f"{request.url.host} is not named in the settings, so nothing was sent to it")

    return check
