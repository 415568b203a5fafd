"""The evaluation of events against labelled windows."""

from __future__ import annotations

import json
from pathlib import Path

from assistant.evaluate.sensors import run


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
