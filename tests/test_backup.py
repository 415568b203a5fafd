"""A back-up holds the whole state, and killing it or a restoration at any moment loses nothing."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import random
import sqlite3
import tarfile
import tracemalloc
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


def test_a_back_up_takes_no_more_memory_than_a_piece_of_its_largest_file(filled: Settings, tmp_path: Path) -> None:
    large = filled.home / "uploads" / "open" / "recording.wav"
    large.parent.mkdir(parents=True)
    with large.open("wb") as file:
        file.truncate(48 << 20)
    tracemalloc.start()
    size = backup.save(filled, tmp_path / "kotonoha.backup")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 48 << 20 and most < 8 << 20


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


def repacked(saved: Path, made: bytes, keep: tuple[str, ...] = ()) -> Path:
    """A back-up with another manifest and these files of a good one."""
    odd = saved.with_name("odd.backup")
    with tarfile.open(saved) as old, tarfile.open(odd, "w") as new:
        entry = tarfile.TarInfo(backup.MANIFEST)
        entry.size = len(made)
        new.addfile(entry, io.BytesIO(made))
        for member in old.getmembers():
            if member.name in keep:
                new.addfile(member, old.extractfile(member))
    return odd


ODD = (
    b"[]", b"null", b"7", b'"x"', b"[" * 100_000, b'{"form": 1}', b'{"form": 1, "sha256": [1]}', b"\xff",
    b'{"form": 1, "sha256": {"catalog.sqlite": 7}}', b'{"form": [1], "sha256": {}}', b'{"form": 1, "sha256": {"k": "0"}}',
)  # fmt: skip


@pytest.mark.parametrize("made", ODD, ids=[repr(one[:30]) for one in ODD])
def test_a_back_up_with_an_odd_manifest_is_one_line_and_leaves_nothing_behind(
    filled: Settings, tmp_path: Path, made: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    backup.save(filled, saved := tmp_path / "kotonoha.backup")
    there = set(tmp_path.iterdir()) | {odd := repacked(saved, made)}
    assert main(["--home", str(tmp_path / "other"), "restore", str(odd)]) == 2
    assert "is no back-up" in capsys.readouterr().err
    assert set(tmp_path.iterdir()) == there


def test_a_back_up_without_its_catalogue_is_refused_and_its_keys_are_not_left_behind(
    filled: Settings, tmp_path: Path
) -> None:
    backup.save(filled, saved := tmp_path / "kotonoha.backup")
    with tarfile.open(saved) as archive:
        file = archive.extractfile(backup.MANIFEST)
        made = json.loads(file.read()) if file else {}
    keys = tuple(name for name in made["sha256"] if name.startswith("keys/"))
    for hashes in ({name: made["sha256"][name] for name in keys}, made["sha256"]):
        odd = repacked(saved, json.dumps({**made, "sha256": hashes}).encode(), keys)
        with pytest.raises((BadInput, MemoryDamaged), match="catalog"):
            backup.restore(replace(filled, home=tmp_path / "other"), odd)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "files", saved.name, odd.name}


def catalogue_in(saved: Path, data: bytes) -> Path:
    """A back-up with another catalogue, and the right hash of it."""
    odd = saved.with_name("odd.backup")
    with tarfile.open(saved) as old, tarfile.open(odd, "w") as new:
        for member in old.getmembers():
            file = old.extractfile(member)
            assert file is not None
            held = data if member.name == backup.CATALOG else file.read()
            if member.name == backup.MANIFEST:
                made = json.loads(held)
                made["sha256"][backup.CATALOG] = hashlib.sha256(data).hexdigest()
                held = json.dumps(made).encode()
            member.size = len(held)
            new.addfile(member, io.BytesIO(held))
    return odd


@pytest.mark.parametrize("kind", ["empty", "text", "another database", "torn"])
def test_a_back_up_whose_catalogue_is_none_is_refused_and_nothing_is_put_in_place(
    filled: Settings, tmp_path: Path, kind: str
) -> None:
    backup.save(filled, saved := tmp_path / "kotonoha.backup")
    with tarfile.open(saved) as archive:
        file = archive.extractfile(backup.CATALOG)
        whole = file.read() if file else b""
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE x (y)")
    other.close()
    torn = whole[: len(whole) // 2] + bytes(4096) + whole[len(whole) // 2 + 4096 :]
    data = {
        "empty": b"",
        "text": b"x" * 5000,
        "another database": (tmp_path / "other.sqlite").read_bytes(),
        "torn": torn,
    }
    before = set(tmp_path.iterdir()) | {tmp_path / "odd.backup"}
    with pytest.raises(MemoryDamaged, match=r"catalogue in .*odd"):
        backup.restore(replace(filled, home=tmp_path / "home-2"), catalogue_in(saved, data[kind]))
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_an_archive_that_unpacks_to_more_than_it_is_is_no_back_up(filled: Settings, tmp_path: Path, how: str) -> None:
    backup.save(filled, saved := tmp_path / "kotonoha.backup")
    packed = tmp_path / "packed.backup"
    with tarfile.open(saved) as old, tarfile.open(packed, f"w:{how}") as new:  # type: ignore[call-overload]
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member))
    with pytest.raises(BadInput, match="is no back-up"):
        backup.restore(replace(filled, home=tmp_path / "other"), packed)
    assert not (tmp_path / "other").exists()


def test_a_file_with_holes_is_no_part_of_a_back_up(filled: Settings, tmp_path: Path) -> None:
    """A hole costs nothing in the archive, and the disk where it is filled."""
    backup.save(filled, saved := tmp_path / "kotonoha.backup")
    odd = tmp_path / "odd.backup"
    with tarfile.open(saved) as old, tarfile.open(odd, "w", format=tarfile.PAX_FORMAT) as new:
        for member in old.getmembers():
            if member.name == backup.CATALOG:
                member.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 26)}
            new.addfile(member, old.extractfile(member))
    with pytest.raises(MemoryDamaged, match="was not saved"):
        backup.restore(replace(filled, home=tmp_path / "other"), odd)


def test_keys_that_lie_elsewhere_behind_a_link_are_saved(filled: Settings, tmp_path: Path) -> None:
    before, saved = state(filled), tmp_path / "kotonoha.backup"
    filled.keys_folder.rename(tmp_path / "disk")
    filled.keys_folder.symlink_to(tmp_path / "disk")
    backup.save(filled, saved)
    backup.restore(other := replace(filled, home=tmp_path / "other"), saved)
    assert state(other) == before


@pytest.mark.parametrize("name", ["keys", "keys/originals.key", "uploads/open"])
def test_a_link_that_cannot_be_followed_is_named_and_nothing_is_saved_without_it(
    filled: Settings, tmp_path: Path, name: str
) -> None:
    link = filled.home / name
    link.parent.mkdir(exist_ok=True)
    if link.exists():
        link.rename(tmp_path / "away")
    link.symlink_to(tmp_path / ("files" if name.startswith("uploads") else "nowhere"))
    with pytest.raises(BadInput, match=f"{name} is a link that cannot be followed"):
        backup.save(filled, tmp_path / "kotonoha.backup")
    assert not (tmp_path / "kotonoha.backup").exists()


def test_a_back_up_into_the_memory_itself_is_refused(filled: Settings, tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(filled.home)
    for target in (filled.home / "in.backup", tmp_path / "again" / "in.backup"):
        with pytest.raises(BadInput, match="would lie in the memory"):
            backup.save(filled, target)
    assert not list(filled.home.glob("*in.backup*"))


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
