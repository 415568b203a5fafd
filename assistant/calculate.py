"""Exact questions about tables: a checked, read-only query over the rows a viewer may read. Knows no language model.

The rows are row entities that already passed the gate; nothing else is in the database, which lives in memory, has no
access to files or the network, and runs one SELECT with bound values. The query is shown, the rows it used are cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.entity import Entity

from .asked import Condition, Heading, Query, understand
from .idiom import YEAR, plain

if TYPE_CHECKING:
    import duckdb

SQL_TYPES = {"number": "DOUBLE", "date": "TIMESTAMP", "boolean": "BOOLEAN"}
ENTITY = '"entity of the row"'
RANK = '"place in order"'
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$")
CITED = 20
"""Most rows that are cited; `Calculation.count` says how many there were."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table: its columns and, by entity, their values."""

    source: str
    key: str
    name: str
    headings: tuple[Heading, ...]
    rows: tuple[Entity, ...]
    complete: bool = True
    """False when the table has rows that are not entities: totals over it would be wrong."""


@dataclass(frozen=True, slots=True)
class Calculation:
    """An exact answer.

    Attributes:
        value: what the query returned.
        text: the value as a person reads it, with its unit.
        query: the SQL with its values filled in, to be shown; never executed in this form.
        rows: ids of the row entities used, `CITED` at most; for a smallest or largest value the rows that have it.
        count: how many rows were used.
        skipped: rows that fit but have no readable figure in the column.
    """

    value: float | int | str | None
    text: str
    query: str
    rows: tuple[str, ...]
    count: int
    table: str
    skipped: int = 0


def calculate(question: str, entities: Iterable[Entity]) -> Calculation | None:
    """The exact answer to a question about tables, or None when these rules are not sure what it asks.

    Args:
        entities: `row` (and, for completeness, `table`) entities that the viewer may read; whole tables.
    """
    found = [
        (query, table) for table in tables(entities) if (query := understand(question, table.name, table.headings))
    ]
    most = max((query.explained for query, _ in found), default=0)
    best = [(query, table) for query, table in found if query.explained == most]
    answers = [run(query, table) if table.complete else None for query, table in best]
    sure = [answer for answer in answers if answer is not None]
    if len(sure) < len(answers) or len({answer.value for answer in sure}) != 1:
        return None
    return min(sure, key=lambda answer: answer.count)


def tables(entities: Iterable[Entity]) -> list[Table]:
    """Row entities grouped into their tables, in order of the source; rows that sum up others are left out."""
    rows: dict[tuple[str, str], list[Entity]] = {}
    about: dict[tuple[str, str], Entity] = {}
    for entity in sorted(entities, key=lambda item: (item.source, item.ordinal)):
        key = (entity.source, str(entity.facts.get("table", "")))
        if entity.kind == "row" and not entity.facts.get("total"):
            rows.setdefault(key, []).append(entity)
        elif entity.kind == "table":
            about[key] = entity
    return [_table(key, items, about.get(key)) for key, items in rows.items()]


def _table(key: tuple[str, str], rows: Sequence[Entity], about: Entity | None) -> Table:
    types: dict[str, str] = {}
    units: dict[str, str] = {}
    for row in rows:
        types |= row.facts["types"]
        units |= row.facts.get("units", {})
    once = {name.casefold(): name for name in reversed(types)}  # SQL does not tell "Rank" from "rank": the first counts
    headings = tuple(
        Heading(name, kind, units.get(name, ""), _distinct(rows, name, kind))
        for name, kind in types.items()
        if once[name.casefold()] == name
    )
    title = rows[0].title or (about.title if about else "")
    complete = about is None or len(rows) == about.facts.get("rows", len(rows))
    return Table(*key, title, headings, tuple(rows), complete)


def _distinct(rows: Sequence[Entity], name: str, kind: str) -> tuple[str, ...]:
    if kind != "text":
        return ()
    return tuple(dict.fromkeys(str(row.facts["values"][name]) for row in rows if name in row.facts["values"]))


# -- the query ---------------------------------------------------------------------------------------------------


