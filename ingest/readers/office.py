"""DOCX and PPTX: headings, paragraphs, tables, comments, slides and their notes. Knows nothing about spreadsheets.

python-docx and python-pptx open the packages (their parser resolves no entities); the text of a Word paragraph is
gathered here, because what was inserted under revision, stands in a text box or a form field is text too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.space.entity import Draft, Locator

from ..source import DOCX, PPTX, Source
from . import Item
from .flow import Block, Table, fold, real_title

if TYPE_CHECKING:
    from docx.document import Document
    from pptx.presentation import Presentation
    from pptx.slide import Slide

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = frozenset([_W + "del", _W + "moveFrom", _W + "rt", _W + "pPr", _W + "rPr", _W + "txbxContent", _FALLBACK])
_REFERENCES = (_W + "commentReference", _W + "footnoteReference", _W + "endnoteReference")
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"
_SIGNS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}


class DocxReader:
    """docx."""

    name = "docx"

    def accepts(self, source: Source) -> bool:
        return source.media == DOCX

    def read(self, source: Source) -> Iterator[Item]:
        import docx

        document = docx.Document(str(source.path))
        blocks = _document(document)
        title = real_title(document.core_properties.title or "") or _first_title(document)
        yield from fold(blocks, title or source.path.stem)


def _first_title(document: Document) -> str:
    """The first paragraph in the style of a title or of a heading of the first level."""
    for paragraph in document.paragraphs[:20]:
        if _level(paragraph._p, document) in (1, 2) and paragraph.text.strip():
            return paragraph.text
    return ""


def _document(document: Document) -> Iterator[Block | Table | Draft]:
    asides = _asides(document)
    shown: set[str] = set()
    for element in _body(document.element.body):
        if element.tag == _W + "tbl":
            yield from _docx_table(element)
            yield from _pictures(element, document.part, shown, Locator())
            continue
        level = _level(element, document)
        text = _text(element).strip()
        yield Block(f"- {text}" if text and not level and _is_item(element) else text, level)
        for box in element.iter(_W + "txbxContent"):
            if not any(above.tag == _FALLBACK for above in box.iterancestors()):
                yield from (Block(_text(inner)) for inner in box.iter(_W + "p"))
        for reference in element.iter(*_REFERENCES):
            yield Block(asides.get((reference.tag, reference.get(_W + "id", "")), ""))
        yield from _pictures(element, document.part, shown, Locator())


def _pictures(element: Any, part: Any, shown: set[str], place: Locator) -> Iterator[Draft]:
    """A mark for each picture at or below an element, the first time it is shown; `key` is its name in the package."""
    for blip in element.iter(_BLIP):
        relation = part.rels.get(blip.get(_EMBED))
        name = "" if relation is None or relation.is_external else str(relation.target_part.partname).lstrip("/")
        if name and name not in shown:
            shown.add(name)
            yield Draft("picture", "", replace(place, part=place.part or name), key=name)


def _asides(document: Document) -> dict[tuple[str, str], str]:
    """What is written beside the text, by the mark that stands in the text: comments, footnotes, endnotes."""
    found = {
        (_W + "commentReference", str(one.comment_id)): f"[Comment by {one.author or 'unknown'}: {one.text}]"
        for one in document.comments
        if one.text
    }
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1].removesuffix("s")
        if kind in ("footnote", "endnote") and not relation.is_external:
            notes = etree.fromstring(
                relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True)
            )
            for note in notes.iterchildren(f"{_W}{kind}"):
                words = " ".join(_text(paragraph).strip() for paragraph in note.iter(_W + "p")).strip()
                found[_W + kind + "Reference", note.get(_W + "id", "")] = f"[Note: {words}]" if words else ""
    return found


def _body(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those inside content controls too."""
    waiting = [iter(parent)]
    while waiting:
        for element in waiting[-1]:
            if element.tag in (_W + "p", _W + "tbl"):
                yield element
            elif element.tag in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "customXml", _W + "smartTag"):
                waiting.append(iter(element))
                break
        else:
            waiting.pop()


def _level(paragraph: Any, document: Document) -> int:
    """The level of a heading by its outline level, its style or what that is based on; 1 is the title, 0 is text."""
    own = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
    if own is not None:
        return _heading(own.get(_W + "val", "9"))
    style = document.styles.get_by_id(paragraph.style, 1)
    for _ in range(10):
        if style is None:
            return 0
        match = re.fullmatch(r"(?:heading|見出し) (\d)", style.name or "", re.I)
        if match or style.name in ("Title", "表題"):
            return int(match[1]) + 1 if match else 1
        outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None:
            return _heading(outline.get(_W + "val", "9"))
        style = style.base_style
    return 0


