"""Asking with personal data and being shown it, by way of an assistant that echoes all it is given."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from assistant.answer.audited import AuditedAssistant
from assistant.answer.cite import Citation
from assistant.answer.compose import Grounding
from assistant.answer.discreet import DiscreetAssistant
from assistant.answer.outcome import Answer, Draft, Event, Exchange, Found
from assistant.app import build
from assistant.govern.audit import Audit
from assistant.search.question import Shown
from assistant.search.retrieve import Hit, Retriever
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import NotAllowed
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers.text import TextReader
from ingest.reading import Direct

from .conftest import FIRM

PHONE = "090-0000-4417"


class Echo:
    """Answers with everything it was given: the question, what was said before, and every hit."""

    def __init__(self, memory: Memory) -> None:
        self._retriever = Retriever(memory, memory.catalog, memory.space)
        self.heard: list[str] = []

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Grounding = "hybrid",
        history: Sequence[Exchange] = (),
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        before = " ".join(f"{one.question} {one.answer}" for one in history)
        hits = tuple(self._retriever.search(question, viewer))
        seen = shown.words if shown else ""
        self.heard.append(f"{before} {seen} {question} {' '.join(hit.entity.text for hit in hits)}")
        cited = tuple(_cited(hit) for hit in hits)
        yield Found(hits)
        yield Draft(self.heard[-1])
        paths = {hit.entity.source: "a file" for hit in hits}
        yield Answer(question, self.heard[-1], "model", cited, hits, paths, "text", "echo", 1.0)


def _cited(hit: Hit) -> Citation:
    entity = hit.entity
    return Citation(1, entity.id, entity.kind, entity.source, "a file", entity.title, entity.locator, entity.text)


@pytest.fixture
def echo(memory: Memory) -> Echo:
    pipeline.ask(memory.catalog, [FIRM / "hr-confidential" / "medical-note-sawada.txt"], lambda path: "hr")
    assert [report.status for report in pipeline.run(memory, Direct([TextReader()]))] == ["added"]
    return Echo(memory)


def asked(memory: Memory, echo: Echo, may_reveal: bool) -> tuple[Answer, Audit]:
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")
    personal = Personal(memory.catalog, memory.settings)
    viewer = Viewer("mori", frozenset({"hr"}), may_reveal=may_reveal)
    question = f"沢田さんの電話は {PHONE} ですか"
    before = [Exchange("電話は?", f"それは {PHONE} です")]
    *_, last = DiscreetAssistant(AuditedAssistant(echo, audit), personal).ask(question, viewer, history=before)
    assert isinstance(last, Answer)
    return last, audit


def test_neither_model_nor_audit_ever_hears_an_original(memory: Memory, echo: Echo) -> None:
    _, audit = asked(memory, echo, may_reveal=True)
    (entry,) = audit.show(Viewer("mori", frozenset({"hr"}), may_govern=True), action="ask")
    for said in (echo.heard[0], str(entry.event.content)):
        assert "[PHONE-" in said
        assert PHONE not in said


def test_whoever_may_reveal_is_shown_originals_in_every_field(memory: Memory, echo: Echo) -> None:
    answer, _ = asked(memory, echo, may_reveal=True)
    assert "[PHONE-" not in str(answer.as_dict())
    assert PHONE in answer.answer
    assert any(PHONE in citation.quote for citation in answer.citations)
    assert any(PHONE in hit.entity.text for hit in answer.hits)
    assert all(len(hit.entity.slots) for hit in answer.hits)


@dataclass
class Further:
    """Says all that the memory holds, and found none of it: it stood further on in what was read."""

    memory: Memory

    def ask(self, question: str, viewer: Viewer, **_: object) -> Iterator[Event]:
        rows = self.memory.catalog.connection.execute("SELECT id, text FROM entity").fetchall()
        said, read = " ".join(row["text"] for row in rows), tuple(row["id"] for row in rows)
        yield Answer(question, said, "model", (), (), {}, "text", "further", 1.0, read=read)


@pytest.mark.parametrize(("may_reveal", "shown"), [(True, PHONE), (False, "[PHONE-")])
def test_what_was_read_beside_what_was_found_is_revealed_to_whoever_may_reveal(
    memory: Memory, echo: Echo, may_reveal: bool, shown: str
) -> None:
    viewer = Viewer("mori", frozenset({"hr"}), may_reveal=may_reveal)
    (answer,) = DiscreetAssistant(Further(memory), Personal(memory.catalog, memory.settings)).ask("電話は?", viewer)
    assert isinstance(answer, Answer) and shown in answer.answer


def test_an_answer_rests_on_all_that_was_read(memory: Memory, echo: Echo) -> None:
    """What may not be read any more when it is done is not shown, though it was not found but stood beside."""
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")
    asked = AuditedAssistant(Further(memory), audit, lambda viewer, ids: not ids)
    with pytest.raises(NotAllowed, match="has changed while"):
        list(asked.ask("電話は?", Viewer("mori", frozenset({"hr"}))))


def test_everybody_else_is_shown_placeholders(memory: Memory, echo: Echo) -> None:
    answer, _ = asked(memory, echo, may_reveal=False)
    shown = str({**answer.as_dict(), "question": ""})
    assert "[PHONE-" in shown
    assert PHONE not in shown
    assert PHONE in answer.question


def test_an_answer_stops_where_a_grant_is_withdrawn_while_it_is_written(memory: Memory, echo: Echo) -> None:
    """The gate is asked again before each piece is shown: for the person, and for what the answer rests on."""
    allowed = [True]
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")
    viewer = Viewer("mori", frozenset({"hr"}))
    steps = AuditedAssistant(echo, audit, lambda viewer, ids: allowed[0]).ask("電話は?", viewer)
    shown = [next(steps)]
    allowed[0] = False
    with pytest.raises(NotAllowed, match="has changed while"):
        shown += steps
    assert not any(isinstance(one, Answer) for one in shown)
    assert next(entry.event.action for entry in audit.show(viewer)) == "ask stopped"


def test_a_question_whose_answer_was_not_awaited_is_recorded_with_what_was_said(memory: Memory, echo: Echo) -> None:
    """Whoever stops an answer, or hangs up, has read its first words."""
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")
    viewer = Viewer("mori", frozenset({"hr"}))
    steps = AuditedAssistant(echo, audit).ask("電話は?", viewer)
    said = next(step.text for step in steps if isinstance(step, Draft))
    del steps
    entry, *_ = audit.show(viewer)
    assert entry.event.action == "ask stopped" and entry.event.scopes == ("hr",)
    assert entry.event.content == {"question": "電話は?", "answer": said} and said
    assert entry.event.details["entities"]


def test_a_change_of_the_policy_or_of_a_scope_stops_an_answer_that_is_being_written(memory: Memory, echo: Echo) -> None:
    """With the real policy: a grant withdrawn, a person gone from it, what the answer rests on moved away."""
    catalog, audit = memory.catalog, Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")
    owner, own = Viewer("boss", frozenset()), "scopes: {hr: {}, board: {}}\npeople: {mori: {reads: [hr]}%s}\n"
    (entity,) = catalog.connection.execute("SELECT id FROM entity LIMIT 1").fetchone()

    def moved() -> None:
        catalog.connection.execute("UPDATE entity SET scope = 'board' WHERE id = ?", (entity,))

    changes: list[Callable[[], object]] = [
        lambda: build.put_policy(memory.settings, catalog, owner, "scopes: {hr: {}}\npeople: {mori: {reads: []}}\n"),
        lambda: build.put_policy(memory.settings, catalog, owner, "scopes: {hr: {}}\npeople: {endo: {reads: [hr]}}\n"),
        lambda: build.put_policy(memory.settings, catalog, owner, own % ", endo: {reads: [hr]}"),
        moved,
    ]
    ended = []
    for change in changes:
        build.put_policy(memory.settings, catalog, owner, own % "")
        asked = AuditedAssistant(echo, audit, build.still_readable(catalog))
        steps = asked.ask("電話は?", build.viewer(catalog, "mori"))
        shown = [next(steps)]
        change()
        with contextlib.suppress(NotAllowed):
            shown += steps
        ended.append(isinstance(shown[-1], Answer))
    assert ended == [False, False, True, False], "another's grant is no reason to stop"


def test_personal_data_that_is_shown_is_replaced_too(memory: Memory, echo: Echo) -> None:
    personal = Personal(memory.catalog, memory.settings)
    shown = Shown(f"Sawada, phone {PHONE}", np.zeros((1, memory.space.dim), np.float32))
    list(DiscreetAssistant(echo, personal).ask("Who is this?", Viewer("berg", frozenset({"hr"})), shown=shown))
    assert "[PHONE-" in echo.heard[0]
    assert PHONE not in echo.heard[0]
