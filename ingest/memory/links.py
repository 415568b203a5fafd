"""Concepts at work: where they are spoken of, what else could be one, and a vector refined by who speaks of them.

Mentions are found by name in entities of every modality (the words of a picture, an utterance, an event). Refinement
is label propagation between concepts and the entities that mention them (Zhou et al., "Learning with Local and Global
Consistency", NIPS 2003): each round a concept moves part of the way from its definition to those entities, and they
may move a little towards their concepts; damping below one makes it converge.

Only entities of the concept's own access scope take part, so a vector never carries what its readers may not read; when
one of them is moved to another scope or forgotten, the catalogue itself takes the refinement back.
"""

from __future__ import annotations

import re
import sqlite3
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from ingest.base.access import Viewer, may_read
from ingest.base.errors import NotFound
from ingest.space.entity import Entity
from ingest.space.facts import ConceptFacts
from ingest.space.space import Vectors, unit

from .catalog import Catalog, marks, stored
from .memory import Memory

DAMPING = 0.3
"""Share of a concept's vector that comes from the entities that speak of it."""
GIVEN_BACK = 0.0
"""Share of an entity's vector that comes from its concepts: none, as no measurement has shown yet that it helps."""
ROUNDS = 20
TOLERANCE = 1e-4
LEAST_NAME = 3
"""Characters a Latin name needs before it is looked for; two for Japanese."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity that speaks of a concept, under which name and how often."""

    concept: str
    entity: str
    name: str
    times: int


