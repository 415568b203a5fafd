"""Work that goes on in a thread of its own while something else is done."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .plain import line


@contextmanager
def going_on(work: Callable[[threading.Event], object], name: str, daemon: bool = False) -> Iterator[None]:
    """While inside, a thread does this work, until the event that it is given is set. Leaving sets it and waits."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name, daemon=daemon)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Untiring:
    """What is tried again and again, as `name`: a fault does not end it, and is said on the terminal once, until another."""

    def __init__(self, name: str) -> None:
        self.fault = ""
        self._name = name

    @contextmanager
    def trying(self) -> Iterator[None]:
        """One try. `fault` is afterwards what went wrong in it, in one line; empty when all is well."""
        before, self.fault = self.fault, ""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the next try may do better
            self.fault = line(error) or type(error).__name__
            if self.fault != before:
                sys.stderr.write(f"kotonoha: {self._name} goes on after a fault: {self.fault}\n")
