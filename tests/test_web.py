"""The chat over HTTP and in a real browser: two people at once never meet, and a source is one click away."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from assistant.serve import api
from assistant.serve.parts import Example, Parts
from assistant.serve.web import words
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.space.entity import Entity, Locator
from tests.conftest import WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys, stock, viewer_of

CHROMIUM = shutil.which("chromium")
WARRANTY = "How long is the warranty on spindle units from delivery?"
SALARY = "The salary of Tanabe is secret. Really."


class Served:
    """A running server, its parts and its files."""

    def __init__(self, parts: Parts, parrot: Parrot, firm: dict[str, list[Entity]]) -> None:
        self.parts, self.parrot, self.firm = parts, parrot, firm
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        config = uvicorn.Config(api.application(parts), log_level="warning", access_log=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self) -> Served:
        self.thread.start()
        while not self.server.started and self.thread.is_alive():
            self.thread.join(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        firm, parrot = stock(memory), Parrot(memory)
        offered = (Example(WARRANTY, "en", frozenset({"public"})), Example(SALARY, "en", frozenset({"hr"})))
        parts = Parts(memory.settings, memory, parrot, viewer_of, keys(memory), accounts(memory), examples=offered)
        with Served(parts, parrot, firm) as running:
            yield running


class Person:
    """Somebody at a browser, as far as HTTP goes: a signed-in client that speaks the chat's protocol."""

    def __init__(self, served: Served, name: str) -> None:
        self.http = httpx.Client(base_url=served.url, timeout=60, headers={"Origin": served.url})
        signed = self.http.post("/sign-in", data={"name": name, "password": PASSWORDS[name]})
        assert signed.status_code == 303
        config = self.http.get("/chat/en/config").json()
        events = config["dependencies"]
        self.ask_event = next(one["id"] for one in events if len(one["inputs"]) == 3 and len(one["outputs"]) == 3)
        self.follow_event = next(one["id"] for one in events if len(one["inputs"]) == 1 and len(one["outputs"]) == 3)
        self.greet_event = next(one["id"] for one in events if not one["inputs"] and len(one["outputs"]) == 1)

    def join(self, session: str, event: int, *data: str, language: str = "en") -> httpx.Response:
        body = {"data": list(data), "fn_index": event, "session_hash": session, "event_data": None}
        return self.http.post(f"/chat/{language}/gradio_api/queue/join", json=body)

    def stream(self, session: str, language: str = "en") -> str:
        """Everything the session's stream says until its event is done."""
        said = []
        route = f"/chat/{language}/gradio_api/queue/data"
        with self.http.stream("GET", route, params={"session_hash": session}) as reply:
            said.append(str(reply.status_code))
            for line in reply.iter_lines():
                said.append(line)
                if '"process_completed"' in line or reply.status_code != 200:
                    break
        return "\n".join(said)

    def ask(self, session: str, question: str, talk: str = "") -> str:
        assert self.join(session, self.ask_event, question, "hybrid", talk).status_code == 200
        return self.stream(session)

    def show(self, session: str, talk: str, language: str = "en") -> str:
        """A conversation as a page that is loaded anew shows it."""
        assert self.join(session, self.follow_event, talk, language=language).status_code == 200
        return self.stream(session, language)

    def talk(self) -> str:
        """The conversation that was used last."""
        return str(self.http.get("/api/talks").json()[0]["id"])


@pytest.fixture
def endo(served: Served) -> Person:
    return Person(served, "endo")


@pytest.fixture
def mori(served: Served) -> Person:
    return Person(served, "mori")


# -- two people at once --------------------------------------------------------------------------------------------


def test_each_is_answered_from_what_they_may_read(endo: Person, mori: Person) -> None:
    assert "The salary of Tanabe is secret." in mori.ask("m1", SALARY)
    assert "The salary of Tanabe is secret." not in endo.ask("e1", SALARY).replace(SALARY, "")
    assert "/open/" in endo.ask("e1", WARRANTY)


