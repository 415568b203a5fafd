from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.govern import anchor
from assistant.govern.anchor import AnchorFile
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from ingest.base.access import Viewer
from ingest.base.errors import AuditBroken
from ingest.memory.catalog import Catalog

KEY = b"the key of the audit, 32 bytes.."
START = datetime(2026, 1, 1, tzinfo=UTC)
AUDITOR = Viewer("berg", frozenset({"sales"}))


class Clock:
    """A clock that moves on one hour whenever it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


@pytest.fixture
def audit(catalog: Catalog, tmp_path: Path) -> Audit:
    return Audit(catalog, KEY, tmp_path / "audit.head", Clock())


def fill(audit: Audit, rows: int = 20) -> None:
    for number in range(rows):
        person = ("endo", "sawada")[number % 2]
        content = {"question": f"Frage 質問 {number}"}
        audit.append(Event("ask", person, ("employee",), "p1", ("sales",), {"hits": number}, content))


def test_untouched_record_verifies_also_after_a_restart(audit: Audit, catalog: Catalog, tmp_path: Path) -> None:
    assert audit.verify() == []
    fill(audit)
    assert Audit(catalog, KEY, tmp_path / "audit.head").verify() == []


def test_ordinary_sql_cannot_change_or_remove_rows(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 2)
    for statement in ("UPDATE audit SET event = '{}'", "DELETE FROM audit", "DELETE FROM audit WHERE number = 2"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            catalog.connection.execute(statement)


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
    forger = Audit.__new__(Audit)
    forger._key = b"a key the forger made up himself"
    row = pick.randint(1, rows)
    previous = sql.execute("SELECT previous FROM audit WHERE number = ?", (row,)).fetchone()[0]
    for number in range(row, rows + 1):
        event = sql.execute("SELECT event FROM audit WHERE number = ?", (number,)).fetchone()[0].replace("Frage", "Q")
        mac = forger._mac(previous, event)
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


TAMPERINGS: tuple[Tampering, ...] = (
    change, change_a_character, make_unreadable, remove, remove_and_close_the_gap, truncate, reorder, insert,
    add_behind, rewrite_without_the_key, forge_a_cut,
)  # fmt: skip


def test_every_one_of_200_random_tamperings_is_found_and_its_row_named(audit: Audit, catalog: Catalog) -> None:
    rows, pick = 30, random.Random(5)
    fill(audit, rows)
    for attempt in range(200):
        tamper = TAMPERINGS[attempt % len(TAMPERINGS)]
        catalog.connection.execute("BEGIN")
        catalog.connection.execute("DROP TRIGGER audit_no_update")
        catalog.connection.execute("DROP TRIGGER audit_no_delete")
        touched = tamper(catalog.connection, pick, rows)
        problems = audit.verify()
        catalog.connection.execute("ROLLBACK")
        assert touched & {problem.row for problem in problems}, (attempt, tamper.__name__, touched, problems)
    assert audit.verify() == []


def test_putting_back_an_older_database_is_found_even_after_more_was_written(
    audit: Audit, catalog: Catalog, tmp_path: Path
) -> None:
    """The mark outside the database is not moved over rows that have vanished."""
    fill(audit, 5)
    catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(catalog.file, tmp_path / "older.sqlite")
    fill(audit, 5)
    older = Audit(Catalog(tmp_path / "older.sqlite"), KEY, tmp_path / "audit.head")
    assert [problem.row for problem in older.verify()] == [6]
    fill(older, 9)
    found = [(problem.row, problem.kind) for problem in older.verify()]
    assert found == [(6, "removed"), (11, "damaged")]


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
        self.catalog = Catalog(self.file)
        self.audit = Audit(self.catalog, KEY, self.head, self.clock, self.anchor)

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


def back_with_everything(place: Place, pick: random.Random, rows: int) -> None:
    place.put_back(place.file, place.head)


def everything_deleted(place: Place, pick: random.Random, rows: int) -> None:
    place.sql("DELETE FROM audit", "DELETE FROM audit_head", "DELETE FROM audit_cut")
    place.head.unlink()


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
    everything_deleted: {"begun anew"},
    rows_deleted: {"removed", "damaged"},
    truncated: {"removed", "damaged"},
    truncated_without_marks: {"damaged"},
    head_removed: {"damaged"},
    head_forged: {"damaged"},
    mark_forged: {"damaged"},
    row_edited: {"changed"},
    row_removed: {"removed", "damaged"},
    rows_by_another_key: {"changed"},
}
"""What is done, and the kinds of which at least one is named afterwards."""
ANCHORED = {**LATER, back_with_everything: {"rolled back"}}


@pytest.mark.parametrize("anchored", [False, True], ids=["by itself", "with an anchor"])
def test_200_random_tamperings_with_files_and_tables_are_found_after_ordinary_events(
    tmp_path: Path, anchored: bool
) -> None:
    pick, ways = random.Random(6), list((ANCHORED if anchored else LATER).items())
    for attempt in range(100):
        tamper, kinds = ways[attempt % len(ways)]
        place = Place(tmp_path / f"{attempt}", anchored)
        place.live(pick.randint(2, 9))
        place.copy()
        place.live(pick.randint(2, 9))
        assert place.audit.verify() == []
        tamper(place, pick, place.audit.append(Event("ask", "endo")) if tamper is row_edited else _last(place))
        place.live(pick.randint(1, 5))
        found = {problem.kind for problem in place.audit.verify()}
        assert found & kinds, (attempt, tamper.__name__, found)
        place.live(3)
        assert {problem.kind for problem in place.audit.verify()} >= found & kinds, "it sticks"
        place.catalog.close()


def _last(place: Place) -> int:
    return int(place.catalog.connection.execute("SELECT max(number) FROM audit").fetchone()[0])


def test_an_older_copy_of_everything_shows_only_against_an_anchor(tmp_path: Path) -> None:
    """The limit that the documents name."""
    found = []
    for anchored in (False, True):
        place = Place(tmp_path / str(anchored), anchored)
        place.live(4)
        place.copy()
        place.live(4)
        back_with_everything(place, random.Random(0), 8)
        found.append({problem.kind for problem in place.audit.verify()})
    assert found == [set(), {"rolled back"}]


def test_an_anchor_that_was_cut_or_changed_is_told(tmp_path: Path) -> None:
    place = Place(tmp_path / "place", anchored=True)
    place.live(5)
    kept = tmp_path / "place.anchor"
    lines = kept.read_text().splitlines()
    kept.write_text("\n".join(lines[:3]) + "\n")
    assert [problem.kind for problem in place.audit.verify()] == ["mark missing"]
    kept.write_text("\n".join([*lines, "99 abc def", "nonsense"]) + "\n")
    assert [problem.kind for problem in place.audit.verify()] == ["mark forged"]
    kept.unlink()
    assert [problem.kind for problem in place.audit.verify()] == ["mark missing"]


def test_a_command_is_told_every_mark_and_its_failure_stops_nothing(
    audit: Audit, catalog: Catalog, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told"
    by_command = Audit(catalog, KEY, tmp_path / "audit.head", Clock(), anchor.named(f"| tee -a {told}"))
    fill(by_command, 3)
    assert len(told.read_text().splitlines()) == 3
    assert Audit(catalog, KEY, tmp_path / "audit.head", anchor=AnchorFile(told)).verify() == []
    fill(Audit(catalog, KEY, tmp_path / "audit.head", Clock(), anchor.named("| false")), 1)
    assert "was not told" in capfd.readouterr().err
    assert [problem.kind for problem in by_command.verify() if problem.kind != "clock"] == []


def test_a_clock_that_was_set_back_is_told(audit: Audit) -> None:
    fill(audit, 3)
    audit._now = lambda: START - timedelta(days=30)
    fill(audit, 1)
    (problem,) = audit.verify()
    assert (problem.row, problem.kind) == (4, "clock") and "set back" in str(problem)


def test_an_audit_that_begins_in_a_memory_with_something_in_it_says_so(audit: Audit, catalog: Catalog) -> None:
    catalog.connection.execute("INSERT INTO policy (version, text, person, added) VALUES ('v', '', 'x', '')")
    assert [problem.kind for problem in audit.verify()] == ["removed"]
    fill(audit, 2)
    assert [(problem.row, problem.kind) for problem in audit.verify()] == [(1, "begun anew")]


def test_removed_or_forged_mark_outside_is_found(audit: Audit, tmp_path: Path) -> None:
    fill(audit, 3)
    head = tmp_path / "audit.head"
    for content in ("nonsense", '[3, "abc", "def"]', "[]"):
        head.write_text(content)
        assert "forged" in str(audit.verify()[0])
    head.unlink()
    assert "was removed" in str(audit.verify()[0])


def test_events_written_in_a_callers_transaction_vanish_with_it(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 2)
    with pytest.raises(KeyError), catalog.transaction():
        audit.append(Event("policy change", "hoshino"))
        raise KeyError
    with catalog.transaction():
        audit.append(Event("policy change", "hoshino"))
    fill(audit, 1)
    assert audit.verify() == []
    assert [entry.number for entry in audit.show(AUDITOR)] == [4, 3, 2, 1]


def test_content_is_shown_only_to_whom_may_read_every_scope_it_came_from(audit: Audit) -> None:
    audit.append(Event("ask", "mori", scopes=("hr", "sales"), details={"hits": 2}, content={"question": "salary"}))
    audit.append(Event("ask", "mori", content={"question": "found nothing"}))
    hidden = [entry.hidden for entry in audit.show(AUDITOR)]
    assert hidden == [True, True]
    assert all(not entry.event.content for entry in audit.show(AUDITOR))
    assert [entry.hidden for entry in audit.show(Viewer("x", frozenset({"hr", "sales"})))] == [True, False]
    assert [entry.hidden for entry in audit.show(Viewer("mori", frozenset()))] == [False, True]
    assert not any("salary" in line for line in audit.export(AUDITOR))


def test_show_filters_by_person_action_and_time(audit: Audit) -> None:
    fill(audit, 10)
    audit.append(Event("open", "endo"))
    assert len(list(audit.show(AUDITOR, person="endo"))) == 6
    assert len(list(audit.show(AUDITOR, person="endo", action="open"))) == 1
    assert [e.number for e in audit.show(AUDITOR, since="2026-01-01T02", until="2026-01-01T04")] == [3, 2]


def test_cut_removes_old_rows_under_a_signature_and_the_rest_still_verifies(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 10)
    assert audit.cut("2026-01-01T05", Event("audit cut", "hoshino", details={"before": "2026-01-01T05"})) == 4
    assert audit.cut("2026-01-01T05", Event("audit cut", "hoshino")) == 0
    assert audit.verify() == []
    assert [entry.number for entry in audit.show(AUDITOR)][-1] == 5
    assert audit.cut("2027", Event("audit cut", "hoshino")) == 7
    fill(audit, 1)
    assert audit.verify() == []
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        catalog.connection.execute("DELETE FROM audit")


def test_cut_refuses_a_record_that_was_tampered_with(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 3)
    catalog.connection.execute("DROP TRIGGER audit_no_update")
    catalog.connection.execute("UPDATE audit SET event = '{}' WHERE number = 2")
    with pytest.raises(AuditBroken, match="row 2"):
        audit.cut("2027", Event("audit cut", "hoshino"))
    assert any("row 2: was changed" in line for line in audit.export(AUDITOR))
    assert [entry.event.action for entry in audit.show(AUDITOR)] == ["ask", "unreadable", "ask"]


def test_report_is_readable_and_complete(audit: Audit) -> None:
    fill(audit, 2)
    audit.append(Event("open", "endo", details={"source": "a|b"}))
    report = "\n".join(audit.export(AUDITOR))
    assert "The record is whole." in report
    assert "| ask | 2 |" in report
    assert "質問 1" in report
    assert r"a\|b" in report


def test_fingerprint_is_equal_for_equal_questions_and_needs_the_key(
    audit: Audit, catalog: Catalog, tmp_path: Path
) -> None:
    other = Audit(catalog, b"another", tmp_path / "other.head")
    assert audit.fingerprint("q") == audit.fingerprint("q") != audit.fingerprint("r")
    assert audit.fingerprint("q") != other.fingerprint("q")


@pytest.mark.parametrize("damage", ["DELETE FROM audit_head", "UPDATE audit_head SET number = 'x', mac = x'ff'"])
def test_recording_goes_on_after_tampering_and_the_tampering_stays_visible(
    audit: Audit, catalog: Catalog, damage: str
) -> None:
    fill(audit, 3)
    catalog.connection.execute("DROP TRIGGER audit_no_delete")
    catalog.connection.execute("DELETE FROM audit WHERE number = 3")
    catalog.connection.execute(damage)
    assert audit.verify()
    fill(audit, 4)
    assert 3 in {problem.row for problem in audit.verify()}
