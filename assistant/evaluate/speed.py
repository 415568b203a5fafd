"""Measures speed: ingestion beside its encoder alone, and answering beside a plain LangChain pipeline over text.

    kotonoha evaluate ingestion --file FILE
    kotonoha evaluate answering --file FILE

Everything is measured in the same run on the same passages and questions, in turns, and the best of two rounds counts.
The plain pipeline is what one would write first (`plain`).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from assistant.answer.ahead import Ahead
from assistant.answer.answer import Assistant
from assistant.answer.compose import RATIO, Grounding
from assistant.answer.outcome import Answer
from assistant.app import build
from assistant.evaluate import plain
from assistant.evaluate.search import SCOPE, VIEWER, chosen, memory_of, read
from assistant.evaluate.table import Cell, Table
from assistant.model.llm import Llm
from assistant.model.reader import load as load_reader
from ingest import pipeline
from ingest.base.settings import Settings, load
from ingest.memory.catalog import Catalog
from ingest.memory.memory import Memory
from ingest.reading.workers import Workers
from ingest.space.space import Space

ROUNDS = 2
ALONE = "the encoder alone"
IN_A_FILE = 20
"""Passages written into one file."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one question since it was asked; the model's first token and last."""

    retrieve: float
    placed: float
    first_token: float
    total: float


# -- ingestion -------------------------------------------------------------------------------------------


def ingestion(file: Path, passages: int = 400) -> Table:
    """Passages a second: files to a searchable memory, and the encoder alone."""
    texts = list(dict.fromkeys(one.passage for one in read(file)))[:passages]
    space = build.space(load())
    space.place(texts[:8])
    with tempfile.TemporaryDirectory() as folder:
        _write(texts, Path(folder, "files"))
        words = _whole(Path(folder, "files"), Path(folder, "warm"), space)
        ways: dict[str, Callable[[], object]] = {
            ALONE: lambda: space.place(words),
            "ingest (files to searchable memory)": lambda: _whole(
                Path(folder, "files"), Path(tempfile.mkdtemp(dir=folder)), space
            ),
        }
        rounds = [{name: _timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    best = {name: [min(part) for part in zip(*(one[name] for one in rounds), strict=True)] for name in ways}
    rows = tuple(
        (name, len(words) / wall, best[ALONE][0] / wall, best[ALONE][1] / processor)
        for name, (wall, processor) in best.items()
    )
    columns = ("way", "passages/s", "of the encoder alone", "by processor time")
    return Table(f"Ingestion of {len(words)} passages", columns, rows)


def _write(texts: Sequence[str], folder: Path) -> None:
    folder.mkdir()
    for start in range(0, len(texts), IN_A_FILE):
        body = "\n\n".join(" ".join(text.split()) for text in texts[start : start + IN_A_FILE])
        (folder / f"{start:05}.txt").write_text(body, "utf-8")


def _whole(files: Path, home: Path, space: Space) -> list[str]:
    """Makes a searchable memory of files; returns what was embedded."""
    settings = load(home)
    ways_in = (lambda path: SCOPE, lambda: Memory(settings, space), lambda: Workers(build.readers, settings))
    reports = list(pipeline.ingest(settings, [files], *ways_in))
    assert all(report.status == "added" for report in reports), reports
    with closing(Catalog(settings.catalog_file)) as catalog:
        return [item.words for row in catalog.sources([SCOPE]) for item in catalog.entities_of(row.id)]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processor time (which other programs do not disturb)."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


# -- answering -------------------------------------------------------------------------------------------


def answering(file: Path, questions: int = 20, passages: int = 60) -> Table:
    """Median seconds to hits, sources in place, first token and end, in turns over the same questions: sources that nobody
    asked for before, read when they are asked for and read ahead, whole and in part; and the plain way.
    """
    texts = list(dict.fromkeys(one.passage for one in read(file)))[:passages]
    asked = [one.question for one in chosen([one for one in read(file) if one.passage in texts], questions, 0)]
    with memory_of(dict.fromkeys(texts)) as (memory, _):
        llm = load_reader(memory.settings).llm
        whole, began = load_reader(memory.settings, llm), time.perf_counter()
        count = Ahead(memory.catalog, lambda: whole).read()
        took, sealed = time.perf_counter() - began, whole.shelf.sealed
        runs: dict[str, tuple[Grounding, Settings]] = {
            "read when asked for": ("text", replace(memory.settings, kept_mb=0)),
            "read ahead, whole": ("text", memory.settings),
            f"read ahead, whole and one token in {RATIO}": ("hybrid", memory.settings),
            f"read ahead, one token in {RATIO}": ("soft", memory.settings),
        }
        ways = {f"kotonoha, {name}": _fresh(memory, llm, *run) for name, run in runs.items()}
        ways[f"{plain.NAME}, text"] = _plainly(texts, memory)
        spent = [{name: way(one) for name, way in ways.items()} for one in asked]
    both = [one for one in spent if all(one.values())]
    rows = tuple(_row(name, [one[name] for one in both]) for name in ways)
    columns = ("pipeline", "retrieve s", "in place s", "first token s", "whole answer s")
    size = sealed.size if sealed else 0
    notes = (
        f"{len(both)} of {len(asked)} questions; the others were answered without the model in some way",
        f"read ahead: {count} texts in {took:.0f} s, {size / max(count, 1) / 1e6:.2f} MB each on disk",
    )
    return Table(f"Answering over {len(texts)} passages", columns, rows, notes)


def _plainly(texts: Sequence[str], memory: Memory) -> Callable[[str], Spent]:
    way = plain.pipeline(texts, memory.space, memory.settings)

    def answer(question: str) -> Spent:
        said = way(question)
        return Spent(said.retrieve, 0.0, said.first_token, said.total)

    return answer


def _fresh(memory: Memory, llm: Llm, grounding: Grounding, settings: Settings) -> Callable[[str], Spent | None]:
    """Asks as after a restart: nothing of the sources is in memory, what is on disk is."""

    def answer(question: str) -> Spent | None:
        with llm.given(""):
            pass
        reader = load_reader(settings, llm)
        return _asked(Assistant.open(settings, memory, reader=lambda: reader), question, grounding)

    return answer


def _row(name: str, times: Sequence[Spent | None]) -> tuple[Cell, ...]:
    known = [one for one in times if one is not None]
    parts = ("retrieve", "placed", "first_token", "total")
    return (name, *(median(getattr(one, part) for one in known) if known else None for part in parts))


def _asked(assistant: Assistant, question: str, grounding: Grounding) -> Spent | None:
    """What one question cost; None if no model was asked."""
    *_, answer = assistant.ask(question, VIEWER, grounding=grounding)
    assert isinstance(answer, Answer)
    cost = answer.cost
    return Spent(cost.retrieve, cost.placed, cost.first_token, cost.total) if cost.generated else None
