"""Tables kept as Parquet beside their entity in the catalogue: they move, are sealed off and forgotten with it.

A table belongs to the `table` or `series` entity that tells of it, so that whoever may not read that entity has no row
of it, and a source that leaves a scope takes its rows along.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path, PurePath
from sqlite3 import Connection
from typing import Any

import duckdb

from ingest.base.access import Viewer, may_read
from ingest.base.errors import MemoryDamaged
from ingest.text.rows import Column, Table

from . import amended
from .catalog import Catalog, chunks, marks

SQL_TYPES = {"number": "DOUBLE", "date": "TIMESTAMP", "time": "TIME", "boolean": "BOOLEAN"}
ROW = "row"
"""The name of the column of row numbers in SQL; `PART` that of the sheet or file in a union."""
PART = "sheet"


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A table in memory: the entity it belongs to, its source, the sheet or file it stands on, the name of its file."""

    entity: str
    source: str
    part: str
    table: Table
    file: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A table on its way into the memory: the entity it belongs to and the sheet (or else the file) it is on."""

    entity: str
    part: str
    table: Table


def put(connection: Connection, source: str, tables: Iterable[Rows]) -> None:
    """Keeps the tables of a source in place of those it had, in the caller's transaction."""
    connection.execute("DELETE FROM rows WHERE entity IN (SELECT id FROM entity WHERE source = ?)", (source,))
    for one in tables:
        values = (one.part, packed(one.table), one.entity)
        if not connection.execute("UPDATE hidden SET part = ?, parquet = ? WHERE entity = ?", values).rowcount:
            connection.execute("INSERT INTO rows (part, parquet, entity) VALUES (?, ?, ?)", values)


def among(catalog: Catalog, sources: Sequence[str], viewer: Viewer) -> list[Kept]:
    """The tables of these sources that the viewer may read, in the order of the sources and of their entities."""
    found: list[tuple[int, int, Kept]] = []
    for chunk in chunks(list(sources), 500):
        query = (
            "SELECT entity.id, entity.source, entity.scope, entity.ordinal, rows.part, rows.parquet, source.path "
            "FROM rows JOIN entity ON entity.id = rows.entity JOIN source ON source.id = entity.source "
            f"WHERE entity.source IN ({marks(chunk)})"
        )
        for row in catalog.connection.execute(query, chunk):
            if may_read(viewer, row["scope"]):
                table = unpacked(row["parquet"]).without(*amended.rows_hidden(catalog, row["id"]))
                kept = Kept(row["id"], row["source"], row["part"], table, PurePath(row["path"]).stem)
                found.append((sources.index(row["source"]), row["ordinal"], kept))
    return [kept for *_, kept in sorted(found, key=lambda item: item[:2])]


def examine(catalog: Catalog) -> tuple[int, int]:
    """How many tables there are, and how many of them do not open."""
    damaged = count = 0
    for row in catalog.connection.execute("SELECT parquet FROM rows"):
        count += 1
        try:
            unpacked(row["parquet"])
        except MemoryDamaged:
            damaged += 1
    return count, damaged


# -- Parquet -------------------------------------------------------------------------------------------------


def packed(table: Table) -> bytes:
    """The table as one Parquet file; `unpacked` gives it back."""
    with tempfile.TemporaryDirectory() as folder, _engine() as database:
        file = Path(folder) / "rows.parquet"
        fill(database, "rows", table)
        said = json.dumps(_about(table), ensure_ascii=False).replace("'", "''")
        database.execute(
            f"COPY rows TO '{file}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{kotonoha: '{said}'}})"
        )
        return file.read_bytes()


def unpacked(content: bytes) -> Table:
    """The table in a Parquet file that `packed` made.

    Raises:
        MemoryDamaged: it is not one.
    """
    try:
        return _unpacked(content)
    except (duckdb.Error, ValueError, KeyError, TypeError) as error:
        raise MemoryDamaged("the rows of a table do not open") from error


def _unpacked(content: bytes) -> Table:
    with tempfile.TemporaryDirectory() as folder, _engine() as database:
        file = Path(folder) / "rows.parquet"
        file.write_bytes(content)
        row = database.execute(
            "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'kotonoha'", [str(file)]
        ).fetchone()
        about = json.loads(row[0]) if row else {}
        found = database.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    values = list(zip(*found, strict=True)) if found else [()] * (2 + len(about["columns"]))
    columns = tuple(
        Column(**said, values=tuple(_iso(value) for value in cells))
        for said, cells in zip(about["columns"], values[2:], strict=True)
    )
    parts = tuple(values[1]) if about["parts"] else ()
    return Table(about["name"], columns, tuple(values[0]), parts, tuple(about["left_out"]))


def fill(database: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    """Creates a table in a DuckDB connection: the row number, the part, then the columns under their names."""
    lists: list[list[Any]] = [list(table.places), list(table.parts) or [None] * len(table)]
    kinds = ["BIGINT", "VARCHAR", *(SQL_TYPES.get(column.type, "VARCHAR") for column in table.columns)]
    lists += [[None if v is None else str(v) for v in column.values] for column in table.columns]
    taken = {column.name.casefold() for column in table.columns}
    names = [_free(ROW, taken), _free(PART, taken), *(column.name for column in table.columns)]
    heads = ", ".join(f"{quoted(n)} {kind}" for n, kind in zip(names, kinds, strict=True))
    database.execute(f"CREATE TABLE {quoted(name)} ({heads})")
    if len(table):
        given = [[None if v is None else str(v) for v in values] for values in lists]
        unnested = ", ".join(f"unnest(?::VARCHAR[])::{kind}" for kind in kinds)
        database.execute(f"INSERT INTO {quoted(name)} SELECT {unnested}", given)


def row_name(table: Table) -> str:
    """What the column of row numbers is called in SQL."""
    return _free(ROW, {column.name.casefold() for column in table.columns})


def part_name(table: Table) -> str:
    """What the column of the sheet or file is called in SQL."""
    return _free(PART, {column.name.casefold() for column in table.columns})


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else f"{name}_of_table"


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})


def _about(table: Table) -> dict[str, Any]:
    said = [field.name for field in fields(Column) if field.name != "values"]
    columns = [{name: getattr(column, name) for name in said} for column in table.columns]
    return {"name": table.name, "left_out": table.left_out, "parts": bool(table.parts), "columns": columns}


def _iso(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, dt.time) else value
