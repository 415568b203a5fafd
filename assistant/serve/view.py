"""A source opened at the exact place of one entity: what stands there, what stands around it, and the original's bytes.

Every function asks the gate, and answers alike for what is not there and what the viewer may not read. The original is
opened only where its bytes are still the ones that were read; otherwise what the memory kept is shown instead.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, cast

from ingest.base.access import Viewer, may_read
from ingest.base.errors import NotFound, UnreadableSource
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory.catalog import SourceRow
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal, put_back
from ingest.reading import inside
from ingest.source import Source, look
from ingest.space.entity import Entity, Locator
from ingest.space.facts import PictureFacts, RowFacts, TableFacts
from ingest.text.cells import shown

Look = Literal["page", "picture", "sound", "chart", "table", "text"]
"""How a place is best shown."""

PDF = "application/pdf"
PLAYS = ("audio/", "video/", "application/ogg")
"""How the types begin of what a player of the browser can play."""
AROUND = 2
"""Passages shown before and after a passage."""
LINES_AROUND = 6
"""Rows shown before and after."""
SCRIPT = 200
"""Utterances of a transcript shown before and after."""
RELATED = 8
"""What stands in relation to something, shown beside it."""
MOST_ROWS = 2 * LINES_AROUND + 1
MOST_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class Opened:
    """One entity at its place.

    Attributes:
        place: where it stands in the source, also when it is a part of a picture on a page.
        parts: its text before, inside and after what was cited; the middle is empty when nothing is marked.
        before, after: its readable neighbours in the source, in reading order.
        whole: whether the viewer may see all the source holds, personal data too, and so its original.
        holder: the source whose file it is inside of, if any.
    """

    entity: Entity
    source: SourceRow
    look: Look
    place: Locator
    parts: tuple[str, str, str]
    before: tuple[Entity, ...]
    after: tuple[Entity, ...]
    whole: bool
    holder: SourceRow | None = None

    @property
    def plays(self) -> bool:
        """Whether it is a recording that a browser's player is tried with."""
        return self.look == "sound" and self.source.media.startswith(PLAYS)

    @property
    def name(self) -> str:
        """The file's name; a path says more about a machine than a reader needs."""
        return Path(self.source.path).name


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Rows of a table around the cited one. `rows` are (number in the sheet, cells as shown, is it the cited one)."""

    header: tuple[str, ...]
    rows: tuple[tuple[int | None, tuple[str, ...], bool], ...]
    column: str = ""
    """The cited column, where a column was cited."""


def open_at(
    memory: Memory, personal: Personal, id: str, viewer: Viewer, marked: tuple[int, int] | None = None
) -> Opened:
    """The entity with this id at its place; personal data in it only for whom may see it.

    Args:
        marked: the range of its characters, as shown, that was cited.

    Raises:
        NotFound: there is none, or none for this viewer.
    """
    entity, source = _readable(memory, id, viewer)
    look = look_of(entity, source)
    reach = SCRIPT if look == "sound" else AROUND
    near = _neighbours(memory, entity, viewer, reach, "utterance" if look == "sound" else entity.kind)
    originals = personal.originals([entity.id, *(one.id for one in near)], viewer)
    entity, *near = (put_back(one, originals) for one in (entity, *near))
    before = tuple(one for one in near if _order(one) < _order(entity))[-reach:]
    after = tuple(one for one in near if _order(one) > _order(entity))[:reach]
    whole = _whole(memory, source, viewer) and personal.may_open(source.id, viewer)
    place = _place(memory, entity, source, viewer)
    holder = memory.catalog.source(source.within) if source.within else None
    parts = split(entity.text, marked)
    return Opened(entity, source, look, place, parts, before, after, whole, holder)


def look_of(entity: Entity, source: SourceRow) -> Look:
    """How to show an entity, by what it is and what kind of file it stands in."""
    place = entity.locator
    if source.media == PDF and place.page is not None:
        return "page"
    if source.media.startswith("image/") and source.media != "image/svg+xml":
        return "picture"
    return "sound" if place.start is not None else entity.traits.look


def _place(memory: Memory, entity: Entity, source: SourceRow, viewer: Viewer) -> Locator:
    """The place of an entity. A part of a picture on a PDF page has a box in that picture's pixels: put on the page."""
    above = memory.hydrate([entity.parent], viewer).get(entity.parent) if source.media == PDF else None
    inner, outer = entity.locator.box, above.locator.box if above else None
    width = cast(PictureFacts, above.facts).get("width") if above and above.kind == "picture" else None
    if not (inner and outer and width):
        return entity.locator
    scale = (outer[2] - outer[0]) / width
    x, y = outer[:2]
    box = (x + inner[0] * scale, y + inner[1] * scale, x + inner[2] * scale, y + inner[3] * scale)
    return replace(entity.locator, box=box)


def split(text: str, marked: tuple[int, int] | None) -> tuple[str, str, str]:
    """The text before, inside and after a range; a range that does not fit marks nothing."""
    start, end = marked or (0, 0)
    if not 0 <= start < end <= len(text):
        return text, "", ""
    return text[:start], text[start:end], text[end:]


def original(opened: Opened, settings: Settings) -> BinaryIO | None:
    """The bytes the source was read from, open for reading; None where they are gone, changed, or not all readable.

    What is returned is what was hashed, whatever the path names by now. A file inside a file is taken out of it.
    """
    holder = opened.holder or opened.source
    path = Path(holder.path)
    try:
        if not (opened.whole and path.is_file()):
            return None
        file = path.open("rb")
    except OSError:
        return None
    if hashlib.file_digest(file, "sha256").hexdigest() != holder.sha256:
        file.close()
        return None
    if opened.holder is None:
        file.seek(0)
        return file
    file.close()
    data = inside.found(path, opened.source.sha256, settings)
    return None if data is None else _file(data)


