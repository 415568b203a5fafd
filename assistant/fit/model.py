"""Network and adapter as one model over packed sequences.

A source that is given as soft tokens is read by itself, seeing nothing but itself; every question sees only those of
its tokens that it needs, at the places they had in it, and goes on right behind the last. That is what
`assistant.model.llm` does when it serves. What stands between the sources sees of them what is kept when nothing is
asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.fit.data import TEXT, Pack, Source
from assistant.fit.lora import Lora
from assistant.fit.network import Network
from assistant.model.relevance import Selector


@dataclass(frozen=True, slots=True)
class Laid:
    """A packed sequence as tensors: what is read, where, who sees whom, and what is learned.

    Attributes:
        vectors: [length, width]; positions: [length]; mask: [length, length], True where a row sees a column.
        learned: the rows whose next token is a target; targets: those tokens; branch: the branch of each (from 1).
    """

    vectors: Tensor
    positions: Tensor
    mask: Tensor
    learned: Tensor
    targets: Tensor
    branch: Tensor


@dataclass(slots=True)
class _Rows:
    """The rows of a sequence while it is laid: tokens, places, and whose they are.

    `source` is 0 outside soft sources; `branch` is 0 before the branches. `kept` holds of each soft source its first row and,
    for no question and then for the question of each branch, the places that are seen.
    """

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    branch: list[int] = field(default_factory=list)
    kept: list[tuple[int, list[list[int]]]] = field(default_factory=list)
    next: int = 0

    def words(self, ids: Sequence[int], branch: int = 0) -> None:
        self._add(ids, 0, branch)
        self.next += 0 if branch else len(ids)

    def soft(self, number: int, ids: Sequence[int], anchors: list[list[int]]) -> None:
        self.kept.append((len(self.ids), anchors))
        self._add(ids, number, 0)
        self.next += len(ids)

    def _add(self, ids: Sequence[int], source: int, branch: int) -> None:
        self.ids += ids
        self.positions += range(self.next, self.next + len(ids))
        self.source += [source] * len(ids)
        self.branch += [branch] * len(ids)

    def mask(self, device: torch.device) -> Tensor:
        """Who sees whom: a source itself; all others the words before, what they need of sources, and their own branch."""
        source, branch = torch.tensor(self.source, device=device), torch.tensor(self.branch, device=device)
        kept = (source == 0).expand(int(branch.max()) + 1, -1).clone()
        for first, anchors in self.kept:
            for asked, places in enumerate(anchors):
                kept[asked, torch.tensor(places, device=device) + first] = True
        alone = source[:, None] == source[None]
        others = kept[branch] & ((branch[None] == 0) | (branch[None] == branch[:, None]))
        return torch.where(source[:, None] > 0, alone, others).tril()


class Model(nn.Module):
    """Only the adapter is trained; the network's weights are buffers, and `selector` says which tokens become soft tokens."""

    def __init__(self, network: Network, selector: Selector, lora: Lora | None) -> None:
        super().__init__()
        self.network, self.selector, self.lora = network, selector, lora

    def lay(self, pack: Pack) -> Laid:
        """The context, soft sources included, then the branches, each seeing only the context."""
        rows = _Rows()
        soft = [(item.ids, item.ratio) for item in pack.context if isinstance(item, Source) and item.ratio != TEXT]
        asked = [(), *(branch.question for branch in pack.branches)]
        anchors = zip(*(self.selector.anchors(soft, question) for question in asked), strict=True)
        for number, item in enumerate(pack.context, 1):
            if not isinstance(item, Source):
                rows.words([item])
            elif item.ratio == TEXT:
                rows.words(item.ids)
            else:
                rows.soft(number, item.ids, list(next(anchors)))
        learned: list[tuple[int, int, int]] = []
        for number, branch in enumerate(pack.branches, 1):
            begin = len(rows.ids) + len(branch.prompt) - 1
            learned += [(begin + i, token, number) for i, token in enumerate(branch.target)]
            rows.words((*branch.prompt, *branch.target[:-1]), number)
        device = self.network.embedding.device
        vectors = self.network.embed(torch.tensor(rows.ids, device=device)).float()
        at, targets, numbers = (torch.tensor(column, device=device) for column in zip(*learned, strict=True))
        return Laid(vectors, torch.tensor(rows.positions, device=device), rows.mask(device), at, targets, numbers)

    def scores(self, laid: Laid) -> Tensor:
        """Logits of the learned rows [rows, vocabulary], float32; the others are never computed."""
        vectors = laid.vectors.to(self.network.embedding.dtype)[None]
        apply = None if self.lora is None else self.lora.apply_to
        states = self.network(vectors, laid.positions[None], laid.mask[None], apply)[0]
        scores: Tensor = self.network.logits(states[laid.learned]).float()
        return scores


def loss_of(scores: Tensor, laid: Laid) -> Tensor:
    """Mean loss per token of the answers."""
    return functional.cross_entropy(scores, laid.targets)


def exact(scores: Tensor, laid: Laid) -> list[bool]:
    """Per branch: would greedy decoding give exactly the target? (True iff every teacher-forced step does.)"""
    hit = scores.argmax(-1) == laid.targets
    return [bool(hit[laid.branch == number].all()) for number in range(1, int(laid.branch.max()) + 1)]
