"""DOCX and PPTX: what stands in margins, numbers, boxes and nested tables; what was deleted, hidden or merged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from pptx.util import Inches

from ingest.readers.numbering import figure
from ingest.reading import Read

from .reading import read_file, rows, words

W = nsdecls("w")
NUMBERS = f"""<w:abstractNum {W} w:abstractNumId="77"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl></w:abstractNum>"""


def saved(tmp_path: Path, build: Callable[[Any], None]) -> Read:
    document = docx.Document()
    build(document)
    document.save(str(tmp_path / "a.docx"))
    return read_file(tmp_path / "a.docx")


def test_page_headers_and_footers_are_read_once_and_said_to_be_such(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.add_heading("Cleaning", 1)
        document.add_paragraph("Drain the tank.")
        document.sections[0].header.paragraphs[0].text = "Work instruction WI-4471, revision C"
        document.sections[0].footer.paragraphs[0].text = "Approved by H. Nagai."
        document.add_section().footer.is_linked_to_previous = False
        document.sections[1].footer.paragraphs[0].text = "12"

    found = saved(tmp_path, build)
    assert words(found).count("Page header: Work instruction WI-4471, revision C") == 1
    assert "Page footer: Approved by H. Nagai." in words(found)
    assert "Page footer: 12" not in words(found)


def numbered(document: Any, text: str, level: int, style: str = "Normal") -> None:
    paragraph = document.add_paragraph(text, style=style)
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>')
    )


def test_automatic_numbers_of_headings_and_lists_are_counted(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        root = document.part.numbering_part.element
        root.insert(0, parse_xml(NUMBERS))
        root.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for text, level in (("General", 0), ("Purpose", 1), ("Assembly", 0), ("Cleaning", 1), ("Torque", 1)):
            numbered(document, text, level, f"Heading {level + 1}")
            document.add_paragraph(f"About {text}.")
        numbered(document, "first", 2)
        numbered(document, "second", 2)
        document.add_paragraph("a dot", style="List Bullet")

    found = saved(tmp_path, build)
    (torque,) = [draft for draft in found.drafts if "About Torque" in draft.text]
    assert torque.title.endswith("2 Assembly > 2.2 Torque")
    assert torque.text == "About Torque.\n(a) first\n(b) second\n- a dot"


def test_legal_numbers_are_figures_whatever_their_levels_are_counted_in(tmp_path: Path) -> None:
    legal = NUMBERS.replace('"decimal"/><w:lvlText w:val="%1"', '"upperRoman"/><w:lvlText w:val="%1."')
    legal = legal.replace(
        '"lowerLetter"/><w:lvlText w:val="(%3)"', '"lowerLetter"/><w:isLgl/><w:lvlText w:val="%1.%2.%3"'
    )

    def build(document: Any) -> None:
        root = document.part.numbering_part.element
        root.insert(0, parse_xml(legal))
        root.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for text, level in (("Scope", 0), ("Delivery", 1), ("within 5 days", 2)):
            numbered(document, text, level)

    assert "I. Scope\nI.1 Delivery\n1.1.1 within 5 days" in words(saved(tmp_path, build))


@pytest.mark.parametrize(
    ("number", "form", "said"),
    [(3, "lowerLetter", "c"), (28, "upperLetter", "BB"), (14, "lowerRoman", "xiv"), (12, "japaneseCounting", "十二"),
     (20, "japaneseCounting", "二十"), (3, "decimalEnclosedCircle", "③"), (3, "aiueoFullWidth", "ウ"), (7, "decimalZero", "07")],
)  # fmt: skip
def test_numbers_take_the_forms_of_word(number: int, form: str, said: str) -> None:
    assert figure(number, form) == said


BOX = f"""<w:r {W} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textbox><w:txbxContent>
<w:p><w:r><w:t>Never above 60 °C.</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"""


def test_boxes_and_tables_inside_cells_are_read(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        table = document.add_table(3, 2)
        for row, texts in zip(table.rows, (("Group", "Details"), ("Hoses", ""), ("Gaskets", "Graphite")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.paragraphs[0].text = text
        inner = table.cell(1, 1).add_table(2, 2)
        for cell, text in zip(inner._cells, ("Hose", "Pressure", "H-12", "16 bar"), strict=True):
            cell.paragraphs[0].text = text
        table.cell(2, 1).paragraphs[0]._p.append(parse_xml(BOX))

    found = saved(tmp_path, build)
    assert rows(found) == [
        "Group: Hoses; Details: Hose | Pressure; H-12 | 16 bar", "Group: Gaskets; Details: Graphite Never above 60 °C.",
        "Hose: H-12; Pressure: 16 bar",
    ]  # fmt: skip
    assert found.drafts[-1].title.endswith("Hoses")


def test_a_row_deleted_under_revision_is_gone_and_the_table_whole(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        table = document.add_table(3, 2)
        for row, texts in zip(
            table.rows, (("Material", "Supplier"), ("Gaskets", "Kuroda"), ("Gaskets", "Shirai")), strict=True
        ):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.paragraphs[0].text = text
        table.rows[1]._tr.get_or_add_trPr().append(parse_xml(f'<w:del {W} w:id="9" w:author="x"/>'))

    found = saved(tmp_path, build)
    assert rows(found) == ["Material: Gaskets; Supplier: Shirai"]
    assert found.tables[0].whole


def test_hidden_slides_are_marked_and_come_last_merged_cells_fill_their_rows(tmp_path: Path) -> None:
    show = pptx.Presentation()
    for title in ("Old prices", "Prices"):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = title
        table = slide.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(4), Inches(2)).table
        for cell, text in zip(table.iter_cells(), ("Region", "Units", "East", "1", "", "2"), strict=True):
            cell.text = text
        table.cell(1, 0).merge(table.cell(2, 0))
    show.slides[0]._element.set("show", "0")
    show.save(str(tmp_path / "a.pptx"))
    found = read_file(tmp_path / "a.pptx")
    assert [draft.title for draft in found.drafts if draft.kind == "table"] == [
        "Prices",
        "Prices > Old prices (hidden)",
    ]
    assert rows(found)[:2] == ["Region: East; Units: 1", "Region: East; Units: 2"]
    assert found.notes == ("hidden slides were read and marked: 1",)


def boxes(tmp_path: Path, *placed: tuple[str, float, float, float, float]) -> list[str]:
    """The lines of a slide of boxes with words, each with its left and upper edge, width and height in inches."""
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    for text, *edges in placed:
        slide.shapes.add_textbox(*map(Inches, edges)).text_frame.text = text
    show.save(str(tmp_path / "a.pptx"))
    return words(read_file(tmp_path / "a.pptx")).split("\n")


def test_two_columns_of_a_slide_are_read_one_after_the_other(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[4])
    texts = ("方式", "A案", "費用 320万円\n納期 4か月", "B案", "費用 510万円\n納期 2か月")
    for shape, text in zip(slide.placeholders, texts, strict=False):
        shape.text_frame.text = text
    slide.shapes.add_shape(1, Inches(4), Inches(3), Inches(2), Inches(1))
    slide.shapes.add_textbox(Inches(1), Inches(7), Inches(8), Inches(0.3)).text_frame.text = "社外秘"
    show.save(str(tmp_path / "a.pptx"))
    assert words(read_file(tmp_path / "a.pptx")).split("\n") == [
        "A案", "費用 320万円", "納期 4か月", "B案", "費用 510万円", "納期 2か月", "社外秘",
    ]  # fmt: skip


def test_boxes_that_stand_nearer_to_what_is_below_them_are_columns(tmp_path: Path) -> None:
    assert boxes(
        tmp_path, ("12 min", 5, 3, 3, 0.5), ("after", 5, 2, 3, 0.5), ("before", 1, 2, 3, 0.5), ("31 min", 1, 3, 3, 0.5)
    ) == ["before", "31 min", "after", "12 min"]  # fmt: skip


@pytest.mark.parametrize(
    ("left", "right", "step"),
    [((1, 1), (3, 5), 0.6), ((1, 3), (4.2, 3), 1)],
    ids=["labels beside what they name", "boxes nearer to what is beside them"],
)
def test_rows_of_boxes_on_a_slide_are_read_across(
    tmp_path: Path, left: tuple[float, float], right: tuple[float, float], step: float
) -> None:
    placed = [
        (text, edge, 2 + number * step, width, 0.5)
        for number, pair in enumerate((("cost", "3,200 EUR"), ("time", "4 months")))
        for text, (edge, width) in zip(pair, (left, right), strict=True)
    ]
    assert boxes(tmp_path, *reversed(placed)) == ["cost", "3,200 EUR", "time", "4 months"]


def test_a_shape_or_group_that_is_not_shown_is_read_and_marked(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    put_away = [slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)), slide.shapes.add_group_shape()]
    put_away[0].text_frame.text = "floor price 40 EUR"
    put_away[1].shapes.add_textbox(0, Inches(2), Inches(3), Inches(1)).text_frame.text = "old: 45 EUR"
    slide.shapes.add_textbox(0, Inches(4), Inches(3), Inches(1)).text_frame.text = "price 48 EUR"
    slide.shapes.add_shape(1, 0, 0, Inches(1), Inches(1))
    for shape in [*put_away, slide.shapes[-1]]:
        shape._element.find("./*/{*}cNvPr").set("hidden", "1")
    show.save(str(tmp_path / "a.pptx"))
    found = read_file(tmp_path / "a.pptx")
    assert [(draft.text, draft.locator.part) for draft in found.drafts] == [
        ("[hidden] floor price 40 EUR\n[hidden] old: 45 EUR", "slide 1 (hidden shape)"),
        ("price 48 EUR", "slide 1"),
    ]
    assert found.notes == ("slide 1: 2 hidden shapes were read and marked",)


def test_hidden_words_of_a_sentence_are_marked_and_switched_off_ones_are_not(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph = document.add_paragraph("Price 48 EUR.")
        for text, hidden in ((" Our cost", True), (" 31 EUR", True), (" Plus tax.", False)):
            paragraph.add_run(text).font.hidden = hidden

    found = saved(tmp_path, build)
    assert words(found) == "Price 48 EUR. [hidden: Our cost 31 EUR] Plus tax."
    assert found.notes == ("2 stretches of hidden text were read and marked",)


CONTROL = "<w:sdt {}><w:sdtPr>{}<w:text/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
RUN = "<w:r><w:t>{}</w:t></w:r>"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("<w:showingPlcHdr/>", ["出発日：", "品名: 軸受; 個数: 3"]),
        ("", ["出発日：6月9日\n別紙あり", "品名: 軸受; 担当: 中野; 個数: 3"]),
    ],
)
def test_what_a_field_that_is_not_filled_in_asks_for_is_no_value(tmp_path: Path, asked: str, said: list[str]) -> None:
    def build(document: Any) -> None:
        document.add_paragraph("出発日：")._p.append(parse_xml(CONTROL.format(W, asked, RUN.format("6月9日"))))
        paragraph = f"<w:p>{RUN}</w:p>"
        plain = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
        cell = CONTROL.format(W, asked, plain.format("中野"))
        first = "".join(map(plain.format, ("品名", "担当", "個数")))
        lines = f"<w:tr>{first}</w:tr><w:tr>{plain.format('軸受')}{cell}{plain.format('3')}</w:tr>"
        document.element.body.insert(1, parse_xml(CONTROL.format(W, asked, paragraph.format("別紙あり"))))
        document.element.body.insert(2, parse_xml(f"<w:tbl {W}>{lines}</w:tbl>"))

    found = saved(tmp_path, build)
    assert [draft.text for draft in found.drafts if draft.kind in ("passage", "row")] == said
    assert found.notes == (("what 3 fields that are not filled in ask for was left out",) if asked else ())
