"""Conversations over HTTP: nothing is lost, begun or named behind anybody's back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.search.question import WHAT, Question, Shown
from assistant.serve.conversing import Conversing
from assistant.serve.desk import MOST, Answering
from assistant.serve.parts import Parts
from assistant.serve.talks import TITLE, Turn
from assistant.serve.web.told import told
from assistant.serve.web.words import LANGUAGES, Language, words
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory import amending
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of
from tests.test_web import WARRANTY, Person, Served, endo, mori, served

__all__ = ["endo", "mori", "served"]
CALLED = "About a recording"
ASKED = ("warranty one", "warranty two", "warranty three")


def begun(person: Person) -> tuple[str, list[int]]:
    """A conversation of three questions; its name and their numbers."""
    person.ask("three", ASKED[0])
    talk = person.talk()
    for question in ASKED[1:]:
        person.ask("three", question, talk)
    return talk, [one["turn"] for one in turns(person, talk)]


def turns(person: Person, talk: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.http.get(f"/api/talks/{talk}").json()
    return found


def asked(person: Person, talk: str) -> list[str]:
    return [one["question"] for one in turns(person, talk)]


def again(person: Person, talk: str, number: int, language: str = "en", **wished: Any) -> tuple[int, str]:
    """Asks again; the status and what was said."""
    reply = person.http.post(f"/api/talks/{talk}/turns/{number}/again?lang={language}", json=wished)
    return reply.status_code, reply.json()["error"] if reply.status_code >= 400 else ""


def test_asking_an_earlier_question_again_deletes_later_ones_only_if_so_many_were_agreed_to(endo: Person) -> None:
    talk, numbers = begun(endo)
    assert again(endo, talk, numbers[0]) == (
        400, "2 later questions would be deleted with it (look at the conversation again)",
    )  # fmt: skip
    assert "2件" in again(endo, talk, numbers[0], "ja", question="pumps", later=1)[1]
    assert asked(endo, talk) == list(ASKED)
    assert again(endo, talk, numbers[1], question="pumps", later=1) == (202, "")
    assert "/open/" in endo.show("agreed", talk) and asked(endo, talk) == [ASKED[0], "pumps"]


def test_blank_words_for_a_question_change_nothing(endo: Person) -> None:
    talk, numbers = begun(endo)
    assert again(endo, talk, numbers[2], question=" \n ") == (400, "there is no question")
    assert asked(endo, talk) == list(ASKED)


@contextmanager
def full(served: Served, person: Person) -> Iterator[None]:
    """Meanwhile as many questions of this person wait as may wait."""
    go_on = threading.Event()
    served.parrot.pause = lambda: go_on.wait(60)
    talks = []
    try:
        while (reply := person.http.post("/api/talks/ask", data={"question": "warranty"})).status_code == 200:
            talks.append(reply.json()["talk"])
        assert reply.status_code == 429 and len(talks) >= MOST
        yield
    finally:
        served.parrot.pause = lambda: None
        go_on.set()
        for talk in talks:
            person.http.delete(f"/api/talks/{talk}")


def test_a_question_that_is_refused_leaves_nothing_behind_and_deletes_nothing(served: Served, endo: Person) -> None:
    talk, numbers = begun(endo)
    with full(served, endo):
        before = endo.http.get("/api/talks").json()
        assert "waiting already" in endo.ask("refused", "warranty")
        assert endo.http.post("/api/talks/ask", data={"question": "warranty"}).status_code == 429
        assert again(endo, talk, numbers[0], later=2)[0] == 429
        assert endo.http.get("/api/talks").json() == before
    assert asked(endo, talk) == list(ASKED)


def test_a_conversation_that_was_deleted_elsewhere_says_what_happens_next_and_keeps_the_question(endo: Person) -> None:
    endo.ask("gone", WARRANTY)
    talk = endo.talk()
    assert endo.http.delete(f"/api/talks/{talk}").status_code == 204
    for language in LANGUAGES:
        assert words(language)["talk_missing_next"] in endo.show("gone", talk, language)
    said = endo.ask("gone", "And for pumps?", talk)
    assert words("en")["talk_missing_next"] in said and '"And for pumps?"' in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_or_a_name_that_is_too_long_or_blank_is_told_in_plain_words(
    endo: Person, language: Language
) -> None:
    talk, numbers = begun(endo)
    long = "a question may have 4,000 characters"
    assert again(endo, talk, numbers[2], language, question="w" * 4_001) == (400, told(long, language))
    reply = endo.http.post(f"/api/talks/ask?lang={language}", data={"question": "w" * 4_001})
    assert (reply.status_code, reply.json()["error"]) == (400, told(long, language))
    assert asked(endo, talk) == list(ASKED)
    for name, why in (
        ("  ", "a conversation needs a name"),
        ("n" * 201, "the name of a conversation may have 200 characters"),
    ):
        reply = endo.http.patch(f"/api/talks/{talk}?lang={language}", json={"title": name})
        assert (reply.status_code, reply.json()["error"]) == (400, told(why, language))
    assert endo.http.get("/api/talks").json()[0]["title"] == ASKED[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_too_long_stays_in_the_box_whole_and_its_writer_is_told(endo: Person, language: Language) -> None:
    typed = "w" * 4_990 + " the end"
    assert endo.join("long", endo.ask_event, typed, "hybrid", "", language=language).status_code == 200
    said = endo.stream("long", language)
    assert told("a question may have 4,000 characters", language) in said and typed in said
    every = [one["props"] for one in endo.http.get(f"/chat/{language}/config").json()["components"]]
    (box,) = [one for one in every if one.get("elem_id") == "question"]
    assert box.get("max_length") is None


def test_an_answer_that_is_closed_says_every_reason_that_may_be_true(served: Served, endo: Person) -> None:
    """Whether it was hidden, forgotten or closed is told in the same words: nobody learns what is still there."""
    endo.ask("closed", WARRANTY)
    talk, memory = endo.talk(), served.parts.memory
    cited = turns(endo, talk)[0]["answer"]["citations"][0]["entity"]
    amending.hide(memory, cited, "endo")
    try:
        for language in LANGUAGES:
            assert words(language)["gone"] in endo.show("closed", talk, language)
    finally:
        amending.show(memory, cited)
    assert all(one in words("en")["gone"] for one in ("hidden", "forgotten", "changed", "no longer read"))
    assert told(words("en")["gone"], "ja") == words("ja")["gone"]


def test_a_conversation_begun_by_voice_is_called_after_what_was_heard_and_one_by_picture_has_a_plain_name(
    tmp_path: Path,
) -> None:
    with Memory(Settings(home=tmp_path), WordSpace()) as memory:
        stock(memory)
        parts = Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), accounts(memory))
        talking, long = Conversing(parts), "How long is the warranty? " * 20

        def titled(heard: str, mine: str = "") -> str:
            """What a conversation is called that began without words, in which this is heard."""
            go_on = threading.Event()
            read = lambda: (go_on.wait(30), Question(heard))[1]  # noqa: E731
            talk, answering = talking.ask("endo", " ", read=read, called=CALLED)
            assert talking.talks.talk("endo", talk).title == CALLED
            if mine:
                talking.talks.rename("endo", talk, mine)
            go_on.set()
            while not answering.ended:
                threading.Event().wait(0.01)
            assert answering.stage == "done", answering.error
            return talking.talks.talk("endo", talk).title

        assert titled("How long is the warranty?") == "How long is the warranty?"
        assert titled(long).startswith("How long") and len(titled(long)) <= TITLE
        assert titled(WHAT) == CALLED
        assert titled("How long is the warranty?", "Mine") == "Mine"


def test_a_question_about_a_picture_is_asked_again_about_what_was_read_from_it(tmp_path: Path) -> None:
    with Memory(Settings(home=tmp_path), WordSpace()) as memory:
        stock(memory)
        parts = Parts(memory.settings, memory, parrot := Parrot(memory), viewer_of, keys(memory), accounts(memory))
        talking = Conversing(parts)
        shown = Shown("HS-40", np.ones((2, memory.space.dim), np.float32))

        def damaged() -> Question:
            raise BadInput("plate.jpg: not a picture (text/plain)")

        def ended(found: Answering) -> Turn:
            while not found.ended:
                threading.Event().wait(0.01)
            return talking.talks.turns("endo", talk)[-1]

        talk, found = talking.ask("endo", "warranty", read=lambda: Question("warranty", shown), attached="plate.jpg")
        first = ended(found)
        for question in (None, "warranty one"):
            again = ended(talking.again("endo", talk, talking.talks.turns("endo", talk)[-1].number, question))
            assert again.attached is not None and first.attached is not None and again.state == "done"
            assert again.attached.name == "plate.jpg" and not again.lacks_its_file
            given = parrot.shown[-1]
            assert given.words == "HS-40" and np.array_equal(given.vectors, shown.vectors)
        talk, found = talking.ask("endo", "", read=damaged, attached="plate.jpg")
        failed = ended(found)
        assert (failed.question, failed.state, failed.lacks_its_file) == ("plate.jpg", "failed", True)
        with pytest.raises(BadInput, match="not kept"):
            talking.again("endo", talk, failed.number)
        assert talking.talks.turns("endo", talk) == (failed,)


def test_the_state_of_a_conversation_is_another_one_after_all_that_happens_in_it(endo: Person, mori: Person) -> None:
    talk, numbers = begun(endo)
    state = lambda: endo.http.get(f"/api/talks/{talk}/state").json()["state"]  # noqa: E731
    before = state()
    assert before == state() and before in endo.show("state", talk)
    assert again(endo, talk, numbers[2])[0] == 202
    assert "/open/" in endo.show("state again", talk) and state() != before
    assert mori.http.get(f"/api/talks/{talk}/state").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("nameplate 3号機.png", "nameplate 3号機.png"), ("../../etc/p<b>.png", "_.._etc_p_b_.png"), ("...", "shown"),
        ("a" * 200 + ".png", "a" * 64 + "…" + "a" * 11 + ".png"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_called_by_its_own_name(
    endo: Person, name: str, called: str, language: Language
) -> None:
    sent = {"image": (name, b"neither", "image/png")}
    talk = endo.http.post(f"/api/talks/ask?lang={language}", files=sent).json()["talk"]
    while (turn := turns(endo, talk)[0])["state"] == "waiting":
        threading.Event().wait(0.01)
    assert (turn["state"], turn["question"], turn["attached"]) == ("failed", called, called)
    assert called in endo.show("bad name", talk, language)


@pytest.mark.parametrize(("kind", "named"), [("image", "a_picture"), ("audio", "a_recording")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conversation_without_words_has_a_name_in_the_language_of_the_page(
    endo: Person, kind: str, named: str, language: Language
) -> None:
    reply = endo.http.post(f"/api/talks/ask?lang={language}", files={kind: ("shown.bin", b"neither")})
    titles = {one["id"]: one["title"] for one in endo.http.get("/api/talks").json()}
    assert titles[reply.json()["talk"]] == words(language)[named]


def test_of_a_damaged_file_a_program_is_told_its_name_and_no_folder_of_the_server(endo: Person) -> None:
    sent = endo.http.post("/api/talks/ask", data={"question": ""}, files={"image": ("plate.jpg", b"no picture")})
    assert sent.status_code == 200, sent.text
    while (turn := turns(endo, sent.json()["talk"])[0])["state"] == "waiting":
        threading.Event().wait(0.05)
    assert (
        turn["state"] == "failed" and "plate.jpg" in turn["answer"]["error"] and "/plate" not in turn["answer"]["error"]
    )
