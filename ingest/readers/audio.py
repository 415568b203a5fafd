"""Recordings, and the sound of videos: utterances with their seconds, and sounds that are not speech.

The only file that knows PyAV. A recording is decoded twice, block by block: first to find where speech is and what
stands out, then to hear each utterance. A transcript beside it wins over what a model hears.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ingest.base.errors import MissingPart, UnreadableSource
from ingest.space.encoders import sound
from ingest.space.encoders.speech import Heard, Recogniser, Word
from ingest.space.encoders.voice import FRAME, RATE, Samples, VoiceActivity, utterances
from ingest.space.encoders.voice import LONGEST as UTTERANCE
from ingest.space.entity import Draft, Locator

from ..source import Source, is_sound, transcript_of
from . import Note
from .transcript import cues, utterance

SLOWEST_TO_FASTEST = range(2_000, 800_000)
"""Samples a second that recordings have. A header that lies would make hours of silence, or none, of a small file."""
LONGEST = 8 * 3600
"""Seconds of a recording that are heard."""

TOGETHER = 1.5
"""Seconds of pause below which utterances are heard together."""

CANCELLED = 0.01
"""Share of the loudest channel's power below which the sum of all has lost what is in them."""

Span = tuple[float, float]

PARENT = "sound"


@dataclass(frozen=True, slots=True)
class Survey:
    """A recording after the first pass: seconds, one measurement per 32 ms, where speech is, and how it ended.

    Attributes:
        speech: start and end of utterances; None when nobody could listen for them.
        fault: why decoding stopped before the end; empty when it did not.
    """

    seconds: float
    frames: tuple[sound.Frame, ...]
    speech: tuple[Span, ...] | None
    fault: str = ""

    @property
    def loudest(self) -> float:
        return max((frame.level for frame in self.frames), default=sound.FLOOR)


class AudioReader:
    """wav, mp3, m4a, flac, ogg and every other sound FFmpeg decodes; mp4, mkv, mov and webm for their sound track.

    Args:
        voice: says where somebody speaks.
        recogniser: hears the words.
    """

    name = "audio"

    def __init__(self, voice: VoiceActivity, recogniser: Recogniser) -> None:
        self.voice = voice
        self.recogniser = recogniser

    def accepts(self, source: Source) -> bool:
        return is_sound(source.media)

    def read(self, source: Source) -> Iterator[Draft | Note]:
        """
        Raises:
            UnreadableSource: not a sound, damaged from the start, without a sound track.
        """
        for item in self._parts(source):
            yield replace(item, title=source.path.stem) if isinstance(item, Draft) else item

    def _parts(self, source: Source) -> Iterator[Draft | Note]:
        survey = self.survey(source.path)
        yield from _remarks(survey)
        speech = survey.speech or ()
        found = sound.events(survey.frames, speech) if survey.loudest > sound.SILENT else []
        yield Draft(
            "sound",
            describe(survey, found),
            Locator(start=0.0, end=round(survey.seconds, 2)),
            key=PARENT,
            facts=_facts(survey),
        )
        yield from self._said(source, speech)
        for event in found:
            where = Locator(start=round(event.start, 2), end=round(event.end, 2))
            facts = {
                "level_db": round(event.level, 1),
                "above_db": round(event.above, 1),
                "pitch_hz": round(event.pitch, 1),
            }
            yield Draft("event", event.text, where, parent=PARENT, facts={**facts, "beeps": event.beeps})

    def survey(self, path: Path) -> Survey:
        """The first pass."""
        frames: list[sound.Frame] = []
        chances: list[float] | None = []
        window = np.zeros(sound.WINDOW, np.float32)
        fault = ""
        try:
            self.voice.reset()
        except MissingPart:
            chances = None
        try:
            for frame in blocks(path, FRAME):
                window = np.concatenate([window[FRAME:], frame])
                frames.append(sound.measure(window))
                if chances is not None:
                    chances.append(self.voice.hear(frame))
        except UnreadableSource as error:
            if len(frames) * sound.STEP < 1:
                raise
            fault = error.reason
        speech = None if chances is None else tuple(utterances(chances))
        return Survey(len(frames) * sound.STEP, tuple(frames), speech, fault)

    def _said(self, source: Source, speech: Sequence[Span]) -> Iterator[Draft | Note]:
        """What is said: by the transcript beside it, else as the recogniser hears it."""
        transcript = transcript_of(source.path)
        if transcript:
            yield Note(f"its words are those of {transcript.name}")
            yield from (utterance(cue, PARENT) for cue in cues(transcript))
            return
        try:
            yield from self._heard(source, speech)
        except MissingPart as error:
            yield Note(f"its words were not heard: {error}")

    def _heard(self, source: Source, speech: Sequence[Span]) -> Iterator[Draft | Note]:
        lost = 0
        groups = stretches(speech)
        for group, ((start, _), samples) in zip(
            groups, cuts(source.path, [whole(group) for group in groups]), strict=True
        ):
            heard = self.recogniser.hear(samples, source.own_words)
            drafts = list(self._utterances(heard, start, group)) if heard else []
            lost += len(group) - len(drafts)
            yield from drafts
        if lost:
            yield Note(f"{lost} of {len(speech)} utterances were not understood")

    def _utterances(self, heard: Heard, start: float, group: Sequence[Span]) -> Iterator[Draft]:
        by = {"by": self.recogniser.name, "confidence": heard.confidence, "language": heard.language}
        for span, words in shared_out(heard.words, start, group).items():
            where = Locator(start=round(span[0], 2), end=round(span[1], 2))
            times = [[word.text.strip(), word.start, word.end] for word in words]
            text = "".join(word.text for word in words).strip()
            yield Draft("utterance", text, where, parent=PARENT, facts={**by, "words": times})


