"""Two sources answer together where neither does alone, and only then."""

from __future__ import annotations

from assistant.answer.chain import Chain, follow, within
from assistant.answer.quote import rank
from assistant.search.retrieve import Retriever
from ingest.base.access import Viewer
from ingest.memory.memory import Memory

from .test_retrieve import ALL, GUEST, put

LOG = "The machine MC-3 stopped on 9 June with alarm E-217."
MANUAL = "Alarm E-217 means that the coolant is too hot."


def chain(memory: Memory, question: str, viewer: Viewer = ALL, k: int = 1) -> Chain | None:
    retriever = Retriever(memory, memory.catalog, memory.space)
    asked, hits = retriever.ask(question, viewer), retriever.search(question, viewer, k=k)
    return follow(question, asked, viewer, retriever, hits, rank(question, asked, hits))


def test_what_one_source_names_is_looked_up_in_another(memory: Memory) -> None:
    put(memory, "log", "open", LOG)
    put(memory, "manual", "open", MANUAL, "Alarm E-240 means that the tool is loose.")
    found = chain(memory, "What does the alarm mean that stopped MC-3 on 9 June?")
    assert found is not None
    assert [one.text for one in found.candidates] == [LOG, MANUAL]
    assert [hit.entity.text for hit in found.hits] == [LOG, MANUAL]
    assert found.covered == 1.0


def test_a_part_number_that_only_another_source_knows(memory: Memory) -> None:
    put(memory, "machines", "open", "MC-4 is fitted with spindle HS-40.")
    put(memory, "manual", "open", "The maximum speed of the spindle HS-40 is 12,000 rpm.")
    found = chain(memory, "What is the maximum speed of the spindle of MC-4?")
    assert found is not None
    assert "12,000 rpm" in found.candidates[1].text


def test_one_source_that_says_it_all_is_enough(memory: Memory) -> None:
    put(memory, "log", "open", "Alarm E-217 stopped MC-3, which means hot coolant.")
    put(memory, "manual", "open", MANUAL)
    assert chain(memory, "What does the alarm mean that stopped MC-3?") is None


def test_a_chain_never_leaves_the_scopes(memory: Memory) -> None:
    put(memory, "log", "open", LOG)
    put(memory, "manual", "closed", MANUAL)
    question = "What does the alarm mean that stopped MC-3 on 9 June?"
    assert chain(memory, question) is not None
    assert chain(memory, question, GUEST) is None


def test_a_range_of_serial_numbers_is_kept() -> None:
    units = "It applies to spindles from HS40-2200 to HS40-2400."
    assert within(units, "MC-3 has the spindle HS40-2318")
    assert not within(units, "MC-4 has the spindle HS40-2455")
    assert within("It applies to all spindles.", "MC-4 has the spindle HS40-2455")
