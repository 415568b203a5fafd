"""The bridge: telegrams without training, residuals with it, and only for the model it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bridge import (
    BANDS,
    BLANK,
    CONTINUES_WORD,
    HEADS,
    KEY_WIDTH,
    RATIOS,
    REACH,
    STARTS_WORD,
    VALUE_WIDTH,
    About,
    Bridge,
    anchors,
    neighbourhood,
    repeated,
    residual,
    slot_count,
)
from ingest.errors import BadWeights, BridgeMismatch
from ingest.space import Vectors

WIDTH, VOCABULARY = 24, 60
TABLE = np.random.default_rng(0).standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
SHAPE = np.array([(BLANK, STARTS_WORD, CONTINUES_WORD, STARTS_WORD)[i % 4] for i in range(VOCABULARY)], np.uint8)
ABOUT = About("tiny", "abc", WIDTH, space="words-1")


def rows(ids: Sequence[int]) -> Vectors:
    return TABLE[list(ids)]


def noise(*shape: int, seed: int = 1) -> Vectors:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def trained_tensors() -> dict[str, np.ndarray]:
    untrained = Bridge.untrained(ABOUT, SHAPE, rows)
    return untrained._tensors | {
        "query": noise(HEADS * KEY_WIDTH, WIDTH), "key": noise(HEADS * KEY_WIDTH, WIDTH, seed=2),
        "value": noise(HEADS * VALUE_WIDTH, WIDTH, seed=3), "out": noise(WIDTH, HEADS * VALUE_WIDTH, seed=4) / 100,
        "place": BANDS, "kept": noise(len(RATIOS), HEADS, seed=5), "offset": noise(len(RATIOS), WIDTH, seed=6) / 10,
        "meaning_linear": noise(WIDTH, 8), "meaning_bias": noise(WIDTH),
        "meaning_inner": noise(16, 8), "meaning_outer": noise(WIDTH, 16),
    }  # fmt: skip


passages = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=80)


@given(passages, st.sampled_from(RATIOS))
def test_a_passage_becomes_one_slot_per_ratio_tokens(ids: list[int], ratio: int) -> None:
    for bridge in (Bridge.untrained(ABOUT, SHAPE, rows), Bridge(ABOUT, trained_tensors(), rows)):
        slots = bridge.slots(ids, ratio)
        assert slots.shape == (slot_count(len(ids), ratio), WIDTH)
        assert slots.dtype == np.float32
        assert np.isfinite(slots).all()


@given(passages)
def test_untrained_slots_are_tokens_of_the_passage_in_their_order(ids: list[int]) -> None:
    bridge = Bridge.untrained(ABOUT, SHAPE, rows)
    for ratio in RATIOS:
        place = 0
        for slot in bridge.slots(ids, ratio):
            place = next(i for i in range(place, len(ids)) if (rows([ids[i]])[0] == slot).all()) + 1


@given(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=60))
def test_anchors_of_a_coarser_ratio_are_among_those_of_a_finer_one(scores: list[float]) -> None:
    found = [set(anchors(np.array(scores, np.float32), ratio).tolist()) for ratio in RATIOS]
    assert all(coarse <= fine for fine, coarse in pairwise(found))


def test_pieces_of_a_telling_word_stay_together() -> None:
    """A rare word of three pieces is chosen whole before any piece of a common one."""
    shape = np.full(VOCABULARY, STARTS_WORD, np.uint8)
    shape[[51, 52]] = CONTINUES_WORD
    bridge = Bridge.untrained(ABOUT, shape, rows)
    slots = bridge.slots([3, 2, 50, 51, 52, 4, 2, 3, 5, 4, 2, 3], 4)
    assert np.array_equal(slots, rows([50, 51, 52]))


def test_space_and_punctuation_are_never_chosen_before_words() -> None:
    bridge = Bridge.untrained(ABOUT, SHAPE, rows)
    blank, word = 56, 1
    assert np.array_equal(bridge.slots([blank, word, blank, blank], 4), rows([word]))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_repeated_marks_what_was_said_before(ids: list[int]) -> None:
    naive = [float(token in ids[:place]) for place, token in enumerate(ids)]
    assert repeated(np.array(ids)).tolist() == naive


def test_a_slot_carries_only_what_is_within_reach() -> None:
    tensors = trained_tensors()
    vectors = noise(100, WIDTH, seed=9)
    chosen = np.array([50])
    before = residual(vectors, chosen, 1, tensors)
    far, near = vectors.copy(), vectors.copy()
    far[[50 - REACH - 1, 50 + REACH + 1]] += 1
    near[50 + REACH] += 1
    assert np.array_equal(residual(far, chosen, 1, tensors), before)
    assert not np.allclose(residual(near, chosen, 1, tensors), before)


def test_the_neighbourhood_stays_inside_the_passage() -> None:
    near, inside = neighbourhood(np.array([0, 9]), 10)
    assert near.min() == 0
    assert near.max() == 9
    assert inside.sum(axis=1).tolist() == [10, 10]


def test_a_saved_bridge_reads_as_before(tmp_path: Path) -> None:
    bridge = Bridge(ABOUT, trained_tensors(), rows)
    bridge.save(tmp_path / "a.safetensors")
    loaded = Bridge.load(tmp_path / "a.safetensors", "abc", rows, "words-1")
    ids = list(range(40))
    assert np.allclose(loaded.slots(ids, 4), bridge.slots(ids, 4), atol=0.02)
    assert np.allclose(loaded.meant(noise(3, 8)), bridge.meant(noise(3, 8)), atol=0.05)
    assert loaded.about == ABOUT
    loaded.save(tmp_path / "b.safetensors")
    assert Bridge.load(tmp_path / "b.safetensors", "abc", rows).fingerprint == loaded.fingerprint != bridge.fingerprint


def test_a_bridge_for_another_model_or_space_is_refused(tmp_path: Path) -> None:
    Bridge(ABOUT, trained_tensors(), rows).save(tmp_path / "a.safetensors")
    with pytest.raises(BridgeMismatch, match="another model"):
        Bridge.load(tmp_path / "a.safetensors", "xyz", rows)
    with pytest.raises(BridgeMismatch, match="words-2"):
        Bridge.load(tmp_path / "a.safetensors", "abc", rows, "words-2")


def test_a_file_that_is_no_bridge_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(BadWeights, match=r"bad\.safetensors"):
        Bridge.load(tmp_path / "bad.safetensors", "abc", rows)
    with pytest.raises(BadWeights, match="none"):
        Bridge.load(tmp_path / "none.safetensors", "abc", rows)


def test_an_untrained_bridge_says_that_it_maps_words_only() -> None:
    bridge = Bridge.untrained(ABOUT, SHAPE, rows)
    assert not bridge.trained
    assert not bridge.maps_meaning
    with pytest.raises(BridgeMismatch, match="words only"):
        bridge.meant(noise(1, 8))


def test_meaning_depends_on_direction_only() -> None:
    bridge = Bridge(ABOUT, trained_tensors(), rows)
    vector = noise(1, 8)
    assert np.allclose(bridge.meant(vector), bridge.meant(3 * vector), atol=1e-4)
    assert not np.allclose(bridge.meant(vector), bridge.meant(-vector))


def test_uncertain_vectors_are_not_read() -> None:
    """Of a picture that is a dog at 0.9 and a cat at 0.05 the dog is told; two equally sure things are both told."""
    bridge = Bridge(ABOUT, trained_tensors(), rows)
    dog, cat = noise(8, seed=20), noise(8, seed=21)
    dog, cat = dog / np.linalg.norm(dog), cat / np.linalg.norm(cat)
    assert np.array_equal(bridge.meant(np.stack([0.9 * dog, 0.05 * cat])), bridge.meant(0.9 * dog))
    assert len(bridge.meant(np.stack([0.5 * dog, 0.5 * cat]))) == 2


def test_a_ratio_the_bridge_is_not_made_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="3"):
        Bridge.untrained(ABOUT, SHAPE, rows).slots([1, 2, 3], 3)
