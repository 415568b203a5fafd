"""Sensor records: tables of figures over time become series, windows and events. Knows layouts, not what an event is.

One column tells the time (ISO 8601, "2026/06/01 00:10", seconds or milliseconds since 1970); the others are channels
(wide), or one names the channel and one holds its value (long). A date without a time of day makes a business table.
Units come from headers, from a unit column, or from a sidecar `<name>.sensor.yaml` beside the file:

    title: spindle of machine MC-3
    channels:
      temp: {name: spindle temperature, unit: °C, high: 60}
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ingest.base.errors import BadInput
from ingest.space.encoders import signal, wording
from ingest.space.encoders.signal import Floats, Signal
from ingest.space.entity import Draft, Locator
from ingest.text import charset
from ingest.text.cells import cell, date, header, shown

from ..source import XLSX, Source, units_of
from . import Note, table
from .grid import Row

LOOK = 400
"""Rows that are looked at to decide what a file is."""
LEAST = 50
"""Rows a record has at least; what is shorter is a table."""
MAX_CHANNELS = 200
WINDOWED_CHANNELS = 20
"""With more channels than this, calendar windows are left out: the series and its events stay."""
JSONL = "application/jsonl"
GENERIC = ("value", "values", "reading", "measurement", "y", "data", "値", "測定値", "計測値")
TIME_NAMES = ("time", "timestamp", "datetime", "date", "ts", "日時", "時刻", "計測日時", "測定日時")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns mean what: indices into a row. `key` names the channel of a long record, `unit` its unit."""

    time: int
    values: tuple[int, ...]
    key: int | None = None
    unit: int | None = None
    left_out: tuple[int, ...] = ()


@dataclass(slots=True)
class Channel:
    """One quantity while it is being read."""

    name: str
    unit: str
    times: array[float] = field(default_factory=lambda: array("d"))
    values: array[float] = field(default_factory=lambda: array("d"))


class SensorReader:
    name = "sensor"

    def accepts(self, source: Source) -> bool:
        if source.media == JSONL:
            return layout(_first_objects(source)) is not None
        if source.media in (*table.CSV, XLSX, table.PARQUET):
            return layout(table.first_rows(source, LOOK)) is not None
        return False

    def read(self, source: Source) -> Iterator[Draft | Note]:
        rows = _rows(source)
        seen = list(itertools.islice(rows, LOOK))
        found = layout(seen)
        if found is None:
            raise BadInput("not a record of figures over time")
        side = sidecar(source)
        channels, skipped = _channels(seen, rows, found)
        names = [shown(seen[0][i]) for i in found.left_out]
        if names:
            yield Note(f"columns without figures were left out: {', '.join(names)}")
        if skipped:
            yield Note(f"{skipped:,} rows without a readable time were left out")
        if len(channels) > MAX_CHANNELS:
            yield Note(f"of {len(channels):,} channels the first {MAX_CHANNELS} were read")
        made = _signals(channels, side, source)
        paused: set[tuple[float, float]] = set()
        for one in made:
            yield from drafts(one, _title(side, source), paused, windowed=len(made) <= WINDOWED_CHANNELS)


def signals(source: Source) -> list[Signal]:
    """The quantities a record holds, under the names its entities carry; none when it is no record."""
    rows = _rows(source)
    seen = list(itertools.islice(rows, LOOK))
    found = layout(seen)
    return _signals(_channels(seen, rows, found)[0], sidecar(source), source) if found else []


# -- drafts ----------------------------------------------------------------------------------------------


def drafts(made: Signal, title: str, paused: set[tuple[float, float]], *, windowed: bool = True) -> Iterator[Draft]:
    """A series, its calendar windows and its events as drafts; the series is the parent of the others.

    A gap that several channels share is told once: `paused` has those told before.
    """
    events = signal.events(made)
    facts = signal.statistics(made.times, made.values)
    about = {"quantity": made.quantity, "unit": made.unit}
    text = wording.overview(made, facts, signal.interval(made.times), events, signal.gaps(made))
    yield Draft(
        "series", text, _place(made.times[0], made.times[-1]), title, key=made.quantity, facts=about | _dated(facts)
    )
    for event in events:
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
    moments = ("at", "far_at", "onset", "reached", "min_at", "max_at")
    return {name: wording.stamp(value) if name in moments else value for name, value in facts.items()}


# -- layout ----------------------------------------------------------------------------------------------


def layout(rows: Sequence[Row]) -> Layout | None:
    """What the columns of a record mean, from its header and first rows; None when it is not one."""
    if len(rows) <= LEAST:
        return None
    width = len(rows[0])
    columns = [[row[i] if i < len(row) else None for row in rows[1:]] for i in range(width)]
    time = next((i for i in range(width) if _tells_time(shown(rows[0][i]), columns[i])), None)
    if time is None:
        return None
    kinds = [_kind(column) if i != time else "time" for i, column in enumerate(columns)]
    values = tuple(i for i, kind in enumerate(kinds) if kind == "figures")
    labels = [i for i, kind in enumerate(kinds) if kind == "labels"]
    if not values or any(kind == "words" for kind in kinds):
        return None
    if len(values) == 1 and labels and _repeats(columns[time]):
        return _long(columns, time, values, labels)
    return Layout(time, values, left_out=tuple(labels))


