"""Measures search: does the passage a question was written for come first? Fits the weights of its ranking.

    kotonoha evaluate search --file FILE                                     measures
    python -m assistant.evaluate.search FILE... [--questions 2000]           fits

A file is gzipped JSON lines with `context` and `question`. All its distinct passages become one memory, read with the
real encoder into the real stores; the ways of searching are compared on the same questions in the same run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.app import build
from assistant.evaluate.table import Cell, Table
from assistant.search.retrieve import (
    BY_MEANING,
    BY_WORDS,
    CLOSE,
    FEATURES,
    FLUENT_WEIGHTS,
    WORDS_WEIGHTS,
    Asked,
    Retriever,
    features,
    fuse,
    weights,
)  # fmt: skip
from ingest.base.access import Viewer
from ingest.base.settings import Settings, load
from ingest.memory.catalog import SourceRow
from ingest.memory.lexicon import search as by_words
from ingest.memory.memory import Memory
from ingest.space.encoders.words import Words
from ingest.space.entity import Draft, identify
from ingest.space.space import Space, unit
from ingest.text.language import language_of
from ingest.work import place

SCOPE = "evaluation"
VIEWER = Viewer("evaluation", frozenset({SCOPE}))
DEPTHS = (1, 5, 20)

Search = Callable[[str], list[str]]
"""A way of searching: a question to ids, best first."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and the passage it was written for."""

    question: str
    passage: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question of the fit: the features of its candidates [n, len(FEATURES)], which of them is the right one, and which are
    in its language (all of them when empty)."""

    features: NDArray[np.float64]
    right: int
    at_home: tuple[bool, ...] = ()


def evaluate(
    file: Path, questions: int = 1000, seed: int = 0, space: Space | None = None, among: Sequence[Path] = ()
) -> Table:
    """The shipped search beside nearest addresses, words, and both plainly fused by reciprocal rank.

    Args:
        among: files whose passages are searched as well.
    """
    asked = chosen(read(file), questions, seed)
    with memory_of(dict.fromkeys(one.passage for one in chain(*map(read, (file, *among)))), space) as (memory, ids):
        rows: list[tuple[Cell, ...]] = [(name, *measure(way, asked, ids)) for name, way in ways(memory).items()]
    columns = ("search", *(f"recall@{depth}" for depth in DEPTHS), "MRR@20", "ms a question")
    title = f"Search: {file.name.split('.')[0]}, {len(asked)} questions, {len(ids)} passages"
    return Table(title, columns, tuple(rows))


def ways(memory: Memory) -> dict[str, Search]:
    """The ways of searching that are compared, by name."""
    retriever = Retriever(memory, memory.catalog, memory.space)
    most = max(DEPTHS)

    def dense(question: str) -> list[str]:
        return _ids(memory.nearest(memory.space.place([question], question=True)[0].address, VIEWER, most))

    def words(question: str) -> list[str]:
        return _ids(by_words(memory.catalog, question, [SCOPE], most))

    def fused(question: str) -> list[str]:
        return fuse([[(id, 0.0) for id in search(question)] for search in (dense, words)])

    def shipped(question: str) -> list[str]:
        hits = retriever.search(question, VIEWER, k=most)
        return [id for hit in hits for id in (hit.entity.id, *(twin.id for twin in hit.duplicates))]

    found = {"dense only": dense, "words only": words, "reciprocal rank fusion": fused, "shipped": shipped}
    return found | ({"dense only, means kept in": _kept_in(memory)} if isinstance(memory.space, Words) else {})


def _kept_in(memory: Memory) -> Search:
    """Nearest addresses as the encoder gives them: what the means of languages that are taken out are worth."""
    nothing = (
        Words(memory.space.threads, np.zeros_like(memory.space.means)) if isinstance(memory.space, Words) else None
    )
    assert nothing is not None
    rows = memory.catalog.connection.execute("SELECT id, title, text FROM entity ORDER BY number").fetchall()
    ids = [row["id"] for row in rows]
    addresses = unit(nothing.middles([row["text"] for row in rows]))

    def search(question: str) -> list[str]:
        near = np.argsort(-(addresses @ nothing.place([question], question=True)[0].address))
        return [ids[i] for i in near[: max(DEPTHS)]]

    return search


def measure(search: Search, asked: Sequence[Asking], ids: dict[str, str]) -> tuple[float, ...]:
    """Recall at each of `DEPTHS`, mean reciprocal rank, and milliseconds per question."""
    started = time.perf_counter()
    ranks = [_rank(search(one.question), ids[one.passage]) for one in asked]
    spent = (time.perf_counter() - started) / len(asked) * 1000
    found = np.array(ranks)
    recall = [float((found < depth).mean()) for depth in DEPTHS]
    return (*recall, float(np.where(found < max(DEPTHS), 1 / (found + 1), 0).mean()), spent)


def _rank(found: Sequence[str], wanted: str) -> float:
    return float(found.index(wanted)) if wanted in found else float("inf")


def _ids(ranking: Sequence[tuple[str, float]]) -> list[str]:
    return [id for id, _ in ranking]


# -- a memory of passages ------------------------------------------------------------------------------


def read(file: Path) -> list[Asking]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [Asking(row["question"], row["context"]) for row in map(json.loads, lines)]


def chosen(asked: Sequence[Asking], questions: int, seed: int) -> list[Asking]:
    return random.Random(seed).sample(list(asked), min(questions, len(asked)))


@contextmanager
def memory_of(
    passages: Sequence[str] | dict[str, None], space: Space | None = None
) -> Iterator[tuple[Memory, dict[str, str]]]:
    """A memory in a temporary folder that holds these passages, with the id of each."""
    with tempfile.TemporaryDirectory() as home:
        settings = load(home)
        with Memory(settings, space or build.space(settings)) as memory:
            yield memory, _remember(memory, list(passages), settings)


def _remember(memory: Memory, passages: Sequence[str], settings: Settings) -> dict[str, str]:
    entities = list(identify("passages", SCOPE, (Draft("passage", passage) for passage in passages)))
    row = SourceRow("passages", str(settings.home), "", 0, "text/plain", "passages", SCOPE, "evaluation", (), "")
    memory.put_source(row, place(memory.space, entities))
    memory.settle()
    return {entity.text: entity.id for entity in entities}


# -- fitting the weights of the ranking ------------------------------------------------------------------


def fit(files: Sequence[Path], questions: int = 2000, seed: int = 0, space: Space | None = None) -> list[Table]:
    """Fits both sets of weights and prints what each feature is worth: recall without it, fitted anew each time.

    One memory holds the passages of all files; half of the questions fit, the other half measures.
    """
    asked = [one for file in files for one in chosen(read(file), questions // len(files), seed)]
    asked = chosen(asked, len(asked), seed)
    passages = dict.fromkeys(one.passage for file in files for one in read(file))
    with memory_of(passages, space) as (memory, ids):
        retriever = Retriever(memory, memory.catalog, memory.space)
        known = [retriever.ask(one.question, VIEWER) for one in asked]
        right = [ids[one.passage] for one in asked]
        cases = _cases(retriever, memory, known, right)
        return [
            _ablation("with vectors", tuple(FLUENT_WEIGHTS), cases),
            _expectation(cases),
            _ablation(
                "words only", tuple(WORDS_WEIGHTS), _cases(retriever, memory, [_blind(one) for one in known], right)
            ),
        ]


def _expectation(cases: Sequence[Case]) -> Table:
    """The line through what meaning and what words are worth, over the candidates in their question's language."""
    weighed = np.concatenate([case.features[list(case.at_home) or slice(None)] for case in cases]) * weights(True)
    meaning, words = (
        weighed[:, [FEATURES.index(name) for name in names]].sum(axis=1) for names in (BY_MEANING, BY_WORDS)
    )
    lines = {"words beside meaning": (meaning, words), "meaning beside words": (words, meaning)}
    rows: list[tuple[Cell, ...]] = [
        (name, len(words), *map(float, np.polyfit(x, y, 1)[::-1])) for name, (x, y) in lines.items()
    ]
    return Table(
        "What one is worth beside so much of the other", ("what", "candidates", "at none", "for each one"), tuple(rows)
    )