@dataclass(frozen=True, slots=True)
class Refined:
    """One version of a concept's vector.

    Attributes:
        version: 0 is the vector of the definition alone; the highest is in use.
        residual: length of the last step, by which one sees that it has settled.
        speakers: how many entities took part.
        moved: cosine between this vector and that of the definition.
    """

    concept: str
    version: int
    residual: float
    rounds: int
    speakers: int
    moved: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A possible concept for a person to accept: part number, machine or key phrase, with where it occurs."""

    name: str
    kind: str
    entities: tuple[str, ...]
    sources: int


LINKED = "linked"
"""The fact that holds the number up to which entities were looked at for mentions."""
KEEP = (
    "INSERT OR IGNORE INTO mention SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM entity WHERE id IN (?1, ?2)) = 2"
)
"""Somebody may have forgotten a source meanwhile."""

# -- mentions -----------------------------------------------------------------------------------------------


def names(concept: Entity) -> list[str]:
    """The names of a concept that can be looked for."""
    facts = cast(ConceptFacts, concept.facts)
    said = [str(facts.get("name", "")), *map(str, facts.get("other_names", ()))]
    return [name for name in said if len(name) >= (LEAST_NAME if name.isascii() else 2)]


def mentions(concepts: Sequence[Entity], entities: Iterable[Entity]) -> Iterator[Mention]:
    """Who speaks of which concept, by its names as whole words; the longest name that fits counts."""
    owners: dict[str, list[str]] = defaultdict(list)
    for concept in concepts:
        for name in names(concept):
            owners[_plain(name)].append(concept.id)
    if not owners:
        return
    pattern = re.compile("|".join(_whole(name) for name in sorted(owners, key=len, reverse=True)))
    for entity in entities:
        counts = Counter(match[0] for match in pattern.finditer(_plain(entity.words)))
        for id in dict.fromkeys(id for name in counts for id in owners[name] if id != entity.id):
            said = {name: times for name, times in counts.items() if id in owners[name]}
            yield Mention(id, entity.id, max(said, key=lambda name: said[name]), sum(said.values()))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _whole(name: str) -> str:
    """A name that does not stand inside a longer Latin word or number; "HS-40" is not in "HS-400" nor in "XHS-40"."""
    before = r"(?<![a-z0-9])" if name[0].isascii() else ""
    after = r"(?![a-z0-9])" if name[-1].isascii() else ""
    return f"{before}{re.escape(name)}{after}"


def link(catalog: Catalog) -> int:
    """Stores who speaks of which concept, as `mentions` finds it; returns how many mentions were new.

    Looks only at what was stored since the last time; at everything when a concept is among that.
    """
    connection = catalog.connection
    first, last = int(catalog.fact(LINKED) or 0), catalog.last_number()
    if first >= last:
        return 0
    fresh = "SELECT 1 FROM entity WHERE number > ? AND number <= ? AND kind = 'concept'"
    first = 0 if connection.execute(fresh, (first, last)).fetchone() else first
    rows = connection.execute("SELECT * FROM entity WHERE kind = 'concept' ORDER BY id")
    concepts = [stored(row) for row in rows]
    rows = connection.execute("SELECT * FROM entity WHERE number > ? AND number <= ?", (first, last))
    found = [(m.concept, m.entity, m.name, m.times) for m in mentions(concepts, (stored(row) for row in rows))]
    with catalog.transaction():
        if not first:
            connection.execute("DELETE FROM mention")
        connection.executemany(KEEP, found)
        catalog.set_fact(LINKED, str(last))
    return len(found)


def stored_mentions(catalog: Catalog) -> Iterator[Mention]:
    """Every mention that is stored; the caller asks the gate."""
    rows = catalog.connection.execute("SELECT concept, entity, name, times FROM mention ORDER BY concept, entity")
    return (Mention(*row) for row in rows)


def concepts(catalog: Catalog, viewer: Viewer) -> list[Entity]:
    """The concepts this viewer may read, by scope and in order of their glossary."""
    scopes = viewer.readable(catalog.scopes())
    query = (
        f"SELECT * FROM entity WHERE kind = 'concept' AND scope IN ({marks(scopes)}) ORDER BY scope, source, ordinal"
    )
    return [stored(row) for row in catalog.connection.execute(query, scopes)]


def speakers(catalog: Catalog, concept: str, viewer: Viewer) -> list[tuple[Entity, Mention]]:
    """The entities that speak of a concept, of all modalities, most often first: those this viewer may read.

    Raises:
        NotFound: there is no such concept for this viewer.
    """
    _readable(catalog, concept, viewer)
    query = (
        "SELECT entity.*, mention.name AS said, mention.times FROM mention JOIN entity ON entity.id = mention.entity "
        f"WHERE mention.concept = ? AND entity.scope IN ({marks(viewer.readable(catalog.scopes()))}) "
        "ORDER BY mention.times DESC, entity.number"
    )
    found = catalog.connection.execute(query, (concept, *viewer.readable(catalog.scopes())))
    pairs = ((stored(row), Mention(concept, row["id"], row["said"], row["times"])) for row in found)
    return [(entity, mention) for entity, mention in pairs if may_read(viewer, entity.scope)]


def _readable(catalog: Catalog, concept: str, viewer: Viewer) -> Entity:
    item = catalog.entities([concept]).get(concept)
    if item is None or item.kind != "concept" or not may_read(viewer, item.scope):
        raise NotFound("there is no such concept")
    return item


# -- refinement ---------------------------------------------------------------------------------------------


def settle(
    base: Vectors, others: Vectors, links: Sequence[tuple[int, int, float]], damping: float, given_back: float
) -> tuple[Vectors, Vectors, list[float]]:
    """Concepts and entities after propagation.

    Args:
        base: unit vectors of the definitions, float32 [c, dim].
        others: unit vectors of the entities, float32 [n, dim].
        links: (concept, entity, weight) by index; weights of a concept are made to sum to one.

    Returns:
        Refined concepts [c, dim] and entities [n, dim], unit length, and the residual (largest step) of each round.
    """
    heavy = np.zeros((len(base), len(others)), np.float32)
    for concept, entity, weight in links:
        heavy[concept, entity] = weight
    down = heavy / np.maximum(heavy.sum(axis=1, keepdims=True), 1e-9)
    up = (heavy > 0).T / np.maximum((heavy > 0).sum(axis=0)[:, None], 1)
    spoken, speaking = heavy.sum(axis=1) > 0, heavy.sum(axis=0) > 0
    concepts, entities = base.copy(), others.copy()
    residuals: list[float] = []
    for _ in range(ROUNDS):
        moved = unit((1 - damping) * base + damping * unit(down @ entities))
        step = np.where(spoken[:, None], moved, base) - concepts
        concepts = concepts + step
        given = unit((1 - given_back) * others + given_back * unit(up @ concepts))
        entities = np.where(speaking[:, None], given, others)
        residuals.append(float(np.linalg.norm(step, axis=1).max(initial=0.0)))
        if residuals[-1] < TOLERANCE:
            break
    return concepts, entities, residuals


def refine(memory: Memory, scope: str, damping: float = DAMPING) -> list[Refined]:
    """Refines the vectors of the concepts of one scope by the entities of this scope that speak of them.

    Each concept gets a new version; `revert` brings back any earlier one. Starts from the definitions, so that
    refining twice is the same as refining once.
    """
    catalog = memory.catalog
    concepts, base = _definitions(catalog, scope)
    found = catalog.connection.execute(
        "SELECT mention.* FROM mention JOIN entity AS c ON c.id = concept JOIN entity AS e ON e.id = mention.entity "
        "WHERE c.scope = ? AND e.scope = ? AND e.kind != 'concept' ORDER BY mention.concept, mention.entity",
        (scope, scope),
    ).fetchall()
    ids = sorted({row["entity"] for row in found})
    if not concepts or not ids:
        return []
    items = catalog.entities(ids)
    others = unit(np.stack([items[id].address for id in ids]))
    at, of = {id: i for i, id in enumerate(ids)}, {id: i for i, id in enumerate(concepts)}
    links = [(of[row["concept"]], at[row["entity"]], float(np.log1p(row["times"]))) for row in found]
    after, _, residuals = settle(base, others, links, damping, GIVEN_BACK)
    spoken = Counter(row["concept"] for row in found)
    made = [
        Refined(id, _last(catalog, id) + 1, residuals[-1], len(residuals), spoken[id], float(base[i] @ after[i]))
        for i, id in enumerate(concepts)
        if spoken[id]
    ]
    _keep(memory, [(version, after[of[version.concept]]) for version in made], scope)
    return made


def _definitions(catalog: Catalog, scope: str) -> tuple[list[str], Vectors]:
    """The concepts of a scope and their vectors before any refinement."""
    rows = catalog.connection.execute(
        "SELECT entity.id, coalesce(first.address, entity.address) AS address FROM entity "
        "LEFT JOIN concept_version AS first ON first.concept = entity.id AND first.version = 0 "
        "WHERE kind = 'concept' AND scope = ? ORDER BY entity.id",
        (scope,),
    ).fetchall()
    if not rows:
        return [], np.zeros((0, 0), np.float32)
    return [row["id"] for row in rows], unit(np.stack([np.frombuffer(row["address"], np.float32) for row in rows]))


def _last(catalog: Catalog, concept: str) -> int:
    row = catalog.connection.execute(
        "SELECT max(version) FROM concept_version WHERE concept = ?", (concept,)
    ).fetchone()
    return row[0] or 0


def _keep(memory: Memory, made: Sequence[tuple[Refined, Vectors]], scope: str) -> None:
    """Stores new versions (and, before the first, the vector of the definition) and puts them to use."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S")
    with memory.catalog.transaction() as connection:
        for version, address in made:
            connection.execute(
                "INSERT OR IGNORE INTO concept_version SELECT id, 0, address, 0, 0, 0, ? FROM entity WHERE id = ?",
                (now, version.concept),
            )
            connection.execute(
                "INSERT INTO concept_version VALUES (?, ?, ?, ?, ?, ?, ?)",
                (version.concept, version.version, address.astype(np.float32).tobytes(), version.residual,
                 version.rounds, version.speakers, now),
            )  # fmt: skip
            _use(connection, version.concept, address.astype(np.float32).tobytes(), scope)
    memory.settle()


