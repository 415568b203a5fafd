"""Which passages are most like a question without being its own: what a search would have put beside the right one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from assistant.fit.passages import Passage
from ingest.text.terms import is_telling, terms

SATURATED, AVERAGE = 1.2, 150
"""From about so many occurrences on a term counts no more; terms of a passage of usual length (BM25)."""


class Near:
    """Passages that can be looked up by a question, their terms weighted as in BM25."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, passage in enumerate(passages):
            counts = Counter(filter(is_telling, terms(passage.text)))
            slack = SATURATED * (0.25 + 0.75 * counts.total() / AVERAGE)
            for term, count in counts.items():
                found[term].append((number, count / (count + slack)))
        self._found = {
            term: (np.array([number for number, _ in some]), np.array([weight for _, weight in some]))
            for term, some in found.items()
        }

    def like(self, question: str, own: Passage, count: int) -> list[Passage]:
        """The `count` passages of the same language most like a question, its own left out; fewer if nothing is like it."""
        scores = np.zeros(len(self.passages))
        for term in set(filter(is_telling, terms(question))):
            if term in self._found:
                numbers, weights = self._found[term]
                scores[numbers] += weights * np.log(len(self.passages) / len(numbers))
        best = [self.passages[n] for n in np.argsort(-scores, kind="stable")[: 4 * count + 1] if scores[n] > 0]
        return [one for one in best if one is not own and one.language == own.language][:count]
