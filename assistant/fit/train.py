"""The training loop: packed sequences in, a bridge and an adapter out, resumable after a kill.

Knows nothing about where the data came from or how the result is served.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from assistant.fit.config import FitConfig
from assistant.fit.data import Branch, Pack, Packer, Source, prepare
from assistant.fit.lora import Lora
from assistant.fit.reader import Reader
from assistant.fit.salience import fit_salience
from assistant.fit.tokens import Tokens
from assistant.fit.writer import Writer


@dataclass(frozen=True, slots=True)
class Laid:
    """A packed sequence as tensors: what is read, where, who sees whom, and what is learned.

    `learned` are the rows whose next token is a target, `targets` those tokens, `branch` the branch of each, and
    `repeat` whether that branch is a reconstruction.
    """

    vectors: Tensor
    positions: Tensor
    mask: Tensor
    learned: Tensor
    targets: Tensor
    branch: Tensor
    repeat: Tensor


class Model(torch.nn.Module):
    """Reader, writer and adapter together; only the latter two are trained."""

    def __init__(self, reader: Reader, writer: Writer, lora: Lora | None) -> None:
        super().__init__()
        self.reader, self.writer, self.lora = reader, writer, lora

    def lay(self, pack: Pack) -> Laid:
        """Embed the context (soft sources through the writer), then the branches, each seeing only the context."""
        context = self._context(pack)
        size = len(context)
        ids: list[int] = []
        owner: list[int] = [0] * size
        positions = list(range(size))
        learned: list[tuple[int, int, int, bool]] = []
        for number, branch in enumerate(pack.branches, 1):
            begin = size + len(ids) + len(branch.prompt) - 1
            whole = (*branch.prompt, *branch.target[:-1])
            learned += [(begin + i, token, number, branch.repeat) for i, token in enumerate(branch.target)]
            ids += whole
            owner += [number] * len(whole)
            positions += range(size, size + len(whole))
        device = context.device
        vectors = torch.cat((context, self.reader.embed(torch.tensor(ids, device=device)).to(context.dtype)))
        who = torch.tensor(owner, device=device)
        mask = ((who[None] == 0) | (who[None] == who[:, None])).tril()
        rows, targets, numbers, repeats = (torch.tensor(list(column), device=device) for column in zip(*learned, strict=True))
        return Laid(vectors, torch.tensor(positions, device=device), mask, rows, targets, numbers, repeats.bool())

    def _context(self, pack: Pack) -> Tensor:
        parts: list[Tensor] = []
        for is_source, run in _runs(pack.context):
            if is_source:
                parts += [self.writer(np.array(s.ids, np.int64), s.ratio) for s in run if isinstance(s, Source)]
            else:
                parts.append(self.reader.embed(torch.tensor(run, device=self.reader.embedding.device)).float())
        return torch.cat(parts)

    def scores(self, laid: Laid) -> Tensor:
        """Logits of the learned rows [rows, vocabulary], float32."""
        vectors = laid.vectors.to(self.reader.embedding.dtype)[None]
        apply = None if self.lora is None else self.lora.apply_to
        states = self.reader(vectors, laid.positions[None], laid.mask[None], apply)[0]
        scores: Tensor = self.reader.logits(states[laid.learned]).float()
        return scores


def _runs(context: tuple[int | Source, ...]) -> Iterator[tuple[bool, list[int | Source]]]:
    run: list[int | Source] = []
    for item in context:
        if run and isinstance(item, Source) != isinstance(run[0], Source):
            yield isinstance(run[0], Source), run
            run = []
        run.append(item)
    if run:
        yield isinstance(run[0], Source), run


def loss_of(scores: Tensor, laid: Laid, repeat_weight: float) -> tuple[Tensor, float, float]:
    """The loss, and for the log: mean answer loss and mean reconstruction loss (nan if there was none)."""
    losses = F.cross_entropy(scores, laid.targets, reduction="none")
    answer, again = losses[~laid.repeat].mean(), losses[laid.repeat].mean()
    total = answer if bool(again.isnan()) else answer + repeat_weight * again
    return total, answer.item(), again.item()


def exact(scores: Tensor, laid: Laid) -> list[tuple[Branch | None, bool]]:
    """Per answer branch: would greedy decoding give exactly the target? (True iff every teacher-forced step does.)"""
    hit = scores.argmax(-1) == laid.targets
    numbers = sorted(set(laid.branch[~laid.repeat].tolist()))
    return [(None, bool(hit[laid.branch == number].all())) for number in numbers]


def rate(step: int, config: FitConfig) -> float:
    """Warm-up, plateau, then a linear fall to a twentieth over the last `decay_share` of the steps."""
    rise = min(1.0, (step + 1) / config.warmup)
    begin = config.steps * (1 - config.decay_share)
    fall = 1.0 if step < begin else max(0.05, 1 - (step - begin) / max(1.0, config.steps - begin))
    return rise * fall


class Run:
    """One training run in its folder: `checkpoint.pt`, `log.jsonl`, `tokens.json.gz`, `salience.npz`."""

    def __init__(self, config: FitConfig) -> None:
        self.config = config
        config.run.mkdir(parents=True, exist_ok=True)
        self.device = _device(config.device)
        self.dtype = _dtype(self.device)
        self.corpus = prepare(config, Tokens(config.llm))
        reader = Reader(config.llm, self.dtype).to(self.device)
        generator = torch.Generator().manual_seed(config.seed)
        writer = Writer(reader.embedding, self._salience(reader), generator)
        lora = Lora(reader, config.rank, config.alpha, generator) if config.lora else None
        self.model = Model(reader, writer, lora).to(self.device)
        groups = [{"params": list(writer.parameters()), "base": config.writer_rate}]
        if lora is not None:
            groups.append({"params": list(lora.parameters()), "base": config.lora_rate})
        self.optimiser = torch.optim.AdamW(groups, lr=config.lora_rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.step = 0
        self._resume()

    def _salience(self, reader: Reader) -> dict[str, np.ndarray]:
        path = self.config.run / "salience.npz"
        if not path.exists():
            np.savez(path, **fit_salience(self.corpus, reader.embedding.float().cpu(), self.config.seed))  # type: ignore[arg-type]
        with np.load(path, allow_pickle=False) as kept:
            return dict(kept)

    def train(self) -> None:
        """Train up to the configured step or time, checkpointing on the way."""
        config, packer = self.config, Packer(self.corpus, self.config)
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        began, first = time.monotonic(), self.step
        while self.step < config.steps:
            for group in self.optimiser.param_groups:
                group["lr"] = group["base"] * rate(self.step, config)
            self.optimiser.zero_grad()
            answer, again, rows = [], [], 0
            for number in range(self.step * config.packs, (self.step + 1) * config.packs):
                laid = self.model.lay(packer.draw(number))
                total, one, two = loss_of(self.model.scores(laid), laid, config.repeat_weight)
                (total / config.packs).backward()
                answer.append(one)
                again.append(two)
                rows += len(laid.vectors)
            norm = torch.nn.utils.clip_grad_norm_(parameters, config.clip)
            self.optimiser.step()
            self.step += 1
            spent = time.monotonic() - began
            each = spent / (self.step - first)
            self.log(
                step=self.step, cpu=round(time.process_time(), 1),
                loss=round(float(np.mean(answer)), 4), repeat=round(float(np.nanmean(again)), 4) if not all(map(math.isnan, again)) else None,
                norm=round(float(norm), 3), tokens=rows, seconds=round(each, 2), left=round(each * (config.steps - self.step)),
            )
            if self.step % config.checkpoint_every == 0 or self.step == config.steps:
                self.save()
            if self.step % config.validate_every == 0 or self.step == config.steps:
                self.log(step=self.step, validation=self.validate())
            if config.minutes and spent > config.minutes * 60:
                self.save()
                return

    @torch.no_grad()
    def validate(self, packs: int = 4, modes: tuple[str, ...] = ("text", "4")) -> dict[str, dict[str, float]]:
        """Answer loss and exact match on held-out passages, in each mode, over the same questions."""
        packer = Packer(self.corpus, self.config, held_out=True)
        packer.specs = {"squad_train_part": packer.specs["squad_train_part"]}
        found: dict[str, dict[str, float]] = {}
        for mode in modes:
            losses, hits = [], []
            for number in range(packs):
                laid = self.model.lay(packer.draw(number, mode))
                scores = self.model.scores(laid)
                losses.append(loss_of(scores, laid, 0.0)[1])
                hits += [hit for _, hit in exact(scores, laid)]
            found[mode] = {"loss": round(float(np.mean(losses)), 4), "exact": round(float(np.mean(hits)), 4)}
        return found

    def log(self, **values: object) -> None:
        with (self.config.run / "log.jsonl").open("a") as file:
            file.write(json.dumps({"at": round(time.time()), **values}) + "\n")

    def save(self) -> None:
        """Write the checkpoint beside the old one, then replace it."""
        state = {
            "step": self.step,
            "writer": self.model.writer.state_dict(),
            "lora": None if self.model.lora is None else self.model.lora.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.config.run / "checkpoint.part"
        torch.save(state, partial)
        partial.rename(self.config.run / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.config.run / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.step = state["step"]
        self.model.writer.load_state_dict(state["writer"])
        if self.model.lora is not None:
            self.model.lora.load_state_dict(state["lora"])
        self.optimiser.load_state_dict(state["optimiser"])


def _device(name: str) -> torch.device:
    return torch.device("cuda" if name == "auto" and torch.cuda.is_available() else "cpu" if name == "auto" else name)


def _dtype(device: torch.device) -> torch.dtype:
    """The number format in which this machine multiplies matrices fastest."""
    if device.type != "cpu":
        return torch.bfloat16
    times = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(256, 512, dtype=dtype), torch.ones(512, 512, dtype=dtype)
        left @ right
        begin = time.perf_counter()
        left @ right
        times[dtype] = time.perf_counter() - begin
    return min(times, key=lambda dtype: times[dtype])


def run(config: FitConfig) -> Run:
    """Train as configured, continuing what is in the run's folder."""
    torch.manual_seed(config.seed)
    training = Run(config)
    training.train()
    return training
