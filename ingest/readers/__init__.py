"""Readers turn one source into drafts of entities. A reader knows one family of formats, and nothing of memory or access.

A reader is two methods. `accepts` looks at the sniffed media type and the first bytes, never at the file's name alone;
`read` yields drafts in reading order, parents before children, and notes for the person (what was left out, what is rough).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ingest.space.entity import Draft

from ..source import Source
from ..text.columns import Columns


@dataclass(frozen=True, slots=True)
class Note:
    """A remark about a source that is shown in the report and kept with it, e.g. "page 3 has no text"."""

    text: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file inside the file that is read: a source of its own, which another reader reads.

    Attributes:
        name: what it is called there; with "/" where it lies in a part.
        under: the headings that all it says stands under.
    """

    name: str
    data: bytes
    under: str


Item: TypeAlias = Draft | Note | Columns | Enclosed
"""What a reader yields. `Columns` are the typed rows of a table whose drafts came before."""


class Reader(Protocol):
    @property
    def name(self) -> str:
        """Short, for the report: "pdf"."""

    def accepts(self, source: Source) -> bool: ...

    def read(self, source: Source) -> Iterator[Item]:
        """Yields lazily, with bounded memory.

        Raises:
            UnreadableSource: the whole file cannot be read, in one clear line.
        """
