"""What a sheet of XLSX says besides its cells: what is merged, hidden or never computed, comments, shapes, titles of charts,
headers and footers of its printed pages."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..source import Source

CHUNK = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)/?>")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]+\d+)"[^>]*>\s*'
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_MARGIN = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(Header|Footer)\b[^>]*>([^<]+)<")
_PAGE = re.compile(r"(?:page|第)?\s*&[PN]\s*(?:\bof\b|頁|ページ|/)?", re.I)
_CODE = re.compile(r'&(?:(&)|"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d+|[A-Za-z])')
"""What says how a page header looks, and what a program fills in; two & are one that is written."""
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SHAPE = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}sp"
CHARTS = ("chart", "chartEx")


@dataclass(frozen=True, slots=True)
class Remark:
    """What is written on a sheet outside its cells: a comment with its cell, the words of a shape."""

    text: str
    cell: str = ""


@dataclass(slots=True)
class Marks:
    """What a sheet says about its cells. Rows and columns count from 0."""

    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    uncomputed: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pictures: int = 0
    struck: int = 0
    """Cells that were left out as they are struck out, known when the rows are used up."""
    skipped: list[int] = field(default_factory=list)
    """Rows that are none of their own and were left out of the stream, as far as it was read."""

    def index(self, row: int) -> int:
        """Where a row of the sheet stands in the stream of its rows."""
        return row - bisect_left(self.skipped, row)

    def row(self, index: int) -> int:
        """Where a row of the stream stands on the sheet."""
        counted = range(len(self.skipped))
        return index + bisect_right(counted, index, key=lambda at: self.skipped[at] - at)

    def notes(self) -> Iterator[str]:
        if self.struck:
            yield f"{self.struck} struck out stretches were left out"


def marks_of(source: Source, part: str) -> Marks:
    """What a sheet, which is a part of the package, says besides its cells."""
    marks = Marks()
    with zipfile.ZipFile(source.path) as archive:
        for text in _pieces(archive, part):
            for number, found in enumerate(_ROW.finditer(text)):
                if _HIDDEN.search(found[1]):
                    marks.hidden_rows.add(_number(found[1], b"r", number + 1) - 1)
            for found in _COLUMN.finditer(text):
                if _HIDDEN.search(found[1]):
                    first = _number(found[1], b"min", 1)
                    marks.hidden_columns |= set(range(first - 1, min(_number(found[1], b"max", first), first + 500)))
            for found in _MERGED.finditer(text):
                left, top, right, bottom = found.groups()
                marks.merged.append((int(top) - 1, column_of(left), int(bottom) - 1, column_of(right)))
            marks.uncomputed += [found[1].decode() for found in _UNCOMPUTED.finditer(text)]
            marks.remarks += map(Remark, _margins(text))
        _beside(archive, part, marks)
    marks.remarks = list(dict.fromkeys(marks.remarks))
    return marks


def _margins(text: bytes) -> Iterator[str]:
    """The words of the headers and footers of printed pages; what is only a page number says nothing."""
    for kind, raw in _MARGIN.findall(text):
        said = _CODE.sub(lambda code: code[1] or " ", _PAGE.sub(" ", html.unescape(raw.decode("utf-8", "replace"))))
        if re.search(r"[^\W\d_]{2}", said):
            yield f"[Page {kind.decode().lower()}: {' '.join(said.split())}]"


def _pieces(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """A part of the package in pieces that end between rows, or, behind the rows, between tags."""
    rest = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            rest += chunk
            end = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
            end = rest.find(b">", end) if end >= 0 else rest.rfind(b">") if b"<row" not in rest else -1
            if end >= 0:
                yield rest[: end + 1]
                rest = rest[end + 1 :]
    yield rest


def _number(attributes: bytes, name: bytes, otherwise: int) -> int:
    found = re.search(rb"\b" + name + rb'="(\d+)"', attributes)
    return int(found[1]) if found else otherwise


def column_of(letters: bytes) -> int:
    """b"A" -> 0, b"AB" -> 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _beside(archive: zipfile.ZipFile, part: str, marks: Marks) -> None:
    """Comments, shapes and pictures that belong to a sheet."""
    for kind, target in _related(archive, part):
        if kind == "comments":
            marks.remarks += _comments(archive.read(target))
        elif kind == "drawing":
            marks.remarks += _shapes(archive.read(target))
            drawn = list(_related(archive, target))
            marks.pictures += sum(other == "image" for other, _ in drawn)
            marks.remarks += [one for other, chart in drawn if other in CHARTS for one in _titles(archive.read(chart))]


def _related(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str]]:
    """Kind and name of every part of the package that a part refers to."""
    folder, name = posixpath.split(part.lstrip("/"))
    relations = f"{folder}/_rels/{name}.rels"
    known = set(archive.namelist())
    if relations not in known:
        return
    for one in _tree(archive.read(relations)):
        target = one.get("Target", "")
        target = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
        if target in known:
            yield one.get("Type", "").rsplit("/", 1)[-1], target


def _comments(data: bytes) -> Iterator[Remark]:
    for cell, comment in _comment_sheet(data):
        author = comment.author if comment.author and comment.author != "None" else "unknown"
        yield Remark(f"[Comment by {author}: {' '.join(comment.text.split())}]", cell)


def _comment_sheet(data: bytes) -> Any:
    from openpyxl.comments.comment_sheet import CommentSheet  # type: ignore[import-untyped]
    from openpyxl.xml.functions import fromstring  # type: ignore[import-untyped]

    tree: Any = fromstring(data)
    comments: Any = CommentSheet.from_tree(tree)
    return comments.comments


def _shapes(data: bytes) -> Iterator[Remark]:
    for shape in _tree(data).iter(_SHAPE):
        parts = shape.iter(_DRAWING + "p", _DRAWING + "br", _DRAWING + "t")
        lines = "".join(_written(one) if one.tag == _DRAWING + "t" else "\n" for one in parts).splitlines()
        if words := "\n".join(filter(None, (" ".join(line.split()) for line in lines))):
            yield Remark(words)


def _titles(data: bytes) -> Iterator[Remark]:
    """The titles of a chart and its axes; what it shows stands in cells."""
    titles = [" ".join(map(_written, one.iter("{*}t", "{*}v"))) for one in _tree(data).iter("{*}title")]
    if said := "; ".join(dict.fromkeys(filter(None, (" ".join(title.split()) for title in titles)))):
        yield Remark(f"[Chart: {said}]")


def _written(element: Any) -> str:
    return element.text or ""


def _tree(data: bytes) -> Any:
    from lxml import etree

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
