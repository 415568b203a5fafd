"""The extractive reader: which words of the sources answer the question.

Every sentence of the hits is a candidate. A small linear model ranks them by what they share with the question: rare
words, meaning (late interaction between the question's slots and the stored slots of the passage, Khattab & Zaharia,
ColBERT, arXiv 2004.12832), and whether they hold the sort of thing that was asked for. A second one says how likely
the best one answers the question at all; below a threshold the honest answer is a refusal.

The weights were fitted on a part of SQuAD 1.1 train by `python -m assistant.evaluate.quoting squad_train_part.jsonl.gz
--questions 1500`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.search.expect import asks_name, expected, field, plainly
from ingest.space.entity import Entity
from ingest.space.space import Vectors, unit
from ingest.text.codes import codes, figures, held_codes, said
from ingest.text.split import sentences
from ingest.text.terms import terms

if TYPE_CHECKING:
    from assistant.search.retrieve import Asked, Hit

LONG = 240
"""A sentence of more characters that has several lines is a list or a table; its lines are quoted singly."""

PIECES = re.compile(r"[\u3041-\u9fff]|[^\W_]+|[^\w\s]|_")
"""Roughly the tokens of an encoder, to find a sentence's share of the slots of its passage."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of one entity's words, characters `start` to `end` of its text.

    Attributes:
        hit: which hit it comes from, counted from 0.
        score: how well it fits the question among the candidates; only the order matters.
    """

    hit: int
    entity: Entity
    start: int
    end: int
    features: NDArray[np.float64]
    score: float = 0.0

    @property
    def text(self) -> str:
        return self.entity.text[self.start : self.end]

    @property
    def lacks(self) -> float:
        """How much of what must be there its entity lacks: part numbers of the question, the plain form of an answer."""
        return self.lacks_code + 1.0 - float(self.features[FEATURES.index("plain")])

    @property
    def lacks_code(self) -> float:
        """Share of the part numbers of the question that its entity does not have."""
        return 1.0 - float(self.features[FEATURES.index("codes")])


# -- candidates and what they share with the question ----------------------------------------------------


Inner = Mapping[str, Sequence[tuple[Entity, Vectors]]]
"""The entities inside an entity that only sums them up (the lines of a picture), with their slots, by its id."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one hit offers for quotation.

    Attributes:
        stretches: entity, start and end of each stretch.
        vectors: the unit slots of each.
        context: all words it stands among.
        edges: what was said just before the first and just after the last.
    """

    stretches: Sequence[tuple[Entity, int, int]]
    vectors: Sequence[Vectors]
    context: str
    edges: tuple[str, str] = ("", "")

    @property
    def texts(self) -> list[str]:
        return [entity.text[start:end] for entity, start, end in self.stretches]


def candidates(question: str, asked: Asked, hits: Sequence[Hit], inner: Inner | None = None) -> list[Candidate]:
    """Every sentence of the hits with its features, in the order of the hits, unranked."""
    offers = [_offer(hit, (inner or {}).get(hit.entity.id, ())) for hit in hits]
    held = [[said(text) for text in offer.texts] for offer in offers]
    local = _local_rarity(asked.weights, [words for of_offer in held for words in of_offer])
    found: list[Candidate] = []
    for number, (hit, offer, words) in enumerate(zip(hits, offers, held, strict=True)):
        rows = np.zeros((len(offer.stretches), len(FEATURES)))
        columns: dict[str, Sequence[float] | float] = {
            **_shared(asked, offer, words, local),
            **_met(asked, offer.vectors),
            **_sort(question, offer.texts),
            "new": [math.log1p(len(one - asked.weights.keys())) for one in words],
            "codes": _met_exactly(codes(question), held_codes(offer.context)),
            "figures": _met_exactly(figures(question), figures(offer.context)),
            "behind": hit.score - hits[0].score,
        }
        for name, values in columns.items():
            rows[:, FEATURES.index(name)] = values
        found += [Candidate(number, *place, row) for place, row in zip(offer.stretches, rows, strict=True)]
    return found


def _offer(hit: Hit, inner: Sequence[tuple[Entity, Vectors]]) -> Offer:
    """The sentences of a hit; those of what lies inside it where it only sums that up."""
    entity = hit.entity
    whole = [*inner] or [(entity, hit.slots)]
    cuts = [spans(one) for one, _ in whole]
    stretches = [(one, a, b) for (one, _), cut in zip(whole, cuts, strict=True) for a, b in cut]
    vectors = [part for (one, slots), cut in zip(whole, cuts, strict=True) for part in parts(one, cut, slots)]
    near = hit.neighbours if entity.traits.spoken else ()
    before = " ".join(one.text for one in near if one.ordinal < entity.ordinal)
    after = " ".join(one.text for one in near if one.ordinal > entity.ordinal)
    context = "\n".join([before, entity.words, *(one.text for one, _ in inner), after])
    return Offer(stretches, vectors, context, (before, after))


FEATURES = (
    "terms",  # share of the question's telling terms, by rarity
    "local",  # the same by rarity among the candidates
    "passage",  # the same for the whole entity with its headings
    "before",  # the same for the sentence before
    "after",
    "slots",  # late interaction: the question's states with the sentence's share of the stored slots
    "meaning",  # the mean of that share with the question's address
    "expected",  # the sort of thing that was asked for is there
    "missing",  # it is not
    "elsewhere",  # it is not, but the entity has it in another sentence
    "named",  # names that the question does not have, where a name is asked for
    "asks",  # it is itself a question
    "new",  # how much it says beyond the question
    "codes",  # share of the question's part numbers and the like that the entity has
    "figures",  # the same for numbers and dates
    "plain",  # 0 where what is asked for has an unmistakable form and the entity has nothing of it
    "behind",  # by how much its hit scores less than the first
)

Columns = Mapping[str, Sequence[float]]


def _shared(asked: Asked, offer: Offer, held: Sequence[set[str]], local: Mapping[str, float]) -> Columns:
    """What sentences share with the question as words."""
    shared = [_share(asked.weights, words) for words in held]
    before, after = (_share(asked.weights, said(edge)) for edge in offer.edges)
    return {
        "terms": shared,
        "local": [_share(local, words, asked.weights) for words in held],
        "passage": [_share(asked.weights, said(offer.context))] * len(held),
        "before": [before, *shared[:-1]][: len(shared)],
        "after": [*shared[1:], after][: len(shared)],
    }


def _met(asked: Asked, parts: Sequence[Vectors]) -> Columns:
    """How sentences meet the question in the space; 0 where one of them has no vectors."""
    met = [len(asked.states) and len(part) for part in parts]
    return {
        "slots": [
            float((asked.states @ part.T).max(axis=1).mean()) if both else 0.0
            for part, both in zip(parts, met, strict=True)
        ],
        "meaning": [
            float((asked.addresses @ unit(part.mean(axis=0))).max()) if both else 0.0
            for part, both in zip(parts, met, strict=True)
        ],
    }


def _sort(question: str, said: Sequence[str]) -> Columns:
    """Whether sentences hold the sort of thing that is asked for."""
    wanted = expected(question)
    has = [bool(wanted and wanted.search(sentence)) for sentence in said]
    name = asks_name(question)
    return {
        "expected": has,
        "missing": [bool(wanted) and not one for one in has],
        "elsewhere": [any(has) and not one for one in has],
        "named": [_names(sentence, question) if name else 0.0 for sentence in said],
        "asks": [sentence.endswith(("?", "？")) for sentence in said],
        "plain": [any(has) or not plainly(question)] * len(said),
    }


def spans(entity: Entity) -> list[tuple[int, int]]:
    """The quotable stretches of an entity: its sentences, its lines where it is a list of them, or all of it."""
    if entity.traits.whole:
        return [(0, len(entity.text))] if entity.text.strip() else []
    if entity.facts.get("lines"):
        return _lines(entity.text, 0, len(entity.text))
    found: list[tuple[int, int]] = []
    for span in sentences(entity.text):
        long = span.end - span.start > LONG and "\n" in entity.text[span.start : span.end]
        found += _lines(entity.text, span.start, span.end) if long else [(span.start, span.end)]
    return found


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a range that are not blank."""
    return [(start + m.start(), start + m.end()) for m in re.finditer(r"[^\s][^\n]*", text[start:end])]


