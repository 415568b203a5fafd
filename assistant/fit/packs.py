"""Steps of training as tokens: sources once, behind them everything that is asked of them, each in a fork of its own.

A pack of some 1,000 tokens teaches as much as eight prompts of 700 would. What a token sees is what it sees in serving
(`assistant.model.llm`): a source read by itself the head and itself (block attention, arXiv 2409.15355), a source in the
prompt all before it, a fork the head, the sources and itself. Places go on as if the other forks were not there; a source
read by itself has the head right before it, wherever it stands in the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from assistant.model import prompt
from assistant.model.vocabulary import Told, Vocabulary

NOTHING = -1
"""The label of a token after which nothing is learned."""

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
    """What one step of training reads."""

    told: Told
    sources: tuple[Source, ...]
    forks: tuple[Fork, ...]


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


def packed(step: Step, tokens: Vocabulary) -> Pack:
    head = tokens.head(step.told)
    lines = _Lines()
    lines.add(head, _PROMPT, 0)
    for number, source in enumerate(step.sources, 1):
        lines.add(tokens.tokenize(prompt.tag(number)), _PROMPT, len(lines.ids))
        block = tokens.tokenize(prompt.block(source.title, source.text))
        lines.add(block, number if source.kept else _PROMPT, len(lines.ids))
    begin = len(lines.ids)
    for number, fork in enumerate(step.forks, _FORKS):
        asked = tokens.tokenize(fork.asked) + tokens.closing()
        lines.add_fork(asked, [*tokens.tokenize(fork.answer), tokens.end], number, begin)
    return lines.pack(len(head))


class _Lines:
    """Lists that a pack is made of."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._segments: list[int] = []
        self._places: list[int] = []
        self._labels: list[int] = []
        self._weights: list[float] = []

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
