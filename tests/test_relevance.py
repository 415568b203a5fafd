"""Which tokens of a passage a question needs: chosen in order, whole words, more of the answer than by rarity alone."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.fit.chooser import Network, Sample, coverage, fit, passages, samples, spans_of
from assistant.model import chooser
from assistant.model.llm import Llm
from assistant.model.relevance import (
    BLANK,
    CONTINUES_WORD,
    FEWEST,
    RATIOS,
    STARTS_WORD,
    WINDOWS,
    Selector,
    Tensors,
    network,
    repeated,
    shared,
    signs,
    soft_count,
    token_shapes,
    token_stems,
)
from ingest.base.errors import AdapterMismatch, BadInput, BadWeights
from ingest.space.space import Vectors
from tests.tiny_gguf import write_model

NAMES = [
    one.encode()
    for one in (" ", " the", " spindle", " Spindles", " torque", "que", " 48", ".", " oil", " room", " noon", " pump")
]
BLANK_ID, THE, SPINDLE, SPINDLES, TORQUE, PIECE, FIGURE, STOP, OIL, ROOM, NOON, PUMP = range(len(NAMES))
TABLES: Tensors = {
    "rarity": np.array([0.0, 0.01, 0.6, 0.7, 0.6, 0.3, 0.5, 0.0, 0.4, 0.4, 0.4, 0.4], np.float32),
    "shape": token_shapes(NAMES),
    "stem": token_stems(NAMES),
}
ids_of = st.lists(st.integers(0, len(NAMES) - 1), min_size=1, max_size=60)


def no_rows(ids: Sequence[int]) -> Vectors:
    raise AssertionError("an untrained selector needs no embeddings")


UNTRAINED = Selector(no_rows, TABLES)


def chosen(ids: Sequence[int], ratio: int, question: Sequence[int] = ()) -> list[int]:
    return UNTRAINED.anchors([(ids, ratio)], question)[0]


@given(ids_of, ids_of, st.sampled_from(RATIOS))
def test_as_many_are_chosen_as_the_ratio_says_in_reading_order_and_the_last_always(
    ids: list[int], question: list[int], ratio: int
) -> None:
    places = chosen(ids, ratio, question)
    assert places == sorted(set(places))
    assert len(places) == soft_count(len(ids), ratio)
    assert places[-1] == len(ids) - 1


@given(
    st.lists(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=30), min_size=1, max_size=4),
    st.sampled_from(RATIOS),
)
def test_sources_share_their_soft_tokens_as_taking_the_best_one_by_one_would(
    scores: list[list[float]], ratio: int
) -> None:
    """First what every source keeps: its last token and its best; then the best of all, the earlier first."""
    given_scores = [np.array(one, np.float32) for one in scores]
    room = sum(soft_count(len(one), ratio) for one in scores)
    naive = []
    for one in given_scores:
        best = sorted(range(len(one) - 1), key=lambda place: (-one[place], place))
        naive.append({len(one) - 1, *best[: FEWEST - 1]})
    while sum(map(len, naive)) < room:
        left = [(-one[t], k, t) for k, one in enumerate(given_scores) for t in range(len(one)) if t not in naive[k]]
        _, source, place = min(left)
        naive[source].add(place)
    assert shared(given_scores, room) == [sorted(one) for one in naive]


@given(st.lists(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=60), min_size=1, max_size=3))
def test_what_is_chosen_at_a_coarser_ratio_is_chosen_at_a_finer_one(scores: list[list[float]]) -> None:
    made = [np.array(one, np.float32) for one in scores]
    found = [shared(made, sum(soft_count(len(one), ratio) for one in made)) for ratio in RATIOS]
    for finer, coarser in pairwise(found):
        assert all(set(few) <= set(many) for many, few in zip(finer, coarser, strict=True))


def test_the_source_that_the_question_is_about_gets_most_of_the_soft_tokens() -> None:
    about, other = [SPINDLE, FIGURE, *[OIL, ROOM] * 20, STOP], [*[THE, ROOM] * 21, STOP]
    first, second = UNTRAINED.anchors([(about, 4), (other, 4)], [SPINDLE])
    assert len(first) + len(second) == 2 * soft_count(43, 4)
    assert len(second) == FEWEST


def test_a_short_passage_keeps_a_few_tokens_at_any_ratio() -> None:
    assert [soft_count(tokens, 16) for tokens in (1, 3, 20, 64, 65)] == [1, 3, FEWEST, FEWEST, 5]


def test_a_ratio_no_passage_is_given_at_is_an_error() -> None:
    with pytest.raises(ValueError, match="3"):
        chosen([1, 2, 3], 3)


def test_without_training_what_stands_near_the_words_of_the_question_is_chosen() -> None:
    """The form of the word does not matter, and a common word of the question counts nothing."""
    passage = [OIL, ROOM, *[THE] * 30, THE, SPINDLES, FIGURE, THE, *[THE] * 30, NOON, PUMP, STOP]
    assert {passage.index(SPINDLES), passage.index(FIGURE)} <= set(chosen(passage, 16, [THE, SPINDLE]))


def test_pieces_of_a_word_stay_together_and_blanks_come_last() -> None:
    passage = [THE, BLANK_ID, TORQUE, PIECE, PIECE, THE, STOP, THE, THE, BLANK_ID, THE, THE, BLANK_ID, STOP, THE, STOP]
    assert chosen(passage, 4) == [2, 3, 4, 15]


def test_names_of_tokens_say_what_they_are_to_their_word() -> None:
    assert TABLES["shape"].tolist()[:8] == [
        BLANK, STARTS_WORD, STARTS_WORD, STARTS_WORD, STARTS_WORD, CONTINUES_WORD, STARTS_WORD, BLANK
    ]  # fmt: skip
    assert TABLES["stem"][SPINDLE] == TABLES["stem"][SPINDLES] != TABLES["stem"][TORQUE]


def test_where_words_are_written_without_spaces_every_token_begins_one() -> None:
    pieces = ["東京", "は", "。", "3", "é"]
    assert token_shapes([one.encode() for one in pieces]).tolist() == [
        STARTS_WORD, STARTS_WORD, BLANK, CONTINUES_WORD, CONTINUES_WORD
    ]  # fmt: skip
    lead, rest = "東".encode()[:2], "東".encode()[2:]
    assert token_shapes([lead, rest]).tolist() == [STARTS_WORD, CONTINUES_WORD]


@given(ids_of, ids_of)
def test_the_signs_of_a_token_are_what_counting_one_by_one_gives(ids: list[int], question: list[int]) -> None:
    found = signs(np.array(ids), np.array(question), TABLES)
    rarity, shape, stem = (TABLES[name] for name in ("rarity", "shape", "stem"))
    asked = {stem[id] for id in question if shape[id] != BLANK and rarity[id] > 0.12}
    match = [float(rarity[id]) if stem[id] in asked else 0.0 for id in ids]
    for place, id in enumerate(ids):
        near = [
            min(sum(match[max(0, place - reach) : place + reach + 1]), 2 * scale) / scale for reach, scale in WINDOWS
        ]
        wanted = [rarity[id], float(shape[id] == BLANK), float(id in ids[:place]), match[place], *near]
        assert found[place] == pytest.approx(wanted, abs=1e-5)


@given(ids_of)
def test_repeated_marks_what_was_said_before(ids: list[int]) -> None:
    assert repeated(np.array(ids)).tolist() == [float(token in ids[:place]) for place, token in enumerate(ids)]


# -- the network -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(ids_of, st.lists(st.integers(0, len(NAMES) - 1), max_size=12)), min_size=1, max_size=4))
def test_serving_scores_as_training_does_whatever_else_is_in_the_batch(
    pairs: list[tuple[list[int], list[int]]],
) -> None:
    """With a question or without one."""
    torch.manual_seed(0)
    embedding = torch.randn(len(NAMES), 8).half().float()
    trained = Network(embedding, range(len(NAMES)), dict(TABLES)).eval()
    made = [Sample(tuple(ids), tuple(question), ()) for ids, question in pairs]
    with torch.no_grad():
        theirs = trained(*trained.batch(made)).numpy()
    rows, tables = embedding.numpy(), dict(TABLES) | trained.table()
    for row, (ids, question) in zip(theirs, pairs, strict=True):
        given_signs = signs(np.array(ids), np.array(question, np.int64), tables)
        ours = network(rows[ids], rows[question].reshape(-1, 8), given_signs, tables)
        assert np.allclose(ours, row[: len(ids)], atol=1e-4)


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> Llm:
    return Llm(write_model(tmp_path_factory.mktemp("model") / "tiny.gguf"), context=64, threads=1)


@given(st.text("ab漢 ", min_size=1, max_size=30), st.text("ab漢", min_size=1, max_size=3), st.integers(1, 3))
def test_where_an_answer_stands(said: str, answer: str, size: int) -> None:
    """The fewest tokens, cut anywhere, that hold all of it."""
    data, wanted = said.encode(), answer.encode()
    places = sorted({*range(0, len(data), size), len(data)})
    for begin, end in spans_of(data, wanted, places):
        assert wanted in data[places[begin] : places[end]]
        assert wanted not in data[places[begin + 1] : places[end]] or said.count(answer) > 1
    assert bool(list(spans_of(data, wanted, places))) == (answer in said)


def written(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))
    return path


def test_short_passages_are_read_together_and_their_answers_stand_where_they_stood(llm: Llm, tmp_path: Path) -> None:
    rows = [{"context": f"box {n}", "question": "where?", "answer": str(n)} for n in range(4)]
    rows.append({"context": "box 4", "question": "who?", "answer": ""})
    rows.append({"context": "box 5", "question": "who?", "answer": "said by nobody"})
    made = list(samples(passages(written(tmp_path / "a.jsonl.gz", rows), llm.vocabulary)))
    assert len(made) == 5
    assert len({sample.ids for sample in made}) == 1
    for number, sample in enumerate(made[:4]):
        assert {llm.vocabulary.detokenize(sample.ids[a:b]) for a, b in sample.spans} == {str(number)}
    assert made[4].spans == ()


def test_files_of_another_form_are_refused(llm: Llm, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(BadInput, match=r"a\.jsonl"):
        list(passages(tmp_path / "a.jsonl.gz", llm.vocabulary))


def test_trained_the_network_keeps_the_answer_where_rarity_does_not(llm: Llm, tmp_path: Path) -> None:
    """What follows the letter that is asked for is the answer, however common it is; a file of it fits its model alone."""
    chance = np.random.default_rng(0)

    def row() -> dict[str, object]:
        letters = chance.choice(list("abcdefgh"), 150).tolist()
        place, asked, answer = (
            int(chance.integers(10, 140)),
            chance.choice(list("WXYZ")),
            chance.choice(list("0123456789")),
        )
        letters[place : place + 2] = asked, answer
        for other in set("WXYZ") - {asked}:
            letters[(place + 20 + 7 * ord(other)) % 148] = other
        return {"context": "".join(letters), "question": str(asked), "answer": str(answer)}

    file = written(tmp_path / "a.jsonl.gz", [row() for _ in range(400)])
    fitted = fit([file], llm.vocabulary, llm.embedding_rows, steps=120)
    chooser.save(tmp_path / "made.safetensors", llm.path, fitted.tables, "this test")
    made = chooser.load(tmp_path / "made.safetensors", llm)
    assert coverage(fitted.held, made, 16) > 0.9
    other = Llm(write_model(tmp_path / "other.gguf", seed=1), context=64)
    with pytest.raises(AdapterMismatch):
        chooser.load(tmp_path / "made.safetensors", other)
    (tmp_path / "made.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadWeights):
        chooser.load(tmp_path / "made.safetensors", llm)
