"""Clients of the API: what is refused they are told in their own form, and an answer ends with what let its asker in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient

from assistant.govern.audit_row import Entry
from assistant.govern.entrance import OWNER
from assistant.govern.people import People
from assistant.serve import api
from assistant.serve.conversing import Conversing
from ingest.base.access import Viewer
from ingest.memory.catalog import Catalog
from tests.attack.target import Target
from tests.library import PASSWORDS
from tests.test_web import Person

QUESTION = "warranty spindle"
GOVERNOR = Viewer("boss", frozenset({"sales", "public", "operations", "hr"}), may_govern=True)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target")) as running:
        yield running


@pytest.fixture(autouse=True)
def as_before(target: Target) -> Iterator[None]:
    """Whatever became of endo's account, the next test finds it again."""
    yield
    target.parrot.pause = lambda: None
    if not target.people.knows("endo"):
        target.people.add("endo", PASSWORDS["endo"])
    target.people.enable("endo")


def package(target: Target, token: str = "") -> openai.OpenAI:
    key = token or target.people.issue_token("endo", "test")
    return openai.OpenAI(base_url=f"{target.url}/v1", api_key=key, max_retries=0)


def ask(client: openai.OpenAI, question: str = QUESTION) -> str:
    said = client.chat.completions.create(
        model="kotonoha", messages=[{"role": "user", "content": question}], stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in said)


def at_the_third_word(target: Target, act: Callable[[], object]) -> None:
    """Has something done in the middle of the next answer."""
    words = iter(range(1_000))
    target.parrot.pause = lambda: act() if next(words) == 2 else None


# -- errors in the form that clients show --------------------------------------------------------------------------


def test_a_question_that_is_refused_is_refused_before_the_stream_begins(target: Target) -> None:
    with pytest.raises(openai.BadRequestError, match="there is no question"):
        ask(package(target), "nothing")


def test_more_streams_than_may_wait_are_refused_with_429_and_none_is_cut(target: Target) -> None:
    go = threading.Event()
    target.parrot.pause = lambda: go.wait(60)
    client = package(target)

    def one(_: int) -> str:
        try:
            return ask(client)
        except openai.RateLimitError as error:
            go.set()
            return str(error.status_code)

    with ThreadPoolExecutor(13) as pool:
        said = list(pool.map(one, range(13)))
    assert said.count("429") == 3
    assert sum("[1]" in one for one in said) == 10


def test_a_package_shows_the_reason_of_every_refusal(target: Target) -> None:
    client = package(target)
    with pytest.raises(openai.AuthenticationError, match="sign in first"):
        package(target, "wrong").models.list()
    with pytest.raises(openai.UnprocessableEntityError, match="not of the form"):
        client.chat.completions.create(model="kotonoha", messages=[])
    with pytest.raises(openai.APIStatusError, match="may have 2,097,152 bytes") as caught:
        ask(client, "x" * (3 << 20))
    assert (caught.value.status_code, caught.value.code) == (413, "invalid_request")


def test_a_question_that_is_too_long_is_refused_and_never_answered_in_part(target: Target) -> None:
    client, asked, long = package(target), len(target.parrot.heard), "x" * 3_990
    said: list[Any] = [f"{long}{QUESTION}", [{"type": "text", "text": long}, {"type": "text", "text": QUESTION}]]
    for content in said:
        with pytest.raises(openai.BadRequestError, match="a question may have 4,000 characters"):
            client.chat.completions.create(model="kotonoha", messages=[{"role": "user", "content": content}])
    with target.client("endo") as http:
        assert http.get("/api/search", params={"query": long + QUESTION}).status_code == 400
        assert http.post("/api/ask", json={"question": long + QUESTION}).status_code == 422
    assert len(target.parrot.heard) == asked


def test_an_earlier_question_that_is_too_long_is_refused_as_long_as_it_would_be_read(target: Target) -> None:
    client, asked = package(target), len(target.parrot.heard)
    long = [{"role": "user", "content": "x" * 4_001}, {"role": "assistant", "content": "Yes."}]
    short = [{"role": "user", "content": "q" * 4_000}, {"role": "assistant", "content": "a" * 20_000}]
    now: Any = {"role": "user", "content": QUESTION}
    for before in (long, long + short):
        with pytest.raises(openai.BadRequestError, match="an earlier question may have 4,000 characters"):
            client.chat.completions.create(model="kotonoha", messages=[*before, now])
    assert len(target.parrot.heard) == asked
    for before in (short, [*long, *short, *short]):
        assert client.chat.completions.create(model="kotonoha", messages=[*before, now]).choices[0].message.content


@pytest.mark.parametrize("type", ["image_url", "input_audio", "file"])
def test_what_is_no_text_is_refused_and_never_left_out(target: Target, type: str) -> None:
    shown = {"type": type, type: {"url": "data:image/png;base64,AAAA"}}
    content: Any = [{"type": "text", "text": "What is this?"}, shown]
    with pytest.raises(openai.BadRequestError, match="only text is read here"):
        package(target).chat.completions.create(model="kotonoha", messages=[{"role": "user", "content": content}])


def test_errors_are_objects_where_the_openai_api_is_spoken_and_lines_elsewhere(target: Target) -> None:
    with target.client("endo") as http:
        for method, path in (("GET", "/v1/embeddings"), ("POST", "/v1/embeddings"), ("GET", "/v1/models/other")):
            answer = http.request(method, path, headers={"Accept": "text/html"})
            error = answer.json()["error"]
            assert answer.status_code == 404
            assert set(error) == {"message", "type", "param", "code"} and " " in error["message"]
        assert isinstance(http.get("/open/nothing").json()["error"], str)


