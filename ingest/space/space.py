"""The one linguistic space: a sequence of vectors, its mean, and how both are kept.

An entity's *slots* are the token states of a sentence encoder, each the mean of `RATIO` neighbouring tokens. Their
weighted mean, normalised, is the sentence vector, that is, the *address*. One thing at two resolutions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RATIO = 4
"""Tokens per stored slot."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an entity lies in the space.

    Attributes:
        address: float32 [dim], unit length.
        slots: float32 [n, dim], the pooled token states (not normalised), n >= 1.
    """

    address: Vectors
    slots: Vectors


@dataclass(frozen=True, slots=True)
class Packed:
    """The same as the memory keeps it, in bytes; unpacked whenever it is asked for.

    Attributes:
        mean: the address, float32.
        sequence: the slots, as `pack` leaves them.
    """

    mean: bytes = b""
    sequence: bytes = b""

    @classmethod
    def of(cls, where: Placed) -> Packed:
        return cls(where.address.astype(np.float32).tobytes(), pack(where.slots))

    @property
    def address(self) -> Vectors:
        return np.frombuffer(self.mean, np.float32)

    @property
    def slots(self) -> Vectors:
        return unpack(self.sequence, len(self.mean) // 4)


UNPLACED = Packed()
"""Of what has not been placed yet: no vector at all."""


class Space(Protocol):
    """An encoder of words that ends in the linguistic space."""

    @property
    def name(self) -> str:
        """The model and how it is used, for people."""

    @property
    def fingerprint(self) -> str:
        """Changes when vectors of the two can no longer be compared. A memory made with another is refused."""

    @property
    def dim(self) -> int: ...

    def place(self, texts: Sequence[str], ratio: int = RATIO, question: bool = False) -> list[Placed]:
        """Places texts with one slot per `ratio` tokens; order is kept. An empty text is placed like a blank one.

        Args:
            question: the texts look for something; else they are what may be found.
        """

    def fluency(self, text: str) -> float:
        """How well the encoder knows the language of a text, 0 to 1; below a half its vectors are not to be trusted."""


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length one along the last axis; a zero vector stays zero."""
    norm = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norm, 1e-12), np.float32)


Near = Callable[[str, Sequence[str]], Sequence[float]]
"""How near each text is to a question, also across languages: at most 1."""


def near_in(space: Space) -> Near:
    """Nearness in a space: the cosine of the addresses of a question and of each text."""

    def near(question: str, texts: Sequence[str]) -> list[float]:
        (asked,), found = space.place([question], question=True), space.place(texts)
        return [float(asked.address @ one.address) for one in found]

    return near


def placed(slots: Vectors) -> Placed:
    """An entity that is a sequence of vectors and has no words: its address is the mean of its slots."""
    slots = np.atleast_2d(np.asarray(slots, dtype=np.float32))
    return Placed(unit(slots.mean(axis=0)), slots)


def nowhere(dim: int) -> Placed:
    """Of what has no place in the space: it is near nothing, and no store of vectors holds it."""
    return Placed(np.zeros(dim, np.float32), np.zeros((1, dim), np.float32))


def pack(slots: Vectors) -> bytes:
    """Slots as bytes: int8 with one float16 scale per slot; layout: scales [n] then values [n, dim], row-major.

    Relative error below 1 % per component (half a step of 127); bytes per entity: n * (dim + 2).
    """
    scale = np.maximum(np.abs(slots).max(axis=1), 1e-6) / 127.0
    scale16 = scale.astype(np.float16)
    values = np.clip(np.rint(slots / np.maximum(scale16.astype(np.float32), 1e-7)[:, None]), -127, 127).astype(np.int8)
    return bytes(scale16.tobytes() + values.tobytes())


def unpack(data: bytes, dim: int) -> Vectors:
    """The slots of `pack`, float32 [n, dim]."""
    n = len(data) // (dim + 2)
    scale = np.frombuffer(data, np.float16, n).astype(np.float32)
    values = np.frombuffer(data, np.int8, n * dim, offset=2 * n).reshape(n, dim)
    return values.astype(np.float32) * scale[:, None]
