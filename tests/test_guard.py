"""The door lets in who is known, under a name the server knows, from pages of its own; all else stays outside."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from assistant.govern.entrance import AT_THIS_MACHINE
from assistant.govern.people import Person
from assistant.serve.guard import COOKIE, Guard, is_local, safe_path
from assistant.serve.web.refusal import tell
from assistant.serve.web.told import told
from ingest.base.errors import SignInRefused


class Doorman:
    """An entrance in miniature: one credential, one person."""

    def __init__(self, name: str = "endo", by: str = "session") -> None:
        self.person = Person(name, by)

    def principal(self, credential: str) -> Person:
        if credential != "secret":
            raise SignInRefused("not valid")
        return self.person


OWNERS = Doorman("owner", AT_THIS_MACHINE)


def server(entrance: Doorman = OWNERS, client: str = "127.0.0.1", base: str = "http://localhost") -> TestClient:
    app = FastAPI()

    @app.api_route("/who", methods=["GET", "POST"])
    def who(request: Request) -> str:
        return str(request.state.person)

    app.add_middleware(Guard, entrance=entrance, hosts=("memory.firm.example",))
    return TestClient(app, base_url=base, client=(client, 50_000), follow_redirects=False)


KNOWN = {"Cookie": f"{COOKIE}=secret"}


@pytest.mark.parametrize(
    "base",
    ["http://localhost:7860", "http://127.0.0.1", "http://[::1]", "http://192.168.1.7", "http://memory.firm.example"],
)
def test_known_names_and_addresses_are_served(base: str) -> None:
    assert server(base=base).get("/who", headers=KNOWN).json() == "owner"


@pytest.mark.parametrize(
    "base", ["http://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example"]
)
def test_another_name_is_taken_for_rebinding(base: str) -> None:
    assert server(base=base).get("/who").status_code == 421


def test_without_accounts_only_this_machine_is_spoken_to_and_only_with_the_printed_secret() -> None:
    assert server(client="127.0.0.1").get("/who", headers=KNOWN).json() == "owner"
    assert server(client="127.0.0.1").get("/who").status_code == 401
    assert server(client="192.168.1.9").get("/who", headers=KNOWN).status_code == 401


@pytest.mark.parametrize(
    "host", ["", "[::1", "a b", "local\u00e9", "localhost:x", "localhost:123456", "x/y", "[x]", "u@localhost"]
)
def test_a_host_that_is_no_host_is_refused(host: str) -> None:
    assert server().get("/who", headers={**KNOWN, "Host": host.encode("latin-1")}).status_code == 400  # type: ignore[dict-item]


@pytest.mark.parametrize("wanted", ["websocket", "WebSocket", "h2c, websocket", "h2c,websocket/13"])
def test_a_request_for_a_websocket_is_refused(wanted: str) -> None:
    upgrade = {**KNOWN, "Connection": "Upgrade", "Upgrade": wanted}
    assert server().get("/who", headers=upgrade).status_code == 400
    with pytest.raises(WebSocketDisconnect), server().websocket_connect("/who"):
        pass


@pytest.mark.parametrize("headers", [KNOWN, {"Authorization": "Bearer secret"}, {"Authorization": "bearer  secret"}])
def test_a_session_or_a_token_lets_its_person_in(headers: dict[str, str]) -> None:
    assert server(Doorman()).get("/who", headers=headers).json() == "endo"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Cookie": f"{COOKIE}=other"}, {"Authorization": "Basic secret"}, {"Authorization": "Bearer x", **KNOWN}],
)
def test_anything_else_lets_nobody_in(headers: dict[str, str]) -> None:
    assert server(Doorman()).get("/who", headers=headers).status_code == 401


def test_who_is_let_in_no_more_is_told_so_in_the_language_of_the_page() -> None:
    outside = TestClient(Guard(FastAPI(), Doorman(), tell=tell), base_url="http://localhost")
    for language, said in (("en", "sign in first"), ("ja", told("sign in first", "ja"))):
        reply = outside.post("/api/upload", params={"lang": language})
        assert (reply.status_code, reply.json()["error"]) == (401, said)
    assert told("sign in first", "ja") != "sign in first"


def test_a_browser_without_a_session_is_shown_the_door() -> None:
    reply = server(Doorman()).get("/who", headers={"Accept": "text/html"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in?next=%2Fwho")


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "http://["}, {"Origin": "localhost"}, {"Origin": "null"}, {"Origin": "http://localhost:9999"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_others_can_neither_read_nor_act(method: str, headers: dict[str, str]) -> None:
    assert server(Doorman()).request(method, "/who", headers={**KNOWN, **headers}).status_code == 403


def test_pages_of_others_can_link_here_but_not_post() -> None:
    link = {**KNOWN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server(Doorman()).get("/who", headers=link).status_code == 200
    assert server(Doorman()).post("/who", headers=link).status_code == 403


def test_every_answer_carries_the_headers_that_keep_it_in() -> None:
    for reply in (server().get("/who"), server(Doorman()).get("/who"), server(base="http://evil.example").get("/who")):
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in reply.headers["content-security-policy"]


def test_a_path_to_go_back_to_stays_on_this_server() -> None:
    assert safe_path("/open/1?quote=1-2") == "/open/1?quote=1-2"
    assert {safe_path(path) for path in ("//e.example", "/\\e", "https://e.example", "x", "", "/a\nb")} == {"/"}


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False), ("firm", False)],
)
def test_an_address_of_this_machine_is_told_from_others(host: str, local: bool) -> None:
    assert is_local(host) is local
