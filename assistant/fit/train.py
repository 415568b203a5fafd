"""The training loop: packed sequences in, a bridge and an adapter out, resumable after a kill.

Everything is drawn by number from the seed, so a run that was killed goes on as if it had not been.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assistant.fit.config import FitConfig
from assistant.fit.data import Corpus, Packer, prepare
from assistant.fit.doubt import fit_doubt
from assistant.fit.export import export, take_over
from assistant.fit.lora import Lora
from assistant.fit.meaning import fit_meaning
from assistant.fit.model import Model, exact, loss_of
from assistant.fit.network import Network
from assistant.fit.relevance import Table, fit_relevance
from assistant.model.bridge import DOUBT
from assistant.model.relevance import Selector
from assistant.model.tokens import Tokens
from ingest.base.errors import BadInput
from ingest.space.space import Space, Vectors

VALIDATION_SET, VALIDATION_PACKS = "squad_train_part", 4
VALIDATION_MODES = ("text", "2", "4", "8", "16")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a call left behind.

    Attributes:
        step: optimiser steps done in all; `finished` when they are all.
        validation: answer loss and share of exactly right answers (citation included) on held-out passages, per mode.
        bridge, adapter: the exported files; the adapter is None if no LoRA was trained.
    """

    step: int
    finished: bool
    validation: dict[str, dict[str, float]]
    bridge: Path
    adapter: Path | None


def run(
    config: FitConfig,
    space: Space | None = None,
    named: Callable[[], list[tuple[str, Vectors]]] = list,
    progress: Progress = lambda line: None,
) -> Report:
    """Train as configured, going on with what is in the run's folder, and export into it.

    Args:
        space: the linguistic space whose vectors the bridge shall map; None: words only.
        named: further (name, vector) pairs of that space, such as the classes of an encoder of pictures.
        progress: is given one line per logged step.

    Raises:
        BadInput: a model or data that cannot be trained on, or a run that was begun with another configuration.
    """
    torch.manual_seed(config.seed)
    torch.use_deterministic_algorithms(True, warn_only=True)  # sums into shared places would follow the threads
    training = _Run(config, space, named, progress)
    training.train()
    validation = training.validate()
    training.learn_doubt()
    trained = f"{training.step} steps on {', '.join(training.corpus.training)}"
    bridge, adapter = export(training.model, config, config.run, trained, space.fingerprint if space else "")
    finished = not config.lora or training.step >= config.steps
    return Report(training.step, finished, validation, bridge, adapter)


def rate(step: int, config: FitConfig) -> float:
    """Warm-up, plateau, then a linear fall to a twentieth over the last `decay_share` of the steps."""
    rise = min(1.0, (step + 1) / config.warmup)
    begin = config.steps * (1 - config.decay_share)
    fall = 1.0 if step < begin else max(0.05, 1 - (step - begin) / max(1.0, config.steps - begin))
    return rise * fall


