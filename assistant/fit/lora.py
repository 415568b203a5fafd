"""Low-rank adapters on the network's linear layers (LoRA, arXiv 2106.09685) and their GGUF export."""

from __future__ import annotations

import math
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor, nn

from assistant.fit.network import LINEARS, Network


class Lora(nn.Module):
    """One pair (A: [rank, in], B: [out, rank]) per linear layer; the update is `alpha / rank * B A`."""

    def __init__(self, network: Network, rank: int, alpha: float, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.arch, self.rank, self.alpha = network.shape.arch, rank, alpha
        self.pairs = nn.ParameterDict()
        for layer in range(network.shape.layers):
            for name in LINEARS:
                weight = network.weight(layer, name)
                assert weight is not None
                out, inner = weight.shape
                a = torch.randn(rank, inner, generator=generator) / math.sqrt(inner)
                self.pairs[f"blk/{layer}/{name}/a"] = nn.Parameter(a)
                self.pairs[f"blk/{layer}/{name}/b"] = nn.Parameter(torch.zeros(out, rank))

    def apply_to(self, name: str, x: Tensor, out: Tensor) -> Tensor:
        """The output of linear `name` with the update added; fits `Network.forward(apply=...)`."""
        key = name.replace(".", "/")
        a, b = self.pairs[f"{key}/a"].to(x.dtype), self.pairs[f"{key}/b"].to(x.dtype)
        inner = (x @ a.T) * (self.alpha / self.rank)
        return torch.addmm(out.flatten(0, -2), inner.flatten(0, -2), b.T).view(out.shape)

    def read_gguf(self, path: Path) -> None:
        """Take over the pairs of an exported adapter of the same model and rank."""
        for tensor in gguf.GGUFReader(path).tensors:
            stem, half = tensor.name.rsplit(".weight.lora_", 1)
            values = torch.from_numpy(np.array(tensor.data, np.float32))
            self.pairs[f"{stem.replace('.', '/')}/{half}"].data.copy_(values)

    def write_gguf(self, path: Path) -> None:
        """Write the adapter as llama.cpp reads it, in half precision."""
        writer = gguf.GGUFWriter(path, self.arch)
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(self.alpha))
        for key, value in self.pairs.items():
            stem, half = key.replace("/", ".").rsplit(".", 1)
            array = value.detach().float().cpu().numpy().astype(np.float16)
            writer.add_tensor(f"{stem}.weight.lora_{half}", np.ascontiguousarray(array))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
