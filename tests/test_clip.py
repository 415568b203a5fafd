"""A CLIP model is loaded from safetensors and aligned with the space by a closed-form map fitted on texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest.base.errors import BadWeights, MissingPart
from ingest.space.encoders.clip import Alignment, Clip, aligned
from ingest.space.encoders.vision import NOISE, Sight, things
from ingest.space.space import Vectors, unit
from tests.test_vision import Letters


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of the real class with tiny dimensions and random weights, saved as a real one would be."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("models") / "tiny-clip"
    marks = [chr(code) for code in range(33, 127)]
    vocab = {
        mark: i
        for i, mark in enumerate([*marks, *(f"{mark}</w>" for mark in marks), "<|startoftext|>", "<|endoftext|>"])
    }
    size = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = {**size, "vocab_size": 190, "bos_token_id": 188, "eos_token_id": 189, "pad_token_id": 189}
    config = CLIPConfig(text_config=text, vision_config={**size, "image_size": 32, "patch_size": 8}, projection_dim=48)
    CLIPModel(config).save_pretrained(path)
    CLIPTokenizer(vocab=vocab, merges=[]).save_pretrained(path)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=32).save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def clip(folder: Path) -> Clip:
    return Clip(folder, Letters(), folder / "alignment.safetensors")


def photographs(count: int) -> list[Image.Image]:
    noise = np.random.default_rng(0)
    return [Image.fromarray(noise.integers(0, 255, (40, 60, 3), np.uint8)) for _ in range(count)]


def recall(asked: Vectors, answers: Vectors) -> float:
    """Share of rows whose own answer is the nearest."""
    return float(((unit(asked) @ unit(answers).T).argmax(axis=1) == np.arange(len(asked))).mean())


def test_the_weights_are_safetensors(folder: Path) -> None:
    """Nothing that could execute is read."""
    assert (folder / "model.safetensors").is_file()
    assert not list(folder.glob("*.bin"))


@pytest.mark.slow
def test_texts_it_was_not_fitted_on_come_out_where_the_space_has_them(clip: Clip) -> None:
    """The map, fitted on half of the names of things, brings the other half nearer than chance by far."""
    kinds = things()[::4]
    alignment = clip.align([], kinds[::2])
    names = [thing.name for thing in kinds[1::2]]
    there = np.stack([place.address for place in clip.space.place(names)]) - alignment.centre
    here = alignment.of_texts(clip.texts(names)) - alignment.centre
    assert recall(here, there) > 20 / len(names)


@pytest.mark.slow
def test_pictures_are_seen_through_the_same_interface(clip: Clip) -> None:
    """Named, placed in the space, with the box of the whole picture."""
    clip.align(photographs(8), things()[:50])
    sight: Sight = clip
    first, second = sight.see(photographs(2))
    assert first.box == (0, 0, 60, 40)
    assert first.meaning.shape == (1, 26)
    assert len(first.names) == 10
    assert bool(first.caption) == (first.names[0][1] >= NOISE)  # random weights are sure of nothing
    assert not np.allclose(first.meaning, second.meaning)
    assert sight.see([]) == []


def test_the_alignment_is_kept(clip: Clip) -> None:
    """A second instance reads what the first one fitted."""
    fitted = clip.align(photographs(4), things()[:40])
    again = Clip(clip.folder, clip.space, clip.file).alignment
    np.testing.assert_array_equal(again.map, fitted.map)
    np.testing.assert_array_equal(again.picture_mean, fitted.picture_mean)


def world(seed: int, gap: float, noise: float) -> tuple[Vectors, Vectors, Vectors]:
    """Texts in the linguistic space, their features, and features of their pictures, which lie apart by `gap`."""
    random = np.random.default_rng(seed)
    places = unit(random.standard_normal((400, 24)).astype(np.float32))
    features = places @ random.standard_normal((24, 32)).astype(np.float32)
    apart = gap * unit(random.standard_normal(32).astype(np.float32))
    texts = unit(features)
    pictures = texts + apart + noise * random.standard_normal(texts.shape).astype(np.float32)
    return places, texts, pictures


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.5, 3.0))
def test_without_its_mean_a_modality_has_no_gap(seed: int, gap: float) -> None:
    """The distance of the means and the recall of pictures by texts, before and after centring."""
    places, texts, pictures = world(seed, gap, noise=0.02)
    before, after = (
        aligned(texts[:200], places[:200], np.empty((0, 32))),
        aligned(texts[:200], places[:200], pictures[:200]),
    )
    there = places[200:]

    def apart(alignment: Alignment) -> float:
        shown = alignment.of_pictures(pictures[200:])
        return float(np.linalg.norm(shown.mean(axis=0) - alignment.of_texts(texts[200:]).mean(axis=0)))

    assert apart(after) < 0.5 * apart(before)
    assert recall(there, after.of_pictures(pictures[200:])) >= recall(there, before.of_pictures(pictures[200:]))
    assert recall(there, after.of_pictures(pictures[200:])) > 0.9


def test_the_map_is_the_one_that_made_the_data() -> None:
    """Exact but for the ridge: texts that were not fitted on are placed within a few degrees."""
    places, texts, _ = world(0, 0.0, 0.0)
    alignment = aligned(texts[:300], places[:300], texts)
    assert (alignment.of_texts(texts[300:]) * places[300:]).sum(axis=1).min() > 0.9


def test_what_is_missing_or_broken_is_said(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(MissingPart, match="there is no model in"):
        Clip(tmp_path, Letters(), tmp_path / "a").pictures(photographs(1))
    with pytest.raises(MissingPart, match="is not aligned"):
        Clip(folder, Letters(), tmp_path / "a").see(photographs(1))
    (tmp_path / "config.json").write_text('{"model_type": "nonsense"}')
    with pytest.raises(BadWeights, match="does not hold a CLIP"):
        Clip(tmp_path, Letters(), tmp_path / "a").pictures(photographs(1))
    (tmp_path / "b").write_bytes(b"nonsense")
    with pytest.raises(BadWeights, match="not an alignment"):
        Alignment.load(tmp_path / "b")