class _Run:
    """A run's folder: `config.json`, `checkpoint.pt`, `log.jsonl`, `tables.npz` and the tokens of each set."""

    def __init__(
        self, config: FitConfig, space: Space | None, named: Callable[[], list[tuple[str, Vectors]]], progress: Progress
    ) -> None:
        self.config, self.progress = config, progress
        config.run.mkdir(parents=True, exist_ok=True)
        device = _device(config.device)
        network = Network(config.llm, getattr(torch, _claim(config, device))).to(device)
        tokens = Tokens(config.llm)
        self.corpus = prepare(config, tokens)
        self.step = 0
        table = _tables(config, self.corpus, network, space, named, self._chosen)
        generator = torch.Generator().manual_seed(config.seed)
        selector = Selector(lambda ids: network.embedding[torch.tensor(ids)].float().cpu().numpy(), table)
        lora = Lora(network, config.rank, config.alpha, generator) if config.lora else None
        self.model = Model(network, selector, lora).to(device)
        self.parameters = [] if lora is None else list(lora.parameters())
        idle = [torch.nn.Parameter(torch.zeros(1))]
        self.optimiser = torch.optim.AdamW(self.parameters or idle, betas=(0.9, 0.98), weight_decay=0.0)
        self._resume(device)

    def train(self) -> None:
        """Steps up to the configured number or time; a checkpoint at regular steps and at the end."""
        config, packer = self.config, Packer(self.corpus, self.config)
        began, first = time.monotonic(), self.step
        while self.parameters and self.step < config.steps:
            values = self._one(packer)
            self.step += 1
            spent = time.monotonic() - began
            each = spent / (self.step - first)
            self._log(**values, seconds=round(each, 2), left=round(each * (config.steps - self.step)))
            over = bool(config.minutes) and spent > config.minutes * 60
            if self.step % config.checkpoint_every == 0 or self.step == config.steps or over:
                self._save()
            if self.step % config.validate_every == 0:
                self._log(validation=self.validate())
            if over:
                return

    def _one(self, packer: Packer) -> dict[str, Any]:
        """One optimiser step; what is worth logging about it."""
        config = self.config
        for group in self.optimiser.param_groups:
            group["lr"] = config.lora_rate * rate(self.step, config)
        self.optimiser.zero_grad()
        losses, rows = [], 0
        for number in range(self.step * config.packs, (self.step + 1) * config.packs):
            laid = self.model.lay(packer.draw(number))
            loss = loss_of(self.model.scores(laid), laid)
            (loss / config.packs).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.item())
            rows += len(laid.vectors)
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, config.clip)
        self.optimiser.step()
        return {"loss": round(float(np.mean(losses)), 4), "norm": round(float(norm), 3), "tokens": rows}

    def learn_doubt(self) -> None:
        """Fit when an answer is not to be believed, once the rest is trained."""
        tables = self.model.selector.tables
        self.model.selector.tables = {**tables, DOUBT: fit_doubt(self.model, self.corpus, self.config, self._held_out)}

    @property
    def _held_out(self) -> str:
        """The set whose held-out passages are looked at."""
        held = self.corpus.validation
        return VALIDATION_SET if VALIDATION_SET in held else next(iter(held))

    @torch.no_grad()
    def validate(self) -> dict[str, dict[str, float]]:
        """Answer loss and exact match on held-out passages, in each mode, over the same questions."""
        packer = Packer(self.corpus, self.config, held_out=True)
        packer.specs = {self._held_out: packer.specs[self._held_out]}
        found: dict[str, dict[str, float]] = {}
        for mode in VALIDATION_MODES:
            losses: list[float] = []
            hits: list[bool] = []
            for number in range(VALIDATION_PACKS):
                laid = self.model.lay(packer.draw(number, mode))
                scores = self.model.scores(laid)
                losses.append(loss_of(scores, laid).item())
                hits += exact(scores, laid)
            found[mode] = {"loss": round(float(np.mean(losses)), 4), "exact": round(float(np.mean(hits)), 4)}
        return found

    def _log(self, **values: object) -> None:
        line = json.dumps({"at": round(time.time()), "step": self.step, **values})
        with (self.config.run / "log.jsonl").open("a") as file:
            file.write(line + "\n")
        self.progress(line)

    def _chosen(self, step: int, loss: float) -> None:
        self._log(relevance=step, of=self.config.relevance_steps, loss=round(loss, 4))

    def _save(self) -> None:
        """Write the checkpoint beside the old one, then replace it: a kill leaves one or the other."""
        lora = self.model.lora
        state = {
            "step": self.step,
            "lora": None if lora is None else lora.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.config.run / "checkpoint.part"
        torch.save(state, partial)
        partial.replace(self.config.run / "checkpoint.pt")

    def _resume(self, device: torch.device) -> None:
        path = self.config.run / "checkpoint.pt"
        if not path.exists():
            if self.config.start is not None:
                take_over(self.model, self.config.llm, self.config.start)
            return
        state = torch.load(path, map_location=device, weights_only=True)
        self.step = state["step"]
        if self.model.lora is not None:
            self.model.lora.load_state_dict(state["lora"])
        self.optimiser.load_state_dict(state["optimiser"])


def _claim(config: FitConfig, device: torch.device) -> str:
    """Write the configuration down, or refuse a folder whose run has another model, seed or size of adapter.

    Returns the number format: the one asked for, or that the run began with, or the fastest.
    """
    path = config.run / "config.json"
    mine, theirs = config.as_dict(), json.loads(path.read_text("utf-8")) if path.exists() else {}
    for key in ("llm", "seed", "lora", "rank", "alpha") if theirs else ():
        if theirs.get(key) != mine[key]:
            raise BadInput(f"the run in {config.run.name} was begun with {key} {theirs.get(key)}, not {mine[key]}")
    chosen = config.format if config.format != "auto" else str(theirs.get("format") or fastest(device)).removeprefix("torch.")
    path.write_text(json.dumps({**mine, "format": chosen}, indent=1) + "\n", "utf-8")
    return chosen


def _tables(
    config: FitConfig,
    corpus: Corpus,
    network: Network,
    space: Space | None,
    named: Callable[[], list[tuple[str, Vectors]]],
    progress: Callable[[int, float], None],
) -> Table:
    """What is fitted before training and kept: what chooses soft tokens, what maps meanings."""
    embedding: Tensor = network.embedding.float().cpu()
    table = _kept(config.run / "relevance.npz", lambda: fit_relevance(corpus, embedding, config, progress))
    if space is None:
        return table
    made = lambda: fit_meaning(space, named(), corpus.tokens, embedding, config.seed)  # noqa: E731
    return table | _kept(config.run / "meaning.npz", made)


def _kept(path: Path, make: Callable[[], Table]) -> Table:
    if not path.exists():
        partial = path.with_name(f"partial-{path.name}")
        np.savez(partial, **make())  # type: ignore[arg-type]
        partial.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        return dict(kept)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(name)


def fastest(device: torch.device) -> torch.dtype:
    """The number format in which this device multiplies matrices fastest; measured on CPU, where it differs widely."""
    if device.type != "cpu":
        return torch.bfloat16
    times = {dtype: _seconds(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return min(times, key=lambda dtype: times[dtype])


def _seconds(dtype: torch.dtype) -> float:
    left, right = torch.ones(256, 512, dtype=dtype), torch.ones(512, 512, dtype=dtype)
    left @ right
    begin = time.perf_counter()
    left @ right
    return time.perf_counter() - begin
