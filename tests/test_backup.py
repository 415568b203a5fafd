"""A back-up holds the whole state, and killing it or a restoration at any moment loses nothing."""

from __future__ import annotations

import json
import multiprocessing
import random
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.app import backup, build
from assistant.cli import main
from ingest import pipeline
from ingest.base.errors import BadInput, MemoryDamaged
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace


@pytest.fixture
def filled(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home")
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"part {number}\n\ncall 090-1234-56{number:02}")
    build.note(settings, build.catalog(settings), "ingest", {})
    with Memory(settings, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [folder], lambda path: "open")
        assert {report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))} == {"added"}
    return settings


def state(settings: Settings) -> tuple[object, ...]:
    """What a memory holds: rows, originals that open, an audit that verifies, vectors."""
    with Memory(settings, WordSpace()) as memory:
        rows = [
            tuple(row) for row in memory.catalog.connection.execute("SELECT id, scope, text FROM entity ORDER BY id")
        ]
        reader = build.viewer(memory.catalog)
        originals = build.personal(settings, memory.catalog).originals([row[0] for row in rows], reader)
        assert build.audit(settings, memory.catalog).verify() == []
        assert memory.impaired == ""
        return rows, sorted(originals.items()), sorted(memory.vector_ids("open"))


def test_what_was_saved_is_put_back_while_the_memory_is_in_use(filled: Settings, tmp_path: Path) -> None:
    before, saved = state(filled), tmp_path / "kotonoha.backup"
    with Memory(filled, WordSpace()):
        assert backup.save(filled, saved) > 0
    assert saved.stat().st_mode & 0o777 == 0o600
    other = replace(filled, home=tmp_path / "other")
    backup.restore(other, saved)
    assert state(other) == before
    for again in (lambda: backup.save(filled, saved), lambda: backup.restore(other, saved)):
        with pytest.raises(BadInput):
            again()


def test_what_was_changed_or_cut_is_not_put_back(filled: Settings, tmp_path: Path) -> None:
    saved = tmp_path / "kotonoha.backup"
    backup.save(filled, saved)
    whole = saved.read_bytes()
    with tarfile.open(saved) as archive:
        members = archive.getmembers()
    pick = random.Random(1)
    for number in range(20):
        broken = bytearray(whole)
        if number % 2:
            del broken[pick.randrange(1, len(whole) - 11_000) :]
        else:
            member = pick.choice(members)
            broken[member.offset_data + pick.randrange(member.size)] ^= 1
        saved.write_bytes(broken)
        home = tmp_path / f"home-{number}"
        with pytest.raises((BadInput, MemoryDamaged)):
            backup.restore(replace(filled, home=home), saved)
        assert not home.exists()


def test_a_member_that_leads_elsewhere_is_refused(filled: Settings, tmp_path: Path) -> None:
    saved, evil = tmp_path / "kotonoha.backup", tmp_path / "evil.backup"
    backup.save(filled, saved)
    with tarfile.open(saved) as old, tarfile.open(evil, "w") as new:
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member))
            if member.name == backup.MANIFEST:
                link = tarfile.TarInfo("../../escaped")
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                new.addfile(link)
    with pytest.raises(MemoryDamaged, match="was not saved"):
        backup.restore(replace(filled, home=tmp_path / "other"), evil)
    assert not (tmp_path / "escaped").exists()


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_or_the_new(filled: Settings, tmp_path: Path) -> None:
    context, pick = multiprocessing.get_context("forkserver"), random.Random(3)
    context.set_forkserver_preload(["assistant.app.backup"])
    saved, home = tmp_path / "kotonoha.backup", tmp_path / "other"
    for act, given, made in ((backup.save, filled, saved), (backup.restore, replace(filled, home=home), home)):
        whole = 0
        for _ in range(20):
            process = context.Process(target=act, args=(given, saved))
            process.start()
            process.join(pick.uniform(0, 0.3))
            process.kill()
            process.join()
            if made.exists():
                whole += 1
                if act is backup.save:
                    check = replace(filled, home=tmp_path / f"check-{whole}")
                    backup.restore(check, saved)
                    made.unlink()
                else:
                    state(given)
                    break
        if not made.exists():
            act(given, saved)
    assert state(replace(filled, home=home)) == state(filled)


def test_the_commands_save_and_put_back_and_say_so_in_the_audit(filled: Settings, tmp_path: Path) -> None:
    other, saved = tmp_path / "other", tmp_path / "kotonoha.backup"
    assert main(["--home", str(filled.home), "backup", str(saved)]) == 0
    assert main(["--home", str(other), "restore", str(saved)]) == 0
    assert state(replace(filled, home=other)) == state(filled)
    rows = build.catalog(replace(filled, home=other)).connection.execute("SELECT event FROM audit ORDER BY number")
    assert [json.loads(row["event"])["action"] for row in rows][-2:] == ["backup", "restore"]
