from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.space.entity import Draft, Locator, identify

texts = st.lists(st.text(max_size=20), max_size=12)


@given(texts)
def test_reading_the_same_source_twice_gives_the_same_identities(contents: list[str]) -> None:
    drafts = [Draft("passage", text) for text in contents]
    assert [e.id for e in identify("s", "a", drafts)] == [e.id for e in identify("s", "a", drafts)]


@given(texts)
def test_no_two_entities_of_a_source_share_an_identity(contents: list[str]) -> None:
    ids = [e.id for e in identify("s", "a", [Draft("passage", text) for text in contents])]
    assert len(set(ids)) == len(ids)


@given(texts, st.text(max_size=20))
def test_adding_a_paragraph_in_front_keeps_the_identity_of_all_others(contents: list[str], new: str) -> None:
    before = {e.id for e in identify("s", "a", [Draft("passage", text) for text in contents])}
    after = {e.id for e in identify("s", "a", [Draft("passage", text) for text in [new, *contents]])}
    assert before <= after


def test_the_place_is_no_part_of_the_identity_and_the_source_is() -> None:
    here = next(identify("s", "a", [Draft("passage", "text", Locator(page=1))]))
    there = next(identify("s", "a", [Draft("passage", "text", Locator(page=2))]))
    other = next(identify("t", "a", [Draft("passage", "text", Locator(page=1))]))
    assert here.id == there.id != other.id


def test_a_child_names_its_parent_by_identity() -> None:
    picture, line = identify("s", "a", [Draft("picture", "a plate", key="p"), Draft("line", "KS-200", parent="p")])
    assert line.parent == picture.id


def test_a_locator_survives_its_dictionary() -> None:
    place = Locator(page=3, box=(1.0, 2.0, 3.0, 4.0), window=("2026-05-01T00:00", "2026-05-02T00:00"), chars=(0, 9))
    assert Locator.from_dict(place.as_dict()) == place
