"""Hearing: spoken words with their seconds. The only file that knows Whisper.

Whisper (Radford et al. 2022, arXiv 2212.04356) run by CTranslate2 in 8 bits (faster-whisper), which finds the language of
each recording. It hears in the firm's own words when it is given some. It may invent words where nothing was said: what is
too quiet, too unsure, too fast or repeats itself is not taken for speech.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...base import weights
from ...base.errors import MissingPart
from ...base.settings import Settings
from .voice import RATE, Samples

MODEL = "whisper-base"

QUIET = 10 ** (-55 / 20)
"""Root mean square below which nothing is taken for speech (-55 dB of full scale)."""

FASTEST = 7.0
"""Words per second that nobody speaks; invented text is often this dense."""

PER_WORD = 2.5
"""Characters of a script without spaces that take about as long as an English word."""

UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")

RETRIES = (0.0, 0.4, 0.8)
"""Temperatures at which Whisper decodes until it is sure enough."""

OWN_WORDS = 300
"""Characters of the firm's own words that it is given; it looks back at no more than 223 tokens."""

AT_ONCE = 3
"""Words that take no time, from which on an own word was repeated and not said."""


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word, with the space before it if its language writes one; seconds from the beginning of the samples."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said. `confidence` is the geometric mean of the certainty per token, 0 to 1."""

    text: str
    words: tuple[Word, ...]
    confidence: float
    language: str


class Recogniser(Protocol):
    """Turns the samples of one utterance into words."""

    @property
    def name(self) -> str: ...

    def hear(self, samples: Samples, own_words: Sequence[str] = ()) -> Heard | None:
        """Words in at most 30 seconds at 16 kHz; None when nothing was said or understood.

        Args:
            own_words: names and terms that may be spoken of, the likeliest first.
        """


def recogniser(settings: Settings) -> Recogniser:
    """The Whisper that the settings name, else the default."""
    return Whisper(Path(settings.whisper).expanduser() if settings.whisper else None, settings.threads)


class Whisper:
    """A Whisper model in the form of CTranslate2.

    Args:
        folder: holds `model.bin`, `config.json` and what goes with them; None is the default model. Each file of a folder
            is known by its bytes from its first use on.

    Raises:
        MissingPart: the files or the library are not there.
        BadWeights: a file is not the one it claims to be.
    """

    def __init__(self, folder: Path | None = None, threads: int = 0) -> None:
        self.folder, self.threads = folder, threads

    @property
    def name(self) -> str:
        return f"whisper {self.folder.name}" if self.folder else "whisper base"

    def hear(self, samples: Samples, own_words: Sequence[str] = ()) -> Heard | None:
        """See `Recogniser.hear`. What Whisper makes of own words that were not said is dropped, and heard without them."""
        if loudness(samples) < QUIET:
            return None
        sound = np.ascontiguousarray(samples)
        language, _, _ = self._model.detect_language(sound)
        primed = hint(own_words, language)
        heard = self._heard(sound, language, sure, initial_prompt=primed, temperature=0.0) if primed else None
        return heard or self._heard(sound, language, spoken, temperature=RETRIES)

    def _heard(self, sound: Samples, language: str, kept_if: Callable[[Any], bool], **options: Any) -> Heard | None:
        segments, _ = self._model.transcribe(
            sound, language=language, word_timestamps=True, condition_on_previous_text=False, **options
        )
        found = list(segments)
        kept = [part for part in found if kept_if(part) and part.text.strip()]
        if kept_if is sure and len(kept) < len(found):
            return None
        text = "".join(part.text for part in kept).strip()
        if not text or invented(text, len(sound) / RATE):
            return None
        words = tuple(Word(one.word, float(one.start), float(one.end)) for part in kept for one in part.words or ())
        if kept_if is sure and sum(one.end <= one.start for one in words) >= AT_ONCE:
            return None
        confidence = float(np.exp(np.mean([part.avg_logprob for part in kept])))
        return Heard(text, words, round(confidence, 3), language)

    @cached_property
    def _model(self) -> Any:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingPart(
                f"speech cannot be heard: {error.name} is not installed", "pip install faster-whisper"
            ) from error
        folder = self._checked()
        return WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=self.threads, local_files_only=True
        )

    def _checked(self) -> Path:
        """The folder, after every file in it has been."""
        if self.folder is None:
            return {weights.find(MODEL, file.name).parent for file in weights.known(MODEL).files}.pop()
        if not (self.folder / "model.bin").is_file():
            raise MissingPart(
                f"there is no Whisper model for CTranslate2 in {self.folder}", f"kotonoha models pull {MODEL}"
            )
        for file in sorted(path for path in self.folder.iterdir() if path.is_file()):
            weights.named(file)
        return self.folder


def hint(own_words: Sequence[str], language: str) -> str:
    """As many of the firm's own words as Whisper is given, each once: those that a speaker of the language may say."""
    said = (" ".join(word.split()) for word in own_words if language == "ja" or not UNSPACED.search(word))
    kept: list[str] = []
    for word in dict.fromkeys(said):
        if sum(map(len, kept)) + 2 * len(kept) + len(word) > OWN_WORDS:
            break
        kept.append(word)
    between, end = ("、", "。") if language == "ja" else (", ", ".")
    return between.join(kept) + end if kept else ""


def loudness(samples: Samples) -> float:
    """Root mean square, 0 to 1."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def spoken(segment: Any) -> bool:
    """Not what Whisper itself takes for silence, nor what it was so unsure of that its words mean nothing."""
    unsure = segment.avg_logprob < -1.0
    return bool(segment.avg_logprob >= -2.0 and not (unsure and segment.no_speech_prob > 0.6))


def sure(segment: Any) -> bool:
    """Surely said: words that it was given come to Whisper's mind where nobody speaks, too."""
    return bool(segment.avg_logprob > -0.5 and segment.no_speech_prob < 0.5 and not repetitive(segment.text))


def invented(text: str, seconds: float) -> bool:
    """Whether words look like what a recogniser makes up: too many for the time, or the same again and again."""
    spaced = UNSPACED.sub(" ", text).split()
    words = len(spaced) + len(UNSPACED.findall(text)) / PER_WORD
    return words / max(seconds, 0.1) > FASTEST or repetitive(text)


def repetitive(text: str) -> bool:
    """Compresses to less than 1 / 2.4 of its size (Whisper's own measure), or hardly any word is new."""
    data = text.encode()
    words = text.lower().split()
    return len(data) / len(zlib.compress(data)) > 2.4 or (len(words) >= 6 and len(set(words)) <= len(words) / 3)
