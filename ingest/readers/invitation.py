"""Invitations (iCalendar, RFC 5545) in words: what, where, when, who. The only file that knows icalendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from ingest.text.cells import shown

MOST = 500
"""Events of one calendar that are told."""


def told(text: str) -> Iterator[str]:
    """Every event and task of a calendar, a line for each thing it says.

    Raises:
        ValueError: not a calendar.
    """
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    method = str(calendar.get("METHOD", ""))
    events = [one for one in calendar.walk() if one.name in ("VEVENT", "VTODO")]
    for event in events[:MOST]:
        yield "\n".join(_lines(event, method))


def _lines(event: Any, method: str) -> Iterator[str]:
    cancelled = method == "CANCEL" or str(event.get("STATUS", "")) == "CANCELLED"
    yield f"{'Cancelled invitation' if cancelled else 'Invitation'}: {event.get('SUMMARY', '')}"
    for name, label in (("DTSTART", "Start"), ("DTEND", "End"), ("DUE", "Due")):
        if name in event:
            yield f"{label}: {_moment(event[name])}"
    for name, label in (
        ("LOCATION", "Place"),
        ("ORGANIZER", "Organizer"),
        ("RRULE", "Repeats"),
        ("DESCRIPTION", "About"),
    ):
        if name in event:
            yield f"{label}: {_words(event[name])}"
    guests = event.get("ATTENDEE", [])
    if guests:
        yield "Invited: " + ", ".join(map(_words, guests if isinstance(guests, list) else [guests]))


def _moment(value: Any) -> str:
    """The clock on the wall with its zone as it is written."""
    moment = value.dt
    zone = value.params.get("TZID", "")
    if isinstance(moment, dt.datetime):
        utc = " UTC" if not zone and moment.tzinfo is not None else ""
        return shown(moment.replace(tzinfo=None)) + utc + (f" ({zone})" if zone else "")
    return shown(moment)


def _words(value: Any) -> str:
    """A value in words; of a person the name and the address."""
    name = getattr(value, "params", {}).get("CN", "")
    plain = value.to_ical().decode() if hasattr(value, "to_ical") and not isinstance(value, str) else str(value)
    address = plain.removeprefix("mailto:").removeprefix("MAILTO:")
    return f"{name} <{address}>" if name else address
