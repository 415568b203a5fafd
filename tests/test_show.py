from __future__ import annotations

import pytest

from assistant.serve.show import place
from ingest.space.entity import Locator


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        (Locator(page=4, box=(1, 2, 3, 4)), "page 4"),
        (Locator(start=12.0, end=75.5), "0:12.0-1:15.5"),
        (Locator(row=17, sheet="Orders"), "row 17 of sheet Orders"),
        (Locator(box=(1.2, 2.0, 30.4, 40.0)), "box 1,2,30,40"),
        (Locator(window=("2026-06-09T09:20", "2026-06-09T14:10")), "2026-06-09T09:20 to 2026-06-09T14:10"),
        (Locator(), ""),
    ],
)
def test_a_place_is_said_in_words(locator: Locator, words: str) -> None:
    assert place(locator) == words
