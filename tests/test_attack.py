"""Every quick attack is held; `python -m tests.attack` runs the long ones too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attack import ATTACKS, Attack, door, held, machine, outcomes
from tests.attack.target import Target

assert door and held and machine


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.name)
def test_an_attack_is_held(one: Attack, target: Target) -> None:
    was_held, found = one.run(target)
    assert was_held, found


def test_an_attack_that_breaks_is_not_held() -> None:
    assert not all(outcome.held for outcome in outcomes(None, "3 the door"))
