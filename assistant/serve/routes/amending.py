"""Putting sources right over HTTP: words corrected and taken back, entities hidden and shown again; all of it recorded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from assistant.serve import amends
from assistant.serve.routes.who import L, P, V, record
from assistant.serve.web import pages
from ingest.memory import amending

router = APIRouter(tags=["feeding"])


@router.post("/open/{entity}/correct")
def correct(
    entity: str, parts: P, viewer: V, language: L, text: Annotated[str, Form(max_length=2 * amends.LONGEST)], beside: int = 0
) -> Response:  # fmt: skip
    """Puts other words in place of a line that was heard or a caption that was seen."""
    old = amends.writable(parts.memory, viewer, entity)
    words = amends.words(parts.personal, old, text)
    record(parts, viewer, "correct", {"entity": entity}, (old.scope,), {"was": old.text, "now": words.text})
    amending.correct(parts.memory, entity, words, viewer.person)
    return _back(entity, language, beside)


@router.post("/open/{entity}/restore")
def restore(entity: str, parts: P, viewer: V, language: L, beside: int = 0) -> Response:
    """Takes a correction back: the words are again those that were read."""
    old = amends.writable(parts.memory, viewer, entity)
    record(parts, viewer, "correct undone", {"entity": entity}, (old.scope,), {"was": old.text})
    amending.take_back(parts.memory, entity)
    return _back(entity, language, beside)


@router.post("/open/{entity}/hide")
def hide(entity: str, parts: P, viewer: V, language: L, beside: int = 0) -> HTMLResponse:
    """Hides an entity with all that is part of it: nobody finds it until it is shown again."""
    old = amends.writable(parts.memory, viewer, entity)
    record(parts, viewer, "hide", {"entity": entity, "source": old.source}, (old.scope,), {"text": old.text})
    amending.hide(parts.memory, entity, viewer.person)
    return HTMLResponse(pages.page("hidden.html", language, entity=old, beside=beside))


@router.post("/open/{entity}/show")
def show(entity: str, parts: P, viewer: V, language: L, beside: int = 0) -> Response:
    """Shows again what was hidden."""
    source = amends.source_of_hidden(parts.memory, viewer, entity)
    record(parts, viewer, "show", {"entity": entity, "source": source.id}, (source.scope,))
    amending.show(parts.memory, entity)
    return _back(entity, language, beside)


def _back(entity: str, language: str, beside: int) -> Response:
    return RedirectResponse(f"/open/{entity}?lang={language}" + ("&beside=1" if beside else ""), 303)
