"""What may be printed: text in which nothing acts on a terminal, a report or the order of what is read.

Names, paths, questions and documents are written by others. An escape sequence in them could move the cursor over what
stands there, a line break begin a line of its own, a direction mark turn around what follows.
"""

from __future__ import annotations

import re
from io import TextIOBase
from typing import TextIO

_ACTS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)
"""Control characters other than tab and line feed, direction marks, separators of lines, halves of characters, tags."""
_ACTS_IN_LINE = re.compile(_ACTS.pattern + r"|[\t\n]")
_MARKDOWN = re.compile(r"[\\`|<>\[\]&]")


def text(value: object) -> str:
    """Several lines in which nothing acts; what would is shown as its code, `\\u001b`, which JSON reads back."""
    return _ACTS.sub(_code, str(value))


def line(value: object) -> str:
    """The same on one line."""
    return _ACTS_IN_LINE.sub(_code, str(value))


def cell(value: object) -> str:
    """The same as a cell of a Markdown table, in which it is no markup either."""
    return _MARKDOWN.sub(r"\\\g<0>", line(value))


def _code(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0xFFFF:  # as JSON writes it: a pair
        return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"


class Plain(TextIOBase):
    """A terminal or file to which only text goes in which nothing acts."""

    def __init__(self, out: TextIO) -> None:
        self.raw = out

    def write(self, value: str) -> int:
        self.raw.write(text(value))
        return len(value)

    def flush(self) -> None:
        self.raw.flush()

    def isatty(self) -> bool:
        return self.raw.isatty()

    def fileno(self) -> int:
        return self.raw.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.raw.encoding
