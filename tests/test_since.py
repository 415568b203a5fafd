"""An earlier answer that quotes words which were corrected since says so, wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.serve import api
from assistant.serve.conversing import Conversing
from assistant.serve.parts import Parts
from assistant.serve.web import pieces
from assistant.serve.web.words import LANGUAGES, words
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys
from tests.test_amending import RECORDED, RIGHT, SALES, WRONG, entity, read


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path / "home"), WordSpace()) as memory:
        read(memory, tmp_path / "shift.txt", RECORDED)
        yield memory


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_whose_quotation_was_corrected_since_says_so_until_it_is_taken_back(
    memory: Memory, language: str
) -> None:
    parts = Parts(memory.settings, memory, Parrot(memory), lambda name: SALES, keys(memory), accounts(memory))
    headers = {"Authorization": f"Bearer {parts.people.issue_token('endo', 'x')}", "Origin": "http://localhost"}
    http, talking = TestClient(api.application(parts), "http://localhost", headers=headers), Conversing(parts)
    talk = http.post("/api/talks/ask", data={"question": "What was the filter full of?"}).json()["talk"]
    while (turn := http.get(f"/api/talks/{talk}").json()[0])["state"] == "waiting":
        pass
    assert turn["answer"]["citations"][0]["quote"] == WRONG and "corrected" not in turn["answer"]

    def says() -> list[bool]:
        page = pieces.past(talk, talking.shown("endo", talk), (), language)  # type: ignore[arg-type]
        kept = http.get(f"/api/talks/{talk}/export.md", params={"lang": language}).text
        said = http.get(f"/api/talks/{talk}").json()[0]["answer"]
        once = words(language)["quote_corrected"].format(numbers=1)  # type: ignore[arg-type]
        return [once in page, words(language)["corrected_since_then"] in kept, said.get("corrected") == [1]]  # type: ignore[arg-type]

    assert says() == [False] * 3
    filter = entity(memory, WRONG)
    for text in (RIGHT, "The belt was torn."):
        assert http.post(f"/open/{filter}/correct", data={"text": text}, follow_redirects=False).status_code == 303
        assert says() == [True] * 3
    assert http.post(f"/open/{filter}/restore", follow_redirects=False).status_code == 303
    assert says() == [False] * 3


def test_an_answer_made_with_corrected_words_says_when_they_were_taken_back(memory: Memory) -> None:
    parts = Parts(memory.settings, memory, Parrot(memory), lambda name: SALES, keys(memory), accounts(memory))
    headers = {"Authorization": f"Bearer {parts.people.issue_token('endo', 'x')}", "Origin": "http://localhost"}
    http = TestClient(api.application(parts), "http://localhost", headers=headers)
    filter = entity(memory, WRONG)
    http.post(f"/open/{filter}/correct", data={"text": RIGHT}, follow_redirects=False)
    talk = http.post("/api/talks/ask", data={"question": "What was the filter full of?"}).json()["talk"]
    while (turn := http.get(f"/api/talks/{talk}").json()[0])["state"] == "waiting":
        pass
    assert turn["answer"]["citations"][0]["quote"] == RIGHT and "corrected" not in turn["answer"]
    http.post(f"/open/{filter}/restore", follow_redirects=False)
    assert http.get(f"/api/talks/{talk}").json()[0]["answer"]["corrected"] == [1]
