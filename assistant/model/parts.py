"""What a language model is given and what it gives back: parts of a prompt, turns, the pieces of an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np

from ingest.space.space import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a model keeps of a passage it read by itself: keys and values, in every layer, of its tokens.

    In a prompt those at `places` are `len` soft tokens, standing where the tokens stood in the passage; what comes after
    goes on behind the last of them. They fit this one model with this one adapter.

    Attributes:
        state: llama.cpp's own form of it, the whole passage.
        length: tokens of the passage.
        places: those of its tokens that a prompt is given, ascending.
        name: a hash of the state.
    """

    state: bytes
    length: int
    places: tuple[int, ...]
    name: bytes

    def __len__(self) -> int:
        return len(self.places)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.state)

    @property
    def span(self) -> int:
        """Positions that they take up in a prompt."""
        return self.places[-1] + 1

    @property
    def key(self) -> bytes:
        """A hash of what a prompt is given."""
        return hashlib.blake2b(np.array(self.places).tobytes(), key=self.name, digest_size=16).digest()

    def only(self, places: Sequence[int]) -> Kept:
        """The same passage, of which a prompt is given these places."""
        return replace(self, places=tuple(places))


Part = str | Sequence[int] | Vectors | Kept
"""Words (never parsed for control tokens), token ids, float32 vectors [n, n_embd] read as n soft
tokens, or what was kept of a passage."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; its content may mix words and vectors."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]


class Rule(Protocol):
    """Which answers are allowed, in bytes."""

    def begins(self, said: bytes) -> bool:
        """Whether an answer may begin so."""

    def ends(self, said: bytes) -> bool:
        """Whether this may be all of it."""


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
class Run:
    """Neighbouring rows of one sort: int32 ids [n], float32 vectors [n, n_embd], or what was kept of
    a passage."""

    rows: np.ndarray[Any, Any] | Kept

    @property
    def soft(self) -> bool:
        return isinstance(self.rows, Kept) or self.rows.ndim == 2

    @property
    def span(self) -> int:
        """Positions."""
        return self.rows.span if isinstance(self.rows, Kept) else len(self.rows)

    def keys(self) -> list[int | bytes]:
        """What a row is in the prefix cache: a token by its id, a vector by the hash of its content, what was kept by its own."""
        if isinstance(self.rows, Kept):
            return [self.rows.key] * len(self.rows)
        if not self.soft:
            return [int(id) for id in self.rows]
        return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in self.rows]

    def places(self) -> Sequence[int]:
        """Where the rows stand, counted from where the run begins."""
        return self.rows.places if isinstance(self.rows, Kept) else range(len(self.rows))


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
