"""What was understood of sources, at a glance: in a list of many, and on the page of one.

The entities given here have passed the gate; pictures and originals are fetched by routes that ask it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.serve import drawing, view
from ingest.base.access import Viewer
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory.catalog import Catalog, SourceRow
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.space.entity import Entity

PAGES = 24
"""Pages of a document that are shown small."""
MOST = 4
"""Tables, pictures and charts of one source that are shown."""


@dataclass(frozen=True, slots=True)
class Glance:
    """A source in a list: how many entities of each kind, seconds of sound, and the entity its picture is asked for by."""

    kinds: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a source shows of itself.

    Attributes:
        pages: number of each page and an entity on it.
        pictures: entities whose picture is shown.
        tables: the name and the first rows of each.
    """

    pages: tuple[tuple[int, str], ...] = ()
    pictures: tuple[str, ...] = ()
    tables: tuple[tuple[str, view.Excerpt], ...] = ()
    charts: tuple[drawing.Chart, ...] = ()


def glances(catalog: Catalog, rows: Sequence[SourceRow], scopes: Sequence[str]) -> dict[str, Glance]:
    """By source what was understood of it, as far as it lies in these scopes."""
    held = around.held(catalog, [row.id for row in rows], scopes)
    pictured = around.first_of(catalog, [row.id for row in rows if _pictured(row)], scopes)
    return {
        row.id: Glance(
            tuple((kind, count) for kind, count, _ in held.get(row.id, ())),
            max((end for _, _, end in held.get(row.id, ())), default=0.0),
            pictured.get(row.id, ""),
        )
        for row in rows
    }


def of(
    memory: Memory, personal: Personal, settings: Settings, opened: view.Opened, found: Sequence[Entity], viewer: Viewer
) -> Overview:
    """What a source shows of itself, from its entities in reading order; `opened` is the first of them at its place."""
    return Overview(
        _pages(found) if opened.look == "page" else (),
        tuple(one.id for one in found if one.kind == "picture")[:MOST] if opened.look == "picture" else (),
        tuple(_table(memory, personal, one, viewer) for one in found if one.kind == "table")[:MOST],
        _charts(settings, opened, found) if opened.look == "chart" else (),
    )


def _pictured(row: SourceRow) -> bool:
    return row.media == view.PDF or (row.media.startswith("image/") and row.media != "image/svg+xml")


def _pages(found: Sequence[Entity]) -> tuple[tuple[int, str], ...]:
    first: dict[int, str] = {}
    for one in found:
        if one.locator.page is not None:
            first.setdefault(one.locator.page, one.id)
    return tuple(sorted(first.items()))[:PAGES]


def _table(memory: Memory, personal: Personal, table: Entity, viewer: Viewer) -> tuple[str, view.Excerpt]:
    return table.locator.sheet or table.title, view.excerpt(memory, personal, table, viewer)


def _charts(settings: Settings, opened: view.Opened, found: Sequence[Entity]) -> tuple[drawing.Chart, ...]:
    series = [one for one in found if one.kind == "series"][:MOST]
    with view.source_of(opened, settings) as source:
        if source is None:
            return ()
        drawn = (drawing.chart(source, str(one.facts.get("quantity", "")), one.locator) for one in series)
        return tuple(one for one in drawn if one is not None)
