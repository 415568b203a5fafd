"""Marks become citations whose quote stands in the source letter for letter, at the place they name."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.cite import from_marks, whole, without_strays
from assistant.answer.quote import Candidate
from ingest.space.entity import Entity, Locator

TEXT = "The pump is oiled weekly. The seal is replaced every 4,000 hours. The valve is made of steel."


def entity(text: str = TEXT, locator: Locator | None = None, **more: object) -> Entity:
    return Entity("e1", "s1", "open", "passage", text, locator or Locator(page=3), **more)  # type: ignore[arg-type]


def test_a_mark_cites_the_sentence_that_carries_it() -> None:
    (one,) = from_marks("Every 4,000 hours [1]", [entity()], [], str.upper)
    assert one.quote == "The seal is replaced every 4,000 hours."
    assert (one.mark, one.source, one.locator.page) == (1, "S1", 3)
    assert one.as_dict()["locator"] == {"page": 3}


def test_characters_are_narrowed_to_the_quote() -> None:
    (one,) = from_marks("steel [1]", [entity(locator=Locator(chars=(100, 100 + len(TEXT))))], [], str)
    assert one.locator.chars is not None
    start, end = one.locator.chars
    assert TEXT[start - 100 : end - 100] == one.quote == "The valve is made of steel."


def test_a_line_of_a_picture_is_cited_with_its_box() -> None:
    lines = [{"text": "RATED POWER 15 kW", "box": [1, 2, 3, 4]}, {"text": "RATED CURRENT 52 A", "box": [1, 6, 3, 8]}]
    plate = entity("RATED POWER 15 kW\nRATED CURRENT 52 A", Locator(box=(1, 2, 3, 8)), facts={"lines": lines})
    (one,) = from_marks("52 A [1]", [plate], [], str)
    assert one.quote == "RATED CURRENT 52 A"
    assert one.locator.box == (1, 6, 3, 8)
    assert whole(1, plate, str).locator.box == (1, 2, 3, 8)


def test_what_a_picture_only_sums_up_is_cited_at_its_line() -> None:
    plate = entity("Picture of a plate; text in it: RATED CURRENT 52 A", Locator())
    line = Entity("e2", "s1", "open", "line", "RATED CURRENT 52 A", Locator(box=(1, 6, 3, 8)), parent="e1")
    ranked = [Candidate(0, line, 0, len(line.text), np.zeros(1))]
    (one,) = from_marks("52 A [1]", [plate], ranked, str)
    assert (one.mark, one.entity, one.quote, one.locator.box) == (1, "e2", "RATED CURRENT 52 A", (1, 6, 3, 8))


def test_one_citation_for_a_mark_used_twice() -> None:
    found = from_marks("Oiled weekly [1]. Made of steel [1]. Nothing [7].", [entity()], [], str)
    assert [one.mark for one in found] == [1]


def test_a_mark_without_a_source_is_taken_out() -> None:
    assert without_strays("It is oiled [1] [9]. Weekly [0].", 2) == ("It is oiled [1]. Weekly.", (9, 0))


@given(st.lists(st.sampled_from(["oil", "seal.", "4,000", "pump", "Is?", "\n", "- steel", "。"]), max_size=12))
def test_every_quote_is_verbatim(words: list[str]) -> None:
    """Whatever the text, the quote is a part of it."""
    text = " ".join(words) or "x"
    for one in from_marks("pump and seal [1]", [entity(text)], [], str):
        assert one.quote in text
