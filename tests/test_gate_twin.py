"""Every path against a checker that looks at each entity alone, and against a memory that holds only what may be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answer.answer import Assistant
from assistant.answer.outcome import Answer
from assistant.app.integrations import KotonohaRetriever
from assistant.evaluate.probes import Echo, any_kind
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from assistant.govern.policy import Policy
from assistant.search.retrieve import Retriever
from assistant.serve import view
from ingest.base.access import Viewer
from ingest.base.errors import NotFound
from ingest.base.settings import Settings
from ingest.memory import links
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.space.entity import Entity, Locator
from ingest.space.kinds import Kind
from ingest.work import place

from .conftest import WordSpace
from .test_policy import PEOPLE, POLICIES, SCOPES, moment, naive_may_read

QUESTIONS = (
    "How many bolts are there?", "What is the total amount of bolts?", "fish and bird", "The pump leaks at night",
    "who greases the spindle of s1", "Which order has the largest amount?", "spindle", "何個ありますか",
)  # fmt: skip
SHARED = "The pump leaks at night and the spindle is greased."


def firm() -> list[tuple[SourceRow, list[Entity]]]:
    """Two sources a scope, and one whose entities lie in all of them, each a part of the one before."""
    made = [source for number, scope in enumerate(SCOPES) for source in (_texts(scope), _table(scope, number))]
    chain = [
        _entity("mixed", scope, number, "passage", f"The spindle of step {number} is in {scope}.", parent=number - 1)
        for number, scope in enumerate([*SCOPES, *SCOPES[::-1]])
    ]
    return [*made, (_row("mixed", SCOPES[0]), chain)]


def _texts(scope: str) -> tuple[SourceRow, list[Entity]]:
    source = f"texts-{scope}"
    texts = [SHARED, f"One fish and two birds live in {scope}.", f"The bolts of {scope} are counted at night.", SHARED]
    said = [_entity(source, scope, number, "passage", text) for number, text in enumerate(texts)]
    facts = {"name": "spindle"}
    return _row(source, scope), [*said, _entity(source, scope, 4, "concept", "spindle: what turns", facts=facts)]


def _table(scope: str, number: int) -> tuple[SourceRow, list[Entity]]:
    source = f"table-{scope}"
    types = {"order": "text", "amount": "number"}
    rows = [
        _entity(
            source, scope, i, "row", f"order: SO-{i}; amount: {10 * i + number}", parent=0,
            facts={"table": "bolts", "values": {"order": f"SO-{i}", "amount": 10 * i + number}, "types": types, "units": {}},
        )
        for i in range(1, 5)
    ]  # fmt: skip
    about = _entity(source, scope, 0, "table", "Table bolts: order, amount", facts={"table": "bolts", "rows": 4})
    return _row(source, scope), [about, *rows]


def _entity(
    source: str, scope: str, number: int, kind: Kind, text: str, parent: int = -1, facts: dict[str, Any] | None = None
) -> Entity:  # fmt: skip
    above = f"{source}-{parent}" if parent >= 0 else ""
    return Entity(f"{source}-{number}", source, scope, kind, text, Locator(), "bolts", above, number, facts or {})


def _row(source: str, scope: str) -> SourceRow:
    return SourceRow(source, f"/{source}", "", 0, "text/plain", source, scope, "test", (), "2026")


class World:
    """One memory, with every path out of it."""

    def __init__(self, folder: Path, readable: frozenset[str] | None = None) -> None:
        self.memory = Memory(Settings(home=folder), WordSpace())
        self.entities = [one for _, items in firm() for one in items if readable is None or one.scope in readable]
        for row, items in firm():
            kept = [one for one in items if readable is None or one.scope in readable]
            if kept:
                self._put(row, kept)
        self.memory.settle()
        links.link(self.memory.catalog)
        self.retriever = Retriever(self.memory, self.memory.catalog, self.memory.space)
        echo: Any = Echo()
        self.assistant = Assistant(self.retriever, self.memory, lambda: echo, wanted=any_kind)
        self.personal = Personal(self.memory.catalog, self.memory.settings)

    def _put(self, row: SourceRow, items: list[Entity]) -> None:
        self.memory.put_source(row, place(self.memory.space, items))

    def seen(self, question: str, viewer: Viewer, id: str) -> dict[str, Any]:
        """Everything this viewer can get out, by path."""
        catalog = self.memory.catalog
        *_, answer = self.assistant.ask(question, viewer)
        assert isinstance(answer, Answer)
        said = answer.as_dict()
        del said["seconds"], said["model"]  # how busy the machine is, and whether anybody asked before
        slots = self.memory.space.place([question])[0].slots
        chain = KotonohaRetriever(retriever=self.retriever, viewer=viewer).invoke(question)
        return {
            "search": self._found(question, viewer, k=20),
            "rows and concepts": self._found(question, viewer, kinds=("row", "concept")),
            "as a picture": self._found("", viewer, vectors=slots),
            "answer": said,
            "LangChain": [(one.id, one.page_content, one.metadata) for one in chain],
            "hydrate": set(self.memory.hydrate([one.id for _, items in firm() for one in items], viewer)),
            "sources": [row.id for row in catalog.sources(viewer.readable(catalog.scopes()))],
            "opened": self._or_absent(lambda: _opened(view.open_at(self.memory, self.personal, id, viewer))),
            "speakers": self._or_absent(lambda: [(e.id, m.times) for e, m in links.speakers(catalog, id, viewer)]),
            "concepts": [one.id for one in links.concepts(catalog, viewer)],
        }

    def _found(self, question: str, viewer: Viewer, **options: Any) -> list[Any]:
        hits = self.retriever.search(question, viewer, **options)
        return [
            (
                hit.entity.id, round(hit.score, 4), round(hit.coverage, 4), [e.id for e in hit.neighbours],
                [e.id for e in hit.parents], sorted(e.id for e in hit.duplicates),
            )
            for hit in hits
        ]  # fmt: skip

    @staticmethod
    def _or_absent(look: Any) -> Any:
        try:
            return look()
        except NotFound as error:
            return str(error)


def _opened(opened: view.Opened) -> tuple[Any, ...]:
    return opened.entity.id, opened.parts, [e.id for e in opened.before], [e.id for e in opened.after]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("whole"))
    yield made
    made.memory.close()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[frozenset[str], World]]:
    """Memories that hold only what somebody may read, each made when first needed."""

    class Parts(dict[frozenset[str], World]):
        def __missing__(self, readable: frozenset[str]) -> World:
            self[readable] = World(tmp_path_factory.mktemp("part"), readable)
            return self[readable]

    made = Parts()
    yield made
    for one in made.values():
        one.memory.close()


CASES = {
    "facts": POLICIES, "hour": st.integers(0, 12), "person": st.sampled_from(PEOPLE),
    "question": st.sampled_from(QUESTIONS), "id": st.sampled_from([one.id for _, items in firm() for one in items]),
}  # fmt: skip


def check(
    world: World, parts: dict[frozenset[str], World], facts: dict[str, Any], person: str, question: str, id: str,
    now: datetime,
) -> None:  # fmt: skip
    allowed = {one.id for one in world.entities if naive_may_read(facts, person, one.scope, now)}
    readable = frozenset(scope for scope in SCOPES if naive_may_read(facts, person, scope, now))
    viewer = Policy(yaml.safe_dump(facts)).viewer(person, now)
    seen = world.seen(question, viewer, id)
    assert seen["hydrate"] == allowed
    for path in ("search", "rows and concepts", "as a picture"):
        assert {id for hit in seen[path] for id in (hit[0], *hit[3], *hit[4], *hit[5])} <= allowed
    alone = parts[readable].seen(question, Viewer(person, readable), id)
    for path, what in seen.items():
        assert what == alone[path], path


@given(**CASES)
@settings(max_examples=40, deadline=None)
def test_every_path_shows_what_a_memory_of_only_the_readable_would_show(
    world: World, parts: dict[frozenset[str], World], facts: dict[str, Any], hour: int, person: str, question: str, id: str
) -> None:  # fmt: skip
    """Ids, order, scores, places, words and errors: what may not be read has no influence at all."""
    check(world, parts, facts, person, question, id, moment(hour))


@pytest.mark.slow
@given(**CASES)
@settings(max_examples=2_000, deadline=None)
def test_2000_people_see_exactly_what_the_naive_checker_allows(
    world: World, parts: dict[frozenset[str], World], facts: dict[str, Any], hour: int, person: str, question: str, id: str
) -> None:  # fmt: skip
    check(world, parts, facts, person, question, id, moment(hour))


@given(
    facts=POLICIES,
    hour=st.integers(0, 12),
    person=st.sampled_from(PEOPLE),
    events=st.lists(st.sets(st.sampled_from(SCOPES))),
)
@settings(max_examples=60, deadline=None)
def test_the_audit_shows_content_only_to_readers_of_all_its_scopes(
    world: World, facts: dict[str, Any], hour: int, person: str, events: list[set[str]]
) -> None:
    audit = Audit(world.memory.catalog, b"k" * 32, world.memory.settings.home / "audit.head")
    numbers = [audit.append(Event("ask", "b", scopes=tuple(sorted(one)), content={"question": "?"})) for one in events]
    viewer = Policy(yaml.safe_dump(facts)).viewer(person, moment(hour))
    hidden = {entry.number: entry.hidden for entry in audit.show(viewer)}
    for number, scopes in zip(numbers, events, strict=True):
        alone = all(naive_may_read(facts, person, scope, moment(hour)) for scope in scopes)
        assert hidden[number] == (not alone if scopes else person != "b")


def test_the_twin_would_notice_influence(world: World) -> None:
    """Two readers of different scopes do see different things, so equality above means something."""
    one, two = (world.seen("spindle", Viewer("x", frozenset(s)), "mixed-0") for s in ({"s0"}, {"s1"}))
    assert all(one[path] != two[path] for path in ("search", "hydrate", "sources", "opened", "concepts", "LangChain"))
    assert np.isfinite([hit[1] for hit in one["search"]]).all()
