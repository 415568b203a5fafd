"""What a question asks for can be told from its words, in two languages, and found in a sentence."""

from __future__ import annotations

import pytest

from assistant.search.expect import asks_name, expected, field


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("How heavy is the pump?", "It has a mass of 68 kg.", "The pump CP-120 costs 12,000 yen."),
        ("When was the firm founded?", "It was founded in 1974.", "It was founded by a lathe operator."),
        ("How long is the warranty?", "The warranty lasts 18 months.", "The warranty covers the spindle."),
        ("How often is it greased?", "It is greased every two weeks.", "It is greased with MX-5."),
        ("How often is it checked?", "Check it every two hours.", "The check lasts two hours."),
        ("What is the telephone number?", "Call +81 266 12 3456.", "Call the service depot."),
        ("What noise level does it reach?", "It reaches 72 dB.", "It is rather loud."),
        ("How many parts were lost?", "We lost thirty-two parts.", "We lost parts."),
        ("What does it cost?", "It costs 12,400 yen.", "It costs little."),
        ("何日もらえますか。", "休暇を5日与える。", "休暇を与える。"),
        ("夏季休暇はいつですか。", "8月11日からとする。", "別に定める。"),
        ("単価はいくらですか。", "単価は1,200円です。", "単価は別に定める。"),
    ],
)
def test_a_sentence_holds_what_was_asked_for(question: str, right: str, wrong: str) -> None:
    wanted = expected(question)
    assert wanted is not None
    assert wanted.search(right)
    assert not wanted.search(wrong)


def test_an_open_question_expects_nothing_particular() -> None:
    assert expected("What does alarm E-240 mean?") is None


def test_questions_for_names() -> None:
    assert asks_name("Who founded the company?")
    assert asks_name("誰が設立しましたか。")
    assert not asks_name("How heavy is it?")


def test_a_time_is_no_count_and_a_year_no_price() -> None:
    parts, price = expected("How many parts were lost?"), expected("What is the unit price of the seal?")
    assert parts and price
    assert parts.search("thirty two parts")
    assert not parts.search("ten minutes")
    assert price.search("Unit price: 12400 JPY")
    assert not price.search("taken out on 9 June 2026")


def test_a_day_of_a_month_is_no_amount() -> None:
    wanted = expected("What is the amount of the order that moved to 24 June?")
    assert wanted is not None
    assert not wanted.search("19 June")
    assert wanted.search("Amount: 5920000 JPY; Due date: 24 June")


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("What material is given on the drawing?", "MATERIAL FCD450"),
        ("What is the unit price of the seal?", "Part: MS-22; Unit price: 12400 JPY"),
    ],
)
def test_the_field_a_question_names_is_found_with_its_value(question: str, line: str) -> None:
    wanted = field(question)
    assert wanted
    assert wanted.search(line)
    assert not wanted.search("The price of materials rose.")
    assert field("How many parts were lost?") is None