def test_a_running_stream_is_nobody_elses(served: Served, endo: Person, mori: Person) -> None:
    """While one answer is being written, the other asks for that session by its hash in every way there is."""
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go_on.wait(60)

    served.parrot.pause = hold
    with ThreadPoolExecutor() as pool:
        try:
            whole = pool.submit(endo.ask, "running", WARRANTY)
            assert begun.wait(60)
            assert mori.stream("running").startswith("404")
            assert mori.join("running", mori.greet_event).status_code == 404
            assert mori.join("running", mori.ask_event, "What was said before?", "hybrid", "").status_code == 404
            assert mori.http.get("/chat/en/gradio_api/heartbeat/running").status_code == 404
            assert mori.http.get("/chat/ja/gradio_api/queue/data?session_hash=running").status_code == 404
        finally:
            served.parrot.pause = lambda: None
            go_on.set()
        assert "warranty" in whole.result(60)


def test_asking_while_an_answer_runs_says_so_and_keeps_what_was_written(served: Served, endo: Person) -> None:
    begun, go_on = threading.Event(), threading.Event()
    served.parrot.pause = lambda: (begun.set(), go_on.wait(60))
    with ThreadPoolExecutor() as pool:
        try:
            first = pool.submit(endo.ask, "eager", WARRANTY)
            assert begun.wait(60)
            refused = endo.ask("hasty", "And for pumps?", endo.talk())
        finally:
            served.parrot.pause = lambda: None
            go_on.set()
        first.result(60)
    assert "still on its way" in refused and "And for pumps?" in refused
    assert len(endo.http.get(f"/api/talks/{endo.talk()}").json()) == 1


def test_a_conversation_is_nobody_elses(served: Served, endo: Person, mori: Person) -> None:
    """The history behind a follow-up question is the asker's own, in a session nobody else can enter."""
    endo.ask("talk", WARRANTY)
    talk = endo.talk()
    endo.ask("talk", "And for pumps?", talk)
    assert served.parrot.heard[-1][0] == "endo"
    assert [one.question for one in served.parrot.heard[-1][1]] == [WARRANTY]
    assert mori.join("talk", mori.ask_event, "And for pumps?", "hybrid", talk).status_code == 404
    assert words.words("en")["talk_missing"] in mori.ask("mine", "And for pumps?", talk)
    assert words.words("en")["talk_missing"] in mori.show("mine", talk) and "spindle" not in mori.show("mine", talk)
    for method, route in [
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/export.md"), ("GET", "/export.pdf"),
        ("POST", "/turns/1/again"), ("GET", "/../../talks/x/1/why"),
    ]:  # fmt: skip
        assert mori.http.request(method, f"/api/talks/{talk}{route}", json={"title": "mine"}).status_code == 404, route
    assert mori.http.post("/api/talks/ask", data={"question": "And for pumps?", "talk": talk}).status_code == 404
    turn = endo.http.get(f"/api/talks/{talk}").json()[0]
    assert turn["question"] == WARRANTY
    for page in ("why", "rows", "wrong"):
        asked = f"/talks/{talk}/{turn['turn']}/{page}"
        assert (endo.http.get(asked).status_code, mori.http.get(asked).status_code) == (200, 404), page


def test_a_conversation_is_there_when_its_page_is_loaded_anew_and_deleted_for_good(endo: Person) -> None:
    endo.ask("page", WARRANTY)
    talk = endo.talk()
    assert "spindle units from delivery" in endo.show("another-page", talk)
    assert endo.http.patch(f"/api/talks/{talk}", json={"title": "Warranty"}).status_code == 204
    assert [one["title"] for one in endo.http.get("/api/talks?search=delivery").json()][:1] == ["Warranty"]
    assert endo.http.get("/api/talks?search=zeppelin").json() == []
    assert b"- [1] **" in endo.http.get(f"/api/talks/{talk}/export.md").content
    assert endo.http.get(f"/api/talks/{talk}/export.pdf").content.startswith(b"%PDF")
    assert endo.http.delete(f"/api/talks/{talk}").status_code == 204
    assert endo.http.get(f"/api/talks/{talk}").status_code == 404


