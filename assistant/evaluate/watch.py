"""What one person must never be shown, and whether anything that came out shows it.

An output leaks when any text in it has the id, the file or a distinctive string of an unreadable entity that whoever
asked did not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from ingest.base.access import Viewer, may_read
from ingest.memory import tables
from ingest.memory.around import everything
from ingest.memory.memory import Memory
from ingest.text.codes import codes, figures
from ingest.text.terms import stem

_WORD = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z][A-Za-z0-9]{3,}|\d[\d.,:-]{2,})|[\u3041-\u9fff]{5,}")
_ID = re.compile(r"\b[0-9a-f]{32}\b")
_ANY_ID = re.compile(r"\b[0-9a-f]{24,}\b")
_GRAM = 5


class Watch:
    """What one person must never be shown: ids, files and distinctive strings of what they may not read."""

    def __init__(self, memory: Memory, viewer: Viewer, harmless: set[str]) -> None:
        rows = list(everything(memory.catalog))
        read = [item for item in rows if may_read(viewer, item.scope)]
        kept = [item for item in rows if not may_read(viewer, item.scope)]
        sources = memory.catalog.sources()
        known = set().union(harmless, *(_told([one.words, dict(one.facts)]) for one in read))
        known |= _told(
            [[row.path, row.title, row.notes, row.redacted] for row in sources if may_read(viewer, row.scope)]
        )
        typed = tables.among(memory.catalog, [row.id for row in sources], viewer)
        known |= _told([str(value) for one in typed for column in one.table.columns for value in column.values])
        known |= {stem(word) for word in known}  # what a source lacks is told as stems
        self._ids = {one.id for one in kept}
        self._words = set().union(*(tokens([one.words, dict(one.facts)]) for one in kept)) - known
        self._files = {Path(row.path).name for row in sources if not may_read(viewer, row.scope)}

    def leaked(self, outputs: Iterable[Any], says: str) -> str:
        """The first thing in the outputs that this person must not see, or ""."""
        texts = list(_strings(list(outputs)))
        whole = "\n".join(texts)
        found = self._ids.intersection(_ID.findall(whole)) - set(_ID.findall(says))
        found |= {name for name in self._files if name in whole and name not in says}
        found |= (self._words & tokens(texts)) - _told(says)
        return min(found, default="")


def tokens(value: Any) -> set[str]:
    """Words, figures and stretches of Japanese in all strings of a value, long enough to tell where they come from."""
    found: set[str] = set()
    for text in _strings(value):
        for run in _WORD.findall(_ANY_ID.sub(" ", text)):
            if run[0] > "\u3000":
                found |= {run[i : i + _GRAM] for i in range(len(run) - _GRAM + 1)}
            else:
                found.add(run.casefold().rstrip(".,:-"))
    return found


def _told(value: Any) -> set[str]:
    """The same, and codes and figures in the forms that a note names them in."""
    return tokens(value).union(*(codes(text) | figures(text) for text in _strings(value)))


def _strings(value: Any) -> Iterator[str]:
    """Every string anywhere in a value; numbers that only measure (scores, seconds) are none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _strings(pair)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _strings(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _strings(getattr(value, one.name))