def blocks(path: Path, size: int) -> Iterator[Samples]:
    """A file's sound at 16 kHz in one channel, `size` samples at a time, the last filled up with zeros.

    Raises:
        UnreadableSource: not a sound or damaged; also in the middle, after what came before.
    """
    rest = np.empty(0, np.float32)
    count = 0
    for piece in _decoded(path):
        rest = np.concatenate([rest, piece])
        whole = len(rest) // size * size
        yield from rest[:whole].reshape(-1, size)
        rest = rest[whole:]
        count += len(piece)
        if count >= LONGEST * RATE:
            return
    if len(rest):
        yield np.pad(rest, (0, size - len(rest)))


def stretches(speech: Sequence[Span]) -> list[list[Span]]:
    """Utterances that are heard together, because words are recognised better among others."""
    found: list[list[Span]] = []
    for span in speech:
        if found and span[0] - found[-1][-1][1] < TOGETHER and span[1] - found[-1][0][0] <= UTTERANCE:
            found[-1].append(span)
        else:
            found.append([span])
    return found


def whole(group: Sequence[Span]) -> Span:
    return group[0][0], group[-1][1]


def shared_out(words: Sequence[Word], start: float, group: Sequence[Span]) -> dict[Span, list[Word]]:
    """The words of a stretch that begins at `start`, by the utterance nearest to each; in seconds of the recording."""
    found: dict[Span, list[Word]] = {}
    for word in words:
        placed = Word(word.text, round(start + word.start, 2), round(start + word.end, 2))
        middle = (placed.start + placed.end) / 2
        span = min(group, key=lambda span: max(span[0] - middle, middle - span[1]))
        found.setdefault(span, []).append(placed)
    return dict(sorted(found.items()))


def cuts(path: Path, spans: Sequence[Span]) -> Iterator[tuple[Span, Samples]]:
    """The samples of each span; spans are in order and do not overlap. Holds one span in memory at a time."""
    waiting = list(spans)
    held: list[Samples] = []
    at = 0
    for block in blocks(path, RATE) if spans else ():
        at += len(block)
        held.append(block)
        while waiting and int(waiting[0][1] * RATE) <= at:
            yield waiting[0], _between(held, at, waiting.pop(0))
        begin = int(waiting[0][0] * RATE) if waiting else at
        while held and at - sum(map(len, held)) + len(held[0]) <= begin:
            held.pop(0)
    for span in waiting:
        yield span, _between(held, at, span)


