"""DOCX: headings with their numbers, paragraphs, tables, text boxes, comments, notes, page headers and footers.

python-docx opens the package (its parser resolves no entities); the text of a paragraph is gathered here, because what was
inserted under revision, stands in a text box or a form field is text too, and what was deleted is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.space.entity import Locator

from ..media import DOCX
from ..source import Source
from . import Item, Note, equation, labelled, numbering
from .chart import charts
from .fields import Fields
from .flow import Block, Table, fold, real_title
from .package import diagrams, left_out, pictures
from .raised import How, Words

if TYPE_CHECKING:
    from docx.document import Document

W = numbering.W
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_LEFT_OUT = frozenset([W + "del", W + "moveFrom", W + "rt", W + "pPr", W + "rPr", W + "txbxContent", _FALLBACK])
_REFERENCES = (W + "commentReference", W + "footnoteReference", W + "endnoteReference")
_FIELD = (W + "fldChar", W + "instrText")
_RAISED: dict[str, How] = {"superscript": "above", "subscript": "below"}
_SIGNS = {W + "tab": "\t", W + "br": "\n", W + "cr": "\n", W + "noBreakHyphen": "-"}
_SYMBOLS = {
    "Symbol": {
        "B1": "±", "B0": "°", "6D": "μ", "57": "Ω", "44": "Δ", "B4": "×", "B8": "÷", "A3": "≤", "B3": "≥", "B9": "≠", "BB": "≈",
        "A5": "∞", "D7": "·", "61": "α", "62": "β", "67": "γ", "6C": "λ", "70": "π", "73": "σ", "53": "Σ", "66": "φ", "77": "ω",
    },
    "Wingdings": {"A8": "□", "6F": "□", "FE": "☑", "FD": "☒", "FC": "✓", "FB": "✗", "6C": "●", "6E": "■", "E0": "→"},
}  # fmt: skip
"""What characters of fonts of their own stand for, by the last two digits of their code."""
_HIDDEN = "[hidden: {}]"
_PARTED = re.compile(r"\](\s*)\[hidden: ")
"""What parts stretches of hidden text that are one."""
_INSIDE = (W + "sdt", W + "sdtContent", W + "ins", W + "customXml", W + "smartTag", W + "moveTo")
MAX_SPAN = 64


class DocxReader:
    """docx."""

    name = "docx"

    def accepts(self, source: Source) -> bool:
        return source.media == DOCX

    def read(self, source: Source) -> Iterator[Item]:
        import docx

        document = docx.Document(str(source.path))
        text = _Text(document)
        title = real_title(document.core_properties.title or "") or text.first_title()
        yield from fold(text.flow(), title or source.path.stem)
        yield from map(Note, text.notes())


FIRST = 20
"""Paragraphs and tables among which a title stands."""


@dataclass(slots=True)
class _Text:
    """One document while it is walked through."""

    document: Document
    shown: set[str] = field(default_factory=set)
    levels: dict[str, int] = field(default_factory=dict)
    numbers: numbering.Numbering = field(init=False)
    asides: dict[tuple[str, str], str] = field(init=False)

    def __post_init__(self) -> None:
        styles = self.document.styles.element.iterchildren(W + "style")
        self.numbers = numbering.read(_numbering(self.document), styles)
        self.asides = _asides(self.document)

    def first_title(self) -> str:
        """The first paragraph in the style of a title, or a heading of the first level that no other one goes on from: it is
        alone, or nothing stands between it and the next."""
        elements = enumerate(body(self.document.element.body))
        told = (
            (number, self.level(element), text)
            for number, element in elements
            if element.tag == W + "p" and (text := text_of(element).strip())
        )
        first = takewhile(lambda one: one[0] < FIRST, told)
        _, level, title = next((one for one in first if one[1] in (1, 2)), (0, 0, ""))
        if level < 2:
            return title
        levels = (level for _, level, _ in told)
        return title if next(levels, 0) == 2 or 2 not in levels else ""

    def flow(self) -> Iterator[Block | Table | Item]:
        for name, text in self._margins():
            yield Block(f"Page {name}: {text}", place=Locator(part=f"page {name}"))
        for element in body(self.document.element.body):
            if element.tag == W + "tbl":
                yield from self._table(element)
            else:
                yield from self._paragraph(element)
            yield from pictures(element, self.document.part, self.shown, Locator())
            yield from charts(element, self.document.part, Locator())
            yield from (Block(words) for words in diagrams(element, self.document.part))

    def _paragraph(self, element: Any) -> Iterator[Block]:
        level, text = self.level(element), text_of(element).strip()
        number = self.numbers.of(element, element.style or "") if text else ""
        mark = number or ("-" if not level and text and "list" in (element.style or "").lower() else "")
        yield Block(f"{mark} {text}".strip() if mark != "-" or not level else text, level)
        yield from (Block(words) for words in _boxes(element))
        yield from (Block(aside) for aside in self._beside(element))

    def _beside(self, element: Any) -> Iterator[str]:
        """What hangs on an element: comments, notes, the words that describe its pictures."""
        for reference in element.iter(*_REFERENCES):
            yield self.asides.get((reference.tag, reference.get(W + "id", "")), "")
        for drawn in element.iter(_DRAWN):
            if drawn.get("descr", "").strip():
                yield f"[Picture: {' '.join(drawn.get('descr').split())}]"

    def _table(self, table: Any) -> Iterator[Block | Table]:
        """A table of data, or, if it is one column that only lays out the page, its paragraphs; tables in its cells after it."""
        rows: list[list[str]] = []
        nested: list[tuple[str, Any]] = []
        lines = list(_lines(table))
        said = [[self._cell(cell) for cell in _cells(line)] for line in lines]
        for line, texts in zip(lines, said, strict=True):
            row = _spread(line, texts, rows[-1] if rows else [])
            rows.append(row)
            nested += [(row[0], inner) for cell in _cells(line) for inner in cell.iterchildren(W + "tbl")]
        form = labelled.record([list(_cells(line)) for line in lines], said)
        if form or (max(map(len, rows), default=0) > 1 and len(rows) > 1):
            yield Table(form or rows)
        else:
            yield from (Block(text) for row in rows for text in row)
        for name, inner in nested:
            found = [[self._cell(cell) for cell in _cells(line)] for line in _lines(inner)]
            if len(found) > 1 and max(map(len, found)) > 1:
                yield Table(found, name=name)

    def _cell(self, cell: Any) -> str:
        """The words of a cell, of the boxes and tables in it, and what hangs on them."""
        parts: list[str] = []
        for element in body(cell) if not _is_asked(cell) else ():
            if element.tag == W + "tbl":
                lines = (" | ".join(self._cell(one) for one in _cells(line)) for line in _lines(element))
                parts.append("; ".join(lines))
                continue
            text = text_of(element).strip()
            number = self.numbers.of(element, element.style or "") if text else ""
            parts += [f"{number} {text}".strip(), *_boxes(element), *self._beside(element)]
        return "\n".join(filter(None, parts))

    def _margins(self) -> Iterator[tuple[str, str]]:
        """The words of page headers and footers, each once; what is only a page number says nothing."""
        said: set[str] = set()
        for relation in self.document.part.rels.values():
            kind = relation.reltype.rsplit("/", 1)[-1]
            if kind in ("header", "footer") and not relation.is_external:
                root = relation.target_part.element
                text = " ".join(" ".join(text_of(one).split()) for one in root.iter(W + "p")).strip()
                if re.search(r"[^\W\d_]{2}", text) and text not in said:
                    said.add(text)
                    yield kind, text

    def level(self, paragraph: Any) -> int:
        """The level of a heading by its outline level, its style or what that is based on; 1 is the title, 0 is text."""
        own = paragraph.find(f"{W}pPr/{W}outlineLvl")
        if own is not None:
            return _heading(own.get(W + "val", "9"))
        style = paragraph.style or ""
        if style not in self.levels:
            self.levels[style] = _style_level(self.document, paragraph.style)
        return self.levels[style]

    def notes(self) -> Iterator[str]:
        root = self.document.element.body
        hidden = sum(1 for one in root.iter(W + "t") if _is_hidden(one.getparent()))
        if hidden:
            yield f"{hidden} stretches of hidden text were read and marked"
        unfilled = sum(map(_is_unfilled, root.iter(W + "sdt")))
        if unfilled:
            yield f"what {unfilled} fields that are not filled in ask for was left out"
        deleted = sum(1 for _ in root.iter(W + "delText"))
        if deleted:
            yield f"{deleted} stretches deleted under revision were left out"
        rows = sum(1 for _ in root.iterfind(f".//{W}trPr/{W}del"))
        if rows:
            yield f"{rows} rows deleted under revision were left out"
        struck = sum(map(_struck, root.iter(W + "r")))
        if struck:
            yield f"{struck} struck out stretches were left out"
        lost = sum(1 for one in root.iter(W + "sym") if not _symbol(one))
        if lost:
            yield f"{lost} characters are in no known encoding and were lost"
        yield from left_out(self.document.part)


def _spread(line: Any, texts: list[str], above: list[str]) -> list[str]:
    """A row with what a merged cell says in all the columns and rows it covers."""
    before = line.find(f"{W}trPr/{W}gridBefore")
    row = [""] * min(_value(before), MAX_SPAN) if before is not None else []
    for cell, text in zip(_cells(line), texts, strict=True):
        merged = cell.find(f"{W}tcPr/{W}vMerge")
        if merged is not None and merged.get(W + "val") != "restart" and len(above) > len(row):
            text = above[len(row)]
        span = cell.find(f"{W}tcPr/{W}gridSpan")
        row += [text] * min(max(_value(span), 1) if span is not None else 1, MAX_SPAN)
    return row


def _numbering(document: Document) -> Any:
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/numbering") and not relation.is_external:
            return relation.target_part.element
    return None


def _style_level(document: Document, id: str | None) -> int:
    style = document.styles.get_by_id(id, 1)  # type: ignore[arg-type]
    for _ in range(10):
        if style is None:
            return 0
        match = re.fullmatch(r"(?:heading|見出し) (\d)", style.name or "", re.I)
        if match or style.name in ("Title", "表題"):
            return int(match[1]) + 1 if match else 1
        outline = style.element.find(f"{W}pPr/{W}outlineLvl")
        if outline is not None:
            return _heading(outline.get(W + "val", "9"))
        style = style.base_style
    return 0


def _heading(outline: str) -> int:
    return int(outline) + 2 if outline.isdecimal() and int(outline) < 9 else 0


def _value(element: Any) -> int:
    text = element.get(W + "val", "1")
    return int(text) if text.isdecimal() else 1


def _asides(document: Document) -> dict[tuple[str, str], str]:
    """What is written beside the text, by the mark that stands in the text: comments, footnotes, endnotes."""
    found = {
        (W + "commentReference", str(one.comment_id)): f"[Comment by {one.author or 'unknown'}: {one.text}]"
        for one in document.comments
        if one.text
    }
    for relation in document.part.rels.values():
        kind = relation.reltype.rsplit("/", 1)[-1].removesuffix("s")
        if kind in ("footnote", "endnote") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            notes = etree.fromstring(relation.target_part.blob, parser)
            for note in notes.iterchildren(f"{W}{kind}"):
                words = " ".join(text_of(paragraph).strip() for paragraph in note.iter(W + "p")).strip()
                found[W + kind + "Reference", note.get(W + "id", "")] = f"[Note: {words}]" if words else ""
    return found


def body(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those inside content controls too."""
    return within(parent, W + "p", W + "tbl")


