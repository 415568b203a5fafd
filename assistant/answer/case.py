"""One question on its way to its answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answer.compose import Grounding
from assistant.answer.outcome import Cost
from assistant.answer.understand import Understood

if TYPE_CHECKING:
    from assistant.model.writing import Usage
    from assistant.search.retrieve import Hit


@dataclass(frozen=True, slots=True)
class Case:
    """One question on its way.

    Attributes:
        whole: the question, understandable without what was said before or shown.
        retrieve: seconds until here.
        shown: the words of what was shown.
        model: who answers, if it is not the model on this machine.
        notes: what the answer has to say about its way.
        sought: whether the hits were looked for here, so that more may be.
    """

    question: str
    understood: Understood
    whole: str
    hits: tuple[Hit, ...]
    grounding: Grounding
    start: float
    retrieve: float
    shown: str = ""
    model: str = ""
    notes: tuple[str, ...] = ()
    confidence: float = 0.0
    sought: bool = False

    @property
    def tabular(self) -> bool:
        """Whether what was found first is of a table or a record."""
        return bool(self.hits) and self.hits[0].entity.traits.look in ("table", "chart")

    def cost(self, placed: float, usage: Usage | None) -> Cost:
        """What it has cost until now; `placed` are seconds of reading sources."""
        total = time.perf_counter() - self.start
        if usage is None:
            return Cost(retrieve=self.retrieve, total=total)
        first = self.retrieve + placed + usage.first_token
        return Cost(usage.text, usage.soft, usage.generated, self.retrieve, placed, first, total)


def leading(first: Sequence[Hit], others: Sequence[Hit]) -> tuple[Hit, ...]:
    """Hits with these at the head, each entity once."""
    ids = {hit.entity.id for hit in first}
    return (*first, *(hit for hit in others if hit.entity.id not in ids))
