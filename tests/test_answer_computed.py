"""Answers computed from tables, by the whole way from a file to the answer; the model writes the query it is told to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answer import notes
from assistant.answer.cite import Line
from assistant.answer.evidence import Evidence
from assistant.answer.joined import apart
from assistant.answer.outcome import Answer
from assistant.answer.stand import fault
from assistant.compute.computer import CITED
from assistant.model import prompt
from assistant.search.retrieve import Hit
from assistant.search.wants import Wants
from ingest import jobs, pipeline
from ingest.memory.memory import Memory
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.reading import Direct
from ingest.space.entity import Entity, Locator

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


def test_a_figure_over_many_rows_cites_every_one_of_them_up_to_a_bound_and_says_how_many_there_are(
    memory: Memory, tmp_path: Path
) -> None:
    for name, rows in (("drinks", 32), ("papers", CITED + 9)):
        (tmp_path / f"list_{name}.csv").write_text(
            f"{name},on {name}\n" + "".join(f"{name} {n},A{n}\n" for n in range(rows)), "utf-8"
        )
    jobs.ask(memory.catalog, [(str(path), "open") for path in sorted(tmp_path.glob("*.csv"))])
    list(pipeline.run(memory, Direct([TableReader()])))
    for name, rows in (("drinks", 32), ("papers", CITED + 9)):
        reader = Scripted(wants="rows", query=COUNT, table=f"list_{name}")
        answer = ask(memory, reader, f"How many {name} are on the list of {name}?")
        assert (len(answer.citations), notes.counted(answer.notes)) == (min(rows, CITED), rows)


def test_a_figure_of_one_of_two_tables_is_no_answer_about_both(lists: Memory) -> None:
    answer = computed(lists, "Are there more drinks or more papers on the lists, and how many?")
    assert answer.how == "possibly"


CLEANED = "The office is cleaned by the Aster company."
BOTH = "How many drinks are on the list of drinks, and by whom is the office cleaned?"
PARTS = "How many drinks are on the list of drinks?\nBy whom is the office cleaned?"
OPEN = {"count: 5 [1] [2] [3] By whom": 0.9}


def of_both(lists: Memory, tmp_path: Path, reader: Scripted, question: str = BOTH) -> Answer:
    (tmp_path / "cleaning.md").write_text(f"# Cleaning\n\n{CLEANED}\n", "utf-8")
    jobs.ask(lists.catalog, [(str(tmp_path / "cleaning.md"), "open")])
    assert [one.status for one in pipeline.run(lists, Direct([TextReader()]))] == ["added"]
    return ask(lists, reader, question)


def counting(says: str, **more: Any) -> Scripted:
    return Scripted(says, over_rows=(BOTH,), query=COUNT, table="list_drinks", parts=PARTS, **more)


def test_what_a_figure_leaves_open_of_its_question_is_read(lists: Memory, tmp_path: Path) -> None:
    answer = of_both(lists, tmp_path, counting(f"{CLEANED} [1]", lacking=OPEN))
    assert (answer.how, answer.answer) == ("calculation", f"count: 5 [1] [2] [3]\n{CLEANED} [6]")
    assert [citation.mark for citation in answer.citations] == [1, 2, 3, 4, 5, 6]
    assert answer.citations[-1].quote == CLEANED
    assert any("SELECT count(*)" in note for note in answer.notes)
    assert notes.BOTH in answer.notes


@pytest.mark.parametrize(
    ("reader", "beneath"),
    [
        (counting("", lacking=OPEN), "Not found for sure: By whom is the office cleaned?"),
        (
            counting(f"{CLEANED} [1]", lacking=OPEN, judges={"Aster": 0.5}),
            f"By whom is the office cleaned?\nPossibly, see the passages below:\n{CLEANED} [6]",
        ),
        (counting(f"{CLEANED} [1]"), ""),
    ],
)
def test_what_is_not_sure_beneath_a_figure_is_said_to_be_so(
    lists: Memory, tmp_path: Path, reader: Scripted, beneath: str
) -> None:
    """Nothing stands there where the figure answers the whole question."""
    answer = of_both(lists, tmp_path, reader)
    assert answer.how == "calculation"
    assert notes.BOTH not in answer.notes
    assert answer.answer.partition("\n")[2].startswith(beneath)
    assert bool(answer.answer.partition("\n")[2]) == bool(beneath)


def test_a_step_that_leans_on_the_first_is_asked_with_what_that_came_to(lists: Memory, tmp_path: Path) -> None:
    """And computed where rows answer it, else read; each is said."""
    leaning = {"By whom is the office cleaned?": "Who is paid by Aster?"}
    reader = counting("Lindner is paid by Aster. [1]", lacking=OPEN, leaning=leaning)
    (tmp_path / "paid.md").write_text("# Paid\n\nLindner is paid by Aster.\n", "utf-8")
    jobs.ask(lists.catalog, [(str(tmp_path / "paid.md"), "open")])
    assert [one.status for one in pipeline.run(lists, Direct([TextReader()]))] == ["added"]
    answer = of_both(lists, tmp_path, reader)
    assert answer.answer.splitlines()[1].startswith("Lindner is paid by Aster.")
    assert notes.STEP.format("Who is paid by Aster?") in answer.notes
    earlier = next(user for system, user in reader.told if system == prompt.ALONE)
    assert earlier == f"Q: {BOTH}\nA: count: 5 [1] [2] [3]\nQ: By whom is the office cleaned?"

    counted = Scripted(
        wants="rows", query=COUNT, table="list_", parts="How many drinks?\nHow many papers?",
        lacking={"count: 5 [1] [2] [3] How many papers": 0.9},
        leaning={"How many papers?": "How many are on the list of papers, list_papers?"},
    )  # fmt: skip
    both = ask(lists, counted, "How many drinks are on the list of drinks, list_drinks, and how many papers?")
    assert [line.split(" [")[0] for line in both.answer.splitlines()] == ["count: 5", "count: 3"]


def test_one_query_for_two_parts_of_a_question_answers_neither(lists: Memory) -> None:
    """Which list is longer? Both parts had been counted in the list of drinks, and said to be sure."""
    drinks = computed(lists, "How many drinks are on the list of drinks?")
    again = replace(drinks, question="How many papers are on the list of papers?")
    papers = replace(again, notes=("computed from 3 rows: SELECT count(*) FROM papers",))
    assert apart({"drinks": drinks, "papers": again}) == {}
    assert apart({"drinks": drinks, "papers": papers}) == {"drinks": drinks, "papers": papers}
    assert apart({"papers": again}, [drinks]) == {} and apart({"papers": papers}, [drinks]) == {"papers": papers}


COUNTED, ASKED = PARTS.split("\n")
ON_FOUR = "tea 4 is on shelf A4. [1]"


@pytest.mark.parametrize("doubt", [0.1, 0.9])
def test_a_part_of_a_question_that_rows_answer_is_computed_wherever_the_question_is_parted(
    lists: Memory, tmp_path: Path, doubt: float
) -> None:
    """A row that was found holds no count: neither where one source answers a part of it, nor where none answers it."""
    answers = {COUNTED: ON_FOUR, BOTH: f"{CLEANED} [1]", ASKED: f"{CLEANED} [1]"}
    lacking = {f"{CLEANED} {COUNTED}": 0.9, "list_": 0.9, BOTH: doubt}
    reader = Scripted(
        query=COUNT, table="list_drinks", parts=PARTS, answers=answers, lacking=lacking, over_rows=(COUNTED,)
    )
    answer = of_both(lists, tmp_path, reader)
    assert (answer.how, answer.answer) == ("calculation", f"count: 5 [1] [2] [3]\n{CLEANED} [6]")
    assert (answer.question, answer.understood) == (BOTH, BOTH)


@pytest.mark.parametrize(("wants", "wrong"), [("rows", notes.PART), ("text", "")])
def test_one_row_states_no_figure_that_could_not_be_computed(wants: Wants, wrong: str) -> None:
    """How many boxes were shipped? One row had two of them, which was stated and checked."""
    row = Entity("r1", "s1", "open", "row", "Carrier: Kumoashi Air; Boxes: 2", Locator(row=51))
    source = Evidence(Hit(row, 1.0, 1.0, 1.0), (row,), "shipments.csv", row.text)
    said = Line("2 boxes were shipped with Kumoashi Air.", (1,))
    assert fault(said, "How many boxes were shipped with Kumoashi Air?", wants, [source]) == wrong


def test_a_figure_that_is_not_sure_gives_way_to_those_of_the_parts(lists: Memory, tmp_path: Path) -> None:
    """The queries for the whole question come to different figures."""
    reader = Changing(query=COUNT, table="list_drinks", parts=PARTS, says=f"{CLEANED} [1]", wants="rows")
    reader.lacking = {"list_": 0.9}
    answer = of_both(lists, tmp_path, reader, OF_LIST)
    assert (answer.how, answer.answer) == ("calculation", f"count: 5 [1] [2] [3]\n{CLEANED} [6]")


OF_LIST = (
    "On the list of drinks, list_drinks, with drink and shelf: how many drinks, and by whom is the office cleaned?"
)


@dataclass
class Changing(Scripted):
    """Writes another query each time it is asked the question about both, of which tables are found first."""

    def wanted(self, question: str) -> Wants:
        return "text" if question == ASKED else "rows"

    def _queried(self, user: str) -> str:
        said = super()._queried(user)
        rows = ("drink = 'tea 0'", "drink = 'tea 1'", "shelf <> 'A1'")
        times = sum(OF_LIST in text for _, text in self.told) - 1
        return f"{said} WHERE {rows[times]}" if OF_LIST in user and times < len(rows) else said
