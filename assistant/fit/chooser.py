"""Training what chooses the tokens of a source that a question is given, where it is not given all of them.

`assistant.model.relevance.network` in torch, fitted to where the answers of the training questions stand, and to questions
that no token answers. Short passages are read several at a time, so that there is a choice. The model is
only asked for its tokens and their input embeddings.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.fit.passages import rows
from assistant.model import prompt
from assistant.model.relevance import DILATIONS, SIGNS, Selector, signs, vocabulary
from assistant.model.vocabulary import Vocabulary

Table = dict[str, NDArray[Any]]
Ids = tuple[int, ...]

INNER = 96
"""Width of the network."""

TOGETHER, LONGEST = 150, 700
"""Tokens up to which neighbouring passages are read as one, and those of a passage that is used at all."""

HELD = 40
"""One passage in so many is held out of training."""

BATCH, RATE, WARMUP, DROPOUT = 24, 2e-3, 50, 0.2

TOLD_EVERY = 50
"""Steps from one word of progress to the next."""

UNASKED = 0.05
"""Share of the questions that are left out: what matters whatever is asked?"""

NEAR, NEAR_WORTH = 5, 0.3
"""Tokens around an answer that are wanted too, and how much."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A passage, a question, and where its answer stands (begin, end); nowhere if the passage does not answer it."""

    ids: Ids
    question: Ids
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in tokens, and its questions: in tokens, with the places of the answer in it."""

    ids: Ids
    asks: tuple[tuple[Ids, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The tables that `assistant.model.relevance.Selector` reads, and samples that were held out."""

    tables: Table
    held: tuple[Sample, ...]
    steps: int


