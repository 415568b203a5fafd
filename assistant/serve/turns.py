"""Whose turn it is: what takes long runs in threads of its own, a bounded number of each person's at a time.

Opening a page never waits for somebody's questions, or for a crowd that guesses passwords: neither uses the threads
that pages use. Who asks more than may wait is told so at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from ingest.base.errors import TooMany

T = TypeVar("T")
_END: object = object()


class Turns:
    """Work in threads of its own.

    Args:
        threads: how many there are in all.
        each: how many pieces of work of one person are done at the same time.
        waiting: how many more of one person may wait, without a thread.
        crowd: how many of all may be here at once, at work or waiting; None for as many as come.
    """

    def __init__(self, threads: int, each: int, waiting: int, crowd: int | None = None) -> None:
        self._threads, self._each, self._waiting, self._crowd = threads, each, waiting, crowd
        self._here = 0
        self._pool: anyio.CapacityLimiter | None = None
        self._persons: dict[str, anyio.Semaphore] = {}

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        """This person's turn, once it has come.

        Raises:
            TooMany: as many as may wait are waiting already, of this person or of all.
        """
        if self._crowd is not None and self._here >= self._crowd:
            raise TooMany("too many people are at the door at this moment", "try again in a minute")
        own = self._persons.setdefault(person, anyio.Semaphore(self._each))
        if own.value == 0 and own.statistics().tasks_waiting >= self._waiting:
            raise TooMany("too many requests of yours are on their way already", "wait until some of them are answered")
        self._here += 1
        try:
            async with own:
                yield
        finally:
            self._here -= 1
            if own.value == self._each and not own.statistics().tasks_waiting:
                self._persons.pop(person, None)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, from one of these threads."""
        if self._pool is None:
            self._pool = anyio.CapacityLimiter(self._threads)
        return await anyio.to_thread.run_sync(work, limiter=self._pool)

    async def each(self, items: Iterator[T]) -> AsyncIterator[T]:
        """The items, each made in one of these threads."""
        while (item := await self.run(partial(next, items, _END))) is not _END:
            yield item  # type: ignore[misc]
