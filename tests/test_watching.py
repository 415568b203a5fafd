"""A watched folder: what is new or changed in it is read by itself, into the scope that the policy says, and told."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.app import feeding, watching
from assistant.app.watching import Watching
from assistant.cli import main
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from assistant.govern.policy import Policies
from assistant.serve import uploads
from ingest import jobs, pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Note
from ingest.reading import Direct
from ingest.source import NOT_UTF8, Source
from ingest.space.entity import Draft
from tests.conftest import ParagraphReader, WordSpace

POLICY = """
scopes:
  sales: {folder: sales}
  plans: {folder: plans}
roles:
  clerk: {reads: [sales], may: [feed]}
people:
  endo: {roles: [clerk]}
"""
ENDO = Viewer("endo", frozenset({"sales"}), may_feed=True)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path / "home"), WordSpace()) as opened:
        Policies(opened.catalog).put(POLICY, "test", "policy")
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("sales", "plans", "loose"):
        (tmp_path / "files" / name).mkdir(parents=True)
    return tmp_path / "files"


def read(memory: Memory) -> dict[str, str]:
    return {Path(one.source).name: one.status for one in pipeline.run(memory, Direct([ParagraphReader()]))}


def test_what_is_new_or_changed_is_read_once_it_has_come_to_rest(memory: Memory, folder: Path) -> None:
    told: list[str] = []
    watched = Watching(
        memory.catalog,
        [folder],
        lambda: feeding.scopes(memory.catalog),
        lambda files: told.extend(one.name for one in files),
    )
    note = folder / "sales" / "note.txt"
    note.write_text("The offer to Kawa is 12 units.", "utf-8")
    assert watched.look() == 0, "it may still be being written"
    note.write_text("The offer to Kawa is 12 units, and late.", "utf-8")
    assert watched.look() == 0 and watched.look() == 1 and watched.look() == 0
    assert read(memory) == {"note.txt": "added"} and told == ["note.txt"]
    (row,) = memory.catalog.sources()
    assert row.scope == "sales"
    note.write_text("The offer to Kawa is 15 units.", "utf-8")
    (folder / "plans" / "new.txt").write_text("A new hall.", "utf-8")
    watched.look()
    watched.look()
    assert read(memory) == {"note.txt": "updated", "new.txt": "added"}
    assert {Path(row.path).name: row.scope for row in memory.catalog.sources()} == {
        "note.txt": "sales",
        "new.txt": "plans",
    }
    note.unlink()
    watched.look()
    assert watched.look() == 0 and read(memory) == {} and len(memory.catalog.sources()) == 2


def test_what_is_read_with_a_file_counts_as_a_change_of_it(memory: Memory, folder: Path) -> None:
    (folder / "sales" / "talk.wav").write_bytes(b"RIFF")
    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))
    watched.look()
    assert watched.look() == 1
    (folder / "sales" / "talk.vtt").write_text("WEBVTT", "utf-8")
    watched.look()
    assert watched.look() == 1 and [Path(one.path).name for one in jobs.waiting(memory.catalog)] == ["talk.wav"]


def test_what_changes_while_it_is_read_is_read_again(memory: Memory, folder: Path) -> None:
    (note := folder / "sales" / "note.txt").write_text("The offer to Kawa is 12 units.", "utf-8")
    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))

    class Slow(ParagraphReader):
        """Whoever writes is quicker, once."""

        def read(self, source: Source) -> Iterator[Draft | Note]:
            yield from super().read(source)
            if "12" in note.read_text("utf-8"):
                note.write_text("The offer to Kawa is 15 units.", "utf-8")
                watched.look()
                assert watched.look() == 1

    watched.look()
    watched.look()
    done = [one.status for one in pipeline.run(memory, Direct([Slow()]))]
    assert done == ["added", "updated"] and watched.look() == 0 and jobs.count_waiting(memory.catalog) == 0
    (row,) = memory.catalog.sources()
    assert [one.text for one in memory.catalog.entities_of(row.id)] == ["The offer to Kawa is 15 units."]


@pytest.mark.parametrize("text", ["An offer.", "BROKEN"])
def test_what_is_asked_for_again_before_it_is_read_is_read_once_and_told_to_whoever_asked_last(
    memory: Memory, folder: Path, text: str
) -> None:
    (note := folder / "sales" / "note.txt").write_text(text, "utf-8")
    first, last = (pipeline.ask(memory.catalog, [note], feeding.scopes(memory.catalog))[0] for _ in range(2))
    assert len(read(memory)) == 1
    (told,) = jobs.progress(memory.catalog, last)
    assert told[1] == ("failed" if text == "BROKEN" else "done") and jobs.progress(memory.catalog, first) == []


def test_links_out_of_it_and_files_without_a_scope_are_named_and_not_read(
    memory: Memory, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("The salary of Tanabe.", "utf-8")
    (folder / "sales" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loose" / "stray.txt").write_text("Nobody knows whose.", "utf-8")
    watched = Watching(memory.catalog, [folder, tmp_path / "unmounted"], lambda: feeding.scopes(memory.catalog))
    for _ in range(3):
        watched.look()
    assert read(memory) == {}
    here, away = watched.state()
    assert {name for name, _ in here.faults} == {"link.txt", "stray.txt"} and here.files == 1
    assert away.files == 0 and away.faults == (("unmounted", "no such file"),)


def test_of_a_large_folder_the_first_files_are_watched(
    memory: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        (folder / "sales" / f"{number}.txt").write_text(f"note {number}", "utf-8")
    monkeypatch.setattr(watching, "MOST", 3)
    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))
    watched.look()
    assert watched.look() == 3 and watched.state()[0].faults == (("files", "only the first 3 files are watched"),)


def test_of_a_watched_folder_everybody_sees_what_they_may_read(memory: Memory, folder: Path) -> None:
    for name, text in {
        "sales/a.txt": "An offer.",
        "sales/b.txt": "BROKEN",
        "plans/c.txt": "BROKEN",
        "loose/d.txt": "?",
    }.items():
        (folder / name).write_text(text, "utf-8")
    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))
    watched.look()
    watched.look()
    (before,) = uploads.watched(watched.state(), ENDO, memory.catalog)
    assert (before.files, before.waiting) == (2, 2)
    read(memory)
    (seen,) = uploads.watched(watched.state(), ENDO, memory.catalog)
    assert [name for name, _ in seen.failed] == ["b.txt"] and (seen.files, seen.waiting) == (2, 0)
    assert uploads.watched(watched.state(), Viewer("mori", frozenset({"hr"}), may_feed=True), memory.catalog) == []
    governs = Viewer("hoshino", frozenset({"plans"}), may_govern=True)
    assert [name for name, _ in uploads.watched(watched.state(), governs, memory.catalog)[0].failed] == [
        "c.txt",
        "d.txt",
    ]


def test_a_thread_looks_until_the_server_stops(memory: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY", 0.01)
    (folder / "sales" / "a.txt").write_text("An offer.", "utf-8")
    with watching.attending(Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))):
        for _ in range(1_000):
            if jobs.count_waiting(memory.catalog):
                break
            time.sleep(0.01)
    assert read(memory) == {"a.txt": "added"}


def test_a_file_whose_name_is_no_text_is_named_and_the_others_are_watched(memory: Memory, folder: Path) -> None:
    (folder / "sales" / "a.txt").write_text("An offer.", "utf-8")
    Path(os.fsdecode(os.fsencode(folder) + b"/sales/bad\xff.txt")).write_text("An offer.", "utf-8")
    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog))
    watched.look()
    assert watched.look() == 1 and watched.state()[0].faults == (("bad\ufffd.txt", NOT_UTF8),)
    (seen,) = uploads.watched(watched.state(), Viewer("hoshino", frozenset(), may_govern=True), memory.catalog)
    assert "bad\ufffd.txt" in str(seen.failed).encode().decode()


def test_what_cannot_be_recorded_is_not_read_until_it_can_and_the_fault_is_said_once(
    memory: Memory, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sales" / "a.txt").write_text("An offer.", "utf-8")
    key, head = b"k" * 32, folder.parent / "away" / "head"
    audit = Audit(memory.catalog, key, head)
    head.mkdir(parents=True)  # no place for the mark

    def told(files: Sequence[Path]) -> None:
        audit.append(Event("ingest", "", content={"paths": [str(path) for path in files]}))

    watched = Watching(memory.catalog, [folder], lambda: feeding.scopes(memory.catalog), told)
    assert [watched.look() for _ in range(4)] == [0, 0, 0, 0] and not jobs.waiting(memory.catalog)
    assert len(watched.state()[0].faults) == 1 and capsys.readouterr().err.count("\n") == 1
    head.rmdir()
    assert watched.look() == 1 and watched.state()[0].faults == () and read(memory) == {"a.txt": "added"}
    assert [one.event.action for one in audit.show(ENDO, action="ingest")] == ["ingest"]


def test_a_fault_of_the_policy_does_not_end_the_watching(memory: Memory, folder: Path) -> None:
    (folder / "sales" / "a.txt").write_text("An offer.", "utf-8")
    faults = [BadPolicy("no policy"), BadPolicy("no policy")]

    def scopes() -> pipeline.ScopeOf:
        if faults:
            raise faults.pop()
        return feeding.scopes(memory.catalog)

    watched = Watching(memory.catalog, [folder], scopes)
    assert [watched.look() for _ in range(4)] == [0, 0, 0, 1] and read(memory) == {"a.txt": "added"}


def test_what_is_no_folder_cannot_be_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "home"), "serve", "--watch", str(tmp_path / "nowhere")]) == 2
    assert "no folder" in capsys.readouterr().err
