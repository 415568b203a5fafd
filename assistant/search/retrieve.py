"""Retrieval: from a question to the entities that matter, in the scopes of the viewer; there is no form without one.

Nearest addresses and shared words each propose entities; reciprocal ranks choose whom to look at closely; a small
linear model ranks those by how the words of the question meet their slots (late interaction) and their sentences;
near-duplicates are folded; neighbours and parents come along. Every row passes the gate of `memory.hydrate` again.

Reciprocal rank fusion: Cormack et al. (SIGIR 2009). Late interaction: Khattab & Zaharia, ColBERT (arXiv 2004.12832).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from ingest.base.access import Viewer, may_read
from ingest.memory.around import beside
from ingest.memory.catalog import Catalog
from ingest.memory.lexicon import rarity, search
from ingest.memory.memory import Memory
from ingest.space.entity import Entity
from ingest.space.space import Placed, Space, Vectors, unit
from ingest.text.language import Language, language_of
from ingest.text.split import sentences
from ingest.text.terms import is_telling, terms

DEPTH = 50
"""Entities that each way of searching proposes."""
CLOSE = 60
"""Entities that are looked at closely."""
RRF = 60
"""The constant of reciprocal rank fusion, as published."""
FLUENT = 0.5
"""Below this `Space.fluency` only the words of a question count."""
ALIKE = 0.9
"""Share of common words (Jaccard, with repetition) from which two entities are the same told twice."""
STRETCHES = (4, 8)
"""Numbers of neighbouring slots, about a clause and a sentence, whose mean is compared with the question."""
DEEP = 8
"""Parents that are followed at most."""

FEATURES = ("meaning", "stretch", "words", "terms", "sentence", "phrase", "length")
"""What an entity and a question are compared by; see `features`."""

FLUENT_WEIGHTS = {"meaning": 14.80, "stretch": 14.95, "terms": 7.20, "sentence": 2.35, "phrase": 7.48, "length": -0.24}
"""Fitted by `python -m assistant.evaluate.search FILE...` to training questions of SQuAD and JaQuAD, half and half."""
BY_MEANING = ("meaning", "stretch")
BY_WORDS = ("terms", "sentence", "phrase")
EXPECTED = (0.066, 0.278)
"""What words are worth on average beside so much meaning, where question and entity are in one language: the line through
the candidates of those questions. In another language words cannot be shared, so that much is taken as given."""
MEANT = (3.72, 0.742)
"""The other way round, for what has words and no place in the space (rows of large tables)."""
WORDS_WEIGHTS = {"words": 15.10, "sentence": 9.36, "phrase": 6.46}
"""Fitted likewise without vectors: for a question in a language that the encoder does not know."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One entity that was found, with what is known about how well it fits.

    Attributes:
        score: how well it fits; comparable between the hits of one question only, higher is better.
        similarity: cosine between the addresses of question and entity; 0 when the encoder does not know the language.
        coverage: share of the question's telling terms that stand in the entity, weighted by their rarity, 0 to 1.
        neighbours: the entities before and after it in its source.
        parents: the entities it is a part of, the nearest first.
        duplicates: entities that say the same and were folded into this one.
    """

    entity: Entity
    score: float
    similarity: float
    coverage: float
    neighbours: tuple[Entity, ...] = ()
    parents: tuple[Entity, ...] = ()
    duplicates: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, made ready to be compared.

    Attributes:
        language: which it is asked in.
        order: all its terms as they were said; `weights` has the rarity of those that tell what is asked.
        addresses: float32 [n, dim], unit length: of the words if the encoder knows their language, and given ones.
        states: float32 [m, dim], unit length, likewise at full resolution.
    """

    language: Language
    order: tuple[str, ...]
    weights: Mapping[str, float]
    addresses: Vectors
    states: Vectors
    fluent: bool