def _use(connection: sqlite3.Connection, concept: str, address: bytes, scope: str) -> None:
    connection.execute("UPDATE entity SET address = ? WHERE id = ?", (address, concept))
    connection.execute("INSERT INTO pending (entity, scope, put) VALUES (?, ?, 1)", (concept, scope))


def versions(catalog: Catalog, concept: str, viewer: Viewer) -> list[Refined]:
    """All versions of a concept's vector, oldest first; empty when it was never refined."""
    _readable(catalog, concept, viewer)
    rows = catalog.connection.execute(
        "SELECT * FROM concept_version WHERE concept = ? ORDER BY version", (concept,)
    ).fetchall()
    vectors = [np.frombuffer(row["address"], np.float32) for row in rows]
    return [
        Refined(
            concept, row["version"], row["residual"], row["rounds"], row["speakers"], float(unit(vectors[0]) @ vector)
        )
        for row, vector in zip(rows, vectors, strict=True)
    ]


def revert(memory: Memory, concept: str, version: int = 0) -> None:
    """Puts an earlier version of a concept's vector to use again; 0 is that of its definition.

    Raises:
        NotFound: there is no such version.
    """
    query = (
        "SELECT v.address, entity.scope FROM concept_version AS v JOIN entity ON entity.id = v.concept "
        "WHERE v.concept = ? AND v.version = ?"
    )
    row = memory.catalog.connection.execute(query, (concept, version)).fetchone()
    if row is None:
        raise NotFound(f"there is no version {version} of this concept")
    with memory.catalog.transaction() as connection:
        _use(connection, concept, row["address"], row["scope"])
    memory.settle()


