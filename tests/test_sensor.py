"""Sensor records as files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.moments import instant
from ingest.readers.record_head import layout
from ingest.readers.sensor import SensorReader
from ingest.source import look
from ingest.space.entity import Draft

START = datetime(2026, 6, 1)


def write(path: Path, header: str, lines: Iterable[str]) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> tuple[list[Draft], list[str]]:
    source = look(path, Settings(home=path.parent))
    assert SensorReader().accepts(source)
    items = list(SensorReader().read(source))
    return [i for i in items if isinstance(i, Draft)], [i.text for i in items if isinstance(i, Note)]


def accepts(path: Path) -> bool:
    return SensorReader().accepts(look(path, Settings(home=path.parent)))


def clock(i: int) -> str:
    return f"{START + timedelta(minutes=10 * i):%Y-%m-%d %H:%M}"


def wide(path: Path) -> Path:
    """Two channels over two days with a gap and a spike."""
    values = ((i, 46 + i % 3, 90 if i == 200 else 1 + i % 2) for i in range(288) if not 100 <= i < 120)
    return write(
        path, "time,spindle_temp [degC],vibration (mm/s),state", (f"{clock(i)},{a},{b},RUN" for i, a, b in values)
    )


def test_a_wide_record_becomes_series_windows_and_events_with_units(tmp_path: Path) -> None:
    drafts, notes = read(wide(tmp_path / "MC-3.csv"))
    series = [d for d in drafts if d.kind == "series" and "window" not in d.facts]
    assert [(d.facts["quantity"], d.facts["unit"]) for d in series] == [
        ("MC-3 spindle temp", "°C"),
        ("MC-3 vibration", "mm/s"),
    ]
    assert series[0].locator.window == ("2026-06-01T00:00:00", "2026-06-02T23:50:00")
    (spike,) = [d for d in drafts if d.facts.get("event") == "excursion"]
    assert spike.parent == "MC-3 vibration"
    assert spike.locator.window == ("2026-06-02T09:20:00", "2026-06-02T09:20:00")
    assert "spike" in spike.text
    assert "90 mm/s" in spike.text
    assert notes == ["columns without figures were left out: state"]


def test_a_gap_of_all_channels_is_told_once(tmp_path: Path) -> None:
    drafts, _ = read(wide(tmp_path / "MC-3.csv"))
    (gap,) = [d for d in drafts if d.facts.get("event") == "gap"]
    assert gap.locator.window == ("2026-06-01T16:30:00", "2026-06-01T20:00:00")


def test_windows_carry_the_statistics_of_each_stretch(tmp_path: Path) -> None:
    drafts, _ = read(wide(tmp_path / "MC-3.csv"))
    hours = [d for d in drafts if d.facts.get("window") == "hour" and d.parent == "MC-3 spindle temp"]
    assert len(hours) == 45
    assert hours[0].facts["max"] == 48
    assert hours[0].facts["max_at"] == "2026-06-01T00:20:00"
    assert hours[0].text.startswith("MC-3 spindle temp in the hour from 2026-06-01 00:00: Mean 47 °C")


def test_a_long_record_is_told_apart_by_its_channel_and_unit(tmp_path: Path) -> None:
    lines = (f"{clock(i)},{name},{i % 5},{unit}" for i in range(60) for name, unit in (("pump", "bar"), ("oil", "°C")))
    drafts, _ = read(write(tmp_path / "log.csv", "timestamp,sensor,value,unit", lines))
    series = [d for d in drafts if d.kind == "series" and "window" not in d.facts]
    assert [(d.facts["quantity"], d.facts["unit"], d.facts["count"]) for d in series] == [
        ("log pump", "bar", 60),
        ("log oil", "°C", 60),
    ]


def test_json_lines_and_seconds_since_1970_are_read(tmp_path: Path) -> None:
    file = tmp_path / "pump.jsonl"
    file.write_text("".join(json.dumps({"ts": 1_767_225_600 + 60 * i, "flow": i % 7}) + "\n" for i in range(100)))
    drafts, _ = read(file)
    assert drafts[0].locator.window == ("2026-01-01T00:00:00", "2026-01-01T01:39:00")


def test_a_sidecar_names_channels_and_sets_limits(tmp_path: Path) -> None:
    file = wide(tmp_path / "MC-3.csv")
    (tmp_path / "MC-3.sensor.yaml").write_text(
        "title: spindle of machine MC-3\nchannels:\n  vibration (mm/s): {name: vibration of the spindle, high: 50}\n"
    )
    drafts, _ = read(file)
    (limit,) = [d for d in drafts if d.facts.get("event") == "limit"]
    assert limit.title == "spindle of machine MC-3"
    assert limit.text.startswith("vibration of the spindle exceeded its upper limit of 50 mm/s")
    (tmp_path / "MC-3.sensor.yaml").write_text("channels: [1]")
    with pytest.raises(BadInput, match=r"sensor[.]yaml"):
        read(file)


def test_the_clock_may_go_back_once_and_values_may_be_missing(tmp_path: Path) -> None:
    lines = [f"{clock(i)},{i % 4 if i % 9 else ''}" for i in range(120)]
    lines.insert(70, f"{clock(40)},3")
    drafts, _ = read(write(tmp_path / "x.csv", "time,value", lines))
    assert drafts[0].facts["quantity"] == "x"
    assert drafts[0].facts["count"] == 107


def test_a_business_table_is_no_record(tmp_path: Path) -> None:
    orders = (f"SO-{i},2026-05-{1 + i % 28:02},{i * 100}" for i in range(100))
    assert not accepts(write(tmp_path / "orders.csv", "order,date,amount", orders))
    days = (f"{START + timedelta(days=i):%Y-%m-%d},{i}" for i in range(100))
    assert not accepts(write(tmp_path / "sales.csv", "date,sales", days))
    visits = (f"{clock(i)},visitor number {i},{i}" for i in range(100))
    assert not accepts(write(tmp_path / "visits.csv", "time,who,count", visits))
    assert not accepts(write(tmp_path / "short.csv", "time,value", (f"{clock(i)},{i}" for i in range(20))))


def test_the_sample_firms_tables_and_records_are_told_apart() -> None:
    from tests.conftest import FIRM

    assert accepts(FIRM / "operations/sensors/MC-3-spindle.csv")
    assert not accepts(FIRM / "sales/shipments-2026.csv")
    assert not accepts(FIRM / "sales/orders-2026.xlsx")


def test_moments_are_read_by_the_clock_on_the_wall() -> None:
    at = 1_780_304_400.0
    assert instant("2026-06-01T09:00:00+09:00") == (at, 32_400.0)
    assert instant("2026/06/01 09:00") == instant("2026-06-01 09:00") == (at, None)
    assert instant(1_767_225_600_000) == instant(1_767_225_600)
    assert instant(46.1) is None
    assert layout([]) is None


@pytest.mark.parametrize(
    "name",
    ["machine_temperature", "ambient_temperature", "ec2_request_latency", "nyc_taxi"],
)
def test_every_known_anomaly_overlaps_an_event(shared: Path, name: str) -> None:
    from assistant.evaluate.sensors import measure

    (file,) = (shared / "sensors").glob(f"{name}*.csv")
    score = measure(file, json.loads((shared / "sensors" / "nab_anomaly_windows.json").read_text()))
    assert score.found == score.labelled
    assert score.outside <= 10


@pytest.mark.parametrize("name", ["broken.jsonl", "broken.parquet"])
def test_looking_at_a_damaged_file_does_not_fail(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"PAR1 nothing more" if name.endswith("parquet") else b'{"a": 1}\n{"a": 2}\n{"a": \n' * 3)
    assert not accepts(file)


def test_figures_that_repeat_their_moments_are_no_names(tmp_path: Path) -> None:
    lines = (f"2026-05-01 00:{i % 60:02},{i},x" for i in range(200))
    drafts, _ = read(write(tmp_path / "n.csv", "time,n,word", lines))
    assert (drafts[0].facts["count"], drafts[0].facts["max"]) == (200, 199)


def test_the_numbers_of_stations_part_their_figures(tmp_path: Path) -> None:
    lines = (f"{clock(i)},{station},{i + 100 * station},{i % 7}" for station in (7, 8) for i in range(60))
    drafts, _ = read(write(tmp_path / "s.csv", "time,station,flow (L/min),level (mm)", lines))
    found = {d.facts["quantity"]: d.facts["max"] for d in drafts if d.kind == "series" and "window" not in d.facts}
    assert found == {"s 7 flow": 759, "s 8 flow": 859, "s 7 level": 6, "s 8 level": 6}
