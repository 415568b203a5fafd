"""What a column of a table holds, told from its cells as they come in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ingest.text.cells import Cell, shown

DISTINCT_KEPT = 200
"""Distinct values counted per column; the text shows the most frequent few."""


@dataclass(slots=True)
class Tally:
    """What a column holds, gathered one cell at a time in constant memory."""

    types: Counter[str] = field(default_factory=Counter)
    units: set[str] = field(default_factory=set)
    distinct: Counter[str] = field(default_factory=Counter)
    low: dict[str, Any] = field(default_factory=dict)
    high: dict[str, Any] = field(default_factory=dict)
    total: float | int = 0
    odd: str = ""
    """The first text, to be named where the others are figures."""

    def add(self, item: Cell) -> None:
        self.types[item.type] += 1
        if item.value is None:
            return
        label = f"{shown(item.value)} {item.unit}" if item.unit else shown(item.value)
        if label in self.distinct or len(self.distinct) < DISTINCT_KEPT:
            self.distinct[label] += 1
        self.low[item.type] = min(self.low.get(item.type, item.value), item.value)
        self.high[item.type] = max(self.high.get(item.type, item.value), item.value)
        if item.type == "number" and isinstance(item.value, (int, float)):
            self.total += item.value
            self.units.add(item.unit)
        elif item.type == "text" and not self.odd:
            self.odd = label

    @property
    def filled(self) -> int:
        return self.types.total() - self.types["empty"]

    @property
    def type(self) -> str:
        """The type of at least nine in ten of its cells; text without one, or when its numbers differ in unit."""
        kind = max((k for k in self.types if k != "empty"), key=lambda k: self.types[k], default="text")
        mixed = kind == "number" and len(self.units - {""}) > 1
        return kind if self.types[kind] >= 0.9 * self.filled and not mixed else "text"
