"""PDF: cells of one character, figures raised and lowered, and tables whose cells are ruled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from ingest.reading import Read

from .reading import read_file, rows, table, words

FONT = "HeiseiMin-W3"
HEADER = ("Code", "Name", "Stock", "Price")


def drawn(path: Path, lines: Iterable[Sequence[str]], at: Sequence[float]) -> list[str]:
    """The rows of a table without rules, its cells drawn at these places."""
    canvas = Canvas(str(path))
    canvas.setFont("Helvetica", 9)
    for number, line in enumerate(lines):
        for x, text in zip(at, line, strict=True):
            if text:
                canvas.drawString(x, 700 - 18 * number, text)
    canvas.save()
    return rows(read_file(path))


def written(path: Path, *paragraphs: str) -> str:
    """What is read of paragraphs in the markup of ReportLab."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path))
    for number, text in enumerate(paragraphs):
        paragraph = Paragraph(f'<font name="{FONT}" size="10">{text}</font>')
        paragraph.wrapOn(canvas, 400, 100)
        paragraph.drawOn(canvas, 60, 700 - 40 * number)
    canvas.save()
    return words(read_file(path))


@pytest.mark.parametrize("gap", [80, 140])
@pytest.mark.parametrize(
    ("nut", "washer", "read"),
    [
        (("", "8"), ("300", ""), ("Price: 8", "Stock: 300")),
        (("", "8"), ("300", "7"), ("Price: 8", "Stock: 300; Price: 7")),
        (("x", "8"), ("", "-"), ("Stock: x; Price: 8", "Price: -")),
        (("5", ""), ("7", "9"), ("Stock: 5", "Stock: 7; Price: 9")),
    ],
)
def test_a_cell_of_one_character_stays_in_its_row(
    tmp_path: Path, gap: int, nut: tuple[str, str], washer: tuple[str, str], read: tuple[str, str]
) -> None:
    lines = [HEADER, ("A-1", "Hex bolt", "120", "15"), ("A-2", "Nut", *nut), ("A-3", "Washer", *washer)]
    found = drawn(tmp_path / "t.pdf", lines, (60, 140, 140 + gap, 140 + 2 * gap))
    assert found[1:] == [f"Code: A-2; Name: Nut; {read[0]}", f"Code: A-3; Name: Washer; {read[1]}"]


@pytest.mark.parametrize(
    ("markup", "read"),
    [
        ("温度は 10<super>3</super> K です", "温度は 10^3 K です"),
        ("about 10<super>-6</super> m<super>2</super> each", "about 10^-6 m² each"),
        ("the pump<super>12</super> stands still", "the pump¹² stands still"),
        ("<super>1</super>See the annex", "¹See the annex"),
        ("we use H<sub>2</sub>O and CO<sub>2</sub>, no SO<sub>4</sub>", "we use H₂O and CO₂, no SO₄"),
        ("the number 100<sub>2</sub> is four", "the number 100_2 is four"),
        ("x<sub>1</sub><super>2</super> and T<sub>max</sub> hold", "x₁² and Tmax hold"),
        ("the 21<super>st</super> of May", "the 21st of May"),
        ("a note 100<super>1)</super> here", "a note 100^1) here"),
        ('<font size="14">Price</font> 120 yen', "Price 120 yen"),
    ],
)
def test_figures_raised_and_lowered_are_told_as_that(tmp_path: Path, markup: str, read: str) -> None:
    assert written(tmp_path / "t.pdf", markup) == read


def test_a_small_figure_that_stands_at_nothing_larger_is_a_figure(tmp_path: Path) -> None:
    """A cell in smaller type in the middle of its row is no exponent."""
    canvas = Canvas(str(tmp_path / "t.pdf"))
    for number, (name, count) in enumerate([("Part", "Count"), ("Bolt", "120 pcs"), ("Nut", "7")]):
        for x, size, up, text in ((60, 14, 0, name), (120, 8, 3.5, count), (200, 14, 0, "yes")):
            canvas.setFont("Helvetica", size)
            canvas.drawString(x, 700 - 20 * number + up, text)
    canvas.save()
    found = words(read_file(tmp_path / "t.pdf"))
    assert "120 pcs" in found
    assert "⁷" not in found
    assert "^" not in found


