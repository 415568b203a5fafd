"""A model of the family qwen2 in torch, from its GGUF file, with a LoRA adapter that can be trained (arXiv 2106.09685).

The weights stay as they are in the file, unpacked; only the adapter's are learned. y = Wx + scale * B(Ax), B beginning at
zero. The first layers have no adapter and keep nothing for the way back.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.fit.packs import NOTHING, Pack
from ingest.base.errors import BadWeights, ModelFault

RANKS = {"attn_q": 16, "attn_k": 16, "attn_v": 16, "attn_output": 16, "ffn_gate": 8, "ffn_up": 8, "ffn_down": 8}
"""Matrices that are adapted, and by how much: more where it is decided what is looked at."""
SCALE = 2.0
UNTOUCHED = 2 / 7
"""Share of the layers, from below, without an adapter."""
TRIED = 512
"""Rows and columns of the matrices by which the kind of numbers is chosen."""


class Qwen2:
    """The model. `adapter` holds what can be trained, by the names of the file: [rank, in] ("...lora_a"), [out, rank].

    Args:
        kind: of numbers to train by; None is bfloat16, half as much memory, unless float32 is faster here.
        device: of torch: where weights, adapter and states lie; "" is a graphics card if there is one.
        threads: 0 leaves that to torch.

    Raises:
        ModelFault: it is of another family.
    """

    def __init__(
        self, path: Path, kind: torch.dtype | None = None, seed: int = 0, threads: int = 0, device: str = ""
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        reader = gguf.GGUFReader(path)
        said = {
            name: field.contents() for name, field in reader.fields.items() if name.startswith(("general", "qwen2"))
        }
        if said.get("general.architecture") != "qwen2":
            raise ModelFault(f"{path.name} is no model of the family qwen2; only those can be trained")
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        kind = kind or fastest(self._device)
        self._weights = {one.name: _unpacked(one, kind).to(self._device) for one in reader.tensors}
        self._layers, self._heads = int(said["qwen2.block_count"]), int(said["qwen2.attention.head_count"])
        self._keys = int(said["qwen2.attention.head_count_kv"])
        self._dim = int(said["qwen2.embedding_length"]) // self._heads
        self._epsilon = float(said["qwen2.attention.layer_norm_rms_epsilon"])
        self._base = float(said.get("qwen2.rope.freq_base", 10_000.0))
        self._first = int(self._layers * UNTOUCHED)
        self.adapter = self._untrained(seed)

    def loss(self, pack: Pack) -> Tensor:
        """Weighted mean of the cross entropies of a pack's labels."""
        pack = pack.to(self._device)
        scores, labels = self.scores(pack), pack.labels != NOTHING
        each = functional.cross_entropy(scores, pack.labels[labels], reduction="none")
        return (each * pack.weights[labels]).sum() / pack.weights[labels].sum()

    def scores(self, pack: Pack) -> Tensor:
        """What follows each token that has a label: float32 [labels, vocabulary]."""
        pack = pack.to(self._device)
        states = self._read(pack)[pack.labels != NOTHING]
        return functional.linear(states, self._weights.get("output.weight", self._weights["token_embd.weight"])).float()

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """An adapter made before becomes this one.

        Raises:
            ModelFault: it is for another model.
        """
        if {name: one.shape for name, one in tensors.items()} != {n: one.shape for n, one in self.adapter.items()}:
            raise ModelFault("the adapter was made for another model")
        for name, one in tensors.items():
            self.adapter[name].data.copy_(one)

    def export(self, path: Path, trained: str) -> None:
        """The adapter as a GGUF file for llama.cpp; an alpha of 0 says that B has the scale in it."""
        writer = gguf.GGUFWriter(path, "qwen2")
        writer.add_string("general.type", "adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", 0.0)
        writer.add_description(trained)
        for name, one in self.adapter.items():
            scaled = one.detach() * (SCALE if name.endswith("lora_b") else 1.0)
            writer.add_tensor(name, scaled.cpu().numpy().astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def _untrained(self, seed: int) -> dict[str, nn.Parameter]:
        chance, found = torch.Generator().manual_seed(seed), dict[str, nn.Parameter]()
        for layer in range(self._first, self._layers):
            for name, rank in RANKS.items():
                matrix = f"blk.{layer}.{name}.weight"
                out, inner = self._weights[matrix].shape
                drawn = torch.randn(rank, inner, generator=chance) / math.sqrt(inner)
                found[f"{matrix}.lora_a"] = nn.Parameter(drawn.to(self._device))
                found[f"{matrix}.lora_b"] = nn.Parameter(torch.zeros(out, rank, device=self._device))
        return found

    def _read(self, pack: Pack) -> Tensor:
        """States behind the last layer [tokens, width]."""
        x = functional.embedding(pack.ids, self._weights["token_embd.weight"])
        seeing = _Seeing(
            self._turn(pack.places, x.dtype), pack.seen, self._turn(pack.seen_at, x.dtype),
            torch.zeros(1, 1, *pack.sees.shape, dtype=x.dtype, device=x.device).masked_fill(~pack.sees, -math.inf),
        )  # fmt: skip
        with torch.no_grad():
            for layer in range(self._first):
                x = self._layer(layer, x, seeing)
        for layer in range(self._first, self._layers):
            x = self._layer(layer, x, seeing)
        return self._norm(x, "output_norm.weight")

    def _layer(self, layer: int, x: Tensor, seeing: _Seeing) -> Tensor:
        of = f"blk.{layer}."
        h = self._norm(x, f"{of}attn_norm.weight")
        query, key, value = (
            self._linear(h, f"{of}attn_{n}").view(len(h), -1, self._dim).transpose(0, 1) for n in "qkv"
        )
        key, value = _turned(key[:, seeing.seen], seeing.keys), value[:, seeing.seen]
        key, value = (one.repeat_interleave(self._heads // self._keys, 0) for one in (key, value))
        query = _turned(query, seeing.queries)
        mixed = functional.scaled_dot_product_attention(query[None], key[None], value[None], seeing.mask)[0]
        x = x + self._linear(mixed.transpose(0, 1).reshape(len(h), -1), f"{of}attn_output")
        h = self._norm(x, f"{of}ffn_norm.weight")
        gated = functional.silu(self._linear(h, f"{of}ffn_gate")) * self._linear(h, f"{of}ffn_up")
        return x + self._linear(gated, f"{of}ffn_down")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        y = functional.linear(x, self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias"))
        a, b = (self.adapter.get(f"{name}.weight.lora_{part}") for part in "ab")
        if a is None or b is None:
            return y
        return y + functional.linear(functional.linear(x, a.to(x.dtype)), b.to(x.dtype)) * SCALE

    def _norm(self, x: Tensor, name: str) -> Tensor:
        wide = x.float()
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self._epsilon)
        return scaled.to(x.dtype) * self._weights[name]

    def _turn(self, places: Tensor, kind: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the angles by which keys and queries are turned [tokens, dim] (arXiv 2104.09864)."""
        angles = places[:, None] * self._base ** (-torch.arange(0, self._dim, 2, device=places.device) / self._dim)
        both = torch.cat((angles, angles), -1)
        return both.cos().to(kind), both.sin().to(kind)


def multiplied(kind: torch.dtype, device: torch.device) -> float:
    """Seconds of the quickest of three products of matrices of these numbers."""
    matrix, seconds = torch.ones(TRIED, TRIED, dtype=kind, device=device), []
    for _ in range(3):
        start = time.perf_counter()
        functional.linear(matrix, matrix)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def fastest(device: torch.device, took: Callable[[torch.dtype, torch.device], float] = multiplied) -> torch.dtype:
    """bfloat16, or float32 on a processor that multiplies its matrices faster, as one without AMX or AVX-512 does by far."""
    if device.type == "cuda":
        return torch.bfloat16
    return min((torch.bfloat16, torch.float32), key=lambda kind: took(kind, device))


def exported(path: Path) -> dict[str, Tensor]:
    """What `Qwen2.export` wrote, as `Qwen2.take` takes it.

    Raises:
        BadWeights: it is no such file.
    """
    try:
        tensors = gguf.GGUFReader(path).tensors
    except (ValueError, OSError, IndexError) as error:
        raise BadWeights(f"{path} is no adapter: {error}") from error
    read = {one.name: torch.tensor(one.data, dtype=torch.float32) for one in tensors}
    return {name: one / (SCALE if name.endswith("lora_b") else 1.0) for name, one in read.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Seeing:
    """How queries are turned, which tokens are seen and how their keys are turned, and what is hidden (-inf)."""

    queries: tuple[Tensor, Tensor]
    seen: Tensor
    keys: tuple[Tensor, Tensor]
    mask: Tensor


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    left, right = x.chunk(2, -1)
    return x * turn[0] + torch.cat((-right, left), -1) * turn[1]


def _unpacked(tensor: Any, kind: torch.dtype) -> Tensor:
    return torch.tensor(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=kind)
