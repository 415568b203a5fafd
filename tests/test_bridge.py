"""The bridge: what of a passage a question is given, what wordless entities mean, and only for the model it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.model.bridge import About, Bridge, save
from assistant.model.relevance import RATIOS, soft_count
from ingest.base.errors import BadWeights, BridgeMismatch
from ingest.space.space import Vectors

WIDTH, VOCABULARY = 24, 60
TABLE = np.random.default_rng(0).standard_normal((VOCABULARY, WIDTH)).astype(np.float32)
NAMES = [
    (".", "Ġa", "b", "Ġc")[number % 4] + "xyz"[: number % 4] + str(number) * (number % 4 > 0)
    for number in range(VOCABULARY)
]
ABOUT = About("tiny", "abc", WIDTH, space="words-1")


class Kept(tuple[int, ...]):
    """What the mind below keeps of a passage: its ids, a byte each."""

    size = property(len)

    def only(self, places: Sequence[int]) -> tuple[int, ...]:
        return tuple(self[place] for place in places)


class Mind:
    """A model in miniature; `read` counts the passages it has read."""

    read = 0

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        return TABLE[list(ids)]

    def remember(self, ids: Sequence[int]) -> Kept:
        self.read += 1
        return Kept(ids)


MIND = Mind()


def noise(*shape: int, seed: int = 1) -> Vectors:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def trained_tensors() -> dict[str, np.ndarray]:
    return Bridge.untrained(ABOUT, NAMES, MIND)._tensors | {
        "meaning_linear": noise(WIDTH, 8), "meaning_bias": noise(WIDTH),
        "meaning_inner": noise(16, 8), "meaning_outer": noise(WIDTH, 16),
    }  # fmt: skip


passages = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=80)


@given(passages, passages, st.sampled_from(RATIOS))
def test_a_question_is_given_some_of_a_passage_in_its_order(ids: list[int], question: list[int], ratio: int) -> None:
    (kept,) = Bridge.untrained(ABOUT, NAMES, Mind()).kept([ids], ratio, question)
    assert len(kept) == soft_count(len(ids), ratio)
    rest = iter(ids)
    assert all(slot in rest for slot in kept)


def test_two_questions_about_a_passage_are_given_different_parts_of_it_and_it_is_read_once() -> None:
    mind = Mind()
    bridge = Bridge.untrained(ABOUT, NAMES, mind)
    passage = [3, *[1] * 20, 57, *[1] * 20, 53, 1]
    (first,), (second,) = bridge.kept([passage], 8, [57]), bridge.kept([passage], 8, [53])
    assert first != second
    assert 57 in first and 53 in second
    assert mind.read == 1


def test_what_was_kept_longest_unused_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    mind = Mind()
    bridge = Bridge.untrained(ABOUT, NAMES, mind)
    monkeypatch.setattr("assistant.model.bridge.REMEMBERED", 24)  # bytes: two passages of twelve tokens
    for start, read in ((0, 1), (0, 1), (20, 2), (0, 2), (40, 3), (0, 3), (20, 4)):
        bridge.kept([range(start, start + 12)], 2)
        assert mind.read == read


def test_doubt_is_the_models_own_wish_to_refuse_until_the_bridge_has_learned_to_scale_it() -> None:
    plain = Bridge.untrained(ABOUT, NAMES, MIND)
    assert [plain.doubt(odds) for odds in (-90.0, 0.0, 90.0)] == pytest.approx([0, 0.5, 1], abs=1e-9)
    scaled = Bridge(ABOUT, plain._tensors | {"doubt": np.array([2, 3], np.float32)}, MIND)
    assert scaled.doubt(-1.5) == pytest.approx(0.5)
    assert scaled.doubt(-2.0) < 0.5 < scaled.doubt(-1.0)


def test_a_saved_bridge_reads_as_before(tmp_path: Path) -> None:
    bridge = Bridge(ABOUT, trained_tensors(), MIND)
    save(ABOUT, bridge._tensors, tmp_path / "a.safetensors")
    loaded = Bridge.load(tmp_path / "a.safetensors", "abc", MIND, "words-1")
    ids = list(range(40))
    assert loaded.kept([ids], 4) == bridge.kept([ids], 4)
    assert np.allclose(loaded.meant(noise(3, 8)), bridge.meant(noise(3, 8)), atol=0.05)
    assert loaded.about == ABOUT
    save(ABOUT, loaded._tensors, tmp_path / "b.safetensors")
    assert Bridge.load(tmp_path / "b.safetensors", "abc", MIND).fingerprint == loaded.fingerprint != bridge.fingerprint


def test_a_bridge_for_another_model_or_space_is_refused(tmp_path: Path) -> None:
    save(ABOUT, trained_tensors(), tmp_path / "a.safetensors")
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
    bridge = Bridge.untrained(ABOUT, NAMES, MIND)
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
        Bridge.untrained(ABOUT, NAMES, MIND).kept([[1, 2, 3]], 3)
