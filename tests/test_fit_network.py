"""The torch network computes what llama.cpp computes, for every family it accepts, and refuses the others."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import pytest
import torch

from assistant.fit.lora import Lora
from assistant.fit.network import Network
from assistant.model.llm import Llm, default_model
from ingest.base.errors import BadInput
from tests.tiny_gguf import write_model

TEXT = "the spindle of the machine runs hot"


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def torch_logits(network: Network, ids: list[int], lora: Lora | None = None) -> np.ndarray:
    tokens = torch.tensor([ids])
    with torch.no_grad():
        apply = None if lora is None else lora.apply_to
        states = network(network.embed(tokens), torch.arange(len(ids))[None], None, apply)
        return network.logits(states[0, -1]).numpy()


@pytest.mark.parametrize("arch", ["llama", "qwen2", "qwen3"])
def test_a_family_gives_llama_cpps_scores(tmp_path: Path, arch: str) -> None:
    path = write_model(tmp_path / "tiny.gguf", arch)
    llm = Llm(path, context=256)
    ids = llm.tokenize(TEXT)
    assert cosine(torch_logits(Network(path), ids), llm.logits([ids])) > 0.9999


@pytest.mark.parametrize("arch", ["llama", "qwen2"])
def test_an_exported_adapter_gives_the_trained_scores(tmp_path: Path, arch: str) -> None:
    path = write_model(tmp_path / "tiny.gguf", arch)
    network = Network(path)
    lora = Lora(network, rank=4, alpha=8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for key, value in lora.pairs.items():
            value.copy_(value.half() if key.endswith("a") else torch.randn_like(value).half() / 8)
    lora.write_gguf(tmp_path / "lora.gguf")
    plain, adapted = Llm(path, context=256), Llm(path, adapter=tmp_path / "lora.gguf", context=256)
    ids = plain.tokenize(TEXT)
    ours = torch_logits(network, ids, lora)
    assert cosine(ours, adapted.logits([ids])) > 0.9999
    assert cosine(ours, plain.logits([ids])) < 0.99


def test_branches_of_a_packed_sequence_do_not_see_each_other(tmp_path: Path) -> None:
    network = Network(write_model(tmp_path / "tiny.gguf"))
    context, one, two = [5, 9, 30, 12], [40, 41, 42], [70, 71]
    alone = torch_logits(network, context + two)
    owner = torch.tensor([0] * len(context) + [1] * len(one) + [2] * len(two))
    mask = ((owner[None] == 0) | (owner[None] == owner[:, None])).tril()
    positions = torch.tensor([0, 1, 2, 3, 4, 5, 6, 4, 5])
    with torch.no_grad():
        states = network(network.embed(torch.tensor([context + one + two])), positions[None], mask[None])
    assert np.allclose(network.logits(states[0, -1]).numpy(), alone, atol=1e-3)


@pytest.mark.slow
def test_the_default_model_gives_llama_cpps_scores_in_spite_of_its_quantised_products() -> None:
    llm = Llm(context=256)
    ids = llm.tokenize("The capital of France is the city of Paris, which lies on the river")
    ours, theirs = torch_logits(Network(default_model()), ids), llm.logits([ids])
    assert cosine(ours, theirs) > 0.999
    assert ours.argmax() == theirs.argmax()


@pytest.mark.parametrize(
    ("arch", "reason"), [("gemma2", "constant"), ("qwen2vl", "M-RoPE"), ("granite", "constant"), ("mamba", "not known")]
)
def test_a_family_that_cannot_read_vectors_is_refused_with_the_reason(tmp_path: Path, arch: str, reason: str) -> None:
    writer = gguf.GGUFWriter(tmp_path / "other.gguf", arch)
    writer.add_name("other")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(BadInput, match=reason):
        Network(tmp_path / "other.gguf")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"not a model at all, not even nearly one")
    with pytest.raises(BadInput, match=r"bad\.gguf"):
        Network(tmp_path / "bad.gguf")
    with pytest.raises(BadInput, match="no model file"):
        Network(tmp_path / "none.gguf")