def _heading(outline: str) -> int:
    return int(outline) + 2 if outline.isdecimal() and int(outline) < 9 else 0


def _is_item(paragraph: Any) -> bool:
    return paragraph.find(f"{_W}pPr/{_W}numPr") is not None or "list" in (paragraph.style or "").lower()


def _text(paragraph: Any) -> str:
    """The words of a paragraph as they read now: insertions in, deletions and furigana out."""
    words: list[str] = []
    waiting = [iter(paragraph)]
    while waiting:
        for element in waiting[-1]:
            if element.tag in (_W + "t", _MATH + "t"):
                words.append(element.text or "")
            elif element.tag in _SIGNS:
                words.append(_SIGNS[element.tag])
            elif element.tag not in _LEFT_OUT and len(element):
                waiting.append(iter(element))
                break
        else:
            waiting.pop()
    return "".join(words)


def _docx_table(table: Any) -> Iterator[Block | Table]:
    """A table of data, or, if it is one column that only lays out the page, its paragraphs."""
    rows: list[list[str]] = []
    for line in table.iterchildren(_W + "tr"):
        row: list[str] = []
        for cell in _cells(line):
            text = "\n".join(filter(None, (_text(paragraph).strip() for paragraph in cell.iter(_W + "p"))))
            merged = cell.find(f"{_W}tcPr/{_W}vMerge")
            if merged is not None and merged.get(_W + "val") != "restart" and rows and len(rows[-1]) > len(row):
                text = rows[-1][len(row)]
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            row += [text] * min(int(span.get(_W + "val", "1")) if span is not None else 1, 64)
        rows.append(row)
    if max(map(len, rows), default=0) > 1 and len(rows) > 1:
        yield Table(rows)
    else:
        yield from (Block(text) for row in rows for text in row)


def _cells(line: Any) -> Iterator[Any]:
    for element in line:
        if element.tag == _W + "tc":
            yield element
        elif element.tag == _W + "sdt":
            yield from element.iterfind(f"{_W}sdtContent/{_W}tc")


class PptxReader:
    """pptx."""

    name = "pptx"

    def accepts(self, source: Source) -> bool:
        return source.media == PPTX

    def read(self, source: Source) -> Iterator[Item]:
        import pptx

        show = pptx.Presentation(str(source.path))
        first = next((_slide_title(slide) for slide in show.slides), "")
        yield from fold(_slides(show), real_title(show.core_properties.title or "") or first or source.path.stem)


def _slides(show: Presentation) -> Iterator[Block | Table | Draft]:
    shown: set[str] = set()
    for number, slide in enumerate(show.slides, start=1):
        place = Locator(page=number, part=f"slide {number}")
        title = _slide_title(slide)
        yield Block(title or f"Slide {number}" if len(slide.shapes) else "", 1, place)
        for shape in _shapes(slide.shapes):
            if title and shape == slide.shapes.title:
                continue
            yield from _shape(shape, place)
            yield from _pictures(shape._element, slide.part, shown, place)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            words = slide.notes_slide.notes_text_frame.text.strip()
            yield Block(f"Notes: {words}" if words else "", 0, place)


def _slide_title(slide: Slide) -> str:
    shape = slide.shapes.title
    return " ".join(shape.text_frame.text.split()) if shape is not None else ""


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Shapes in the order of reading (rows from the top, then from the left), those in groups too."""
    waiting = [*shapes]
    flat = []
    while waiting:
        shape = waiting.pop(0)
        if hasattr(shape, "shapes"):
            waiting[:0] = list(shape.shapes)
        else:
            flat.append(shape)
    yield from sorted(flat, key=lambda shape: ((shape.top or 0) // 400_000, shape.left or 0))


def _shape(shape: Any, place: Locator) -> Iterator[Block | Table]:
    if getattr(shape, "has_table", False):
        yield Table([[cell.text for cell in row.cells] for row in shape.table.rows], place)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart, place)
    elif getattr(shape, "has_text_frame", False):
        for paragraph in shape.text_frame.paragraphs:
            yield Block(paragraph.text.replace("\v", "\n").strip(), 0, place)


def _chart(chart: Any, place: Locator) -> Iterator[Table]:
    """A chart as the table it was drawn from."""
    for plot in chart.plots:
        series = [*plot.series]
        header = ["category", *(one.name for one in series)]
        rows = [
            [str(label), *(one.values[i] if i < len(one.values) else None for one in series)]
            for i, label in enumerate(plot.categories)
        ]
        title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
        if rows:
            yield Table([header, *rows], place, title)
