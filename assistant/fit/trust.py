"""The weights of `assistant.answer.trust`, fitted to what the reader said to questions that it was not trained on.

kotonoha evaluate trust --file qa.jsonl.gz --other qa2.jsonl.gz --out trials.jsonl
python -m assistant.fit.trust trials.jsonl ...
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from assistant.answer.trust import features
from assistant.evaluate.trust import Trial, read

DECAY = 1e-3


def fit(found: Sequence[Trial]) -> tuple[list[float], float]:
    """Weights and bias of a logistic regression on who was right; those who wrote nothing tell nothing."""
    used = [one for one in found if one.signs.judged > 0]
    values = torch.tensor([features(one.signs) for one in used], dtype=torch.float64)
    right = torch.tensor([float(one.right) for one in used], dtype=torch.float64)
    weights = torch.zeros(values.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=500)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = torch.nn.functional.binary_cross_entropy_with_logits(values @ weights[:-1] + weights[-1], right)
        total = total + DECAY * weights[:-1].square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)
    *learned, bias = weights.detach().tolist()
    return learned, bias


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", type=Path, nargs="+")
    trials = [one for file in parser.parse_args().trials for one in read(file)]
    weights, bias = fit(trials)
    print(f"{len(trials)} trials: WEIGHTS = ({', '.join(f'{w:.2f}' for w in weights)}), BIAS = {bias:.2f}")