# -- cells of several lines ---------------------------------------------------------------------------------

LINES = (12, 18)
"""Steps from line to line in a cell, and from row to row."""


def wrapped(path: Path, lines: Iterable[Sequence[str]], steps: tuple[int, int] = LINES, by_cell: bool = False) -> Read:
    """A table without rules whose cells may have several lines, drawn line by line or cell by cell."""
    canvas = Canvas(str(path))
    canvas.setFont("Helvetica", 9)
    y, (within, between) = 700, steps
    for line in lines:
        cells = [cell.split("\n") for cell in line]
        drawn = [(n, place, text) for place, cell in enumerate(cells) for n, text in enumerate(cell) if text]
        for n, place, text in drawn if by_cell else sorted(drawn):
            canvas.drawString((60, 120, 300, 400)[place], y - within * n, text)
        y -= within * (max(map(len, cells)) - 1) + between
    canvas.save()
    return read_file(path)


@pytest.mark.parametrize("by_cell", [True, False])
def test_a_cell_of_several_lines_without_rules_is_one_cell(tmp_path: Path, by_cell: bool) -> None:
    lines = [
        ("Day", "Text", "Out", "Balance"),
        ("1 May", "Rent of the hall\nSchulz and sons", "350", "1650"),
        ("3 May", "Power", "200", "1450"),
        ("9 May", "Pump of bronze\nwith seals\nand bearings", "450", "1000"),
    ]
    found = wrapped(tmp_path / "t.pdf", lines, by_cell=by_cell)
    assert rows(found) == [
        "Day: 1 May; Text: Rent of the hall Schulz and sons; Out: 350; Balance: 1650",
        "Day: 3 May; Text: Power; Out: 200; Balance: 1450",
        "Day: 9 May; Text: Pump of bronze with seals and bearings; Out: 450; Balance: 1000",
    ]
    assert [list(one.values) for one in table(found).columns if one.name == "Out"] == [[350, 200, 450]]


def test_cells_of_two_columns_that_go_on_are_told_by_the_order_they_are_drawn_in(tmp_path: Path) -> None:
    lines = [
        ("No", "Work", "Who"),
        ("1", "Check\nthe belt", "Mori\nand Abe"),
        ("2", "Oil", "Abe"),
        ("3", "Stop", "Ito"),
    ]
    assert rows(wrapped(tmp_path / "t.pdf", lines, by_cell=True))[0] == "No: 1; Work: Check the belt; Who: Mori and Abe"


def test_a_number_and_what_is_drawn_behind_it_are_two_cells(tmp_path: Path) -> None:
    """In the middle of a row and at its end, where a heading or an item would have a number as well."""
    lines = [
        ("No", "Work", "Count", "Cost"),
        ("1", "Check\nthe belt", "2", "4.50"),
        ("2", "Oil", "1", "2"),
        ("3", "Stop", "1", "6"),
    ]
    found = rows(wrapped(tmp_path / "t.pdf", lines, by_cell=True))
    assert found[0] == "No: 1; Work: Check the belt; Count: 2; Cost: 4.50"


def test_a_name_that_ends_with_a_point_names_a_column_of_its_own(tmp_path: Path) -> None:
    lines = [("Pos.", "Work", "Count"), ("2", "Oil", "1"), ("3", "Stop", "1")]
    assert drawn(tmp_path / "o.pdf", lines, (60, 90, 300)) == [
        "Pos.: 2; Work: Oil; Count: 1",
        "Pos.: 3; Work: Stop; Count: 1",
    ]


def test_rows_that_stand_in_groups_stay_rows(tmp_path: Path) -> None:
    """Two words under two cells may be a row whose day is that of the row above."""
    lines = [
        ("Day", "Work", "Who"),
        ("1 May", "Check\nOil", "Mori\nAbe"),
        ("2 May", "Stop", "Ito"),
        ("3 May", "Go", "Ito"),
    ]
    assert rows(wrapped(tmp_path / "t.pdf", lines))[:2] == ["Day: 1 May; Work: Check; Who: Mori", "Work: Oil; Who: Abe"]


