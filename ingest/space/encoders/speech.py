"""Hearing: spoken words with their seconds. The only file that knows Whisper and PocketSphinx; it knows no recordings.

Whisper (Radford et al. 2022, arXiv 2212.04356) when its weights are on the machine. They are too large to come with an
installation; meanwhile PocketSphinx (inside its wheel, English only) hears roughly, and says so. Both may invent words
where nothing was said: what is too quiet, too unsure, too fast or repeats itself is not taken for speech.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ingest.base import verdicts, weights
from ingest.base.errors import BadInput, MissingPart
from ingest.base.settings import Settings

from .voice import RATE, Samples

MODELS = ("large-v3-turbo", "large-v3", "large-v2", "medium", "small", "base", "tiny", "small.en", "base.en", "tiny.en")
"""Whisper's checkpoints, in the order in which they are preferred when several are in its cache."""

QUIET = 10 ** (-55 / 20)
"""Root mean square below which nothing is taken for speech (-55 dB of full scale)."""

FASTEST = 7.0
"""Words per second that nobody speaks; invented text is often this dense."""

UNSURE = 0.1
"""Confidence per word below which PocketSphinx has understood nothing."""

RETRIES = (0.0, 0.4, 0.8)
"""Temperatures at which Whisper decodes until it is sure enough."""

PULL = "kotonoha models pull whisper-base"


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word, with the space before it if its language writes one; seconds from the beginning of the samples."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said. `confidence` is the geometric mean of the certainty per word or token, 0 to 1."""

    text: str
    words: tuple[Word, ...]
    confidence: float
    language: str


class Recogniser(Protocol):
    """Turns the samples of one utterance into words."""

    @property
    def name(self) -> str: ...

    @property
    def rough(self) -> bool:
        """Whether its transcripts are to be shown as rough."""

    def hear(self, samples: Samples) -> Heard | None:
        """Words in at most 30 seconds at 16 kHz; None when nothing was said or understood."""


def recogniser(settings: Settings) -> Recogniser:
    """Whisper when a checkpoint is named in the settings or lies in its usual cache, else PocketSphinx.

    Raises:
        MissingPart: the settings name a checkpoint that is not there.
    """
    if settings.whisper:
        return Whisper(Path(settings.whisper).expanduser())
    found = (cache() / f"{name}.pt" for name in MODELS)
    return next((Whisper(file) for file in found if file.is_file()), Sphinx())


class Whisper:
    """A Whisper checkpoint.

    Args:
        file: `<name>.pt`. A published name must have the published sha256; any other is held to `<name>.pt.sha256`
            if that lies beside it. It is read without executing anything in it (weights only).

    Raises:
        MissingPart: the file or the library is not there.
        BadWeights: the file is not the one it claims to be.
    """

    rough = False

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def name(self) -> str:
        return f"whisper {self.file.stem}"

    def hear(self, samples: Samples) -> Heard | None:
        if loudness(samples) < QUIET:
            return None
        found = self._model.transcribe(
            np.ascontiguousarray(samples),
            word_timestamps=True,
            condition_on_previous_text=False,
            temperature=RETRIES,
            fp16=False,
            verbose=None,
        )
        kept = [part for part in found["segments"] if not silent(part) and part["text"].strip()]
        words = tuple(
            Word(w["word"], float(w["start"]), float(w["end"])) for part in kept for w in part.get("words", ())
        )
        text = "".join(part["text"] for part in kept).strip()
        if not text or invented(text, len(samples) / RATE):
            return None
        confidence = float(np.exp(np.mean([part["avg_logprob"] for part in kept])))
        return Heard(text, words, round(confidence, 3), found["language"])

    @cached_property
    def _model(self) -> Any:
        library = _whisper()
        if not self.file.is_file():
            raise MissingPart(f"there is no Whisper checkpoint at {self.file}", PULL)
        expected = published(self.file.stem) or _beside(self.file)
        if expected:
            verdicts.check(self.file, expected, self.name, PULL)
        return library.load_model(str(self.file), device="cpu").eval()


