"""What is promised of pictures holds on 200 photographs with the parts that are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.evaluate.pictures import run
from ingest.base.settings import Settings


@pytest.mark.slow
def test_pictures_are_found_by_words_and_words_by_pictures(shared: Path, settings: Settings) -> None:
    """By class name and by descriptions that do not name the class, in both directions."""
    table = run(shared / "images" / "imagenet_sample", settings)
    found = {row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for row in table.rows}
    for direction in ("class name -> picture", "picture -> class name"):
        assert found[direction]["recall@1"] >= 0.75
        assert found[direction]["recall@10"] >= 0.92
    for direction in ("description -> picture", "picture -> description"):
        assert found[direction]["recall@10"] >= 0.6
        assert found[direction]["recall@1"] > found[direction]["best name alone @1"]
