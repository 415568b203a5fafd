"""The measurement of reading: fair questions, SQuAD's scores, and controls that give what their names say."""

from __future__ import annotations

import gzip
import json
from argparse import Namespace
from pathlib import Path

import pytest

from assistant.app import build
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
    split_answer,
)
from assistant.evaluate.tasks import _modes
from assistant.model.bridge import About, Bridge
from assistant.model.llm import Llm
from assistant.model.loading import load
from assistant.model.relevance import soft_count
from assistant.model.tokens import Tokens
from assistant.model.verbatim import Verbatim
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
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
    llm = Llm(write_model(tmp_path / "tiny.gguf"), context=512)
    about = About(llm.name, llm.sha256, llm.n_embd)
    return Examiner(llm, Bridge.untrained(about, Tokens(llm.path).names(), llm))


@pytest.mark.parametrize(
    ("answer", "gold", "wanted"),
    [
        ("The Denver Broncos!", ["Denver Broncos"], (1, 1)),
        ("Denver", ["Denver Broncos", "Broncos"], (0, 2 / 3)),
        ("blue sky", ["red sea"], (0, 0)),
        ("", ["red"], (0, 0)),
    ],
)
def test_scores_are_squads(answer: str, gold: list[str], wanted: tuple[float, float]) -> None:
    assert (exact(answer, gold), pytest.approx(f1(answer, gold))) == wanted


def test_an_answer_is_told_from_its_marks() -> None:
    assert split_answer("Denver Broncos [2]") == ("Denver Broncos", [2])
    assert split_answer("red [1], blue [3]") == ("red, blue", [1, 3])


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
    assert examiner.bodies(asked, "none", other) == []
    assert examiner.bodies(asked, "text", other) == list(asked.passages)
    lengths = [len(examiner.llm.tokenize(f" {passage}")) for passage in asked.passages]
    for ratio in (2, 4, 8, 16):
        kept = examiner.bodies(asked, f"soft {ratio}", other)
        assert sum(len(body) for body in kept) == sum(soft_count(length, ratio) for length in lengths)
    unasked = examiner.bodies(asked, "unasked 4", other)
    assert sum(len(body) for body in unasked) == sum(soft_count(length, 4) for length in lengths)
    assert unasked[asked.right].places != examiner.bodies(asked, "soft 4", other)[asked.right].places  # type: ignore[union-attr]
    hybrid = examiner.bodies(asked, "hybrid", other)
    assert [isinstance(body, str) for body in hybrid] == [place == asked.right for place in range(3)]
    shuffled = examiner.bodies(asked, "shuffled", other)
    assert [one.name for one in shuffled] == [one.name for one in examiner.bodies(other, "soft 4", asked)]  # type: ignore[union-attr]
    assert examiner.bodies(asked, "text free", other) == examiner.bodies(asked, "text", other)
    nothing = examiner.bodies(asked, "zero", other)
    assert [len(one) for one in nothing] == [len(one) for one in examiner.bodies(asked, "soft 4", other)]
    assert not {one.name for one in nothing} & {one.name for one in shuffled}  # type: ignore[union-attr]


@pytest.mark.slow
def test_only_a_free_answer_may_have_words_of_its_own(tmp_path: Path) -> None:
    """The default model, shown soft tokens of nothing: held to the words of the passages it guesses among them."""
    settings = Settings(home=tmp_path)
    llm, bridge = load(settings, build.space(settings))
    examiner = Examiner(llm, bridge)  # type: ignore[arg-type]
    asked, *_, other = questions(ROWS, 6)
    allowed = Verbatim(asked.passages), Verbatim((), refused=True)
    for mode in ("zero", "soft 4"):
        text = examiner.answer(asked, mode, other).text
        assert any(rule.ends(text.encode()) for rule in allowed)
    said = examiner.ask(examiner.bodies(asked, "zero", other), asked.question)
    assert examiner.answer(asked, "zero free", other).text == said.text


def test_tables_have_a_row_for_what_was_asked_for(examiner: Examiner) -> None:
    modes = [mode for mode in MODES if mode != "one vector"]
    asked = questions(ROWS, 6)[2:4]
    table = reading(examiner, asked, modes)
    assert [row[0] for row in table.rows] == modes
    tokens = {row[0]: row[5] for row in table.rows}
    assert tokens["none"] < tokens["soft 16"] < tokens["soft 8"] < tokens["soft 2"] < tokens["text"]
    told = refusal(examiner, asked, [Question("Who?", (), asked[0].passages, -1)], ["text"])
    assert [row[2] for row in told.rows[:2]] == [0.5, 0.9]
    assert told.rows[2][5] == max(row[5] for row in told.rows)  # type: ignore[type-var]
    assert all(0 <= row[6] <= 1 for row in told.rows)
    assert told.rows[0][3] <= told.rows[1][3]
    curve = first_token(examiner, [row["context"] for row in ROWS], (1, 3))
    assert [row[0] for row in curve.rows] == [1, 3]
    assert all(row[2] > 0 for row in curve.rows)


def test_a_mode_that_does_not_exist_is_one_clear_line() -> None:
    assert list(_modes(Namespace(modes="text,soft 4"), MODES)) == ["text", "soft 4"]
    assert list(_modes(Namespace(modes=None), ("text",))) == ["text"]
    with pytest.raises(BadInput, match="no mode sofd 4"):
        _modes(Namespace(modes="text,sofd 4"), MODES)
