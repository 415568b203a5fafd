"""What an Office package holds besides its text: pictures, diagrams, and parts that nobody reads. For DOCX and PPTX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from ingest.space.entity import Draft, Locator

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_BLIP = DRAWING + "blip"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
UNREAD = {
    "oleObject": "embedded objects", "package": "embedded files", "aFChunk": "parts in another format",
    "chartEx": "charts of a newer kind", "video": "films", "audio": "recordings", "media": "recordings or films",
}  # fmt: skip
"""Kinds of parts that no reader opens, and what people call them."""


def pictures(element: Any, part: Any, shown: set[str], place: Locator) -> Iterator[Draft]:
    """A mark for each picture at or below an element, the first time it is shown; `key` is its name in the package."""
    for blip in element.iter(_BLIP):
        relation = part.rels.get(blip.get(_R + "embed"))
        name = "" if relation is None or relation.is_external else str(relation.target_part.partname).lstrip("/")
        if name and name not in shown:
            shown.add(name)
            yield Draft("picture", "", replace(place, part=place.part or name), key=name)


def diagrams(element: Any, part: Any) -> Iterator[str]:
    """The words of each diagram (SmartArt) at or below an element, a line for each of its points."""
    for found in element.iter(_DIAGRAM):
        relation = part.rels.get(found.get(_R + "dm"))
        if relation is not None and not relation.is_external:
            root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
            points = (
                "".join(one.text or "" for one in point.iter(DRAWING + "t")).strip()
                for point in root.iter(DRAWING + "p")
            )
            yield "\n".join(filter(None, points))


def left_out(part: Any) -> Iterator[str]:
    """In words, the parts that hang on this one and are not read."""
    counts = Counter(relation.reltype.rsplit("/", 1)[-1] for relation in part.rels.values())
    for kind, what in UNREAD.items():
        if counts[kind]:
            yield f"{counts[kind]} {what} in it were not read"
