"""PDF: cells of one character, figures raised and lowered, and tables whose cells are ruled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from .reading import read_file, rows, words

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
