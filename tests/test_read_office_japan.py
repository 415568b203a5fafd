"""Files as Japanese offices keep them: quotations of merged cells, months as columns, exports under a preamble, loggers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ingest.readers.grid import grid
from ingest.readers.headers import header_height
from ingest.readers.islands import split
from ingest.space.entity import Locator
from ingest.text.columns import Columns

from .reading import column, read_file, rows, table, written


def quotation(path: Path) -> None:
    """御見積書: the name of an item stands in two merged columns; sums and tax stand below."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for place, text in {"A1": "御見積書", "A3": "件名", "B3": "ポンプ更新工事"}.items():
        sheet[place] = text
    sheet.merge_cells("A1:G1")
    items = [(1, "渦巻ポンプ P-104", 2, "台", 450_000, 900_000), (2, "据付工事", 1, "式", 300_000, 300_000)]
    for row, line in enumerate([("No.", "品名・仕様", "数量", "単位", "単価", "金額"), *items], 5):
        for at, value in zip((1, 2, 4, 5, 6, 7), line, strict=True):
            sheet.cell(row, at, value)
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    for row, (name, amount) in enumerate([("小計", 1_200_000), ("消費税（10%）", 120_000), ("合計", 1_320_000)], 8):
        sheet.cell(row, 6, name)
        sheet.cell(row, 7, amount)
    book.save(path)


def items(found: Any) -> Columns:
    return next(one for one in found.tables if len(one.columns) > 3)


def test_the_items_of_a_quotation_are_one_table_and_its_sums_count_in_no_figure(tmp_path: Path) -> None:
    quotation(tmp_path / "q.xlsx")
    found = read_file(tmp_path / "q.xlsx")
    made = items(found)
    assert [one.name for one in made.columns] == ["No.", "品名・仕様", "数量", "単位", "単価", "金額"]
    assert [list(one.values) for one in made.columns[4:]] == [[450_000, 300_000], [900_000, 300_000]]
    assert "No.: 1; 品名・仕様: 渦巻ポンプ P-104; 数量: 2; 単位: 台; 単価: 450000; 金額: 900000" in rows(found)
    assert any("消費税（10%）" in row and "120000" in row for row in rows(found))
    (amount,) = [one for one in found.drafts if one.kind == "column" and one.facts["name"] == "金額"]
    assert (amount.facts["sum"], amount.locator.cell) == (1_200_000, "G5")