class Retriever:
    """Finds entities for a viewer."""

    def __init__(self, memory: Memory, catalog: Catalog, space: Space) -> None:
        self._memory = memory
        self._catalog = catalog
        self._space = space

    def search(
        self,
        question: str,
        viewer: Viewer,
        k: int = 8,
        vectors: Vectors | None = None,
        kinds: Sequence[str] | None = None,
        shown: str = "",
    ) -> list[Hit]:
        """The `k` entities that fit a question best, best first; equal ones in the order of their ids.

        Args:
            shown: words that are looked for as well but ask nothing: what can be read in a picture.
            vectors: float32 [n, dim], what is asked besides words: a picture or a sound, placed in the space.
            kinds: only entities of these kinds; all when None.
        """
        asked = self.ask(question, viewer, vectors)
        proposed = self.propose(asked, viewer, kinds)
        lexical = dict(proposed[-1])
        if shown:
            proposed.append(search(self._catalog, shown, self._scopes(viewer), DEPTH, kinds))
        found = self._memory.hydrate(fuse(proposed)[:CLOSE], viewer)
        items = [found[id] for id in sorted(found)]
        table = features(asked, items, [lexical.get(item.id, 0.0) for item in items])
        scores = scored(asked, items, table)
        order = np.argsort(-scores, kind="stable")
        hits = [self._hit(asked, items[i], float(scores[i]), float(table[i, FEATURES.index("terms")])) for i in order]
        return [self._in_context(hit, viewer) for hit in _folded(hits, k)]

    def ask(self, question: str, viewer: Viewer, vectors: Vectors | None = None) -> Asked:
        """The question as it is compared; rarity is counted over what the viewer may read."""
        order = terms(question)
        telling = [term for term in dict.fromkeys(order) if is_telling(term)] or list(dict.fromkeys(order))
        fluent = bool(order) and self._space.fluency(question) >= FLUENT
        placed = self._space.place([question], ratio=1, question=True) if fluent else []
        if vectors is not None:
            placed.append(Placed(unit(np.atleast_2d(vectors).mean(axis=0)), np.atleast_2d(vectors)))
        none = np.empty((0, self._space.dim), np.float32)
        return Asked(
            language_of(question),
            tuple(order),
            rarity(self._catalog, telling, self._scopes(viewer)),
            np.stack([place.address for place in placed]) if placed else none,
            unit(np.concatenate([place.slots for place in placed])) if placed else none,
            fluent or vectors is not None,
        )

    def propose(
        self, asked: Asked, viewer: Viewer, kinds: Sequence[str] | None = None
    ) -> list[list[tuple[str, float]]]:
        """Rankings of (id, score), best first: one per address, by cosine, and last the one by words, by BM25."""
        dense = [self._memory.nearest(address, viewer, DEPTH, kinds) for address in asked.addresses]
        return [*dense, search(self._catalog, list(asked.weights), self._scopes(viewer), DEPTH, kinds)]

    def _scopes(self, viewer: Viewer) -> list[str]:
        return viewer.readable(self._memory.scopes())

    def _hit(self, asked: Asked, item: Entity, score: float, coverage: float) -> Hit:
        similarity = float((asked.addresses @ item.address).max(initial=0.0))
        return Hit(item, score, similarity, coverage)

    def _in_context(self, hit: Hit, viewer: Viewer) -> Hit:
        neighbours = self._neighbours(hit.entity, viewer)
        return replace(hit, neighbours=neighbours, parents=self._parents(hit.entity, viewer))

    def _neighbours(self, entity: Entity, viewer: Viewer) -> tuple[Entity, ...]:
        found = beside(self._catalog, entity.source, (entity.ordinal - 1, entity.ordinal + 1))
        near = (item for item in found if item.id != entity.parent)
        return tuple(neighbour for neighbour in near if may_read(viewer, neighbour.scope))

    def _parents(self, entity: Entity, viewer: Viewer) -> tuple[Entity, ...]:
        found: list[Entity] = []
        parent = entity.parent
        while parent and len(found) < DEEP:
            item = self._memory.hydrate([parent], viewer).get(parent)
            if item is None:
                break
            found.append(item)
            parent = item.parent
        return tuple(found)


def fuse(rankings: Iterable[Sequence[tuple[str, float]]]) -> list[str]:
    """Ids by the sum of their reciprocal ranks, best first; equal ones by id."""
    scores: defaultdict[str, float] = defaultdict(float)
    for ranking in rankings:
        for rank, (id, _) in enumerate(ranking):
            scores[id] += 1.0 / (RRF + rank + 1)
    return sorted(scores, key=lambda id: (-scores[id], id))


def weights(fluent: bool) -> NDArray[np.float64]:
    """The weights of `FEATURES` for a question the encoder understands, or does not."""
    chosen = FLUENT_WEIGHTS if fluent else WORDS_WEIGHTS
    return np.array([chosen.get(name, 0.0) for name in FEATURES])


