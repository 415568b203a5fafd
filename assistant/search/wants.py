"""What a question wants, judged from its place in the space: a linear model over the encoder's vector, milliseconds.

Trained by `assistant.fit.wants`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from ingest.space.space import Space, Vectors

Wants = Literal["text", "rows", "files", "talk"]
"""What sources say; a figure over rows; which files there are; a greeting, thanks or a word about the assistant."""
KINDS: tuple[Wants, ...] = get_args(Wants)

WEIGHTS = Path(__file__).with_name("wants.npy")
SCALE = 10.0
"""What unit vectors are multiplied by, so that weights of ordinary size can part them."""
SURE: Mapping[Wants, float] = {"text": 0.0, "rows": 0.6, "files": 0.8, "talk": 0.8}
"""Probability from which a question wants just that; what is less sure is looked up, and computed where a table is found
first. Nothing is looked up for files and talk, so those have to be surer."""


def wanted(question: str, space: Space) -> Wants:
    """What a question that stands alone wants; in a space that it was not learned in, what sources say."""
    if space.dim != len(_weights()) - 1:
        return "text"
    (placed,) = space.place([question], question=True)
    (chances,) = chance(placed.address[None], _weights())
    kind = KINDS[int(chances.argmax())]
    return kind if chances.max() >= SURE[kind] else "text"


def chance(vectors: Vectors, weights: Vectors) -> Vectors:
    """float32 [n, len(KINDS)], how probable each kind is.

    Args:
        vectors: float32 [n, dim], of any length.
        weights: float32 [dim + 1, len(KINDS)], the last row is added.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    scores = SCALE * unit @ weights[:-1] + weights[-1]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


@cache
def _weights() -> Vectors:
    return np.asarray(np.load(WEIGHTS, allow_pickle=False), np.float32)
