"""Tables in text and workbooks: every value with its sign, unit and day, decided by the whole column or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

from assistant.serve.web.told import told
from ingest.readers.formats import figure, unit_of
from ingest.text.cells import Figure
from ingest.text.convention import decide

from .reading import column, read_file, rows, table, words, written


def test_decimal_commas_are_decided_by_the_whole_column(tmp_path: Path) -> None:
    found = written(
        tmp_path / "r.csv", "Kunde;Betrag (EUR);Stück\nAlfa;1.234,56;1.500\nBeta;12.500,00;2.000\nGamma;-300,5;800\n"
    )
    assert column(found, "Betrag").values == [1234.56, 12500.0, -300.5]
    assert column(found, "Stück").values == [1500, 2000, 800]
    assert column(found, "Betrag").unit == "EUR"


def test_a_minus_may_stand_behind_and_losses_in_brackets_or_behind_triangles(tmp_path: Path) -> None:
    found = written(tmp_path / "bank.csv", "Text,Amount\nCoffee,5.00-\nSalary,2000.00\nRent,(1200.00)\nFee,△3\n")
    assert column(found, "Amount").values == [-5.0, 2000.0, -1200.0, -3]


def test_the_yen_sign_of_windows_is_a_currency(tmp_path: Path) -> None:
    found = written(tmp_path / "k.csv", '番号,金額\nK-1,"\\1,200"\nK-2,\\500\n', "cp932")
    assert (column(found, "金額").values, column(found, "金額").unit) == ([1200, 500], "JPY")


@pytest.mark.parametrize(
    ("days", "read"),
    [
        (["03/03/2026", "25/03/2026", "04/03/2026"], ["2026-03-03", "2026-03-25", "2026-03-04"]),
        (["03/04/2026", "04/25/2026"], ["2026-03-04", "2026-04-25"]),
        (["03.04.26", "25.04.26", "28.04.26"], None),
        (["03/04/26", "25/04/98"], ["2026-04-03", "1998-04-25"]),
        (["20260401", "20260430", "20261231"], ["2026-04-01", "2026-04-30", "2026-12-31"]),
        (["令和8年4月1日", "R8.4.20", "昭和64年1月7日"], ["2026-04-01", "2026-04-20", "1989-01-07"]),
    ],
)
def test_days_are_decided_by_the_whole_column(tmp_path: Path, days: list[str], read: list[str] | None) -> None:
    found = written(tmp_path / "d.csv", "Delivery,When\n" + "".join(f"D{i},{day}\n" for i, day in enumerate(days)))
    if read is None:
        assert column(found, "When").type == "text"
        assert "two days" in found.notes[0]
    else:
        assert column(found, "When").values == [dt.date.fromisoformat(day) for day in read]


def test_days_that_could_be_two_stay_words_and_are_noted(tmp_path: Path) -> None:
    found = written(tmp_path / "d.csv", "Delivery,Day\nD1,03/04/2026\nD2,05/06/2026\n")
    assert column(found, "Day").type == "text"
    assert found.notes == ("d: column Day: '03/04/2026' could be two days; kept as written, not computed with",)
    assert not table(found).whole


def test_another_column_of_the_file_decides_where_one_cannot(tmp_path: Path) -> None:
    found = written(tmp_path / "d.csv", "Sent,Came\n03/04/2026,25/04/2026\n05/06/2026,28/06/2026\n")
    assert column(found, "Sent").values == [dt.date(2026, 4, 3), dt.date(2026, 6, 5)]


def test_clocks_of_twelve_hours_and_of_twenty_four_are_read(tmp_path: Path) -> None:
    found = written(
        tmp_path / "v.csv", "Visit,When\nV1,06/13/2026 12:30 AM\nV2,06/14/2026 09:15 PM\nV3,06/14/2026 24:00\n"
    )
    moments = [dt.datetime(2026, 6, 13, 0, 30), dt.datetime(2026, 6, 14, 21, 15), dt.datetime(2026, 6, 15)]
    assert column(found, "When").values == moments


def test_a_version_is_no_day_of_an_era_and_a_number_of_an_article_no_figure(tmp_path: Path) -> None:
    found = written(tmp_path / "f.csv", "Controller,Firmware,Article\nC-1,R2.4.1,00123\nC-2,R3.1.2,12345\n")
    assert column(found, "Firmware").values == ["R2.4.1", "R3.1.2"]
    assert column(found, "Article").values == ["00123", "12345"]


def test_the_whole_file_decides_the_encoding(tmp_path: Path) -> None:
    lines = [f"PO-{i:05},Tanaka Works Co Ltd,{i % 17}" for i in range(4_000)]
    text = "\r\n".join(["Order,Customer,Qty", *lines, "PO-09000,㈱髙橋商店,3", ""])
    found = written(tmp_path / "orders.csv", text, "cp932")
    assert rows(found)[-1] == "Order: PO-09000; Customer: ㈱髙橋商店; Qty: 3"
    assert found.notes == ()


def test_bytes_in_no_encoding_are_said_with_their_line(tmp_path: Path) -> None:
    found = written(
        tmp_path / "o.csv",
        "注文番号,数量\n一番の注文,2\n".encode() + b"\x81\xff\x90,3\n" + "三番の注文,4\n".encode() * 3,
    )
    assert found.notes == ("3 characters are in no known encoding and were lost, the first in line 3",)


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_a_stray_quotation_mark_swallows_nothing(tmp_path: Path, mark: str) -> None:
    lines = ["Item,Pieces", "Pipe,6", '"3/4 inch elbow,9', "Nut,4", 'Screw 2" long,12', '"5" bolt,3', "Chain,1"]
    found = written(tmp_path / "h.csv", "\n".join(lines).replace(",", mark) + "\n")
    assert column(found, "Pieces").values == [6, 9, 4, 12, 3, 1]
    assert "line 3 has a quotation mark that is not closed; it was read as a character" in found.notes


def test_a_quoted_cell_may_have_lines_marks_and_quotation_marks(tmp_path: Path) -> None:
    found = written(tmp_path / "q.csv", 'a,b,c\n"x, more\nline ""2"" of\nthree",5,6\n1,2,3\n')
    assert rows(found) == ['a: x, more line "2" of three; b: 5; c: 6', "a: 1; b: 2; c: 3"]


def test_cells_that_are_no_figures_are_said_and_the_table_is_not_whole(tmp_path: Path) -> None:
    found = written(tmp_path / "s.csv", "n,x\n" + "".join(f"{i},{i}\n" for i in range(20)) + "20,see note\n21,n/a\n")
    assert found.notes == ("s: column x: 1 cells are no numbers (the first: 'see note') and count in no figure",)
    assert (column(found, "x").unread, column(found, "x").missing, table(found).whole) == (1, 2, False)


def test_every_row_that_is_no_total_has_its_number_among_the_typed_rows(tmp_path: Path) -> None:
    found = written(tmp_path / "t.csv", "Customer,Units\nTotal Energies,5\nAbe,7\nTotal,12\n")
    said = [draft.facts.get("row") for draft in found.drafts if draft.kind == "row"]
    assert said == [0, 1, None]
    assert (column(found, "Units").values, table(found).rows) == ([5, 7], [2, 3])


def test_a_table_larger_than_the_memory_keeps_is_typed_to_its_end(tmp_path: Path) -> None:
    text = "n,name\n" + "".join(f"{i},part {i}\n" for i in range(500))
    (tmp_path / "l.csv").write_text(text)
    found = read_file(tmp_path / "l.csv", max_entities=50)
    assert len(found.drafts) <= 50
    assert column(found, "n").values == list(range(500))
    assert "of 500 rows the first 46 can be found" in found.notes[0]


# -- workbooks -------------------------------------------------------------------------------------------


@pytest.fixture
def book() -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.active.title = "Sales"  # type: ignore[union-attr]
    return made


def fill(book: openpyxl.Workbook, *lines: list[object], sheet: str = "Sales") -> None:
    for line in lines:
        book[sheet].append(line)


def test_a_merged_cell_belongs_to_all_of_its_rows(tmp_path: Path, book: openpyxl.Workbook) -> None:
    fill(
        book,
        ["Region", "Customer", "Units"],
        ["East", "Aoki", 120],
        [None, "Bando", 80],
        ["West", "Doi", 300],
        [None, "Endo", 40],
    )
    book["Sales"].merge_cells("A2:A3")
    book["Sales"].merge_cells("A4:A5")
    book.save(tmp_path / "s.xlsx")
    assert column(read_file(tmp_path / "s.xlsx"), "Region").values == ["East", "East", "West", "West"]


def test_hidden_sheets_rows_and_columns_are_read_marked_and_come_last(tmp_path: Path, book: openpyxl.Workbook) -> None:
    book.create_sheet("Old", 0).sheet_state = "hidden"
    fill(book, ["Item", "Price"], ["Motor", 39], ["Fan", 6], sheet="Old")
    fill(book, ["Item", "Price", "Cost"], ["Motor", 52, 1], ["Fan", 8, 2])
    book["Sales"].row_dimensions[3].hidden = True
    book["Sales"].column_dimensions["C"].hidden = True
    book.save(tmp_path / "p.xlsx")
    found = read_file(tmp_path / "p.xlsx")
    assert rows(found) == [
        "Item: Motor; Price: 52; [hidden column] Cost: 1", "[hidden row] Item: Fan; Price: 8; [hidden column] Cost: 2",
        "[hidden row] Item: Motor; Price: 39", "[hidden row] Item: Fan; Price: 6",
    ]  # fmt: skip
    assert [one.name for one in found.tables] == ["Sales", "Old (hidden sheet)"]
    assert (found.tables[0].hidden, found.tables[0].columns[2].hidden) == ({3}, True)
    assert found.notes == (
        "Sales: 1 rows are hidden; they were read and marked", "Sales: hidden columns were read and marked: C",
        "Old (hidden sheet): the sheet is hidden; it was read and marked",
    )  # fmt: skip


def test_formulas_that_were_never_computed_are_said(tmp_path: Path, book: openpyxl.Workbook) -> None:
    fill(book, ["Item", "Qty", "Amount"], ["Bolt", 3, "=B2*250"], ["Nut", 4, "=B3*300"])
    book.save(tmp_path / "c.xlsx")
    found = read_file(tmp_path / "c.xlsx")
    assert "2 formulas that were never computed (the first in C2)" in found.notes[0]
    assert not table(found).whole


def test_comments_of_cells_are_read(tmp_path: Path, book: openpyxl.Workbook) -> None:
    fill(book, ["Person", "Hours"], ["Abe", 10])
    book["Sales"]["B2"].comment = Comment("Includes training", "boss")
    book.save(tmp_path / "h.xlsx")
    found = read_file(tmp_path / "h.xlsx")
    assert "B2 [Comment by boss: Includes training]" in words(found)
    assert found.drafts[-1].locator.cell == "B2"


def test_durations_percents_and_currencies_are_figures_with_units(tmp_path: Path, book: openpyxl.Workbook) -> None:
    fill(book, ["Job", "Time", "Share", "Price"], ["A", dt.timedelta(hours=26, minutes=30), 0.35, 1200])
    for cell, form in (("B2", "[h]:mm"), ("C2", "0%"), ("D2", "[$¥-411]#,##0")):
        book["Sales"][cell].number_format = form
    book.save(tmp_path / "j.xlsx")
    found = read_file(tmp_path / "j.xlsx")
    assert rows(found) == ["Job: A; Time: 26:30; Share: 35%; Price: 1200 JPY"]
    assert [(one.unit, one.values) for one in table(found).columns[1:]] == [
        ("h", [26.5]),
        ("%", [35.0]),
        ("JPY", [1200]),
    ]


def test_a_workbook_of_1904_keeps_its_days(tmp_path: Path, book: openpyxl.Workbook) -> None:
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    fill(book, ["Device", "Calibrated"], ["Gauge 7", dt.date(2026, 6, 15)])
    book.save(tmp_path / "g.xlsx")
    assert column(read_file(tmp_path / "g.xlsx"), "Calibrated").values == [dt.date(2026, 6, 15)]


@pytest.mark.parametrize(
    ("pattern", "unit"),
    [
        ("[$-409]d-mmm", ""), ("[$€-407] #,##0.00", "EUR"), ("[$¥-804]#,##0", "CNY"), ('"¥"#,##0', "JPY"),
        ("[$$-1009]#,##0", "CAD"),
        ('#,##0"円"', "JPY"), ('#,##0,"千円"', "JPY"), ('#,##0"千円"', "千円"), ('0.0" mm"', "mm"), ("0.00%", "%"), ('0"%"', "%"),
        ("_-* #,##0.00_-", ""), ('"$"#,##0_);("$"#,##0)', "USD"), ("General", ""), ("[Red]0.0;[Blue]-0.0", ""), ("[$CHF] 0", "CHF"),
        ('#,##0"円/kg"', "円/kg"), ('0"%RH"', "%RH"), ('0"歳"', "歳"), ('#,##0"円 (税込)"', "JPY"), ('"No. "0', ""),
    ],
)  # fmt: skip
def test_the_format_of_a_cell_says_its_unit_by_its_own_symbol_and_locale(pattern: str, unit: str) -> None:
    assert unit_of(pattern) == unit


def test_a_percent_sign_in_quotation_marks_multiplies_nothing() -> None:
    assert (figure(0.35, "0%"), figure(35, '0"%"')) == (Figure(35.0, "%"), Figure(35, "%"))


def test_nothing_is_decided_about_an_empty_column() -> None:
    assert decide([]).unclear == ""


def test_a_day_that_is_read_as_the_rest_of_the_file_is_written_is_said(tmp_path: Path) -> None:
    found = written(tmp_path / "a.csv", "Name;Betrag;Tag\na;1,50;1/2/2026\nb;2,50;3/2/2026\n")
    assert column(found, "Tag").values == [dt.date(2026, 2, 1), dt.date(2026, 2, 3)]
    note = "a: column Tag: '1/2/2026' could be two days and was read as the rest of the file is written"
    assert note in found.notes and "2通り" in told(note, "ja")
    found = written(tmp_path / "b.csv", "Name;Betrag;Tag\na;1,50;13/2/2026\nb;2,50;3/2/2026\n")
    assert not any("two days" in note for note in found.notes)


def test_what_is_kept_from_being_a_figure_is_a_word(tmp_path: Path) -> None:
    found = written(tmp_path / "o.csv", '商品CD,電話,数\n="00123","=""0312345678""",3\n="00124",="0451234567",12\n')
    assert [one.values for one in found.tables[0].columns] == [
        ["00123", "00124"],
        ["0312345678", "0451234567"],
        [3, 12],
    ]