def test_the_one_model_is_found_by_its_name(target: Target) -> None:
    assert package(target).models.retrieve("kotonoha").id == "kotonoha"
    with target.client("endo") as http:
        assert http.request("GET", "/v1/models/kotonoha").status_code == 200
    with pytest.raises(openai.NotFoundError, match="no such model"):
        package(target).models.retrieve("gpt-4o")


# -- an answer on its way ------------------------------------------------------------------------------------------


ENDS: dict[str, Callable[[Target], object]] = {
    "the account is shut": lambda target: target.people.disable("endo"),
    "the account is removed": lambda target: target.people.remove("endo"),
    "the token is revoked": lambda target: target.people.revoke("endo"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/events", "/v1/chat/completions"])
def test_an_answer_ends_with_what_let_its_asker_in(target: Target, path: str, end: str) -> None:
    at_the_third_word(target, lambda: ENDS[end](target))
    body = {"question": QUESTION, "messages": [{"role": "user", "content": QUESTION}], "stream": True}
    with target.client("endo") as http:
        said = http.post(path, json=body).text
    last = json.loads([line for line in said.splitlines() if line][-1].removeprefix("data: "))
    assert "not valid" in str(last["error"])
    assert "citations" not in said and "[1]" not in said
    assert "ask stopped" in [one.event.action for one in target.audit.show(GOVERNOR, person="endo")]


@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/events", "/v1/chat/completions"])
def test_who_hangs_up_in_the_middle_of_an_answer_is_in_the_record_with_what_was_said(target: Target, path: str) -> None:
    """A client of the OpenAI API is shown no word before the last, so there all of the answer may have been made."""
    go, before = threading.Event(), len(list(target.audit.show(GOVERNOR, person="endo")))
    at_the_third_word(target, lambda: go.wait(60))
    body = {"question": QUESTION, "messages": [{"role": "user", "content": QUESTION}], "stream": True}
    with target.client("endo") as http, http.stream("POST", path, json=body) as answer:
        next(answer.iter_raw())
    go.set()
    rows: list[Entry] = []
    while len(rows) <= before:
        rows = list(target.audit.show(GOVERNOR, person="endo"))
        time.sleep(0.05)
    assert rows[0].event.action in ("ask stopped", *["ask"] * path.startswith("/v1"))
    assert rows[0].event.content["question"] == QUESTION and rows[0].event.details["entities"]


def test_an_answer_that_is_asked_for_whole_is_refused_in_the_same_way(target: Target) -> None:
    client = package(target)
    at_the_third_word(target, lambda: target.people.revoke("endo"))
    with pytest.raises(openai.AuthenticationError, match="not valid"):
        client.chat.completions.create(model="kotonoha", messages=[{"role": "user", "content": QUESTION}])


def test_the_package_is_told_why_a_stream_ended(target: Target) -> None:
    client = package(target)
    at_the_third_word(target, lambda: target.people.disable("endo"))
    with pytest.raises(openai.APIError, match="not valid"):
        ask(client)


def test_an_answer_for_the_owner_of_the_machine_ends_when_the_first_account_is_added(
    target: Target, tmp_path_factory: pytest.TempPathFactory
) -> None:
    people = People(Catalog(tmp_path_factory.mktemp("none") / "people.sqlite"))
    parts = replace(target.parts, people=people, start="printed")
    at_the_third_word(target, lambda: people.add("mori", PASSWORDS["mori"]))
    owner = TestClient(api.application(parts), base_url="http://localhost", client=("127.0.0.1", 1))
    said = owner.post("/api/ask", json={"question": QUESTION}, headers={"Authorization": "Bearer printed"}).text
    assert "not valid" in said.splitlines()[-1] and '"answer"' not in said
    people.remove("mori")
    at_the_third_word(target, lambda: people.add("mori", PASSWORDS["mori"]))
    assert _in_a_conversation(Conversing(parts), OWNER) == "failed"


@pytest.mark.parametrize("end", ["the account is shut", "the account is removed"])
def test_an_answer_in_a_conversation_ends_with_its_askers_account(target: Target, end: str) -> None:
    conversing = Conversing(target.parts)
    assert _in_a_conversation(conversing, "endo") == "done"
    at_the_third_word(target, lambda: ENDS[end](target))
    assert _in_a_conversation(conversing, "endo") == "failed"


def _in_a_conversation(conversing: Conversing, person: str) -> str:
    """What becomes of a question there."""
    talk, answering = conversing.ask(person, QUESTION)
    while not answering.ended:
        threading.Event().wait(0.02)
    return conversing.talks.turns(person, talk)[-1].state


def test_what_the_chat_is_shown_of_an_answer_ends_with_the_session(target: Target) -> None:
    person = Person(target, "endo")  # type: ignore[arg-type]
    at_the_third_word(target, lambda: target.people.revoke("endo"))
    said = person.ask("session", QUESTION)
    assert "[1]" not in said and "process_completed" not in said


# -- what is read is recorded --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "action"),
    [("/api/search?query=warranty", "search"), ("/files/{source}", "open"), ("/map?question=warranty", "map")],
)
def test_whatever_shows_words_of_a_source_is_recorded(target: Target, path: str, action: str) -> None:
    source = target.firm["text"][0].source
    with target.client("endo") as http:
        assert http.get(path.format(source=source)).status_code == 200
    found = next(target.audit.show(GOVERNOR, person="endo"))
    assert found.event.action == action and found.event.scopes
