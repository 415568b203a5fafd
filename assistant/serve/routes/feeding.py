"""Feeding the memory through the browser: files and folders brought, watched until read, listed, looked at, forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assistant.serve import amends, forgetting, overview, uploads
from assistant.serve.parts import Parts
from assistant.serve.routes import looking
from assistant.serve.routes.who import L, P, V, W, record
from assistant.serve.web import pages, pieces
from assistant.serve.web.told import told
from assistant.serve.web.words import Language, place
from ingest.base.access import Viewer, may_read
from ingest.base.errors import NotAllowed, NotFound
from ingest.memory import amended
from ingest.memory.catalog import SourceRow
from ingest.privacy.personal import put_back
from ingest.source import is_gone
from ingest.space.entity import Entity
from ingest.text.paths import telling

LISTED = 200
"""Sources that are listed; more are found by their names."""
SHOWN = 200
"""Entities of a source that its page shows."""
router = APIRouter(tags=["feeding"])


@router.get("/files", include_in_schema=False)
def files(request: Request, parts: P, viewer: V, language: L, search: str = "") -> HTMLResponse:
    """The sources this viewer may read, and a way to bring more. One row of the audit tells which were shown."""
    catalog = parts.memory.catalog
    rows = catalog.sources(viewer.readable(catalog.scopes()))
    wanted = search.casefold().strip()
    names = telling(row.path for row in rows)
    found = [row for row in rows if wanted in f"{names[row.path]} {row.title} {row.scope}".casefold()]
    listed = found[:LISTED]
    glances = overview.glances(catalog, listed, viewer.readable(catalog.scopes()))
    gone = {row.id for row in listed if is_gone(row.path)}
    _shown_of(request).on_page(
        viewer.person, [one for row in listed if row.id not in gone and (one := glances[row.id].picture)]
    )
    seen = {"names": [names[row.path] for row in listed], "query": search}
    details = {"sources": [row.id for row in listed], "files": len(listed)}
    record(parts, viewer, "files look", details, tuple(sorted({row.scope for row in listed})), seen)
    scopes = uploads.writable(viewer, catalog)
    largest = parts.settings.max_file_mb
    return HTMLResponse(
        pages.page(
            "files.html",
            language,
            rows=listed,
            more=len(found) - len(listed),
            glances=glances,
            icons=pieces.ICONS,
            names=names,
            gone=gone,
            scopes=scopes,
            search=search,
            watched=uploads.watched(parts.watched(), viewer, catalog),
            largest=largest,
            here="files",
            viewer=viewer,
        )
    )


@router.get("/files/{id}", include_in_schema=False)
def source(id: str, request: Request, parts: P, viewer: V, language: L) -> HTMLResponse:
    """What was understood of a source. That it was opened tells of its small pages too."""
    row = _readable(parts, viewer, id)
    ids = [item.id for item in parts.memory.catalog.entities_of(id)]
    found = sorted(parts.memory.hydrate(ids, viewer).values(), key=lambda one: one.ordinal)
    kinds = Counter(one.kind for one in found)
    shown = [put_back(one, parts.personal.originals([one.id], viewer)) for one in found[:SHOWN]]
    lines = [(one, pieces.ICONS.get(one.kind, "text"), place(one.locator, language)) for one in shown]
    seen = _shown(parts, viewer, found)
    if seen["original"]:
        _shown_of(request).on_page(viewer.person, [id for _, id in seen["overview"].pages])
    may_forget = not row.within and row.scope in uploads.writable(viewer, parts.memory.catalog)
    return HTMLResponse(
        pages.page(
            "source.html",
            language,
            row=row,
            name=_name(parts, viewer, row),
            gone=is_gone(row.path),
            places=list(telling((row.path, *row.places)).values())[1:],
            kinds=kinds,
            lines=[line for line in lines if line[0].kind != "utterance"],
            spoken=[line for line in lines if line[0].kind == "utterance"],
            **seen,
            more=len(found) - len(shown),
            may_forget=may_forget,
            hidden=amends.hidden(parts.memory, parts.personal, row, viewer),
            corrected=amended.corrected(parts.memory.catalog, id),
            here="files",
            viewer=viewer,
        )
    )


def _shown_of(request: Request) -> looking.Shown:
    shown: looking.Shown = request.app.state.shown
    return shown


def _shown(parts: Parts, viewer: Viewer, found: Sequence[Entity]) -> dict[str, Any]:
    """What a source shows of itself, from its entities in reading order: its pages, pictures, tables, charts, its sound."""
    if not found:
        return {"overview": overview.Overview(), "original": False, "player": ""}
    opened = looking.opened(parts, viewer, found[0].id, "source")
    original = looking.there(parts, opened)
    plays = original and opened.plays
    seen = overview.of(parts.memory, parts.personal, parts.settings, opened, found, viewer)
    return {"overview": seen, "original": original, "player": opened.entity.id if plays else ""}


@router.get("/api/jobs/{ticket}")
def progress(ticket: str, parts: P, person: W, viewer: V, language: L) -> list[dict[str, Any]]:
    """How far each file is that you brought: waiting, reading, done or failed, with its report and notes."""
    if uploads.whose(parts.memory.catalog, ticket) != person:
        raise NotFound("there is no such ticket of yours")
    return _progress(uploads.progress(parts.settings, parts.memory.catalog, ticket), viewer, language)


@router.get("/api/jobs")
def unsettled(parts: P, person: W, viewer: V, language: L) -> list[dict[str, Any]]:
    """What you brought that is on its way, by `ticket`, and what of the last day could not be read."""
    found = uploads.unsettled(parts.settings, parts.memory.catalog, person)
    return [{"ticket": ticket, "files": _progress(files, viewer, language)} for ticket, files in found.items()]


def _progress(files: Sequence[uploads.Progress], viewer: Viewer, language: Language) -> list[dict[str, Any]]:
    return [{**asdict(one), "report": _said(one.report, one.name, viewer, language)} for one in files]


def _said(report: dict[str, Any], name: str, viewer: Viewer, language: Language) -> dict[str, Any]:
    """The report of a file as its bringer reads it: no path of this machine, no scope that they may not read, in their
    language; `became` is `status` in words."""
    if not report:
        return {}
    if not may_read(viewer, report["scope"]):
        report = {**report, "scope": "", "notes": []}
    notes, error = [told(note, language) for note in report["notes"]], told(report["error"], language)
    return {**report, "source": name, "notes": notes, "error": error, "became": told(report["status"], language)}


@router.post("/files/{id}/forget", include_in_schema=False)
def forget(id: str, parts: P, viewer: V, language: L) -> Response:
    """Forgets a source with all that was understood of it; a file that was brought through the browser is deleted."""
    row = _readable(parts, viewer, id)
    if row.scope not in uploads.writable(viewer, parts.memory.catalog):
        raise NotAllowed("you may not forget this", "ask whoever governs this memory")
    if row.within:
        raise NotAllowed("it is inside another file and forgotten with it", "forget the file that it came in")
    with parts.memory.catalog.transaction():
        record(parts, viewer, "forget", {"source": id}, (row.scope,), {"path": row.path})
        forgetting.let_go(parts.settings, parts.memory.catalog, id)
        parts.memory.forget_source(id)
    uploads.delete(parts.settings, parts.memory.catalog, row)
    return RedirectResponse(f"/files?lang={language}", 303)


def _name(parts: Parts, viewer: Viewer, row: SourceRow) -> str:
    """What a source is called among those this viewer may read."""
    catalog = parts.memory.catalog
    return telling(one.path for one in catalog.sources(viewer.readable(catalog.scopes())))[row.path]


def _readable(parts: Parts, viewer: Viewer, id: str) -> SourceRow:
    row = parts.memory.catalog.source(id)
    if row is None or row.scope not in viewer.readable([row.scope]):
        raise NotFound("there is nothing here that you may read")
    return row
