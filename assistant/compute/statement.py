"""A query as one SELECT with bound values.

The table is called `data`; each of its rows has the id of its entity in the column `ENTITY`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .asked import Condition, Query

ENTITY = '"entity of the row"'
RANK = '"place in order"'
PERIODS = {"month": "%Y-%m", "year": "%Y"}

Values = list[Any]
Found = Sequence[tuple[Any, ...]]


def statement(query: Query) -> tuple[str, Values]:
    """What answers a query. What follows the first column of a row says whether another answers it equally well."""
    where, values = _where(query.where)
    column, label = quoted(query.column), quoted(query.label)
    order = "DESC" if query.extreme == "max" else "ASC"
    if query.operation == "place":
        return _placed(query, where), values
    if query.each:
        each = _each(query)
        by = "1" if query.period else "2 DESC NULLS LAST, 1"
        return (
            f"SELECT {each}, {_figure(query)} FROM data{_and(where, f'{each} IS NOT NULL')} GROUP BY 1 ORDER BY {by}",
            values,
        )
    if query.operation == "cell":
        return f"SELECT {column} FROM data{where}", values
    if query.operation in ("max", "min") and query.rank > 1:
        return (
            f"SELECT DISTINCT {column} FROM data{_present(where, query.column)} ORDER BY 1 {order} LIMIT {query.rank}",
            values,
        )
    if query.operation != "which":
        return f"SELECT {_figure(query)} FROM data{where}", values
    last = f"ORDER BY 2 {order} NULLS LAST LIMIT {query.rank + 1}"
    if query.grouped:
        return f"SELECT {label}, {_size(query)} FROM data{where} GROUP BY {label} {last}", values
    return f"SELECT DISTINCT {label}, {column} FROM data{where} {last}", values


def rows_used(query: Query, answers: Found) -> tuple[str, Values]:
    """The entities of the rows behind the answers, in order of the table."""
    where, values = _where(query.where)
    column = quoted(query.column)
    if query.each:
        where = _present(where, query.each)
    if query.operation in ("max", "min") and not query.each:
        where, values = _and(where, f"{column} = ?"), [*values, answers[0][0]]
    elif query.operation == "which":
        where = _and(where, _among(query.label, answers))
        values += [answer[0] for answer in answers]
        if not query.grouped and not query.top:
            where, values = _and(where, f"{column} = ?"), [*values, answers[0][1]]
    elif query.column:
        where = _present(where, query.column)
    return f"SELECT {ENTITY} FROM data{where} ORDER BY rowid", values


def rows_without(query: Query) -> tuple[str, Values]:
    """How many rows fit but have no readable figure in the column."""
    where, values = _where(query.where)
    return f"SELECT count(*) FROM data{_and(where, f'{quoted(query.column)} IS NULL')}", values


def rows_that_fit(query: Query) -> tuple[str, Values]:
    where, values = _where(query.where)
    return f"SELECT count(*) FROM data{where}", values


def filled(sql: str, values: Sequence[Any]) -> str:
    """The statement with its values in place, for people; never executed in this form."""
    shown = iter(f"{v:.15g}" if isinstance(v, float) else "'" + str(v).replace("'", "''") + "'" for v in values)
    return re.sub(r'"(?:[^"]|"")*"|\?', lambda match: next(shown) if match[0] == "?" else match[0], sql)


def _placed(query: Query, where: str) -> str:
    """The row at a place in an order; two of the same day or year leave it open."""
    column, by = quoted(query.column), quoted(query.by) if query.by else "rowid"
    if query.place in ("first", "last"):
        order = "DESC" if query.place == "last" else "ASC"
        return f"SELECT {column}, {by}, {ENTITY} FROM data{where} ORDER BY 2 {order} NULLS LAST LIMIT 2"
    placed = f"SELECT *, dense_rank() OVER (ORDER BY {by}) AS {RANK} FROM data WHERE {by} IS NOT NULL"
    step = "+ 1" if query.place == "next" else "- 1"
    anchor = f"SELECT max({RANK}) FROM placed{where} HAVING count(*) = 1"
    return f"WITH placed AS ({placed}) SELECT {column}, {RANK}, {ENTITY} FROM placed WHERE {RANK} = ({anchor}) {step} LIMIT 2"


def _each(query: Query) -> str:
    """What tells the groups apart: a column, or the month or year of its days."""
    column = quoted(query.each)
    return f"strftime({column}, '{PERIODS[query.period]}')" if query.period else column


def _figure(query: Query) -> str:
    """What is computed of rows."""
    if query.operation == "count":
        return "count(*)"
    if query.operation == "distinct":
        return f"count(DISTINCT {quoted(query.column)})"
    return f"{query.operation}({quoted(query.column)})"


def _size(query: Query) -> str:
    return f"sum({quoted(query.column)})" if query.column else "count(*)"


def _where(conditions: Sequence[Condition]) -> tuple[str, Values]:
    parts: list[str] = []
    values: Values = []
    for condition in conditions:
        column = quoted(condition.column)
        if isinstance(condition.value, tuple):
            parts.append(_among(condition.column, condition.value))
            values += condition.value
        else:
            left = f"{condition.comparison}({column}) =" if condition.comparison in ("month", "quarter") else ""
            parts.append(f"{left or f'{column} {condition.comparison}'} ?")
            values.append(condition.value)
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


def _among(column: str, values: Sequence[Any]) -> str:
    return f"{quoted(column)} IN ({', '.join('?' * len(values))})"


def _and(where: str, condition: str) -> str:
    return f"{where} AND {condition}" if where else f" WHERE {condition}"


def _present(where: str, column: str) -> str:
    return _and(where, f"{quoted(column)} IS NOT NULL")


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'
