"""Charts in DOCX and PPTX as the tables they were drawn from (DrawingML, ECMA-376 part 1, 21.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ingest.space.entity import Locator

from . import Note
from .flow import Table
from .formats import figure
from .package import DRAWING

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CACHES = tuple(C + name for name in ("numCache", "numLit", "strCache", "strLit"))
_UNITS = {
    "hundreds": 1e2, "thousands": 1e3, "tenThousands": 1e4, "hundredThousands": 1e5, "millions": 1e6,
    "tenMillions": 1e7, "hundredMillions": 1e8, "billions": 1e9, "trillions": 1e12,
}  # fmt: skip
"""What an axis may show its figures in."""
MAX_POINTS = 100_000
"""Points of a chart that are looked at."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis says of its figures: its title, what they are divided by, the format that it shows them in."""

    title: str = ""
    scale: float = 1.0
    pattern: str = ""


def charts(element: Any, part: Any, place: Locator) -> Iterator[Table | Note]:
    """The charts at or below an element, each as one table or more."""
    for found in element.iter(C + "chart"):
        relation = part.rels.get(found.get(_ID))
        if relation is not None and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            tables = list(_tables(etree.fromstring(relation.target_part.blob, parser), place))
            yield from tables
            if not tables:
                yield Note("a chart holds no figures")


def _tables(space: Any, place: Locator) -> Iterator[Table]:
    """A table for the series that are drawn in one way; one for each series of points."""
    whole = space.find(C + "chart")
    area = whole.find(C + "plotArea") if whole is not None else None
    if area is None:
        return
    late = space.find(C + "date1904")
    epoch = late is not None and late.get("val", "1") not in ("0", "false")
    axes = {
        _value(one, "axId"): _axis(one) for one in area if one.find(C + "axId") is not None and one.tag.endswith("Ax")
    }
    for plot in area:
        series = plot.findall(C + "ser")
        across, up = _axes_of(plot, axes)
        points = [one for one in series if one.find(C + "yVal") is not None]
        tables = [_points(one, across, up, epoch) for one in points] if points else [_lines(series, across, up, epoch)]
        yield from (Table(rows, place, _title(whole)) for rows in tables if len(rows) > 1)


def _axes_of(plot: Any, axes: Mapping[str, Axis]) -> tuple[Axis, Axis]:
    """The axis of the categories and that of the values; the second says nothing where it shows shares of the whole."""
    across, up, *_ = [*(axes.get(one.get("val", ""), Axis()) for one in plot.findall(C + "axId")), Axis(), Axis()]
    return across, Axis() if _value(plot, "grouping") == "percentStacked" else up


def _axis(element: Any) -> Axis:
    title, shown, units = _title(element), element.find(C + "numFmt"), element.find(C + "dispUnits")
    scale = 1.0
    if title and units is not None:
        own = _value(units, "custUnit")
        scale = float(own) if own else _UNITS.get(_value(units, "builtInUnit"), 1.0)
    return Axis(title, scale or 1.0, shown.get("formatCode", "") if shown is not None else "")


def _title(element: Any) -> str:
    """The words of a title, those written there or those of a cell."""
    found = element.find(f"{C}title/{C}tx")
    lines = found.iter(DRAWING + "p", C + "v") if found is not None else ()
    return " ".join(" ".join("".join(line.itertext()) for line in lines).split())


def _lines(series: Sequence[Any], across: Axis, up: Axis, epoch: bool) -> list[list[object]]:
    """The table of series over categories, the levels of a category each in a column."""
    levels = next((found for one in series if (found := _levels(one.find(C + "cat"), across, epoch))), [])
    values = [_figures(one.find(C + "val"), up, epoch) for one in series]
    count = min(max((max(one, default=-1) + 1 for one in (*levels, *values)), default=0), MAX_POINTS)
    groups = [f"group {number}" if len(levels) > 2 else "group" for number in range(1, len(levels))]
    header = [*groups, across.title or "category"]
    rows = [
        [*(level.get(at) for level in levels or [{at: at + 1}]), *(one.get(at) for one in values)]
        for at in range(count)
    ]
    return [[*header, *(_called(_name(one), up.title) for one in series)], *rows]


