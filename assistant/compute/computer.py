"""From a question and the tables that may matter to an exact answer: write a query, judge it, run it, have it agreed.

A model writes the query (`Writer`), code judges whether it says what the question says (`check`) and runs it. A second
query, asked for in another form, must come to the same, or a third to the same as one of them; else the answer is only
possible. So it is where the model, in sight of both, takes another table to be asked that answers otherwise or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ingest.base.errors import KotonohaError
from ingest.memory.tables import Kept
from ingest.space.space import Near
from ingest.text.rows import Table, one_form, union

from . import check, prompt
from .database import Database
from .grammar import NONE, grammar, which
from .query import Query, in_period, parsed, rows_behind, with_order_shown, without, written
from .schema import Shown, share_key, show

LONGEST = 200
"""Tokens of a query at most."""
TIED = 10
"""Most rows that share a first place and are all told."""
FORMS = 2
"""Tables of different form that are looked at."""
GLANCE = 5
"""Columns of each that are shown where the model says which of two is asked."""
CITED = 50

Values = tuple[tuple[Any, ...], ...]
Group = Sequence[Kept]
"""Tables of one form."""


class Writer(Protocol):
    """A language model that continues a conversation within a grammar."""

    def write(self, turns: Sequence[tuple[str, str]], grammar: str, max_tokens: int) -> str:
        """The most probable next turn.

        Args:
            turns: role ("system", "user", "assistant") and text.
            grammar: GBNF of llama.cpp, beginning at `root`.
        """


@dataclass(frozen=True, slots=True)
class Used:
    """A row that an answer rests on: the entity of its table, its number, and its sheet or file in a union."""

    entity: str
    row: int
    part: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A query that says what the question says, and what it returned; `tied` when several share the first place."""

    query: Query
    values: Values
    tied: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """An exact answer.

    Attributes:
        values: the rows of the result; figures are not rounded.
        shown: the tables as the query knows them.
        rows: the rows it rests on, `CITED` at most; `count` says how many there are.
        agreed: whether two queries came to the same.
        named: whether it counts rows or shows a column that the question names; else it may be beside the point.
        tied: whether several share the place that was asked for.
    """

    values: Values
    query: Query
    shown: tuple[Shown, ...]
    rows: tuple[Used, ...]
    count: int
    agreed: bool
    named: bool
    tied: bool = False

    @property
    def sql(self) -> str:
        return self.query.sql

    @property
    def left_out(self) -> list[str]:
        """In words, what is missing of the tables, as far as it concerns the columns used."""
        others = {c.name for one in self.shown for c in one.table.columns} - set(self.query.columns)
        said = dict.fromkeys(text for one in self.shown for text in one.table.left_out)
        return [text for text in said if not any(text.startswith(f"column {name}:") for name in others)]

    @property
    def unread(self) -> int:
        """Cells of the columns used that could not be read as their type."""
        return sum(c.unread for one in self.shown for c in one.table.columns if c.name in self.query.columns)


class Computer:
    """Computes answers over tables.

    Args:
        meaning: finds the columns of wide tables across languages; without it only their letters count.
        examples: worked examples in the prompt; none for a model that was trained to write queries.
    """

    def __init__(self, meaning: Near | None = None, examples: Sequence[tuple[str, str, str]] = prompt.EXAMPLES) -> None:
        self._meaning = meaning
        self._examples = examples

    def ask(self, question: str, tables: Sequence[Kept], writer: Writer) -> Computed | None:
        """The answer that rows give, or None when no query says what the question says.

        Args:
            question: standing alone: what earlier turns add is in it.
            tables: whole tables that the viewer may read, the most likely first. Those of one form become one.
        """
        groups = forms(tables)[:FORMS]
        choices = [[group] for group in groups]
        if len(groups) == FORMS and share_key(*map(_one, groups)):
            choices.insert(1, groups)
        for choice in choices:
            if found := self._over(question, choice, writer):
                rival = next((group for group in groups if group not in choice), None)
                if rival is None or not found.agreed:
                    return found
                tried = groups[0] not in choice
                return self._beating(question, found, [choice[0], rival], tried, writer) or found
        return None

    def _beating(
        self, question: str, found: Computed, both: Sequence[Group], tried: bool, writer: Writer
    ) -> Computed | None:
        """What is told, as only possible, where the second of two tables is asked rather than the first, and gives something
        else, or nothing when it was tried; None else."""
        if not (tried or self._otherwise(question, found, both[1], writer)) or not self._rather(question, both, writer):
            return None
        rather = None if tried else self._over(question, [both[1]], writer)
        return replace(rather or found, agreed=False)

    def _otherwise(self, question: str, found: Computed, rival: Group, writer: Writer) -> bool:
        shown = show(question, [_one(rival)], self._meaning)
        with Database({one.alias: one.table for one in shown}) as database:
            said = writer.write(prompt.turns(shown, question, self._examples), grammar(shown), LONGEST)
            other = judged(said.strip(), question, shown, database)
        return other is not None and not same(other.values, found.values)

    def _rather(self, question: str, both: Sequence[Group], writer: Writer) -> bool:
        shown = show(question, list(map(_titled, both)), self._meaning, GLANCE)
        said = writer.write(prompt.turns(shown, question, self._examples), which(shown), LONGEST)
        return said.strip().endswith(f" {shown[1].alias}")

    def _over(self, question: str, groups: Sequence[Group], writer: Writer) -> Computed | None:
        shown = show(question, [_one(group) for group in groups], self._meaning)
        with Database({one.alias: one.table for one in shown}) as database:
            found = list(self._found(question, shown, writer, database))
            if not found:
                return None
            told, agreed = chosen(found)
            rows = rows_behind(told.query, database)
            agreed = agreed and not (told.query.grouped and one_by_one(told.values))
            agreed = agreed and not check.on_trust(told.query, shown, question)
        by_alias = {one.alias: group for one, group in zip(shown, groups, strict=True)}
        used = tuple(_used(rows[:CITED], by_alias[told.query.tables[0]])) if rows else ()
        named = check.named(told.query, shown, question)
        return Computed(told.values, told.query, tuple(shown), used, len(rows), agreed, named, told.tied)

    def _found(
        self, question: str, shown: Sequence[Shown], writer: Writer, database: Database
    ) -> Iterator[Found]:  # fmt: skip
        """What each request finds, until two say the same; nothing at all when the first one's query is `NONE`."""
        allowed, before = grammar(shown), list[Found]()
        for number, request in enumerate((prompt.turns, prompt.turned, prompt.again)):
            said = writer.write(request(shown, question, self._examples), allowed, LONGEST).strip()
            found = None if said == NONE else judged(said, question, shown, database)
            if said == NONE and not number:
                return
            if found is not None:
                yield found
                if any(same(found.values, other.values) for other in before):
                    return
                before.append(found)


