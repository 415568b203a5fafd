from __future__ import annotations

from pathlib import Path

import pytest

from assistant.evaluate import durability


def test_two_memories_that_differ_are_told_apart() -> None:
    import numpy as np

    one = durability.State((("a",),), (("id", "text"),), np.zeros((1, 3), np.float32), frozenset({"id"}), (("id",),))
    same = durability.State(
        (("a",),), (("id", "text"),), np.full((1, 3), 1e-5, np.float32), frozenset({"id"}), (("id",),)
    )
    other = durability.State((("b",),), (("id", "text"),), np.ones((1, 3), np.float32), frozenset(), (("other",),))
    assert durability._compare(one, same) == []
    assert len(durability._compare(one, other)) == 4


@pytest.mark.slow
def test_a_dozen_kills_while_ingesting_sixty_files_change_nothing(tmp_path: Path) -> None:
    outcome = durability.run(durability.sixty(tmp_path), kills=12, seed=1)
    assert outcome.files == 60
    assert outcome.kills >= 12
    assert outcome.differences == ()
