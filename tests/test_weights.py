"""No model is loaded whose bytes are not those it is known by, and whoever misses one is told the command."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from ingest.base import verdicts, weights
from ingest.base.errors import BadInput, BadWeights, MissingPart
from ingest.base.weights import File, Model

BYTES = random.Random(0).randbytes(5_000)
TINY = Model(
    "tiny", "Tiny", "nothing", "MIT", "nowhere", (File("tiny.bin", hashlib.sha256(BYTES).hexdigest(), len(BYTES)),)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOTONOHA_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def file(folder: Path) -> Path:
    path = folder / "tiny" / "tiny.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(BYTES)
    return path


@pytest.mark.parametrize(
    "model", [m for m in weights.models().values() if m.package or m.default], ids=lambda m: m.name
)
def test_every_default_model_is_here_and_is_the_one_it_claims_to_be(model: Model) -> None:
    assert weights.fault(model) == ""


@pytest.mark.parametrize("model", weights.models().values(), ids=lambda m: m.name)
def test_the_parts_of_a_model_make_up_the_whole(model: Model) -> None:
    for file in model.files:
        assert len(file.sha256) == 64
        assert file.size == sum(part.size for part in file.parts)
        assert all("==" in part.package for part in file.parts)


def test_a_missing_model_names_the_command_that_brings_it(folder: Path) -> None:
    with pytest.raises(MissingPart, match="kotonoha models pull multilingual-e5-small"):
        weights.find("multilingual-e5-small")
    with pytest.raises(BadInput, match="kotonoha models list"):
        weights.find("multilingual-e6-huge")


def test_a_model_cut_off_anywhere_is_never_loaded(file: Path) -> None:
    assert weights.checked(TINY, TINY.file()) == file
    for length in random.Random(1).sample(range(len(BYTES)), 50):
        file.write_bytes(BYTES[:length])
        with pytest.raises(BadWeights, match=r"is not Tiny: sha256 .* \(kotonoha models pull tiny\)") as caught:
            weights.checked(TINY, TINY.file())
        assert "\n" not in str(caught.value)


def test_one_bit_is_enough_even_when_size_and_time_are_put_back(file: Path) -> None:
    weights.checked(TINY, TINY.file())
    before = file.stat()
    file.write_bytes(bytes([BYTES[0] ^ 1]) + BYTES[1:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(BadWeights, match="is not Tiny"):
        weights.checked(TINY, TINY.file())


def test_another_version_in_its_place_is_refused(file: Path) -> None:
    weights.checked(TINY, TINY.file())
    older = file.with_name("older")
    older.write_bytes(BYTES[::-1])
    older.replace(file)
    with pytest.raises(BadWeights, match="is not Tiny"):
        weights.checked(TINY, TINY.file())


def test_a_file_is_hashed_again_only_when_it_may_have_changed(file: Path) -> None:
    good = verdicts.digest(file)
    kept = (file.parents[1] / verdicts.SEEN).read_text("utf-8")
    assert good in kept
    (file.parents[1] / verdicts.SEEN).write_text(kept.replace(good, "remembered"), "utf-8")
    assert verdicts.digest(file) == "remembered"
    assert verdicts.digest(file, again=True) == good
    (file.parents[1] / verdicts.SEEN).write_text("{half", "utf-8")
    assert verdicts.digest(file) == good


def test_a_file_of_the_users_is_said_the_first_time_and_refused_once_it_changes(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert weights.language_model(str(file), "") == file
    assert hashlib.sha256(BYTES).hexdigest() in caplog.text
    caplog.clear()
    assert weights.language_model(str(file), "") == file
    assert caplog.text == ""
    file.write_bytes(b"other")
    with pytest.raises(BadWeights, match="has changed since it was first used"):
        weights.language_model(str(file), "")
    verdicts.trust(file)
    assert weights.language_model(str(file), "") == file
    with pytest.raises(MissingPart, match="there is no model file"):
        weights.language_model(str(file) + "x", "")


def test_what_was_chosen_wins_over_the_default_and_a_setting_over_both(file: Path) -> None:
    assert weights.chosen(weights.LANGUAGE_MODEL) == ""
    weights.choose(weights.LANGUAGE_MODEL, str(file))
    assert weights.language_model("", "qwen2.5-coder-1.5b") == file
    with pytest.raises(MissingPart, match=r"models pull qwen2\.5-coder-0\.5b"):
        weights.language_model("qwen2.5-coder-0.5b", "")
    (file.parents[1] / weights.CHOICES).write_text("[]", "utf-8")
    with pytest.raises(BadWeights, match="kotonoha models use"):
        weights.chosen(weights.LANGUAGE_MODEL)
