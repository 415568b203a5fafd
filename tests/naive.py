"""A language model of the family qwen2 as its formulas say, token by token in numpy: what llama.cpp is checked against.

Texts read by themselves see the head and themselves; everything else sees all that stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

from tests.tiny_gguf import HEADS, KV_HEADS, LAYERS, WIDTH

DIM = WIDTH // HEADS
Rows = np.ndarray


class Naive:
    """Sequences are lists of (ids, alone): `alone` marks a text that was read by itself."""

    def __init__(self, path: Path) -> None:
        reader = gguf.GGUFReader(path)
        self.weights = {one.name: np.array(one.data, np.float64) for one in reader.tensors}

    def scores(self, head: Sequence[int], parts: Sequence[tuple[Sequence[int], bool]]) -> Rows:
        """What follows the last token."""
        layers: list[list[tuple[int, Rows, Rows]]] = [[] for _ in range(LAYERS)]
        at = 0
        for number, (ids, alone) in enumerate([(head, False), *parts]):
            seen = [[one for one in layer if one[0] < len(head)] if alone else layer for layer in layers]
            begin = len(head) if alone and number else at
            made, last = self._read(ids, seen, begin)
            for layer, new in zip(layers, made, strict=True):
                layer += [(place - begin + at, key, value) for place, key, value in new]
            at += len(ids)
        return last @ self.weights["token_embd.weight"].T

    def _read(self, ids: Sequence[int], seen: Sequence[list], begin: int) -> tuple[list[list], Rows]:
        """Keys (not yet turned) and values of each token in each layer, and the state of the last."""
        made: list[list[tuple[int, Rows, Rows]]] = [[] for _ in range(LAYERS)]
        for place, id in enumerate(ids, begin):
            x = self.weights["token_embd.weight"][id]
            for layer in range(LAYERS):
                w = lambda name, layer=layer: self.weights[f"blk.{layer}.{name}"]  # noqa: E731
                h = norm(x) * w("attn_norm.weight")
                q, k, v = (w(f"attn_{n}.weight") @ h + w(f"attn_{n}.bias") for n in "qkv")
                made[layer].append((place, k.reshape(KV_HEADS, DIM), v.reshape(KV_HEADS, DIM)))
                x = x + w("attn_output.weight") @ attended(q.reshape(HEADS, DIM), place, seen[layer] + made[layer])
                h = norm(x) * w("ffn_norm.weight")
                gate = w("ffn_gate.weight") @ h
                x = x + w("ffn_down.weight") @ (gate / (1 + np.exp(-gate)) * (w("ffn_up.weight") @ h))
        return made, norm(x) * self.weights["output_norm.weight"]


def attended(queries: Rows, place: int, seen: Sequence[tuple[int, Rows, Rows]]) -> Rows:
    out = []
    for head, query in enumerate(queries):
        own = head * KV_HEADS // HEADS
        scores = np.array([turned(query, place) @ turned(key[own], at) for at, key, _ in seen]) / np.sqrt(DIM)
        powers = np.exp(scores - scores.max())
        out.append((powers / powers.sum()) @ np.stack([value[own] for _, _, value in seen]))
    return np.concatenate(out)


def turned(x: Rows, place: int) -> Rows:
    """Rotary positions (arXiv 2104.09864), halves side by side."""
    angles = place * 10_000.0 ** (-np.arange(0, DIM, 2) / DIM)
    left, right = x[: DIM // 2], x[DIM // 2 :]
    return np.concatenate(
        (left * np.cos(angles) - right * np.sin(angles), right * np.cos(angles) + left * np.sin(angles))
    )


def norm(x: Rows) -> Rows:
    return x / np.sqrt((x**2).mean() + 1e-5)
