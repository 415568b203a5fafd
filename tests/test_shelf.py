"""What a reader keeps: sealed by scope, read ahead, found again after a restart, gone with its source."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from assistant.model import shelf as shelves
from assistant.model.llm import Llm
from assistant.model.prompt import Text
from assistant.model.shelf import Shelf
from ingest.base.settings import Settings
from ingest.memory.beside import Beside
from ingest.memory.memory import Memory
from ingest.privacy.keys import Files
from ingest.privacy.sealed import Sealed

from .test_retrieve import put
from .tiny_gguf import write_model

TEXTS = [Text("", f"The pump number {n} is oiled weekly.", scope="open", source="manual") for n in range(3)]


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Llm:
    return Llm(
        write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", "qwen2", context=16384), context=16384, threads=1
    )


def sealed(home: Path, most: int = 1 << 30) -> Sealed:
    return Sealed(Files(home / "keys"), Beside(home), most)


def read(shelf: Shelf, texts: list[Text]) -> int:
    """Takes the texts; returns how many of them had to be read."""
    counted: list[int] = []
    original = shelf._llm.read

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(llm_of, name)

        def read(self, system: str, texts: list[list[int]]) -> object:
            counted.append(len(texts))
            return original(system, texts)

    llm_of = shelf._llm
    shelf._llm = Counting()  # type: ignore[assignment]
    shelf.take(texts)
    shelf._llm = llm_of
    return sum(counted)


def test_a_source_is_read_once_in_its_life(llm: Llm, tmp_path: Path) -> None:
    """A second shelf, as after a restart, finds it on disk; what it finds is what was kept."""
    first = Shelf(llm, sealed(tmp_path))
    assert read(first, TEXTS) == 3 and read(first, TEXTS) == 0
    second = Shelf(llm, sealed(tmp_path))
    assert read(second, TEXTS) == 0
    assert [one.key for one in second.take(TEXTS)] == [one.key for one in first.take(TEXTS)]


def test_what_was_read_ahead_need_not_be_read_when_it_is_asked_for(llm: Llm, tmp_path: Path) -> None:
    shelf = Shelf(llm, sealed(tmp_path))
    assert not any(map(shelf.has, TEXTS))
    shelf.ahead(TEXTS[:2])
    assert [shelf.has(text) for text in TEXTS] == [True, True, False]
    assert read(shelf, TEXTS) == 1


def test_the_same_words_in_another_scope_or_source_are_another_file(llm: Llm, tmp_path: Path) -> None:
    shelf = Shelf(llm, sealed(tmp_path))
    shelf.take(TEXTS[:1])
    for other in (
        Text("", TEXTS[0].text, scope="hr", source="manual"),
        Text("", TEXTS[0].text, scope="open", source="x"),
    ):
        assert not shelf.has(other)
        assert read(shelf, [other]) == 1


def test_without_a_source_nothing_is_written(llm: Llm, tmp_path: Path) -> None:
    Shelf(llm, sealed(tmp_path)).take([Text("", "said in passing")])
    assert Beside(tmp_path).count() == 0
    alone = Shelf(llm)
    assert read(alone, TEXTS) == 3 and read(alone, TEXTS) == 0 and alone.has(TEXTS[0])


def test_files_say_nothing_and_open_with_the_key_of_their_scope_alone(llm: Llm, tmp_path: Path) -> None:
    """Neither words nor numbers in them, nor by their names; without the key they are read anew."""
    Shelf(llm, sealed(tmp_path)).take(TEXTS)
    files = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert all(
        b"keys" not in path.read_bytes() and "manual" not in str(path) and "open" not in path.parent.name
        for path in files
    )
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)
    for key in (tmp_path / "keys").iterdir():
        key.unlink()
    assert read(Shelf(llm, sealed(tmp_path)), TEXTS) == 3


@pytest.mark.parametrize("harm", ["one bit", "half", "nothing", "another's"])
def test_a_file_that_was_changed_is_not_used(llm: Llm, tmp_path: Path, harm: str) -> None:
    Shelf(llm, sealed(tmp_path)).take(TEXTS[:2])
    first, second = (path for path in (tmp_path / "kept").rglob("*") if path.is_file())
    data = first.read_bytes()
    flipped = data[:40] + bytes([data[40] ^ 1]) + data[41:]
    changed = {"one bit": flipped, "half": data[: len(data) // 2], "nothing": b"", "another's": second.read_bytes()}
    first.write_bytes(changed[harm])
    assert read(Shelf(llm, sealed(tmp_path)), TEXTS[:2]) == 1


def test_over_the_budget_what_was_longest_not_asked_for_goes_and_it_is_counted(llm: Llm, tmp_path: Path) -> None:
    shelf = Shelf(llm, sealed(tmp_path))
    shelf.take(TEXTS[:2])
    size = Beside(tmp_path).size() // 2
    for age, path in enumerate((tmp_path / "kept").rglob("*")):
        if path.is_file():
            os.utime(path, (time.time() - 1000 + age, time.time() - 1000 + age))
    small = Shelf(llm, sealed(tmp_path, most=int(2.6 * size)))
    small.take(TEXTS[1:2])
    small.take(TEXTS[2:])
    assert small.forgotten == 1
    assert [Shelf(llm, sealed(tmp_path)).has(text) for text in TEXTS] == [False, True, True]


def test_memory_holds_so_many_bytes_and_forgets_what_was_longest_not_asked_for(
    llm: Llm, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(llm)
    (one,) = shelf.take(TEXTS[:1])
    monkeypatch.setattr(shelves, "REMEMBERED", one.size + 10)
    assert read(shelf, TEXTS[:1]) == 0
    shelf.take(TEXTS[1:2])
    assert read(shelf, TEXTS[:1]) == 1


def test_it_goes_with_its_source_its_scope_and_its_words(memory: Memory, llm: Llm) -> None:
    """Forgotten, moved to another scope, or changed: what was kept is gone; what is as it was stays."""
    settings: Settings = memory.settings
    shelf = Shelf(llm, sealed(settings.home))

    def keep(source: str, scope: str) -> Text:
        row = memory.catalog.source(source)
        assert row is not None
        text = Text("", f"about {source}", scope=scope, source=source)
        shelf.take([text])
        return text

    put(memory, "a", "open", "the pump is oiled weekly", "the valve is made of steel")
    put(memory, "b", "open", "the door is grey")
    a, b = keep("a", "open"), keep("b", "open")
    put(memory, "a", "open", "the pump is oiled weekly", "the valve is made of steel")
    assert shelf.has(a) and shelf.has(b)
    put(memory, "a", "open", "the pump is oiled daily")
    assert not shelf.has(a) and shelf.has(b)
    a = keep("a", "open")
    memory.move_source("a", "/a", "closed")
    assert not shelf.has(a)
    a = keep("a", "closed")
    memory.forget_source("a")
    assert not shelf.has(a) and shelf.has(b)
    keep("b", "closed")
    memory.beside.sweep((row.id, row.scope) for row in memory.catalog.sources())
    assert memory.beside.count() == 1 and shelf.has(b)
