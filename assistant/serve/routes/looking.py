"""An entity at its place, by way of the gate: what the pages of a place and of a whole source show it by."""

from __future__ import annotations

from typing import Literal

from assistant.serve import view
from assistant.serve.parts import Parts
from assistant.serve.routes.who import record
from ingest.base.access import Viewer
from ingest.base.errors import NotFound

Part = Literal["place", "image", "thumbnail", "file", "source"]
"""What is opened of it."""


def opened(parts: Parts, viewer: Viewer, entity: str, part: Part, marked: tuple[int, int] | None = None) -> view.Opened:
    """The entity at its place; recorded whether it opened or not.

    Raises:
        NotFound: there is none, or none for this viewer.
    """
    try:
        found = view.open_at(parts.memory, parts.personal, entity, viewer, marked)
    except NotFound:
        record(parts, viewer, "open", {"entity": entity[:64], "part": part, "denied": True})
        raise
    where = {"source": found.source.path}
    record(parts, viewer, "open", {"entity": entity, "part": part}, (found.entity.scope,), where)
    return found


def there(parts: Parts, found: view.Opened) -> bool:
    """Whether the original can be opened: it is there, as it was read, and all of it is this viewer's."""
    file = view.original(found, parts.settings)
    if file is not None:
        file.close()
    return file is not None
