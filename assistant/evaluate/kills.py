"""Kills whatever writes, at random moments, a thousand times in one memory, and asks the doctor what became of it.

`kotonoha evaluate kills --kills 1000 --file FOLDER` keeps its memory and its count in FOLDER and goes on where it was
stopped. What is killed with SIGKILL: ingestion, changes of the policy, moves, accounts, rows of the audit, back-ups. What was
acknowledged before a kill (an account, a version of the policy, a row of the audit, a source that was reported) has to be there
after it.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from assistant.app import backup, build, doctor, feeding
from assistant.evaluate.table import Table
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import moves

ABOUT = ("catalogue", "keys", "audit", "memory", "words", "self-retrieval", "vectors", "state folder")
"""The checks that are about this memory, not about the models of this machine or the room on its disk."""
LONGEST, LONGEST_READING = 2.0, 12.0
"""Seconds after which a process is killed at the latest; reading first loads an encoder."""
POLICY = """
scopes: {{open: {{}}, closed: {{}}}}
roles: {{reader: {{reads: [open]}}}}
people: {{boss: {{may: [govern]}}}}
# {number}
"""
GOVERNOR = Viewer("boss", frozenset({"open", "closed"}))

Told = Callable[[str], None]
"""How a process acknowledges what it has done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often each act was killed; what the doctor found wrong; what had been acknowledged and was gone."""

    kills: dict[str, int]
    whole: bool
    findings: tuple[str, ...]
    lost: tuple[str, ...]


# -- what is killed ----------------------------------------------------------------------------------------------


def ingest(settings: Settings, number: int, told: Told) -> None:
    folder = settings.home.parent / "files"
    (folder / f"{number % 40}.md").write_text(f"# Part {number % 40}\n\nIt is greased every {number} hours.\n")
    for report in feeding.ingest(settings, [folder], "open"):
        told(f"source {report.source}")


def govern(settings: Settings, number: int, told: Told) -> None:
    made = build.put_policy(settings, build.catalog(settings), GOVERNOR, POLICY.format(number=number))
    told(f"policy {made.version}")


def move(settings: Settings, number: int, told: Told) -> None:
    catalog = build.catalog(settings)
    with catalog.transaction():
        build.record(settings, catalog, GOVERNOR, "policy move", {"number": number})
        moves.begin(catalog, catalog.sources()[:5], ("closed", "open")[number % 2])


def accounts(settings: Settings, number: int, told: Told) -> None:
    from argon2 import PasswordHasher

    from assistant.govern.people import People

    catalog = build.catalog(settings)
    with catalog.transaction():
        build.record(settings, catalog, GOVERNOR, "people add", {"name": f"p{number}"})
        People(catalog, hasher=PasswordHasher(1, 8, 1)).add(f"p{number}", "a sentence that is long")
    told(f"person p{number}")


def audited(settings: Settings, number: int, told: Told) -> None:
    from assistant.govern.audit_row import Event

    record = build.audit(settings, build.catalog(settings))
    for _ in range(200):
        told(f"row {record.append(Event('ask', 'endo', details={'number': number}))}")


def saved(settings: Settings, number: int, told: Told) -> None:
    backup.save(settings, settings.home.parent / "whole.backup")
    told(f"backup {number}")


ACTS: dict[str, Callable[[Settings, int, Told], None]] = {
    "ingest": ingest, "policy": govern, "move": move, "people": accounts, "audit": audited, "backup": saved,
}  # fmt: skip


# -- killing -----------------------------------------------------------------------------------------------------


def run(folder: Path, kills: int, acts: dict[str, Callable[[Settings, int, Told], None]] = ACTS) -> Outcome:
    """Goes on until so many kills have happened in this folder, then asks what became of the memory in it."""
    settings = Settings(home=folder / "home", threads=1)
    (folder / "files").mkdir(parents=True, exist_ok=True)
    count = Counter(_read(folder / "kills.json"))
    told = folder / "told.jsonl"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "assistant.app.build"])
    chance = random.Random()
    while (done := sum(count.values())) < kills:
        name = list(acts)[done % len(acts)]
        if _killed(context, acts[name], settings, time.time_ns() // 1_000_000, chance, told):
            count[name] += 1
            (folder / "kills.json").write_text(json.dumps(count))
        for old in folder.glob("*.backup"):
            old.unlink()
    checks = list(doctor.examine(settings))
    findings = tuple(
        f"{check.name}: {check.finding}" for check in checks if not check.ok and check.name.startswith(ABOUT)
    )
    return Outcome(dict(count), not findings, findings, tuple(_lost(settings, told)))


def _killed(
    context: object, act: Callable[..., None], settings: Settings, number: int, chance: random.Random, kept: Path
) -> bool:
    """Starts an act, kills it at a random moment, keeps what it had acknowledged; False if it had ended before."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = context.Process(target=_act, args=(act, settings, number, sending))  # type: ignore[attr-defined]
    process.start()
    sending.close()
    with kept.open("a") as file:
        ends = time.monotonic() + chance.uniform(0, LONGEST_READING if act is ingest else LONGEST)
        while (left := ends - time.monotonic()) > 0 and process.exitcode is None:
            if receiving.poll(min(left, 0.05)):
                try:
                    file.write(json.dumps(receiving.recv()) + "\n")
                except EOFError:
                    break
        ended = process.exitcode is not None
        process.kill()
        process.join()
    return not ended


def _act(act: Callable[..., None], settings: Settings, number: int, sending: Connection) -> None:
    act(settings, number, sending.send)


def _read(file: Path) -> dict[str, int]:
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _lost(settings: Settings, told: Path) -> Iterator[str]:
    """What had been acknowledged and is not there."""
    catalog = build.catalog(settings)
    there = {f"source {row.path}" for row in catalog.sources()}
    queries = {
        "policy": "SELECT version FROM policy",
        "person": "SELECT name FROM person",
        "row": "SELECT number FROM audit",
    }
    for kind, query in queries.items():
        there |= {f"{kind} {row[0]}" for row in catalog.connection.execute(query)}
    said = {json.loads(line) for line in told.read_text().splitlines()} if told.exists() else set()
    yield from sorted(one for one in said - there if not one.startswith("backup"))


def table(outcome: Outcome) -> Table:
    """One row per act, and the verdict."""
    rows = [(name, count) for name, count in outcome.kills.items()]
    verdict = "the doctor calls the memory whole" if outcome.whole else "THE DOCTOR FINDS FAULTS"
    lost = f"{len(outcome.lost)} things that had been acknowledged are gone"
    notes = (f"{verdict}; {lost}", *outcome.findings, *outcome.lost[:10])
    return Table("Killed at random moments", ("act", "kills"), (*rows, ("all", sum(outcome.kills.values()))), notes)
