"""Questions over many tables as one memory: is the right row found?

    kotonoha evaluate tables --file ../shared/data/qa/wikitables.jsonl.gz

The file has one JSON object a line: `header`, `rows`, `row` (index of the right one), `question`, `answer`. The tables
of the drawn questions become one memory (kept in HOME, so that a stopped run goes on).

Measured: the right row among the first five hits, for the words alone (BM25) and for the shipped search; the right table.
What queries compute is measured by `kotonoha evaluate queries`.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.evaluate.table import Table
from assistant.search.retrieve import Retriever
from ingest.base.access import Viewer
from ingest.base.settings import load
from ingest.memory.catalog import SourceRow, chunks
from ingest.memory.lexicon import search
from ingest.memory.memory import Memory
from ingest.readers.grid import grid
from ingest.space.entity import Draft, Entity, Locator, identify
from ingest.space.space import Space
from ingest.text.terms import terms
from ingest.work import place

SCOPE = "wiki"
SEED = 0
VIEWER = Viewer("evaluation", frozenset([SCOPE]))
Place = tuple[str, int | None]
COUNTING = re.compile(r"\bhow (?:many|much)\b|\bnumber of\b|\btotal\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the source of its table, the place of the right row, and the answer.

    `counted`: it asks how many, and the row is called right only because the number happens to stand in it.
    """

    question: str
    source: str
    row: int
    answer: str
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found for one case: rows by each way of looking."""

    words: list[Place]
    hits: list[Place]


def draw(file: Path, count: int) -> tuple[list[Case], dict[str, list[list[str]]]]:
    """Cases drawn by a fixed seed, and their tables by source; the file writes a line break in a cell as two characters."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    random.Random(SEED).shuffle(rows)
    names: dict[str, str] = {}
    tables: dict[str, list[list[str]]] = {}
    cases = []
    for row in rows[:count]:
        cells = [[value.replace("\\n", "\n") for value in line] for line in (row["header"], *row["rows"])]
        source = names.setdefault(json.dumps(cells), f"t{len(names)}")
        tables[source] = cells
        chance = by_chance(row["question"], row["answer"], row["header"], row["rows"][row["row"]])
        cases.append(Case(row["question"], source, row["row"] + 2, row["answer"], chance))
    return cases, tables


def by_chance(question: str, answer: str, header: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a question asks for a count and no column that holds the number is named by it."""
    if not COUNTING.search(question) or not re.fullmatch(r"\d{1,3}", answer.strip()):
        return False
    columns = (name for name, value in zip(header, cells, strict=False) if value.strip() == answer.strip())
    return not any(set(terms(name)) & set(terms(question)) for name in columns)


def entities(source: str, cells: Sequence[Sequence[str]]) -> list[Entity]:
    drafts = grid(cells, name="", key="table", title="", place=lambda index: Locator(row=index + 1))
    return list(identify(source, SCOPE, (item for item in drafts if isinstance(item, Draft))))


def remember(memory: Memory, tables: dict[str, list[list[str]]]) -> None:
    """Brings the tables that are not there yet into the memory."""
    known = {row.id for row in memory.catalog.sources()}
    for part in chunks([source for source in tables if source not in known], 32):
        made = {source: entities(source, tables[source]) for source in part}
        placed = iter(place(memory.space, [entity for found in made.values() for entity in found]))
        for source, found in made.items():
            row = SourceRow(source, f"/{source}", source, 1, "text/csv", "", SCOPE, "table", (), "")
            memory.put_source(row, list(islice(placed, len(found))))
    memory.settle()


def look(case: Case, memory: Memory, retriever: Retriever) -> Outcome:
    """Everything that is measured about one case."""
    asked = retriever.ask(case.question, VIEWER)
    lexical = [id for id, _ in search(memory.catalog, list(asked.weights), [SCOPE], 5, ["row"])]
    known = memory.catalog.entities(lexical)
    hits = [hit.entity for hit in retriever.search(case.question, VIEWER, k=40, kinds=["row"])]
    return Outcome([_place(known[id]) for id in lexical], [_place(hit) for hit in hits[:5]])


def _place(entity: Entity) -> Place:
    return entity.source, entity.locator.row


def table(cases: Sequence[Case], outcomes: Sequence[Outcome], seconds: float) -> Table:
    """Recall of rows and tables by each way."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for name, field in (
        ("words alone (BM25)", "words"),
        ("shipped search", "hits"),
    ):
        found: list[list[Place]] = [getattr(outcome, field) for outcome in outcomes]
        at = [
            [(case.source, case.row) in places[:k] for case, places in zip(cases, found, strict=True)] for k in (1, 5)
        ]
        tables = [case.source in {source for source, _ in places} for case, places in zip(cases, found, strict=True)]
        rows.append((name, _share(at[0]), _share(at[1]), _share(tables)))
    columns = ("way", "row@1", "row@5", "table@5")
    count = len({case.source for case in cases})
    counted = sum(case.counted for case in cases)
    notes = (
        f"{len(cases)} questions, {count} tables, {seconds / max(1, len(cases)):.2f} s per question, all ways together",
        f"{counted} of the questions ask how many: the number stands in their right row by coincidence",
    )
    return Table("Questions over tables as one memory", columns, tuple(rows), notes)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / max(1, len(values))


def run(file: Path, count: int, home: Path, space: Space) -> Table:
    cases, tables = draw(file, count)
    with Memory(load(home), space) as memory:
        remember(memory, tables)
        retriever = Retriever(memory, memory.catalog, space)
        start = time.perf_counter()
        outcomes = [look(case, memory, retriever) for case in cases]
        return table(cases, outcomes, time.perf_counter() - start)
