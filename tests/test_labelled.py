"""Forms in Word: labels beside values become one record; a table with a header stays a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.reading import Read

from .reading import read_file, rows, table


def saved(tmp_path: Path, cells: Sequence[Sequence[str]], marked: str, way: str = "shaded") -> Read:
    """A table whose marked cells ("m" row by row, rows parted by a blank) are shaded or bold."""
    document = docx.Document()
    document.add_paragraph("点検報告書")
    made = document.add_table(len(cells), len(cells[0]))
    for line, words, marks in zip(made.rows, cells, marked.split(), strict=True):
        for cell, word, mark in zip(line.cells, words, marks, strict=True):
            run = cell.paragraphs[0].add_run(word)
            if mark == "m" and way == "bold":
                run.bold = True
            elif mark == "m":
                cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="D9E2F3"/>'))
    document.save(str(tmp_path / "a.docx"))
    return read_file(tmp_path / "a.docx")


@pytest.mark.parametrize("way", ["shaded", "bold"])
def test_labels_beside_values_are_one_record(way: str, tmp_path: Path) -> None:
    cells = [["点検者", "遠藤 誠"], ["所属", "保全課"], ["設備", "ポンプ P-104"]]
    found = saved(tmp_path, cells, "mu mu mu", way)
    assert rows(found) == ["点検者: 遠藤 誠; 所属: 保全課; 設備: ポンプ P-104"]
    assert [column.name for column in table(found).columns] == ["点検者", "所属", "設備"]


def test_two_fields_may_stand_in_one_row(tmp_path: Path) -> None:
    cells = [["Serial", "MC-8812", "Inspector", "R. Takeda"], ["Date", "2026-06-01", "Pressure (bar)", "6.9"]]
    found = saved(tmp_path, cells, "mumu mumu")
    assert rows(found) == ["Serial: MC-8812; Inspector: R. Takeda; Date: 2026-06-01; Pressure: 6.9 bar"]
    assert table(found).columns[3].values == [6.9]


def test_a_form_that_is_not_filled_in_has_its_first_labels_in_it(tmp_path: Path) -> None:
    found = saved(tmp_path, [["貴社名", ""], ["回答者名", ""], ["業種", "製造業 / 建設業"]], "uu uu uu")
    assert [column.name for column in table(found).columns] == ["貴社名", "回答者名", "業種"]
    assert rows(found) == ["業種: 製造業 / 建設業"]


@pytest.mark.parametrize("marked", ["mm uu uu", "mm mu mu", "uu uu uu"])
def test_a_table_with_a_header_stays_one(marked: str, tmp_path: Path) -> None:
    found = saved(tmp_path, [["部署", "担当"], ["営業", "遠藤"], ["保全", "森"]], marked)
    assert rows(found) == ["部署: 営業; 担当: 遠藤", "部署: 保全; 担当: 森"]


def test_a_column_of_labels_before_several_values_is_no_form(tmp_path: Path) -> None:
    cells: list[list[Any]] = [["", "North", "South"], ["Pumps", "3", "5"], ["Fans", "2", "7"]]
    found = saved(tmp_path, cells, "mmm muu muu")
    assert [list(column.values) for column in table(found).columns[1:]] == [[3, 2], [5, 7]]
