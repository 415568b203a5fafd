"""Programs are told what files are called, and nothing of where they lie on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient

from assistant.serve import api
from assistant.serve.names import named
from assistant.serve.parts import Parts
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import FIRM, WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of

QUESTION = "warranty spindle"


def govern(person: str) -> Viewer:
    """The same people, who may all govern."""
    return replace(viewer_of(person), may_govern=True)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A program of endo's, in a firm in which everybody may govern."""
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        stock(memory)
        people = accounts(memory)
        parts = Parts(memory.settings, memory, Parrot(memory), govern, keys(memory), people)
        token = people.issue_token("endo", "program")
        yield TestClient(api.application(parts), "http://localhost", headers={"Authorization": f"Bearer {token}"})


def chat(http: httpx.Client, **more: object) -> str:
    return http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}], **more}).text


def conversation(http: httpx.Client) -> str:
    """A conversation with its answer, and all feedback after something was said of it."""
    talk = http.post("/api/talks/ask", data={"question": QUESTION}).json()["talk"]
    while (said := http.get(f"/api/talks/{talk}")).json()[0]["state"] == "waiting":
        pass
    judged = {"talk": talk, "turn": said.json()[0]["turn"], "verdict": "bad"}
    assert http.post("/api/feedback", json=judged).status_code == 204
    return said.text + http.get("/api/feedback.jsonl").text


SAYS = {
    "sources": lambda http: http.get("/api/sources").text,
    "search": lambda http: http.get("/api/search", params={"query": QUESTION}).text,
    "ask": lambda http: http.post("/api/ask", json={"question": QUESTION}).text,
    "ask/events": lambda http: http.post("/api/ask/events", json={"question": QUESTION}).text,
    "chat/completions": chat,
    "chat/completions, streamed": lambda http: chat(http, stream=True),
    "talks and feedback": conversation,
}


@pytest.mark.parametrize("way", SAYS)
def test_a_program_is_told_the_names_of_files_and_no_path_of_this_machine(http: httpx.Client, way: str) -> None:
    said = SAYS[way](http)
    names = re.findall(r'"source": ?"([^"]*)"', said)
    assert names and not any(one == "" or "/" in one for one in names)
    assert str(FIRM) not in said


def test_a_file_is_found_in_the_list_of_sources_by_its_id_and_its_name(http: httpx.Client) -> None:
    names = {one["id"]: one["source"] for one in http.get("/api/sources").json()}
    found = http.get("/api/search", params={"query": QUESTION}).json()
    assert found and all(names[one["source_id"]].endswith(one["source"]) for one in found)


def test_files_of_one_name_are_told_apart_by_the_folders_above_them() -> None:
    cited = [{"mark": 1, "source": "/srv/a/plan.md"}, {"mark": 2, "source": "/srv/b/plan.md"}]
    said = named({"answer": "/srv", "citations": cited, "hits": [{"source": "/srv/a/plan.md"}]})
    assert [one["source"] for one in said["citations"]] == ["a/plan.md", "b/plan.md"]
    assert said["hits"] == [{"source": "a/plan.md"}] and said["answer"] == "/srv"