def within(parent: Any, *tags: str) -> Iterator[Any]:
    """What is of one of these kinds right inside an element, or inside content controls in it."""
    waiting = [iter(parent)]
    while waiting:
        for element in waiting[-1]:
            if element.tag in tags:
                yield element
            elif element.tag in _INSIDE:
                waiting.append(iter(element))
                break
        else:
            waiting.pop()


def _boxes(element: Any) -> Iterator[str]:
    """The paragraphs of text boxes that hang on an element."""
    for box in element.iter(W + "txbxContent"):
        if not any(above.tag == _FALLBACK for above in box.iterancestors()):
            yield from (text for inner in box.iter(W + "p") if (text := text_of(inner).strip()))


def text_of(paragraph: Any) -> str:
    """The words of a paragraph as they read now: insertions in, deletions and furigana out."""
    words, fields = Words(), Fields()
    waiting = [iter(paragraph if not _is_asked(paragraph) else ())]
    while waiting:
        for element in waiting[-1]:
            if element.tag == equation.M + "oMath":
                words.add(_equation(element), "apart")
            elif element.tag == W + "t":
                words.add(*_said(element.text or "", element.getparent()))
            elif element.tag == W + "sym":
                words.add(_symbol(element))
            elif element.tag in _SIGNS:
                words.add(_SIGNS[element.tag])
            elif element.tag in _FIELD:
                words.add(fields.said(element, words))
            elif _struck(element) or _is_unfilled(element):
                continue
            elif element.tag not in _LEFT_OUT and len(element):
                waiting.append(iter(element))
                break
        else:
            waiting.pop()
    return _PARTED.sub(r"\1", words.told())


