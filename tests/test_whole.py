"""Whatever one file says or is called, it costs at most one line: the others are read, and whoever reads goes on."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.cli import main
from ingest import jobs, pipeline
from ingest.base.errors import MemoryHeld, NoRoom
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Enclosed, Note, Reader
from ingest.readers.concept import ConceptReader
from ingest.readers.data import JsonReader
from ingest.reading import Direct
from ingest.reading.workers import Workers
from ingest.source import NOT_UTF8, Source
from ingest.space.entity import Draft, Locator
from ingest.space.space import Placed
from ingest.text.columns import Column, Columns
from ingest.text.whole import storable, whole
from tests.conftest import ParagraphReader, WordSpace

GLOSSARY = 'concepts:\n  - name: "a\\ud800b"\n    definition: "x \\ud800 of the \\ud83d\\ude00 \\udc00"\n'


class Odd:
    """Reads text files; one whose name says so has halves of characters wherever a reader can say something."""

    name = "odd"

    def accepts(self, source: Source) -> bool:
        return True

    def read(self, source: Source) -> Iterator[Draft | Note | Columns | Enclosed]:
        text = source.path.read_text("utf-8")
        if text != "odd":
            yield Draft("passage", text)
            return
        half = "half \ud800"
        yield Note(half)
        yield Draft("table", half, Locator(part=half), half, half, facts={"caption": half, "names": [half]})
        yield Draft("row", f"{half}: 1", Locator(row=1, cell=half), half, "", half, {"row": 1})
        yield Columns(half, half, (Column(half, "text", [half, None]), Column("n", "number", [1, 2.5])), [1, 2], half)
        yield Enclosed(f"{half}.txt", b"enclosed", half)


class Strict(WordSpace):
    """A space that takes no text with a zeppelin in it, as a tokenizer refuses what it does not know."""

    def place(self, texts: Sequence[str], ratio: int = 1, question: bool = False) -> list[Placed]:
        if any("zeppelin" in text for text in texts):
            raise TypeError("TextInputSequence must be str")
        return super().place(texts, ratio, question)


class Overflowing:
    """Reads a fact that no database takes."""

    name = "overflowing"

    def accepts(self, source: Source) -> bool:
        return source.path.name == "endless.txt"

    def read(self, source: Source) -> Iterator[Draft]:
        facts: Any = {"when": object()}
        yield Draft("passage", "endless", facts=facts)


def read(memory: Memory, folder: Path, *readers: Reader) -> dict[str, str]:
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    return {Path(one.source).name: one.error or one.status for one in pipeline.run(memory, Direct(readers))}


def test_halves_of_characters_are_marked_and_pairs_of_them_joined() -> None:
    assert whole("a\ud800b \ud83d\ude00 観") == "a\ufffdb \U0001f600 観"
    said = storable(Draft("passage", "\udfff", Locator(part="\ud800", row=3), facts={"a\ud800": ["\udc00", 1]}))
    assert said == Draft("passage", "\ufffd", Locator(part="\ufffd", row=3), facts={"a\ufffd": ["\ufffd", 1]})


def test_a_file_that_says_halves_of_characters_is_stored_with_all_it_says(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in {"glossary.yaml": GLOSSARY, "data.jsonl": '{"name": "a\\ud800"}\n' * 3}.items():
        (folder / name).write_text(text, "utf-8")
    assert set(read(memory, folder, ConceptReader(), JsonReader()).values()) == {"added"}
    (folder / "odd.txt").write_text("odd", "utf-8")
    assert read(memory, folder / "odd.txt", Odd()) == {"odd.txt": "added"}
    texts = [one.text for row in memory.catalog.sources() for one in memory.catalog.entities_of(row.id)]
    assert (
        any("of the \U0001f600 \ufffd" in text for text in texts) and "half \ufffd: 1" in texts and "enclosed" in texts
    )


def test_an_error_that_nobody_foresaw_fails_its_own_file_in_one_line(settings: Settings, tmp_path: Path) -> None:
    """In the placing of several files at once, and in the storing of one."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("fish", "zeppelin", "bird", "endless"):
        (folder / f"{name}.txt").write_text(f"a {name}", "utf-8")
    with Memory(settings, Strict()) as memory:
        found = read(memory, folder, Overflowing(), ParagraphReader())
        assert (found["fish.txt"], found["bird.txt"]) == ("added", "added")
        for name in ("zeppelin.txt", "endless.txt"):
            assert found[name].startswith("cannot be taken in (") and "\n" not in found[name]
        assert not jobs.waiting(memory.catalog) and len(memory.catalog.sources()) == 2


