"""What a small reader may write: the words of its sources, and the mark of one that says them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.model.prompt import REFUSAL
from assistant.model.verbatim import Verbatim

SOURCES = ("Laemmle founded the Yankee Film Company.", "The\nYankee  Film was (about) 20,5 % of it.", "油圧ポンプは毎週点検する。")
RULE = Verbatim(SOURCES)


@pytest.mark.parametrize(
    "answer",
    ["Yankee Film Company [1]", " Yankee Film [2]", "Yankee Film[1]", "about [2]", "5 % [2]", "毎週 [3]"],
)
def test_words_of_a_source_and_its_mark_are_an_answer_from_the_first_byte_to_the_last(answer: str) -> None:
    said = answer.encode()
    assert all(RULE.begins(said[:end]) for end in range(1, len(said) + 1))
    assert RULE.ends(said)
    assert not any(RULE.ends(said[:end]) for end in range(1, len(said)))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Yankea [1]", "no source says it"),
        ("Yankee Film Company [2]", "another source says it"),
        ("Yankee Film Company [4]", "there is no such source"),
        ("ankee Film [1]", "it begins inside a word"),
        ("Yankee Fil [1]", "it ends inside a word"),
        ("20,5 % [1]", "it is in another source"),
        ("Yankee  [1]", "two spaces"),
        (", Yankee [1]", "it begins with a comma"),
        ("  Yankee [1]", "it begins with two spaces"),
        (". [1]", "it says nothing"),
        ("Yankee [1] Film [1]", "something follows the mark"),
        (REFUSAL, "the sources are not in doubt"),
    ],
)
def test_anything_else_is_not(answer: str, why: str) -> None:
    assert not RULE.ends(answer.encode()), why
    assert not all(RULE.begins(answer.encode()[:end]) for end in range(1, len(answer.encode()) + 1)), why


def test_an_answer_ends_with_its_mark() -> None:
    assert not any(RULE.ends(said) for said in (b"", b" ", b"Yankee Film", b"Yankee Film [", b"Yankee Film [1"))


def test_where_the_sources_are_in_doubt_only_the_refusal_is_allowed() -> None:
    rule = Verbatim(SOURCES, refused=True)
    assert rule.ends(REFUSAL.encode())
    assert rule.begins(b"Not in")
    assert not rule.begins(b"Yankee")
    assert not rule.ends(b"Not in")


WORDS = st.lists(st.sampled_from(["a", "ab", "b.", "(c)", "7", "é", "油", "a-b"]), min_size=1, max_size=8).map(" ".join)


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS, st.integers(0, 4))
def test_it_allows_what_a_plain_search_for_whole_words_finds(sources: list[str], words: str, mark: int) -> None:
    found = 1 <= mark <= len(sources) and re.search(
        rf"(?<![a-z0-9](?=[a-z0-9])){re.escape(words)}(?!(?<=[a-z0-9])[a-z0-9])", sources[mark - 1]
    )
    rule, said = Verbatim(sources), f" {words} [{mark}]".encode()
    assert rule.ends(said) == bool(found)
    if found:
        assert all(rule.begins(said[:end]) for end in range(1, len(said) + 1))
