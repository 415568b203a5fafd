"""A query as DuckDB's own parser reads it: judged, taken apart, and asked which rows it rests on.

Only one SELECT over the tables given, their columns and the functions of `FUNCTIONS` is a `Query`; anything else is
refused before it runs. A day compared with moments means the whole day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ingest.base.errors import KotonohaError

from .database import Database

AGGREGATES = frozenset({"count", "count_star", "sum", "avg", "min", "max", "median"})
_OF_TIME = frozenset({"year", "month", "day", "hour", "date"})
_LIKE = frozenset({"~~", "!~~", "~~*", "!~~*"})
FUNCTIONS = AGGREGATES | _OF_TIME | _LIKE | {"round", "abs", "lower", "upper", "+", "-", "*", "/"}
_CLASSES = frozenset(
    {
        "COLUMN_REF",
        "CONSTANT",
        "FUNCTION",
        "COMPARISON",
        "CONJUNCTION",
        "OPERATOR",
        "CAST",
        "SUBQUERY",
        "BETWEEN",
        "STAR",
    }
)
_TABLES = frozenset({"BASE_TABLE", "EMPTY"})

Tree = dict[str, Any]
_ONE: Tree = {
    "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0,
    "literal": {"kind": "INTEGER", "text": "1"},
}  # fmt: skip


class NotAllowed(KotonohaError):
    """A query that is no single SELECT over what was given."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a column, or of a part of a moment (`part`: year, month, day, hour, date), with values."""

    column: str
    part: str
    operator: str
    values: tuple[str, ...]
    kind: str
    """STRING, INTEGER, DECIMAL...: how the first value is written."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A query that was judged. `sql` is what is run and shown."""

    sql: str
    tree: Tree

    @property
    def body(self) -> Tree:
        return self.tree["statements"][0]["node"]  # type: ignore[no-any-return]

    @property
    def tables(self) -> list[str]:
        """The tables that are asked, by the names they have in the query."""
        return _tables(self.tree)

    @property
    def conditions(self) -> list[Condition]:
        """Every comparison with a written value, anywhere in the query."""
        return [found for node in walk(self.body) for found in _condition(node)]

    @property
    def limit(self) -> int | None:
        for modifier in self.body["modifiers"]:
            if modifier["type"] == "LIMIT_MODIFIER" and modifier["limit"]:
                return int(_literal(modifier["limit"])[0])
        return None

    @property
    def ordered(self) -> bool:
        return any(modifier["type"] == "ORDER_MODIFIER" for modifier in self.body["modifiers"])

    @property
    def aggregated(self) -> bool:
        return any(_function(node) in AGGREGATES for item in self.body["select_list"] for node in walk(item))

    @property
    def grouped(self) -> bool:
        return bool(self.body["group_expressions"])

    @property
    def extremes(self) -> list[str]:
        """The columns whose highest or lowest value is in the result."""
        return _columns(n for item in self.body["select_list"] for n in walk(item) if _function(n) in ("min", "max"))

    @property
    def selected(self) -> list[str]:
        """The columns that the result shows."""
        return _columns(self.body["select_list"])

    @property
    def columns(self) -> list[str]:
        """Every column that the query speaks of."""
        return _columns([self.body])


def parsed(sql: str, database: Database) -> Query:
    """The query, judged, with whole days where it says days.

    Raises:
        NotAllowed: it is no single SELECT over the tables of the database, their columns and `FUNCTIONS`.
    """
    tree = read(sql, database)
    for node in walk(tree["statements"][0]["node"]):
        _judge(node, database)
    body = tree["statements"][0]["node"]
    if _whole_days(body, database) | (_extreme_row(body) or _first_by_fold(body)):
        sql = written(tree, database)
        tree = read(sql, database)
    return Query(sql, tree)


def without(query: Query, needless: Callable[[Condition], bool], database: Database) -> Query:
    """The query without the conditions of its WHERE, joined by AND, that are needless."""
    tree = deepcopy(query.tree)
    body = tree["statements"][0]["node"]
    where = body["where_clause"]
    joined = where["children"] if where and where["type"] == "CONJUNCTION_AND" else [where] if where else []
    kept = [one for one in joined if not any(map(needless, _condition(one)))]
    if len(kept) == len(joined):
        return query
    body["where_clause"] = {**where, "children": kept} if len(kept) > 1 else kept[0] if kept else None
    return Query(written(tree, database), tree)


def read(sql: str, database: Database) -> Tree:
    tree: Tree = json.loads(database.fetch("SELECT json_serialize_sql(?)", [sql])[0][0])
    if tree.get("error") or len(tree["statements"]) != 1 or tree["statements"][0]["node"]["type"] != "SELECT_NODE":
        raise NotAllowed(f"no single SELECT: {tree.get('error_message', sql)}")
    return tree


