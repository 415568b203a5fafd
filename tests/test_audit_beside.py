"""The record is looked at while others write in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.govern.anchor import AnchorFile
from assistant.govern.audit import Audit
from assistant.govern.audit_key import AuditKey
from ingest.base.access import Viewer
from ingest.memory.catalog import Catalog
from ingest.privacy.keys import Files
from tests.tampering import fill

AUDITOR = Viewer("berg", frozenset({"sales"}))


class Memory:
    """A record with an anchor, that any number of processes work in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def opened(self) -> Audit:
        """As a process has it that was just started."""
        key = AuditKey(Files(self._folder / "keys"))
        anchor = AnchorFile(self._folder / "anchor")
        return Audit(
            Catalog(self._folder / "catalog.sqlite"), key.secret, self._folder / "audit.head", anchor=anchor, birth=key
        )


@contextmanager
def writing(memory: Memory, writers: int) -> Iterator[None]:
    """Others write one row after the other for as long as this is open."""
    ended = threading.Event()

    def write() -> None:
        audit = memory.opened()
        while not ended.is_set():
            fill(audit, 1)

    running = [threading.Thread(target=write) for _ in range(writers)]
    for one in running:
        one.start()
    try:
        yield
    finally:
        ended.set()
        for one in running:
            one.join()


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(tmp_path)


def test_a_record_that_others_write_in_meanwhile_is_whole(memory: Memory) -> None:
    audit = memory.opened()
    fill(audit, 300)
    with writing(memory, 2):
        assert [audit.verify() for _ in range(15)] == [[]] * 15
        reports = [list(audit.export(AUDITOR)) for _ in range(3)]
    assert all("The record is whole." in report for report in reports)
    assert audit.verify() == []


def test_a_record_that_others_begin_meanwhile_is_whole(memory: Memory) -> None:
    audit, problems = memory.opened(), []
    with writing(memory, 1):
        while not any(audit.show(AUDITOR)):
            problems += audit.verify()
    assert problems + audit.verify() == []


def test_a_look_moves_no_mark_and_tells_no_anchor(memory: Memory, tmp_path: Path) -> None:
    audit = memory.opened()
    fill(audit, 3)
    before = [(tmp_path / name).read_bytes() for name in ("audit.head", "anchor")]
    (tmp_path / "audit.head").unlink()
    assert [one.kind for one in audit.verify()] == ["mark missing"]
    assert not (tmp_path / "audit.head").exists()
    (tmp_path / "audit.head").write_bytes(before[0])
    assert audit.verify() == [] and (tmp_path / "anchor").read_bytes() == before[1]
