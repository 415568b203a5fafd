"""A sentence stands only if what it cites carries it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.answer.check import (
    addresses,
    best_support,
    cited,
    lacks_unit,
    names_field,
    names_other_extent,
    of_another_day,
    repeats,
    rests_on,
    spoken,
    support,
)
from ingest.space.space import Placed

LOG = "The pump CP-120 was replaced on 9 June 2026 after 4,000 hours because the seal was worn."


class Alike:
    """A space in which all texts mean the same."""

    def place(self, texts: Sequence[str], ratio: int = 1) -> list[Placed]:
        one = np.ones(2, np.float32) / np.sqrt(np.float32(2))
        return [Placed(one, one[None]) for _ in texts]


@pytest.mark.parametrize(
    "sentence",
    [
        "The seal was worn. [1]",
        "9 June 2026 [1]",
        "2026-06-09 [1]",
        "CP120 [2]",
        "after 4000 hours",
        "The pump was replaced because of worn seals [1].",
    ],
)
def test_what_the_source_says_is_supported(sentence: str) -> None:
    assert support(sentence, LOG).supported


@pytest.mark.parametrize(
    "sentence",
    [
        "It was replaced after 5,000 hours [1]",
        "CP-121 was replaced [1]",
        "10 June 2026 [1]",
        "The motor burned down [1]",
        "The pump was not replaced [1]",
        "[1]",
        "",
    ],
)
def test_what_the_source_does_not_say_is_not(sentence: str) -> None:
    """A wrong number, code or date, other words, a denial, or nothing at all."""
    assert not support(sentence, LOG).supported


def test_numbers_are_never_forgiven() -> None:
    """Meaning nearly the same helps a paraphrase, not a wrong figure."""
    space = Alike()
    assert support("The worn pump had a bad seal", LOG, space).supported  # type: ignore[arg-type]
    assert not support("The pump was replaced after 14 hours", LOG, space).supported  # type: ignore[arg-type]


def test_japanese_is_held_against_its_source() -> None:
    source = "フィルターの交換間隔を500時間から400時間に短縮する。"
    assert support("交換間隔は400時間 [1]", source).supported
    assert not support("交換間隔は300時間 [1]", source).supported


def test_the_best_of_several_sources() -> None:
    place, verdict = best_support("the seal was worn", ["The motor is new.", LOG])
    assert place == 1
    assert verdict.supported


def test_an_answer_has_to_answer() -> None:
    """An echo of the question is none, nor is the wrong sort of thing."""
    assert addresses("4,000 hours [1]", "How long did the pump run?")
    assert not addresses("The pump ran. [1]", "How long did the pump run?")
    assert not addresses("the seal [1]", "How long did the pump run?")


def test_a_definition_takes_more_than_a_word() -> None:
    assert not addresses("a stop [1]", "What is a chokotei?")
    assert addresses("a stop of less than ten minutes [1]", "What is a chokotei?")
    assert addresses("steel [1]", "What is the valve made of?")


def test_marks_belong_to_the_sentence_before_them() -> None:
    assert spoken("It is oiled. [1] It is new [2]. Old.") == ["It is oiled. [1]", "It is new [2].", "Old."]
    assert cited("a [2] b [1][2]") == [2, 1]


def test_a_figure_from_elsewhere_is_no_evidence() -> None:
    """The number of a chapter, or of another sentence, does not carry a duration."""
    question = "For how long may the HS-40 run at its maximum speed?"
    right = "The maximum speed is allowed for at most 20 minutes in any hour."
    assert rests_on("20 minutes in any hour [1]", question, right)
    assert not rests_on("It may run for 2 hours. [1]", question, right)
    assert not rests_on("It may run for 20 days and nights. [1]", question, right)
    assert rests_on("The HS-40 for 20 minutes [1]", question, right)


def test_saying_the_same_again_is_noticed() -> None:
    assert repeats("A stop is a short stop. [1]", "A short stop of a machine. [1]")
    assert not repeats("A stop is a short break. [1]", "A short stop of a machine. [1]")


def test_the_name_of_a_field_is_no_value() -> None:
    row = "Part number: HS-40; Description: Spindle unit; Unit price: 12 JPY"
    assert names_field("part number [1]", row)
    assert not names_field("Spindle unit [1]", row)
    assert not names_field("12 JPY", row)


def test_a_number_cut_out_of_a_time_counts_nothing() -> None:
    question, said = "How many parts were lost because it stopped?", "It stopped at ten minutes past two."
    assert not rests_on("ten [1]", question, said)
    assert rests_on("thirty two [1]", question, "We lost thirty two parts because it stopped.")


def test_a_mean_is_no_answer_to_what_was_highest() -> None:
    said = "Vibration of MC-3. Mean 1.57 mm/s, highest 6.8 mm/s at 14:20, lowest 0.9 mm/s. Unusual: 7.5 mm/s."
    asked = "What was the highest vibration?"
    assert names_other_extent("1.57 mm/s [1]", asked, said)
    assert names_other_extent("It was 0.9 mm/s.", asked, said)
    assert not names_other_extent("6.8 mm/s [1]", asked, said)
    assert not names_other_extent("7.5 mm/s [1]", asked, said), "the source calls it nothing"
    assert not names_other_extent("1.57 mm/s", "What is the mean vibration?", said)
    assert not names_other_extent("1.57 mm/s", "What was the vibration?", said)
    assert not names_other_extent("12 mm", "What is the highest?", "Mean 12 mm, highest 12 mm."), "once is enough"
    assert names_other_extent("平均は3.2です", "最高は?", "平均3.2、最高5.1。")


def test_what_is_said_of_another_day_is_no_answer() -> None:
    asked = "What was the highest vibration on 9 June 2026?"
    assert of_another_day(asked, "Vibration on 2026-06-02: highest 1.57 mm/s at 18:20.")
    assert of_another_day(asked, "Vibration on 9 June 2025: highest 1.57 mm/s.")
    assert not of_another_day(asked, "Vibration on 2026-06-09: highest 6.8 mm/s at 13:50.")
    assert not of_another_day(asked, "On 9 June it rose to 6.8 mm/s, on 10 June it fell.")
    assert not of_another_day(asked, "Vibration is highest after a cold start."), "no day at all"
    assert not of_another_day("What was the highest vibration?", "Vibration on 2026-06-02.")


def test_a_figure_without_its_unit_is_no_answer() -> None:
    said = "The spindle is greased every 500 hours with 12 mm of play. It has 8 bolts."
    assert lacks_unit("every 500 [1]", "How often is the spindle greased?", said)
    assert lacks_unit("It is 12.", "What play has the spindle?", said)
    assert not lacks_unit("every 500 hours [1]", "How often is the spindle greased?", said)
    assert not lacks_unit("500 [1]", "After how many hours is it greased?", said), "the question names the unit"
    assert not lacks_unit("1952 [1]", "When did it open?", "It opened in 1952 in Kyoto.")
    assert not lacks_unit("8 [1]", "How many bolts has it?", said), "a count has none"
    assert not lacks_unit("500", "How many?", "It was 500. Later it was 500 hours."), "not everywhere"
