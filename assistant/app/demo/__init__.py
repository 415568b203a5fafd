"""The bundled sample firm: its files, its policy, its questions, and a first conversation with it."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from assistant.govern.policy import Policy
from assistant.serve.parts import Example
from ingest.base.access import Viewer
from ingest.base.settings import Settings

HERE = Path(__file__).parent
FIRM = HERE / "firm"
POLICY = HERE / "scopes.yaml"
QUESTIONS = HERE / "questions.jsonl"

CONVERSATION = (
    ("sawada", "To what torque are the mounting bolts of the spindle tightened?"),
    ("tanabe", "What is the serial number on the nameplate of the spindle in MC-3?"),
    ("tanabe", "How warm did the spindle of MC-3 get at most on 9 June 2026?"),
    ("endo", "How long is the warranty on a spindle unit?"),
    ("endo", "How many orders above 1 million yen were placed in May 2026?"),
    ("berg", "結婚するときは休暇を何日もらえますか。"),
    ("endo", "What is the salary of Taro Tanabe?"),
    ("mori", "What is the salary of Taro Tanabe?"),
)
"""Who asks what: a manual, a picture, a sensor log, a source with a trap in it, a table, Japanese rules, and one file that
two people see differently."""


def prepared(settings: Settings) -> Settings:
    """Settings of the demo's own home, with policy and files in its memory. What is there already is not read again."""
    from assistant.app import build

    home = replace(settings, home=settings.home / "demo")
    catalog = build.catalog(home)
    text, now = POLICY.read_text("utf-8"), build.policies(catalog).current()
    if now is None or now.text != text:
        build.put_policy(home, catalog, Viewer("demo", frozenset()), text, POLICY.name)
    ready = f"{FIRM}:{_newest()}"
    if catalog.fact("demo") != ready:
        _ingest(home)
        catalog.set_fact("demo", ready)
    return home


def guests() -> list[tuple[str, str]]:
    """(name, what they are called) of the people of the sample firm, the one who reads most first."""
    policy = Policy(POLICY.read_text("utf-8"))
    most = sorted(policy.people, key=lambda name: (-len(policy.viewer(name).scopes), name))
    return [(name, f"{policy.people[name]} ({policy.viewer(name).roles[-1]})") for name in most]


def examples() -> list[Example]:
    """Questions to begin with, those about the rarest kinds of files first, in turn."""
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    kinds: dict[str, list[Example]] = {}
    for row in rows:
        if row["answerable"] and row["kind"] in ("single", "exact"):
            example = Example(row["question"], row["lang"], frozenset(row["scope"]))
            kinds.setdefault(row["modality"], []).append(example)
    return [one for turn in zip_longest(*kinds.values()) for one in turn if one]


def run(settings: Settings) -> int:
    """Reads the firm, asks it questions as different people, and says how to open the chat."""
    from assistant.app import build
    from assistant.serve import show

    started = time.perf_counter()
    home = prepared(settings)
    with build.memory(home) as memory:
        assistant = build.assistant(home, memory)
        people = build.policies(memory.catalog).current()
        assert people is not None
        print(
            f"{len(memory.catalog.sources())} files, {memory.catalog.count()} entities, {time.perf_counter() - started:.0f} s"
        )
        for person, question in CONVERSATION:
            print(f"\n{people.people[person]} asks: {question}")
            show.answer(assistant.ask(question, build.viewer(memory.catalog, person)))
    print("\nOpen the chat with: make serve   (or: kotonoha serve --demo)")
    print("Then read your own files: kotonoha ingest FOLDER")
    return 0


def _ingest(home: Settings) -> None:
    from assistant.app import feeding
    from assistant.serve.show import progress
    from ingest.source import count_files

    with progress(count_files([FIRM]), "file", quiet=False) as bar:
        for report in feeding.ingest(home, [FIRM]):
            if report.error:
                print(f"{report.source}: {report.error}", file=sys.stderr)
            bar.update(1)


def _newest() -> int:
    """When the bundled files last changed, in whole seconds: a newer installation reads them again."""
    return int(max(file.stat().st_mtime for file in FIRM.rglob("*")))
