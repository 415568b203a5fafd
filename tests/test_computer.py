"""Questions over rows: a stand-in writes the query that it is told to; everything that judges it is real."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_cpp import LlamaGrammar

from assistant.compute.computer import Computed, Computer
from assistant.compute.database import Database, QueryFailed
from assistant.compute.grammar import grammar
from assistant.compute.mentions import Mentions, mentions, plainly
from assistant.compute.prompt import EXAMPLES, turned, turns
from assistant.compute.query import NotAllowed, parsed, rows_behind
from assistant.compute.schema import COLUMNS, show
from assistant.compute.tell import tell
from ingest.memory.tables import Kept
from ingest.space.space import near_in
from ingest.text.rows import Table, typed

from .conftest import WordSpace


class Scripted:
    """Writes the queries it was given, the last one again and again, and remembers what it was asked."""

    def __init__(self, *queries: str) -> None:
        self.queries, self.asked = list(queries), list[str]()

    def write(self, turns: Sequence[tuple[str, str]], grammar: str, max_tokens: int) -> str:
        self.asked.append(turns[-1][1])
        return self.queries[min(len(self.asked), len(self.queries)) - 1]


def table(name: str, header: str, *rows: str) -> Table:
    cells = [row.split("|") for row in rows]
    return typed(name, [(head, "") for head in header.split("|")], cells, list(range(2, len(cells) + 2)))


def kept(*tables: Table) -> list[Kept]:
    return [Kept(f"e{number}", "s", one.name, one) for number, one in enumerate(tables)]


ORDERS = table(
    "Orders", "No|Branch|Customer|Amount|Day|Paid",
    "A1|A|Aoba Foods|100|2024-01-05 10:00|Ewallet", "A2|B|Minato|250|2024-01-31 18:30|Cash",
    "A3|C|Aoba Foods|90|2024-02-03|Cash", "A4|A|Hoshino|250|2024-03-31 20:15|Ewallet",
    "A5|B|Minato|40|2024-03-01|Ewallet",
)  # fmt: skip


def ask(question: str, *queries: str, over: Sequence[Table] = (ORDERS,)) -> Computed | None:
    return Computer().ask(question, kept(*over), Scripted(*queries))


# -- what is answered --------------------------------------------------------------------------------------------


def test_a_query_that_carries_the_question_is_answered_with_the_rows_it_rests_on() -> None:
    found = ask("How much did Minato order?", 'SELECT sum("Amount") FROM t WHERE "Customer" = \'Minato\'')
    assert found is not None
    assert (found.values, [used.row for used in found.rows], found.agreed) == (((290.0,),), [3, 6], True)


def test_queries_of_which_no_two_agree_make_the_answer_only_possible() -> None:
    folds = [f'SELECT {fold}("Amount") FROM t WHERE "Customer" = \'Minato\'' for fold in ("sum", "max", "min")]
    found = ask("How much did Minato order?", *folds)
    assert found is not None
    assert (found.values, found.agreed) == (((290.0,),), False)


def test_of_three_queries_two_that_agree_are_told() -> None:
    right = 'SELECT sum("Amount") FROM t WHERE "Customer" = \'Minato\''
    for queries in (
        ('SELECT max("Amount") FROM t WHERE "Customer" = \'Minato\'', right, right),
        (right, 'SELECT sum("Amount") FROM t', right),
        ('SELECT sum("Amount") FROM t', right, right),
    ):
        found = ask("How much did Minato order?", *queries)
        assert found is not None
        assert (found.values, found.agreed) == (((290.0,),), True)


def test_a_model_that_says_the_table_cannot_answer_is_not_asked_again() -> None:
    writer = Scripted("NONE", "SELECT count(*) FROM t")
    assert Computer().ask("How many?", kept(ORDERS), writer) is None
    assert len(writer.asked) == 1


def test_a_second_query_that_says_more_is_the_one_that_is_told() -> None:
    rest = 'FROM t WHERE "Branch" = \'C\' ORDER BY "Amount" DESC LIMIT 1'
    found = ask("Which order of branch C is the biggest?", f'SELECT "No" {rest}', f'SELECT "No", "Amount" {rest}')
    assert found is not None
    assert (found.values, found.agreed) == ((("A3", 90.0),), True)


def test_a_name_beside_a_highest_value_means_the_row_that_has_it() -> None:
    found = ask("Which order of branch B is the biggest?", 'SELECT "No", max("Amount") FROM t WHERE "Branch" = \'B\'')
    assert found is not None
    assert (found.values, [used.row for used in found.rows]) == ((("A2", 250.0),), [3])


@pytest.mark.parametrize(
    ("question", "query", "named"),
    [
        ("Which customer placed A3?", 'SELECT "Customer" FROM t WHERE "No" = \'A3\'', True),
        ("注文A3の顧客は？", 'SELECT "Customer" FROM t WHERE "No" = \'A3\'', True),
        ("How long is the warranty of A3?", 'SELECT "Day" FROM t WHERE "No" = \'A3\'', False),
        ("What is the minimum order value?", 'SELECT min("Amount") FROM t', False),
        ("What is the highest amount?", 'SELECT max("Amount") FROM t', True),
        ("How much was paid in cash?", "SELECT count(*) FROM t WHERE \"Paid\" = 'Cash'", True),
        ("Which custom has the longer warranty?", 'SELECT "Day", "Customer" FROM t ORDER BY "Day" DESC LIMIT 1', False),
        ("Which customer came last?", 'SELECT "Customer" FROM t ORDER BY "Day" DESC LIMIT 1', True),
    ],
)  # fmt: skip
def test_a_query_says_whether_it_shows_what_the_question_names(question: str, query: str, named: bool) -> None:
    """Rows that are counted have no column; whether one in another script is named cannot be told."""
    found = ask(question, query)
    assert found is not None and found.named is named


def test_rows_that_are_counted_one_by_one_are_no_sure_answer() -> None:
    query = 'SELECT "No", count(*) FROM t GROUP BY "No"'
    found = ask("How many orders has each number?", query, query)
    assert found is not None and {row[1] for row in found.values} == {1} and not found.agreed
    query = 'SELECT "Customer", count(*) FROM t GROUP BY "Customer"'
    found = ask("How many orders of each customer are there?", query, query)
    assert found is not None and found.agreed


@pytest.mark.parametrize(
    ("question", "condition", "agreed"),
    [
        ("現金と電子マネーの注文は何件ですか", "IN ('Cash', 'Ewallet')", False),
        ("現金と電子マネーの注文は何件ですか", "= 'Cash' OR \"Paid\" = 'Ewallet'", False),
        ("電子マネーの注文は何件ですか", "= 'Ewallet'", True),
        ("CashとEwalletの注文は何件ですか", "IN ('Cash', 'Ewallet')", True),
        ("How many orders were paid in cash or with an ewallet?", "IN ('Cash', 'Ewallet')", True),
    ],
)
def test_which_words_of_another_script_are_meant_is_not_sure_of_more_than_one(
    question: str, condition: str, agreed: bool
) -> None:
    query = f'SELECT count(*) FROM t WHERE "Paid" {condition}'
    found = ask(question, query, query)
    assert found is not None and found.agreed is agreed


def test_all_that_share_the_first_place_are_told() -> None:
    found = ask("Which order is the biggest?", 'SELECT "No", "Amount" FROM t ORDER BY "Amount" DESC LIMIT 1')
    assert found is not None
    assert (sorted(row[0] for row in found.values), found.tied) == (["A2", "A4"], True)


def test_a_word_is_compared_as_its_column_writes_it() -> None:
    found = ask("How many paid by e-wallet?", "SELECT count(*) FROM t WHERE \"Paid\" = 'e-wallet'")
    assert found is not None
    assert found.values == ((3,),)


def test_a_last_day_is_a_whole_day() -> None:
    found = ask("How many from 2024-03-01 to 2024-03-31?",
                "SELECT count(*) FROM t WHERE \"Day\" BETWEEN '2024-03-01' AND '2024-03-31'")  # fmt: skip
    assert found is not None
    assert found.values == ((2,),)


def test_sheets_of_one_form_are_asked_as_one_and_each_row_keeps_its_sheet() -> None:
    months = [table(name, "Item|Sold", f"bolt|{n}", f"nut|{n + 1}") for n, name in ((3, "January"), (8, "March"))]
    found = ask("How many nuts were sold in all?", 'SELECT sum("Sold") FROM t WHERE "Item" = \'nut\'', over=months)
    assert found is not None
    assert found.values == ((13.0,),)
    assert [(used.entity, used.row, used.part) for used in found.rows] == [("e0", 3, "January"), ("e1", 3, "March")]


def test_tables_with_a_common_key_are_joined_when_one_alone_cannot_answer() -> None:
    firms = table("Customers", "Name|City", "Minato|Kobe", "Aoba Foods|Nagano", "Hoshino|Nagano")
    joined = 'orders_1 JOIN customers_2 ON orders_1."Customer" = customers_2."Name"'
    query = f'SELECT sum(orders_1."Amount") FROM {joined} WHERE customers_2."City" = \'Nagano\''
    found = ask("Total amount of customers in Nagano?", "NONE", query, over=[ORDERS, firms])
    assert found is not None
    assert (found.values, [used.row for used in found.rows]) == (((440.0,),), [2, 4, 5])


def test_rows_of_a_join_are_those_of_the_table_it_begins_with() -> None:
    firms = table("Customers", "Name|City", "Minato|Kobe", "Aoba Foods|Nagano", "Hoshino|Nagano")
    joined = 'customers_2 JOIN orders_1 ON orders_1."Customer" = customers_2."Name"'
    query = f'SELECT sum(orders_1."Amount") FROM {joined} WHERE customers_2."City" = \'Nagano\''
    found = ask("Total amount of customers in Nagano?", "NONE", query, over=[ORDERS, firms])
    assert found is not None
    assert [(used.entity, used.row) for used in found.rows] == [("e1", 3), ("e1", 4)]


SHIPMENTS = table("Shipments", "Box|Ship day", "B1|2024-01-06", "B2|2024-03-04")


COUNT = 'SELECT count(*) FROM t WHERE month("{}") = 1'
SHIPPED, ORDERED = COUNT.format("Ship day"), COUNT.format("Day")
IN_JANUARY = "2024年1月の注文は何件？"


@pytest.mark.parametrize(("meant", "count", "agreed"), [("orders_2", 2, False), ("shipments_1", 1, True)])
def test_where_another_table_answers_otherwise_the_model_says_in_sight_of_both_which_is_asked(
    meant: str, count: int, agreed: bool
) -> None:
    """It is told as possible then: search took the other to be asked."""
    writer = Scripted(SHIPPED, SHIPPED, ORDERED, f"SELECT * FROM {meant}", ORDERED)
    found = Computer().ask(IN_JANUARY, kept(SHIPMENTS, ORDERS), writer)
    assert found is not None
    assert (found.values, found.agreed) == (((count,),), agreed)
    assert "Shipments" in writer.asked[3] and "Orders" in writer.asked[3]


TWICE = table("Shipments", "Box|Ship day", "B1|2024-01-06", "B2|2024-01-08")


@pytest.mark.parametrize(("shipments", "other"), [(SHIPMENTS, "NONE"), (TWICE, ORDERED)])
def test_a_table_that_cannot_answer_or_says_the_same_is_no_rival(shipments: Table, other: str) -> None:
    writer = Scripted(SHIPPED, SHIPPED, other)
    found = Computer().ask(IN_JANUARY, kept(shipments, ORDERS), writer)
    assert found is not None
    assert (found.agreed, len(writer.asked)) == (True, 3)


@pytest.mark.parametrize(("meant", "agreed"), [("shipments_2", False), ("orders_1", True)])
def test_an_answer_of_the_second_table_is_not_sure_where_the_first_was_asked(meant: str, agreed: bool) -> None:
    writer = Scripted("NONE", ORDERED, ORDERED, f"SELECT * FROM {meant}")
    found = Computer().ask(IN_JANUARY, kept(SHIPMENTS, ORDERS), writer)
    assert found is not None
    assert (found.values, found.agreed) == (((2,),), agreed)


def test_who_comes_first_by_a_sum_means_the_sum_of_each() -> None:
    """SQL refuses the query as it stands."""
    found = ask("Which customer has the biggest amount?",
                'SELECT "Customer" FROM t ORDER BY sum("Amount") DESC LIMIT 1')  # fmt: skip
    assert found is not None
    assert found.values == (("Minato",),)


def test_a_nought_is_an_answer_when_there_were_rows_to_count() -> None:
    found = ask("How many orders of branch C were paid by e-wallet?",
                "SELECT count(*) FROM t WHERE \"Branch\" = 'C' AND \"Paid\" = 'Ewallet'")  # fmt: skip
    assert found is not None
    assert found.values == ((0,),)


def test_a_word_that_says_which_table_is_meant_is_no_condition_of_its_rows() -> None:
    """It stands in the table's name and in no cell."""
    shop = replace(ORDERS, name="Aster shop orders")
    query = "SELECT count(*) FROM t WHERE \"Customer\" LIKE '%Aster%' AND \"Paid\" = 'Cash'"
    found = ask("How many orders in the Aster list were paid by cash?", query, over=[shop])
    assert found is not None
    assert found.values == ((2,),) and "Aster" not in found.sql
    assert ask("How many orders in the Aster list were paid by cash?", query) is None, "a word that is nowhere"
    alone = ask(
        "How many orders are in the Aster list?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Aster'", over=[shop]
    )
    assert alone is not None and alone.values == ((5,),)


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("How many orders of branch D?", "\"Branch\" = 'D'"),
        ("How many orders have no customer?", "\"Customer\" = ''"),
        ("How many orders of Ord?", "\"Customer\" LIKE '%Ord%'"),
    ],
)
def test_a_condition_is_not_dropped_for_a_few_letters_of_the_tables_name(question: str, condition: str) -> None:
    """ "D" and nothing at all stand within "Orders": all rows would be counted, and called computed."""
    assert ask(question, f"SELECT count(*) FROM t WHERE {condition}") is None


