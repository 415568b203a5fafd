"""What one cell says."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.cells import EMPTY, Cell, cell, date, header, shown


@pytest.mark.parametrize(
    ("written", "value", "unit"),
    [
        ("1,200円", 1200, "JPY"),
        ("¥1,200,000", 1_200_000, "JPY"),
        ("98.68%", 98.68, "%"),
        ("84.1 ℃", 84.1, "°C"),
        ("１２３", 123, ""),
        ("△5", -5, ""),
        ("(3.5)", -3.5, ""),
        ("12 kg", 12, "kg"),
        ("1e3", 1000.0, ""),
    ],
)
def test_a_figure_is_read_as_it_is_written_in_business(written: str, value: float, unit: str) -> None:
    assert cell(written) == Cell("number", value, unit)


@pytest.mark.parametrize("written", ["00123", "4th, Western", "1,20", "5 apples", "1.000,50", "090-0000-1001", "No"])
def test_what_only_looks_like_a_figure_stays_text(written: str) -> None:
    assert cell(written) == Cell("text", written)


@pytest.mark.parametrize(
    "written",
    ["2026-05-01", "2026/5/1", "2026年5月1日", "令和8年5月1日", "R8年5月1日", "May 1, 2026", "1 May 2026", "1.5.2026"],
)
def test_a_day_is_read_in_every_way_that_means_one_day(written: str) -> None:
    assert cell(written) == Cell("date", "2026-05-01")


def test_a_date_that_could_be_two_days_is_not_guessed() -> None:
    assert cell("05/06/2026").type == "text"
    assert cell("13/05/2026").value == "2026-05-13"
    assert cell("31/02/2026").type == "text"


def test_an_offset_from_utc_is_kept() -> None:
    japan = dt.timezone(dt.timedelta(hours=9))
    assert date("2014-02-08T12:00:00+09:00") == dt.datetime(2014, 2, 8, 12, 0, tzinfo=japan)
    assert cell("2014-02-08T12:00:00+09:00").value == "2014-02-08 12:00+09:00"


def test_nothing_is_nothing() -> None:
    assert cell(None) == cell("  ") == cell(float("nan")) == EMPTY


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("Speed (rpm)", "Speed", "rpm"),
        ("金額（円）", "金額", "JPY"),
        ("spindle_temp [degC]", "spindle temp", "°C"),
        ("oil_temp_c", "oil temp", "°C"),
        ("Wins (2011)", "Wins (2011)", ""),
        ("Phone (fictional)", "Phone (fictional)", ""),
        ("Year", "Year", ""),
        ("EC(mS/cm)", "EC", "mS/cm"), ("線量率（μSv/h）", "線量率", "μSv/h"), ("流量(×100 L/min)", "流量(×100 L/min)", ""),
        ("S/N", "S/N", ""), ("検収 Y/N", "検収 Y/N", ""), ("単価/kg", "単価/kg", ""), ("月/日", "月/日", ""), ("km/h", "km/h", ""),
        ("Speed, rpm", "Speed", "rpm"),
        ("Temperature / °C", "Temperature", "°C"), ("水温℃", "水温", "°C"), ("達成率％", "達成率", "%"),
        ("temp_min", "temp min", ""), ("Tax 5%", "Tax 5%", ""),
    ],
)  # fmt: skip
def test_a_header_gives_its_unit_only_when_it_is_one(text: str, name: str, unit: str) -> None:
    assert header(text) == (name, unit)


@given(st.integers(-(10**15), 10**15))
def test_whole_numbers_survive_writing_with_separators(number: int) -> None:
    assert cell(f"{number:,}").value == number


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)))
def test_moments_survive_writing(moment: dt.datetime) -> None:
    assert cell(shown(moment)) == Cell("date", shown(moment))


@given(st.text(max_size=40))
def test_any_text_is_a_cell(text: str) -> None:
    assert cell(text).type in ("number", "date", "boolean", "text", "empty")


def test_an_ending_is_no_unit_where_other_columns_have_other_endings() -> None:
    assert header("phase_a", ["phase_a", "phase_b", "phase_c"]) == ("phase a", "")
    assert header("oil_c", ["oil_c", "oil_f", "time"]) == ("oil", "°C")
    assert cell("1F").type == "text"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026年6月1日 0時", "2026-06-01"), ("2026-10-25 02:30 CEST", "2026-10-25 02:30+02:00"),
        ("2026-10-25 02:30 JST", "2026-10-25 02:30+09:00"),
        ("2026/06/01 3:12:45 午後 GMT+9", "2026-06-01 15:12:45+09:00"),
        ("2026/06/01 午前 12:05:02 GMT+9", "2026-06-01 00:05:02+09:00"), ("2026/06/01 9:00:00 PM GMT-5", "2026-06-01 21:00-05:00"),
    ],
)  # fmt: skip
def test_an_hour_alone_and_the_name_of_a_zone_tell_the_time(written: str, moment: str) -> None:
    assert cell(written) == Cell("date", moment)


@pytest.mark.parametrize("written", ["2026年7月14日 09:30-10:15", "2026/07/14 22:00-06:00", "14.7.2026 07:45-16:30"])
def test_a_stretch_of_a_day_is_no_offset_from_utc(written: str) -> None:
    assert cell(written) == Cell("text", written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-06-05T10:00-05:00", "2026-06-05 10:00-05:00"), ("2026-06-05 10:00:00-05:00", "2026-06-05 10:00-05:00"),
        ("2026-06-05 10:00 -0330", "2026-06-05 10:00-03:30"), ("2026-06-05 10:00+05:45", "2026-06-05 10:00+05:45"),
    ],
)  # fmt: skip
def test_an_offset_from_utc_stands_behind_seconds_or_without_a_colon_or_with_a_plus(written: str, moment: str) -> None:
    assert cell(written) == Cell("date", moment)


@pytest.mark.parametrize("offset", ["-13:00", "+15:00", "+05:20"])
def test_an_offset_that_no_zone_has_makes_words(offset: str) -> None:
    assert cell(f"2026-06-05 10:00:00{offset}").type == "text"


@pytest.mark.parametrize(
    ("text", "told"),
    [("Temp, °C (LGR S/N: 10234)", ("Temp (LGR S/N: 10234)", "°C")), ("売上(円) (税込)", ("売上 (税込)", "JPY"))],
)
def test_a_unit_before_a_remark_is_the_unit_of_a_column(text: str, told: tuple[str, str]) -> None:
    assert header(text) == told


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("3-Jun-26", "2026-06-03"), ("1-May-62", "1962-05-01"), ("3. Juni 2026", "2026-06-03"), ("12. Dez. 2026", "2026-12-12"),
        ("2 juin 2026", "2026-06-02"), ("1er juillet 2026", "2026-07-01"), ("5 marzo 2026", "2026-03-05"),
    ],
)  # fmt: skip
def test_days_with_the_name_of_their_month_are_days(written: str, day: str) -> None:
    assert cell(written) == Cell("date", day)


@pytest.mark.parametrize("written", ["3 jui 2026", "5-Pac-26", "12 Packungen 2026", "31. Juni 2026"])
def test_what_names_no_month_is_no_day(written: str) -> None:
    assert cell(written).type == "text"


@pytest.mark.parametrize(
    ("written", "unit"), [("35歳", "歳"), ("3か月", "か月"), ("12 Stk.", "Stk."), ("7.5 Std.", "Std.")]
)
def test_units_that_people_count_in_are_units(written: str, unit: str) -> None:
    assert (cell(written).type, cell(written).unit) == ("number", unit)


@pytest.mark.parametrize("written", ["−", "…"])
def test_marks_for_nothing_are_empty(written: str) -> None:
    assert cell(written).type == "empty"
