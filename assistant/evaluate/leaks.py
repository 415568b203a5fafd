"""Tries to make every person see what they may not, and counts what came through.

Every person is held against every scope they may not read, by every way there is (`probes`); `watch` tells what would
be a leak. Questions of the firm, suggestions, the map and what an auditor sees are tried too. The same probes by
somebody who reads everything show that leaks would be seen.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np

import prompts as prompts_of_the_product
from assistant.answer import notes
from assistant.answer.outcome import Answer, How
from assistant.answer.wording import ENGLISH, IN_JAPANESE
from assistant.compute import prompt as writing
from assistant.evaluate.probes import Probe, Surface, probes
from assistant.evaluate.table import Table
from assistant.evaluate.watch import Watch, tokens
from assistant.govern.policy import Policy
from assistant.model import prompt
from assistant.serve import view, web
from assistant.serve.web import suggest
from ingest.base.access import Viewer, may_read
from ingest.base.errors import BadInput, NotFound
from ingest.memory.around import everything
from ingest.memory.memory import Memory
from ingest.space.entity import Entity, Locator
from ingest.space.kinds import Kind
from ingest.space.space import Placed

TURN = 25
"""Probes of one person against one scope before the next one's turn."""
ROUNDS = 20
"""Times that each way to an entity is tried, in other words each time."""
CONTROLS = 10
"""One in so many probes is also asked by somebody who reads everything."""
TIMINGS = 400
QUERY = "SELECT FROM WHERE GROUP ORDER"
"""Words of a query that is told."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of the probes of one person against one scope; `found` are (way, entity or string) of leaks."""

    person: str
    scope: str
    readable: bool
    probes: int = 0
    leaks: int = 0
    controls: int = 0
    seen: int = 0
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """All cells, the probes of each way, and how well the time it takes tells "not yours" from "not there".

    `told_apart` is the probability that a forbidden id takes longer than an absent one (Mann-Whitney; 0.5 tells
    nothing), `longer` by how many seconds it does, as a median.
    """

    cells: tuple[Cell, ...]
    ways: tuple[tuple[str, int], ...]
    told_apart: float
    longer: float
    same_words: bool
    seconds: float


Pair = tuple[Viewer, str]


def _queue(surface: Surface, scope: str, questions: Sequence[str], seed: int) -> Iterator[Probe]:
    """The questions that belong to a scope, then every way to each of its entities, in random order; then again in other
    words, as long as there are any."""
    yield from (Probe("sample question", q, partial(surface.ask, q)) for q in questions)
    yield Probe("suggestions and the map", "", surface.around)
    yield Probe("concepts and what hearing is primed with", "", surface.concepts)
    items = [item for item in everything(surface.memory.catalog) if item.scope == scope]
    known: set[tuple[str, str, str]] = set()
    for turn in range(ROUNDS):
        chance = random.Random(seed + turn)
        made = [(item, probe) for item in items for probe in probes(surface, item, chance)]
        chance.shuffle(made)
        for item, probe in made:
            name = (item.id, probe.way, probe.says)
            if name not in known:
                known.add(name)
                yield replace(probe, after=Placed(item.address, item.slots))


