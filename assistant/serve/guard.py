"""The door of the server: who may speak to it at all, and what every answer carries.

One ASGI middleware in front of everything, the chat included, so that a new route is closed until somebody opens it:

    form         one host, written as a host is; no other protocol than HTTP
    host         an IP address, `localhost` or a name the server was told; anything else is DNS rebinding
    origin       other web pages may link here and nothing more (Fetch Metadata, W3C; `Origin` where it is not sent)
    person       a session cookie or `Authorization: Bearer`, resolved by `entrance` at every request; where there are no
                 accounts it is the secret in the address the server printed, and counts for this machine alone
    share        `SHARE` requests of one person at the same time, streams that are held open among them

Every answer forbids framing by others, sniffing, referrers and storing, and lets the browser load from this server alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.govern.entrance import AT_THIS_MACHINE
from assistant.govern.people import Person
from assistant.serve.refusals import OPENAI, refusal
from ingest.base.errors import SignInRefused, TooMany

COOKIE = "kotonoha-session"
OPEN = frozenset(
    {
        "/enter",
        "/sign-in",
        "/sign-in/as",
        "/sign-in/sso",
        "/sign-in/back",
        "/style.css",
        "/leaf.svg",
        "/favicon.ico",
        "/static/theme.js",
        "/static/page.js",
    }
)
"""What may be seen before signing in; none of it says anything about what is kept here."""
CHAT = "/chat"
SHARE = 100
"""Requests of one person that are answered at the same time; a page of the chat holds two as long as it is open."""
Tell = Callable[[Request, str], str]
_HOST = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
_OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_GRADIO = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; frame-src 'self'; worker-src 'self' blob:; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
)
"""Gradio writes scripts and styles into its page and makes functions of strings; still nothing leaves this server."""


class Door(Protocol):
    """What the guard asks of `entrance`."""

    def principal(self, credential: str) -> Person: ...


class Guard:
    """ASGI middleware; puts the person's name into `request.state.person`.

    Args:
        entrance: resolves credentials.
        hosts: names, besides `localhost` and addresses, under which this server is known.
        tell: says a reason in the language of a request.
    """

    def __init__(
        self, app: ASGIApp, entrance: Door, hosts: Iterable[str] = (), tell: Tell = lambda _, reason: reason
    ) -> None:
        self._app, self._entrance, self._tell = app, entrance, tell
        self._hosts = {"localhost", *(host.lower() for host in hosts)}
        self._held: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope)
            refused, sending = self._refusal(request), _with_headers(send, scope["path"])
            if refused is None and _is_chat(scope["path"]):
                sending = self._while_admitted(request, sending)
            await self._shared(request, refused or self._app)(scope, receive, sending)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _shared(self, request: Request, answer: ASGIApp) -> ASGIApp:
        """What answers a request, as long as whoever asks has not more than their share of requests under way."""
        person = getattr(request.state, "person", None)
        if person is None:
            return answer
        if self._held[person] >= SHARE:
            said = TooMany("too many requests of yours are on their way already", "close pages that you do not need")
            return self._refused(request, 429, str(said))

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            self._held[person] += 1
            try:
                await answer(scope, receive, send)
            finally:
                self._held[person] -= 1
                if not self._held[person]:
                    del self._held[person]

        return counted

    def _refusal(self, request: Request) -> Response | None:
        host, path = _host(request), request.url.path
        if host is None or _is_other_protocol(request):
            return self._refused(request, 400, "this is not a request that this server understands")
        if not (host in self._hosts or _is_address(host)):
            return self._refused(request, 421, "this server is not known by that name")
        if not _from_here(request):
            return self._refused(request, 403, "only pages of this server may do that")
        if path in OPEN:
            return None
        person = self._person(request)
        if person is None:
            return _to_the_door(request) or self._refused(request, 401, "sign in first", {"WWW-Authenticate": "Bearer"})
        request.state.person = person
        return None

    def _refused(
        self, request: Request, status: int, reason: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        return refusal(request.url.path, status, self._tell(request, reason), headers)

    def _while_admitted(self, request: Request, send: Send) -> Send:
        """`send`, which ends a stream of the chat once what its request carried lets nobody in any more."""
        streams = ended = False

        async def sending(message: Message) -> None:
            nonlocal streams, ended
            if message["type"] == "http.response.start":
                streams = (b"content-type", b"text/event-stream") in [
                    (k, v.partition(b";")[0]) for k, v in message["headers"]
                ]
            elif streams and not ended and self._person(request) is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                ended = True
            if not ended:
                await send(message)

        return sending

    def _person(self, request: Request) -> str | None:
        try:
            person = self._entrance.principal(credential(request))
        except SignInRefused:
            return None
        return person.name if is_from_here(request) or person.by != AT_THIS_MACHINE else None


def _host(request: Request) -> str | None:
    """The name by which the server was called, or None where a request has none, several, or what is no name."""
    named = request.headers.getlist("host")
    found = _HOST.fullmatch(named[0]) if len(named) == 1 else None
    return found[1].strip("[]").lower() if found else None


def _is_other_protocol(request: Request) -> bool:
    """Whether a WebSocket is among what a request asks to go on with."""
    wanted = ",".join(request.headers.getlist("upgrade")).lower().split(",")
    return any(one.strip().partition("/")[0] == "websocket" for one in wanted)


def credential(request: Request) -> str:
    """The secret a request carries: its bearer token, else its session cookie; empty when there is neither."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else request.cookies.get(COOKIE, "")


def safe_path(path: str) -> str:
    """Where to go after signing in: a path on this server, else its start."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if plain else "/"


def is_from_here(request: Request) -> bool:
    """Whether a request comes from this machine."""
    return request.client is not None and _is_loopback(request.client.host)


def is_local(host: str) -> bool:
    """Whether a server bound to this address speaks to its own machine only."""
    return host == "localhost" or _is_loopback(host)


def _from_here(request: Request) -> bool:
    """Whether a request was made by a page of this server, by the person, or by no web page at all."""
    site = request.headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return True
    if site is not None:
        mode, target = request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest")
        return request.method == "GET" and mode == "navigate" and target == "document"
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2].lower() == request.headers["host"].lower()


def _to_the_door(request: Request) -> Response | None:
    """Where a person with a browser signs in; None for a program."""
    if (
        request.method == "GET"
        and "text/html" in request.headers.get("accept", "")
        and not request.url.path.startswith(OPENAI)
    ):
        wanted = str(request.url.replace(scheme="", netloc=""))
        target = URL("/sign-in").include_query_params(next=safe_path(wanted))
        return RedirectResponse(str(target), 303)
    return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback


def _is_chat(path: str) -> bool:
    return path == CHAT or path.startswith(f"{CHAT}/")


def _with_headers(send: Send, path: str) -> Send:
    """`send`, with the headers every answer carries; what an answer says itself about its content policy stays."""
    chat = _is_chat(path)
    library = chat and ("/assets/" in path or "/static/" in path)
    headers = {
        **_COMMON,
        "Content-Security-Policy": _GRADIO if chat else _OURS,
        "Cache-Control": "private, max-age=86400" if library else "no-store",
    }

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add(message, headers)
        await send(message)

    return sending


def _add(message: MutableMapping[str, Any], headers: dict[str, str]) -> None:
    kept = [(name, value) for name, value in message.get("headers", []) if name != b"cache-control"]
    said = {name for name, _ in kept}
    more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    message["headers"] = kept + [pair for pair in more if pair[0] not in said]
