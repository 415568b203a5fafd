"""A conversation belongs to its person, survives the process, and is shown only while what it rests on may be read."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.answer.outcome import Answer
from assistant.serve.desk import MOST, Answering, Desk
from assistant.serve.talks import Talks, Turn, answered, may_show
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, NotFound, TooMany
from ingest.memory.memory import Memory
from ingest.privacy import keys
from ingest.privacy.vault import Vault
from tests.library import Parrot, stock, viewer_of


@pytest.fixture
def talks(memory: Memory) -> Talks:
    return Talks(memory.catalog, Vault(keys.of(memory.settings), "talks.key"))


def answer(memory: Memory, question: str, viewer: Viewer) -> Turn:
    *_, last = Parrot(memory).ask(question, viewer)
    assert isinstance(last, Answer)
    return answered(1, last, viewer)


def test_somebody_elses_name_for_a_conversation_finds_nothing(talks: Talks) -> None:
    talk = talks.begin("endo", "warranty")
    assert talks.of("mori") == []
    for what in (talks.turns, talks.delete, talks.talk):
        with pytest.raises(NotFound):
            what("mori", talk)
    with pytest.raises(NotFound):
        talks.ask("mori", talk, "And for pumps?")
    talks.delete("endo", talk)
    assert talks.of("endo") == []


def test_what_was_said_is_there_after_a_restart_sealed_and_gone_once_deleted(talks: Talks, memory: Memory) -> None:
    stock(memory)
    talk = talks.begin("endo", "How long is the warranty?")
    turn = answer(memory, "How long is the warranty?", viewer_of("endo"))
    number = talks.ask("endo", talk, turn.question)
    talks.end(talk, Turn(number, "done", turn.question, turn.said, turn.rests))
    again = Talks(memory.catalog, Vault(keys.of(memory.settings), "talks.key"))
    (kept,) = again.turns("endo", talk)
    assert kept.said == turn.said and again.of("endo", "warranty")[0].title == "How long is the warranty?"
    memory.catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sealed = memory.catalog.connection.execute("SELECT sealed FROM turn").fetchone()[0]
    piece = sealed[:60]  # the rest lies on pages of its own
    assert b"warranty" not in sealed and piece in Path(memory.catalog.file).read_bytes()
    talks.delete("endo", talk)
    memory.catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert piece not in Path(memory.catalog.file).read_bytes()


def test_an_answer_is_shown_again_only_while_all_it_rests_on_may_be_read(memory: Memory) -> None:
    stock(memory)
    turn = answer(memory, "How long is the warranty on spindle units?", viewer_of("endo"))
    assert turn.rests and may_show(turn, viewer_of("endo"), memory)
    memory.catalog.connection.execute("UPDATE entity SET scope = 'hr' WHERE id = ?", (turn.rests[-1],))
    assert not may_show(turn, viewer_of("endo"), memory)


def test_a_name_is_one_line_and_never_empty(talks: Talks) -> None:
    talk = talks.begin("endo", "a\nb " * 100)
    assert "\n" not in talks.talk("endo", talk).title and len(talks.talk("endo", talk).title) <= 80
    with pytest.raises(BadInput):
        talks.rename("endo", talk, "  ")


def test_taking_a_question_back_takes_back_what_came_after_it(talks: Talks) -> None:
    talk = talks.begin("endo", "one")
    numbers = [talks.ask("endo", talk, text) for text in ("one", "two", "three")]
    talks.take_back("endo", talk, numbers[1])
    assert [turn.question for turn in talks.turns("endo", talk)] == ["one"]


# -- answers on their way ------------------------------------------------------------------------------------------


def test_people_are_served_in_turn_each_in_the_order_they_asked() -> None:
    desk, done, go_on, began = Desk(threads=1), [], threading.Event(), threading.Event()

    def held(answering: Answering):  # type: ignore[no-untyped-def]
        began.set()
        go_on.wait(30)
        yield

    def quick(answering: Answering):  # type: ignore[no-untyped-def]
        done.append(answering.question)
        yield

    desk.take("first", "held", held)
    assert began.wait(30)
    asked = [desk.take("endo", f"e{n}", quick) for n in range(3)] + [
        desk.take("mori", f"m{n}", quick) for n in range(2)
    ]
    assert [one.place for one in asked] == [1, 3, 5, 2, 4]
    go_on.set()
    while not all(one.ended for one in asked):
        threading.Event().wait(0.01)
    assert done == ["e0", "m0", "e1", "m1", "e2"]


def test_who_asks_too_much_is_told_and_a_fault_ends_its_own_answer_alone() -> None:
    desk, go_on, began = Desk(threads=1), threading.Event(), threading.Event()

    def broken(answering: Answering):  # type: ignore[no-untyped-def]
        began.set()
        go_on.wait(30)
        raise ValueError("a fault")
        yield

    def fine(answering: Answering):  # type: ignore[no-untyped-def]
        yield

    first = desk.take("endo", "broken", broken)
    assert began.wait(30)
    waiting = [desk.take("endo", str(n), fine) for n in range(MOST)]
    with pytest.raises(TooMany):
        desk.take("endo", "one more", fine)
    go_on.set()
    while not all(one.ended for one in (first, *waiting)):
        threading.Event().wait(0.01)
    assert first.stage == "failed" and "ValueError" in first.error and {one.stage for one in waiting} == {"done"}
