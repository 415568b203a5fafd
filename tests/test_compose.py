"""The model gets numbered sources and the question, within its window, and what did not fit is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.compose import RATIO, ROOM, Grounding, compose
from assistant.answer.evidence import Evidence
from assistant.model import prompt
from assistant.search.retrieve import Hit
from ingest.space.entity import Entity, Locator


def tokenize(text: str) -> list[str]:
    return text.split()


def source(text: str, title: str = "") -> Evidence:
    entity = Entity(text[:8], "s", "open", "passage", text, Locator(), title)
    return Evidence(Hit(entity, 1.0, 0.5, 0.5), (entity,), title, text)


SOURCES = [source("the pump is oiled", title="Manual"), source("the seal is worn"), source("x y z")]


@pytest.mark.parametrize(
    ("grounding", "ratios", "kept"),
    [
        ("text", [1, 1, 1], [False, False, False]), ("hybrid", [1, 1, 1], [True, True, True]),
        ("soft", [RATIO, RATIO, RATIO], [True, True, True]), ("none", [], []),
    ],
)  # fmt: skip
def test_how_much_is_given_of_each_source(grounding: Grounding, ratios: list[int], kept: list[bool]) -> None:
    """Whole in the prompt, whole as kept, a part of each, or none; the best last."""
    made = compose("Why?", SOURCES, grounding, lambda text: 80 * tokenize(text), 1 << 16)
    assert [one.ratio for one in made.texts] == ratios
    assert [one.kept for one in made.texts] == kept
    assert list(made.sources) == SOURCES[: len(ratios)][::-1]
    assert made.left_out == ()


def test_of_a_short_source_nothing_is_spared() -> None:
    short, long = source("word " * 10), source("word " * 200)
    assert [one.ratio for one in compose("Why?", [short, long], "soft", tokenize, 4096).texts] == [4, 1]


def test_a_source_is_its_title_and_its_text() -> None:
    made = compose("Why?", SOURCES, "text", tokenize, 4096)
    assert made.texts[-1].block == "Manual\nthe pump is oiled\n"
    assert made.texts[-2].block == "the seal is worn\n"


@pytest.mark.parametrize(
    ("question", "given_text"), [("How much?", "上限は12万 (120,000) 円"), ("いくら？", "上限は12万円")]
)
def test_who_asks_in_english_gets_japanese_ten_thousands_in_digits_too(question: str, given_text: str) -> None:
    (text,) = compose(question, [source("上限は12万円")], "hybrid", tokenize, 4096).texts
    assert text.text == given_text


@given(st.integers(700, 1400), st.lists(st.integers(1, 120), max_size=6))
def test_a_prompt_fits_its_window(window: int, lengths: list[int]) -> None:
    """Whatever the lengths, what is given fits; what is not given is named, and is the tail of the ranking."""
    given_ones = [source(" ".join(["w"] * length)) for length in lengths]
    made = compose("Why is it so?", given_ones, "text", tokenize, window)
    assert len(made.sources) + len(made.left_out) == len(given_ones)
    assert all("full" in one.reason for one in made.left_out)
    if made.sources:
        used = sum(len(tokenize(turn.text)) for turn in prompt.READ) + len(
            tokenize(prompt.whole(made.texts, "Why is it so?"))
        )
        assert used + ROOM <= window
