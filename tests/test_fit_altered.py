"""Other names and figures in a passage: everything that was asked still has its answer there."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.fit.altered import altered, substituted
from assistant.fit.passage import Ask, Passage
from assistant.model.tokens import Ids


class Letters:
    """A token for every character, as tokens go here."""

    @staticmethod
    def text(ids: Ids) -> str:
        return "".join(map(chr, ids))


def ids(text: str) -> Ids:
    return tuple(map(ord, text))


def passage(text: str, *asks: tuple[str, str]) -> Passage:
    return Passage(ids(text), tuple(Ask(ids(question), ids(answer)) for question, answer in asks))


HERE = passage(" In 1909 Rod led", (" Who led in 1909?", " Rod"), (" When did Rod lead?", " 1909"), (" Did Rod fall?", ""))
ELSEWHERE = [passage(" Ann was born 1751", (" Who?", " Ann"), (" When?", " 1751"), (" What?", " born"))]


def test_names_change_to_names_and_years_to_years_in_passage_question_and_answer_alike() -> None:
    made = {altered(HERE, ELSEWHERE, Letters, random.Random(seed)) for seed in range(20)}  # type: ignore[arg-type]
    both = passage(" In 1751 Ann led", (" Who led in 1751?", " Ann"), (" When did Ann lead?", " 1751"), (" Did Ann fall?", ""))
    assert both in made
    assert HERE in made
    assert len(made) == 4


def test_a_question_whose_answer_was_changed_in_part_is_left_out() -> None:
    overlapping = passage(" In 1909 Rod led", (" Who?", " Rod"), (" What?", "d led"))
    made = {altered(overlapping, ELSEWHERE, Letters, random.Random(seed)) for seed in range(20)}  # type: ignore[arg-type]
    assert passage(" In 1909 Ann led", (" Who?", " Ann")) in made


@settings(max_examples=200)
@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=3), st.text("abc", max_size=3))
def test_every_occurrence_is_replaced_as_in_a_text(text: str, old: str, new: str) -> None:
    assert substituted(ids(text), ids(old), ids(new)) == ids(text.replace(old, new))
