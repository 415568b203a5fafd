"""How small an entity's slots may be stored: bytes per entity against recall, beside what is stored today.

    kotonoha evaluate slots [--file ROWS] [--questions N]

ROWS has one JSON object a line with `question` and `context`; default is the sample firm. Every passage is placed anew
in float32 and ranked by late interaction alone (mean over the question's states of the best cosine with a slot, Khattab
& Zaharia, arXiv 2004.12832), once for each way of storing. Product quantisation (Jegou, Douze & Schmid, TPAMI 2011)
learns its codebooks from the slots of these very passages and sees no question.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.evaluate.table import Cell, Table
from ingest.memory.catalog import chunks
from ingest.space.space import Space, Vectors, pack, unit, unpack

CENTROIDS = 256
"""Per part of a slot, so that its number is one byte."""
PARTS = (96, 48, 24)
LEARNT_FROM = 20_000
ROUNDS = 12
DEPTHS = (1, 5)

Way = Callable[[Vectors], tuple[int, Vectors]]
"""Slots [n, dim] as bytes taken, and as they are read back."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question and the numbers of the entities of which each is right."""

    question: str
    right: frozenset[int]


class Product:
    """Slots as directions cut into parts, each the number of its nearest centroid, with their length in float16."""

    def __init__(self, slots: Vectors, parts: int, seed: int = 0) -> None:
        from scipy.cluster.vq import kmeans2  # type: ignore[import-untyped]

        some = unit(slots[np.random.default_rng(seed).permutation(len(slots))[:LEARNT_FROM]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a centroid that nothing is nearest to does no harm
            self._books: list[Vectors] = [
                kmeans2(part, min(CENTROIDS, len(part)), ROUNDS, minit="points", rng=seed)[0].astype(np.float32)
                for part in np.split(some, parts, axis=1)
            ]

    @property
    def size(self) -> int:
        """Bytes of all codebooks, once for a whole memory."""
        return sum(book.nbytes for book in self._books)

    def __call__(self, slots: Vectors) -> tuple[int, Vectors]:
        from scipy.cluster.vq import vq

        parts = np.split(unit(slots), len(self._books), axis=1)
        directions = [book[vq(part, book)[0]] for part, book in zip(parts, self._books, strict=True)]
        length = np.linalg.norm(slots, axis=1, keepdims=True).astype(np.float16)
        return len(slots) * (len(self._books) + 2), np.hstack(directions) * length.astype(np.float32)


def ways(slots: Sequence[Vectors]) -> dict[str, Way]:
    """The ways of storing that are compared, by name, the largest first."""
    every = np.concatenate(slots)
    found: dict[str, Way] = {
        "float32": lambda one: (one.nbytes, one),
        "float16": lambda one: (one.nbytes // 2, one.astype(np.float16).astype(np.float32)),
        "int8 (stored today)": lambda one: (len(pack(one)), unpack(pack(one), one.shape[1])),
    }
    for parts in PARTS:
        if every.shape[1] % parts == 0:
            found[f"product, {parts} bytes a slot"] = Product(every, parts)
    found["address alone, float32"] = lambda one: (one[0].nbytes, one.mean(axis=0, keepdims=True))
    return found


def measure(way: Way, slots: Sequence[Vectors], asked: Sequence[Vectors], cases: Sequence[Case]) -> tuple[float, ...]:
    """Mean bytes of an entity, mean cosine of a slot with what is read back, and recall at each of `DEPTHS`."""
    stored = [way(one) for one in slots]
    size = float(np.mean([size for size, _ in stored]))
    read = unit(np.concatenate([back for _, back in stored]))
    begins = np.cumsum([0, *(len(back) for _, back in stored[:-1])])
    ranks = [_rank(states, read, begins, case.right) for states, case in zip(asked, cases, strict=True)]
    return size, _cosine(slots, stored), *(float(np.mean([rank < depth for rank in ranks])) for depth in DEPTHS)


def _rank(states: Vectors, slots: Vectors, begins: NDArray[np.int64], right: frozenset[int]) -> int:
    """How many entities come before the best right one, by late interaction."""
    scores = np.maximum.reduceat(states @ slots.T, begins, axis=1).mean(axis=0)
    return int((scores > scores[list(right)].max()).sum())


def _cosine(slots: Sequence[Vectors], stored: Sequence[tuple[int, Vectors]]) -> float:
    """Of every slot with its own, or the only one, that is read back."""
    pairs = zip(slots, stored, strict=True)
    return float(np.mean(np.concatenate([(unit(one) * unit(back)).sum(axis=1) for one, (_, back) in pairs])))


def evaluate(title: str, passages: Sequence[str], cases: Sequence[Case], space: Space) -> Table:
    slots = [place.slots for part in chunks(list(passages), 256) for place in space.place(part)]
    asked = [unit(place.slots) for place in space.place([case.question for case in cases], ratio=1, question=True)]
    found = ways(slots)
    whole = float(np.mean([one.nbytes for one in slots]))
    rows: list[tuple[Cell, ...]] = []
    for name, way in found.items():
        size, cosine, *recalls = measure(way, slots, asked, cases)
        rows.append((name, round(size), size / whole, cosine, *recalls))
    columns = ("slots as", "bytes an entity", "of float32", "cosine", *(f"recall@{depth}" for depth in DEPTHS))
    books = {name: way.size for name, way in found.items() if isinstance(way, Product)}
    notes = (
        f"{np.mean([len(one) for one in slots]):.1f} slots an entity, {space.dim} dimensions",
        *(
            f"{name}: {size / 1e3:.0f} kB of codebooks beside, for all entities together"
            for name, size in books.items()
        ),
    )
    return Table(
        f"Slots stored: {title}, {len(cases)} questions, {len(passages)} entities", columns, tuple(rows), notes
    )


def of_rows(file: Path, questions: int) -> tuple[list[str], list[Case]]:
    """The passages of a file, and questions with the one each was written for."""
    from assistant.evaluate.search import chosen, read

    asked = read(file)
    number = {passage: i for i, passage in enumerate(dict.fromkeys(one.passage for one in asked))}
    cases = [Case(one.question, frozenset([number[one.passage]])) for one in chosen(asked, questions, seed=0)]
    return list(number), cases


def of_sources(
    words: Mapping[str, Sequence[str]], asked: Sequence[tuple[str, Sequence[str]]]
) -> tuple[list[str], list[Case]]:
    """The entities of sources by path, and questions with all entities of the sources that answer them."""
    paths = [path for path, said in words.items() for _ in said]
    right = [frozenset(i for i, path in enumerate(paths) if path.endswith(tuple(ends))) for _, ends in asked]
    cases = [Case(question, found) for (question, _), found in zip(asked, right, strict=True) if found]
    return [one for said in words.values() for one in said], cases
