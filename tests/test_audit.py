from __future__ import annotations

import os
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.app import build
from assistant.govern import anchor
from assistant.govern.anchor import AnchorFile
from assistant.govern.audit import Audit
from assistant.govern.audit_key import NAME, AuditKey
from assistant.govern.audit_row import Event
from ingest.base.access import Viewer
from ingest.base.errors import AuditBroken, BadInput
from ingest.base.settings import Settings
from ingest.memory.catalog import Catalog
from ingest.privacy.keys import Files
from tests import tampering
from tests.tampering import (
    ANCHORED,
    KEY,
    LATER,
    START,
    TAMPERINGS,
    Clock,
    Place,
    fill,
    last,
    older,
    row_edited,
)  # fmt: skip

AUDITOR = Viewer("berg", frozenset({"sales"}))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite")
    yield catalog
    catalog.close()


@pytest.fixture
def audit(catalog: Catalog, tmp_path: Path) -> Audit:
    return Audit(catalog, KEY, tmp_path / "audit.head", Clock())


def test_untouched_record_verifies_also_after_a_restart(audit: Audit, catalog: Catalog, tmp_path: Path) -> None:
    assert audit.verify() == []
    fill(audit)
    assert Audit(catalog, KEY, tmp_path / "audit.head").verify() == []


