"""An entity at its place, by way of the gate: what the pages of a place and of a whole source show it by."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Literal

from assistant.serve import view
from assistant.serve.parts import Parts
from assistant.serve.routes.who import record
from ingest.base.access import Viewer
from ingest.base.errors import NotFound

Part = Literal["place", "image", "thumbnail", "file", "source"]
"""What is opened of it."""
REMEMBERED = 50_000
"""Small pictures that are still to be fetched, of all people together; of what is forgotten here a row of its own tells."""
FETCHED = 600.0
"""Seconds after its page within which a small picture belongs to it."""


class Shown:
    """The small pictures on pages whose look is recorded: that one row tells of them too, once for each picture."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: OrderedDict[tuple[str, str], float] = OrderedDict()

    def on_page(self, person: str, entities: Iterable[str]) -> None:
        """These are on a page that this person gets."""
        with self._lock:
            for one in entities:
                self._left[person, one] = time.monotonic()
                self._left.move_to_end((person, one))
            while len(self._left) > REMEMBERED:
                self._left.popitem(last=False)

    def fetched(self, person: str, entity: str) -> bool:
        """Whether it is on a page that this person just got, and was not fetched for it yet."""
        with self._lock:
            since = self._left.pop((person, entity), None)
        return since is not None and time.monotonic() - since < FETCHED


def opened(
    parts: Parts, viewer: Viewer, entity: str, part: Part, marked: tuple[int, int] | None = None, is_told: bool = False
) -> view.Opened:
    """The entity at its place; recorded whether it opened or not, unless it opens and a row tells of it already.

    Raises:
        NotFound: there is none, or none for this viewer.
    """
    try:
        found = view.open_at(parts.memory, parts.personal, entity, viewer, marked)
    except NotFound:
        record(parts, viewer, "open", {"entity": entity[:64], "part": part, "denied": True})
        raise
    if not is_told:
        where = {"source": found.source.path}
        record(parts, viewer, "open", {"entity": entity, "part": part}, (found.entity.scope,), where)
    return found


def there(parts: Parts, found: view.Opened) -> bool:
    """Whether the original can be opened: it is there, as it was read, and all of it is this viewer's."""
    file = view.original(found, parts.settings)
    if file is not None:
        file.close()
    return file is not None
