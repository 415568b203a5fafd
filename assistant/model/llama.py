"""llama.cpp: a model file, its vocabulary, one window of sequences, and grammars. The only file that imports llama_cpp.

A sequence is what llama.cpp calls the tokens that see one another. Sequences share the memory of the window: copying one
costs nothing, and several can be read in one batch.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from ingest.base.errors import AdapterMismatch, ModelFault

Scores = NDArray[np.float32]

BATCH = 2048
"""Tokens handed to llama.cpp at once; it cuts them into pieces of `UBATCH` itself."""
UBATCH = 512
SEQUENCES = 64
"""That one window holds side by side."""
LARGEST_TEXT = 1 << 17
"""Bytes of a text in a model's metadata."""


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens to be read at the end of a sequence."""

    sequence: int
    ids: Sequence[int]


class Model:
    """A GGUF file that llama.cpp can run; `bare` gives its vocabulary and metadata without its weights.

    Raises:
        ModelFault: it cannot.
    """

    def __init__(self, path: Path, bare: bool = False) -> None:
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = bare
        self.handle = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            raise ModelFault(
                f"{path.name} is not a model that llama.cpp can run", "give a GGUF file, for example Qwen2.5 or Qwen3"
            )
        weakref.finalize(self, llama_cpp.llama_model_free, self.handle)
        if llama_cpp.llama_model_has_encoder(self.handle) or not llama_cpp.llama_model_has_decoder(self.handle):
            raise ModelFault(f"{path.name} is not a decoder-only language model")
        self.vocab = llama_cpp.llama_model_get_vocab(self.handle)

    @property
    def trained(self) -> int:
        """Tokens of the longest text that it was trained with."""
        return int(llama_cpp.llama_model_n_ctx_train(self.handle))

    @property
    def width(self) -> int:
        """Numbers of a token's input embedding."""
        return int(llama_cpp.llama_model_n_embd(self.handle))

    @property
    def tokens(self) -> int:
        """Size of the vocabulary."""
        return int(llama_cpp.llama_vocab_n_tokens(self.vocab))

    @property
    def opening(self) -> list[int]:
        """What every prompt begins with: the begin-of-text token, or nothing."""
        wanted = llama_cpp.llama_vocab_get_add_bos(self.vocab)
        return [int(llama_cpp.llama_vocab_bos(self.vocab))] if wanted else []

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return int(llama_cpp.llama_vocab_eos(self.vocab))

    def metadata(self, key: str) -> str:
        """A text in the file's metadata, or ""."""
        buffer = ctypes.create_string_buffer(LARGEST_TEXT)
        size = llama_cpp.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if size > 0 else ""

    def ends(self, id: int) -> bool:
        """Whether this token ends a text or a turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self.vocab, id))

    def tokenize(self, text: str, control: bool) -> list[int]:
        """Token ids without any added ones; `control` reads `<|...|>` as control tokens."""
        data = text.encode("utf-8", "replace")
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), ids, len(ids), False, control)
        return list(ids[:count])

    def piece(self, id: int) -> bytes:
        """The bytes one token stands for; control tokens stand for nothing."""
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self.vocab, id, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]


class Window:
    """What a model has before it: `SEQUENCES` sequences of at most `size` tokens together.

    Args:
        adapter: a GGUF LoRA made for exactly this model.
        threads: 0 means all cores.

    Raises:
        ModelFault: there is not enough memory.
        AdapterMismatch: the adapter was made for another model.
    """

    def __init__(self, model: Model, size: int, adapter: Path | None = None, threads: int = 0) -> None:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = size, BATCH, UBATCH, SEQUENCES
        params.kv_unified = (
            True  # every sequence in one memory, so that what was read changes hands without being copied
        )
        params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED  # keeps values token by token, as keys are
        params.n_threads = params.n_threads_batch = threads or os.cpu_count() or 1
        self.model, self.size = model, size
        self.handle = llama_cpp.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise ModelFault(f"there is not enough memory for a window of {size} tokens", "lower KOTONOHA_CONTEXT")
        weakref.finalize(self, llama_cpp.llama_free, self.handle)
        self._adapters: Any = None
        self._adapted = False
        if adapter is not None:
            self._apply(adapter)
        self._memory = llama_cpp.llama_get_memory(self.handle)

    def _apply(self, path: Path) -> None:
        adapter = llama_cpp.llama_adapter_lora_init(self.model.handle, str(path).encode()) if path.is_file() else None
        if not adapter:
            raise AdapterMismatch(
                f"{path} is not a LoRA adapter for this model", "set KOTONOHA_ADAPTER=none to run without"
            )
        self._adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
        self.adapt(on=True)

    def adapt(self, on: bool) -> None:
        """Whether the adapter, if there is one, counts in all that is read from now on."""
        if self._adapters is not None and on != self._adapted:
            llama_cpp.llama_set_adapters_lora(self.handle, self._adapters, int(on), (ctypes.c_float * 1)(1.0))
            self._adapted = on

    @property
    def moves(self) -> bool:
        """Whether what was read at one place can be put at another."""
        return bool(llama_cpp.llama_memory_can_shift(self._memory))

    def length(self, sequence: int) -> int:
        """The position behind the last token of a sequence."""
        return int(llama_cpp.llama_memory_seq_pos_max(self._memory, sequence)) + 1

    def read(self, rows: Sequence[Row], scored: bool = False) -> Scores:
        """Reads tokens into their sequences, all in one batch.

        Returns:
            If `scored` the scores of what follows each row, float32 [rows, tokens of the vocabulary].

        Raises:
            ModelFault: llama.cpp failed; the window is then empty.
        """
        count = sum(len(row.ids) for row in rows)
        batch = llama_cpp.llama_batch_init(count, 0, 1)
        lasts = self._fill(batch, rows, scored)
        code = llama_cpp.llama_decode(self.handle, batch)
        llama_cpp.llama_batch_free(batch)
        if code:
            self.clear()
            raise ModelFault(f"the model failed to read {count} tokens (llama.cpp error {code})")
        found = np.empty((len(rows) if scored else 0, self.model.tokens), np.float32)
        for number, at in enumerate(lasts[: len(found)]):
            pointer = llama_cpp.llama_get_logits_ith(self.handle, at)
            found[number] = np.ctypeslib.as_array(pointer, shape=(self.model.tokens,))
        return found

    def _fill(self, batch: Any, rows: Sequence[Row], scored: bool) -> list[int]:
        """Writes the rows into a batch; returns the place of the last token of each."""
        at, lasts = 0, []
        for row in rows:
            begin = self.length(row.sequence)
            for place, id in enumerate(row.ids):
                batch.token[at], batch.pos[at] = id, begin + place
                batch.n_seq_id[at], batch.seq_id[at][0] = 1, row.sequence
                batch.logits[at] = scored and place == len(row.ids) - 1
                at += 1
            lasts.append(at - 1)
        batch.n_tokens = at
        return lasts

    def copy(self, source: int, target: int) -> None:
        """What one sequence holds becomes part of another."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def drop(self, sequence: int, begin: int = -1, end: int = -1) -> bool:
        """Forgets what a sequence holds from one position up to another; False if this model cannot forget a part."""
        return bool(llama_cpp.llama_memory_seq_rm(self._memory, sequence, begin, end))

    def move(self, sequence: int, by: int) -> None:
        """Moves a sequence by some positions; its keys are turned when the next batch is read."""
        llama_cpp.llama_memory_seq_add(self._memory, sequence, 0, -1, by)

    def clear(self) -> None:
        llama_cpp.llama_memory_clear(self._memory, True)

    def state(self, sequence: int) -> bytes:
        """Keys and values of a sequence in llama.cpp's own form, or b"" if it does not hand them out."""
        size = llama_cpp.llama_state_seq_get_size(self.handle, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self.handle, buffer, size, sequence)
        return bytes(buffer) if written == size else b""

    def restore(self, sequence: int, state: bytes) -> bool:
        """Puts back what `state` gave, into an empty sequence; False if it does not fit."""
        data = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        return bool(llama_cpp.llama_state_seq_set_data(self.handle, data, len(state), sequence))


