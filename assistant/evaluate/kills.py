"""Kills whatever writes, at random moments, a thousand times in one memory, and asks the doctor what became of it.

`kotonoha evaluate kills --kills 1000 --file FOLDER` keeps its memory and its count in FOLDER and goes on where it was
stopped. What is killed with SIGKILL is in `writers`: ingestion, a server in use, changes of the policy, moves, accounts, rows
of the audit, back-ups, reading ahead, a model that is being brought. What was acknowledged before a kill (an account, a version
of the policy, a row of the audit, a question, a file brought, a source that was reported) has to be there after it. Knows nothing
about what makes it hold.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from assistant.app import build, doctor
from assistant.evaluate import writers
from assistant.evaluate.table import Table
from assistant.evaluate.writers import ACTS, READY, Act
from ingest.base.errors import MemoryDamaged
from ingest.base.settings import Settings

ABOUT = ("catalogue", "keys", "audit", "memory", "words", "self-retrieval", "tables", "vectors", "state folder")
"""The checks that are about this memory, not about the models of this machine or the room on its disk."""
LONGEST = 4.0
"""Seconds after which a process is killed at the latest, from when it is ready; one in `EARLY` is killed before it need be."""
EARLY, LOADING = 8, 300.0
ENDED = 5
"""An act that ends by itself so often one after the other cannot be done any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often each act was killed; what the doctor found wrong; what had been acknowledged and was gone."""

    kills: dict[str, int]
    whole: bool
    findings: tuple[str, ...]
    lost: tuple[str, ...]


def run(settings: Settings, folder: Path, kills: int, acts: dict[str, Act] = ACTS) -> Outcome:
    """Goes on until so many kills have happened in this folder, then asks what became of the memory in it.

    Args:
        settings: of these, the language model is used, and the rest as it is.

    Raises:
        MemoryDamaged: an act cannot be done any more; what it said is in `said.txt`.
    """
    settings = replace(settings, home=folder / "home", threads=1)
    folder.mkdir(parents=True, exist_ok=True)
    count, ended = Counter(_read(folder / "kills.json")), 0
    context = multiprocessing.get_context("fork")
    writers.warm(settings)
    chance = random.Random()
    while (done := sum(count.values())) < kills:
        name = list(acts)[done % len(acts)]
        if _killed(context, name, acts[name], settings, chance, folder):
            count[name], ended = count[name] + 1, 0
            (folder / "kills.json").write_text(json.dumps(count))
        elif (ended := ended + 1) == ENDED:
            raise MemoryDamaged(f"'{name}' cannot be done any more after {done} kills", f"see {folder / 'said.txt'}")
        for old in folder.glob("*.backup"):
            old.unlink()
    checks = list(doctor.examine(settings))
    findings = tuple(
        f"{check.name}: {check.finding}" for check in checks if not check.ok and check.name.startswith(ABOUT)
    )
    return Outcome(dict(count), not findings, findings, tuple(_lost(settings, folder)))


def _killed(
    context: object, name: str, act: Act, settings: Settings, chance: random.Random, folder: Path
) -> bool:  # fmt: skip
    """Starts an act, kills it at a random moment, keeps what it had acknowledged; False if it had ended before."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    number = time.time_ns() // 1_000_000
    process = context.Process(target=_act, args=(act, settings, number, sending))  # type: ignore[attr-defined]
    process.start()
    sending.close()
    early = chance.random() < 1 / EARLY
    said, ended = _heard(receiving, chance.uniform(0, LONGEST) if early else LOADING, chance.uniform(0, LONGEST))
    process.kill()
    process.join()
    said += _heard(receiving, LOADING, LOADING)[0]  # what was said before the kill, up to the end of the pipe
    with (folder / "told.jsonl").open("a") as file:
        file.writelines(json.dumps(one) + "\n" for one in said if one.split()[0] not in (READY, "kept", "pulled"))
    with (folder / "missing.jsonl").open("a") as file:
        file.writelines(json.dumps(one) + "\n" for one in writers.missing(settings, name, said))
    return not ended


def _heard(receiving: Connection, seconds: float, ready: float) -> tuple[list[str], bool]:
    """What is said in so many seconds, at most so many after it is ready, and whether nobody was left to say any more."""
    said: list[str] = []
    ends = time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        if receiving.poll(left):
            try:
                said.append(receiving.recv())
            except (EOFError, OSError):
                return said, True
            if said[-1] == READY:
                ends = min(ends, time.monotonic() + ready)
    return said, False


def _act(act: Act, settings: Settings, number: int, sending: Connection) -> None:
    """An act in a process of its own; what it says to a terminal goes into a file."""
    with (settings.home.parent / "said.txt").open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    act(settings, number, sending.send)


def _read(file: Path) -> dict[str, int]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _lost(settings: Settings, folder: Path) -> Iterator[str]:
    """What had been acknowledged and is not there."""
    catalog = build.catalog(settings)
    there = {f"source {path}" for row in catalog.sources() for path in (row.path, *row.places)}
    there |= {f"upload {path.name}" for path in settings.home.rglob("note-*.md")}
    queries = {
        "policy": "SELECT version FROM policy",
        "person": "SELECT name FROM person",
        "row": "SELECT number FROM audit",
        "talk": "SELECT id FROM talk",
    }
    for kind, query in queries.items():
        there |= {f"{kind} {row[0]}" for row in catalog.connection.execute(query)}
    yield from sorted(_lines(folder / "told.jsonl") - there)
    yield from sorted(_lines(folder / "missing.jsonl"))


def _lines(file: Path) -> set[str]:
    return {json.loads(line) for line in file.read_text().splitlines()} if file.exists() else set()


def table(outcome: Outcome) -> Table:
    """One row per act, and the verdict."""
    rows = [(name, count) for name, count in outcome.kills.items()]
    verdict = "the doctor calls the memory whole" if outcome.whole else "THE DOCTOR FINDS FAULTS"
    lost = f"{len(outcome.lost)} things that had been acknowledged are gone"
    notes = (f"{verdict}; {lost}", *outcome.findings, *outcome.lost[:10])
    return Table("Killed at random moments", ("act", "kills"), (*rows, ("all", sum(outcome.kills.values()))), notes)
