"""Which tokens questions ask about: the linear probe that ranks anchors. Knows nothing about the model's layers.

Trained once on the questions of the training passages, in seconds: a token counts if it is part of an answer, and by
half if a question mentions it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from assistant.bridge import BLANK, Ints, anchors, telling
from assistant.fit.data import Corpus, Passage

Table = dict[str, NDArray[np.generic]]

PASSES = 6


def fit_salience(corpus: Corpus, embedding: Tensor, seed: int) -> Table:
    """The tables `bridge.telling` reads: probe [3, width], probe_weights [2], rarity and shape [vocabulary]."""
    sets = [rows for name, rows in corpus.training.items() if name != "wikitables"]
    passages = [passage for rows in sets for passage in rows[:1000]]
    rarity = _rarity((passage for rows in corpus.training.values() for passage in rows), len(embedding))
    shape = corpus.tokens.shapes()
    samples = [_sample(passage, rarity, shape, corpus.tokens) for passage in passages]
    torch.manual_seed(seed)
    width = embedding.shape[1]
    probe, weights, bias = torch.zeros(3, width), torch.zeros(2), torch.zeros(1)
    leaves = [value.requires_grad_() for value in (probe, weights, bias)]
    optimiser = torch.optim.Adam(leaves, lr=0.02)
    chance = np.random.default_rng(seed)
    for _ in range(PASSES):
        for batch in np.array_split(chance.permutation(len(samples)), max(1, len(samples) // 32)):
            loss = torch.stack([_loss(samples[i], embedding, probe, weights, bias) for i in batch]).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return {
        "probe": probe.detach().numpy().astype(np.float16),
        "probe_weights": weights.detach().numpy(),
        "rarity": rarity.astype(np.float16),
        "shape": shape,
    }


def _rarity(passages: object, size: int) -> NDArray[np.float32]:
    counts = Counter[int]()
    for passage in passages:  # type: ignore[attr-defined]
        counts.update(set(passage.ids))
    seen = np.zeros(size, np.float32)
    for token, count in counts.items():
        seen[token] = count
    return (-np.log((seen + 1) / (seen.max() + 1)) / 10).astype(np.float32)


def _sample(passage: Passage, rarity: NDArray[np.float32], shape: NDArray[np.uint8], vocabulary: object) -> tuple[Tensor, Tensor, Tensor]:
    ids = list(passage.ids)
    wanted = answer_mask(passage).astype(np.float32)
    asked = {token for ask in passage.asks for token in ask.question if rarity[token] > 0.25 and shape[token] != BLANK}
    wanted = np.maximum(wanted, [0.5 * (token in asked) for token in ids])
    seen: set[int] = set()
    repeated = [float(token in seen or bool(seen.add(token))) for token in ids]  # type: ignore[func-returns-value]
    features = np.stack([rarity[ids], np.array(repeated, np.float32)], 1)
    return torch.tensor(ids), torch.from_numpy(features), torch.from_numpy(wanted.astype(np.float32))


def _loss(sample: tuple[Tensor, Tensor, Tensor], embedding: Tensor, probe: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    ids, features, wanted = sample
    near = F.pad(embedding[ids].float() @ probe.T, (0, 0, 1, 1))
    scores = near[1:-1, 0] + near[:-2, 1] + near[2:, 2] + features @ weights + bias
    return F.binary_cross_entropy_with_logits(scores, wanted)


def answer_mask(passage: Passage) -> NDArray[np.bool_]:
    """Where the passage holds an answer, token by token (first letters' case and leading space may differ)."""
    mask = np.zeros(len(passage.ids), bool)
    ids = passage.ids
    for ask in passage.asks:
        tail = ask.answer[1:]
        for start in range(len(ids) - len(ask.answer) + 1):
            if ids[start + 1 : start + len(ask.answer)] == tail and (tail or ids[start] == ask.answer[0]):
                mask[start : start + len(ask.answer)] = True
    return mask


def coverage(passages: Sequence[Passage], embedding: Tensor, table: Table, ratio: int) -> float:
    """Share of answer tokens that are anchors: what a telegram keeps of what is asked."""
    hit = total = 0
    for passage in passages:
        ids: Ints = np.array(passage.ids)
        mask = answer_mask(passage) & (table["shape"][ids] != BLANK)
        scores = telling(ids, embedding[torch.from_numpy(ids)].float().numpy(), table)
        hit += int(mask[anchors(scores, ratio)].sum())
        total += int(mask.sum())
    return hit / max(total, 1)