@pytest.mark.parametrize(
    ("lines", "steps"),
    [
        ([("1 May", "Rent\nPower", "350"), ("2 May", "Oil", "20"), ("3 May", "Oil", "30")], (14, 14)),
        ([("1 May", "Rent", "350\n20"), ("2 May", "Oil", "20"), ("3 May", "Oil", "30")], LINES),
        ([("1 May", "Rent\nHeating", "350"), ("2 May", "Oil", "20"), ("3 May", "Oil", "30")], (5, 18)),
    ],
)
def test_what_stands_no_nearer_than_a_row_or_is_a_figure_below_another_joins_no_cell(
    tmp_path: Path, lines: list[tuple[str, str, str]], steps: tuple[int, int]
) -> None:
    found = wrapped(tmp_path / "t.pdf", [("Day", "Text", "Out"), *lines], steps)
    assert not any(one in words(found) for one in ("Rent Power", "Rent Heating", "350 20"))


def test_a_note_right_below_a_table_belongs_to_no_cell(tmp_path: Path) -> None:
    lines = [("No", "Work", "Cost"), ("1", "Check\nthe belt", "40"), ("2", "Oil", "10"), ("3", "Stop", "5\n* net")]
    found = wrapped(tmp_path / "t.pdf", lines)
    assert rows(found)[-1] == "No: 3; Work: Stop; Cost: 5"
    assert "* net" in words(found)


def test_two_columns_of_prose_are_no_table(tmp_path: Path) -> None:
    left, right = "The pump stands\nstill in the hall", "Use the lot\nbehind the hall"
    found = wrapped(tmp_path / "t.pdf", [("", left, "", right), ("", left, "", right)], by_cell=True)
    assert rows(found) == []
    assert words(found).count("The pump stands still in the hall") == 2


# -- ruled cells -------------------------------------------------------------------------------------------

GRID = ("GRID", (0, 0), (-1, -1), 0.5, "black")


