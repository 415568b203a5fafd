"""A conversation belongs to its person, is bounded, and is shown only while what it rests on may be read."""

from __future__ import annotations

from assistant.answer.answer import Answer
from assistant.serve import history
from assistant.serve.history import History, Turn, may_show
from ingest.base.access import Viewer
from ingest.memory.memory import Memory
from tests.library import Parrot, stock, viewer_of


def answer(memory: Memory, question: str, viewer: Viewer) -> Turn:
    *_, last = Parrot(memory).ask(question, viewer)
    assert isinstance(last, Answer)
    return Turn(last, viewer.may_reveal)


def test_somebody_elses_name_for_a_conversation_finds_nothing(memory: Memory) -> None:
    kept = History()
    kept.add("endo", "abc", answer(memory, "warranty", viewer_of("endo")))
    assert len(kept.turns("endo", "abc")) == 1
    assert kept.turns("mori", "abc") == kept.turns("endo", "xyz") == ()
    kept.forget("mori", "abc")
    assert len(kept.turns("endo", "abc")) == 1
    kept.forget("endo", "abc")
    assert kept.turns("endo", "abc") == ()


def test_old_turns_and_unused_conversations_are_forgotten(memory: Memory) -> None:
    kept, said = History(), answer(memory, "warranty", viewer_of("endo"))
    for _ in range(history.TURNS + 5):
        kept.add("endo", "long", said)
    assert len(kept.turns("endo", "long")) == history.TURNS
    for number in range(history.CONVERSATIONS):
        kept.add("endo", f"conversation {number}", said)
    assert kept.turns("endo", "long") == ()
    assert kept.turns("endo", f"conversation {history.CONVERSATIONS - 1}")


def test_an_answer_is_shown_again_only_while_all_it_rests_on_may_be_read(memory: Memory) -> None:
    stock(memory)
    said = answer(memory, "How long is the warranty on spindle units?", viewer_of("endo"))
    assert said.answer.hits and may_show(said, viewer_of("endo"), memory)
    memory.catalog.connection.execute("UPDATE entity SET scope = 'hr' WHERE id = ?", (said.answer.hits[-1].entity.id,))
    assert not may_show(said, viewer_of("endo"), memory)
