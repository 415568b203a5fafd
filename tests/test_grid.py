"""A grid of cells becomes tables, columns and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.grid import grid
from ingest.space.entity import Draft, Locator
from ingest.text.cells import shown

ORDERS = [
    ["No", "Customer", "金額（円）", "Date"],
    ["A-1", "Sato", "1,200", "2026-05-01"],
    ["A-2", "Abe", "900", "2026-05-03"],
]


def drafts(rows: Sequence[Sequence[object]], **more: Any) -> list[Draft]:
    found = grid(rows, name="Orders", key="t", title="book", place=lambda i: Locator(sheet="S", row=i + 1), **more)
    return [item for item in found if isinstance(item, Draft)]


def kind(found: Sequence[Draft], name: str) -> list[Draft]:
    return [draft for draft in found if draft.kind == name]


def test_a_table_its_columns_and_its_rows_say_what_they_hold_and_where() -> None:
    found = drafts(ORDERS)
    assert [draft.kind for draft in found] == ["table", *["column"] * 4, *["row"] * 2]
    assert found[0].text.startswith(
        "Table Orders with 2 rows. Columns: No, text; Customer, text; 金額 (JPY), number from 900"
    )
    assert found[3].facts == {
        "table": "t", "name": "金額", "type": "number", "unit": "JPY", "count": 2, "distinct": 2,
        "min": 900, "max": 1200, "sum": 2100,
    }  # fmt: skip
    assert found[3].locator == Locator(sheet="S", row=1, cell="C1")
    row = found[5]
    assert row.text == "No: A-1; Customer: Sato; 金額: 1,200 JPY; Date: 2026-05-01"
    assert row.facts["values"] == {"No": "A-1", "Customer": "Sato", "金額": 1200, "Date": "2026-05-01"}
    assert row.facts["units"] == {"金額": "JPY"}
    assert (row.locator.row, row.parent, row.title) == (2, "t", "book > Orders")


def test_words_above_a_table_are_its_caption_and_totals_below_count_nowhere() -> None:
    found = drafts([["Orders of May", None, None, None], [None] * 4, *ORDERS, ["合計", None, "2,100", None]])
    assert found[0].facts["name"] == "Orders Orders of May"
    assert found[0].facts["rows"] == 2
    assert found[3].facts["sum"] == 2100
    assert [row.facts.get("total", False) for row in kind(found, "row")] == [False, False, True]


def test_merged_headers_over_two_rows_give_full_names() -> None:
    found = drafts(
        [["Part", "Sales", None, "Note"], [None, "May", "June", None], ["bolt", 1, 2, "x"], ["nut", 3, 4, None]]
    )
    assert kind(found, "row")[0].text == "Part: bolt; Sales / May: 1; Sales / June: 2; Note: x"


def test_a_row_of_units_below_the_header_gives_units() -> None:
    found = drafts([["Temp", "Speed"], ["°C", "rpm"], ["20.5", "100"], ["21", "120"]])
    assert kind(found, "row")[0].text == "Temp: 20.5 °C; Speed: 100 rpm"


def test_years_can_head_columns() -> None:
    found = drafts([["Country", "2019", "2020"], ["JP", "126.6", "126.1"], ["FR", "67", "67.4"]])
    assert kind(found, "row")[1].text == "Country: FR; 2019: 67; 2020: 67.4"
    found = drafts([["Country", "1871", "1911"], ["JP", "34.8", "50.6"], ["FR", "36.1", "39.6"]])
    assert kind(found, "row")[0].text == "Country: JP; 1871: 34.8; 1911: 50.6"


def test_tables_side_by_side_and_below_each_other_are_told_apart() -> None:
    found = drafts(
        [["a", "b", None, "x", "y"], [1, 2, None, "p", "q"], [], ["part", "maker"], ["bolt", "Abe"], ["nut", "Sato"]]
    )
    assert [table.key for table in kind(found, "table")] == ["t", "t/2", "t/3"]
    assert [row.text for row in kind(found, "row")] == [
        "a: 1; b: 2",
        "x: p; y: q",
        "part: bolt; maker: Abe",
        "part: nut; maker: Sato",
    ]


def test_a_table_torn_by_a_blank_row_is_one_table() -> None:
    found = drafts([*ORDERS, [None] * 4, ["A-3", "Oda", "400", "2026-05-09"]])
    assert len(kind(found, "table")) == 1
    assert kind(found, "row")[-1].text == "No: A-3; Customer: Oda; 金額: 400 JPY; Date: 2026-05-09"
    assert kind(found, "row")[-1].locator.row == 5


def test_a_form_of_labels_and_values_is_one_row() -> None:
    found = drafts([["Machine:", "CNC-7"], ["Serial:", 123], ["Made:", "2026年5月1日"]])
    assert [row.text for row in kind(found, "row")] == ["Machine: CNC-7; Serial: 123; Made: 2026年5月1日"]


def test_figures_without_a_header_keep_all_their_rows() -> None:
    found = drafts([[1, 2, 3], [4, 5, 6]])
    assert [row.text for row in kind(found, "row")] == ["1; 2; 3", "4; 5; 6"]


def test_a_column_whose_figures_differ_in_unit_is_not_summed() -> None:
    found = drafts([["item", "weight"], ["a", "12 kg"], ["b", "300 g"]])
    assert kind(found, "column")[1].facts["type"] == "text"


def test_equal_and_missing_names_are_told_apart() -> None:
    found = drafts([["x", "x", None], ["a", "b", 1], ["c", "d", 2]])
    assert [column.facts["name"] for column in kind(found, "column")] == ["x", "x (2)", "column 3"]


def test_rows_beyond_those_kept_count_in_the_figures() -> None:
    found = drafts([["n"], *([i] for i in range(10))], rest=([i] for i in range(10, 100)))
    assert (found[0].facts["rows"], found[0].facts["rows_kept"], len(kind(found, "row"))) == (100, 10, 10)
    assert (found[1].facts["sum"], found[1].facts["max"]) == (4950, 99)


def test_an_empty_grid_is_nothing() -> None:
    assert drafts([]) == drafts([[None, ""], []]) == []


CELLS = st.one_of(
    st.none(), st.integers(-5, 5), st.sampled_from(["", "a", "b c", "Total", "2026-05-01", "3 kg", "2019"])
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=12))
def test_no_cell_is_lost_in_any_grid(rows: list[list[object]]) -> None:
    """The words of every filled cell stand in some draft, and parents come before their children."""
    found = drafts(rows)
    said = " ".join(draft.text for draft in found)
    assert all(shown(value) in said for row in rows for value in row)
    keys: set[str] = set()
    for draft in found:
        assert not draft.parent or draft.parent in keys
        keys.add(draft.key)


@pytest.mark.parametrize(
    "label", ["合計（税込）", "税抜合計", "合計金額", "Total (incl. tax)", "Net total", "Subtotal"]
)
def test_a_total_is_known_by_its_label_whatever_column_that_stands_in(label: str) -> None:
    rows = [["item", "count", "price", "amount"], ["a", 2, 100, 200], ["b", 3, 100, 300], [None, None, label, 500]]
    found = drafts(rows)
    assert [row.facts.get("total", False) for row in kind(found, "row")] == [False, False, True]


@pytest.mark.parametrize(
    ("header", "rows", "sums"),
    [
        ("date|text|in|out", ["4/1|sales|50|", "4/2|x|20|", "|4月計|70|", "|累計|70|", "4/30|次月繰越||50"], [2, 3, 4]),
        ("月|売上", ["4月|1", "5月|2", "上期計|3", "10月|4", "11月|1", "下期計|5"], [2, 5]),
        ("item|count|price|amount", ["a|1|5|5", "b|1|5|5", "小計|||10", "消費税|||1", "合計|||11"], [2, 3, 4]),
        ("item|amount", ["a|5", "b|5", "小計|10", "消費税(10%)|1", "合計|11"], [2, 3, 4]),
        ("item|amount", ["a|5", "b|5", "Subtotal|10", "VAT 19%|1.9", "Total|11.9", "c|3"], [2, 3, 4]),
        ("No|item|amount", ["1|a|5", "2|b|5", "3|合計|10"], [2]),
        ("都市|店|売上", ["東京|鈴木|2", "東京|佐藤|3", "|東京計|5"], [2]),
        ("品|金額", ["a|1000", "b|1000", "8%対象|1000", "10%対象|1000", "内消費税|180", "ご請求金額|2000"], [2, 3, 4, 5]),
        ("Date|Type|n", ["2026-08-12|Total|3", "2027-08-02|Total|4", "2028-01-26|Annular|9"], []),
        ("Date|Rating|Guests", ["2026-05-01|Good|12", "2026-05-02|Average|15", "2026-05-03|Poor|9"], []),
        ("区分|品名|数量", ["圧力|圧力センサ|3", "圧力|圧力計|2", "温度|温度計|3"], []),
        ("作業|担当|時間", ["入力|田中|3", "集計|佐藤|2", "請求額の確認|鈴木|1", "次月繰越の処理|林|1"], []),
        ("Item|Net|Gross", ["Vat-free book|5|5", "Total|5|5", "Vat-free pen|5|5"], [1]),
        ("品名|数量|金額", ["りんご|1|100", "なし|1|100", "小計||200", "運搬費||500"], [2]),
        ("日時|気温", ["2026-06-01 10:00|5", "2026-06-01 11:00|7", "最大|7", "平均|6"], [2, 3]),
        ("部|品|数", ["東京|机|1", "東京|椅子|2", "東京|小計|3", "|棚|4"], [2]),
        ("item|count", ["thermometer 温度計|1", "会計ソフト|2", "設計費|3"], []),
        ("日|摘要|入金|出金|残高", ["1|売上|5||15", "2|仕入||2|13", "|月計|5|2|13", "3|売上|4||17", "|月計|4|0|17"], [2, 4]),
        ("日|摘要|入金|残高", ["|前月繰越|10|10", "1|売上|5|15", "2|売上|2|17", "|合計|7|17", "|次月繰越|17|"], [0, 3, 4]),
        ("Pos|Artikel|Gesamt", ["1|a|5", "2|b|6", "|Übertrag|11", "3|c|4", "|Netto|15", "|MwSt. 19 %|2,85"], [2, 4, 5]),
        ("Date|Text|Amount", ["2026-06-01|Übertrag|7", "2026-06-02|Report|9", "2026-06-03|forward|4"], []),
        ("頁|品|金額", ["1|a|1", "1|b|2", "1|次頁へ繰越|3", "2|前頁より繰越|3", "2|c|4"], [2, 3]),
        ("Datum|Text|Betrag", ["02.06.2026|Strom|-5", "05.06.2026|Miete|-9", "Saldo 30.06.2026||405"], [2]),
        ("日付|摘要|残高", ["2026/6/1|売上|9", "2026/6/5|仕入|8", "6月30日現在||8"], [2]),
        ("Date|Text|Amount", ["2026-06-01|a|5", "2026-06-02|b|6", "Balance at 2026-06-30||1300"], [2]),
        ("Item|Count|Price", ["Balance shaft|2|5", "Deposit box|1|6", "Saldo-Heft|3|7"], []),
        ("Item|Qty|Amount", ["a|1|5", "b|1|5", "Subtotal||10", "Shipping||2", "Sales tax 8.25%||1", "Total||13",
                             "Amount paid||5", "Balance due||8"], [2, 4, 5, 6, 7]),
        ("品名|数量|金額", ["a|1|5", "b|1|5", "合計||10", "うち8%対象||5", "(うち消費税)||1", "源泉徴収税||1", "差引請求額||9"],
         [2, 3, 4, 5, 6]),
        ("Désignation|Qté|Montant", ["a|1|5", "b|1|5", "Total TTC||10", "Acompte versé||-4", "Net à payer||6"], [2, 3, 4]),
        ("品|数", ["a|1", "b|2", "(合計)|3"], [2]),
        ("試料|値", ["a|1", "b|2", "平均値|1.5", "標準偏差|0.7", "中央値|1.5"], [2, 3, 4]),
    ],
)  # fmt: skip
def test_a_row_that_sums_up_others_counts_in_no_figure(header: str, rows: list[str], sums: list[int]) -> None:
    cells = [[value or None for value in row.split("|")] for row in (header, *rows)]
    found = kind(drafts(cells), "row")
    assert [number for number, row in enumerate(found) if row.facts.get("total")] == sums
