"""Questions over a table that is given: how many are answered by a query, and how many of those rightly.

    measure("../shared/data/qa/wikitables.jsonl.gz", 300, computer, writer)

The questions are drawn by the seed of `evaluate.tables`, one JSON object a line: `header`, `rows`, `question`, `answer`.
Right is an answer whose first value is the expected one, as words or as a figure.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.compute.computer import Computed, Computer, Writer
from assistant.evaluate.table import Table
from assistant.evaluate.tables import draw
from ingest.memory.tables import Kept
from ingest.text import rows
from ingest.text.cells import cell, header, shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question: what was computed (None when nothing was), whether it is right, and the seconds it took."""

    question: str
    answer: str
    computed: Computed | None
    right: bool
    seconds: float

    @property
    def sure(self) -> bool:
        return self.computed is not None and self.computed.agreed


def measure(file: Path, count: int, computer: Computer, writer: Writer) -> tuple[Table, list[Outcome]]:
    """The shares of questions answered and right, and every outcome to read."""
    cases, tables = draw(file, count)
    made = {source: typed(cells) for source, cells in tables.items()}
    outcomes = [ask(c.question, c.answer, made[c.source], computer, writer) for c in cases]
    return told(outcomes), outcomes


def typed(cells: Sequence[Sequence[str]]) -> rows.Table:
    """A table of a header and rows of cells."""
    return rows.typed("", [header(name) for name in cells[0]], cells[1:], list(range(2, len(cells) + 1)))


def ask(question: str, answer: str, table: rows.Table, computer: Computer, writer: Writer) -> Outcome:
    started = time.perf_counter()
    found = computer.ask(question, [Kept("table", "source", "", table)], writer)
    seconds = time.perf_counter() - started
    return Outcome(question, answer, found, found is not None and says(found.values, answer), seconds)


def says(values: Sequence[tuple[Any, ...]], answer: str) -> bool:
    """Whether the first value of a result, in all of its rows, is the expected answer."""
    return {plain(row[0]) for row in values} == {plain(answer)}


def plain(value: object) -> str:
    item = cell(shown(value))
    return f"{item.value:g}" if item.type == "number" else str(item.value).strip(' "').casefold()


def told(outcomes: Sequence[Outcome]) -> Table:
    """What both queries agree on, and what only one says."""
    lines = []
    for name, chosen in (
        ("both queries agree", [o for o in outcomes if o.sure]),
        ("only one says it", [o for o in outcomes if o.computed and not o.sure]),
        ("no answer", [o for o in outcomes if not o.computed]),
    ):
        right = sum(o.right for o in chosen) / len(chosen) if chosen and chosen[0].computed else None
        lines.append((name, len(chosen), len(chosen) / max(1, len(outcomes)), right))
    seconds = sorted(o.seconds for o in outcomes)
    note = f"{len(outcomes)} questions, median {seconds[len(seconds) // 2]:.1f} s" if seconds else "no questions"
    return Table(
        "Questions over a table that is given", ("answer", "questions", "share", "right"), tuple(lines), (note,)
    )
