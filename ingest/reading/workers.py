"""Reading in processes of their own, each file within limits of time and memory: what a hostile file does to one of them is a
line in the report.

Two read at the same time. A process that is too slow, too large or gone is ended and another one takes its place.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import psutil

from ingest.base.errors import KotonohaError, NoRoom, UnreadableSource
from ingest.base.settings import MIB, Settings

from ..readers import Reader
from ..source import Source
from . import Read, read, wire

OpenReaders = Callable[[Settings], Sequence[Reader]]
AT_ONCE = 2
LOOK_EVERY = 0.05
"""Seconds between two looks at a process that reads."""
START = 600.0
"""Seconds a process may take to be ready."""
LEAVING = 2.0
"""Seconds that processes are given to end by themselves."""
PER_MB = 20.0
"""Seconds more for each megabyte of a file: an hour of sound takes longer than a letter."""


class Workers:
    """Processes that read, started when they are needed.

    Args:
        open_readers: a function of a module; called in each process.
        settings: its limits `read_seconds` and `read_mb` hold for each file.
    """

    ahead = 2 * AT_ONCE

    def __init__(self, open_readers: OpenReaders, settings: Settings) -> None:
        cores = settings.threads or os.cpu_count() or AT_ONCE
        self._settings = replace(settings, threads=max(1, cores // AT_ONCE))
        self._open = open_readers
        self._pool = ThreadPoolExecutor(AT_ONCE, "reading")
        self._own = threading.local()
        self._all: list[_Worker] = []

    def submit(self, source: Source, begun: Callable[[], None]) -> Future[Read]:
        """Reads a source, and says so once a process is there for it. Its future raises `UnreadableSource` as `reading.read`
        does, or when a limit was reached."""
        return self._pool.submit(self._read, source, begun)

    def close(self) -> None:
        """Ends all processes, what they are at included."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in self._all:
            worker.leave()
        for worker in self._all:
            worker.end(LEAVING)
        self._pool.shutdown(wait=True)

    def _read(self, source: Source, begun: Callable[[], None]) -> Read:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is None or not worker.alive:
            worker = _Worker(self._open, self._settings)
            self._own.worker = worker
            self._all.append(worker)
        worker.ready(source)
        begun()
        return worker.ask(source)


class _Worker:
    """One process and the line to it."""

    def __init__(self, open_readers: OpenReaders, settings: Settings) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._settings = settings
        self._process = context.Process(target=_serve, args=(theirs, open_readers, settings), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def ready(self, source: Source) -> None:
        """Waits until it can read this source."""
        if not self._ready:
            self._wait(source, START, 0)
            with self._ending(source):
                self._line.recv_bytes()
            self._ready = True

    def ask(self, source: Source) -> Read:
        with self._ending(source):
            self._line.send_bytes(wire.of_source(source))
            seconds = self._settings.read_seconds + PER_MB * source.size / MIB
            self._wait(source, seconds, self._settings.read_mb * MIB)
            answer: dict[str, Any] = json.loads(self._line.recv_bytes())
        if "full" in answer:
            raise NoRoom(answer["full"], answer["hint"])
        if "error" in answer:
            raise UnreadableSource(source.path, answer["error"], answer["hint"])
        return wire.unpacked(answer)

    @contextmanager
    def _ending(self, source: Source) -> Iterator[None]:
        """What is said of a source whose process has ended."""
        try:
            yield
        except (EOFError, OSError) as error:
            self.end()
            raise UnreadableSource(source.path, "reading it stopped the process that reads") from error

    def _wait(self, source: Source, seconds: float, most: int) -> None:
        """Waits for an answer within limits; 0 bytes is no limit.

        Raises:
            UnreadableSource: one was reached, or the process has died.
        """
        end = time.monotonic() + seconds
        while not self._line.poll(LOOK_EVERY):
            reason = hint = ""
            if not self.alive:
                reason = "reading it stopped the process that reads"
            elif time.monotonic() > end:
                reason, hint = f"reading it takes longer than {seconds:.0f} s", "KOTONOHA_READ_SECONDS sets the limit"
            elif most and self._resident() > most:
                reason, hint = (
                    f"reading it takes more memory than {most // MIB:,} MB",
                    "KOTONOHA_READ_MB sets the limit",
                )
            if reason:
                self.end()
                raise UnreadableSource(source.path, reason, hint)

    def _resident(self) -> int:
        """Bytes of main memory that the process takes."""
        with suppress(psutil.Error):
            return int(psutil.Process(self._process.pid).memory_info().rss)
        return 0

    def leave(self) -> None:
        """Lets a process that reads nothing end by itself, which gives back what it holds of the system."""
        self._line.close()

    def end(self, patience: float = 0.0) -> None:
        """Ends the process, after so many seconds by force."""
        if patience:
            self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(line: Connection, open_readers: OpenReaders, settings: Settings) -> None:
    """A process that reads what it is sent until its line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    readers = open_readers(settings)
    try:
        line.send_bytes(b"ready")
        while True:
            line.send_bytes(_answer(wire.a_source(line.recv_bytes(), settings), readers))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # whoever asked has ended, or was killed
        return


def _answer(source: Source, readers: Sequence[Reader]) -> bytes:
    try:
        return wire.packed(read(source, readers))
    except UnreadableSource as error:
        return json.dumps({"error": error.reason, "hint": error.hint}).encode()
    except NoRoom as error:
        return json.dumps({"full": error.message, "hint": error.hint}).encode()
    except KotonohaError as error:
        return json.dumps({"error": str(error), "hint": ""}).encode()
    except (MemoryError, RecursionError) as error:
        return json.dumps({"error": f"more than can be read ({type(error).__name__})", "hint": ""}).encode()
