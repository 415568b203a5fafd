"""The command about concepts, over a small memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli import main
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.space.encoders.words import Words
from ingest.space.entity import Draft
from ingest.space.space import Space
from tests.test_links import Letters, concept, put


def filled(home: Path, space: Space) -> Path:
    with Memory(Settings(home=home), space) as memory:
        put(memory, "glossary", "public", [concept("HS-40", "forty spindle")])
        put(memory, "manual", "public", [Draft("passage", "Grease the forty spindle of MC-3.", title="Manual")])
        put(memory, "photo", "public", [Draft("picture", "a nameplate: HS-40, MC-3")])
        put(memory, "pay", "hr", [Draft("passage", "bonus for the HS-40 team")])
    return home


def test_concepts_are_listed_shown_and_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = str(filled(tmp_path / "home", Letters()))
    assert main(["--home", home, "concepts"]) == 0
    assert "HS-40                    public           2 passage, 1 picture" in capsys.readouterr().out
    assert main(["--home", home, "concepts", "show", "forty spindle"]) == 0
    said = capsys.readouterr().out
    assert "1x 'forty spindle'  Manual: Grease the forty spindle" in said
    assert main(["--home", home, "concepts", "propose"]) == 0
    assert capsys.readouterr().out.startswith("MC-3 ")


def test_an_unknown_concept_and_a_missing_definition_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(filled(tmp_path / "home", Letters()))
    assert main(["--home", home, "concepts", "show", "nothing"]) == 1
    assert main(["--home", home, "concepts", "accept", "MC-3"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_an_accepted_concept_is_in_the_file_and_in_the_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, file = str(filled(tmp_path / "home", Letters())), tmp_path / "terms.yaml"
    accept = ["concepts", "accept", "MC-3", "--definition", "A machining centre.", "--file", str(file)]
    assert main(["--home", home, *accept]) == 0
    assert "MC-3" in file.read_text(encoding="utf-8")
    assert main(["--home", home, "audit"]) == 0
    assert "concept accept" in capsys.readouterr().out


@pytest.mark.slow
def test_a_vector_is_refined_and_reverted_with_the_real_encoder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = str(filled(tmp_path / "home", Words()))
    assert main(["--home", home, "concepts", "refine"]) == 0
    assert "vector 1: 2 speakers" in capsys.readouterr().out
    assert main(["--home", home, "concepts", "revert", "HS-40"]) == 0
