"""The sample firm at work, in miniature: its real files, policy, search, queries and checks, with a reader that plays parts.

What sees and hears are stand-ins that say what is in the firm's one photograph and one recording.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn

from assistant.answer.answer import Assistant
from assistant.answer.audited import AuditedAssistant
from assistant.answer.discreet import DiscreetAssistant
from assistant.app.demo import POLICY, examples, guests
from assistant.govern.audit import Audit
from assistant.govern.people import People
from assistant.govern.policy import Policies
from assistant.search.retrieve import Retriever
from assistant.serve import api, listening
from assistant.serve.parts import Parts
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import links
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers import Reader
from ingest.readers.concept import ConceptReader
from ingest.readers.pdf import PdfReader
from ingest.readers.sensor import SensorReader
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.reading import Direct
from ingest.source import Source
from ingest.space.entity import Draft, Locator
from tests.actor import Actor
from tests.conftest import FIRM, WordSpace

FILES = {
    "public": ("warranty-policy.md", "leave-rules-ja.txt", "glossary.yaml"),
    "engineering": ("HS-40-spindle-manual.pdf",),
    "sales": ("shipments-2026.csv",),
    "operations": ("photos/nameplate-spindle-mc3.jpg", "sound/shift-report-2026-06-09.flac"),
}
REPORT = (
    "This is the report of the day shift.",
    "Machine three stopped in the afternoon.",
    "The filter was full of chips.",
)
SPOKEN = "How long is the warranty on spindle units from delivery?"
PLATE = "HOSHINAGI SEIKI spindle unit, serial number HS40-2318"
BOX = (190.0, 556.0, 623.0, 586.0)
RECORD = "record-with-a-gap.csv"


class Seeing:
    """Sees the nameplate in whatever picture it is given."""

    name = "image"

    def accepts(self, source: Source) -> bool:
        return source.media.startswith("image/")

    def read(self, source: Source) -> Iterator[Draft]:
        yield Draft("picture", f"Picture of a nameplate; text in it: {PLATE}", facts={"text": PLATE, "width": 1000})
        yield Draft("line", PLATE, Locator(box=BOX), parent=0)


class Hearing:
    """Hears the shift's report in the firm's recording, and a question in any other."""

    name = "audio"

    def accepts(self, source: Source) -> bool:
        return source.media.startswith(("audio/", "video/"))

    def read(self, source: Source) -> Iterator[Draft]:
        said = REPORT if "shift-report" in source.path.name else (SPOKEN,)
        for number, line in enumerate(said):
            yield Draft("utterance", line, Locator(start=4.0 * number, end=4.0 * number + 3.0))


def readers() -> Sequence[Reader]:
    return [PdfReader(), Seeing(), Hearing(), ConceptReader(), SensorReader(), TableReader(), TextReader()]


class Office:
    """The firm's server: started, stopped, and started again at the same address."""

    def __init__(self, memory: Memory, actor: Actor, files: Path) -> None:
        self.memory, self.actor = memory, actor
        self.policies = Policies(memory.catalog)
        self.policies.put(POLICY.read_text("utf-8"), "test", "policy")
        self._fill(files)
        people = People(memory.catalog)
        for name, _ in guests():
            people.add(name)
        audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
        personal = Personal(memory.catalog, memory.settings)
        retriever = Retriever(memory, memory.catalog, memory.space)
        asked = Assistant(retriever, memory, lambda: actor, wanted=lambda question: actor.part(question).wants)  # type: ignore[arg-type,return-value]
        self.parts = Parts(
            memory.settings, memory, DiscreetAssistant(AuditedAssistant(asked, audit), personal), self.viewer, personal,
            people, audit, examples=tuple(examples()), guests=tuple(guests()), readers=readers,
        )  # fmt: skip
        self.port = 0

    def viewer(self, name: str) -> Viewer:
        policy = self.policies.current()
        assert policy is not None
        return policy.viewer(name)

    def _fill(self, files: Path) -> None:
        record = files / RECORD
        minutes = [*range(60), *range(180, 240)]
        lines = [f"2026-06-09 {m // 60:02}:{m % 60:02},{20 + m % 7 + (40 if 200 <= m < 206 else 0)}" for m in minutes]
        record.write_text("\n".join(["time,kiln_heat [degC]", *lines]), "utf-8")
        every = [(scope, FIRM / scope / name) for scope, names in FILES.items() for name in names]
        scopes = {str(path): scope for scope, path in [*every, ("operations", record)]}
        pipeline.ask(self.memory.catalog, [Path(path) for path in scopes], lambda path: scopes[str(path)])
        failed = [report.error for report in pipeline.run(self.memory, Direct(readers())) if report.error]
        assert not failed, failed
        links.link(self.memory.catalog)

    # -- the server --------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        opened = socket.create_server(("127.0.0.1", self.port))
        self.port = opened.getsockname()[1]
        options = {**listening.options(), "timeout_graceful_shutdown": 1}
        config = uvicorn.Config(api.application(self.parts), **options)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [opened]}, daemon=True)
        self.thread.start()
        while not self.server.started and self.thread.is_alive():
            self.thread.join(0.05)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)


def running(
    folder: Path, actor: Actor, opening: Callable[[Office], None] = lambda _: None, **settings: Any
) -> Iterator[Office]:
    """An office below `folder` that serves, and reads what is brought to it; `opening` is done before anybody can ask."""
    with Memory(Settings(home=folder / "home", **settings), WordSpace()) as memory:
        files = folder / "files"
        files.mkdir()
        office = Office(memory, actor, files)
        opening(office)
        with pipeline.attending(memory, lambda: Direct(readers())):
            office.start()
            yield office
            office.stop()
