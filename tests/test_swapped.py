"""What is read is what lies at its path: not what a link that is put there meanwhile, or a second name, leads to."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.base import straight
from ingest.base.errors import UnreadableSource
from ingest.memory.memory import Memory
from ingest.reading import Direct, Read, Reads
from ingest.source import Source, companions, look, take
from ingest.work import Report

from .conftest import ParagraphReader

SECRET = "The salary of Tanabe is 9000."


@pytest.fixture
def firm(tmp_path: Path) -> Path:
    for name in ("hr", "sales"):
        (tmp_path / name).mkdir()
    (tmp_path / "hr" / "salaries.txt").write_text(SECRET)
    (tmp_path / "sales" / "price.txt").write_text("The price is 400.")
    return tmp_path


def read(memory: Memory, folder: Path, reads: Reads | None = None) -> list[Report]:
    """Reads a folder into the scope of its name."""
    _, reports = pipeline.ask(memory.catalog, [folder], lambda path: folder.name)
    return reports + list(pipeline.run(memory, reads or Direct([ParagraphReader()])))


def known(memory: Memory, scope: str) -> str:
    query = "SELECT text FROM entity WHERE scope = ? ORDER BY number"
    return "\n".join(row["text"] for row in memory.catalog.connection.execute(query, (scope,)))


class Swapping(Direct):
    """Reads each file just after somebody has put a link in its place."""

    def __init__(self, file: Path, target: Path) -> None:
        super().__init__([ParagraphReader()])
        self._file, self._target = file, target

    def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
        self._file.unlink()
        self._file.symlink_to(self._target)
        return super().submit(source, begun)


def test_a_link_put_in_the_place_of_a_file_that_is_being_read_brings_nothing_of_another_place(
    memory: Memory, firm: Path
) -> None:
    (report,) = read(memory, firm / "sales", Swapping(firm / "sales" / "price.txt", firm / "hr" / "salaries.txt"))
    assert report.status == "added" and known(memory, "sales") == "The price is 400."


def test_files_swapped_for_links_all_the_time_bring_nothing_of_another_place(memory: Memory, firm: Path) -> None:
    file, ended = firm / "sales" / "price.txt", threading.Event()

    def swap() -> None:
        for number in range(1_000_000):
            if ended.is_set():
                return
            with suppress(OSError):
                (link := firm / ".link").symlink_to(firm / "hr" / "salaries.txt")
                link.replace(file)
                (new := firm / ".new").write_text(f"The price is {number}.")
                new.replace(file)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        for _ in range(60):
            read(memory, firm / "sales")
            assert SECRET not in known(memory, "sales")
    finally:
        ended.set()
        swapping.join()


def test_a_folder_on_the_way_that_is_a_link_is_not_gone_through(firm: Path) -> None:
    file = firm.resolve() / "sales" / "price.txt"
    with straight.opened(file) as opened:
        assert opened.read() == b"The price is 400."
    (firm / "sales").rename(firm / "old")
    (firm / "sales").symlink_to(firm / "old")
    with pytest.raises(UnreadableSource, match="become a link"):
        straight.opened(file)


def test_a_file_that_changes_after_it_was_looked_at_is_stored_as_it_was_read(memory: Memory, firm: Path) -> None:
    file, own = firm.resolve() / "sales" / "price.txt", firm / "own"
    own.mkdir()
    source = look(file, memory.settings)
    file.write_text("The price is 500.")
    taken = take(source, own)
    assert taken.source.sha256 == look(file, memory.settings).sha256 != source.sha256


def test_a_companion_that_is_a_link_is_not_read_along(firm: Path) -> None:
    (firm / "sales" / "talk.vtt").symlink_to(firm / "sales" / "price.txt")
    assert companions(firm / "sales" / "talk.wav", "audio/x-wav") == []


def test_no_copy_is_left_when_a_file_has_been_read_and_a_killed_reading_is_tidied(memory: Memory, firm: Path) -> None:
    settings, space = memory.settings, memory.space
    (firm / "sales" / "broken.txt").write_text("BROKEN")
    assert {report.status for report in read(memory, firm / "sales")} == {"added", "failed"}
    assert list(settings.reading_folder.iterdir()) == []
    (settings.reading_folder / "left").mkdir()
    memory.close()
    with Memory(settings, space):
        assert not settings.reading_folder.exists()


# -- hard links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed", [False, True])
def test_a_hard_link_to_a_source_of_another_scope_is_one_line(memory: Memory, firm: Path, changed: bool) -> None:
    read(memory, firm / "hr")
    os.link(firm / "hr" / "salaries.txt", firm / "sales" / "hard.txt")
    if changed:
        (firm / "hr" / "salaries.txt").write_text("The salary of Tanabe is 9900.")
    reports = {Path(report.source).name: report for report in read(memory, firm / "sales")}
    assert reports["price.txt"].status == "added" and reports["hard.txt"].status == "failed"
    assert "hard link" in reports["hard.txt"].error and "salaries" not in reports["hard.txt"].error
    assert known(memory, "sales") == "The price is 400."


def test_a_hard_link_is_known_when_both_are_read_at_once(memory: Memory, firm: Path) -> None:
    os.link(firm / "hr" / "salaries.txt", firm / "sales" / "hard.txt")
    pipeline.ask(memory.catalog, [firm / "hr", firm / "sales"], lambda path: path.parent.name)
    reports = pipeline.run(memory, Direct([ParagraphReader()]))
    became = {Path(report.source).name: report.status for report in reports}
    assert became == {"salaries.txt": "added", "hard.txt": "failed", "price.txt": "added"}


def test_hard_links_within_a_scope_and_of_a_back_up_elsewhere_are_read(memory: Memory, firm: Path) -> None:
    (firm / "backup").mkdir()
    os.link(firm / "sales" / "price.txt", firm / "backup" / "price.txt")
    os.link(firm / "sales" / "price.txt", firm / "sales" / "again.txt")
    assert sorted(report.status for report in read(memory, firm / "sales")) == ["added", "copy"]
    (firm / "sales" / "again.txt").write_text("The price is 500.")
    assert "failed" not in {report.status for report in read(memory, firm / "sales")}
    assert set(known(memory, "sales").splitlines()) == {"The price is 500."}