def test_what_no_cell_holds_may_be_left_out_by_name() -> None:
    found = ask("How many orders are not of Sakura?", "SELECT count(*) FROM t WHERE \"Customer\" NOT LIKE '%Sakura%'")
    assert found is not None
    assert found.values == ((5,),) and "Sakura" in found.sql


# -- what is not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "query"),
    [
        ("How many paid by e-wallet?", "NONE"),
        ("How many Ewallet orders in March?", "SELECT count(*) FROM t WHERE \"Paid\" = 'Ewallet'"),
        ("How many orders of Minato in 2023?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Minato'"),
        ("How many orders in March?", "SELECT count(*) FROM t WHERE \"Day\" = '2024-03-01'"),
        ("How many orders in July 2024?", 'SELECT count(*) FROM t WHERE year("Day") = 2024 AND month("Day") = 7'),
        ("How many orders over 200?", "SELECT count(*) FROM t"),
        ("How many orders over 200?", 'SELECT count(*) FROM t WHERE "Amount" > 300 AND "Amount" > 200'),
        ("How many orders did branch C pay?", "SELECT count(*) FROM t WHERE \"Paid\" = 'Cash'"),
        ("How many orders were there?", "SELECT count(*) FROM t WHERE \"Branch\" = 'A'"),
        ("How many orders were there in all?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Minato'"),
        ("How many orders of Minato?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Hoshino'"),
        ("How many orders of Sakura?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Kita'"),
        ("What did Sakura order?", 'SELECT "No" FROM t WHERE "Customer" = \'Sakura\''),
        ("How many orders of Sakura?", "SELECT count(*) FROM t WHERE \"Customer\" = 'Sakura'"),
        ("What is the total?", 'SELECT sum("Price") FROM t'),
        ("What is the total?", "SELECT broken FROM"),
        ("What was the highest amount, and when?", 'SELECT max("Amount"), max("Day") FROM t'),
    ],
)
def test_a_query_that_does_not_say_what_the_question_says_is_no_answer(question: str, query: str) -> None:
    assert ask(question, query) is None


