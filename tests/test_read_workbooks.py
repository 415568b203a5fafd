"""Workbooks as people see them: scaled figures, codes, clocks, merged and struck out cells, and what stands beside the cells."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Border, Font, Side

from ingest.readers.formats import figure
from ingest.reading import Read
from ingest.text.cells import Figure, Scaled

from .reading import column, read_file, rows, table
from .tiny_xls import Kept, write_workbook

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
        (1_234_567, "#,##0,", Scaled(1234.567, 1000)), (1_234_567, "#,##0,;[Red]-#,##0,", Scaled(1234.567, 1000)),
        (1_234_567, "0.0,,", Scaled(1.234567, 1_000_000)),
        (-2_500, "#,##0,_);(#,##0,)", Scaled(-2.5, 1000)), (1_234_567, '0.0,,"M"', 1_234_567), (1_234_567, '#,##0,"K"', 1_234_567),
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


# -- XLS -----------------------------------------------------------------------------------------------------


def test_clocks_and_durations_of_xls_are_no_days(tmp_path: Path) -> None:
    clock, duration, day = (Kept(0.375, "h:mm"), Kept(1.25, "[h]:mm"), Kept(46_113.0, "yyyy/m/d"))
    found = read_file(
        write_workbook(
            tmp_path / "w.xls",
            {"勤務": [["氏名", "出勤", "実働", "日"], ["佐藤", clock, duration, day], ["森", clock, duration, day]]},
        )
    )
    assert rows(found)[0] == "氏名: 佐藤; 出勤: 09:00; 実働: 30:00; 日: 2026-04-01"
    assert (column(found, "実働").values, column(found, "実働").unit) == ([30, 30], "h")


def test_formulas_of_xls_that_were_never_computed_are_said(tmp_path: Path) -> None:
    never, empty, computed = (Kept(None, formula=True), Kept(None, formula=True), Kept(7.0, formula=True))
    lines = [["品名", "数量", "金額"], ["机", Kept(2.0), never], ["棚", Kept(3.0), never]]
    found = read_file(write_workbook(tmp_path / "a.xls", {"注文": lines}))
    assert found.notes == (
        "注文: left out: the values of 2 formulas that were never computed (the first in C2); "
        "open and save the file in a spreadsheet program",
    )
    lines = [["品名", "数量", "備考"], ["机", computed, empty], ["棚", Kept(3.0), empty]]
    assert read_file(write_workbook(tmp_path / "b.xls", {"注文": lines})).notes == ()


def test_struck_out_cells_of_xls_are_left_out(tmp_path: Path) -> None:
    lines = [["品名", "金額"], ["机", Kept(1000.0)], ["椅子", Kept(4000.0, struck=True)], ["棚", Kept(500.0)]]
    found = read_file(write_workbook(tmp_path / "s.xls", {"注文": lines}))
    assert (column(found, "金額").values, found.notes) == ([1000, None, 500], ("1 struck out stretches were left out",))


# -- merged cells --------------------------------------------------------------------------------------------


def bordered(sheet: Any) -> None:
    side = Side(style="thin")
    for row in sheet["A1:C4"]:
        for cell in row:
            cell.border = Border(side, side, side, side)


@pytest.mark.parametrize("then", [bordered, nothing])
def test_a_merged_amount_counts_once_and_is_said_of_its_rows(tmp_path: Path, then: Callable[[Any], None]) -> None:
    lines = [["品名", "数量", "送料"], ["机", 1, 1000], ["椅子", 4, None], ["棚", 2, 500]]
    found = workbook(tmp_path, *lines, merged=["C2:C3"], then=then)
    assert column(found, "送料").values == [1000, None, 500]
    assert rows(found)[1] == "品名: 椅子; 数量: 4; 送料: 1000 (one cell with the row above)"
    (fee,) = [one for one in found.drafts if one.kind == "column" and one.facts["name"] == "送料"]
    assert fee.facts["sum"] == 1500


@pytest.mark.parametrize("then", [bordered, nothing])
def test_merged_words_in_the_last_column_belong_to_all_their_rows(tmp_path: Path, then: Callable[[Any], None]) -> None:
    lines = [["品名", "数量", "備考"], ["机", 1, "税込"], ["椅子", 4, None], ["棚", 2, None]]
    assert column(workbook(tmp_path, *lines, merged=["C2:C4"], then=then), "備考").values == ["税込"] * 3


def test_merged_figures_that_name_rows_or_are_prices_of_each_belong_to_all_of_them(tmp_path: Path) -> None:
    lines: list[Line] = [["No.", "品名", "年度", "単価", "金額"], [1, "机", 2025, 500, 1000]]
    lines += [[None, "椅子", None, None, 3000], [2, "棚", 2026, 700, 700]]
    found = workbook(tmp_path, *lines, merged=["A2:A3", "C2:C3", "D2:D3"])
    assert column(found, "No.").values == [1, 1, 2]
    assert column(found, "年度").values == [2025, 2025, 2026]
    assert column(found, "単価").values == [500, 500, 700]


def test_years_of_a_header_of_two_rows_stay_what_they_are(tmp_path: Path) -> None:
    lines = [["品名", 2025, "予算", None], [None, None, "上期", "下期"], ["机", 1, 2, 3], ["棚", 4, 5, 9]]
    found = workbook(tmp_path, *lines, merged=["A1:A2", "B1:B2", "C1:D1"])
    assert [one.name for one in table(found).columns] == ["品名", "2025", "予算 / 上期", "予算 / 下期"]


def test_a_row_that_is_the_lower_half_of_the_one_above_is_none(tmp_path: Path) -> None:
    lines: list[Line] = [["品名", "数量", "備考"], [], ["机", 1, "税込"], [], ["棚", 2, "税別"], []]
    merged = [f"{letter}{row}:{letter}{row + 1}" for letter in "ABC" for row in (1, 3, 5)]

    def hidden(sheet: Any) -> None:
        sheet.row_dimensions[5].hidden = True

    found = workbook(tmp_path, *lines, merged=merged, then=hidden)
    assert column(found, "数量").values == [1, 2]
    assert [draft.locator.row for draft in found.drafts if draft.kind == "row"] == [3, 5]
    assert table(found).rows == [3, 5] and table(found).hidden == {5}


SHIFTS: list[Line] = [
    ["氏名", "4/1", "4/2", "4/3", "4/4"],
    ["佐藤", "出張", None, None, "休"],
    ["鈴木", "早", "遅", "早", "早"],
]


@pytest.mark.parametrize(
    "days",
    [
        ["4/1", "4/2", "4/3", "4/4"],
        [1, 2, 3, 4],
        ["水", "木", "金", "土"],
        ["1日(水)", "2日(木)", "3日(金)", "4日(土)"],
    ],
)
def test_words_over_several_days_belong_to_each(tmp_path: Path, days: Line) -> None:
    found = workbook(tmp_path, ["氏名", *days], *SHIFTS[1:], merged=["B2:D2"])
    assert [one.values[0] for one in table(found).columns] == ["佐藤", "出張", "出張", "出張", "休"]


def test_words_over_several_days_and_people_belong_to_each(tmp_path: Path) -> None:
    lines = [["月", 1, 2, 3], ["佐藤", "研修", None, "休"], ["鈴木", None, None, "早"], ["森", "早", "遅", "早"]]
    found = workbook(tmp_path, ["シフト"], *lines, merged=["A1:D1", "B3:C4"])
    assert [one.values for one in table(found).columns[1:3]] == [["研修", "研修", "早"], ["研修", "研修", "遅"]]


def test_titles_headers_totals_and_wide_cells_over_other_columns_stay_where_they_are(tmp_path: Path) -> None:
    lines: list[Line] = [
        ["売上表", None, None, None], ["部門", "費目", "上期", None], [None, None, "計画", "実績"],
        ["営業", "未定", None, 3], ["製造", "材料", 1, 2], ["総計", None, 1, 5],
    ]  # fmt: skip
    found = workbook(tmp_path, *lines, merged=["A1:D1", "A2:A3", "B2:B3", "C2:D2", "B4:C4", "A6:B6"])
    assert [one.name for one in table(found).columns] == ["部門", "費目", "上期 / 計画", "上期 / 実績"]
    assert rows(found)[0] == "部門: 営業; 費目: 未定; 上期 / 実績: 3"
    assert rows(found)[2] == "部門: 総計; 上期 / 計画: 1; 上期 / 実績: 5"


# -- struck out, and beside the cells --------------------------------------------------------------------------


def test_struck_out_cells_are_left_out_and_said(tmp_path: Path) -> None:
    def strike(sheet: Any) -> None:
        for place in ("A3", "B3", "C3", "C4"):
            sheet[place].font = Font(strike=True)

    lines = [
        ["注文", "品名", "金額"],
        ["O-1", "机", 1000],
        ["O-2", "椅子", 4000],
        ["O-3", "棚", 500],
        ["O-4", "箱", 70],
    ]
    found = workbook(tmp_path, *lines, then=strike)
    assert column(found, "金額").values == [1000, None, 70]
    assert column(found, "注文").values == ["O-1", "O-3", "O-4"]
    assert table(found).rows == [2, 4, 5]
    assert found.notes == ("4 struck out stretches were left out",)


def test_headers_of_printed_pages_and_titles_of_charts_are_read(tmp_path: Path) -> None:
    def beside(sheet: Any) -> None:
        sheet.oddHeader.center.text, sheet.oddFooter.left.text = "社外秘 R&&D 2026年度", "単位：千円"
        sheet.oddFooter.right.text = "Page &P of &N"
        sheet.oddHeader.center.size, sheet.oddHeader.center.font = 14, "Arial,Bold"
        chart = BarChart()
        chart.title, chart.y_axis.title = "売上の推移", "百万円"
        chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        sheet.add_chart(chart, "E2")

    found = workbook(tmp_path, ["月", "売上"], ["4月", 10], ["5月", 12], then=beside)
    assert [draft.text for draft in found.drafts if draft.kind == "passage"] == [
        "[Page header: 社外秘 R&D 2026年度]", "[Page footer: 単位：千円]", "[Chart: 売上の推移; 百万円]",
    ]  # fmt: skip


# -- the unit of figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "figure", "unit", "total"),
    [
        ("売上(円)", "#,##0,", "JPY", 3_000_000), ("Sales (EUR)", "0.0,,", "EUR", 3_000_000),
        ("売上(千円)", "#,##0,", "千円", 3000), ("売上", "#,##0,", "", 3000),
    ],
)  # fmt: skip
def test_thousands_that_a_sheet_doesnt_show_count_where_a_column_is_in_a_currency(
    tmp_path: Path, head: str, figure: str, unit: str, total: float
) -> None:
    read = workbook(tmp_path, ["店", head], ["東", 1_000_000], ["西", 2_000_000], formats={"B2:B3": figure})
    sales = next(one for one in table(read).columns if one.name in ("売上", "Sales"))
    assert (sales.unit, sum(sales.values)) == (unit, total)


def test_a_unit_in_any_row_of_a_header_is_that_of_its_columns(tmp_path: Path) -> None:
    read = workbook(
        tmp_path, ["店", "売上(円)", None, "達成(%)"], [None, "4月", "5月", "4月"], ["東", 120, 130, 98], ["西", 90, 95, 101],
        merged=["B1:C1"],
    )  # fmt: skip
    assert [(one.name, one.unit) for one in table(read).columns] == [
        ("店", ""), ("売上 / 4月", "JPY"), ("売上 / 5月", "JPY"), ("達成 / 4月", "%"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caption", "units"),
    [
        ("部門別売上（単位：千円）", ["", "", "千円", "千円", "", "%"]),
        ("Shipped, unit: t", ["", "", "t", "t", "t", "%"]),
        ("部門別売上（単位：千円、人）", ["", "", "", "", "", "%"]),
        ("部門別売上（千円）", ["", "", "千円", "千円", "", "%"]),
        ("部門別売上（速報）", ["", "", "", "", "", "%"]),
    ],
)
def test_the_unit_that_a_caption_says_is_that_of_figures_without_one(
    tmp_path: Path, caption: str, units: list[str]
) -> None:
    read = workbook(
        tmp_path, [caption], ["部門", "年度", "売上", "原価", "数量", "伸び(%)"],
        ["東", 2025, 120, 80, 7, 3], ["西", 2025, 90, 60, 5, 4]
    )  # fmt: skip
    assert [one.unit for one in table(read).columns] == units


def test_a_unit_said_beside_the_names_of_columns_is_that_of_all_figures(tmp_path: Path) -> None:
    read = workbook(
        tmp_path, ["部門", "4月", "5月", "(単位:千円)"], ["営業", 120, 80, None], ["製造", 500, 450, None]
    )  # fmt: skip
    assert [(one.name, one.unit) for one in table(read).columns] == [("部門", ""), ("4月", "千円"), ("5月", "千円")]


@pytest.mark.parametrize(
    ("pattern", "unit"), [('#,##0.0 "T€"', "T€"), ('0.0" Mio. €"', "Mio. €"), ('0 "k€"', "k€"), ('0.0 "€"', "EUR")]
)
def test_a_word_for_thousands_before_a_currency_stays_in_the_unit(pattern: str, unit: str) -> None:
    assert figure(12.5, pattern) == Figure(12.5, unit)


# -- rows that are no rows of data ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "below",
    [
        [["Summe", 180, 210]], [["Gesamt", 180, 210]], [["**Total général**", 180, 210]], [["Totale", 180, 210]],
        [["Mittelwert", 90, 105], ["Stdabw.", 14.1, 21.2]], [["計", 180, 210], ["前年同月", 150, 220], ["前年比", 1.2, 0.95]],
        [["Netto", 180, 210], ["19 % MwSt.", 34.2, 39.9], ["Gesamtbetrag", 214.2, 249.9]],
        [["Nettosumme", 180, 210], ["zzgl. 19 % USt", 34.2, 39.9], ["Rechnungsbetrag", 214.2, 249.9]],
    ],
)  # fmt: skip
def test_sums_in_the_languages_of_europe_and_what_is_set_against_them_count_in_no_figure(
    tmp_path: Path, below: list[Line]
) -> None:
    read = workbook(tmp_path, ["Name", "A", "B"], ["Kern", 100, 120], ["Lang", 80, 90], *below)
    assert column(read, "A").values == [100, 80] and len(rows(read)) == 2 + len(below)


def test_a_name_of_net_weight_is_no_sum(tmp_path: Path) -> None:
    read = workbook(tmp_path, ["Name", "kg"], ["Brutto", 100], ["Tara", 20], ["Netto", 80])
    assert column(read, "kg").values == [100, 20, 80]


def test_a_cell_over_all_columns_names_the_rows_below_it(tmp_path: Path) -> None:
    read = workbook(
        tmp_path, ["Name", "Std.", "Satz"], ["Werk Nord"], ["Kern", 38, 25], ["Werk Süd"], ["Vogt", 40, 27],
        merged=["A2:C2", "A4:C4"],
    )  # fmt: skip
    assert column(read, "Name").values == ["Kern", "Vogt"]
    assert [row.split("; ")[0] for row in rows(read)] == ["Werk Nord", "Werk Nord", "Werk Süd", "Werk Süd"]


# -- labels and values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        [["設備名", "コンプレッサー 2号", "点検日", dt.date(2026, 6, 3)], ["点検者", "山田", "天候", "晴"], ["所見", "油温が高い"]],
        [["Rechnung Nr.", "2026-117"], ["Datum", dt.date(2026, 5, 12)]],
        [["請求日", dt.date(2026, 5, 31)], ["請求番号", "INV-2605-014"], ["登録番号", "T1234567890123"]],
        [["Maschine", "Presse 4"], ["Baujahr", 2011], ["Presskraft", "2500 kN"], ["Strom", "85 %"], ["Prüfung", "14.02.2026"]],
    ],
)  # fmt: skip
def test_labels_beside_values_are_one_record(tmp_path: Path, lines: list[Line]) -> None:
    read = workbook(tmp_path, *lines)
    assert [one.name for one in table(read).columns] == [label for line in lines for label in line[::2]]
    assert len(rows(read)) == 1


def test_days_above_figures_are_names_of_columns(tmp_path: Path) -> None:
    read = workbook(
        tmp_path, ["店", dt.date(2026, 4, 1), "計画", dt.date(2026, 5, 1)], ["東", 12, 10, 14], ["西", 9, 8, 11]
    )
    assert len(rows(read)) == 2


def test_what_is_struck_out_within_a_cell_is_left_out_and_said(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        sheet, old, bold = (
            book.add_worksheet(),
            book.add_format({"font_strikeout": True}),
            book.add_format({"bold": True}),
        )
        sheet.write_row(0, 0, ["Part", "Price"])
        sheet.write(1, 0, "Bolt")
        sheet.write_rich_string(1, 1, old, "450", " 420")
        sheet.write_rich_string(2, 0, "Nut ", bold, "M8")
        sheet.write(2, 1, 7)
    read = read_file(tmp_path / "book.xlsx")
    assert rows(read) == ["Part: Bolt; Price: 420", "Part: Nut M8; Price: 7"]
    assert any("struck out" in note for note in read.notes)


def test_lines_of_a_text_box_on_a_sheet_stay_apart_and_what_is_set_in_two_types_stays_one(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "made.xlsx") as book:
        book.add_worksheet().insert_textbox("B2", "振込先：港信用金庫\n手数料はご負担ください\n\nTel. 03-[]1234")
    gap = "</a:t></a:r>{}<a:r><a:t>"
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(tmp_path / "book.xlsx", "w") as target:
        for name in made.namelist():
            parted = made.read(name).replace(b"[]", gap.format("").encode())
            target.writestr(name, parted.replace("先：".encode(), f"先：{gap.format('<a:br/>')}".encode()))
    (said,) = [draft.text for draft in read_file(tmp_path / "book.xlsx").drafts]
    assert said == "振込先：\n港信用金庫\n手数料はご負担ください\nTel. 03-1234"
