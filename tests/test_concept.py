"""Glossary files."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.readers.concept import ConceptReader, Term, accept
from ingest.source import look
from ingest.space.entity import Draft
from tests.conftest import FIRM


def read(path: Path) -> list[Draft]:
    source = look(path, Settings(home=path.parent))
    assert ConceptReader().accepts(source)
    return list(ConceptReader().read(source))


def accepts(path: Path, text: str) -> bool:
    path.write_text(text, encoding="utf-8")
    return ConceptReader().accepts(look(path, Settings(home=path.parent)))


def test_the_sample_firms_glossary_becomes_concepts_with_names_relations_and_owner() -> None:
    found = {draft.facts["name"]: draft for draft in read(FIRM / "public/glossary.yaml")}
    seal = found["MS-22"]
    assert seal.kind == "concept"
    assert "メカニカルシール" in seal.facts["other_names"]
    assert {"kind": "part of", "to": "HS-40"} in seal.facts["relations"]
    assert seal.text.startswith(
        "MS-22 (also mechanical seal, メカニカルシール, seal ring set): The MS-22 is the mechanical seal"
    )
    assert seal.text.endswith("Owner of the term: Kenji Sawada.")
    assert seal.locator.part == "MS-22"


def test_sheets_in_english_and_japanese_are_read(tmp_path: Path) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("Term,Definition,Synonyms,Owner\nTakt,pace of production,takt time; beat,Abe\n", encoding="utf-8")
    (takt,) = read(file)
    assert takt.facts["other_names"] == ["takt time", "beat"]
    assert takt.locator.row == 2
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["用語", "定義", "別名"], ["チョコ停", "十分未満の停止", "小停止、短時間停止"]):
        sheet.append(row)
    book.save(tmp_path / "用語集.xlsx")
    (stop,) = read(tmp_path / "用語集.xlsx")
    assert stop.facts["other_names"] == ["小停止", "短時間停止"]
    assert stop.locator.sheet == "Sheet"


def test_markdown_headings_and_bold_items_are_names(tmp_path: Path) -> None:
    text = "# Glossary\n\n- **Takt** (beat, takt time): Pace of\n  production.\n- **Gemba**: The shop floor.\n"
    text += "\n## Kaizen\n\nSmall steps.\n\nEvery day.\n"
    assert accepts(tmp_path / "page.md", text)
    found = read(tmp_path / "page.md")
    assert [(d.facts["name"], d.facts["definition"]) for d in found] == [
        ("Takt", "Pace of production."),
        ("Gemba", "The shop floor."),
        ("Kaizen", "Small steps. Every day."),
    ]
    assert found[0].locator.chars is not None
    start, end = found[0].locator.chars
    assert text[start:end].startswith("- **Takt**")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.csv", "name,amount,description\nbolt,3,a bolt\nnut,4,a nut\n"),
        ("notes.md", "# Meeting\n\n- **Abe**: will call.\n- **Sato**: will write.\n"),
        ("config.yaml", "name: x\nport: 80\n"),
    ],
)
def test_what_only_resembles_a_glossary_is_left_to_other_readers(tmp_path: Path, name: str, text: str) -> None:
    assert not accepts(tmp_path / name, text)


def test_a_glossary_that_refers_to_itself_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    assert accepts(file, "- &a\n  name: x\n  definition: y\n- [*a, *a]\n")
    with pytest.raises(UnreadableSource, match="references"):
        read(file)


def test_an_accepted_proposal_is_an_entry_of_a_glossary_file(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    for term in (
        Term("MC-3", "The third machining centre.", ("machine 3",), (("uses", "HS-40"),), "Abe"),
        Term("WI-7", "A rule."),
    ):
        accept(file, term)
    assert [draft.facts["name"] for draft in read(file)] == ["MC-3", "WI-7"]
    assert read(file)[0].facts["relations"] == [{"kind": "uses", "to": "HS-40"}]
