"""What a model is told about tables before it writes a query: columns, types, units, and the values a question names.

A table of ninety columns or ten thousand different words is too long to read, so a question chooses: the columns whose
names or values meet its words come first, and of the words in a column those that it seems to name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process, utils

from ingest.memory.tables import part_name, quoted, row_name
from ingest.space.space import Near
from ingest.text.cells import shown
from ingest.text.rows import Column, Table

COLUMNS = 18
"""Most columns of one table that are shown."""
LISTED = 8
"""Different words of a column up to which all are shown."""
NAMED = 3
"""Words of a longer column that are shown because the question seems to name them."""
LONGEST = 40
"""Letters of a value that are shown."""
TITLE = 40
"""Letters of the name that a table has beside others."""
SHARED = 0.5
"""Share of the words of a column that stand in a column of another table, from which the two are a key."""
NEAR = 88
"""Likeness (rapidfuzz, 0 to 100) of a value and a stretch of the question from which the value counts as named."""


@dataclass(frozen=True)
class Shown:
    """A table as a query knows it: under the name `alias`, with the columns the question chose."""

    alias: str
    table: Table
    columns: tuple[Column, ...]
    named: tuple[tuple[str, str], ...]
    """Column and value of what the question names, or nearly."""
    exact: tuple[tuple[str, str], ...] = ()
    """Those of them that stand in the question letter by letter."""

    @cached_property
    def text(self) -> str:
        """The table as the model reads it."""
        head = f"Table {self.alias}: {self.table.name}, {len(self.table):,} rows"
        lines = [self._line(column) for column in self.columns]
        parts = list(dict.fromkeys(self.table.parts))
        if parts:
            lines.insert(0, f"{quoted(part_name(self.table))} TEXT {_listed(parts[:12])}")
        return "\n".join([head, *lines])

    def _line(self, column: Column) -> str:
        said = f"{quoted(column.name)} {column.type.upper()}"
        if column.unit:
            said += f" in {column.unit}"
        return f"{said} {self._values(column)}".rstrip()

    def _values(self, column: Column) -> str:
        filled = [value for value in column.values if value is not None]
        if not filled:
            return "(empty)"
        if column.type in ("number", "date", "time"):
            low, high = (_said(column, value) for value in (min(filled), max(filled)))
            return f"{low} to {high}" if low != high else low
        count = Counter(map(str, filled))
        named = [value for name, value in self.named if name == column.name]
        if len(count) <= LISTED and sum(map(len, count)) <= 120:
            return _listed(list(count))
        usual = [value for value, _ in count.most_common(2) if value not in named]
        return _listed([*named, *usual]) + (", ..." if len(count) > len(named) + len(usual) else "")


def show(question: str, tables: Sequence[Table], meaning: Near | None = None, most: int = COLUMNS) -> list[Shown]:
    """Tables as a question needs to see them, at most so many columns of each; one alone is called `t`, one of several by its
    name."""
    aliases = ["t"] if len(tables) == 1 else [_alias(table.name, number) for number, table in enumerate(tables, 1)]
    return [_shown(question, alias, table, meaning, most) for alias, table in zip(aliases, tables, strict=True)]


def _alias(name: str, number: int) -> str:
    """A name that SQL takes without quotes: "2026 orders" -> "t_2026_orders_1"."""
    letters = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name).casefold())[:TITLE].strip("_")
    return f"{letters if letters[:1].isalpha() else f't_{letters}'}_{number}"


def _shown(question: str, alias: str, table: Table, meaning: Near | None, most: int) -> Shown:
    exact = [(column.name, value) for column in table.columns for value in _written(question, column)]
    near = [(column.name, value) for column in table.columns for value in _similar(question, column)]
    named = tuple(dict.fromkeys([*exact, *near]))
    met = {column for column, _ in named}
    columns = table.columns if len(table.columns) <= most else _chosen(question, table, met, meaning, most)
    return Shown(alias, table, tuple(columns), named, tuple(exact))


def _chosen(question: str, table: Table, met: set[str], meaning: Near | None, most: int) -> list[Column]:
    """The columns of a wide table that a question may need: the first of dates and of words, then those it meets."""
    near = meaning(question, [column.name for column in table.columns]) if meaning else [0.0] * len(table.columns)
    scores = [
        overlap(question, column.name) + (column.name in met) + score
        for column, score in zip(table.columns, near, strict=True)
    ]
    first = [next((c for c in table.columns if c.type == kind), None) for kind in ("date", "text")]
    order = sorted(range(len(scores)), key=lambda number: (-scores[number], len(table.columns[number].name), number))
    ranked = [c for c in first if c] + [table.columns[n] for n in order if _varies(table.columns[n])]
    kept = list(dict.fromkeys(column.name for column in ranked))[:most]
    return [column for column in table.columns if column.name in kept]


def _written(question: str, column: Column) -> list[str]:
    """The words in a column that stand in the question, the longest first; of two that overlap the longer."""
    if column.type != "text":
        return []
    exact = [value for value in _words(column) if stands(value, question)]
    longer = [v for v in exact if not any(plain(v) != plain(o) and plain(v) in plain(o) for o in exact)]
    return sorted(longer, key=len, reverse=True)[:NAMED]


def _similar(question: str, column: Column) -> list[str]:
    """The words in a column that a stretch of the question is nearly like."""
    if column.type != "text":
        return []
    values = [value for value in _words(column) if 4 <= len(value) <= 2 * len(question)]
    found = process.extract(
        utils.default_process(question), values, scorer=fuzz.partial_ratio, processor=utils.default_process,
        score_cutoff=NEAR, limit=NAMED,
    )  # fmt: skip
    return [value for value, _, _ in found]


def _words(column: Column) -> list[str]:
    return list(dict.fromkeys(str(value) for value in column.values if value is not None))


def plain(text: str) -> str:
    """A text without width, case and punctuation, words apart by single blanks; a mark alone ("○") stays."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", " ", folded).strip() or folded.strip()


