"""Events in measured series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.space.encoders.events import events
from ingest.space.encoders.signal import Floats, Signal, gaps, interval, spread, statistics, windows

DAY = 86_400.0
START = 1_767_225_600.0  # 2026-01-01, a midnight


def made(values: Floats, step: float = 600.0, **limits: float) -> Signal:
    times = START + step * np.arange(len(values))
    there = np.isfinite(values)
    return Signal("spindle temperature", "°C", times[there], values[there], **limits)


def noise(count: int, seed: int = 0) -> Floats:
    return 80 + np.random.default_rng(seed).normal(0, 1, count)


def test_a_collapse_is_found_with_its_size_time_and_speed() -> None:
    values = noise(2_000)
    values[1_000:1_006] = np.linspace(80, 5, 6)
    values[1_006:1_030] = 5
    (event,) = [e for e in events(made(values)) if e.kind == "excursion"]
    assert event.facts["style"] == "sharp"
    assert event.facts["direction"] == event.facts["record"] == "down"
    assert event.start <= START + 600 * 1_006 <= event.end
    assert event.facts["value"] == pytest.approx(5)
    assert event.facts["reached"] - event.facts["onset"] <= 3_600


def test_a_single_spike_is_found_at_its_moment() -> None:
    values = noise(2_000)
    values[700] = 120
    (event,) = [e for e in events(made(values)) if e.kind == "excursion"]
    assert (event.facts["style"], event.facts["at"]) == ("brief", START + 600 * 700)


def test_a_long_weak_deviation_is_found_although_no_single_value_is_unusual() -> None:
    values = noise(4_000)
    values[2_000:2_200] -= 1.5
    found = [e for e in events(made(values)) if e.kind == "excursion"]
    assert any(e.start <= START + 600 * 2_100 <= e.end and e.facts["direction"] == "down" for e in found)


def test_white_noise_has_hardly_an_event_beside_its_extremes() -> None:
    found = [e for seed in range(10) for e in events(made(noise(1_000, seed))) if e.kind != "extreme"]
    assert len(found) <= 10


def test_a_lasting_step_is_a_level_shift_and_not_two_excursions() -> None:
    values = noise(3_000)
    values[1_500:] += 10
    found = [e for e in events(made(values)) if e.kind not in ("extreme", "excursion")]
    assert [e.kind for e in found] == ["level"]
    assert abs(found[0].start - (START + 600 * 1_500)) < 600 * 60
    assert found[0].facts["before"] == pytest.approx(80, abs=0.5)
    assert found[0].facts["value"] == pytest.approx(90, abs=0.5)


def test_a_slow_climb_is_a_drift() -> None:
    values = noise(3_000) + np.linspace(0, 12, 3_000)
    (event,) = [e for e in events(made(values)) if e.kind in ("drift", "level")]
    assert event.kind == "drift"
    assert event.facts["value"] - event.facts["before"] == pytest.approx(12, abs=1)


def test_a_pattern_of_the_day_is_usual_and_a_day_without_it_is_not() -> None:
    days = 40
    times = np.arange(days * 144)
    values = 50 + 10 * np.sin(2 * np.pi * times / 144) + np.random.default_rng(1).normal(0, 0.5, len(times))
    assert not [e for e in events(made(values)) if e.kind in ("excursion", "pattern")][2:]
    values[20 * 144 : 21 * 144] = 50
    (event,) = [e for e in events(made(values)) if e.kind == "pattern"]
    assert event.start == START + 20 * DAY


def test_gaps_flat_lines_and_crossed_limits_follow_from_their_definitions() -> None:
    values = noise(2_000)
    values[500:560] = np.nan
    values[800:900] = 79.5
    values[1_200:1_210] = 95
    found = {e.kind: e for e in events(made(values, high=90.0)) if e.kind in ("gap", "flat", "limit")}
    assert found["gap"].end - found["gap"].start == 61 * 600
    assert found["gap"].facts["missing"] == 60
    assert (found["flat"].start, found["flat"].facts["value"]) == (START + 600 * 800, 79.5)
    assert (found["limit"].start, found["limit"].end) == (START + 600 * 1_200, START + 600 * 1_209)
    assert found["limit"].facts["value"] == 95


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200),
    st.lists(st.floats(0.001, 1e6), min_size=1, max_size=200),
)
def test_any_series_gives_events_inside_its_span_in_order(values: list[float], steps: list[float]) -> None:
    count = min(len(values), len(steps))
    times = np.cumsum(np.array(steps[:count]))
    signal = Signal("q", "", times, np.array(values[:count]))
    found = events(signal)
    assert all(times[0] - 1e-6 <= e.start <= e.end <= times[-1] + interval(times) for e in found)
    assert [e.start for e in found] == sorted(e.start for e in found)
    assert all(np.isfinite(v) for e in found for v in e.facts.values() if isinstance(v, float))
    assert sum(w.facts["count"] for w in windows(signal)) in (0, count)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60))
def test_the_spread_does_not_move_with_the_level_and_grows_with_the_scale(values: list[int]) -> None:
    x = np.array(values, float)
    assert spread(x + 7) == pytest.approx(spread(x))
    assert spread(3 * x) == pytest.approx(3 * spread(x))


def test_statistics_and_windows_agree_with_the_values() -> None:
    values = noise(3 * 144)
    signal = made(values)
    days = windows(signal)
    assert [window.span for window in days] == ["day"] * 3
    assert days[1].facts == statistics(signal.times[144:288], values[144:288])
    assert gaps(signal) == []
