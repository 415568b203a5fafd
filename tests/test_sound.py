"""Sounds that are not speech are told with what they are, how long, how high and how loud."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.space.encoders import sound
from ingest.space.encoders.sound import Event, Frame, background, events, in_hertz, joined, measure, runs, spoken
from ingest.space.encoders.voice import FRAME, RATE, Samples


def tone(pitch: float, seconds: float, size: float = 0.3) -> Samples:
    return (size * np.sin(2 * np.pi * pitch * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def hiss(seconds: float, size: float = 0.001) -> Samples:
    return (size * np.random.default_rng(0).standard_normal(int(seconds * RATE))).astype(np.float32)


def frames(samples: Samples) -> list[Frame]:
    padded = np.concatenate([np.zeros(sound.WINDOW - FRAME, np.float32), samples])
    starts = range(0, len(samples) - FRAME + 1, FRAME)
    return [measure(padded[start : start + sound.WINDOW]) for start in starts]


@pytest.mark.parametrize("pitch", [50, 120, 440, 1000, 3150])
def test_a_tone_is_told_with_its_pitch_length_and_place(pitch: float) -> None:
    """Within one per cent of the pitch and a twentieth of a second."""
    (event,) = events(frames(np.concatenate([hiss(2), tone(pitch, 1.5), hiss(2)])), [])
    assert event.pitch == pytest.approx(pitch, rel=0.01)
    assert event.start == pytest.approx(2, abs=0.05)
    assert event.end == pytest.approx(3.5, abs=0.2)
    assert event.what.startswith("a hum" if pitch < 300 else "a tone, like an alarm")


def test_level_is_in_decibels_of_full_scale() -> None:
    """A sine of full size has a root mean square of -3 dB."""
    assert frames(tone(1000, 0.5, size=1.0))[-1].level == pytest.approx(-3.01, abs=0.05)


def test_beeps_of_one_pitch_are_one_event() -> None:
    """Four beeps half a second apart."""
    beep = np.concatenate([tone(1000, 0.3), hiss(0.5)])
    (event,) = events(frames(np.concatenate([hiss(2), *[beep] * 4, hiss(2)])), [])
    assert event.beeps == 4
    assert event.text.startswith("Sound: 4 beeps, like an alarm or a signal, pitch 1,000 Hz, from 2.0 to ")
    assert event.text.endswith("sudden.")


def test_a_short_burst_of_noise_is_a_bang() -> None:
    (event,) = events(frames(np.concatenate([hiss(2), hiss(0.2, 0.4), hiss(2)])), [])
    assert event.what == "a bang or knock"
    assert event.pitch == 0


def test_a_slow_rise_is_said() -> None:
    swelling = tone(800, 4) * np.linspace(0.02, 1, 4 * RATE, dtype=np.float32)
    (event,) = events(frames(np.concatenate([hiss(2), swelling, hiss(1)])), [])
    assert "rising over" in event.text


def test_speech_is_no_event() -> None:
    """What is spoken is told by its words."""
    recording = frames(np.concatenate([hiss(2), tone(200, 1), hiss(2)]))
    assert events(recording, [(1.9, 3.1)]) == []
    assert events(recording, [(0.0, 5.0)]) == []


def test_silence_and_steady_noise_have_no_events() -> None:
    assert events(frames(np.zeros(3 * RATE, np.float32)), []) == []
    assert events(frames(hiss(3, 0.05)), []) == []
    assert events([], []) == []


def test_a_steady_hum_is_the_background() -> None:
    assert background(frames(tone(50, 3, 0.05)), []) == "a hum, pitch 50 Hz"
    assert background(frames(hiss(3, 0.05)), []) == ""


def test_two_tones_of_different_pitch_stay_two() -> None:
    def at(start: float, pitch: float) -> Event:
        return Event(start, start + 0.3, -10, 40, pitch, 0.0)

    assert len(joined([at(0, 500), at(1, 1000), at(2, 500)])) == 3
    assert len(joined([at(0, 500), at(1, 500), at(2, 500)])) == 1
    assert len(joined([at(0, 500), at(9, 500), at(19, 500)])) == 3


@given(st.lists(st.booleans(), max_size=200))
def test_runs_are_what_a_plain_loop_finds(values: list[bool]) -> None:
    """Ranges hold every true value, start and end with one, and are further apart than the gap that is bridged."""
    found = runs(np.array(values, dtype=bool))
    inside = {i for first, last in found for i in range(first, last)}
    assert {i for i, value in enumerate(values) if value} <= inside
    assert all(values[first] and values[last - 1] for first, last in found)
    assert all((b - a) * sound.STEP >= sound.GAP for (_, a), (b, _) in pairwise(found))


def test_an_utterance_covers_its_frames_and_a_little_more() -> None:
    mask = spoken(100, [(1.0, 2.0)])
    assert mask[int(0.95 / sound.STEP)]
    assert mask[int(2.1 / sound.STEP)]
    assert not mask[int(0.8 / sound.STEP)]
    assert not mask[int(2.4 / sound.STEP)]


def test_hertz_have_three_digits() -> None:
    assert [in_hertz(value) for value in (49.96, 999.7, 3149.2)] == ["50 Hz", "1,000 Hz", "3,150 Hz"]
