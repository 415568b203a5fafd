"""A small library of real files and an assistant in miniature, for the tests of what is served and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from assistant.answer.cite import Citation
from assistant.answer.outcome import Answer, Cost, Event, Exchange, Found
from assistant.answer.outcome import Draft as Written
from assistant.govern.people import People
from assistant.search.question import Shown
from assistant.search.retrieve import Hit
from ingest.base.access import Viewer
from ingest.base.errors import BadInput, UnknownPerson
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers import Reader
from ingest.readers.pdf import PdfReader
from ingest.readers.sensor import SensorReader
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.source import look
from ingest.space.entity import Draft, Entity, Locator, identify
from ingest.space.space import UNPLACED
from ingest.work import place
from tests.conftest import FIRM

PASSWORDS = {"endo": "blue spindle by the sea", "mori": "seven quiet paper cranes"}
SCOPES = {"endo": {"sales", "public", "operations"}, "mori": {"hr", "public"}}


def keep(memory: Memory, path: Path, scope: str, drafts: Sequence[Draft]) -> list[Entity]:
    """Puts one file and what it says into the memory; returns its entities."""
    source = look(path, memory.settings)
    entities = [replace(one, at=UNPLACED) for one in identify(f"source-{path.name}", scope, drafts)]
    row = SourceRow(
        f"source-{path.name}",
        str(source.path),
        source.sha256,
        source.size,
        source.media,
        path.stem,
        scope,
        "test",
        (),
        "2026",
    )
    memory.put_source(row, place(memory.space, entities))
    memory.settle()
    return entities


def read(memory: Memory, path: Path, scope: str, reader: Reader) -> list[Entity]:
    """The same, with what a reader says."""
    return keep(
        memory, path, scope, [one for one in reader.read(look(path, memory.settings)) if isinstance(one, Draft)]
    )


def stock(memory: Memory) -> dict[str, list[Entity]]:
    """A few files of the sample firm, each read by its own reader."""
    operations = FIRM / "operations"
    photo = [Draft("region", "Part of a picture: plate", Locator(box=(100.0, 100.0, 400.0, 300.0)))]
    heard = [Draft("utterance", f"line {n}", Locator(start=n * 2.0, end=n * 2.0 + 1.5)) for n in range(4)]
    secret = [Draft("passage", "The salary of Tanabe is secret.\nReally.")]
    return {
        "text": read(memory, FIRM / "public" / "warranty-policy.md", "public", TextReader()),
        "html": keep(
            memory, FIRM / "public" / "company-profile.html", "public", [Draft("passage", "<b>Hoshinagi</b>")]
        ),
        "table": read(memory, FIRM / "sales" / "shipments-2026.csv", "sales", TableReader()),
        "pdf": read(memory, FIRM / "engineering" / "HS-40-spindle-manual.pdf", "operations", PdfReader()),
        "picture": keep(memory, operations / "photos" / "nameplate-spindle-mc3.jpg", "operations", photo),
        "sound": keep(memory, operations / "sound" / "shift-report-2026-06-09.flac", "operations", heard),
        "sensor": read(memory, operations / "sensors" / "MC-3-spindle.csv", "operations", SensorReader()),
        "secret": keep(memory, FIRM / "hr-confidential" / "medical-note-sawada.txt", "hr", secret),
    }


def keys(memory: Memory) -> Personal:
    return Personal(memory.catalog, memory.settings)


def accounts(memory: Memory) -> People:
    """Accounts of two people and of one whom the policy does not name; hashing is made cheap."""
    found = People(memory.catalog, hasher=PasswordHasher(1, 8, 1))
    for name, password in PASSWORDS.items():
        found.add(name, password)
    found.add("stranger", "not in the policy at all")
    return found


class Parrot:
    """An assistant in miniature: answers with the first sentence of what is nearest for this viewer."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.heard: list[tuple[str, tuple[Exchange, ...]]] = []
        self.shown: list[Shown] = []
        self.pause: Callable[[], object] = lambda: None

    def ask(
        self,
        question: str,
        viewer: Viewer,
        *,
        grounding: Any = "hybrid",
        history: Sequence[Exchange] = (),
        shown: Shown | None = None,
    ) -> Iterator[Event]:
        if question == "nothing":
            raise BadInput("there is no question")
        self.heard.append((viewer.person, tuple(history)))
        self.shown += [shown] if shown else []
        address = self.memory.space.place([question])[0].address
        ids = [id for id, _ in self.memory.nearest(address, viewer, 3)]
        found = self.memory.hydrate(ids, viewer)
        items = [found[id] for id in ids if id in found]
        hits = tuple(Hit(one, 1.0, 1.0, 1.0) for one in items)
        yield Found(hits)
        quoted = hits[0].entity.text.split("\n")[0] if hits else ""
        for word in quoted.split():
            yield Written(f"{word} ")
            self.pause()
        yield Answer(
            question, f"{quoted} [1]" if hits else "Not in your sources.", "possibly" if hits else "refusal",
            tuple(_cited(hit.entity, quoted, self.memory) for hit in hits[:1]), hits,
            {hit.entity.source: self._path(hit.entity) for hit in hits}, grounding, "parrot", 0.9, Cost(),
        )  # fmt: skip

    def _path(self, entity: Entity) -> str:
        row = self.memory.catalog.source(entity.source)
        return row.path if row else ""


def _cited(entity: Entity, quote: str, memory: Memory) -> Citation:
    row = memory.catalog.source(entity.source)
    assert row is not None
    return Citation(1, entity.id, entity.kind, entity.source, row.path, entity.title, entity.locator, quote)


def viewer_of(person: str) -> Viewer:
    if person == "owner":
        return Viewer("owner", frozenset({"sales", "public", "operations", "hr"}))
    if person not in SCOPES:
        raise UnknownPerson("the policy does not name this person")
    return Viewer(person, frozenset(SCOPES[person]), ("employee",), policy="v1")