def chosen(found: Sequence[Found]) -> tuple[Found, bool]:
    """The finding that is told, and whether another says the same; of two that do the one that says more: when, beside
    how much."""
    last = found[-1]
    twin = next((other for other in found[:-1] if same(other.values, last.values)), None)
    if twin is None:
        return found[0], False
    return (last if len(last.values[0]) > len(twin.values[0]) else twin), True


def one_by_one(values: Values) -> bool:
    """Whether figures only count every row by itself: groups of one say nothing about how many there are."""
    figures = [[value for value in row if isinstance(value, int)] for row in values]
    return len(values) > 1 and all(row == [1] for row in figures)


def judged(sql: str, question: str, shown: Sequence[Shown], database: Database) -> Found | None:
    """What a query finds; None when it doesn't say what the question says, doesn't run, or finds nothing: no row, no
    value, or none in a period of which the tables have no row at all, or of a word that no cell holds."""
    try:
        query = parsed(check.settled(sql, shown), database)
        query = without(query, lambda condition: check.of_the_table(condition, shown), database)
        if check.unfounded(query, shown, question) or check.dropped(query, shown, question) or check.torn(query, shown):
            return None
        found = _run(query, database)
        said = {value for row in found.values for value in row}
        nowhere = not in_period(query, database) or any(check.unmet(one, shown) for one in query.conditions)
        if not said - {None} or (said <= {None, 0} and nowhere):
            return None
    except KotonohaError:
        return None
    return found


def _run(query: Query, database: Database) -> Found:
    """The rows of the result; all that share the first place where one was asked for."""
    values = tuple(database.fetch(query.sql))
    if query.limit != 1 or not query.ordered or not values:
        return Found(query, values)
    ranked = database.fetch(written(with_order_shown(query), database))
    first = tuple(dict.fromkeys(row[:-1] for row in ranked if row[-1] == ranked[0][-1]))
    return Found(query, first if len(first) <= TIED else values, tied=len(first) > 1)


def same(one: Values, other: Values) -> bool:
    """Whether two results say the same: as many rows, and each row of one within that of the other."""
    a, b = (sorted((_rounded(row) for row in rows), key=repr) for rows in (one, other))
    return len(a) == len(b) and all(set(x) <= set(y) or set(y) <= set(x) for x, y in zip(a, b, strict=True))


def _rounded(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(float(f"{value:.4g}") if isinstance(value, (int, float)) else str(value) for value in row)


def forms(tables: Sequence[Kept]) -> list[list[Kept]]:
    """Tables of one form together, in order of the first of each."""
    by_table = {id(kept.table): kept for kept in tables}
    return [[by_table[id(table)] for table in form] for form in one_form([kept.table for kept in tables])]


def _one(group: Sequence[Kept]) -> Table:
    """The tables of a group as one; a sheet or file names each part."""
    return union([kept.table for kept in group], [kept.part for kept in group], group[0].table.name)


def _titled(group: Group) -> Table:
    """The tables of a group as one that carries the name of its file as well."""
    table, file = _one(group), group[0].file
    return replace(table, name=table.name if file in table.name else f"{file} {table.name}")


def _used(rows: Sequence[tuple[int, str]], group: Sequence[Kept]) -> list[Used]:
    entity = {kept.part: kept.entity for kept in group}
    return [Used(entity.get(part, group[0].entity), row, part) for row, part in rows]
