"""Sensor records: tables of figures over time become series, windows and events.

One column tells the time (ISO 8601, "2026/06/01 00:10", seconds or milliseconds since 1970), or one the day and one the
clock; the others are channels (wide), or some name who or what measured (long). A date without a time of day makes a
business table. `record` reads the file; here its values become signals under names that people know.
Units come from headers, from a unit column, or from a sidecar `<name>.sensor.yaml` beside the file:

    title: spindle of machine MC-3
    channels:
      temp: {name: spindle temperature, unit: °C, high: 60}
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ingest.base.errors import BadInput
from ingest.space.encoders import events, signal, wording
from ingest.space.encoders.signal import Event, Floats, Signal
from ingest.space.entity import Draft, Locator
from ingest.text import charset
from ingest.text.cells import blank, header, same_unit, shown
from ingest.text.missing import sentinels

from ..media import XLSX
from ..source import Source, units_of
from . import Item, Note, parting, record, table
from .record import Record
from .record_head import LOOK, Layout, layout, settled
from .rows import Row
from .workbook import Sheet

MAX_CHANNELS = 200
WINDOWED_CHANNELS = 20
"""With more channels than this, calendar windows are left out: the series and its events stay."""
JSONL = "application/jsonl"
SELDOM = 1.5
"""A quantity whose values are so many steps of its record apart is measured more seldom than the others."""
SLOW = 60.0
"""Moments of a record with so many seconds between them are told by whole seconds."""
MOMENTS = ("at", "far_at", "onset", "reached", "min_at", "max_at")
"""Facts that are moments."""
GENERIC = ("value", "values", "reading", "measurement", "y", "data", "値", "測定値", "計測値")


@dataclass(frozen=True, slots=True)
class Channel:
    """One quantity as it was read: times by one clock, in the order of the file, and finite values.

    `key` is how the file calls it, which is how a sidecar names it. Its record has so many `rows`, each `step` seconds.
    """

    key: str
    name: str
    unit: str
    times: Floats
    values: Floats
    rows: int = 0
    step: float = 0.0


class SensorReader:
    name = "sensor"

    def accepts(self, source: Source) -> bool:
        if source.media == JSONL:
            return layout(_first_objects(source)) is not None
        if source.media in (*table.CSV, XLSX, table.PARQUET):
            return layout(table.first_rows(source, LOOK)) is not None
        return False

    def read(self, source: Source) -> Iterator[Item]:
        side = sidecar(source)
        left = source.settings.max_entities
        several = 0
        for number, sheet in enumerate(_sheets(source), start=1):
            seen = list(itertools.islice(sheet.rows, LOOK))
            found = layout(seen)
            sheet = replace(sheet, rows=itertools.chain(seen, sheet.rows))
            if found is None and number == 1:
                raise BadInput("not a record of figures over time")
            found = found and settled(found, partial(_rows_of, source, number))
            title = _title(side, source) + (f" {sheet.name}" if several else "")
            items = _record(sheet, found, side, title) if found else table.drafts(source, sheet, number, left)
            several += found is not None
            yield from _preamble(seen, found, sheet.name, title) if found else ()
            yield from items
            yield from map(Note, sheet.notes() if found else ())


def signals(source: Source) -> list[Signal]:
    """The quantities a record holds, under the names its entities carry; none when it is no record."""
    side = sidecar(source)
    made: list[Signal] = []
    for number, sheet in enumerate(_sheets(source), start=1):
        seen = list(itertools.islice(sheet.rows, LOOK))
        found = layout(seen)
        if found:
            found = settled(found, partial(_rows_of, source, number))
            read = record.read(itertools.chain(seen, sheet.rows), found)
            title = _title(side, source) + (f" {sheet.name}" if made else "")
            made += [one for _, one in _signals(_channels(read)[0], side, title)]
    return made


def _preamble(rows: Sequence[Row], found: Layout, sheet: str, title: str) -> Iterator[Draft]:
    """What is said above the header of a record: the device, its place, its settings."""
    above = itertools.takewhile(lambda row: tuple(map(shown, row)) != found.headers, rows[: found.data])
    said = [" ".join(map(shown, filter(lambda value: not blank(value), row))) for row in above]
    if any(said):
        yield Draft("passage", "\n".join(filter(None, said)), Locator(sheet=sheet or None, row=1), title)


def _record(sheet: Sheet, found: Layout, side: dict[str, Any], title: str) -> Iterator[Item]:
    read = record.read(sheet.rows, found)
    channels, notes = _channels(read)
    yield from map(Note, notes)
    made = _signals(channels, side, title)
    paused: set[tuple[float, float]] = set()
    for channel, one in made:
        yield from drafts(one, title, paused, channel, windowed=len(made) <= WINDOWED_CHANNELS)
    gaps = {i: sentinels(np.frombuffer(values)) for i, values in read.values.items()}
    yield record.typed(read, title, sheet.name, gaps)


# -- drafts ----------------------------------------------------------------------------------------------


def drafts(
    made: Signal, title: str, paused: set[tuple[float, float]], read: Channel | None = None, *, windowed: bool = True
) -> Iterator[Draft]:
    """A series, its calendar windows and its events as drafts; the series is the parent of the others.

    Its statistics are those of all values that were `read`, of which a signal keeps one for each moment.

    A gap that several channels share is told once: `paused` has those told before.
    """
    found = [_by_seconds(made, event) for event in events.events(made)]
    facts = signal.statistics(read.times, read.values) if read else signal.statistics(made.times, made.values)
    about = {"quantity": made.quantity, "unit": made.unit}
    step = signal.interval(made.times)
    among = (read.rows, read.step) if read and read.rows and step > SELDOM * read.step else None
    text = wording.overview(made, facts, step, found, signal.gaps(made), signal.single_gaps(made), among)
    yield Draft(
        "series", text, _place(made.times[0], made.times[-1]), title, key=made.quantity, facts=about | _dated(facts)
    )
    for event in found:
        if event.kind == "gap" and (event.start, event.end) in paused:
            continue
        paused |= {(event.start, event.end)} if event.kind == "gap" else set()
        kept = about | {"event": event.kind} | _dated(event.facts)
        yield Draft(
            "event", wording.tell(made, event), _place(event.start, event.end), title, parent=made.quantity, facts=kept
        )
    for window in signal.windows(made) if windowed else ():
        kept = about | {"window": window.span} | _dated(window.facts)
        place = _place(window.start, window.end)
        yield Draft("series", wording.tell_window(made, window), place, title, parent=made.quantity, facts=kept)


def _place(start: float, end: float) -> Locator:
    return Locator(window=(wording.stamp(start), wording.stamp(end)))


def _dated(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with their moments as ISO times instead of seconds."""
    return {name: wording.stamp(value) if name in MOMENTS else value for name, value in facts.items()}


