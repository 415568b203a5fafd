"""Plain text and Markdown. Text is kept as it stands in the file, so that a range of characters is exact.

Plain text has headings too: numbered clauses, underlined or capital lines, 第1条, 【...】. They are taken for headings
only where they stand alone on a short line without a full stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.text import charset

from ..source import Source
from . import Item, Note
from .drawn import drawn_table
from .flow import Block, Table, fold
from .invitation import CALENDAR, told

_CLAUSE = re.compile(
    r"(?:(?:Article|Section|Chapter|Part|Annex|Appendix) [\dA-Z]+|第[\d〇一二三四五六七八九十百]+[編章節条款])"
)
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})[.)．]?[ 　]\S|[■◆【●]\S")
_UNDERLINE = re.compile(r"(={3,}|-{3,}|\*{3,}|~{3,})\s*")
_COLUMNS = re.compile(r"\S\s{3,}\S")
"""What stands in columns is a line of a table, not a heading."""
_ATX = re.compile(r" {0,3}(#{1,6})\s+(.+?)\s*#*\s*")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_PIPES = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*")
_CELL = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\2")
_STRUCK = re.compile(r"~~(?=\S)[^~]+(?<=\S)~~")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
_TITLE = re.compile(r"(?!.*\s{3})[^\W\d_][^:=;{}<>/\\]{3,58}[^\W_)）]|[^\W\d_][^:=;{}<>/\\]{3,58}[)）]")
HEADING_LENGTH = 60


class TextReader:
    """txt, md and every other plain text."""

    name = "text"

    def accepts(self, source: Source) -> bool:
        return source.media.startswith("text/") or source.media == "application/yaml"

    def read(self, source: Source) -> Iterator[Item]:
        text = charset.decode(source.path.read_bytes())
        if lost := charset.lost(text):
            yield Note(lost)
        if source.media == "text/calendar":
            yield from fold(_calendar(text), source.path.stem)
            return
        yield from fold(markdown(text) if source.media == "text/markdown" else plain(text), title_of(text, source))


def _calendar(text: str) -> Iterator[Block]:
    """A calendar, each event below a heading of its own."""
    for said in told(text):
        yield Block(said.partition("\n")[0], 1 if said.startswith(CALENDAR) else 2)
        yield Block(said)


def title_of(text: str, source: Source) -> str:
    """What Markdown calls itself (front matter, its one first heading), a first line like a title, or the file's name."""
    if source.media == "text/markdown":
        front = re.match(r"---\n(?:.*\n)*?title:[ \t]*(.+)\n(?:.*\n)*?---\n", text[:4096])
        headings = re.finditer(r"^#\s+(.+)$", _FENCED.sub("", text), re.M)
        heading, another = (next(headings, None) for _ in range(2))
        found = front or (heading if another is None else None)
        if found:
            return _unmarked(found[1].strip("\"' "))
    first = text.lstrip().partition("\n")[0].strip()
    return first if source.media == "text/plain" and _TITLE.fullmatch(first) else source.path.stem


def plain(text: str) -> Iterator[Block | Table]:
    """The blocks of plain text: headings, tables drawn with rules, and what stands between them in one piece."""
    begin = 0
    before = ""
    skip = 0
    lines = [*_lines(text), (len(text), "")]
    for number, ((at, line), (_, after)) in enumerate(pairwise(lines)):
        if at < skip:
            continue
        if drawn := drawn_table(lines, number):
            yield Block(text[begin:at], at=begin)
            yield Table(drawn.rows)
            begin = skip = lines[drawn.end][0]
            before = ""
            continue
        level = _level(line, before, after)
        if level:
            yield Block(text[begin:at], at=begin)
            yield Block(line.strip(), level, at=at)
            begin = at + len(line) + 1
            if _UNDERLINE.fullmatch(after):
                begin += len(after) + 1
        before = line
    yield Block(text[begin:], at=begin)