def test_a_year_that_all_rows_are_of_need_not_be_in_the_query() -> None:
    found = ask("How many orders in 2024?", "SELECT count(*) FROM t")
    assert found is not None
    assert found.values == ((5,),)


def test_a_word_that_all_rows_have_need_not_be_in_the_query() -> None:
    clinics = table("clinics", "City|Beds|Owner", "Kobe|5|Kobe", "Kobe|7|Mori")
    found = ask("How many beds are there in Kobe?", 'SELECT sum("Beds") FROM t', over=[clinics])
    assert found is not None
    assert found.values == ((12.0,),)


def test_a_condition_that_all_rows_fulfil_need_not_be_named() -> None:
    months = [table(name, "Item|Sold", f"bolt|{n}", f"nut|{n + 1}") for n, name in ((3, "January"), (8, "March"))]
    found = ask(
        "How much was sold?", "SELECT sum(\"Sold\") FROM t WHERE \"sheet\" IN ('January', 'March')", over=months
    )
    assert found is not None
    assert found.values == ((24.0,),)


SENT = table("shipments", "Order|Carrier|Boxes", "1|Kumo|3", "2|Kumo|1", "3|Shio|4", "4|Kumo|3")


@pytest.mark.parametrize(
    ("question", "query", "value"),
    [
        ("How many boxes went with Kumo?", "SELECT count(*) FROM t WHERE \"Carrier\" = 'Kumo'", None),
        ("How many boxes went with Kumo?", 'SELECT sum("Boxes") FROM t WHERE "Carrier" = \'Kumo\'', 7),
        ("How many orders went with Kumo?", "SELECT count(*) FROM t WHERE \"Carrier\" = 'Kumo'", 3),
        ("How many shipments have more than 2 boxes?", 'SELECT count(*) FROM t WHERE "Boxes" > 2', 3),
        ("How many of each order went with Kumo?", "SELECT count(*) FROM t WHERE \"Carrier\" = 'Kumo'", 3),
    ],
)
def test_rows_are_not_counted_where_the_figures_of_a_column_are_asked_for(
    question: str, query: str, value: int | None
) -> None:
    """A column that only numbers its rows is counted by them."""
    found = ask(question, query, over=[SENT])
    assert (found and found.values) == (value and ((value,),))