def test_values_merged_with_the_empty_column_beside_them_are_read(tmp_path: Path) -> None:
    """検収書: the last column of every row reaches over a blank one."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row, line in enumerate([("品名", "数量"), ("ポンプ", 2), ("弁", 5)], 1):
        sheet.cell(row, 1, line[0])
        sheet.cell(row, 2, line[1])
        sheet.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    book.save(tmp_path / "k.xlsx")
    assert rows(read_file(tmp_path / "k.xlsx")) == ["品名: ポンプ; 数量: 2", "品名: 弁; 数量: 5"]


def test_sums_of_groups_count_in_no_figure() -> None:
    rows = [["部門", "費目", "計上額"], ["営業部", "旅費", 120], ["営業部", "交際費", 50], ["営業部 計", None, 170]]
    rows += [["製造部", "旅費", 20], ["製造部", "消耗品", 300], ["製造部", "小計", 320], ["総計", None, 490]]
    found = list(grid(rows, name="経費", key="t", title="", place=lambda i: Locator(row=i + 1)))
    (made,) = [one for one in found if isinstance(one, Columns)]
    assert [list(one.values) for one in made.columns[1:]] == [["旅費", "交際費", "旅費", "消耗品"], [120, 50, 20, 300]]
    english = [["Region", "Sales"], ["North", 3], ["North", 4], ["North Total", 7], ["South total loss", 5]]
    (made,) = [
        one for one in grid(english, name="", key="t", title="", place=lambda i: Locator()) if isinstance(one, Columns)
    ]
    assert list(made.columns[1].values) == [3, 4, 5]


def test_a_merged_title_joins_no_tables_that_stand_side_by_side() -> None:
    rows = [["売上と在庫", None, None, None, None], ["品名", "売上", None, "品名", "在庫"]]
    rows += [["ボルト", 5, None, "ナット", 7], ["座金", 6, None, "鋲", 8]]
    joined = {column: frozenset({0}) for column in range(1, 5)}
    assert [block.at for block in split(rows, joined)] == [(0, 1), (3, 4)]
    assert [block.at for block in split(rows[1:], {2: frozenset({0, 1, 2})})] == [(0, 1, 3, 4)]


@pytest.mark.parametrize(
    ("header", "below"),
    [
        (["部門", "4月", "5月"], [["営業部", 12_000, 13_500], ["製造部", 8_200, None]]),
        (["項目", "2025年", "2026年"], [["売上", "1,200", "1,300"], ["原価", "800", "900"]]),
        (["氏名", 1, 2], [["遠藤", "早番", "休"], ["森", "遅番", "早番"]]),
        (["氏名", "1日", "2日"], [["遠藤", "早番", "休"], ["森", "遅番", "早番"]]),
    ],
)
def test_months_days_and_years_head_columns(header: list[object], below: list[list[object]]) -> None:
    assert header_height([header, *below]) == 1
    assert header_height([["ボルト", "4月"], ["ナット", "5月"]]) == 0


def test_a_header_of_two_rows_is_found_over_words_too(tmp_path: Path) -> None:
    html = (
        "<table><tr><th rowspan=2>部署<th colspan=2>連絡先<tr><th>内線<th>携帯"
        "<tr><td>保全課<td>0123<td>090-1111-2222<tr><td>総務課<td>0456<td>080-3333-4444</table>"
    )
    assert (
        rows(written(tmp_path / "a.html", html))[0] == "部署: 保全課; 連絡先 / 内線: 0123; 連絡先 / 携帯: 090-1111-2222"
    )


def test_an_export_under_a_preamble_is_read_with_what_stands_above_it(tmp_path: Path) -> None:
    head = "売上明細,,,\n出力日時,2026/06/30 18:05,,\n期間,令和8年4月1日～令和8年6月30日,,\n,,,\n伝票番号,得意先,売上日,金額(円)\n"
    body = "".join(f'000{120 + n},㈱髙橋商店,R8.4.{5 + n},"{"△" * (n == 2)}{n + 1}2,000"\n' for n in range(4))
    found = written(tmp_path / "a.csv", f'{head}{body},,合計,"44,000"\n', "cp932")
    assert "出力日時: 2026/06/30 18:05; 期間: 令和8年4月1日～令和8年6月30日" in rows(found)
    amounts = next(one for one in items_of(found) if one.name == "金額")
    assert (list(amounts.values), amounts.unit) == ([12_000, 22_000, -32_000, 42_000], "JPY")


def items_of(found: Any) -> list[Any]:
    return [one for made in found.tables for one in made.columns]


def test_a_form_that_begins_with_a_day_is_no_table(tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", "開催日時,令和8年6月15日（月）13:30～14:30\n場所,第2会議室\n出席者,遠藤、森\n")
    assert rows(found) == ["開催日時: 令和8年6月15日（月）13:30～14:30; 場所: 第2会議室; 出席者: 遠藤、森"]


def test_a_logger_whose_units_stand_below_the_names_of_its_channels_is_a_record(tmp_path: Path) -> None:
    head = (
        "機種,GL240\n測定開始,2026/06/01 08:00:00\n間隔,10s\n\n番号,日付時刻,ms,CH1,CH2,Alarm\nNO.,Time,ms,degC,V,A12\n"
    )
    body = "".join(
        f"{n + 1},2026/06/01 08:{n // 6:02}:{n % 6 * 10:02},0,+{234 + n % 7}.5,+1.{n % 5}0,LL\n" for n in range(120)
    )
    found = written(tmp_path / "a.csv", head + body, "cp932")
    assert found.reader == "sensor"
    assert len(table(found).rows) == 120
    (first,) = [one for one in table(found).columns if one.unit == "°C"]
    assert list(first.values)[:3] == [234.5, 235.5, 236.5]
    assert first.name.startswith("CH1")


def test_a_column_of_gaps_alone_holds_nothing(tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", "品名,金額,日付\nボルト,-,2026-06-01\nナット,-,2026-06-02\n")
    assert list(column(found, "金額").values) == [None, None]


HEADS = (
    "<tr><th rowspan=2>型式<th colspan=2>50Hz<th colspan=2>60Hz<tr><th>揚程(m)<th>流量(L/min)<th>揚程(m)<th>流量(L/min)"
)
PUMPS = "<tr><th>KP-A<td>12<td>45<td>14<td>52<tr><th>KP-B<td>18<td>38<td>21<td>44"


@pytest.mark.parametrize(
    "page",
    [
        f"<table>{HEADS}{PUMPS}</table>",
        f"<table><thead>{HEADS.replace('<th', '<td')}</thead><tbody>{PUMPS.replace('<th', '<td')}</table>",
        f"<table><tr><th colspan=5>性能表{HEADS}{PUMPS}</table>",
    ],
)
def test_all_rows_of_a_page_that_are_marked_as_a_header_name_its_columns(tmp_path: Path, page: str) -> None:
    found = written(tmp_path / "a.html", page)
    assert (
        rows(found)[0]
        == "型式: KP-A; 50Hz / 揚程: 12 m; 50Hz / 流量: 45 L/min; 60Hz / 揚程: 14 m; 60Hz / 流量: 52 L/min"
    )
    assert [one.values for one in table(found).columns[1:]] == [[12, 18], [45, 38], [14, 21], [52, 44]]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<tr><th>型式<th>揚程(m)<tr><th colspan=2>50Hz<tr><th>KP-A<td>12<tr><th>KP-B<td>18", "型式: KP-A; 揚程: 12 m"),
        ("<thead><tr><th>型式<th>揚程(m)<tr><th>KP-A<th>12<tr><th>KP-B<th>18</thead>", "型式: KP-A; 揚程: 12 m"),
        ("<tr><th>年<th>台数<tr><td>2024<td>12<tr><td>2025<td>18", "年: 2024; 台数: 12"),
    ],
)
def test_rows_of_a_page_that_only_look_like_more_of_its_header_are_none(tmp_path: Path, page: str, said: str) -> None:
    assert any(row.endswith(said) for row in rows(written(tmp_path / "a.html", f"<table>{page}</table>")))