def _long(columns: Sequence[Sequence[object]], time: int, values: tuple[int, ...], labels: list[int]) -> Layout:
    """The label with most different values names the channel; one that reads like a unit is its unit."""
    key = max(labels, key=lambda i: len({shown(value) for value in columns[i]}))
    units = [i for i in labels if i != key and all(header(f"x ({shown(v)})")[1] for v in columns[i] if shown(v))]
    return Layout(
        time, values, key, units[0] if units else None, tuple(i for i in labels if i != key and i not in units)
    )


def _tells_time(name: str, column: Sequence[object]) -> bool:
    """A column of moments that hardly ever goes back and has times of day."""
    named = header(name)[0].lower() in TIME_NAMES
    moments = [moment(value, numbers=named) for value in column]
    known = [m for m in moments if m is not None]
    if len(known) < 0.95 * len(column):
        return False
    forward = sum(b >= a for a, b in itertools.pairwise(known)) / max(1, len(known) - 1)
    return forward >= 0.95 and known[-1] > known[0] and any(m % 86_400 for m in known)


def _kind(column: Sequence[object]) -> str:
    """'figures', 'labels' (a few words that repeat), 'empty' or 'words'."""
    cells = [item for item in map(cell, column) if item.type != "empty"]
    if not cells:
        return "empty"
    if sum(item.type == "number" for item in cells) >= 0.9 * len(cells):
        return "figures"
    return "labels" if len({item.value for item in cells}) <= max(2, min(MAX_CHANNELS, len(cells) // 8)) else "words"


def _repeats(column: Sequence[object]) -> bool:
    return len({shown(value) for value in column}) <= 0.6 * len(column)


def moment(value: object, *, numbers: bool = True) -> float | None:
    """Seconds since 1970 by the clock on the wall, any offset left out. Numbers are seconds or milliseconds."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC).timestamp()
    text = shown(value)
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()
    except ValueError:
        pass
    item = cell(value)
    if item.type == "number" and numbers and isinstance(item.value, (int, float)):
        return item.value / 1000 if 1e11 < item.value < 1e13 else float(item.value) if 1e8 < item.value < 1e10 else None
    found = date(text)
    return found.replace(tzinfo=dt.UTC).timestamp() if found else None


# -- reading ---------------------------------------------------------------------------------------------


def _rows(source: Source) -> Iterator[Row]:
    """The header, then the rows."""
    if source.media == JSONL:
        yield from _objects(source)
        return
    for sheet in table.sheets(source):
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


def _channels(seen: Sequence[Row], rest: Iterator[Row], found: Layout) -> tuple[dict[str, Channel], int]:
    """All values by channel, and how many rows had no readable time."""
    names = {i: shown(seen[0][i]) for i in found.values}
    channels = {} if found.key is not None else {name: Channel(*header(name)) for name in names.values()}
    skipped = 0
    for row in itertools.chain(seen[1:], rest):
        at = moment(row[found.time]) if found.time < len(row) else None
        if at is None:
            skipped += any(shown(value) for value in row)
            continue
        for i in found.values:
            item = cell(row[i]) if i < len(row) else None
            if item is not None and item.type == "number" and isinstance(item.value, (int, float)):
                channel = channels.get(names[i]) if found.key is None else _named(channels, row, found)
                if channel is not None:
                    channel.times.append(at)
                    channel.values.append(item.value)
    return channels, skipped


def _named(channels: dict[str, Channel], row: Row, found: Layout) -> Channel | None:
    """The channel a row of a long record belongs to."""
    name = shown(row[found.key]) if found.key is not None and found.key < len(row) else ""
    if name not in channels and len(channels) <= MAX_CHANNELS:
        called, unit = header(name)
        channels[name] = Channel(called, unit or (shown(row[found.unit]) if found.unit is not None else ""))
    return channels.get(name)


def _signals(channels: dict[str, Channel], side: dict[str, Any], source: Source) -> list[Signal]:
    kept = [(name, channel) for name, channel in channels.items() if len(channel.values)][:MAX_CHANNELS]
    told = side.get("channels", {})
    return [_signal(one, told.get(name, {}), _title(side, source), alone=len(kept) == 1) for name, one in kept]


def _title(side: dict[str, Any], source: Source) -> str:
    return str(side.get("title") or source.path.stem)


def _signal(channel: Channel, said: dict[str, Any], title: str, *, alone: bool) -> Signal:
    """The channel in order of time; of several values at one moment the last counts."""
    times: Floats = np.frombuffer(channel.times)
    values: Floats = np.frombuffer(channel.values)
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
