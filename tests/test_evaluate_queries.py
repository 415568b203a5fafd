"""Measuring queries over given tables, with a stand-in that writes them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.compute.computer import Computer
from assistant.evaluate.queries import measure, says


class Counting:
    """Counts rows, whatever is asked."""

    def write(self, turns: Sequence[tuple[str, str]], grammar: str, max_tokens: int) -> str:
        return "SELECT count(*) FROM t"


def test_answers_are_counted_as_agreed_and_right_or_not(tmp_path: Path) -> None:
    table = {"header": ["City", "People"], "rows": [["Kobe", "1,500"], ["Nara", "350"]], "row": 0}
    asked = [("How many cities are listed?", "2"), ("Which city is the largest?", "Kobe"), ("How many over 400?", "1")]
    file = tmp_path / "questions.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(table | {"question": q, "answer": a}) + "\n" for q, a in asked)
    shares, outcomes = measure(file, 3, Computer(), Counting())
    assert [row[1] for row in shares.rows] == [2, 0, 1]
    assert shares.rows[0][3] == 0.5
    assert {outcome.question: outcome.right for outcome in outcomes}["How many cities are listed?"]


@pytest.mark.parametrize(
    ("values", "answer", "right"),
    [
        ([(1500.0, "x")], "1,500", True),
        ([("Kobe",)], "kobe", True),
        ([("Kobe",), ("Nara",)], "Kobe", False),
        ([(2,)], "3", False),
    ],
)
def test_right_is_what_says_the_same_as_words_or_figure(
    values: list[tuple[object, ...]], answer: str, right: bool
) -> None:
    assert says(values, answer) is right
