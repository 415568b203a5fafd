"""The door over HTTP: signing in and out, single sign-on, and what may be seen before."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant.govern.people import folded
from assistant.govern.throttle import net
from assistant.serve.guard import COOKIE, credential, is_from_here, safe_path
from assistant.serve.parts import Parts, viewer_named
from assistant.serve.routes.who import L, P, V, record
from assistant.serve.turns import Turns
from assistant.serve.web import pages
from assistant.serve.web.words import Language, words
from ingest.base.access import Viewer
from ingest.base.errors import NotFound, SignInRefused

if TYPE_CHECKING:
    from assistant.govern.sso import Proven, SingleSignOn

BEGUN = "kotonoha-sso"
"""The cookie of somebody who is at the provider of single sign-on."""
KNOWN = "kotonoha-device"
"""The cookie by which the browser of somebody who once signed in is known (`throttle`)."""
YEAR = 31_536_000
WEB = Path(pages.__file__).parent
router = APIRouter(include_in_schema=False)


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
    guests = parts.guests if is_from_here(request) else ()
    page = HTMLResponse(pages.sign_in_page(language, safe_path(next), bool(parts.sso), guests=guests))
    page.set_cookie("kotonoha-language", language, max_age=YEAR, samesite="strict")
    return page


@router.post("/sign-in")
async def sign_in(
    request: Request, parts: P, language: L, name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)], next: Annotated[str, Form()] = "/",
) -> Response:  # fmt: skip
    """A session for a name and a password; the same page and the same words for every refusal. Whoever once signed in with
    this browser does not wait behind those who guess."""
    name, address = folded(name), request.client.host if request.client else ""
    device = request.cookies.get(KNOWN, "")
    is_known = parts.people.throttle.knows(name, device)
    turns: Turns = request.app.state.known if is_known else request.app.state.hashing
    async with turns.of(name if is_known else net(address)):
        secret, device = await turns.run(partial(_signed_in, parts, name, password, address, device))
    if not secret:
        return HTMLResponse(pages.sign_in_page(language, safe_path(next), bool(parts.sso), "refused"), 401)
    answer = _with_session(request, RedirectResponse(safe_path(next), 303), secret)
    secure = request.url.scheme == "https"
    answer.set_cookie(KNOWN, device, max_age=YEAR, path="/sign-in", httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-in/as")
def sign_in_as(
    request: Request, parts: P, language: L, name: Annotated[str, Form(max_length=64)], next: Annotated[str, Form()] = "/"
) -> Response:  # fmt: skip
    """A session with one click, for the people of the sample firm and at this machine alone. Here nobody guesses names, so
    whoever is kept out is told."""
    if name not in dict(parts.guests) or not is_from_here(request):
        raise NotFound("there is nothing here that you may read")
    try:
        with parts.memory.catalog.transaction():
            secret = parts.people.admit(name)
            record(parts, Viewer(name, frozenset()), "sign-in", {"by": "one click"})
    except SignInRefused:
        record(parts, Viewer(name, frozenset()), "sign-in refused", {"by": "one click"})
        page = pages.sign_in_page(language, safe_path(next), bool(parts.sso), "kept_out", parts.guests)
        return HTMLResponse(page, 401)
    return _with_session(request, RedirectResponse(safe_path(next), 303), secret)


def _signed_in(parts: Parts, name: str, password: str, address: str, device: str) -> tuple[str, str]:
    """The secret of a new session, or none, and what the browser carries from now on. Recorded either way; a session that
    cannot be recorded is not begun."""
    viewer = Viewer(name, frozenset())
    try:
        parts.people.proven(name, password, address, device)
        with parts.memory.catalog.transaction():
            secret = parts.people.admit(name)
            record(parts, viewer, "sign-in", {"address": address})
            return secret, parts.people.throttle.know(name, device)
    except SignInRefused:
        record(parts, viewer, "sign-in refused", {"address": address})
        return "", device


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
        secret = _admitted(parts, proven, sso.issuer)
    except SignInRefused as error:
        answer: Response = _not_let_in(parts, language, name, error)
    else:
        answer = _with_session(request, HTMLResponse(pages.signed_in_page(language, proven.next)), secret)
    answer.delete_cookie(BEGUN, path="/sign-in", httponly=True, samesite="lax")
    return answer


def _provider(parts: Parts) -> SingleSignOn:
    if parts.sso is None:
        raise NotFound("there is no single sign-on here")
    return parts.sso


def _admitted(parts: Parts, proven: Proven, issuer: str) -> str:
    """A session for whom the policy names and who has an account, or gets one if the settings say so; with its record."""
    name, viewer = proven.name, Viewer(proven.name, frozenset())
    if not viewer_named(parts, name).policy:
        raise SignInRefused("the policy does not name this person")
    with parts.memory.catalog.transaction():
        if parts.settings.oidc_create and not parts.people.knows(name):
            parts.people.add(name)
            record(parts, viewer, "people add", {"name": name, "by": "single sign-on"})
        secret = parts.people.admit(name)
        told = {"by": "single sign-on", "issuer": issuer, "subject": proven.subject[:255]}
        record(parts, viewer, "sign-in", told)
    return secret


def _not_let_in(parts: Parts, language: Language, name: str, error: SignInRefused) -> Response:
    record(
        parts, Viewer(name[:64], frozenset()), "sign-in refused", {"by": "single sign-on", "reason": str(error)[:300]}
    )
    return HTMLResponse(pages.sign_in_page(language, "/", True, "sso_refused"), 401)


@router.post("/sign-out")
def sign_out(request: Request, parts: P, viewer: V) -> Response:
    """Ends the session at once, everywhere it is used."""
    with parts.memory.catalog.transaction():
        parts.people.sign_out(credential(request))
        record(parts, viewer, "sign-out")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


@router.get("/style.css")
def style() -> Response:
    return Response((WEB / "style.css").read_bytes(), media_type="text/css")


@router.get("/favicon.ico")
@router.get("/leaf.svg")
def icon() -> Response:
    return Response((WEB / "leaf.svg").read_bytes(), media_type="image/svg+xml")