def test_a_fault_of_the_memory_is_no_files_fault(settings: Settings, tmp_path: Path) -> None:
    class Full(WordSpace):
        def place(self, texts: Sequence[str], ratio: int = 1, question: bool = False) -> list[Placed]:
            raise sqlite3.OperationalError("database or disk is full")

    (tmp_path / "fish.txt").write_text("a fish", "utf-8")
    with Memory(settings, Full()) as memory:
        with pytest.raises(sqlite3.OperationalError):
            read(memory, tmp_path / "fish.txt", ParagraphReader())
        assert len(jobs.waiting(memory.catalog)) == 1


class Unpacking(ParagraphReader):
    """Needs the disk for what is in a fish."""

    def read(self, source: Source) -> Iterator[Draft | Note]:
        if source.path.stem == "fish":
            raise OSError(errno.ENOSPC, "No space left on device", str(source.path))
        yield from super().read(source)


def unpacking(settings: Settings) -> Sequence[Reader]:
    return [Unpacking()]


def test_a_disk_that_is_full_while_a_file_is_read_is_not_that_files_fault_and_the_rest_is_read(
    settings: Settings, tmp_path: Path
) -> None:
    (folder := tmp_path / "files").mkdir()
    for name in ("bird", "fish", "moth"):
        (folder / f"{name}.txt").write_text(f"a {name}", "utf-8")
    with Memory(settings, WordSpace()) as memory:
        for reads in (Direct([Unpacking()]), Workers(unpacking, settings)):
            pipeline.ask(memory.catalog, [folder], lambda path: "a")
            with closing(reads), pytest.raises(NoRoom, match="the disk is full"):
                list(pipeline.run(memory, reads))
            assert [Path(one.path).name for one in jobs.waiting(memory.catalog)] == ["fish.txt"]
        assert len(memory.catalog.sources()) == 2
        assert read(memory, folder, ParagraphReader())["fish.txt"] == "added"


def test_of_a_full_disk_the_server_says_so_once_and_reads_when_there_is_room(
    memory: Memory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults: list[Exception] = [
        MemoryHeld("somebody else has it"), NoRoom("fish.txt needs 9.0 MB on a disk with 4.0 MB free"),
        sqlite3.OperationalError("database or disk is full"),
    ]  # fmt: skip

    def readers() -> Direct:
        if faults:
            raise faults.pop(0)
        return Direct([ParagraphReader()])

    (tmp_path / "fish.txt").write_text("a fish", "utf-8")
    pipeline.ask(memory.catalog, [tmp_path / "fish.txt"], lambda path: "a")
    with pipeline.attending(memory, readers):
        while jobs.count_waiting(memory.catalog):
            threading.Event().wait(0.05)
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition("fault: ")[2].partition(" (")[0] for line in said] == [
        "fish.txt needs 9.0 MB on a disk with 4.0 MB free", "the disk is full; nothing was lost"
    ]  # fmt: skip


def test_ingestion_goes_on_after_any_fault_and_says_it_once(
    memory: Memory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[int] = []
    read_it = threading.Event()

    def readers() -> Direct:
        opened.append(1)
        if len(opened) < 3:
            raise RuntimeError("no process can be started")
        return Direct([ParagraphReader()])

    (tmp_path / "fish.txt").write_text("a fish", "utf-8")
    pipeline.ask(memory.catalog, [tmp_path / "fish.txt"], lambda path: "a")
    with pipeline.attending(memory, readers):
        while jobs.count_waiting(memory.catalog):
            read_it.wait(0.05)
    assert len(memory.catalog.sources()) == 1
    assert capsys.readouterr().err.count("no process can be started") == 1


def named(folder: Path, *names: bytes) -> list[Path]:
    """Files below a folder whose names are these bytes."""
    found = [Path(os.fsdecode(os.fsencode(folder) + b"/" + name)) for name in names]
    for path in found:
        path.parent.mkdir(exist_ok=True)
        path.write_text("# A bird", "utf-8")
    return found


def test_a_file_whose_name_is_no_text_is_one_failed_file_and_the_rest_is_read(memory: Memory, tmp_path: Path) -> None:
    named(tmp_path / "files", b"good.md", b"bad\xff.md", b"deep\x83\x5c/a.md")
    _, reports = pipeline.ask(memory.catalog, [tmp_path / "files"], lambda path: "a")
    assert [(Path(one.source).name, one.status, one.error) for one in reports] == [
        ("bad\ufffd.md", "failed", NOT_UTF8), ("deep\ufffd\\", "failed", NOT_UTF8)
    ]  # fmt: skip
    assert [one.status for one in pipeline.run(memory, Direct([ParagraphReader()]))] == ["added"]


def test_the_command_names_such_a_file_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bad,) = named(tmp_path / "files", b"bad\xff.md")
    for path in (bad, bad.parent):
        assert main(["--home", str(tmp_path / "home"), "ingest", str(path)]) == 1
        assert f"bad\ufffd.md: {NOT_UTF8}\n" in capsys.readouterr().out
