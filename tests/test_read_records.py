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
        ("Tag;Uhr;Schwingung\nTT.MM.JJJJ;hh:mm;mm/s",
         lambda at, v: f"{at:%d.%m.%Y;%H:%M};" + f"{v:.1f}".replace(".", ","), "mm/s"),
        ("日時,振動(mm/s)", lambda at, v: f"{at:%Y/%m/%d %H:%M},{v}", "mm/s"),
        ("time,vibration (mm/s)", lambda at, v: f"{at + timedelta(days=12):%m/%d/%Y %I:%M %p},{v}", "mm/s"),
    ],
    ids=["date-and-time", "decimal-comma", "row-of-units", "preamble", "units-and-commas", "japanese", "am-pm"],
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


SHORT = [f"2026-06-01 10:{number:02},{20 + number / 10:.1f},{45 + number}" for number in range(0, 50, 10)]


@pytest.mark.parametrize(
    ("head", "units"),
    [
        ("time,temp,hum\n,degC,%RH", ["°C", "%RH"]), ("日時,温度,湿度\n,(℃),(%)", ["°C", "%"]),
        ("time,temp,hum\nyyyy/mm/dd hh:mm,℃,%", ["°C", "%"]), ("time,temp,hum\n-,K,-", ["K", ""]),
    ],
)  # fmt: skip
def test_a_short_record_has_units_in_a_row_of_their_own_too(head: str, units: list[str], tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", "\n".join([head, *SHORT]) + "\n")
    columns = found.tables[0].columns
    assert [(one.type, one.unit) for one in columns[1:]] == [("number", unit) for unit in units]
    assert (columns[0].type, len(columns[0].values)) == ("datetime", 5)


@pytest.mark.parametrize("sentinel", ["-9999", "-99.9", "-999.0"])
def test_a_short_record_takes_what_stands_for_nothing_as_a_gap(sentinel: str, tmp_path: Path) -> None:
    broken = [*SHORT[:2], f"2026-06-01 10:20,{sentinel},46", *SHORT[3:]]
    found = written(tmp_path / "a.csv", "\n".join(["time,temp (°C),hum (%)", *broken]) + "\n")
    temperature = column(found, "temp")
    assert [value is None for value in temperature.values] == [False, False, True, False, False]
    assert sentinel.removesuffix(".0") not in words(found)
    assert any("stand for nothing and are gaps" in note for note in found.notes)


def test_a_figure_far_out_in_a_table_of_goods_is_a_figure(tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", "item,date,change\na,2026-06-01,120\nb,2026-06-02,-9999\nc,2026-06-03,300\n")
    assert column(found, "change").values == [120, -9999, 300]


@pytest.mark.parametrize(
    ("head", "hour", "first", "last"),
    [
        ("date,hour,site,temp (°C)", "{}", 0, "2026-06-04T23:00:00"), ("日付,時,地点,気温(℃)", "{}時", 0, "2026-06-04T23:00:00"),
        ("date,hour,site,temp (°C)", "{}", 1, "2026-06-05T00:00:00"), ("date,slot,site,temp (°C)", "{}", 0, "2026-06-04T23:00:00"),
    ],
)  # fmt: skip
def test_hours_in_a_column_of_their_own_tell_the_time(
    head: str, hour: str, first: int, last: str, tmp_path: Path
) -> None:
    rows = [
        f"2026-06-0{day},{hour.format(at)},{site},{10 * day + at / 10 + (50 if site == 'B' else 0)}"
        for day in range(1, 5) for at in range(first, first + 24) for site in "AB"
    ]  # fmt: skip
    found = written(tmp_path / "a.csv", "\n".join([head, *rows]) + "\n")
    series = [one for one in found.drafts if one.kind == "series" and "window" not in one.facts]
    assert [(one.facts["count"], one.facts["max_at"]) for one in series] == [(96, last)] * 2
    assert found.tables[0].columns[0].type == "datetime"


def test_small_numbers_beside_days_are_no_hours(tmp_path: Path) -> None:
    rows = [f"2026-06-{day:02},{period},{day * period}" for day in range(1, 20) for period in range(1, 6)]
    found = written(tmp_path / "a.csv", "\n".join(["date,period,visitors", *rows]) + "\n")
    assert found.reader == "table" and column(found, "period").values[:5] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("day", ["26/06/01", "06/06/01"])
def test_a_day_that_could_be_three_has_the_year_first_under_a_japanese_header(day: str, tmp_path: Path) -> None:
    rows = [f"{day} {at // 60:02}:{at % 60:02},{at}" for at in range(0, 720, 10)]
    found = written(tmp_path / "a.csv", "\n".join(["日時,電流(A)", *rows]) + "\n")
    assert whole(found).facts["max_at"] == f"20{day.replace('/', '-')}T11:50:00"
    assert any("it was read as" in note for note in found.notes)


def test_a_meter_that_rises_by_one_is_measured_where_it_has_a_unit(tmp_path: Path) -> None:
    rows = [f"{START + timedelta(minutes=10 * at):%Y-%m-%d %H:%M},{500 + at},{at},{at % 7}" for at in range(60)]
    found = written(tmp_path / "a.csv", "\n".join(["time,積算(m3),no,level (mm)", *rows]) + "\n")
    series = [one.facts["quantity"] for one in found.drafts if one.kind == "series" and "window" not in one.facts]
    assert series == ["a 積算", "a level"]


@pytest.mark.parametrize(
    "text",
    [
        "日付,時刻,客番号,人数\n2026-05-01,10:00,101,2\n2026-05-01,10:30,9999,3\n2026-05-01,11:15,102,1\n2026-05-02,10:10,103,4\n",
        "Joined,Member no.,Fee\n2026-05-01 10:00,9999,10\n2026-05-02 11:00,12,10\n2026-05-03 12:00,13,2\n2026-05-04 13:00,14,2\n",
        "時刻,商品,金額\n2026-05-01 09:00,茶,480\n2026-05-01 10:00,弁当,-9999\n2026-05-01 11:00,傘,650\n2026-05-01 12:00,傘,650\n",
    ],
)
def test_figures_far_out_in_what_no_logger_wrote_are_figures(text: str, tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", text)
    assert not any("stand for nothing" in note for note in found.notes)


def test_hours_that_were_worked_are_no_hours_of_a_day(tmp_path: Path) -> None:
    rows = [f"2026-{1 + at // 28:02}-{1 + at % 28:02},{3 + at % 6},{at * 100}" for at in range(80)]
    found = written(tmp_path / "a.csv", "\n".join(["date,hours,amount", *rows]) + "\n")
    assert found.reader == "table" and column(found, "hours").values[:3] == [3, 4, 5]


def test_what_a_logger_says_above_its_record_is_told(tmp_path: Path) -> None:
    lines = [f"2026/06/01 {n // 60:02d}:{n % 60:02d},-18.{n % 9}" for n in range(0, 600, 10)]
    head = "機種名,おんどとり TR-72\n設置場所,第2冷凍庫\n\n日時,温度(℃)\n"
    found = written(tmp_path / "r.csv", head + "\n".join(lines) + "\n")
    (above,) = [draft for draft in found.drafts if draft.kind == "passage"]
    assert (above.text, above.locator.row) == ("機種名 おんどとり TR-72\n設置場所 第2冷凍庫", 1)


@pytest.mark.parametrize("lasts", [1, 3], ids=["an-hour", "three-hours"])
def test_a_list_of_stretches_of_days_is_no_record(lasts: int, tmp_path: Path) -> None:
    moments = [START + timedelta(days=number // 3, hours=8 + 4 * (number % 3)) for number in range(90)]
    rows = [f"{at:%Y-%m-%d %H:%M}-{at + timedelta(hours=lasts):%H:%M},{2 + at.day % 5}" for at in moments]
    found = written(tmp_path / "rooms.csv", "\n".join(["booked,people", *rows]))
    assert found.reader != "sensor"
    assert column(found, "booked").values[1] == f"2026-06-01 12:00-{12 + lasts}:00"
    assert column(found, "booked").type == "text"


def test_an_offset_behind_a_clock_without_seconds_is_one_in_a_record(tmp_path: Path) -> None:
    found = written(
        tmp_path / "a.csv", "\n".join(["time,flow (L/min)", *lines(lambda at, v: f"{at:%Y-%m-%d %H:%M}-05:00,{v}")])
    )
    assert (whole(found).facts["count"], whole(found).facts["max_at"]) == (144, "2026-06-01T08:20:00")


def told_of(found: Read) -> dict[str, tuple[int, float, str]]:
    """Count, mean and unit of each series of a record."""
    assert found.reader == "sensor"
    facts = [draft.facts for draft in found.drafts if draft.kind == "series" and "window" not in draft.facts]
    return {one["quantity"]: (one["count"], round(one["mean"], 2), one["unit"]) for one in facts}


def by_turns(head: str, said: Callable[[int], str], folder: Path, count: int = 120) -> Read:
    """A record with a row every seven minutes, of which a few are lost."""
    kept = (number for number in range(count) if number not in (31, 77))
    rows = [f"{START + timedelta(minutes=7 * number):%Y-%m-%d %H:%M},{said(number)}" for number in kept]
    return written(folder / "log.csv", "\n".join([head, *rows]))


def test_stations_that_report_by_turns_are_several_series(tmp_path: Path) -> None:
    found = by_turns("time,place,level (mm)", lambda n: f"{('mill', 'weir', 'lock')[n % 3]},{10 ** (n % 3)}", tmp_path)
    assert told_of(found) == {"log mill": (40, 1, "mm"), "log weir": (39, 10, "mm"), "log lock": (39, 100, "mm")}
    assert "every 21 min" in next(draft.text for draft in found.drafts if draft.kind == "series")
    assert not found.notes


def test_each_channel_of_each_device_is_a_series_where_they_take_turns(tmp_path: Path) -> None:
    """The devices alone take no turns: each is told twice before the other comes."""
    found = by_turns(
        "time,channel,device,value,unit",
        lambda n: f"{('flow', 'heat')[n % 2]},{('P1', 'P2')[n // 2 % 2]},{n % 4},{('L/min', 'kW')[n % 2]}",
        tmp_path,
    )
    assert told_of(found) == {
        "log flow P1": (30, 0, "L/min"), "log flow P2": (30, 2, "L/min"),
        "log heat P1": (29, 1, "kW"), "log heat P2": (29, 3, "kW"),
    }  # fmt: skip


def test_what_has_another_unit_is_another_series(tmp_path: Path) -> None:
    """Read when something happens, in no order."""
    heat = {number for number in range(120) if number * number % 7 == 2}
    found = by_turns(
        "time,state,what,value,unit",
        lambda n: f"{'on' if n < 60 else 'off'}," + ("heat,5,kW" if n in heat else "flow,3,bar"),
        tmp_path,
    )
    assert {name: figures[1:] for name, figures in told_of(found).items()} == {
        "log heat": (5, "kW"),
        "log flow": (3, "bar"),
    }
    found = by_turns("time,value,unit", lambda n: "5,kW" if n in heat else "3,bar", tmp_path)
    assert {name: figures[1:] for name, figures in told_of(found).items()} == {
        "log kW": (5, "kW"),
        "log bar": (3, "bar"),
    }
    assert not found.notes


def test_the_one_unit_in_a_column_of_its_own_is_that_of_the_record(tmp_path: Path) -> None:
    assert told_of(by_turns("time,flow,unit", lambda n: "3,L/min", tmp_path)) == {"log flow": (118, 3, "L/min")}
    assert told_of(by_turns("time,flow,line", lambda n: "3,A", tmp_path)) == {"log flow": (118, 3, "")}


@pytest.mark.parametrize(
    "state",
    [
        lambda n: "running" if n % 40 < 30 else "stopped",
        lambda n: ("heat", "heat", "heat", "hold", "hold")[n % 5],
        lambda n: "NG" if n * n % 11 == 3 else "OK",
        lambda n: "AB"[n // 60],
    ],
    ids=["runs", "cycle", "judged", "shifts"],
)
def test_a_state_parts_no_record(state: Callable[[int], str], tmp_path: Path) -> None:
    found = by_turns("time,state,power (kW)", lambda n: f"{state(n)},{n % 4}", tmp_path)
    assert told_of(found) == {"log power": (118, 1.49, "kW")}
    assert found.notes == ("columns without figures were left out: state",)


def test_what_stands_behind_all_figures_parts_no_record(tmp_path: Path) -> None:
    found = by_turns("time,speed (m/s),wind", lambda n: f"{n % 4},{('N', 'SW', 'E', 'calm')[n % 4]}", tmp_path)
    assert told_of(found) == {"log speed": (118, 1.49, "m/s")}
    assert found.notes == ("columns without figures were left out: wind",)


def test_the_names_of_hours_and_days_part_no_record(tmp_path: Path) -> None:
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    rows = [f"{START + timedelta(days=number):%Y-%m-%d} 09:00,{days[number % 7]},{number % 5}" for number in range(140)]
    found = written(tmp_path / "log.csv", "\n".join(["time,day of week,visits", *rows]))
    assert told_of(found) == {"log visits": (140, 2, "")}
    halves = ("early", "late")
    rows = [
        f"{START + timedelta(hours=12 * number + 8):%Y-%m-%d %H:%M},{halves[number % 2]},{number % 5}"
        for number in range(140)
    ]
    found = written(tmp_path / "log.csv", "\n".join(["time,round,visits", *rows]))
    assert told_of(found) == {"log visits": (140, 2, "")}


@pytest.mark.parametrize(
    "again",
    [
        lambda at: (at - datetime(1899, 12, 30)) / timedelta(days=1),
        lambda at: (at - datetime(1970, 1, 1)).total_seconds() - 32_400,
    ],
)
def test_the_moment_told_a_second_time_is_not_measured(again: Callable[[datetime], float], tmp_path: Path) -> None:
    text = "\n".join(["time,when,flow (L/min)", *lines(lambda at, v: f"{at:%Y-%m-%d %H:%M},{again(at):.6f},{v}")])
    found = written(tmp_path / "log.csv", text)
    assert list(told_of(found)) == ["log flow"]
    assert found.notes == ("columns that only tell the time again were left out: when",)
    assert len(column(found, "when").values) == 144


def test_a_meter_that_rises_with_the_time_is_measured(tmp_path: Path) -> None:
    hours = lines(lambda at, v: f"{at:%Y-%m-%d %H:%M},{1200 + (at - START) / timedelta(hours=1):.3f},{v}")
    assert "log worked" in told_of(written(tmp_path / "log.csv", "\n".join(["time,worked,flow (L/min)", *hours])))


def test_what_is_measured_more_seldom_says_how_many_rows_are_without_it(tmp_path: Path) -> None:
    rows = lines(lambda at, v: f"{at:%Y-%m-%d %H:%M},{v},{at.hour if at.minute == 0 else '-'}")
    found = written(tmp_path / "log.csv", "\n".join(["time,level (m),rain (mm)", *rows]))
    said = {
        draft.facts["quantity"]: draft.text
        for draft in found.drafts
        if draft.kind == "series" and "window" not in draft.facts
    }
    assert "24 measurements every 1 h" in said["log rain"]
    assert "Its record has 144 rows, every 10 min; 120 of them have no value of it." in said["log rain"]
    assert "No gaps" not in said["log rain"]
    assert "144 measurements every 10 min" in said["log level"]
    assert "No gaps" in said["log level"]
    assert "Its record" not in said["log level"]


def test_a_record_faster_than_a_second_is_told_with_its_thousandths(tmp_path: Path) -> None:
    moments = [
        (START + timedelta(milliseconds=25 * number), 9 if number == 81 else number % 3) for number in range(200)
    ]
    rows = [f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03},{value}" for at, value in moments]
    told = whole(written(tmp_path / "log.csv", "\n".join(["time,shock (g)", *rows])))
    assert "200 measurements every 25 ms, 2026-06-01 00:00 to 2026-06-01 00:00:04.975." in told.text
    assert told.facts["max_at"] == "2026-06-01T00:00:02.025"
    assert told.locator.window == ("2026-06-01T00:00:00", "2026-06-01T00:00:04.975")


def test_a_slow_record_is_told_by_whole_seconds(tmp_path: Path) -> None:
    rows = lines(lambda at, v: f"{at:%Y-%m-%d %H:%M:%S}.{at.hour:03}4,{v}")
    told = whole(written(tmp_path / "log.csv", "\n".join(["time,flow (L/min)", *rows])))
    assert "every 10 min, 2026-06-01 00:00 to 2026-06-01 23:50." in told.text
    assert told.facts["max_at"] == "2026-06-01T08:20:00"


@pytest.mark.parametrize(
    ("head", "tail", "names"),
    [
        ("時刻：2026/6/1\n\n,東町,東町,東町\n年月日時,気温(℃),気温(℃),気温(℃)\n,,,\n,,品質情報,均質番号", ",8,1", ["東町 / 気温"]),
        ("年月日時,気温(℃),気温(℃)-品質情報", ",8", ["気温"]),
        (",Hall,\ntime,temp (°C),hum (%)", ",45", ["Hall / temp", "Hall / hum"]),
        ("Site,Hall,\ntime,temp (°C),hum (%)", ",45", ["temp", "hum"]),
    ],
)  # fmt: skip
def test_figures_are_called_by_all_that_stands_above_them_and_marks_of_quality_are_none(
    head: str, tail: str, names: list[str], tmp_path: Path
) -> None:
    found = written(tmp_path / "a.csv", "\n".join([head, *lines(lambda at, v: f"{at:%Y/%m/%d %H:%M},{v}{tail}")]))
    told = [draft.facts for draft in found.drafts if draft.kind == "series" and "window" not in draft.facts]
    assert [facts["quantity"].removeprefix("a ") for facts in told] == names
    assert (told[0]["unit"], told[0]["count"], told[0]["max"]) == ("°C", 144, 9.4)
    assert "品質情報" not in head or any("品質情報" in note for note in found.notes)
