"""What an answer has to say about its way, in plain English; the interface has the same in other languages (`told`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

UNMARKED = "the model named no source"
SILENT = "a sentence names no source"
ELSEWHERE = "the source speaks of something else"
MISSING = "not in the source: {}"
PART = "a part of a record or of a table does not tell the whole"
SUMMARY = "what a column holds in all tells nothing of its rows"
REPEATS = "a sentence says no more than the question"
ASKS = "a sentence asks instead of answering"
FOREIGN = "a sentence is in another language than the question"
LEFT = "a sentence was left out that its source does not carry"
UNSURE = "the model was not sure enough ({})"
FREE = "the model answered without sources"
HERE = "answered on this machine: {}"
DISAGREED = "a second query came to something else"
COMPUTED = "computed from {} rows: {}"
VERSIONS = "two versions say different things, the newer first: {}"
FULL = "the context window is full"
STEP = "asked on the way: {}"
BOTH = "the figures were computed from rows, the other sentences read and checked against their sources"

NOTES = (
    UNMARKED, SILENT, ELSEWHERE, MISSING, PART, SUMMARY, REPEATS, ASKS, FOREIGN, LEFT, UNSURE, FREE, HERE, DISAGREED,
    COMPUTED, VERSIONS, FULL, STEP, BOTH,
)  # fmt: skip
"""Every one there is."""

_COUNTED = re.compile(COMPUTED.replace("{}", "(\\d+)", 1).replace("{}", ".*"), re.DOTALL)


def counted(notes: Iterable[str]) -> int:
    """How many rows the figures of an answer rest on, by its notes; 0 where nothing was computed."""
    return sum(int(found[1]) for note in notes if (found := _COUNTED.fullmatch(note)))
