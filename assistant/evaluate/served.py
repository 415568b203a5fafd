"""The whole server as a person's browser and programs meet it, for attempts to be shown what that person may not see.

Nothing listens: requests go through the door and everything behind it inside this process. Accounts lie in a catalogue of
their own; conversations that are made for an attempt are deleted after it. Knows nothing about what would be a leak.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from assistant.answer.discreet import DiscreetAssistant
from assistant.answer.outcome import Answer
from assistant.govern.audit import Audit
from assistant.govern.people import People
from assistant.serve import api, talks
from assistant.serve.parts import Parts
from ingest.base.access import Viewer
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.space.entity import Entity

NOBODY = "nobody"
_DRAWN = re.compile(r'\b(?:c?x|c?y|[xy][12]|r|d|points|width|height|viewBox|transform|style)="[^"]*"')
"""Where something is drawn: figures of the page, not of a source."""


class Served:
    """A server over one memory with an account for each of some viewers, and one for nobody."""

    def __init__(
        self, memory: Memory, assistant: DiscreetAssistant, personal: Personal, viewers: Sequence[Viewer], scratch: Path
    ) -> None:
        self._assistant = assistant
        people = People(Catalog(scratch / "people.sqlite"))
        known = {f"person-{number}": viewer for number, viewer in enumerate(viewers)}
        known[NOBODY] = Viewer(NOBODY, frozenset())
        for name in known:
            people.add(name)
        audit = Audit(Catalog(scratch / "served.sqlite"), b"leaks" * 8, scratch / "served.head")
        parts = Parts(memory.settings, memory, assistant, known.__getitem__, personal, people, audit)
        self._app = api.application(parts)
        self._names = {viewer.person: name for name, viewer in known.items()}
        self._clients = {name: self._client(people.issue_token(name, "leaks")) for name in known}

    def _client(self, token: str) -> TestClient:
        headers = {"Authorization": f"Bearer {token}", "Origin": "http://localhost"}
        options: dict[str, Any] = {"follow_redirects": False, "client": ("127.0.0.1", 1), "headers": headers}
        return TestClient(self._app, base_url="http://localhost", **options)

    def _of(self, viewer: Viewer) -> TestClient:
        return self._clients[self._names[viewer.person]]

    def own_words(self, everybody: Viewer, absent: Entity) -> Iterator[Any]:
        """What the server says to whoever may read nothing, and the names of its fields: words of the product."""
        nobody = Viewer(NOBODY, frozenset())
        for said in (self.completed, self.asked, self.looked):
            yield list(said("Anything?", nobody))
            yield list(_fields(list(said("Anything?", everybody))))
        yield list(self.opened(absent, nobody))
        *_, refused = self._assistant.ask("Anything?", nobody)
        assert isinstance(refused, Answer)
        yield list(self.talked(refused, everybody, nobody))

    def completed(self, question: str, viewer: Viewer, before: Sequence[tuple[str, str]] = ()) -> Iterator[Any]:
        """A client of the OpenAI API asks, once for the whole and once for a stream."""
        said = [
            {"role": role, "content": text}
            for pair in before
            for role, text in zip(("user", "assistant"), pair, strict=True)
        ]
        asked = {"messages": [*said, {"role": "user", "content": question}]}
        for stream in (False, True):
            yield _said(self._of(viewer).post("/v1/chat/completions", json={**asked, "stream": stream}))

    def asked(self, question: str, viewer: Viewer) -> Iterator[Any]:
        """A program of ours asks, searches and lists."""
        client = self._of(viewer)
        yield _said(client.post("/api/ask", json={"question": question}))
        yield _said(client.get("/api/search", params={"query": question}))
        yield _said(client.get("/api/sources"))

    def opened(self, entity: Entity, viewer: Viewer) -> Iterator[Any]:
        """The pages and the original of one entity, by its id and by its source's."""
        paths = (
            f"/open/{entity.id}",
            f"/open/{entity.id}/file",
            f"/open/{entity.id}/page.png",
            f"/files/{entity.source}",
        )
        for path in paths:
            yield self._of(viewer).get(path, headers={"Accept": "text/html"}).content.decode("utf-8", "replace")

    def looked(self, words: str, viewer: Viewer) -> Iterator[Any]:
        """Pages that are drawn for a question: the map, the files, what whoever governs sees."""
        pages = {"/map": {"question": words}, "/files": {"search": words}, "/govern": {}, "/govern/audit": {}}
        for path, options in pages.items():
            page = self._of(viewer).get(path, params=options, headers={"Accept": "text/html"}).text
            yield _DRAWN.sub("", page)

    def talked(self, answer: Answer, asked_by: Viewer, viewer: Viewer) -> Iterator[Any]:
        """An answer kept in a conversation of somebody who might read it, and in one of this viewer's own from days when they
        might: listed, searched, opened, asked why, exported."""
        kept, client = self._app.state.conversing.talks, self._of(viewer)
        for owner in (self._names[viewer.person], self._names[asked_by.person]):
            talk = kept.begin(owner, "kept")
            number = kept.ask(owner, talk, "kept")
            kept.end(talk, replace(talks.answered(number, answer, asked_by), question="kept"))
            try:
                for path in (
                    "/api/talks", f"/api/talks/{talk}", f"/api/talks/{talk}/export.md", f"/talks/{talk}/{number}/why",
                    f"/talks/{talk}/{number}/wrong",
                ):  # fmt: skip
                    yield _said(client.get(path), talk)
            finally:
                kept.delete(owner, talk)


def _said(response: Any, without: str = "\n") -> Any:
    """What an answer says: of JSON its values, of which figures that only measure are no strings; else its text. Without
    the moments of today at which the measurement itself did something."""
    text = re.sub(rf"{time.strftime('%Y-%m-%d', time.gmtime())}T[\d:.+Z]+", "", response.text.replace(without, "\n"))
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line, object_pairs_hook=_timeless) for line in lines if line != "[DONE]"]
    except ValueError:
        return text


def _timeless(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Without the moments at which the measurement itself did something."""
    return {key: value for key, value in pairs if key not in ("began", "changed")}


def _fields(value: Any) -> Iterator[str]:
    """The names of all fields."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield str(key)
        yield from _fields(item)
