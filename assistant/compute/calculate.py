"""Exact questions about tables: a checked, read-only query over the rows a viewer may read. Knows no language model.

The rows are row entities that already passed the gate; nothing else is in the database, which lives in memory, has no
access to files or the network, and runs one SELECT with bound values. The query is shown, the rows it used are cited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingest.space.entity import Entity

from .asked import Heading, Query, understand
from .idiom import YEAR, plain
from .statement import ENTITY, Found, Values, filled, quoted, rows_that_fit, rows_used, rows_without, statement

if TYPE_CHECKING:
    import duckdb

SQL_TYPES = {"number": "DOUBLE", "date": "TIMESTAMP", "boolean": "BOOLEAN"}
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$")
CITED = 20
"""Most rows that are cited; `Calculation.count` says how many there were."""
LISTED = 20
"""Most groups or values that are told; how many more there are is said."""


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
    if query.by and _listed_in_order(query.by, table):
        query = replace(query, by="")
    with _database(table) as database:
        sql, values = statement(query)
        found = _checked(database, sql, values)
        answers = _answers(query, found)
        if not answers or (query.operation == "which" and _several_each(query, database)):
            return None
        ids = [answers[0][2]] if query.operation == "place" else _column(database, *rows_used(query, answers))
        if query.operation == "distinct" and not query.each and len(ids) < 2:
            return None  # "how many counties" of one row asks what its cell says, not how many there are
        skipped = _column(database, *rows_without(query))[0] if query.column else 0
    value, text = _told(query, table, answers)
    return Calculation(value, text, filled(sql, values), tuple(ids[:CITED]), len(ids), table.name, skipped)


def _listed_in_order(column: str, table: Table) -> bool:
    """Whether rows stand in the order of a column: then their order also tells two of the same day apart."""
    values = [row.facts["values"].get(column) for row in table.rows]
    return None not in values and all(type(a) is type(b) and a <= b for a, b in pairwise(values))


def _answers(query: Query, found: Found) -> Found:
    """The rows of the result that answer: one, or all that are asked for; none when another answers equally well."""
    at = query.rank - 1
    if len(found) <= at or found[at][0] is None:
        return ()
    if query.operation == "cell" and not query.several and len(set(found)) > 1:
        return ()
    if query.operation in ("which", "place"):
        near = [row[1] for row in found[at if query.top else max(0, at - 1) : at + 2]]
        if found[at][1] is None or near.count(found[at][1]) > 1:
            return ()
    if query.each or query.several:
        return found
    return found[: query.top] if query.top else [found[at]]


def _several_each(query: Query, database: duckdb.DuckDBPyConnection) -> bool:
    """Whether things to choose from have more rows than one: then it is not clear which of them are compared."""
    given = [c.value for c in query.where if c.column == query.label and isinstance(c.value, tuple)]
    return not query.grouped and any(_column(database, *rows_that_fit(query)) != [len(names)] for names in given)


def _database(table: Table) -> duckdb.DuckDBPyConnection:
    """The rows as a table `data` in memory; afterwards nothing outside of it can be reached and no setting changed."""
    import duckdb

    database = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "enable_external_access": "false"})
    columns = ", ".join(f"{quoted(h.name)} {SQL_TYPES.get(h.type, 'VARCHAR')}" for h in table.headings)
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


def _column(database: duckdb.DuckDBPyConnection, sql: str, values: Values) -> list[Any]:
    """The first column of a result."""
    return [row[0] for row in _checked(database, sql, values)]


# -- the words ---------------------------------------------------------------------------------------------------


def _told(query: Query, table: Table, answers: Found) -> tuple[float | int | str | None, str]:
    """The value, and the answer as a person reads it: one value, or the value of each group."""
    if query.each or query.top:
        text = _joined([f"{label}: {_shown(query, table, value)}" for label, value in answers], "; ")
    elif query.several:
        text = _joined([_shown(query, table, value) for value in dict.fromkeys(row[0] for row in answers)], ", ")
    else:
        return answers[0][0], _shown(query, table, answers[0][0])
    return text, text


def _joined(parts: Sequence[str], mark: str) -> str:
    more = len(parts) - LISTED
    return mark.join([*parts[:LISTED], f"and {more} more"] if more > 0 else parts)


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
