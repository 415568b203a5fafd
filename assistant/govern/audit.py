"""The audit: an append-only record of who did what, in which any tampering shows.

Every row carries an HMAC over its event and the HMAC of the row before it, so a changed, removed, inserted or moved row
breaks the chain at a place that can be named, and a chain rewritten without the key breaks everywhere. The last row's
HMAC is kept, sealed, beside the rows *and* in a file outside the database, each with a seal of its own, so cutting off the
end, or putting back an older copy of the database, shows too. That a record was ever begun is kept with the key
(`audit_key`), so one that was thrown away whole, or replaced by another, shows by that. What shows sticks: before anything
is written beside a mark that is missing or forged or does not fit, a row that says so is written, which `verify` names
ever after.

An older copy of the database *and* of the file, put back together, shows only against an anchor outside (`anchor`).
Whoever holds the key can forge it: keep the key where the database is not.

Content (question, answer, quotes) is shown only to whom may read every scope it came from: governing is not reading.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count, takewhile
from pathlib import Path
from sqlite3 import Connection

from assistant.govern.audit_key import Birth, Remembered
from assistant.govern.audit_mark import ANCHOR, CUT, EITHER, INSIDE, OUTSIDE, START, Mark, Outside, Seals, parsed
from assistant.govern.audit_row import (
    BEGUN,
    DAMAGED,
    UNREADABLE,
    Clock,
    Entry,
    Event,
    Problem,
    Row,
    canonical,
    event_of,
    line_of,
    removed,
    seen_by,
    told,
)
from assistant.govern.audit_still import Anchor, Ends, SeenAnchor, SeenEnd
from assistant.govern.audit_tables import TABLES, make_anew, set_in
from ingest.base.access import Viewer
from ingest.base.errors import AuditBroken
from ingest.base.plain import cell
from ingest.memory.catalog import Catalog


class Audit:
    """The record in one catalogue, sealed with `key`. Where it ends the file `head` remembers, that it was begun, `birth`."""

    def __init__(
        self, catalog: Catalog, key: bytes, head: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        anchor: Anchor | None = None, birth: Birth | None = None,
    ) -> None:  # fmt: skip
        self._catalog, self._seals, self._now = catalog, Seals(key), now
        self._outside: Ends = Outside(head)
        self._anchor, self._birth = anchor, birth or Remembered()

    def append(self, event: Event) -> int:
        """Write one event and return its number. Joins the caller's transaction if there is one.

        Raises:
            AuditBroken: there is no place for the mark outside.
        """
        with self._catalog.transaction() as connection:
            if replaced := self._replaced():
                make_anew(connection)
            self._begin(connection)
            if fault := next(iter(replaced), None) or self._fault():
                self._append(connection, Event(DAMAGED, "", details={"kind": fault.kind, "what": str(fault)}))
            mark = self._append(connection, event)
            self._catalog.after_commit(lambda: self._remember(mark))
        return mark.number

    def fits(self) -> bool:
        """Whether anything that stands here was written with this key; so it is where nothing stands yet."""
        rows = self._catalog.connection.execute("SELECT 1 FROM audit LIMIT 1").fetchone()
        return not rows or self._last().number > 0

    def fingerprint(self, text: str) -> str:
        """What stands for a question where the policy says that questions are not kept: equal for equal questions."""
        return self._seals.mac("fingerprint", text)

    def show(
        self, viewer: Viewer, *, person: str = "", action: str = "", since: str = "", until: str = ""
    ) -> Iterator[Entry]:
        """The entries that match, newest first. Times are ISO 8601 in UTC; `until` itself is not included.

        A row that was changed shows as `unreadable`, whatever was written into it.
        """
        for row in self._rows(self._catalog.connection, "DESC"):
            entry = seen_by(viewer, Entry(row.number, event_of(row.event) if self._sound(row) else UNREADABLE))
            about = person in ("", entry.event.person) and action in ("", entry.event.action)
            if about and since <= entry.event.at and (not until or entry.event.at < until):
                yield entry

    def verify(self) -> list[Problem]:
        """Everything that is wrong with the record, in order; empty when it is as it was written. Others may write meanwhile."""
        with self._still() as still:
            return still._problems()

    def _problems(self) -> list[Problem]:
        problems = self._replaced()
        start, reach, clock = self._cut(), self._last().number, Clock()
        if (said := self._mark("audit_cut")) and said != start:
            what = "the mark that says rows up to here were cut off is forged"
            problems.append(Problem(said.number, what, "mark forged"))
        expected, previous, sound = start.number + 1, start.mac, True
        for row in self._rows(self._catalog.connection):
            if row.number > reach:
                problems.append(Problem(row.number, "was added behind the last row that was written", "added"))
                continue
            if row.number > expected:
                problems.append(Problem(expected, removed(expected, row.number - 1), "removed"))
            wrong = self._wrong(row, expected, previous if sound else row.previous)
            problems += [wrong] if wrong else told(row.number, event_of(row.event), clock)
            expected, previous, sound = max(expected, row.number + 1), row.mac, not wrong
        end = Mark(expected - 1, previous)
        return problems + self._emptied(end) + self._wrong_end(end) + self._against_anchor(end)

    def cut(self, before: str, event: Event) -> int:
        """Remove the rows before a time (ISO 8601, UTC) under a signed mark, record it as `event`; how many went.

        Raises:
            AuditBroken: the record does not verify; what was tampered with must not disappear.
        """
        if problems := [problem for problem in self.verify() if problem.kind != "clock"]:
            raise AuditBroken(
                f"the audit does not verify ({problems[0]}), nothing was removed", "kotonoha audit verify"
            )
        with self._catalog.transaction() as connection:
            old = list(takewhile(lambda row: event_of(row.event).at < before, self._rows(connection)))
            if not old:
                return 0
            last = self._seals.seal(CUT, Mark(old[-1].number, old[-1].mac))
            connection.execute("INSERT INTO audit_cut VALUES (?, ?, ?)", (last.number, last.mac, last.seal))
            connection.execute("DELETE FROM audit WHERE number <= ?", (last.number,))
            mark = self._append(connection, event)
            self._catalog.after_commit(lambda: self._remember(mark))
        return len(old)

    def export(self, viewer: Viewer, since: str = "", until: str = "") -> Iterator[str]:
        """A report in Markdown, line by line: what it covers, whether the record is whole, sums, then every entry."""
        with self._still() as still:
            problems = still._problems()
            entries = list(still.show(viewer, since=since, until=until))[::-1]
        yield "# Audit report"
        yield f"Made {self._time()} for {cell(viewer.person)}."
        yield f"{len(entries)} entries from {since or 'the start'} to {until or 'now'}."
        yield "The record was tampered with:" if problems else "The record is whole."
        yield from (f"- {cell(problem)}" for problem in problems)
        yield from ("", "| action | times |", "|---|---|")
        yield from (
            f"| {cell(action)} | {n} |" for action, n in sorted(Counter(e.event.action for e in entries).items())
        )
        yield from ("", "| row | time | person | roles | policy | action | what |", "|---|---|---|---|---|---|---|")
        yield from (line_of(entry) for entry in entries)

    @contextmanager
    def _still(self) -> Iterator[Audit]:
        """The record as it is at one moment: what lies outside is looked at first, and only follows the rows."""
        still, between = copy(self), True
        while between:
            still._birth, still._outside = Remembered(self._birth.state()), (end := SeenEnd(self._outside))
            still._anchor = SeenAnchor(self._anchor, end) if self._anchor else None
            with self._catalog.still():  # the first row of all, and before it the mark, may have come in between
                if not (between := end.read() is None and self._outside.read() is not None):
                    yield still

    # -- the chain -------------------------------------------------------------------------------------

    def _begin(self, connection: Connection) -> None:
        """Before the first row of all: one that says what was in the memory already, where anything was."""
        if self._birth.state() == "begun" or self._mark("audit") or self._mark("audit_head") or self._mark("audit_cut"):
            return
        if self._outside.read() is None:  # so that this mark is missing only where it was removed
            self._outside.write(self._seals.seal(OUTSIDE, Mark(0, START)))
        if held := _held(connection):
            self._append(connection, Event(BEGUN, "", details={"memory": held}))

    def _append(self, connection: Connection, event: Event) -> Mark:
        """Behind the last row, and behind every row that a mark says there was: a gap stays a gap."""
        last = self._last()
        number = next(one for one in count(last.number + 1) if not self._stranger(one))
        text = canonical({**asdict(event), "at": self._time(), "number": number})
        mark = self._seals.seal(INSIDE, Mark(number, self._seals.mac(last.mac, text)))
        connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (number, text, last.mac, mark.mac))
        connection.execute("INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?)", (number, mark.mac, mark.seal))
        return mark

    def _last(self) -> Mark:
        """The last row that was written here, whether it stands or a mark says so."""
        inside, outside = self._mark("audit_head"), self._outside.read()
        marks = [
            self._end(),
            *([inside] if inside and self._seals.sealed(self._kinds(INSIDE), inside) else []),
            *([outside] if outside and self._seals.sealed(self._kinds(OUTSIDE), outside) else []),
        ]
        return max(marks, key=lambda one: one.number)

    def _end(self) -> Mark:
        """The last row that stands as it was written, else what was cut off; strangers behind it do not count."""
        rows = (row for row in self._rows(self._catalog.connection, "DESC") if self._sound(row))
        return next((Mark(row.number, row.mac) for row in rows), self._cut())

    def _stranger(self, number: int) -> bool:
        """Whether something stands at a place behind the last row."""
        return self._found("SELECT 1 FROM audit WHERE number = ?", number)

    def _replaced(self) -> list[Problem]:
        tables = set_in(self._catalog.connection)
        return [Problem(0, f"the table {name} was removed, or replaced by another", "removed") for name in tables]

    def _found(self, query: str, *values: object) -> bool:
        """Whether the table of the rows, if it is the one that was made, holds any of these."""
        connection = self._catalog.connection
        return "audit" not in set_in(connection) and connection.execute(query, values).fetchone() is not None

    def _fault(self) -> Problem | None:
        """What is wrong with the end of the record, by the last row, what stands behind it, the marks and the key."""
        end = self._end()
        if self._stranger(end.number + 1):
            return Problem(end.number + 1, "was changed, or was not written by this product", "changed")
        return next(iter(self._emptied(end) + self._wrong_end(end)), None)

    @staticmethod
    def _rows(connection: Connection, order: str = "") -> Iterator[Row]:
        """The rows as they stand, whatever was put into them; none in a table that is not the one that was made."""
        if "audit" in set_in(connection):
            return
        query = (
            "SELECT number, CAST(event AS BLOB), CAST(previous AS BLOB), CAST(mac AS BLOB) FROM audit ORDER BY number"
        )
        for number, *texts in connection.execute(f"{query} {order}"):
            yield Row(number, *(text.decode(errors="replace") for text in texts))

    def _written(self, row: Row) -> bool:
        """Whether the row was written by this product, wherever it stands now."""
        return self._seals.mac(row.previous, row.event) == row.mac

    def _sound(self, row: Row) -> bool:
        """Whether it was written, and here."""
        return self._written(row) and json.loads(row.event)["number"] == row.number

    def _wrong(self, row: Row, expected: int, previous: str) -> Problem | None:
        """What is wrong with one row, given what should stand before it; nothing if nothing."""
        if not self._written(row):
            return Problem(row.number, "was changed, or was not written by this product", "changed")
        if (written := json.loads(row.event)["number"]) != row.number:
            return Problem(row.number, f"was moved here; it was written as row {written}", "moved")
        if row.number < expected:
            return Problem(row.number, "was put back after it had been cut off", "put back")
        if row.number == expected and row.previous != previous:
            return Problem(row.number, f"does not follow row {row.number - 1} as it stands", "rolled back")
        return None

    def _wrong_end(self, end: Mark) -> list[Problem]:
        """What is wrong with the end of the chain, by the marks kept in the catalogue and outside."""
        found = []
        marks = (("in the catalogue", INSIDE, self._mark("audit_head")), ("outside it", OUTSIDE, self._outside.read()))
        for where, kind, mark in marks:
            if mark is None and end.number:
                found.append(Problem(end.number, f"the mark of the last row {where} was removed", "mark missing"))
            elif mark is None:
                continue
            elif not self._seals.sealed(self._kinds(kind), mark):
                found.append(Problem(end.number, f"the mark of the last row {where} is forged", "mark forged"))
            elif mark.number > end.number:
                what = removed(end.number + 1, mark.number) + f", from the end, by the mark {where}"
                found.append(Problem(end.number + 1, what, "cut off"))
            elif not self._stands(mark):
                what = f"is not the row that was written, by the mark {where}; an older record was put back"
                found.append(Problem(mark.number, what, "rolled back"))
            elif mark.number < end.number and kind == INSIDE:
                found.append(Problem(mark.number + 1, "was added behind the last row that was written", "added"))
        return found

    def _kinds(self, kind: str) -> tuple[str, ...]:
        """What a mark may be sealed for; a key from before the two were told apart still knows the seal that was for either."""
        return (kind, EITHER) if self._birth.state() == "old" else (kind,)

    def _emptied(self, end: Mark) -> list[Problem]:
        """Where a record was begun there are rows; a memory in which something is has rows about it."""
        if end.number:
            return []
        if self._birth.state() == "begun":
            return [Problem(1, "every row was removed; its key says that an audit was begun here", "removed")]
        held = _held(self._catalog.connection)
        return [Problem(1, f"every row was removed, in a memory that holds {held}", "removed")] if held else []

    def _against_anchor(self, end: Mark) -> list[Problem]:
        """What the anchor was told and is not so any more; the first of each kind."""
        if self._anchor is None:
            return []
        try:
            lines = self._anchor.lines()
        except OSError as error:
            return [Problem(end.number, f"the anchor outside cannot be read: {error}", "mark missing")]
        if lines is None:
            return []
        marks = [parsed(line) for line in lines]
        sound = [mark for mark in marks if self._seals.sealed([ANCHOR], mark)]
        last = max((mark.number for mark in sound), default=0)
        found = []
        if len(sound) < len(marks):
            found.append(
                Problem(0, f"{len(marks) - len(sound)} lines of the anchor were not written there", "mark forged")
            )
        if last > end.number:
            what = removed(end.number + 1, last) + ", from the end, by the anchor outside"
            found.append(Problem(end.number + 1, what, "rolled back"))
        if last < min(self._passed_on(end).number, end.number):
            found.append(Problem(last + 1, "and what follows was not told to the anchor outside", "mark missing"))
        gone = [mark.number for mark in sound if mark.number <= end.number and not self._stands(mark)]
        if gone:
            what = "is not the row that the anchor outside was told of; an older record was put back"
            found.append(Problem(min(gone), what, "rolled back"))
        return found

    def _remember(self, mark: Mark) -> None:
        """Tells the anchor, then moves the mark outside forward, then tells the key. What was wrong has a row of its own by now."""
        if self._anchor:
            told = self._seals.seal(ANCHOR, mark)
            self._anchor.keep(f"{told.number} {told.mac} {told.seal}")
        known = self._outside.read()
        if known is None or not self._seals.sealed([OUTSIDE], known) or known.number < mark.number:
            self._outside.write(self._seals.seal(OUTSIDE, mark))
        if self._birth.state() != "begun":
            self._birth.begin()

    def _passed_on(self, end: Mark) -> Mark:
        """Up to where the anchor has been told by now: the mark outside moves on after that; the end, where it says nothing."""
        known = self._outside.read()
        return known if known and self._seals.sealed(self._kinds(OUTSIDE), known) else end

    def _cut(self) -> Mark:
        """Up to where rows were cut off; a mark that is forged cuts nothing off."""
        cut = self._mark("audit_cut")
        return cut if cut and cut.number > 0 and self._seals.sealed([CUT], cut) else Mark(0, START)

    def _mark(self, table: str) -> Mark | None:
        """The last mark in a table, whatever was put into it; none in one that is not the one that was made."""
        if table in set_in(self._catalog.connection):
            return None
        seal = "''" if table == "audit" else "seal"
        query = f"SELECT CAST(number AS INTEGER), CAST(mac AS BLOB), CAST({seal} AS BLOB) FROM {table}"
        row = self._catalog.connection.execute(f"{query} ORDER BY number DESC LIMIT 1").fetchone()
        return Mark(row[0], *(text.decode(errors="replace") for text in row[1:])) if row else None

    def _stands(self, mark: Mark) -> bool:
        """Is the marked row still there, or cut off with a signature?"""
        query = "SELECT 1 FROM audit WHERE number = ? AND mac = ?"
        return mark.number <= self._cut().number or self._found(query, mark.number, mark.mac)

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")


def is_begun(catalog: Catalog, head: Path) -> bool:
    """Whether there is anything of an audit."""
    if head.exists() or set_in(catalog.connection):
        return True
    return any(catalog.connection.execute(f"SELECT 1 FROM {table}").fetchone() for table in TABLES)


def set_aside(catalog: Catalog, head: Path, aside: Path) -> None:
    """Writes all rows as they stand to a new file, one JSON object a line, and empties the record."""
    with catalog.transaction() as connection:
        make_anew(connection)
        schema = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
        ).fetchall()
        with aside.open("x", encoding="utf-8") as file:
            aside.chmod(0o600)
            for row in Audit._rows(connection):
                file.write(canonical(asdict(row)) + "\n")
        for name, _ in schema:
            connection.execute(f"DROP TRIGGER {name}")
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
        for _, sql in schema:
            connection.execute(sql)
        catalog.after_commit(lambda: head.unlink(missing_ok=True))


def _held(connection: Connection) -> str:
    """What is in the memory that the audit is about, in words; empty for a new one."""
    tables = ("source", "policy", "person")
    counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    return ", ".join(f"{count} rows of {table}" for table, count in counts.items() if count)
