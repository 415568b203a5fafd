"""What was understood of sources, at a glance: in a list of many, and on the page of one.

The entities given here have passed the gate; pictures and originals are fetched by routes that ask it again.
"""

from __future__ import annotations

from collections import Counter
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
        more: pages that are not among them.
        tables: the name of each, its first rows, and how many rows it has.
    """

    pages: tuple[tuple[int, str], ...] = ()
    pictures: tuple[str, ...] = ()
    more: int = 0
    tables: tuple[tuple[str, view.Excerpt, int], ...] = ()
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
    pages = _pages(found) if opened.look == "page" else ()
    rows = Counter(one.parent for one in found if one.kind == "row")
    return Overview(
        pages[:PAGES],
        _pictures(found) if opened.look == "picture" else (),
        len(pages[PAGES:]),
        tuple(
            (_called(one), view.excerpt(memory, personal, one, viewer), rows[one.id])
            for one in [one for one in found if one.kind == "table"][:MOST]
        ),
        _charts(settings, opened, found) if opened.look == "chart" else (),
    )


def _pictured(row: SourceRow) -> bool:
    return row.media == view.PDF or (row.media.startswith("image/") and row.media != "image/svg+xml")


def _pictures(found: Sequence[Entity]) -> tuple[str, ...]:
    return tuple([one.id for one in found if one.kind == "picture"] or [one.id for one in found[:1]])[:MOST]


def _pages(found: Sequence[Entity]) -> tuple[tuple[int, str], ...]:
    first: dict[int, str] = {}
    for one in found:
        if one.locator.page is not None:
            first.setdefault(one.locator.page, one.id)
    return tuple(sorted(first.items()))


def _called(table: Entity) -> str:
    return table.locator.sheet or table.title.split(" > ")[-1]


def _charts(settings: Settings, opened: view.Opened, found: Sequence[Entity]) -> tuple[drawing.Chart, ...]:
    longest: dict[str, Entity] = {}
    for one in found:
        if one.kind == "series":
            longest.setdefault(str(one.facts.get("quantity", "")), one)
    with view.source_of(opened, settings) as source:
        if source is None:
            return ()
        drawn = (drawing.chart(source, name, one.locator) for name, one in [*longest.items()][:MOST])
        return tuple(one for one in drawn if one is not None)
