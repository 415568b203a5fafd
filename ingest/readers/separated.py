"""CSV and TSV: text with a mark between cells. Knows encodings, marks and quotation marks, not what a table is.

A quotation mark opens a quoted cell only where it is closed properly: a stray one ("3/4 inch elbow) is a character like
any other and never swallows the lines behind it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from ingest.base.errors import UnreadableSource
from ingest.text import charset

DELIMITERS = ",\t;|"
LOOKED_AT = 200
"""Lines that decide on the mark between cells."""
MAX_LINE = 4_000_000
"""Characters of the longest line that is read."""
MAX_LINES = 1_000
"""Lines that one quoted cell may have."""
CHUNK = 1 << 20
_AS_TEXT = re.compile(r'="([^"]*)"$')
"""How programs keep a spreadsheet from taking a number for a figure: ="00123"."""


@dataclass(slots=True)
class Separated:
    """The rows of a file of text, as a stream; what was found on the way is known when it is used up.

    Attributes:
        mark: the character between cells.
        lost: characters that are in no known encoding, and the line of the first.
        stray: the line of the first quotation mark that is not closed.
    """

    path: Path
    encoding: str
    mark: str
    skip: int = 0
    lost: int = 0
    lost_line: int = 0
    stray: int = 0
    waiting: deque[str] = field(default_factory=deque)
    line: int = 0

    def rows(self) -> Iterator[list[str]]:
        with self.path.open(encoding=self.encoding, errors="replace") as text:
            lines = _lines(text.readline, self.path)
            usual = 0
            while (line := self._next(lines)) is not None:
                cells = _simple(line, self.mark) if '"' not in line else self._quoted(line, lines, usual)
                usual = usual or len(cells)
                if self.line > self.skip:
                    yield [_AS_TEXT.sub(r"\1", cell) if cell[:2] == '="' else cell for cell in cells]

    def notes(self) -> Iterator[str]:
        """In words, what could not be read as it stands."""
        if self.lost:
            yield f"{self.lost} characters are in no known encoding and were lost, the first in line {self.lost_line}"
        if self.stray:
            yield f"line {self.stray} has a quotation mark that is not closed; it was read as a character"

    def _next(self, lines: Iterator[str]) -> str | None:
        line = self.waiting.popleft() if self.waiting else next(lines, None)
        if line is None:
            return None
        self.line += 1
        if "\ufffd" in line:
            self.lost += line.count("\ufffd")
            self.lost_line = self.lost_line or self.line
        return line

    def _quoted(self, line: str, lines: Iterator[str], usual: int) -> list[str]:
        """The cells of a line with quotation marks; further lines belong to it where a quoted cell goes on."""
        cells, opened = split(line, self.mark)
        if opened is None:
            return cells
        whole = self._closed(line, opened, lines)
        if whole is None:
            self.stray = self.stray or self.line
            return cells
        count = whole.count("\n")
        literal = [split(part, self.mark)[0] for part in whole.split("\n")]
        if usual > 1 and all(len(part) == usual for part in literal):
            self.stray = self.stray or self.line
            return cells
        for _ in range(count):
            self._next(lines)
        joined, again = split(whole, self.mark)
        if again is not None:
            self.stray = self.stray or self.line
        return joined

    def _closed(self, line: str, opened: int, lines: Iterator[str]) -> str | None:
        """The line with those behind it up to the end of the quoted cell that begins at `opened`; None without an end."""
        parts = [line]
        end = _close(line, opened + 1, self.mark)
        while end is None and len(parts) <= MAX_LINES:
            more = self._peek(len(parts) - 1, lines)
            if more is None:
                return None
            parts.append(more)
            end = _close(more, 0, self.mark)
        return "\n".join(parts) if end else None

    def _peek(self, number: int, lines: Iterator[str]) -> str | None:
        while len(self.waiting) <= number:
            line = next(lines, None)
            if line is None:
                return None
            self.waiting.append(line)
        return self.waiting[number]


def opened(path: Path) -> Separated:
    """A file of text, its encoding and mark found from all and from the beginning of it.

    Raises:
        UnreadableSource: a line longer than `MAX_LINE`.
    """

    def parts() -> Iterator[bytes]:
        with path.open("rb") as file:
            yield from iter(partial(file.read, CHUNK), b"")

    encoding = charset.encoding_of_all(parts)
    encoding = "utf-8-sig" if encoding == "utf-8" else "euc_jis_2004" if encoding == "euc_jp" else encoding
    with path.open(encoding=encoding, errors="replace") as text:
        lines = _lines(text.readline, path)
        sample = [line for line, _ in zip(lines, range(LOOKED_AT), strict=False)]
    named = re.fullmatch(r'"?sep=(.)"?', sample[0].strip()) if sample else None
    return Separated(path, encoding, named[1] if named else delimiter(sample), skip=1 if named else 0)


def delimiter(lines: Iterable[str]) -> str:
    """The character that cuts lines most evenly, and into most cells."""
    filled = [line for line in lines if line.strip()]

    def evenness(mark: str) -> tuple[float, int]:
        widths = [len(split(line, mark)[0]) for line in filled]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(DELIMITERS, key=evenness)


def split(line: str, mark: str) -> tuple[list[str], int | None]:
    """The cells of a line, and where a quoted cell begins that is not closed in it; its text is then taken as it stands."""
    if '"' not in line:
        return _simple(line, mark), None
    cells: list[str] = []
    at, stray = 0, None
    pattern = _cell(mark)
    while True:
        match = pattern.match(line, at)
        assert match is not None
        quoted = match["quoted"]
        cells.append(match["bare"] if quoted is None else quoted.replace('""', '"'))
        if quoted is None and stray is None and match["bare"].lstrip(" ").startswith('"'):
            begin = match.start() + match["bare"].index('"')
            stray = begin if not _broken(line, begin, mark) else None
        if match.end() >= len(line):
            return cells, stray
        at = match.end() + 1


def _broken(line: str, begin: int, mark: str) -> bool:
    """Whether a quotation mark inside ends the quoted cell in a place where none may end: then it never was one."""
    return _INNER.search(line, begin + 1) is not None


_INNER = re.compile(r'(?<!")(?:"")*"(?!")')


@cache
def _cell(mark: str) -> re.Pattern[str]:
    m = re.escape(mark)
    return re.compile(rf' *"(?P<quoted>(?:[^"]|"")*)" *(?={m}|$)|(?P<bare>[^{m}]*)')


def _simple(line: str, mark: str) -> list[str]:
    return line.split(mark)


def _close(line: str, start: int, mark: str) -> int | None:
    """Where the quoted cell ends in a line: after its mark, 0 if the first single one stands where no cell can end,
    None if there is none in this line."""
    match = _INNER.search(line, start)
    if match is None:
        return None
    after = line[match.end() :].lstrip(" ")
    return match.end() if not after or after.startswith(mark) else 0


def _lines(readline: Callable[[int], str], path: Path) -> Iterator[str]:
    while line := readline(MAX_LINE):
        if len(line) >= MAX_LINE:
            raise UnreadableSource(path, f"a line has more than {MAX_LINE:,} characters")
        yield line.rstrip("\n")
