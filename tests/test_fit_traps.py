"""Questions changed in one detail are still about the passage, and no longer answered by it."""

from __future__ import annotations

import random

from assistant.fit.traps import OPPOSITE, trap

CONTEXT = "Marie Curie discovered radium in 1898 in Paris. She was the first woman to win a Nobel Prize."
ELSEWHERE = "In the year 1915 the chemist Lise Meitner moved to Berlin."


def traps(question: str) -> set[str | None]:
    return {trap(question, CONTEXT, ELSEWHERE, random.Random(seed)) for seed in range(40)}


def test_a_name_of_the_passage_is_replaced_by_one_from_elsewhere() -> None:
    found = traps("What did Marie Curie discover?")
    assert "What did Lise Meitner discover?" in found
    assert all(question and ("Marie" not in question or " not " in question) for question in found)


def test_a_year_is_replaced_by_one_the_passage_does_not_hold() -> None:
    assert "What was discovered in 1915?" in traps("What was discovered in 1898?")


def test_a_word_is_replaced_by_its_opposite() -> None:
    assert "Who was the last woman to do so?" in traps("Who was the first woman to do so?")
    assert all(OPPOSITE[OPPOSITE[word]] == word for word in ("before", "first", "maximum"))


def test_now_and_then_a_question_is_denied() -> None:
    assert "Who was not the first woman to do so?" in traps("Who was the first woman to do so?")
    assert not any(question and question.count(" not") > 1 for question in traps("What did she not find?"))


def test_a_question_without_such_a_detail_is_left_alone() -> None:
    assert traps("What she found?") == {None}