class Grammar:
    """A grammar (GBNF) on its way through an answer.

    Raises:
        ModelFault: llama.cpp does not understand it.
    """

    def __init__(self, model: Model, rules: str) -> None:
        self._sampler = llama_cpp.llama_sampler_init_grammar(model.vocab, rules.encode(), b"root")
        if not self._sampler:
            raise ModelFault("a grammar cannot be understood")
        weakref.finalize(self, llama_cpp.llama_sampler_free, self._sampler)

    def best(self, scores: Scores) -> int:
        """The most probable token that the grammar allows; as a rule the most probable of all, so that is tried first."""
        best = int(scores.argmax())
        if self._allowed([best])[0]:
            return best
        near = np.argpartition(scores, -64)[-64:] if len(scores) > 64 else np.arange(len(scores))
        for some in (near, np.arange(len(scores))):
            allowed = some[self._allowed(some)]
            if len(allowed):
                return int(allowed[scores[allowed].argmax()])
        raise ModelFault("a grammar allows no token")

    def accept(self, id: int) -> None:
        """This token was chosen."""
        llama_cpp.llama_sampler_accept(self._sampler, id)

    def _allowed(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.bool_]:
        rows = np.zeros(len(ids), [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        rows["id"] = ids
        pointer = rows.ctypes.data_as(llama_cpp.llama_token_data_p)
        every = llama_cpp.llama_token_data_array(data=pointer, size=len(rows), selected=-1, sorted=False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(every))
        return np.asarray(rows["logit"] > -np.inf)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """llama.cpp's own log goes nowhere; what matters comes back as an error."""
