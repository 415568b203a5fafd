"""Figures over the rows that a viewer may read: which tables, the query, and the words and rows of its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer import named
from assistant.answer.named import squeezed
from assistant.answer.notes import COMPUTED
from assistant.compute import tell
from assistant.compute.computer import Computed, Computer
from assistant.model.vocabulary import examples
from ingest.base.access import Viewer, may_read
from ingest.memory import around, tables
from ingest.space.entity import Entity
from ingest.space.space import near_in

if TYPE_CHECKING:
    from assistant.model.reader import Reader
    from assistant.search.retrieve import Hit, Retriever
    from ingest.memory.memory import Memory

TABLES = ("table", "series")
NEAR = 4
"""Tables that are looked for beside those of the hits."""


@dataclass(frozen=True, slots=True)
class Result:
    """`rows` are the entities of the rows of `Computed`, which says what `named` is."""

    text: str
    rows: tuple[Entity, ...]
    agreed: bool
    named: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Writer:
    """The model as the computer wants it."""

    reader: Reader

    def write(self, turns: Sequence[tuple[str, str]], grammar: str, max_tokens: int) -> str:
        *before, (_, asked) = turns
        return self.reader.llm.complete(examples(before), asked, grammar, max_tokens)


class Calculator:
    """Computes for a viewer."""

    def __init__(self, memory: Memory, retriever: Retriever) -> None:
        self._memory, self._retriever = memory, retriever

    def compute(
        self, question: str, hits: Sequence[Hit], viewer: Viewer, reader: Reader, language: str
    ) -> Result | None:
        """The figure that rows give, or None where no query says what the question says."""
        found = self._tables(question, hits, viewer)
        computer = Computer(near_in(self._memory.space))
        computed = computer.ask(question, found, _Writer(reader)) if found else None
        if computed is None:
            return None
        notes = (COMPUTED.format(computed.count, computed.sql),)
        agreed = computed.agreed and not self._one_sided(question, found, computed)
        text = tell.tell(computed, language == "ja")
        return Result(text, self._rows(computed, viewer), agreed, computed.named, notes)

    def _one_sided(self, question: str, found: Sequence[tables.Kept], computed: Computed) -> bool:
        """Whether a question sets things side by side of which each table speaks of one, and the rows are not of all."""
        words = [(one.file, f"{one.part} {one.table.name} {_words(one)}") for one in found]
        if not (things := named.apart(question, words)):
            return False
        used = {row.entity for row in computed.rows}
        spoken = [squeezed("".join(said)) for one, said in zip(found, words, strict=True) if one.entity in used]
        return not all(any(squeezed(thing) in said for said in spoken) for thing in things)

    def _tables(self, question: str, hits: Sequence[Hit], viewer: Viewer) -> list[tables.Kept]:
        near = self._retriever.search(question, viewer, NEAR, kinds=TABLES)
        sources = dict.fromkeys(hit.entity.source for hit in (*near, *hits))
        return tables.among(self._memory.catalog, list(sources)[:NEAR], viewer)

    def _rows(self, computed: Computed, viewer: Viewer) -> tuple[Entity, ...]:
        """The entities of the rows used; where rows have none of their own, the table's."""
        found: dict[str, Entity] = {}
        for used in computed.rows:
            entity = self._row(used.entity, used.row)
            if entity is not None and may_read(viewer, entity.scope):
                found.setdefault(entity.id, entity)
        return tuple(found.values())

    def _row(self, table: str, row: int) -> Entity | None:
        catalog = self._memory.catalog
        return around.row_of(catalog, table, row) or catalog.entities([table]).get(table)


def _words(kept: tables.Kept) -> str:
    held = (value for column in kept.table.columns if column.type == "text" for value in column.values)
    return " ".join(dict.fromkeys(str(value) for value in held if value is not None))
