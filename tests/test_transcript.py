"""Transcripts give words with seconds and speakers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.readers.transcript import Cue, TranscriptReader, cues, seconds
from ingest.source import look, transcript_of
from ingest.space.entity import Draft

VTT = """WEBVTT - shift report

STYLE
::cue { color: white }

NOTE nobody reads this

1
00:00:00.500 --> 00:00:03.800 align:start
<v Taro Tanabe>The <i>coolant</i> flow is low &amp; falling.

01:02.000 --> 01:03.000
Second line,
broken in two.
"""
SRT = """1
00:00:01,000 --> 00:00:02,250
{\\an8}<b>Hello.</b>

2
01:00:00,000 --> 01:00:01,000
こんにちは
"""


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder / name


def test_webvtt_with_speakers_markup_and_notes(tmp_path: Path) -> None:
    """Only what is said, without markup; who says it stands before it."""
    first, second = cues(write(tmp_path, "a.vtt", VTT))
    assert first == Cue("The coolant flow is low & falling.", 0.5, 3.8, "Taro Tanabe")
    assert first.said == "Taro Tanabe: The coolant flow is low & falling."
    assert second == Cue("Second line, broken in two.", 62.0, 63.0)


def test_subrip_with_windows_line_ends(tmp_path: Path) -> None:
    assert cues(write(tmp_path, "a.srt", SRT.replace("\n", "\r\n"))) == [
        Cue("Hello.", 1.0, 2.25),
        Cue("こんにちは", 3600.0, 3601.0),
    ]


def test_plain_text_has_paragraphs_and_no_times(tmp_path: Path) -> None:
    assert cues(write(tmp_path, "a.txt", "One\nline.\n\nTwo.\n")) == [Cue("One line."), Cue("Two.")]


@pytest.mark.parametrize("text", ["WEBVTT\n", "WEBVTT\n\n00:05.000 --> 00:01.000\nbackwards\n"])
def test_a_transcript_that_says_nothing_is_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableSource, match="nothing is said"):
        cues(write(tmp_path, "a.vtt", text))


def test_a_transcript_beside_a_recording_is_found(tmp_path: Path) -> None:
    """WebVTT before SubRip before plain text."""
    recording = tmp_path / "talk.flac"
    assert transcript_of(recording) is None
    text = write(tmp_path, "talk.txt", "x")
    assert transcript_of(recording) == text
    vtt = write(tmp_path, "talk.vtt", VTT)
    assert transcript_of(recording) == vtt


def test_a_transcript_alone_is_a_source(tmp_path: Path) -> None:
    source = look(write(tmp_path, "a.vtt", VTT), Settings(home=tmp_path))
    assert TranscriptReader().accepts(source)
    first, _ = TranscriptReader().read(source)
    assert isinstance(first, Draft)
    assert (first.kind, first.locator.start, first.locator.end) == ("utterance", 0.5, 3.8)
    assert first.facts["speaker"] == "Taro Tanabe"


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_times_are_seconds(hours: int, minutes: int, whole: int, thousandths: int) -> None:
    """In both spellings."""
    expected = hours * 3600 + minutes * 60 + whole + thousandths / 1000
    for mark in ".,":
        assert seconds(f"{hours:02}:{minutes:02}:{whole:02}{mark}{thousandths:03}") == pytest.approx(expected)
