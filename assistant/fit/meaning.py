"""Vectors of the linguistic space as tokens of the model: the part of a bridge for what has no words.

Fitted without the language model: words whose token and whose place in the space are both known. A ridge regression
from place to input embedding comes first, then a small network that learns to tell each word from all others. A model
that knows its own tokens can read what lands near them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from assistant.model.bridge import MEANING, meant
from assistant.model.tokens import Tokens
from ingest.space.space import Space, Vectors, unit

WORDS = 12_000
"""Most words of the vocabulary that are fitted, commonest first."""
RIDGE = 1.0
INNER = 512
STEPS, BATCH, HEAT = 600, 256, 0.05


def fit_meaning(
    space: Space, named: Sequence[tuple[str, Vectors]], tokens: Tokens, embedding: Tensor, seed: int
) -> dict[str, NDArray[Any]]:
    """The tensors `bridge.meant` reads, fitted on whole-word tokens and on `named` (name, vector) pairs.

    A name of several tokens aims at the mean of their embeddings.
    """
    words = tokens.words()[:WORDS]
    names = [*words, *(name for name, _ in named)]
    vectors = [placed.address for placed in space.place(words)] + [unit(vector) for _, vector in named]
    places = torch.from_numpy(np.stack(vectors))
    targets = torch.stack([embedding[tokens.ids(f" {name}")].float().mean(0) for name in names])
    targets = functional.normalize(targets, dim=-1) * embedding.float().norm(dim=-1).mean()
    linear, bias = ridge(places, targets)
    generator = torch.Generator().manual_seed(seed)
    inner = torch.randn(INNER, places.shape[1], generator=generator) / places.shape[1] ** 0.5
    leaves = [linear, bias, inner, torch.zeros(targets.shape[1], INNER)]
    _sharpen([leaf.requires_grad_() for leaf in leaves], places, targets, generator)
    return {name: leaf.detach().numpy() for name, leaf in zip(MEANING, leaves, strict=True)}


def ridge(places: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Linear map [out, in] and bias [out] of least squared error with a penalty on the map."""
    middle, aim = places.mean(0), targets.mean(0)
    centred = places - middle
    square = centred.T @ centred + RIDGE * torch.eye(places.shape[1])
    linear = torch.linalg.solve(square, centred.T @ (targets - aim)).T.contiguous()
    return linear, aim - linear @ middle


def mapped(leaves: Sequence[Tensor], places: Tensor) -> Tensor:
    """`bridge.meant` in torch."""
    linear, bias, inner, outer = leaves
    return functional.linear(places, linear, bias) + functional.gelu(places @ inner.T, approximate="tanh") @ outer.T


def _sharpen(leaves: Sequence[Tensor], places: Tensor, targets: Tensor, generator: torch.Generator) -> None:
    """Adam steps on: which of all words is it (cosine, cross-entropy), at the right length."""
    optimiser = torch.optim.Adam(leaves, lr=1e-3)
    known, length = functional.normalize(targets, dim=-1), targets.norm(dim=-1).mean()
    for _ in range(STEPS):
        batch = torch.randint(len(places), (BATCH,), generator=generator)
        noisy = places[batch] + 0.02 * torch.randn(BATCH, places.shape[1], generator=generator)
        out = mapped(leaves, functional.normalize(noisy, dim=-1))
        scores = functional.normalize(out, dim=-1) @ known.T / HEAT
        loss = functional.cross_entropy(scores, batch) + ((out.norm(dim=-1) / length - 1) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def told(tensors: dict[str, NDArray[Any]], places: Vectors, embedding: Tensor, count: int = 1) -> list[list[int]]:
    """The tokens nearest to what the vectors become: what the model will see, for people and tests."""
    out = functional.normalize(torch.from_numpy(meant(places, tensors)), dim=-1)
    nearest: list[list[int]] = (out @ functional.normalize(embedding.float(), dim=-1).T).topk(count).indices.tolist()
    return nearest