# -- proposals ----------------------------------------------------------------------------------------------

PART_NUMBER = re.compile(r"(?<![\w-])(?:[A-Z]{1,5}-?\d{1,5}[A-Z]?(?:-\d{2,5})?|[A-Z]{1,4}\d{1,3}-\d{2,5})(?![\w-])")
DATED = re.compile(r"^(?:Q[1-4]|FY\d+|H[12]|[A-Z]{1,3}-?(?:19|20)\d\d)$")
RUN = re.compile(r"[a-z]{2,}(?: [a-z]{2,})+")
JAPANESE_TERM = re.compile(r"[ァ-ヶー]{4,}[一-龯]{0,4}|[一-龯]{3,8}")
GRAMMAR = frozenset(
    re.findall(
        "[a-z]+",
        "the a an of in on at to for from by with and or is are was were be been this that these those it its as than "
        "will shall must may can should would could has have had not no each every all any per into over under after "
        "before during between within when where which who what how then there here they them their our your more "
        "most other same new only also very much many such both one two three first last day days week month year "
        "please see use used using make made get column table row rows value values number measurements",
    )
)
MOST_PROPOSALS = 50


def propose(entities: Iterable[Entity], known: Iterable[str] = (), least_sources: int = 2) -> list[Proposal]:
    """Names that several sources use and no glossary has yet, those in most sources first.

    Part numbers and machines are codes of letters and digits; key phrases are runs of two or three words between
    grammatical ones, Japanese ones runs of katakana or kanji, and must occur at least three times.
    """
    taken = {_plain(name) for name in known}
    where: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for entity in entities:
        for name, kind in _candidates(entity):
            if _plain(name) not in taken:
                where[name, kind][entity.id] = entity.source
    found = [Proposal(name, kind, tuple(at), len(set(at.values()))) for (name, kind), at in where.items()]
    kept = [p for p in found if p.sources >= least_sources and (p.kind == "code" or len(p.entities) >= 3)]
    whole = [p for p in kept if not any(p.name in q.name and p.entities == q.entities for q in kept if q is not p)]
    return sorted(whole, key=lambda p: (-p.sources, -len(p.entities), p.name))[:MOST_PROPOSALS]


def _candidates(entity: Entity) -> Iterator[tuple[str, str]]:
    text = unicodedata.normalize("NFKC", entity.text)
    for code in set(PART_NUMBER.findall(text)):
        if not DATED.match(code):
            yield code, "code"
    if not entity.traits.phrases:
        return
    for run in RUN.findall(text.lower()):
        words = [word if word not in GRAMMAR else "" for word in run.split()]
        for size in (2, 3):
            yield from ((" ".join(part), "phrase") for part in _neighbours(words, size) if all(part))
    for term in set(JAPANESE_TERM.findall(text)):
        yield term, "phrase"


def _neighbours(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[i:] for i in range(size)), strict=False)


def proposals(catalog: Catalog, viewer: Viewer) -> list[Proposal]:
    """What the sources this viewer may read suggest as concepts."""
    scopes = viewer.readable(catalog.scopes())
    rows = catalog.connection.execute(f"SELECT * FROM entity WHERE scope IN ({marks(scopes)}) ORDER BY number", scopes)
    known = [name for concept in concepts(catalog, viewer) for name in names(concept)]
    return propose((stored(row) for row in rows), known)
