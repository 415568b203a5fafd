"""Questions over HTTP for programs: an answer as it is made, as lines of JSON or as server-sent events; search; sources."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from anyio import CancelScope
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from assistant.serve.names import named
from assistant.serve.routes.who import P, V, record, while_let_in
from assistant.serve.turns import Turns
from ingest.base.errors import BadInput, KotonohaError
from ingest.privacy.personal import put_back
from ingest.text.paths import telling

if TYPE_CHECKING:
    from assistant.answer.outcome import Event as Step

LONGEST_QUESTION = 4_000
EXAMPLE = "How long is the warranty?"
"""A question to try a request with."""
router = APIRouter(tags=["asking"])


class Said(BaseModel):
    """One earlier exchange of a conversation, as the caller remembers it."""

    question: str = Field(max_length=LONGEST_QUESTION)
    answer: str = Field(max_length=4 * LONGEST_QUESTION)


class Question(BaseModel):
    question: str = Field(min_length=1, max_length=LONGEST_QUESTION, examples=[EXAMPLE])
    grounding: str = Field(default="hybrid", pattern="^(hybrid|soft|text|none)$")
    history: list[Said] = Field(default=[], max_length=20)


@router.post("/api/ask")
def ask(asked: Question, request: Request, parts: P, viewer: V) -> Response:
    """Lines of JSON: `found`, then `draft`s as the model writes, last the whole `answer` (or an `error`).

    A `leaving` names the server of a remote model before anything is sent to it. Of one person two questions are answered
    at the same time and eight wait; more are refused with 429.
    """
    from assistant.answer.outcome import Exchange

    history = [Exchange(said.question, said.answer) for said in asked.history]
    grounding: Any = asked.grounding
    steps = parts.assistant.ask(asked.question, viewer, grounding=grounding, history=history)
    return Answering(while_let_in(steps, request), request.app.state.asking, viewer.person)


class Answering(StreamingResponse):
    """An answer, made in its person's turn. What is wrong with the question is said before the stream begins."""

    def __init__(
        self, steps: Iterator[Step], turns: Turns, person: str,
        form: Callable[[Iterator[Step]], Iterator[str]] | None = None, media: str = "application/x-ndjson",
    ) -> None:  # fmt: skip
        super().__init__((), media_type=media)
        self._steps, self._turns, self._person, self._form = steps, turns, person, form or _lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turns.of(self._person):
            try:
                first = await self._turns.run(partial(next, self._steps))
                self.body_iterator = self._turns.each(self._form(chain([first], self._steps)))
                await super().__call__(scope, receive, send)
            finally:  # whoever hangs up ends the answer, and that is recorded
                with CancelScope(shield=True):
                    await self._turns.run(self._steps.close)  # type: ignore[attr-defined]


def _lines(steps: Iterator[Step]) -> Iterator[str]:
    try:
        yield from map(_line, steps)
    except KotonohaError as error:
        yield json.dumps({"event": "error", "error": str(error)}, ensure_ascii=False) + "\n"


def _line(step: Step) -> str:
    from assistant.answer.outcome import Draft, Found, Leaving

    if isinstance(step, Found):
        said: dict[str, Any] = {"event": "found", "hits": len(step.hits)}
    elif isinstance(step, Draft):
        said = {"event": "draft", "text": step.text}
    elif isinstance(step, Leaving):
        said = {"event": "leaving", "host": step.host, "bytes": step.bytes, "entities": step.entities}
    else:
        said = {"event": "answer", **named(step.as_dict())}
    return json.dumps(said, ensure_ascii=False) + "\n"


@router.post("/api/ask/events")
def ask_events(asked: Question, request: Request, parts: P, viewer: V) -> Response:
    """The same as server-sent events: each named `found`, `draft`, `leaving`, `answer` or `error`, with its JSON as data."""
    from assistant.answer.outcome import Exchange

    history = [Exchange(said.question, said.answer) for said in asked.history]
    grounding: Any = asked.grounding
    steps = parts.assistant.ask(asked.question, viewer, grounding=grounding, history=history)
    steps = while_let_in(steps, request)
    return Answering(steps, request.app.state.asking, viewer.person, _events, "text/event-stream")


def _events(steps: Iterator[Step]) -> Iterator[str]:
    for line in _lines(steps):
        yield f"event: {json.loads(line)['event']}\ndata: {line}\n"


@router.get("/api/search")
def search(query: str, parts: P, viewer: V, limit: int = 10) -> list[dict[str, Any]]:
    """What matters to a query among what you may read, best first, without an answer."""
    from assistant.search.retrieve import Retriever

    if len(query) > LONGEST_QUESTION:
        raise BadInput(f"a question may have {LONGEST_QUESTION:,} characters")
    catalog = parts.memory.catalog
    hits = Retriever(parts.memory, catalog, parts.memory.space).search(query, viewer, min(max(limit, 1), 50))
    found = [parts.personal.originals([hit.entity.id], viewer) for hit in hits]
    shown = [put_back(hit.entity, originals) for hit, originals in zip(hits, found, strict=True)]
    paths = {one.source: row.path for one in shown if (row := catalog.source(one.source))}
    names = telling(paths.values())
    scopes = tuple(sorted({one.scope for one in shown}))
    record(parts, viewer, "search", {"entities": [one.id for one in shown]}, scopes, {"query": query})
    return [
        {
            "entity": one.id, "score": round(float(hit.score), 4), "kind": one.kind, "source_id": one.source,
            "source": names.get(paths.get(one.source, ""), ""), "locator": one.locator.as_dict(),
            "title": one.title, "text": one.text, "open": f"/open/{one.id}",
        }
        for one, hit in zip(shown, hits, strict=True)
    ]  # fmt: skip


@router.get("/api/sources")
def sources(parts: P, viewer: V) -> list[dict[str, str]]:
    """The sources this viewer may read."""
    catalog = parts.memory.catalog
    rows = catalog.sources(viewer.readable(catalog.scopes()))
    names = telling(row.path for row in rows)
    return [{"id": r.id, "source": names[r.path], "scope": r.scope, "media": r.media, "title": r.title} for r in rows]