def test_a_page_loaded_in_the_middle_of_an_answer_goes_on_with_it(served: Served, endo: Person) -> None:
    begun, go_on = threading.Event(), threading.Event()
    served.parrot.pause = lambda: (begun.set(), go_on.wait(60))
    with ThreadPoolExecutor() as pool:
        try:
            pool.submit(endo.ask, "left", WARRANTY)
            assert begun.wait(60)
            anew = pool.submit(endo.show, "come-back", endo.talk())
        finally:
            threading.Timer(1, lambda: (setattr(served.parrot, "pause", lambda: None), go_on.set())).start()
        shown = anew.result(60)
    assert "not checked yet" in shown and "/open/" in shown


def test_a_stopped_answer_ends_at_once_and_can_be_asked_again(served: Served, endo: Person) -> None:
    begun, go_on = threading.Event(), threading.Event()
    served.parrot.pause = lambda: (begun.set(), go_on.wait(60))
    with ThreadPoolExecutor() as pool:
        try:
            asked = pool.submit(endo.ask, "stopping", WARRANTY)
            assert begun.wait(60)
            talk = endo.talk()
            assert endo.http.post(f"/api/talks/{talk}/stop").status_code == 204
            assert "/open/" not in asked.result(60)
        finally:
            served.parrot.pause = lambda: None
            go_on.set()
    number = endo.http.get(f"/api/talks/{talk}").json()[0]["turn"]
    assert endo.http.post(f"/api/talks/{talk}/turns/{number}/again", json={"question": "warranty"}).status_code == 202
    assert "/open/" in endo.show("again", talk)


def test_what_is_said_about_an_answer_is_kept_with_what_was_found_for_it(
    served: Served, endo: Person, mori: Person
) -> None:
    endo.ask("judging", WARRANTY)
    talk = endo.talk()
    number = endo.http.get(f"/api/talks/{talk}").json()[0]["turn"]
    judged = {"talk": talk, "turn": number, "verdict": "bad", "answer": "24 months", "entity": "", "remark": "old"}
    assert endo.http.post("/api/feedback", json=judged).status_code == 204
    assert endo.http.post("/feedback", data=judged).status_code == 200
    assert mori.http.post("/feedback", data=judged).status_code == 404
    assert endo.http.get("/api/feedback.jsonl").status_code == 403
    for page in ("why", "wrong"):
        assert ".pdf" in endo.http.get(f"/talks/{talk}/{number}/{page}").text


def test_sources_of_the_other_are_absent_by_id_and_by_path(served: Served, mori: Person) -> None:
    entity = served.firm["table"][0]
    source = served.parts.memory.catalog.source(entity.source)
    assert source is not None
    routes = [f"/open/{entity.id}", f"/open/{entity.id}/file", f"/open/{entity.id}/page.png"]
    for prefix in ("/chat/en/gradio_api/", "/chat/en/", "/chat/ja/gradio_api/", "/gradio_api/"):
        routes += [f"{prefix}file={source.path}", f"{prefix}file/{source.path}", f"{prefix}proxy=http://localhost/"]
    absent = mori.http.get("/open/" + "0" * 32)
    for route in routes:
        reply = mori.http.get(route)
        assert reply.status_code == 404, route
        assert Path(source.path).read_bytes()[:40] not in reply.content
    assert mori.http.get(routes[0]).content == absent.content


