"""What comes as text is text, whatever route it is for: what cannot be written down is refused before the route sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from assistant.govern.audit import Audit
from assistant.serve import api
from assistant.serve.parts import Parts
from assistant.serve.web.legible import read
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of

ROUTES = (
    ("PATCH", "/api/talks/{}"), ("POST", "/api/ask"), ("POST", "/api/ask/events"), ("POST", "/api/talks/ask"),
    ("POST", "/feedback"), ("POST", "/v1/chat/completions"), ("POST", "/chat/en/gradio_api/queue/join"),
    ("POST", "/sign-out"), ("POST", "/a/route/that/may/come"),
)  # fmt: skip
BAD = (b'{"title": "\\ud800"}', b'{"a": {"\\udfff": [1]}}', b'["\xed\xa0\x80"]', b'{"n": NaN}', b"[" * 100_000, b"{")


@pytest.fixture(scope="module")
def endo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
        stock(memory)
        parts = Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), accounts(memory), audit)
        known = {"Authorization": f"Bearer {parts.people.issue_token('endo', 'test')}"}
        yield TestClient(api.application(parts), "http://localhost", headers=known, client=("127.0.0.1", 1))


@pytest.mark.parametrize("body", BAD)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_body_that_cannot_be_written_down_is_refused_by_every_route(
    endo: TestClient, method: str, path: str, body: bytes
) -> None:
    reply = endo.request(method, path, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert reply.status_code == 422 and len(reply.content) < 300


def test_the_name_of_a_conversation_is_whole_characters(endo: TestClient) -> None:
    talk = endo.post("/api/talks/ask", data={"question": "warranty spindle"}).json()["talk"]
    halves = endo.patch(
        f"/api/talks/{talk}", content=b'{"title": "\\ud83c"}', headers={"Content-Type": "application/json"}
    )
    assert halves.status_code == 422
    whole = endo.patch(
        f"/api/talks/{talk}", content=b'{"title": "\\ud83c\\udf38"}', headers={"Content-Type": "application/json"}
    )
    assert whole.status_code < 300 and "🌸" in endo.get("/api/talks").text


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "no-such"])
def test_a_form_in_an_encoding_with_halves_of_characters_is_refused(endo: TestClient, charset: str) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="scope"\r\n\r\n+2AA-\r\n--b--\r\n'
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    assert endo.post("/sign-in", content=form, headers={"Content-Type": kind}).status_code == 422


def test_refusals_are_told_in_the_language_of_the_reader(endo: TestClient) -> None:
    reply = endo.post("/api/ask?lang=ja", content=b"[NaN]", headers={"Content-Type": "application/json"})
    assert "/api/openapi.json をご覧ください" in reply.json()["error"]


def test_text_is_told_from_what_only_looks_like_it() -> None:
    good = {
        b"": {},
        b"{}": {},
        '{"日": "本 🌸"}'.encode(): {"日": "本 🌸"},
        b'"\\ud83c\\udf38"': "🌸",
        b"[1e300]": [1e300],
    }
    assert {data: read(data) for data in good} == good
    for data in (*BAD, b"[1e999]", b"9" * 100_000):
        with pytest.raises(ValueError):
            read(data)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/jsonp", "multipart/form-data; boundary=b"])
def test_an_event_of_the_chat_is_json_by_its_own_word_and_of_bearable_size(endo: TestClient, kind: str) -> None:
    """What is not read as JSON at the door could name the session of somebody else."""
    event, path = b'{"session_hash": "e1", "data": [], "fn_index": 0}', "/chat/en/gradio_api/queue/join"
    assert endo.post(path, content=event, headers={"Content-Type": kind} if kind else {}).status_code == 404
    as_json = {"Content-Type": "application/json"}
    assert endo.post(path, content=event, headers=as_json).status_code not in (404, 413, 422)
    assert endo.post(path, content=b'"' + b"x" * 1_000_000 + b'"', headers=as_json).status_code == 413