def _said(text: str, run: Any) -> tuple[str, How]:
    """The words of a run and how they stand; hidden ones are marked, so that they are no part of the sentence."""
    bare = text.strip()
    return (text.replace(bare, _HIDDEN.format(bare)), "") if bare and _is_hidden(run) else (text, _how(run))


def _how(run: Any) -> How:
    """Whether a run is raised or lowered."""
    found = run.find(f"{W}rPr/{W}vertAlign")
    return _RAISED.get(found.get(W + "val"), "") if found is not None else ""


def _equation(element: Any) -> str:
    """An equation in one line, apart from one right before it."""
    previous = element.getprevious()
    return "; " * (previous is not None and previous.tag == element.tag) + equation.said(element).strip()


def _symbol(element: Any) -> str:
    """The character of a font of its own; "" for one that is not known."""
    return _SYMBOLS.get(element.get(W + "font", ""), {}).get(element.get(W + "char", "")[-2:].upper(), "")


def _struck(element: Any) -> bool:
    return bool(element.tag == W + "r" and (_set(element, "strike") or _set(element, "dstrike")))


def _is_hidden(run: Any) -> bool:
    return _set(run, "vanish")


def _is_unfilled(element: Any) -> bool:
    """Whether it is a control that shows what to fill in, and nothing that was."""
    shown = element.find(f"{W}sdtPr/{W}showingPlcHdr") if element.tag == W + "sdt" else None
    return shown is not None and shown.get(W + "val") not in ("0", "false", "off")


def _is_asked(element: Any) -> bool:
    """Whether a paragraph or a cell is what such a control shows."""
    above = element.getparent().getparent() if element.getparent() is not None else None
    return above is not None and _is_unfilled(above)


def _set(run: Any, name: str) -> bool:
    """Whether a property of a run is on."""
    found = run.find(f"{W}rPr/{W}{name}")
    return found is not None and found.get(W + "val") not in ("0", "false", "off")


def _lines(table: Any) -> Iterator[Any]:
    """The rows of a table, those inside content controls too, without those deleted under revision."""
    return (line for line in within(table, W + "tr") if line.find(f"{W}trPr/{W}del") is None)


def _cells(line: Any) -> Iterator[Any]:
    return within(line, W + "tc")
