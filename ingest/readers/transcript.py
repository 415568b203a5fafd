"""Transcripts in WebVTT and SubRip: what was said, by whom, from which second to which.

A transcript beside a recording of the same name is read with the recording; one by itself is a source of its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.base.errors import UnreadableSource
from ingest.base.settings import MIB
from ingest.space.entity import Draft, Locator
from ingest.text import charset

from ..source import Source
from . import Note

LARGEST = 16 * MIB

_TIMES = re.compile(r"((?:\d+:)?\d{1,2}:\d\d[.,]\d{1,3})\s*-->\s*((?:\d+:)?\d{1,2}:\d\d[.,]\d{1,3})")
_VOICE = re.compile(r"<v(?:\.[^ >]*)? ([^>]+)>")
_TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words with their seconds; `speaker` is empty when the transcript does not say. Without times both are None."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker: str = ""

    @property
    def said(self) -> str:
        return f"{self.speaker}: {self.text}" if self.speaker else self.text


class TranscriptReader:
    """Reads transcripts that stand alone."""

    name = "transcript"

    def accepts(self, source: Source) -> bool:
        return source.media in ("text/vtt", "application/x-subrip")

    def read(self, source: Source) -> Iterator[Draft | Note]:
        for cue in cues(source.path):
            yield utterance(cue)


def utterance(cue: Cue, parent: str = "") -> Draft:
    """A cue as an entity."""
    facts = {"by": "transcript", **({"speaker": cue.speaker} if cue.speaker else {})}
    return Draft("utterance", cue.said, Locator(start=cue.start, end=cue.end), parent=parent, facts=facts)


def cues(file: Path) -> list[Cue]:
    """What a transcript says, in order; of a plain text its paragraphs, without times.

    Raises:
        UnreadableSource: too large, or nothing is said in it.
    """
    if file.stat().st_size > LARGEST:
        raise UnreadableSource(file, f"a transcript of more than {LARGEST // MIB} MB")
    text = charset.decode(file.read_bytes()).replace("\r\n", "\n")
    blocks = re.split(r"\n[ \t]*\n", text)
    timed = [cue for block in blocks if (cue := _cue(block))]
    found = timed or [
        Cue(" ".join(block.split())) for block in blocks if block.strip() and file.suffix.lower() == ".txt"
    ]
    if not found:
        raise UnreadableSource(file, "a transcript in which nothing is said")
    return found


def seconds(time: str) -> float:
    """ "01:02:03.5" or "02:03,500" in seconds."""
    return sum(float(part) * 60.0**i for i, part in enumerate(reversed(time.replace(",", ".").split(":"))))


def _cue(block: str) -> Cue | None:
    times = _TIMES.search(block)
    if not times:
        return None
    body = block[times.end() :].partition("\n")[2]
    voice = _VOICE.search(body)
    text = " ".join(html.unescape(_TAG.sub("", body)).split())
    start, end = seconds(times[1]), seconds(times[2])
    return Cue(text, start, end, voice[1].strip() if voice else "") if text and end >= start else None
