"""Records as loggers write them: read whole, by one clock, with units, and with gaps where nothing was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.reading import Read
from ingest.space.entity import Draft

from .reading import column, words, written

START = datetime(2026, 6, 1)


def lines(form: Callable[[datetime, float], str], highest: float = 9.4, count: int = 144) -> Iterator[str]:
    """A line every ten minutes; the highest of all values stands in the middle of an hour."""
    for number in range(count):
        yield form(START + timedelta(minutes=10 * number), highest if number == 50 else 2 + (number % 7) / 10)


def whole(found: Read) -> Draft:
    """What is told of all of a record."""
    assert found.reader == "sensor"
    (only,) = [draft for draft in found.drafts if draft.kind == "series" and "window" not in draft.facts]
    return only


@pytest.mark.parametrize(
    ("head", "form", "unit"),
    [
        ("Date,Time,vibration (mm/s)", lambda at, v: f"{at:%Y-%m-%d},{at:%H:%M:%S},{v}", "mm/s"),
        ("Zeit;Druck (bar)", lambda at, v: f"{at:%d.%m.%Y %H:%M};" + f"{v:.1f}".replace(".", ","), "bar"),
        ("time,vibration\n-,mm/s", lambda at, v: f"{at:%Y-%m-%d %H:%M},{v}", "mm/s"),
        ("Serial: 88213\nSite: hall\nInterval: 10 min\n\ntime,oil (°C)", lambda at, v: f"{at:%Y-%m-%d %H:%M},{v}", "°C"),
        ("日時,振動(mm/s)", lambda at, v: f"{at:%Y/%m/%d %H:%M},{v}", "mm/s"),
        ("time,vibration (mm/s)", lambda at, v: f"{at + timedelta(days=12):%m/%d/%Y %I:%M %p},{v}", "mm/s"),
    ],
    ids=["date-and-time", "decimal-comma", "row-of-units", "preamble", "japanese", "am-pm"],
)  # fmt: skip
def test_a_record_is_read_as_its_logger_wrote_it(
    head: str, form: Callable[[datetime, float], str], unit: str, tmp_path: Path
) -> None:
    found = written(tmp_path / "press-4.csv", "\n".join([head, *lines(form)]) + "\n")
    facts = whole(found).facts
    assert (facts["count"], facts["max"], facts["unit"]) == (144, 9.4, unit)
    assert facts["max_at"] in ("2026-06-01T08:20:00", "2026-06-13T08:20:00")
    assert len(found.tables[0].rows) == 144


def test_the_whole_record_decides_which_is_the_day_and_which_the_month(tmp_path: Path) -> None:
    """Its first rows are all of one day that could be two."""
    first = datetime(2026, 6, 1)
    moments = [first + timedelta(minutes=3 * number) for number in range(20 * 480)]
    rows = [f"{at:%m/%d/%Y %H:%M},{at.day}" for at in moments]
    facts = whole(written(tmp_path / "a.csv", "\n".join(["time,flow (L/min)", *rows]))).facts
    assert (facts["count"], facts["max_at"]) == (9600, "2026-06-20T00:00:00")
    found = written(tmp_path / "b.csv", "\n".join(["time,flow (L/min)", *rows[:400]]))
    assert whole(found).facts["count"] == 400
    assert [note for note in found.notes if "could be two days; it was read as 2026-01-06 00:00" in note]


def test_a_number_that_stands_for_nothing_is_a_gap_and_told_as_one(tmp_path: Path) -> None:
    text = "\n".join(["time,humidity (%)", *lines(lambda at, v: f"{at:%Y-%m-%d %H:%M},{-9999 if at.hour == 3 else v}")])
    found = written(tmp_path / "room.csv", text)
    told = whole(found)
    assert (told.facts["count"], told.facts["min"]) == (138, 2)
    assert "column humidity: 6 values of -9999 stand for nothing and are gaps" in found.notes
    assert "1 gap without values" in told.text
    assert column(found, "humidity").missing == 6


def test_single_values_that_are_missing_are_no_whole_record(tmp_path: Path) -> None:
    lost = ("2026-06-01 03:00", "2026-06-01 10:00", "2026-06-01 17:00")
    moments = (f"{START + timedelta(minutes=10 * number):%Y-%m-%d %H:%M}" for number in range(144))
    text = "\n".join(["time,humidity (%)", *(f"{at},{-9999 if at in lost else 40}" for at in moments)])
    assert "3 single values are missing." in whole(written(tmp_path / "room.csv", text)).text


def test_the_hour_that_comes_twice_when_summer_time_ends_loses_no_value(tmp_path: Path) -> None:
    first = datetime.fromisoformat("2026-10-25T00:00:00+02:00")
    rows = []
    for number in range(300):
        at = first + timedelta(minutes=5 * number)
        shift = 2 if number < 36 else 1
        local = at.replace(tzinfo=None) - timedelta(hours=2 - shift)
        value = {30: 88.8, 42: 66.6}.get(number, 40 + number % 5)
        rows.append(f"{local:%Y-%m-%dT%H:%M:%S}+0{shift}:00,{value}")
    found = written(tmp_path / "flow.csv", "\n".join(["time,flow (L/min)", *rows]))
    facts = whole(found).facts
    assert (facts["count"], facts["max"], facts["max_at"]) == (300, 88.8, "2026-10-25T02:30:00")
    assert any("offset from UTC changes" in note for note in found.notes)
    assert sum(value == 66.6 for value in column(found, "flow").values) == 1


def test_midnight_may_be_called_24(tmp_path: Path) -> None:
    rows = [f"{START.day + hour // 24:02}.06.2026 {hour % 24 + 1:02}:00,{hour % 24}" for hour in range(96)]
    found = written(tmp_path / "a.csv", "\n".join(["time,flow (L/min)", *rows]))
    told = whole(found)
    assert told.facts["count"] == 96
    assert told.locator.window == ("2026-06-01T01:00:00", "2026-06-05T00:00:00")


def test_several_stations_in_one_file_are_several_series(tmp_path: Path) -> None:
    rows = [
        f"{START + timedelta(minutes=10 * number):%Y-%m-%d %H:%M},{name},{value + number % 3}"
        for number in range(100)
        for name, value in (("north", 10), ("south", 1000))
    ]
    found = written(tmp_path / "wells.csv", "\n".join(["time,station,level (mm)", *rows]))
    whole = [draft.facts for draft in found.drafts if draft.kind == "series" and "window" not in draft.facts]
    assert {facts["quantity"]: facts["max"] for facts in whole} == {"wells north": 12, "wells south": 1002}
    assert "1002" in words(found)
