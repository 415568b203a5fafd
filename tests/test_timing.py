"""Over HTTP, the time an answer takes does not tell "not yours" from "not there".

No clock is judged, only order: requests for forbidden and for absent ids come in random turns, and the chance that a
forbidden one takes longer than the absent one of the same turn has to stay near one half; in pairs, because what else
the machine does passes both alike. What is far from one half by accident is not so again, and a difference is each time:
it is told apart when it is so `TIMES` times, always the same one longer. That the measurement would see a difference is shown
by some time on top, as much as the machine of the day needs.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import httpx
import numpy as np
import pytest

from assistant.govern.audit import Audit
from assistant.serve.parts import Parts
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from tests.conftest import WordSpace
from tests.library import Parrot, accounts, keys, stock, viewer_of
from tests.test_web import Served

pytestmark = pytest.mark.slow

TURNS = 400
NEAR = 0.1
"""By which the chance may differ from one half; its standard error is 0.025 if nothing can be told."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Memory(Settings(home=tmp_path_factory.mktemp("home")), WordSpace()) as memory:
        firm, parrot = stock(memory), Parrot(memory)
        audit = Audit(memory.catalog, b"k" * 32, memory.settings.home / "head")
        parts = Parts(memory.settings, memory, parrot, viewer_of, keys(memory), accounts(memory), audit)
        with Served(parts, parrot, firm) as running:
            yield running


@pytest.fixture
def endo(served: Served) -> Iterator[httpx.Client]:
    assert served.parts.people is not None
    token = served.parts.people.issue_token("endo", "timing")
    with httpx.Client(base_url=served.url, headers={"Authorization": f"Bearer {token}"}, timeout=None) as client:
        yield client


TIMES = 3


def far(measured: Callable[[], float]) -> bool:
    """Whether a chance is far from one half each time, to the same side."""
    sides = set()
    for _ in range(TIMES):
        chance = measured()
        if abs(chance - 0.5) < NEAR:
            return False
        sides.add(chance > 0.5)
    return len(sides) == 1


def told_apart(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float, float]:
    """The chance that the first takes longer than the second next to it, and the median seconds of each."""
    chance, times = random.Random(1), ([], [])
    for turn in range(TURNS + 20):
        for which in chance.sample((0, 1), 2):
            began = time.perf_counter()
            (first, second)[which]()
            if turn >= 20:  # the first ones open connections and fill caches
                times[which].append(time.perf_counter() - began)
    one, other = map(np.array, times)
    longer = (one > other).mean() + (one == other).mean() / 2
    return float(longer), float(np.median(one)), float(np.median(other))


@pytest.mark.parametrize("part", ["", "/file", "/page.png"])
def test_forbidden_and_absent_ids_take_alike(served: Served, endo: httpx.Client, part: str) -> None:
    chance = random.Random(2)
    forbidden = [entity.id for entity in served.firm["secret"]]
    absent = [f"{chance.getrandbits(128):0{len(forbidden[0])}x}" for _ in forbidden]
    pages = {endo.get(f"/open/{id}{part}").text for id in (*forbidden, *absent)}
    assert len(pages) == 1, "the same words"

    def measured() -> float:
        longer, one, other = told_apart(
            lambda: endo.get(f"/open/{chance.choice(forbidden)}{part}"),
            lambda: endo.get(f"/open/{chance.choice(absent)}{part}"),
        )
        print(f"/open/ID{part}: forbidden {one * 1e3:.2f} ms, absent {other * 1e3:.2f} ms, longer: {longer:.3f}")
        return longer

    assert not far(measured)


def test_the_measurement_would_see_a_difference(endo: httpx.Client) -> None:
    """An absent id with a millisecond on top stands out each time; on a busy machine with more."""

    def later(seconds: float) -> None:
        endo.get(f"/open/{'0' * 32}")
        time.sleep(seconds)

    def measured(seconds: float) -> float:
        longer, *_ = told_apart(lambda: later(seconds), lambda: later(0.0))
        print(f"{seconds * 1e3:.0f} ms on top: longer with chance {longer:.3f}")
        return longer

    assert any(far(lambda more=seconds: measured(more)) for seconds in (0.001, 0.004, 0.016, 0.064))  # type: ignore[misc]
