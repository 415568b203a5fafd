"""Lines on a page become paragraphs, headings and tables as a person reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.readers.flow import Block, Table
from ingest.readers.layout import Body, flow, in_order
from ingest.readers.printed import PrintedLine, joined
from ingest.space.entity import Locator

BODY = Body(10.0)
WIDE = 400.0


def line(
    text: str, x: float, y: float, size: float = 10.0, bold: bool = False, right: float | None = None
) -> PrintedLine:
    """A line whose cells (parted by tabs) begin every 100 points."""
    cells = text.split("\t")
    spans = tuple((x + 100 * i, x + 100 * i + 0.5 * size * len(cell)) for i, cell in enumerate(cells) if cell)
    end = right or spans[-1][1]
    return PrintedLine(
        "\t".join(filter(None, cells)), (x, y - size, end, y), size, bold, y, (*spans[:-1], (spans[-1][0], end))
    )


def read(*lines: PrintedLine) -> list[Block | Table]:
    return list(flow(lines, BODY, Locator(page=1)))


def test_lines_of_a_paragraph_are_joined_and_paragraphs_parted_by_space() -> None:
    found = read(
        line("The pump stands still and the", 50, 100, right=WIDE),
        line("filter is clogged.", 50, 112),
        line("Another paragraph, far below.", 50, 140),
    )
    assert [block.text for block in found if isinstance(block, Block)] == [
        "The pump stands still and the filter is clogged.",
        "Another paragraph, far below.",
    ]


def test_a_column_is_read_to_its_end_before_the_next_even_if_the_file_has_it_first() -> None:
    right = [line(f"right {i} goes on", 300, 100 + 12 * i) for i in range(4)]
    left = [line(f"left {i} goes on", 50, 100 + 12 * i) for i in range(4)]
    title = line("A title across both columns of the page", 50, 70, size=16, right=450)
    assert in_order([*right, *left, title]) == [title, *left, *right]


def test_the_order_of_the_file_is_kept_where_it_is_sound() -> None:
    left = [line(f"left {i}", 50, 100 + 12 * i) for i in range(3)]
    right = [line(f"right {i}", 300, 100 + 12 * i) for i in range(3)]
    assert in_order([*left, *right]) == [*left, *right]


@pytest.mark.parametrize(
    ("text", "following", "whole"),
    [
        ("dan\xad", "gerous work", "dangerous work"),
        ("chat\xad", "optimized models", "chat-optimized models"),
        ("chat-", "optimized models", "chat-optimized models"),
        ("twenty-", "five bolts", "twenty-five bolts"),
        ("E\xad", "217 appears", "E-217 appears"),
        ("the pump", "stops", "the pump stops"),
        ("流量が", "下がる", "流量が下がる"),
        ("流量が", "18 L/min", "流量が 18 L/min"),
        ("配管（", "SUS304）", "配管（SUS304）"),
    ],
)
def test_words_parted_at_the_end_of_a_line_are_mended(text: str, following: str, whole: str) -> None:
    assert joined(text, following) + following == whole


@pytest.mark.parametrize(
    ("heading", "level"),
    [
        (line("Maintenance", 50, 50, size=20), 1),
        (line("Maintenance", 50, 50, size=14), 2),
        (line("Maintenance", 50, 50, bold=True), 3),
        (line("3 Maintenance", 50, 50, bold=True), 2),
        (line("3.1 Filters", 50, 50, size=12), 3),
        (line("第3章 点検", 50, 50, size=14), 2),
        (line("Customer: Akizora", 50, 50, bold=True), 0),
        (line("A bold sentence that ends.", 50, 50, bold=True), 0),
        (line("42", 50, 50, size=20), 0),
        (line("Just a line", 50, 50), 0),
    ],
)
def test_headings_are_known_by_size_weight_and_number(heading: PrintedLine, level: int) -> None:
    (block,) = read(heading)
    assert isinstance(block, Block)
    assert block.level == level


def test_rows_with_gaps_become_a_table_with_a_box_for_every_row() -> None:
    (table,) = read(
        line("Part\tWork\tHours", 50, 100), line("FL-5\treplace\t500", 50, 112), line("MS-22\t\t4000", 50, 124)
    )
    assert isinstance(table, Table)
    assert table.rows == [["Part", "Work", "Hours"], ["FL-5", "replace", "500"], ["MS-22", None, "4000"]]
    assert [place.box and place.box[3] for place in table.places] == [100, 112, 124]


def test_two_columns_stay_text_with_their_lines() -> None:
    (block,) = read(line("Name:\tAkizora", 50, 100), line("Town:\tUeda", 50, 112), line("Speed\t9000", 50, 124))
    assert isinstance(block, Block)
    assert block.text == "Name: Akizora\nTown: Ueda\nSpeed | 9000"
    assert [block.text[part.start : part.end] for part in block.lines] == [
        "Name: Akizora",
        "Town: Ueda",
        "Speed | 9000",
    ]


def test_a_row_that_ends_with_a_minus_stays_a_row() -> None:
    (block,) = read(line("Rent\t350,00-", 50, 100), line("Sum\t350,00-", 50, 112))
    assert isinstance(block, Block)
    assert block.text == "Rent | 350,00-\nSum | 350,00-"


def test_a_gap_that_lines_up_with_nothing_is_a_space() -> None:
    (block,) = read(line("It is a long sentence", 50, 100, right=WIDE), line("with a\tgap in it", 50, 112))
    assert block == Block(
        "It is a long sentence with a gap in it",
        0,
        Locator(page=1),
        lines=block.lines if isinstance(block, Block) else (),
    )


def test_lines_that_were_broken_on_purpose_stay_lines() -> None:
    found = read(
        line("Akizora Machinery", 50, 100),
        line("Ueda, Nagano", 50, 112),
        line("Japan", 50, 124),
        line("x" * 60, 50, 160, right=WIDE),
    )
    assert isinstance(found[0], Block)
    assert found[0].text == "Akizora Machinery\nUeda, Nagano\nJapan"


def texts(*lines: PrintedLine) -> list[str]:
    return [block.text for block in read(*lines) if isinstance(block, Block)]


def flush(text: str, y: float, wide: float, right: float = 500) -> PrintedLine:
    """A line that ends at the right margin."""
    return PrintedLine(text, (right - wide, y - 10, right, y), 10.0, False, y, ((right - wide, right),))


def test_lines_set_flush_right_stay_lines() -> None:
    sender = [flush("有限会社さくら印刷", 100, 90), flush("登録番号 T12", 112, 110), flush("係 森", 124, 30)]
    assert texts(*sender) == ["有限会社さくら印刷\n登録番号 T12\n係 森"]


def test_a_justified_paragraph_is_one_text_whether_its_first_line_is_indented_or_hangs() -> None:
    for first in (390, 410):
        lines = [flush("社員は就業時間を守り", 100, first), flush("業務に専念し所属長の", 112, 400)]
        assert texts(*lines, flush("指示に従うものとする", 124, 400)) == [
            "社員は就業時間を守り業務に専念し所属長の指示に従うものとする"
        ]


def test_a_line_does_not_go_on_with_one_that_begins_far_further_left() -> None:
    wide = line("x" * 60, 50, 200, right=500)
    assert texts(flush("担当 林", 100, 40), line("ご請求金額 100円", 50, 112), wide)[0] == "担当 林\nご請求金額 100円"


def test_what_stands_beside_lines_set_flush_right_is_parted_from_them() -> None:
    row = line("さくら工業 御中\t6月30日", 50, 100)
    right = row.cells[-1][1]
    sender = [flush("有限会社", 112, 60, right), flush("もみじ", 124, 40, right), flush("森", 136, 10, right)]
    assert texts(row, *sender) == ["さくら工業 御中 | 6月30日", "有限会社\nもみじ\n森"]


def test_a_gap_before_words_that_go_on_below_at_the_same_place_is_a_space() -> None:
    lines = [line("第1条\tこの規程は会社の", 50, 100, right=WIDE), line("車の使い方を定める", 150, 112, right=WIDE)]
    assert texts(*lines) == ["第1条 この規程は会社の車の使い方を定める"]


def test_labels_with_a_wide_colon_begin_a_line_each_and_a_colon_within_a_sentence_does_not() -> None:
    assert texts(line("外径：±0.05", 50, 100), line("粗さ：Ra 1.6", 50, 112)) == ["外径：±0.05", "粗さ：Ra 1.6"]
    assert texts(
        line("日程：6月1日、場所：本社、持ち物は", 50, 100, right=WIDE), line("筆記用具、締切：5月末", 50, 112)
    ) == ["日程：6月1日、場所：本社、持ち物は筆記用具、締切：5月末"]


def test_lines_that_lead_to_a_figure_with_dots_stay_lines() -> None:
    assert texts(line("Survey ........ 480 EUR", 50, 100), line("Parts . . . . . as used", 50, 112)) == [
        "Survey ........ 480 EUR\nParts . . . . . as used"
    ]
    assert texts(line("He waited ... and then", 50, 100), line("It rang", 50, 112)) == [
        "He waited ... and then It rang"
    ]


def test_names_above_figures_that_share_no_edge_with_them_are_their_header() -> None:
    row = line("Glass\t10\t1450", 50, 112)
    row = replace(row, cells=((50, 70), (162, 174), (270, 310)))
    more = replace(
        row, text="Glue\t8\t80", box=(50, 114, 310, 124), baseline=124, cells=((50, 68), (168, 174), (296, 310))
    )
    (table,) = read(line("Name\tCount\tPrice", 50, 100), row, more)
    assert isinstance(table, Table)
    assert table.rows == [["Name", "Count", "Price"], ["Glass", "10", "1450"], ["Glue", "8", "80"]]
