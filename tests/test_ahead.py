"""Sources are read before anybody asks: what a question would be given, newest first, up to the budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from assistant.answer import ahead, evidence
from assistant.answer.ahead import Ahead, units
from assistant.model.llm import Llm
from assistant.model.reader import Reader
from assistant.search.retrieve import Retriever
from ingest.memory import around
from ingest.memory.beside import Beside
from ingest.memory.memory import Memory
from ingest.privacy.keys import Files
from ingest.privacy.sealed import Sealed
from ingest.space.entity import Draft as Said
from ingest.space.entity import Entity

from .test_retrieve import ALL, put
from .tiny_gguf import write_model

WORDS = ("the pump is oiled weekly", "the valve is made of steel", "the door of the hall is grey")


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Llm:
    return Llm(
        write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", "qwen2", context=2048), context=2048, threads=1
    )


@pytest.fixture
def filled(memory: Memory) -> Memory:
    put(memory, "a", "open", *(Said("passage", f"{words} {'x' * 500}", title=words) for words in WORDS))
    put(memory, "b", "closed", "the salary of the pump operator is 300")
    put(memory, "t", "open", Said("row", "Order: 10; Amount: 5", title="Orders"))
    return memory


def made(llm: Llm, memory: Memory, most: int = 1 << 30) -> Reader:
    home = memory.settings.home
    return Reader(llm, sealed=Sealed(Files(home / "keys"), Beside(home), most))


def test_what_is_read_ahead_is_what_a_question_is_given(llm: Llm, filled: Memory) -> None:
    """Whatever is found, alone or with others: nothing of it has to be read when it is asked for."""
    reader = made(llm, filled)
    assert Ahead(filled.catalog, lambda: reader).read() > 0
    retriever = Retriever(filled, filled.catalog, filled.space)
    path: Callable[[str], str] = lambda source: str(filled.catalog.source(source).path)  # type: ignore[union-attr]  # noqa: E731
    for question in ("How often is the pump oiled?", "What is made of steel?", "Which colour has the door?"):
        for hit in retriever.search(question, ALL, 5):
            if hit.entity.kind == "row":
                continue
            (one,) = evidence.gather([hit], path, lambda entity: (), partial(flowing, filled))
            text = evidence_text(one)
            assert reader.shelf.has(text), text


def flowing(memory: Memory, entity: Entity) -> list[Entity]:
    return around.flow(memory.catalog, entity)


def evidence_text(one: evidence.Evidence) -> ahead.Text:
    return ahead.Text(one.title, one.text, scope=one.hit.entity.scope, source=one.hit.entity.source)


def test_how_far_it_is_can_be_asked(llm: Llm, filled: Memory) -> None:
    work = Ahead(filled.catalog, lambda: reader)
    reader = made(llm, filled)
    before = work.state()
    assert before.kept == 0 and before.waiting > 0 and before.size == 0
    counted: list[int] = []
    assert work.read(done=counted.append) == before.waiting == len(counted)
    after = work.state()
    assert (after.kept, after.waiting) == (before.waiting, 0) and after.size > 0 and not after.full
    assert work.read() == 0


def test_rows_of_tables_are_not_read_ahead_and_each_text_once(filled: Memory) -> None:
    texts = {row.id: list(units(filled.catalog, row)) for row in filled.catalog.sources()}
    assert texts["t"] == []
    assert len({text.text for text in texts["a"]}) == len(texts["a"])
    assert {text.scope for text in texts["b"]} == {"closed"}


def test_it_stops_when_somebody_asks_and_where_the_budget_is_full(llm: Llm, filled: Memory) -> None:
    reader = made(llm, filled)
    assert Ahead(filled.catalog, lambda: reader).read(lambda: False) == 0
    small = made(llm, filled, most=100)
    work = Ahead(filled.catalog, lambda: small)
    assert work.read() == 1, "one is too large for so little, and no other is tried"
    assert small.shelf.forgotten == 1
    size = reader.shelf.take([next(work.texts())])[0].size
    some = Ahead(filled.catalog, lambda: half)
    half = made(llm, filled, most=int(1.2 * size))
    assert 0 < some.read() < some.state().waiting + some.state().kept
    assert some.state().full


def test_a_thread_reads_when_nobody_asks(
    llm: Llm, filled: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And not before; what is new later is read later."""
    reader = made(llm, filled)
    monkeypatch.setattr(ahead, "LOOK", 0.01)
    reader.llm.used = time.monotonic()
    work = Ahead(filled.catalog, lambda: reader)
    with ahead.reading(filled.catalog, lambda: reader):
        time.sleep(0.3)
        assert work.state().kept == 0
        monkeypatch.setattr(ahead, "IDLE", 0.0)
        until(lambda: work.state().waiting == 0)
        put(filled, "c", "open", "the lamp is replaced in May")
        until(lambda: work.state().waiting == 0)


def until(true: Callable[[], bool]) -> None:
    while not true():
        time.sleep(0.05)
