"""The language model: what it is told stays read, every source is read by itself, questions fork off what stands there.

A prompt is a head (what the model is told, up to the user's words), then parts: tokens, which see everything before
them, and texts that were read by themselves behind that head (`Kept`), put in without reading them again. Whatever is
asked goes on behind all of that in a fork, so the next question about the same parts finds them in place.

Block attention: arXiv 2409.15355.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import gguf
import numpy as np

from assistant.model import prompt
from assistant.model.heads import Heads
from assistant.model.kept import Kept, packed, unpacked
from assistant.model.llama import BATCH, SEQUENCES, UBATCH, Model, Row, Scores, Window
from assistant.model.vocabulary import Told, Turn, Vocabulary
from assistant.model.writing import Asked, Stream, Usage, probabilities
from ingest.base import verdicts, weights
from ingest.base.errors import ContextFull, MissingPart, ModelFault
from ingest.space.space import Vectors

DEFAULT = "qwen2.5-coder-1.5b"

Part = Sequence[int] | Kept

ANSWERED = 400
"""Tokens of an answer for which there is room."""
PROMPT, FORK = 0, 1
HEADS = range(2, 10)
"""Sequences of the heads: as many stay read at once."""
SIDE = range(10, SEQUENCES)
"""Sequences for what is read apart, put in, or asked side by side."""


class Llm:
    """A GGUF model with an optional GGUF LoRA adapter. Threads may share it; they queue.

    Args:
        path: the model; None means the default one.
        adapter: a LoRA for exactly this model.
        context: window in tokens, at most what the model was trained for.
        threads: processor threads; 0 means all cores.

    Raises:
        MissingPart: no model file.
        ModelFault: the file is no model llama.cpp can run.
        AdapterMismatch: the adapter was made for another model.
    """

    def __init__(
        self, path: Path | None = None, adapter: Path | None = None, context: int = 4096, threads: int = 0
    ) -> None:
        self.path = path or weights.language_model("", DEFAULT)
        if not self.path.is_file():
            raise MissingPart(f"there is no model file at {self.path}")
        self.adapter = adapter
        self.model = Model(self.path)
        self.vocabulary = Vocabulary(self.model)
        self.context = min(context, self.model.trained)
        self.window = Window(self.model, self.context, adapter, threads)
        self._lock = threading.Lock()
        self.used = time.monotonic()
        """When somebody last asked it something."""
        self.heads: Heads | None = None
        """Keeps heads from one process to the next."""
        self._heads: dict[Told, int] = {}
        self._standing: list[tuple[object, int]] = []
        """What the prompt's sequence holds: head and parts, and where each ends."""

    # -- what it is ----------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The model as its file names it, for people."""
        return self.model.metadata("general.name") or self.path.stem

    @cached_property
    def fingerprint(self) -> str:
        """Changes with every byte of the model and its adapter: what was kept by one is nothing to another."""
        files = [self.path, *([self.adapter] if self.adapter else [])]
        return "-".join(verdicts.digest(file)[:16] for file in files)

    @cached_property
    def keeps(self) -> bool:
        """Whether it hands out what it read, and takes it back at another place; else sources are read in the prompt."""
        with self._lock:
            self._need(8)
            self.window.read([Row(FORK, self.vocabulary.tokenize("0")[:1])])
            state = self.window.state(FORK)
            self.window.drop(FORK)
        try:
            packed(state, b"")
        except ModelFault:
            return False
        return self.window.moves

    @cached_property
    def _embedding(self) -> gguf.ReaderTensor:
        """The embedding table as packed in the file, memory-mapped."""
        reader = gguf.GGUFReader(self.path)
        return next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        """Dequantised rows of the embedding table, float32 [len(ids), width]: what the model makes of these tokens."""
        table = self._embedding
        return np.ascontiguousarray(gguf.dequantize(table.data[np.asarray(ids)], table.tensor_type), np.float32)

    def tokenize(self, text: str) -> list[int]:
        """Plain words in tokens; see `Vocabulary.tokenize`."""
        return self.vocabulary.tokenize(text)

    # -- reading -------------------------------------------------------------------------------------

    def read(self, system: Told, texts: Sequence[Sequence[int]]) -> list[Kept]:
        """What the model keeps of each text, in tokens, having read it by itself behind a head; short ones together.

        Raises:
            ContextFull: a text does not fit the window.
            ModelFault: this model keeps nothing (`keeps`).
        """
        found: list[Kept] = []
        with self._lock:
            self.window.adapt(system in prompt.TRAINED)
            for batch in _batches(texts):
                found += self._read(system, batch)
        return found

    def learn(self, system: Told) -> None:
        """Reads what it will be told before a question, if that is kept and was not read before."""
        ids, kept = self.vocabulary.head(system), self._kept(system)
        if kept and len(ids) < self.context and not kept.has(ids):
            with self._lock:
                self.window.adapt(system in prompt.TRAINED)
                self._head(system, room=0)

    def _read(self, system: Told, texts: Sequence[Sequence[int]]) -> list[Kept]:
        head = self._head(system, room=sum(map(len, texts)))
        begin, rows = self.window.length(head), list(map(Row, SIDE, texts))
        for row in rows:
            self.window.copy(head, row.sequence)
        if len(rows) > 1:
            self.window.read(rows)
        else:
            self._behind(rows[0].sequence, rows[0].ids)
        found = []
        for row in rows:
            self.window.drop(row.sequence, 0, begin)
            found.append(packed(self.window.state(row.sequence), _name(system, row.ids)))
            self.window.drop(row.sequence)
        return found

    @contextmanager
    def given(self, system: Told, parts: Sequence[Part] = (), since: float = 0.0) -> Iterator[Given]:
        """The model with these parts before it, for as long as it is held; other threads wait meanwhile.

        Args:
            since: when work on the parts began (`time.perf_counter`), from which the seconds until they stand count.

        Raises:
            ContextFull: they do not fit the window.
        """
        start, self.used = since or time.perf_counter(), time.monotonic()
        with self._lock:
            usage = Usage()
            self.window.adapt(system in prompt.TRAINED)
            self._place(system, parts, usage)
            usage.placed = time.perf_counter() - start
            try:
                yield Given(self, usage)
            finally:
                self.window.drop(FORK)
                self.used = time.monotonic()

    def stream(
        self, system: Told, parts: Sequence[Part], question: Sequence[int], grammar: str = "", max_tokens: int = 256,
        stop: Sequence[str] = (),
    ) -> Stream:  # fmt: skip
        """The most probable answer to what is asked, in tokens, behind these parts; see `Asked.write`."""
        stream = Stream(iter(()))
        stream.pieces = self._streamed(stream, system, parts, question, grammar, max_tokens, stop)
        return stream

    def _streamed(
        self, stream: Stream, system: Told, parts: Sequence[Part], question: Sequence[int], grammar: str,
        max_tokens: int, stop: Sequence[str],
    ) -> Iterator[str]:  # fmt: skip
        with self.given(system, parts) as given:
            asked = given.ask(question)
            stream.usage = asked.usage
            yield from asked.write(grammar, max_tokens, stop)

    def complete(self, system: Told, user: str, grammar: str = "", max_tokens: int = 256) -> str:
        """What the model, told `system`, says to one message, whole."""
        asked = self.tokenize(user) + self.vocabulary.closing()
        return "".join(self.stream(system, (), asked, grammar, max_tokens)).strip()

    def chat(self, turns: Sequence[Turn], max_tokens: int = 256, stop: Sequence[str] = ()) -> Stream:
        """The assistant's next words in a conversation."""
        ids = self.vocabulary.chat(turns)
        return self.stream("", [ids[:-1]] if ids[:-1] else [], ids[-1:], max_tokens=max_tokens, stop=stop)

    # -- inside: sequences ---------------------------------------------------------------------------

    def _head(self, system: Told, room: int) -> int:
        """The sequence that holds what the model is told, read once, with room for so many more tokens in the window."""
        ids = self.vocabulary.head(system)
        self._need(room + (0 if system in self._heads else len(ids)))
        if system in self._heads:
            self._heads[system] = self._heads.pop(system)  # the last asked for goes last
            return self._heads[system]
        if len(self._heads) == len(HEADS):
            self.window.drop(self._heads.pop(next(iter(self._heads))))
        sequence = next(one for one in HEADS if one not in self._heads.values())
        self._tell(sequence, system, ids)
        self._heads[system] = sequence
        return sequence

    def _tell(self, sequence: int, system: Told, ids: Sequence[int]) -> None:
        """Brings a head into an empty sequence: puts back what was kept of it, or reads it."""
        kept = self._kept(system)
        state = kept.get(ids) if kept else b""
        if state and self.window.restore(sequence, state) and self.window.length(sequence) == len(ids):
            return
        self.window.drop(sequence)
        self._behind(sequence, ids)
        if kept:
            kept.put(ids, self.window.state(sequence))

    def _kept(self, system: Told) -> Heads | None:
        """Where a head is kept, if it is one of worked examples; one text may have been filled in for somebody."""
        return self.heads if isinstance(system, tuple) else None

    def _need(self, room: int) -> None:
        """Forgets the prompt, then the heads, where the window has no room for so many tokens."""
        if room > self.context:
            raise ContextFull(f"{room} tokens are more than the window of {self.name} holds, {self.context}")
        heads = sum(self.window.length(one) for one in self._heads.values())
        standing = self._standing[-1][1] if self._standing else 0
        if heads + standing + room > self.context:
            self._clear(everything=heads + room > self.context)

    def spare(self, room: int) -> None:
        """Forgets heads, those longest not asked for first, until the window has room for so many more tokens behind the
        prompt; its own head stays."""
        told, behind = (self._standing[0][0], self._standing[-1][1]) if self._standing else ("", 0)
        for head in [one for one in self._heads if one != told]:
            others = sum(self.window.length(self._heads[one]) for one in self._heads if one != told)
            if behind + others + room <= self.context:
                return
            self.window.drop(self._heads.pop(head))

    def _clear(self, everything: bool) -> None:
        self._standing.clear()
        self.window.drop(PROMPT)
        if everything:
            self._heads.clear()
            self.window.clear()

    # -- inside: the prompt --------------------------------------------------------------------------

    def _place(self, system: Told, parts: Sequence[Part], usage: Usage) -> None:
        """Brings the prompt's sequence to exactly this head and these parts; what stands there already stays."""
        usage.soft = sum(len(part) for part in parts if isinstance(part, Kept))
        usage.text = sum(len(part) for part in parts if not isinstance(part, Kept))
        room = sum(_span(part) for part in parts)
        head = self._head(system, room) if system else -1
        wanted = [system, *map(_key, parts)]
        same = _common([key for key, _ in self._standing], wanted)
        if not self._keep(same):
            same = 0
        if same:
            usage.reused = sum(len(part) for part in parts[: same - 1])
        else:
            if system:
                self.window.copy(head, PROMPT)
            self._standing.append((system, self.window.length(PROMPT)))
        self._add(parts[max(same, 1) - 1 :])

    def _keep(self, count: int) -> bool:
        """Forgets all but the first `count` of what stands there; a model that cannot forget a part forgets all of it."""
        end = self._standing[count - 1][1] if count else 0
        if count < len(self._standing) and not (end and self.window.drop(PROMPT, end)):
            count = 0
            self.window.drop(PROMPT)
        del self._standing[count:]
        return count > 0

    def _add(self, parts: Sequence[Part]) -> None:
        """Parts behind what stands there. Kept ones are moved to their places before anything is read: keys are turned
        when the next batch is, all at once."""
        if sum(isinstance(part, Kept) for part in parts) > len(SIDE):
            raise ContextFull(f"at most {len(SIDE)} sources can be given at once")
        at, free, sides = self.window.length(PROMPT), iter(SIDE), {}
        for number, part in enumerate(parts):
            if isinstance(part, Kept):
                sides[number] = self._apart(part, next(free), at)
            at += _span(part)
        for number, part in enumerate(parts):
            if isinstance(part, Kept):
                self.window.copy(sides[number], PROMPT)
                self.window.drop(sides[number])
            else:
                self._behind(PROMPT, part)
            before = self._standing[-1][1] if self._standing else 0
            self._standing.append((_key(part), before + _span(part)))

    def _apart(self, kept: Kept, sequence: int, at: int) -> int:
        if not self.window.restore(sequence, unpacked(kept)):
            self._clear(everything=True)
            raise ModelFault(f"{self.name} does not take back what it kept of a source")
        self.window.move(sequence, at - kept.begin)
        return sequence

    def _behind(self, sequence: int, ids: Sequence[int]) -> None:
        for begin in range(0, len(ids), BATCH):
            self.window.read([Row(sequence, ids[begin : begin + BATCH])])


