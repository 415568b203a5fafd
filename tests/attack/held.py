"""Attacks that hold on: to connections, to what comes behind a body, to the disk while a body comes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import httpx

from assistant.serve import guard, listening
from tests.attack import attack
from tests.attack.door import DOOR
from tests.attack.target import Target, status

MIB = 1 << 20


def _sent(target: Target, first: bytes, piece: bytes, most: int = 32 * MIB) -> int:
    """How many bytes of this, again and again, the server takes from one connection."""
    sent = 0
    with socket.create_connection(target.socket.getsockname(), timeout=10) as wire, contextlib.suppress(OSError):
        wire.sendall(first)
        while sent < most:
            wire.sendall(piece)
            sent += len(piece)
    return sent


@attack(DOOR, "trailers of a body without end, or one trailer, or the length of one piece")
def endless_trailers(target: Target) -> tuple[bool, str]:
    head = f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    line = b"X-a: " + b"y" * 4000 + b"\r\n"
    sent = {
        "many": _sent(target, head + b"4\r\na=b&\r\n0\r\n", line * 16),
        "one": _sent(target, head + b"4\r\na=b&\r\n0\r\nX-a: ", b"y" * 65536),
        "length": _sent(target, head + b"4;", b"y" * 65536),
        "answered": _sent(target, head.replace(b"/sign-in", b"/") + b"0\r\n", line * 16),
    }
    return max(sent.values()) < 16 * MIB, ", ".join(f"{name} ended after {n / MIB:.1f} MB" for name, n in sent.items())


@attack(DOOR, "requests without end behind one that is being answered")
def endless_requests(target: Target) -> tuple[bool, str]:
    form = "name=endo&password=not the password"
    first = (
        f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}"
    )
    more = f"GET /style.css HTTP/1.1\r\nHost: {target.host}\r\nX-A: {'y' * 3000}\r\n\r\n"
    sent = _sent(target, first.encode(), more.encode() * 20)
    return sent < 16 * MIB, f"ended after {sent / MIB:.1f} MB"


@attack(DOOR, "more streams of the chat than there are places, of one person and of six, while others come anew")
def held_streams(target: Target) -> tuple[bool, str]:
    crew = [f"holder{number}" for number in range(6)]
    for name in crew:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            if not target.people.knows(name):
                target.people.add(name)
    found: dict[str, float | int] = {}
    for who, names in {"one": crew[:1], "six": crew}.items():
        with holding(target, names, listening.CONNECTIONS + 50) as codes:
            waits = []
            for _ in range(5):
                with target.client("mori") as new:
                    waits.append(target.page_seconds(new))
            stranger = status(target.raw(f"GET /sign-in HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode(), 10))
            found |= {
                f"{who}: page s": round(max(waits), 2),
                f"{who}: door": stranger,
                f"{who}: held": codes.count(200),
            }
    held = found["one: held"] <= guard.SHARE and found["one: door"] == found["six: door"] == 200
    return held, ", ".join(f"{name} {value}" for name, value in found.items())


@contextlib.contextmanager
def holding(target: Target, names: list[str], crowd: int) -> Iterator[list[int]]:
    """So many streams that are held open, by turns of these people; with the status of each."""
    tokens = [target.people.issue_token(name, "attack") for name in names]
    wires: list[socket.socket] = []
    codes: list[int] = []
    try:
        for number in range(crowd):
            wire = socket.create_connection(target.socket.getsockname(), timeout=10)
            wires.append(wire)
            wire.sendall(
                f"GET /chat/en/gradio_api/heartbeat/{names[number % len(names)]}x{number} HTTP/1.1\r\nHost: {target.host}\r\n"
                f"Authorization: Bearer {tokens[number % len(names)]}\r\n\r\n".encode()
            )
            codes.append(status(wire.recv(4096)))
        yield codes
    finally:
        for wire in wires:
            wire.close()


@attack(DOOR, "a file of 64 MB from somebody who may bring none")
def unwanted_file(target: Target) -> tuple[bool, str]:
    token = target.people.issue_token("mori", "attack")
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: {target.host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {64 * MIB}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\n'
    )
    said = target.raw(head.encode() + b"z" * 1000, 10)
    return status(said) == 403, f"{status(said)} before the file came"
