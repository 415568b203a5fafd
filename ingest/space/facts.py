"""What is known of an entity beyond its words: numbers and labels to be kept exactly, as JSON. Which ones, its kind says.

Named here is what is read again; a reader may note more, and a memory made by an older version may hold less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

Facts = Mapping[str, object]


class PictureFacts(TypedDict, total=False):
    """Of a picture: its size in pixels, and the words that were read in it."""

    width: int
    height: int
    text: str


class LineFacts(TypedDict):
    """One line that was read in a picture, and how surely."""

    text: str
    box: Sequence[float]
    confidence: float


class WrittenFacts(TypedDict, total=False):
    """Of a line or passage that was read in a picture."""

    confidence: float
    lines: Sequence[LineFacts]


class ColumnFacts(TypedDict, total=False):
    """Of a column, in its own facts and in those of its table."""

    name: str
    type: str
    unit: str


class TableFacts(TypedDict, total=False):
    """Of a table: how many rows it has, and how many of them are entities."""

    table: str
    name: str
    rows: int
    rows_kept: int
    columns: Sequence[ColumnFacts]


class RowFacts(TypedDict, total=False):
    """Of a row: what its cells hold and in which unit, by column."""

    values: Mapping[str, object]
    units: Mapping[str, str]


class ConceptFacts(TypedDict, total=False):
    """Of a concept: its entry in the glossary."""

    name: str
    other_names: Sequence[str]
    definition: str
    relations: Sequence[Mapping[str, str]]
    owner: str