def test_what_the_chat_does_not_need_does_not_exist(endo: Person) -> None:
    """No uploads, no second way to run an event, no files, no paths out of the chat."""
    for method, route in [
        ("POST", "/chat/en/gradio_api/upload"), ("POST", "/chat/en/gradio_api/run/predict"),
        ("POST", "/chat/en/gradio_api/api/ask"), ("POST", "/chat/en/gradio_api/call/ask"),
        ("POST", "/chat/en/gradio_api/component_server"), ("GET", "/chat/en/gradio_api/stream/a/b/c/d"),
        ("POST", "/chat/en/login"), ("GET", "/chat/en/gradio_api/mcp/sse"), ("GET", "/chat/en/monitoring"),
        ("GET", "/chat/en/assets/%2e%2e/%2e%2e/routes.py"), ("POST", "/chat/en/gradio_api/reset"),
    ]:  # fmt: skip
        assert endo.http.request(method, route, json={}).status_code == 404, route


def test_an_event_too_large_or_unreadable_is_turned_away(endo: Person) -> None:
    route = "/chat/en/gradio_api/queue/join"
    assert endo.http.post(route, content=b"x" * 2_000_000).status_code == 413
    assert endo.http.post(route, content=b"{not json").status_code == 404


def test_without_a_session_there_is_no_chat_at_all(served: Served) -> None:
    for route in (
        "/",
        "/chat/en/",
        "/chat/en/config",
        "/chat/en/gradio_api/queue/data?session_hash=e1",
        "/api/sources",
    ):
        assert httpx.get(served.url + route).status_code == 401, route
    foreign = {"session_hash": "e1", "data": [], "fn_index": 0}
    assert httpx.post(f"{served.url}/chat/en/gradio_api/queue/join", json=foreign).status_code == 401


def test_signing_out_ends_the_chat_at_the_next_event(endo: Person) -> None:
    assert endo.join("last", endo.greet_event).status_code == 200
    endo.http.post("/sign-out")
    assert endo.join("last", endo.greet_event).status_code == 401


def test_an_answer_whose_source_was_closed_is_not_shown_again(served: Served, endo: Person) -> None:
    endo.ask("closing", WARRANTY)
    talk = endo.talk()
    connection = served.parts.memory.catalog.connection
    connection.execute("UPDATE entity SET scope = 'closed' WHERE scope = 'public'")
    try:
        shown = endo.show("closing", talk)
        exported = endo.http.get(f"/api/talks/{talk}/export.md").text
    finally:
        connection.execute("UPDATE entity SET scope = 'public' WHERE scope = 'closed'")
    assert "no longer read" in shown and "no longer read" in exported
    assert "18 months" not in shown + exported


def test_questions_are_offered_to_who_may_read_their_answer_and_in_their_language(endo: Person, mori: Person) -> None:
    assert WARRANTY in endo.show("en-e", "") and SALARY not in endo.show("en-e", "")
    assert SALARY in mori.show("en-m", "")
    assert WARRANTY not in endo.show("ja-e", "", "ja")


def test_an_answer_that_is_there_at_once_is_shown(endo: Person) -> None:
    """However an answer's end falls between two looks at it, what is shown last is the answer."""
    for number in range(5):
        assert "/open/" in endo.ask(f"quick-{number}", WARRANTY).split("process_completed")[1]


# -- the words of the interface --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [("ja", "ja"), ("ja-JP,en;q=0.9", "ja"), ("de,en-US;q=0.7,ja;q=0.3", "en"), ("", "en"), ("fr", "en")],
)
def test_the_language_is_the_first_the_browser_asks_for(asked: str, language: str) -> None:
    assert words.preferred(asked) == language


def test_places_are_told_in_both_languages() -> None:
    assert words.place(Locator(page=3), "en") == "page 3"
    assert words.place(Locator(page=3), "ja") == "3ページ"
    assert words.place(Locator(start=65.0, end=3725.5), "en") == "1:05–1:02:05"
    assert words.place(Locator(sheet="Orders", row=4), "ja") == "シート Orders, 4行目"
    assert words.place(Locator(), "en") == ""


# -- in a browser ------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(served: Served) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        pytest.skip("chromium is not on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


