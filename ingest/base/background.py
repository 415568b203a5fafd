"""Work that goes on in a thread of its own while something else is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
