"""PPTX: slides with their titles, texts, tables, charts, diagrams, comments and notes; hidden ones marked and last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.space.entity import Locator

from ..media import PPTX
from ..source import Source
from . import Item, Note, equation
from .chart import charts
from .flow import Block, Table, fold, real_title
from .listed import Points
from .package import DRAWING, diagrams, left_out, pictures
from .raised import How, Words

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH = "{http://schemas.microsoft.com/office/drawing/2010/main}m"
ROW = 400_000
"""English Metric Units that shapes may differ in height and still stand in one row."""
OVERLAP = 91_440
"""English Metric Units by which shapes may lie over each other and still stand one below the other: their empty margins."""
BANDS = 40
"""Rows of shapes at most that are looked at together."""
ALIKE = 2 / 3
"""Width of the narrowest of some columns by that of the widest, from which on they stand side by side, and none are labels of
the other."""


class PptxReader:
    """pptx."""

    name = "pptx"

    def accepts(self, source: Source) -> bool:
        return source.media == PPTX

    def read(self, source: Source) -> Iterator[Item]:
        import pptx

        show = pptx.Presentation(str(source.path))
        for slide in show.slides:
            _unwrap(slide)
        first = next((_title(slide) for slide in show.slides if not _is_hidden(slide)), "")
        yield from fold(_slides(show), real_title(show.core_properties.title or "") or first or source.path.stem)
        yield from map(Note, _notes(show))


def _unwrap(slide: Slide) -> None:
    """Puts shapes that newer programs draw in their place, those that stand in for them out."""
    for choice in list(slide._element.iter(_MC + "Choice")):
        whole = choice.getparent()
        if whole.getparent() is not None and whole.getparent().tag.endswith(("}spTree", "}grpSp")):
            for shape in choice:
                whole.addprevious(shape)
            whole.getparent().remove(whole)


def _slides(show: Presentation) -> Iterator[Block | Table | Item]:
    shown: set[str] = set()
    numbered = list(enumerate(show.slides, start=1))
    for number, slide in sorted(numbered, key=lambda one: _is_hidden(one[1])):
        hidden = " (hidden)" if _is_hidden(slide) else ""
        place = Locator(page=number, part=f"slide {number}{hidden}")
        title = _title(slide)
        yield Block((title or f"Slide {number}") + hidden if len(slide.shapes) else "", 1, place)
        for shape in shapes(slide.shapes):
            if title and shape == slide.shapes.title:
                continue
            at = replace(place, part=f"{place.part} (hidden shape)") if _is_put_away(shape) else place
            yield from _shape(shape, at)
            yield from charts(shape._element, slide.part, at)
            yield from (Block(words, 0, at) for words in diagrams(shape._element, slide.part))
            yield from pictures(shape._element, slide.part, shown, at)
        yield from (Block(text, 0, place) for text in _comments(slide))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            words = "\n".join(_paragraphs(slide.notes_slide.notes_text_frame)).strip()
            yield Block(f"Notes: {words}" if words else "", 0, place)


def _notes(show: Presentation) -> Iterator[str]:
    hidden = [number for number, slide in enumerate(show.slides, start=1) if _is_hidden(slide)]
    if hidden:
        yield f"hidden slides were read and marked: {', '.join(map(str, hidden))}"
    for number, slide in enumerate(show.slides, start=1):
        struck = sum(_is_struck(one) for one in slide._element.iter(DRAWING + "r", DRAWING + "fld"))
        if struck:
            yield f"slide {number}: {struck} struck out stretches were left out"
        if put_away := sum(_is_put_away(shape) and not _is_drawn(shape) for shape in shapes(slide.shapes)):
            yield f"slide {number}: {put_away} hidden shapes were read and marked"
        yield from (f"slide {number}: {what}" for what in left_out(slide.part))


def _is_hidden(slide: Slide) -> bool:
    return slide._element.get("show") in ("0", "false")


def _is_put_away(shape: Any) -> bool:
    """Whether a shape, or a group it is in, is not shown."""
    around = (shape._element, *shape._element.iterancestors("{*}grpSp"))
    named = (one.find("./*/{*}cNvPr") for one in around)
    return any(one is not None and one.get("hidden") in ("1", "true") for one in named)


def _title(slide: Slide) -> str:
    shape = slide.shapes.title
    return " ".join(" ".join(_paragraphs(shape.text_frame)).split()) if shape is not None else ""


def shapes(found: Iterable[Any]) -> Iterator[Any]:
    """Shapes in the order of reading (columns side by side one after the other, else rows from the top, then from the left); a
    group stays together."""
    waiting = [iter(_sorted(found))]
    while waiting:
        for shape in waiting[-1]:
            if hasattr(shape, "shapes"):
                waiting.append(iter(_sorted(shape.shapes)))
                break
            yield shape
        else:
            waiting.pop()


def _sorted(found: Iterable[Any]) -> list[Any]:
    every = list(found)
    return [*_in_order(shape for shape in every if not _is_drawn(shape)), *filter(_is_drawn, every)]


def _is_drawn(shape: Any) -> bool:
    """Whether it is an arrow, a frame or a ground without words or pictures, which parts nothing."""
    silent = not shape.text_frame.text.strip() if shape.has_text_frame else shape._element.tag.endswith("}cxnSp")
    return silent and next(shape._element.iter(DRAWING + "blip"), None) is None


def _in_order(found: Iterable[Any]) -> list[Any]:
    ordered: list[Any] = []
    rows: list[Any] = []
    bands = _bands(found)
    while bands:
        columns, height = _columns(bands)
        rows += () if columns else bands[0]
        if columns:
            ordered += _by_rows(rows)
            ordered += [shape for column in columns for shape in _in_order(column)]
            rows = []
        bands = bands[height:]
    return ordered + _by_rows(rows)


def _by_rows(found: Iterable[Any]) -> list[Any]:
    return sorted(found, key=lambda shape: ((shape.top or 0) // ROW, shape.left or 0))


def _bands(found: Iterable[Any]) -> list[list[Any]]:
    """Shapes one below the other; those that stand beside each other are together."""
    bands: list[list[Any]] = []
    for shape in sorted(found, key=lambda shape: shape.top or 0):
        if not bands or (shape.top or 0) >= _foot(bands[-1]) - OVERLAP:
            bands.append([])
        bands[-1].append(shape)
    return bands


def _foot(band: Iterable[Any]) -> int:
    return max((shape.top or 0) + (shape.height or 0) for shape in band)


def _columns(bands: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], int]:
    """The columns in which the shapes of the first bands stand, and how many bands these are: columns of like width, further
    from each other than what stands in them; none for one band that stands alone."""
    best: list[list[Any]] = []
    height = 1
    told: list[Any] = []
    step = 0
    for count, band in enumerate(bands[:BANDS], start=1):
        step = max(step, min(shape.top or 0 for shape in band) - _foot(bands[count - 2])) if count > 1 else 0
        told += band
        columns = _parted(told, step)
        if len(columns) < 2:
            break
        if _are_alike(columns):
            best, height = columns, count
    return best, height


def _parted(found: Iterable[Any], least: int) -> list[list[Any]]:
    """Shapes beside each other, parted at gaps wider than so much."""
    columns: list[list[Any]] = []
    reach = 0
    for shape in sorted(found, key=lambda shape: shape.left or 0):
        if not columns or (shape.left or 0) - reach > least:
            columns.append([])
        columns[-1].append(shape)
        reach = max(reach, _edge(shape))
    return columns


def _edge(shape: Any) -> int:
    return (shape.left or 0) + (shape.width or 0)


def _are_alike(columns: Iterable[Sequence[Any]]) -> bool:
    widths = [max(map(_edge, column)) - min(shape.left or 0 for shape in column) for column in columns]
    return min(widths) >= ALIKE * max(widths)


def _shape(shape: Any, place: Locator) -> Iterator[Block | Table]:
    if getattr(shape, "has_table", False):
        yield Table(_rows(shape.table), place)
    elif getattr(shape, "has_text_frame", False):
        mark = "[hidden] " * _is_put_away(shape)
        yield from (Block(mark + text.strip(), 0, place) for text in _paragraphs(shape.text_frame) if text.strip())


def _rows(table: Any) -> list[list[str]]:
    """The cells of a table; a merged cell belongs to all of its rows and columns."""
    rows: list[list[str]] = []
    for line in table.rows:
        row: list[str] = []
        for number, cell in enumerate(line.cells):
            if _is_on(cell, "vMerge") and rows:
                row.append(rows[-1][number])
            elif _is_on(cell, "hMerge") and row:
                row.append(row[-1])
            else:
                row.append("\n".join(_paragraphs(cell.text_frame)))
        rows.append(row)
    return rows


def _is_on(cell: Any, merged: str) -> bool:
    return cell._tc.get(merged) in ("1", "true")


def _paragraphs(frame: Any) -> Iterator[str]:
    """The paragraphs of a text with the numbers that are drawn before them."""
    points = Points(frame._txBody.find(f"{DRAWING}lstStyle"))
    for paragraph in frame._txBody.iterchildren(DRAWING + "p"):
        said = _said(paragraph)
        yield points.of(paragraph) + said if said.strip() else ""


def _said(paragraph: Any) -> str:
    """The words of a paragraph, with what is raised or lowered told as that, and without what is struck out."""
    words = Words()
    for part in paragraph:
        if part.tag == DRAWING + "br":
            words.add("\n")
        elif part.tag in (_MATH, _MC + "AlternateContent"):
            for one in part.iter(equation.M + "oMath"):
                words.add(equation.said(one).strip(), "apart")
        elif part.tag in (DRAWING + "r", DRAWING + "fld") and not _is_struck(part):
            words.add((part.findtext(DRAWING + "t") or "").replace("\v", "\n"), _how(part))
    return words.told()


def _how(run: Any) -> How:
    """Whether a run is raised or lowered."""
    baseline = _style(run, "baseline").rstrip("%")
    if not baseline.strip("-0"):
        return ""
    return "below" if baseline.startswith("-") else "above"


def _style(run: Any, name: str) -> str:
    """A property of a run; "" where it is not set."""
    found = run.find(f"{DRAWING}rPr")
    return found.get(name, "") if found is not None else ""


def _is_struck(run: Any) -> bool:
    return _style(run, "strike") in ("sngStrike", "dblStrike")


def _comments(slide: Slide) -> Iterator[str]:
    for relation in slide.part.rels.values():
        if relation.reltype.rsplit("/", 1)[-1] == "comments" and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            for one in etree.fromstring(relation.target_part.blob, parser).iter("{*}cm"):
                words = "".join(part.text or "" for part in one.iter("{*}text", "{*}t")).strip()
                if words:
                    yield f"[Comment: {words}]"
