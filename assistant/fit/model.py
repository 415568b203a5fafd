"""Reader and adapter as one model over packed sequences. Knows nothing about optimising or files.

A source that is given as slots is read by itself, seeing nothing but itself; what comes after sees only its anchors, at
the places they had in it, and goes on right behind the last. That is what `assistant.llm` does when it serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.bridge import Ranking
from assistant.fit.data import Pack, Source
from assistant.fit.lora import Lora
from assistant.fit.reader import Reader


@dataclass(frozen=True, slots=True)
class Laid:
    """A packed sequence as tensors: what is read, where, who sees whom, and what is learned.

    Attributes:
        vectors: [length, width]; positions: [length]; mask: [length, length], True where a row sees a column.
        learned: the rows whose next token is a target; targets: those tokens; branch: the branch of each (from 1);
        repeat: whether that branch is a reconstruction.
    """

    vectors: Tensor
    positions: Tensor
    mask: Tensor
    learned: Tensor
    targets: Tensor
    branch: Tensor
    repeat: Tensor


@dataclass(slots=True)
class _Rows:
    """The rows of a sequence while it is laid: tokens, places, whose they are, and which of a source stay visible.

    `source` is 0 outside soft sources; `branch` is 0 before the branches.
    """

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    branch: list[int] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    next: int = 0

    def words(self, ids: Sequence[int], branch: int = 0) -> None:
        self._add(ids, range(self.next, self.next + len(ids)), 0, branch, [True] * len(ids))
        self.next += 0 if branch else len(ids)

    def soft(self, number: int, ids: Sequence[int], anchors: Sequence[int]) -> None:
        seen = set(anchors)
        self._add(ids, range(self.next, self.next + len(ids)), number, 0, [index in seen for index in range(len(ids))])
        self.next += max(anchors) + 1

    def _add(self, ids: Sequence[int], at: range, source: int, branch: int, kept: list[bool]) -> None:
        self.ids += ids
        self.positions += at
        self.source += [source] * len(ids)
        self.branch += [branch] * len(ids)
        self.kept += kept

    def mask(self, device: torch.device) -> Tensor:
        """Who sees whom: a source itself; all others the words before, what is kept of sources, and their own branch."""
        source, branch = torch.tensor(self.source, device=device), torch.tensor(self.branch, device=device)
        alone = source[:, None] == source[None]
        others = torch.tensor(self.kept, device=device) & ((branch[None] == 0) | (branch[None] == branch[:, None]))
        return torch.where(source[:, None] > 0, alone, others).tril()


class Model(nn.Module):
    """Only the adapter is trained; the reader's weights are buffers, and `ranking` says which tokens become anchors."""

    def __init__(self, reader: Reader, ranking: Ranking, lora: Lora | None) -> None:
        super().__init__()
        self.reader, self.ranking, self.lora = reader, ranking, lora

    def lay(self, pack: Pack) -> Laid:
        """The context, soft sources included, then the branches, each seeing only the context."""
        rows = _Rows()
        for number, item in enumerate(pack.context, 1):
            if isinstance(item, Source):
                rows.soft(number, item.ids, self.ranking.anchors(item.ids, item.ratio))
            else:
                rows.words([item])
        learned: list[tuple[int, int, int, bool]] = []
        for number, branch in enumerate(pack.branches, 1):
            begin = len(rows.ids) + len(branch.prompt) - 1
            learned += [(begin + i, token, number, branch.repeat) for i, token in enumerate(branch.target)]
            rows.words((*branch.prompt, *branch.target[:-1]), number)
        device = self.reader.embedding.device
        vectors = self.reader.embed(torch.tensor(rows.ids, device=device)).float()
        at, targets, numbers, repeats = (torch.tensor(column, device=device) for column in zip(*learned, strict=True))
        positions = torch.tensor(rows.positions, device=device)
        return Laid(vectors, positions, rows.mask(device), at, targets, numbers, repeats)

    def scores(self, laid: Laid) -> Tensor:
        """Logits of the learned rows [rows, vocabulary], float32; the others are never computed."""
        vectors = laid.vectors.to(self.reader.embedding.dtype)[None]
        apply = None if self.lora is None else self.lora.apply_to
        states = self.reader(vectors, laid.positions[None], laid.mask[None], apply)[0]
        scores: Tensor = self.reader.logits(states[laid.learned]).float()
        return scores


def loss_of(scores: Tensor, laid: Laid, repeat_weight: float) -> tuple[Tensor, float | None, float | None]:
    """The loss, and for the log: mean loss per token of the answers and of the reconstructions, None if there were none."""
    losses = functional.cross_entropy(scores, laid.targets, reduction="none")
    answers, repeats = losses[~laid.repeat], losses[laid.repeat]
    if not len(repeats):
        return answers.mean(), answers.mean().item(), None
    if not len(answers):
        return repeats.mean(), None, repeats.mean().item()
    return answers.mean() + repeat_weight * repeats.mean(), answers.mean().item(), repeats.mean().item()


def exact(scores: Tensor, laid: Laid) -> list[bool]:
    """Per answer branch: would greedy decoding give exactly the target? (True iff every teacher-forced step does.)"""
    hit = scores.argmax(-1) == laid.targets
    numbers = sorted(set(laid.branch[~laid.repeat].tolist()))
    return [bool(hit[laid.branch == number].all()) for number in numbers]
