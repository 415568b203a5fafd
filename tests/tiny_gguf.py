"""A GGUF language model in miniature, with random weights: real files of any family for the tests."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

WIDTH, LAYERS, HEADS, KV_HEADS, FEED = 64, 2, 4, 2, 96


def write_model(path: Path, arch: str = "llama", seed: int = 0, context: int = 512) -> Path:
    """A decoder of the family `llama`, `qwen2` (biases on q, k, v) or `qwen3` (norms on q and k), float32."""
    names, kinds = _vocabulary()
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name(f"Tiny {arch}")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    if arch == "qwen3":
        writer.add_key_length(32)
        writer.add_value_length(32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(names)
    writer.add_token_types(kinds)
    writer.add_token_merges(["Ġ t", "Ġt h", "Ġth e"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(False)
    for name, array in _weights(arch, len(names), np.random.default_rng(seed)).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _vocabulary() -> tuple[list[str], list[int]]:
    """Two control tokens, the 256 bytes as byte-level BPE writes them, and three merged tokens."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {byte: chr(byte) for byte in shown} | {byte: chr(256 + i) for i, byte in enumerate(hidden)}
    names = ["<|im_start|>", "<|im_end|>", *(letters[byte] for byte in range(256)), "Ġt", "Ġth", "Ġthe"]
    control, normal = int(gguf.TokenType.CONTROL), int(gguf.TokenType.NORMAL)
    return names, [control, control] + [normal] * (len(names) - 2)


def _weights(arch: str, vocabulary: int, chance: np.random.Generator) -> dict[str, np.ndarray]:
    head = 32 if arch == "qwen3" else WIDTH // HEADS

    def noise(*shape: int) -> np.ndarray:
        return (chance.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    tensors = {"token_embd.weight": noise(vocabulary, WIDTH) * 4, "output_norm.weight": np.ones(WIDTH, np.float32)}
    for layer in range(LAYERS):
        shapes = {
            "attn_q": (HEADS * head, WIDTH), "attn_k": (KV_HEADS * head, WIDTH), "attn_v": (KV_HEADS * head, WIDTH),
            "attn_output": (WIDTH, HEADS * head),
            "ffn_gate": (FEED, WIDTH), "ffn_up": (FEED, WIDTH), "ffn_down": (WIDTH, FEED),
        }  # fmt: skip
        block = {f"{name}.weight": noise(*shape) for name, shape in shapes.items()}
        block |= {f"{name}.weight": 1 + 0.1 * noise(WIDTH) for name in ("attn_norm", "ffn_norm")}
        if arch == "qwen2":
            block |= {f"{name}.bias": noise(shapes[name][0]) for name in ("attn_q", "attn_k", "attn_v")}
        if arch == "qwen3":
            block |= {f"{name}.weight": 1 + 0.1 * noise(head) for name in ("attn_q_norm", "attn_k_norm")}
        tensors |= {f"blk.{layer}.{name}": array for name, array in block.items()}
    return tensors