def _points(series: Any, across: Axis, up: Axis, epoch: bool) -> list[list[object]]:
    """The table of one series of points, with their sizes where they have some."""
    found = [
        _figures(series.find(C + name), axis, epoch)
        for name, axis in (("xVal", across), ("yVal", up), ("bubbleSize", Axis()))
    ]
    xs, ys, sizes = found
    header: list[object] = [across.title or "x", _called(_name(series) or "y", up.title), *["size"] * bool(sizes)]
    numbers = sorted({*xs, *ys})[:MAX_POINTS]
    return [header, *([xs.get(at) if xs else at + 1, ys.get(at), *[sizes.get(at)] * bool(sizes)] for at in numbers)]


def _called(name: str, title: str) -> str:
    """What a column of figures is called: its series and the title of its axis, which says the unit."""
    if not name or not title or title == name:
        return name or title or "value"
    return f"{name} {title}" if title.endswith((")", "）", "]", "］")) else f"{name} ({title})"


def _name(series: Any) -> str:
    found = series.find(C + "tx")
    return " ".join(one.text or "" for one in found.iter(C + "v")).strip() if found is not None else ""


def _levels(element: Any, axis: Axis, epoch: bool) -> list[dict[int, object]]:
    """The categories, the outermost level first; a name of an outer level holds until the next one."""
    if element is None:
        return []
    levels = [_texts(one) for one in element.iter(C + "lvl")]
    if not levels:
        return [found] if (found := _figures(element, axis, epoch)) else []
    count = min(max((max(one, default=0) + 1 for one in levels), default=0), MAX_POINTS)
    return [levels[0] if level is levels[0] else _held(level, count) for level in reversed(levels)]


def _texts(element: Any) -> dict[int, object]:
    return {_index(one): one.findtext(C + "v") or "" for one in element.iterchildren(C + "pt")}


def _held(level: Mapping[int, object], count: int) -> dict[int, object]:
    held: dict[int, object] = {}
    for at in range(count):
        held[at] = level.get(at, held.get(at - 1))
    return held


def _figures(element: Any, axis: Axis, epoch: bool) -> dict[int, object]:
    """What is kept of the cells that a series was drawn from, by the number of the point."""
    cache = next(element.iter(*_CACHES), None) if element is not None else None
    if cache is None:
        return {}
    if cache.tag in (C + "strCache", C + "strLit"):
        return _texts(cache)
    usual = cache.findtext(C + "formatCode") or "General"
    usual = axis.pattern or usual if usual == "General" else usual
    points = (
        (_index(one), one.findtext(C + "v") or "", one.get("formatCode", usual)) for one in cache.iterchildren(C + "pt")
    )
    return {at: _figure(text, pattern, axis.scale, epoch) for at, text, pattern in points}


def _figure(text: str, pattern: str, scale: float, epoch: bool) -> object:
    """A figure with the unit that its format shows, or the day or time that it stands for; other words as they are."""
    from openpyxl.styles.numbers import is_date_format
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        number = float(text)
        if is_date_format(pattern):
            moment = from_excel(number, MAC_EPOCH if epoch else WINDOWS_EPOCH)
            return moment.date() if isinstance(moment, dt.datetime) and number == int(number) else moment
    except (ValueError, OverflowError):
        return text or None
    number = float(f"{number / scale:.15g}")
    return figure(int(number) if number.is_integer() else number, pattern)


def _index(point: Any) -> int:
    number = point.get("idx", "")
    return int(number) if number.isdecimal() else 0


def _value(element: Any, name: str) -> str:
    found = element.find(C + name)
    return str(found.get("val", "")) if found is not None else ""
