"""Training what chooses a passage's soft tokens: which of its tokens does a question need?

`assistant.model.relevance` in torch, fitted before anything else to where the answers of the training questions stand,
and to changed questions that no token answers. Short passages are read several at a time, so that there is a choice.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.fit.altered import places
from assistant.fit.config import FitConfig
from assistant.fit.data import Corpus
from assistant.fit.passage import Ask, Passage
from assistant.model.relevance import DILATIONS, SIGNS, Selector, signs, vocabulary
from assistant.model.tokens import Ids, Tokens

Table = dict[str, NDArray[Any]]

INNER = 96
"""Width of the network."""

TOGETHER = 150
"""Tokens up to which neighbouring passages are read as one."""

SHARES = {"squad_train_part": 0.5, "qamr": 0.25, "fairytaleqa": 0.08, "wikitables": 0.06, "firm": 0.1}
OTHERS = 0.02
"""How often each set is drawn."""

BATCH, RATE, WARMUP, DROPOUT = 32, 2e-3, 50, 0.2

TOLD_EVERY = 100
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


def fit_relevance(
    corpus: Corpus,
    embedding: Tensor,
    config: FitConfig,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> Table:
    """The tables that `assistant.model.relevance.Selector` reads; `progress` is given step and loss now and then."""
    rare = rarities((passage for rows in corpus.training.values() for passage in rows), len(embedding))
    table = vocabulary(rare, corpus.tokens.names())
    samples = {name: made for name, rows in corpus.training.items() if (made := list(drawn_from(rows, corpus.tokens)))}
    network = Network(embedding, table)
    if not samples:
        return table | network.table()
    chance, names = random.Random(config.seed), sorted(samples)  # noqa: S311
    odds = [SHARES.get(name, OTHERS) for name in names]
    torch.manual_seed(config.seed)
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    for step in range(config.relevance_steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARMUP) * (1 - step / config.relevance_steps) + 1e-5
        batch = chance.choices(samples[chance.choices(names, odds)[0]], k=BATCH)
        loss = _loss(network, [_unasked(sample) if chance.random() < UNASKED else sample for sample in batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if (step + 1) % TOLD_EVERY == 0:
            progress(step + 1, loss.item())
    return table | network.table()


def rarities(passages: Iterable[Passage], size: int) -> NDArray[np.float32]:
    """A tenth of the negative logarithm of the share of passages a token is in; about 0 (in all) to 1 (in none)."""
    counts = Counter[int]()
    for passage in passages:
        counts.update(set(passage.ids))
    seen = np.zeros(size, np.float32)
    seen[list(counts)] = list(counts.values())
    return np.asarray(-np.log((seen + 1) / (seen.max() + 1)) / 10, np.float32)


# -- samples -----------------------------------------------------------------------------------------


def drawn_from(rows: Sequence[Passage], tokens: Tokens) -> Iterator[Sample]:
    """Every question of the passages, short ones read together with their neighbours; those not answered have no spans."""
    for run in _together(rows):
        ids = tuple(id for passage in run for id in passage.ids)
        begin = 0
        for passage in run:
            for ask in passage.asks:
                spans = tuple((begin + a, begin + b) for a, b in answer_spans(passage.ids, ask, tokens))
                if bool(spans) == bool(ask.answer):
                    yield Sample(ids, ask.question, spans)
            begin += len(passage.ids)


def _together(rows: Sequence[Passage]) -> Iterator[list[Passage]]:
    run: list[Passage] = []
    for passage in rows:
        if run and sum(len(one.ids) for one in run) + len(passage.ids) > TOGETHER:
            yield run
            run = []
        run.append(passage)
    if run:
        yield run


def answer_spans(ids: Ids, ask: Ask, tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Where a passage holds an answer: after a space, or at the beginning of a line or right after a bracket."""
    said = tokens.text(ask.answer).strip()
    for wanted in {tokens.fixed(said), tokens.fixed(f" {said}")} if said else ():
        for start in places(ids, wanted):
            yield start, start + len(wanted)


def _unasked(sample: Sample) -> Sample:
    return Sample(sample.ids, (), sample.spans)


def coverage(samples: Sequence[Sample], selector: Selector, ratio: int) -> float:
    """Share of the answers that are kept whole at a ratio."""
    asked = [sample for sample in samples if sample.spans]
    chosen = [set(selector.anchors([(sample.ids, ratio)], sample.question)[0]) for sample in asked]
    whole = [
        any(kept.issuperset(range(*span)) for span in sample.spans) for sample, kept in zip(asked, chosen, strict=True)
    ]
    return float(np.mean(whole))


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
    """`assistant.model.relevance.network` over padded batches."""

    embedding: Tensor
    scale: Tensor

    def __init__(self, embedding: Tensor, table: Table) -> None:
        super().__init__()
        self.vocabulary = table
        self.register_buffer("embedding", embedding.float(), persistent=False)
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
        inner = getattr(self, name)(functional.embedding(row.ids, self.embedding) * self.scale)
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
        passage, question = (_Padded.of(rows) for rows in ([s.ids for s in samples], [s.question for s in samples]))
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