@pytest.mark.parametrize(
    ("text", "names", "first"),
    [
        ('{"status": "ok", "data": [{"日": "2026-06-01", "売上": 5}, {"日": "2026-06-02", "売上": 7}]}', ["日", "売上"],
         [dt.date(2026, 6, 1), 5]),
        ('[{"品": "a", "札": ["x", "y"], "値": {"円": 5}}, {"品": "b", "札": [], "値": {"円": 7}}]', ["品", "札", "値.円"],
         ["a", "x, y", 5]),
    ],
)  # fmt: skip
def test_records_in_json_are_rows_wherever_they_stand(
    tmp_path: Path, text: str, names: list[str], first: list[object]
) -> None:
    columns = written(tmp_path / "a.json", text).tables[0].columns
    assert [one.name for one in columns] == names
    assert [one.values[0] for one in columns] == first


def test_lines_with_empty_cells_between_others_stay_whole(tmp_path: Path) -> None:
    lines = ["2000,1,,R.08/06/01,消耗品費,,,3300,,現金,文具", "2000,2,,R.08/06/02,交通費,,,1240,,現金,JR"]
    found = written(tmp_path / "y.csv", "\n".join([*lines, "2000,3,,R.08/06/03,売掛金,,,220000,,売上,6月"]) + "\n")
    (one,) = found.tables
    assert len(one.rows) == 3
    assert [c.values[0] for c in one.columns if c.values[0] is not None][-3:] == [3300, "現金", "文具"]


