from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ingest.base.access import Viewer
from ingest.base.errors import BadInput, MemoryHeld, MemoryMismatch
from ingest.base.settings import Settings
from ingest.memory import memory as store
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.space.entity import Draft, identify
from ingest.work import place

from .conftest import WordSpace


def put(memory: Memory, source: str, scope: str, *texts: str) -> list[str]:
    """Stores a source of passages and returns their ids."""
    entities = list(identify(source, scope, [Draft("passage", text) for text in texts]))
    items = place(memory.space, entities)
    memory.put_source(
        SourceRow(source, f"/{source}", "0" * 64, 1, "text/plain", source, scope, "test", (), "2026-01-01"), items
    )
    memory.settle()
    return [entity.id for entity in entities]


def find(memory: Memory, text: str, *scopes: str, k: int = 5) -> list[str]:
    viewer = Viewer("somebody", frozenset(scopes))
    address = memory.space.place([text])[0].address
    hits = memory.nearest(address, viewer, k)
    return [item.text for item in memory.hydrate([id for id, _ in hits], viewer).values()]


def test_a_viewer_finds_nothing_outside_the_scopes_he_reads(memory: Memory) -> None:
    put(memory, "open", "public", "the spindle is greased weekly")
    put(memory, "closed", "hr", "the salary is high")
    assert find(memory, "salary", "public") == ["the spindle is greased weekly"]
    assert find(memory, "salary") == []
    assert find(memory, "salary", "nonsense") == []


def test_hydrating_a_foreign_id_gives_nothing(memory: Memory) -> None:
    (secret,) = put(memory, "closed", "hr", "the salary is high")
    assert memory.hydrate([secret, "no such id"], Viewer("x", frozenset({"public"}))) == {}
    assert secret in memory.hydrate([secret], Viewer("x", frozenset({"hr"})))


def test_a_changed_source_keeps_what_stayed_and_drops_what_went(memory: Memory) -> None:
    kept, _ = put(memory, "s", "a", "one fish", "two birds")
    again, fresh = put(memory, "s", "a", "one fish", "three cats")
    assert again == kept
    assert sorted(find(memory, "fish", "a")) == ["one fish", "three cats"]
    assert memory.vector_ids("a") == {kept, fresh}


def test_a_forgotten_source_leaves_no_vector_word_or_row(memory: Memory) -> None:
    put(memory, "s", "a", "one fish")
    memory.forget_source("s")
    assert find(memory, "fish", "a") == []
    assert memory.vector_ids("a") == set()
    assert memory.catalog.count() == 0


def test_a_source_moved_to_a_stricter_scope_is_gone_from_the_old_one_at_once(memory: Memory) -> None:
    put(memory, "s", "public", "one fish")
    memory.move_source("s", "/s", "hr")
    assert find(memory, "fish", "public") == []
    memory.settle()
    assert find(memory, "fish", "hr") == ["one fish"]
    assert memory.vector_ids("public") == set()


def test_two_scopes_whose_names_contain_each_other_stay_apart(memory: Memory) -> None:
    put(memory, "s", "sales", "one fish")
    put(memory, "t", "sales-eu", "two fish")
    assert find(memory, "fish", "sales") == ["one fish"]


def test_a_scope_with_an_impossible_name_is_refused(memory: Memory) -> None:
    with pytest.raises(BadInput, match="cannot be the name of a scope"):
        put(memory, "s", "../HR", "one fish")


def test_a_second_owner_is_told_who_holds_the_memory(settings: Settings, memory: Memory) -> None:
    code = (
        "from pathlib import Path; from ingest.base.settings import Settings; from ingest.memory.memory import Memory\n"
        "from tests.conftest import WordSpace\n"
        f"Memory(Settings(home=Path({str(settings.home)!r})), WordSpace())"
    )
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert result.returncode != 0
    assert "MemoryHeld" in result.stderr
    assert "in use by process" in result.stderr
    with pytest.raises(MemoryHeld):
        store.owning(settings)


def test_a_memory_made_with_another_encoder_is_refused(settings: Settings, space: WordSpace) -> None:
    with Memory(settings, space):
        pass
    with pytest.raises(MemoryMismatch, match="was made with encoder"):
        Memory(settings, WordSpace("another"))


def test_vectors_are_restored_from_the_catalogue(settings: Settings, space: WordSpace) -> None:
    with Memory(settings, space) as memory:
        ids = put(memory, "s", "a", "one fish", "two birds", "three cats")
    for file in settings.vectors_folder.rglob("*"):
        if file.is_file():
            file.unlink()
    assert store.rebuild(settings, space) == 3
    with Memory(settings, space) as memory:
        assert memory.vector_ids("a") == set(ids)
        assert find(memory, "two birds", "a", k=1) == ["two birds"]


def test_pending_vectors_survive_until_they_are_delivered(settings: Settings, space: WordSpace) -> None:
    with Memory(settings, space) as memory:
        entity = next(identify("s", "a", [Draft("passage", "one fish")]))
        memory.put_source(
            SourceRow("s", "/s", "0" * 64, 1, "text/plain", "s", "a", "test", (), "2026-01-01"),
            place(space, [entity]),
        )
        memory._collections.clear()
        memory.settle = lambda: 0  # type: ignore[method-assign]  # as if killed before delivery
    with Memory(settings, space) as memory:
        assert find(memory, "fish", "a") == ["one fish"]
