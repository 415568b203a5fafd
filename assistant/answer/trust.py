"""How far the model's words can be trusted: one probability from two signs that it gives.

The signs are weighed by a logistic regression, fitted to 53 answers of the shipped reader to questions on scenes held
out, each of them judged by reading (docs/training.md). For sets whose answers can be compared letter by letter there is
`kotonoha evaluate trust --out FILE`, then `python -m assistant.evaluate.trust FILE...`. The mean log-probability of what
was written adds nothing to them and fails on long answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WEIGHTS = (-0.44, 0.52)
"""Of the log-odds of the doubt and of the log-odds of the weakest sentence."""
BIAS = -1.12
CARRIED = 0.1
"""Below this judgement a sentence is left out if another stands."""
LEAST = 1e-4
"""Probabilities are not taken for nearer to 0 or 1 than this."""

ASSURED = 0.6
"""From this probability on that it is right, an answer is stated."""
POSSIBLE = 0.4
"""From this one on its words are shown as possible; below it the passages alone."""
REFUSED = 0.7
"""From this doubt on that any source holds an answer, nothing is written and nothing shown."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What the reader shows.

    Attributes:
        doubt: probability that the sources hold no answer, before anything is written.
        judged: probability that its source carries a sentence, of the weakest sentence.
    """

    doubt: float
    judged: float


def chance(signs: Signs) -> float:
    """The probability that an answer with these signs is right, 0 to 1: at most that of the sources holding one at all."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, features(signs), strict=True))
    return min(1 / (1 + math.exp(-total)), max(1 - signs.doubt, LEAST))


def features(signs: Signs) -> tuple[float, float]:
    """What is weighed."""
    return odds(signs.doubt), odds(signs.judged)


def odds(probability: float) -> float:
    """Natural logarithm of the odds."""
    bounded = min(max(probability, LEAST), 1 - LEAST)
    return math.log(bounded / (1 - bounded))
