"""Full-width, half-width and compatibility characters folded to one form, with every offset kept.

`ＴＥＬ：０３－１２３４` and `TEL:03-1234` fold to the same string, and a match in the folded string points back at the characters
a reader sees in the original one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_CLUSTER = re.compile("(?s).[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")  # a character and the marks that sit on it
_DASH = re.compile("(?<=[0-9])[\u2010-\u2015\u2212\u30fc\u301c\uff70](?=[0-9])")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` folded; `starts[i]` and `ends[i]` bound, in the original, what became character `i`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The bounds in the original text of `text[start:end]`, which must not be empty."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """NFKC by cluster, and the many dashes between digits as `-`; circled and raised digits stay what they are."""
    if unicodedata.is_normalized("NFKC", text):
        return Folded(_DASH.sub("-", text), range(len(text)), range(1, len(text) + 1))
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        piece = cluster if unicodedata.category(cluster[0]) == "No" else unicodedata.normalize("NFKC", cluster)
        pieces.append(piece)
        starts.extend([match.start()] * len(piece))
        ends.extend([match.end()] * len(piece))
    return Folded(_DASH.sub("-", "".join(pieces)), starts, ends)
