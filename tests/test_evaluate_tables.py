"""The evaluation over tables, on tables small enough to check by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from assistant.evaluate.tables import by_chance, draw, run
from tests.test_links import Letters

HEADER = ["Part", "Maker", "Weight"]
BOLTS = [["M3", "Abe", "3"], ["M4", "Sato", "9"], ["M5", "Oda", "5"]]
PUMPS = [["P1", "Kita", "70"], ["P2", "Ueda", "20"]]


def write(folder: Path) -> Path:
    cases = [
        {
            "header": HEADER,
            "rows": BOLTS,
            "row": 1,
            "question": "Which part has the highest weight, Sato?",
            "answer": "M4",
        },
        {"header": HEADER, "rows": PUMPS, "row": 0, "question": "What is the weight of P1?", "answer": "70"},
    ]
    file = folder / "tables.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(case) + "\n" for case in cases)
    return file


def test_the_same_questions_are_drawn_every_time_and_tables_are_kept_once(tmp_path: Path) -> None:
    file = write(tmp_path)
    assert draw(file, 2) == draw(file, 2)
    cases, tables = draw(file, 2)
    assert {case.source for case in cases} == set(tables) == {"t0", "t1"}


def test_rows_and_tables_are_counted(tmp_path: Path) -> None:
    found = run(write(tmp_path), 2, tmp_path / "home", Letters())
    rows = {str(row[0]): row for row in found.rows}
    assert rows["shipped search"][2] == 1.0
    assert run(write(tmp_path), 2, tmp_path / "home", Letters()).rows == found.rows


def test_a_count_that_stands_in_a_row_by_coincidence_is_told_from_a_look_up() -> None:
    header, row = ["Rank", "Nation", "Gold"], ["3", "Nigeria", "5"]
    assert by_chance("How many competitors were from Nigeria?", "3", header, row)
    assert not by_chance("How many gold medals has Nigeria?", "5", header, row)
    assert not by_chance("Which nation is third?", "Nigeria", header, row)
