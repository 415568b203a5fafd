"""When is an answer not to be believed? A logistic regression on passages that nothing else was trained on.

It scales the model's own wish to begin with a refusal. Both sorts of questions count alike, whatever their number. Knows
nothing about how doubt is used.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.fit.config import FitConfig
from assistant.fit.data import Corpus, Pack, Packer
from assistant.fit.model import Model
from assistant.model.prompt import REFUSAL
from assistant.model.tokens import Ids

PACKS = 40
MODES = ("text", "hybrid", "4", "8")
REFUSED, TRAPPED = 0.25, 0.75
"""Questions whose source was left out, and changed ones, for every answered question: mostly the harder sort."""
RIDGE = 1e-3
ROUNDS = 30


@torch.no_grad()
def fit_doubt(model: Model, corpus: Corpus, config: FitConfig, name: str) -> NDArray[np.float32]:
    """Weights [2] for `assistant.model.bridge.Bridge.doubt`, from the held-out passages of one set, given in every way."""
    packer = Packer(corpus, replace(config, refuse_share=REFUSED, trap_share=TRAPPED), held_out=True)
    packer.specs = {name: packer.specs[name]}
    packs = [packer.draw(number, MODES[number % len(MODES)]) for number in range(PACKS)]
    drawn = [signs_of(model, pack, corpus.tokens.fixed(REFUSAL)) for pack in packs]
    return logistic(np.concatenate([signs for signs, _ in drawn]), np.concatenate([no for _, no in drawn]))


def signs_of(model: Model, pack: Pack, refusal: Ids) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The log-odds of a refusal and 1, [branches, 2], and which branches are refused."""
    laid = model.lay(pack)
    chances = model.scores(laid).log_softmax(-1)
    first = [int((laid.branch == number).nonzero()[0]) for number in range(1, len(pack.branches) + 1)]
    said = chances[first, refusal[0]].double()
    odds = (said - torch.log1p(-said.exp().clamp(max=1 - 1e-9))).cpu().numpy()
    no = [branch.target[: len(refusal)] == refusal for branch in pack.branches]
    return np.column_stack([odds, np.ones(len(odds))]), np.array(no)


def logistic(signs: NDArray[np.float64], no: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights of the most likely logistic model, classes weighed alike, by Newton's method."""
    weights = np.zeros(signs.shape[1])
    share = np.where(no, 0.5 / max(no.sum(), 1), 0.5 / max((~no).sum(), 1))
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(signs @ weights, -50, 50)))
        slope = signs.T @ (share * (no - chance)) - RIDGE * weights
        bend = (signs * (share * chance * (1 - chance))[:, None]).T @ signs + RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    return weights.astype(np.float32)
