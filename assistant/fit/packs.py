"""Steps of training as tokens: sources once, behind them everything that is asked of them, each in a fork of its own.

A pack of some 1,000 tokens teaches as much as eight prompts of 700 would. What a token sees is what it sees in serving
(`assistant.model.llm`): a source read by itself the head and itself (block attention, arXiv 2409.15355), a source in the
prompt all before it, a fork the head, the sources and itself. Places go on as if the other forks were not there; a source
read by itself has the head right before it, wherever it stands in the end.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import torch
from torch import Tensor

from assistant.model import prompt
from assistant.model.vocabulary import Told, Vocabulary

NOTHING = -1
"""The label of a token after which nothing is learned."""

BESIDE = 3
"""Tokens on either side of a pair that is asked or said which a thinned source keeps first."""

_PROMPT, _FORKS = 0, 1000
"""Segments: what is read in the prompt is 0, sources read by themselves count from 1, forks from 1000."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it is given. `kept`: it is read by itself."""

    title: str
    text: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Fork:
    """What is asked, as `prompt` words it, and what is to be said. `kind` is for counting."""

    kind: str
    asked: str
    answer: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of training reads. `share`: so many of the tokens of sources read by themselves each fork sees."""

    told: Told
    sources: tuple[Source, ...]
    forks: tuple[Fork, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A step in tokens.

    Attributes:
        ids, places: int64 [tokens].
        seen, seen_at: int64 [columns], which token is seen in a column, and at which place. First all as they stand, then
            the head once for each source read by itself, right before it.
        sees: bool [tokens, columns], whether the row's token sees the column's.
        labels: int64 [tokens], what has to follow, or `NOTHING`.
        weights: float32 [tokens]; of an answer of n tokens each has 1 / sqrt(n), so that long ones do not drown "none".
    """

    ids: Tensor
    places: Tensor
    seen: Tensor
    seen_at: Tensor
    sees: Tensor
    labels: Tensor
    weights: Tensor

    def to(self, device: torch.device) -> Pack:
        """The same where a model lies."""
        return Pack(*(getattr(self, one.name).to(device) for one in fields(self)))


def packed(step: Step, tokens: Vocabulary) -> Pack:
    head = tokens.head(step.told)
    lines = _Lines()
    lines.add(head, _PROMPT, 0)
    for number, source in enumerate(step.sources, 1):
        lines.add(tokens.tokenize(prompt.tag(number)), _PROMPT, len(lines.ids))
        block = tokens.tokenize(prompt.block(source.title, source.text))
        lines.add(block, number if source.kept else _PROMPT, len(lines.ids))
    begin, kept = len(lines.ids), lines.kept()
    for number, fork in enumerate(step.forks, _FORKS):
        asked, answer = tokens.tokenize(fork.asked), tokens.tokenize(fork.answer)
        lines.add_fork(asked + tokens.closing(), [*answer, tokens.end], number, begin)
        if step.share < 1:
            lines.hide(number, _thinned(kept, [lines.ids[at] for at in kept], [*asked, *answer], step.share))
    return lines.pack(len(head))


def _thinned(places: Sequence[int], ids: Sequence[int], told: Sequence[int], share: float) -> list[int]:
    """The places that are left out where a question gets only a share: near pairs of tokens that are asked or said, less."""
    chance, pairs = random.Random(f"{share} {told}"), set(pairwise(told))  # noqa: S311
    near = {
        at + beside for at, pair in enumerate(pairwise(ids)) if pair in pairs for beside in range(-BESIDE, BESIDE + 2)
    }
    ranked = sorted(range(len(ids)), key=lambda at: (at not in near, chance.random()))
    return [places[at] for at in ranked[int(share * len(ids)) :]]


class _Lines:
    """Lists that a pack is made of."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._segments: list[int] = []
        self._places: list[int] = []
        self._labels: list[int] = []
        self._weights: list[float] = []
        self._hidden: dict[int, list[int]] = {}

    def kept(self) -> list[int]:
        """Places of the tokens of sources that are read by themselves."""
        return [at for at, segment in enumerate(self._segments) if segment != _PROMPT]

    def hide(self, fork: int, places: list[int]) -> None:
        """A fork does not see these tokens."""
        self._hidden[fork] = places

    def add(self, ids: Sequence[int], segment: int, place: int) -> None:
        self.ids += ids
        self._segments += [segment] * len(ids)
        self._places += range(place, place + len(ids))
        self._labels += [NOTHING] * len(ids)
        self._weights += [0.0] * len(ids)

    def add_fork(self, asked: Sequence[int], answer: Sequence[int], segment: int, place: int) -> None:
        """The last token of what is asked is followed by the first of the answer."""
        begin = len(self.ids) + len(asked) - 1
        self.add([*asked, *answer[:-1]], segment, place)
        self._labels[begin:] = answer
        self._weights[begin:] = [1 / math.sqrt(len(answer))] * len(answer)

    def pack(self, head: int) -> Pack:
        segments, places, every = (torch.tensor(one) for one in (self._segments, self._places, range(len(self.ids))))
        own = segments[:, None] == segments
        kept = (segments > _PROMPT) & (segments < _FORKS)
        sees = [torch.where(kept[:, None], own, own | (segments < _FORKS)).tril()]
        for fork, hidden in self._hidden.items():
            sees[0][(segments == fork).nonzero(), torch.tensor(hidden, dtype=torch.int64)] = False
        seen, seen_at = [every], [places]
        for source in sorted(set(segments[kept].tolist())):
            inside = segments == source
            seen.append(every[:head])
            seen_at.append(places[:head] + places[inside][0] - head)
            sees.append(inside[:, None].expand(-1, head))
        return Pack(
            torch.tensor(self.ids), places, torch.cat(seen), torch.cat(seen_at), torch.cat(sees, 1),
            torch.tensor(self._labels), torch.tensor(self._weights),
        )  # fmt: skip
