"""Invitations (iCalendar, RFC 5545) in words: what, where, when, who. The only file that knows icalendar."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingest.text.cells import shown

CALENDAR = "Calendar: "
"""What a calendar that has a name begins with."""
MOST = 500
"""Events of one calendar that are told."""
_TOLD = {
    "LOCATION": "Place", "ORGANIZER": "Organizer", "RRULE": "Repeats", "CATEGORIES": "Categories", "PRIORITY": "Priority",
    "PERCENT-COMPLETE": "Percent done", "RESOURCES": "Resources", "CONTACT": "Contact", "URL": "Link",
    "DESCRIPTION": "About", "COMMENT": "Comment",
}  # fmt: skip
_STATES = {
    "TENTATIVE": "tentative", "NEEDS-ACTION": "to be done", "IN-PROCESS": "in work", "COMPLETED": "done",
    "DRAFT": "draft",
}  # fmt: skip
_ANSWERS = {
    "OPT-PARTICIPANT": "optional", "NON-PARTICIPANT": "for information", "ACCEPTED": "accepted",
    "DECLINED": "declined", "TENTATIVE": "tentative",
}  # fmt: skip
_LINK = re.compile(r"<a\s[^<>]{0,500}?href=[\"']([^\"'<>]*)[\"'][^<>]{0,500}>([^<]*(?:<(?!/?a\b)[^<]*)*)</a>", re.I)
_GAP = re.compile(r"(?:</?(?:br|p|div|ul|ol|li|h[1-6]|hr|pre|blockquote|html-blob)(?:\s[^<>]*)?/?>\s*)+", re.I)
_MARKUP = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|small|big|code|sub|sup)(?:\s[^<>]*)?>", re.I)
"""The markup that calendar programs write among the words of an event; what else stands between < and > is words."""


def told(text: str) -> Iterator[str]:
    """A calendar that has a name, and every event, task and entry in it, a line for each thing it says.

    Raises:
        ValueError: not a calendar.
    """
    from icalendar import Calendar

    calendar = Calendar.from_ical(text)
    if about := "\n".join(_about(calendar)):
        yield about
    method = str(calendar.get("METHOD", ""))
    events = [one for one in calendar.walk() if one.name in ("VEVENT", "VTODO", "VJOURNAL")]
    changed: dict[str, list[str]] = defaultdict(list)
    for event in events:
        if "RECURRENCE-ID" in event:
            changed[str(event.get("UID", ""))].append(_moment(event["RECURRENCE-ID"]))
    for event in events[:MOST]:
        yield "\n".join(_lines(event, method, changed[str(event.get("UID", ""))]))
    if len(events) > MOST:
        yield f"[{len(events) - MOST} more events are in it]"


def _about(calendar: Any) -> Iterator[str]:
    """What a calendar that has a name says of itself."""
    if name := str(calendar.get("X-WR-CALNAME", calendar.get("NAME", ""))):
        yield CALENDAR + name
        for key, label in (("X-WR-CALDESC", "About"), ("X-WR-TIMEZONE", "Time zone")):
            if key in calendar:
                yield f"{label}: {calendar[key]}"


def _lines(event: Any, method: str, changed: Sequence[str]) -> Iterator[str]:
    """What an event says.

    Args:
        changed: the days of the series it belongs to that have an event of their own.
    """
    cancelled = method == "CANCEL" or str(event.get("STATUS", "")) == "CANCELLED"
    named = "Entry" if event.name == "VJOURNAL" else "Cancelled invitation" if cancelled else "Invitation"
    yield f"{named}: {event.get('SUMMARY', '')}"
    if "RECURRENCE-ID" in event:
        later = " and all later ones" if event["RECURRENCE-ID"].params.get("RANGE") == "THISANDFUTURE" else ""
        which = "Cancels only the one of" if cancelled else "Replaces the one of"
        yield f"{which}: {_moment(event['RECURRENCE-ID'])}{later}"
    for name, label in (("DTSTART", "Start"), ("DUE", "Due"), ("COMPLETED", "Completed")):
        if name in event:
            yield f"{label}: {_moment(event[name])}"
    if end := _end(event):
        yield f"End: {end}"
    for name, label in _TOLD.items():
        if name in event:
            yield f"{label}: {_unmarked(', '.join(map(_words, _each(event[name]))))}"
    if (status := str(event.get("STATUS", ""))) in _STATES:
        yield f"State: {_STATES[status]}"
    for name, label in (("EXDATE", "Except"), ("RDATE", "Also on")):
        if name in event:
            yield f"{label}: " + ", ".join(
                _clock(_start(one.dt), day.params) for day in _each(event[name]) for one in day.dts
            )
    if changed and "RECURRENCE-ID" not in event:
        yield f"Changed: {', '.join(changed)}"
    if guests := _each(event.get("ATTENDEE", [])):
        yield "Invited: " + ", ".join(map(_guest, guests))


def _start(moment: Any) -> Any:
    """A day or time; of a period its start."""
    return moment[0] if isinstance(moment, tuple) else moment


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _end(event: Any) -> str:
    """When it ends: of whole days the last one, as the end that is written is the first day after (RFC 5545, 3.6.1)."""
    start = event.get("DTSTART")
    if "DTEND" in event:
        end, params = event["DTEND"].dt, event["DTEND"].params
    elif "DURATION" in event and start is not None:
        end, params = start.dt + event["DURATION"].dt, start.params
    else:
        return ""
    whole = not isinstance(end, dt.datetime) and start is not None and end > start.dt
    return _clock(end - dt.timedelta(days=whole), params)


def _guest(value: Any) -> str:
    params = getattr(value, "params", {})
    said = [_ANSWERS[mark] for key in ("ROLE", "PARTSTAT") if (mark := str(params.get(key, ""))) in _ANSWERS]
    return _words(value) + (f" ({', '.join(said)})" if said else "")


def _moment(value: Any) -> str:
    return _clock(value.dt, value.params)


def _clock(moment: dt.date, params: Mapping[str, str]) -> str:
    """The clock on the wall with its zone as it is written."""
    zone = params.get("TZID", "")
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


def _unmarked(text: str) -> str:
    """A text that may be marked up like a page, as words; links keep where they lead to."""
    if not (_GAP.search(text) or _MARKUP.search(text)):
        return text
    return html.unescape(_MARKUP.sub("", _GAP.sub("\n", _LINK.sub(_linked, text)))).strip()


def _linked(link: re.Match[str]) -> str:
    said = _MARKUP.sub("", link[2]).strip()
    return link[1] if said in link[1] else f"{link[2]} ({link[1]})"
