"""Lines on a page become paragraphs, headings and tables as a person reads them."""

from __future__ import annotations

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
