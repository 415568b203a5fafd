"""What a question is answered from: stretches of sources that a viewer may read, for the whole question or its parts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from assistant.answer import evidence
from assistant.answer.case import Case, leading
from assistant.answer.compose import Composed, Grounding, compose
from assistant.answer.evidence import Evidence
from assistant.answer.understand import Understood
from assistant.search.wants import Wants
from ingest.base.access import Viewer, may_read
from ingest.memory import around
from ingest.space.entity import Entity

if TYPE_CHECKING:
    from assistant.model.reader import Reader
    from assistant.model.remote import Remote
    from assistant.search.question import Shown
    from assistant.search.retrieve import Hit, Retriever
    from ingest.memory.memory import Memory

HITS = 8
"""Stretches that may be asked; the later ones only where none of the first holds an answer."""
TOGETHER = 4
"""Of these are read where all are read in one prompt."""
EACH = HITS + TOGETHER
"""Stretches at most where each is asked by itself: those of parts of the question come before those of the whole."""
LEADING = 2
"""Of what is found for a part of a question, so many come before what was found for the whole."""
SOUGHT = 20
"""Hits among which they are found: several may lie in one stretch."""
LEAVING = 0.8
"""Share of the best coverage of the question that a hit has from which on a model elsewhere is asked about it."""


class Finder:
    """Finds in one memory, by the retriever alone."""

    def __init__(self, memory: Memory, retriever: Retriever) -> None:
        self._memory, self._retriever = memory, retriever

    def found(
        self, question: str, understood: Understood, viewer: Viewer, grounding: Grounding, start: float,
        hits: Sequence[Hit] | None = None, shown: Shown | None = None,
    ) -> Case:  # fmt: skip
        """The question with what was found for it, or with the hits that are given."""
        vectors, words = (shown.vectors, shown.words) if shown else (None, "")
        whole = shown.named(understood.whole) if shown else understood.whole
        sought = hits is None
        if hits is None:
            found = self._retriever.search(whole, viewer, SOUGHT, vectors, shown=words)
            hits = [one.hit for one in self._stretches(found, viewer, HITS)]
        spent = time.perf_counter() - start
        return Case(question, understood, whole, tuple(hits), grounding, start, spent, words, sought=sought)

    def part(self, case: Case, part: str, wants: Wants, viewer: Viewer) -> Case:
        """A part of a question as a question of its own."""
        return self.found(part, Understood(wants, part), viewer, case.grounding, case.start)

    def sources(
        self, case: Case, hits: Sequence[Hit], viewer: Viewer, reader: Reader | Remote, most: int
    ) -> Composed:  # fmt: skip
        """The stretches that the hits stand in, at most so many, as the reader gets them."""
        given = self._stretches(hits, viewer, most)
        return compose(case.whole, given, case.grounding, reader.tokenize, reader.context)

    def of_parts(self, asked: Sequence[str], case: Case, viewer: Viewer) -> tuple[Hit, ...]:
        """The best of each part, what was found for the whole question, and more of each."""
        found = [self._stretches(self._retriever.search(part, viewer, SOUGHT), viewer, TOGETHER) for part in asked]
        turns = [[one.hit for one in turn if one] for turn in zip_longest(*found)]
        order = [*chain(*turns[:LEADING], case.hits, *turns[LEADING:])]
        return tuple(one.hit for one in self._stretches(order, viewer, EACH))

    def wider(
        self, part: str, case: Case, composed: Composed, viewer: Viewer, reader: Reader
    ) -> tuple[Composed, list[int]]:
        """The best for a part before what was given, and the number that each source has now, 0 for none."""
        best_first = self._stretches(self._retriever.search(part, viewer, SOUGHT), viewer, LEADING)
        hits = leading([one.hit for one in best_first], [one.hit for one in reversed(composed.sources)])
        wider = self.sources(case, hits, viewer, reader, EACH)
        place = {one.words: number for number, one in enumerate(wider.sources, 1)}
        return wider, [place.get(one.words, 0) for one in composed.sources]

    def path(self, source: str) -> str:
        row = self._memory.catalog.source(source)
        return row.path if row else source

    def _stretches(self, hits: Sequence[Hit], viewer: Viewer, most: int) -> list[Evidence]:
        """The stretches that the hits stand in, as far as this viewer may read them, at most so many."""
        catalog = self._memory.catalog

        def readable(found: Sequence[Entity]) -> list[Entity]:
            return [one for one in found if may_read(viewer, one.scope)]

        return evidence.gather(
            hits,
            self.path,
            lambda entity: readable(around.inside(catalog, entity.id, ("line", "passage"))),
            lambda entity: readable(around.flow(catalog, entity)),
            most,
        )


def fits(leaving: Sequence[Hit], hits: Sequence[Hit]) -> bool:
    """Whether what may leave answers about as well as all that was found; else not even the question leaves."""
    best = max((hit.coverage for hit in hits), default=0.0)
    return any(hit.coverage >= LEAVING * best for hit in leaving)
