"""Attacks from the network: bodies, stalls, guesses, crowds, malformed requests, strangers."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from assistant.serve import limits, listening
from tests.attack import attack
from tests.attack.target import Target, status
from tests.library import PASSWORDS

DOOR = "3 the door"


def _memory() -> int:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@attack(DOOR, "an anonymous multipart of 30 MB to /sign-in, with a declared length")
def large_body(target: Target) -> tuple[bool, str]:
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {30 << 20}\r\n\r\n"
    )
    began = time.perf_counter()
    said = target.raw(head.encode() + b"--x\r\n" + b"a" * 100_000)
    return status(said) == 413, f"{status(said)} after {time.perf_counter() - began:.2f} s"


@attack(DOOR, "the same of 200 MB in pieces without a length, while somebody opens a page")
def endless_body(target: Target) -> tuple[bool, str]:
    head = (
        f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    piece = b"%x\r\n" % (1 << 20) + b"a" * (1 << 20) + b"\r\n"
    before = _memory()

    def send() -> int:
        with socket.create_connection(target.socket.getsockname(), timeout=60) as wire:
            sent = 0
            try:
                wire.sendall(head.encode())
                while sent < 200:
                    wire.sendall(piece)
                    sent += 1
            except OSError:
                pass
            return sent

    with ThreadPoolExecutor() as pool, target.client("endo") as http:
        sending = pool.submit(send)
        waits = [target.page_seconds(http) for _ in range(10)]
        sent = sending.result()
    grown = _memory() - before
    return (
        sent < 20 and grown < 60,
        f"ended after {sent} MB, memory + {grown} MB, a page took {max(waits):.2f} s at most",
    )


@attack(DOOR, "bodies of every other path are bounded, too")
def large_question(target: Target) -> tuple[bool, str]:
    with target.client("endo") as http:
        answers = {http.post("/api/ask", content=b'{"question": "' + b"a" * (3 << 20) + b'"}').status_code}
        answers |= {http.post("/sign-out", content=b"a" * (3 << 20)).status_code}
    return answers == {413}, f"{answers}"


@attack(DOOR, "what is refused says nothing of it back")
def small_refusals(target: Target) -> tuple[bool, str]:
    with target.client("endo") as http:
        sizes = [len(http.post("/api/ask", json={"question": ["x" * 1_000_000]}).content)]
        sizes += [len(http.post("/sign-in", data={"name": "x" * 10_000}).content)]
    return max(sizes) < 300, f"{sizes} bytes"


@attack(DOOR, "connections that send half a request, and a body that never comes")
def stalled(target: Target) -> tuple[bool, str]:
    kept = listening.HEAD_SECONDS, limits.SILENCE
    listening.HEAD_SECONDS, limits.SILENCE = 1.0, 1.0  # the same code, sooner
    try:
        half = target.raw(b"GET / HTTP/1.1\r\nHost: x")
        silent = target.raw(b"")
        body = (
            f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: 100\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
        )
        no_body = target.raw(body.encode())
    finally:
        listening.HEAD_SECONDS, limits.SILENCE = kept
    ends = [status(half), status(silent), status(no_body)]
    return b"" not in (half, silent, no_body) and ends == [0, 0, 408], f"{ends}, 0 is an ended connection"


@attack(DOOR, "one byte, or the rest of a body that nobody reads, after an answer")
def stray_bytes(target: Target) -> tuple[bool, str]:
    page = f"GET /style.css HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode()
    body = f"POST /api/ask HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: 2000000\r\n\r\n".encode()
    ways = {"an end of line": (page, b"\r\n"), "a letter": (page, b"G"), "a byte of a body": (body, b"a")}
    kept = listening.HEAD_SECONDS, listening.NEXT_SECONDS
    listening.HEAD_SECONDS, listening.NEXT_SECONDS = 1.0, 1.0  # the same code, sooner
    try:
        ended = {name: _ended(target, first, stray) for name, (first, stray) in ways.items()}
    finally:
        listening.HEAD_SECONDS, listening.NEXT_SECONDS = kept
    return all(ended.values()), f"{sum(ended.values())} of {len(ended)} connections ended"


def _ended(target: Target, first: bytes, stray: bytes) -> bool:
    """Whether a connection ends on which an answer is followed by this and then by nothing."""
    with socket.create_connection(target.socket.getsockname(), timeout=5) as wire:
        wire.sendall(first)
        time.sleep(0.3)
        wire.recv(1 << 20)
        with contextlib.suppress(ConnectionError):
            wire.sendall(stray)
            while wire.recv(1 << 20):
                pass
    return True


@attack(DOOR, "headers without end")
def endless_headers(target: Target) -> tuple[bool, str]:
    said = target.raw(f"GET / HTTP/1.1\r\nHost: {target.host}\r\n".encode() + b"X-A: " + b"a" * (1 << 20))
    return status(said) in (0, 400) and said != b"", f"{status(said)}"


@attack(DOOR, "a thousand open connections, while somebody opens a page")
def many_connections(target: Target) -> tuple[bool, str]:
    wires = []
    try:
        for _ in range(min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 100)):
            wires.append(socket.create_connection(target.socket.getsockname(), timeout=10))
        with target.client("endo") as http:
            waited = max(target.page_seconds(http) for _ in range(5))
        kept = len(target.server.server_state.connections)
    finally:
        for wire in wires:
            wire.close()
    return kept <= listening.CONNECTIONS + 2, f"{len(wires)} opened, {kept} kept, a page took {waited:.2f} s at most"


@attack(
    DOOR,
    "half a body on each of more connections than there are places, for as long as it takes, while somebody opens pages",
)
def slow_bodies(target: Target) -> tuple[bool, str]:
    half = (
        f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: 100\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nname="
    ).encode()
    crowd = min(800, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2 - 100)
    stop, kept, waits, fresh = threading.Event(), [0], [], []
    holders = [threading.Thread(target=_hold, args=(target, half, crowd // 4, stop), daemon=True) for _ in range(4)]
    with target.client("endo") as http:
        target.page_seconds(http)
        for one in holders:
            one.start()
        time.sleep(2)
        for _ in range(20):
            waits.append(target.page_seconds(http))
            kept.append(len(target.server.server_state.connections))
        for _ in range(5):
            with target.client(Authorization=http.headers["Authorization"]) as new:
                fresh.append(target.page_seconds(new))
    stop.set()
    for one in holders:
        one.join(30)
    told = f"{crowd} at once, {max(kept)} kept; a page took {sorted(waits)[18]:.2f} s at p95, {max(fresh):.2f} s for who comes anew"
    return max(kept) <= listening.CONNECTIONS + 2 and sorted(waits)[18] < 1 and crowd > listening.CONNECTIONS, told


def _hold(target: Target, half: bytes, crowd: int, stop: threading.Event) -> None:
    """Holds so many connections with this on them, and renews each that is ended."""
    wires: list[socket.socket] = []
    while not stop.wait(0.1):
        with contextlib.suppress(OSError):
            while len(wires) < crowd and not stop.is_set():
                wire = socket.create_connection(target.socket.getsockname(), timeout=5)
                wires.append(wire)
                wire.sendall(half)
                wire.setblocking(False)
        for wire in [one for one in wires if _is_over(one)]:
            wire.close()
            wires.remove(wire)
    for wire in wires:
        wire.close()


def _is_over(wire: socket.socket) -> bool:
    try:
        return wire.recv(100) is not None
    except BlockingIOError:
        return False
    except OSError:
        return True


@attack(DOOR, "seven wrong passwords of a stranger, then the owner with password, browser and token")
def guesses(target: Target) -> tuple[bool, str]:
    with target.client("mori") as http:
        for _ in range(7):
            target.sign_in("mori", "wrong", **{"X-Forwarded-For": "203.0.113.9"})
        stranger = target.sign_in("mori", **{"X-Forwarded-For": "203.0.113.9"}).status_code
        owner = target.sign_in("mori", **{"X-Forwarded-For": "192.0.2.1"}).status_code
        token = http.get("/api/sources").status_code
    return (stranger, owner, token) == (401, 303, 200), f"stranger {stranger}, owner {owner}, token {token}"


@attack(DOOR, "sixty questions of one person, then one of another")
def crowd(target: Target) -> tuple[bool, str]:
    lock = threading.Lock()

    def think() -> None:
        with lock:  # as the one language model is: one after the other
            time.sleep(0.02)

    target.parrot.pause = think
    try:
        with target.client("endo") as many, target.client("mori") as other, ThreadPoolExecutor(60) as pool:
            asked = [pool.submit(many.post, "/api/ask", json={"question": "warranty spindle"}) for _ in range(60)]
            time.sleep(0.3)
            page = target.page_seconds(other)
            began = time.perf_counter()
            assert other.post("/api/ask", json={"question": "warranty spindle"}).status_code == 200
            waited = time.perf_counter() - began
            codes = [one.result().status_code for one in asked]
    finally:
        target.parrot.pause = lambda: None
    told = f"page {page:.2f} s, answer {waited:.2f} s; of the sixty {codes.count(200)} answered, {codes.count(429)} refused"
    return set(codes) == {200, 429} and codes.count(200) >= 10 and page < waited + 1, told


@attack(DOOR, "sixty people guess passwords at once, while somebody opens a page")
def guessing_crowd(target: Target) -> tuple[bool, str]:
    with target.client("endo") as http, ThreadPoolExecutor(60) as pool:
        tries = [
            pool.submit(target.sign_in, f"nobody-{n}", "wrong", **{"X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(60)
        ]
        waits = sorted(target.page_seconds(http) for _ in range(20))
        codes = {one.result().status_code for one in tries}
    return codes <= {401, 429}, f"{codes}, a page took {waits[18]:.2f} s at p95"


def _bodies() -> dict[str, bytes]:
    return {
        "NaN": b'{"question": NaN}', "a number for a question": b'{"question": 1e999}',
        "an endless number": b'{"question": ' + b"9" * 100_000 + b"}", "half a character": b'{"question": "\\ud800"}',
        "deep nesting": b"[" * 100_000 + b"]" * 100_000, "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "not UTF-8": b'{"question": "\xff"}', "no JSON": b"{", "nothing": b"", "null": b"null",
        "half a character in the history": b'{"question": "q", "history": [{"question": "\\udfff", "answer": "a"}]}',
    }  # fmt: skip


@attack(DOOR, "malformed questions: NaN, halves of characters, endless numbers, deep nesting")
def malformed_bodies(target: Target) -> tuple[bool, str]:
    with target.client("endo") as http:
        headers = {"Content-Type": "application/json"}
        codes = {
            name: http.post("/api/ask", content=body, headers=headers).status_code for name, body in _bodies().items()
        }
    return all(400 <= code < 500 for code in codes.values()), f"{sorted(set(codes.values()))}, " + ", ".join(
        name for name, code in codes.items() if not 400 <= code < 500
    )


@attack(DOOR, "malformed events of the chat")
def malformed_events(target: Target) -> tuple[bool, str]:
    bodies = [
        *_bodies().values(),
        json.dumps({"data": ["\ud800", "hybrid"], "fn_index": 0, "session_hash": "s"}).encode(),
    ]
    with target.client("endo") as http:
        path = "/chat/en/gradio_api/queue/join"
        codes = [
            http.post(path, content=body, headers={"Content-Type": "application/json"}).status_code for body in bodies
        ]
    return all(400 <= code < 500 for code in codes), f"{sorted(set(codes))}"


@attack(DOOR, "malformed hosts, paths, ranges, cookies, origins; upgrades to WebSocket")
def malformed_requests(target: Target) -> tuple[bool, str]:
    token = target.people.issue_token("endo", "attack")
    known = f"Authorization: Bearer {token}\r\n".encode()
    entity = target.firm["text"][0].id.encode()
    host = f"Host: {target.host}\r\n".encode()
    lines = {
        "no host": b"GET / HTTP/1.1\r\n" + known, "two hosts": b"GET / HTTP/1.1\r\n" + host + host + known,
        "broken host": b"GET / HTTP/1.1\r\nHost: [::1\r\n" + known, "empty host": b"GET / HTTP/1.1\r\nHost: \r\n" + known,
        "host of Latin-1": b"GET / HTTP/1.1\r\nHost: \xe9\xff\r\n" + known,
        "port": b"GET / HTTP/1.1\r\nHost: x:99999999\r\n" + known,
        "origin": b"GET / HTTP/1.1\r\nOrigin: http://[\r\n" + host + known,
        "WebSocket": b"GET /api/sources HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + host + known,
        "path": b"GET /open/%ed%a0%80 HTTP/1.1\r\n" + host + known, "null": b"GET /open/%00 HTTP/1.1\r\n" + host + known,
        "not ASCII": b"GET /\xff\xfe HTTP/1.1\r\n" + host + known,
        "long": b"GET /open/" + b"a" * 50_000 + b" HTTP/1.1\r\n" + host + known,
        "length": b"POST /api/ask HTTP/1.1\r\nContent-Length: 1e9\r\n" + host + known,
        "negative": b"POST /api/ask HTTP/1.1\r\nContent-Length: -1\r\n" + host + known,
        "chunk": b"POST /api/ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + host + known + b"\r\nZZ\r\n",
        "method": b"BREW / HTTP/1.1\r\n" + host + known, "no HTTP": b"\x16\x03\x01\x02\x00\x01",
        "range": b"GET /open/" + entity + b"/file HTTP/1.1\r\nRange: bytes=99999999999999999999-\r\n" + host + known,
        "cookie": b"GET /api/sources HTTP/1.1\r\nCookie: \xff\xfe=;;;=\x01\r\n" + host,
        "token": b"GET /api/sources HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\n" + host,
    }  # fmt: skip
    codes = {name: status(target.raw(line + b"\r\n", seconds=10)) for name, line in lines.items()}
    bad = {name: code for name, code in codes.items() if not (code == 0 or 400 <= code < 500)}
    return not bad, f"{sorted(set(codes.values()))} {bad or ''}"


@attack(DOOR, "names of sign-in: the longest, control characters, halves of characters")
def sign_in_names(target: Target) -> tuple[bool, str]:
    names = ["x" * 64, "\x1b[31m|\nrow", "\u202eodne", "%ED%A0%80", "' OR 1=1 --", ""]
    codes = [
        target.sign_in(name, "wrong wrong wrong", **{"X-Forwarded-For": "192.0.2.77"}).status_code for name in names
    ]
    assert PASSWORDS
    return set(codes) <= {401, 422}, f"{codes}"


@attack(DOOR, "all of these at once, while somebody opens pages")
def load(target: Target) -> tuple[bool, str]:
    """A signed-in person's page stays under a second at the 95th percentile."""
    stop = threading.Event()

    def again(act: Callable[[int], object]) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with contextlib.suppress(OSError, httpx.HTTPError):
                act(number)

    big = f"POST /sign-in HTTP/1.1\r\nHost: {target.host}\r\nContent-Length: 16000\r\n\r\n".encode() + b"a=" * 8000
    with target.client("mori") as asking:
        acts: list[Callable[[int], object]] = [
            lambda n: target.raw(big, 5), lambda n: target.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000, 5),
            lambda n: target.sign_in(f"x{n}", "wrong", **{"X-Forwarded-For": f"198.51.{n % 250}.{n // 250}"}),
            lambda n: asking.post("/api/ask", json={"question": "warranty spindle"}),
            lambda n: target.raw(b"\x16\x03\x01" * 100, 5),
        ]  # fmt: skip
        threads = [threading.Thread(target=again, args=(act,), daemon=True) for act in acts for _ in range(4)]
        for thread in threads:
            thread.start()
        with target.client("endo") as http:
            waits = sorted(target.page_seconds(http) for _ in range(100))
        stop.set()
        for thread in threads:
            thread.join(30)
    return waits[94] < 1, f"{len(threads)} attackers; a page took {waits[49]:.2f} s at p50, {waits[94]:.2f} s at p95"
