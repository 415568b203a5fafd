"""The network: a GGUF language model as a differentiable torch module.

The weights are dequantised once and frozen; names and row order stay those of the GGUF, so that a LoRA trained here is
an adapter llama.cpp can load without any permutation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ingest.base.errors import BadInput

INTERLEAVED = frozenset({"llama"})
"""Architectures whose rotary pairs are neighbours (llama.cpp's NORM type); the others split the head in half."""

SUPPORTED = frozenset({"llama", "qwen2", "qwen3"})

SECTIONED = "it rotates positions in several planes (M-RoPE), and llama.cpp reads embedding batches wrongly for it"
SCALED = "it multiplies embeddings by a constant, and llama.cpp does or does not do so for given vectors, by family"
BY_ID = "every layer looks up the token's id, which a soft token does not have"

REFUSED = {
    **dict.fromkeys(("qwen2vl", "qwen3vl", "qwen3vlmoe", "qwen35"), SECTIONED),
    **dict.fromkeys(("gemma", "gemma2", "gemma3", "granite", "minicpm"), SCALED),
    **dict.fromkeys(("gemma3n", "gemma4"), BY_ID),
}
"""Families whose soft tokens would be read wrongly, and why (llama.cpp #28902, #28963, #16476)."""

LINEARS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")

Apply = Callable[[str, Tensor, Tensor], Tensor]
"""(name of the linear, its input, its frozen output) -> its output: where a LoRA adds itself."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The hyper-parameters of a llama-family model, as its GGUF states them."""

    arch: str
    name: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    rope_width: int
    rope_base: float
    eps: float
    context: int


def read_shape(file: gguf.GGUFReader) -> Shape:
    """The shape of the model in an open GGUF; `BadInput` with the reason if the bridge cannot serve it."""
    arch = _field(file, "general.architecture", "unknown")
    if arch in REFUSED:
        raise BadInput(f"the architecture {arch} cannot read soft tokens: {REFUSED[arch]}")
    if arch not in SUPPORTED:
        known = ", ".join(sorted(SUPPORTED))
        raise BadInput(f"the architecture {arch} is not known to the bridge; it knows {known}")
    for key in ("rope.dimension_sections", "embedding_scale", "attention.scale", "residual_scale", "logit_scale"):
        if _field(file, f"{arch}.{key}", None) is not None:
            raise BadInput(f"the model sets {arch}.{key}: scaled or sectioned embeddings are not served rightly")
    if _field(file, f"{arch}.rope.scaling.type", "none") not in ("none", ""):
        raise BadInput(f"the model sets {arch}.rope.scaling.type, which the trainer does not reproduce")
    if any(tensor.name == "rope_freqs.weight" for tensor in file.tensors):
        raise BadInput("the model carries rope_freqs.weight, which the trainer does not reproduce")

    def number(key: str, default: float | None = None) -> float:
        value = _field(file, f"{arch}.{key}", default)
        if value is None:
            raise BadInput(f"the model does not say {arch}.{key}")
        return float(value)

    width, heads = int(number("embedding_length")), int(number("attention.head_count"))
    head_width = int(number("attention.key_length", width // heads))
    return Shape(
        arch=arch,
        name=str(_field(file, "general.name", "unnamed")),
        layers=int(number("block_count")),
        width=width,
        heads=heads,
        kv_heads=int(number("attention.head_count_kv", heads)),
        head_width=head_width,
        rope_width=int(number("rope.dimension_count", head_width)),
        rope_base=number("rope.freq_base", 10000.0),
        eps=number("attention.layer_norm_rms_epsilon", 1e-5),
        context=int(number("context_length")),
    )


def _field(file: gguf.GGUFReader, key: str, default: Any) -> Any:
    field = file.get_field(key)
    return default if field is None else field.contents()


def open_gguf(path: Path) -> gguf.GGUFReader:
    """A memory-mapped GGUF; `BadInput` if the file is not one."""
    if not path.is_file():
        raise BadInput(f"there is no model file at {path}")
    try:
        return gguf.GGUFReader(path)
    except (ValueError, IndexError, KeyError) as error:
        raise BadInput(f"{path.name} is not a readable GGUF file: {error}") from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal: what a bridge remembers its model by."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dequantised(tensor: gguf.ReaderTensor) -> Tensor:
    values = gguf.dequantize(tensor.data, tensor.tensor_type)
    return torch.from_numpy(np.array(values, dtype=np.float32))


class Network(nn.Module):
    """A frozen llama-family decoder over given embeddings.

    `embed(ids)` gives input vectors, `forward(vectors, positions, mask)` the last hidden states after the final
    norm, `logits(states)` the scores. A caller mixes token embeddings with soft tokens before `forward`.
    """

    embedding: Tensor
    output: Tensor
    output_norm: Tensor
    frequencies: Tensor

    def __init__(self, path: Path, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        source = open_gguf(path)
        self.shape = read_shape(source)
        tensors = {tensor.name: tensor for tensor in source.tensors}
        self.register_buffer("embedding", _dequantised(tensors["token_embd.weight"]).to(dtype))
        head = tensors.get("output.weight")
        self.register_buffer("output", self.embedding if head is None else _dequantised(head).to(dtype))
        self.register_buffer("output_norm", _dequantised(tensors["output_norm.weight"]).to(dtype))
        half = torch.arange(0, self.shape.rope_width, 2, dtype=torch.float64) / self.shape.rope_width
        self.register_buffer("frequencies", (self.shape.rope_base**-half).float())
        for name, tensor in tensors.items():
            if name.startswith("blk."):
                self.register_buffer(name.replace(".", "/"), _dequantised(tensor).to(dtype))

    def weight(self, layer: int, name: str, kind: str = "weight") -> Tensor | None:
        """The tensor `blk.<layer>.<name>.<kind>`, or None where the architecture has none."""
        found: Tensor | None = self._buffers.get(f"blk/{layer}/{name}/{kind}")
        return found

    def embed(self, ids: Tensor) -> Tensor:
        """Input vectors [..., width] of token ids [...]."""
        return functional.embedding(ids, self.embedding)

    def logits(self, states: Tensor) -> Tensor:
        """Scores [..., vocabulary] of final states [..., width]."""
        return functional.linear(states, self.output)

    def forward(
        self, vectors: Tensor, positions: Tensor, mask: Tensor | None = None, apply: Apply | None = None
    ) -> Tensor:
        """Final states [batch, length, width].

        `positions` is [batch, length]; `mask` [batch, length, length] is True where a row may look at a column
        (None: causal); `apply` changes the output of every linear (a LoRA).
        """
        angles = positions[..., None].float() * self.frequencies
        rotation = (angles.cos().to(vectors.dtype)[:, None], angles.sin().to(vectors.dtype)[:, None])
        seen = None if mask is None else torch.zeros_like(mask, dtype=vectors.dtype).masked_fill_(~mask, -torch.inf)
        for layer in range(self.shape.layers):
            vectors = vectors + self._attend(layer, vectors, rotation, seen, apply)
            vectors = vectors + self._feed(layer, vectors, apply)
        return functional.rms_norm(vectors, (self.shape.width,), self.output_norm, self.shape.eps)

    def _linear(self, layer: int, name: str, x: Tensor, apply: Apply | None) -> Tensor:
        weight = self.weight(layer, name)
        assert weight is not None
        out = functional.linear(x, weight, self.weight(layer, name, "bias"))
        return out if apply is None else apply(f"blk.{layer}.{name}", x, out)

    def _norm(self, layer: int, name: str, x: Tensor) -> Tensor:
        return functional.rms_norm(x, (x.shape[-1],), self.weight(layer, name), self.shape.eps)

    def _heads(self, layer: int, name: str, x: Tensor, count: int, apply: Apply | None) -> Tensor:
        out = self._linear(layer, name, x, apply)
        out = out.view(*out.shape[:-1], count, self.shape.head_width)
        if self.weight(layer, f"{name}_norm") is not None:
            out = self._norm(layer, f"{name}_norm", out)
        return out.transpose(1, 2)

    def _attend(
        self,
        layer: int,
        vectors: Tensor,
        rotation: tuple[Tensor, Tensor],
        seen: Tensor | None,
        apply: Apply | None,
    ) -> Tensor:
        shape = self.shape
        x = self._norm(layer, "attn_norm", vectors)
        query = self._rotate(self._heads(layer, "attn_q", x, shape.heads, apply), rotation)
        key = self._rotate(self._heads(layer, "attn_k", x, shape.kv_heads, apply), rotation)
        value = self._heads(layer, "attn_v", x, shape.kv_heads, apply)
        groups = shape.heads // shape.kv_heads
        if groups > 1:
            key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        bias = None if seen is None else seen[:, None]
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias, is_causal=seen is None)
        return self._linear(layer, "attn_output", out.transpose(1, 2).flatten(2), apply)

    def _feed(self, layer: int, vectors: Tensor, apply: Apply | None) -> Tensor:
        x = self._norm(layer, "ffn_norm", vectors)
        gate = functional.silu(self._linear(layer, "ffn_gate", x, apply))
        return self._linear(layer, "ffn_down", gate * self._linear(layer, "ffn_up", x, apply), apply)

    def _rotate(self, x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
        """Rotary position embedding of [batch, heads, length, head_width], pairs as the architecture lays them."""
        cos, sin = rotation
        turned, rest = x[..., : self.shape.rope_width], x[..., self.shape.rope_width :]
        interleaved = self.shape.arch in INTERLEAVED
        axis = -1 if interleaved else -2
        first, second = turned.reshape(*turned.shape[:-1], *((-1, 2) if interleaved else (2, -1))).unbind(axis)
        pairs = torch.stack((first * cos - second * sin, first * sin + second * cos), axis)
        return torch.cat((pairs.flatten(-2), rest), -1) if rest.shape[-1] else pairs.flatten(-2)
