"""Workbooks as people see them: scaled figures, codes, clocks, merged and struck out cells, and what stands beside the cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.readers.formats import figure
from ingest.reading import Read
from ingest.text.cells import Figure

from .reading import column, read_file

Line = Sequence[object]


def nothing(sheet: Any) -> None:
    """Leaves a sheet as it is."""


def workbook(
    path: Path,
    *lines: Line,
    formats: Mapping[str, str] | None = None,
    merged: Sequence[str] = (),
    then: Callable[[Any], None] = nothing,
) -> Read:
    """What is read of a workbook of one sheet with these rows, number formats and merged cells."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for line in lines:
        sheet.append(line)
    for cells, pattern in (formats or {}).items():
        for row in sheet[cells]:
            for cell in row:
                cell.number_format = pattern
    for cells in merged:
        sheet.merge_cells(cells)
    then(sheet)
    book.save(path / "book.xlsx")
    return read_file(path / "book.xlsx")


# -- figures as they are shown -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (1_234_567, "#,##0,", 1234.567), (1_234_567, "#,##0,;[Red]-#,##0,", 1234.567), (1_234_567, "0.0,,", 1.234567),
        (-2_500, "#,##0,_);(#,##0,)", -2.5), (1_234_567, '0.0,,"M"', 1_234_567), (1_234_567, '#,##0,"K"', 1_234_567),
        (1_234_567, '#,##0,"kg"', Figure(1234.567, "kg")), (1_234_567, '"$"0.0,,"M"', Figure(1_234_567, "USD")),
        (1_234_567, '#,##0,"千円"', Figure(1_234_567, "JPY")), (1_234_567, '"¥"#,##0,', Figure(1234.567, "千円")),
        (1_234_567, '"$"#,##0,', Figure(1_234_567, "USD")), (1_234_567, "#,##0", 1_234_567),
        (1_200_000, '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', 1_200_000), (0.5, '[<1]0%;0.0"倍"', Figure(50.0, "%")),
        (1.5, '[<1]0%;0.0"倍"', Figure(1.5, "倍")),
    ],
)  # fmt: skip
def test_a_scaled_figure_is_what_is_shown_in_full_precision(value: float, pattern: str, shown: object) -> None:
    assert figure(value, pattern) == shown


def test_scaled_figures_under_a_unit_are_of_that_unit(tmp_path: Path) -> None:
    found = workbook(
        tmp_path, ["支店", "売上(千円)"], ["東京", 1_234_567], ["大阪", 980_000], formats={"B2:B3": "#,##0,"}
    )
    assert (column(found, "売上").values, column(found, "売上").unit) == ([1234.567, 980], "千円")


def test_scaled_figures_under_a_caption_with_a_unit_are_of_that_unit(tmp_path: Path) -> None:
    lines = [
        ["単位：千円", None, None],
        ["支店", "4月", "5月"],
        ["東京", 1_200_000, 1_350_000],
        ["大阪", 980_000, 1_010_000],
    ]
    found = workbook(tmp_path, *lines, formats={"B3:C4": "#,##0,"})
    assert column(found, "5月").values == [1350, 1010]


@pytest.mark.parametrize(
    ("value", "pattern", "shown"),
    [
        (123, "00000", "00123"), (640_941, "000-0000", "064-0941"), (312_345_678.0, "0#-####-####", "03-1234-5678"),
        (12, '"INV-"0000', "INV-0012"), (12, '"A-"0', "A-12"), (640_941, r"000\-0000", "064-0941"), (930, '0":"00', "9:30"),
        (830, '0"時間"00"分"', "8時間30分"), (640_941, r"[<=999]000;[<=9999]000\-00;000\-0000", "064-0941"),
        (312_345_678, "[<=99999999]####-####;(00) ####-####", "(03) 1234-5678"), (123_456_789, "00-0000", "12345-6789"),
        (7, "0", 7), (7, "#,##0", 7), (7, "0.00", 7), (1_234, "# ##0", 1_234), (7, '"No. "0', 7), (-7, "00", -7), (0.5, "00", 0.5),
        (7, '00"日"', Figure(7, "日")), (7, '"¥"00', Figure(7, "JPY")), (7, "General", 7), (7, "# ??/??", 7),
    ],
)  # fmt: skip
def test_digits_that_only_the_format_shows_make_a_code(value: float, pattern: str, shown: object) -> None:
    assert figure(value, pattern) == shown


def test_a_column_of_codes_is_words(tmp_path: Path) -> None:
    found = workbook(
        tmp_path, ["番号", "郵便番号", "数"], [123, 640_941, 5], [12_345, 1_000_001, 6],
        formats={"A2:A3": "00000", "B2:B3": "000-0000", "C2:C3": "0"},
    )  # fmt: skip
    assert column(found, "番号").values == ["00123", "12345"]
    assert column(found, "郵便番号").values == ["064-0941", "100-0001"]
    assert column(found, "数").values == [5, 6]
