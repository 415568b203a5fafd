"""How far the model's words can be trusted: one probability from three signs that it gives.

The signs are weighed by a logistic regression, fitted to 480 answers to questions on scenes held out, each of them
judged by reading (docs/training.md): the surest sign by far is how probable all that was written is, the sequence
probability (Malinin and Gales, arXiv 2002.07650). For sets whose answers can be compared letter by letter there is
`kotonoha evaluate trust --out FILE`, then `python -m assistant.evaluate.trust FILE...`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WEIGHTS = (-0.12, 0.06, -2.02)
"""Of the log-odds of the doubt, of the log-odds of the weakest sentence, and of the logarithm of 1 + the surprise."""
BIAS = 2.59
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
        surprise: natural logarithm of 1 / the probability of all that was written, 0 or more.
    """

    doubt: float
    judged: float
    surprise: float = 0.0


def chance(signs: Signs) -> float:
    """The probability that an answer with these signs is right, 0 to 1: at most that of the sources holding one at all, and
    that of the weakest sentence being carried."""
    total = BIAS + sum(weight * value for weight, value in zip(WEIGHTS, features(signs), strict=True))
    return min(1 / (1 + math.exp(-total)), max(1 - signs.doubt, LEAST), max(signs.judged, LEAST))


def features(signs: Signs) -> tuple[float, float, float]:
    """What is weighed."""
    return odds(signs.doubt), odds(signs.judged), math.log1p(signs.surprise)


def odds(probability: float) -> float:
    """Natural logarithm of the odds."""
    bounded = min(max(probability, LEAST), 1 - LEAST)
    return math.log(bounded / (1 - bounded))
