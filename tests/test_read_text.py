"""HTML, XML and plain text: cells by the rules of running text, front matter, tables drawn with rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from .reading import rows, words, written

SHOP = """<html><body><table><tr><th>Tool<th>Price<th>Medium<th>作業</tr>
<tr><td>Drill<td><del>12,000 JPY</del> <ins>9,800 JPY</ins><td>H<sub>2</sub>O<td><ruby>点<rt>てん</rt>検<rt>けん</rt></ruby></tr>
<tr><td>Saw<td><span style="display:none">15000</span>7,<b>500</b> JPY<td>Oil<br>Fat<td><s>x</s><p>a</p><p>b</p></tr></table>
<p>Was <s>1 day</s> two days.</p><iframe src="x"></iframe></body></html>"""


def test_cells_follow_the_rules_of_running_text(tmp_path: Path) -> None:
    found = written(tmp_path / "shop.html", SHOP)
    assert rows(found) == [
        "Tool: Drill; Price: 9,800 JPY; Medium: H₂O; 作業: 点検", "Tool: Saw; Price: 7,500 JPY; Medium: Oil Fat; 作業: a b",
    ]  # fmt: skip
    assert "Was two days." in words(found)
    assert found.notes == (
        "1 embedded pages or objects in it were not read", "3 struck out stretches were left out", "1 hidden parts were left out",
    )  # fmt: skip


def test_the_properties_of_a_note_are_read(tmp_path: Path) -> None:
    found = written(
        tmp_path / "n.md",
        "---\ntitle: Lockout\nowner: Sumire Kato\ntags: [safety]\n---\n\n# Lockout\n\nHang the tag.\n",
    )
    assert "owner: Sumire Kato" in words(found)
    assert found.drafts[0].title == "Lockout"


def test_tables_drawn_with_rules_are_tables(tmp_path: Path) -> None:
    grid = (
        "+------+-------+\n| Part | Price |\n+======+=======+\n| bolt | 3     |\n| long |       |\n+------+-------+\n"
    )
    grid += "| nut  | 4     |\n+------+-------+\n"
    simple = "====  =====\nName  City\n====  =====\n遠藤  大阪\nAbe   Nara\n====  =====\n"
    found = written(tmp_path / "t.rst", f"Parts\n=====\n\n{grid}\nand\n\n{simple}\nEnd.\n")
    said = ["Part: bolt long; Price: 3", "Part: nut; Price: 4", "Name: 遠藤; City: 大阪", "Name: Abe; City: Nara"]
    assert rows(found) == said
    assert "End." in words(found)


@pytest.mark.parametrize("name", ["list.txt", "list.md"])
def test_a_rule_below_a_line_in_columns_makes_it_no_heading(tmp_path: Path, name: str) -> None:
    rule = "-" * 40
    rows = "Bolt M8       1200   A-01\nOil HLP 46      40   C-01"
    text = f"Stock\n\nPart        Pieces   Place\n{rule}\n{rows}\n{rule}\nSum           1240\n"
    assert not any("Part" in one.title or "Oil" in one.title for one in written(tmp_path / name, text).drafts)


def test_xml_of_records_keeps_the_names_of_elements_and_their_attributes(tmp_path: Path) -> None:
    found = written(
        tmp_path / "x1.xml",
        '<?xml version="1.0"?><Order nr="B-77" date="2026-05-11"><Customer>Abe &amp; Co</Customer><Lines>'
        '<Pos nr="1" unit="pcs"><Text>Seal</Text><Qty>20</Qty><Price currency="EUR">1,25</Price></Pos>'
        '<Pos nr="2" unit="m"><Text>Hose</Text><Qty>15</Qty><Price currency="EUR">6,40</Price></Pos>'
        "</Lines><!-- old: 9,99 --><Total>121,00</Total></Order>",
    )
    assert rows(found) == [
        "nr: 1; unit: pcs; Text: Seal; Qty: 20; Price: 1,25; Price currency: EUR",
        "nr: 2; unit: m; Text: Hose; Qty: 15; Price: 6,40; Price currency: EUR",
    ]
    assert found.drafts[0].title == "x1 > Order nr B-77, date 2026-05-11"
    assert "Customer: Abe & Co\nTotal: 121,00" in words(found)


def test_xml_of_running_text_is_read_as_text(tmp_path: Path) -> None:
    said = "<doc><p>Turn the <b>main</b> valve off before you open it.</p><p>Then wait for ten minutes.</p></doc>"
    found = written(tmp_path / "d.xml", f'<?xml version="1.0"?>{said}')
    assert words(found) == "Turn the main valve off before you open it.\nThen wait for ten minutes."


def test_xml_that_is_broken_or_nested_without_end_is_still_read(tmp_path: Path) -> None:
    assert "5 bar" in words(written(tmp_path / "b.xml", '<?xml version="1.0"?><a><b unit="x">5 bar</a>'))
    deep = "<a>" * 5_000 + "5 bar" + "</a>" * 5_000
    assert written(tmp_path / "deep.xml", f'<?xml version="1.0"?>{deep}').reader == "html"


def test_what_is_struck_out_in_a_cell_of_markdown_is_no_value_and_said(tmp_path: Path) -> None:
    lines = [
        "| Station | Time (s) | Note |",
        "|---|---|---|",
        "| S1 | ~~15.1~~ 13.9 | ~~old~~ |",
        "| S2 | 12.4 | a~~b |",
    ]
    found = written(tmp_path / "a.md", "\n".join(["# Cycles", "", *lines, "", "See ~~May~~ June."]))
    assert rows(found) == ["Station: S1; Time: 13.9 s", "Station: S2; Time: 12.4 s; Note: a~~b"]
    assert "See ~~May~~ June." in words(found) and "2 struck out stretches were left out" in found.notes
