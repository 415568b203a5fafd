"""A remote model reads only what the policy lets leave, redacted, and what left is in the audit before it leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.answer import Assistant
from assistant.answer.audited import AuditedAssistant
from assistant.answer.discreet import DiscreetAssistant
from assistant.answer.outcome import Answer, Draft, Event, Leaving
from assistant.app import build
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event as AuditEvent
from assistant.govern.policy import Policies
from assistant.model.remote import Remote
from assistant.search.retrieve import Retriever
from ingest import pipeline
from ingest.base.access import Viewer, between
from ingest.base.errors import BadInput, KotonohaError
from ingest.base.settings import Settings, load
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers.text import TextReader
from ingest.reading import Direct
from ingest.space.entity import Draft as Said

from .conftest import FIRM, WordSpace
from .scripted import Scripted
from .test_answer import QUESTION, SENTENCE
from .test_retrieve import put

SECRET = "The spindle of the secret prototype HS-99 is greased with Moonlight-7."
PHONE = "090-0000-4417"
ALL = Viewer("hoshino", frozenset({"open", "closed", "hr"}), may_reveal=True)


class Server:
    """A model on another server, in miniature: it says what it was told to, and keeps every byte it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.says: list[str] = ["every 500", " hours", " [1]"]
        self.status = 200
        self.raw: bytes | None = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                server.headers.append({"path": self.path, **self.headers})
                self.send_response(server.status)
                if server.status == 302:
                    self.send_header("Location", f"{server.url}/elsewhere")
                self.end_headers()
                self.wfile.write(server.raw if server.raw is not None else server.events())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def events(self) -> bytes:
        deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in self.says), {}]
        lines = [f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n" for delta in deltas]
        return "".join([": a comment\n\n", *lines, 'data: {"choices": []}\n\n', "data: [DONE]\n\n"]).encode()

    @property
    def heard(self) -> str:
        return b"\n".join(self.bodies).decode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def filled(memory: Memory, tmp_path_factory: pytest.TempPathFactory) -> Memory:
    """Two scopes that speak of the same, and confidential notes that were redacted when they were read."""
    audit_of(memory).append(AuditEvent("ingest", "owner"))
    put(memory, "prototype", "closed", SECRET, "The spindle HS-98 is greased twice.")
    put(memory, "manual", "open", Said("passage", f"{SENTENCE} It is painted grey.", title="HS-40"))
    note = tmp_path_factory.mktemp("notes") / "porter.txt"
    note.write_text(f"The mobile phone of the night porter is {PHONE}.\n")
    notes = [FIRM / "hr-confidential" / "medical-note-sawada.txt", note]
    pipeline.ask(memory.catalog, notes, lambda path: "hr")
    assert [report.status for report in pipeline.run(memory, Direct([TextReader()]))] == ["added", "added"]
    return memory


def remote(server: Server, memory: Memory, *scopes: str) -> Remote:
    personal = Personal(memory.catalog, memory.settings)
    return Remote(server.url, "big-model", "k3y", lambda scope: scope in scopes, personal.without)


def audit_of(memory: Memory) -> Audit:
    return Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")


def ask(server: Server, memory: Memory, *scopes: str, question: str = QUESTION, **options: Any) -> list[Event]:
    """All events of one question, by way of all that stands around the assistant."""
    retriever = Retriever(memory, memory.catalog, memory.space)
    load: Any = lambda: Scripted(options.pop("local", "Every 500 hours. [1]"))  # noqa: E731
    assistant = Assistant(retriever, memory, load, remote(server, memory, *scopes))
    personal = Personal(memory.catalog, memory.settings)
    whole = DiscreetAssistant(AuditedAssistant(assistant, audit_of(memory)), personal)
    return list(whole.ask(question, ALL, **options))


def answer(events: list[Event]) -> Answer:
    assert isinstance(events[-1], Answer)
    return events[-1]


def test_the_remote_model_answers_from_what_may_leave_and_is_held_against_it(server: Server, filled: Memory) -> None:
    said = answer(ask(server, filled, "open"))
    assert (said.answer.split("\n")[0], said.how, said.model) == ("every 500 hours [1]", "model", "big-model")
    assert SENTENCE in said.citations[0].quote
    assert said.hits[0].entity.id == said.citations[0].entity
    (body,) = map(json.loads, server.bodies)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert SENTENCE in body["messages"][1]["content"] and (body["model"], body["stream"]) == ("big-model", True)
    assert server.headers[0]["path"] == "/v1/chat/completions"
    assert server.headers[0]["Authorization"] == "Bearer k3y"


def test_nothing_of_a_scope_that_may_not_leave_is_sent_even_when_it_fits_best(server: Server, filled: Memory) -> None:
    found = answer(ask(server, filled, "open")).hits
    assert any(hit.entity.scope == "closed" for hit in found), "it was found, and may be read"
    assert server.bodies
    for word in ("Moonlight", "HS-98", "HS-99", "twice"):
        assert word not in server.heard


def test_where_only_the_closed_source_fits_nothing_is_sent_at_all(server: Server, filled: Memory) -> None:
    """Not even the question: what the remote model could say to it would not stand."""
    ask(server, filled, "open", question="With what is the spindle of the secret prototype HS-99 greased?")
    assert server.bodies == []


def test_words_of_the_remote_model_that_do_not_stand_give_way_to_the_passages(server: Server, filled: Memory) -> None:
    server.says = ["every 600 hours [1]"]
    said = answer(ask(server, filled, "open"))
    assert said.how == "possibly" and "600" not in said.answer
    cited = {citation.entity: citation.mark for citation in said.citations}
    assert all(said.hits[mark - 1].entity.id == entity for entity, mark in cited.items())


@pytest.mark.parametrize("scopes", [(), ("hr",), ("nowhere",)])
def test_where_nothing_that_fits_may_leave_the_model_here_answers(
    server: Server, filled: Memory, scopes: tuple[str, ...]
) -> None:
    events = ask(server, filled, *scopes)
    assert answer(events).model == "scripted" and server.bodies == []
    assert not any(isinstance(event, Leaving) for event in events)


def test_a_question_without_sources_stays_here(server: Server, filled: Memory) -> None:
    assert answer(ask(server, filled, "open", grounding="none")).model == "scripted"
    assert server.bodies == []


def test_originals_stay_even_for_whoever_may_reveal_them(server: Server, filled: Memory) -> None:
    """The remote model is given placeholders; what is put back is put back here."""
    ids = [row["id"] for row in filled.catalog.connection.execute("SELECT id FROM entity WHERE scope = 'hr'")]
    originals = Personal(filled.catalog, filled.settings).originals(ids, ALL)
    assert PHONE in originals.values()
    question = f"Is {PHONE} the mobile phone of the night porter?"
    server.says = ["It is number 555. [1]"]
    said = answer(ask(server, filled, "open", "hr", question=question))
    assert "The mobile phone of the night porter is [PHONE-" in server.heard
    for original in originals.values():
        assert original not in server.heard
    assert PHONE in said.answer and said.question == question


def test_what_was_never_redacted_is_redacted_on_its_way_out(server: Server, filled: Memory) -> None:
    """A scope whose own rules redact less than others: nothing that any scope hides leaves from it."""
    put(filled, "notes", "open", f"The spindle supplier of Okaya greased it; mobile {PHONE}.")
    ask(server, filled, "open", question="Who is the spindle supplier of Okaya?")
    assert "Okaya greased it" in server.heard and PHONE not in server.heard


def test_the_audit_says_what_left_before_it_leaves(server: Server, filled: Memory) -> None:
    seen: list[int] = []
    retriever = Retriever(filled, filled.catalog, filled.space)
    audit = audit_of(filled)
    parrot: Any = lambda: Scripted("-")  # noqa: E731
    whole = AuditedAssistant(Assistant(retriever, filled, parrot, remote(server, filled, "open")), audit)
    events = []
    for event in whole.ask(QUESTION, ALL):
        events.append(event)
        if isinstance(event, Leaving):
            seen.append(len(server.bodies))
            (entry,) = audit.show(replace(ALL, may_govern=True), action="egress")
            assert entry.event.details["bytes"] == event.bytes
    assert seen == [0], "said, and written down, before anything was sent"
    (entry,) = audit.show(replace(ALL, may_govern=True), action="egress")
    told = entry.event
    assert (told.person, told.scopes, told.details["host"]) == ("hoshino", ("open",), server.url.removesuffix("/v1"))
    assert told.details["bytes"] == len(server.bodies[0])
    assert told.details["entities"] == [one.entity.id for one in answer(events).hits if one.entity.scope == "open"]
    assert audit.verify() == []


@pytest.mark.parametrize(
    ("status", "raw", "why"),
    [
        (500, b"", "status 500"),
        (302, b"", "status 302"),
        (200, b"data: not json\n\n", "protocol"),
        (200, b'data: {"choices": [{"delta": 7}]}\n\n', "protocol"),
        (200, b"data: " + b"x" * 2_000_000, "no end"),
    ],
    ids=["broken", "elsewhere", "no json", "another shape", "endless"],
)
def test_a_server_that_fails_is_named_and_the_model_here_answers(
    server: Server, filled: Memory, status: int, raw: bytes, why: str
) -> None:
    server.status, server.raw = status, raw
    said = answer(ask(server, filled, "open"))
    assert (said.model, said.how, said.answer.split("\n")[0]) == (
        "scripted",
        "model",
        f"Every 500 hours. [{_mark(said)}]",
    )
    assert why in said.notes[0] and "k3y" not in said.notes[0]
    assert len(server.bodies) == 1, "a redirection is not followed"


def _mark(said: Answer) -> int:
    (citation,) = said.citations
    assert said.hits[citation.mark - 1].entity.id == citation.entity
    return citation.mark


def test_a_server_that_is_not_there_is_named(server: Server, filled: Memory) -> None:
    server.close()
    assert "does not answer" in answer(ask(server, filled, "open")).notes[0]
    server._server.server_close()


def test_a_source_on_its_way_between_scopes_leaves_only_if_both_may(server: Server, filled: Memory) -> None:
    hits = Retriever(filled, filled.catalog, filled.space).search(QUESTION, ALL, 8)
    moving = [
        replace(hit, entity=replace(hit.entity, scope=between(a, b))) for hit, a, b in
        zip(hits, ("open", "open", "closed"), ("open", "closed", "open"), strict=False)
    ]  # fmt: skip
    assert remote(server, filled, "open").leaving(moving) == (moving[0],)


# -- no wording, and no set of scopes, lets anything else out --------------------------------------------------


SCOPES = ("a", "b", "c", "d")
WORDS = {"a": "amberline", "b": "brackwater", "c": "cinderpath", "d": "driftwood"}


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Memory, Server]]:
    """Four scopes that all speak of the pump, each with a word of its own in every entity."""
    server = Server()
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        for scope, word in WORDS.items():
            for number in range(3):
                put(memory, f"{scope}-{number}", scope, f"The pump {word}{number} needs {number + 2} litres of oil.")
        yield memory, server
    server.close()


