from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from assistant.search.retrieve import Retriever
from ingest import jobs, pipeline
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory.memory import Memory
from ingest.readers import Note
from ingest.readers.table import TableReader
from ingest.reading import Direct, Read
from ingest.source import Source, companions
from ingest.space.entity import Draft
from ingest.space.space import Placed
from ingest.work import Report
from ingest.work.storing import TABLE

from .conftest import ParagraphReader, WordSpace


def ingest(memory: Memory, *paths: Path, scope: str = "a") -> list[Report]:
    _, reports = pipeline.ask(memory.catalog, paths, lambda path: scope)
    return reports + list(pipeline.run(memory, Direct([ParagraphReader()])))


def statuses(reports: Sequence[Report]) -> dict[str, str]:
    return {Path(report.source).name: report.status for report in reports}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    (made / "fish.txt").write_text("one fish\n\ntwo fish")
    (made / "bird.txt").write_text("a red bird")
    return made


def test_a_second_ingestion_changes_nothing(memory: Memory, folder: Path, space: WordSpace) -> None:
    assert statuses(ingest(memory, folder)) == {"bird.txt": "added", "fish.txt": "added"}
    before, placed = dump(memory), space.placed_texts
    assert statuses(ingest(memory, folder)) == {"bird.txt": "unchanged", "fish.txt": "unchanged"}
    assert dump(memory) == before
    assert space.placed_texts == placed


def test_a_changed_file_places_only_what_changed(memory: Memory, folder: Path, space: WordSpace) -> None:
    ingest(memory, folder)
    placed = space.placed_texts
    (folder / "fish.txt").write_text("a title\n\none fish\n\ntwo fish")
    assert statuses(ingest(memory, folder))["fish.txt"] == "updated"
    assert space.placed_texts == placed + 1
    row = memory.catalog.source_at(str(folder / "fish.txt"))
    assert row is not None
    assert [item.text for item in memory.catalog.entities_of(row.id)] == ["a title", "one fish", "two fish"]


def test_what_earlier_readers_read_is_read_again_and_only_placed_anew_where_it_differs(
    memory: Memory, folder: Path, space: WordSpace
) -> None:
    ingest(memory, folder)
    placed, before = space.placed_texts, dump(memory)
    memory.catalog.connection.execute("UPDATE source SET stale = 1")
    assert statuses(ingest(memory, folder)) == {"bird.txt": "updated", "fish.txt": "updated"}
    assert (dump(memory), space.placed_texts) == (before, placed)
    assert set(statuses(ingest(memory, folder)).values()) == {"unchanged"}


def test_a_copy_of_what_earlier_readers_read_stays_a_copy(memory: Memory, folder: Path) -> None:
    """A file told twice would count every row of its table twice."""
    ingest(memory, folder)
    for name in ("copy.txt", "another.txt"):
        memory.catalog.connection.execute("UPDATE source SET stale = 1")
        (folder / name).write_bytes((folder / "fish.txt").read_bytes())
        found = statuses(ingest(memory, folder))
        assert (found["copy.txt"], found[name], found["fish.txt"]) == ("copy", "copy", "updated")
        assert len(memory.catalog.sources()) == 2


def test_a_moved_file_is_recognised_and_not_read_again(memory: Memory, folder: Path, space: WordSpace) -> None:
    ingest(memory, folder)
    ids, placed = set(memory.vector_ids("a")), space.placed_texts
    (folder / "fish.txt").rename(folder / "renamed.txt")
    assert statuses(ingest(memory, folder))["renamed.txt"] == "moved"
    assert memory.vector_ids("a") == ids
    assert space.placed_texts == placed


def test_a_copy_is_another_place_of_one_source(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "copy.txt").write_bytes((folder / "fish.txt").read_bytes())
    for _ in range(2):
        assert statuses(ingest(memory, folder))["copy.txt"] == "copy"
        assert {Path(row.path).name: len(row.places) for row in memory.catalog.sources()} == {
            "bird.txt": 0,
            "fish.txt": 1,
        }


