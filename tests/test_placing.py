"""A memory made with another encoder is refused with the one command that places everything again, which can be stopped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from ingest.base.access import Viewer
from ingest.base.errors import MemoryMismatch
from ingest.base.settings import Settings
from ingest.memory import placing
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.memory.placing import place_again
from ingest.space.entity import Draft
from ingest.space.space import Packed, Placed, unit
from tests.conftest import WordSpace
from tests.library import keep

VIEWER = Viewer("mori", frozenset({"public"}))
TEXTS = [f"pump {n} is greased with oil {n}" for n in range(40)]


class Other(WordSpace):
    """Another encoder: every word lies elsewhere."""

    def _word(self, word: str) -> np.ndarray:
        return super()._word(f"{word} in another space")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(home=tmp_path / "home")
    file = tmp_path / "pumps.txt"
    file.write_text("pumps", "utf-8")
    with Memory(settings, WordSpace("yesterday")) as memory:
        keep(
            memory,
            file,
            "public",
            [*(Draft("passage", text) for text in TEXTS), Draft("picture", "a picture of a pump")],
        )
    monkeypatch.setattr(placing, "GROUP", 8)
    return settings


def unseen(row: SourceRow) -> Mapping[str, Packed]:
    return {}


def nearest(settings: Settings, text: str) -> tuple[str, float]:
    space = Other("today")
    with Memory(settings, space) as memory:
        ((id, similarity),) = memory.nearest(space.place([text])[0].address, VIEWER, 1)
        return memory.hydrate([id], VIEWER)[id].text, similarity


def test_a_memory_of_yesterday_names_the_command(home: Settings) -> None:
    with pytest.raises(MemoryMismatch, match="kotonoha doctor --place-again"):
        Memory(home, Other("today"))


def test_everything_is_found_where_todays_encoder_places_it(home: Settings) -> None:
    assert list(place_again(home, Other("today"), unseen))[-1] == (41, 41)
    for text in TEXTS[::7]:
        found, similarity = nearest(home, text)
        assert found == text
        assert similarity > 0.999


@pytest.mark.parametrize("groups", [1, 3, 5])
def test_it_goes_on_where_it_was_stopped(home: Settings, groups: int) -> None:
    steps = place_again(home, Other("today"), unseen)
    for _ in range(groups):
        next(steps)
    steps.close()
    with pytest.raises(MemoryMismatch):
        Memory(home, Other("today"))
    space = Other("today")
    list(place_again(home, space, unseen))
    assert space.placed_texts == 41 - 8 * groups
    assert nearest(home, TEXTS[0])[0] == TEXTS[0]


def test_what_a_picture_shows_is_looked_at_again(home: Settings) -> None:
    """It is not in its words: whoever can look again says where it lies."""
    shown = unit(np.random.default_rng(5).standard_normal((1, WordSpace.dim)).astype(np.float32))
    with Memory(home, WordSpace("yesterday")) as memory:
        (id,) = (row["id"] for row in memory.catalog.connection.execute("SELECT id FROM entity WHERE kind = 'picture'"))
    list(place_again(home, Other("today"), lambda row: {id: Packed.of(Placed(shown[0], shown))}))
    with Memory(home, Other("today")) as memory:
        assert memory.nearest(shown[0], VIEWER, 1)[0][0] == id
