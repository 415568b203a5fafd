"""The durable list of files to ingest.

A job is asked for once, stays `waiting` until its source is stored or reported, and is found again after a kill. A file
that was being read when the process died is tried again after all others, so one that kills its reader cannot hold up
the rest. Every asking has a ticket, by which a process that only asked can follow what became of it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .memory.catalog import Catalog
from .text.whole import whole

MAX_TRIES = 10
"""After so many readings that never ended the file itself is named as the cause."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read; `moves` when it was sent to this scope, rather than found to belong there if it is new.

    A file that was brought lies aside at `path`, and belongs at `place` once it is read.
    """

    number: int
    path: str
    scope: str
    tries: int
    moves: bool = False
    place: str = ""
    ticket: str = ""

    @property
    def source(self) -> str:
        """The path of the source that it is to become."""
        return self.place or self.path


def ask(catalog: Catalog, paths: Iterable[tuple[str, str]], moves: bool = False) -> str:
    """Adds (path, scope) pairs to the list, or sets them waiting again; returns the ticket to follow them by."""
    ticket, now = uuid.uuid4().hex, time.strftime("%Y-%m-%dT%H:%M:%S")
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT INTO job (path, scope, ticket, state, asked, moves) VALUES (?, ?, ?, 'waiting', ?, ?) "
            "ON CONFLICT (path) DO UPDATE SET "
            "scope=excluded.scope, ticket=excluded.ticket, asked=excluded.asked, report='', moves=excluded.moves, "
            "tries=CASE state WHEN 'waiting' THEN tries ELSE 0 END, state='waiting'",
            [(path, scope, ticket, now, moves) for path, scope in paths],
        )
    return ticket


def bring(catalog: Catalog, files: Iterable[tuple[str, str]], scope: str) -> str:
    """Adds files that lie aside, as (path, place); returns the ticket to follow them by."""
    ticket, now = uuid.uuid4().hex, time.strftime("%Y-%m-%dT%H:%M:%S")
    with catalog.transaction() as connection:
        connection.executemany(
            "INSERT INTO job (path, place, scope, ticket, state, asked) VALUES (?, ?, ?, ?, 'waiting', ?)",
            [(path, place, scope, ticket, now) for path, place in files],
        )
    return ticket


def coming(catalog: Catalog, place: str) -> str:
    """Where the file lies that was brought last and waits to take this place; empty when there is none."""
    query = "SELECT path FROM job WHERE place = ? AND place != '' AND state = 'waiting' ORDER BY number DESC"
    row = catalog.connection.execute(query, (place,)).fetchone()
    return row["path"] if row else ""


def ticket_of(catalog: Catalog, path: str) -> str:
    """The ticket with which the file at a path was last asked for; empty when it never was."""
    row = catalog.connection.execute("SELECT ticket FROM job WHERE path = ?", (path,)).fetchone()
    return row["ticket"] if row else ""


def lying_aside(catalog: Catalog) -> list[str]:
    """The paths of all files that were brought and wait to be read."""
    query = "SELECT path FROM job WHERE place != '' AND state = 'waiting'"
    return [row["path"] for row in catalog.connection.execute(query)]


def waiting(catalog: Catalog) -> list[Job]:
    """Jobs to do, those that never failed to end first, else in the order they were asked for. Of several files for one
    place only the first is done now, the others after it."""
    rows = catalog.connection.execute(
        "SELECT number, path, scope, tries, moves, place, ticket FROM job WHERE state = 'waiting' ORDER BY number"
    )
    found = [Job(*row) for row in rows]
    first = {job.source: job for job in reversed(found)}
    return sorted((job for job in found if first[job.source] is job), key=lambda job: job.tries)


def count_waiting(catalog: Catalog, ticket: str = "") -> int:
    """How many jobs wait, of one ticket or of all."""
    where, values = ("AND ticket = ?", (ticket,)) if ticket else ("", ())
    return int(
        catalog.connection.execute(f"SELECT count(*) FROM job WHERE state = 'waiting' {where}", values).fetchone()[0]
    )


def latest(catalog: Catalog, job: Job) -> Job:
    """The job with the ticket of whoever asked for it last, as it is before its file is looked at."""
    row = catalog.connection.execute("SELECT ticket FROM job WHERE number = ?", (job.number,)).fetchone()
    return replace(job, ticket=row["ticket"]) if row else job


def begin(catalog: Catalog, job: Job) -> None:
    """Notes that the file is being read now."""
    catalog.connection.execute("UPDATE job SET tries = tries + 1 WHERE number = ?", (job.number,))


def survived(catalog: Catalog, job: Job) -> None:
    """Notes that the file was read to its end: should the process die now, it is not the file that is to blame."""
    catalog.connection.execute("UPDATE job SET tries = 0 WHERE number = ?", (job.number,))


def end(catalog: Catalog, job: Job, report: dict[str, Any], failed: bool) -> None:
    """Ticks a job off, with its report. One that was asked for again since it was looked at waits to be done again: its file may
    have changed since it was read."""
    survived(catalog, job)
    catalog.connection.execute(
        "UPDATE job SET state = ?, report = ? WHERE number = ? AND ticket = ?",
        ("failed" if failed else "done", whole(json.dumps(report, ensure_ascii=False)), job.number, job.ticket),
    )


def finished(catalog: Catalog, ticket: str, seen: set[int]) -> list[tuple[int, dict[str, Any]]]:
    """Reports of a ticket's jobs that are done and whose numbers are not in `seen`."""
    rows = catalog.connection.execute(
        "SELECT number, report FROM job WHERE ticket = ? AND state != 'waiting' ORDER BY number", (ticket,)
    )
    return [(row["number"], json.loads(row["report"])) for row in rows if row["number"] not in seen]


def progress(catalog: Catalog, ticket: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(path, state, report) of every file of a ticket; a waiting file that was begun is `reading`."""
    query = "SELECT path, place, state, tries, report FROM job WHERE ticket = ? ORDER BY number"
    return [
        (
            row["place"] or row["path"],
            "reading" if row["state"] == "waiting" and row["tries"] else row["state"],
            json.loads(row["report"] or "{}"),
        )
        for row in catalog.connection.execute(query, (ticket,))
    ]


def unsettled(catalog: Catalog, since: str) -> list[str]:
    """The tickets of which a file still waits, or could not be read and was asked for since then, the last ones first."""
    query = (
        "SELECT ticket FROM job WHERE state = 'waiting' OR (state = 'failed' AND asked >= ?) "
        "GROUP BY ticket ORDER BY max(asked) DESC"
    )
    return [row["ticket"] for row in catalog.connection.execute(query, (since,))]


def below(catalog: Catalog, folder: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(path, scope, state, report) of every file of a folder that was ever to be read."""
    query = "SELECT path, scope, state, report FROM job WHERE substr(path, 1, ?) = ? ORDER BY path"
    found = catalog.connection.execute(query, (len(folder) + 1, f"{folder}/"))
    return [(row["path"], row["scope"], row["state"], json.loads(row["report"] or "{}")) for row in found]