def _signed_in(browser: Any, served: Served, locale: str) -> tuple[Any, list[str]]:
    """A page of a signed-in person, and every address it asks for."""
    page = browser.new_context(locale=locale, viewport={"width": 1200, "height": 860}).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.url)
    page.fill("input[name=name]", "endo")
    page.fill("input[name=password]", PASSWORDS["endo"])
    page.click("form button")
    page.wait_for_selector("#question textarea", timeout=60_000)
    return page, asked


@pytest.mark.browser
@pytest.mark.slow
def test_a_question_is_answered_and_its_source_opened_at_the_quotation(served: Served, browser: Any) -> None:
    page, asked = _signed_in(browser, served, "en-GB")
    begun, go_on = threading.Event(), threading.Event()
    served.parrot.pause = lambda: (begun.set(), go_on.wait(60))
    page.fill("#question textarea", WARRANTY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#live .draft .words", timeout=60_000)
    assert "not checked yet" in page.inner_text("#live")
    served.parrot.pause = lambda: None
    go_on.set()
    page.wait_for_selector("#past .card", timeout=60_000)
    assert "Possibly" in page.inner_text("#past") and not page.inner_text("#live")
    page.click("#past .card")
    source = page.frame_locator("#source-frame")
    assert source.locator("mark").inner_text(timeout=60_000).rstrip(".") in page.inner_text("#past")
    assert page.inner_text("#source-name") == page.inner_text("#past .card .file")
    page.keyboard.press("Escape")
    assert page.is_hidden("#source")
    page.reload()
    page.wait_for_selector("#past .card", timeout=60_000)
    ours = re.compile(f"(?:blob:)?{re.escape(served.url)}/|data:")
    assert not [address for address in asked if not ours.match(address)]


@pytest.mark.browser
@pytest.mark.slow
def test_signed_out_elsewhere_is_told_where_the_question_is_written(served: Served, browser: Any) -> None:
    page, _ = _signed_in(browser, served, "en-GB")
    page.evaluate("fetch('/sign-out', {method: 'POST', redirect: 'manual'})")
    page.wait_for_timeout(500)
    page.fill("#question textarea", WARRANTY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#signed-out:not([hidden]) a[href='/sign-in']", timeout=60_000)


@pytest.mark.browser
@pytest.mark.slow
def test_the_chat_speaks_japanese_and_back(served: Served, browser: Any) -> None:
    page, _ = _signed_in(browser, served, "ja-JP")
    assert page.inner_text("#ask") == "質問する"
    page.click("#drawer .keep-talk")
    page.wait_for_function("document.querySelector('#ask')?.innerText == 'Ask'", timeout=60_000)
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.browser
@pytest.mark.slow
def test_markup_in_a_question_or_a_source_stays_text(served: Served, browser: Any) -> None:
    page, asked = _signed_in(browser, served, "en-GB")
    page.fill("#question textarea", 'Hoshinagi <img src="http://203.0.113.1/x.png" onerror="window.broken=1"> b')
    page.keyboard.press("Enter")
    page.wait_for_selector("#past .turn", timeout=60_000)
    assert "<img src=" in page.inner_text("#past .asked")
    assert page.query_selector("#past img") is None and page.query_selector("#talks img") is None
    assert not page.evaluate("window.broken")
    assert not [address for address in asked if "203.0.113.1" in address]


@pytest.mark.browser
@pytest.mark.slow
def test_the_end_of_a_long_conversation_stays_in_sight(served: Served, browser: Any) -> None:
    page, _ = _signed_in(browser, served, "en-GB")
    page.set_viewport_size({"width": 420, "height": 640})
    page.wait_for_selector(".offer", timeout=60_000)
    for number in range(1, 5):
        page.fill("#question textarea", WARRANTY)
        page.keyboard.press("Enter")
        page.wait_for_function(f"document.querySelectorAll('#past .turn').length == {number}", timeout=60_000)
    page.wait_for_timeout(300)
    talk, last = (page.locator(one).last.bounding_box() for one in ("#talk", "#past .card"))
    assert talk["y"] <= last["y"] + last["height"] <= talk["y"] + talk["height"] + 1
