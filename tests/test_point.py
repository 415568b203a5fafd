"""Which row of a table a question points at."""

from __future__ import annotations

import pytest

from assistant.evaluate.point import point
from ingest.readers.grid import Row, grid
from ingest.space.entity import Draft, Entity, Locator, identify

RACES: list[Row] = [
    ["Year", "Winner", "Time", "Attendance", "Length (km)"],
    ["2001", "Abe", "4:09.5", "7,169", "12"],
    ["2002", "Sato", "3:58.1", "6,260", "40"],
    ["2003", "Oda", "4:30.0", "9,734", "8"],
    ["2004", "Mori", "5:01.2", "5,871", "22"],
]


def first(question: str) -> str:
    found = grid(RACES, name="Races", key="t", title="", place=lambda i: Locator(row=i + 1))
    drafts = [item for item in found if isinstance(item, Draft)]
    rows: list[Entity] = [entity for entity in identify("s", "x", drafts) if entity.kind == "row"]
    found = point(question, rows)
    assert sorted(found, key=lambda row: row.ordinal) == rows
    return str(found[0].facts["values"]["Winner"])


@pytest.mark.parametrize(
    ("question", "winner"),
    [
        ("What was the attendance when Sato won?", "Sato"),
        ("Who won the race with the highest attendance?", "Oda"),
        ("Who had the fastest time?", "Sato"),
        ("Which race was the longest?", "Sato"),
        ("Who won right after Sato?", "Oda"),
        ("Who won before Sato?", "Abe"),
        ("Who is the first winner?", "Abe"),
        ("Who is the last winner listed?", "Mori"),
        ("Which winner had an attendance of less than 6,000?", "Mori"),
    ],
)
def test_words_order_and_size_point_at_a_row(question: str, winner: str) -> None:
    assert first(question) == winner


def test_a_question_that_points_nowhere_keeps_the_order_of_the_table() -> None:
    assert first("How is the weather?") == "Abe"
