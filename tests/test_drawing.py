"""A page, a picture and a measured quantity are drawn with the cited place marked, bounded in size."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assistant.serve import drawing
from ingest.base.errors import NotFound
from ingest.base.settings import Settings
from ingest.source import look
from ingest.space.entity import Locator
from tests.conftest import FIRM

MANUAL = FIRM / "engineering" / "HS-40-spindle-manual.pdf"
RECORD = FIRM / "operations" / "sensors" / "MC-3-spindle.csv"


def test_a_page_that_is_not_there_is_told(settings: Settings) -> None:
    with MANUAL.open("rb") as file, pytest.raises(NotFound):
        drawing.page(file, Locator(page=99))


def test_a_page_is_drawn_at_a_bounded_size() -> None:
    with MANUAL.open("rb") as file:
        drawn = Image.open(io.BytesIO(drawing.page(file, Locator(page=1))))
    assert max(drawn.width / drawing.WIDTH, drawn.height / drawing.HEIGHT) <= 1.01


def test_a_box_off_the_picture_or_around_all_of_it_is_not_drawn(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "grey.png"
    Image.new("RGB", (200, 100), (128, 128, 128)).save(file)
    for box in ((500.0, 500.0, 600.0, 600.0), (0.0, 0.0, 200.0, 100.0)):
        drawn = Image.open(io.BytesIO(drawing.picture(look(file, settings), Locator(box=box))))
        assert drawn.getcolors() == [(200 * 100, (128, 128, 128))]


def test_a_picture_turned_by_its_camera_is_drawn_upright(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40)).save(file, exif=exif)
    assert Image.open(io.BytesIO(drawing.picture(look(file, settings), Locator()))).size == (40, 60)


def test_a_window_of_a_record_is_drawn_with_its_clock(settings: Settings) -> None:
    window = ("2026-06-09T07:00:00", "2026-06-09T17:50:00")
    chart = drawing.chart(look(RECORD, settings), "MC-3-spindle spindle temp", Locator(window=window))
    assert chart is not None and chart.unit == "°C"
    assert all(moment.startswith("2026-06-") for _, moment in chart.times)
    assert 60 <= chart.band[0] < chart.band[0] + chart.band[1] <= 790


def test_a_quantity_that_is_not_in_the_record_is_not_drawn(settings: Settings) -> None:
    window = ("2026-06-09T07:00:00", "2026-06-09T17:50:00")
    assert drawing.chart(look(RECORD, settings), "colour", Locator(window=window)) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5_000))
def test_thinning_keeps_the_order_and_every_extreme(values: list[float]) -> None:
    times = np.arange(len(values), dtype=np.float64)
    kept_times, kept = drawing.thinned(times, np.asarray(values))
    assert len(kept) <= max(2 * drawing.POINTS, 0)
    assert (np.diff(kept_times) > 0).all()
    assert (kept.min(), kept.max()) == (min(values), max(values))
    assert all(values[int(at)] == value for at, value in zip(kept_times, kept, strict=True))
