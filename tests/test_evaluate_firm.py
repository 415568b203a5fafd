"""The marking of the sample firm's questions, on answers made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.answer.cite import Citation
from assistant.answer.outcome import Answer
from assistant.evaluate import perception, pictures, sensors
from assistant.evaluate.firm import Question, mark, table
from assistant.search.retrieve import Hit
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.space.entity import Entity, Locator

SCAN = Question(
    "q", "How fast?", True, "image", "single", ("1,200 rpm",), (), ("plate.jpg",), {"box": [0, 0, 10, 10]}, ()
)


def entity(place: Locator) -> Entity:
    return Entity("e", "s", "sales", "picture", "1200 rpm", place)


def answer(said: str, cited: Locator, *read: Locator, how: Any = "model") -> Answer:
    hits = tuple(Hit(entity(place), 1.0, 1.0, 1.0) for place in read)
    citation = Citation(1, "e", "line", said, "/plate.jpg", "", cited, said)
    return Answer("How fast?", said, how, (citation,), hits, {"s": "/photos/plate.jpg"}, "text", "", 1.0)


@pytest.mark.parametrize(
    ("said", "box", "found", "fact", "cited"),
    [
        ("1200 rpm", (0, 0, 10, 10), True, True, True),
        ("1200 rpm", (20, 20, 30, 30), True, True, False),
        ("900 rpm", (0, 0, 10, 10), True, False, True),
    ],
)
def test_an_answer_is_right_with_its_fact_and_its_place(
    said: str, box: tuple[float, ...], found: bool, fact: bool, cited: bool
) -> None:
    """A picture is found as a whole and cited by the box of its line."""
    one = mark(SCAN, answer(said, Locator(box=box), Locator()))  # type: ignore[arg-type]
    assert (one.found, one.fact, one.cited, one.right) == (found, fact, cited, fact and cited)


def test_found_means_among_the_first_five_and_at_the_place() -> None:
    sheet = Question("q", "How many?", True, "table", "exact", ("3",), (), ("plate.jpg",), {"row": 7}, ())
    other, right = Locator(row=6), Locator(row=7)
    assert mark(sheet, answer("3", right, *[other] * 4, right)).found
    assert not mark(sheet, answer("3", right, *[other] * 5, right)).found
    assert not mark(sheet, answer("3", right)).found


def test_the_table_counts_by_modality() -> None:
    shown = table([mark(SCAN, answer("1200 rpm", Locator(box=(0, 0, 10, 10)), Locator()))])
    rows = {row[0]: dict(zip(shown.columns, row, strict=True)) for row in shown.rows}
    assert rows["other modalities"] == rows["other modalities"] | {"questions": 1, "found": 1, "right": 1, "share": 1.0}
    assert rows["documents"]["questions"] == 0


def test_a_folder_that_is_not_of_the_form_is_one_clear_line(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(BadInput, match="NUMBER_CLASS"):
        pictures.run(tmp_path, settings)
    with pytest.raises(BadInput, match="nab_anomaly_windows"):
        sensors.run(tmp_path)
    with pytest.raises(BadInput, match="should hold files, audio"):
        perception.run(tmp_path, settings)
