"""Pages for whoever governs: people and policy with a preview of who gains and loses what, view as, audit, health.

Governing reads nothing: what stands in sources is shown here only where the governor may read it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.govern.policy import Policies, Policy
from assistant.serve.parts import Parts
from assistant.serve.routes.who import C, G, L, P, record
from assistant.serve.web import pages
from assistant.serve.web.words import words
from ingest.base import weights
from ingest.base.errors import KotonohaError, NotFound

LONGEST_POLICY = 200_000
ENTRIES = 200
"""Entries of the audit on a page."""
router = APIRouter(include_in_schema=False)


@router.get("/govern")
def govern(parts: P, governor: G, language: L) -> HTMLResponse:
    """People, who reads what, and the policy to change."""
    policy = Policies(parts.memory.catalog).current()
    return HTMLResponse(_page(parts, governor, language, policy, policy.text if policy else "", None, ""))


@router.post("/govern/preview")
def preview(
    parts: P, governor: G, language: L, text: Annotated[str, Form(max_length=LONGEST_POLICY)]
) -> HTMLResponse:  # fmt: skip
    """What a changed policy would mean for each person, before it is in force."""
    policy = Policies(parts.memory.catalog).current()
    try:
        changes, fault = changed(policy, Policy(_unix(text))), ""
    except KotonohaError as error:
        changes, fault = None, str(error)
    return HTMLResponse(_page(parts, governor, language, policy, text, changes, fault), 400 if fault else 200)


@router.post("/govern/policy")
def put(
    parts: P, governor: G, language: L, text: Annotated[str, Form(max_length=LONGEST_POLICY)],
    version: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Brings a policy into force, if it is sound and nobody else changed it since it was shown."""
    policies = Policies(parts.memory.catalog)
    current = policies.current()
    if current and current.version != version:
        fault = words(language)["policy_moved"]
        return HTMLResponse(_page(parts, governor, language, current, text, None, fault), 409)
    try:
        with parts.memory.catalog.transaction():
            made = policies.put(_unix(text), governor.person, "policy")
            record(parts, governor, "policy change", {"version": made.version})
    except KotonohaError as error:
        return HTMLResponse(_page(parts, governor, language, current, text, None, str(error)), 400)
    return RedirectResponse(f"/govern?lang={language}", 303)


@router.post("/govern/people/{name}/{act}")
def account(name: str, act: str, parts: P, governor: G, language: L) -> Response:
    """Lets somebody in again, keeps them out, or ends all their sessions."""
    acts: dict[str, Callable[[str], object]] = {
        "disable": parts.people.disable,
        "enable": parts.people.enable,
        "revoke": parts.people.revoke,
    }
    if act not in acts:
        raise NotFound("there is no such thing to do")
    acts[act](name)
    record(parts, governor, f"people {act}", {"name": name})
    return RedirectResponse(f"/govern?lang={language}", 303)


@router.get("/govern/as/{name}")
def view_as(name: str, parts: P, governor: G, language: L) -> HTMLResponse:
    """The sources exactly as a person sees them, and why."""
    policy = Policies(parts.memory.catalog).current()
    if policy is None:
        raise NotFound("there is no policy that names people")
    seen = policy.viewer(name)
    record(parts, governor, "view as", {"person": name})
    rows = parts.memory.catalog.sources(seen.readable(parts.memory.catalog.scopes()))
    reasons = [policy.explain(name, scope) for scope in sorted(policy.scopes)]
    return HTMLResponse(
        pages.page("view_as.html", language, name=name, rows=rows, reasons=reasons, here="govern", viewer=governor)
    )


@router.get("/govern/audit")
def audit(
    parts: P, governor: G, language: L, person: str = "", action: str = "", since: str = "", until: str = ""
) -> HTMLResponse:
    """The record of who did what, filtered; words only where the governor may read where they come from."""
    found = (
        parts.audit.show(governor, person=person, action=action, since=since, until=until) if parts.audit else iter(())
    )
    entries = list(islice(found, ENTRIES))
    wished = {"person": person, "action": action, "since": since, "until": until}
    return HTMLResponse(
        pages.page("audit.html", language, entries=entries, wished=wished, here="audit", viewer=governor)
    )


@router.get("/govern/health")
def health(conversing: C, governor: G, language: L) -> HTMLResponse:
    """Whether the parts agree: models, vectors and entities by scope, the audit; and what people say about answers."""
    parts = conversing.parts
    memory = parts.memory
    scopes = [(one, memory.catalog.count(one), len(memory.vector_ids(one))) for one in memory.scopes()]
    problems = [str(one) for one in parts.audit.verify()] if parts.audit else []
    models = [(one, weights.fault(one)) for one in weights.models().values()]
    remarks = list(islice(conversing.feedback.seen_by(governor), ENTRIES))
    return HTMLResponse(
        pages.page(
            "health.html",
            language,
            scopes=scopes,
            problems=problems,
            models=models,
            remarks=remarks,
            here="health",
            viewer=governor,
        )
    )


def changed(old: Policy | None, new: Policy) -> list[tuple[str, Sequence[str], Sequence[str]]]:
    """(person, scopes gained, scopes lost) of everybody for whom a policy changes something."""
    names = sorted({*new.people, *(old.people if old else ())})
    before = {name: old.viewer(name).scopes if old and name in old.people else frozenset() for name in names}
    after = {name: new.viewer(name).scopes if name in new.people else frozenset() for name in names}
    return [
        (name, sorted(after[name] - before[name]), sorted(before[name] - after[name]))
        for name in names
        if after[name] != before[name]
    ]


def _page(
    parts: Parts, governor: G, language: L, policy: Policy | None, text: str,
    changes: list[tuple[str, Sequence[str], Sequence[str]]] | None, fault: str,
) -> str:  # fmt: skip
    scopes = sorted(policy.scopes) if policy else []
    people = [(name, policy.people[name], policy.viewer(name)) for name in sorted(policy.people)] if policy else []
    before = (policy.text if policy else "").splitlines()
    lines = list(difflib.unified_diff(before, _unix(text).splitlines(), n=1, lineterm=""))
    return pages.page(
        "govern.html", language, scopes=scopes, people=people, accounts={one.name: one for one in parts.people.accounts()},
        text=text, version=policy.version if policy else "", changes=changes, fault=fault, diff=lines[2:], here="govern",
        viewer=governor, history=Policies(parts.memory.catalog).history()[:10],
    )  # fmt: skip


def _unix(text: str) -> str:
    """A browser sends the ends of lines as CR LF."""
    return text.replace("\r\n", "\n")
