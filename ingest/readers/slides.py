"""PPTX: slides with their titles, texts, tables, charts, diagrams, comments and notes; hidden ones marked and last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.space.entity import Locator

from ..media import PPTX
from ..source import Source
from . import Item, Note, equation
from .arranged import is_drawn, shapes
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
        if put_away := _put_away(slide):
            yield f"slide {number}: {put_away} hidden shapes were read and marked"
        yield from (f"slide {number}: {what}" for what in left_out(slide.part))


def _is_hidden(slide: Slide) -> bool:
    return slide._element.get("show") in ("0", "false")


def _put_away(slide: Slide) -> int:
    """How many shapes that are not shown are read."""
    if not any(one.get("hidden") in ("1", "true") for one in slide._element.iter("{*}cNvPr")):
        return 0
    return sum(_is_put_away(shape) and not is_drawn(shape) for shape in shapes(slide.shapes))


def _is_put_away(shape: Any) -> bool:
    """Whether a shape, or a group it is in, is not shown."""
    around = (shape._element, *shape._element.iterancestors("{*}grpSp"))
    named = (one.find("./*/{*}cNvPr") for one in around)
    return any(one is not None and one.get("hidden") in ("1", "true") for one in named)


def _title(slide: Slide) -> str:
    shape = slide.shapes.title
    return " ".join(" ".join(_paragraphs(shape.text_frame)).split()) if shape is not None else ""


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
