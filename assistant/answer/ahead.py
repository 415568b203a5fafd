"""Worked examples and sources are read by the language model before anybody asks, while the machine has nothing else to do.

The newest files first, and of each its beginning first; what is read is what a question would be given, sealed with the key
of its scope. Nothing that somebody asked for is forgotten for it: it stops where the budget is full.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from assistant.answer import evidence
from assistant.compute.prompt import turned, turns
from assistant.model import prompt
from assistant.model.prompt import Text
from assistant.model.vocabulary import Turn, examples
from assistant.search.retrieve import Hit
from ingest.base.background import going_on
from ingest.memory.catalog import Catalog, SourceRow
from ingest.space.entity import Entity

if TYPE_CHECKING:
    from assistant.model.reader import Reader

IDLE = 20.0
"""Seconds after the last question until the machine counts as idle."""
LOOK = 2.0
"""Seconds between two looks."""
FULL = 0.9
"""Share of the budget up to which it is filled ahead; the rest is for what is asked for."""


@dataclass(frozen=True, slots=True)
class State:
    """How far reading ahead has come; bytes."""

    kept: int
    waiting: int
    size: int
    most: int
    forgotten: int

    @property
    def full(self) -> bool:
        return bool(self.most) and (self.forgotten > 0 or self.size >= FULL * self.most)


class Ahead:
    """Reads what one memory holds.

    Args:
        reader: makes the reader; called when something is to be read.
    """

    def __init__(self, catalog: Catalog, reader: Callable[[], Reader]) -> None:
        self._catalog, self._make = catalog, reader

    def texts(self) -> Iterator[Text]:
        """All that could be given to the reader, the most likely first."""
        newest = sorted(self._catalog.sources(), key=lambda row: row.added, reverse=True)
        beginnings = zip_longest(*(units(self._catalog, row) for row in newest))
        return (text for text in chain.from_iterable(beginnings) if text is not None)

    def state(self) -> State:
        shelf = self._make().shelf
        known = [shelf.has(text) for text in self.texts()]
        size, most = (shelf.sealed.size, shelf.sealed.most) if shelf.sealed else (0, 0)
        return State(sum(known), len(known) - sum(known), size, most, shelf.forgotten)

    def read(
        self, may_go_on: Callable[[], bool] = lambda: True, done: Callable[[int], object] = lambda count: None
    ) -> int:
        """Reads one text after the other, as long as it may and there is room; returns how many. `done` is told of each."""
        reader, count = self._make(), 0
        sealed, forgotten = reader.shelf.sealed, reader.shelf.forgotten
        if not reader.llm.keeps or sealed is None:
            return 0
        for head in (prompt.ALONE, prompt.PARTS, *_queries()):
            if may_go_on() and sealed.size < FULL * sealed.most:
                reader.llm.learn(head)
        for text in self.texts():
            if not may_go_on() or sealed.size >= FULL * sealed.most or reader.shelf.forgotten > forgotten:
                break
            if not reader.shelf.has(text):
                reader.shelf.ahead([text])
                count += 1
                done(1)
        return count


def _queries() -> Iterator[tuple[Turn, ...]]:
    """What the model is told before every question that a query answers."""
    for way in (turns, turned):
        *before, _ = way((), "")
        yield examples(before)


def units(catalog: Catalog, row: SourceRow) -> Iterator[Text]:
    """What a question could be given of one source, each stretch once, in reading order."""
    entities = catalog.entities_of(row.id)
    inside, flows = defaultdict[str, list[Entity]](list), defaultdict[Hashable, list[Entity]](list)
    for one in entities:
        flows[_flow(one)].append(one)
        if one.parent and one.kind in ("line", "passage"):
            inside[one.parent].append(one)
    known, told = set[tuple[str, str]](), set[str]()
    around = (_inside(inside), lambda one: flows[_flow(one)])
    for entity in entities:
        if entity.traits.look == "table" or not entity.text.strip():  # those are computed with rather than read
            continue
        if entity.id in told:
            continue
        hit = Hit(entity, 0.0, 0.0, 0.0)
        (given,) = evidence.gather([hit], lambda _: row.path, *around)
        told |= {one.id for one in given.members} if entity.traits.flows else set()
        if (given.title, given.text) not in known:
            known.add((given.title, given.text))
            yield Text(given.title, given.text, scope=entity.scope, source=entity.source)


def _inside(parts: Mapping[str, Sequence[Entity]]) -> evidence.Around:
    return lambda entity: [one for one in parts.get(entity.id, ()) if one.scope == entity.scope]


def _flow(entity: Entity) -> Hashable:
    return entity.kind, entity.scope, entity.parent


@contextmanager
def reading(catalog: Catalog, reader: Callable[[], Reader]) -> Iterator[None]:
    """While inside, a thread reads ahead whenever nobody has asked anything for a while."""
    ahead = Ahead(catalog, reader)

    def attend(stop: threading.Event) -> None:
        def idle() -> bool:
            return not stop.is_set() and time.monotonic() - reader().llm.used > IDLE

        finished = -1
        while not stop.wait(LOOK):
            last = catalog.last_number()
            if last != finished and idle() and not ahead.read(idle) and idle():
                finished = last  # nothing is left, until something new comes
        catalog.close()

    with going_on(attend, "reading ahead", daemon=True):
        yield