def fit(
    files: Sequence[Path], vocabulary_of: Vocabulary, rows: Callable[[Sequence[int]], NDArray[np.float32]], *,
    steps: int = 1500, minutes: float = 0.0, seed: int = 7,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> Fitted:  # fmt: skip
    """Fits the chooser of one model; `progress` is given step and loss now and then.

    Args:
        files: rows of `context`, `question`, `answer` or `answers` (`.jsonl.gz`); every file is drawn equally often.
        rows: input embeddings of the model's tokens.
        minutes: stop after so much time, 0 for never.
    """
    read = {file: list(passages(file, vocabulary_of)) for file in files}
    every = [passage for file in read.values() for passage in file]
    rare = rarities((passage.ids for passage in every), len(vocabulary_of))
    table = vocabulary(rare, [vocabulary_of.piece(id) for id in range(len(vocabulary_of))])
    held = [sample for file in read.values() for sample in samples(file[::HELD])]
    training = [
        made for file in read.values() if (made := list(samples(one for n, one in enumerate(file) if n % HELD)))
    ]
    used = sorted({id for group in (*training, held) for one in group for id in (*one.ids, *one.question)})
    network = Network(torch.from_numpy(rows(used)), used, table)
    done = _trained(network, training, steps, minutes, seed, progress)
    return Fitted(table | network.table(), tuple(held), done)


def _trained(
    network: Network, training: Sequence[Sequence[Sample]], steps: int, minutes: float, seed: int,
    progress: Callable[[int, float], None],
) -> int:  # fmt: skip
    """Trains; returns the steps that were done."""
    chance, start = random.Random(seed), time.monotonic()  # noqa: S311
    torch.manual_seed(seed)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    for step in range(steps):
        gone = (time.monotonic() - start) / (60 * minutes) if minutes else 0.0
        if gone >= 1:
            return step
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARMUP) * (1 - max(gone, step / steps)) + 1e-5
        batch = chance.choices(chance.choice(training), k=BATCH)
        loss = _loss(network, [_unasked(sample) if chance.random() < UNASKED else sample for sample in batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % TOLD_EVERY == 0:
            progress(step + 1, loss.item())
    return steps


def rarities(texts: Iterable[Ids], size: int) -> NDArray[np.float32]:
    """A tenth of the negative logarithm of the share of texts a token is in; about 0 (in all) to 1 (in none)."""
    counts = Counter[int]()
    for ids in texts:
        counts.update(set(ids))
    seen = np.zeros(size, np.float32)
    seen[list(counts)] = list(counts.values())
    return np.asarray(-np.log((seen + 1) / (seen.max() + 1)) / 10, np.float32)


# -- samples -----------------------------------------------------------------------------------------


def passages(file: Path, tokens: Vocabulary) -> Iterator[Passage]:
    """The passages of a file, each with the questions whose answer it says, or that have none.

    Raises:
        BadInput: a row is not of that form.
    """
    asked: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for title, context, question, answer in rows(file):
        asked.setdefault((title, context), []).append((question, answer))
    for (title, context), questions in asked.items():
        said = prompt.block(title, context)
        ids = tuple(tokens.tokenize(said))
        if len(ids) > LONGEST:
            continue
        places = [0, *accumulate(len(tokens.piece(id)) for id in ids)]
        asks = []
        for question, answer in questions:
            spans = tuple(spans_of(said.encode(), answer.encode(), places)) if answer else ()
            if bool(spans) == bool(answer):
                asks.append((tuple(tokens.tokenize(prompt.ask(question))), spans))
        yield Passage(ids, tuple(asks))


def spans_of(said: bytes, answer: bytes, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The tokens [begin, end) that hold an answer, wherever it stands; token n is the bytes places[n] to places[n + 1]."""
    at = said.find(answer)
    while at >= 0:
        begin = int(np.searchsorted(places, at, "right")) - 1
        yield begin, int(np.searchsorted(places, at + len(answer), "left"))
        at = said.find(answer, at + 1)


def samples(rows: Iterable[Passage]) -> Iterator[Sample]:
    """Every question of the passages, short ones read together with their neighbours."""
    for run in _together(rows):
        ids = tuple(id for passage in run for id in passage.ids)
        begin = 0
        for passage in run:
            for question, spans in passage.asks:
                yield Sample(ids, question, tuple((begin + a, begin + b) for a, b in spans))
            begin += len(passage.ids)


def _together(rows: Iterable[Passage]) -> Iterator[list[Passage]]:
    run: list[Passage] = []
    for passage in rows:
        if run and sum(len(one.ids) for one in run) + len(passage.ids) > TOGETHER:
            yield run
            run = []
        run.append(passage)
    if run:
        yield run


def _unasked(sample: Sample) -> Sample:
    return Sample(sample.ids, (), sample.spans)


def coverage(samples: Sequence[Sample], selector: Selector, ratio: int) -> float:
    """Share of the answers that are kept whole at a ratio."""
    asked = [sample for sample in samples if sample.spans]
    chosen = [set(selector.anchors([(sample.ids, ratio)], sample.question)[0]) for sample in asked]
    whole = [
        any(kept.issuperset(range(*span)) for span in sample.spans) for sample, kept in zip(asked, chosen, strict=True)
    ]
    return float(np.mean(whole)) if whole else 0.0


# -- the network -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Padded:
    """Token ids [batch, longest] and 1.0 where there is one."""

    ids: Tensor
    there: Tensor

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> _Padded:
        longest = max(1, *map(len, rows))
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        there = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
        return cls(ids, there)


class Network(nn.Module):
    """`assistant.model.relevance.network` over padded batches; row n of `embedding` belongs to the token used[n]."""

    embedding: Tensor
    scale: Tensor

    def __init__(self, embedding: Tensor, used: Sequence[int], table: Table) -> None:
        super().__init__()
        self.vocabulary, self._place = table, {id: place for place, id in enumerate(used)}
        self.register_buffer("embedding", embedding.half(), persistent=False)
        self.register_buffer("scale", 1 / embedding.float().std())
        width = embedding.shape[1]
        self.passage, self.question = nn.Linear(width, INNER), nn.Linear(width, INNER)
        self.passage_norm, self.question_norm = nn.LayerNorm(INNER), nn.LayerNorm(INNER)
        self.passage_near, self.question_near = (nn.Conv1d(INNER, INNER, 5, padding=2) for _ in range(2))
        self.pool, self.gate, self.mix = (
            nn.Linear(INNER, 1),
            nn.Linear(INNER, INNER),
            nn.Linear(3 * INNER + 1 + SIGNS, INNER),
        )
        self.convolutions = nn.ModuleList(nn.Conv1d(INNER, INNER, 7, padding=3 * d, dilation=d) for d in DILATIONS)
        self.norms = nn.ModuleList(nn.LayerNorm(INNER) for _ in DILATIONS)
        self.out = nn.Linear(INNER, 1)

    def forward(self, passage: _Padded, question: _Padded, given: Tensor) -> Tensor:
        """Scores [batch, longest passage]; those of padding mean nothing."""
        words = self._words("passage", passage)
        asked = self._words("question", question)
        match = words @ asked.transpose(1, 2) / math.sqrt(INNER)
        match = match.masked_fill(question.there[:, None] == 0, -1e4)
        some = question.there.amax(1)[:, None, None]
        aligned = (match.softmax(-1) @ asked) * some
        most = match.amax(-1, keepdim=True) * some
        pooled = self.pool(asked)[..., 0].masked_fill(question.there == 0, -1e4).softmax(-1)[:, None] @ asked
        x = self.mix(torch.cat((words, aligned, words * aligned, most, given), -1)) + self.gate(pooled * some)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = x + self._dropped(_gelu(_over_tokens(convolution, norm(x) * passage.there[..., None])))
        scores: Tensor = self.out(x)[..., 0]
        return scores

    def _words(self, name: str, row: _Padded) -> Tensor:
        inner = getattr(self, name)(functional.embedding(row.ids, self.embedding).float() * self.scale)
        words = self._dropped(getattr(self, f"{name}_norm")(inner)) * row.there[..., None]
        near = _gelu(_over_tokens(getattr(self, f"{name}_near"), words))
        return (words + near) * row.there[..., None]

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, DROPOUT, self.training)

    def table(self) -> Table:
        """The tensors under the names that serving reads."""
        return {f"relevance.{name}": value.detach().cpu().numpy() for name, value in self.state_dict().items()}

    def batch(self, samples: Sequence[Sample]) -> tuple[_Padded, _Padded, Tensor]:
        """What `forward` takes."""
        passage, question = (
            _Padded.of([[self._place[id] for id in row] for row in rows])
            for rows in ([sample.ids for sample in samples], [sample.question for sample in samples])
        )
        given = torch.zeros(*passage.ids.shape, SIGNS)
        for row, sample in zip(given, samples, strict=True):
            told = signs(np.array(sample.ids, np.int64), np.array(sample.question, np.int64), self.vocabulary)
            row[: len(sample.ids)] = torch.from_numpy(told)
        return passage, question, given


def _gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


def _over_tokens(convolution: nn.Module, x: Tensor) -> Tensor:
    convolved: Tensor = convolution(x.transpose(1, 2)).transpose(1, 2)
    return convolved


def _loss(network: Network, samples: Sequence[Sample]) -> Tensor:
    """Is this token wanted (every token), and is one of the wanted ones the highest (where there are any)?"""
    passage, question, given = network.batch(samples)
    scores = network(passage, question, given)
    wanted = torch.zeros_like(scores)
    for row, sample in zip(wanted, samples, strict=True):
        for begin, end in sample.spans:
            near = row[max(0, begin - NEAR) : end + NEAR]
            near.clamp_(min=NEAR_WORTH)
        for begin, end in sample.spans:
            row[begin:end] = 1
    wanted = wanted * passage.there
    each = functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none") * passage.there
    highest = scores.masked_fill(passage.there == 0, -1e4).log_softmax(-1)
    answered = (wanted == 1).any(-1)
    among = torch.logsumexp(highest.masked_fill(wanted < 1, -1e4), -1)[answered]
    return 2 * each.sum() / passage.there.sum() - 0.3 * (among.mean() if len(among) else 0.0)
