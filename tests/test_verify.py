"""What must be literally there: figures with sign and unit, codes, dates, names."""

from __future__ import annotations

import pytest

from assistant.answer.verify import missing, repeats, speaks_of, strange

SOURCE = "Acetone: flash point -18 °C, boiling point 56 °C. Delivered on 3 May 2026 by Lindner, part HS-40, 1万5千円."


@pytest.mark.parametrize(
    "sentence",
    [
        "The flash point is -18 °C. [1]", "It boils at 56 °C.", "Lindner delivered it on 2026-05-03.",
        "HS40 was delivered by Lindner.", "引火点は-18 °Cです。", "It costs 15,000 yen.", "1. It boils at 56 °C. [1]",
    ],
)  # fmt: skip
def test_what_stands_there_however_it_is_written_is_not_missing(sentence: str) -> None:
    assert missing(sentence, "What is known of acetone?", SOURCE) == ()


@pytest.mark.parametrize(
    ("sentence", "lost"),
    [
        ("The flash point is 18 °C.", "18 °C"), ("It boils at 65 °C.", "65"), ("It came on 4 May 2026.", "0504"),
        ("It is part HS-50.", "hs50"), ("It was delivered by Kaneko.", "Kaneko"),
    ],
)  # fmt: skip
def test_what_stands_otherwise_is_missing(sentence: str, lost: str) -> None:
    assert any(lost in one for one in missing(sentence, "What is known of acetone?", SOURCE))


def test_what_the_question_says_may_be_repeated() -> None:
    assert missing("In 2019 it boiled at 56 °C.", "What was it in 2019?", SOURCE) == ()


def test_a_foreign_name_is_not_looked_for_in_other_letters() -> None:
    """A name in katakana cannot stand in an English source, nor a Latin one in a Japanese source without such letters."""
    assert missing("リンドナーが納品しました。", "誰が？", SOURCE) == ()
    assert missing("It is kept by Takamatsu.", "who?", "高松が保管する。") == ()


@pytest.mark.parametrize(
    ("question", "evidence", "about"),
    [
        ("What is the salary of Taro Tanabe?", "The spindle is greased every 500 hours.", False),
        ("What is the salary of Taro Tanabe?", "Taro Tanabe gets 412,000 yen.", True),
        ("How long is the leave at Made Tech?", "madetech_leave.md\nLeave is 38 days long.", True),
        ("When is HS-40 greased?", "The HS-50 is greased weekly.", False),
        ("max load KX-HS4023B", "Product / HS4023B: 40 kg; Product / HS4024B: 50 kg", True),
        ("max load KX-HS4023B", "Product / HS4024B: 50 kg", False),
        ("How many orders came in May?", "Orders of spring", True),
        ("What does Takamatsu collect?", "高松市はごみを集める。", True),
        ("how is it greased?", "It is greased weekly.", True),
    ],
)
def test_a_source_that_names_nothing_of_what_is_asked_for_is_no_evidence(
    question: str, evidence: str, about: bool
) -> None:
    assert speaks_of(question, evidence) == about


def test_bold_words_are_no_names() -> None:
    assert missing("1. **Check** the oil of the pump. [1]", "", "Check the oil of the pump.") == ()
    assert missing("1. **Check the oil** of the pump. [1]", "", "the oil of the pump is looked at") == ()


def test_a_sentence_that_only_repeats_the_question_is_told_apart() -> None:
    assert repeats("The pump is oiled. [1]", "How often is the pump oiled?")
    assert not repeats("The pump is oiled weekly. [1]", "How often is the pump oiled?")
    assert repeats("保証期間はどうなっていますか", "保証期間はどうなっていますか？")


def test_a_source_without_any_of_the_katakana_of_a_question_is_strange() -> None:
    assert strange("アクロンの降雪量は？", "南極の降水量は1,000mmで、アデリーランドが多い。")
    assert not strange("アクロンの降雪量は？", "アクロンの降雪量は120cmである。")
    assert not strange("アクロンの降雪量は？", "Akron has 120 cm of snow.")
    assert not strange("降雪量は？", "アクロンの降雪量は120cmである。")


def test_the_dash_of_a_list_is_no_minus() -> None:
    assert missing("Ten characters, 10 at least. [1]", "", "Rules\n  - 10 characters\n- 5 symbols") == ()
    assert missing("- 5 symbols [1]", "", "Rules\n  - 10 characters\n- 5 symbols") == ()
    assert missing("The flash point is 18 °C. [1]", "", "Flash point\n-18 °C") != ()
