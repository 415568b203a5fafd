"""The measurement of reading: fair questions, SQuAD's scores, and controls that give what their names say."""

from __future__ import annotations

import gzip
import json
from argparse import Namespace
from pathlib import Path

import pytest

from assistant.evaluate.reading import (
    MODES,
    Examiner,
    Question,
    exact,
    f1,
    first_token,
    questions,
    read_rows,
    reading,
    refusal,
)
from assistant.evaluate.tasks import _modes
from assistant.model.llm import Llm
from assistant.model.reader import DOUBTFUL, Reader
from assistant.model.relevance import soft_count
from ingest.base.errors import BadInput
from tests.tiny_gguf import write_model

ROWS = [
    {
        "article": f"a{number % 2}",
        "context": f"Passage {number} says so, and it says so at some length and to everybody who will listen.",
        "question": f"What says {number}?",
        "answers": ["so"],
    }
    for number in range(10)
]


@pytest.fixture
def examiner(tmp_path: Path) -> Examiner:
    return Examiner(Reader(Llm(write_model(tmp_path / "tiny.gguf", context=2048), context=2048)))


@pytest.mark.parametrize(
    ("answer", "gold", "wanted"),
    [
        ("The Denver Broncos!", ["Denver Broncos"], (1, 1)),
        ("Denver", ["Denver Broncos", "Broncos"], (0, 2 / 3)),
        ("blue sky", ["red sea"], (0, 0)),
        ("", ["red"], (0, 0)),
        ("昭和３年です。", ["昭和3年"], (0, 8 / 10)),
    ],
)
def test_scores_are_squads(answer: str, gold: list[str], wanted: tuple[float, float]) -> None:
    assert (exact(answer, gold), pytest.approx(f1(answer, gold))) == wanted


def test_a_question_comes_with_its_passage_and_two_of_the_same_article() -> None:
    assert len(questions(ROWS, 10)) == 6
    for question in questions(ROWS, 10):
        number = int(question.question.split()[-1][:-1])
        assert question.passages[question.right] == ROWS[number]["context"]
        assert len(set(question.passages)) == 3
        assert {int(passage.split()[1]) % 2 for passage in question.passages} == {number % 2}


def test_the_seed_fixes_the_questions() -> None:
    assert questions(ROWS, 5, seed=3) == questions(ROWS, 5, seed=3) != questions(ROWS, 5, seed=4)
    assert len(questions(ROWS, 5)) == 5


def test_questions_about_the_same_passages_follow_one_another() -> None:
    passages = [question.passages for question in questions(ROWS, 6)]
    assert passages[0] == passages[2] != passages[3] == passages[5]


def test_right_passages_stand_at_every_place() -> None:
    assert {question.right for question in questions(ROWS, 10)} == {0, 1, 2}


def test_rows_are_read_from_plain_and_packed_files(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(row) for row in ROWS)
    (tmp_path / "a.jsonl").write_text(text, "utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    assert read_rows(tmp_path / "a.jsonl") == read_rows(tmp_path / "a.jsonl.gz") == ROWS


def test_files_of_another_form_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"question": "no context"}\n', "utf-8")
    with pytest.raises(BadInput, match=r"a\.jsonl"):
        read_rows(tmp_path / "a.jsonl")
    with pytest.raises(BadInput, match="no file"):
        read_rows(tmp_path / "none.jsonl")


def test_every_mode_gives_the_sources_as_it_says(examiner: Examiner) -> None:
    asked, *_, other = questions(ROWS, 6)
    given = {mode: examiner.texts(asked, mode, other) for mode in MODES}
    assert given["none"] == []
    assert [one.text for one in given["kept"]] == list(asked.passages)
    assert [one.text for one in given["shuffled"]] == list(other.passages)
    assert given["hybrid"] == given["kept"] and len(examiner.numbers(asked, "hybrid")) == 1
    lengths = [len(examiner.reader.tokenize(one.block)) for one in given["kept"]]
    for ratio in (2, 4, 8, 16):
        parts = examiner.reader.parts(given[f"soft {ratio}"], asked.question)[1::2]
        assert sum(len(part) for part in parts) == sum(soft_count(length, ratio) for length in lengths)
    aimed, unaimed = (examiner.reader.parts(given["soft 4"], words)[1::2] for words in (asked.question, ""))
    assert [one.places for one in aimed] != [one.places for one in unaimed]  # type: ignore[union-attr]


def test_tables_have_a_row_for_what_was_asked_for(examiner: Examiner) -> None:
    asked = questions(ROWS, 6)[2:4]
    table = reading(examiner, asked, MODES)
    assert [row[0] for row in table.rows] == list(MODES)
    tokens = {row[0]: row[5] for row in table.rows}
    assert tokens["none"] < tokens["soft 16"] < tokens["soft 8"] < tokens["soft 2"] < tokens["kept"] == tokens["text"]
    told = refusal(examiner, asked, [Question("Who?", (), asked[0].passages, -1)], ["text"])
    assert [row[2] for row in told.rows[:2]] == [0.5, DOUBTFUL]
    assert told.rows[2][5] == max(row[5] for row in told.rows)  # type: ignore[type-var]
    assert all(0 <= row[6] <= 1 for row in told.rows)
    curve = first_token(examiner, [row["context"] for row in ROWS], (1, 3))
    assert [row[0] for row in curve.rows] == [1, 3]
    assert all(row[2] > 0 for row in curve.rows)


def test_a_mode_that_does_not_exist_is_one_clear_line() -> None:
    assert list(_modes(Namespace(modes="text,soft 4"), MODES)) == ["text", "soft 4"]
    assert list(_modes(Namespace(modes=None), ("text",))) == ["text"]
    with pytest.raises(BadInput, match="no mode sofd 4"):
        _modes(Namespace(modes="text,sofd 4"), MODES)