def written(tree: Tree, database: Database) -> str:
    """The tree as SQL again."""
    return str(database.fetch("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)])[0][0])


def walk(node: object) -> Iterator[Tree]:
    """Every object of a tree, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def _judge(node: Tree, database: Database) -> None:
    if "class" in node and node["class"] not in _CLASSES:
        raise NotAllowed(f"{node['class'].lower()} is not allowed in a query")
    if node.get("class") == "FUNCTION" and node["function_name"] not in FUNCTIONS:
        raise NotAllowed(f"the function {node['function_name']} is not allowed in a query")
    if node.get("class") == "COLUMN_REF" and not database.type_of(node["column_names"]):
        raise NotAllowed(f"there is no column {'.'.join(node['column_names'])}")
    if node.get("cte_map", {"map": []})["map"]:
        raise NotAllowed("WITH is not allowed in a query")
    if isinstance(node.get("from_table"), dict):
        _judge_table(node["from_table"], database)


def _judge_table(node: Tree, database: Database) -> None:
    """Only the tables given, or a join of them over a key."""
    if node["type"] == "JOIN" and node["condition"]:
        _judge_table(node["left"], database)
        _judge_table(node["right"], database)
    elif node["type"] not in _TABLES or node.get("table_name", "") not in ("", *database.names) or node.get("alias"):
        raise NotAllowed(f"there is no table {node.get('table_name', '')}")


def _columns(nodes: Iterable[Tree]) -> list[str]:
    found = (n["column_names"][-1] for node in nodes for n in walk(node) if n.get("class") == "COLUMN_REF")
    return list(dict.fromkeys(found))


def _function(node: Tree) -> str:
    return str(node["function_name"]) if node.get("class") == "FUNCTION" else ""


def _literal(node: Tree) -> tuple[str, str]:
    """A constant as text, and how it is written; a minus before a figure belongs to it."""
    if node.get("class") == "CONSTANT":
        return str(node["literal"].get("text", "")), str(node["literal"].get("kind", ""))
    if _function(node) == "-" and len(node["arguments"]) == 1:
        text, kind = _literal(node["arguments"][0]["expression"])
        return f"-{text}", kind
    return "", ""


def _target(node: Tree) -> tuple[str, str]:
    """The column that is compared, and the part of a moment."""
    if node.get("class") == "COLUMN_REF":
        return str(node["column_names"][-1]), ""
    if _function(node) in _OF_TIME:
        return _target(node["arguments"][0]["expression"])[0], _function(node)
    if node.get("class") == "CAST":
        return _target(node["child"])[0], "date"
    if node.get("class") == "FUNCTION" and node["arguments"]:
        return _target(node["arguments"][0]["expression"])
    return "", ""


def _condition(node: Tree) -> Iterator[Condition]:
    if node.get("class") == "COMPARISON":
        left, right = node["left"], node["right"]
        given = [right]
    elif node.get("class") == "BETWEEN":
        left, given = node["input"], [node["lower"], node["upper"]]
    elif node.get("class") == "OPERATOR" and node["type"] in ("COMPARE_IN", "COMPARE_NOT_IN"):
        left, given = node["children"][0], node["children"][1:]
    elif _function(node) in _LIKE:
        left, given = (part["expression"] for part in node["arguments"])
        given = [given]
    else:
        return
    said = [_literal(value) for value in given]
    if all(kind for _, kind in said):
        operator = _function(node) or node["type"].removeprefix("COMPARE_")
        yield Condition(*_target(left), operator, tuple(text for text, _ in said), said[0][1])


# -- days ----------------------------------------------------------------------------------------------------


def _whole_days(body: Tree, database: Database) -> bool:
    """Compares the day of a moment, not the moment, with what is written as a day; whether anything was changed."""
    changed = False
    for node in walk(body):
        for side, others in (("left", ("right",)), ("input", ("lower", "upper"))):
            if side in node and _is_moment(node[side], database) and all(_is_day(node[other]) for other in others):
                node[side] = _day_of(node[side])
                changed = True
    return changed


def _is_moment(node: object, database: Database) -> bool:
    return (
        isinstance(node, dict)
        and node.get("class") == "COLUMN_REF"
        and database.type_of(node["column_names"]) == "date"
    )


def _is_day(node: Tree) -> bool:
    text, kind = _literal(node)
    return kind == "STRING" and len(text) == 10


def _day_of(column: Tree) -> Tree:
    return {
        "class": "CAST", "type": "OPERATOR_CAST", "alias": "", "query_location": 0, "child": column, "try_cast": False,
        "cast_type": {"id": "DATE", "type_info": None},
    }  # fmt: skip


def _extreme_row(body: Tree) -> bool:
    """`SELECT name, max(x)` without groups, which SQL refuses, means the row that has the highest x; whether it was so."""
    items = body["select_list"]
    folds = [item for item in items if _function(item) in ("max", "min")]
    plain = all(item.get("class") == "COLUMN_REF" for item in items if item not in folds)
    if len(folds) != 1 or len(items) < 2 or not plain or body["group_expressions"] or body["modifiers"]:
        return False
    column = folds[0]["arguments"][0]["expression"]
    order = {"type": "DESCENDING" if _function(folds[0]) == "max" else "ASCENDING", "null_order": "ORDER_DEFAULT"}
    body["select_list"] = [column if item is folds[0] else item for item in items]
    body["modifiers"] = [
        {"type": "ORDER_MODIFIER", "orders": [order | {"expression": column}]},
        {"type": "LIMIT_MODIFIER", "limit": _ONE, "offset": None, "limit_type": "ROW_COUNT"},
    ]
    return True


def _first_by_fold(body: Tree) -> bool:
    """`SELECT name ORDER BY sum(x) LIMIT 1` without groups, which SQL refuses, means the sum of each name; whether it was
    so."""
    names = [item for item in body["select_list"] if item.get("class") == "COLUMN_REF"]
    folds = [item for item in body["select_list"] if _function(item) in AGGREGATES]
    orders = [order["expression"] for m in body["modifiers"] for order in m.get("orders", ())]
    cut = any(m["type"] == "LIMIT_MODIFIER" for m in body["modifiers"])
    by_fold = any(_function(one) in AGGREGATES for one in orders)
    if not names or len(names) + len(folds) < len(body["select_list"]) or body["group_expressions"] or not cut:
        return False
    if by_fold:
        body |= {"group_expressions": names, "group_sets": [list(range(len(names)))]}
    return by_fold


# -- what a query rests on ---------------------------------------------------------------------------------------


def rows_behind(query: Query, database: Database) -> list[tuple[int, str]]:
    """Row number and part of the rows a query rests on, in order of the table: those that fit its conditions, of
    a list that is cut the ones that are shown, of a highest or lowest value those that have it."""
    alias = _first_table(query.body["from_table"])
    if not alias:
        return []
    tree = deepcopy(query.tree)
    body = tree["statements"][0]["node"]
    body["select_list"] = [_column(alias, name) for name in database.place_of(alias)]
    body["aggregate_handling"] = "STANDARD_HANDLING"
    if query.aggregated or query.grouped:
        body |= {"group_expressions": [], "group_sets": [], "having": None, "modifiers": []}
    body["modifiers"] = [m for m in body["modifiers"] if m["type"] != "DISTINCT_MODIFIER"]
    found = database.fetch(written(tree, database))
    return list(dict.fromkeys((int(row), str(part or "")) for row, part in found if row is not None))


def with_order_shown(query: Query) -> Tree:
    """The tree of a query without LIMIT that also gives what it orders by, as its last column."""
    tree: Tree = deepcopy(query.tree)
    body = tree["statements"][0]["node"]
    body["modifiers"] = [m for m in body["modifiers"] if m["type"] != "LIMIT_MODIFIER"]
    orders = [m["orders"] for m in body["modifiers"] if m["type"] == "ORDER_MODIFIER"]
    body["select_list"] = [*body["select_list"], *(order["expression"] for order in orders[0][:1])]
    return tree


def in_period(query: Query, database: Database) -> bool:
    """Whether the tables have a row at all of the times that a query speaks of; True when it speaks of none."""
    alias = _first_table(query.body["from_table"])
    times = [node for node in _conjuncts(query.body["where_clause"]) if _speaks_of_time(node, database)]
    if not alias or not times:
        return True
    tree = deepcopy(query.tree)
    body = tree["statements"][0]["node"]
    body |= {"where_clause": _all_of(times), "group_expressions": [], "group_sets": [], "having": None, "modifiers": []}
    body["select_list"] = [_column(alias, database.place_of(alias)[0])]
    return bool(database.fetch(written(tree, database)))


def _conjuncts(node: Tree | None) -> list[Tree]:
    if node is None:
        return []
    return list(node["children"]) if node.get("type") == "CONJUNCTION_AND" else [node]


def _all_of(nodes: list[Tree]) -> Tree:
    if len(nodes) == 1:
        return nodes[0]
    return {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": "", "query_location": 0, "children": nodes}


def _speaks_of_time(node: Tree, database: Database) -> bool:
    columns = [n["column_names"] for n in walk(node) if n.get("class") == "COLUMN_REF"]
    return any(database.type_of(path) == "date" for path in columns)


def _column(alias: str, name: str) -> Tree:
    return {
        "class": "COLUMN_REF",
        "type": "COLUMN_REF",
        "alias": "",
        "query_location": 0,
        "column_names": [alias, name],
    }


def _first_table(node: Mapping[str, Any]) -> str:
    return next(iter(_tables(node)), "")


def _tables(node: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(str(one["table_name"]) for one in walk(node) if one.get("type") == "BASE_TABLE"))
