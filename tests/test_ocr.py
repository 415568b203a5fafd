"""Words in pictures are read with their places, in reading order, whichever way up the picture is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from ingest.readers.ocr import Box, Line, Ocr, blocks, cut, evidence, rows, sideways, text_of, unturned, upright


def line(text: str, x: float, y: float, width: float = 200, height: float = 20, confidence: float = 0.99) -> Line:
    return Line(text, (x, y, x + width, y + height), confidence)


@pytest.fixture(scope="module")
def ocr() -> Ocr:
    return Ocr(threads=2)


def sheet(*texts: str) -> Image.Image:
    image = Image.new("RGB", (700, 60 * len(texts) + 40), "white")
    for i, text in enumerate(texts):
        ImageDraw.Draw(image).text((30, 30 + 60 * i), text, "black", ImageFont.load_default(32))
    return image


@pytest.mark.slow
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_if_it_stood_upright(ocr: Ocr, turn: int) -> None:
    """The words come in order, and their boxes are in the picture as it was given."""
    page = sheet("Pump P-101 is leaking", "Replace the seal today", "Order number 4711-B")
    found = [line for block in ocr.read(page.rotate(turn, expand=True)) for line in block]
    assert [one.text for one in found] == ["Pump P-101 is leaking", "Replace the seal today", "Order number 4711-B"]
    expected = unturned(found[0].box, turn, page.size)
    assert 20 < expected[0] < 45
    assert 20 < expected[1] < 50


@pytest.mark.slow
def test_a_picture_without_words_has_none(ocr: Ocr) -> None:
    assert ocr.read(Image.new("RGB", (300, 200), "steelblue")) == []


@given(st.sampled_from([90, 180, 270]), st.integers(0, 90), st.integers(0, 40), st.integers(1, 10), st.integers(1, 10))
def test_boxes_are_turned_back_as_the_pixels_are(turn: int, x: int, y: int, width: int, height: int) -> None:
    """The naive twin: paint the box, turn the picture, find the paint, turn the box back."""
    image = Image.new("L", (100, 50))
    image.paste(255, (x, y, x + width, y + height))
    found = image.rotate(turn, expand=True).getbbox()
    assert found is not None
    assert unturned(tuple(float(edge) for edge in found), turn, image.size) == (x, y, x + width, y + height)


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    """A heading, then the left column, then the right one."""
    left = [line(f"left {i}", 0, 60 + 24 * i) for i in range(5)]
    right = [line(f"right {i}", 260, 60 + 24 * i) for i in range(5)]
    texts = [[one.text for one in block] for block in blocks([*right, line("heading", 0, 0, 460), *left])]
    assert texts == [["heading"], [f"left {i}" for i in range(5)], [f"right {i}" for i in range(5)]]


def test_prices_stay_with_their_items() -> None:
    """A narrow column is not prose: rows are read across."""
    items = [line(f"item {i}", 0, 24 * i, 120) for i in range(5)]
    prices = [line(f"{i}.50", 400, 24 * i + 2, 40) for i in range(5)]
    (block,) = blocks([*prices, *items])
    assert text_of(block) == "item 0 0.50\nitem 1 1.50\nitem 2 2.50\nitem 3 3.50\nitem 4 4.50"


def test_paragraphs_are_cut_where_the_page_has_a_gap() -> None:
    """Two lines, a gap of more than a line, two lines."""
    assert [
        len(block) for block in blocks([line("a", 0, 0), line("b", 0, 24), line("c", 0, 90), line("d", 0, 114)])
    ] == [2, 2]


boxes = st.builds(
    lambda x, y, w, h: line("word", x, y, w, h),
    st.integers(0, 900),
    st.integers(0, 900),
    st.integers(5, 300),
    st.integers(5, 40),
)


@given(st.lists(boxes, max_size=25))
def test_reading_order_loses_and_invents_nothing(lines: list[Line]) -> None:
    """Whatever the layout, every line is in exactly one block and one row."""
    assert sorted((one for block in blocks(lines) for one in block), key=repr) == sorted(lines, key=repr)
    assert sorted((one for row in rows(lines) for one in row), key=repr) == sorted(lines, key=repr)


@given(st.lists(boxes, min_size=1, max_size=25), st.sampled_from([0, 1]), st.integers(1, 50))
def test_parts_are_cut_only_at_empty_gaps(lines: list[Line], axis: int, gap: int) -> None:
    """Everything before a cut ends at least `gap` before everything after it."""
    parts = cut(lines, axis, gap)
    for before, after in pairwise(parts):
        assert max(one.box[axis + 2] for one in before) + gap <= min(one.box[axis] for one in after)


def test_a_page_on_its_side_or_head_is_noticed() -> None:
    """By tall lines, or by low confidence."""
    tall: Box = (0, 0, 20, 200)
    assert sideways([Line("sideways", tall, 0.98)])
    assert upright([line("fine", 0, 0)])
    assert not upright([line("upside down", 0, 0, confidence=0.6)])
    assert not upright([])
    assert evidence([line("abcd", 0, 0, confidence=0.5)]) == 2.0
    assert evidence([Line("abcd", tall, 0.5)]) == 1.0
