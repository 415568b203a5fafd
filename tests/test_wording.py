"""What events say."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.space.encoders import signal, wording
from ingest.space.encoders.signal import Event, Signal

SIGNAL = Signal("spindle temperature", "°C", np.arange(3.0) + 1_391_860_800.0, np.ones(3))
AT = 1_391_860_800.0  # 2014-02-08 12:00


def test_a_collapse_names_quantity_sizes_unit_duration_and_time() -> None:
    facts = {
        "direction": "down", "style": "sharp", "before": 84.1, "value": 2.085, "at": AT + 2_100, "usual": 84.0,
        "from": 84.1, "to": 2.1, "onset": AT, "reached": AT + 2_100, "record": "down", "score": 2.4,
    }  # fmt: skip
    said = wording.tell(SIGNAL, Event("excursion", AT, AT + 7_200, facts))
    assert said.startswith(
        "spindle temperature collapsed (急低下): it dropped sharply and fell from 84.1 to 2.1 °C in 35 min"
    )
    assert ", 2014-02-08 12:00; lowest 2.085 °C at 2014-02-08 12:35; it was low for 2 h" in said
    assert said.endswith("This is the lowest value of the whole record.")
    weaker = wording.tell(SIGNAL, Event("excursion", AT, AT + 7_200, facts | {"score": 1.5}))
    assert weaker.startswith("spindle temperature dropped sharply (急低下): it fell from 84.1 to 2.1 °C in 35 min")


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("gap", {"missing": 15}, "values are missing, a gap of 2 h, 2014-02-08 12:00 to 2014-02-08 14:00"),
        ("flat", {"value": 3.0}, "stuck) for 2 h"),
        ("limit", {"direction": "up", "limit": 60.0, "value": 66.7, "at": AT}, "exceeded its upper limit of 60 °C"),
        ("level", {"direction": "up", "before": 80.0, "value": 90.0}, "rose to a new level"),
        (
            "drift",
            {"direction": "down", "before": 80.0, "value": 70.0},
            "fell slowly and steadily from about 80 to 70 °C",
        ),
        ("pattern", {"share": 0.1}, "only 10 % of the usual swing"),
        ("extreme", {"direction": "up", "value": 99.0}, "highest value (最高値) of the whole record, 99 °C"),
    ],
)
def test_each_kind_of_event_has_words(kind: signal.EventKind, facts: dict[str, object], words: str) -> None:
    assert words in wording.tell(SIGNAL, Event(kind, AT, AT + 7_200, facts))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (2_100, "35 min"), (12_000, "3 h 20 min"), (187_200, "2 days 4 h")]
)
def test_a_duration_is_told_in_its_two_largest_parts(seconds: float, said: str) -> None:
    assert wording.lasting(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.02, "20 ms"), (0.0004, "0.4 ms"), (2.5, "2.5 s"), (0.9999, "1 s"), (12.4, "12 s")]
)
def test_a_short_duration_is_told_with_its_parts_of_a_second(seconds: float, said: str) -> None:
    assert wording.lasting(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"), [(84.123456, "84.12"), (39_197.0, "39197"), (0.00123, "0.00123"), (2.0, "2")]
)
def test_figures_keep_at_least_four_digits_and_no_exponent(value: float, said: str) -> None:
    assert wording.figure(value) == said
