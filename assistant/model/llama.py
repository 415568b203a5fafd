"""llama.cpp's own objects: a model, a context, an adapter; and why one cannot be made."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import llama_cpp

from ingest.base.errors import BridgeMismatch, ModelFault

BATCH = 2048
"""Rows handed to llama.cpp at once; it cuts them into pieces of `UBATCH` itself."""
UBATCH = 512
APART = 48
"""Sequences beside the prompt: as many sources can be given as what was kept of them."""

SECTIONED = (llama_cpp.LLAMA_ROPE_TYPE_MROPE, llama_cpp.LLAMA_ROPE_TYPE_IMROPE, llama_cpp.LLAMA_ROPE_TYPE_VISION)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def silent(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """llama.cpp's own log goes nowhere; what matters comes back as an error."""


def load_model(path: Path, vocab_only: bool = False) -> Any:
    """llama.cpp's model of a GGUF file; its owner frees it.

    Raises:
        ModelFault: the file is no model llama.cpp can run.
    """
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = vocab_only
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        raise ModelFault(
            f"{path.name} is not a model that llama.cpp can run", "give a GGUF file, for example SmolLM2 or Qwen3"
        )
    if llama_cpp.llama_model_has_encoder(model) or not llama_cpp.llama_model_has_decoder(model):
        raise ModelFault(f"{path.name} is not a decoder-only language model")
    return model


def open_context(model: Any, size: int, threads: int) -> Any:
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = size, BATCH, UBATCH, 1 + APART
    params.kv_unified = True  # every sequence in one memory, so that kept passages change hands without being copied
    params.n_threads = params.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, params)
    if not context:
        raise ModelFault(f"there is not enough memory for a window of {size} tokens", "lower KOTONOHA_CONTEXT")
    return context


def apply_adapter(model: Any, context: Any, path: Path) -> None:
    adapter = llama_cpp.llama_adapter_lora_init(model, str(path).encode()) if path.is_file() else None
    if not adapter:
        raise BridgeMismatch(f"{path} is not a LoRA adapter for this model", "set KOTONOHA_ADAPTER=none to run without")
    adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
    llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0))


def vector_fault(rope: int, given: int, width: int) -> str:
    """Why vectors would be read wrongly: sectioned positions (llama.cpp #28902, #28963), or rows wider than a token's."""
    if rope in SECTIONED:
        return "it rotates positions in several planes (M-RoPE), which llama.cpp reads wrongly for given vectors"
    return f"its input rows have {given} numbers, its tokens {width}" if given != width else ""


def metadata(model: Any, key: str) -> str:
    """What a model's file says under a key, or ""."""
    buffer = ctypes.create_string_buffer(1 << 17)
    size = llama_cpp.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace") if size > 0 else ""


def free(context: Any, model: Any) -> None:
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