def run(query: Query, table: Table) -> Calculation | None:
    """Executes a query over one table; None when it has no answer there: no row, several values for one cell, or a
    condition on cells that cannot be compared ("about 3" among figures)."""
    if not _comparable(query, table):
        return None
    with _database(table) as database:
        where, values = _where(query.where)
        select, more = _select(query)
        statement = _placed(query, where) if query.operation == "place" else f"SELECT {select} FROM data{where}{more}"
        found = _checked(database, statement, values)
        if not found or found[0][0] is None or (query.operation == "cell" and len({row[0] for row in found}) > 1):
            return None
        value = found[0][0]
        if query.operation in ("which", "place") and (found[0][1] is None or _tied(found)):
            return None
        if _several_each(query, database, where, values):
            return None
        ids = [row[0] for row in _rows_used(database, query, where, values, found)]
        if query.operation == "distinct" and len(ids) < 2:
            return (
                None  # "how many counties" of one row asks what its cell says, not how many different cells there are
            )
        skipped = _skipped(database, query, where, values)
    text = _shown(query, table, value)
    return Calculation(value, text, _filled(statement, values), tuple(ids[:CITED]), len(ids), table.name, skipped)


def _database(table: Table) -> duckdb.DuckDBPyConnection:
    """The rows as a table `data` in memory; afterwards nothing outside of it can be reached and no setting changed."""
    import duckdb

    database = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "enable_external_access": "false"})
    columns = ", ".join(f"{_quoted(h.name)} {SQL_TYPES.get(h.type, 'VARCHAR')}" for h in table.headings)
    database.execute(f"CREATE TABLE data ({ENTITY} VARCHAR, {columns})")
    lists: list[list[Any]] = [[row.id for row in table.rows]]
    lists += [[_value(row, heading) for row in table.rows] for heading in table.headings]
    kinds = ["VARCHAR", *(SQL_TYPES.get(h.type, "VARCHAR") for h in table.headings)]
    unnested = ", ".join(f"unnest(?::VARCHAR[])::{kind}" for kind in kinds)
    database.execute(f"INSERT INTO data SELECT {unnested}", lists)
    database.execute("SET lock_configuration = true")
    return database


def _value(row: Entity, heading: Heading) -> str | None:
    """A cell as text for its column, or None when it is empty or not of the column's type."""
    value = row.facts["values"].get(heading.name)
    fits: Any = {"number": (int, float), "boolean": bool}.get(heading.type, str)
    if value is None or not isinstance(value, fits) or (heading.type == "date" and not ISO.match(str(value))):
        return None
    return repr(value) if heading.type == "number" else str(value)


def _comparable(query: Query, table: Table) -> bool:
    """Whether every filled cell in the columns of the conditions is of the type of its column."""
    columns = {condition.column for condition in query.where}
    headings = [heading for heading in table.headings if heading.name in columns and heading.type != "text"]
    return all(
        _value(row, heading) is not None
        for heading in headings
        for row in table.rows
        if heading.name in row.facts["values"]
    )