def describe(survey: Survey, found: Sequence[sound.Event]) -> str:
    """A recording in words."""
    speech = survey.speech or ()
    steady = sound.background(survey.frames, [*speech, *((event.start, event.end) for event in found)])
    said = sum(end - start for start, end in speech)
    parts = [
        f"Sound recording of {survey.seconds:.1f} s",
        "silent" if survey.loudest <= sound.SILENT else f"loudest {survey.loudest:.0f} dB of full scale",
        f"speech for {said:.1f} s in {len(speech)} utterance{'s' if len(speech) > 1 else ''}"
        if speech
        else "no speech",
        f"in the background {steady}" if steady else "",
    ]
    return "; ".join(part for part in parts if part) + "."


def _remarks(survey: Survey) -> Iterator[Note]:
    if survey.fault:
        yield Note(f"damaged after {survey.seconds:.1f} s ({survey.fault}); what follows was not heard")
    if survey.seconds >= LONGEST:
        yield Note(f"only the first {LONGEST // 3600} hours were heard")
    if survey.loudest <= sound.SILENT:
        yield Note("silent: nothing can be heard in it")
    elif survey.speech is None:
        yield Note("nobody could listen for speech in it: pip install silero-vad onnxruntime")


def _facts(survey: Survey) -> dict[str, object]:
    levels = [frame.level for frame in survey.frames]
    mean = round(float(np.mean(levels)), 1) if levels else sound.FLOOR
    spoken = round(sum(end - start for start, end in survey.speech or ()), 2)
    return {
        "seconds": round(survey.seconds, 2),
        "level_db": mean,
        "peak_db": round(survey.loudest, 1),
        "speech_s": spoken,
    }


def _between(held: Sequence[Samples], at: int, span: Span) -> Samples:
    """The samples of a span out of the last blocks, which end at sample `at`."""
    samples = np.concatenate(held) if held else np.empty(0, np.float32)
    first = at - len(samples)
    return samples[max(int(span[0] * RATE) - first, 0) : max(int(span[1] * RATE) - first, 0)]


def _decoded(path: Path) -> Iterator[Samples]:
    import av

    try:
        with av.open(str(path), metadata_errors="replace", options=_options(path)) as container:
            if not container.streams.audio:
                raise UnreadableSource(path, "has no sound track")
            if (rate := container.streams.audio[0].rate) not in SLOWEST_TO_FASTEST:
                raise UnreadableSource(path, f"says that it has {rate:,} samples a second, which no recording has")
            resampler = av.AudioResampler(format="fltp", rate=RATE)
            for frame in container.decode(container.streams.audio[0]):
                yield from (_mixed(piece.to_ndarray()) for piece in resampler.resample(frame))
            yield from (_mixed(piece.to_ndarray()) for piece in resampler.resample(None))
    except (av.FFmpegError, ValueError) as error:
        raise UnreadableSource(
            path, f"damaged, or not a sound ({getattr(error, 'strerror', None) or error})"
        ) from error


def _options(path: Path) -> dict[str, str]:
    """A WAV whose header names fewer bytes than there are, as when its writer was stopped, is heard to its end."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        if stream.read(4) != b"RIFF" or stream.seek(8) != 8 or stream.read(4) != b"WAVE":
            return {}
        at, name = 12, b""
        while name != b"data" and at + 8 <= size:
            name, length = _chunk(stream, at)
            at += 8 + length + length % 2
        known = at + 8 > size or _chunk(stream, at)[0].strip().isalnum()
    return {} if known else {"ignore_length": "1"}


def _chunk(stream: BinaryIO, at: int) -> tuple[bytes, int]:
    """Name and length of the piece of a RIFF file that begins there."""
    stream.seek(at)
    return struct.unpack("<4sI", stream.read(8))


def _mixed(channels: NDArray[Any]) -> Samples:
    """Channels [c, n] as one of their power: their sum, or the loudest where they cancel each other out."""
    both = channels.sum(axis=0, dtype=np.float32) / np.sqrt(np.float32(len(channels)))
    power = np.square(channels).mean(axis=1)
    cancelled = np.square(both).mean() < CANCELLED * power.max()
    return np.asarray(channels[power.argmax()] if cancelled else both, np.float32)
