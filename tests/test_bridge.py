"""The bridge: which tokens of a passage are kept, what wordless entities mean, and only for the model it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bridge import (
    BLANK,
    CONTINUES_WORD,
    RATIOS,
    STARTS_WORD,
    About,
    Bridge,
    anchors,
    repeated,
    slot_count,
)
from ingest.errors import BadWeights, BridgeMismatch
from ingest.space import Vectors

WIDTH, VOCABULARY = 24, 60
TABLE = np.random.default_rng(0).standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
SHAPE = np.array([(BLANK, STARTS_WORD, CONTINUES_WORD, STARTS_WORD)[i % 4] for i in range(VOCABULARY)], np.uint8)
ABOUT = About("tiny", "abc", WIDTH, space="words-1")


class Kept(tuple[int, ...]):
    """What the mind below keeps of a passage: the ids of the anchors, a byte each."""

    places: tuple[int, ...] = ()
    size = property(len)


class Mind:
    """A model in miniature; `read` counts the passages it has read."""

    read = 0

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        return TABLE[list(ids)]

    def remember(self, ids: Sequence[int], anchors: Sequence[int]) -> Kept:
        self.read += 1
        kept = Kept(ids[place] for place in anchors)
        kept.places = tuple(anchors)
        return kept

    def thinned(self, kept: Kept, anchors: Sequence[int]) -> Kept:
        return Kept(id for id, place in zip(kept, kept.places, strict=True) if place in anchors)


MIND = Mind()


def noise(*shape: int, seed: int = 1) -> Vectors:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def trained_tensors() -> dict[str, np.ndarray]:
    return Bridge.untrained(ABOUT, SHAPE, MIND)._tensors | {
        "meaning_linear": noise(WIDTH, 8), "meaning_bias": noise(WIDTH),
        "meaning_inner": noise(16, 8), "meaning_outer": noise(WIDTH, 16),
    }  # fmt: skip


passages = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=80)


@given(passages, st.sampled_from(RATIOS))
def test_a_passage_becomes_one_slot_per_ratio_tokens_in_their_order(ids: list[int], ratio: int) -> None:
    slots = Bridge.untrained(ABOUT, SHAPE, Mind()).slots(ids, ratio)
    assert len(slots) == slot_count(len(ids), ratio)
    rest = iter(ids)
    assert all(slot in rest for slot in slots)


@given(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=60))
def test_anchors_of_a_coarser_ratio_are_among_those_of_a_finer_one(scores: list[float]) -> None:
    found = [set(anchors(np.array(scores, np.float32), ratio).tolist()) for ratio in RATIOS]
    assert all(coarse <= fine for fine, coarse in pairwise(found))


def test_pieces_of_a_telling_word_stay_together() -> None:
    """A rare word of three pieces is chosen whole before any piece of a common one."""
    shape = np.full(VOCABULARY, STARTS_WORD, np.uint8)
    shape[[51, 52]] = CONTINUES_WORD
    bridge = Bridge.untrained(ABOUT, shape, MIND)
    slots = bridge.slots([3, 2, 50, 51, 52, 4, 2, 3, 5, 4, 2, 3], 4)
    assert slots == (50, 51, 52)


def test_space_and_punctuation_are_never_chosen_before_words() -> None:
    bridge = Bridge.untrained(ABOUT, SHAPE, MIND)
    blank, word = 56, 1
    assert bridge.slots([blank, word, blank, blank], 4) == (word,)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_repeated_marks_what_was_said_before(ids: list[int]) -> None:
    naive = [float(token in ids[:place]) for place, token in enumerate(ids)]
    assert repeated(np.array(ids)).tolist() == naive


@given(passages)
def test_coarser_slots_come_from_finer_ones_without_reading_again(ids: list[int]) -> None:
    mind = Mind()
    bridge = Bridge.untrained(ABOUT, SHAPE, mind)
    bridge.slots(ids, 2)
    assert all(bridge.slots(ids, ratio) == Bridge.untrained(ABOUT, SHAPE, Mind()).slots(ids, ratio) for ratio in (4, 8, 16))
    assert mind.read == 1


def test_slots_are_made_once_and_those_longest_unused_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    mind = Mind()
    bridge = Bridge.untrained(ABOUT, SHAPE, mind)
    monkeypatch.setattr("assistant.bridge.REMEMBERED", 12)  # bytes: twelve slots of this mind
    first = bridge.slots(range(12), 2)
    assert bridge.slots(range(12), 2) is first
    assert mind.read == 1
    bridge.slots(range(20, 32), 2)
    assert bridge.slots(range(12), 2) is first
    bridge.slots(range(40, 52), 2)
    assert bridge.slots(range(12), 2) is first
    assert mind.read == 3
    bridge.slots(range(20, 32), 2)
    assert mind.read == 4


def test_a_saved_bridge_reads_as_before(tmp_path: Path) -> None:
    bridge = Bridge(ABOUT, trained_tensors(), MIND)
    bridge.save(tmp_path / "a.safetensors")
    loaded = Bridge.load(tmp_path / "a.safetensors", "abc", MIND, "words-1")
    ids = list(range(40))
    assert loaded.slots(ids, 4) == bridge.slots(ids, 4)
    assert np.allclose(loaded.meant(noise(3, 8)), bridge.meant(noise(3, 8)), atol=0.05)
    assert loaded.about == ABOUT
    loaded.save(tmp_path / "b.safetensors")
    assert Bridge.load(tmp_path / "b.safetensors", "abc", MIND).fingerprint == loaded.fingerprint != bridge.fingerprint


def test_a_bridge_for_another_model_or_space_is_refused(tmp_path: Path) -> None:
    Bridge(ABOUT, trained_tensors(), MIND).save(tmp_path / "a.safetensors")
    with pytest.raises(BridgeMismatch, match="another model"):
        Bridge.load(tmp_path / "a.safetensors", "xyz", MIND)
    with pytest.raises(BridgeMismatch, match="words-2"):
        Bridge.load(tmp_path / "a.safetensors", "abc", MIND, "words-2")


def test_a_file_that_is_no_bridge_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(BadWeights, match=r"bad\.safetensors"):
        Bridge.load(tmp_path / "bad.safetensors", "abc", MIND)
    with pytest.raises(BadWeights, match="none"):
        Bridge.load(tmp_path / "none.safetensors", "abc", MIND)


def test_an_untrained_bridge_says_that_it_maps_words_only() -> None:
    bridge = Bridge.untrained(ABOUT, SHAPE, MIND)
    assert not bridge.maps_meaning
    with pytest.raises(BridgeMismatch, match="words only"):
        bridge.meant(noise(1, 8))


def test_meaning_depends_on_direction_only() -> None:
    bridge = Bridge(ABOUT, trained_tensors(), MIND)
    vector = noise(1, 8)
    assert np.allclose(bridge.meant(vector), bridge.meant(3 * vector), atol=1e-4)
    assert not np.allclose(bridge.meant(vector), bridge.meant(-vector))


def test_uncertain_vectors_are_not_read() -> None:
    """Of a picture that is a dog at 0.9 and a cat at 0.05 the dog is told; two equally sure things are both told."""
    bridge = Bridge(ABOUT, trained_tensors(), MIND)
    dog, cat = noise(8, seed=20), noise(8, seed=21)
    dog, cat = dog / np.linalg.norm(dog), cat / np.linalg.norm(cat)
    assert np.array_equal(bridge.meant(np.stack([0.9 * dog, 0.05 * cat])), bridge.meant(0.9 * dog))
    assert len(bridge.meant(np.stack([0.5 * dog, 0.5 * cat]))) == 2


def test_a_ratio_the_bridge_is_not_made_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="3"):
        Bridge.untrained(ABOUT, SHAPE, MIND).slots([1, 2, 3], 3)