def test_a_title_or_header_may_hold_a_figure_of_the_question() -> None:
    plan = table("plan 2030", "PM10|Site", "4|x", "6|y")
    found = ask(
        "What is the highest PM10 in plan 2030?", 'SELECT "PM10" FROM t ORDER BY "PM10" DESC LIMIT 1', over=[plan]
    )
    assert found is not None
    assert found.values == ((6.0,),)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT content FROM read_text('/etc/passwd')", "DROP TABLE t",
        "COPY t TO '/tmp/x'", "SELECT 1; SELECT 2", "ATTACH '/tmp/x.db'", "PRAGMA database_list", "SET threads = 9",
        "SELECT getenv('HOME') FROM t", "SELECT * FROM duckdb_settings()", "INSTALL httpfs", "SELECT * FROM t AS u",
        "WITH x AS (SELECT 1) SELECT * FROM x", "SELECT * FROM t, t", "SELECT * FROM 'file.parquet'",
        "SELECT count(*) FROM information_schema.tables", "SELECT (SELECT count(*) FROM pg_catalog.pg_class) FROM t",
    ],
)  # fmt: skip
def test_anything_but_one_select_over_the_tables_given_is_refused(query: str) -> None:
    with Database({"t": ORDERS}) as database, pytest.raises((NotAllowed, QueryFailed)):
        parsed(query, database)


