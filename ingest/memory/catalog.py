"""The catalogue: one SQLite file that is the truth about sources, entities, jobs and everything governed.

It owns the connection, brings the schema up to date, and has the few statements about sources and entities.

Every change to a source is one transaction: its entities, their words for lexical search and the list of vectors to put
or drop (`pending`) are written together or not at all.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.base import private
from ingest.base.access import BOTH
from ingest.base.errors import MemoryMismatch, told
from ingest.space.entity import Entity, Locator
from ingest.space.space import Packed

from .schema import MIGRATIONS

NUMBERED = "numbered"
"""The fact that holds the last number that was given to an entity."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source as the catalogue knows it.

    Attributes:
        notes: remarks of its reader (pages without text, rough transcript).
        redacted: the kinds of personal data that were redacted in it, separated by spaces.
        moved: whether its scope was chosen by a command, which folder rules then leave alone.
        beside: the hash of the files beside it that were read with it.
        places: where else in its scope the very same file lies (`places`).
        within: the source whose file it is inside of, with which it is moved and forgotten; empty for a file of its own.
        stale: whether a reader read it that reads otherwise now.
    """

    id: str
    path: str
    sha256: str
    size: int
    media: str
    title: str
    scope: str
    reader: str
    notes: tuple[str, ...]
    added: str
    redacted: str = ""
    moved: bool = False
    beside: str = ""
    places: tuple[str, ...] = ()
    within: str = ""
    stale: bool = False


class Catalog:
    """One connection per thread to one SQLite file in WAL mode. Safe to share between threads.

    Raises:
        MemoryMismatch: the file was written by a newer version.
        MemoryDamaged: it is no database any more.
    """

    def __init__(self, file: Path) -> None:
        if file.name != ":memory:":
            private.state(file.parent)
            private.file(file)
        self.file = file
        self._local = threading.local()
        try:
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise told(error) from error

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; use `transaction` to write."""
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(self.file, timeout=60, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.executescript(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
            )
            self._local.connection = connection
        return self._local.connection  # type: ignore[no-any-return]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; the write lock is taken at once, so two writers queue instead of failing late.

        Inside another transaction of this thread it is a part of that one.
        """
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN IMMEDIATE")
        self._local.then = []
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        for act in self._local.then:
            act()

    @contextmanager
    def still(self) -> Iterator[sqlite3.Connection]:
        """Everything is read as it is now, whatever others write meanwhile. In a transaction of this thread it is a part of it."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # SQLite keeps still from the first read on
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def after_commit(self, act: Callable[[], None]) -> None:
        """Has something done once the transaction that this thread is in has been committed, and only then."""
        self._local.then.append(act)

    def close(self) -> None:
        if hasattr(self._local, "connection"):
            self._local.connection.close()
            del self._local.connection

    def _migrate(self) -> None:
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > len(MIGRATIONS):
                raise MemoryMismatch(
                    f"{self.file} has schema {version}, this Kotonoha knows up to {len(MIGRATIONS)}",
                    "install the newer Kotonoha",
                )
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                for statement in statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")

    # -- facts about the memory itself ---------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        row = self.connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else None

    def set_fact(self, name: str, value: str) -> None:
        self.connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # -- sources ---------------------------------------------------------------------------------------

    def sources(self, scopes: Sequence[str] | None = None) -> list[SourceRow]:
        """Sources by path; only those in `scopes` when given. `None` is for the own jobs of the machine, never for a viewer."""
        where, values = ("", ()) if scopes is None else (f"WHERE scope IN ({marks(scopes)})", tuple(scopes))
        return [_source(row) for row in self.connection.execute(f"{_SOURCE} {where} ORDER BY path", values)]

    def source(self, id: str) -> SourceRow | None:
        row = self.connection.execute(f"{_SOURCE} WHERE id = ?", (id,)).fetchone()
        return _source(row) if row else None

    def source_at(self, path: str) -> SourceRow | None:
        row = self.connection.execute(f"{_SOURCE} WHERE path = ?", (path,)).fetchone()
        return _source(row) if row else None

    def sources_like(self, sha256: str) -> list[SourceRow]:
        """Files with these very bytes, wherever they lie; none inside another file."""
        query = f"{_SOURCE} WHERE sha256 = ? AND within = '' ORDER BY path"
        return [_source(row) for row in self.connection.execute(query, (sha256,))]

    def inside(self, id: str) -> list[SourceRow]:
        """The sources inside the file of a source."""
        return [_source(row) for row in self.connection.execute(f"{_SOURCE} WHERE within = ? ORDER BY path", (id,))]

    def scopes(self) -> list[str]:
        """Every scope that holds something, those of entities on their way included (`access.between`)."""
        query = "SELECT scope FROM entity UNION SELECT scope FROM source ORDER BY scope"
        return [row["scope"] for row in self.connection.execute(query)]

    # -- entities --------------------------------------------------------------------------------------

    def entities(self, ids: Iterable[str]) -> dict[str, Entity]:
        """The entities with these ids; an id that is not there is simply missing. The caller asks the gate."""
        found: dict[str, Entity] = {}
        for chunk in chunks(list(ids), 500):
            for row in self.connection.execute(f"SELECT * FROM entity WHERE id IN ({marks(chunk)})", chunk):
                found[row["id"]] = stored(row)
        return found

    def among(self, ids: Iterable[str], scopes: Sequence[str]) -> list[str]:
        """Those of these ids whose entities lie in one of these scopes, or are on their way between some."""
        found: list[str] = []
        for chunk in chunks(list(ids), 500):
            query = (
                f"SELECT id FROM entity INDEXED BY entity_gate WHERE id IN ({marks(chunk)}) "
                f"AND (scope IN ({marks(scopes)}) OR instr(scope, '{BOTH}'))"
            )
            found += [row["id"] for row in self.connection.execute(query, (*chunk, *scopes))]
        return found

    def scopes_of(self, ids: Iterable[str]) -> dict[str, str]:
        """The scope of each of these entities, of the index alone; an id that is not there is missing."""
        found: dict[str, str] = {}
        for chunk in chunks(list(ids), 500):
            query = f"SELECT id, scope FROM entity INDEXED BY entity_gate WHERE id IN ({marks(chunk)})"
            found |= {row["id"]: row["scope"] for row in self.connection.execute(query, chunk)}
        return found

    def entities_of(self, source: str) -> list[Entity]:
        return [
            stored(row)
            for row in self.connection.execute("SELECT * FROM entity WHERE source = ? ORDER BY ordinal", (source,))
        ]

    def integrity(self) -> str:
        """What SQLite says of its own file; "ok" when all is well."""
        return str(self.connection.execute("PRAGMA integrity_check").fetchone()[0])

    def last_number(self) -> int:
        """The highest number an entity ever had; every number is given once."""
        return int(self.fact(NUMBERED) or 0)

    def count(self, scope: str | None = None) -> int:
        where, values = ("", ()) if scope is None else ("WHERE scope = ?", (scope,))
        return int(self.connection.execute(f"SELECT count(*) FROM entity {where}", values).fetchone()[0])


def stored(row: sqlite3.Row) -> Entity:
    """A row of `entity` as the dataclass."""
    return Entity(
        id=row["id"], source=row["source"], scope=row["scope"], kind=row["kind"], text=row["text"], title=row["title"],
        locator=Locator.from_dict(json.loads(row["locator"])), parent=row["parent"], ordinal=row["ordinal"],
        facts=json.loads(row["facts"]), at=Packed(row["address"], row["slots"]),
    )  # fmt: skip


def columns(e: Entity) -> tuple[Any, ...]:
    """The values of one row of `entity`, without its number, in the order of the schema."""
    locator = json.dumps(e.locator.as_dict(), ensure_ascii=False)
    facts = json.dumps(dict(e.facts), ensure_ascii=False, sort_keys=True)
    return (
        e.id,
        e.source,
        e.scope,
        e.kind,
        e.text,
        e.title,
        locator,
        e.parent,
        e.ordinal,
        facts,
        e.at.mean,
        e.at.sequence,
    )


def marks(values: Sequence[object]) -> str:
    """As many `?` as there are values, for `IN (...)`; `NULL` (which equals nothing) when there are none."""
    return ",".join("?" * len(values)) or "NULL"


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


_SOURCE = (
    "SELECT source.*, (SELECT json_group_array(place.path) FROM place WHERE place.source = source.id) "
    "AS places FROM source"
)


def _source(row: sqlite3.Row) -> SourceRow:
    notes, places = json.loads(row["notes"]), sorted(json.loads(row["places"]))
    flags = {name: bool(row[name]) for name in ("moved", "stale")}
    return SourceRow(**{**dict(row), "notes": tuple(notes), "places": tuple(places), **flags})


def statements(script: str) -> Iterator[str]:
    """The single statements of a script (`executescript` would commit between them)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
