"""Speed is given per second for both ways through the same input."""

from __future__ import annotations

import time

import pytest

from assistant.evaluate.throughput import Work, measure


def test_the_slower_way_has_the_smaller_figure() -> None:
    work = Work("sound", "seconds", 10.0, lambda: time.sleep(0.1), lambda: time.sleep(0.01))
    ((modality, unit, amount, ours, bare, ratio),) = measure(iter([work])).rows
    assert (modality, unit, amount) == ("sound", "seconds", 10.0)
    assert isinstance(ours, float)
    assert isinstance(bare, float)
    assert ours < bare
    assert ratio == pytest.approx(ours / bare, abs=0.01)
