"""The encoder of words, with its real weights."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.base.errors import BadWeights
from ingest.base.packed import BLOCK, read, unpacked
from ingest.space.encoders import words
from ingest.space.encoders.words import LANGUAGES, PREFIXES, Words, pool
from ingest.space.space import RATIO, unit
from ingest.text import pieces

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


def test_states_are_those_of_a_transformer_written_down_naively(encoder: Words) -> None:
    """BERT as its paper says it, token by token in numpy and float64, against the fast one."""
    model = pieces.model()
    ids = [model.begin, *pieces.ids(["query: 主軸 grease"])[0], model.end]
    (ours,) = encoder._model.states([ids])
    assert np.abs(ours - naive(encoder, ids)).max() < (0.1 if encoder._model.type.itemsize == 2 else 1e-3)
    assert _cosine(ours.mean(axis=0), naive(encoder, ids).mean(axis=0)) > 0.9995


def naive(encoder: Words, ids: list[int]) -> np.ndarray:
    model = pieces.model()

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + model.epsilon)
        return scaled * model.vector(f"{name}.w") + model.vector(f"{name}.b")

    def affine(x: np.ndarray, name: str) -> np.ndarray:
        return x @ model.matrix(f"{name}.w", x.shape[-1]).T.astype(np.float64) + model.vector(f"{name}.b")

    erf = np.vectorize(__import__("math").erf)
    x = model.rows("emb.word", ids).astype(np.float64) + model.vector("emb.pos").reshape(-1, 384)[: len(ids)]
    x = norm(x + model.vector("emb.type")[:384], "emb.ln")
    for layer in range(model.layers):
        at = f"l{layer}."
        q, k, v = (affine(x, at + part).reshape(len(ids), model.heads, -1).transpose(1, 0, 2) for part in "qkv")
        scores = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1]))
        mixed = (scores / scores.sum(axis=-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(ids), -1)
        x = norm(x + affine(mixed, at + "ao"), at + "aln")
        up = affine(x, at + "fi")
        x = norm(x + affine(up * 0.5 * (1 + erf(up / np.sqrt(2))), at + "fo"), at + "oln")
    return x


def test_blocks_of_four_bits_are_unpacked_as_their_format_says() -> None:
    blocks = np.frombuffer(np.random.default_rng(0).bytes(18 * 6), BLOCK).copy()
    blocks["scale"] = np.linspace(0.5, 1, 6)
    matrix = unpacked(blocks.reshape(2, 3))
    assert matrix.shape == (2, 96)
    for row, block, column in np.ndindex(2, 3, 32):
        one = blocks.reshape(2, 3)[row, block]
        byte = int(one["halves"][column % 16])
        half = byte & 15 if column < 16 else byte >> 4
        assert matrix[row, block * 32 + column] == np.float32((half - 8) * np.float32(one["scale"]))


def test_a_file_of_another_form_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "e5.bin"
    for content in (b"GGUF" + bytes(100), b"E5S1", b"E5S1" + bytes(100), b"E5S1\xff" * 200):
        file.write_bytes(content)
        with pytest.raises(BadWeights, match="is not a packed encoder"):
            read(file)


def test_texts_that_mean_the_same_lie_closer_whatever_their_language(encoder: Words) -> None:
    said = ["The cat is sleeping.", "猫が眠っています。", "The invoice is due on Friday.", "請求書は金曜日が期限です。"]
    cat, neko, invoice, seikyu = (p.address for p in encoder.place(said))
    assert min(cat @ neko - cat @ seikyu, neko @ cat - neko @ invoice) > 0.1
    assert min(invoice @ seikyu - invoice @ neko, seikyu @ invoice - seikyu @ cat) > 0.1


def test_the_mean_of_a_language_is_taken_out_of_every_state() -> None:
    """So the address is the mean of the slots still, and unrelated texts are about orthogonal."""
    plain = Words(1, np.zeros((len(PREFIXES), len(LANGUAGES), 384), np.float32))
    ours = Words(1)
    text = "三号機の点検が終わりました。"
    (before,), (after,) = plain.read([text]), ours.read([text])
    assert np.allclose(before.states - after.states, ours.means[0, LANGUAGES.index("ja")], atol=1e-5)
    (unrelated,) = ours.place(["The museum was opened by the queen in 1897."])
    assert abs(unrelated.address @ after.address) < 0.3 < before.address @ plain.place([text])[0].address


def test_a_question_is_read_as_one(encoder: Words) -> None:
    text = "How long is the warranty?"
    (passage,), (question,) = encoder.place([text]), encoder.place([text], question=True)
    assert passage.slots.shape == question.slots.shape
    assert 0.5 < passage.address @ question.address < 0.999


def test_neighbours_in_a_batch_change_nothing(encoder: Words) -> None:
    """A text lies where it lies alone, so that its place tells nothing of what else was read."""
    texts = ["short", LONG, "", "of middle length, with some more words", "短い", "short"]
    together = encoder.place(texts)
    for text, where in zip(texts, together, strict=True):
        (alone,) = encoder.place([text])
        assert _cosine(where.address, alone.address) > 0.9995
        assert np.linalg.norm(where.slots - alone.slots) < 0.03 * np.linalg.norm(alone.slots)


def test_a_long_text_is_never_cut(encoder: Words) -> None:
    """Every piece has its state: the end of a text far beyond one window is found in its slots."""
    (reading,) = encoder.read([LONG + "The password of the vault is marmalade."])
    assert len(reading.pieces) == len(reading.states) > 1.5 * words.WINDOW
    (tail,) = encoder.place(["The password of the vault is marmalade."])
    slots = unit(pool(reading.states, RATIO))
    best = int((slots @ tail.address).argmax())
    assert best >= len(slots) - 4


def test_an_empty_text_has_one_slot(encoder: Words) -> None:
    blank, spaces = encoder.place(["", "  \n"])
    assert blank.slots.shape[1] == 384
    assert len(blank.slots) == 1
    assert np.isfinite(blank.slots).all()
    assert np.array_equal(blank.address, spaces.address)


def test_no_text_at_all_is_no_error(encoder: Words) -> None:
    assert encoder.place([]) == []


def test_full_width_and_composed_forms_are_one(encoder: Words) -> None:
    ids = pieces.ids(["ＡＸ－２００のガード", "AX-200のガード", "AX-200のカ\u3099ート\u3099"])
    assert ids[0] == ids[1] == ids[2]


@given(st.text(alphabet="ab 　ＡB株㈱\u3099か\n", max_size=30))
def test_where_pieces_begin_is_where_they_stand_in_the_text(text: str) -> None:
    """Folding makes one character of several and several of one; places stay those of the text."""
    places = pieces.begins(text)
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)


def test_the_encoder_knows_which_language_it_knows(encoder: Words) -> None:
    for text in (
        "When was the spindle greased?",
        "主軸のグリースはいつ交換しましたか",
        "Когда смазали шпиндель?",
        "AX-200",
    ):
        assert encoder.fluency(text) > 0.9
    assert encoder.fluency("𓀀𓀁𓀂") < 0.7
    assert encoder.fluency("") == 0.0


@given(st.integers(1, 30), st.integers(1, 9))
def test_pooling_is_the_mean_of_neighbours(n: int, ratio: int) -> None:
    states = np.random.default_rng(n).standard_normal((n, 3)).astype(np.float32)
    expected = [states[i : i + ratio].mean(axis=0) for i in range(0, n, ratio)]
    assert np.allclose(pool(states, ratio), expected, atol=1e-6)
    assert np.array_equal(pool(states, 1), states)


@pytest.mark.slow
@pytest.mark.public
@pytest.mark.parametrize("file", ["squad_train_part", "jaquad"])
def test_answers_lie_near_their_questions(encoder: Words, shared: Path, file: str) -> None:
    """Of forty real questions nearly all have their own passage among the nearest three of forty."""
    with gzip.open(shared / "qa" / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chosen = list({row["context"]: row for row in rows}.values())[:40]
    passages = np.stack([p.address for p in encoder.place([row["context"] for row in chosen])])
    questions = np.stack([p.address for p in encoder.place([row["question"] for row in chosen], question=True)])
    nearest = np.argsort(-questions @ passages.T, axis=1)[:, :3]
    assert sum(i in row for i, row in enumerate(nearest)) >= 36


def test_importing_the_encoder_imports_no_torch() -> None:
    code = "import sys, ingest.space.encoders.words; print('torch' in sys.modules or 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def _cosine(left: np.ndarray, right: np.ndarray) -> float:
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))
