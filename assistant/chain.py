"""When no single source answers: what one source names is looked up in another. Knows nothing about language models.

"What does the alarm mean that stopped MC-3?" needs the log, which names the alarm, and the manual, which explains it.
A link is a part number, order number or the like: it stands in one sentence, is not in the question, and the other
source is about it. Two sentences are taken together only when they say more of what was asked than any source alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.codes import codes, held_codes
from assistant.expect import expected
from assistant.quote import INJECTION, Candidate, rank, said

if TYPE_CHECKING:
    from assistant.retrieve import Asked, Hit, Retriever
    from ingest.access import Viewer

ENOUGH = 0.9
"""Share of the question's telling terms in one sentence from which no second one is looked for."""
TOGETHER = 0.6
"""Share that two sentences must have together."""
GAIN = 0.1
"""And how much more than the best sentence alone."""
LINKS = 4
"""Links that are looked up; each costs a search."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Two sentences that answer together. `hits` are the two they come from, in their order; `covered` is 0 to 1."""

    candidates: tuple[Candidate, Candidate]
    hits: tuple[Hit, Hit]
    covered: float


def follow(
    question: str, asked: Asked, viewer: Viewer, retriever: Retriever, hits: Sequence[Hit], ranked: Sequence[Candidate]
) -> Chain | None:
    """The best chain of two sentences, or None where one source is enough or no chain says more."""
    wanted = codes(question)
    alone = max((_covered(asked.weights, _words(one)) for one in ranked[:3] if not one.lacks_code), default=0.0)
    if alone >= ENOUGH:
        return None
    pairs = [(one, hits[one.hit]) for one in ranked if not one.lacks_code] or _naming(wanted, asked, viewer, retriever)
    chains: list[Chain] = []
    for link, first in _links(pairs, wanted).items():
        chains += _second(question, link, first, asked, viewer, retriever)
    best = max(chains, key=lambda chain: chain.covered, default=None)
    return best if best and best.covered >= max(TOGETHER, alone + GAIN) else None


def _naming(
    wanted: set[str], asked: Asked, viewer: Viewer, retriever: Retriever
) -> list[tuple[Candidate, Hit]]:
    """Sentences of entities that name the part numbers of the question, where the ordinary search found none."""
    named = " ".join(sorted(wanted))
    found = retriever.search(named, viewer, k=LINKS)
    ranked = rank(named, asked, found)
    return [(one, found[one.hit]) for one in ranked if wanted <= held_codes(one.entity.words)]


def _links(pairs: Sequence[tuple[Candidate, Hit]], wanted: set[str]) -> dict[str, tuple[Candidate, Hit]]:
    """What the best sentences name that the question does not, as written, with the first sentence to name it."""
    found: dict[str, tuple[Candidate, Hit]] = {}
    for candidate, hit in pairs[:12]:
        if INJECTION.search(candidate.text):
            continue
        for word in candidate.text.split():
            word = word.strip(".,;:()[]\"'、。")
            if codes(word) and not codes(word) & wanted and len(found) < LINKS:
                found.setdefault(word, (candidate, hit))
    return found


def _second(
    question: str, link: str, first: tuple[Candidate, Hit], asked: Asked, viewer: Viewer, retriever: Retriever
) -> list[Chain]:
    """Chains from a sentence over one link to sentences of entities that are about it."""
    candidate, hit = first
    sort = expected(question)
    found = retriever.search(f"{question} {link}", viewer, k=4)
    chains = []
    for other in rank(question, asked, found):
        fits = codes(link) <= held_codes(other.entity.words) and other.entity.id != candidate.entity.id
        if fits and (sort is None or sort.search(other.text)) and not INJECTION.search(other.text):
            pair = (replace(candidate, hit=0), replace(other, hit=1))
            covered = _covered(asked.weights, _words(candidate) | _words(other))
            chains.append(Chain(pair, (hit, found[other.hit]), covered))
    return chains


def _words(candidate: Candidate) -> set[str]:
    return said(f"{candidate.entity.title}\n{candidate.text}")


def _covered(weights: Mapping[str, float], words: set[str]) -> float:
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in words) / total if total else 0.0
