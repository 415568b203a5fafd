"""Words put right and entities hidden: found, or not found, from then on; kept when a file is read again; taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.app.demo import POLICY
from assistant.govern.audit import Audit
from assistant.govern.policy import Policies
from assistant.serve import api
from assistant.serve.parts import Parts
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import amended, amending, lexicon, links, tables
from ingest.memory.memory import Memory
from ingest.reading import Direct
from ingest.source import Source
from ingest.space.entity import Draft, Locator
from ingest.work import Report
from tests.conftest import WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys

RECORDED = "Machine three stopped.\nThe filter was full of middle chips.\nThe night shift cleaned it."
WRONG, RIGHT = "The filter was full of middle chips.", "The filter was full of metal chips."
TABLE = "order,units\nSO-1,3\nSO-2,5\nSO-3,9\n"
SALES = Viewer("endo", frozenset({"sales", "public"}), may_feed=True)


class Hearing:
    """Hears every line of a file of notes, two seconds each, as parts of one recording; and reads what is defined."""

    name = "hearing"

    def accepts(self, source: Source) -> bool:
        return source.path.suffix == ".txt"

    def read(self, source: Source) -> Iterator[Draft]:
        lines = source.path.read_text("utf-8").splitlines()
        yield Draft("sound", "a recording of the shift", key="all")
        for number, line in enumerate(lines):
            if line.startswith("="):
                yield Draft("concept", line, facts={"name": line.strip("= ")})
            else:
                yield Draft("utterance", line, Locator(start=2.0 * number, end=2.0 * number + 1.5), parent="all")


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _empty(memory: Memory) -> Iterator[None]:
    yield
    for row in memory.catalog.sources():
        memory.forget_source(row.id)
    memory.settle()


@pytest.fixture(scope="module")
def parts(memory: Memory) -> Parts:
    policies = Policies(memory.catalog)
    policies.put(POLICY.read_text("utf-8"), "test", "policy")
    people = accounts(memory)
    people.add("berg", "an auditor who looks on")
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "audit.head")

    def viewer_of(name: str) -> Viewer:
        policy = policies.current()
        assert policy is not None
        return policy.viewer(name)

    return Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), people, audit)


@pytest.fixture(scope="module")
def app(parts: Parts) -> FastAPI:
    return api.application(parts)


def client(app: FastAPI, name: str, password: str = "") -> TestClient:
    found = TestClient(app, base_url="http://localhost", follow_redirects=False)
    found.post("/sign-in", data={"name": name, "password": password or PASSWORDS[name]})
    return found


@pytest.fixture(scope="module")
def endo(app: FastAPI) -> TestClient:
    return client(app, "endo")


def read(memory: Memory, path: Path, text: str) -> Report:
    from ingest.readers.table import TableReader

    path.write_text(text, "utf-8")
    pipeline.ask(memory.catalog, [path], lambda _: "sales")
    (report,) = pipeline.run(memory, Direct([Hearing(), TableReader()]))
    assert report.status != "failed", report.error
    links.link(memory.catalog)
    return report


def entity(memory: Memory, text: str) -> str:
    found = memory.catalog.connection.execute("SELECT id FROM entity WHERE text LIKE ?", (f"%{text}%",)).fetchone()
    return str(found["id"])


def found(client: TestClient, query: str) -> list[str]:
    return [one["text"] for one in client.get("/api/search", params={"query": query}).json()]


def everything(memory: Memory) -> dict[str, list[Any]]:
    """All there is about entities, but for the numbers they are stored under."""
    columns = "id, source, scope, kind, text, title, locator, parent, ordinal, facts, address, slots"
    rows = memory.catalog.connection.execute(f"SELECT {columns} FROM entity ORDER BY id").fetchall()
    others = {
        name: memory.catalog.connection.execute(f"SELECT * FROM {name}").fetchall() for name in ("original", "rows")
    }
    words = sorted(id for id, _ in lexicon.search(memory.catalog, "filter order units stopped shift", ["sales"], 50))
    vectors = sorted(memory.vector_ids("sales"))
    return {"entity": [tuple(r) for r in rows], "words": words, "vectors": vectors} | {
        name: sorted(tuple(r) for r in found) for name, found in others.items()
    }


# -- words put right -----------------------------------------------------------------------------------------------


def test_corrected_words_are_found_at_once_and_those_that_were_read_are_not(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    read(memory, tmp_path / "shift.txt", RECORDED)
    id = entity(memory, "middle")
    assert WRONG in endo.get(f"/open/{id}").text and endo.get(f"/open/{id}").text.count("/correct?") == 1
    assert endo.post(f"/open/{id}/correct", data={"text": RIGHT}).headers["location"].startswith(f"/open/{id}")
    assert found(endo, "metal chips")[0] == RIGHT and WRONG not in str(found(endo, "middle chips"))
    address = memory.space.place([RIGHT])[0].address
    assert memory.nearest(address, SALES, 1) == [(id, pytest.approx(1.0, abs=1e-4))]
    page = endo.get(f"/open/{id}?lang=ja").text
    assert RIGHT in page and WRONG in page and "endoが" in page
    source = memory.catalog.entities([id])[id].source
    assert "訂正済み" in endo.get(f"/files/{source}?lang=ja").text
    event = next(one.event for one in parts.audit.show(SALES) if one.event.action == "correct") if parts.audit else None
    assert event and event.person == "endo" and event.content == {"was": WRONG, "now": RIGHT}


def test_a_correction_stays_when_the_file_is_read_again_and_is_told(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "shift.txt"
    read(memory, file, RECORDED)
    id = entity(memory, "middle")
    endo.post(f"/open/{id}/correct", data={"text": RIGHT})
    same = read(memory, file, RECORDED)
    assert same.status == "unchanged" and "corrected by hand: 1" in same.notes
    changed = read(memory, file, f"A new beginning.\n{RECORDED}")
    assert changed.status == "updated" and "corrected by hand: 1" in changed.notes
    kept = memory.catalog.entities([id])[id]
    assert kept.text == RIGHT and kept.locator.start == 4.0 and found(endo, "metal chips")[0] == RIGHT
    gone = read(memory, file, "Nothing of that kind.")
    assert "corrections whose words are gone: 1" in gone.notes and amended.correction(memory.catalog, id) is None


def test_a_correction_is_taken_back_word_for_word_and_vector_for_vector(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    read(memory, tmp_path / "shift.txt", RECORDED)
    before = everything(memory)
    id = entity(memory, "middle")
    for text in (RIGHT, "Something else."):
        endo.post(f"/open/{id}/correct", data={"text": text})
    assert everything(memory) != before
    assert endo.post(f"/open/{id}/restore").status_code == 303
    assert everything(memory) == before and endo.post(f"/open/{id}/restore").status_code == 404


def test_personal_data_in_a_correction_lies_sealed_also_after_the_file_is_read_again(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "shift.txt"
    read(memory, file, RECORDED)
    id = entity(memory, "middle")
    endo.post(f"/open/{id}/correct", data={"text": "Call 090-1234-5678 about the chips."})
    for text in (RECORDED, f"Good morning.\n{RECORDED}"):
        read(memory, file, text)
        assert "090-1234-5678" not in memory.catalog.entities([id])[id].text
        assert "090-1234-5678" not in str(everything(memory)) and "090-1234-5678" not in endo.get(f"/open/{id}").text
        reveals = Viewer("hoshino", frozenset({"sales"}), may_reveal=True)
        assert "090-1234-5678" in parts.personal.originals([id], reveals).values()
    parts.personal.rotate()
    assert parts.personal.typed(id, amended.corrected(memory.catalog, file_of(memory, id))[id]).startswith("Call 090")


def test_what_is_hidden_keeps_its_personal_data_sealed_and_its_file_closed(
    memory: Memory, parts: Parts, tmp_path: Path
) -> None:
    read(memory, tmp_path / "shift.txt", f"{RECORDED}\nCall 090-1234-5678 at once.")
    id, reveals = entity(memory, "Call"), Viewer("hoshino", frozenset({"sales"}), may_reveal=True)
    source = file_of(memory, id)
    amending.hide(memory, id, "endo")
    assert not parts.personal.may_open(source, SALES) and parts.personal.may_open(source, reveals)
    parts.personal.rotate()
    amending.show(memory, id)
    assert "090-1234-5678" in parts.personal.originals([id], reveals).values()


def file_of(memory: Memory, id: str) -> str:
    return memory.catalog.entities([id])[id].source


def test_corrected_words_speak_of_the_concepts_that_they_name(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    read(memory, tmp_path / "words.txt", "= swarf =")
    read(memory, tmp_path / "shift.txt", RECORDED)
    id, concept = entity(memory, "middle"), entity(memory, "swarf")
    endo.post(f"/open/{id}/correct", data={"text": "The filter was full of swarf."})
    assert [one.id for one, _ in links.speakers(memory.catalog, concept, SALES)] == [id]
    endo.post(f"/open/{id}/restore")
    assert links.speakers(memory.catalog, concept, SALES) == []


def test_only_what_was_heard_or_seen_is_corrected_and_only_with_words(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    read(memory, tmp_path / "orders.csv", TABLE)
    read(memory, tmp_path / "shift.txt", RECORDED)
    row = entity(memory, "order: SO-2")
    assert endo.post(f"/open/{row}/correct", data={"text": "order: SO-9"}).status_code == 400
    assert "/correct?" not in endo.get(f"/open/{row}").text and "/hide?" in endo.get(f"/open/{row}").text
    assert endo.post(f"/open/{entity(memory, 'middle')}/correct", data={"text": " \n "}).status_code == 400


# -- hidden --------------------------------------------------------------------------------------------------------


def test_what_is_hidden_is_found_by_nobody_until_it_is_shown_again(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "shift.txt"
    read(memory, file, RECORDED)
    before = everything(memory)
    whole, line = entity(memory, "recording"), entity(memory, "middle")
    source = file_of(memory, line)
    endo.post(f"/open/{line}/correct", data={"text": RIGHT})
    hidden = endo.post(f"/open/{whole}/hide").text
    assert "/show?" in hidden
    assert f'href="/files/{source}?lang=ja"' in hidden, "the other language has nothing to post"
    for text in (RECORDED, f"{RECORDED}\nA last word."):
        assert "hidden by hand: 1" in read(memory, file, text).notes
        assert found(endo, "filter chips recording last word") == [] and memory.vector_ids("sales") == set()
        assert memory.nearest(memory.space.place([RIGHT])[0].address, SALES, 5) == []
        assert endo.get(f"/open/{line}").status_code == 404 and f"/open/{line}" not in endo.get("/map").text
        assert endo.get(f"/files/{source}").text.count("/show?") == 1
    read(memory, file, RECORDED)
    assert endo.post(f"/open/{whole}/show").status_code == 303
    assert found(endo, "metal chips")[0] == RIGHT
    endo.post(f"/open/{line}/restore")
    assert everything(memory) == before
    assert endo.post(f"/open/{whole}/show").status_code == 404


def test_a_hidden_row_is_in_no_figure_and_the_table_says_so(
    memory: Memory, parts: Parts, endo: TestClient, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    read(memory, file, TABLE)
    before, row = everything(memory), entity(memory, "order: SO-2")
    source = file_of(memory, row)
    amending.hide(memory, row, "endo")
    for text in (TABLE, TABLE + "SO-4,1\n"):
        read(memory, file, text)
        (kept,) = tables.among(memory.catalog, [source], SALES)
        units = next(one.values for one in kept.table.columns if one.name == "units")
        assert 5.0 not in units and {3.0, 9.0} <= set(units)
        assert kept.table.left_out == ("rows hidden by hand: 1",)
    read(memory, file, TABLE)
    amending.show(memory, row)
    assert everything(memory) == before


def test_a_hidden_table_takes_its_rows_along_and_brings_them_back(memory: Memory, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    read(memory, file, TABLE)
    before, table = everything(memory), entity(memory, "3 rows")
    source = file_of(memory, table)
    amending.hide(memory, table, "endo")
    memory.catalog.connection.execute("UPDATE source SET redacted = ''")  # as if other data were to be redacted now
    assert read(memory, file, TABLE).status == "updated"
    assert tables.among(memory.catalog, [source], SALES) == [] and memory.catalog.count() == 0
    amending.show(memory, table)
    assert everything(memory) == before
    memory.forget_source(source)
    assert memory.catalog.connection.execute("SELECT count(*) FROM hidden").fetchone()[0] == 0


# -- who may -------------------------------------------------------------------------------------------------------


def test_nobody_puts_right_what_they_may_not_write(
    memory: Memory, app: FastAPI, endo: TestClient, tmp_path: Path
) -> None:
    read(memory, tmp_path / "shift.txt", RECORDED)
    id = entity(memory, "middle")
    mori, berg = client(app, "mori"), client(app, "berg", "an auditor who looks on")
    memory.catalog.connection.execute("UPDATE entity SET scope = 'public'")  # what both may read and none may write
    reads_only = {
        act: berg.post(f"/open/{id}/{act}", data={"text": RIGHT}).status_code for act in ("correct", "restore", "hide")
    }
    assert set(reads_only.values()) == {403} and "/correct?" not in berg.get(f"/open/{id}").text
    memory.catalog.connection.execute("UPDATE entity SET scope = 'sales'")
    absent = {
        act: mori.post(f"/open/{id}/{act}", data={"text": RIGHT}).status_code for act in ("correct", "restore", "hide")
    }
    assert set(absent.values()) == {404}
    amending.hide(memory, id, "endo")
    for somebody in (mori, berg):
        assert somebody.post(f"/open/{id}/show").status_code == 404
    assert memory.catalog.entities([id]) == {}
    assert endo.post(f"/open/{id}/show").status_code == 303
