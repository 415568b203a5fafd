"""The server: questions over HTTP, sources opened at their place, signing in. The chat is mounted beside it.

Every route gets its viewer from the request and hands it to the gate; what is not there and what is not the viewer's
read alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO
from urllib.parse import quote as quoted

from fastapi import APIRouter, Depends, FastAPI, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from assistant.govern.audit_row import Event
from assistant.govern.entrance import Entrance
from assistant.serve import drawing, view
from assistant.serve.guard import COOKIE, Guard, credential, is_local, safe_path
from assistant.serve.limits import Limits
from assistant.serve.parts import Parts, viewer_named
from assistant.serve.turns import Turns
from assistant.serve.web import assets, pages
from assistant.serve.web.sessions import Sessions
from assistant.serve.web.words import LANGUAGES, Language, preferred, words
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, KotonohaError, NotAllowed, NotFound, SignInRefused, TooMany

if TYPE_CHECKING:
    from assistant.answer.answer import Event as Step
    from assistant.govern.sso import Proven, SingleSignOn

LONGEST_QUESTION = 4_000
CHUNK = 256 * 1024
BEGUN = "kotonoha-sso"
"""The cookie of somebody who is at the provider of single sign-on."""
OFF: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""Nothing of a request is handed to a telemetry exporter, whatever the environment says."""
STATUS: dict[type[Exception], int] = {NotFound: 404, BadInput: 400, SignInRefused: 401, TooMany: 429, NotAllowed: 403}
KNOWN = "kotonoha-device"
"""The cookie by which the browser of somebody who once signed in is known (`throttle`)."""
YEAR = 31_536_000
WEB = Path(__file__).parent / "web"
INLINE = re.compile(r"audio/[\w.+-]+|video/[\w.+-]+|application/ogg|image/(?:png|jpeg|gif|webp|bmp)")
"""What a browser may show by itself; all else, anything that can hold a script above all, is handed over as a file."""


