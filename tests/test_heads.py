"""Worked examples are read once in the life of a memory; what was filled in for somebody is never kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.model.heads import Heads
from assistant.model.llm import Llm
from assistant.model.reader import Reader
from assistant.model.vocabulary import Told, Turn
from ingest.memory.beside import Beside
from ingest.privacy.keys import Files
from ingest.privacy.sealed import Sealed

from .tiny_gguf import write_model

EXAMPLES = (Turn("system", "You part questions."), Turn("user", "Two?"), Turn("assistant", "One.\nOther."))
FILLED = "You know these files: salaries.xlsx"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "tiny.gguf", "qwen2", context=1024)


def started(path: Path, home: Path) -> Reader:
    """A reader as a new process has it."""
    return Reader(Llm(path, context=1024, threads=1), sealed=Sealed(Files(home / "keys"), Beside(home), 1 << 30))


def asked(reader: Reader, told: Told) -> np.ndarray:
    with reader.llm.given(told) as given:
        return given.score([reader.tokenize("Three?")], range(len(reader.llm.vocabulary)))[0]


def read(reader: Reader, told: Told) -> int:
    """Tokens that the model reads when it is asked."""
    counted: list[int] = []
    original = reader.llm.window.read

    def counting(rows: list[object], scored: bool = False) -> object:
        counted.extend(len(row.ids) for row in rows)  # type: ignore[attr-defined]
        return original(rows, scored)  # type: ignore[arg-type]

    reader.llm.window.read = counting  # type: ignore[method-assign,assignment]
    asked(reader, told)
    return sum(counted)


def test_worked_examples_are_read_once_and_not_again_by_the_next_process(path: Path, tmp_path: Path) -> None:
    question = len(started(path, tmp_path).tokenize("Three?"))
    assert read(started(path, tmp_path), EXAMPLES) > question
    assert read(started(path, tmp_path), EXAMPLES) == question


def test_what_comes_back_is_exactly_what_was_read(path: Path, tmp_path: Path) -> None:
    first, second = (asked(started(path, tmp_path), EXAMPLES) for _ in range(2))
    assert np.array_equal(first, second)


def test_what_was_filled_in_for_somebody_is_not_kept(path: Path, tmp_path: Path) -> None:
    asked(started(path, tmp_path), FILLED)
    assert Beside(tmp_path).count() == 0


def test_what_is_damaged_or_of_another_model_is_read_anew(path: Path, tmp_path: Path) -> None:
    right = asked(started(path, tmp_path), EXAMPLES)
    (file,) = (one for one in (tmp_path / "kept").rglob("*") if one.is_file())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert np.array_equal(asked(started(path, tmp_path), EXAMPLES), right)
    ids = started(path, tmp_path).llm.vocabulary.head(EXAMPLES)
    sealed = Sealed(Files(tmp_path / "keys"), Beside(tmp_path), 1 << 30)
    assert not Heads(sealed, "another model").get(ids)


def test_no_source_takes_them_along_when_it_goes(path: Path, tmp_path: Path) -> None:
    asked(started(path, tmp_path), EXAMPLES)
    Beside(tmp_path).sweep([])
    assert Beside(tmp_path).count() == 1


def test_what_is_learned_ahead_is_there_when_it_is_asked_for(path: Path, tmp_path: Path) -> None:
    first = started(path, tmp_path)
    first.llm.learn(EXAMPLES)
    first.llm.learn(FILLED)
    assert Beside(tmp_path).count() == 1
    assert read(started(path, tmp_path), EXAMPLES) == len(first.tokenize("Three?"))
