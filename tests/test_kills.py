"""Killing whatever writes: what was acknowledged and is gone is found, and a memory that was killed is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.evaluate import kills, writers
from ingest.base.errors import MemoryDamaged
from ingest.base.settings import Settings
from ingest.memory.beside import write

from .tiny_gguf import write_model


def test_what_was_acknowledged_and_is_gone_is_found(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    said = ["person endo", "policy 1", "row 3", "talk a", "upload note-1.md", "source /a.md"]
    (tmp_path / "told.jsonl").write_text("".join(json.dumps(one) + "\n" for one in said))
    assert sorted(kills._lost(settings, tmp_path)) == sorted(said)
    (settings.home / "uploads" / "open").mkdir(parents=True)
    (settings.home / "uploads" / "open" / "note-1.md").touch()
    assert "upload note-1.md" not in set(kills._lost(settings, tmp_path))


def test_a_model_that_lost_what_had_come_is_found_and_one_that_is_not_whole(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    place = tmp_path / "models" / "killed" / "killed.bin"
    assert list(writers.missing(settings, "pull", [writers.READY, "pulled 0"])) == []
    assert list(writers.missing(settings, "pull", [f"pulled {writers.PIECE}"])) == [
        f"{writers.PIECE} bytes had been pulled"
    ]
    write(place.with_name("killed.bin.partial"), bytes(writers.PIECE))
    assert list(writers.missing(settings, "pull", [f"pulled {writers.PIECE}"])) == []
    write(place, b"half")
    assert list(writers.missing(settings, "pull", [])) == []
    assert list(writers.missing(settings, "pull", ["pulled 0"])) == ["a model that is not whole has its name"]


def test_what_was_read_ahead_and_is_gone_is_found(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    write(settings.home / "kept" / "a" / "b" / "c", b"kept")
    write(settings.home / "kept" / "a" / "b" / ".d.99", b"half")
    assert list(writers.missing(settings, "ahead", ["kept 1"])) == []
    assert list(writers.missing(settings, "ahead", ["kept 2"])) == ["kept 2, 1 there"]


@pytest.mark.slow
def test_everything_that_writes_is_killed_and_the_memory_is_whole(tmp_path: Path) -> None:
    """Stopped after the first acts and gone on with."""
    settings = Settings(home=tmp_path / "unused", llm=str(write_model(tmp_path / "tiny.gguf", "qwen2", context=4096)))
    kills.run(settings, tmp_path / "kills", 4)
    outcome = kills.run(settings, tmp_path / "kills", 2 * len(writers.ACTS))
    assert outcome.kills == dict.fromkeys(writers.ACTS, 2)
    assert (outcome.findings, outcome.lost) == ((), ())
    assert not (tmp_path / "unused").exists()


@pytest.mark.slow
def test_an_act_that_cannot_be_done_is_told(tmp_path: Path) -> None:
    def broken(settings: Settings, number: int, told: writers.Told) -> None:
        raise ValueError("no")

    with pytest.raises(MemoryDamaged, match="'broken' cannot be done any more"):
        kills.run(Settings(home=tmp_path), tmp_path, 1000, {"broken": broken})  # a few are killed before they say it
    assert "ValueError: no" in (tmp_path / "said.txt").read_text()