def _blind(asked: Asked) -> Asked:
    return replace(asked, addresses=asked.addresses[:0], states=asked.states[:0], fluent=False)


def _cases(retriever: Retriever, memory: Memory, known: Sequence[Asked], right: Sequence[str]) -> list[Case]:
    """The questions whose passage is among the candidates at all."""
    cases = []
    for asked, wanted in zip(known, right, strict=True):
        proposed = retriever.propose(asked, VIEWER)
        lexical = dict(proposed[-1])
        items = list(memory.hydrate(fuse(proposed)[:CLOSE], VIEWER).values())
        table = features(asked, items, [lexical.get(item.id, 0.0) for item in items])
        at_home = tuple(language_of(item.words) == asked.language for item in items)
        cases += [Case(table, i, at_home) for i, item in enumerate(items) if item.id == wanted]
    return cases


def _ablation(title: str, names: tuple[str, ...], cases: Sequence[Case]) -> Table:
    half = len(cases) // 2
    rows = []
    for left in ("", *names):
        kept = [name for name in names if name != left]
        weights = fitted(cases[:half], kept)
        shown = " ".join(f"{name}={weight:.2f}" for name, weight in zip(kept, weights, strict=True))
        rows.append((f"without {left}" if left else "all", *_recall(cases[half:], kept, weights), shown))
    return Table(
        f"Ranking {title}: {len(cases)} questions", ("features", "recall@1", "recall@5", "weights"), tuple(rows)
    )


def fitted(cases: Sequence[Case], names: Sequence[str], decay: float = 1e-3) -> NDArray[np.float64]:
    """Weights that make the right candidate the likeliest of its list (softmax over the list, L2 on scaled weights)."""
    import torch

    columns = [FEATURES.index(name) for name in names]
    lists = [torch.from_numpy(case.features[:, columns]) for case in cases]
    scale = torch.cat(lists).std(dim=0) + 1e-9
    padded = torch.nn.utils.rnn.pad_sequence(lists, batch_first=True) / scale
    lengths = torch.tensor([len(one) for one in lists])
    outside = torch.arange(padded.shape[1])[None] >= lengths[:, None]
    right = torch.tensor([case.right for case in cases])
    weights = torch.zeros(len(columns), dtype=torch.float64, requires_grad=True)
    descent = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        descent.zero_grad()
        scores = (padded @ weights).masked_fill(outside, -1e9)
        value = torch.nn.functional.cross_entropy(scores, right) + decay * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    descent.step(loss)  # type: ignore[no-untyped-call]
    return np.asarray((weights.detach() / scale).numpy())


def _recall(cases: Sequence[Case], names: Sequence[str], weights: NDArray[np.float64]) -> tuple[float, float]:
    columns = [FEATURES.index(name) for name in names]
    scores = [case.features[:, columns] @ weights for case in cases]
    ranks = np.array([(score > score[case.right]).sum() for score, case in zip(scores, cases, strict=True)])
    return float((ranks < 1).mean()), float((ranks < 5).mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m assistant.evaluate.search", description="Fits the ranking's weights."
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for table in fit(args.files, args.questions, args.seed):
        print(f"{table}\n")


if __name__ == "__main__":
    main()