def overlap(question: str, name: str) -> float:
    """Share of a name's pairs of letters (letters, where it is written in ideograms) that the question has, 0 to 1."""
    asked, said = plain(question).replace(" ", ""), plain(name).replace(" ", "")
    pieces = set(said) if re.search(r"[一-鿿]", said) else {said[i : i + 3] for i in range(max(1, len(said) - 2))}
    return sum(piece in asked for piece in pieces) / max(1, len(pieces))


def stands(value: str, question: str) -> bool:
    """Whether a value stands in the question: as words of its own, or within a text without blanks. A letter alone is
    one only as a capital: "branch C", "C店"."""
    said, asked = plain(value), f" {plain(question)} "
    if len(said) == 1 and said.isascii():
        return bool(re.search(rf"(?<![0-9A-Za-z]){re.escape(value)}(?![0-9A-Za-z'])", question))
    if said and f" {said} " in asked:
        return True
    return len(said) >= (4 if said.isascii() else 2) and said.replace(" ", "") in asked.replace(" ", "")


def _varies(column: Column) -> bool:
    return len({value for value in column.values if value is not None}) > 1


def _listed(values: Sequence[str]) -> str:
    return ", ".join("'" + value[:LONGEST].replace("'", "''") + "'" for value in values)


def _said(column: Column, value: object) -> str:
    return str(value)[:7] if column.type == "date" else shown(value)


def share_key(one: Table, other: Table) -> bool:
    """Whether a column of words in one table holds the words of one in the other: they can be joined."""
    a, b = ([set(c.values) - {None} for c in table.columns if c.type == "text"] for table in (one, other))
    return any(len(x & y) >= SHARED * min(len(x), len(y)) and len(x & y) > 1 for x in a for y in b if x and y)


def row_of(shown: Shown) -> str:
    """What the row number of a table is called in SQL."""
    return row_name(shown.table)