def _checked(database: duckdb.DuckDBPyConnection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Runs exactly one SELECT."""
    import duckdb

    (only,) = database.extract_statements(statement)
    assert only.type == duckdb.StatementType.SELECT
    return database.execute(only, values).fetchall()


def _select(query: Query) -> tuple[str, str]:
    """What stands after SELECT and after WHERE."""
    column, label = _quoted(query.column), _quoted(query.label)
    order = "DESC" if query.extreme == "max" else "ASC"
    if query.operation == "count":
        return "count(*)", ""
    if query.operation == "distinct":
        return f"count(DISTINCT {column})", ""
    if query.operation == "cell":
        return f"{column}", ""
    if query.operation != "which":
        return f"{query.operation}({column})", ""
    if query.grouped:
        size = f"sum({column})" if query.column else "count(*)"
        return f"{label}, {size}", f" GROUP BY {label} ORDER BY 2 {order} NULLS LAST LIMIT 2"
    return f"DISTINCT {label}, {column}", f" ORDER BY 2 {order} NULLS LAST LIMIT 2"


def _placed(query: Query, where: str) -> str:
    """The row at a place in an order; two of the same day or year leave it open."""
    column, by = _quoted(query.column), _quoted(query.by) if query.by else "rowid"
    if query.place in ("first", "last"):
        order = "DESC" if query.place == "last" else "ASC"
        return f"SELECT {column}, {by}, {ENTITY} FROM data{where} ORDER BY 2 {order} NULLS LAST LIMIT 2"
    placed = f"SELECT *, dense_rank() OVER (ORDER BY {by}) AS {RANK} FROM data WHERE {by} IS NOT NULL"
    step = "+ 1" if query.place == "next" else "- 1"
    anchor = f"SELECT max({RANK}) FROM placed{where} HAVING count(*) = 1"
    return f"WITH placed AS ({placed}) SELECT {column}, {RANK}, {ENTITY} FROM placed WHERE {RANK} = ({anchor}) {step} LIMIT 2"


def _tied(found: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the first two rows are equally large or equally late."""
    return len(found) > 1 and found[0][1] == found[1][1]


def _several_each(query: Query, database: duckdb.DuckDBPyConnection, where: str, values: Sequence[Any]) -> bool:
    """Whether things to choose from have more rows than one: then it is not clear which of them are compared."""
    if query.operation != "which" or query.grouped:
        return False
    given = [c.value for c in query.where if c.column == query.label and isinstance(c.value, tuple)]
    return any(len(_checked(database, f"SELECT 1 FROM data{where}", values)) != len(names) for names in given)


def _where(conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for condition in conditions:
        column = _quoted(condition.column)
        if isinstance(condition.value, tuple):
            parts.append(f"{column} IN ({', '.join('?' * len(condition.value))})")
            values += condition.value
        else:
            left = f"{condition.comparison}({column}) =" if condition.comparison in ("month", "quarter") else ""
            parts.append(f"{left or f'{column} {condition.comparison}'} ?")
            values.append(condition.value)
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


def _rows_used(
    database: duckdb.DuckDBPyConnection,
    query: Query,
    where: str,
    values: Sequence[Any],
    found: Sequence[tuple[Any, ...]],
) -> list[tuple[Any, ...]]:
    """Ids of the rows behind the answer, in order of the table."""
    if query.operation == "place":
        return [(found[0][2],)]
    extra, more = "", list(values)
    if query.operation in ("max", "min"):
        extra, more = f"{_quoted(query.column)} = ?", [*values, found[0][0]]
    elif query.operation == "which":
        extra, more = f"{_quoted(query.label)} = ?", [*values, found[0][0]]
        if not query.grouped:
            extra, more = f"{extra} AND {_quoted(query.column)} = ?", [*more, found[0][1]]
    elif query.column:
        extra = f"{_quoted(query.column)} IS NOT NULL"
    joined = f"{where} AND {extra}" if where and extra else where or (f" WHERE {extra}" if extra else "")
    return _checked(database, f"SELECT {ENTITY} FROM data{joined} ORDER BY rowid", more)


def _skipped(database: duckdb.DuckDBPyConnection, query: Query, where: str, values: Sequence[Any]) -> int:
    if not query.column:
        return 0
    missing = f"{_quoted(query.column)} IS NULL"
    statement = (
        f"SELECT count(*) FROM data{where} AND {missing}" if where else f"SELECT count(*) FROM data WHERE {missing}"
    )
    return int(_checked(database, statement, values)[0][0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _filled(statement: str, values: Sequence[Any]) -> str:
    """The statement with its values in place, for people."""
    shown = iter(f"{v:.15g}" if isinstance(v, float) else "'" + str(v).replace("'", "''") + "'" for v in values)
    return re.sub(r'"(?:[^"]|"")*"|\?', lambda match: next(shown) if match[0] == "?" else match[0], statement)


def _shown(query: Query, table: Table, value: Any) -> str:
    """The answer with thousands separated and the unit of its column."""
    heading = next((h for h in table.headings if h.name == query.column), Heading("", ""))
    if query.operation in ("count", "distinct"):
        return f"{value:,}"
    if isinstance(value, float) and YEAR.match(plain(heading.name)):
        return f"{value:.0f}"
    if isinstance(value, float):
        figure = f"{value:,.0f}" if value == int(value) else f"{round(value, 6):,.10g}"
        return f"{figure} {heading.unit}".rstrip()
    return value.isoformat(" ").removesuffix(" 00:00:00") if hasattr(value, "isoformat") else str(value)
