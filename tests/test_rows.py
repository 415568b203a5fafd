"""Rows to compute over: what a column of cells is read as, and how tables of one form become one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.memory.tables import packed, unpacked
from ingest.text.columns import Column as Read
from ingest.text.columns import Columns
from ingest.text.rows import Column, Table, of, one_form, typed, union


def column(name: str, *cells: object) -> Column:
    """The only column of a table of these cells."""
    (made,) = typed("t", [(name, "")], [[cell] for cell in cells], list(range(2, len(cells) + 2))).columns
    return made


def test_days_written_in_two_ways_are_read_as_the_rest_of_their_column_is() -> None:
    assert column("day", "10/03/2004", "11/03/2004", "25/03/2004").values[0] == "2004-03-10 00:00:00"
    assert column("day", "10/03/2004", "11/03/2004", "03/25/2004").values[0] == "2004-10-03 00:00:00"


def test_days_that_could_be_two_stay_words() -> None:
    assert column("day", "10/03/2004", "11/03/2004").type == "text"
    assert column("day", "25/03/2004", "03/25/2004", "10/03/2004").type == "text"


def test_days_of_an_era_are_days() -> None:
    made = column("許可終了日", "R08.08.31", "H30.4.1")
    assert (made.type, made.values) == ("date", ("2026-08-31 00:00:00", "2018-04-01 00:00:00"))


def test_a_day_beside_a_time_of_day_is_a_moment() -> None:
    table = typed(
        "t", [("DATE", ""), ("TIME", ""), ("kW", "")], [["2016/4/1", "1:00", 5], ["2016/4/1", "14:30", 6]], [2, 3]
    )
    assert [column.type for column in table.columns] == ["date", "number"]
    assert table.columns[0].values == ("2016-04-01 01:00:00", "2016-04-01 14:30:00")


def test_a_cell_that_is_no_figure_is_empty_and_counted() -> None:
    made = column("beds", *range(1, 20), "19（休床中）")
    assert (made.type, made.unread, made.values[-1]) == ("number", 1, None)


def test_a_code_for_not_measured_is_empty_wherever_it_is_the_lowest_and_returns() -> None:
    rows = [[20 + i % 7, 600 + 90 * (i % 16)] for i in range(60)] + [[-200, -200]] * 6
    table = typed("t", [("T", "°C"), ("PT", "")], rows, list(range(66)))
    assert [column.missing for column in table.columns] == [-200.0, -200.0]
    assert min(v for v in table.columns[1].values if v is not None) == 600


@pytest.mark.parametrize("cells", [[-5] * 9 + list(range(40)), [0] * 30 + [900, 950], [-100] * 3 + list(range(50))])
def test_a_low_value_that_could_have_been_measured_stays(cells: list[int]) -> None:
    assert column("x", *cells).missing is None


def test_names_that_differ_in_case_alone_are_told_apart() -> None:
    table = typed("t", [("Rank", ""), ("rank", ""), ("", "")], [[1, 2, 3]], [2])
    assert [column.name for column in table.columns] == ["Rank", "rank (2)", "column 3"]


def sheet(name: str, **columns: list[object]) -> Table:
    count = len(next(iter(columns.values())))
    return typed(name, [(key, "") for key in columns], zip(*columns.values(), strict=True), list(range(2, count + 2)))


def test_sheets_of_one_form_become_one_table_that_knows_the_sheet_of_each_row() -> None:
    months = [
        sheet("January", a=["x"], b=[1], c=[1], d=[1], e=[1]),
        sheet("February", a=["y", "z"], b=[2, 3], c=[1, 1], d=[1, 1], e=[1, 1], f=[0.5, 0.5]),
        sheet("Notes", who=["me"], said=["hello"]),
    ]
    forms = one_form(months)
    assert [[table.name for table in form] for form in forms] == [["January", "February"], ["Notes"]]
    both = union(forms[0], ["January", "February"], "sales")
    assert (both.parts, both.places) == (("January", "February", "February"), (2, 2, 3))
    assert {c.name: c.values for c in both.columns}["f"] == (None, 0.5, 0.5)


def test_columns_of_one_name_and_two_types_become_words() -> None:
    both = union([sheet("p", x=[1, 2]), sheet("q", x=["one", "two"])], ["p", "q"], "pq")
    assert (both.columns[0].type, both.columns[0].values) == ("text", ("1", "2", "one", "two"))


def test_what_a_reader_delivers_is_taken_as_typed() -> None:
    read = Columns(
        "sheet 1", "orders",
        (
            Read("Item", "text", ("bolt", None)), Read("Price", "number", (3, None), "JPY", unread=1),
            Read("Day", "date", (dt.date(2024, 5, 1), None)), Read("At", "datetime", (dt.datetime(2024, 5, 1, 8, 30), None)),
        ),
        (2, 3), left_out=("the last 5 rows",),
    )  # fmt: skip
    table = of(read)
    assert [(c.type, c.values[0], c.unit, c.unread) for c in table.columns] == [
        ("text", "bolt", "", 0), ("number", 3.0, "JPY", 1), ("date", "2024-05-01 00:00:00", "", 0),
        ("date", "2024-05-01 08:30:00", "", 0),
    ]  # fmt: skip
    assert not table.whole


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9), st.text(max_size=12), st.dates(),
    st.datetimes(dt.datetime(1900, 1, 1)), st.times(), st.sampled_from(["3.5 kg", "R05.1.9", "35%", "-200", "", "'; DROP"]),
)  # fmt: skip


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)))
def test_any_table_comes_back_from_parquet_as_it_was(rows: list[list[object]]) -> None:
    width = len(rows[0]) if rows else 2
    table = typed('a "name"', [(f"c{i % 2}", "") for i in range(width)], rows, list(range(2, len(rows) + 2)))
    assert unpacked(packed(table)) == table


def test_hidden_rows_are_in_no_figure_and_are_named() -> None:
    price = Read("Price", "number", (52_000, 39_000, 9_800))
    table = of(Columns("k", "Prices", (price,), (2, 3, 4), hidden=frozenset({3})))
    assert (table.columns[0].values, table.places) == ((52_000.0, 9_800.0), (2, 4))
    assert table.left_out == ("hidden rows: 1",)


def test_of_a_hidden_sheet_nothing_is_computed() -> None:
    table = of(Columns("k", "Old", (Read("Price", "number", (1, 2)),), (2, 3), hidden=frozenset({2, 3})))
    assert (len(table), table.columns[0].values) == (0, ())
    assert unpacked(packed(table)).left_out == ("hidden rows: 2",)
