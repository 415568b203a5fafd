"""The evaluation of events against labelled windows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.evaluate.sensors import run
from assistant.search.retrieve import Retriever
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.readers.sensor import SensorReader
from ingest.source import look
from ingest.space.encoders.words import Words
from ingest.space.entity import Draft, identify
from ingest.work import place


def test_events_are_held_against_windows_beside_three_sigma(tmp_path: Path) -> None:
    """A spike inside the labelled window is found by both; a weak week is found by the scan alone."""
    lines = ["timestamp,value"]
    for i in range(2_000):
        value = 50 + i % 7 - (4 if 1_200 <= i < 1_400 else 0) + (60 if i == 500 else 0)
        lines.append(f"2026-01-{1 + i // 144:02} {i % 144 // 6:02}:{i % 6}0:00,{value}")
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    windows = {
        "made/x.csv": [["2026-01-04 10:00:00", "2026-01-04 12:00:00"], ["2026-01-09 12:00:00", "2026-01-10 12:00:00"]]
    }
    (tmp_path / "nab_anomaly_windows.json").write_text(json.dumps(windows))
    (row,) = run(tmp_path).as_dict()["rows"]
    assert (row["windows"], row["found"]) == (2, 2)
    assert row["3 sigma: found"] == 1


@pytest.mark.slow
def test_asking_for_the_collapse_finds_a_labelled_window(shared: Path, tmp_path: Path) -> None:
    """With the real encoder, over the records of four systems: the first hit is one of the two real collapses."""
    space = Words()
    with Memory(Settings(home=tmp_path / "home"), space) as memory:
        for file in sorted((shared / "sensors").glob("*.csv")):
            source = look(file, memory.settings)
            drafts = [item for item in SensorReader().read(source) if isinstance(item, Draft) and item.kind == "event"]
            made = list(identify(file.stem, "plant", drafts))
            row = SourceRow(file.stem, str(file), source.sha256, 1, "text/csv", file.stem, "plant", "sensor", (), "")
            memory.put_source(row, place(space, made))
        retriever = Retriever(memory, memory.catalog, space)
        viewer = Viewer("operator", frozenset(["plant"]))
        (hit,) = retriever.search("When did the machine temperature collapse?", viewer, k=1)
    windows = json.loads((shared / "sensors" / "nab_anomaly_windows.json").read_text())
    labelled = windows["realKnownCause/machine_temperature_system_failure.csv"]
    assert hit.entity.locator.window is not None
    start, end = hit.entity.locator.window
    assert any(start <= b.replace(" ", "T") and a.replace(" ", "T") <= end for a, b in labelled)
