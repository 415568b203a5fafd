"""Conversations over HTTP: nothing is lost, begun or named behind anybody's back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.serve.desk import MOST
from tests.test_web import Person, Served, endo, mori, served

__all__ = ["endo", "mori", "served"]
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
