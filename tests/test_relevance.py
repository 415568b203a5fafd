"""Which tokens of a passage a question needs: chosen in order, whole words, more of the answer than by rarity alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assistant.fit.config import FitConfig
from assistant.fit.data import Corpus
from assistant.fit.passage import Ask, Passage
from assistant.fit.relevance import Network, Sample, answer_spans, coverage, drawn_from, fit_relevance
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
from assistant.model.tokens import Tokens
from ingest.space.space import Vectors
from tests.tiny_gguf import write_model

NAMES = ["Ġ", "Ġthe", "Ġspindle", "ĠSpindles", "Ġtorque", "que", "Ġ48", ".", "Ġoil", "Ġroom", "Ġnoon", "Ġpump"]
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
def test_sources_share_their_soft_tokens_as_taking_the_best_one_by_one_would(scores: list[list[float]], ratio: int) -> None:
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
    embedding = torch.randn(len(NAMES), 8)
    trained = Network(embedding, dict(TABLES)).eval()
    samples = [Sample(tuple(ids), tuple(question), ()) for ids, question in pairs]
    with torch.no_grad():
        theirs = trained(*trained.batch(samples)).numpy()
    rows, tables = embedding.numpy(), dict(TABLES) | trained.table()
    for row, (ids, question) in zip(theirs, pairs, strict=True):
        given_signs = signs(np.array(ids), np.array(question, np.int64), tables)
        ours = network(rows[ids], rows[question].reshape(-1, 8), given_signs, tables)
        assert np.allclose(ours, row[: len(ids)], atol=1e-4)


@pytest.fixture
def config(tmp_path: Path) -> FitConfig:
    return FitConfig(write_model(tmp_path / "tiny.gguf"), tmp_path, tmp_path / "run", relevance_steps=150)


def test_where_an_answer_stands(config: FitConfig) -> None:
    """After a space, at the beginning of a line or after a bracket; whole answers only. Answers are learned with a space."""
    tokens = Tokens(config.llm)
    ids = tuple(tokens.ids(" ab cd\nab c (cd)"))
    told = {
        (tokens.text(ids[a:b]).strip(), b)
        for word in ("ab", "cd")
        for a, b in answer_spans(ids, Ask((), tuple(tokens.ids(f" {word}"))), tokens)
    }
    assert sorted(word for word, _ in told) == ["ab", "ab", "cd", "cd"]
    assert not list(answer_spans(ids, Ask((), ()), tokens))


def test_short_passages_are_read_together_and_their_answers_stand_where_they_stood(config: FitConfig) -> None:
    tokens = Tokens(config.llm)
    rows = [
        Passage(
            tuple(tokens.ids(f" box {number}")), (Ask(tuple(tokens.ids(" where?")), tuple(tokens.ids(f"{number}"))),)
        )
        for number in range(4)
    ]
    samples = list(drawn_from(rows, tokens))
    assert len(samples) == 4
    assert len({sample.ids for sample in samples}) == 1
    for number, sample in enumerate(samples):
        assert {tokens.text(sample.ids[a:b]).strip() for a, b in sample.spans} == {str(number)}


@pytest.mark.slow
def test_trained_the_network_keeps_the_answer_where_rarity_does_not(config: FitConfig) -> None:
    """What follows the word that is asked for is the answer, however common it is."""
    chance = np.random.default_rng(0)

    def passage() -> Passage:
        ids = chance.integers(40, 60, 48).tolist()
        asks = []
        for place in (5, 20, 35):
            marker = int(chance.integers(60, 90))
            ids[place : place + 2] = marker, int(chance.integers(90, 100))
            asks.append(Ask((marker,), (ids[place + 1],)))
        return Passage(tuple(ids), tuple(asks))

    tokens = Tokens(config.llm)
    corpus = Corpus({"some": [passage() for _ in range(300)]}, tokens)
    embedding = torch.randn(len(tokens.names()), 32, generator=torch.Generator().manual_seed(0))
    table = fit_relevance(corpus, embedding, config)
    held = [sample for passage in corpus.validation["some"] for sample in drawn_from([passage], tokens)]
    rows = embedding.numpy()
    trained = coverage(held, Selector(lambda ids: rows[list(ids)], table), 16)
    unasked = coverage([replace(one, question=()) for one in held], Selector(lambda ids: rows[list(ids)], table), 16)
    assert trained > 0.9
    assert trained > unasked + 0.2
