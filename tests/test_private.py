"""The state folder is its owner's alone, whatever was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.app import build, doctor
from assistant.cli import main
from ingest.base import private
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace


def test_a_folder_that_was_there_before_is_made_private_with_all_that_is_made_in_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    settings = Settings(home=home)
    with Memory(settings, WordSpace()) as memory:
        build.note(settings, memory.catalog, "ingest", {})
        build.personal(settings, memory.catalog)
        assert home.stat().st_mode & 0o777 == 0o700
        for path in (settings.catalog_file, settings.vectors_folder, settings.keys_folder, home / "audit.head"):
            assert not path.stat().st_mode & 0o077, path


def test_a_folder_of_other_things_is_not_made_private_under_their_feet(tmp_path: Path) -> None:
    home = tmp_path / "shared"
    home.mkdir()
    (home / "theirs.txt").write_text("x")
    home.chmod(0o755)
    with pytest.raises(BadInput, match="holds other files"):
        private.state(home)
    assert home.stat().st_mode & 0o777 == 0o755


def test_what_others_may_read_is_told_by_doctor_and_mended_by_one_command(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    build.note(settings, build.catalog(settings), "ingest", {})
    settings.home.chmod(0o755)
    (settings.home / "audit.head").chmod(0o644)
    failed = [check for check in doctor._folder(settings) if not check.ok]
    assert [check.name for check in failed] == ["state folder"] and "--repair" in failed[0].finding
    assert private.tighten(settings.home) == 2
    assert all(check.ok for check in doctor._folder(settings) if check.name != "disk")


def test_a_command_makes_private_files_whatever_the_shell_says(tmp_path: Path) -> None:
    import os

    before = os.umask(0o000)
    try:
        assert main(["--home", str(tmp_path / "home"), "audit", "export"]) == 0
    finally:
        os.umask(before)
    assert list(private.open_to_others(tmp_path / "home")) == []
