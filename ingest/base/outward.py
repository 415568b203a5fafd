"""The way out of this machine: an HTTP client that speaks to the named servers and to nobody else.

Only what a setting names is spoken to: by https, or in the clear to this very machine. Redirections are not followed,
and proxies or passwords of the environment are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import httpx2

from ingest.base.errors import BadInput

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
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


def _only(origins: frozenset[str]) -> Callable[[httpx2.Request], None]:
    def check(request: httpx2.Request) -> None:
        if origin(str(request.url)) not in origins:
            raise BadInput(f"{request.url.host} is not named in the settings, so nothing was sent to it")

    return check
