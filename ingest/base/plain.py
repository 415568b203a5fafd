"""What may be printed: text in which nothing acts on a terminal, a report or the order of what is read.

Names, paths, questions and documents are written by others. An escape sequence in them could move the cursor over what
stands there, a line break begin a line of its own, a direction mark turn around what follows.
"""

from __future__ import annotations

import re
from io import TextIOBase
from typing import TextIO

_ACTS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)
"""Control characters other than tab and line feed, direction marks, separators of lines, annotations, halves of
characters, tags."""
_EMOJI, _JOINING = r"\u20e3\u2190-\u2bff\ufe0f\U0001f000-\U0001faff", r"\u0600-\u109f\u1780-\u18ff"
_UNSEEN = (
    r"[\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u3164\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]"
    rf"|(?!(?<=[{_EMOJI}])\u200d[{_EMOJI}])(?!(?<=[{_JOINING}])[\u200c\u200d][{_JOINING}])[\u200c\u200d]"
    r"|(?<![\u1800-\u18af])[\u180b-\u180d\u180f]"
    r"|(?<=[A-Za-z\xc0-\u05ff\u3040-\u30ff])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
"""What is not seen and makes two names look alike. Joiners stay where they join (emoji; scripts of Asia whose letters
change by them), and so do the variants of ideographs and emoji."""
_ACTS_IN_LINE = re.compile(rf"{_ACTS.pattern}|[\t\n]|{_UNSEEN}")
_MARKDOWN = re.compile(r"[\\`|<>\[\]&]")


def text(value: object) -> str:
    """Several lines in which nothing acts; what would is shown as its code, `\\u001b`, which JSON reads back."""
    return _ACTS.sub(_code, str(value))


def line(value: object) -> str:
    """The same on one line, in which nothing is hidden either: no two that differ look alike by what is not seen."""
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
    """A terminal or file to which only text goes in which nothing acts; without `colours` it says that it is no terminal."""

    def __init__(self, out: TextIO, colours: bool = True) -> None:
        self.raw, self._colours = out, colours

    def write(self, value: str) -> int:
        self.raw.write(text(value))
        return len(value)

    def flush(self) -> None:
        self.raw.flush()

    def isatty(self) -> bool:
        return self._colours and self.raw.isatty()

    def fileno(self) -> int:
        return self.raw.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.raw.encoding
