"""Sounds that are not speech: told in words with units, from level and pitch over time.

One measurement every 32 ms: the level in dB of full scale, the strongest pitch (parabolic interpolation of the spectral
peak, Smith & Serra 1987) and how much of the energy lies there. An event is louder than the background by `ABOVE` dB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .voice import FRAME, RATE, Samples

STEP = FRAME / RATE
ABOVE = 12.0
FAINT = -50.0
"""dB of full scale below which nothing counts as an event."""
SILENT = -60.0
"""dB of full scale; a recording that never gets louder is silent."""
FLOOR = -100.0
TONAL = 0.4
"""Part of the energy around the strongest pitch from which a sound is a tone."""
SHORTEST = 0.06
GAP = 0.15
BEEPS = 1.5
"""Seconds between tones of one pitch that still are one series of beeps."""

WINDOW = 2048
_HANN = np.hanning(WINDOW).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Frame:
    """32 ms of sound: level in dB of full scale, strongest pitch in Hz, part of the energy around it."""

    level: float
    pitch: float
    tonal: float


@dataclass(frozen=True, slots=True)
class Event:
    """A sound that stands out. Seconds, dB, Hz; `pitch` is 0 when it has none; `rise`: seconds until it is loud."""

    start: float
    end: float
    level: float
    above: float
    pitch: float
    rise: float
    beeps: int = 1

    @property
    def what(self) -> str:
        """What it sounds like."""
        if self.beeps > 1:
            return f"{self.beeps} beeps, like an alarm or a signal"
        if not self.pitch:
            return "a bang or knock" if self.end - self.start < 0.4 else "a noise"
        return "a hum" if self.pitch < 300 else "a tone, like an alarm or a signal"

    @property
    def text(self) -> str:
        pitch = f", pitch {in_hertz(self.pitch)}" if self.pitch else ""
        onset = "sudden" if self.rise <= 0.1 else f"rising over {self.rise:.1f} s"
        when = f"from {self.start:.1f} to {self.end:.1f} s ({self.end - self.start:.1f} s long)"
        return (
            f"Sound: {self.what}{pitch}, {when}, "
            f"{self.level:.0f} dB of full scale, {self.above:.0f} dB above the background, {onset}."
        )


def measure(window: Samples) -> Frame:
    """The newest frame of a window of `WINDOW` samples."""
    newest = window[-FRAME:]
    level = 20 * np.log10(max(float(np.sqrt(np.mean(np.square(newest)))), 1e-5))
    power = np.square(np.abs(np.fft.rfft(window * _HANN)))
    power[: int(40 * WINDOW / RATE)] = 0
    peak = int(power[1:-1].argmax()) + 1
    total = float(power.sum())
    if total <= 1e-9:
        return Frame(max(level, FLOOR), 0.0, 0.0)
    tonal = float(power[max(peak - 3, 0) : peak + 4].sum()) / total
    return Frame(max(level, FLOOR), (peak + _shift(power, peak)) * RATE / WINDOW, tonal)


def events(frames: Sequence[Frame], speech: Sequence[tuple[float, float]]) -> list[Event]:
    """What stands out between the utterances, in order."""
    levels = np.array([frame.level for frame in frames])
    free = ~spoken(len(frames), speech)
    if not free.any():
        return []
    background = float(np.percentile(levels[free], 20))
    loud = free & (levels > max(background + ABOVE, FAINT))
    return joined(
        [_event(frames, first, last, background) for first, last in runs(loud) if (last - first) * STEP >= SHORTEST]
    )


def background(frames: Sequence[Frame], taken: Sequence[tuple[float, float]]) -> str:
    """The steady sound behind what is spoken and what stands out: "a hum, pitch 50 Hz", or nothing."""
    mask = spoken(len(frames), taken)
    free = [frame for frame, covered in zip(frames, mask, strict=True) if not covered and frame.level > SILENT]
    steady = [frame.pitch for frame in free if frame.tonal >= TONAL]
    if len(steady) < max(0.6 * len(free), 10):
        return ""
    pitch = float(np.median(steady))
    return f"{'a hum' if pitch < 300 else 'a tone'}, pitch {in_hertz(pitch)}"


def joined(found: Sequence[Event]) -> list[Event]:
    """Three or more tones of one pitch with short gaps are one series of beeps."""
    groups: list[list[Event]] = []
    for event in found:
        last = groups[-1][-1] if groups else None
        if (
            last
            and event.pitch
            and abs(event.pitch - last.pitch) < 0.05 * event.pitch
            and event.start - last.end < BEEPS
        ):
            groups[-1].append(event)
        else:
            groups.append([event])
    return [one for group in groups for one in ([_series(group)] if len(group) >= 3 else group)]


def spoken(count: int, speech: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    """Which of `count` frames lie in or right beside an utterance."""
    mask = np.zeros(count, dtype=bool)
    for start, end in speech:
        mask[max(int((start - 0.1) / STEP), 0) : int((end + 0.2) / STEP) + 1] = True
    return mask


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open ranges of true values; gaps shorter than `GAP` seconds are bridged."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    spans = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    found: list[tuple[int, int]] = []
    for first, last in spans:
        if found and (first - found[-1][1]) * STEP < GAP:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def in_hertz(pitch: float) -> str:
    """Three significant digits: "50 Hz", "1,000 Hz"."""
    return f"{float(f'{pitch:.3g}'):,.0f} Hz"


def _event(frames: Sequence[Frame], first: int, last: int, background: float) -> Event:
    part = frames[first:last]
    level = max(frame.level for frame in part)
    rise = next(i for i, frame in enumerate(part) if frame.level >= level - 6) * STEP
    tones = [frame.pitch for frame in part if frame.tonal >= TONAL]
    pitch = float(np.median(tones)) if len(tones) * 2 >= len(part) else 0.0
    return Event(first * STEP, last * STEP, level, level - background, pitch, rise)


def _series(group: Sequence[Event]) -> Event:
    loudest = max(group, key=lambda event: event.level)
    pitch = float(np.median([event.pitch for event in group]))
    return replace(loudest, start=group[0].start, end=group[-1].end, pitch=pitch, rise=group[0].rise, beeps=len(group))


def _shift(power: NDArray[np.floating], peak: int) -> float:
    """Where between the bins the peak of a parabola through three of them lies, in bins."""
    left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-12)
    curve = left - 2 * middle + right
    return float(0.5 * (left - right) / curve) if curve else 0.0
