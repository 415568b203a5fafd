"""Words are heard by Whisper when it is there, roughly by PocketSphinx when not, and never where nothing was said."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from ingest.base.errors import BadInput, BadWeights, MissingPart
from ingest.base.settings import Settings
from ingest.space.encoders import speech
from ingest.space.encoders.speech import Sphinx, Whisper, invented, pull, recogniser, repetitive, silent
from ingest.space.encoders.voice import RATE, Samples

from .conftest import FIRM

whisper = pytest.importorskip("whisper")

SAID = " Pump one is leaking"


def noise(seconds: float, size: float = 0.1) -> Samples:
    return (size * np.random.default_rng(1).standard_normal(int(seconds * RATE))).astype(np.float32)


def checkpoint(folder: Path, *, steps: int) -> Path:
    """A real Whisper of tiny dimensions that has learnt to say one sentence, saved as the published ones are."""
    import torch

    torch.manual_seed(0)
    dims = whisper.model.ModelDimensions(80, 1500, 32, 2, 1, 51865, 448, 32, 2, 2)
    model = whisper.model.Whisper(dims)
    torch.nn.init.normal_(model.decoder.positional_embedding, std=0.02)
    tokenizer = whisper.tokenizer.get_tokenizer(True, language="en", task="transcribe")
    begin = tokenizer.timestamp_begin
    ids = [*tokenizer.sot_sequence, begin, *tokenizer.encode(SAID), begin + 100, tokenizer.eot]
    tokens = torch.tensor([ids])
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(noise(2)), 80)[None]
    with torch.no_grad():
        heard = model.encoder(mel)
    optimiser = torch.optim.Adam(model.decoder.parameters(), lr=0.01)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model.decoder(tokens[:, :-1], heard)[0], tokens[0, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    file = folder / "pump.pt"
    torch.save({"dims": vars(dims), "model_state_dict": model.state_dict()}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "pump.pt.sha256").write_text(f"{digest}  pump.pt\n")
    return file


@pytest.mark.slow
def test_a_whisper_checkpoint_is_loaded_and_decoded_with_word_times(tmp_path: Path) -> None:
    """A real model through the real loading, decoding and alignment code."""
    heard = Whisper(checkpoint(tmp_path, steps=40)).hear(noise(2))
    assert heard is not None
    assert heard.text == SAID.strip()
    assert heard.language == "en"
    assert heard.confidence > 0.5
    assert [word.text.strip() for word in heard.words] == SAID.split()
    edges = [edge for word in heard.words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] <= edges[-1] <= 2.1


@pytest.mark.parametrize(
    ("sure", "speechless", "expected"), [(-0.3, 0.9, False), (-1.2, 0.9, True), (-1.2, 0.1, False), (-2.5, 0.1, True)]
)
def test_what_an_unsure_whisper_makes_up_is_not_taken_for_speech(
    sure: float, speechless: float, expected: bool
) -> None:
    """Unsure of its words and hearing no speech, or so unsure that the words mean nothing."""
    assert silent({"avg_logprob": sure, "no_speech_prob": speechless}) is expected


def test_a_changed_checkpoint_is_refused(tmp_path: Path) -> None:
    """One byte more than its sha256 says, and a published name over other bytes."""
    file = checkpoint(tmp_path, steps=0)
    with file.open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(BadWeights, match=r"pump\.pt is not whisper pump"):
        Whisper(file).hear(noise(1))
    with pytest.raises(BadWeights):
        Whisper(file.rename(tmp_path / "base.pt")).hear(noise(1))


def test_whisper_is_taken_when_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the settings, then from its usual cache, best first; else PocketSphinx."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert isinstance(recogniser(Settings(home=tmp_path)), Sphinx)
    (tmp_path / "whisper").mkdir()
    for name in ("tiny", "small"):
        (tmp_path / "whisper" / f"{name}.pt").touch()
    assert recogniser(Settings(home=tmp_path)).name == "whisper small"
    assert recogniser(Settings(home=tmp_path, whisper="mine.pt")).name == "whisper mine"


def test_a_missing_checkpoint_names_the_command_that_gets_one(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="kotonoha models pull whisper-base"):
        Whisper(tmp_path / "none.pt").hear(noise(1))


def test_only_published_models_are_pulled() -> None:
    with pytest.raises(BadInput, match="one of large-v3-turbo"):
        pull("whisper-enormous")


def test_pulling_without_a_network_says_where_to_put_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that refuses stands in for a machine without a network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(MissingPart, match=r"put tiny\.pt into"):
        pull("whisper-tiny")


@pytest.mark.parametrize("make", [Sphinx, lambda: Whisper(Path("unused.pt"))])
def test_silence_is_not_listened_to(make: type[Sphinx]) -> None:
    """No model is even loaded."""
    assert make().hear(np.zeros(RATE, np.float32)) is None
    assert make().hear(noise(1, 0.0001)) is None


def test_pocketsphinx_hears_clear_speech_roughly() -> None:
    """Most words of a sentence of the sample firm, with times and a confidence."""
    from ingest.readers.audio import cuts

    recording = FIRM / "operations" / "sound" / "voice-memo-pump-room.flac"
    ((_, samples),) = cuts(recording, [(0.4, 2.8)])
    heard = Sphinx().hear(samples)
    assert heard is not None
    assert len(set(heard.text.split()) & {"this", "is", "a", "message", "from", "the", "pump", "room"}) >= 6
    assert heard.confidence > 0.3
    assert all(0 <= word.start < word.end <= 2.5 for word in heard.words)


def test_pocketsphinx_does_not_take_noise_for_words() -> None:
    assert Sphinx().hear(noise(2)) is None


def test_invented_text_is_recognised() -> None:
    """Too dense for the time, or the same again and again."""
    assert invented("thank you for watching please like and subscribe to my channel", 0.5)
    assert repetitive("so so so so so so so so")
    assert repetitive("we will be right back. " * 10)
    assert not invented("the spindle temperature went up to sixty six degrees", 3.5)


def test_the_published_sha256_is_part_of_the_address() -> None:
    assert speech.published("base").startswith("ed3a0b6b")
    assert speech.published("mine") == ""
