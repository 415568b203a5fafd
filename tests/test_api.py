"""The server asks the gate on every route, tells absent and forbidden alike, and opens sources at their place."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from PIL import Image

from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from assistant.govern.people import People
from assistant.serve import api
from assistant.serve.parts import Parts
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.readers.text import TextReader
from ingest.space.entity import Entity
from tests.conftest import FIRM, WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys, read, stock, viewer_of

HOME = "http://localhost"
CHEAP = PasswordHasher(1, 8, 1)
SIGN_IN = {"Origin": HOME}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """One memory for all tests of this file: they read, and sign in anew."""
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as opened:
        yield opened


@pytest.fixture(scope="module")
def firm(memory: Memory, audit: Audit) -> dict[str, list[Entity]]:
    return stock(memory)


@pytest.fixture(scope="module")
def people(memory: Memory, audit: Audit) -> People:
    return accounts(memory)


@pytest.fixture(scope="module")
def audit(memory: Memory) -> Audit:
    """The record, begun while the memory was empty."""
    audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
    audit.append(Event("ingest", "owner"))
    return audit


@pytest.fixture(scope="module")
def parts(memory: Memory, people: People, audit: Audit) -> Parts:
    return Parts(memory.settings, memory, Parrot(memory), viewer_of, keys(memory), people, audit)


server = lru_cache(api.application)


def client(parts: Parts, **headers: str) -> TestClient:
    return TestClient(
        server(parts), base_url=HOME, headers=headers, follow_redirects=False, client=("127.0.0.1", 50_000)
    )


def bearer(parts: Parts, person: str) -> TestClient:
    return client(parts, Authorization=f"Bearer {parts.people.issue_token(person, 'test')}")


@pytest.fixture
def endo(parts: Parts, firm: dict[str, list[Entity]]) -> TestClient:
    return bearer(parts, "endo")


@pytest.fixture
def mori(parts: Parts, firm: dict[str, list[Entity]]) -> TestClient:
    return bearer(parts, "mori")


# -- asking ------------------------------------------------------------------------------------------------------


def test_an_answer_comes_in_lines_and_the_last_is_the_whole_of_it(endo: TestClient) -> None:
    reply = endo.post("/api/ask", json={"question": "warranty spindle"})
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert reply.headers["content-type"] == "application/x-ndjson"
    assert [line["event"] for line in lines][:2] == ["found", "draft"]
    answer = lines[-1]
    assert answer["event"] == "answer" and not answer["refused"]
    assert {"answer", "refused", "citations", "hits", "grounding", "model", "tokens", "seconds"} <= set(answer)
    drafted = "".join(line["text"] for line in lines if line["event"] == "draft")
    assert drafted.strip() == " ".join(answer["citations"][0]["quote"].split())


def test_what_is_wrong_with_a_question_is_said_before_the_stream(endo: TestClient) -> None:
    assert endo.post("/api/ask", json={"question": "nothing"}).status_code == 400
    assert endo.post("/api/ask", json={"question": ""}).status_code == 422
    assert endo.post("/api/ask", json={"question": "q", "grounding": "magic"}).status_code == 422


def test_sources_are_listed_only_when_readable(endo: TestClient, mori: TestClient) -> None:
    assert {row["scope"] for row in endo.get("/api/sources").json()} == {"sales", "public", "operations"}
    assert {row["scope"] for row in mori.get("/api/sources").json()} == {"hr", "public"}


def test_hits_and_citations_hold_nothing_of_closed_scopes(endo: TestClient) -> None:
    lines = endo.post("/api/ask", json={"question": "The salary of Tanabe is secret."}).text.splitlines()
    said = [{**json.loads(line), "question": ""} for line in lines]
    assert said[-1]["event"] == "answer" and "salary of" not in str(said)


# -- opening -----------------------------------------------------------------------------------------------------


def test_a_passage_opens_with_its_quotation_marked_and_escaped(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    entity = firm["text"][1]
    page = endo.get(f"/open/{entity.id}?quote=0-12")
    assert f'<mark id="cited">{entity.text[:12]}</mark>' in page.text
    assert entity.title.split(" > ")[-1] in page.text
    html = endo.get(f"/open/{firm['html'][0].id}").text
    assert "&lt;b&gt;Hoshinagi&lt;/b&gt;" in html and "<b>Hoshinagi" not in html


def test_a_page_of_a_pdf_is_drawn_with_its_box(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    entity = next(one for one in firm["pdf"] if one.kind == "passage" and one.locator.box)
    assert f"/open/{entity.id}/page.png" in endo.get(f"/open/{entity.id}").text
    drawn = Image.open(io.BytesIO(endo.get(f"/open/{entity.id}/page.png").content)).convert("RGB")
    assert entity.locator.box is not None
    scale = drawn.width / 595
    x, y = int((entity.locator.box[0] + 2) * scale), int(entity.locator.box[1] * scale - 5)
    assert any(_is_ink(drawn.getpixel((x, y + dy))) for dy in range(-3, 6))


def test_a_picture_is_drawn_upright_with_its_box(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    reply = endo.get(f"/open/{firm['picture'][0].id}/page.png")
    drawn = Image.open(io.BytesIO(reply.content)).convert("RGB")
    width = Image.open(FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg").width
    scale = drawn.width / width
    assert any(_is_ink(drawn.getpixel((int(250 * scale), int(100 * scale) - 5 + dy))) for dy in range(-3, 4))


def _is_ink(pixel: Any) -> bool:
    red, green, blue = pixel
    return red > 180 and 50 < green < 110 and blue < 60


def test_a_recording_starts_at_its_second(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    entity = firm["sound"][2]
    page = endo.get(f"/open/{entity.id}").text
    assert f'src="/open/{entity.id}/file#t=4.0,5.5"' in page
    assert "line 1" in page and "line 3" in page


def test_a_row_stands_marked_among_its_neighbours(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    entity = [one for one in firm["table"] if one.kind == "row"][10]
    page = endo.get(f"/open/{entity.id}").text
    assert page.count('<tr class="cited" id="here">') == 1 and page.count("<tr") > 8


def test_an_event_is_drawn_in_its_record(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    entity = next(one for one in firm["sensor"] if one.kind == "event")
    page = endo.get(f"/open/{entity.id}").text
    assert "<polyline" in page and 'class="band"' in page and str(entity.facts["quantity"]) in page


def test_the_original_comes_whole_and_in_ranges(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    data = (FIRM / "operations" / "sound" / "shift-report-2026-06-09.flac").read_bytes()
    address = f"/open/{firm['sound'][0].id}/file"
    whole = endo.get(address)
    assert whole.content == data and whole.headers["content-disposition"].startswith("inline")
    part = endo.get(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert endo.get(address, headers={"Range": "bytes=-50"}).content == data[-50:]
    assert endo.get(address, headers={"Range": f"bytes={len(data)}-"}).status_code == 416


def test_a_page_that_could_hold_scripts_is_only_handed_over(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    reply = endo.get(f"/open/{firm['html'][0].id}/file")
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in reply.headers["content-security-policy"]


def test_absent_and_forbidden_read_alike_on_every_route(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    forbidden = firm["secret"][0].id
    for route in ("/open/{}", "/open/{}/page.png", "/open/{}/file"):
        replies = [endo.get(route.format(id)) for id in (forbidden, "f" * 32)]
        assert [reply.status_code for reply in replies] == [404, 404]
        assert replies[0].content == replies[1].content
        assert dict(replies[0].headers) == dict(replies[1].headers)


def test_a_file_that_changed_is_not_shown_but_what_was_read_is(parts: Parts, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("the words that were read", "utf-8")
    (entity,) = read(parts.memory, path, "public", TextReader())
    path.write_text("something else", "utf-8")
    page = bearer(parts, "endo").get(f"/open/{entity.id}").text
    assert "has changed" in page and "the words that were read" in page and "something else" not in page
    assert bearer(parts, "endo").get(f"/open/{entity.id}/file").status_code == 404


def test_the_page_speaks_japanese_where_the_browser_does(endo: TestClient, firm: dict[str, list[Entity]]) -> None:
    page = endo.get(f"/open/{firm['text'][0].id}", headers={"Accept-Language": "ja,en;q=0.5"}).text
    assert '<html lang="ja">' in page and "原本をダウンロード" in page


def test_what_is_opened_and_what_is_refused_is_recorded(
    endo: TestClient, firm: dict[str, list[Entity]], audit: Audit
) -> None:
    endo.get(f"/open/{firm['text'][0].id}")
    endo.get(f"/open/{firm['secret'][0].id}")
    refused, opened = list(audit.show(viewer_of("owner"), action="open"))[:2]
    assert opened.event.person == "endo" and opened.event.scopes == ("public",)
    assert refused.event.details["denied"] is True and not refused.event.content
    assert audit.verify() == []


# -- the door -----------------------------------------------------------------------------------------------------


def test_a_session_is_kept_in_a_cookie_that_scripts_and_other_sites_cannot_use(parts: Parts) -> None:
    browser = client(parts)
    form = {"name": "endo", "password": PASSWORDS["endo"], "next": "/api/sources"}
    reply = browser.post("/sign-in", data=form, headers=SIGN_IN)
    cookie = reply.headers["set-cookie"].lower()
    assert (reply.status_code, reply.headers["location"]) == (303, "/api/sources")
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert browser.get("/api/sources").status_code == 200
    browser.post("/sign-out", headers=SIGN_IN)
    assert browser.get("/api/sources").status_code == 401


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(parts: Parts) -> None:
    pages = [
        client(parts).post("/sign-in", data={"name": name, "password": "wrong wrong wrong"}, headers=SIGN_IN)
        for name in ("endo", "nobody")
    ]
    assert [page.status_code for page in pages] == [401, 401]
    assert pages[0].text == pages[1].text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_leads_nowhere_else(parts: Parts, target: str) -> None:
    form = {"name": "endo", "password": PASSWORDS["endo"], "next": target}
    assert client(parts).post("/sign-in", data=form, headers=SIGN_IN).headers["location"] == "/"


def test_somebody_the_policy_does_not_name_reads_nothing(parts: Parts, firm: dict[str, list[Entity]]) -> None:
    assert bearer(parts, "stranger").get("/api/sources").json() == []
    assert bearer(parts, "stranger").get(f"/open/{firm['text'][0].id}").status_code == 404


def test_a_revoked_token_is_refused_at_the_next_request(parts: Parts, endo: TestClient) -> None:
    assert endo.get("/api/sources").status_code == 200
    parts.people.revoke("endo")
    assert endo.get("/api/sources").status_code == 401


@pytest.fixture
def alone(parts: Parts, tmp_path: Path) -> Parts:
    """The same server before there is any account."""
    return replace(parts, people=People(Catalog(tmp_path / "people.sqlite"), hasher=CHEAP), start="printed")


def test_without_accounts_only_this_machine_may_be_served(alone: Parts) -> None:
    with pytest.raises(BadInput, match="without accounts"):
        api.serve(alone, host="0.0.0.0")


def test_without_accounts_the_printed_address_lets_its_owner_in_and_nobody_else(
    alone: Parts, firm: dict[str, list[Entity]]
) -> None:
    browser, entity = client(alone), firm["text"][0].id
    for path in ("/api/sources", f"/open/{entity}", "/chat/en/"):
        assert browser.get(path).status_code == 401
    assert browser.get("/sign-in").status_code == 401 and "serve" in browser.get("/sign-in").text
    assert browser.get("/enter", params={"token": "guessed"}).status_code == 401
    entered = browser.get("/enter", params={"token": "printed"})
    cookie = entered.headers["set-cookie"].lower()
    assert entered.status_code == 200 and "httponly" in cookie and "samesite=strict" in cookie
    assert browser.get("/api/sources").status_code == 200
    assert client(alone, Authorization="Bearer printed").get("/api/sources").status_code == 200


def test_the_first_account_holds_from_the_next_request_on(alone: Parts) -> None:
    browser = client(alone)
    browser.get("/enter", params={"token": "printed"})
    assert browser.get("/api/sources").status_code == 200
    alone.people.add("endo", PASSWORDS["endo"])
    assert browser.get("/api/sources").status_code == 401
    assert browser.get("/enter", params={"token": "printed"}).status_code == 401
    form = {"name": "endo", "password": PASSWORDS["endo"]}
    assert browser.post("/sign-in", data=form, headers=SIGN_IN).status_code == 303
    assert browser.get("/api/sources").status_code == 200


def test_a_taken_port_is_told_before_the_server_says_that_it_listens(
    alone: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(BadInput, match="is taken"):
        api.serve(alone, port=other.getsockname()[1])
    assert capsys.readouterr().out == ""


def test_five_wrong_passwords_of_a_stranger_keep_nobody_else_out(parts: Parts) -> None:
    token = parts.people.issue_token("mori", "test")
    stranger = TestClient(server(parts), base_url=HOME, follow_redirects=False, client=("203.0.113.9", 1))
    for _ in range(7):
        stranger.post("/sign-in", data={"name": "mori", "password": "wrong"}, headers=SIGN_IN)
    form = {"name": "mori", "password": PASSWORDS["mori"]}
    assert stranger.post("/sign-in", data=form, headers=SIGN_IN).status_code == 401
    assert client(parts).post("/sign-in", data=form, headers=SIGN_IN).status_code == 303
    assert client(parts, Authorization=f"Bearer {token}").get("/api/sources").status_code == 200


def test_what_anybody_may_load_is_the_same_for_all(parts: Parts, endo: TestClient) -> None:
    for path in ("/style.css", "/leaf.svg", "/favicon.ico", "/static/page.js"):
        reply = client(parts).get(path)
        assert reply.status_code == 200, path
        assert reply.content == endo.get(path).content
