"""Reading in other processes: what is read comes back whole, and what hangs, swells or crashes costs one line."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest import pipeline
from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Item, Note
from ingest.reading import Read, wire
from ingest.reading.workers import Workers
from ingest.source import Source, look
from ingest.space.entity import Draft, Locator
from ingest.text.columns import Column, Columns


class Troubled:
    """A reader in miniature that does what the file tells it: it hangs, swells, crashes, or reads."""

    name = "troubled"

    def accepts(self, source: Source) -> bool:
        return True

    def read(self, source: Source) -> Iterator[Item]:
        said = source.path.read_text()
        if said == "hang":
            time.sleep(600)
        elif said == "swell":
            held = []
            while True:
                held.append(b"x" * (200 << 20))
        elif said == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        elif said == "orphan":
            os.kill(os.getppid(), signal.SIGKILL)
        elif said == "bad":
            raise ValueError("not what it seems")
        yield Draft(
            "passage", said, Locator(page=3, box=(0.0, 1.0, 2.5, 3.0)), "Title", "k", facts={"n": 1, "x": [1.5]}
        )
        yield Note("all well")


def troubled(settings: Settings) -> Sequence[Troubled]:
    return [Troubled()]


def broken(settings: Settings) -> Sequence[Troubled]:
    """Readers that cannot be opened: the process ends before it is there."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", read_seconds=20, read_mb=700)


def test_a_file_that_hangs_swells_or_crashes_is_one_line_and_the_others_are_read(
    tmp_path: Path, limits: Settings, memory: Memory
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("1 good", "2 hang", "3 good", "4 swell", "5 crash", "6 bad", "7 good"):
        (folder / f"{name}.txt").write_text(name if "good" in name else name.split()[1])
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    with closing(Workers(troubled, limits)) as workers:
        reports = {Path(report.source).stem: report for report in pipeline.run(memory, workers)}
    assert [name for name, report in reports.items() if report.status == "added"] == ["1 good", "3 good", "7 good"]
    assert reports["2 hang"].error == "reading it takes longer than 20 s"
    assert reports["4 swell"].error == "reading it takes more memory than 700 MB"
    assert reports["5 crash"].error == "reading it stopped the process that reads"
    assert reports["6 bad"].error == "damaged or not what it seems (not what it seems)"


def test_what_was_read_comes_back_as_it_was(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=9))
    columns = (
        Column("day", "date", [dt.date(2026, 1, 2), None]),
        Column("at", "datetime", [dt.datetime(2026, 1, 2, 3, 4, tzinfo=zone), dt.datetime(2026, 1, 2)]),
        Column("n", "number", [1, 2.5], "kg", 1, True),
        Column("ok", "boolean", [True, None]),
        Column("said", "text", ["\udc80 髙", None]),
    )
    table = Columns("t", "name", columns, [2, 3], "S", "at", frozenset([3]), ("one row",))
    draft = Draft("row", "said", Locator(box=(1.0, 2.0, 3.0, 4.0), chars=(1, 2)), "t", "k", "p", {"a": [1, None]})
    found = Read("x", (draft,), (table,), ("note",))
    assert wire.unpacked(json.loads(wire.packed(found))) == found
    seen = replace(draft, meaning=np.ones((2, 3), np.float32))
    (back,) = wire.unpacked(json.loads(wire.packed(Read("x", (seen,))))).drafts
    assert np.array_equal(back.meaning, seen.meaning)


def test_a_source_comes_back_as_it_was(tmp_path: Path, limits: Settings) -> None:
    (tmp_path / "a.txt").write_bytes(b"words\n")
    source = look(tmp_path / "a.txt", limits)
    assert wire.a_source(wire.of_source(source), limits) == source


def test_a_worker_reads_again_after_it_was_ended(tmp_path: Path, limits: Settings) -> None:
    for name in ("crash", "fine"):
        (tmp_path / f"{name}.txt").write_text(name)
    begun = threading.Semaphore(0)
    with closing(Workers(troubled, limits)) as workers:
        for _ in range(2):
            with pytest.raises(UnreadableSource):
                workers.submit(look(tmp_path / "crash.txt", limits), begun.release).result()
            done = workers.submit(look(tmp_path / "fine.txt", limits), begun.release).result()
            assert done.notes == ("all well",)


def test_a_file_is_begun_once_a_process_is_there_to_read_it(tmp_path: Path, limits: Settings) -> None:
    (tmp_path / "fine.txt").write_text("fine")
    begun: list[str] = []
    with closing(Workers(broken, limits)) as workers, pytest.raises(UnreadableSource, match="stopped the process"):
        workers.submit(look(tmp_path / "fine.txt", limits), lambda: begun.append("never")).result()
    with closing(Workers(troubled, limits)) as workers:
        workers.submit(look(tmp_path / "fine.txt", limits), lambda: begun.append("once")).result()
    assert begun == ["once"]


def test_a_process_whose_parent_is_killed_ends_without_a_word(tmp_path: Path) -> None:
    """It has an answer that nobody takes. `run` comes back when both have ended, for both write to the same pipe."""
    (tmp_path / "a.txt").write_text("orphan")
    script = (
        "from pathlib import Path; from ingest.base.settings import Settings; from ingest.source import look\n"
        "from ingest.reading.workers import Workers; from tests.test_workers import troubled\n"
        f"settings = Settings(home=Path({str(tmp_path / 'home')!r}))\n"
        "if __name__ == '__main__':\n"
        f"    Workers(troubled, settings).submit(look(Path({str(tmp_path / 'a.txt')!r}), settings), lambda: None).result()\n"
    )
    (tmp_path / "parent.py").write_text(script)
    path = os.pathsep.join((str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")))
    ended = subprocess.run(
        [sys.executable, tmp_path / "parent.py"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
