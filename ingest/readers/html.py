"""HTML: headings, paragraphs, lists and tables; scripts, styles and navigation left out. Also reads chapters and mail.

lxml parses without network and with a limit on depth and on entities; the tree is walked without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from lxml import etree

from ingest.space.entity import Locator
from ingest.text import charset

from ..source import Source
from . import Item, Note, controls, listed, mathml, styled, xml
from .data import told
from .flow import Block, Table, fold
from .headers import names
from .raised import How, Words, is_figured

_SKIPPED = """
    head script style noscript template nav menu svg math m:math mml:math object iframe select button input textarea
    rt rp del s strike
"""
_INLINE = """
    a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark meter output progress q ruby rb samp
    small span strong sub sup time tt u var wbr img picture audio video
"""
SKIPPED = frozenset(_SKIPPED.split())
_STRUCK = ("del", "s", "strike")
_MATH = ("math", "m:math", "mml:math")
_WITHIN = frozenset(["rt", "rp", *_MATH, *_STRUCK, *_INLINE.split()])
"""What is skipped or told inside a word and leaves no gap."""
_RAISED: dict[str, How] = {"sup": "above", "super": "above", "sub": "below"}
"""Elements and styles that set words higher or lower."""
INLINE = frozenset(_INLINE.split())
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.I)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_CJK = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef"
_CJK_GAP = re.compile(rf"(?<=[{_CJK}])[ \t]*[\r\n]+\s*(?=[{_CJK}])")
_INVISIBLE = {ord(c): None for c in "\xad\u200b\u2060\ufeff"}
_SET = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.I)
MAX_SPAN = 100
DIGITS = 9
"""Digits of a number that are looked at."""
MAX_COLUMNS = 300
MAX_HEADER = 5
"""Rows of a header at most; more that are marked so are not all names of columns."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page: its title, and its tree to be walked."""

    title: str
    root: etree._Element


class HtmlReader:
    """html, xhtml, and XML of other kinds: as records, or as the text in it."""

    name = "html"

    def accepts(self, source: Source) -> bool:
        return source.media in ("text/html", "application/xhtml+xml", "application/xml")

    def read(self, source: Source) -> Iterator[Item]:
        data = source.path.read_bytes()
        held = xml.record(_decoded(data)) if source.media == "application/xml" else None
        if held is not None:
            name, value = held
            yield from fold(told(value, named=True), f"{source.path.stem} > {name}")
            return
        page = parse(data)
        if page is not None:
            yield from fold(blocks(page), page.title or source.path.stem)
            yield from map(Note, left_out(page))


def parse(data: bytes, encoding: str | None = None) -> Page | None:
    """A page from its bytes; None when there is nothing in it.

    Args:
        data: the bytes of the page.
        encoding: as a container (a mail) declares it; it and the page's own count only if the bytes are not UTF-8.
    """
    text = _decoded(data, encoding)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser)
    if root is None:
        return None
    for element in styled.struck(root):
        element.set("style", f"{element.get('style', '')}; text-decoration: line-through")
    first, *others = ["".join(one.itertext()) for one in root.iterfind(".//h1")] or [""]
    title = root.findtext(".//head/title") or ("" if others else first)
    return Page(" ".join(title.split()), root)


def _decoded(data: bytes, encoding: str | None = None) -> str:
    """The text of a page in the encoding that it is in, or else declares."""
    declared = _DECLARED.search(data[:2048])
    own = (declared[1] or declared[2]).decode("ascii") if declared else None
    found = charset.encoding_of(data[: charset.SAMPLE])
    sure = found in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso2022_jp_2")
    return charset.decode(data, found if sure else encoding or own or found)


