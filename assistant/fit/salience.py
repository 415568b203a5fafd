"""Which tokens questions ask about: the linear probe that ranks anchors. Knows nothing about the model's layers.

Trained once on the questions of the training passages, before anything else: a token counts if it is part of an
answer, and by half if a question mentions it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from assistant.bridge import BLANK, Ints, anchors, repeated, telling
from assistant.fit.data import Corpus, Passage
from assistant.fit.tokens import Tokens

Table = dict[str, NDArray[Any]]
Mask = NDArray[np.bool_]

TABLES = "wikitables"
"""The set whose questions were made from cells, which says nothing about what people ask."""

MOST, PASSES, BATCH = 1000, 6, 32
"""Passages of one set that are used, how often, and how many at a time."""

RARE = 0.25
"""Rarity from which a word of a question counts as mentioned rather than as grammar."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """A passage: ids [n], features [n, 2] (rarity, whether it occurred before), wanted [n] in 0..1."""

    ids: Ints
    features: NDArray[np.float32]
    wanted: NDArray[np.float32]


def fit_salience(corpus: Corpus, embedding: Tensor, seed: int) -> Table:
    """The tables `bridge.telling` reads: probe [3, width], probe_weights [2], rarity and shape [vocabulary]."""
    rarity = rarities((p for rows in corpus.training.values() for p in rows), len(embedding))
    shape = corpus.tokens.shapes()
    sets = [rows[:MOST] for name, rows in corpus.training.items() if name != TABLES]
    samples = [_sample(passage, corpus.tokens, rarity, shape) for rows in sets for passage in rows]
    probe, weights, bias = torch.zeros(3, embedding.shape[1]), torch.zeros(2), torch.zeros(1)
    leaves = [value.requires_grad_() for value in (probe, weights, bias)]
    optimiser = torch.optim.Adam(leaves, lr=0.02)
    chance = np.random.default_rng(seed)
    for _ in range(PASSES):
        for batch in np.array_split(chance.permutation(len(samples)), max(1, len(samples) // BATCH)):
            optimiser.zero_grad()
            loss = _loss([samples[i] for i in batch], embedding, probe, weights, bias)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return {
        "probe": probe.detach().numpy(),
        "probe_weights": weights.detach().numpy(),
        "rarity": rarity,
        "shape": shape,
    }


def rarities(passages: Iterable[Passage], size: int) -> NDArray[np.float32]:
    """A tenth of the negative logarithm of the share of passages a token is in; about 0 (in all) to 1 (in none)."""
    counts = Counter[int]()
    for passage in passages:
        counts.update(set(passage.ids))
    seen = np.zeros(size, np.float32)
    seen[list(counts)] = list(counts.values())
    return np.asarray(-np.log((seen + 1) / (seen.max() + 1)) / 10, np.float32)


def _sample(passage: Passage, tokens: Tokens, rarity: NDArray[np.float32], shape: NDArray[np.uint8]) -> _Sample:
    ids = np.array(passage.ids, np.int64)
    asked = [token for ask in passage.answered for token in ask.question if rarity[token] > RARE and shape[token] != BLANK]
    wanted = np.maximum(answer_mask(passage, tokens), 0.5 * np.isin(ids, asked))
    return _Sample(ids, np.stack([rarity[ids], repeated(ids)], 1), wanted.astype(np.float32))


def _loss(batch: Sequence[_Sample], embedding: Tensor, probe: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """Mean cross-entropy over all tokens; neighbours are looked up inside each passage only."""
    ids = torch.from_numpy(np.concatenate([sample.ids for sample in batch]))
    features = torch.from_numpy(np.concatenate([sample.features for sample in batch]))
    wanted = torch.from_numpy(np.concatenate([sample.wanted for sample in batch]))
    ends = torch.tensor([len(sample.ids) for sample in batch]).cumsum(0)
    inner = torch.ones(len(ids)).index_fill_(0, ends[:-1], 0.0)[1:]
    near = embedding[ids].float() @ probe.T
    before = functional.pad(near[:-1, 1] * inner, (1, 0))
    after = functional.pad(near[1:, 2] * inner, (0, 1))
    return functional.binary_cross_entropy_with_logits(near[:, 0] + before + after + features @ weights + bias, wanted)


def answer_mask(passage: Passage, tokens: Tokens) -> Mask:
    """Where the passage holds an answer, token by token, inside a sentence or at its beginning."""
    mask = np.zeros(len(passage.ids), bool)
    for ask in passage.answered:
        for wanted in {ask.answer, tokens.fixed(f" {tokens.text(ask.answer)}")}:
            for start in range(len(passage.ids) - len(wanted) + 1):
                if passage.ids[start : start + len(wanted)] == wanted:
                    mask[start : start + len(wanted)] = True
    return mask


def coverage(passages: Sequence[Passage], tokens: Tokens, embedding: Tensor, table: Table, ratio: int) -> float:
    """Share of answer tokens that are anchors: what a telegram keeps of what is asked."""
    hit = total = 0
    for passage in passages:
        ids: Ints = np.array(passage.ids, np.int64)
        mask = answer_mask(passage, tokens) & (table["shape"][ids] != BLANK)
        scores = telling(ids, embedding[torch.from_numpy(ids)].float().numpy(), table)
        hit += int(mask[anchors(scores, ratio)].sum())
        total += int(mask.sum())
    return hit / max(total, 1)
