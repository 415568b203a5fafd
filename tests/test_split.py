"""Text to passages: nothing is lost, nothing is too long, sentences stay whole."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.text.split import MOST, TARGET, Span, passages, pieces, tokens

ENGLISH = "The spindle keeps turning after it has been switched off. Wait at least 30 seconds before opening the door. "
JAPANESE = "クーラント流量が18 L/minを下回ったら、班長に連絡する。交換間隔は400時間に短縮する！次回は6月25日か？"

words = st.sampled_from(
    [
        "pump",
        "Dr.",
        "e.g.",
        "3.5",
        "流量",
        "する。",
        "stop.",
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "!",
        "？",
        "、",
        " ",
        "KX-4471B",
        "x" * 90,
    ]
)
texts = st.lists(words, max_size=400).map("".join)


def cut(text: str, taken: int = 0) -> list[str]:
    return [text[span.start : span.end] for span in passages(text, taken=taken)]


@given(texts, st.integers(0, 60))
@example("a" * 5000, 0)
@example("。" * 3000, 0)
@example("①" * 700 + "\u3000" * 50, 0)
@settings(deadline=None, max_examples=60)
def test_every_visible_character_lies_in_exactly_one_passage_in_order(text: str, taken: int) -> None:
    spans = list(passages(text, taken=taken))
    covered = [place for span in spans for place in range(span.start, span.end)]
    assert covered == sorted(set(covered))
    visible = {place for place, character in enumerate(text) if not character.isspace()}
    assert visible <= set(covered)
    assert all(text[span.start : span.end] == text[span.start : span.end].strip() for span in spans)


@given(texts, st.integers(0, 60))
@settings(deadline=None, max_examples=60)
def test_no_passage_with_its_title_is_longer_than_the_encoder_reads(text: str, taken: int) -> None:
    for part in cut(text, taken):
        assert tokens(part) + taken <= MOST


@given(st.text(max_size=1500))
@settings(deadline=None, max_examples=60)
def test_any_text_at_all_keeps_its_characters_and_the_limit(text: str) -> None:
    parts = cut(text)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(tokens(part) <= MOST for part in parts)


def test_a_short_text_is_one_passage_and_a_blank_one_none() -> None:
    assert list(passages("  Close the door.\n")) == [Span(2, 17)]
    assert list(passages(" \n\t\u3000")) == []


@pytest.mark.parametrize("sentence", [ENGLISH, JAPANESE])
def test_long_text_is_cut_after_sentences_into_passages_of_even_length(sentence: str) -> None:
    parts = cut(sentence * 30)
    assert len(parts) > 3
    assert all(part[-1] in ".。！？" for part in parts)
    lengths = [tokens(part) for part in parts]
    assert min(lengths) > 0.7 * TARGET
    assert max(lengths) < 1.3 * TARGET


def test_a_passage_rather_ends_with_a_paragraph_than_inside_one() -> None:
    paragraph = ENGLISH * 4
    parts = cut("\n\n".join([paragraph.strip()] * 6))
    assert all(part.count("\n\n") == (len(part) + 2) // len(paragraph) - 1 for part in parts)
    assert all(part.startswith("The spindle") for part in parts)


@pytest.mark.parametrize(
    "text",
    [
        "Ask Dr. Sawada about it.",
        "See Fig. 3 and Eq. 2 there.",
        "Use oil, e.g. Mobil DTE 25, here.",
        "It costs 3.50 yen.",
        "J. Smith wrote it.",
    ],
)
def test_a_full_stop_that_ends_no_sentence_is_no_place_to_cut(text: str) -> None:
    from ingest.text.split import sentences

    assert [text[span.start : span.end] for span in sentences(text)] == [text]


def test_a_closing_bracket_stays_with_its_japanese_sentence() -> None:
    from ingest.text.split import sentences

    text = "「止まった。」と言った。次の文。"
    assert [text[span.start : span.end] for span in sentences(text)] == ["「止まった。」", "と言った。", "次の文。"]


def test_a_sentence_without_end_is_cut_between_words() -> None:
    text = "bearing housing " * 400
    parts = cut(text)
    assert all(set(part.split()) <= {"bearing", "housing"} for part in parts)


def test_pieces_tell_a_word_from_two() -> None:
    assert pieces("dangerous") < pieces("dan") + pieces("gerous")
    assert pieces("chatoptimized") >= pieces("chat") + pieces("optimized")