def left_out(page: Page) -> Iterator[str]:
    """In words, what of a page that people may miss is not read."""
    for tags, what in ((("iframe", "object", "embed"), "embedded pages or objects"), (("svg", "canvas"), "drawings")):
        count = sum(1 for _ in page.root.iter(*tags))
        if count:
            yield f"{count} {what} in it were not read"
    deleted = sum(1 for one in page.root.iter() if isinstance(one.tag, str) and _struck(one))
    if deleted:
        yield f"{deleted} struck out stretches were left out"
    hidden = sum(1 for one in page.root.iter() if isinstance(one.tag, str) and one.tag not in SKIPPED and _hidden(one))
    if hidden:
        yield f"{hidden} hidden parts were left out"
    lost = sum(
        (element.text or "").count("\ufffd") + (element.tail or "").count("\ufffd") for element in page.root.iter()
    )
    if lost:
        yield f"{lost} characters are in no known encoding and were lost"


def blocks(page: Page, place: Locator | None = None) -> Iterator[Block | Table]:
    """The flow of a page; every block gets `place`."""
    place = place or Locator()
    words = Words()
    counts: dict[etree._Element, int] = {}
    level = kept = 0
    walk = etree.iterwalk(page.root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if (said := _instead(element)) is not None:
                walk.skip_subtree()
                words.add(*said)
                continue
            rows, joined = _rows(element) if tag == "table" else ([], {})
            breaks = tag not in INLINE and tag != "br"
            if breaks:
                yield from _block(words, level, place, kept)
                level = int(tag[1]) if re.fullmatch(r"h[1-6]", tag) else 0
                words = Words()
                words.add(listed.item(element, counts) if tag == "li" else "")
            if rows:
                name = " ".join("".join(element.itertext("caption")).split())
                yield Table(rows, place, name, form=_form(element), joined=joined)
                walk.skip_subtree()
                continue
            kept += tag == "pre"
            words.add("\x1f" if tag == "br" else " " * (tag == "label") + (element.text or ""))
        else:
            if tag not in INLINE and tag not in SKIPPED and tag != "br":
                yield from _block(words, level, place, kept)
                words, level = Words(), 0
                kept -= tag == "pre"
            words.add(" " * (tag == "label") + (element.tail or ""))
    yield from _block(words, level, place, kept)


def _block(words: Words, level: int, place: Locator, kept: int) -> Iterator[Block]:
    text = words.told().translate(_INVISIBLE)
    if not kept:
        text = _SPACE.sub(" ", _CJK_GAP.sub("", text))
    text = re.sub(r" ?\x1f ?", "\n", text).strip()
    if text and text != "-":
        yield Block(text, level, place)


def _hidden(element: etree._Element) -> bool:
    """Whether people do not see it; what is hidden from screen readers alone they see."""
    style = element.get("style")
    return element.get("hidden") is not None or bool(style and "display:none" in style.replace(" ", "").lower())


def _struck(element: etree._Element) -> bool:
    return element.tag in _STRUCK or bool(styled.LINE_THROUGH.search(element.get("style", "")))


def _instead(element: etree._Element) -> tuple[str, How] | None:
    """What is said instead of an element and all in it: of what is left out nothing, of a field what is filled in, of a
    formula a line, of a raised or lowered figure that it is one; None for any other, which is read."""
    if _hidden(element) or _struck(element):
        return "", ""
    tag = element.tag
    if tag == "img":
        return (f"[Picture: {said}]", "") if (said := " ".join(element.get("alt", "").split())) else None
    if tag in _MATH:
        return mathml.told(element), "apart"
    if tag in SKIPPED:
        return controls.shown(element), ""
    how = _how(element)
    said = "".join(element.itertext()).strip() if how else ""
    return (said, how) if is_figured(said) else None


def _how(element: etree._Element) -> How:
    """Whether an element is raised or lowered, by what it is or by its style."""
    style = _SET.search(element.get("style", ""))
    return _RAISED.get(style[1].lower() if style else element.tag, "")


def _form(table: etree._Element) -> bool | None:
    """Whether a table is labels beside values, by what it marks as headers; None where it marks nothing so."""
    lines = list(table.iter("tr"))
    cells = [[cell.tag for cell in line.iterchildren("td", "th")] for line in lines]
    if cells and (all(tag == "th" for tag in cells[0]) or all(map(_is_head, lines[:2]))):
        return False
    return True if all(line == ["th", "td"] for line in cells) else None


def _is_head(line: etree._Element) -> bool:
    """Whether a row is marked as one of names of columns, by its cells or by where it stands."""
    tags = {cell.tag for cell in line.iterchildren("td", "th")}
    parent = line.getparent()
    return tags == {"th"} or bool(tags and parent is not None and parent.tag == "thead")


def _headed(rows: list[list[str]], marked: int) -> list[list[str]]:
    """Rows with those that are marked as the header in one, which names each column by all of them; titles above them, which
    say one thing, stay, and empty rows before it keep the numbers of those below."""
    top = sum(1 for _ in takewhile(_is_title, rows[:marked]))
    more = sum(1 for _ in takewhile(lambda row: not _is_title(row), rows[top:marked]))
    if not 1 < more <= MAX_HEADER or top + more == len(rows):
        return rows
    width = max(map(len, rows))
    named = names([row + [""] * (width - len(row)) for row in rows[top : top + more]], width)
    header = [f"{name} ({unit})" if unit else name for name, unit in named]
    return [*([] for _ in range(more - 1)), *rows[:top], header, *rows[top + more :]]


def _is_title(row: list[str]) -> bool:
    return bool(row and row[0]) and len(set(row)) == 1


def _rows(table: etree._Element) -> tuple[list[list[str]], dict[int, frozenset[int]]]:
    """The cells of a table of data, spans filled in, and by column the rows in which a cell reaches over from the column
    before; empty for a table that only lays out a page. A label that reaches over further columns is none of their values."""
    lines = [line for line in table.iter("tr") if not _is_off(line) and not _is_off(line.getparent())]
    if table.find(".//table") is not None or len(lines) < 2 or table.get("role") == "presentation":
        return [], {}
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    joined: dict[int, set[int]] = {}
    for line in lines:
        row: list[str] = []
        for cell in line.iterchildren("td", "th"):
            if _hidden(cell):
                continue
            _fill(row, below)
            text = "" if _struck(cell) else _words(cell)
            label = not row and cell.tag == "td"
            for further in range(min(_number(cell.get("colspan")), MAX_COLUMNS - len(row))):
                said = "" if label and further else text
                below[len(row)] = (_number(cell.get("rowspan")) - 1, said)
                if further:
                    joined.setdefault(len(row), set()).add(len(rows))
                row.append(said)
        _fill(row, below)
        rows.append(row)
    over = {column: frozenset(numbers) for column, numbers in joined.items()}
    rows = _headed(rows, sum(1 for _ in takewhile(_is_head, lines)))
    return (rows, over) if max(map(len, rows)) > 1 else ([], {})


def _is_off(element: etree._Element | None) -> bool:
    return element is not None and (_hidden(element) or _struck(element))


def _words(cell: etree._Element) -> str:
    """The words of a cell by the rules of running text: nothing that is hidden, deleted or a reading, no space at inline tags."""
    words = Words()
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walk:
        tag = element.tag if isinstance(element.tag, str) else ""
        apart = " " * (element is not cell and (tag in ("br", "label") or tag not in INLINE))
        if event == "start" and element is not cell and (said := _instead(element)) is not None:
            walk.skip_subtree()
            words.add(" " * (tag not in _WITHIN))
            words.add(*said)
        elif event == "start":
            words.add(apart + (element.text or ""))
        elif element is not cell:
            words.add(apart * (tag not in SKIPPED) + (element.tail or ""))
    return _SPACE.sub(" ", _CJK_GAP.sub("", words.told().translate(_INVISIBLE))).strip()


def _fill(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    """Adds the cells that hang down from the rows above."""
    while below.get(len(row), (0, ""))[0] > 0 and len(row) < MAX_COLUMNS:
        left, text = below[len(row)]
        below[len(row)] = (left - 1, text)
        row.append(text)


def _number(value: str | None) -> int:
    """A written span, at most so much; 1 where none is written."""
    written = int(value[:DIGITS]) if value and value.isdecimal() else 0
    return min(written, MAX_SPAN) or 1