def application(parts: Parts) -> FastAPI:
    """The whole server as an ASGI application."""
    from assistant.serve.web import chat

    app = FastAPI(title="Kotonoha", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json", telemetry=OFF)
    app.state.parts = parts
    app.state.entrance = Entrance(parts.people, parts.start, bool(parts.sso))
    app.state.asking = Turns(threads=16, each=2, waiting=8)
    app.state.hashing = Turns(threads=2, each=2, waiting=30)  # each guess takes 64 MiB for a while
    app.include_router(router)
    app.include_router(assets.router)
    app.add_exception_handler(KotonohaError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    chat.mount(app, parts, app.state.asking)
    app.add_middleware(Sessions)
    app.add_middleware(Guard, entrance=app.state.entrance, hosts=parts.hosts)
    app.add_middleware(Limits)
    return app


def serve(parts: Parts, host: str = "127.0.0.1", port: int = 7860) -> None:
    """Serves until it is stopped.

    Raises:
        BadInput: the address is taken, or can be reached from other machines and there are no accounts.
    """
    import uvicorn

    from assistant.serve import listening

    has_accounts = bool(parts.sso) or parts.people.exist()
    if not (has_accounts or is_local(host)):
        raise BadInput(
            f"without accounts only this machine can be served, not {host}", "add accounts: kotonoha people add NAME"
        )
    with listening.bound(host, port) as opened:
        server = uvicorn.Server(uvicorn.Config(application(parts), **listening.options()))
        way = "" if has_accounts else f"/enter?token={parts.start}"
        print(f"Kotonoha listens at {listening.address_of(opened)}{way}  (Ctrl-C stops it)", flush=True)
        server.run(sockets=[opened])


# -- who is asking -------------------------------------------------------------------------------------------


def parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


def viewer_of(request: Request) -> Viewer:
    """The viewer for this one request. Somebody the policy does not name reads nothing."""
    return viewer_named(parts_of(request), request.state.person)


def language_of(request: Request) -> Language:
    """The language of the page: as chosen, else as the browser asks."""
    chosen = request.query_params.get("lang") or request.cookies.get("kotonoha-language")
    return next((one for one in LANGUAGES if one == chosen), preferred(request.headers.get("accept-language", "")))


P = Annotated[Parts, Depends(parts_of)]
V = Annotated[Viewer, Depends(viewer_of)]
L = Annotated[Language, Depends(language_of)]
router = APIRouter()


# -- asking ----------------------------------------------------------------------------------------------------


class Said(BaseModel):
    """One earlier exchange of a conversation, as the caller remembers it."""

    question: str = Field(max_length=LONGEST_QUESTION)
    answer: str = Field(max_length=4 * LONGEST_QUESTION)


class Question(BaseModel):
    question: str = Field(min_length=1, max_length=LONGEST_QUESTION)
    grounding: str = Field(default="hybrid", pattern="^(hybrid|soft|text|none)$")
    history: list[Said] = Field(default=[], max_length=20)


@router.post("/api/ask")
def ask(asked: Question, request: Request, parts: P, viewer: V) -> Response:
    """Lines of JSON: `found`, then `draft`s as the model writes, last the whole `answer` (or an `error`).

    A `leaving` names the server of a remote model before anything is sent to it. Of one person two questions are answered
    at the same time and eight wait; more are refused with 429.
    """
    from assistant.answer.answer import Exchange

    history = [Exchange(said.question, said.answer) for said in asked.history]
    grounding: Any = asked.grounding
    steps = parts.assistant.ask(asked.question, viewer, grounding=grounding, history=history)
    return Answering(steps, request.app.state.asking, viewer.person)


class Answering(StreamingResponse):
    """An answer, made in its person's turn. What is wrong with the question is said before the stream begins."""

    def __init__(self, steps: Iterator[Step], turns: Turns, person: str) -> None:
        super().__init__((), media_type="application/x-ndjson")
        self._steps, self._turns, self._person = steps, turns, person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turns.of(self._person):
            first = await self._turns.run(partial(next, self._steps))
            self.body_iterator = self._turns.each(_lines(first, self._steps))
            await super().__call__(scope, receive, send)


def _lines(first: Step, rest: Iterator[Step]) -> Iterator[str]:
    try:
        yield _line(first)
        yield from map(_line, rest)
    except KotonohaError as error:
        yield json.dumps({"event": "error", "error": str(error)}, ensure_ascii=False) + "\n"


def _line(step: Step) -> str:
    from assistant.answer.answer import Draft, Found, Leaving

    if isinstance(step, Found):
        said: dict[str, Any] = {"event": "found", "hits": len(step.hits)}
    elif isinstance(step, Draft):
        said = {"event": "draft", "text": step.text}
    elif isinstance(step, Leaving):
        said = {"event": "leaving", "host": step.host, "bytes": step.bytes, "entities": step.entities}
    else:
        said = {"event": "answer", **step.as_dict()}
    return json.dumps(said, ensure_ascii=False) + "\n"


@router.get("/api/sources")
def sources(parts: P, viewer: V) -> list[dict[str, str]]:
    """The sources this viewer may read."""
    catalog = parts.memory.catalog
    rows = catalog.sources(viewer.readable(catalog.scopes()))
    return [{"id": r.id, "source": r.path, "scope": r.scope, "media": r.media, "title": r.title} for r in rows]


# -- opening -----------------------------------------------------------------------------------------------------


@router.get("/open/{entity}")
def open_source(entity: str, parts: P, viewer: V, language: L, quote: str = "") -> HTMLResponse:
    """The source of an entity, opened at its place. `quote` is the cited range of its characters: "12-80"."""
    opened = _opened(parts, viewer, entity, "place", _range(quote))
    rows = view.excerpt(parts.memory, parts.personal, opened.entity, viewer) if opened.look == "table" else None
    file = view.original(opened)
    if file is not None:
        file.close()
    chart = _chart(parts, opened) if opened.look == "chart" else None
    return HTMLResponse(pages.opened_page(opened, file is not None, rows, chart, language))


@router.get("/open/{entity}/page.png")
def page_image(entity: str, parts: P, viewer: V) -> Response:
    """The page or picture an entity stands on, with its box drawn."""
    opened = _opened(parts, viewer, entity, "image")
    place = opened.place
    if opened.look == "page" and (file := view.original(opened)):
        with file:
            return Response(drawing.page(file, place), media_type="image/png")
    if opened.look == "picture" and (source := view.source_of(opened, parts.settings)):
        return Response(drawing.picture(source, place), media_type="image/png")
    raise NotFound("there is no picture of this place")


@router.get("/open/{entity}/file")
def original_file(entity: str, request: Request, parts: P, viewer: V) -> Response:
    """The original's bytes, whole or one range (RFC 9110), which players ask for."""
    opened = _opened(parts, viewer, entity, "file")
    file = view.original(opened)
    if file is None:
        raise NotFound("the file has changed or is gone since it was read")
    plays = INLINE.fullmatch(opened.source.media)
    headers = {
        "Content-Disposition": f"{'inline' if plays else 'attachment'}; filename*=utf-8''{quoted(opened.name)}",
        "Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox; frame-ancestors 'none'",
        "Accept-Ranges": "bytes",
    }
    media = opened.source.media if plays else "application/octet-stream"
    return _ranged(file, opened.source.size, request.headers.get("range", ""), media, headers)


def _opened(parts: Parts, viewer: Viewer, entity: str, part: str, marked: tuple[int, int] | None = None) -> view.Opened:
    """The entity at its place, by way of the gate; recorded whether it opened or not."""
    try:
        opened = view.open_at(parts.memory, parts.personal, entity, viewer, marked)
    except NotFound:
        _record(parts, viewer, "open", {"entity": entity[:64], "part": part, "denied": True})
        raise
    where = {"source": opened.source.path}
    _record(parts, viewer, "open", {"entity": entity, "part": part}, (opened.entity.scope,), where)
    return opened


def _range(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,9})-(\d{1,9})", text)
    return (int(found[1]), int(found[2])) if found else None


def _chart(parts: Parts, opened: view.Opened) -> drawing.Chart | None:
    source = view.source_of(opened, parts.settings)
    quantity = str(opened.entity.facts.get("quantity", ""))
    return drawing.chart(source, quantity, opened.entity.locator) if source else None


def _ranged(file: BinaryIO, size: int, wanted: str, media: str, headers: dict[str, str]) -> Response:
    """All of a file, or the one range that is wanted; several ranges at once are answered with all of it."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
    if not found or not (found[1] or found[2]):
        return StreamingResponse(_bytes(file, 0, size), 200, {**headers, "Content-Length": str(size)}, media)
    start = int(found[1]) if found[1] else max(0, size - int(found[2]))
    end = min(size, int(found[2]) + 1) if found[1] and found[2] else size
    if start >= end:
        file.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    told = {"Content-Length": str(end - start), "Content-Range": f"bytes {start}-{end - 1}/{size}"}
    return StreamingResponse(_bytes(file, start, end), 206, {**headers, **told}, media)


def _bytes(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < end and (data := file.read(min(CHUNK, end - start))):
            start += len(data)
            yield data


# -- the door ----------------------------------------------------------------------------------------------------


@router.get("/")
def start(language: L) -> Response:
    return RedirectResponse(f"/chat/{language}/", 303)


@router.get("/enter")
def enter(request: Request, parts: P, language: L, token: str = "") -> Response:
    """Lets the owner of this machine in with the address that was printed, and keeps its secret in a cookie."""
    if not request.app.state.entrance.is_start(token):
        return HTMLResponse(pages.message_page(words(language)["closed"], language), 401)
    return _with_session(request, HTMLResponse(pages.signed_in_page(language, "/")), parts.start)


@router.get("/sign-in")
def door(request: Request, parts: P, language: L, next: str = "/") -> HTMLResponse:
    if not request.app.state.entrance.has_accounts:
        return HTMLResponse(pages.message_page(words(language)["closed"], language), 401)
    page = HTMLResponse(pages.sign_in_page(language, safe_path(next), bool(parts.sso)))
    page.set_cookie("kotonoha-language", language, max_age=YEAR, samesite="strict")
    return page


@router.post("/sign-in")
async def sign_in(
    request: Request, parts: P, language: L, name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)], next: Annotated[str, Form()] = "/",
) -> Response:  # fmt: skip
    """A session for a name and a password; the same page and the same words for every refusal."""
    turns: Turns = request.app.state.hashing
    address = request.client.host if request.client else ""
    device = request.cookies.get(KNOWN, "")
    async with turns.of(address):
        secret = await turns.run(partial(_signed_in, parts, name, password, address, device))
    if not secret:
        return HTMLResponse(pages.sign_in_page(language, safe_path(next), bool(parts.sso), "refused"), 401)
    answer = _with_session(request, RedirectResponse(safe_path(next), 303), secret)
    if not device:
        known = parts.people.throttle.know(name)
        secure = request.url.scheme == "https"
        answer.set_cookie(KNOWN, known, max_age=YEAR, path="/sign-in", httponly=True, samesite="strict", secure=secure)
    return answer


def _signed_in(parts: Parts, name: str, password: str, address: str, device: str) -> str:
    """The secret of a new session, or none; recorded either way."""
    try:
        secret = parts.people.sign_in(name, password, address, device)
    except SignInRefused:
        secret = ""
    _record(parts, Viewer(name, frozenset()), "sign-in" if secret else "sign-in refused", {"address": address})
    return secret


def _with_session(request: Request, answer: Response, secret: str) -> Response:
    answer.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


@router.get("/sign-in/sso")
def to_provider(request: Request, parts: P, language: L, next: str = "/") -> Response:
    """Sends the browser to the provider of single sign-on."""
    sso = _provider(parts)
    try:
        url, begun = sso.begin(str(request.url_for("from_provider")), safe_path(next))
    except SignInRefused as error:
        return _not_let_in(parts, language, "", error)
    answer = RedirectResponse(url, 303)
    secure = request.url.scheme == "https"
    # Lax: it has to come along when the provider's page sends the browser back.
    answer.set_cookie(BEGUN, begun, path="/sign-in", httponly=True, samesite="lax", secure=secure)
    return answer


@router.get("/sign-in/back")
def from_provider(request: Request, parts: P, language: L) -> Response:
    """The same session as for a password, for whom the provider vouches for; one page for every refusal."""
    sso = _provider(parts)
    name = ""
    try:
        cookie, back = request.cookies.get(BEGUN, ""), str(request.url_for("from_provider"))
        proven = sso.finish(cookie, dict(request.query_params), back)
        name = proven.name
        secret = _admitted(parts, proven)
    except SignInRefused as error:
        answer: Response = _not_let_in(parts, language, name, error)
    else:
        told = {"by": "single sign-on", "issuer": sso.issuer, "subject": proven.subject[:255]}
        _record(parts, Viewer(name, frozenset()), "sign-in", told)
        answer = _with_session(request, HTMLResponse(pages.signed_in_page(language, proven.next)), secret)
    answer.delete_cookie(BEGUN, path="/sign-in", httponly=True, samesite="lax")
    return answer


def _provider(parts: Parts) -> SingleSignOn:
    if parts.sso is None:
        raise NotFound("there is no single sign-on here")
    return parts.sso


def _admitted(parts: Parts, proven: Proven) -> str:
    """A session for whom the policy names and who has an account, or gets one if the settings say so."""
    if not viewer_named(parts, proven.name).policy:
        raise SignInRefused("the policy does not name this person")
    if parts.settings.oidc_create and not parts.people.knows(proven.name):
        parts.people.add(proven.name)
        _record(parts, Viewer(proven.name, frozenset()), "people add", {"name": proven.name, "by": "single sign-on"})
    return parts.people.admit(proven.name)


def _not_let_in(parts: Parts, language: Language, name: str, error: SignInRefused) -> Response:
    _record(
        parts, Viewer(name[:64], frozenset()), "sign-in refused", {"by": "single sign-on", "reason": str(error)[:300]}
    )
    return HTMLResponse(pages.sign_in_page(language, "/", True, "sso_refused"), 401)


@router.post("/sign-out")
def sign_out(request: Request, parts: P, viewer: V) -> Response:
    """Ends the session at once, everywhere it is used."""
    parts.people.sign_out(credential(request))
    _record(parts, viewer, "sign-out")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/style.css")
def style() -> Response:
    return Response((WEB / "style.css").read_bytes(), media_type="text/css")


@router.get("/leaf.svg")
def icon() -> Response:
    return Response((WEB / "leaf.svg").read_bytes(), media_type="image/svg+xml")


# -- saying what went wrong ----------------------------------------------------------------------------------------


def _told(request: Request, error: Exception) -> Response:
    """Errors made for people, as a page or as JSON. What is absent and what is forbidden are told in the same words."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if "text/html" in request.headers.get("accept", ""):
        language = language_of(request)
        message = words(language)["absent"] if status == 404 else str(error)
        return HTMLResponse(pages.message_page(message, language), status)
    return JSONResponse({"error": str(error)}, status)


def _malformed(request: Request, error: Exception) -> Response:
    """A request that is not of the form expected. Small whatever was sent: nothing of it is said back."""
    return JSONResponse({"error": "this request is not of the form that is expected; /api/openapi.json describes it"}, 422)


def _record(
    parts: Parts, viewer: Viewer, action: str, details: dict[str, Any] | None = None, scopes: tuple[str, ...] = (),
    content: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    if parts.audit:
        event = Event(action, viewer.person, viewer.roles, viewer.policy, scopes, details or {}, content or {})
        parts.audit.append(event)