def test_a_column_of_figures_that_stays_words_for_one_of_them_is_said(tmp_path: Path) -> None:
    found = written(tmp_path / "s.csv", "店,売上\n東,100\n西,200\n南,集計中\n北,50\n中,80\n")
    assert found.tables[0].columns[1].type == "text"
    note = "column 売上: 1 of 5 cells are no numbers (the first: '集計中'); kept as written, not computed with"
    assert any(note in one for one in found.notes)
    assert written(tmp_path / "t.csv", "店,階\n東,1\n西,B1\n南,B2\n").notes == ()


def test_months_of_years_with_a_point_are_words(tmp_path: Path) -> None:
    found = written(tmp_path / "m.csv", "機械,導入,台数\nA,2015.10,1\nB,2015.01,2\nC,1998.12,4\nD,,1\n")
    assert (column(found, "導入").type, column(found, "導入").values) == (
        "text",
        ["2015.10", "2015.01", "1998.12", None],
    )
    assert found.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "x,p (hPa)\nA,2015.10\nB,2015.01\nC,1998.12\n",
        "x,p\nA,2015.10\nB,2015.01\nC,1998.42\n",
        "x,p\nA,2015.10\nB,1998.12\n",
    ],
)
def test_figures_like_years_and_months_stay_figures_with_a_unit_or_beside_others(text: str, tmp_path: Path) -> None:
    values = column(written(tmp_path / "p.csv", text), "p").values
    assert (values[0], values[-1]) in ((2015.1, 1998.12), (2015.1, 1998.42))


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        (["Lutz,1.4.2019,3.450", "Kern,3.2.2024,4.100"], ["3.450", "4.100"]),
        (["Lutz,1.4.2019,3.450", "Kern,3.2.2024,0.125"], [3.45, 0.125]),
        (["3.5,1.4.2019,3.450", "1.25,3.2.2024,4.100"], [3.45, 4.1]),
        (["Lutz,2019-04-01,3.450", "Kern,2024-02-03,4.100"], [3.45, 4.1]),
    ],
)  # fmt: skip
def test_a_point_before_three_digits_beside_days_with_points_could_be_two(
    rows: list[str], read: list[object], tmp_path: Path
) -> None:
    found = written(tmp_path / "a.csv", "\n".join(["name,since,pay", *rows]))
    assert column(found, "pay").values == read
    assert any("could be two figures" in note for note in found.notes) == isinstance(read[0], str)
