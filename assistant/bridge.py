"""The bridge: what an entity says or means, as soft tokens for one particular language model.

A passage of N tokens becomes ceil(N / ratio) slots. Each slot starts as the input embedding of one *anchor*, a most
telling token of the passage, and carries its neighbourhood as a residual: one local attention from the anchor to the
tokens around it. The anchors of a coarser ratio are a subset of those of a finer one. With the residual at zero (the
untrained bridge) the model reads the passage as a telegram. Entities without words bring vectors of the linguistic
space, which a small network maps to one slot each.

Only numpy here; `assistant.fit.writer` is the differentiable twin. Knows nothing about llama.cpp or prompts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.errors import BadWeights, BridgeMismatch

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

FORMAT = "kotonoha-bridge-1"
RATIOS = (2, 4, 8, 16)
"""Tokens per slot that the bridge is made for, finest first."""

REACH = 16
"""How far a slot looks to either side of its anchor, in tokens."""

HEADS = 8
KEY_WIDTH = 64
VALUE_WIDTH = 144

STARTS_WORD, CONTINUES_WORD, BLANK = 0, 1, 2
"""What a token is to its word: its first piece, a later piece, or nothing but space and punctuation."""


def slot_count(tokens: int, ratio: int) -> int:
    """How many slots a passage of `tokens` tokens becomes at `ratio`."""
    return -(-tokens // ratio)


def telling(ids: Ints, vectors: Floats, table: Mapping[str, NDArray[np.generic]]) -> Floats:
    """How telling each token of a passage is, [n]: what the anchors are ranked by.

    A linear probe over the token, its two neighbours, its rarity and whether it occurred before, trained to find the
    words that questions ask about; pieces of a word share the score of its best piece, so that names stay whole.
    """
    probe, weights = table["probe"].astype(np.float32), table["probe_weights"].astype(np.float32)
    near = np.zeros((len(ids) + 2, 3), np.float32)
    near[1:-1] = vectors @ probe.T
    seen: set[int] = set()
    repeated = np.array([float(i in seen or bool(seen.add(int(i)))) for i in ids.tolist()], np.float32)
    rarity = table["rarity"].astype(np.float32)[ids]
    raw = near[1:-1, 0] + near[:-2, 1] + near[2:, 2]
    raw = raw + weights[0] * rarity + weights[1] * repeated
    shape = table["shape"][ids]
    raw = np.where(shape == BLANK, np.float32(-20), raw)
    starts = np.flatnonzero((shape != CONTINUES_WORD) | (np.arange(len(ids)) == 0))
    word = np.repeat(np.maximum.reduceat(raw, starts), np.diff(np.append(starts, len(ids))))
    scores: Floats = np.where(shape == BLANK, raw, word + np.float32(0.1) * raw).astype(np.float32)
    return scores


def anchors(scores: Floats, ratio: int) -> Ints:
    """Positions of the anchors in reading order: the `slot_count` most telling tokens, ties to the earlier one."""
    ranked = np.argsort(-scores, kind="stable")
    return np.sort(ranked[: slot_count(len(scores), ratio)]).astype(np.int64)


def neighbourhood(chosen: Ints, length: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Positions around each anchor [n, 2 * REACH + 1], clipped to the passage, and which of them lie inside it."""
    near = chosen[:, None] + np.arange(-REACH, REACH + 1)
    return np.clip(near, 0, length - 1), (near >= 0) & (near < length)


def _bands() -> Floats:
    """Where each head looks before training, [ratio, head, offset]: six at one neighbour, two to a whole side."""
    offsets = np.arange(-REACH, REACH + 1)
    sharp = [6.0 * (offsets == place) for place in (-1, 1, -2, 2, -3, 3)]
    levels = []
    for ratio in RATIOS:
        before = np.where(offsets < 0, offsets / ratio, -6.0)
        levels.append(np.stack([*sharp, before, before[::-1]]))
    return np.stack(levels).astype(np.float32)


BANDS = _bands()