def _file(data: bytes) -> BinaryIO:
    """A file without a name, which another process may be given."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    file.write(data)
    file.seek(0)
    return cast(BinaryIO, file)


@contextmanager
def source_of(opened: Opened, settings: Settings) -> Iterator[Source | None]:
    """The same for readers of formats, which take a path; it is there while this is open."""
    with tempfile.TemporaryDirectory(prefix="kotonoha-") as folder:
        path = Path(opened.source.path)
        if opened.holder is not None and (file := original(opened, settings)):
            path = Path(folder) / opened.name
            path.write_bytes(file.read())
        try:
            source = look(path, settings) if opened.whole else None
        except UnreadableSource:
            source = None
        yield source if source and source.sha256 == opened.source.sha256 else None


def excerpt(memory: Memory, personal: Personal, entity: Entity, viewer: Viewer) -> Excerpt:
    """The rows around a cited row, or the first rows of a cited table or column."""
    table = entity.id if entity.kind == "table" else entity.parent
    first = entity.ordinal if entity.kind == "row" else 0
    ids = around.rows_of(memory.catalog, entity.source, table, first - LINES_AROUND, MOST_ROWS)
    found = memory.hydrate([table, entity.id, *ids], viewer)
    rows = [found[id] for id in ids if id in found]
    header = _header(found.get(table, entity), rows)
    cited = str(entity.facts.get("name", "")) if entity.kind == "column" else ""
    told = Excerpt(header, tuple((row.locator.row, _cells(row, header), row.id == entity.id) for row in rows), cited)
    return put_back(told, personal.originals(found, viewer))


def rows_behind(
    memory: Memory, personal: Personal, ids: Sequence[str], viewer: Viewer
) -> list[tuple[str, list[str], Excerpt]]:
    """The rows that a figure rests on, by their tables: file, the ids of the rows, the rows; what is no row is left out."""
    found = memory.hydrate(ids, viewer)
    tables = dict.fromkeys(found[id].parent for id in ids if id in found and found[id].kind == "row")
    told = []
    for table in tables:
        rows = [found[id] for id in ids if id in found and found[id].parent == table]
        above = memory.hydrate([table], viewer).get(table)
        header = _header(above or rows[0], rows)
        source = memory.catalog.source(rows[0].source)
        shown = Excerpt(header, tuple((row.locator.row, _cells(row, header), False) for row in rows))
        own = put_back(shown, personal.originals([row.id for row in rows], viewer))
        told.append((Path(source.path).name if source else "", [row.id for row in rows], own))
    return told


def called(concept: str) -> str:
    """What a concept is called, from its words: its first name."""
    return concept.split("\n")[0].split(":")[0].split("(")[0].strip()


def related(memory: Memory, personal: Personal, entity: Entity, viewer: Viewer) -> list[Entity]:
    """For a concept what speaks of it most, for anything else the concepts it speaks of."""
    ids = around.mentioned(memory.catalog, entity.id, entity.kind == "concept", 4 * RELATED)
    found = memory.hydrate(ids, viewer)
    originals = personal.originals(found, viewer)
    return [put_back(found[id], originals) for id in ids if id in found][:RELATED]


def _header(table: Entity, rows: Sequence[Entity]) -> tuple[str, ...]:
    named = [column["name"] for column in cast(TableFacts, table.facts).get("columns", ())]
    held = [name for row in rows for name in cast(RowFacts, row.facts).get("values", {})]
    return tuple(dict.fromkeys(named or held))[:MOST_COLUMNS]


def _cells(row: Entity, header: Sequence[str]) -> tuple[str, ...]:
    facts = cast(RowFacts, row.facts)
    values, units = facts.get("values", {}), facts.get("units", {})
    return tuple(_cell(values.get(name), units.get(name, "")) for name in header)


def _cell(value: object, unit: str) -> str:
    said = shown(value)
    return f"{said} {unit}" if unit and isinstance(value, int | float) else said


# -- the gate ------------------------------------------------------------------------------------------------


def _readable(memory: Memory, id: str, viewer: Viewer) -> tuple[Entity, SourceRow]:
    item = memory.hydrate([id], viewer).get(id)
    source = memory.catalog.source(item.source) if item else None
    if item is None or source is None:
        raise _absent()
    return item, source


def _absent() -> NotFound:
    """The one answer for what is not there and for what is not the viewer's."""
    return NotFound("there is nothing here that you may read")


def _neighbours(memory: Memory, entity: Entity, viewer: Viewer, reach: int, kind: str) -> list[Entity]:
    """What of a kind stands near an entity in its source, in the same part or in what it has, in reading order."""
    first, last = entity.ordinal - 4 * reach, entity.ordinal + 4 * reach
    ids = around.near(memory.catalog, entity.source, kind, first, last)
    near = [item for item in memory.hydrate(ids, viewer).values() if item.parent in (entity.parent, entity.id)]
    return sorted(near, key=_order)


def _order(entity: Entity) -> tuple[float, int]:
    """Where an entity stands in its source: of a recording by its seconds, what is heard at once in reading order."""
    return entity.locator.start or 0.0, entity.ordinal


def _whole(memory: Memory, source: SourceRow, viewer: Viewer) -> bool:
    """Whether everything the source holds may be read: its own scope and that of every entity in it."""
    return all(may_read(viewer, scope) for scope in (source.scope, *around.scopes_of(memory.catalog, source.id)))