def _local_rarity(wanted: Iterable[str], held: Sequence[set[str]]) -> dict[str, float]:
    """The idf of terms counted over the candidates; one that none of them has weighs nothing."""
    counts = Counter(term for words in held for term in words)
    return {term: math.log((len(held) + 1) / (counts[term] + 0.5)) if counts[term] else 0.0 for term in wanted}


def _share(weights: Mapping[str, float], words: set[str], total: Mapping[str, float] | None = None) -> float:
    """Weight of the terms that `words` has, relative to all (of `total` where given)."""
    whole = sum((total or weights).values())
    return sum(weight for term, weight in weights.items() if term in words) / whole if whole else 0.0


def parts(entity: Entity, cut: Sequence[tuple[int, int]], slots: Vectors | None) -> list[Vectors]:
    """The share of the stored slots that belongs to each sentence; slots follow the words, headings first."""
    if slots is None or not len(slots):
        return [np.zeros((0, 1), np.float32)] * len(cut)
    offset = len(entity.words) - len(entity.text)
    cost = list(accumulate((_cost(match[0]) for match in PIECES.finditer(entity.words)), initial=0))
    begins = [match.start() for match in PIECES.finditer(entity.words)]
    scale = len(slots) / max(cost[-1], 1)
    found = []
    for start, end in cut:
        first = int(cost[np.searchsorted(begins, start + offset)] * scale)
        after = math.ceil(cost[np.searchsorted(begins, end + offset)] * scale)
        first = min(first, len(slots) - 1)
        found.append(unit(slots[first : max(after, first + 1)]))
    return found


