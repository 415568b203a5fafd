"""A transformer encoder (BERT: Devlin et al., arXiv 1810.04805) over windows of token ids, on the processor.

Windows of any lengths are one long row of tokens for the matrix products, and attend each to itself: nothing is padded, and
a text's states do not depend on what is read beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

from ...base.packed import Packed
from ..space import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A matrix [outputs, inputs] and what is added, of the type that multiplies fastest; or a scale and shift [dim]."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    attend: Affine
    output: Affine
    attended: Affine
    up: Affine
    down: Affine
    done: Affine


class Transformer:
    """The model of a packed file.

    Args:
        model: is kept, since rows of its largest matrix are unpacked as they are needed.
    """

    def __init__(self, model: Packed) -> None:
        self.model = model
        self.type = fastest()
        self.places = model.vector("emb.pos").reshape(-1, model.dim) + model.vector("emb.type")[: model.dim]
        self.first = self._norm("emb.ln")
        self.layers = [self._layer(f"l{number}.") for number in range(model.layers)]

    def states(self, windows: Sequence[Sequence[int]]) -> list[Vectors]:
        """The states of the last layer for every token of every window: float32 [len(window), dim] each."""
        edges = np.cumsum([0, *map(len, windows)]).tolist()
        rows = self.model.rows("emb.word", [id for window in windows for id in window])
        rows += np.concatenate([self.places[: len(window)] for window in windows])
        with torch.inference_mode():
            x = self._normed(torch.from_numpy(rows), self.first)
            for layer in self.layers:
                x = self._through(layer, x, edges)
        found = x.numpy()
        return [found[a:b] for a, b in pairwise(edges)]

    def _through(self, layer: Layer, x: Tensor, edges: Sequence[int]) -> Tensor:
        heads = self._product(x, layer.attend).view(len(x), 3, self.model.heads, -1).permute(1, 2, 0, 3)
        spans = (heads[:, None, :, a:b] for a, b in pairwise(edges))
        mixed = torch.cat([scaled_dot_product_attention(*span) for span in spans], dim=2)
        attended = self._product(mixed[0].transpose(0, 1).flatten(1), layer.output)
        x = self._normed(x + attended, layer.attended)
        return self._normed(x + self._product(gelu(self._product(x, layer.up)), layer.down), layer.done)

    def _product(self, x: Tensor, by: Affine) -> Tensor:
        return linear(x.to(self.type), by.weight, by.bias)

    def _normed(self, x: Tensor, by: Affine) -> Tensor:
        return layer_norm(x.float(), (self.model.dim,), by.weight, by.bias, self.model.epsilon)

    def _layer(self, name: str) -> Layer:
        dim = self.model.dim
        heads = [self._affine(name + part, dim) for part in ("q", "k", "v")]
        attend = Affine(torch.cat([one.weight for one in heads]), torch.cat([one.bias for one in heads]))
        return Layer(
            attend, self._affine(name + "ao", dim), self._norm(name + "aln"), self._affine(name + "fi", dim),
            self._affine(name + "fo", 4 * dim), self._norm(name + "oln"),
        )  # fmt: skip

    def _affine(self, name: str, inputs: int) -> Affine:
        weight = torch.from_numpy(self.model.matrix(f"{name}.w", inputs))
        return Affine(weight.to(self.type), torch.from_numpy(self.model.vector(f"{name}.b")).to(self.type))

    def _norm(self, name: str) -> Affine:
        return Affine(
            torch.from_numpy(self.model.vector(f"{name}.w")), torch.from_numpy(self.model.vector(f"{name}.b"))
        )


def fastest() -> torch.dtype:
    """bfloat16 where the processor multiplies it natively: twice as fast as float32, cosine to it above 0.9999."""
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32
