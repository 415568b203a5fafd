"""Everything that somebody without the key may do to an audit: to its rows, and to its files and tables."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.govern.anchor import AnchorFile
from assistant.govern.audit import Audit
from assistant.govern.audit_key import NAME, AuditKey
from assistant.govern.audit_mark import EITHER, Mark, Seals
from assistant.govern.audit_row import Event
from assistant.govern.audit_tables import TABLES
from ingest.memory.catalog import Catalog
from ingest.privacy.keys import Files

KEY = b"the key of the audit, 32 bytes.."
START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that moves on one hour whenever it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


def fill(audit: Audit, rows: int = 20) -> None:
    for number in range(rows):
        person = ("endo", "sawada")[number % 2]
        content = {"question": f"Frage 質問 {number}"}
        audit.append(Event("ask", person, ("employee",), "p1", ("sales",), {"hits": number}, content))


# -- tampering: each function does something by direct SQL and returns the rows that must be named (any of them) ----

Tampering = Callable[[sqlite3.Connection, random.Random, int], set[int]]


def change(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row = pick.randint(1, rows)
    event = json.loads(sql.execute("SELECT event FROM audit WHERE number = ?", (row,)).fetchone()[0])
    event[pick.choice(["person", "at", "action", "policy"])] = "somebody else"
    sql.execute("UPDATE audit SET event = ? WHERE number = ?", (json.dumps(event), row))
    return {row}


def change_a_character(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row, column = pick.randint(1, rows), pick.choice(["event", "previous", "mac"])
    sql.execute(f"UPDATE audit SET {column} = {column} || ' ' WHERE number = ?", (row,))
    return {row}


def make_unreadable(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row, column = pick.randint(1, rows), pick.choice(["event", "previous", "mac"])
    sql.execute(f"UPDATE audit SET {column} = CAST(x'ff00fe' AS TEXT) WHERE number = ?", (row,))
    return {row}


def remove(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    first = pick.randint(1, rows - 1)
    sql.execute("DELETE FROM audit WHERE number BETWEEN ? AND ?", (first, min(rows - 1, first + pick.randint(0, 3))))
    return {first}


def remove_and_close_the_gap(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row = pick.randint(1, rows - 1)
    sql.execute("DELETE FROM audit WHERE number = ?", (row,))
    sql.execute("UPDATE audit SET number = number - 1 WHERE number > ?", (row,))
    return {row}


def truncate(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    last = pick.randint(0, rows - 1)
    sql.execute("DELETE FROM audit WHERE number > ?", (last,))
    if pick.random() < 0.5:
        sql.execute("UPDATE audit_head SET number = ?", (last,))
    if pick.random() < 0.2:
        sql.execute("DELETE FROM audit_head")
    return {last + 1}


def reorder(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    one, other = pick.sample(range(1, rows + 1), 2)
    for old, new in ((one, 10_000), (other, one), (10_000, other)):
        sql.execute("UPDATE audit SET number = ? WHERE number = ?", (new, old))
    return {one, other}


def insert(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row = pick.randint(1, rows)
    for number in range(rows, row - 1, -1):
        sql.execute("UPDATE audit SET number = number + 1 WHERE number = ?", (number,))
    sql.execute("INSERT INTO audit SELECT ?, event, previous, mac FROM audit WHERE number = ?", (row, rows + 1))
    return {row}


def add_behind(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    source = pick.randint(1, rows)
    sql.execute("INSERT INTO audit SELECT ?, event, previous, mac FROM audit WHERE number = ?", (rows + 1, source))
    return {rows + 1}


def rewrite_without_the_key(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    forger = Seals(b"a key the forger made up himself")
    row = pick.randint(1, rows)
    previous = sql.execute("SELECT previous FROM audit WHERE number = ?", (row,)).fetchone()[0]
    for number in range(row, rows + 1):
        event = sql.execute("SELECT event FROM audit WHERE number = ?", (number,)).fetchone()[0].replace("Frage", "Q")
        mac = forger.mac(previous, event)
        sql.execute(
            "UPDATE audit SET event = ?, previous = ?, mac = ? WHERE number = ?", (event, previous, mac, number)
        )
        previous = mac
    sql.execute("UPDATE audit_head SET mac = ?", (previous,))
    return {row}


def forge_a_cut(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row = pick.randint(1, rows - 1)
    mac = sql.execute("SELECT mac FROM audit WHERE number = ?", (row,)).fetchone()[0]
    sql.execute("INSERT INTO audit_cut VALUES (?, ?, 'forged')", (row, mac))
    sql.execute("DELETE FROM audit WHERE number <= ?", (row,))
    return {row}


LAST = 2**63 - 1
"""The greatest number that a row can have."""
OTHER = (
    "[" * 200_000, "5", "null", '["ask"]', '{"a":' * 900 + "1" + "}" * 900, '{"number": ' + "9" * 5000 + "}",
    '{"number":2,"action":"x","person":"p","roles":[],"scopes":[],"at":5}',
    '{"number":2,"action":["x"],"person":["p"],"roles":[],"scopes":[],"at":"2026"}',
    '{"number":2,"action":"x","person":"p","roles":[1],"scopes":[{}],"at":"2026"}',
    '{"number":2,"action":"x","person":"p","roles":"a","scopes":"b","details":[1],"content":5,"at":"2026"}',
)  # fmt: skip
"""JSON that is no event."""


def put_other_json(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row = pick.randint(1, rows)
    sql.execute("UPDATE audit SET event = ? WHERE number = ?", (pick.choice(OTHER), row))
    return {row}


def put_at_the_end_of_numbers(sql: sqlite3.Connection, pick: random.Random, rows: int) -> set[int]:
    row, number = pick.randint(1, rows), LAST - pick.randint(0, 1)
    sql.execute("INSERT INTO audit SELECT ?, event, previous, mac FROM audit WHERE number = ?", (number, row))
    return {number}


TAMPERINGS: tuple[Tampering, ...] = (
    change, change_a_character, make_unreadable, remove, remove_and_close_the_gap, truncate, reorder, insert,
    add_behind, rewrite_without_the_key, forge_a_cut, put_other_json, put_at_the_end_of_numbers,
)  # fmt: skip

# -- tampering with files and tables, after which life goes on: nothing that happens then may hide it --------------------


class Place:
    """An audit's files and everything somebody could do to them who has no key."""

    def __init__(self, folder: Path, anchored: bool) -> None:
        self.folder, self.clock = folder, Clock()
        folder.mkdir()
        self.file, self.head, self.copies = folder / "catalog.sqlite", folder / "audit.head", folder / "copies"
        self.anchor = AnchorFile(folder.parent / f"{folder.name}.anchor") if anchored else None
        self.open()

    def open(self) -> None:
        self.catalog, key = Catalog(self.file), AuditKey(Files(self.folder / "keys"))
        self.audit = Audit(self.catalog, key.secret, self.head, self.clock, self.anchor, key)

    def live(self, rows: int) -> None:
        """Ordinary events, with a memory that is not empty any more."""
        fill(self.audit, rows)
        policy = "INSERT INTO policy (version, text, person, added) VALUES ('v', '', 'x', '')"
        self.catalog.connection.execute(policy)

    def copy(self) -> None:
        self.catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.copies.mkdir(exist_ok=True)
        for file in (self.file, self.head):
            shutil.copy(file, self.copies / file.name)

    def put_back(self, *files: Path) -> None:
        self.catalog.close()
        for file in self.folder.glob("catalog.sqlite-*"):
            file.unlink()
        for file in files:
            shutil.copy(self.copies / file.name, file)
        self.open()

    def sql(self, *statements: str) -> None:
        for name in ("audit_no_update", "audit_no_delete", "audit_cut_no_update", "audit_cut_no_delete"):
            self.catalog.connection.execute(f"DROP TRIGGER IF EXISTS {name}")
        for statement in statements:
            self.catalog.connection.execute(statement)


