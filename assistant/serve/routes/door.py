"""The door over HTTP: signing in and out, single sign-on, and what may be seen before."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

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


@router.post("/sign-in/as")
def sign_in_as(
    request: Request, parts: P, language: L, name: Annotated[str, Form(max_length=64)], next: Annotated[str, Form()] = "/"
) -> Response:  # fmt: skip
    """A session with one click, for the people of the sample firm and at this machine alone. Here nobody guesses names, so
    whoever is kept out is told."""
    if name not in dict(parts.guests) or not is_from_here(request):
        raise NotFound("there is nothing here that you may read")
    try:
        secret = parts.people.admit(name)
    except SignInRefused:
        record(parts, Viewer(name, frozenset()), "sign-in refused", {"by": "one click"})
        page = pages.sign_in_page(language, safe_path(next), bool(parts.sso), "kept_out", parts.guests)
        return HTMLResponse(page, 401)
    record(parts, Viewer(name, frozenset()), "sign-in", {"by": "one click"})
    return _with_session(request, RedirectResponse(safe_path(next), 303), secret)


def _signed_in(parts: Parts, name: str, password: str, address: str, device: str) -> str:
    """The secret of a new session, or none; recorded either way."""
    try:
        secret = parts.people.sign_in(name, password, address, device)
    except SignInRefused:
        secret = ""
    record(parts, Viewer(name, frozenset()), "sign-in" if secret else "sign-in refused", {"address": address})
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
        record(parts, Viewer(name, frozenset()), "sign-in", told)
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
        record(parts, Viewer(proven.name, frozenset()), "people add", {"name": proven.name, "by": "single sign-on"})
    return parts.people.admit(proven.name)


def _not_let_in(parts: Parts, language: Language, name: str, error: SignInRefused) -> Response:
    record(
        parts, Viewer(name[:64], frozenset()), "sign-in refused", {"by": "single sign-on", "reason": str(error)[:300]}
    )
    return HTMLResponse(pages.sign_in_page(language, "/", True, "sso_refused"), 401)


@router.post("/sign-out")
def sign_out(request: Request, parts: P, viewer: V) -> Response:
    """Ends the session at once, everywhere it is used."""
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
