"""Tables in the memory: kept with their source, moved and forgotten with it, and never seen past the gate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import MemoryDamaged
from ingest.memory import moves, tables
from ingest.memory.memory import Memory
from ingest.readers import Item
from ingest.reading import Direct
from ingest.source import Source
from ingest.space.entity import Draft
from ingest.text.columns import Column, Columns

HR, STAFF, BOTH = (Viewer("a", frozenset(scopes)) for scopes in ({"hr"}, {"staff"}, {"hr", "staff"}))


class PairReader:
    """Reads a file of `name,figure` lines as one table."""

    name = "pairs"

    def accepts(self, source: Source) -> bool:
        return True

    def read(self, source: Source) -> Iterator[Item]:
        pairs = [line.split(",") for line in source.path.read_text("utf-8").splitlines()]
        yield Draft("table", f"Table {source.path.stem}", key="t")
        yield from (Draft("row", f"Name: {name}; Figure: {figure}", parent="t") for name, figure in pairs)
        names, figures = (
            Column("Name", "text", [p[0] for p in pairs]),
            Column("Figure", "number", [float(p[1]) for p in pairs]),
        )
        yield Columns("t", source.path.stem, (names, figures), range(1, len(pairs) + 1))


@pytest.fixture
def pay(memory: Memory, tmp_path: Path) -> Memory:
    """A memory with one table in scope `hr`."""
    (tmp_path / "pay.csv").write_text("Mori,300\nAbe,280\n", "utf-8")
    read(memory, tmp_path / "pay.csv")
    return memory


def read(memory: Memory, *paths: Path) -> None:
    pipeline.ask(memory.catalog, list(paths), lambda path: "hr")
    assert all(report.status != "failed" for report in pipeline.run(memory, Direct([PairReader()])))


def seen(memory: Memory, viewer: Viewer) -> list[tuple[str, tuple[object, ...]]]:
    sources = [row.id for row in memory.catalog.sources()]
    return [(kept.part, kept.table.columns[1].values) for kept in tables.among(memory.catalog, sources, viewer)]


def test_a_table_is_read_by_whoever_may_read_its_source_and_nobody_else(pay: Memory) -> None:
    assert seen(pay, HR) == [("pay", (300.0, 280.0))]
    assert seen(pay, STAFF) == []


def test_a_table_on_its_way_to_another_scope_is_read_by_whoever_may_read_both(pay: Memory) -> None:
    moves.begin(pay.catalog, pay.catalog.sources(), "staff")
    assert [bool(seen(pay, viewer)) for viewer in (HR, STAFF, BOTH)] == [False, False, True]
    pay.finish_moves()
    assert [bool(seen(pay, viewer)) for viewer in (HR, STAFF, BOTH)] == [False, True, True]


def test_a_file_read_again_has_its_new_rows_alone(pay: Memory, tmp_path: Path) -> None:
    (tmp_path / "pay.csv").write_text("Mori,310\n", "utf-8")
    read(pay, tmp_path / "pay.csv")
    assert seen(pay, HR) == [("pay", (310.0,))]


def test_a_forgotten_source_leaves_no_row(pay: Memory) -> None:
    pay.forget_source(pay.catalog.sources()[0].id)
    assert pay.catalog.connection.execute("SELECT count(*) FROM rows").fetchone()[0] == 0


def test_personal_data_is_redacted_in_the_rows_too(memory: Memory, tmp_path: Path) -> None:
    (tmp_path / "phones.csv").write_text("電話 090-1234-5678,1\n電話 03-3333-4444,2\n", "utf-8")
    read(memory, tmp_path / "phones.csv")
    (kept,) = tables.among(memory.catalog, [memory.catalog.sources()[0].id], HR)
    assert all("[PHONE-" in value for value in kept.table.columns[0].values)


def test_a_damaged_table_is_noticed(pay: Memory) -> None:
    assert tables.examine(pay.catalog) == (1, 0)
    pay.catalog.connection.execute("UPDATE rows SET parquet = x'00ff'")
    assert tables.examine(pay.catalog) == (1, 1)
    with pytest.raises(MemoryDamaged):
        seen(pay, HR)
