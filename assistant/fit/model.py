"""Reader, writer and adapter as one model over packed sequences. Knows nothing about optimising or files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.fit.data import Pack, Source
from assistant.fit.lora import Lora
from assistant.fit.reader import Reader
from assistant.fit.writer import Writer


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


class Model(nn.Module):
    """Only the writer and the adapter are trained; the reader's weights are buffers."""

    def __init__(self, reader: Reader, writer: Writer, lora: Lora | None) -> None:
        super().__init__()
        self.reader, self.writer, self.lora = reader, writer, lora

    def lay(self, pack: Pack) -> Laid:
        """Embed the context (soft sources through the writer), then the branches, each seeing only the context."""
        context = self._context(pack)
        device, size = context.device, len(context)
        ids: list[int] = []
        owner = [0] * size
        positions = list(range(size))
        learned: list[tuple[int, int, int, bool]] = []
        for number, branch in enumerate(pack.branches, 1):
            begin = size + len(ids) + len(branch.prompt) - 1
            learned += [(begin + i, token, number, branch.repeat) for i, token in enumerate(branch.target)]
            whole = (*branch.prompt, *branch.target[:-1])
            ids += whole
            owner += [number] * len(whole)
            positions += range(size, size + len(whole))
        vectors = torch.cat((context, self.reader.embed(torch.tensor(ids, device=device)).float()))
        who = torch.tensor(owner, device=device)
        mask = ((who[None] == 0) | (who[None] == who[:, None])).tril()
        rows, targets, numbers, repeats = (torch.tensor(column, device=device) for column in zip(*learned, strict=True))
        return Laid(vectors, torch.tensor(positions, device=device), mask, rows, targets, numbers, repeats)

    def _context(self, pack: Pack) -> Tensor:
        """Vectors [length, width] of the context: embeddings of its tokens, slots of its soft sources."""
        return torch.cat(list(self._parts(pack)))

    def _parts(self, pack: Pack) -> Iterator[Tensor]:
        for soft, run in groupby(pack.context, key=lambda item: isinstance(item, Source)):
            if soft:
                yield from (self.writer(np.array(s.ids, np.int64), s.ratio) for s in run if isinstance(s, Source))
            else:
                yield self.reader.embed(torch.tensor(list(run), device=self.reader.embedding.device)).float()

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
