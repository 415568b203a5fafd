"""Events in sensor records against labelled windows of the Numenta Anomaly Benchmark, beside the plain alternative.

    kotonoha evaluate sensors --file ../shared/data/sensors

The folder has CSV files and `nab_anomaly_windows.json`: file -> list of [start, end]. A window is found when an event
overlaps it. The alternative is what one would write first: every run of values more than three standard deviations from
the mean is an event.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.evaluate.table import Table
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.readers.sensor import SensorReader
from ingest.readers.table import sheets
from ingest.source import look
from ingest.space.entity import Draft

LABELS = "nab_anomaly_windows.json"
Span = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Score:
    """One file: labelled windows, how many an event overlaps, events outside of all of them, and the same naively."""

    file: str
    labelled: int
    found: int
    events: int
    outside: int
    plain_found: int
    plain_events: int
    plain_outside: int


def measure(file: Path, windows: Mapping[str, Sequence[Sequence[str]]]) -> Score:
    """Reads one record and holds its events against the windows labelled for a file of that name."""
    labelled = next((spans for name, spans in windows.items() if name.endswith("/" + file.name)), ())
    truth = [(_iso(start), _iso(end)) for start, end in labelled]
    source = look(file, Settings(home=file.parent))
    drafts = [item for item in SensorReader().read(source) if isinstance(item, Draft)]
    events = [draft.locator.window for draft in drafts if draft.kind == "event" and draft.locator.window]
    (rows,) = (list(sheet.rows) for sheet in sheets(source))
    plain = list(_plain(rows[1:]))
    return Score(file.name, len(truth), *_counts(events, truth), *_counts(plain, truth))


def _counts(events: Sequence[Span], truth: Sequence[Span]) -> tuple[int, int, int]:
    found = sum(any(_overlap(event, window) for event in events) for window in truth)
    outside = sum(not any(_overlap(event, window) for window in truth) for event in events)
    return found, len(events), outside


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _plain(rows: Sequence[Sequence[object]]) -> Iterable[Span]:
    values = [float(str(row[1])) for row in rows]
    mean = sum(values) / len(values)
    limit = 3 * (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    far = [abs(value - mean) > limit for value in values]
    for key, run in itertools.groupby(range(len(rows)), key=far.__getitem__):
        if key:
            indices = list(run)
            yield _iso(str(rows[indices[0]][0])), _iso(str(rows[indices[-1]][0]))


def _iso(moment: str) -> str:
    return moment.replace(" ", "T")[:19]


def table(scores: Sequence[Score]) -> Table:
    columns = ("file", "windows", "found", "events", "outside", "3 sigma: found", "events", "outside")
    rows = tuple(
        (s.file, s.labelled, s.found, s.events, s.outside, s.plain_found, s.plain_events, s.plain_outside)
        for s in scores
    )
    return Table("Labelled anomaly windows overlapped by an event", columns, rows)


def run(folder: Path) -> Table:
    """The table over all CSV files of a folder with labelled windows."""
    labels = folder / LABELS
    if not labels.is_file():
        raise BadInput(f"{folder} has no file {LABELS} with the labelled windows of its records")
    windows: dict[str, Any] = json.loads(labels.read_text(encoding="utf-8"))
    return table([measure(file, windows) for file in sorted(folder.glob("*.csv"))])
