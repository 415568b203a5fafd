"""The rate of wrong characters and words is an edit distance over what a person typed."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluate.perception import Reference, distance, references, units
from assistant.evaluate.pictures import descriptions


def naive(left: str, right: str) -> int:
    @cache
    def between(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(between(i - 1, j) + 1, between(i, j - 1) + 1, between(i - 1, j - 1) + (left[i - 1] != right[j - 1]))

    return between(len(left), len(right))


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_distance_is_what_the_definition_gives(left: str, right: str) -> None:
    assert distance(left, right) == naive(left, right)


def test_words_are_compared_without_case_and_punctuation_and_characters_with_them() -> None:
    assert units("Ask not,  what's NEW?", "words") == ["ask", "not", "what's", "new"]
    assert "".join(units("a\n  B.", "characters")) == "a B."
    assert "".join(units("点検は、9月です。", "letters")) == "点検は9月です"
    assert "".join(units("六月二十日の千二百三号機", "letters")) == "6月20日の1203号機"


def test_what_is_shipped_can_be_read() -> None:
    """References with a page or words; descriptions that do not name the class they describe."""
    assert {one.unit for one in references()} == {"characters", "words", "letters"}
    assert Reference("a/b.pdf", "x", "characters", 3).group == "b.pdf page 3"
    assert len(descriptions()) == 40
    for stem, text in descriptions():
        name = stem.split("_", 1)[1].replace("_", " ").lower()
        assert name not in text.lower()
