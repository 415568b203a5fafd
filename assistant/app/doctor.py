"""Proves that the parts agree: catalogue and vectors, words and entities, models and their hashes, names and owners.

It repairs only when asked (`rebuild`), always from the catalogue, which is the truth.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import packages_distributions

from assistant.app import build
from assistant.serve.parts import Check
from ingest.base import private, room, weights
from ingest.base.access import Viewer
from ingest.base.errors import BadPolicy, KotonohaError, told
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory import memory as store
from ingest.memory.memory import Memory
from ingest.privacy import keys, needed
from ingest.privacy.vault import Vault

SAMPLE = 200
"""Entities asked for themselves; enough to see a store that lost one in a hundred."""

SEALED = {
    "originals.key": ("originals", "SELECT entity AS owner, sealed FROM original ORDER BY entity"),
    "talks.key": ("conversations", "SELECT id AS owner, title AS sealed FROM talk ORDER BY id"),
}
"""By key what is sealed with it, in words, and each with whom it was sealed for."""


REPAIR, RESTORE = "kotonoha doctor --repair", "put a back-up in its place with kotonoha restore"
"""What mends vectors and words, which follow from the catalogue; and what mends all else."""

LEAST_ROOM = 200_000_000
"""Bytes on the disk below which a memory cannot be worked with for long."""


def examine(settings: Settings, rebuild: bool = False, repair: bool = False) -> Iterator[Check]:
    """All checks, each as it is done; a check that cannot be made is one that failed, and the others go on.

    Args:
        rebuild: restore vectors and words from the catalogue first.
        repair: also take the rights of others away.
    """
    if repair:
        yield Check("rights", True, f"taken from others: {private.tighten(settings.home)} files and folders")
    lost = list(_tried("catalogue", lambda: _lost(settings)))
    if (rebuild or repair) and not lost:
        yield from _tried("rebuild", lambda: [_rebuilt(settings)])
    yield from _around(settings, lost)
    yield from _tried("memory", lambda: _opened(settings), REPAIR)


def examine_held(memory: Memory) -> Iterator[Check]:
    """The same of a memory that this process holds open."""
    yield from _around(memory.settings, ())
    yield from _tried("memory", lambda: _inside(memory), REPAIR)


def _around(settings: Settings, lost: Sequence[Check]) -> Iterator[Check]:
    """What can be looked at whoever holds the memory."""
    yield from _models()
    yield _names()
    yield from _tried("state folder", lambda: _folder(settings))
    yield from lost or _tried("catalogue", lambda: [_integrity(settings)])
    yield from _tried("policy", lambda: [_policy(settings)])
    yield from _tried("keys", lambda: _keys(settings))
    yield from _tried("audit", lambda: [_audit(settings)])


def _tried(name: str, check: Callable[[], Iterable[Check]], repair: str = RESTORE) -> Iterator[Check]:
    """What a check says, or the one line it failed with, and what mends that."""
    try:
        yield from check()
    except KotonohaError as error:
        yield Check(name, False, str(error))
    except (OSError, sqlite3.Error) as error:
        yield Check(name, False, str(told(error)))
    except Exception as error:  # noqa: BLE001 (libraries raise anything over broken files)
        yield Check(name, False, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}: {repair}")


def _rebuilt(settings: Settings) -> Check:
    return Check(
        "rebuild", True, f"{store.rebuild(settings, build.space(settings)):,} vectors restored from the catalogue"
    )


def _lost(settings: Settings) -> Iterator[Check]:
    """A catalogue that is not there, or never held anything, beside what only a catalogue leads to."""
    file = settings.catalog_file
    there = file.exists() and file.stat().st_size > 0
    if there and build.catalog(settings).last_number():
        return
    beside = [f"{count:,} vectors"] if (count := _count_vectors(settings)) else []
    if not there:
        beside += [path.name for path in (settings.keys_folder, settings.home / "audit.head") if path.exists()]
    if beside:
        how = "empty" if file.exists() else "gone"
        said = f"it is {how}, and {', '.join(beside)} are here: put a back-up in its place with kotonoha restore"
        yield Check("catalogue", False, said)


def _count_vectors(settings: Settings) -> int:
    """How many vectors there are, whatever the catalogue knows of them; 0 where they cannot be opened."""
    if not settings.vectors_folder.is_dir():
        return 0
    with suppress(Exception), store.owning(settings):  # the vector store raises anything
        vectors = store.opened(settings)
        count = sum(one.count() for one in vectors.list_collections())
        with suppress(AttributeError):
            vectors.close()  # type: ignore[attr-defined]
        return count
    return 0


def _folder(settings: Settings) -> Iterator[Check]:
    """Its owner's alone, writable, with room."""
    loose = len(list(private.open_to_others(settings.home)))
    said = (
        f"others may read {loose} files and folders in it: kotonoha doctor --repair" if loose else "its owner's alone"
    )
    yield Check("state folder", not loose, said)
    probe = settings.home / "doctor.probe"
    probe.write_text("x")
    probe.unlink()
    free = min(room.free(one) for one in (settings.home, settings.vectors_folder, settings.uploads_folder))
    yield Check("disk", free > LEAST_ROOM, f"{free / 1e9:,.1f} GB free" + ("" if free > LEAST_ROOM else ": make room"))


