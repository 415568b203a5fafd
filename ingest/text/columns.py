"""A table or record as typed columns: what questions are computed from.

A reader yields one `Columns` for each table draft and each record, after the drafts of its rows. Row `i` of it is told
by the `row` draft of that table whose `facts["row"]` is `i`; a row of totals has no `facts["row"]` and is not in here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

ColumnType = Literal["number", "date", "datetime", "boolean", "text"]
Value: TypeAlias = float | int | dt.date | dt.datetime | bool | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column, one value a row.

    Attributes:
        name: as the row drafts of the table call it; unique within the table.
        type: what every value is; a number is a float or an int.
        values: None where nothing stands or nothing of this type could be read. A `datetime` is the clock on the wall
            and has a `tzinfo` exactly where its offset is written.
        unit: in the form of `cells.same_unit` ("JPY", "°C"); empty without one. A percent is 35, not 0.35.
        unread: cells that hold something else than the type says; their values are None.
        hidden: whether the sheet hides this column.
    """

    name: str
    type: ColumnType
    values: Sequence[Value]
    unit: str = ""
    unread: int = 0
    hidden: bool = False

    @property
    def missing(self) -> int:
        """How many rows have no value."""
        return sum(value is None for value in self.values)


@dataclass(frozen=True, slots=True)
class Columns:
    """A table, or a record of figures over time, row by row in the order of the source.

    Attributes:
        key: that of its `table` draft (`Draft.key`); of a record, "record".
        name: what people call it: caption, sheet or file.
        columns: in order; all have as many values as `rows` has numbers.
        rows: where each row stands in the source, counted from 1.
        sheet: the sheet it stands on; empty in a file without sheets.
        time: of a record, the name of the column that tells the time; empty for a table.
        hidden: numbers of `rows` that are not shown (filtered out, hidden by hand, on a hidden sheet).
        left_out: in words, what belongs to the table and is not in here; empty when it is whole.
    """

    key: str
    name: str
    columns: tuple[Column, ...]
    rows: Sequence[int]
    sheet: str = ""
    time: str = ""
    hidden: frozenset[int] = frozenset()
    left_out: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every row and every value of it is here and was read: only then its sums are the table's."""
        return not self.left_out and not any(column.unread for column in self.columns)
