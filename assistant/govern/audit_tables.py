"""The tables of the audit as they were made. Others in their place hold no record, whatever was put into them."""

from __future__ import annotations

from functools import cache
from itertools import count
from sqlite3 import Connection

from ingest.memory.catalog import statements
from ingest.memory.schema import MIGRATIONS

TABLES = ("audit", "audit_head", "audit_cut")


def set_in(connection: Connection) -> list[str]:
    """The tables in whose place there is none, or one set in that this product did not make."""
    query = f"SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name IN {TABLES}"
    there = dict(connection.execute(query).fetchall())
    return [name for name in TABLES if not _alike(there.get(name, ""), _made()[name])]


def _alike(sql: str, made: str) -> bool:
    """Whether two statements differ in nothing but how they are spaced."""
    return sql == made or sql.split() == made.split()


def make_anew(connection: Connection) -> None:
    """Sets aside what stands in the place of a table, and makes that one as it was made first. Needs a transaction."""
    for name in set_in(connection):
        row = connection.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        if row and row[0] == "table":
            connection.execute(f"ALTER TABLE {name} RENAME TO {_aside(connection, name)}")
        elif row:
            connection.execute(f"DROP {row[0]} {name}")
        for trigger in [one for one in _made() if one.startswith(f"{name}_no_")]:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        connection.execute(_made()[name])
    for name, sql in _made().items():
        if name not in TABLES:
            connection.execute(sql.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS", 1))


def _aside(connection: Connection, name: str) -> str:
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    return next(aside for n in count(1) if (aside := f"{name}_set_aside_{n}") not in there)


@cache
def _made() -> dict[str, str]:
    """The statements that made the tables and their triggers, by name."""
    all = (one.strip().rstrip(";") for script in MIGRATIONS for one in statements(script))
    heads = ("CREATE TABLE audit", "CREATE TRIGGER audit")
    return {one.split()[2]: one for one in all if one.startswith(heads)}
