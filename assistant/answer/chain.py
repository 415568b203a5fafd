"""When no single source answers: what one source names is looked up in another.

"What does the alarm mean that stopped MC-3?" needs the log, which names the alarm, and the manual, which explains it. A
link is a part number, order number or the like: it stands in one sentence, is not in the question, and the other source
is about it. Two sentences are taken together only when they say more of what was asked than any source alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.answer.quote import INJECTION, Candidate, rank
from assistant.search.expect import expected
from ingest.text.codes import codes, held_codes, said, written
from ingest.text.terms import terms

if TYPE_CHECKING:
    from assistant.search.retrieve import Asked, Hit, Retriever
    from ingest.base.access import Viewer

ENOUGH = 0.9
"""Share of the question's telling terms in one source from which no second one is looked for."""
TOGETHER = 0.8
"""Share that two sentences must have together."""
GAIN = 0.1
"""And how much more than the best source alone."""
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
    alone = max((_covered(asked, said(one.entity.words)) for one in ranked if not one.lacks_code), default=0.0)
    if alone >= ENOUGH:
        return None
    pairs = [(one, hits[one.hit]) for one in ranked if not one.lacks_code] or _naming(wanted, asked, viewer, retriever)
    chains: list[Chain] = []
    for link, first in _links(asked, pairs, wanted).items():
        chains += _second(question, link, first, asked, viewer, retriever)
    best = max(chains, key=lambda chain: chain.covered, default=None)
    return best if best and best.covered >= max(TOGETHER, alone + GAIN) else None


def _naming(wanted: set[str], asked: Asked, viewer: Viewer, retriever: Retriever) -> list[tuple[Candidate, Hit]]:
    """Sentences of entities that name the part numbers of the question, where the ordinary search found none."""
    named = " ".join(sorted(wanted))
    found = retriever.search(named, viewer, k=LINKS)
    ranked = rank(named, asked, found)
    return [(one, found[one.hit]) for one in ranked if wanted <= held_codes(one.entity.words)]


def _links(asked: Asked, pairs: Sequence[tuple[Candidate, Hit]], wanted: set[str]) -> dict[str, tuple[Candidate, Hit]]:
    """What the best sentences name that the question does not, as written, with the sentence that says most beside it."""
    found: dict[str, tuple[Candidate, Hit]] = {}
    for candidate, hit in sorted(pairs[:12], key=lambda pair: -_covered(asked, _words(pair[0]))):
        if INJECTION.search(candidate.text):
            continue
        for word in written(candidate.text):
            if not codes(word) & wanted and len(found) < LINKS:
                found.setdefault(word, (candidate, hit))
    return found


def _second(
    question: str, link: str, first: tuple[Candidate, Hit], asked: Asked, viewer: Viewer, retriever: Retriever
) -> list[Chain]:
    """Chains from a sentence over one link to sentences of entities that are about it and say what it left open."""
    candidate, hit = first
    known = _words(candidate)
    left = [word for word in question.split() if any(t in asked.weights and t not in known for t in terms(word))]
    if not left:
        return []
    sort = expected(question)
    found = retriever.search(" ".join([link, *left]), viewer, k=LINKS)
    chains = []
    for other in rank(question, asked, found):
        fits = (
            codes(link) <= held_codes(f"{other.entity.title} {other.text}")
            and other.entity.source != candidate.entity.source
        )
        fits = fits and not other.entity.traits.about and not INJECTION.search(other.text)
        fits = fits and within(candidate.text, other.entity.words)
        if fits and (sort is None or sort.search(other.text)):
            pair = (replace(candidate, hit=0), replace(other, hit=1))
            chains.append(Chain(pair, (hit, found[other.hit]), _covered(asked, known | _words(other))))
    return chains


RANGE = re.compile(r"(\S*\d)\s*(?:to|until|through|から|～|〜|–)\s*(\S*\d)")


def within(sentence: str, words: str) -> bool:
    """Whether words name a number of the range that a sentence gives ("from HS40-2200 to HS40-2400"); True without one."""
    for low, high in (match.groups() for match in RANGE.finditer(sentence)):
        first, last = (re.fullmatch(r"(.*?)(\d+)", code) for code in (low, high))
        if first and last and first[1] == last[1] and codes(low):
            serials = re.findall(re.escape(first[1]) + r"(\d+)", words)
            return any(int(first[2]) <= int(serial) <= int(last[2]) for serial in serials)
    return True


def _words(candidate: Candidate) -> set[str]:
    return said(f"{candidate.entity.title}\n{candidate.text}")


def _covered(asked: Asked, words: set[str]) -> float:
    """Share of the question's telling terms among words. All count alike: what is asked for is often a common word."""
    return sum(term in words for term in asked.weights) / len(asked.weights) if asked.weights else 1.0