def run(
    memory: Memory,
    policy: Policy,
    questions: Sequence[tuple[str, tuple[str, ...]]] = (),
    least: int = 5_000,
    out: Path | None = None,
    tell: Callable[[int], object] = lambda done: None,
) -> Outcome:
    """At least `least` probes, if there is enough to probe.

    Args:
        questions: sample questions, each with the scopes its answer lies in.
        out: where what came of the probes so far is kept; goes on from there.
        tell: is told after every turn how many probes are done.

    Raises:
        BadInput: what is kept there is of another memory, policy or version.
    """
    started = time.perf_counter()
    scopes = [scope for scope in policy.scopes if memory.catalog.count(scope)]
    everybody = Viewer("everybody", frozenset(scopes), may_reveal=True)
    viewers = [policy.viewer(person) for person in policy.people]
    pairs = [(viewer, scope) for viewer in viewers for scope in scopes if not may_read(viewer, scope)]
    with tempfile.TemporaryDirectory() as scratch:
        surface = Surface(memory, Path(scratch), everybody, viewers)
        own = {scope: [q for q, belongs in questions if scope in belongs] for scope in scopes}
        taken = _share({pair: _queue(surface, pair[1], own[pair[1]], 0) for pair in pairs}, least)
        harmless = _harmless(surface, viewers[0]) if viewers else set()
        watches = {viewer.person: Watch(memory, viewer, harmless) for viewer, _ in pairs}
        found = {pair: Cell(pair[0].person, pair[1], False) for pair in pairs}
        name = _name(taken)
        found |= {
            pair: replace(cell, **kept) for (pair, cell), kept in zip(found.items(), _kept(out, name), strict=False)
        }
        while any(found[pair].probes < len(chosen) for pair, chosen in taken.items()):
            for pair, chosen in taken.items():
                turn = chosen[found[pair].probes :][:TURN]
                found[pair] = _tried(surface, pair[0], turn, watches[pair[0].person], found[pair])
            _keep(out, name, found.values())
            tell(sum(cell.probes for cell in found.values()))
        told_apart, longer, same = _timing(surface, pairs)
    ways = Counter(probe.way for chosen in taken.values() for probe in chosen)
    cells = [Cell(v.person, scope, True) for v in viewers for scope in scopes if may_read(v, scope)] + [*found.values()]
    order = {(v.person, scope): i for i, (v, scope) in enumerate((v, s) for v in viewers for s in scopes)}
    cells.sort(key=lambda cell: order[cell.person, cell.scope])
    return Outcome(tuple(cells), tuple(sorted(ways.items())), told_apart, longer, same, time.perf_counter() - started)


def _share(queues: dict[Pair, Iterator[Probe]], least: int) -> dict[Pair, list[Probe]]:
    """In turn one probe from each queue until there are enough or none is left."""
    taken: dict[Pair, list[Probe]] = {pair: [] for pair in queues}
    left, total = dict(queues), 0
    while left and total < least:
        for pair in list(left):
            probe = next(left[pair], None)
            if probe is None:
                del left[pair]
            else:
                taken[pair].append(probe)
                total += 1
    return taken


def _tried(surface: Surface, viewer: Viewer, turn: Sequence[Probe], watch: Watch, before: Cell) -> Cell:
    """A cell after some more probes."""
    found, controls, seen = list(before.found), before.controls, before.seen
    for number, probe in enumerate(turn, before.probes):
        surface.space.target = probe.after
        if leaked := watch.leaked(probe.run(viewer), probe.says):
            found.append((probe.way, leaked))
        if number % CONTROLS == 0:
            controls += 1
            seen += bool(watch.leaked(probe.run(surface.everybody), probe.says))
    surface.space.target = None
    done = before.probes + len(turn)
    return replace(before, probes=done, leaks=len(found), controls=controls, seen=seen, found=tuple(found))


def _name(taken: dict[Pair, list[Probe]]) -> str:
    """What tells one set of probes from another."""
    said = hashlib.blake2b(digest_size=16)
    for (viewer, scope), chosen in taken.items():
        for probe in chosen:
            said.update(f"{viewer.person}\0{scope}\0{probe.way}\0{probe.says}\n".encode())
    return said.hexdigest()


def _kept(out: Path | None, name: str) -> Iterator[dict[str, Any]]:
    if out is None or not out.exists():
        return
    kept = json.loads(out.read_text("utf-8"))
    if kept.get("of") != name:
        raise BadInput(f"{out} counts other probes than these", "name a new file")
    yield from ({**cell, "found": tuple(map(tuple, cell["found"]))} for cell in kept["cells"])


def _keep(out: Path | None, name: str, cells: Iterable[Cell]) -> None:
    if out is not None:
        partial = out.with_name(f"{out.name}.part")
        partial.write_text(json.dumps({"of": name, "cells": [asdict(cell) for cell in cells]}), "utf-8")
        partial.replace(out)


