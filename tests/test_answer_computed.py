"""Answers computed from tables, by the whole way from a file to the answer; the model writes the query it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.answer.outcome import Answer
from ingest import jobs, pipeline
from ingest.memory.memory import Memory
from ingest.readers.table import TableReader
from ingest.reading import Direct

from .scripted import Scripted
from .test_answer import ask

COUNT = "SELECT count(*) FROM t"


@pytest.fixture
def lists(memory: Memory, tmp_path: Path) -> Memory:
    (tmp_path / "list_drinks.csv").write_text("drink,shelf\n" + "".join(f"tea {n},A{n}\n" for n in range(5)), "utf-8")
    (tmp_path / "list_papers.csv").write_text("paper,weight\n" + "".join(f"roll {n},{n}\n" for n in range(3)), "utf-8")
    jobs.ask(memory.catalog, [(str(path), "open") for path in sorted(tmp_path.glob("*.csv"))])
    assert [one.status for one in pipeline.run(memory, Direct([TableReader()]))] == ["added", "added"]
    return memory


def computed(memory: Memory, question: str) -> Answer:
    return ask(memory, Scripted(wants="rows", query=COUNT, table="list_drinks"), question)


def test_a_figure_on_which_two_queries_agree_is_computed(lists: Memory) -> None:
    answer = computed(lists, "How many drinks are on the list of drinks?")
    assert (answer.how, answer.answer.split(" [")[0]) == ("calculation", "count: 5")


def test_a_figure_of_one_of_two_tables_is_no_answer_about_both(lists: Memory) -> None:
    answer = computed(lists, "Are there more drinks or more papers on the lists, and how many?")
    assert answer.how == "possibly"
