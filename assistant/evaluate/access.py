"""What access control costs a search: one vector collection per scope, of which only the readable ones are opened,
beside one collection for all with a filter over its metadata. Same vectors, same questions, one run; recall against
an exact search.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.evaluate.table import Table
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory.catalog import SourceRow, chunks
from ingest.memory.memory import Memory, open_vectors
from ingest.space.entity import Entity, Locator
from ingest.space.space import Packed, Placed, Vectors, pack, unit

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

DIM = 384
TOPICS = 500
"""Centres around which entities lie, as texts about the same things do."""
SPREAD = 0.06
READABLE = (1, 10, 100)
"""Of how many scopes a person reads."""
ENTITIES = 100_000
SCOPES = 200
K = 10
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds a question (median and 95th of 100) and the share of the exact nearest that were found."""

    readable: int
    store: str
    median: float
    slow: float
    recall: float


class Numbers:
    """A space that is asked for nothing: entities bring their vectors."""

    name = fingerprint = "numbers"
    dim = DIM

    def place(self, texts: Sequence[str], ratio: int = 4, question: bool = False) -> list[Placed]:
        raise NotImplementedError

    def fluency(self, text: str) -> float:
        return 0.0


def run(settings: Settings, entities: int = 100_000, scopes: int = 200, questions: int = 50) -> list[Measured]:
    """Fills both stores with the same clustered random vectors and asks them the same questions."""
    chance = np.random.default_rng(0)
    topics = unit(chance.standard_normal((TOPICS, DIM)).astype(np.float32))
    vectors = _near(chance, topics, entities)
    asked = _near(chance, topics, questions)
    scope_of = chance.integers(0, scopes, entities)
    with tempfile.TemporaryDirectory() as scratch:
        one = _one_collection(Path(scratch) / "one", vectors, scope_of)
        with Memory(replace(settings, home=Path(scratch) / "own"), Numbers()) as memory:
            _fill(memory, vectors, scope_of, scopes)
            found = []
            for readable in READABLE:
                allowed = sorted(chance.choice(scopes, readable, replace=False).tolist())
                mine = np.flatnonzero(np.isin(scope_of, allowed))
                exact = [set(mine[np.argsort(-(vectors[mine] @ q))[:K]].tolist()) for q in asked]
                viewer = Viewer("asks", frozenset(_name(scope) for scope in allowed))
                found.append(_measured(readable, "collection per scope", asked, exact, _own(memory, viewer)))
                found.append(_measured(readable, "metadata filter", asked, exact, _filtered(one, allowed)))
    return found


def _near(chance: np.random.Generator, topics: Vectors, count: int) -> Vectors:
    noise = SPREAD * chance.standard_normal((count, DIM)).astype(np.float32)
    return unit(topics[chance.integers(0, len(topics), count)] + noise)


def _fill(memory: Memory, vectors: Vectors, scope_of: Any, scopes: int) -> None:
    nothing = pack(np.zeros((1, DIM), np.float32))
    for scope in range(scopes):
        name = _name(scope)
        items = [
            Entity(
                str(i), name, name, "passage", "", Locator(), ordinal=int(i), at=Packed(vectors[i].tobytes(), nothing)
            )
            for i in np.flatnonzero(scope_of == scope)
        ]
        memory.put_source(SourceRow(name, f"/{name}", "", 0, "text/plain", name, name, "evaluation", (), ""), items)
    memory.settle()


def _one_collection(folder: Path, vectors: Vectors, scope_of: Any) -> Collection:
    collection = open_vectors(folder).create_collection(
        "all", embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 100}}
    )
    for numbers in chunks(range(len(vectors)), BATCH):
        collection.add(
            ids=[str(i) for i in numbers], embeddings=vectors[list(numbers)],
            metadatas=[{"scope": int(scope_of[i])} for i in numbers],
        )  # fmt: skip
    return collection


def _own(memory: Memory, viewer: Viewer) -> Any:
    return lambda q: [int(id) for id, _ in memory.nearest(q, viewer, K)]


def _filtered(collection: Collection, allowed: list[int]) -> Any:
    where: Any = {"scope": {"$in": allowed}}

    def search(q: Vectors) -> list[int]:
        found = collection.query(query_embeddings=[q.tolist()], n_results=K, where=where, include=[])
        return [int(id) for id in found["ids"][0]]

    return search


def _measured(readable: int, store: str, asked: Vectors, exact: Sequence[set[int]], search: Any) -> Measured:
    search(asked[0])  # the first question opens files
    times, recalls = [], []
    for q, right in zip(asked, exact, strict=True):
        began = time.perf_counter()
        found = search(q)
        times.append(time.perf_counter() - began)
        recalls.append(len(right.intersection(found)) / len(right))
    return Measured(readable, store, float(np.median(times)), float(np.quantile(times, 0.95)), float(np.mean(recalls)))


def _name(scope: int) -> str:
    return f"scope-{scope}"


def table(found: Sequence[Measured], entities: int, scopes: int) -> Table:
    rows = tuple((m.readable, m.store, 1000 * m.median, 1000 * m.slow, m.recall) for m in found)
    return Table(
        f"Nearest {K} of {entities:,} entities in {scopes} scopes, for people who read some of them",
        ("scopes read", "store", "median ms", "95 % ms", "recall"),
        rows,
        (
            f"{DIM} dimensions, random around {TOPICS} topics; the same vectors and questions for both, asked one by one.",
        ),
    )
