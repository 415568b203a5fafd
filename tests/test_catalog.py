from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from ingest.base.errors import MemoryMismatch
from ingest.memory import schema
from ingest.memory.catalog import Catalog


def test_a_catalogue_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Catalog(tmp_path / "c.sqlite").connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(MemoryMismatch, match="newer"):
        Catalog(tmp_path / "c.sqlite")


def test_a_catalogue_of_every_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    for version in range(len(schema.MIGRATIONS)):
        file = tmp_path / f"{version}.sqlite"
        connection = sqlite3.connect(file, isolation_level=None)
        for script in schema.MIGRATIONS[:version]:
            connection.executescript(script)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        assert tables(Catalog(file)) == tables(Catalog(tmp_path / "new.sqlite"))


def test_what_was_read_before_readers_changed_is_stale(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "c.sqlite", isolation_level=None)
    for script in schema.MIGRATIONS[:13]:
        connection.executescript(script)
    columns = "id, path, sha256, size, media, title, scope, reader, added, within, beside"
    connection.execute(f"INSERT INTO source ({columns}) VALUES ('m', '/m', '', 0, '', '', 'a', 'mail', '', '', 'hash')")
    connection.execute(f"INSERT INTO source ({columns}) VALUES ('n', '/m/n', '', 0, '', '', 'a', 'text', '', 'm', '')")
    connection.execute("PRAGMA user_version = 13")
    connection.close()
    assert [(row.stale, row.beside) for row in Catalog(tmp_path / "c.sqlite").sources()] == [
        (True, "hash"),
        (False, ""),
    ]


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite")
    with pytest.raises(RuntimeError), catalog.transaction() as connection:
        connection.execute("INSERT INTO fact VALUES ('a', 'b')")
        raise RuntimeError
    assert catalog.fact("a") is None


def test_many_threads_write_without_losing_a_row(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "c.sqlite")

    def write(number: int) -> None:
        for turn in range(20):
            with catalog.transaction() as connection:
                connection.execute("INSERT INTO fact VALUES (?, '')", (f"{number}-{turn}",))
        catalog.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalog.connection.execute("SELECT count(*) FROM fact WHERE value = ''").fetchone()[0] == 120


def tables(catalog: Catalog) -> list[str]:
    return [
        row["sql"]
        for row in catalog.connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    ]