def test_a_query_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.compute.database.SECONDS", 0.05)
    many = typed("many", [("x", "")], [[n] for n in range(2_000)], list(range(2_000)))
    with Database({"t1": many, "t2": many, "t3": many}) as database, pytest.raises(QueryFailed):
        database.fetch("SELECT count(*) FROM t1, t2, t3 WHERE t1.x + t2.x + t3.x = 7")


# -- clever against naive ----------------------------------------------------------------------------------------


FIGURES = st.lists(st.integers(-50, 50), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(FIGURES, st.sampled_from(["sum", "min", "max", "count", "avg"]))
def test_aggregates_are_those_of_the_figures_in_the_rows(figures: list[int], name: str) -> None:
    rows = typed("t", [("x", "")], [[n] for n in figures], list(range(2, len(figures) + 2)))
    naive = {"sum": sum(figures), "min": min(figures), "max": max(figures), "count": len(figures)}
    naive["avg"] = sum(figures) / len(figures)
    with Database({"t": rows}) as database:
        query = parsed(f'SELECT {name}("x") FROM t', database)
        assert database.fetch(query.sql)[0][0] == pytest.approx(naive[name])
        assert len(rows_behind(query, database)) == len(figures)


@settings(max_examples=40, deadline=None)
@given(FIGURES, st.integers(-50, 50))
def test_the_rows_shown_are_those_that_fit_the_conditions(figures: list[int], limit: int) -> None:
    rows = typed("t", [("x", "")], [[n] for n in figures], list(range(2, len(figures) + 2)))
    with Database({"t": rows}) as database:
        query = parsed(f'SELECT count(*) FROM t WHERE "x" >= {limit}', database)
        assert [row for row, _ in rows_behind(query, database)] == [i + 2 for i, n in enumerate(figures) if n >= limit]


# -- what the model is shown ---------------------------------------------------------------------------------------


def test_a_wide_table_is_shown_by_the_columns_that_the_question_means() -> None:
    names = [f"測定{n}-品質情報" for n in range(80)]
    wide = typed("weather", [("年月日", ""), ("最深積雪(cm)", "cm"), *((n, "") for n in names)],
                 [[f"2021-01-{d:02}", d, *range(d, d + 80)] for d in range(1, 9)], list(range(8)))  # fmt: skip
    (shown,) = show("雪がいちばん深く積もったのはいつ？", [wide])
    assert len(shown.columns) == COLUMNS
    assert [column.name for column in shown.columns[:2]] == ["年月日", "最深積雪(cm)"]


def test_columns_in_another_language_are_found_by_meaning() -> None:
    wide = typed("t", [(f"spalte {n}", "") for n in range(60)], [list(range(60)), list(range(1, 61))], [2, 3])
    near = {"spalte 40": 1.0}
    (shown,) = show("which column?", [wide], lambda question, names: [near.get(name, 0.0) for name in names])
    assert "spalte 40" in [column.name for column in shown.columns]
    assert "spalte 40" not in [column.name for column in show("which column?", [wide])[0].columns]


def test_nearness_is_that_of_the_space(space: WordSpace) -> None:
    low, high = near_in(space)("snow depth", ["air pressure", "depth of snow"])
    assert low < high


def test_of_many_words_those_that_the_question_names_are_shown() -> None:
    many = typed("t", [("firm", "")], [[f"Firm {n:03}"] for n in range(300)], list(range(300)))
    (shown,) = show("how often does firm 217 stand here", [many])
    assert "'Firm 217'" in shown.text
    assert len(shown.text) < 120


def test_a_letter_alone_is_a_value_only_as_a_capital() -> None:
    assert show("what is a branch?", [ORDERS])[0].exact == ()
    assert show("C店は何件？", [ORDERS])[0].exact == (("Branch", "C"),)


def test_the_second_request_says_the_same_otherwise() -> None:
    shown = show("How many of Minato?", [ORDERS])
    one, other = (asked(shown, "How many of Minato?", ())[-1][1] for asked in (turns, turned))
    told = ["Orders", "'Minato'", "How many of Minato?", *(f'"{column.name}"' for column in ORDERS.columns)]
    assert all(text in one and text in other for text in told)
    assert one.index('"No"') < one.index('"Paid"')
    assert other.index('"Paid"') < other.index('"No"')


def test_two_tables_are_two_statements() -> None:
    both = turned(show("?", [ORDERS, ORDERS]), "?", ())[-1][1]
    assert [line for line in both.splitlines() if line.startswith(("CREATE", ")"))] == [
        "CREATE TABLE orders_1 ( -- Orders, 5 rows", ");", "CREATE TABLE orders_2 ( -- Orders, 5 rows", ");",
    ]  # fmt: skip


def test_every_worked_example_fits_its_own_table() -> None:
    for tables, _, query in EXAMPLES:
        names = set(re.findall(r'"([^"]+)"', tables)) | {"row"}
        assert query == "NONE" or set(re.findall(r'"([^"]+)"', query)) <= names


def test_the_grammar_holds_every_column_and_escapes_it() -> None:
    odd = typed("t", [('say "hi"\\', ""), ("a\nb", "")], [["x", 1]], [2])
    made = grammar(show("?", [odd]))
    assert '"\\"say \\"\\"hi\\"\\"\\\\\\""' in made
    assert all("::=" in line for line in made.strip().splitlines())


@pytest.mark.parametrize(("header", "row", "absent"), [("Name|Size", "a|2", "month"), ("Size|Width", "3|2", "LIKE")])
def test_the_grammar_knows_only_the_kinds_of_columns_there_are(header: str, row: str, absent: str) -> None:
    made = grammar(show("?", [table("Sizes", header, row)]))
    assert absent in grammar(show("?", [ORDERS]))
    assert absent not in made
    LlamaGrammar.from_string(made, verbose=False)


# -- what a question names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("令和8年8月31日に切れる許可", Mentions({2026}, {8}, {"2026-08-31"})),
        ("2019年3月の売上", Mentions({2019}, {3}, numbers={2019.0})),
        ("sales jan-mar", Mentions(months={1, 3})),
        ("in May, may I ask", Mentions(months={5})),
        ("May I ask for 3 of them", Mentions(numbers={3.0})),
        ("消費税32,000円以下", Mentions(numbers={32000.0})),
        ("100万円以上", Mentions(numbers={1e6})),
        ("more than 2.5 million", Mentions(numbers={2.5e6})),
        ("coded -200", Mentions(numbers={-200.0})),
        ("on 3 March 2021", Mentions({2021}, {3}, {"2021-03-03"})),
    ],
)
def test_times_and_figures_are_found_in_both_languages(question: str, named: Mentions) -> None:
    found = mentions(question)
    assert (set(found.years), set(found.months), set(found.days), set(found.numbers)) == (
        set(named.years), set(named.months), set(named.days), set(named.numbers),
    )  # fmt: skip


