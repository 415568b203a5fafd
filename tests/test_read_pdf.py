"""PDF: tables over pages, filled forms, annotations, vertical Japanese, titles that stand on the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from .reading import read_file, rows, table, words


@pytest.mark.parametrize("again", [True, False])
def test_a_table_that_goes_on_on_the_next_page_is_one_table(tmp_path: Path, again: bool) -> None:
    canvas = Canvas(str(tmp_path / "t.pdf"))
    number = 1
    for page in range(3):
        y = 780
        if page == 0 or again:
            for x, text in ((60, "Part"), (200, "Material"), (340, "Length (mm)")):
                canvas.drawString(x, y, text)
        for _ in range(20):
            y -= 16
            for x, text in (
                (60, f"P-{number:02}"),
                (200, "steel" if number % 2 else "brass"),
                (340, str(100 + number)),
            ):
                canvas.drawString(x, y, text)
            number += 1
        canvas.showPage()
    canvas.save()
    found = read_file(tmp_path / "t.pdf")
    assert len(table(found).rows) == len(rows(found)) == 60
    (last,) = [draft for draft in found.drafts if draft.text.startswith("Part: P-58")]
    assert (last.text, last.locator.page) == ("Part: P-58; Material: brass; Length: 158 mm", 3)


def test_filled_fields_and_annotations_are_read(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "f.pdf"))
    canvas.drawString(60, 780, "Inspection of the belt, to be filled in by the inspector")
    canvas.acroForm.textfield(name="machine", value="MC-8812", x=60, y=700, width=100, height=20)
    canvas.acroForm.textfield(name="remark", value="", x=60, y=670, width=100, height=20)
    canvas.acroForm.checkbox(name="passed", checked=True, x=60, y=640)
    canvas.acroForm.checkbox(name="failed", checked=False, x=90, y=640)
    canvas.freeTextAnnotation("Replace the belt by May 2027", "/F1 10 Tf", Rect=[60, 500, 200, 520])
    canvas.save()
    found = read_file(tmp_path / "f.pdf")
    assert "machine: MC-8812\npassed: yes" in words(found)
    assert "failed" not in words(found)
    (note,) = [draft for draft in found.drafts if draft.locator.part == "annotation"]
    assert note.text == "[Annotation: Replace the belt by May 2027]"
    assert note.locator.box is not None


def upright(path: Path, columns: list[str], backwards: bool = False) -> str:
    """What is read of columns written from top to bottom, the first one rightmost."""
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(str(path), pagesize=(300, 400))
    canvas.setFont("HeiseiMin-W3", 14)
    drawn = list(enumerate(columns))
    for number, column in reversed(drawn) if backwards else drawn:
        for place, letter in enumerate(column):
            canvas.drawString(250 - 25 * number, 370 - 16 * place, letter)
    canvas.save()
    return words(read_file(path))


@pytest.mark.parametrize("backwards", [False, True])
def test_vertical_japanese_is_read_from_right_to_left(tmp_path: Path, backwards: bool) -> None:
    columns = ["非常口の鍵は守衛室の", "赤い箱に保管する。鍵", "を使った者は記入する"]
    assert upright(tmp_path / "v.pdf", columns, backwards) == "".join(columns)


def test_a_column_that_ends_far_above_the_others_is_a_line_of_its_own(tmp_path: Path) -> None:
    columns = ["避難訓練の件", "来る九月一日の午前に", "訓練を行う。非常口の", "鍵は守衛室に置く。"]
    assert upright(tmp_path / "v.pdf", columns) == columns[0] + "\n" + "".join(columns[1:])


def test_a_title_of_another_document_is_not_believed(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"))
    canvas.setTitle("Minutes of the board 2019")
    canvas.setFont("Helvetica-Bold", 24)
    canvas.drawString(60, 760, "Maintenance of the compressor")
    canvas.setFont("Helvetica", 11)
    for line in range(12):
        canvas.drawString(60, 700 - 14 * line, "Drain the tank every week and look at the oil before the start.")
    canvas.save()
    assert read_file(tmp_path / "a.pdf").drafts[-1].title.startswith("Maintenance of the compressor")


def test_a_running_head_is_told_once_and_parts_no_section(tmp_path: Path) -> None:
    """A head of several lines returns on every page; what goes on below it stands under its own section, not under the head."""
    file = tmp_path / "sheet.pdf"
    canvas = Canvas(str(file), pagesize=(595, 842))
    sentences = [f"Advice number {number} for the people who work with it." for number in range(40)]
    for page in range(4):
        head = [
            (18, 770, "Safety data sheet"),
            (14, 730, "Acetone"),
            (10, 695, "Version 7"),
            (9, 30, f"page {page + 1}"),
        ]
        for size, height, said in head:
            canvas.setFont("Helvetica", size)
            canvas.drawString(60, height, said)
        if page == 0:
            canvas.setFont("Helvetica-Bold", 12)
            canvas.drawString(60, 650, "4. First aid")
        canvas.setFont("Helvetica", 10)
        for line, said in enumerate(sentences[10 * page : 10 * page + 10]):
            canvas.drawString(60, 620 - 14 * line, said)
        canvas.showPage()
    canvas.save()
    found = read_file(file)
    assert [one.text for one in found.drafts if "Version 7" in one.text] == [
        "Page header: Safety data sheet, Acetone, Version 7"
    ]
    advice = [one for one in found.drafts if "Advice" in one.text]
    assert {one.title for one in advice} == {"Safety data sheet, Acetone > 4. First aid"}
    assert {one.locator.page for one in advice} == {1, 2, 3, 4}


def on_pages(path: Path, *pages: dict[int, str]) -> str:
    """What is read of pages with one line of words at each of these heights; tabs part cells."""
    canvas = Canvas(str(path), pagesize=(595, 842))
    for page in pages:
        canvas.setFont("Helvetica", 10)
        for height, said in page.items():
            for at, part in enumerate(said.split("\t")):
                canvas.drawString(60 + 150 * at, height, part)
        canvas.showPage()
    canvas.save()
    return words(read_file(path))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Invoice 815", "Invoice 816"),  # counts up, but not the page
        ("Invoice 1 of May", "Invoice 2 of May"),
        ("page 4 of the book", "page 9 of the book"),  # not the next page
        ("Report on Ulm", "Report on Bonn"),
    ],
)
def test_lines_at_the_edge_of_two_pages_that_say_something_else_are_both_told(
    tmp_path: Path, first: str, second: str
) -> None:
    said = "The pump was looked at and runs without a sound."
    found = on_pages(tmp_path / "t.pdf", {810: first, 600: said}, {810: second, 600: said})
    assert first in found
    assert second in found


def test_the_same_words_at_another_place_of_the_second_page_are_no_running_head(tmp_path: Path) -> None:
    said = "The pump was looked at and runs without a sound."
    found = on_pages(tmp_path / "t.pdf", {810: "Pump 7", 600: said}, {780: "Pump 7", 600: said})
    assert found.count("Pump 7") == 2


def test_a_row_that_stands_last_on_both_pages_is_no_running_foot(tmp_path: Path) -> None:
    page = {70 + 16 * step: f"Day {step}\tchecked\tno fault" for step in range(3, 9)}
    last = {70 + 16 * step: "Night\tlocked\tno fault" for step in (-1, 0, 1, 2)}
    head = {70 + 16 * 9: "When\tWhat\tResult"}
    ordered = dict(sorted((head | page | last).items(), reverse=True))
    assert on_pages(tmp_path / "t.pdf", ordered, ordered).count("What: locked") == 8


def test_a_head_that_begins_on_the_second_of_three_pages_is_told_once(tmp_path: Path) -> None:
    said = "The pump was looked at and runs without a sound."
    later = [{810: f"Roth GmbH, page {number} of 3", 600: said} for number in (2, 3)]
    assert on_pages(tmp_path / "t.pdf", {600: said}, *later).count("Roth GmbH") == 1