class Given:
    """A model with parts before it. Made by `Llm.given`."""

    def __init__(self, llm: Llm, usage: Usage) -> None:
        self._llm, self._usage = llm, usage

    def ask(self, question: Sequence[int]) -> Asked:
        """Reads what is asked, in tokens, behind the parts; the asked before is forgotten.

        Raises:
            ContextFull: it does not fit the window.
        """
        start = time.perf_counter()
        (scores,) = self._forked([question], [FORK], keep=True)
        usage = Usage(**{name: getattr(self._usage, name) for name in ("text", "soft", "reused", "placed")})
        usage.text += len(question)
        usage.first_token = usage.placed + time.perf_counter() - start
        room = self._llm.context - self._llm.window.length(FORK) - 1
        return Asked(self._llm.window, self._llm.vocabulary, FORK, scores, room, usage)

    def score(self, questions: Sequence[Sequence[int]], candidates: Sequence[int]) -> Vectors:
        """How probable each candidate is as the first token after each question, float32 [questions, candidates]."""
        found = []
        for batch in _batches(questions):
            scores = self._forked(batch, SIDE[: len(batch)])
            found += [probabilities(one)[list(candidates)] for one in scores]
        return np.stack(found)

    def _forked(self, questions: Sequence[Sequence[int]], sequences: Sequence[int], keep: bool = False) -> Scores:
        """Scores of what follows each question, each read in a sequence of its own."""
        window = self._llm.window
        if window.length(PROMPT) + sum(map(len, questions)) >= self._llm.context:
            raise ContextFull(f"the question does not fit the window of {self._llm.name}, {self._llm.context} tokens")
        self._llm.spare(sum(map(len, questions)) + min(ANSWERED, self._llm.context // 8))
        for sequence in sequences:
            window.drop(sequence)
            window.copy(PROMPT, sequence)
        try:
            return window.read(list(map(Row, sequences, questions)), scored=True)
        finally:
            for sequence in () if keep else sequences:
                window.drop(sequence)


def _name(system: Told, ids: Sequence[int]) -> bytes:
    return hashlib.blake2b(repr(system).encode() + np.array(ids, np.int32).tobytes(), digest_size=16).digest()


def _key(part: Part) -> object:
    return part.key if isinstance(part, Kept) else tuple(part)


def _span(part: Part) -> int:
    return part.span if isinstance(part, Kept) else len(part)


def _common(left: Sequence[object], right: Sequence[object]) -> int:
    """Length of the longest common beginning."""
    return next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _batches(texts: Sequence[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    """The texts in stretches that are read at once."""
    batch: list[Sequence[int]] = []
    for text in texts:
        if batch and (sum(map(len, batch)) + len(text) > UBATCH or len(batch) == len(SIDE)):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch
