"""What was put right in the sources of an earlier answer since it was given."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.serve.talks import EXCERPT, Turn
from ingest.base.access import Viewer
from ingest.memory import amended
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal, put_back
from ingest.space.entity import Entity
from ingest.space.kinds import TRAITS


def corrected(turn: Turn, viewer: Viewer, memory: Memory, personal: Personal) -> list[int]:
    """The marks of the citations whose words were corrected since, or whose correction was taken back.

    Only what a machine heard or saw can be; all else is changed in its file, and read again as something new.
    """
    cited = [one for one in turn.said.get("citations", ()) if TRAITS[one["kind"]].perceived]
    if not cited:
        return []
    found = memory.hydrate(turn.rests, viewer)
    originals = personal.originals(found, viewer) if turn.revealed else {}
    now = {id: put_back(item, originals) for id, item in found.items()}
    was = {one.entity: put_back(one.was, originals) for one in amended.corrections(memory.catalog, list(found))}
    then = {str(one["entity"]): str(one["text"])[:EXCERPT] for one in turn.said.get("hits", ())}
    return [
        int(one["mark"])
        for one in cited
        if _changed(one["entity"], then, now) or any(_quotes(one["quote"], was[id], now[id].text) for id in was)
    ]


def _changed(id: str, then: Mapping[str, str], now: Mapping[str, Entity]) -> bool:
    return id in then and id in now and now[id].text[:EXCERPT] != then[id]


def _quotes(quote: str, old: str, new: str) -> bool:
    """Whether a quotation, which may reach over several lines, has the old words of one, and not the new ones."""
    said, old, new = (" ".join(text.split()) for text in (quote, old, new))
    return (old in said or said in old) and not (new in said or said in new)
