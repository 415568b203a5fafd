"""What was computed, in a short answer of the question's language: the figures as the query gave them, rounded only
where a mean or a sum has more digits than its rows, with units, and with a note where the rows are not all there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from ingest.text.rows import Column

from .computer import Computed
from .query import AGGREGATES, Tree, walk

LISTED = 20
"""Most rows of a result that are told."""

_WORDS = {
    "count_star": ("count", "件数"), "count": ("number of different {}", "{}の種類の数"),
    "sum": ("total {}", "{}の合計"),
    "avg": ("mean {}", "{}の平均"), "median": ("median {}", "{}の中央値"), "min": ("lowest {}", "{}の最小"),
    "max": ("highest {}", "{}の最大"), "month": ("month", "月"), "year": ("year", "年"), "day": ("day", "日"),
    "hour": ("hour", "時"), "date": ("day", "日付"), "-": ("difference", "差"),
}  # fmt: skip
_NOTES = {
    "tied": ("Several share this place.", "同じ値のものが複数あります。"),
    "part": ("Not all of the table is in the memory: {}.", "この表は全部が記憶にあるわけではありません（{}）。"),
    "unread": (
        "Cells that could not be read were left out: {}.",
        "読み取れなかったセル {} 個は含まれていません。",
    ),
    "more": ("and {} more", "ほか {} 件"),
}  # fmt: skip


def tell(computed: Computed, japanese: bool) -> str:
    """The answer as a person reads it: one line of names and values, or one line for each row."""
    labels = [_label(item, japanese) for item in computed.query.body["select_list"]]
    lines = [_line(computed, row, labels, japanese) for row in computed.values[:LISTED]]
    more = len(computed.values) - LISTED
    if more > 0:
        lines.append(_NOTES["more"][japanese].format(more))
    text = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    return "\n".join([text, *notes(computed, japanese)])


def notes(computed: Computed, japanese: bool) -> Iterator[str]:
    """What a reader must know beside the figures."""
    if computed.tied:
        yield _NOTES["tied"][japanese]
    if computed.left_out:
        yield _NOTES["part"][japanese].format("; ".join(computed.left_out))
    if computed.unread:
        yield _NOTES["unread"][japanese].format(computed.unread)


def _line(computed: Computed, row: tuple[Any, ...], labels: list[str], japanese: bool) -> str:
    items = computed.query.body["select_list"]
    said = [value_said(value, item, computed, japanese) for value, item in zip(row, items, strict=True)]
    return ("、" if japanese else "; ").join(f"{label}: {value}" for label, value in zip(labels, said, strict=True))


def value_said(value: Any, item: Tree, computed: Computed, japanese: bool = False) -> str:
    """One value with its unit; a mean or sum has two decimals, or three telling digits when it is small."""
    if value is None:
        return "–"
    if isinstance(value, dt.date):
        return _moment(value, japanese)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    functions = {str(node.get("function_name")) for node in walk(item)}
    column = _column(item, computed)
    if functions & {"month", "year", "day", "hour"} or column is None or functions & {"count", "count_star"}:
        return f"{value:g}" if functions & {"year"} else f"{value:,.10g}"
    return f"{_figure(float(value), column, bool(functions & AGGREGATES - {'min', 'max'}))} {column.unit}".rstrip()


def _moment(value: dt.date, japanese: bool) -> str:
    """A day, with the time of day where there is one."""
    day = f"{value.year}年{value.month}月{value.day}日" if japanese else value.strftime("%Y-%m-%d")
    time = value.strftime("%H:%M") if isinstance(value, dt.datetime) else "00:00"
    return day if time == "00:00" else f"{day} {time}"


def _figure(value: float, column: Column, made: bool) -> str:
    if made and value != int(value):
        value = round(value, 2) if abs(value) >= 1 else float(f"{value:.3g}")
    named_year = re.search(r"year|年", column.name, re.IGNORECASE) and 1000 <= value <= 2999
    return f"{value:.15g}" if named_year else f"{value:,.15g}"


def _column(item: Tree, computed: Computed) -> Column | None:
    """The first column that a value is made of."""
    names = [str(node["column_names"][-1]).casefold() for node in walk(item) if node.get("class") == "COLUMN_REF"]
    columns = [column for one in computed.shown for column in one.table.columns]
    return next((column for name in names for column in columns if column.name.casefold() == name), None)


def _label(item: Tree, japanese: bool) -> str:
    """What a value is called: its column, or what was made of it."""
    if item.get("class") == "COLUMN_REF":
        return str(item["column_names"][-1])
    function = next((str(n["function_name"]) for n in walk(item) if n.get("function_name") in _WORDS), "")
    column = next((str(n["column_names"][-1]) for n in walk(item) if n.get("class") == "COLUMN_REF"), "")
    return _WORDS[function][japanese].format(column) if function else column or "–"
