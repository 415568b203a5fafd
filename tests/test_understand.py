"""What a question wants, and how it reads behind others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.answer.outcome import Exchange
from assistant.answer.understand import LINE, Understood, alone, understand
from assistant.model.llama import Grammar, Model
from assistant.model.reader import load
from assistant.search.wants import KINDS, chance, wanted
from ingest.base.settings import Settings
from ingest.space.encoders.words import Words

from .conftest import WordSpace
from .scripted import Scripted
from .tiny_gguf import write_model

EARLIER = [Exchange("How long is the warranty?", "18 months.")]


def test_a_first_question_stands_as_it_is_and_costs_no_call_of_the_model() -> None:
    def never() -> Scripted:
        raise AssertionError("the model was loaded")

    found = understand("Who repairs it?", [], never, lambda _: "text")  # type: ignore[arg-type, return-value]
    assert found == Understood("text", "Who repairs it?")


def test_a_question_behind_others_is_judged_as_it_reads_alone() -> None:
    reader, seen = Scripted(alone="Total of May?"), list[str]()
    found = understand("And in May?", EARLIER, lambda: reader, lambda whole: seen.append(whole) or "rows")  # type: ignore[arg-type, return-value, func-returns-value]
    assert (found, seen) == (Understood("rows", "Total of May?"), ["Total of May?"])


TWO = "Is it paid, and when does it end?"


def test_a_half_that_is_lost_is_written_anew_by_itself() -> None:
    leaning = {
        TWO: "Is the warranty paid?", "Is it paid?": "Is the warranty paid? [1]",
        "When does it end?": "When does the warranty end?",
    }  # fmt: skip
    reader = Scripted(leaning=leaning, parts="Is it paid?\nWhen does it end?")
    assert alone(TWO, EARLIER, reader) == "Is the warranty paid? When does the warranty end?"  # type: ignore[arg-type]


def test_sentences_are_halves_without_asking_the_model() -> None:
    both = "Is it paid? When does it end?"
    reader = Scripted(leaning={both: "Is the warranty paid?", "When does it end?": "When does the warranty end?"})
    said = alone(both, EARLIER, reader)  # type: ignore[arg-type]
    assert (said, len(reader.told)) == ("Is the warranty paid? When does the warranty end?", 2)


def test_a_further_half_leans_on_the_first_and_where_it_is_lost_again_on_what_was_said_before_alone() -> None:
    both = "Is it paid? When does it end?"
    reader = Scripted(leaning={both: "Is the warranty paid?", "When does it end?": "When does the warranty end?"})
    alone(both, EARLIER, reader)  # type: ignore[arg-type]
    assert "Is the warranty paid?" in reader.told[-1][1]
    reader = Scripted(leaning={both: "Is the warranty paid?"}, alone="Is it?")
    alone(both, EARLIER, reader)  # type: ignore[arg-type]
    assert ["Is the warranty paid?" in told for _, told in reader.told] == [False, True, False]


def test_parts_that_say_something_else_are_no_halves() -> None:
    reader = Scripted(
        leaning={"How many, and who signs?": "How many days of leave?"}, parts="How many pens?\nWho signs?"
    )
    assert alone("How many, and who signs?", EARLIER, reader) == "How many days of leave?"  # type: ignore[arg-type]


def test_a_question_that_would_lose_a_name_is_left_as_it_was_asked() -> None:
    question = "Is the one in Malmo closed then too?"
    reader = Scripted(leaning={question: "Is the Lund office closed then too?"})
    assert alone(question, EARLIER, reader) == question  # type: ignore[arg-type]


def test_a_model_that_says_nothing_leaves_the_question_as_it_was() -> None:
    assert understand("And now?", EARLIER, lambda: Scripted(), lambda _: "text").whole == "And now?"  # type: ignore[arg-type, return-value]


def test_the_form_of_a_question_is_a_grammar_that_the_model_room_takes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    Grammar(Model(write_model(tmp_path_factory.mktemp("model") / "tiny.gguf")), LINE)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("hello, what can you do?", "talk"), ("助かりました、ありがとう", "talk"), ("Are you a person?", "talk"),
        ("which files do you have about welding?", "files"), ("図面の資料は何が入っていますか", "files"),
        ("How long do I have to keep receipts?", "text"), ("社用車はどうやって借りますか？", "text"),
        ("Why was the pump taken out of service?", "text"),
        ("How many orders did Tanaka place in May?", "rows"), ("5月の売上の合計は？", "rows"),
    ],
)  # fmt: skip
def test_what_a_question_wants_is_learned(question: str, kind: str) -> None:
    assert wanted(question, Words()) == kind


def test_in_a_space_it_was_not_learned_in_everything_is_looked_up() -> None:
    assert wanted("hello", WordSpace()) == "text"


def test_chances_add_up_and_do_not_depend_on_the_length_of_a_vector() -> None:
    draw = np.random.default_rng(0)
    vectors, weights = draw.normal(size=(5, 8)).astype("f4"), draw.normal(size=(9, len(KINDS))).astype("f4")
    np.testing.assert_allclose(chance(vectors, weights).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(chance(3 * vectors, weights), chance(vectors, weights), atol=1e-5)


@pytest.mark.slow
def test_what_leans_on_earlier_questions_is_written_anew_and_what_does_not_is_left_alone(tmp_path: Path) -> None:
    """30 talks in both languages (`data/follow_ups.jsonl`); the shipped reader may miss a fifth of them."""
    reader, missed = load(Settings(home=tmp_path)), list[str]()
    lines = (Path(__file__).parent / "data" / "follow_ups.jsonl").read_text("utf-8").splitlines()
    for row in map(json.loads, lines):
        said = alone(row["question"], [Exchange(*turn) for turn in row["before"]], reader)
        low = said.casefold()
        if any(word.casefold() not in low for word in row["has"]) or any(
            word.casefold() in low for word in row["lacks"]
        ):
            missed.append(f"{row['question']} -> {said}")
    assert len(missed) <= len(lines) / 5, missed