def scored(asked: Asked, items: Sequence[Entity], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well each entity fits, from its `features`; what cannot be seen is expected.

    Across languages words count as much as meaning lets expect; what has no place in the space means as much as its words."""
    weighed = table * weights(asked.fluent)
    if not (asked.fluent and asked.order):
        return np.asarray(weighed.sum(axis=1))
    meaning, words = (weighed[:, _columns(names)].sum(axis=1) for names in (BY_MEANING, BY_WORDS))
    abroad = np.array([language_of(item.words) != asked.language for item in items], bool)
    nowhere = np.array([not item.address.any() for item in items], bool)
    given = np.where(abroad, np.maximum(EXPECTED[0] + EXPECTED[1] * meaning - words, 0), 0)
    given = np.where(nowhere, MEANT[0] + MEANT[1] * words, given)
    return np.asarray(weighed.sum(axis=1) + given)


def _columns(names: Sequence[str]) -> list[int]:
    return [FEATURES.index(name) for name in names]


def features(asked: Asked, items: Sequence[Entity], lexical: Sequence[float]) -> NDArray[np.float64]:
    """What question and entities have in common, [len(items), len(FEATURES)].

    meaning   mean over the states of the question of the best cosine with a slot (MaxSim)
    stretch   best cosine of an address of the question with the mean of a few neighbouring slots
    words     BM25, given in `lexical`, as a share of the most it could be
    terms     share of the telling terms that stand in the entity, weighted by rarity
    sentence  the same for its best single sentence
    phrase    share of the neighbouring pairs of terms that are neighbours in the entity too, weighted likewise
    length    logarithm of its number of terms
    """
    rows = [_features(asked, item, score) for item, score in zip(items, lexical, strict=True)]
    return np.array(rows, np.float64).reshape(len(rows), len(FEATURES))


def _features(asked: Asked, item: Entity, lexical: float) -> tuple[float, ...]:
    meaning, stretch = _met(asked, item.slots)
    total = sum(asked.weights.values()) or 1.0
    parts = [terms(part) for part in _sentences(item)]
    best = max((_held(asked, set(part)) for part in parts), default=0.0)
    said = [*terms(item.title), *chain.from_iterable(parts)]
    length = math.log(min(max(len(said), 40), 400))
    share = _held(asked, set(said)) / total
    return meaning, stretch, lexical / (2.2 * total), share, best / total, _phrase(asked, said), length


def _met(asked: Asked, slots: Vectors) -> tuple[float, float]:
    """`meaning` and `stretch`, both 0 for a question without vectors."""
    if not len(asked.states):
        return 0.0, 0.0
    meaning = (asked.states @ unit(slots).T).max(axis=1).mean()
    stretch = (asked.addresses @ unit(_stretches(slots)).T).max()
    return float(meaning), float(stretch)


def _stretches(slots: Vectors) -> Vectors:
    """Sums of neighbouring slots, every other one: [n, dim] -> [m, dim]."""
    sums = np.cumsum(np.vstack([np.zeros_like(slots[:1]), slots]), axis=0)
    return np.vstack([sums[size:][::2] - sums[:-size][::2] if len(slots) > size else sums[-1:] for size in STRETCHES])


def _sentences(entity: Entity) -> Iterable[str]:
    return (entity.text[span.start : span.end] for span in sentences(entity.text))


def _held(asked: Asked, held: set[str]) -> float:
    return sum(weight for term, weight in asked.weights.items() if term in held)


def _phrase(asked: Asked, said: Sequence[str]) -> float:
    wanted = {pair: max(asked.weights.get(term, 0.0) for term in pair) for pair in pairwise(asked.order)}
    there = wanted.keys() & set(pairwise(said))
    return sum(wanted[pair] for pair in there) / (sum(wanted.values()) or 1.0)


def _folded(hits: Sequence[Hit], k: int) -> list[Hit]:
    """The first `k` hits that say different things; what says the same as one before it is folded into that one."""
    kept: list[Hit] = []
    said: list[Counter[str]] = []
    for hit in hits:
        if len(kept) == k:
            break
        words = Counter(terms(hit.entity.text))
        twins = (i for i, one in enumerate(kept) if one.entity.kind == hit.entity.kind and _alike(words, said[i]))
        twin = next(twins, None)
        if twin is None:
            kept.append(hit)
            said.append(words)
        else:
            kept[twin] = replace(kept[twin], duplicates=(*kept[twin].duplicates, hit.entity))
    return kept


def _alike(one: Counter[str], other: Counter[str]) -> bool:
    """Whether two texts say the same: nearly the same words, and exactly the same figures and codes."""
    either = (one | other).total()
    if not either or (one & other).total() < ALIKE * either:
        return False
    return _figures(one) == _figures(other)


def _figures(said: Counter[str]) -> set[str]:
    return {term for term in said if any(c.isdigit() for c in term)}
