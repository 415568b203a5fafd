"""The server holds against whoever holds on: to its connections, to its memory, to its disk."""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.serve import guard
from tests.attack import held
from tests.attack.target import Target, status
from tests.bringer import feeds


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target")) as running:
        yield running


def test_what_comes_behind_a_body_is_bounded_as_a_head_is(target: Target) -> None:
    was_held, found = held.endless_trailers(target)
    assert was_held, found


def test_requests_behind_one_that_is_being_answered_are_bounded(target: Target) -> None:
    was_held, found = held.endless_requests(target)
    assert was_held, found


def test_a_few_requests_at_once_are_answered_in_order(target: Target) -> None:
    pages = ("/style.css", "/leaf.svg", "/sign-in")
    asked = "".join(f"GET {page} HTTP/1.1\r\nHost: {target.host}\r\n\r\n" for page in pages)
    last = f"GET / HTTP/1.1\r\nHost: {target.host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(target.socket.getsockname(), timeout=10) as wire:
        wire.sendall((asked + last).encode())
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    assert [said.count(b"HTTP/1.1 " + code) for code in (b"200", b"401")] == [3, 1]


def test_what_comes_behind_a_body_is_no_header_of_the_request(target: Target) -> None:
    token = target.people.issue_token("endo", "test")
    said = target.raw(
        f"POST /sign-out HTTP/1.1\r\nHost: {target.host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"0\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    assert b" 401 " in said.split(b"\r\n")[0]


def test_a_long_body_in_small_pieces_with_a_trailer_is_taken(target: Target) -> None:
    token, question = target.people.issue_token("endo", "test"), b'{"question": "' + b" " * 30_000 + b'warranty"}'
    pieces = b"".join(b"1\r\n%c\r\n" % one for one in question)
    said = target.raw(
        f"POST /api/ask HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        + pieces + b"0\r\nX-Checksum: 1\r\n\r\n"
    )  # fmt: skip
    assert said.split(b" ")[1] in (b"200", b"400", b"422") and b"headers" not in said


def test_streams_that_few_people_hold_keep_nobody_out(target: Target) -> None:
    was_held, found = held.held_streams(target)
    assert was_held, found


def test_whoever_held_too_much_is_served_again_once_it_is_let_go(target: Target) -> None:
    with held.holding(target, ["endo"], guard.SHARE + 3) as codes, target.client("endo") as http:
        assert codes[guard.SHARE :] == [429] * 3
        assert http.get("/api/sources").status_code == 429
    with target.client("endo") as http:
        while http.get("/api/sources").status_code == 429:
            time.sleep(0.1)
        assert http.get("/api/sources").status_code == 200


def test_a_file_of_somebody_who_may_bring_none_is_refused_before_it_comes(target: Target) -> None:
    was_held, found = held.unwanted_file(target)
    assert was_held, found


@pytest.mark.parametrize("scope", ["hr", "", "x" * 9000])
def test_a_file_for_a_scope_into_which_its_bringer_may_bring_none_is_refused_before_it_comes(
    tmp_path: Path, scope: str
) -> None:
    with Target(tmp_path, feeds) as target:
        token = target.people.issue_token("endo", "test")
        head = (
            f"POST /api/upload HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary={'b' * 70}\r\nContent-Length: {10**9}\r\n\r\n"
        )
        line = f"--{'b' * 70}\r\nContent-Disposition: form-data; name="
        form = f'{line}"scope"\r\n\r\n{scope}\r\n{line}"files"; filename="x.txt"\r\n\r\n'
        with socket.create_connection(target.socket.getsockname(), timeout=10) as wire:
            wire.sendall(head.encode() + form.encode() + b"z" * 1000)
            said = wire.recv(65536)
            assert status(said) == 403 and f"into '{scope[:64]}'".encode() in said


def test_a_scope_that_comes_behind_its_file_is_taken_as_well(tmp_path: Path) -> None:
    with Target(tmp_path, feeds) as target, target.client("endo") as http:
        for scope, code in (("sales", 202), ("hr", 403)):
            sent = [("files", ("x.txt", b"hello")), ("scope", (None, scope.encode()))]
            assert http.post("/api/upload", files=sent).status_code == code


def test_one_person_takes_the_disk_with_four_requests_at_most(tmp_path: Path) -> None:
    with Target(tmp_path, feeds) as target, target.client("endo") as endo, ExitStack() as open_ones:
        head = (
            f"POST /api/upload HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: {endo.headers['Authorization']}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n"
        )
        wires = [open_ones.enter_context(socket.create_connection(target.socket.getsockname())) for _ in range(5)]
        for wire in wires:
            wire.sendall(head.encode())
        refused, *more = select.select(wires, [], [])[0]
        assert b" 429 " in refused.recv(100) and not more

        def brought() -> int:
            return endo.post("/api/upload", data={"scope": "sales"}, files={"files": ("x.txt", b"hello")}).status_code

        assert brought() == 429
        open_ones.close()
        while (code := brought()) != 202:
            assert code == 429


@pytest.mark.parametrize("session", ["none", "%ED%A0%80"])
def test_a_stream_of_a_session_that_is_none_ends_without_a_word_on_the_terminal(
    target: Target, session: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = target.people.issue_token("endo", "test")
    head = f"GET /chat/en/gradio_api/queue/data?session_hash={session} HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: Bearer"
    with caplog.at_level(logging.ERROR):
        for listens in (True, False):
            with socket.create_connection(target.socket.getsockname(), timeout=10) as wire:
                wire.sendall(f"{head} {token}\r\n\r\n".encode())
                if listens:
                    said = wire.recv(65536)
                    assert b" 200 " in said or b" 404 " in said
        with target.client("endo") as http:
            assert http.get("/api/sources").status_code == 200
    assert not caplog.records
