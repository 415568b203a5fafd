"""Training the adapter: one step after the other, AdamW, a rate that rises quickly and falls along a cosine.

What a step reads follows from its number, so a run that was stopped ends as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from assistant.fit import state as states
from assistant.fit.lora import Qwen2
from assistant.fit.packs import Pack
from assistant.fit.state import State
from ingest.base.errors import ModelFault

RATE, LEAST, WARMUP = 3e-4, 0.05, 8
"""Highest rate, the share of it that is left at the end, and the steps in which it rises."""
BETAS = (0.9, 0.98)
NORM = 1.0
"""To which a longer gradient is cut."""
SAVED_EVERY = 10
SLOWEST = 60.0
"""Seconds of one step that count at most: a machine may sleep in between."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long a training is, altogether: steps or minutes, whichever ends first; 0 is no limit, both 0 no training.

    Attributes:
        together: packs of a step, the mean of whose losses is learned from.
    """

    steps: int = 0
    minutes: float = 0.0
    together: int = 1

    def gone(self, state: State) -> float:
        """The share that is done, 1 at the end."""
        if not (self.steps or self.minutes):
            return 1.0
        steps = state.step / self.steps if self.steps else 0.0
        minutes = state.seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(steps, minutes))


def train(
    model: Qwen2, pack_of: Callable[[int], Pack], file: Path, llm: Path, plan: Plan, begun: State | None = None,
    progress: Callable[[State, float], None] = lambda state, loss: None,
) -> State:  # fmt: skip
    """Trains the adapter of a model up to the end of the plan; `file` always holds a state to go on from.

    Args:
        pack_of: the pack of a number; each is read once.
        begun: where to go on; None begins anew.

    Raises:
        ModelFault: the loss is no number any more.
    """
    optimiser = torch.optim.AdamW(model.adapter.values(), betas=BETAS, weight_decay=0.0)
    state = begun or State(model.adapter)
    _take(model, optimiser, state)
    while plan.gone(state) < 1:
        start = time.monotonic()
        numbers = range(state.step * plan.together, (state.step + 1) * plan.together)
        loss = _step(model, optimiser, map(pack_of, numbers), plan.together, _rate(state.step, plan.gone(state)))
        seconds = state.seconds + min(SLOWEST, time.monotonic() - start)
        state = replace(_of(model, optimiser), step=state.step + 1, seconds=seconds)
        if state.step % SAVED_EVERY == 0:
            states.save(file, llm, state)
        progress(state, loss)
    states.save(file, llm, state)
    return state


def held_out(model: Qwen2, packs: Sequence[Pack]) -> float:
    """Mean loss on packs that are not trained on."""
    with torch.no_grad():
        return sum(model.loss(pack).item() for pack in packs) / max(1, len(packs))


def _step(model: Qwen2, optimiser: torch.optim.Optimizer, packs: Iterable[Pack], together: int, rate: float) -> float:
    for group in optimiser.param_groups:
        group["lr"] = rate
    total = 0.0
    for pack in packs:
        loss = model.loss(pack) / together
        total += loss.item()
        if not math.isfinite(total):
            raise ModelFault("the loss is no number any more", "begin anew in another folder")
        loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.adapter.values(), NORM)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return total


def _rate(step: int, gone: float) -> float:
    falling = LEAST + (1 - LEAST) * (1 + math.cos(math.pi * gone)) / 2
    return RATE * min(1.0, (step + 1) / WARMUP) * falling


def _take(model: Qwen2, optimiser: torch.optim.Optimizer, state: State) -> None:
    """Puts model and optimiser where the state stands."""
    model.take(state.adapter)
    for name, one in model.adapter.items():
        if name in state.mean:
            optimiser.state[one] = {
                "step": torch.tensor(float(state.step)),
                "exp_avg": state.mean[name].to(one.device, copy=True),
                "exp_avg_sq": state.square[name].to(one.device, copy=True),
            }


def _of(model: Qwen2, optimiser: torch.optim.Optimizer) -> State:
    mean: dict[str, Tensor] = {name: optimiser.state[one]["exp_avg"] for name, one in model.adapter.items()}
    square: dict[str, Tensor] = {name: optimiser.state[one]["exp_avg_sq"] for name, one in model.adapter.items()}
    return State(model.adapter, mean, square)
