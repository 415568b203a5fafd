"""Part numbers, figures and dates are the same however they are written."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.codes import MONTH_NAMES, codes, dates, figures, held_codes, spelled


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the HS-40 and the HS40", {"hs40"}),
        ("order SO-2026-0466, alarm E-217", {"so20260466", "e217"}),
        ("ＨＳ－４０", {"hs40"}),
        ("12,000 rpm at 3 x 200 V", set()),
        ("on 2026-06-09", set()),
        ("the 20th century, the 1990s", set()),
    ],
)
def test_codes_are_letters_with_digits(text: str, found: set[str]) -> None:
    assert codes(text) == found


def test_a_longer_code_is_of_its_beginning() -> None:
    """A serial number is of its model, a sensor's name of its machine; not the other way round."""
    assert {"hs40", "mc3"} <= held_codes("serial HS40-2318 of MC-3-spindle") | held_codes("HS40-0107")
    assert "hs402318" not in held_codes("HS-40")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12,000 rpm", "12000 rpm"),
        ("0.80 MPa", "0.8 MPa"),
        ("５日", "5日"),
        ("24 June", "June 24th"),
        ("3千万円", "30,000,000 yen"),
    ],
)
def test_figures_have_one_form(one: str, other: str) -> None:
    assert figures(one) == figures(other)


def test_japanese_ten_thousands_have_their_figure_in_digits_behind_them() -> None:
    assert spelled("東京都:1万５千円/泊、8%") == "東京都:1万５千 (15,000) 円/泊、8%"


NUMBERED = st.tuples(
    st.sampled_from(["3", "12", "1,500", "2.5"]), st.sampled_from(["", "千", "百万", "万", "億", "万5千"])
)


@given(st.lists(NUMBERED.map("".join)).map("円、".join))
def test_figures_that_are_spelled_out_stay_the_same(text: str) -> None:
    assert figures(spelled(text)) == figures(text)


def test_other_figures_are_others() -> None:
    assert not figures("21 m") & figures("12 m")
    assert not figures("9 June") & figures("page 9")


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_a_date_is_the_same_in_every_way_of_writing(day: datetime.date) -> None:
    """As written in English, American, ISO and Japanese."""
    name = MONTH_NAMES[day.month - 1].title()
    written = {
        f"on {day.day} {name} {day.year}.",
        f"on {name} {day.day}, {day.year}.",
        f"on {day.isoformat()} at noon",
        f"{day.year}年{day.month}月{day.day}日に",
    }
    assert {frozenset(dates(text)) for text in written} == {frozenset({day.strftime("%Y%m%d"), day.strftime("%m%d")})}