def _cost(piece: str) -> int:
    """Tokens an encoder makes of a piece, roughly."""
    return -(-len(piece) // 10)


WORD = re.compile(r"[^\W\d_][\w'’-]*")


def _names(sentence: str, question: str) -> float:
    """Up to three capitalised words that the question does not have, the first of the sentence left out; 0 to 1."""
    asked = {word.casefold() for word in WORD.findall(question)}
    words = [match[0] for match in WORD.finditer(sentence)][1:]
    return min(sum(1 for word in words if word[0].isupper() and word.casefold() not in asked), 3) / 3


def _met_exactly(wanted: set[str], held: set[str]) -> float:
    """Share of `wanted` that is held; 1 where nothing is wanted."""
    return len(wanted & held) / len(wanted) if wanted else 1.0


# -- the two linear models -------------------------------------------------------------------------------

RANKING: Mapping[str, float] = {
    "terms": -0.46, "local": 10.48, "passage": 1.48, "before": 1.13, "after": 0.57, "slots": 9.36, "meaning":
    6.26, "expected": 0.64, "missing": -0.57, "elsewhere": -0.96, "named": 1.15, "asks": -0.62, "new": -0.37,
    "figures": 0.78, "behind": 0.16,
}  # fmt: skip
"""Log-odds of being the sentence that answers, among the candidates of one question."""

RANKING_BY_WORDS: Mapping[str, float] = {
    "terms": 1.16, "local": 12.02, "passage": 1.26, "before": 1.16, "after": 0.81, "expected": 0.74, "missing":
    -0.66, "elsewhere": -1.0, "named": 1.06, "asks": -1.73, "new": -0.24, "figures": 1.07, "behind": 0.34,
}  # fmt: skip
"""The same for questions in a language the encoder does not know."""

ANSWERS: Mapping[str, float] = {
    "terms": 2.9, "passage": 2.92, "before": -0.14, "after": -0.27, "slots": 1.05, "meaning": 1.74, "missing":
    -0.88, "figures": -0.28, "named": -0.33, "bias": -4.17,
}  # fmt: skip
"""Log-odds that the best candidate answers the question at all."""

ANSWERS_BY_WORDS: Mapping[str, float] = {
    "terms": 2.69, "passage": 3.89, "before": 0.03, "after": 0.07, "missing": -1.01, "figures": -0.15, "named":
    -0.33, "bias": -3.46,
}  # fmt: skip
"""The same without vectors."""

INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.]{0,40}\b(?:instruction|prompt|rule|above|previous|everything)|"
    r"\bsystem prompt\b|\byou are (?:now )?an? (?:ai|assistant|chatbot|language model)\b|<\|[\w-]+\|>|"
    r"(?:指示|命令|プロンプト)[^。]{0,12}(?:無視|忘れ)",
    re.IGNORECASE,
)
"""A sentence that speaks to a machine instead of a reader. It is a source like any other, but the last one to quote."""
SUSPECT = 100.0
"""Log-odds taken from such a sentence: more than any question can give it."""

