"""Recordings become utterances and events with their seconds; broken and silent ones become one clear line."""

from __future__ import annotations

import shutil
import struct
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from ingest.base.errors import MissingPart, UnreadableSource
from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.audio import AudioReader, blocks, cuts, shared_out, stretches
from ingest.source import look
from ingest.space.encoders.speech import Heard, Word
from ingest.space.encoders.voice import FRAME, RATE, Samples, VoiceActivity, utterances
from ingest.space.entity import Draft

from .conftest import FIRM

MEMO = FIRM / "operations" / "sound" / "voice-memo-pump-room.flac"


class Echo:
    """Hears a word in the middle of each second; the stretches it is `deaf` for it does not understand."""

    name = "echo"

    def __init__(self, deaf: Sequence[int] = ()) -> None:
        self.deaf = deaf
        self.count = 0

    def hear(self, samples: Samples, own_words: Sequence[str] = ()) -> Heard | None:
        self.own_words = tuple(own_words)
        self.count += 1
        if self.count in self.deaf:
            return None
        words = tuple(Word(f" w{second}", second + 0.4, second + 0.6) for second in range(len(samples) // RATE))
        return Heard("".join(word.text for word in words).strip(), words, 0.5, "en")


class Gone(VoiceActivity):
    def reset(self) -> None:
        raise MissingPart("silero-vad is not installed")


def samples(seconds: float, size: float = 0.3) -> Samples:
    return (size * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def save(path: Path, sound: Samples, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def encode(path: Path, codec: str, sound: Samples, *, picture: bool = False, layout: str = "stereo") -> Path:
    """A file as a phone or a camera would write it: 48 kHz, compressed, perhaps with moving pictures."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p") if picture else None
        stream = container.add_stream(codec, rate=48_000, layout=layout) if len(sound) else None
        if video:
            still = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux([packet for _ in range(10) for packet in video.encode(still)])
            container.mux(video.encode(None))
        if stream:
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate = RATE
            resampler = av.AudioResampler(stream.format.name, layout, 48_000, stream.frame_size or None)
            for piece in (*resampler.resample(frame), *resampler.resample(None), None):
                container.mux(stream.encode(piece))
    return path


def read(path: Path, recogniser: Echo | None = None, voice: VoiceActivity | None = None) -> list[Draft | Note]:
    source = look(path, Settings(home=path.parent))
    reader = AudioReader(voice or VoiceActivity(), recogniser or Echo())
    assert reader.accepts(source)
    return list(reader.read(source))


def kinds(items: Sequence[Draft | Note]) -> list[str]:
    return [item.kind if isinstance(item, Draft) else "note" for item in items]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.flac", "flac"), ("a.ogg", "libopus"), ("a.wav", "pcm_s16le")],
)
def test_every_format_is_decoded_to_the_same_sound(tmp_path: Path, name: str, codec: str) -> None:
    """48 kHz stereo comes back as 16 kHz mono, of the same length and pitch."""
    path = encode(tmp_path / name, codec, samples(2))
    sound = np.concatenate(list(blocks(path, FRAME)))
    spectrum = np.abs(np.fft.rfft(sound[RATE // 2 : RATE * 3 // 2]))
    assert len(sound) / RATE == pytest.approx(2, abs=0.15)
    assert spectrum.argmax() == pytest.approx(1000, abs=2)
    (draft,) = [one for one in read(path) if isinstance(one, Draft) and one.kind == "sound"]
    assert draft.facts["peak_db"] == pytest.approx(-13.5, abs=1)


def test_a_video_gives_its_sound_track(tmp_path: Path) -> None:
    assert "sound" in kinds(read(encode(tmp_path / "a.mp4", "aac", samples(1), picture=True)))


def test_a_video_without_a_sound_track_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="has no sound track"):
        read(encode(tmp_path / "a.mp4", "aac", samples(0), picture=True))


def test_a_recording_is_told_apart_into_speech_and_sounds() -> None:
    """The memo of the sample firm: four sentences, then an alarm of 1 kHz; places within a fifth of a second."""
    items = read(MEMO)
    assert kinds(items) == ["sound", *["utterance"] * 4, "event"]
    sound, first, *_, alarm = items
    assert isinstance(sound, Draft)
    assert isinstance(first, Draft)
    assert isinstance(alarm, Draft)
    assert first.parent == alarm.parent == sound.key
    assert first.locator.start == pytest.approx(0.5, abs=0.2)
    assert first.facts["by"] == "echo"
    assert first.text.startswith("w0 w1")
    assert first.facts["words"][0] == [
        "w0",
        pytest.approx(first.locator.start + 0.4, abs=0.02),
        pytest.approx(first.locator.start + 0.6, abs=0.02),
    ]
    assert (alarm.locator.start, alarm.locator.end) == (pytest.approx(12.04, abs=0.2), pytest.approx(14.94, abs=0.2))
    assert "pitch 1,000 Hz" in alarm.text


def test_a_transcript_beside_it_wins(tmp_path: Path) -> None:
    """Nothing is recognised; the seconds are those of the transcript."""
    shutil.copy(MEMO, tmp_path / "a.flac")
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,500\nBring the rope.\n")
    echo = Echo()
    items = read(tmp_path / "a.flac", echo)
    (said,) = [item for item in items if isinstance(item, Draft) and item.kind == "utterance"]
    assert (said.text, said.locator.start, said.locator.end) == ("Bring the rope.", 1.0, 2.5)
    assert echo.count == 0
    assert any(isinstance(item, Note) and "a.srt" in item.text for item in items)


def test_utterances_that_were_not_understood_are_counted(tmp_path: Path) -> None:
    items = read(MEMO, Echo(deaf=(1,)))
    assert kinds(items).count("utterance") == 0
    assert "4 of 4 utterances were not understood" in [item.text for item in items]


def test_utterances_are_heard_together_when_the_pause_is_short() -> None:
    """Never longer together than a recogniser hears at once."""
    assert stretches([(0, 1), (1.5, 3), (6, 7)]) == [[(0, 1), (1.5, 3)], [(6, 7)]]
    assert stretches([(0, 20), (20.5, 40)]) == [[(0, 20)], [(20.5, 40)]]
    assert stretches([]) == []


def test_words_are_shared_out_by_their_time() -> None:
    """Each to the utterance it lies in, or to the nearest one; an utterance without words has none."""
    words = [Word(" a", 0.1, 0.3), Word(" b", 0.9, 1.2), Word(" c", 2.0, 2.2)]
    found = shared_out(words, 10.0, [(10.0, 11.0), (12.0, 13.0), (14.0, 15.0)])
    assert {span: [word.text for word in said] for span, said in found.items()} == {
        (10.0, 11.0): [" a", " b"],
        (12.0, 13.0): [" c"],
    }
    assert found[(12.0, 13.0)][0] == Word(" c", 12.0, 12.2)


def test_without_the_detector_sounds_are_still_told(tmp_path: Path) -> None:
    """And the note says what to install."""
    sound = np.concatenate([np.zeros(RATE, np.float32), samples(1), np.zeros(RATE, np.float32)])
    items = read(save(tmp_path / "a.wav", sound), voice=Gone())
    assert kinds(items) == ["note", "sound", "event"]
    assert "pip install silero-vad" in items[0].text


def test_a_silent_recording_is_one_note(tmp_path: Path) -> None:
    note, sound = read(save(tmp_path / "a.wav", np.zeros(3 * RATE, np.float32)))
    assert isinstance(note, Note)
    assert note.text == "silent: nothing can be heard in it"
    assert sound.text == "Sound recording of 3.0 s; silent; no speech."


def test_a_damaged_recording_is_one_line(tmp_path: Path) -> None:
    """A header and nothing that can be decoded."""
    whole = encode(tmp_path / "a.flac", "flac", samples(5)).read_bytes()
    (tmp_path / "b.flac").write_bytes(whole[:60] + bytes(2000))
    with pytest.raises(UnreadableSource, match=r"b\.flac: damaged, or not a sound"):
        read(tmp_path / "b.flac")


def test_what_came_before_the_damage_is_kept(tmp_path: Path) -> None:
    """Cut off in the middle: the first half is heard."""
    data = encode(tmp_path / "a.flac", "flac", samples(6)).read_bytes()
    (tmp_path / "b.flac").write_bytes(data[: len(data) // 2])
    (sound,) = [item for item in read(tmp_path / "b.flac") if isinstance(item, Draft) and item.kind == "sound"]
    assert 1 < sound.facts["seconds"] < 5


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_cuts_are_what_slicing_gives(tmp_path: Path, rate: int) -> None:
    """The naive twin: decode everything, then slice."""
    path = save(tmp_path / "a.wav", np.random.default_rng(0).uniform(-0.5, 0.5, 5 * rate).astype(np.float32), rate)
    everything = np.concatenate(list(blocks(path, FRAME)))
    spans = [(0.0, 0.4), (0.5, 1.0), (1.0, 2.7), (3.9, 5.0)]
    found = list(cuts(path, spans))
    assert [span for span, _ in found] == spans
    for (start, end), cut in found:
        np.testing.assert_allclose(cut, everything[int(start * RATE) : int(end * RATE)], atol=1e-6)


def test_listening_leaves_the_threads_of_torch_alone() -> None:
    """Importing silero-vad sets them to one for the whole process."""
    import torch

    before = torch.get_num_threads()
    voice = VoiceActivity()
    voice.reset()
    assert 0 <= voice.hear(np.zeros(FRAME, np.float32)) <= 1
    assert torch.get_num_threads() == before


def test_utterances_end_at_pauses() -> None:
    """A second of speech, half a second of silence, a second of speech."""
    sure, quiet = [0.95] * 31, [0.01] * 16
    assert len(utterances([*quiet, *sure, *quiet, *sure, *quiet])) == 2
    assert utterances([0.01] * 50) == []
    assert max(end - start for start, end in utterances([0.95] * 3000)) <= 30


@pytest.mark.slow
def test_every_recording_of_digits_is_read(shared: Path) -> None:
    """Real short recordings, heard by the real parts, without a failure."""
    from ingest.space.encoders.speech import Whisper

    whisper = Whisper(threads=1)
    for path in sorted((shared / "audio" / "spoken_digits").glob("*.wav"))[::10]:
        items = list(AudioReader(VoiceActivity(), whisper).read(look(path, Settings(home=path.parent))))
        assert kinds(items)[0] == "sound"


def written(
    path: Path, sound: Samples, width: int = 2, channels: int = 1, length: int | None = None, after: bytes = b""
) -> Path:
    """A WAV by hand: samples of `width` bytes, and whatever `length` its header is to name."""
    scaled = np.clip(sound, -1, 1) * (2 ** (8 * width - 1) - 1)
    bytes_of = scaled.astype("<i4").view("u1").reshape(-1, 4)[:, :width]
    whole = (scaled + 128).astype("u1").tobytes() if width == 1 else bytes_of.tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, channels, RATE, RATE * channels * width, channels * width, 8 * width)
    size = len(whole) if length is None else length
    riff = b"RIFF" + struct.pack("<I", min(36 + size, 2**32 - 1)) + b"WAVEfmt " + form
    path.write_bytes(riff + b"data" + struct.pack("<I", size) + whole + after)
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_of_samples_is_heard(tmp_path: Path, width: int) -> None:
    sound = np.concatenate(list(blocks(written(tmp_path / "a.wav", samples(1), width), RATE)))
    assert np.abs(sound - samples(1)).max() < 0.02


@pytest.mark.parametrize("length", [0, 2**32 - 1, 10**8, 16_000])
def test_a_header_that_names_a_wrong_length_loses_nothing(tmp_path: Path, length: int) -> None:
    """As recorders write it that were stopped, or that write into a pipe."""
    sound = np.concatenate(list(blocks(written(tmp_path / "a.wav", samples(2), length=length), RATE)))
    assert len(sound) == 2 * RATE
    assert np.abs(sound - samples(2)).max() < 0.01


def test_what_stands_behind_the_sound_is_not_heard(tmp_path: Path) -> None:
    note = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf59.27.100\0"
    assert len(np.concatenate(list(blocks(written(tmp_path / "a.wav", samples(1), after=note), RATE)))) == RATE


def test_channels_that_cancel_each_other_are_heard(tmp_path: Path) -> None:
    """One microphone wired the wrong way round: the mean of the two would be silence."""
    both = np.stack([samples(1), -samples(1)], axis=1).reshape(-1)
    sound = np.concatenate(list(blocks(written(tmp_path / "a.wav", both, channels=2), RATE)))
    assert np.abs(np.abs(sound) - np.abs(samples(1))).max() < 0.01


def test_it_is_heard_in_the_words_its_source_brings(tmp_path: Path) -> None:
    echo = Echo()
    source = replace(look(MEMO, Settings(home=tmp_path)), own_words=("pump room", "AX-200"))
    list(AudioReader(VoiceActivity(), echo).read(source))
    assert echo.own_words == ("pump room", "AX-200")
