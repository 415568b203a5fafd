from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest import jobs, pipeline
from ingest.access import Viewer
from ingest.memory import Memory
from ingest.pipeline import Report
from ingest.settings import Settings
from ingest.space import Placed

from .conftest import ParagraphReader, WordSpace


def ingest(memory: Memory, *paths: Path, scope: str = "a") -> list[Report]:
    _, reports = pipeline.ask(memory.catalog, paths, lambda path: scope)
    return reports + list(pipeline.run(memory, [ParagraphReader()]))


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
    assert [item.entity.text for item in memory.catalog.entities_of(row.id)] == ["a title", "one fish", "two fish"]


def test_a_moved_file_is_recognised_and_not_read_again(memory: Memory, folder: Path, space: WordSpace) -> None:
    ingest(memory, folder)
    ids, placed = set(memory.vector_ids("a")), space.placed_texts
    (folder / "fish.txt").rename(folder / "renamed.txt")
    assert statuses(ingest(memory, folder))["renamed.txt"] == "moved"
    assert memory.vector_ids("a") == ids
    assert space.placed_texts == placed


def test_a_copy_is_a_source_of_its_own(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "copy.txt").write_bytes((folder / "fish.txt").read_bytes())
    assert statuses(ingest(memory, folder))["copy.txt"] == "added"
    assert len(memory.catalog.sources()) == 3


def test_a_file_that_is_gone_is_named_as_missing(memory: Memory, folder: Path) -> None:
    ingest(memory, folder)
    (folder / "fish.txt").unlink()
    assert [Path(row.path).name for row in pipeline.missing(memory, [folder])] == ["fish.txt"]


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


def test_asking_for_a_file_under_another_scope_moves_it_there(memory: Memory, folder: Path) -> None:
    ingest(memory, folder, scope="public")
    ingest(memory, folder, scope="hr")
    address = memory.space.place(["fish"])[0].address
    assert memory.nearest(address, Viewer("x", frozenset({"public"})), 5) == []
    assert len(memory.nearest(address, Viewer("x", frozenset({"hr"})), 5)) == 3


def test_a_file_that_kills_its_reader_is_tried_after_all_others(memory: Memory, folder: Path) -> None:
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    first = jobs.waiting(memory.catalog)[0]
    jobs.begin(memory.catalog, first)  # and the process died here
    assert [job.path for job in jobs.waiting(memory.catalog)][-1] == first.path
    for _ in range(jobs.MAX_TRIES):
        jobs.begin(memory.catalog, first)
    reports = {report.source: report for report in pipeline.run(memory, [ParagraphReader()])}
    assert "has stopped the program" in reports[first.path].error


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
            list(pipeline.run(memory, [ParagraphReader()]))
    assert statuses(list(pipeline.run(memory, [ParagraphReader()]))) == {"bird.txt": "added", "fish.txt": "added"}


def test_a_process_that_does_not_own_the_memory_hands_its_job_over(
    settings: Settings, folder: Path, space: WordSpace
) -> None:
    import threading

    done: list[Report] = []
    with Memory(settings, space) as owner:

        def visitor() -> None:
            ask = pipeline.ingest(
                settings, [folder], lambda path: "a", lambda: Memory(settings, space), lambda: [ParagraphReader()]
            )
            done.extend(ask)

        thread = threading.Thread(target=visitor)
        thread.start()
        while thread.is_alive():
            list(pipeline.run(owner, [ParagraphReader()]))
            thread.join(0.05)
    assert statuses(done) == {"bird.txt": "added", "fish.txt": "added"}


def dump(memory: Memory) -> list[tuple[object, ...]]:
    tables = ("source", "entity")
    return [
        tuple(row)
        for table in tables
        for row in memory.catalog.connection.execute(f"SELECT * FROM {table} ORDER BY id")
    ]
