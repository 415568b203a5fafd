"""Pages for whoever governs, to look at: the audit, health with what people say about answers, and personal data.

Governing reads nothing: what stands in sources, and what they are called, is shown here only where the governor may read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from assistant.govern.people import folded
from assistant.govern.policy import Policies
from assistant.serve.conversing import Conversing
from assistant.serve.feedback import Remark
from assistant.serve.parts import Check, Parts
from assistant.serve.routes.who import C, G, L, P, record
from assistant.serve.web import pages, recorded
from assistant.serve.web.words import Language, place
from ingest.base import weights
from ingest.base.access import Viewer, may_read

ENTRIES = 200
"""Entries of the audit, and pieces of feedback, on a page."""
FOUND = 5
"""Files named of what was found for an answer."""
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Stands:
    """Where something stands: its address here, its file, its place in the file in words."""

    link: str
    file: str
    place: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Feedback with the right source as it was named, and what had been found, as far as the governor may read it."""

    remark: Remark
    right: Stands | None
    found: tuple[Stands, ...]


@router.get("/govern/audit")
def audit(
    parts: P, governor: G, language: L, person: str = "", action: str = "", since: str = "", until: str = ""
) -> HTMLResponse:
    """The record of who did what, filtered: a person's name as anybody writes it, days to the last one included; words only
    where the governor may read where they come from."""
    kept = parts.audit.show(governor, action=action, since=since, until=_end_of(until)) if parts.audit else iter(())
    wanted = folded(person).strip()
    named = (one for one in kept if wanted in ("", folded(one.event.person).strip()))
    entries = [recorded.deed(one, language) for one in islice(named, ENTRIES + 1)]
    wished = {"person": person, "action": action, "since": since, "until": until}
    record(
        parts,
        governor,
        "audit look",
        {("name" if key == "person" else key): text for key, text in wished.items() if text},
    )
    return HTMLResponse(
        pages.page(
            "audit.html", language, entries=entries[:ENTRIES], more=ENTRIES if len(entries) > ENTRIES else 0, wished=wished,
            actions=recorded.ACTIONS, here="audit", viewer=governor,
        )
    )  # fmt: skip


@router.get("/govern/health")
def health(conversing: C, governor: G, language: L) -> HTMLResponse:
    """Whether the parts agree: models, vectors and entities by scope, the audit; and what people say about answers."""
    return HTMLResponse(_health(conversing, governor, language, None))


@router.post("/govern/health")
def examine(conversing: C, governor: G, language: L) -> HTMLResponse:
    """The same, with every check that `kotonoha doctor` makes."""
    checks = list(conversing.parts.examined())
    record(conversing.parts, governor, "examine", {"failed": sum(not one.ok for one in checks)})
    return HTMLResponse(_health(conversing, governor, language, checks))


def _health(conversing: Conversing, governor: Viewer, language: Language, checks: Sequence[Check] | None) -> str:
    parts, memory = conversing.parts, conversing.parts.memory
    scopes = [
        (one, memory.catalog.count(one), 0 if memory.impaired else len(memory.vector_ids(one)))
        for one in memory.scopes()
    ]
    problems = [str(one) for one in parts.audit.verify()] if parts.audit else []
    models = [(one, weights.fault(one)) for one in weights.models().values()]
    remarks = [_heard(parts, governor, language, one) for one in islice(conversing.feedback.seen_by(governor), ENTRIES)]
    if any(one.remark.said for one in remarks):
        record(parts, governor, "feedback look")
    return pages.page(
        "health.html", language, scopes=scopes, impaired=memory.impaired, problems=problems, models=models,
        remarks=remarks, checks=checks, check_name=recorded.check_name, here="health", viewer=governor,
    )  # fmt: skip


def _heard(parts: Parts, governor: Viewer, language: Language, remark: Remark) -> Heard:
    right = str(remark.said.get("right_source", ""))
    hits = [str(one["entity"]) for one in remark.said.get("answered", {}).get("hits", ())[:FOUND]]
    stands = _standing(parts, governor, language, [right, *hits])
    return Heard(remark, stands.get(right), tuple(stands[one] for one in hits if one in stands))


def _standing(parts: Parts, viewer: Viewer, language: Language, ids: Iterable[str]) -> dict[str, Stands]:
    """Where these entities stand, of those that the viewer may read."""
    found = parts.memory.hydrate([one for one in ids if one], viewer)
    files = {item.source: parts.memory.catalog.source(item.source) for item in found.values()}
    return {
        id: Stands(f"/open/{id}?lang={language}", recorded.file_name(row.path), place(item.locator, language))
        for id, item in found.items()
        if (row := files[item.source])
    }


@router.get("/govern/personal")
def personal(parts: P, governor: G, language: L) -> HTMLResponse:
    """How much personal data of which kind is covered, by file, and who may see it; never what it is."""
    policy = Policies(parts.memory.catalog).current()
    people = [policy.viewer(name) for name in sorted(policy.people)] if policy else [governor]
    kept, lie_in = parts.personal.covered(), parts.memory.catalog.scopes()
    scopes = [
        (
            one,
            sorted(parts.personal.kinds(one)),
            [who.person for who in people if who.may_reveal and may_read(who, one)],
        )
        for one in sorted({*lie_in, *(policy.scopes if policy else ())})
    ]
    rows = _covered(parts, governor, kept)
    return HTMLResponse(
        pages.page(
            "personal.html", language, scopes=scopes, rows=rows, total=sum(count.total() for count in kept.values()),
            here="personal", viewer=governor,
        )
    )  # fmt: skip


def _covered(parts: Parts, governor: Viewer, kept: dict[str, Counter[str]]) -> list[dict[str, Any]]:
    """A line for each file that the governor may read, and one for all others of a scope."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for source, count in kept.items():
        if row := parts.memory.catalog.source(source):
            id = source if may_read(governor, row.scope) else ""
            line = lines.setdefault(
                (row.scope, id),
                {
                    "scope": row.scope,
                    "id": id,
                    "file": recorded.file_name(row.path) if id else "",
                    "files": 0,
                    "kinds": Counter(),
                },
            )
            line["files"] += 1
            line["kinds"] += count
    return sorted(lines.values(), key=lambda line: (line["scope"], line["file"]))


def _end_of(day: str) -> str:
    """The moment from which on something is after a day; a moment stays as it is."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