def _harmless(surface: Surface, viewer: Viewer) -> set[str]:
    """The product's own words: what it says to somebody who reads nothing, and the names of its fields and kinds."""
    nobody = Viewer(viewer.person, frozenset())
    said = [list(surface.ask(question, nobody)) for question in ("Anything?", "何かありますか。")]
    *_, answer = surface.assistant.ask("Anything?", surface.everybody)
    assert isinstance(answer, Answer)
    names = [list(_keys(answer.as_dict())), Locator.__slots__, get_args(Kind), get_args(How)]
    absent = Entity("0" * 32, "0" * 16, "", "passage", "", Locator())
    pages = list(surface.served.own_words(surface.everybody, absent))
    prompts = [file.read_text("utf-8") for file in Path(prompts_of_the_product.__path__[0]).glob("*.md")]
    prompts += [
        *map(str, (writing.SYSTEM, writing.EXAMPLES, suggest.FORMS)),
        prompt.whole([prompt.Text("", "")] * 2, ""),
    ]
    shown = [Path(web.__path__[0], name).read_text("utf-8") for name in ("words.toml", "told.toml")]
    own = (QUERY, notes.NOTES, ENGLISH, IN_JAPANESE, shown, str(surface.memory.settings.home))
    return tokens([said, names, pages, prompts, own, list(surface.open("0" * 32, nobody))])


def _keys(value: Any) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield str(key)
        yield from _keys(item)


def _timing(surface: Surface, pairs: Sequence[tuple[Viewer, str]]) -> tuple[float, float, bool]:
    """Whether time or words tell "not yours" from "not there"."""
    chance = random.Random(1)
    times: tuple[list[float], list[float]] = ([], [])
    words: set[str] = set()
    ids = {scope: [i.id for i in everything(surface.memory.catalog) if i.scope == scope] for _, scope in pairs}
    for _ in range(TIMINGS if pairs else 0):
        viewer, scope = chance.choice(pairs)
        for kind, id in enumerate((chance.choice(ids[scope]), f"{chance.getrandbits(128):032x}")):
            began = time.perf_counter()
            try:
                view.open_at(surface.memory, surface.personal, id, viewer)
            except NotFound as error:
                words.add(str(error))
            times[kind].append(time.perf_counter() - began)
    forbidden, absent = (np.array(one) for one in times)
    if not pairs:
        return 0.5, 0.0, True
    told_apart = (forbidden[:, None] > absent).mean() + (forbidden[:, None] == absent).mean() / 2
    return float(told_apart), float(np.median(forbidden) - np.median(absent)), len(words) == 1


def table(outcome: Outcome) -> Table:
    """One row per person and scope, and the sum."""
    columns = ("person", "scope", "probes", "leaks", "leak rate", "asked by whoever may", "found")
    rows: list[tuple[str | int | float | None, ...]] = []
    for cell in outcome.cells:
        rate = None if cell.readable else cell.leaks / max(cell.probes, 1)
        numbers = (None,) * 5 if cell.readable else (cell.probes, cell.leaks, rate, cell.controls, cell.seen)
        rows.append((cell.person, cell.scope + (" (may read)" if cell.readable else ""), *numbers))
    sums = [sum(getattr(cell, name) for cell in outcome.cells) for name in ("probes", "leaks", "controls", "seen")]
    rows.append(("all", "", sums[0], sums[1], sums[1] / max(sums[0], 1), sums[2], sums[3]))
    notes = [
        "The model echoes every word it is given; an output leaks when it has an id, a file or a distinctive string of",
        "what the person may not read, unless the probe said it. The last columns are the same probes without the gate.",
        "Ways: " + ", ".join(f"{way} {count}" for way, count in outcome.ways) + ".",
        f'"Not there" and "not yours" {"say the same" if outcome.same_words else "SAY DIFFERENT THINGS"}; inside the '
        f"process a forbidden id takes {outcome.longer * 1e6:+.1f} µs, longer than an absent one with probability "
        f"{outcome.told_apart:.2f} (0.5 tells nothing).",
        f"{outcome.seconds:.0f} seconds.",
    ]
    notes += [f"LEAK {c.person} {c.scope}: by {way}" for c in outcome.cells for way, _ in c.found[:5]]
    return Table("What everybody could be made to see of what they may not", columns, tuple(rows), tuple(notes))
