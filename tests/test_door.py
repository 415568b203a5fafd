"""The door: however a name is typed it is one name, a known browser stays known, and what cannot be recorded does not happen."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from assistant.serve import api
from assistant.serve.parts import Parts
from assistant.serve.turns import Turns
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys, stock, viewer_of

GOVERNOR = Viewer("boss", frozenset(), may_govern=True)


class Full(Audit):
    """The record on a disk that may be full."""

    is_full = False

    def append(self, event: Event) -> int:
        if self.is_full:
            raise sqlite3.OperationalError("database or disk is full")
        return super().append(event)


@dataclass(frozen=True)
class Place:
    """A server and what it is made of."""

    parts: Parts
    audit: Full
    app: FastAPI

    def browser(self) -> TestClient:
        return TestClient(
            self.app, base_url="http://localhost", follow_redirects=False, client=("127.0.0.1", 1), raise_server_exceptions=False
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    def viewer(person: str) -> Viewer:
        return replace(viewer_of(person), may_govern=True, may_feed=True)

    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        stock(memory)
        audit = Full(memory.catalog, b"k" * 32, memory.settings.home / "head")
        parts = Parts(memory.settings, memory, Parrot(memory), viewer, keys(memory), accounts(memory), audit)
        yield Place(parts, audit, api.application(parts))


@pytest.fixture
def place(built: Place) -> Place:
    """The same server with nobody's tries remembered and everybody let in."""
    built.parts.memory.catalog.connection.execute("DELETE FROM attempt")
    for one in built.parts.people.accounts():
        built.parts.people.enable(one.name)
    return built


def sign_in(page: TestClient, name: str, password: str = "") -> int:
    return page.post("/sign-in", data={"name": name, "password": password or PASSWORDS["mori"]}).status_code


def besiege(place: Place, name: str = "mori") -> None:
    for number in range(110):
        place.parts.people.throttle.failed(name, f"198.51.100.{number}", "")


# -- one name ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["mori", "MORI", "ｍｏｒｉ", "Ｍori"])
def test_a_browser_is_known_however_the_name_was_typed_when_it_signed_in(place: Place, typed: str) -> None:
    page = place.browser()
    assert sign_in(page, typed) == 303
    besiege(place)
    assert (sign_in(page, "mori"), sign_in(page, typed), sign_in(place.browser(), "mori")) == (303, 303, 401)


def test_however_a_name_was_typed_the_record_shows_it_under_the_person(place: Place) -> None:
    def recorded() -> Counter[str]:
        return Counter(one.event.action for one in place.audit.show(GOVERNOR, person="mori"))

    before = recorded()
    for typed in ("mori", "MORI", "ｍori"):
        assert sign_in(place.browser(), typed) == 303
        assert sign_in(place.browser(), typed, "wrong") == 401
    assert recorded() - before == {"sign-in": 3, "sign-in refused": 3}


# -- a browser that is known ---------------------------------------------------------------------------------------


def test_a_second_person_on_the_same_browser_becomes_known_beside_the_first(place: Place) -> None:
    page = place.browser()
    assert sign_in(page, "endo", PASSWORDS["endo"]) == 303
    assert sign_in(page, "mori") == 303
    besiege(place)
    besiege(place, "endo")
    assert (sign_in(page, "mori"), sign_in(page, "endo", PASSWORDS["endo"])) == (303, 303)


@pytest.mark.parametrize("stale", ["x" * 43, "nothing of ours", "." * 500])
def test_a_browser_with_a_cookie_that_says_nothing_here_becomes_known(place: Place, stale: str) -> None:
    page = place.browser()
    carried = {"Cookie": f"kotonoha-device={stale}"}
    assert (
        page.post("/sign-in", data={"name": "mori", "password": PASSWORDS["mori"]}, headers=carried).status_code == 303
    )
    assert stale not in page.cookies["kotonoha-device"].split(".")[0]
    besiege(place)
    assert sign_in(page, "mori") == 303


def test_a_browser_remembers_the_last_ten_people_and_no_more(place: Place) -> None:
    device = ""
    for number in range(12):
        device = place.parts.people.throttle.know(f"p{number}", device)
    known = [place.parts.people.throttle.knows(f"p{number}", device) for number in range(12)]
    assert known == [False] * 2 + [True] * 10
    assert place.parts.people.throttle.know("p5", device).split(".")[0] in device


def test_a_known_browser_does_not_wait_in_the_line_of_those_who_guess(place: Place) -> None:
    page = place.browser()
    assert sign_in(page, "mori") == 303
    line, place.app.state.hashing = place.app.state.hashing, Turns(threads=1, each=1, waiting=0, crowd=0)
    try:
        assert (sign_in(page, "mori"), sign_in(place.browser(), "mori")) == (303, 429)
    finally:
        place.app.state.hashing = line


# -- what cannot be recorded ---------------------------------------------------------------------------------------


def _account(parts: Parts, name: str) -> tuple[bool, int]:
    return next((one.disabled, len(one.credentials)) for one in parts.people.accounts() if one.name == name)


def _bring(page: TestClient) -> int:
    return page.post("/api/upload", data={"scope": "sales"}, files={"files": ("x.txt", b"hello")}).status_code


ACTS: dict[str, Callable[[TestClient], int]] = {
    "an account is kept out": lambda page: page.post("/govern/people/mori/disable").status_code,
    "an account is let in": lambda page: page.post("/govern/people/stranger/enable").status_code,
    "sessions are ended": lambda page: page.post("/govern/people/endo/revoke").status_code,
    "a file is brought": _bring,
    "somebody signs in": lambda page: sign_in(page, "endo", PASSWORDS["endo"]),
    "somebody signs out": lambda page: page.post("/sign-out").status_code,
}


@pytest.mark.parametrize("act", ACTS)
def test_what_cannot_be_recorded_does_not_happen(place: Place, act: str) -> None:
    parts = place.parts

    def state() -> object:
        catalog, uploads = parts.memory.catalog, parts.settings.home / "uploads"
        jobs = catalog.connection.execute("SELECT count(*) FROM job").fetchone()[0]
        files = [path for path in uploads.rglob("*") if path.is_file()]
        return [_account(parts, name) for name in ("endo", "mori", "stranger")], jobs, files

    page = place.browser()
    assert sign_in(page, "endo", PASSWORDS["endo"]) == 303
    parts.people.disable("stranger")
    before, place.audit.is_full = state(), True
    assert ACTS[act](page) == 507
    assert state() == before
    place.audit.is_full = False
    assert ACTS[act](page) < 400
    assert state() != before
