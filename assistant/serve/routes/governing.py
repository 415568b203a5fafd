"""Pages for whoever governs: people and policy with a preview of who gains and loses what, and view as.

Governing reads nothing: what stands in sources is shown here only where the governor may read it.
"""

from __future__ import annotations

import difflib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.govern import changes
from assistant.govern.policy import Policies, Policy
from assistant.serve.parts import Parts
from assistant.serve.routes.who import G, L, P, record
from assistant.serve.web import pages, recorded
from assistant.serve.web.words import words
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, KotonohaError, NotAllowed, NotFound

SHOWN_ONCE = {"add": "password", "password": "password", "token": "token"}
"""What is made by an act and shown on the page that follows, and never again."""
PASSWORD = 15
"""Random bytes of a password that is made here: 20 characters."""
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy as somebody writes it: what it would change (None before that was asked), and why it cannot be in force."""

    text: str
    fault: str = ""
    people: list[changes.Change] | None = None
    scopes: list[changes.Change] = field(default_factory=list)


@router.get("/govern")
def govern(parts: P, governor: G, language: L) -> HTMLResponse:
    """People, who reads what and may do what, and the policy to change."""
    policy = Policies(parts.memory.catalog).current()
    return HTMLResponse(_page(parts, governor, language, policy, Wanted(policy.text if policy else "")))


@router.post("/govern/preview")
def preview(parts: P, governor: G, language: L, text: Annotated[str, Form()] = "") -> HTMLResponse:
    """What a changed policy would mean for each person, before it is in force."""
    policy = Policies(parts.memory.catalog).current()
    wanted = _weighed(parts, policy, text)
    return HTMLResponse(_page(parts, governor, language, policy, wanted), 400 if wanted.fault else 200)


@router.post("/govern/policy")
def put(
    parts: P, governor: G, language: L, text: Annotated[str, Form()] = "",
    version: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Brings a policy into force, if it is sound, leaves somebody who governs, and nobody changed it since it was shown."""
    policies = Policies(parts.memory.catalog)
    current = policies.current()
    wanted = _weighed(parts, current, text)
    if current and current.version != version:
        moved = Wanted(text, words(language)["policy_moved"])
        return HTMLResponse(_page(parts, governor, language, current, moved), 409)
    if wanted.fault:
        return HTMLResponse(_page(parts, governor, language, current, wanted), 400)
    with parts.memory.catalog.transaction():
        made = policies.put(_unix(text), governor.person, "policy")
        record(parts, governor, "policy change", {"version": made.version})
    return RedirectResponse(f"/govern?lang={language}", 303)


@router.post("/govern/people/{name}/{act}")
def account(
    name: str, act: str, parts: P, governor: G, language: L, id: Annotated[str, Form(max_length=64)] = "",
    label: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Adds somebody's account, lets them in again, keeps them out, gives them a password or a token, or ends one or all of
    their sessions and tokens. Nobody keeps out themselves, so that somebody is left who governs; the first account is of
    somebody who does."""
    acts: dict[str, Callable[[], object]] = {
        "add": lambda: _added(parts, name),
        "password": lambda: _new_password(parts, name),
        "token": lambda: parts.people.issue_token(name, label),
        "disable": lambda: _kept_out(parts, name),
        "enable": lambda: parts.people.enable(name),
        "revoke": lambda: parts.people.revoke(name, id),
    }
    if act not in acts:
        raise NotFound("there is no such thing to do")
    if act == "disable" and name == governor.person:
        raise NotAllowed("you cannot keep out yourself", "somebody else who governs can do it")
    with parts.memory.catalog.transaction():
        made = acts[act]()
        record(parts, governor, f"people {act}", {"name": name})
    if act not in SHOWN_ONCE:
        return RedirectResponse(f"/govern?lang={language}", 303)
    shown = {"name": name, "secret": made, "what": f"once_{SHOWN_ONCE[act]}"}
    return HTMLResponse(pages.page("secret.html", language, **shown, here="govern", viewer=governor))


def _added(parts: Parts, name: str) -> str:
    """The password of a new account of somebody whom the policy names."""
    policy = Policies(parts.memory.catalog).current()
    if policy is None or name not in policy.people:
        raise BadInput("the policy does not name this person", "add them to the policy first")
    if not (parts.people.exist() or parts.sso or name in policy.governors):
        raise BadInput("the first account is of somebody who governs", "from then on everybody signs in")
    password = _password(name)
    parts.people.add(name, password)
    return password


def _kept_out(parts: Parts, name: str) -> None:
    parts.people.disable(name)
    newcomers = bool(parts.sso) and parts.settings.oidc_create
    changes.somebody_left(Policies(parts.memory.catalog).current(), parts.people, name, newcomers)


def _new_password(parts: Parts, name: str) -> str:
    password = _password(name)
    parts.people.set_password(name, password)
    return password


def _password(name: str) -> str:
    """A password at random, without the name in it, as short as that may be."""
    while name in (password := secrets.token_urlsafe(PASSWORD)).casefold():
        pass
    return password


@router.get("/govern/as/{name}")
def view_as(name: str, parts: P, governor: G, language: L) -> HTMLResponse:
    """The sources exactly as a person sees them, and why."""
    policy = Policies(parts.memory.catalog).current()
    if policy is None:
        raise NotFound("there is no policy that names people")
    seen = policy.viewer(name)
    record(parts, governor, "view as", {"person": name})
    rows = parts.memory.catalog.sources(seen.readable(parts.memory.catalog.scopes()))
    reasons = [(scope, policy.explain(name, scope)) for scope in sorted(policy.scopes)]
    said = [(scope, one.allowed, recorded.reason(one, language)) for scope, one in reasons]
    called = policy.people[name]
    return HTMLResponse(
        pages.page(
            "view_as.html", language, name=name, called=called, seen=seen, rights=sorted(changes.rights(seen)), rows=rows,
            reasons=said, here="govern", viewer=governor,
        )
    )  # fmt: skip


def _weighed(parts: Parts, current: Policy | None, text: str) -> Wanted:
    """What a text would change; with the fault for which it cannot be in force."""
    try:
        policy = Policy(_unix(text))
    except KotonohaError as error:
        return Wanted(text, str(error))
    people, scopes = changes.of_people(current, policy), changes.of_scopes(current, policy)
    try:
        changes.governed(policy, None if parts.sso else parts.people)
    except KotonohaError as error:
        return Wanted(text, str(error), people, scopes)
    return Wanted(text, "", people, scopes)


def _page(parts: Parts, governor: G, language: L, policy: Policy | None, wanted: Wanted) -> str:
    scopes = sorted(policy.scopes) if policy else []
    accounts = {one.name: one for one in parts.people.accounts()}
    named = policy.people if policy else {}
    people = [
        (name, named.get(name, ""), policy.viewer(name) if policy and name in named else Viewer(name, frozenset()))
        for name in sorted({*named, *accounts})
    ]
    before = (policy.text if policy else "").splitlines()
    lines = list(difflib.unified_diff(before, _unix(wanted.text).splitlines(), n=1, lineterm=""))
    return pages.page(
        "govern.html", language, scopes=scopes, people=people, accounts=accounts, wanted=wanted,
        version=policy.version if policy else "", diff=lines[2:], here="govern", rights=changes.rights,
        day=lambda moment: datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M"), viewer=governor,
        policy=policy, history=Policies(parts.memory.catalog).history()[:10],
    )  # fmt: skip


def _unix(text: str) -> str:
    """A browser sends the ends of lines as CR LF."""
    return text.replace("\r\n", "\n")