def ruled(path: Path, lines: Sequence[Sequence[str]], *style: Sequence[object], **more: object) -> list[str]:
    """What is read of a table with rules."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    table = Table([list(line) for line in lines], style=[("FONT", (0, 0), (-1, -1), FONT, 9), *style], **more)
    SimpleDocTemplate(str(path)).build([table])
    return rows(read_file(path)) or words(read_file(path)).split("\n")


def test_a_header_of_two_lines_in_ruled_cells_is_one_name(tmp_path: Path) -> None:
    lines = [("月", "売上\n(千円)", "前年比\n(%)"), ("4月", "1,200", "△3.5"), ("5月", "1,350", "12.0")]
    assert ruled(tmp_path / "t.pdf", lines, GRID) == [
        "月: 4月; 売上: 1,200 千円; 前年比: △3.5 %",
        "月: 5月; 売上: 1,350 千円; 前年比: 12.0 %",
    ]


@pytest.mark.parametrize("merged", [True, False])
def test_a_merged_header_stands_over_all_its_columns(tmp_path: Path, merged: bool) -> None:
    lines = [("部署", "上期", "", "計"), ("", "4月", "5月", ""), ("営業", "10", "20", "30"), ("製造", "40", "50", "90")]
    down = [("SPAN", (0, 0), (0, 1)), ("SPAN", (3, 0), (3, 1))] if merged else []
    assert ruled(tmp_path / "t.pdf", lines, GRID, ("SPAN", (1, 0), (2, 0)), *down) == [
        "部署: 営業; 上期 / 4月: 10; 上期 / 5月: 20; 計: 30",
        "部署: 製造; 上期 / 4月: 40; 上期 / 5月: 50; 計: 90",
    ]


def test_a_cell_over_several_rows_is_said_in_all_of_them(tmp_path: Path) -> None:
    lines = [("支店", "品", "数"), ("東京", "A", "1"), ("", "B", "2"), ("大阪", "A", "3"), ("", "B", "4")]
    spans = [("SPAN", (0, 1), (0, 2)), ("SPAN", (0, 3), (0, 4)), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    assert ruled(tmp_path / "t.pdf", lines, GRID, *spans) == [
        "支店: 東京; 品: A; 数: 1",
        "支店: 東京; 品: B; 数: 2",
        "支店: 大阪; 品: A; 数: 3",
        "支店: 大阪; 品: B; 数: 4",
    ]


def test_words_of_a_cell_in_several_lines_stay_together(tmp_path: Path) -> None:
    lines = [("Part", "Work", "Hours"), ("FL-5", "replace the\nfilter and\nthe seal", "500"), ("MS-2", "grease", "9")]
    assert ruled(tmp_path / "t.pdf", lines, GRID) == [
        "Part: FL-5; Work: replace the filter and the seal; Hours: 500",
        "Part: MS-2; Work: grease; Hours: 9",
    ]


def test_rows_without_rules_between_them_stay_rows(tmp_path: Path) -> None:
    """Only the header and the columns are ruled."""
    lines = [("品番", "品名", "数"), *((f"A-{n}", "ボルト", str(10 * n)) for n in range(1, 6))]
    drawn = [("BOX", (0, 0), (-1, -1), 0.5, "black"), ("INNERGRID", (0, 0), (-1, 0), 0.5, "black")]
    columns = [("LINEAFTER", (0, 0), (-1, -1), 0.5, "black"), ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black")]
    assert ruled(tmp_path / "t.pdf", lines, *drawn, *columns) == [
        f"品番: A-{n}; 品名: ボルト; 数: {10 * n}" for n in range(1, 6)
    ]


def test_a_ruled_table_over_two_pages_is_one_table(tmp_path: Path) -> None:
    lines = [("No", "品の\n名前", "金額"), *((str(n), f"品{n}", f"{n * 100:,}") for n in range(1, 71))]
    found = ruled(tmp_path / "t.pdf", lines, GRID, repeatRows=1)
    assert found == [f"No: {n}; 品の名前: 品{n}; 金額: {n * 100:,}" for n in range(1, 71)]


HEAD, NUMBER = "Roth GmbH - Stock", "page {} of 2"


def paged(path: Path, count: int, head: Sequence[str], foot: Sequence[str], again: int = 1) -> Read:
    """What is read of a ruled table over pages that say these lines above and below it; `{}` stands for the page."""

    def drawn(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        for start, lines in ((810, head), (50, foot)):
            for number, line in enumerate(lines):
                for at, part in enumerate(line.format(document.page).split("\t")):
                    canvas.drawString(60 + 170 * at, start - 10 * number, part)

    lines = [["Pos", "Part", "Count"], *([str(n), f"Part {n}", str(2 * n)] for n in range(1, count + 1))]
    table = Table(lines, repeatRows=again, style=[GRID])
    SimpleDocTemplate(str(path), pagesize=(595, 842)).build([table], onFirstPage=drawn, onLaterPages=drawn)
    return read_file(path)


@pytest.mark.parametrize("again", [1, 0])
@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ([HEAD], [NUMBER]),
        ([HEAD], []),
        ([], [f"{HEAD} - {NUMBER}"]),
        ([f"{HEAD}\t{{}}"], []),
        ([HEAD, "Hall 3"], ["Bank\tRegister\tOwner", "DE12\tHRB 77\tA. Roth", "BIC 5\tUlm\tK. Roth"]),
    ],
)
def test_what_stands_above_and_below_on_both_pages_parts_no_table_and_is_told_once(
    tmp_path: Path, head: list[str], foot: list[str], again: int
) -> None:
    found = paged(tmp_path / "t.pdf", 45, head, foot, again)
    assert rows(found) == [f"Pos: {n}; Part: Part {n}; Count: {2 * n}" for n in range(1, 46)]
    assert words(found).count("Roth GmbH") == 1


@pytest.mark.parametrize("count", [80, 150])
def test_rows_that_begin_and_end_with_one_character_stay_rows_on_a_page_of_few_words(
    tmp_path: Path, count: int
) -> None:
    """PDFium tells such rows as one line where a narrow table fills the page."""
    found = paged(tmp_path / "t.pdf", count, ["Roth GmbH"], ["page {}"])
    assert rows(found) == [f"Pos: {n}; Part: Part {n}; Count: {2 * n}" for n in range(1, count + 1)]


def test_a_form_keeps_its_labels_beside_their_values(tmp_path: Path) -> None:
    lines = [
        ("氏名", "山田太郎", "生年月日", "平成2年5月1日"),
        ("住所", "東京都港区1-2-3", "", ""),
        ("電話", "03-1-2", "携帯", "090-1-2"),
    ]
    assert ruled(tmp_path / "t.pdf", lines, GRID, ("SPAN", (1, 1), (3, 1))) == [
        "氏名 | 山田太郎 | 生年月日 | 平成2年5月1日",
        "住所 | 東京都港区1-2-3",
        "電話 | 03-1-2 | 携帯 | 090-1-2",
    ]


def test_a_first_row_of_values_names_no_columns(tmp_path: Path) -> None:
    """The rest of a table on a page of its own, below other words: one value holds for several columns."""
    lines = [("Release voltage", "1.2 to 4.25 V", ""), ("Current", "100 A", "150 A"), ("Delay", "2 s", "3 s")]
    assert ruled(tmp_path / "t.pdf", lines, GRID, ("SPAN", (1, 0), (2, 0))) == [
        "Release voltage | 1.2 to 4.25 V",
        "Current | 100 A | 150 A",
        "Delay | 2 s | 3 s",
    ]


def test_a_word_wider_than_its_cell_is_not_cut(tmp_path: Path) -> None:
    lines = [("Part", "Maker", "Note"), ("FL-5", "Akizora Precision Machinery", ""), ("MS-2", "Ueda", "old")]
    found = ruled(tmp_path / "t.pdf", lines, GRID, colWidths=[60, 60, 90])
    assert "Akizora Precision Machinery" in found[0]


def test_text_in_frames_stays_text(tmp_path: Path) -> None:
    said = "\n".join(f"Advice number {number} for those who work with the press." for number in range(14))
    found = ruled(tmp_path / "t.pdf", [("Do", "Do not", "Ask"), (said, "x", "y"), ("a", "b", "c")], GRID)
    assert not any("Do:" in line for line in found)
    assert sum("Advice number" in line for line in found) == 14


@pytest.mark.parametrize("number", [3, 12])
def test_the_rules_of_a_drawing_are_no_table(tmp_path: Path, number: int) -> None:
    canvas = Canvas(str(tmp_path / "t.pdf"))
    for step in range(number):
        canvas.line(100, 500 + 20 * step, 100 + 20 * (number - 1), 500 + 20 * step)
        canvas.line(100 + 20 * step, 500, 100 + 20 * step, 500 + 20 * (number - 1))
    canvas.drawString(60, 780, "Flow over pressure, measured in May")
    canvas.drawString(103, 505, "x")
    canvas.save()
    assert words(read_file(tmp_path / "t.pdf")) == "Flow over pressure, measured in May\nx"


def test_rules_of_one_path_and_of_thin_rectangles_are_rules(tmp_path: Path) -> None:
    for way in ("path", "rectangles"):
        canvas = Canvas(str(tmp_path / f"{way}.pdf"))
        canvas.setFont("Helvetica", 9)
        path = canvas.beginPath()
        for step in range(4):
            for x0, y0, x1, y1 in (
                (60, 600 + 30 * step, 360, 600 + 30 * step),
                (60 + 100 * step, 600, 60 + 100 * step, 690),
            ):
                if way == "path":
                    path.moveTo(x0, y0)
                    path.lineTo(x1, y1)
                else:
                    canvas.rect(x0, y0, x1 - x0 or 0.5, y1 - y0 or 0.5, stroke=0, fill=1)
        canvas.drawPath(path)
        for row, line in enumerate([("Part", "Weight\n(kg)", "Stock"), ("Bolt", "15", "120"), ("Nut", "", "8")]):
            for column, text in enumerate(line):
                for number, words_ in enumerate(text.split("\n")):
                    canvas.drawString(64 + 100 * column, 677 - 30 * row - 11 * number, words_)
        canvas.save()
        assert rows(read_file(tmp_path / f"{way}.pdf")) == [
            "Part: Bolt; Weight: 15 kg; Stock: 120",
            "Part: Nut; Stock: 8",
        ]
