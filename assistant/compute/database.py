"""A database in memory for one question: the tables given, nothing else within reach, and limits on what it may use."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import duckdb

from ingest.base.errors import KotonohaError
from ingest.memory.tables import fill, part_name, row_name
from ingest.text.rows import Table

MEMORY = "512MB"
SECONDS = 10.0
ROWS = 1_000
"""Most rows of a result that are fetched."""


class QueryFailed(KotonohaError):
    """A query that does not run on these tables, or not within the limits."""


class Database:
    """The tables by the name a query knows them by; use as a context manager.

    No file and no network can be reached, no setting be changed; a query ends after `SECONDS`.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)
        self._types = {
            (alias, name.casefold()): kind
            for alias, table in tables.items()
            for name, kind in (
                (row_name(table), "number"), (part_name(table), "text"), *((c.name, c.type) for c in table.columns)
            )
        }  # fmt: skip
        self._engine = duckdb.connect(
            config={"threads": 1, "memory_limit": MEMORY, "enable_external_access": "false", "temp_directory": ""}
        )
        for alias, table in tables.items():
            fill(self._engine, alias, table)
        self._engine.execute("SET lock_configuration = true")

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.close()

    @property
    def names(self) -> list[str]:
        return list(self._tables)

    def type_of(self, path: Sequence[str]) -> str:
        """The type of a column, given as `column` or `table, column`; "" when there is none."""
        aliases = [path[0]] if len(path) == 2 else list(self._tables)
        return next((kind for a in aliases if (kind := self._types.get((a, path[-1].casefold())))), "")

    def place_of(self, alias: str) -> tuple[str, str]:
        """The names of the columns that tell the row number and the part."""
        return row_name(self._tables[alias]), part_name(self._tables[alias])

    def fetch(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """At most `ROWS` rows of a result.

        Raises:
            QueryFailed: it does not run, or takes longer than `SECONDS`.
        """
        alarm = threading.Timer(SECONDS, self._engine.interrupt)
        alarm.start()
        try:
            return self._engine.execute(sql, list(values)).fetchmany(ROWS)
        except duckdb.Error as error:
            raise QueryFailed(str(error).splitlines()[0]) from error
        finally:
            alarm.cancel()