@given(leaving=st.sets(st.sampled_from(SCOPES)), reads=st.sets(st.sampled_from(SCOPES)), asked=st.sampled_from(SCOPES))
def test_every_request_holds_only_what_is_readable_and_may_leave(
    four: tuple[Memory, Server], leaving: set[str], reads: set[str], asked: str
) -> None:
    memory, server = four
    server.bodies.clear()
    load: Any = lambda: Scripted("-")  # noqa: E731
    assistant = Assistant(
        Retriever(memory, memory.catalog, memory.space), memory, load, remote(server, memory, *leaving)
    )
    viewer = Viewer("p", frozenset(reads))
    told = [event for event in assistant.ask("How much oil does the pump need?", viewer) if isinstance(event, Leaving)]
    for scope, word in WORDS.items():
        if word in server.heard:
            assert scope in leaving & reads
    assert len(told) == len(server.bodies)
    assert {scope for event in told for scope in event.scopes} == {s for s, w in WORDS.items() if w in server.heard}


# -- settings ------------------------------------------------------------------------------------------------------


def test_by_default_nothing_leaves_and_without_a_policy_neither(memory: Memory, server: Server, tmp_path: Path) -> None:
    personal = Personal(memory.catalog, memory.settings)
    assert build.remote(load(tmp_path, {}), memory.catalog, personal) is None
    said = {"KOTONOHA_REMOTE_URL": server.url, "KOTONOHA_REMOTE_MODEL": "big"}
    made = build.remote(load(tmp_path, said), memory.catalog, personal)
    assert made is not None
    put(memory, "manual", "open", SENTENCE)
    hits = Retriever(memory, memory.catalog, memory.space).search(QUESTION, ALL, 8)
    assert hits and made.leaving(hits) == ()
    policies = Policies(memory.catalog)
    policies.put("scopes: {open: {may_leave: true}}\n", "hoshino")
    assert made.leaving(hits) == tuple(hits), "a policy holds from the next question on"
    policies.put("scopes: {open: {}}\n", "hoshino")
    assert made.leaving(hits) == ()