def test_copies_read_at_once_are_one_source(memory: Memory, folder: Path) -> None:
    class Ahead(Direct):
        ahead = 5

    (folder / "copy.txt").write_bytes((folder / "fish.txt").read_bytes())
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    found = statuses(list(pipeline.run(memory, Ahead([ParagraphReader()]))))
    assert found == {"bird.txt": "added", "copy.txt": "added", "fish.txt": "copy"}
    assert len(memory.catalog.sources()) == 2


def test_a_copy_in_another_scope_is_a_source_of_its_own(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "copy.txt").write_bytes((folder / "fish.txt").read_bytes())
    assert statuses(ingest(memory, folder / "copy.txt", scope="b")) == {"copy.txt": "added"}
    assert statuses(ingest(memory, folder / "copy.txt", scope="b")) == {"copy.txt": "unchanged"}


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_what_a_file_said_goes_on_at_its_copy(memory: Memory, folder: Path, change: str) -> None:
    fish, copy = folder / "fish.txt", folder / "old fish.txt"
    ingest(memory, folder)
    copy.write_bytes(fish.read_bytes())
    ingest(memory, folder)
    source = memory.catalog.source_at(str(fish))
    assert source is not None
    if change == "gone":
        fish.unlink()
        ingest(memory, folder)
        assert pipeline.missing(memory.catalog, [folder]) == []
    else:
        fish.write_text("three fish")
        assert statuses(ingest(memory, folder))["fish.txt"] == "added"
    moved = memory.catalog.source_at(str(copy))
    assert moved is not None and (moved.id, moved.places) == (source.id, ())
    assert len(memory.catalog.sources()) == (2 if change == "gone" else 3)


def test_a_copy_that_changes_is_a_source_of_its_own(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "old.txt").write_bytes((folder / "fish.txt").read_bytes())
    ingest(memory, folder)
    (folder / "old.txt").write_text("no fish")
    assert statuses(ingest(memory, folder)) == {"bird.txt": "unchanged", "fish.txt": "unchanged", "old.txt": "added"}
    assert all(not row.places for row in memory.catalog.sources())


def test_a_file_that_is_gone_is_named_as_missing(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "fish.txt").unlink()
    assert [Path(row.path).name for row in pipeline.missing(memory.catalog, [folder])] == ["fish.txt"]


def test_a_bad_file_costs_one_line_and_the_rest_goes_on(memory: Memory, folder: Path) -> None:
    (folder / "a.txt").write_text("BROKEN")
    (folder / "empty.txt").write_text("")
    (folder / "noise.bin").write_bytes(bytes(range(256)) * 20)
    reports = ingest(memory, folder, folder / "not there")
    failed = {Path(report.source).name: report.error for report in reports if report.status == "failed"}
    assert set(failed) == {"a.txt", "empty.txt", "noise.bin", "not there"}
    assert "this file says it is broken" in failed["a.txt"]
    assert all(error and "\n" not in error for error in failed.values())
    assert statuses(reports)["fish.txt"] == "added"


def test_a_file_that_breaks_later_keeps_what_was_known_of_it(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "fish.txt").write_text("BROKEN")
    assert statuses(ingest(memory, folder))["fish.txt"] == "failed"
    assert memory.catalog.count() == 3


def test_reading_a_file_under_another_scope_does_not_move_it_and_says_what_does(memory: Memory, folder: Path) -> None:
    ingest(memory, folder, scope="hr")
    reports = ingest(memory, folder, scope="public")
    assert {(report.status, report.scope) for report in reports} == {("unchanged", "hr")}
    assert all("stays in hr" in report.notes[-1] and "policy move" in report.notes[-1] for report in reports)
    (folder / "fish.txt").write_text("Fish are wet now.")
    assert {(one.status, one.scope) for one in ingest(memory, folder, scope="public")} >= {("updated", "hr")}
    (folder / "fish.txt").rename(folder / "renamed.txt")
    assert {(one.status, one.scope) for one in ingest(memory, folder, scope="public")} >= {("moved", "hr")}
    address = memory.space.place(["fish"])[0].address
    assert memory.nearest(address, Viewer("x", frozenset({"public"})), 5) == []


