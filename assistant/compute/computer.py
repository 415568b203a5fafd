"""From a question and the tables that may matter to an exact answer: write a query, judge it, run it, have it agreed.

A model writes the query (`Writer`), code judges whether it says what the question says (`check`) and runs it. A second
query, asked for in another order of words and columns, must come to the same; else the answer is only possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ingest.errors import KotonohaError
from ingest.tables import Table, one_form, union

from . import check, prompt
from .database import Database
from .grammar import NONE, grammar
from .query import Query, parsed, rows_behind, with_order_shown, written
from .schema import Meaning, Shown, show

LONGEST = 200
"""Tokens of a query at most."""
TIED = 10
"""Most rows that share a first place and are all told."""
FORMS = 2
"""Tables of different form that are tried at most."""
CITED = 50


class Writer(Protocol):
    """A language model that continues a conversation within a grammar."""

    def write(self, turns: Sequence[tuple[str, str]], grammar: str, max_tokens: int) -> str:
        """The most probable next turn.

        Args:
            turns: role ("system", "user", "assistant") and text.
            grammar: GBNF of llama.cpp, beginning at `root`.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A table in memory that the viewer may read: the entity it belongs to, its source, and its sheet or file."""

    entity: str
    source: str
    part: str
    table: Table


@dataclass(frozen=True, slots=True)
class Used:
    """A row that an answer rests on."""

    entity: str
    row: int
    part: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """An exact answer.

    Attributes:
        values: the rows of the result; figures are not rounded.
        query: what was run.
        rows: the rows it rests on, `CITED` at most; `count` says how many there are.
        agreed: whether a second query came to the same.
        unread: cells of the columns used that could not be read as their type.
        whole: False when rows of the source are missing in the table.
        tied: whether several share the place that was asked for.
    """

    values: tuple[tuple[Any, ...], ...]
    query: Query
    shown: tuple[Shown, ...]
    rows: tuple[Used, ...]
    count: int
    agreed: bool
    unread: int = 0
    whole: bool = True
    tied: bool = False

    @property
    def sql(self) -> str:
        return self.query.sql


class Computer:
    """Computes answers over tables; `meaning` finds the columns of wide tables across languages."""

    def __init__(self, meaning: Meaning | None = None) -> None:
        self._meaning = meaning

    def ask(self, question: str, tables: Sequence[Kept], writer: Writer) -> Computed | None:
        """The answer that rows give, or None when no query says what the question says.

        Args:
            question: standing alone: what earlier turns add is in it.
            tables: whole tables that the viewer may read, the most likely first. Those of one form become one.
        """
        for group in _groups(tables)[:FORMS]:
            found = self._over(question, group, writer)
            if found is not None:
                return found
        return None

    def _over(self, question: str, group: Sequence[Kept], writer: Writer) -> Computed | None:
        table = union([kept.table for kept in group], [kept.part for kept in group], group[0].table.name)
        shown = show(question, [table], self._meaning)
        with Database({one.alias: one.table for one in shown}) as database:
            answers = list(self._answers(question, shown, writer, database))
            if not answers or answers[0] is None:
                return None
            query, values, tied = answers[0]
            second = answers[1] if len(answers) > 1 else None
            rows = rows_behind(query, database)
        agreed = second is not None and same(values, second[1])
        if second is not None and agreed and len(second[1][0]) > len(values[0]):
            query, values, tied = second  # says the same and more: when, beside how much
        return Computed(
            values, query, tuple(shown), tuple(_used(rows[:CITED], group)), len(rows), agreed,
            sum(c.unread for c in table.columns if c.name in query.columns), table.whole, tied,
        )  # fmt: skip

    def _answers(
        self, question: str, shown: Sequence[Shown], writer: Writer, database: Database
    ) -> Iterator[tuple[Query, tuple[tuple[Any, ...], ...], bool] | None]:
        """What the first query says, and, if it says anything, what the second does."""
        allowed = grammar(shown)
        for asked in (prompt.turns(shown, question), prompt.turned(shown, question)):
            said = writer.write(asked, allowed, LONGEST).strip()
            found = None if said == NONE else judged(said, question, shown, database)
            yield found
            if found is None:
                return


def judged(sql: str, question: str, shown: Sequence[Shown], database: Database) -> tuple[Query, tuple[tuple[Any, ...], ...], bool] | None:  # fmt: skip
    """The query and what it returns, and whether several share the place asked for; None when it doesn't say what the
    question says, doesn't run, or finds nothing."""
    try:
        query = parsed(check.settled(sql, shown), database)
        if check.unfounded(query, shown, question) or check.dropped(query, shown, question):
            return None
        values, tied = _run(query, database)
    except KotonohaError:
        return None
    if not values or all(value is None for row in values for value in row):
        return None
    return (query, tuple(values), tied) if _covered(query, values, database) else None


def _run(query: Query, database: Database) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows of the result; all that share the first place where one was asked for."""
    values = database.fetch(query.sql)
    if query.limit != 1 or not query.ordered:
        return values, False
    ranked = database.fetch(written(with_order_shown(query), database))
    first = [row[:-1] for row in ranked[: TIED + 1] if row[-1] == ranked[0][-1]]
    distinct = list(dict.fromkeys(first))
    return (distinct, True) if 1 < len(distinct) <= TIED else (values, len(distinct) > TIED)


def _covered(query: Query, values: Sequence[tuple[Any, ...]], database: Database) -> bool:
    """Whether a nought is one of rows that could be counted: none of a month that isn't in the table is no answer."""
    if any(value not in (0, None) for row in values for value in row):
        return True
    return bool(rows_behind(replace(query), database)) or not any(c.part or c.column for c in query.conditions if _timed(c.part, c.values))  # fmt: skip


def _timed(part: str, values: Sequence[str]) -> bool:
    return bool(part) or any(len(value) >= 10 and value[4:5] == "-" for value in values)


def same(one: Sequence[tuple[Any, ...]], other: Sequence[tuple[Any, ...]]) -> bool:
    """Whether two results say the same: as many rows, and each row of one within that of the other."""
    a, b = (sorted((_rounded(row) for row in rows), key=repr) for rows in (one, other))
    if len(a) != len(b):
        return False
    return all(set(x) <= set(y) or set(y) <= set(x) for x, y in zip(a, b, strict=True))


def _rounded(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(float(f"{value:.4g}") if isinstance(value, (int, float)) else str(value) for value in row)


def _groups(tables: Sequence[Kept]) -> list[list[Kept]]:
    """Tables of one form together, in order of the first of each."""
    forms = one_form([kept.table for kept in tables])
    by_table = {id(kept.table): kept for kept in tables}
    return [[by_table[id(table)] for table in form] for form in forms]


def _used(rows: Sequence[tuple[int, str]], group: Sequence[Kept]) -> Iterator[Used]:
    entity = {kept.part: kept.entity for kept in group}
    for row, part in rows:
        yield Used(entity.get(part, group[0].entity), row, part)