class Sphinx:
    """PocketSphinx with the general English model in its wheel: a rough idea of what was said."""

    name = "pocketsphinx"
    rough = True

    def hear(self, samples: Samples) -> Heard | None:
        if loudness(samples) < QUIET:
            return None
        decoder = self._decoder
        decoder.start_utt()
        decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        spoken = [part for part in decoder.seg() if part.word[0] not in "<["] if decoder.hyp() else []
        words = tuple(
            Word(" " + part.word.split("(")[0], part.start_frame / 100, (part.end_frame + 1) / 100) for part in spoken
        )
        text = "".join(word.text for word in words).strip()
        confidence = decoder.get_prob() ** (1 / len(words)) if words else 0.0
        if confidence < UNSURE or invented(text, len(samples) / RATE):
            return None
        return Heard(text, words, round(confidence, 3), "en")

    @cached_property
    def _decoder(self) -> Any:
        try:
            from pocketsphinx import Decoder  # type: ignore[import-untyped]
        except ImportError as error:
            raise MissingPart(
                "speech cannot be recognised: neither Whisper nor pocketsphinx is installed", "pip install pocketsphinx"
            ) from error
        weights.find("cmu-sphinx")
        return Decoder(loglevel="FATAL")


def pull(name: str) -> Path:
    """Fetches a published Whisper checkpoint into its usual cache and checks its sha256. This uses the network.

    Raises:
        BadInput: there is no such checkpoint.
        MissingPart: it could not be fetched.
    """
    library = _whisper()
    stem = name.removeprefix("whisper-")
    if stem not in MODELS:
        raise BadInput(f"there is no Whisper model '{stem}'", f"one of {', '.join(MODELS)}")
    try:
        return Path(library._download(library._MODELS[stem], str(cache()), in_memory=False))
    except (OSError, RuntimeError) as error:
        hint = f"fetch it elsewhere and put {stem}.pt into {cache()}"
        raise MissingPart(f"Whisper {stem} could not be fetched ({error})", hint) from error


def cache() -> Path:
    """The folder in which Whisper keeps its checkpoints."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"


def published(stem: str) -> str:
    """The sha256 of a published checkpoint, which is part of its address; empty for any other."""
    return str(_whisper()._MODELS.get(stem, "//")).split("/")[-2]


def loudness(samples: Samples) -> float:
    """Root mean square, 0 to 1."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def silent(segment: dict[str, Any]) -> bool:
    """Whether Whisper itself takes a segment for silence, or was so unsure that its words mean nothing."""
    unsure = segment["avg_logprob"] < -1.0
    return bool((unsure and segment["no_speech_prob"] > 0.6) or segment["avg_logprob"] < -2.0)


def invented(text: str, seconds: float) -> bool:
    """Whether words look like what a recogniser makes up: too many for the time, or the same again and again."""
    return len(text.split()) / max(seconds, 0.1) > FASTEST or repetitive(text)


def repetitive(text: str) -> bool:
    """Compresses to less than 1 / 2.4 of its size (Whisper's own measure), or hardly any word is new."""
    data = text.encode()
    words = text.lower().split()
    return len(data) / len(zlib.compress(data)) > 2.4 or (len(words) >= 6 and len(set(words)) <= len(words) / 3)


def _beside(file: Path) -> str:
    """The sha256 in a file beside a checkpoint, in the form `sha256sum` writes; empty when there is none."""
    note = file.with_name(f"{file.name}.sha256")
    return note.read_text("utf-8").split()[0].lower() if note.is_file() else ""


def _whisper() -> Any:
    try:
        import whisper  # type: ignore[import-untyped]
    except ImportError as error:
        hint = "pip install tiktoken numba && pip install --no-deps openai-whisper"
        raise MissingPart(f"Whisper cannot be used: {error.name} is not installed", hint) from error
    return whisper