def test_ordinary_sql_cannot_change_or_remove_rows(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 2)
    for statement in ("UPDATE audit SET event = '{}'", "DELETE FROM audit", "DELETE FROM audit WHERE number = 2"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            catalog.connection.execute(statement)


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
        assert len(list(audit.show(AUDITOR))) == len(list(audit.show(AUDITOR, until="3000")))
        assert [line for line in audit.export(AUDITOR) if f"row {problems[0].row}: " in line], tamper.__name__
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


@pytest.mark.parametrize("anchored", [False, True], ids=["by itself", "with an anchor"])
def test_200_random_tamperings_with_files_and_tables_are_found_after_ordinary_events(
    tmp_path: Path, anchored: bool
) -> None:
    pick, ways = random.Random(6), list((ANCHORED if anchored else LATER).items())
    for attempt in range(6 * len(ways)):
        tamper, kinds = ways[attempt % len(ways)]
        place = Place(tmp_path / f"{attempt}", anchored)
        place.live(pick.randint(2, 9))
        place.copy()
        place.live(pick.randint(2, 9))
        assert place.audit.verify() == []
        tamper(place, pick, place.audit.append(Event("ask", "endo")) if tamper is row_edited else last(place))
        lines = list(place.audit.export(AUDITOR))
        assert "The record was tampered with:" in lines, tamper.__name__
        place.live(pick.randint(1, 5))
        found = {problem.kind for problem in place.audit.verify()}
        assert found & kinds, (attempt, tamper.__name__, found)
        place.live(3)
        assert {problem.kind for problem in place.audit.verify()} >= found & kinds, "it sticks"
        place.catalog.close()


def test_an_older_copy_of_everything_shows_only_against_an_anchor(tmp_path: Path) -> None:
    """The limit that the documents name."""
    found = []
    for anchored in (False, True):
        place = Place(tmp_path / str(anchored), anchored)
        place.live(4)
        place.copy()
        place.live(4)
        tampering.back_with_everything(place, random.Random(0), 8)
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


def test_a_command_that_hangs_costs_little_and_is_told(
    audit: Audit, catalog: Catalog, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is ended with all it started, and not waited for again at once."""
    pid = tmp_path / "pid"
    hanging = anchor.named(f"| sh -c 'echo $$ > {pid}; sleep 600 & wait'")
    began = time.perf_counter()
    fill(Audit(catalog, KEY, tmp_path / "audit.head", Clock(), hanging), 20)
    assert time.perf_counter() - began < anchor.SECONDS + 3
    assert capfd.readouterr().err.count("was not told") == 1
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


@pytest.mark.parametrize("setting", ["|", "| ", "| mail 'x"])
def test_an_anchor_that_names_no_command_is_told_with_what_to_name(setting: str) -> None:
    with pytest.raises(BadInput, match="auditor@firm"):
        anchor.named(setting)


def test_a_pipe_that_nobody_reads_is_not_waited_for(
    catalog: Catalog, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    piped = Audit(catalog, KEY, tmp_path / "audit.head", Clock(), AnchorFile(tmp_path / "pipe"))
    fill(piped, 1)
    assert "was not told" in capfd.readouterr().err
    assert [problem.kind for problem in piped.verify()] == ["mark missing"]


def test_a_clock_that_is_set_back_a_little_at_each_row_is_told(audit: Audit) -> None:
    times = [START - timedelta(seconds=1.9) * number for number in range(300)]
    waiting = iter(times)
    audit._now = lambda: next(waiting)
    fill(audit, 300)
    problems = audit.verify()
    assert {problem.kind for problem in problems} == {"clock"} and problems[0].row == 3


def test_a_clock_that_was_put_right_once_is_told_once(audit: Audit) -> None:
    fill(audit, 3)
    clock = Clock()
    clock.now -= timedelta(days=1)
    audit._now = clock
    fill(audit, 10)
    assert [(problem.row, problem.kind) for problem in audit.verify()] == [(4, "clock")]


def test_a_clock_that_was_set_back_is_told(audit: Audit) -> None:
    fill(audit, 3)
    audit._now = lambda: START - timedelta(days=30)
    fill(audit, 1)
    (problem,) = audit.verify()
    assert (problem.row, problem.kind) == (4, "clock") and "set back" in str(problem)


def test_an_older_memory_is_whole_and_guarded_from_its_next_row_on(tmp_path: Path) -> None:
    place = Place(tmp_path / "place", anchored=False)
    place.live(5)
    older(place)
    assert place.audit.verify() == []
    place.copy()
    place.live(2)
    assert place.audit.verify() == []
    tampering.back_with_the_database_and_a_mark_made_of_its_own(place, random.Random(0), 7)
    assert {problem.kind for problem in place.audit.verify()} == {"mark forged"}, (
        "what was sealed before fits nowhere now"
    )
    tampering.everything_deleted_while_the_memory_looks_new(place, random.Random(0), 7)
    assert "damaged" in {problem.kind for problem in place.audit.verify()}


def test_nobody_without_the_key_makes_it_look_new_or_old(tmp_path: Path) -> None:
    keys = Files(tmp_path)
    key = AuditKey(keys)
    new = (tmp_path / NAME).read_text()
    assert key.state() == "new"
    other = AuditKey(keys)
    key.begin()
    assert (AuditKey(keys).state(), other.state(), AuditKey(keys).secret) == ("begun", "begun", key.secret)
    begun = (tmp_path / NAME).read_text()
    for forged in (
        begun[:64],
        begun[:45],
        begun[45:],
        " " * 45 + begun[45:],
        begun[:45] + "0" * 64,
        begun[::-1],
        "",
        "é",
        "\0",
    ):
        (tmp_path / NAME).write_bytes(forged.encode())
        with pytest.raises((AuditBroken, BadInput), match="put it back from a back-up"):
            AuditKey(keys)
    assert new != begun and new[:45] == begun[:45]


def test_a_mark_that_is_no_file_is_told_with_what_to_do(audit: Audit, tmp_path: Path) -> None:
    fill(audit, 3)
    head = tmp_path / "audit.head"
    head.unlink()
    head.mkdir()
    for act in (audit.verify, lambda: fill(audit, 1)):
        with pytest.raises(AuditBroken, match="move it away"):
            act()
    head.rmdir()
    os.mkfifo(head)
    with pytest.raises(AuditBroken, match="move it away"):
        audit.verify()


def test_recording_goes_on_in_order_beside_a_row_at_the_end_of_numbers(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 3)
    tampering.put_at_the_end_of_numbers(catalog.connection, random.Random(0), 3)
    fill(audit, 3)
    assert [(one.kind, one.row > 2**62) for one in audit.verify()] == [("added", True)]
    assert [entry.number for entry in audit.show(AUDITOR)][1:] == [6, 5, 4, 3, 2, 1]


def test_what_was_written_into_a_row_is_not_shown_as_if_it_had_happened(audit: Audit, catalog: Catalog) -> None:
    fill(audit, 3)
    catalog.connection.execute("DROP TRIGGER audit_no_update")
    catalog.connection.execute("UPDATE audit SET event = replace(event, 'sawada', 'berg') WHERE number = 2")
    assert [entry.event.action for entry in audit.show(AUDITOR)] == ["ask", "unreadable", "ask"]
    assert not list(audit.show(AUDITOR, person="berg"))


def test_a_key_of_another_memory_is_told_and_writes_nothing(tmp_path: Path) -> None:
    mine, other = Settings(home=tmp_path / "mine"), Settings(home=tmp_path / "other")
    for settings in (mine, other):
        build.note(settings, build.catalog(settings), "ingest", {})
    kept = (mine.keys_folder / NAME).read_text()
    (mine.keys_folder / NAME).write_text((other.keys_folder / NAME).read_text())
    with pytest.raises(AuditBroken, match="back from a back-up"):
        build.note(mine, build.catalog(mine), "ingest", {})
    (mine.keys_folder / NAME).write_text(kept)
    assert build.audit(mine, build.catalog(mine)).verify() == []


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
