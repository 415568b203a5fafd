"""Two versions of one document that say the same with other figures: both are told, the newer file first.

Files are versions of one when they are called the same but for figures. What they say differs when a sentence has the same
words and the same part numbers in both, and other figures or dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.answer.cite import Citation
from assistant.answer.notes import VERSIONS
from assistant.answer.retold import retold
from assistant.answer.wording import language
from ingest.memory.catalog import SourceRow
from ingest.space.entity import Entity
from ingest.text.codes import codes, figures
from ingest.text.paths import same, telling
from ingest.text.split import sentences
from ingest.text.terms import terms

LEAST = 3
"""Words that two sentences have in common at least, to be the same but for their figures."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an entity of a kind: its words and part numbers, and its figures."""

    text: str
    kind: str
    words: frozenset[str]
    figures: frozenset[str]


def told(
    citations: Sequence[Citation], found: Iterable[Entity], source: Callable[[str], SourceRow | None], question: str
) -> list[str]:
    """In words, where another version of what is cited says something else.

    Args:
        found: what the answer was made from; nothing else is looked at.
        source: a source by its id.
        question: in its language is told what a reader said of a thing.
    """
    others = [(one.source, said) for one in found for said in _said(one.text, one.kind)]
    notes: dict[str, None] = {}
    for citation in citations:
        for mine in _said(citation.quote, citation.kind):
            for other, said in others:
                differs = said.words == mine.words and said.figures != mine.figures
                rows = (source(citation.source_id), source(other)) if differs and other != citation.source_id else None
                if rows and rows[0] and rows[1] and _versions(rows[0], rows[1]):
                    notes[_note([(rows[0], mine), (rows[1], said)], language(question))] = None
    return list(notes)


def _said(text: str, kind: str) -> Iterator[Said]:
    for span in sentences(text):
        said = " ".join(text[span.start : span.end].split())
        words = frozenset(one for one in terms(said) if not any(map(str.isdigit, one)))
        if len(words) >= LEAST:
            yield Said(said, kind, words | codes(said), frozenset(figures(said)))


def _versions(one: SourceRow, other: SourceRow) -> bool:
    return _called(one.path) == _called(other.path)


def _called(path: str) -> str:
    """The name of a file without figures and what stands between words."""
    return "".join(letter for letter in same(Path(path).stem).casefold() if letter.isalpha())


def _note(said: Sequence[tuple[SourceRow, Said]], language: str) -> str:
    names = telling(row.path for row, _ in said)
    newest = sorted(said, key=lambda one: _changed(one[0]), reverse=True)
    texts = [retold(one.text, one.kind, language) for _, one in newest]
    parts = [
        f"{names[row.path]} ({_changed(row)[:10]}): “{text}”" for (row, _), text in zip(newest, texts, strict=True)
    ]
    return VERSIONS.format("; ".join(parts))


def _changed(row: SourceRow) -> str:
    """When a file was changed, or read where it is gone; ISO 8601."""
    try:
        return dt.datetime.fromtimestamp(Path(row.path).stat().st_mtime).isoformat(timespec="seconds")
    except OSError:
        return row.added
