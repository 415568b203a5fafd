"""What files are called, and the life of a file: told apart, found by what people type, gone, forgotten."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from assistant.answer.cite import Citation
from assistant.cli import main
from assistant.serve.export import markdown
from assistant.serve.talks import Turn
from assistant.serve.web import pieces
from ingest.space.entity import Locator
from ingest.text.paths import meant, near, telling

PATHS = ["/f/A/manual.txt", "/f/B/manual.txt", "/f/ガイド.txt", "/f/B/c/plan.pdf"]


def test_two_files_of_one_name_are_told_apart_by_the_shortest_path() -> None:
    assert list(telling(PATHS).values()) == ["A/manual.txt", "B/manual.txt", "ガイド.txt", "plan.pdf"]


@pytest.mark.parametrize(
    ("said", "found"),
    [("/f/B", PATHS[1:2] + PATHS[3:]), ("manual.txt", PATHS[:2]), ("A/manual.txt", PATHS[:1]), ("c", []), ("x.txt", []),
     (unicodedata.normalize("NFD", "ガイド.txt"), PATHS[2:3]), ("/f/A/manual.txt", PATHS[:1])],
)  # fmt: skip
def test_a_path_a_folder_or_a_name_means_its_sources(said: str, found: list[str]) -> None:
    assert meant(PATHS, said, said if said.startswith("/") else f"/home/{said}") == found


def test_near_names_are_offered() -> None:
    assert near(PATHS, "manul.txt") == ["B/manual.txt"]
    assert near(PATHS, "xyz") == []


def kotonoha(home: Path, *words: str) -> int:
    return main(["--home", str(home), *words])


@pytest.mark.slow
def test_a_file_that_has_gone_is_said_and_pruned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, home = tmp_path / "files", tmp_path / "home"
    for name in ("A/manual.txt", "B/manual.txt", "line\nbreak.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"The canteen of {name} is closed on Fridays.")
    assert kotonoha(home, "ingest", str(folder)) == 0
    (folder / "A" / "manual.txt").unlink()
    capsys.readouterr()
    assert kotonoha(home, "ingest", str(folder)) == 0
    assert "missing" in capsys.readouterr().out
    assert kotonoha(home, "sources") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert kotonoha(home, "ingest", str(folder), "--prune") == 0
    assert "forgotten" in capsys.readouterr().out
    assert kotonoha(home, "audit", "show", "--action", "forget") == 0
    assert "A/manual.txt" in capsys.readouterr().out
    (folder / "C").mkdir()
    (folder / "C" / "rules.txt").write_bytes((folder / "B" / "manual.txt").read_bytes())
    assert kotonoha(home, "ingest", str(folder)) == 0
    assert "1 copy" in capsys.readouterr().out
    assert kotonoha(home, "forget", "rules.txt") == 0
    assert capsys.readouterr().out.count("forgotten") == 2
    assert kotonoha(home, "ingest", str(folder / "B")) == 0
    assert kotonoha(home, "forget", "manul.txt") != 0
    assert "did you mean manual.txt?" in capsys.readouterr().err
    assert kotonoha(home, "forget", str(folder)) == 0
    assert "break.txt" in capsys.readouterr().out


def cited(*files: Path) -> Turn:
    """A turn whose answer rests on these files."""
    citations = [
        Citation(mark, f"e{mark}", "passage", f"s{mark}", str(file), "", Locator(), "six months").as_dict()
        for mark, file in enumerate(files, 1)
    ]
    said = {"how": "model", "answer": "Six months [1]. Nine months [2].", "citations": citations}
    return Turn(1, "q", "done", said, {})


def test_an_answer_says_that_the_file_it_rests_on_is_gone_and_tells_two_of_one_name_apart(tmp_path: Path) -> None:
    files = [tmp_path / "A" / "manual.txt", tmp_path / "B" / "manual.txt"]
    for file in files:
        file.parent.mkdir()
        file.write_text("x")
    whole, gone = cited(*files), "the file is gone since it was read"
    assert [one["gone"] for one in whole.said["citations"]] == [False, False]
    page = pieces.turn("t", whole, "en")
    assert "A/manual.txt" in page and "B/manual.txt" in page and gone not in page
    files[0].unlink()
    assert [one["gone"] for one in cited(*files).said["citations"]] == [True, False]
    assert pieces.turn("t", whole, "en").count(gone) and gone in markdown("t", [(whole, True)], "en").decode()
