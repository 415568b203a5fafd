"""Retrieval: the right entity first, inside the viewer's scopes, with its context."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from assistant.search.retrieve import FEATURES, FLUENT_WEIGHTS, WORDS_WEIGHTS, Hit, Retriever, fuse, weights
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.space.entity import Draft, identify
from ingest.work import place

from .conftest import WordSpace

ALL = Viewer("owner", frozenset({"open", "closed"}))
GUEST = Viewer("guest", frozenset({"open"}))
VOCABULARY = ["pump", "valve", "seal", "oil", "bearing", "motor", "alarm", "spindle", "order", "salary"]


def put(memory: Memory, source: str, scope: str, *drafts: Draft | str) -> list[str]:
    """Stores a source and returns the ids of its entities."""
    made = (draft if isinstance(draft, Draft) else Draft("passage", draft) for draft in drafts)
    entities = list(identify(source, scope, made))
    row = SourceRow(source, f"/{source}", "0", 1, "text/plain", source, scope, "test", (), "")
    memory.put_source(row, place(memory.space, entities))
    memory.settle()
    return [entity.id for entity in entities]


@pytest.fixture
def retriever(memory: Memory) -> Retriever:
    return Retriever(memory, memory.catalog, memory.space)


def ids(hits: list[Hit]) -> list[str]:
    return [hit.entity.id for hit in hits]


def test_the_entity_that_speaks_of_the_question_comes_first(memory: Memory, retriever: Retriever) -> None:
    put(memory, "a", "open", "the pump was replaced in march", "the valve is made of steel", "orders are due in march")
    (first, *_) = retriever.search("What is the valve made of?", GUEST)
    assert first.entity.text == "the valve is made of steel"
    assert first.coverage == 1.0
    assert 0 < first.similarity < 1
    assert first.entity.slots.shape == (6, memory.space.dim)


def test_a_part_number_is_found_by_words_alone(memory: Memory, retriever: Retriever) -> None:
    put(memory, "a", "open", *(f"spare part AX-{n} of the pump" for n in range(100, 160)))
    assert retriever.search("ax-137", GUEST)[0].entity.text == "spare part AX-137 of the pump"


def test_a_japanese_question_finds_its_passage_by_words(memory: Memory, retriever: Retriever) -> None:
    put(
        memory,
        "a",
        "open",
        "主軸のグリースは毎週交換する。",
        "保証期間は納入から二年とする。",
        "出張の宿泊費は一万円まで。",
    )
    (first, *_) = retriever.search("保証期間は何年ですか", GUEST)
    assert first.entity.text.startswith("保証期間")
    assert first.similarity == 0.0


def test_nothing_outside_the_scopes_is_found(memory: Memory, retriever: Retriever) -> None:
    put(memory, "a", "open", "the pump is oiled")
    put(memory, "b", "closed", "the salary is high")
    assert [hit.entity.scope for hit in retriever.search("How high is the salary?", GUEST)] == ["open"]
    assert retriever.search("How high is the salary?", ALL)[0].entity.scope == "closed"
    assert retriever.search("How high is the salary?", Viewer("nobody", frozenset())) == []


@pytest.mark.parametrize("seed", range(3))
def test_what_may_not_be_read_changes_nothing(tmp_path: Path, seed: int) -> None:
    """Ids, order, scores and context are the same to the last bit, whatever lies in scopes closed to the viewer."""
    chance = random.Random(seed)

    def sentence() -> str:
        return " ".join(chance.choices(VOCABULARY, k=chance.randint(3, 9)))

    readable, secret = ([sentence() for _ in range(12)] for _ in range(2))
    questions = [sentence() for _ in range(4)]
    results = []
    for name, hidden in (("alone", []), ("beside", secret)):
        with Memory(Settings(home=tmp_path / name), WordSpace()) as memory:
            put(memory, "a", "open", *readable)
            put(memory, "b", "closed", *hidden)
            retriever = Retriever(memory, memory.catalog, memory.space)
            found = [retriever.search(question, GUEST) for question in questions]
            results.append(
                [[(hit.entity, hit.score, hit.neighbours, hit.duplicates) for hit in hits] for hits in found]
            )
    assert results[0] == results[1]


def test_a_row_that_moved_to_a_closed_scope_is_not_shown(memory: Memory, retriever: Retriever) -> None:
    """Even if an index still proposes it: the row itself is asked."""
    (id,) = put(memory, "a", "open", "the pump is oiled")
    memory.catalog.connection.execute("UPDATE entity SET scope = 'closed' WHERE id = ?", (id,))
    assert retriever.search("the pump", GUEST) == []


def test_the_same_told_twice_is_one_hit(memory: Memory, retriever: Retriever) -> None:
    one, *_ = put(memory, "a", "open", "the pump is oiled every week by the night shift")
    two, *_ = put(memory, "b", "open", "The pump is oiled every week, by the night shift!", "valves are steel")
    hits = retriever.search("How often is the pump oiled?", GUEST)
    assert len(hits) == 2
    assert {hits[0].entity.id, *(twin.id for twin in hits[0].duplicates)} == {one, two}


def test_another_figure_is_another_statement(memory: Memory, retriever: Retriever) -> None:
    """Rows that differ in one number are never folded."""
    put(memory, "a", "open", *(f"order of pumps and valves and seals for machine {n} in the hall" for n in range(4)))
    assert len(retriever.search("order of pumps", GUEST)) == 4


def test_neighbours_and_parents_come_along_when_they_may_be_read(memory: Memory, retriever: Retriever) -> None:
    drafts = [
        Draft("table", "Prices", key="t"),
        Draft("row", "pump costs 10", parent="t"),
        Draft("row", "valve costs 20", parent="t"),
        Draft("row", "seal costs 30", parent="t"),
    ]
    table, pump, _, seal = put(memory, "a", "open", *drafts)
    (hit, *_) = retriever.search("What does the valve cost?", GUEST, k=1)
    assert [one.id for one in hit.neighbours] == [pump, seal]
    assert [one.id for one in hit.parents] == [table]
    memory.catalog.connection.execute("UPDATE entity SET scope = 'closed' WHERE id IN (?, ?)", (table, seal))
    (hit, *_) = retriever.search("What does the valve cost?", GUEST, k=1)
    assert [one.id for one in hit.neighbours] == [pump]
    assert hit.parents == ()


def test_only_the_kinds_asked_for(memory: Memory, retriever: Retriever) -> None:
    put(memory, "a", "open", "the pump", Draft("picture", "a photograph of the pump"))
    assert [hit.entity.kind for hit in retriever.search("pump", GUEST, kinds=["picture"])] == ["picture"]


def test_a_thing_without_words_finds_what_lies_near_it(memory: Memory, retriever: Retriever) -> None:
    _, valve = put(memory, "a", "open", "pump", "valve")
    vectors = memory.space.place(["valve"])[0].slots
    assert ids(retriever.search("", GUEST, vectors=vectors))[0] == valve


@pytest.mark.parametrize("question", ["", "   ", "???", "the of and", "\x00", '"', "a" * 10_000])
def test_any_question_is_answered_with_a_list(memory: Memory, retriever: Retriever, question: str) -> None:
    put(memory, "a", "open", "the pump is oiled")
    assert len(retriever.search(question, GUEST)) <= 1


def test_an_empty_memory_has_no_hits(retriever: Retriever) -> None:
    assert retriever.search("pump", GUEST) == []


def test_asking_twice_gives_the_same(memory: Memory, retriever: Retriever) -> None:
    put(memory, "a", "open", *(f"{word} and pump" for word in VOCABULARY))
    assert [(h.entity.id, h.score) for h in retriever.search("pump", GUEST)] == [
        (h.entity.id, h.score) for h in retriever.search("pump", GUEST)
    ]


def test_fusion_prefers_what_both_rankings_know() -> None:
    assert fuse([[("a", 0.9), ("b", 0.8)], [("c", 7.0), ("b", 6.0)]]) == ["b", "a", "c"]
    assert fuse([[], []]) == []


def test_weights_are_named_after_features() -> None:
    assert set(FLUENT_WEIGHTS) | set(WORDS_WEIGHTS) <= set(FEATURES)
    assert np.count_nonzero(weights(True)) == len(FLUENT_WEIGHTS)
    assert np.count_nonzero(weights(False)) == len(WORDS_WEIGHTS)
