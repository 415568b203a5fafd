"""When an answer is not to be believed is learned from passages that were held out, both sorts of questions counting alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.fit.doubt import RIDGE, logistic


def drawn(seed: int, count: int, refused: float) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    no = chance.random(count) < refused
    no[:2] = True, False
    return np.column_stack([chance.normal(np.where(no, 1, -1), 1), chance.normal(size=count), np.ones(count)]), no


@given(st.integers(0, 99), st.sampled_from([0.1, 0.5, 0.9]))
def test_no_other_weights_are_more_likely(seed: int, refused: float) -> None:
    """The weighted likelihood has its peak there: a step in any direction lowers it."""
    signs, no = drawn(seed, 60, refused)
    found = logistic(signs, no).astype(np.float64)
    share = np.where(no, 0.5 / no.sum(), 0.5 / (~no).sum())

    def likelihood(weights: np.ndarray) -> float:
        scores = signs @ weights
        return float((share * (no * scores - np.logaddexp(0, scores))).sum() - RIDGE / 2 * weights @ weights)

    steps = np.random.default_rng(seed).normal(size=(20, 3)) * 0.05
    assert all(likelihood(found + step) <= likelihood(found) + 1e-7 for step in steps)


def test_a_rare_sort_of_question_counts_as_much_as_a_common_one() -> None:
    signs, no = drawn(1, 4000, 0.1)
    refused = signs @ logistic(signs, no) >= 0
    assert abs(refused[no].mean() - (~refused[~no]).mean()) < 0.05
    assert refused[no].mean() > 0.8
