"""A table of measurements: printed for people, one JSON object for machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; `notes` say under what conditions they were measured and what may be compared."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        values = asdict(self)
        values["rows"] = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return values

    def __str__(self) -> str:
        body = [[_shown(cell) for cell in row] for row in self.rows]
        widths = [max(len(cell) for cell in column) for column in zip(self.columns, *body, strict=True)]
        numeric = [all(isinstance(row[i], int | float | None) for row in self.rows) for i in range(len(self.columns))]
        lines = [self.title, _line(self.columns, widths, numeric), "  ".join("-" * width for width in widths)]
        lines += [_line(row, widths, numeric) for row in body]
        return "\n".join([*lines, *self.notes])


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)).rstrip()
