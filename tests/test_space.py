from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ingest.space.space import pack, placed, unit, unpack

slots = arrays(np.float32, st.tuples(st.integers(1, 9), st.just(24)), elements=st.floats(-8, 8, width=32))


@given(slots)
def test_packed_slots_come_back_within_one_percent_of_their_largest_value(values: np.ndarray) -> None:
    error = np.abs(unpack(pack(values), 24) - values).max(axis=1)
    smallest = 127 * 2.0**-24  # of a scale in float16, which hardly any slot needs
    assert (error <= 0.01 * np.abs(values).max(axis=1) + smallest).all()


@given(slots)
def test_an_address_is_the_direction_of_the_mean_of_the_slots(values: np.ndarray) -> None:
    where = placed(values)
    assert np.allclose(where.address, unit(values.mean(axis=0)), atol=1e-6)
    assert np.linalg.norm(where.address) < 1 + 1e-5


def test_packing_costs_one_byte_per_number_and_two_per_slot() -> None:
    assert len(pack(np.ones((5, 384), np.float32))) == 5 * 386
