"""Conversations: what each person asked and was answered, kept by this process and by nobody else.

A conversation is found only by its person and its name together, so somebody else's name for it finds nothing. What was
once answered is shown again only while everything it rests on may still be read: the gate is asked each time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.base.access import Viewer
from ingest.memory.memory import Memory

if TYPE_CHECKING:
    from assistant.answer.answer import Answer

TURNS = 30
"""Answers kept of one conversation; older ones are forgotten."""
CONVERSATIONS = 1_000
"""Conversations kept; the one unused for longest goes first."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer as it was shown; `revealed` when personal data in it was."""

    answer: Answer
    revealed: bool


class History:
    """Conversations by (person, name), bounded. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[Turn, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def turns(self, person: str, conversation: str) -> tuple[Turn, ...]:
        """What was answered so far, oldest first."""
        with self._lock:
            return self._kept.get((person, conversation), ())

    def add(self, person: str, conversation: str, turn: Turn) -> None:
        key = (person, conversation)
        with self._lock:
            self._kept[key] = (*self._kept.get(key, ()), turn)[-TURNS:]
            self._kept.move_to_end(key)
            while len(self._kept) > CONVERSATIONS:
                self._kept.popitem(last=False)

    def forget(self, person: str, conversation: str) -> None:
        with self._lock:
            self._kept.pop((person, conversation), None)


def may_show(turn: Turn, viewer: Viewer, memory: Memory) -> bool:
    """Whether this viewer may read everything an answer was made from, as it was shown, now."""
    wanted = {citation.entity for citation in turn.answer.citations}
    for hit in turn.answer.hits:
        wanted |= {one.id for one in (hit.entity, *hit.neighbours, *hit.parents)}
    return viewer.may_reveal >= turn.revealed and len(memory.hydrate(wanted, viewer)) == len(wanted)
