"""Proves that the parts agree: catalogue and vectors, words and entities, models and their hashes, names and owners.

It repairs only when asked (`rebuild`), always from the catalogue, which is the truth.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions

import numpy as np

from assistant.app import build
from ingest.base import weights
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory import memory as store
from ingest.memory.memory import Memory

SAMPLE = 200
"""Entities asked for themselves; enough to see a store that lost one in a hundred."""


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    finding: str


def examine(settings: Settings, rebuild: bool = False) -> Iterator[Check]:
    """All checks, each as it is done."""
    if rebuild:
        count = store.rebuild(settings, build.space(settings))
        yield Check("rebuild", True, f"{count:,} vectors restored from the catalogue")
    yield from _models()
    yield _names()
    with build.memory(settings) as memory:
        yield _integrity(memory)
        yield _words(memory)
        yield _rows(memory)
        for scope in memory.scopes():
            yield _vectors(memory, scope)
        yield _self_retrieval(memory)


def _models() -> Iterator[Check]:
    for model in weights.models().values():
        fault = weights.fault(model)
        if model.default or model.package or not fault:
            good = f"{len(model.files)} of its files, sha256 {model.file().sha256[:12]}… as it should be"
            yield Check(model.title, not fault, fault or good)


def _names() -> Check:
    """Our top-level names are common words: another distribution that has them too would overwrite us silently."""
    owners = packages_distributions()
    clashes = {name: sorted(set(owners.get(name, []))) for name in ("assistant", "ingest", "prompts")}
    clashes = {name: who for name, who in clashes.items() if set(who) - {"kotonoha-memory"}}
    finding = "; ".join(f"'{name}' is also installed by {', '.join(who)}" for name, who in clashes.items())
    return Check("package names", not clashes, finding or "assistant, ingest and prompts are ours alone")


def _integrity(memory: Memory) -> Check:
    verdict = memory.catalog.integrity()
    return Check("catalogue", verdict == "ok", f"{memory.catalog.count():,} entities, SQLite says {verdict}")


def _words(memory: Memory) -> Check:
    from ingest.memory import lexicon

    missing = lexicon.missing(memory.catalog.connection)
    return Check(
        "words",
        missing == 0,
        "every entity is in its scope's word index" if not missing else f"{missing} entities are not: --rebuild",
    )


def _rows(memory: Memory) -> Check:
    """Every table that questions are computed from opens, and as many rows come out as its file says."""
    from ingest.memory import tables

    count, damaged = tables.examine(memory.catalog)
    again = f", {damaged} do not open: ingest their files again" if damaged else ""
    return Check("tables", not damaged, f"{count:,} tables with their rows{again}")


def _vectors(memory: Memory, scope: str) -> Check:
    stored = set(around.placed(memory.catalog, scope))
    held = memory.vector_ids(scope)
    lost, stray = stored - held, held - stored
    finding = f"{len(stored):,} entities, {len(lost)} without a vector, {len(stray)} vectors without an entity"
    return Check(
        f"vectors of {scope}", not lost and not stray, finding + ("" if not lost and not stray else ": --rebuild")
    )


def _self_retrieval(memory: Memory) -> Check:
    """Each sampled entity, asked for by its own address, must come back at distance zero."""
    ids = around.placed(memory.catalog)
    sample = random.Random(0).sample(ids, min(SAMPLE, len(ids)))
    found = 0
    for item in memory.catalog.entities(sample).values():
        viewer = Viewer("doctor", frozenset({item.entity.scope}))
        address = np.frombuffer(item.address, np.float32)
        hits = memory.nearest(address, viewer, k=10)
        found += any(id == item.entity.id or similarity > 1 - 1e-5 for id, similarity in hits)
    return Check("self-retrieval", found == len(sample), f"{found} of {len(sample)} sampled entities find themselves")
