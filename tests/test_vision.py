"""A picture is placed among words by what the classifier sees in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from PIL import Image

from assistant.evaluate.pictures import recall
from ingest.space.encoders.vision import EfficientNetLite, middle, salient, softmax, things, whole
from ingest.space.space import Placed, placed, unit


class Letters:
    """A working space in miniature: a text lies where its letters are counted."""

    name = "letters"
    fingerprint = "letters/1"
    dim = 26

    def place(self, texts: Sequence[str]) -> list[Placed]:
        counts = [[text.lower().count(chr(97 + i)) + 0.01 for i in range(26)] for text in texts]
        return [placed(np.array([row], np.float32)) for row in counts]


@pytest.fixture(scope="module")
def sight(tmp_path_factory: pytest.TempPathFactory) -> EfficientNetLite:
    return EfficientNetLite(Letters(), tmp_path_factory.mktemp("cache"))


def test_the_classes_are_those_of_the_classifier() -> None:
    """1,000 in the published order, each with a definition."""
    assert len(things()) == 1000
    assert [things()[i].name for i in (0, 285, 999)] == ["tench", "Egyptian cat", "toilet tissue"]
    assert all(": " in thing.text for thing in things())


def test_the_mean_of_a_placement_is_the_convex_combination(sight: EfficientNetLite) -> None:
    """ConSE: the address is the mean of class vectors, weighted by certainty."""
    logits = np.zeros(1000, np.float32)
    logits[[3, 14, 159]] = 20, 19, 18
    seen = sight.placed(logits, (0, 0, 1, 1))
    weights = softmax(logits)[[3, 14, 159]]
    expected = unit((weights[:, None] * sight.class_vectors[[3, 14, 159]]).sum(axis=0))
    assert placed(seen.meaning).address @ expected > 0.9999
    assert [name for name, _ in seen.names[:3]] == [things()[i].name for i in (3, 14, 159)]


def test_class_vectors_are_kept_and_found_again(sight: EfficientNetLite) -> None:
    """Placing the names costs seconds, so it is done once per space."""
    first = sight.class_vectors
    files = list(sight.cache.iterdir())
    assert [file.name for file in files] == ["imagenet-letters-1.npy"]
    np.testing.assert_array_equal(EfficientNetLite(Letters(), sight.cache).class_vectors, first)


def test_captions_say_what_is_seen_and_how_surely(sight: EfficientNetLite) -> None:
    """Names below 0.02 are left out unless there is no other."""
    logits = np.zeros(1000, np.float32)
    logits[0] = 12
    assert sight.placed(logits, (0, 0, 1, 1)).caption.startswith("tench 0.9")
    assert "," not in sight.placed(logits, (0, 0, 1, 1)).caption


def test_preprocessing_takes_the_middle_and_scales_as_published() -> None:
    """The middle 7/8 of the shorter side, 224 x 224, (value - 127) / 128."""
    image = Image.new("RGB", (640, 320), "black")
    image.paste((255, 255, 255), (200, 40, 440, 280))
    array = middle(image)
    assert array.shape == (224, 224, 3)
    assert array[112, 112, 0] == pytest.approx(1.0)
    assert array[0, 0, 0] == pytest.approx(-127 / 128)


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_whole_picture_fits_the_network_whatever_its_shape(width: int, height: int) -> None:
    """Sides are multiples of 32 between 320 and 640."""
    rows, columns, _ = whole(Image.new("RGB", (width, height))).shape
    assert all(side % 32 == 0 and 320 <= side <= 640 for side in (rows, columns))


@given(
    nps.arrays(
        np.float32, st.tuples(st.integers(3, 8), st.integers(3, 8), st.just(4)), elements=st.floats(0, 1, width=32)
    )
)
def test_salient_boxes_lie_in_the_picture(shares: np.ndarray) -> None:
    """Whatever the map, boxes have an area and stay inside."""
    for x0, y0, x1, y1 in salient(shares, (300, 200)):
        assert 0 <= x0 < x1 <= 300
        assert 0 <= y0 < y1 <= 200


def test_salient_boxes_surround_cells_that_agree() -> None:
    """Three by three sure cells of one class in a map of ten by ten, with half a cell of margin."""
    shares = np.full((10, 10, 2), 0.1, np.float32)
    shares[2:5, 6:9, 1] = 0.9
    assert salient(shares, (1000, 1000)) == [(550.0, 150.0, 950.0, 550.0)]


@pytest.mark.slow
def test_photographs_are_recognised(shared: Path) -> None:
    """The real weights on real photographs: at least 8 of the first 10 classes are named first."""
    sight = EfficientNetLite(Letters(), Path("/nowhere"))
    files = sorted((shared / "images" / "imagenet_sample").glob("*.jpg"))[::20]
    logits = sight.logits([Image.open(file).convert("RGB") for file in files])
    named = [things()[i].name.replace(" ", "_") for i in logits.argmax(axis=1)]
    assert sum(name in file.stem for name, file in zip(named, files, strict=True)) >= 8


@pytest.mark.slow
def test_a_part_that_stands_out_gets_a_box(sight: EfficientNetLite, shared: Path) -> None:
    """The guinea pig sits in the upper left of its picture."""
    picture = Image.open(shared / "images" / "guineapig_grass.jpg").convert("RGB")
    (region,) = sight.regions(picture)
    assert region.names[0][0] == "guinea pig"
    assert region.box[0] < 410 < region.box[2]
    assert region.box[3] < picture.height


def test_recall_counts_ties_as_misses() -> None:
    """An answer that is as near as the right one may have been shown first."""
    same = np.ones((2, 1), np.float32)
    assert recall(same, same, [0, 1], 1) == 0.0
    assert recall(same, same, [0, 1], 2) == 1.0
