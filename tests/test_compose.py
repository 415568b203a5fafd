"""The model gets numbered sources and the question, within its window, and what did not fit is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.compose import ANSWER_ROOM, LONGEST, RATIO, Grounding, compose
from assistant.model import prompt
from assistant.search.retrieve import Hit
from ingest.space.entity import Entity, Locator


def tokenize(text: str) -> list[str]:
    return text.split()


def hit(text: str, title: str = "") -> Hit:
    return Hit(Entity(text[:8], "s", "open", "passage", text, Locator(), title), 1.0, 0.5, 0.5, None)


HITS = [hit("the pump is oiled", title="Manual"), hit("the seal is worn"), hit("x" * 2 * LONGEST)]


@pytest.mark.parametrize(
    ("grounding", "ratios"),
    [("text", [1, 1, 1]), ("hybrid", [1, RATIO, RATIO]), ("soft", [RATIO, RATIO, RATIO]), ("none", [])],
)
def test_how_much_is_given_of_each_source(grounding: Grounding, ratios: list[int]) -> None:
    """Whole, the first whole, a part of each, or none; in the order of the hits."""
    made = compose("Why?", HITS, grounding, tokenize, 4096)
    assert [one.ratio for one in made.texts] == ratios
    assert [one.id for one in made.sources] == [one.entity.id for one in HITS[: len(ratios)]]
    assert made.left_out == ()


def test_a_source_is_its_title_and_its_text_up_to_a_length() -> None:
    made = compose("Why?", HITS, "text", tokenize, 4096)
    assert made.texts[0].block == "Manual\nthe pump is oiled\n"
    assert made.texts[1].block == "the seal is worn\n"
    assert len(made.texts[2].text) == LONGEST


@given(st.integers(300, 800), st.lists(st.integers(1, 120), max_size=6))
def test_a_prompt_fits_its_window(window: int, lengths: list[int]) -> None:
    """Whatever the lengths, what is given fits; what is not given is named, and is the tail of the ranking."""
    hits = [hit(" ".join(["w"] * length)) for length in lengths]
    made = compose("Why is it so?", hits, "text", tokenize, window)
    assert len(made.sources) + len(made.left_out) == len(hits)
    assert all("full" in one.reason for one in made.left_out)
    if made.sources:
        used = len(tokenize(prompt.READ)) + len(tokenize(prompt.whole(made.texts, "Why is it so?")))
        assert used + ANSWER_ROOM <= window