@pytest.mark.parametrize(
    ("url", "model", "why"),
    [
        ("http://llm.example/v1", "m", "listened"),
        ("llm.example", "m", "https"),
        ("https://llm.example/v1", "", "model"),
    ],
)
def test_a_remote_model_that_cannot_be_used_is_one_clear_line(
    memory: Memory, tmp_path: Path, url: str, model: str, why: str
) -> None:
    settings = load(tmp_path, {"KOTONOHA_REMOTE_URL": url, "KOTONOHA_REMOTE_MODEL": model})
    with pytest.raises(BadInput, match=why) as caught:
        build.remote(settings, memory.catalog, Personal(memory.catalog, memory.settings))
    assert isinstance(caught.value, KotonohaError)


def test_the_key_lies_in_a_strict_file(memory: Memory, server: Server, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k3y\n")
    file.chmod(0o644)
    said = {"KOTONOHA_REMOTE_URL": server.url, "KOTONOHA_REMOTE_MODEL": "m", "KOTONOHA_REMOTE_KEY": str(file)}
    personal = Personal(memory.catalog, memory.settings)
    with pytest.raises(BadInput, match="chmod 600"):
        build.remote(load(tmp_path, said), memory.catalog, personal)
    file.chmod(0o600)
    made = build.remote(load(tmp_path, said), memory.catalog, personal)
    assert made is not None
    assert "".join(made.answer("hello", ())) == "every 500 hours [1]"
    assert server.headers[0]["Authorization"] == "Bearer k3y"


def test_drafts_come_as_the_server_writes(server: Server, filled: Memory) -> None:
    drafts = [event.text for event in ask(server, filled, "open") if isinstance(event, Draft)]
    assert "".join(drafts) == "every 500 hours [1]" and len(drafts) > 1
