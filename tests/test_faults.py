"""What can break: a full disk, a folder that cannot be written, lost keys, vectors that are broken or missing.

Each is one line that names its repair, with an exit status and without a traceback, and what was there is there again.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answer.answer import Assistant
from assistant.answer.outcome import Answer
from assistant.app import doctor
from assistant.evaluate.probes import any_kind
from assistant.search.retrieve import Retriever
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import KotonohaError, MemoryFault, MemoryHeld, told
from ingest.base.settings import Settings
from ingest.memory.memory import Memory, rebuild
from ingest.privacy.personal import Personal
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace
from tests.contained import Step, contained
from tests.scripted import Scripted

WORDS = ("full", "cannot be written", "cannot be used", "Read-only", "disk I/O")
READER = Viewer("somebody", frozenset({"open"}))
PARAGRAPHS = 40


@pytest.fixture
def filled(tmp_path: Path) -> Settings:
    """A memory of one file that keeps telephone numbers under seal."""
    settings, file = Settings(home=tmp_path / "home"), tmp_path / "a.txt"
    file.write_text(
        "\n\n".join(f"the spindle of machine {n} is greased, call 090-1234-56{n:02}" for n in range(PARAGRAPHS))
    )
    with Memory(settings, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [file], lambda path: "open")
        assert [one.status for one in pipeline.run(memory, Direct([ParagraphReader()]))] == ["added"]
    return settings


def garbage(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"no database at all " * 500)


def cut(folder: Path) -> None:
    file = folder / "chroma.sqlite3"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])


def some_lost(folder: Path) -> None:
    """As when a back-up by other means is older than the catalogue."""
    with sqlite3.connect(folder / "chroma.sqlite3") as connection:
        connection.execute("DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings LIMIT 3)")


@pytest.mark.parametrize("broken", [garbage, cut, some_lost, shutil.rmtree])
def test_with_broken_or_missing_vectors_answers_go_on_and_say_so(
    filled: Settings, broken: Callable[[Path], Any]
) -> None:
    """What there is is found by its words, every answer has the repair beside it, and the repair brings all of it back."""
    broken(filled.vectors_folder)
    with Memory(filled, WordSpace()) as memory:
        reader: Any = Scripted()
        retriever = Retriever(memory, memory.catalog, memory.space)
        *_, answer = Assistant(retriever, memory, lambda: reader, wanted=any_kind).ask("spindle of machine 7", READER)
        assert isinstance(answer, Answer) and "machine 7 " in answer.hits[0].entity.text
        (said,) = (note for note in answer.notes if "vectors" in note)
        assert "\n" not in said and "kotonoha doctor --repair" in said
    rebuild(filled, WordSpace())
    with Memory(filled, WordSpace()) as memory:
        assert memory.impaired == "" and len(memory.vector_ids("open")) == PARAGRAPHS


def test_a_memory_with_broken_vectors_is_written_and_loses_nothing(filled: Settings, tmp_path: Path) -> None:
    garbage(filled.vectors_folder)
    new = tmp_path / "b.txt"
    new.write_text("the pump is new")
    with Memory(filled, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [new], lambda path: "open")
        with pytest.raises(MemoryFault, match="kotonoha doctor --repair"):
            list(pipeline.run(memory, Direct([ParagraphReader()])))
    rebuild(filled, WordSpace())
    with Memory(filled, WordSpace()) as memory:
        assert len(memory.vector_ids("open")) == PARAGRAPHS + 1


def test_lost_keys_are_told_and_no_new_ones_take_their_place(filled: Settings) -> None:
    shutil.rmtree(filled.keys_folder)
    check = next(one for one in doctor.examine(filled) if one.name == "keys")
    assert not check.ok and "gone" in check.finding and "put it back from a back-up" in check.finding
    with Memory(filled, WordSpace()) as memory:
        ids = [row["entity"] for row in memory.catalog.connection.execute("SELECT entity FROM original")]
        assert len(ids) == PARAGRAPHS
        with pytest.raises(KotonohaError, match="back-up"):
            Personal(memory.catalog, filled).originals(ids, replace(READER, may_reveal=True))
        assert Retriever(memory, memory.catalog, memory.space).search("spindle", READER), "the rest goes on"
    assert not list(filled.keys_folder.glob("originals*"))


def test_files_are_read_into_a_memory_by_one_thread_at_a_time(filled: Settings, tmp_path: Path) -> None:
    """Two at the same jobs would both store them. Processes are kept apart by who owns the memory."""
    for name in ("b.txt", "c.txt"):
        (tmp_path / name).write_text(f"{name} speaks of the pump")
    with Memory(filled, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [tmp_path / "b.txt", tmp_path / "c.txt"], lambda path: "open")
        first = pipeline.run(memory, Direct([ParagraphReader()]))
        reports = [next(first)]
        with pytest.raises(MemoryHeld, match="already"):
            next(pipeline.run(memory, Direct([ParagraphReader()])))
        assert [one.status for one in [*reports, *first]] == ["added", "added"]
        assert list(pipeline.run(memory, Direct([ParagraphReader()]))) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sqlite3.OperationalError("database or disk is full"), "make room"),
        (sqlite3.OperationalError("disk I/O error"), "make room"),
        (OSError(errno.ENOSPC, "No space left on device"), "make room"),
        (OSError(errno.EROFS, "Read-only file system"), "kotonoha doctor"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "kotonoha doctor"),
        (sqlite3.DatabaseError("file is not a database"), "kotonoha restore BACKUP"),
    ],
)
def test_every_fault_of_disk_and_database_names_its_repair(error: OSError | sqlite3.Error, said: str) -> None:
    fault = told(error)
    assert said in str(fault) and fault.exit_code == 4 and "\n" not in str(fault)


@pytest.mark.slow
def test_on_a_full_disk_every_command_says_so_in_one_line_and_nothing_is_lost(tmp_path: Path) -> None:
    disk, kept, new = tmp_path / "disk", tmp_path / "a.txt", tmp_path / "b.txt"
    home = disk / "home"
    disk.mkdir()
    kept.write_text("The spindle is greased every week.")
    new.write_text("\n\n".join(f"Pump {n} has {n} seals and is opened once a year." for n in range(2000)))
    read, told = f"kotonoha --home {home} ingest --scope open", commands(home, new)
    fill, room = f"dd if=/dev/zero of={disk}/ballast bs=4096", f"rm {disk}/ballast"
    steps = contained(
        f"mount -t tmpfs -o size=16m,mode=700 tmpfs {disk}", f"{read} {kept}", fill, *told.values(), room,
        f"mount -o remount,size=400m {disk}", *told.values(),
    )  # fmt: skip
    assert steps[1].status == 0, steps[1]
    full = dict(zip(told, steps[3:], strict=False))
    assert {name for name, step in full.items() if step.status} >= {"ingest", "doctor", "backup"}
    assert_told(full)
    again = dict(zip(told, steps[5 + len(told) :], strict=True))
    assert "1 added" in again["ingest"].out and "greased every week" in again["search"].out
    faults = [line for line in again["doctor"].out.splitlines() if line.startswith("FAIL")]
    assert faults == [] and [step for step in again.values() if step.status] == []


@pytest.mark.slow
def test_what_would_not_fit_on_the_disk_is_said_before_it_is_written_and_what_fits_is_done(tmp_path: Path) -> None:
    disk, files = tmp_path / "disk", tmp_path / "files"
    home, large = disk / "home", files / "a large one.txt"
    disk.mkdir()
    files.mkdir()
    large.write_text("Nothing but words.\n\n" * 1_000_000)
    (files / "b.txt").write_text("The spindle is greased every week.")
    kotonoha = f"kotonoha --home {home}"
    steps = contained(
        f"mount -t tmpfs -o size=16m,mode=700 tmpfs {disk}",
        f"{kotonoha} ingest --scope open {files}", f"find {home}/reading -type f", f"{kotonoha} search spindle",
        f"{kotonoha} doctor",
        f"head -c $(($(df --output=avail -B1 {disk} | tail -1) - 4300000)) /dev/zero > {disk}/ballast",
        f"{kotonoha} backup {disk}/saved.backup", f"ls -A {disk}",
        f"rm {disk}/ballast; mount -o remount,size=400m {disk}",
        f"{kotonoha} backup {disk}/saved.backup", f"mount -o remount,size=16m {disk}",
        f"head -c $(($(df --output=avail -B1 {disk} | tail -1) - 4300000)) /dev/zero > {disk}/ballast",
        f"kotonoha --home {disk}/again restore {disk}/saved.backup", f"ls -A {disk}",
    )  # fmt: skip
    _, ingested, left, found, examined, _, saved, beside, _, again, _, _, restored, last = steps
    room = r"needs [\d.]+ MB on a disk with [\d.]+ MB free \(make room"
    assert ingested.status == 4 and re.search(f"a large one.txt {room}", ingested.said), ingested
    assert "b.txt" in ingested.out and "greased" in found.out and left.out == ""
    assert any(line.startswith("FAIL  disk: ") for line in examined.out.splitlines()), examined
    assert saved.status == 4 and re.search(f"the back-up {room}", saved.said), saved
    assert sorted(beside.out.split()) == ["ballast", "home"]
    assert again.status == 0, again
    assert restored.status == 4 and re.search(f"what was saved {room}", restored.said), restored
    assert sorted(last.out.split()) == ["ballast", "home", "saved.backup"]


@pytest.mark.slow
@pytest.mark.parametrize("said", ["", "--unsaid"])
def test_files_that_would_not_fit_are_refused_and_none_of_them_is_left(tmp_path: Path, said: str) -> None:
    (disk := tmp_path / "disk").mkdir()
    _, sent, small = contained(
        f"mount -t tmpfs -o size=24m,mode=700 tmpfs {disk}",
        f"{sys.executable} -m tests.bringer {disk}/full 30000000 {said}",
        f"{sys.executable} -m tests.bringer {disk}/room 100000 {said}",
    )
    code, error, left = json.loads(sent.out)
    assert code == 507 and "make room" in error and ("disk with" in error) == (not said) and left == []
    assert json.loads(small.out)[0] == 202


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told_by_every_command_in_one_line(tmp_path: Path) -> None:
    disk, kept = tmp_path / "disk", tmp_path / "a.txt"
    home = disk / "home"
    kept.write_text("The spindle is greased every week.")
    assert contained(f"kotonoha --home {home} ingest --scope open {kept}")[0].status == 0
    told = commands(home, kept)
    closed = contained(f"mount --bind {disk} {disk}", f"mount -o remount,bind,ro {disk}", *told.values())[2:]
    assert {step.status for step in closed} <= {2, 4} and closed[0].status
    assert_told(dict(zip(told, closed, strict=True)))


def commands(home: Path, file: Path) -> dict[str, str]:
    said = {
        "ingest": f"ingest --scope open {file}", "doctor": "doctor", "search": "search spindle", "people": "people list",
        "backup": f"backup {home.parent}/saved.backup",
    }  # fmt: skip
    return {name: f"kotonoha --home {home} {one}" for name, one in said.items()}


def assert_told(steps: dict[str, Step]) -> None:
    """What failed says in a line what the matter is, and nothing else; no traceback."""
    for name, step in steps.items():
        assert "Traceback" not in step.said, (name, step)
        lines = [line for line in step.said.splitlines() if not line.startswith("ok ")]
        if step.status:
            assert step.status in (2, 4) and any(word in step.said for word in WORDS), (name, step)
            assert len(lines) == 1 or (name == "doctor" and all(line.startswith("FAIL ") for line in lines)), (
                name,
                step,
            )
