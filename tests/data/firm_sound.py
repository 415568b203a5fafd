"""Recordings of the sample firm: a shift report with its transcript, and a voice memo that ends in an alarm.

The voice is `rms` of flite (Debian package flite; permissive licence of Carnegie Mellon University). Of seven voices
tried (flite slt, awb, rms, kal16; festival kal, slt; espeak-ng) pocketsphinx understands it best: 8 % word errors
on the report.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from firm_files import target
from numpy.typing import NDArray

RATE = 16_000
PAUSE = 0.5  # seconds between sentences
REPORT = [
    "This is the report of the day shift for the ninth of June.",
    "Machine three stopped at ten minutes past two in the afternoon.",
    "The coolant flow had been low since twenty past nine in the morning.",
    "The spindle temperature went up to sixty six degrees.",
    "The filter was full of small metal chips.",
    "We changed the filter and the seal.",
    "The machine was running again at ten minutes to five.",
    "We lost thirty two parts because of the stop.",
    "The night shift should check the coolant level every two hours.",
    "Please call me at home if the red lamp comes on.",
]
MEMO = [
    "This is a message from the pump room.",
    "There is oil on the floor near the north door.",
    "Please bring two bags of sand and a long rope.",
    "The alarm has just started.",
]
ALARM_HZ, BEEPS, BEEP, GAP = 1000, 4, 0.5, 0.3  # Hz, count, seconds, seconds

Sound = NDArray[np.float32]
Cue = tuple[float, float, str]  # start, end in seconds, words


def say(sentence: str) -> Sound:
    """One sentence in the voice of flite, without the silence around it."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "say.wav"
        subprocess.run(["flite", "-voice", "rms", "-t", sentence, "-o", str(path)], check=True)
        samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    voice: Sound = samples[max(0, loud[0] - 800) : loud[-1] + 1600]
    scaled: Sound = voice / np.abs(voice).max() * np.float32(0.6)
    return scaled


def speak(sentences: list[str]) -> tuple[Sound, list[Cue]]:
    """Sentences with pauses, and when each of them begins and ends."""
    pause: Sound = np.zeros(int(PAUSE * RATE), dtype=np.float32)
    parts, cues, length = [pause], [], len(pause)
    for sentence in sentences:
        voice = say(sentence)
        cues.append((round(length / RATE, 2), round((length + len(voice)) / RATE, 2), sentence))
        parts += [voice, pause]
        length += len(voice) + len(pause)
    return np.concatenate(parts), cues


def alarm() -> Sound:
    """Beeps of a pure tone with soft edges."""
    time = np.arange(int(BEEP * RATE)) / RATE
    edge = np.minimum(1, np.minimum(time, BEEP - time) / 0.01)
    beep = 0.45 * np.sin(2 * np.pi * ALARM_HZ * time) * edge
    return np.concatenate([np.concatenate([beep, np.zeros(int(GAP * RATE))]) for _ in range(BEEPS)]).astype(np.float32)


def _write(name: str, samples: Sound, seed: int) -> None:
    import soundfile

    hiss = np.random.default_rng(seed).normal(0, 0.0008, len(samples))
    soundfile.write(target(name), np.clip(samples + hiss, -1, 1), RATE, format="FLAC", subtype="PCM_16")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{seconds % 60:06.3f}"


def write_sound() -> dict[str, dict[str, float]]:
    """Write both recordings; the answer is sentence -> {start, end}, with the beeps as "alarm tone"."""
    report, cues = speak(REPORT)
    _write("operations/sound/shift-report-2026-06-09.flac", report, 1)
    lines = [f"{_clock(begin)} --> {_clock(finish)}\n<v Taro Tanabe>{words}\n" for begin, finish, words in cues]
    target("operations/sound/shift-report-2026-06-09.vtt").write_text("\n".join(["WEBVTT\n", *lines]), encoding="utf-8")
    memo, memo_cues = speak(MEMO)
    start = len(memo) / RATE
    _write(
        "operations/sound/voice-memo-pump-room.flac",
        np.concatenate([memo, alarm(), np.zeros(RATE // 2, dtype=np.float32)]),
        2,
    )
    end = start + BEEPS * (BEEP + GAP) - GAP
    return {words: {"start": begin, "end": finish} for begin, finish, words in cues + memo_cues} | {
        "alarm tone": {"start": round(start, 2), "end": round(end, 2)}
    }
