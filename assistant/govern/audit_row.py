"""One row of the audit: what happened, how it is written down, what it says of itself.

Content (question, answer, quotes) is shown only to whom may read every scope it came from: governing is not reading.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.base.access import Viewer, may_read
from ingest.base.plain import cell

BEGUN, DAMAGED, ANEW = "audit begun", "audit damaged", "audit anew"
"""What the audit says about itself: what was there before its first row; that its marks were not as it had left them; that
it was begun again."""
CLOCK = timedelta(seconds=2)
"""A clock may be put right by so much without being told."""


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


UNREADABLE = Event("unreadable", "")
"""What stands for a row that was not written by this product, or not so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with its place in the record; `hidden` when the viewer may not see its content."""

    number: int
    event: Event
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A sign of tampering: the first row it concerns and what was done to it.

    `kind` is one of changed, removed, moved, put back, added, cut off, rolled back, mark missing, mark forged, begun anew,
    damaged, clock; of these `clock` alone also happens by itself.
    """

    row: int
    what: str
    kind: str = "changed"

    def __str__(self) -> str:
        return f"row {self.row}: {self.what}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: the event as canonical JSON, the HMAC of the row before, and its own over both."""

    number: int
    event: str
    previous: str
    mac: str


def canonical(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="backslashreplace").decode()  # halves of characters cannot be stored


def event_of(text: str) -> Event:
    """The event in a row; a row that says something else shows as unreadable, so that the rest can still be read."""
    try:
        row = json.loads(text)
        del row["number"]
        event = Event(**{**row, "roles": tuple(row["roles"]), "scopes": tuple(row["scopes"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return UNREADABLE
    words = (event.action, event.person, event.policy, event.at, *event.roles, *event.scopes)
    kept = isinstance(event.details, dict) and isinstance(event.content, dict)
    return event if kept and all(isinstance(word, str) for word in words) else UNREADABLE


def seen_by(viewer: Viewer, entry: Entry) -> Entry:
    """The entry as this viewer may see it: content is for readers of all its scopes, without scopes for its person."""
    event = entry.event
    allowed = all(may_read(viewer, scope) for scope in event.scopes)
    if not event.content or (allowed if event.scopes else event.person == viewer.person):
        return entry
    return Entry(entry.number, replace(event, content={}), hidden=True)


class Clock:
    """The latest time that rows were written at, one after the other."""

    def __init__(self) -> None:
        self._latest = ""

    def set_back(self, at: str) -> str:
        """The latest time before, where the clock stands back behind it; told once for each time that it was set back."""
        latest, back = self._latest, bool(self._latest) and _moment(at) < _moment(self._latest) - CLOCK
        self._latest = at if back else max(latest, at, key=_moment)
        return latest if back else ""


def told(number: int, event: Event, clock: Clock) -> list[Problem]:
    """What a sound row itself says is wrong; `clock` has seen the rows before it."""
    before, problems = clock.set_back(event.at), []
    if event.action == DAMAGED:
        problems.append(Problem(number, f"{event.details.get('what')} (found when this row was written)", "damaged"))
    if event.action == ANEW:
        what = "the audit was begun anew, its key lost; the old rows were set aside"
        problems.append(Problem(number, what, "begun anew"))
    if event.action == BEGUN:
        what = f"the audit begins here, in a memory that held {event.details.get('memory')} already"
        problems.append(Problem(number, what, "begun anew"))
    if before:
        what = f"was written at {event.at}, after the row of {before}: the clock was set back"
        problems.append(Problem(number, what, "clock"))
    return problems


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def removed(first: int, last: int) -> str:
    return "was removed" if first == last else f"was removed, and all up to row {last}"


def line_of(entry: Entry) -> str:
    event = entry.event
    what = canonical({**event.details, **event.content}) + (" (content not shown to you)" if entry.hidden else "")
    cells = (entry.number, event.at, event.person, ", ".join(event.roles), event.policy, event.action, what)
    return "| " + " | ".join(map(cell, cells)) + " |"
