"""A file that is brought takes its place once it is read: it never costs anybody the one that was there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.govern.policy import Policies
from assistant.serve import incoming, uploads
from ingest import jobs, pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.reading import Direct
from ingest.source import UNITS
from ingest.work import landing
from tests.conftest import ParagraphReader, WordSpace

POLICY = """
scopes: {sales: {}, hr: {}}
roles:
  clerk: {reads: [sales], may: [feed]}
people:
  endo: {roles: [clerk]}
  mori: {roles: [clerk]}
"""
ENDO, MORI = (Viewer(name, frozenset({"sales"}), may_feed=True) for name in ("endo", "mori"))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(Settings(home=tmp_path / "home"), WordSpace()) as opened:
        Policies(opened.catalog).put(POLICY, "test", "policy")
        yield opened


def bring(memory: Memory, viewer: Viewer, files: dict[str, str]) -> str:
    sent = [(name, io.BytesIO(text.encode())) for name, text in files.items()]
    return uploads.keep(memory.settings, memory.catalog, viewer, "sales", sent)


def read(memory: Memory) -> None:
    list(pipeline.run(memory, Direct([ParagraphReader()])))


def told(memory: Memory, ticket: str) -> dict[str, tuple[str, ...]]:
    """Of each file what became of it, why not, and the remarks."""
    found = uploads.progress(memory.settings, memory.catalog, ticket)
    return {
        one.name: (one.report["status"], *filter(None, [one.report["error"]]), *one.report["notes"])
        if one.report else (one.state,)
        for one in found
    }  # fmt: skip


def brought(memory: Memory, viewer: Viewer, **files: str) -> dict[str, tuple[str, ...]]:
    ticket = bring(memory, viewer, {name.replace("__", "/").replace("_", "."): text for name, text in files.items()})
    read(memory)
    return told(memory, ticket)


def known(memory: Memory) -> dict[str, str]:
    """What the memory says of each file below the folder of uploads, and the disk says the same."""
    top = memory.settings.uploads_folder
    said = {
        row.path: " ".join(one.text for one in memory.catalog.entities_of(row.id)) for row in memory.catalog.sources()
    }
    assert all(Path(path).read_text("utf-8") == text for path, text in said.items())
    return {str(Path(path).relative_to(top.resolve())): text for path, text in said.items()}


def lying(memory: Memory) -> set[str]:
    top = memory.settings.uploads_folder
    return {path.name for path in top.rglob("*") if path.is_file()}


# -- the same name again -----------------------------------------------------------------------------------------------


def test_the_same_person_brings_a_new_version_under_the_same_name(memory: Memory) -> None:
    assert brought(memory, ENDO, plan_md="333 bolts") == {"plan.md": ("added",)}
    assert brought(memory, ENDO, plan_md="444 bolts") == {"plan.md": ("updated",)}
    assert known(memory) == {"sales/plan.md": "444 bolts"} and lying(memory) == {"plan.md"}


def test_what_somebody_else_brought_stays_and_the_new_file_is_called_otherwise(memory: Memory) -> None:
    brought(memory, ENDO, dup_txt="111 yen", deep__dup_txt="333 yen")
    other = "called dup-2.txt here: there is another dup.txt"
    assert brought(memory, MORI, dup_txt="222 yen") == {"dup-2.txt": ("added", other)}
    assert brought(memory, MORI, dup_txt="555 yen") == {"dup-2.txt": ("updated", other)}
    assert brought(memory, ENDO, **{"dup-2_txt": "777 yen"}) == {
        "dup-2-2.txt": ("added", "called dup-2-2.txt here: there is another dup-2.txt")
    }
    assert known(memory) == {
        "sales/dup.txt": "111 yen", "sales/dup-2.txt": "555 yen", "sales/dup-2-2.txt": "777 yen",
        "sales/deep/dup.txt": "333 yen",
    }  # fmt: skip


def test_a_free_name_is_none_under_which_the_same_person_brought_something_else(memory: Memory) -> None:
    brought(memory, ENDO, dup_txt="111 yen")
    brought(memory, MORI, **{"dup-2_txt": "of mori"})
    assert list(brought(memory, MORI, dup_txt="222 yen")) == ["dup-3.txt"]


def test_a_name_is_taken_as_soon_as_its_file_is_on_its_way(memory: Memory) -> None:
    tickets = [bring(memory, who, {"dup.txt": f"{n} yen"}) for n, who in enumerate([ENDO, MORI, ENDO])]
    assert [list(told(memory, one)) for one in tickets] == [["dup.txt"], ["dup-2.txt"], ["dup.txt"]]
    read(memory)
    assert [told(memory, one)[name][0] for one, name in zip(tickets, ["dup.txt", "dup-2.txt", "dup.txt"], strict=True)] == [
        "added", "added", "updated"
    ]  # fmt: skip
    assert known(memory) == {"sales/dup.txt": "2 yen", "sales/dup-2.txt": "1 yen"}


def test_two_files_of_one_name_in_one_act_are_both_kept(memory: Memory) -> None:
    sent = [("image.txt", io.BytesIO(b"a bird")), ("image.txt", io.BytesIO(b"a fish"))]
    uploads.keep(memory.settings, memory.catalog, ENDO, "sales", sent)
    read(memory)
    assert known(memory) == {"sales/image.txt": "a bird", "sales/image-2.txt": "a fish"}


def test_another_photograph_of_the_same_name_is_another_one_and_words_stay_beside_their_recording(
    memory: Memory,
) -> None:
    """Telephones call every photograph `image.jpg`."""
    for name in ("image.jpg", "call.wav"):
        path = incoming.place(memory.settings, "sales", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"some bytes")
        incoming.bring(memory.catalog, memory.settings, path, ENDO.person, name)
    names = incoming.Names(memory.settings, memory.catalog, ENDO.person, "sales")
    chosen = [path.name for path in names.chosen(["image.jpg", "call.vtt"])]
    assert chosen == ["image-2.jpg", "call.vtt"]


@pytest.mark.parametrize("bad", ["", "BROKEN"])
def test_what_cannot_be_read_replaces_nothing_and_says_so(memory: Memory, bad: str) -> None:
    brought(memory, ENDO, plan_txt="333 bolts")
    (status, error, *notes) = brought(memory, ENDO, plan_txt=bad)["plan.txt"]
    assert status == "failed" and error and notes == ["the earlier file of this name stays as it was"]
    assert known(memory) == {"sales/plan.txt": "333 bolts"} and lying(memory) == {"plan.txt"}
    assert brought(memory, ENDO, new_txt=bad)["new.txt"][2:] == () and lying(memory) == {"plan.txt"}


def test_files_of_an_earlier_version_are_still_of_whoever_brought_them(memory: Memory) -> None:
    path = incoming.place(memory.settings, "sales", "old.txt")
    path.parent.mkdir(parents=True)
    path.write_text("first", "utf-8")
    ticket, _ = pipeline.ask(memory.catalog, [path], lambda _: "sales")
    uploads.remember(memory.catalog, ticket, "endo")
    read(memory)
    assert list(brought(memory, MORI, old_txt="other")) == ["old-2.txt"]
    assert brought(memory, ENDO, old_txt="second") == {"old.txt": ("updated",)}


def test_what_was_being_stored_when_the_process_died_is_read_again(memory: Memory) -> None:
    ticket = bring(memory, ENDO, {"plan.txt": "333 bolts"})
    (job,) = jobs.waiting(memory.catalog)
    landing.land(job)  # and the process died here
    read(memory)
    assert told(memory, ticket) == {"plan.txt": ("added",)} and lying(memory) == {"plan.txt"}


# -- other scopes ------------------------------------------------------------------------------------------------------


def test_a_file_whose_source_was_moved_to_another_scope_is_never_written_over(memory: Memory) -> None:
    brought(memory, ENDO, plan_md="the salaries")
    (row,) = memory.catalog.sources()
    memory.move_source(row.id, row.path, "hr")
    memory.settle()
    assert brought(memory, ENDO, plan_md="other words")["plan-2.md"][0] == "added"
    Path(row.path).unlink()
    assert list(brought(memory, ENDO, plan_md="walrus")) == ["plan-2.md"]
    moved = memory.catalog.source(row.id)
    assert moved is not None and (moved.path, moved.scope, moved.sha256) == (row.path, "hr", row.sha256)


def test_one_that_is_moved_while_a_new_version_waits_keeps_its_words(memory: Memory) -> None:
    brought(memory, ENDO, plan_md="the salaries")
    (row,) = memory.catalog.sources()
    ticket = bring(memory, ENDO, {"plan.md": "other words"})
    memory.move_source(row.id, row.path, "hr")
    memory.settle()
    read(memory)
    assert told(memory, ticket)["plan.md"] == ("failed", "its name was taken since it was brought; bring it again")
    assert known(memory) == {"sales/plan.md": "the salaries"}


def test_bytes_that_another_scope_knows_and_whose_file_is_away_are_simply_new(memory: Memory, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("the salaries", "utf-8")
    pipeline.ask(memory.catalog, [secret], lambda _: "hr")
    read(memory)
    secret.rename(tmp_path / "away")
    assert brought(memory, ENDO, guess_md="the salaries") == {"guess.md": ("added",)}
    assert {(Path(row.path).name, row.scope) for row in memory.catalog.sources()} == {
        ("secret.md", "hr"), ("guess.md", "sales")
    }  # fmt: skip


# -- whole or not at all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("d/a.md", "d"), ("e", "e/x.md"), ("f.md/x.md",), ("../x",)])
def test_names_that_cannot_be_together_are_refused_before_anything_is_replaced(
    memory: Memory, names: tuple[str, ...]
) -> None:
    brought(memory, ENDO, plan_md="333 bolts", d__a_md="a", f_md="f")
    before = known(memory), lying(memory)
    with pytest.raises(BadInput):
        bring(memory, ENDO, dict.fromkeys(("plan.md", *names), "other"))
    assert not jobs.waiting(memory.catalog) and (known(memory), lying(memory)) == before


def test_where_it_cannot_be_recorded_nothing_is_kept(memory: Memory) -> None:
    def full(names: object) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        uploads.keep(memory.settings, memory.catalog, ENDO, "sales", [("a.txt", io.BytesIO(b"x"))], full)
    assert lying(memory) == set() and not jobs.waiting(memory.catalog)


# -- folders, and what is read together ----------------------------------------------------------------------------------


def test_hidden_files_of_a_folder_are_left_out_and_the_others_have_their_paths(memory: Memory) -> None:
    hidden = ["f/.DS_Store", "f/Thumbs.db", "f/deep/desktop.ini", "f/.git/config", "f/~$letter.docx"]
    ticket = bring(memory, ENDO, dict.fromkeys([*hidden, "f/a.txt", "f/deep/b.txt", ".notes.txt"], "x"))
    assert list(told(memory, ticket)) == ["f/a.txt", "f/deep/b.txt", ".notes.txt"]
    with pytest.raises(BadInput, match="there is no file"):
        bring(memory, ENDO, dict.fromkeys(hidden, "x"))


def test_what_is_read_together_is_brought_together(memory: Memory) -> None:
    """With the units of a record: in one act, after it, and beside one of the same name that is somebody else's."""
    units = f"run{UNITS}"
    first = bring(memory, ENDO, {"run.csv": "a record", units: "channels: 1"})
    read(memory)
    assert told(memory, first) == {"run.csv": ("added",)} and lying(memory) == {"run.csv", units}
    again = bring(memory, ENDO, {units: "channels: 2"})
    read(memory)
    assert told(memory, again) == {"run.csv": ("updated",)}
    theirs = bring(memory, MORI, {units: "channels: 3", "run.csv": "another record"})
    read(memory)
    assert list(told(memory, theirs)) == ["run-2.csv"]
    assert known(memory) == {"sales/run.csv": "a record", "sales/run-2.csv": "another record"}
    folder = incoming.folder_of(memory.settings, "sales")
    assert [(folder / f"{stem}{UNITS}").read_text() for stem in ("run", "run-2")] == ["channels: 2", "channels: 3"]


def test_a_new_version_on_its_way_is_not_undone_by_what_is_read_with_it(memory: Memory) -> None:
    bring(memory, ENDO, {"run.csv": "first"})
    read(memory)
    bring(memory, ENDO, {"run.csv": "second"})
    bring(memory, ENDO, {f"run{UNITS}": "channels: 1"})
    read(memory)
    assert known(memory)["sales/run.csv"] == "second" and lying(memory) == {"run.csv", f"run{UNITS}"}


def test_what_cannot_be_put_in_its_place_is_one_line_without_a_path_and_the_earlier_stays(memory: Memory) -> None:
    brought(memory, ENDO, plan_txt="333 bolts")
    ticket = bring(memory, ENDO, {"plan.txt": "444 bolts", "new.txt": "a fish"})
    incoming.place(memory.settings, "sales", "new.txt").mkdir()
    read(memory)
    found = told(memory, ticket)
    assert found["plan.txt"] == ("updated",) and found["new.txt"][0] == "failed"
    assert str(memory.settings.home) not in found["new.txt"][1] and len(memory.catalog.sources()) == 1
