"""Text to passages that respect paragraphs and sentences.

A passage is a range of characters of the text it was cut from, so the place of every word is exact. Lengths are counted
in tokens of the encoder (`pieces`), which reads 512 at most. A sentence that is itself too long is cut at its lines, else
its clauses, else its words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import pieces as encoder

TARGET = 160
"""Tokens a passage should have."""
MOST = 240
"""Tokens a passage has at most, its title included."""
LETTERS = 8
"""Characters that count as one token at least: an unbroken string may be a single unknown token, however long."""
PIECE = TARGET // 2
"""Tokens of the pieces a sentence that is too long is cut into."""
WINDOW = 100_000
"""Characters looked at together."""

_TERMINAL = r"[.!?][\"'”’)\]]*(?=\s)|[。！？．][」』）”’)\]]*|[…:;](?=\n)"
_ITEM = r"(?:[-*+•・◦●○■□▪※★]\s*|\(?\d{1,3}[.)]\s|[①-⑳]|[（(][\d一二三四五六七八九十]+[）)]|#{1,6} )"
_BREAK = re.compile(
    rf"(?P<paragraph>(?<![ \t])[ \t]*\n\s*\n\s*|(?<![ \t])[ \t]*\n(?=[ \t]*{_ITEM}))|(?P<sentence>(?:{_TERMINAL})\s*)"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Inc|Ltd|Co|Corp|No|Nos|Fig|Figs|Eq|Sec|Vol|pp|p|vs|cf|approx|max|min|ca|al|e\.g|i\.e|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|U\.S|a\.m|p\.m|dept|est|tel|ext)\.$"
)
_BLANK = re.compile(r"\s+")
_SEPARATORS = ["\n", "; ", "；", "、", ", ", "，", " "]


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open range of characters of one passage."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, or what is left of one: it is never cut. `closes` says that a paragraph ends with it."""

    start: int
    end: int
    cost: int
    closes: bool


def passages(text: str, *, taken: int = 0) -> Iterator[Span]:
    """Cuts a text into passages of about `TARGET` tokens, even in length, rather between paragraphs than inside.

    Every character that is not white space lies in exactly one passage, and they come in order.

    Args:
        text: any text; line breaks inside a paragraph are only white space.
        taken: tokens of the title that will be read with each passage.
    """
    room = max(MOST - taken, TARGET // 2)
    for start, end in _windows(text):
        units = list(_units(text, start, end, room))
        for first, after in _pack(units, room):
            yield Span(units[first].start, units[after - 1].end)


def sentences(text: str) -> Iterator[Span]:
    """The sentences of a text, however long; every character that is not white space lies in exactly one."""
    return (Span(start, end) for start, end, _ in _sentences(text))


def tokens(text: str) -> int:
    """How many tokens the default encoder makes of a text, never less than one per `LETTERS` characters."""
    return max(pieces(text), -(-len(text) // LETTERS))


def pieces(word: str) -> int:
    """How many pieces the default encoder breaks a word into; frequent words are one."""
    return len(encoder.ids([word])[0])


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of at most `WINDOW` characters that end with a paragraph, a line or at least a word where possible."""
    start = 0
    while len(text) - start > WINDOW:
        last = start + WINDOW
        cuts = (text.rfind(mark, start + WINDOW // 2, last) + len(mark) for mark in ("\n\n", "\n", "。", " "))
        end = next((cut for cut in cuts if cut > start + WINDOW // 2), last)
        yield start, end
        start = end
    yield start, len(text)


def _units(text: str, start: int, end: int, room: int) -> Iterator[Unit]:
    """The sentences of a range without the white space around them; those longer than `room` in pieces."""
    part = text[start:end]
    begins = encoder.begins(part)
    for left, right, closes in _sentences(part):
        cost = _cost(begins, left, right)
        if cost <= room:
            yield Unit(start + left, start + right, cost, closes)
            continue
        for piece_left, piece_right, piece_cost in _pieces(part, left, right, begins):
            yield Unit(start + piece_left, start + piece_right, piece_cost, closes and piece_right == right)


def _sentences(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start, end and whether a paragraph closes, for every sentence; blank ones are left out."""
    left = 0
    for match in _BREAK.finditer(text):
        if match["sentence"] is not None and _ABBREVIATION.search(
            text, max(left, match.start() - 8), match.start() + 1
        ):
            continue
        closes = match["paragraph"] is not None or text.count("\n", match.start(), match.end()) > 1
        yield from _stripped(text, left, match.end(), closes)
        left = match.end()
    yield from _stripped(text, left, len(text), True)


def _stripped(text: str, left: int, right: int, closes: bool) -> Iterator[tuple[int, int, bool]]:
    body = text[left:right]
    if body.strip():
        yield left + len(body) - len(body.lstrip()), left + len(body.rstrip()), closes


def _pieces(text: str, left: int, right: int, begins: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """A sentence that is too long, cut at lines, commas or words; what has none of these, where its piece is full.

    Each piece is found from the places where tokens begin, so that nothing is looked at more than twice.
    """
    while left < right:
        blank = _BLANK.match(text, left, right)
        left = blank.end() if blank else left
        if _cost(begins, left, right) <= TARGET:
            end = right
        else:
            full = min(right, left + PIECE * LETTERS, _place(begins, bisect_left(begins, left) + PIECE, right))
            end = _cut(text, left, max(full, left + 1))
        body = text[left:end].rstrip()
        if body:
            yield left, left + len(body), _cost(begins, left, left + len(body))
        left = end


def _place(begins: Sequence[int], token: int, end: int) -> int:
    """Where a token begins; the end of the text behind the last."""
    return begins[token] if token < len(begins) else end


def _cost(begins: Sequence[int], left: int, right: int) -> int:
    """Tokens of a range, never less than one per `LETTERS` characters."""
    return max(bisect_left(begins, right) - bisect_left(begins, left), -(-(right - left) // LETTERS))


def _cut(text: str, left: int, full: int) -> int:
    """The end of a piece that is full at a place: behind the last of the best separators in its second half, if any."""
    for mark in _SEPARATORS:
        found = text.rfind(mark, (left + full) // 2, full)
        if found >= 0:
            return found + len(mark)
    return full


def _pack(units: Sequence[Unit], room: int) -> Iterator[tuple[int, int]]:
    """Groups units into passages: the grouping with the least total penalty, found by dynamic programming.

    The penalty of a passage is how far it is from the even share, squared, and a little for ending inside a paragraph.
    """
    total = sum(unit.cost for unit in units)
    share = total / max(1, round(total / TARGET)) if total > min(room, TARGET + TARGET // 4) else total
    best: list[tuple[float, int]] = [(0.0, 0)]
    for after in range(1, len(units) + 1):
        cost, options = 0, []
        for first in range(after - 1, -1, -1):
            cost += units[first].cost
            if cost > room and first < after - 1:
                break
            penalty = ((cost - share) / TARGET) ** 2 + (0.0 if units[after - 1].closes else 0.15)
            options.append((best[first][0] + penalty, first))
        best.append(min(options))
    cuts = [len(units)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    return pairwise(cuts)