def test_what_a_query_writes_otherwise_is_written_out() -> None:
    assert plainly("平成30年の100万円以上") == ["2018", "1000000"]
    assert plainly("in 2018 over 500") == []


def test_random_questions_name_nothing_that_is_not_there() -> None:
    generator = random.Random(0)
    for _ in range(200):
        text = "".join(generator.choices("abc xyz いろは。、", k=30))
        assert mentions(text) == Mentions()
    assert all(a != b for a, b in pairwise([mentions("3"), mentions("4")]))


# -- how it is told ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "english", "japanese"),
    [
        ('SELECT count(*), sum("Amount") FROM t', "count: 5; total Amount: 730", "件数: 5、Amountの合計: 730"),
        ('SELECT avg("Amount") FROM t WHERE "Branch" = \'B\'', "mean Amount: 145", "Amountの平均: 145"),
        ('SELECT "Day", "Amount" FROM t ORDER BY "Amount" ASC LIMIT 1', "Day: 2024-03-01; Amount: 40",
         "Day: 2024年3月1日、Amount: 40"),
        ('SELECT max("Day") FROM t', "highest Day: 2024-03-31 20:15", "Dayの最大: 2024年3月31日 20:15"),
    ],
)  # fmt: skip
def test_an_answer_names_its_values_in_the_language_of_the_question(query: str, english: str, japanese: str) -> None:
    found = ask("branch B?" if "Branch" in query else "what?", query)
    assert found is not None
    assert [tell(found, japanese=False), tell(found, japanese=True)] == [english, japanese]


def test_an_answer_over_an_incomplete_table_says_so() -> None:
    part = replace(ORDERS, left_out=("the rows behind 9",))
    found = ask("how many?", "SELECT count(*) FROM t", over=[part])
    assert found is not None
    assert "the rows behind 9" in tell(found, japanese=False)


def test_a_mean_is_not_told_with_more_digits_than_make_sense() -> None:
    temperatures = typed("t", [("T", "°C")], [[20.123], [21.456], [22.001]], [2, 3, 4])
    found = ask("mean T?", 'SELECT avg("T") FROM t', over=[temperatures])
    assert found is not None
    assert tell(found, japanese=False) == "mean T: 21.19 °C"