def _level(line: str, before: str, after: str) -> int:
    """The level of a heading, 0 for any other line. `after` decides between a heading and an item of a list."""
    bare = line.strip()
    if not bare or len(bare) > HEADING_LENGTH or before.strip() or bare[-1] in ".,;:。、，：…!?！？":
        return 0
    if _UNDERLINE.fullmatch(after) and not _UNDERLINE.fullmatch(bare) and not _COLUMNS.search(bare):
        return 1
    if _CLAUSE.match(bare):
        return 2
    numbered = _NUMBERED.match(bare)
    if numbered and after.strip() and not _NUMBERED.match(after.strip()):
        return 2 + (numbered[1] or "").count(".")
    return 1 if bare.isupper() and len(bare) > 3 and not after.strip() else 0


def markdown(text: str) -> Iterator[Block | Table | Item]:
    """The blocks of Markdown: headings (of both styles), tables, and what stands between them in one piece. What is struck out
    in a cell is left out; between tables it stays as it is written."""
    lines = [*_lines(text)]
    struck = 0
    begin, number = 0, _after_front_matter(lines)
    fence = ""
    while number < len(lines):
        at, line = lines[number]
        after = lines[number + 1][1] if number + 1 < len(lines) else ""
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        if not fence and (drawn := drawn_table(lines, number)):
            yield _between(text, lines, begin, number)
            yield Table(drawn.rows)
            begin = number = drawn.end
            continue
        found = None if fence else _markdown_heading(line, after)
        table = 0 if fence or found else _table_end(lines, number)
        if found or table:
            yield _between(text, lines, begin, number)
            if found:
                yield Block(_unmarked(found[0]), found[1], at=at)
            else:
                yield Table([_cells(row) for i, (_, row) in enumerate(lines[number:table]) if i != 1])
                struck += sum(len(_STRUCK.findall(row)) for _, row in lines[number:table])
            begin = table or number + found[2] if found else table
            number = begin
        else:
            number += 1
    yield _between(text, lines, begin, len(lines))
    if struck:
        yield Note(f"{struck} struck out stretches were left out")


def _markdown_heading(line: str, after: str) -> tuple[str, int, int] | None:
    """Text, level and number of lines of a heading."""
    atx = _ATX.fullmatch(line)
    if atx:
        return atx[2], len(atx[1]), 1
    underline = _UNDERLINE.fullmatch(after)
    bare = line.strip()
    words = bare and not _COLUMNS.search(bare) and not re.match(r"\s*([-*+>|]|\d+[.)])", line)
    if underline and underline[1][0] in "=-" and words:
        return bare, 1 if underline[1][0] == "=" else 2, 2
    return None


def _table_end(lines: list[tuple[int, str]], number: int) -> int:
    """The line after a table that begins here, 0 when none does."""
    if "|" not in lines[number][1] or number + 1 >= len(lines) or not _PIPES.fullmatch(lines[number + 1][1]):
        return 0
    end = number + 2
    while end < len(lines) and "|" in lines[end][1]:
        end += 1
    return end


def _cells(line: str) -> list[str]:
    return [
        _unmarked(_STRUCK.sub("", cell).replace("\\|", "|").strip())
        for cell in _CELL.split(line.strip().removeprefix("|").removesuffix("|"))
    ]


def _unmarked(text: str) -> str:
    return _MARKUP.sub(lambda match: match[1] or match[3] or "", text)


def _after_front_matter(lines: list[tuple[int, str]]) -> int:
    """The number of the first line after a YAML front matter."""
    if lines and lines[0][1].strip() == "---":
        return next((i + 1 for i, (_, line) in enumerate(lines[1:100], start=1) if line.strip() == "---"), 0)
    return 0


def _between(text: str, lines: list[tuple[int, str]], first: int, after: int) -> Block:
    start = lines[first][0] if first < len(lines) else len(text)
    end = lines[after][0] if after < len(lines) else len(text)
    return Block(text[start:end], at=start)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Where each line begins, and the line."""
    at = 0
    while at <= len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield at, text[at:end]
        at = end + 1
