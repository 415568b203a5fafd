"""Answers on their way: made by a few threads, in turn between people, watched by whoever asked, from any window.

An answer belongs to the server, not to the connection that asked for it: a page that is loaded anew finds it where it
is. Of several people who wait each gets one answer in turn.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from ingest.base.errors import KotonohaError, TooMany

Stage = Literal["queued", "searching", "reading", "writing", "stopped", "failed", "done"]
"""How far an answer is; the last three are ends."""
ENDS: tuple[Stage, ...] = ("stopped", "failed", "done")
GLANCE = 0.1
"""Seconds between two looks of a watcher."""
MOST = 8
"""Questions of one person that may wait."""


@dataclass(slots=True)
class Answering:
    """One answer on its way. `draft` are the model's words so far; `place` counts who is served before, in the queue;
    `attached` names the picture or recording that is asked about."""

    person: str
    question: str
    stage: Stage = "queued"
    draft: str = ""
    place: int = 0
    error: str = ""
    version: int = 0
    wanted: bool = field(default=True)
    attached: str = ""

    @property
    def ended(self) -> bool:
        return self.stage in ENDS

    def move(self, stage: Stage, more: str = "") -> None:
        """Goes on; an answer that has ended stays as it ended."""
        if not self.ended:
            self.stage, self.draft = stage, self.draft + more
            self.version += 1


Work = Callable[[Answering], Iterator[None]]
"""Makes an answer step by step; after each step it may be told to stop."""


class Desk:
    """Threads that make answers, each person's in the order they asked, the people in turn."""

    def __init__(self, threads: int = 2) -> None:
        self._changed = threading.Condition()
        self._waiting: OrderedDict[str, deque[tuple[Answering, Work]]] = OrderedDict()
        for number in range(threads):
            threading.Thread(target=self._serve, name=f"answers-{number}", daemon=True).start()

    def take(self, person: str, question: str, work: Work, attached: str = "") -> Answering:
        """Puts a question on the desk; `attached` is the name of what is asked about.

        Raises:
            TooMany: as many of this person's as may wait are waiting.
        """
        answering = Answering(person, question, attached=attached)
        with self._changed:
            self.room(person)
            self._waiting.setdefault(person, deque()).append((answering, work))
            self._number()
            self._changed.notify()
        return answering

    def room(self, person: str) -> None:
        """Whether one more question of this person may wait.

        Raises:
            TooMany: as many as may wait are waiting.
        """
        if len(self._waiting.get(person, ())) >= MOST:
            raise TooMany("too many questions of yours are waiting already", "wait until some of them are answered")

    def stop(self, answering: Answering) -> None:
        """Ends an answer for whoever watches at once; the thread leaves it at its next step."""
        with self._changed:
            answering.wanted = False
            answering.move("stopped")

    async def watch(self, answering: Answering) -> AsyncIterator[Answering]:
        """The answer whenever it has changed, the last time when it has ended."""
        seen = -1
        while True:
            if answering.version != seen:
                seen = answering.version
                yield answering
            if answering.ended and answering.version == seen:
                return
            await asyncio.sleep(GLANCE)

    # -- the threads -----------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while True:
            with self._changed:
                while (found := self._next()) is None:
                    self._changed.wait()
            self._make(*found)

    def _make(self, answering: Answering, work: Work) -> None:
        answering.move("searching")
        steps = work(answering)
        try:
            for _ in steps:
                if not answering.wanted:
                    break
        except KotonohaError as error:
            answering.error = str(error)
            answering.move("failed")
        except Exception as error:  # noqa: BLE001 - one answer that goes wrong must not end the thread that makes answers
            answering.error = f"something went wrong on this server ({type(error).__name__})"
            answering.move("failed")
        finally:
            with suppress(Exception):
                steps.close()  # type: ignore[attr-defined]
        answering.move("done")

    def _next(self) -> tuple[Answering, Work] | None:
        """The first question of the person whose turn it is; that person is then last in line."""
        if not self._waiting:
            return None
        person, queue = self._waiting.popitem(last=False)
        found = queue.popleft()
        if queue:
            self._waiting[person] = queue
        self._number()
        return found

    def _number(self) -> None:
        """Tells everybody who waits how many are served before."""
        order = list(self._waiting.values())
        for turn, queue in enumerate(order):
            for at, (answering, _) in enumerate(queue):
                earlier = (
                    min(len(other), at + (place < turn)) for place, other in enumerate(order) if other is not queue
                )
                place = at + sum(earlier) + 1
                if place != answering.place:
                    answering.place = place
                    answering.version += 1