def _by_seconds(made: Signal, event: Event) -> Event:
    """An event of a series whose own moments are whole seconds, by these."""
    if np.any(made.times % 1):
        return event
    facts = {name: round(value) if name in MOMENTS else value for name, value in event.facts.items()}
    return replace(event, start=round(event.start), end=round(event.end), facts=facts)


# -- reading ---------------------------------------------------------------------------------------------


def _sheets(source: Source) -> Iterator[Sheet]:
    """The sheets with their rows, the header first."""
    if source.media == JSONL:
        yield Sheet("", _objects(source))
        return
    yield from table.sheets(source)


def _rows_of(source: Source, number: int) -> Iterator[Row]:
    """The rows of one sheet, opened anew."""
    for count, sheet in enumerate(_sheets(source), start=1):
        if count == number:
            yield from sheet.rows
            return


def _first_objects(source: Source) -> list[Row]:
    try:
        return list(itertools.islice(_objects(source), LOOK))
    except ValueError:
        return []


def _objects(source: Source) -> Iterator[Row]:
    """JSON lines as rows under the names of the first objects; anything but flat objects ends the reading."""
    with source.path.open("rb") as file:
        lines = (_parsed(charset.decode(line, "utf-8")) for line in file if line.strip())
        first = [item for item in itertools.islice(lines, LOOK) if isinstance(item, dict)]
        names = list(dict.fromkeys(name for item in first for name in item))
        yield names
        for item in itertools.chain(first, lines):
            yield [item.get(name) for name in names] if isinstance(item, dict) else []


