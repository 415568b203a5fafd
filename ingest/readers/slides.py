"""PPTX: slides with their titles, texts, tables, charts, diagrams, comments and notes; hidden ones marked and last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.space.entity import Draft, Locator

from ..media import PPTX
from ..source import Source
from . import Item, Note
from .flow import Block, Table, fold, real_title
from .formats import figure
from .package import DRAWING, diagrams, left_out, pictures
from .raised import above

if TYPE_CHECKING:
    from pptx.presentation import Presentation
    from pptx.slide import Slide

ROW = 400_000
"""English Metric Units that shapes may differ in height and still stand in one row."""


class PptxReader:
    """pptx."""

    name = "pptx"

    def accepts(self, source: Source) -> bool:
        return source.media == PPTX

    def read(self, source: Source) -> Iterator[Item]:
        import pptx

        show = pptx.Presentation(str(source.path))
        first = next((_title(slide) for slide in show.slides if not _is_hidden(slide)), "")
        yield from fold(_slides(show), real_title(show.core_properties.title or "") or first or source.path.stem)
        yield from map(Note, _notes(show))


def _slides(show: Presentation) -> Iterator[Block | Table | Draft]:
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
            yield from _shape(shape, place)
            yield from (Block(words, 0, place) for words in diagrams(shape._element, slide.part))
            yield from pictures(shape._element, slide.part, shown, place)
        yield from (Block(text, 0, place) for text in _comments(slide))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            words = slide.notes_slide.notes_text_frame.text.strip()
            yield Block(f"Notes: {words}" if words else "", 0, place)


def _notes(show: Presentation) -> Iterator[str]:
    hidden = [number for number, slide in enumerate(show.slides, start=1) if _is_hidden(slide)]
    if hidden:
        yield f"hidden slides were read and marked: {', '.join(map(str, hidden))}"
    for number, slide in enumerate(show.slides, start=1):
        yield from (f"slide {number}: {what}" for what in left_out(slide.part))


def _is_hidden(slide: Slide) -> bool:
    return slide._element.get("show") in ("0", "false")


def _title(slide: Slide) -> str:
    shape = slide.shapes.title
    return " ".join(shape.text_frame.text.split()) if shape is not None else ""


def shapes(found: Iterable[Any]) -> Iterator[Any]:
    """Shapes in the order of reading (rows from the top, then from the left); a group stays together."""
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
    return sorted(found, key=lambda shape: ((shape.top or 0) // ROW, shape.left or 0))


def _shape(shape: Any, place: Locator) -> Iterator[Block | Table]:
    if getattr(shape, "has_table", False):
        yield Table(_rows(shape.table), place)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, place)
    elif getattr(shape, "has_text_frame", False):
        for paragraph in shape.text_frame.paragraphs:
            yield Block(_said(paragraph).strip(), 0, place)


def _rows(table: Any) -> list[list[str]]:
    """The cells of a table; a merged cell belongs to all of its rows."""
    rows: list[list[str]] = []
    for line in table.rows:
        row = ["\n".join(map(_said, cell.text_frame.paragraphs)) for cell in line.cells]
        for number, cell in enumerate(line.cells):
            down = cell._tc.get("vMerge") in ("1", "true")
            if down and rows:
                row[number] = rows[-1][number]
        rows.append(row)
    return rows


def _said(paragraph: Any) -> str:
    """The words of a paragraph, with what is raised told as that."""
    said = ""
    for part in paragraph._p.content_children:
        style = part.find(f"{DRAWING}rPr")
        baseline = style.get("baseline", "") if style is not None else ""
        raised = baseline.strip("0%") and not baseline.startswith("-")
        said += above(said, part.text) if raised else part.text
    return said.replace("\v", "\n")


def _chart(chart: Any, place: Locator) -> Iterator[Table]:
    """A chart as the table it was drawn from."""
    for plot in chart.plots:
        series = [*plot.series]
        header = ["category", *(one.name for one in series)]
        rows = [[str(label), *(_value(one, i) for one in series)] for i, label in enumerate(plot.categories)]
        title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
        if rows:
            yield Table([header, *rows], place, title)


def _value(series: Any, index: int) -> object:
    """A value of a chart with the unit that its format shows; None where there is none."""
    value = series.values[index] if index < len(series.values) else None
    pattern = series._element.findtext("{*}val/{*}numRef/{*}numCache/{*}formatCode") or ""
    return value if value is None else figure(value, pattern)


def _comments(slide: Slide) -> Iterator[str]:
    for relation in slide.part.rels.values():
        if relation.reltype.rsplit("/", 1)[-1] == "comments" and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            for one in etree.fromstring(relation.target_part.blob, parser).iter("{*}cm"):
                words = "".join(part.text or "" for part in one.iter("{*}text", "{*}t")).strip()
                if words:
                    yield f"[Comment: {words}]"
