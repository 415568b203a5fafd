"""The trainable bridge: the torch twin of `assistant.bridge`, which is what serves. Knows nothing about training.

Both compute the same function; a test holds them together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.bridge import (
    BANDS,
    HEADS,
    KEY_WIDTH,
    RATIOS,
    VALUE_WIDTH,
    Ints,
    anchors,
    neighbourhood,
    telling,
)
from ingest.space import Vectors

Table = dict[str, NDArray[Any]]

PASSAGES = 1 << 15
"""Passages whose ranking of tokens is kept, so that it is not asked of a GPU's memory at every step."""


class Writer(nn.Module):
    """Slots of a passage: anchors' input embeddings plus a local attention over their neighbourhood.

    Zero at the start: the output projection and the ratio's offset, so that training begins from the telegram.
    `table` holds what is fitted beforehand: what ranks anchors and, optionally, what maps meanings.
    """

    def __init__(self, embedding: Tensor, table: Table, generator: torch.Generator | None = None) -> None:
        super().__init__()
        width = embedding.shape[1]
        self._embedding, self.table = embedding, table
        self._telling = lru_cache(maxsize=PASSAGES)(self._score)

        def noise(out: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(out, width, generator=generator) / math.sqrt(width))

        self.query, self.key = noise(HEADS * KEY_WIDTH), noise(HEADS * KEY_WIDTH)
        self.value = noise(HEADS * VALUE_WIDTH)
        self.out = nn.Parameter(torch.zeros(width, HEADS * VALUE_WIDTH))
        self.place = nn.Parameter(torch.from_numpy(np.array(BANDS)))
        self.kept = nn.Parameter(torch.zeros(len(RATIOS), HEADS))
        self.offset = nn.Parameter(torch.zeros(len(RATIOS), width))

    def forward(self, ids: Ints, ratio: int) -> Tensor:
        """Slots [ceil(n / ratio), width] of a passage of n tokens."""
        device = self._embedding.device
        vectors = self._embedding[torch.from_numpy(ids).to(device)].float()
        chosen = anchors(self._telling(tuple(ids.tolist())), ratio)
        near, inside = neighbourhood(chosen, len(ids))
        at, around = torch.from_numpy(chosen).to(device), torch.from_numpy(near).to(device)
        level = RATIOS.index(ratio)
        scores = self._scores(vectors, at, around, level)
        weights = scores.masked_fill(~torch.from_numpy(inside).to(device)[:, None], -torch.inf).softmax(-1)
        value = (vectors @ self.value.T).view(-1, HEADS, VALUE_WIDTH)[around]
        mixed = torch.einsum("nhw,nwhv->nhv", weights, value).flatten(1)
        slots: Tensor = vectors[at] + mixed @ self.out.T + self.offset[level]
        return slots

    def _score(self, ids: tuple[int, ...]) -> Vectors:
        """How telling each token is; it depends on nothing that is trained here."""
        return telling(np.array(ids, np.int64), self.rows(ids), self.table)

    def _scores(self, vectors: Tensor, at: Tensor, around: Tensor, level: int) -> Tensor:
        """How much each head of each anchor looks at its neighbours, [anchors, heads, neighbours], before masking."""
        normal = functional.rms_norm(vectors, vectors.shape[-1:], eps=1e-6)
        query = (normal[at] @ self.query.T).view(-1, HEADS, KEY_WIDTH)
        key = (normal @ self.key.T).view(-1, HEADS, KEY_WIDTH)[around]
        is_anchor = torch.zeros(len(vectors), device=vectors.device).index_fill_(0, at, 1.0)[around]
        scores = torch.einsum("nhk,nwhk->nhw", query, key) / KEY_WIDTH
        return scores + self.place[level] + self.kept[level][:, None] * is_anchor[:, None]

    def tensors(self) -> Table:
        """Everything a bridge file holds, as float32 (the tables as they are)."""
        learned = {name: value.detach().float().cpu().numpy() for name, value in self.named_parameters()}
        return self.table | learned

    def rows(self, ids: Sequence[int]) -> Vectors:
        """Input embeddings of token ids, float32 [len(ids), width]."""
        found: Vectors = self._embedding[torch.tensor(list(ids))].float().cpu().numpy()
        return found
