"""What was closed or forgotten is found no more in conversations, and what was forgotten is gone from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from assistant.app import build
from assistant.cli import main
from assistant.serve import api
from assistant.serve.parts import Parts
from assistant.serve.talks import Talks
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import amending
from ingest.memory.memory import Memory
from ingest.privacy.keys import of
from ingest.privacy.vault import Vault
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace
from tests.library import Parrot, accounts, keys, viewer_of

WORDS, QUESTION = "The gearbox has 333 bolts.", "gearbox?"


class Firm:
    """One file in `sales`, a server, and people who read what `reads` says."""

    def __init__(self, memory: Memory) -> None:
        self.memory, self.reads = memory, {"sales"}
        self.parts = Parts(memory.settings, memory, Parrot(memory), self.viewer, keys(memory), accounts(memory))
        self.served = api.application(self.parts)
        self.bring("plan.txt", WORDS)

    def bring(self, name: str, words: str) -> None:
        file = self.memory.settings.home.parent / "files" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(words)
        pipeline.ask(self.memory.catalog, [file], lambda path: "sales")
        assert {one.status for one in pipeline.run(self.memory, Direct([ParagraphReader()]))} <= {"added", "updated"}

    def viewer(self, name: str) -> Viewer:
        return replace(viewer_of(name), scopes=frozenset(self.reads), may_feed=True, may_govern=True)

    def client(self, name: str) -> httpx.Client:
        token = self.parts.people.issue_token(name, "program")
        headers = {"Authorization": f"Bearer {token}", "Origin": "http://localhost"}
        return TestClient(self.served, "http://localhost", headers=headers)

    @property
    def source(self) -> str:
        return self.memory.catalog.sources()[0].id


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    with Memory(Settings(home=tmp_path / "home"), WordSpace()) as memory:
        yield Firm(memory)


def asked(http: httpx.Client) -> str:
    """A conversation in which the file was quoted."""
    talk = str(http.post("/api/talks/ask", data={"question": QUESTION}).json()["talk"])
    while http.get(f"/api/talks/{talk}").json()[0]["state"] == "waiting":
        pass
    assert found(http, "333 bolts") == [talk]
    return talk


def found(http: httpx.Client, words: str) -> list[str]:
    return [one["id"] for one in http.get("/api/talks", params={"search": words}).json()]


def sealed(firm: Firm) -> str:
    """All that is kept of conversations and of what was said about them, opened with the key."""
    vault, rows = Vault(of(firm.memory.settings), "talks.key"), firm.memory.catalog.connection.execute
    turns = [vault.open(row["talk"], row["sealed"]) for row in rows("SELECT talk, sealed FROM turn")]
    return "\n".join([*turns, *(vault.open("feedback", row["sealed"]) for row in rows("SELECT sealed FROM feedback"))])


def test_a_word_of_an_answer_that_is_closed_finds_no_conversation(firm: Firm) -> None:
    http = firm.client("endo")
    talk = asked(http)
    firm.reads = {"public"}
    assert found(http, "333 bolts") == [] and found(http, "gearbox?") == [talk]
    firm.reads = {"sales"}
    (entity,) = [one.id for one in firm.memory.catalog.entities_of(firm.source)]
    amending.hide(firm.memory, entity, "endo")
    assert found(http, "333 bolts") == []
    amending.show(firm.memory, entity)
    assert found(http, "333 bolts") == [talk]


@pytest.mark.parametrize("hide", [False, True])
def test_what_was_forgotten_is_gone_from_everybodys_conversations_and_feedback(firm: Firm, hide: bool) -> None:
    mine, theirs = firm.client("endo"), firm.client("mori")
    talks = [asked(mine), asked(theirs)]
    turn = mine.get(f"/api/talks/{talks[0]}").json()[0]["turn"]
    judged = {"talk": talks[0], "turn": turn, "verdict": "bad", "answer": "333 bolts", "remark": "too short"}
    assert mine.post("/api/feedback", json=judged).status_code == 204
    if hide:
        amending.hide(firm.memory, firm.memory.catalog.entities_of(firm.source)[0].id, "endo")
    assert "333 bolts" in sealed(firm)
    assert mine.post(f"/files/{firm.source}/forget", follow_redirects=False).status_code == 303
    assert "bolts" not in sealed(firm) and "too short" in sealed(firm)
    for http, talk in zip((mine, theirs), talks, strict=True):
        assert found(http, "bolts") == [] and found(http, QUESTION) == [talk]
        assert http.get(f"/api/talks/{talk}").json()[0] | {"turn": 0} == {
            "turn": 0, "state": "done", "question": QUESTION, "attached": "", "answer": None,
        }  # fmt: skip
    assert "too short" in mine.get("/api/feedback.jsonl").text and mine.get("/govern/health").status_code == 200


def test_answers_from_other_files_stay(firm: Firm) -> None:
    http = firm.client("endo")
    talk = asked(http)
    firm.bring("other.txt", "Holidays begin in August.")
    forgotten = next(row.id for row in firm.memory.catalog.sources() if row.path.endswith("other.txt"))
    http.post(f"/files/{forgotten}/forget", follow_redirects=False)
    assert found(http, "333 bolts") == [talk]


@pytest.mark.parametrize("way", ["forget", "prune"])
def test_what_is_forgotten_by_command_is_gone_from_conversations_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(build, "space", lambda settings: WordSpace())
    settings = Settings(home=tmp_path / "home")
    build.note(settings, build.catalog(settings), "ingest", {})
    with Memory(settings, WordSpace()) as memory:
        asked(Firm(memory).client("endo"))
    file = tmp_path / "files" / "plan.txt"
    if way == "prune":
        file.unlink()
    act = ["ingest", "--prune", str(file.parent)] if way == "prune" else ["forget", str(file)]
    assert main(["--home", str(settings.home), *act]) == 0
    kept = Talks(build.catalog(settings), Vault(of(settings), "talks.key"))
    (talk,) = kept.of("endo")
    assert [(one.question, one.said) for one in kept.turns("endo", talk.id)] == [(QUESTION, {})]
