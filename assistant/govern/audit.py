"""The audit: an append-only record of who did what, in which any tampering shows.

Every row carries an HMAC over its event and the HMAC of the row before it, so a changed, removed, inserted or moved row
breaks the chain at a place that can be named, and a chain rewritten without the key breaks everywhere. The last row's
HMAC is kept, sealed, beside the rows *and* in a file outside the database, so cutting off the end, or putting back an
older copy of the database, shows too. Whoever holds the key can forge it: keep the key where the database is not.

Content (question, answer, quotes) is shown only to whom may read every scope it came from: governing is not reading.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from ingest.base.access import Viewer, may_read
from ingest.base.errors import AuditBroken
from ingest.memory.catalog import Catalog

START = "0" * 64
"""What stands for the HMAC before the first row."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        action: what, in one word or two: `ask`, `open`, `ingest`, `policy change`.
        person, roles, policy: who, as which roles, under which version of the policy.
        scopes: where `content` came from.
        details: what anyone who governs may see: counts, ids, versions.
        content: what only readers of all `scopes` (and the person themself) may see: question, answer, quotes.
        at: filled in when appended (UTC, ISO 8601).
    """

    action: str
    person: str
    roles: tuple[str, ...] = ()
    policy: str = ""
    scopes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its place in the record; `hidden` when the viewer may not see its content."""

    number: int
    event: Event
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A sign of tampering: the first row it concerns and what was done to it."""

    row: int
    what: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.what}"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A row's place and HMAC, sealed: the end of the chain, or of what was cut off its beginning."""

    number: int
    mac: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table: the event as canonical JSON, the HMAC of the row before, and its own over both."""

    number: int
    event: str
    previous: str
    mac: str


class Audit:
    """The record in one catalogue, sealed with `key`; `head` is the file that remembers where it ends."""

    def __init__(
        self, catalog: Catalog, key: bytes, head: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._catalog, self._key, self._head, self._now = catalog, key, head, now

    def append(self, event: Event) -> int:
        """Write one event and return its number. Joins the caller's transaction if there is one."""
        connection = self._catalog.connection
        if connection.in_transaction:
            return self._append(connection, event).number
        with self._catalog.transaction() as connection:
            mark = self._append(connection, event)
        self._remember(mark)
        return mark.number

    def fingerprint(self, text: str) -> str:
        """What stands for a question where the policy says that questions are not kept: equal for equal questions."""
        return self._mac("fingerprint", text)

    def show(
        self, viewer: Viewer, *, person: str = "", action: str = "", since: str = "", until: str = ""
    ) -> Iterator[Entry]:
        """The entries that match, newest first. Times are ISO 8601 in UTC; `until` itself is not included."""
        for row in self._rows(self._catalog.connection, "DESC"):
            entry = _seen_by(viewer, Entry(row.number, _event(row.event)))
            about = person in ("", entry.event.person) and action in ("", entry.event.action)
            if about and since <= entry.event.at and (not until or entry.event.at < until):
                yield entry

    def verify(self) -> list[Problem]:
        """Everything that is wrong with the record, in order; empty when it is as it was written."""
        problems: list[Problem] = []
        start = self._cut()
        if start.number and not self._sealed("cut", start):
            problems.append(Problem(start.number, "the mark that says rows up to here were cut off is forged"))
        expected, previous, sound = start.number + 1, start.mac, True
        for row in self._rows(self._catalog.connection):
            if row.number > expected:
                problems.append(Problem(expected, _removed(expected, row.number - 1)))
            what = self._wrong(row, expected, previous if sound else row.previous)
            problems += [Problem(row.number, what)] if what else []
            expected, previous, sound = max(expected, row.number + 1), row.mac, not what
        return problems + self._wrong_end(_Mark(expected - 1, previous))

    def cut(self, before: str, event: Event) -> int:
        """Remove the rows before a time (ISO 8601, UTC) under a signed mark, record it as `event`; how many went.

        Raises:
            AuditBroken: the record does not verify; what was tampered with must not disappear.
        """
        if problems := self.verify():
            raise AuditBroken(
                f"the audit does not verify ({problems[0]}), nothing was removed", "kotonoha audit verify"
            )
        with self._catalog.transaction() as connection:
            old = list(takewhile(lambda row: _event(row.event).at < before, self._rows(connection)))
            if not old:
                return 0
            last = _Mark(old[-1].number, old[-1].mac)
            connection.execute("INSERT INTO audit_cut VALUES (?, ?, ?)", self._seal("cut", last))
            connection.execute("DELETE FROM audit WHERE number <= ?", (last.number,))
            mark = self._append(connection, event)
        self._remember(mark)
        return len(old)

    def export(self, viewer: Viewer, since: str = "", until: str = "") -> Iterator[str]:
        """A report in Markdown, line by line: what it covers, whether the record is whole, sums, then every entry."""
        problems = self.verify()
        entries = list(self.show(viewer, since=since, until=until))[::-1]
        yield "# Audit report"
        yield f"Made {self._time()} for {viewer.person}."
        yield f"{len(entries)} entries from {since or 'the start'} to {until or 'now'}."
        yield "The record was tampered with:" if problems else "The record is whole."
        yield from (f"- {problem}" for problem in problems)
        yield from ("", "| action | times |", "|---|---|")
        yield from (f"| {action} | {n} |" for action, n in sorted(Counter(e.event.action for e in entries).items()))
        yield from ("", "| row | time | person | roles | policy | action | what |", "|---|---|---|---|---|---|---|")
        yield from (_line(entry) for entry in entries)

    # -- the chain -------------------------------------------------------------------------------------

    def _append(self, connection: Connection, event: Event) -> _Mark:
        ends = (self._mark("audit_head"), self._mark("audit"), _Mark(0, START))
        last = max((end for end in ends if end), key=lambda end: end.number)
        text = _canonical({**asdict(event), "at": self._time(), "number": last.number + 1})
        mark = _Mark(last.number + 1, self._mac(last.mac, text))
        connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (mark.number, text, last.mac, mark.mac))
        connection.execute("INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?)", self._seal("head", mark))
        return mark

    @staticmethod
    def _rows(connection: Connection, order: str = "") -> Iterator[_Row]:
        """The rows as they stand, whatever was put into them."""
        query = (
            "SELECT number, CAST(event AS BLOB), CAST(previous AS BLOB), CAST(mac AS BLOB) FROM audit ORDER BY number"
        )
        for number, *texts in connection.execute(f"{query} {order}"):
            yield _Row(number, *(text.decode(errors="replace") for text in texts))

    def _wrong(self, row: _Row, expected: int, previous: str) -> str:
        """What is wrong with one row, given what should stand before it; nothing if nothing."""
        if self._mac(row.previous, row.event) != row.mac:
            return "was changed, or was not written by this product"
        if (written := json.loads(row.event)["number"]) != row.number:
            return f"was moved here; it was written as row {written}"
        if row.number < expected:
            return "was put back after it had been cut off"
        if row.number == expected and row.previous != previous:
            return f"does not follow row {row.number - 1} as it stands"
        return ""

    def _wrong_end(self, end: _Mark) -> list[Problem]:
        """What is wrong with the end of the chain, by the marks kept in the catalogue and outside."""
        problems = []
        for where, mark in (("in the catalogue", self._mark("audit_head")), ("outside it", self._outside())):
            if mark is None:
                problems += [Problem(end.number, f"the mark of the last row {where} was removed")] if end.number else []
            elif not self._sealed("head", mark):
                problems.append(Problem(end.number, f"the mark of the last row {where} is forged"))
            elif mark.number > end.number:
                problems.append(Problem(end.number + 1, _removed(end.number + 1, mark.number) + ", from the end"))
            elif not self._stands(mark):
                problems.append(Problem(mark.number, "is not the row that was written; an older record was put back"))
            elif mark.number < end.number and where == "in the catalogue":
                problems.append(Problem(mark.number + 1, "was added behind the last row that was written"))
        return problems

    def _remember(self, mark: _Mark) -> None:
        """Move the mark outside forward, never over a row that is not there any more: that is evidence."""
        known = self._outside()
        if known and not (known.number < mark.number and self._sealed("head", known) and self._stands(known)):
            return
        new = self._head.with_name(f"{self._head.name}.{os.getpid()}.{threading.get_ident()}")
        new.write_text(json.dumps(self._seal("head", mark)), encoding="ascii")
        new.replace(self._head)

    def _outside(self) -> _Mark | None:
        try:
            return _Mark(*json.loads(self._head.read_text(encoding="ascii")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            return _Mark(0, START)

    def _cut(self) -> _Mark:
        return self._mark("audit_cut") or _Mark(0, START)

    def _mark(self, table: str) -> _Mark | None:
        """The last mark in a table, whatever was put into it."""
        seal = "''" if table == "audit" else "seal"
        query = f"SELECT CAST(number AS INTEGER), CAST(mac AS BLOB), CAST({seal} AS BLOB) FROM {table}"
        row = self._catalog.connection.execute(f"{query} ORDER BY number DESC LIMIT 1").fetchone()
        return _Mark(row[0], *(text.decode(errors="replace") for text in row[1:])) if row else None

    def _stands(self, mark: _Mark) -> bool:
        """Is the marked row still there, or cut off with a signature?"""
        query = "SELECT 1 FROM audit WHERE number = ? AND mac = ?"
        there = self._catalog.connection.execute(query, (mark.number, mark.mac)).fetchone()
        return mark.number <= self._cut().number or there is not None

    def _seal(self, kind: str, mark: _Mark) -> tuple[int, str, str]:
        return mark.number, mark.mac, self._mac(kind, f"{mark.number} {mark.mac}")

    def _sealed(self, kind: str, mark: _Mark) -> bool:
        return self._seal(kind, mark)[2] == mark.seal

    def _mac(self, before: str, text: str) -> str:
        return hmac.digest(self._key, f"{before}\n{text}".encode(), hashlib.sha256).hex()

    def _time(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds")


# -- one row ----------------------------------------------------------------------------------------------


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _event(text: str) -> Event:
    """The event in a row; a row that was made unreadable shows as such, so that the rest can still be read."""
    try:
        row = json.loads(text)
        del row["number"]
        return Event(**{**row, "roles": tuple(row["roles"]), "scopes": tuple(row["scopes"])})
    except (ValueError, TypeError, KeyError):
        return Event("unreadable", "")


def _seen_by(viewer: Viewer, entry: Entry) -> Entry:
    """The entry as this viewer may see it: content is for readers of all its scopes, without scopes for its person."""
    event = entry.event
    allowed = all(may_read(viewer, scope) for scope in event.scopes)
    if not event.content or (allowed if event.scopes else event.person == viewer.person):
        return entry
    return Entry(entry.number, replace(event, content={}), hidden=True)


def _removed(first: int, last: int) -> str:
    return "was removed" if first == last else f"was removed, and all up to row {last}"


def _line(entry: Entry) -> str:
    event = entry.event
    what = _canonical({**event.details, **event.content}) + (" (content not shown to you)" if entry.hidden else "")
    cells = (entry.number, event.at, event.person, ", ".join(event.roles), event.policy, event.action, what)
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