def _parsed(line: str) -> Any:
    """The value of a line of JSON; None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _channels(read: Record) -> tuple[list[Channel], list[str]]:
    """All values by channel, and in words what is no value of any."""
    keys = parting.parting(read)
    times, clocks = _one_clock(read)
    notes = [*clocks, *_left_out(read, keys)]
    units = parting.unit_column(read, keys)
    groups = [(called, rows, signal.interval(np.sort(times[rows]))) for called, rows in _groups(read, keys)]
    channels: list[Channel] = []
    for i in read.layout.values:
        values = np.frombuffer(read.values[i])
        if i in keys or _counts(read, i) or _again(read, i):
            continue
        gaps = sentinels(values)
        if len(gaps):
            count = int(np.isin(values, gaps).sum())
            written = ", ".join(f"{gap:g}" for gap in gaps)
            notes.append(
                f"column {read.layout.pairs[i][0]}: {count} values of {written} stand for nothing and are gaps"
            )
        known = ~np.isnan(values) & ~np.isin(values, gaps)
        for called, rows, step in groups:
            kept = rows & known
            if kept.any():
                one = _channel(read, i, called, units, times[kept], values[kept], np.flatnonzero(kept)[0])
                channels.append(replace(_slow(one), rows=int(rows.sum()), step=step))
    if len(channels) > MAX_CHANNELS:
        notes.append(f"of {len(channels):,} channels the first {MAX_CHANNELS} were read")
    return channels[:MAX_CHANNELS], notes


def _channel(
    read: Record, column: int, called: str, units: int | None, times: Floats, values: Floats, first: int
) -> Channel:
    """The channel of one column, for one of those who measured (`called`), named by both where both say something."""
    name, unit = read.layout.pairs[column]
    if not called:
        told = parting.said_unit(read, units) if units is not None and len(read.layout.values) == 1 else ""
        return Channel(read.layout.headers[column], name, unit or same_unit(told), times, values)
    own, of_label = header(called)
    alone = len(read.layout.values) == 1 or name.lower() in GENERIC
    unit = of_label or unit or (parting.label(read, units, int(first)) if units is not None else "")
    return Channel(called, own if alone else f"{own} {name}", same_unit(unit), times, values)


def _slow(channel: Channel) -> Channel:
    """The channel by whole seconds, where it is measured once a minute or more seldom."""
    slow = signal.interval(channel.times) >= SLOW
    return replace(channel, times=np.round(channel.times)) if slow else channel


def _groups(read: Record, keys: Sequence[int]) -> list[tuple[str, Any]]:
    """Who measured, and in which rows."""
    everywhere = np.ones(len(read.at), dtype=bool)
    groups: list[tuple[str, Any]] = [("", everywhere)]
    for column in keys:
        codes = parting.codes(read, column)
        firsts = np.unique(codes, return_index=True)
        order = sorted(zip(*(part.tolist() for part in firsts), strict=True), key=lambda pair: pair[1])
        groups = [
            (f"{called} {parting.label(read, column, first)}".strip(), rows & (codes == code))
            for called, rows in groups
            for code, first in order
        ]
    return [(called, rows) for called, rows in groups if rows.any()]


def _left_out(read: Record, keys: Sequence[int]) -> Iterator[str]:
    found = read.layout
    units = parting.unit_column(read, keys)
    words = [found.pairs[i][0] for i in found.labels if i not in keys and i != units]
    if words:
        yield f"columns without figures were left out: {', '.join(words)}"
    counts = [found.pairs[i][0] for i in found.values if i not in keys and _counts(read, i)]
    if counts:
        yield f"columns that only count rows were left out: {', '.join(counts)}"
    again = [found.pairs[i][0] for i in found.values if i not in keys and _again(read, i)]
    if again:
        yield f"columns that only tell the time again were left out: {', '.join(again)}"
    told = found.conventions[found.time]
    if told.unclear and len(read.at):
        yield f"column {found.pairs[found.time][0]}: {told.unclear}; it was read as {wording.clock(read.at[0])} and so on"
    if read.skipped:
        yield f"{read.skipped:,} rows without a readable time were left out"
    for i, odd in read.odd.items():
        yield f"column {found.pairs[i][0]}: {len(odd)} cells are no figures (the first: '{odd[0][:40]}') and are gaps"


def _counts(read: Record, column: int) -> bool:
    """Whether figures beside others, and without a unit, only count the rows."""
    found = read.layout
    return len(found.values) > 1 and not found.pairs[column][1] and record.is_count(np.frombuffer(read.values[column]))


def _again(read: Record, column: int) -> bool:
    """Whether figures beside others tell the time that the record has in another column."""
    values = np.frombuffer(read.values[column])
    return len(read.layout.values) > 1 and record.is_moment(values, np.frombuffer(read.at))


def _one_clock(read: Record) -> tuple[Floats, list[str]]:
    """The times by one clock: where the offset from UTC changes in the record, that of its beginning."""
    times: Floats = np.frombuffer(read.at)
    offsets: Floats = np.frombuffer(read.offsets)
    known = offsets[~np.isnan(offsets)]
    if len(known) < len(offsets) or len(np.unique(known)) < 2:
        return times, []
    changed = int(np.flatnonzero(np.diff(offsets))[0]) + 1
    first = dt.timezone(dt.timedelta(seconds=float(offsets[0])))
    told = f"the offset from UTC changes at {wording.clock(times[changed])}; all times are told by the clock of {first}"
    return times - offsets + offsets[0], [told]


def _signals(channels: Sequence[Channel], side: dict[str, Any], title: str) -> list[tuple[Channel, Signal]]:
    told = side.get("channels", {})
    alone = len(channels) == 1
    return [(one, _signal(one, told.get(one.key, {}), title, alone=alone)) for one in channels]


def _title(side: dict[str, Any], source: Source) -> str:
    return str(side.get("title") or source.path.stem)


def _signal(channel: Channel, said: dict[str, Any], title: str, *, alone: bool) -> Signal:
    """The channel in order of time; of several values at one moment the last counts."""
    times, values = channel.times, channel.values
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.concatenate((np.diff(times) > 0, [True]))
    generic = channel.name.lower() in GENERIC
    spoken = title.replace("_", " ").replace("-", " ") if generic and alone else f"{title} {channel.name}"
    limits = {name: float(said[name]) for name in ("low", "high") if said.get(name) is not None}
    return Signal(
        str(said.get("name") or spoken), str(said.get("unit") or channel.unit), times[last], values[last], **limits
    )


def sidecar(source: Source) -> dict[str, Any]:
    """What a person wrote beside the file about its channels; empty when there is nothing.

    Raises:
        BadInput: the sidecar is not what it should be.
    """
    import yaml

    file = units_of(source.path)
    if file is None:
        return {}
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        if isinstance(said, dict) and all(isinstance(item, dict) for item in said.get("channels", {}).values()):
            return said
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise BadInput(f"{file.name}: not readable as YAML ({str(error).splitlines()[0]})") from error
    raise BadInput(f"{file.name}: expected 'channels:' with a name and its unit, low, high below it")