def back_with_the_database(place: Place, pick: random.Random, rows: int) -> None:
    place.put_back(place.file)


def back_with_the_database_and_no_head(place: Place, pick: random.Random, rows: int) -> None:
    place.put_back(place.file)
    place.head.unlink()


def back_with_the_database_and_a_mark_made_of_its_own(place: Place, pick: random.Random, rows: int) -> None:
    """The seal that lies in the catalogue is copied to where it is looked for outside."""
    place.put_back(place.file)
    row = place.catalog.connection.execute("SELECT number, mac, seal FROM audit_head").fetchone()
    place.head.write_text(json.dumps(tuple(row)))


def the_log_cut_at_an_earlier_row(place: Place, pick: random.Random, rows: int) -> None:
    """Nothing was copied beforehand: SQLite's own log still holds what the database was."""
    log = place.folder / "catalog.sqlite-wal"
    whole, main = log.read_bytes(), place.file.read_bytes()
    place.catalog.close()
    frame = 24 + int.from_bytes(main[16:18], "big")
    for kept in range((len(whole) - 32) // frame - 1, 0, -1):
        place.file.write_bytes(main)
        log.write_bytes(whole[: 32 + kept * frame])
        (place.folder / "catalog.sqlite-shm").unlink(missing_ok=True)
        place.open()
        row = place.catalog.connection.execute("SELECT number, mac, seal FROM audit_head").fetchone()
        if row["number"] < rows:
            break
        place.catalog.close()
    place.head.write_text(json.dumps(tuple(row)))


def back_with_everything(place: Place, pick: random.Random, rows: int) -> None:
    place.put_back(place.file, place.head)


def everything_deleted(place: Place, pick: random.Random, rows: int) -> None:
    place.sql("DELETE FROM audit", "DELETE FROM audit_head", "DELETE FROM audit_cut")
    place.head.unlink()


def everything_deleted_while_the_memory_looks_new(place: Place, pick: random.Random, rows: int) -> None:
    everything_deleted(place, pick, rows)
    kept = place.catalog.connection.execute("SELECT version, text, person, added FROM policy").fetchall()
    place.sql("DELETE FROM policy")
    fill(place.audit, 1)
    place.catalog.connection.executemany(
        "INSERT INTO policy (version, text, person, added) VALUES (?, ?, ?, ?)", map(tuple, kept)
    )


def another_audit_in_its_place(place: Place, pick: random.Random, rows: int) -> None:
    """One that was begun beside the same key, in a catalogue that is empty."""
    place.catalog.close()
    place.head.unlink()
    moved = place.folder / "moved.sqlite"
    place.file.rename(moved)
    for file in place.folder.glob("catalog.sqlite-*"):
        file.unlink()
    place.open()
    fill(place.audit, pick.randint(1, 3))
    made = place.catalog.connection.execute("SELECT number, event, previous, mac FROM audit").fetchall()
    mark = place.catalog.connection.execute("SELECT * FROM audit_head").fetchone()
    place.catalog.close()
    moved.replace(place.file)
    for file in place.folder.glob("catalog.sqlite-*"):
        file.unlink()
    place.open()
    place.sql("DELETE FROM audit", "DELETE FROM audit_head")
    place.catalog.connection.executemany("INSERT INTO audit VALUES (?, ?, ?, ?)", map(tuple, made))
    place.catalog.connection.execute("INSERT INTO audit_head VALUES (?, ?, ?, ?)", tuple(mark))


def row_of_other_types(place: Place, pick: random.Random, rows: int) -> None:
    put_other_json(_opened(place), pick, rows)


def row_at_the_end_of_numbers(place: Place, pick: random.Random, rows: int) -> None:
    put_at_the_end_of_numbers(_opened(place), pick, rows)


def _opened(place: Place) -> sqlite3.Connection:
    place.sql()
    return place.catalog.connection


def rows_deleted(place: Place, pick: random.Random, rows: int) -> None:
    place.sql("DELETE FROM audit")
    if pick.random() < 0.5:
        place.head.unlink()


def truncated(place: Place, pick: random.Random, rows: int) -> None:
    last = pick.randint(1, rows - 1)
    place.sql(f"DELETE FROM audit WHERE number > {last}")
    if pick.random() < 0.5:
        mac = place.catalog.connection.execute("SELECT mac FROM audit WHERE number = ?", (last,)).fetchone()[0]
        place.sql(f"UPDATE audit_head SET number = {last}, mac = '{mac}'")
    if pick.random() < 0.5:
        place.head.unlink()


def truncated_without_marks(place: Place, pick: random.Random, rows: int) -> None:
    place.sql(f"DELETE FROM audit WHERE number > {pick.randint(1, rows - 1)}", "DELETE FROM audit_head")
    place.head.unlink()


def head_removed(place: Place, pick: random.Random, rows: int) -> None:
    place.head.unlink()


def head_forged(place: Place, pick: random.Random, rows: int) -> None:
    place.head.write_text(pick.choice(["", "nonsense", "[]", '[3, "abc", "def"]', "[1e999, 1, 1]", "\ud7ff"]), "utf-8")


def head_of_other_types(place: Place, pick: random.Random, rows: int) -> None:
    number, *rest = json.loads(place.head.read_text())
    place.head.write_text(json.dumps([pick.choice([str(number), [number], None, True, number + 0.0]), *rest]))


def table_dropped(place: Place, pick: random.Random, rows: int) -> None:
    place.sql(f"DROP TABLE {pick.choice(TABLES)}")


def table_set_in(place: Place, pick: random.Random, rows: int) -> None:
    """One of the same name with the same rows, which takes values of any type, or a view of them."""
    name = pick.choice(TABLES)
    columns = [row[1] for row in place.catalog.connection.execute(f"PRAGMA table_info({name})")]
    place.sql(f"ALTER TABLE {name} RENAME TO other")
    if pick.random() < 0.3:
        place.sql(f"CREATE VIEW {name} AS SELECT * FROM other")
        return
    place.sql(f"CREATE TABLE {name} ({', '.join(columns)})", f"INSERT INTO {name} SELECT * FROM other")
    odd = pick.choice(["number = CAST(number AS TEXT)", "mac = NULL", "number = NULL"])
    place.sql(f"UPDATE {name} SET {odd}", f"INSERT INTO {name} DEFAULT VALUES", "DROP TABLE other")


def mark_forged(place: Place, pick: random.Random, rows: int) -> None:
    place.sql(
        pick.choice(["UPDATE audit_head SET seal = 'x'", "UPDATE audit_head SET number = 2", "DELETE FROM audit_head"])
    )


def row_edited(place: Place, pick: random.Random, rows: int) -> None:
    place.sql(f"UPDATE audit SET event = replace(event, 'ask', 'sleep') WHERE number = {pick.randint(1, rows)}")


def row_removed(place: Place, pick: random.Random, rows: int) -> None:
    place.sql(f"DELETE FROM audit WHERE number = {pick.randint(1, rows)}")


def rows_by_another_key(place: Place, pick: random.Random, rows: int) -> None:
    place.audit = Audit(place.catalog, b"a key of the forger", place.head, place.clock)
    place.live(3)
    place.open()


LATER: dict[Callable[[Place, random.Random, int], None], set[str]] = {
    back_with_the_database: {"removed", "cut off", "damaged"},
    back_with_the_database_and_no_head: {"damaged"},
    back_with_the_database_and_a_mark_made_of_its_own: {"damaged"},
    the_log_cut_at_an_earlier_row: {"damaged"},
    everything_deleted: {"damaged"},
    everything_deleted_while_the_memory_looks_new: {"damaged"},
    another_audit_in_its_place: {"damaged"},
    row_of_other_types: {"changed"},
    row_at_the_end_of_numbers: {"added"},
    rows_deleted: {"removed", "damaged"},
    truncated: {"removed", "damaged"},
    truncated_without_marks: {"damaged"},
    head_removed: {"damaged"},
    head_forged: {"damaged"},
    head_of_other_types: {"damaged"},
    table_dropped: {"damaged"},
    table_set_in: {"damaged"},
    mark_forged: {"damaged"},
    row_edited: {"changed"},
    row_removed: {"removed", "damaged"},
    rows_by_another_key: {"changed"},
}
"""What is done, and the kinds of which at least one is named afterwards."""
ANCHORED = {**LATER, back_with_everything: {"rolled back"}}


def last(place: Place) -> int:
    return int(place.catalog.connection.execute("SELECT max(number) FROM audit").fetchone()[0])


def older(place: Place) -> None:
    """Makes it what it was before seals were told apart and keys remembered that an audit was begun."""
    seals = Seals(AuditKey(Files(place.folder / "keys")).secret)
    row = place.catalog.connection.execute("SELECT number, mac FROM audit_head").fetchone()
    mark = seals.seal(EITHER, Mark(*row))
    place.catalog.connection.execute("UPDATE audit_head SET seal = ?", (mark.seal,))
    place.head.write_text(json.dumps((mark.number, mark.mac, mark.seal)))
    (place.folder / "keys" / NAME).write_text(seals._key.hex() + "\n")
    place.catalog.close()
    place.open()