ANOTHER = 4.0
"""Log-odds taken from a sentence of an entity without the part number, or the unmistakable sort of thing, that was asked
for: set by hand, since the training questions hardly name any. What is true of the HS-40 is no answer about the HS-25,
and a page without a telephone number none to a question for one."""

SUMMARY = 1.5
"""Log-odds taken from an entity that sums up others, set by hand: what it sums up has the exact place."""

LABELLED = 3.0
"""Log-odds given to a row or a line that has the field the question names, set by hand: the training questions are about
prose, which has no fields."""

ENOUGH = 0.8
"""Probability of holding the answer at which no further sentence is quoted."""
MOST = 3
"""Sentences quoted at most."""

LEANING = re.compile(
    r"(?:It|Its|They|Their|He|She|His|Her|This|That|These|Those|Such|There|その|これ|それ|この)\b|(?:その|これ|それ|この)"
)
"""A sentence that begins like this leans on the one before."""


def rank(question: str, asked: Asked, hits: Sequence[Hit], inner: Inner | None = None) -> list[Candidate]:
    """The candidates, best first; `score` is the probability of holding the answer, provided one of them does."""
    return ordered(candidates(question, asked, hits, inner), asked.fluent, field(question))


def ordered(
    found: Sequence[Candidate], fluent: bool = True, wanted: re.Pattern[str] | None = None
) -> list[Candidate]:
    """Candidates of one question, best first, with their `score`; without vectors where the encoder is not `fluent`.

    Args:
        wanted: finds the field that is asked for.
    """
    if not found:
        return []
    chosen = RANKING if fluent else RANKING_BY_WORDS
    odds = np.stack([one.features for one in found]) @ [chosen.get(name, 0.0) for name in FEATURES]
    odds -= [
        SUSPECT * bool(INJECTION.search(one.text)) + ANOTHER * one.lacks + SUMMARY * (one.entity.traits.about)
        for one in found
    ]
    odds += [LABELLED * bool(wanted and one.entity.traits.labelled and wanted.search(one.text)) for one in found]
    share = np.exp(odds - odds.max())
    share /= share.sum()
    scored = [replace(one, score=float(value)) for one, value in zip(found, share, strict=True)]
    return sorted(scored, key=lambda one: -one.score)


def confidence(candidate: Candidate, fluent: bool = True) -> float:
    """Probability that this sentence, or its neighbours, answers the question at all."""
    if INJECTION.search(candidate.text):
        return 0.0
    weights = ANSWERS if fluent else ANSWERS_BY_WORDS
    odds = weights["bias"] + sum(
        weights[name] * candidate.features[column] for column, name in enumerate(FEATURES) if name in weights
    )
    return 1 / (1 + math.exp(ANOTHER * candidate.lacks - float(odds)))


def choose(ranked: Sequence[Candidate]) -> list[Candidate]:
    """As many of the ranked candidates as hold the answer with a probability of `ENOUGH`, none that repeats another."""
    chosen: list[Candidate] = []
    for one in ranked:
        if chosen and (sum(c.score for c in chosen) >= ENOUGH or len(chosen) == MOST or INJECTION.search(one.text)):
            break
        if not any(_repeats(one, other) for other in chosen):
            chosen.append(one)
    return [extended(one) for one in chosen]


def extended(candidate: Candidate) -> Candidate:
    """With the sentence before when it leans on that, with the one after when it is a question."""
    cut = spans(candidate.entity)
    place = next((i for i, (a, b) in enumerate(cut) if a <= candidate.start < b), 0)
    if place and LEANING.match(candidate.text):
        candidate = replace(candidate, start=cut[place - 1][0])
    if candidate.text.endswith(("?", "？")) and place + 1 < len(cut):
        candidate = replace(candidate, end=cut[place + 1][1])
    return candidate


def _repeats(one: Candidate, other: Candidate) -> bool:
    """Whether nearly all of its terms stand in the other."""
    left, right = set(terms(one.text)), set(terms(other.text))
    return len(left & right) >= 0.8 * len(left)
