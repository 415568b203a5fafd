"""Kills an ingestion at random moments, runs it again, and compares what is in the memory with an undisturbed run.

`kotonoha evaluate durability` kills with SIGKILL, so nothing of ours can clean up. Real files, the real encoder, the
real stores.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np

from assistant.app import build, feeding
from assistant.evaluate.table import Table
from ingest.base.settings import Settings

QUESTIONS = ("How often is the spindle greased?", "What is the alarm limit?", "Who approved the order?", "主軸の温度")
TOLERANCE = 1e-3
"""Largest difference of two vectors of one text; how texts are batched changes the last digits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sequences` ingestions were each killed until one ended by itself; `differences` says how their memories differ."""

    files: int
    entities: int
    kills: int
    sequences: int
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What a memory holds, without times and row numbers."""

    sources: tuple[tuple[Any, ...], ...]
    entities: tuple[tuple[Any, ...], ...]
    vectors: np.ndarray[Any, np.dtype[np.float32]]
    held: frozenset[str]
    found: tuple[tuple[str, ...], ...]


def run(folder: Path, kills: int, seed: int = 0) -> Outcome:
    """Until `kills` have happened: a new memory, ingestion killed again and again until it ends, comparison."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "chromadb", "torch", "transformers"])
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter()
        settings = Settings(home=Path(scratch) / "reference")
        _kill_until_done(context, settings, folder, [])
        longest = time.perf_counter() - started
        reference = _state(settings)
        done = sequences = 0
        differences: list[str] = []
        while done < kills:
            settings = replace(settings, home=Path(scratch) / str(sequences))
            delays = [chance.uniform(0, longest) for _ in range(kills - done)]
            started = time.perf_counter()
            killed = _kill_until_done(context, settings, folder, delays)
            if not killed:  # the first one also loaded everything: kills after the end are none
                longest = min(longest, time.perf_counter() - started)
            done += killed
            differences += [f"sequence {sequences}: {line}" for line in _compare(reference, _state(settings))]
            sequences += 1
    return Outcome(len(reference.sources), len(reference.entities), done, sequences, tuple(differences))


def sixty(folder: Path) -> Path:
    """Sixty small files in a folder, for want of others; returns the folder."""
    for number in range(60):
        greased = f"# Part {number}\n\nThe part P-{number:03} is greased every {number + 7} hours."
        (folder / f"part-{number:02}.md").write_text(
            f"{greased}\n\n## Alarm\n\nIts alarm limit is {number * 3} degrees."
        )
    return folder


def _kill_until_done(context: ForkServerContext, settings: Settings, folder: Path, delays: Sequence[float]) -> int:
    """Starts an ingestion, kills it after each delay and starts it again; the last one is left to end. Returns the kills."""
    for kills, delay in enumerate([*delays, None]):
        process = context.Process(target=_ingest, args=(settings, folder))
        process.start()
        process.join(delay)
        if process.exitcode is not None:
            if process.exitcode != 0:
                raise RuntimeError(f"ingestion ended with {process.exitcode}")
            return kills
        process.kill()
        process.join()
    raise AssertionError("unreachable: the last ingestion has no time limit")


def _ingest(settings: Settings, folder: Path) -> None:
    for _ in feeding.ingest(settings, [folder], scope="all"):
        pass


def _state(settings: Settings) -> State:
    from assistant.search.retrieve import Retriever

    with build.memory(settings) as memory:
        connection = memory.catalog.connection
        sources = [
            tuple(row)
            for row in connection.execute(
                "SELECT path, sha256, media, title, scope, reader, notes FROM source ORDER BY path"
            )
        ]
        rows = connection.execute(
            "SELECT id, source, scope, kind, text, title, locator, parent, ordinal, facts, address FROM entity ORDER BY id"
        ).fetchall()
        vectors = np.stack([np.frombuffer(row["address"], np.float32) for row in rows])
        viewer = build.viewer(memory.catalog)
        retriever = Retriever(memory, memory.catalog, memory.space)
        found = tuple(tuple(hit.entity.id for hit in retriever.search(question, viewer, k=5)) for question in QUESTIONS)
        return State(
            tuple(sources), tuple(tuple(row)[:-1] for row in rows), vectors, frozenset(memory.vector_ids("all")), found
        )


def _compare(expected: State, got: State) -> list[str]:
    """One line per way in which two memories differ; none when they agree."""
    lines = []
    if expected.sources != got.sources:
        lines.append(f"sources differ ({len(expected.sources)} and {len(got.sources)})")
    if expected.entities != got.entities:
        lines.append(f"entities differ ({len(expected.entities)} and {len(got.entities)})")
    elif float(np.abs(expected.vectors - got.vectors).max()) > TOLERANCE:
        lines.append(f"vectors differ by {np.abs(expected.vectors - got.vectors).max():.4f}")
    if got.held != {row[0] for row in got.entities}:
        lines.append("the vector store holds other entities than the catalogue")
    if expected.found != got.found:
        lines.append("search finds other entities")
    return lines


def table(outcome: Outcome) -> Table:
    """One row, and a line for every difference."""
    columns = ("files", "entities", "kills", "ingestions", "different")
    row = (outcome.files, outcome.entities, outcome.kills, outcome.sequences, len(outcome.differences))
    return Table(
        "Killed while ingesting, run again, compared with an undisturbed run", columns, (row,), outcome.differences
    )