def _policy(settings: Settings) -> Check:
    """The policy in force can be read; else nobody is let in."""
    try:
        policy = build.policies(build.catalog(settings)).current()
    except BadPolicy as error:
        return Check("policy", False, f"{error}: put a sound one in its place with kotonoha policy set FILE")
    if policy is None:
        return Check("policy", True, "there is no policy")
    return Check("policy", True, f"the policy names {len(policy.people)} people and {len(policy.scopes)} scopes")


def _keys(settings: Settings) -> Iterator[Check]:
    """No key is gone with which something is sealed, and what is sealed opens."""
    catalog, where = build.catalog(settings), keys.of(settings)
    gone = needed.lost(catalog, where)
    if not gone:
        yield Check("keys", True, "none is gone with which something is sealed")
    for name, what in gone.items():
        yield Check("keys", False, f"{name} gone, {what} cannot be opened: {needed.repair(name)}")
    for name, (said, query) in SEALED.items():
        rows = [] if name in gone else catalog.connection.execute(query).fetchall()
        yield from _tried("keys", partial(_opening, where, name, said, rows))


def _opening(where: keys.Keys, name: str, said: str, rows: Sequence[sqlite3.Row]) -> Iterator[Check]:
    """Whether a sample of what is sealed with a key opens with it; no key is made where there is nothing."""
    if rows:
        vault = Vault(where, name)
        lost = sum(not _opens(vault, row) for row in random.Random(0).sample(rows, min(SAMPLE, len(rows))))
        told = f", {lost} of a sample do not open with {name}: {needed.repair(name)}" if lost else ""
        yield Check("keys", not lost, f"{len(rows):,} sealed {said}{told}")


def _opens(vault: Vault, row: sqlite3.Row) -> bool:
    try:
        vault.open(row["owner"], row["sealed"])
    except KotonohaError:
        return False
    return True


def _audit(settings: Settings) -> Check:
    catalog = build.catalog(settings)
    problems = [one for one in build.audit(settings, catalog).verify() if one.kind != "clock"]
    return Check("audit", not problems, f"{problems[0]}; all of it: kotonoha audit verify" if problems else "whole")


def _opened(settings: Settings) -> Iterator[Check]:
    with build.memory(settings) as memory:
        yield from _inside(memory)


def _inside(memory: Memory) -> Iterator[Check]:
    if memory.impaired:
        yield Check("vectors", False, memory.impaired)
    else:
        memory.settle()  # what waits to be brought to the vectors is no fault
    yield _words(memory)
    yield _rows(memory)
    for scope in memory.scopes():
        yield from _tried(f"vectors of {scope}", partial(_one, _vectors, memory, scope), REPAIR)
    yield _self_retrieval(memory)


def _one(check: Callable[..., Check], *given: object) -> list[Check]:
    return [check(*given)]


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


def _integrity(settings: Settings) -> Check:
    catalog = build.catalog(settings)
    verdict = catalog.integrity()
    sound = verdict == "ok"
    repair = "" if sound else ": kotonoha backup saves what can be read, kotonoha restore puts a back-up in its place"
    return Check(
        "catalogue", sound, f"{catalog.count():,} entities, SQLite says {' '.join(verdict.split())[:200]}{repair}"
    )


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
        viewer = Viewer("doctor", frozenset({item.scope}))
        hits = memory.nearest(item.address, viewer, k=10)
        found += any(id == item.id or similarity > 1 - 1e-5 for id, similarity in hits)
    return Check("self-retrieval", found == len(sample), f"{found} of {len(sample)} sampled entities find themselves")
