"""Words are heard by Whisper, in the language of the recording and the firm's own words, and never where nothing was said."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from assistant.evaluate.perception import distance, units
from ingest.base import weights
from ingest.base.errors import BadWeights, MissingPart
from ingest.base.settings import Settings
from ingest.readers.audio import blocks, cuts
from ingest.space.encoders.speech import MODEL, OWN_WORDS, Whisper, hint, invented, recogniser, repetitive, spoken, sure
from ingest.space.encoders.voice import FRAME, RATE, Samples

from .conftest import FIRM

SOUND = FIRM / "operations" / "sound"


def noise(seconds: float, size: float = 0.1) -> Samples:
    return (size * np.random.default_rng(1).standard_normal(int(seconds * RATE))).astype(np.float32)


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper(threads=1)


def wrong(expected: str, said: str, unit: str) -> float:
    plain = ["".join(c for c in text if c.isalnum() or c.isspace()) for text in (expected, said)]
    left, right = (units(text, unit) for text in plain)
    return distance(left, right) / len(left)


def test_a_sentence_is_heard_with_the_times_of_its_words(whisper: Whisper) -> None:
    ((_, samples),) = cuts(SOUND / "voice-memo-pump-room.flac", [(0.4, 2.8)])
    heard = whisper.hear(samples)
    assert heard is not None
    assert heard.language == "en"
    assert wrong("this is a message from the pump room", heard.text, "words") <= 0.13
    assert heard.confidence > 0.5
    edges = [edge for word in heard.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] <= edges[-1] <= 2.5


@pytest.mark.public
def test_japanese_is_never_heard_worse_in_the_firms_own_words(whisper: Whisper, shared: Path) -> None:
    """Synthetic speech about an inspection: homophones slip, until Whisper knows what the firm speaks of. On a processor
    without wide instructions it repeats one of the words instead, and what it then hears is not taken."""
    said = "三号機の点検が終わりました。ベルトに小さな亀裂があったため、予備品と交換しました。次の点検は九月です。"
    samples = np.concatenate(list(blocks(shared / "audio" / "ja" / "kensa.wav", FRAME)))
    plain, primed = whisper.hear(samples), whisper.hear(samples, ["三号機", "点検", "ベルト", "亀裂", "予備品"])
    assert plain is not None
    assert primed is not None
    assert plain.language == primed.language == "ja"
    better = wrong(said, primed.text, "characters") < wrong(said, plain.text, "characters")
    assert primed == plain or (better and primed.text.count("点検") == 2)


def test_it_is_given_so_many_own_words_as_fit_and_those_of_the_language_alone() -> None:
    assert hint(["AX-200", " 点検 ", "点検", "spindle  oil"], "ja") == "AX-200、点検、spindle oil。"
    assert hint(["AX-200", "点検", "spindle oil"], "en") == "AX-200, spindle oil."
    assert len(hint([f"term {n}" for n in range(1000)], "en")) <= OWN_WORDS + 1
    assert hint([], "en") == ""


@pytest.mark.parametrize(
    ("certain", "speechless", "expected"),
    [(-0.3, 0.9, True), (-1.2, 0.9, False), (-1.2, 0.1, True), (-2.5, 0.1, False)],
)
def test_what_an_unsure_whisper_makes_up_is_not_taken_for_speech(
    certain: float, speechless: float, expected: bool
) -> None:
    """Unsure of its words and hearing no speech, or so unsure that the words mean nothing."""
    segment = SimpleNamespace(avg_logprob=certain, no_speech_prob=speechless, text="so it is said")
    assert spoken(segment) is expected
    assert sure(segment) is (certain == -0.3 and speechless < 0.5)


@pytest.mark.parametrize("own_words", [(), ("spindle", "coolant", "AX-200")])
def test_silence_and_noise_are_not_taken_for_words(whisper: Whisper, own_words: Sequence[str]) -> None:
    assert whisper.hear(np.zeros(RATE, np.float32), own_words) is None
    assert whisper.hear(noise(1, 0.0001), own_words) is None
    assert whisper.hear(noise(2), own_words) is None


def test_a_model_of_the_users_is_known_by_its_bytes(tmp_path: Path) -> None:
    """Loaded from the folder that is named; refused once any file of it has changed, its tokenizer too."""
    mine = tmp_path / "mine"
    shutil.copytree(weights.find(MODEL).parent, mine)
    made = recogniser(Settings(home=tmp_path, whisper=str(mine)))
    assert made.name == "whisper mine"
    assert made.hear(noise(0.5)) is None
    (mine / "vocabulary.txt").write_text("other", "utf-8")
    with pytest.raises(BadWeights, match="has changed since it was first used"):
        Whisper(mine).hear(noise(0.5))
    with pytest.raises(MissingPart, match="kotonoha models pull whisper-base"):
        Whisper(tmp_path).hear(noise(0.5))


def test_a_missing_model_names_the_command_that_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOTONOHA_MODELS", str(tmp_path))
    with pytest.raises(MissingPart, match="kotonoha models pull whisper-base"):
        Whisper().hear(noise(1))


def test_invented_text_is_recognised() -> None:
    """Too dense for the time, or the same again and again."""
    assert invented("thank you for watching please like and subscribe to my channel", 0.5)
    assert invented("ご視聴ありがとうございました。チャンネル登録をお願いします。", 1.0)
    assert repetitive("so so so so so so so so")
    assert repetitive("we will be right back. " * 10)
    assert not invented("the spindle temperature went up to sixty six degrees", 3.5)
    assert not invented("三号機の点検が終わりました。ベルトに小さな亀裂があったため、予備品と交換しました。", 6.0)
