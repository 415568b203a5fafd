"""A key that is gone is told with its repair, and none is made beside what the old one sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.app import build, doctor, serving
from assistant.cli import main
from assistant.serve.talks import Talks
from ingest import pipeline
from ingest.base.errors import MemoryDamaged
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.privacy import keys
from ingest.privacy.vault import Vault
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A memory with a conversation and with the originals of a telephone number."""
    settings = Settings(home=tmp_path / "home")
    (tmp_path / "a.txt").write_text("call 090-1234-5678")
    with Memory(settings, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [tmp_path / "a.txt"], lambda path: "open")
        assert {report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))} == {"added"}
        talks(settings).begin("owner", "How often?")
    return settings


def talks(settings: Settings) -> Talks:
    return Talks(build.catalog(settings), Vault(keys.of(settings), "talks.key"))


def failed(settings: Settings) -> list[str]:
    return [check.finding for check in doctor._keys(settings) if not check.ok]


def test_every_lost_key_with_which_something_is_sealed_is_told_with_its_repair(settings: Settings) -> None:
    assert failed(settings) == []
    for name in ("originals.key", "placeholders.key", "talks.key"):
        file = settings.keys_folder / name
        kept = file.read_text()
        file.unlink()
        (told,) = failed(settings)
        assert name in told and "put it back from a back-up" in told and not file.exists()
        file.write_text(kept)
        file.chmod(0o600)
    assert failed(settings) == []


def test_another_key_in_the_place_of_one_is_told(settings: Settings) -> None:
    for name in ("originals.key", "talks.key"):
        (settings.keys_folder / name).unlink()
        Vault(keys.of(settings), name)
    assert len(failed(settings)) == 2 and all("do not open with" in told for told in failed(settings))


def test_a_server_makes_no_new_key_beside_old_conversations(settings: Settings) -> None:
    (settings.keys_folder / "talks.key").unlink()
    with pytest.raises(MemoryDamaged, match="--let-go"):
        serving.serve(settings, "127.0.0.1", 0)
    assert not (settings.keys_folder / "talks.key").exists()


def test_what_only_a_lost_key_could_open_is_let_go_by_one_command_and_recorded(settings: Settings) -> None:
    home = str(settings.home)
    assert main(["--home", home, "doctor", "--let-go", "talks.key"]) == 2, "it is there"
    (settings.keys_folder / "talks.key").unlink()
    assert main(["--home", home, "doctor", "--let-go", "originals.key"]) == 2
    build.let_go(settings, "talks.key")
    assert failed(settings) == [] and talks(settings).of("owner") == []
    row = build.catalog(settings).connection.execute("SELECT event FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    assert "1 conversations and remarks" in row["event"]