def test_a_source_that_was_sent_to_another_scope_is_read_into_it(memory: Memory, folder: Path) -> None:
    ingest(memory, folder, scope="public")
    pipeline.ask(memory.catalog, [folder], lambda path: "hr", moves=True)
    assert {report.scope for report in pipeline.run(memory, Direct([ParagraphReader()]))} == {"hr"}
    address = memory.space.place(["fish"])[0].address
    assert memory.nearest(address, Viewer("x", frozenset({"public"})), 5) == []
    assert len(memory.nearest(address, Viewer("x", frozenset({"hr"})), 5)) == 3


def test_a_link_that_was_put_in_the_place_of_a_listed_file_is_not_read(
    memory: Memory, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The salary is secret.")
    pipeline.ask(memory.catalog, [folder / "fish.txt"], lambda path: "public")
    (folder / "fish.txt").unlink()
    (folder / "fish.txt").symlink_to(secret)
    (report,) = pipeline.run(memory, Direct([ParagraphReader()]))
    assert report.status == "failed" and "become a link" in report.error


def test_a_damaged_file_that_is_called_like_a_full_disk_is_damaged(memory: Memory, folder: Path) -> None:
    """What is wrong with a picture is told with its name; no file keeps the others waiting by that."""

    class Pictures(ParagraphReader):
        def read(self, source: Source) -> Iterator[Draft]:
            if "full" in source.path.name:
                raise OSError(f"cannot identify image file '{source.path}'")
            yield from super().read(source)

    (folder / "disk is full.txt").write_text("x")
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    reports = {Path(one.source).name: one for one in pipeline.run(memory, Direct([Pictures()]))}
    assert reports["disk is full.txt"].error.startswith("damaged or not what it seems")
    assert reports["fish.txt"].status == "added"


def test_a_file_that_kills_its_reader_is_tried_after_all_others(memory: Memory, folder: Path) -> None:
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    first = jobs.waiting(memory.catalog)[0]
    jobs.begin(memory.catalog, first)  # and the process died here
    assert [job.path for job in jobs.waiting(memory.catalog)][-1] == first.path
    for _ in range(jobs.MAX_TRIES):
        jobs.begin(memory.catalog, first)
    reports = {report.source: report for report in pipeline.run(memory, Direct([ParagraphReader()]))}
    assert "has stopped the program" in reports[first.path].error


def test_files_are_not_blamed_for_kills_while_nothing_was_there_yet_to_read_them(memory: Memory, folder: Path) -> None:
    class Starting(Direct):
        def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
            raise KeyboardInterrupt

    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    for _ in range(jobs.MAX_TRIES + 2):
        with pytest.raises(KeyboardInterrupt):
            list(pipeline.run(memory, Starting([ParagraphReader()])))
    assert statuses(list(pipeline.run(memory, Direct([ParagraphReader()])))) == {
        "bird.txt": "added",
        "fish.txt": "added",
    }


def test_files_that_were_read_are_not_blamed_for_kills_before_they_were_stored(
    memory: Memory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(texts: Sequence[str]) -> list[Placed]:
        raise Killed

    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    for _ in range(jobs.MAX_TRIES + 2):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(memory.space, "place", killed)
            list(pipeline.run(memory, Direct([ParagraphReader()])))
    assert statuses(list(pipeline.run(memory, Direct([ParagraphReader()])))) == {
        "bird.txt": "added",
        "fish.txt": "added",
    }


def test_a_process_that_does_not_own_the_memory_hands_its_job_over(
    settings: Settings, folder: Path, space: WordSpace
) -> None:
    import threading

    done: list[Report] = []
    with Memory(settings, space) as owner:

        def visitor() -> None:
            ask = pipeline.ingest(
                settings,
                [folder],
                lambda path: "a",
                lambda: Memory(settings, space),
                lambda: Direct([ParagraphReader()]),
            )
            done.extend(ask)

        thread = threading.Thread(target=visitor)
        thread.start()
        while thread.is_alive():
            list(pipeline.run(owner, Direct([ParagraphReader()])))
            thread.join(0.05)
    assert statuses(done) == {"bird.txt": "added", "fish.txt": "added"}


def dump(memory: Memory) -> list[tuple[object, ...]]:
    tables = ("source", "entity")
    return [
        tuple(row)
        for table in tables
        for row in memory.catalog.connection.execute(f"SELECT * FROM {table} ORDER BY id")
    ]


class RecordingReader:
    """A reader in miniature that, like the real ones, believes what lies beside a recording or a record."""

    name = "recordings"

    def accepts(self, source: Source) -> bool:
        return True

    def read(self, source: Source) -> Iterator[Draft | Note]:
        beside = "".join(file.read_text() for file in companions(source.path, source.media))
        yield Draft("utterance", f"{source.path.stem}: {beside or 'a noise'}")


def flac(path: Path) -> Path:
    path.write_bytes(b"fLaC\x00\x00\x00\x22" + bytes(64))
    return path


@pytest.mark.parametrize(("name", "beside"), [("talk.flac", "talk.vtt"), ("spindle.csv", "spindle.sensor.yaml")])
def test_what_lies_beside_a_file_is_a_part_of_it(memory: Memory, tmp_path: Path, name: str, beside: str) -> None:
    """Added, changed or removed it has its file read again, once; other files beside it do not matter."""

    def read() -> tuple[dict[str, str], list[str]]:
        _, reports = pipeline.ask(memory.catalog, [folder], lambda path: "a")
        reports += pipeline.run(memory, Direct([RecordingReader()]))
        row = memory.catalog.source_at(str(file))
        said = memory.catalog.entities_of(row.id) if row else []
        return statuses(reports), [item.text for item in said]

    folder = tmp_path / "files"
    folder.mkdir()
    file, side = folder / name, folder / beside
    flac(file) if name.endswith("flac") else file.write_text("time,temp\n" + "2026-01-01,1\n" * 3)
    (folder / "other.vtt").write_text("WEBVTT\n\nof something else")
    assert read()[0] == {name: "added", "other.vtt": "added"}
    for status, text in [("updated", "first"), ("unchanged", "first"), ("updated", "second"), ("updated", "")]:
        side.write_text(text) if text else side.unlink()
        found, said = read()
        assert found == {name: status, "other.vtt": "unchanged"}
        assert said == [f"{file.stem}: {text or 'a noise'}"]


def test_a_recording_that_moves_with_its_transcript_is_not_read_again(memory: Memory, tmp_path: Path) -> None:
    flac(tmp_path / "talk.flac").with_suffix(".vtt").write_text("said")
    _, reports = pipeline.ask(memory.catalog, [tmp_path / "talk.flac"], lambda path: "a")
    assert not reports
    assert [one.status for one in pipeline.run(memory, Direct([RecordingReader()]))] == ["added"]
    for suffix in (".flac", ".vtt"):
        (tmp_path / f"talk{suffix}").rename(tmp_path / f"speech{suffix}")
    pipeline.ask(memory.catalog, [tmp_path / "speech.flac"], lambda path: "a")
    assert [one.status for one in pipeline.run(memory, Direct([RecordingReader()]))] == ["moved"]


def test_rows_of_a_large_table_are_found_by_their_words_and_take_no_place(settings: Settings, tmp_path: Path) -> None:
    """The table and its columns are placed; a small table's rows are too; nothing is missing for the doctor."""
    large, small = tmp_path / "large.csv", tmp_path / "small.csv"
    large.write_text("part,price\n" + "".join(f"AX-{n},{n}\n" for n in range(TABLE + 1)), "utf-8")
    small.write_text("part,price\n" + "".join(f"BX-{n},{n}\n" for n in range(9)), "utf-8")
    space = WordSpace()
    with Memory(settings, space) as memory:
        jobs.ask(memory.catalog, [(str(large), "all"), (str(small), "all")])
        assert [report.status for report in pipeline.run(memory, Direct([TableReader()]))] == ["added", "added"]
        viewer = Viewer("mori", frozenset({"all"}))
        stored = memory.catalog.entities_of(memory.catalog.source_at(str(large)).id)
        rows = {item.id for item in stored if item.kind == "row"}
        assert len(rows) == TABLE + 1
        assert memory.vector_ids("all") == set(around.placed(memory.catalog, "all"))
        assert not rows & memory.vector_ids("all")
        retriever = Retriever(memory, memory.catalog, space)
        assert "AX-77" in retriever.search("AX-77", viewer, 1)[0].entity.text
        assert "BX-7" in retriever.search("BX-7", viewer, 1)[0].entity.text
