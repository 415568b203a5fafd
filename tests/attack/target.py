"""What is attacked: a real server on a real socket, with two people and an assistant in miniature, and raw ways to speak to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import httpx
import uvicorn

from assistant.answer.audited import AuditedAssistant
from assistant.govern.audit import Audit
from assistant.serve import api, listening
from assistant.serve.parts import Parts
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import PASSWORDS, Parrot, accounts, keys, stock, viewer_of


class Target:
    """A running server, as `kotonoha serve` runs one, over a new memory below `folder`."""

    def __init__(self, folder: Path, viewer: Callable[[str], Viewer] = viewer_of) -> None:
        self.memory = Memory(Settings(home=folder / "home"), WordSpace())
        self.firm, self.parrot = stock(self.memory), Parrot(self.memory)
        self.people = accounts(self.memory)
        self.audit = Audit(self.memory.catalog, b"k" * 32, folder / "audit.head")
        self.parts = Parts(
            self.memory.settings, self.memory, AuditedAssistant(self.parrot, self.audit), viewer, keys(self.memory),
            self.people, self.audit,
        )  # fmt: skip
        self.socket = listening.bound("127.0.0.1", 0)
        self.url = listening.address_of(self.socket)
        self.host = self.url.removeprefix("http://")
        self.server = uvicorn.Server(uvicorn.Config(api.application(self.parts), **listening.options()))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)

    def __enter__(self) -> Target:
        self.thread.start()
        while not self.server.started and self.thread.is_alive():
            self.thread.join(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.memory.close()

    def client(self, person: str = "", **headers: str) -> httpx.Client:
        """Somebody's program, or nobody's."""
        if person:
            headers["Authorization"] = f"Bearer {self.people.issue_token(person, 'attack')}"
        return httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, timeout=120)

    def sign_in(self, name: str, password: str = "", **headers: str) -> httpx.Response:
        form = {"name": name, "password": password or PASSWORDS[name]}
        with self.client(**headers) as http:
            return http.post("/sign-in", data=form)

    def page_seconds(self, http: httpx.Client) -> float:
        """How long a signed-in person waits for a page."""
        began = time.perf_counter()
        assert http.get("/api/sources").status_code == 200
        return time.perf_counter() - began

    def raw(self, data: bytes, seconds: float = 30.0) -> bytes:
        """What the server says to these very bytes, until it ends the connection or `seconds` have passed."""
        with socket.create_connection(self.socket.getsockname(), timeout=seconds) as wire:
            wire.settimeout(seconds)
            said = b""
            try:
                wire.sendall(data)
                while piece := wire.recv(65536):
                    said += piece
                    if b"\r\n\r\n" in said and not said.startswith(b"HTTP/1.1 100"):
                        break
            except TimeoutError:
                return said
            except OSError:
                return said or b"closed"
            return said or b"closed"


def status(said: bytes) -> int:
    """The status in the first line of an answer; 0 where the connection was ended without one."""
    words = said.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
