"""Generated sheets and records with merged cells, gaps, formats of Japan and time offsets: every value is found again, in the
rows that can be cited and in those that are computed with, or the file is noted."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from ingest.memory.tables import packed, unpacked
from ingest.reading import Read
from ingest.text.rows import of

from .reading import read_file, table

Values = Sequence[Any]
FEW, MANY = settings(max_examples=12), settings(max_examples=170)
THOUSANDTHS = st.integers(-9_999, 9_999)
DAYS = st.dates(dt.date(2019, 5, 2), dt.date(2039, 1, 1))
NAMES = st.sampled_from(["ボルト M6", "nut", "ポンプ", "pump, large", '配管 3" 長'])


def same(read: object, known: object) -> bool:
    if isinstance(known, float) and isinstance(read, (int, float)):
        return abs(read - known) < 1e-9 * max(1.0, abs(known))
    return read == known


def check(found: Read, name: str, known: Values, unit: str = "") -> None:
    """The values of a column are there: typed, in the rows that are cited, and in the rows that the memory keeps."""
    read, column = next((made, one) for made in found.tables for one in made.columns if one.name == name)
    if any(f"column {name}: " in note for note in found.notes):
        return
    assert len(column.values) == len(known), (name, column.values, known, found.notes)
    assert all(map(same, column.values, known)), (name, column.values, known, found.notes)
    assert not unit or column.unit == unit, (name, column.unit, unit)
    kept = unpacked(packed(of(read)))
    values = next(one for one in kept.columns if one.name == name).values
    assert all(map(same, values, map(stored, known))), (name, values, known)
    for draft in found.drafts:
        if draft.kind == "row" and draft.facts["table"] == read.key and draft.facts.get("row") is not None:
            said, meant = draft.facts["values"].get(name), known[draft.facts["row"]]
            number = isinstance(said, (int, float))
            assert same(said, meant) if number or isinstance(meant, (int, float)) else True, (draft.text, meant)
            assert said == meant.isoformat() if isinstance(meant, dt.date) else True, (draft.text, meant)


def stored(value: object) -> object:
    """As the memory keeps it: moments as text, by the clock on the wall."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return f"{value.isoformat()} 00:00:00" if isinstance(value, dt.date) else value


# -- sheets ------------------------------------------------------------------------------------------------

Form = tuple[str, Callable[[int], object], Callable[[int], float], str]
FORMS: dict[str, Form] = {
    "金額": ('[$¥-411]#,##0', lambda n: n, float, "JPY"),
    "達成率": ("0.0%", lambda n: n / 1000, lambda n: n / 10, "%"),
    "作業時間": ("[h]:mm", lambda n: dt.timedelta(minutes=abs(n)), lambda n: abs(n) / 60, "h"),
    "重量": ('#,##0.000" kg"', lambda n: n / 1000, lambda n: n / 1000, "kg"),
    "Balance": ("#,##0.00_);(#,##0.00)", lambda n: n / 100, lambda n: n / 100, ""),
    "差異": ("General", lambda n: f"△{abs(n):,}" if n < 0 else f"{n:,}", float, ""),
}  # fmt: skip
DAY_FORMS = ["yyyy/mm/dd", "m/d/yyyy", '[$-411]ggge"年"m"月"d"日"', 'yyyy"年"m"月"d"日"', "dd.mm.yyyy"]


def a_sheet_says_what_was_written(data: st.DataObject) -> None:
    count = data.draw(st.integers(3, 25), "rows")
    forms = data.draw(st.lists(st.sampled_from(list(FORMS)), min_size=1, max_size=4, unique=True), "columns")
    groups = data.draw(st.lists(st.integers(1, 4), min_size=count, max_size=count), "merged")
    figures = {
        name: data.draw(st.lists(st.none() | THOUSANDTHS, min_size=count, max_size=count), name) for name in forms
    }
    days = data.draw(st.lists(st.none() | DAYS, min_size=count, max_size=count), "days")
    form = data.draw(st.sampled_from(DAY_FORMS), "form of days")
    top, left = data.draw(st.sampled_from([0, 3])), data.draw(st.integers(0, 2))
    book = openpyxl.Workbook()
    sheet: Any = book.active
    if top:
        sheet.cell(1, 1, "売上の一覧")
    for number, name in enumerate(["地域", "品名", *forms, "納期"]):
        sheet.cell(top + 1, left + 1 + number, name)
    regions: list[str] = []
    for size in groups:
        if len(regions) < count:
            first, last = len(regions), min(len(regions) + size, count) - 1
            sheet.cell(top + 2 + first, left + 1, f"region {chr(65 + first)}")
            if last > first:
                letter = get_column_letter(left + 1)
                sheet.merge_cells(f"{letter}{top + 2 + first}:{letter}{top + 2 + last}")
            regions += [f"region {chr(65 + first)}"] * (last - first + 1)
    for row in range(count):
        sheet.cell(top + 2 + row, left + 2, f"{data.draw(NAMES)} {row}")
        for number, name in enumerate(forms):
            value = figures[name][row]
            cell = sheet.cell(top + 2 + row, left + 3 + number, None if value is None else FORMS[name][1](value))
            cell.number_format = FORMS[name][0]
        cell = sheet.cell(top + 2 + row, left + 3 + len(forms), days[row])
        cell.number_format = form
    with tempfile.TemporaryDirectory() as folder:
        book.save(Path(folder) / "t.xlsx")
        found = read_file(Path(folder) / "t.xlsx")
    check(found, "地域", regions)
    check(found, "納期", days)
    for name in forms:
        known = [None if value is None else FORMS[name][2](value) for value in figures[name]]
        check(found, name, known, FORMS[name][3] if any(value is not None for value in known) else "")


@FEW
@given(st.data())
def test_a_sheet_with_merged_cells_and_gaps_says_what_was_written(data: st.DataObject) -> None:
    a_sheet_says_what_was_written(data)


@pytest.mark.slow
@MANY
@given(st.data())
def test_many_sheets_with_merged_cells_and_gaps_say_what_was_written(data: st.DataObject) -> None:
    a_sheet_says_what_was_written(data)


# -- records -----------------------------------------------------------------------------------------------

CLOCKS: dict[str, tuple[str, Callable[[dt.datetime], str]]] = {
    "iso": ("time", lambda at: f"{at:%Y-%m-%dT%H:%M:%S}"),
    "two columns": ("Date{mark}Time", lambda at: f"{at:%Y/%m/%d}" + "{mark}" + f"{at:%H:%M:%S}"),
    "japanese": ("計測日時", lambda at: f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"),
    "am-pm": ("Timestamp", lambda at: f"{at:%m/%d/%Y %I:%M %p}"),
    "dots": ("Zeit", lambda at: f"{at:%d.%m.%Y %H:%M}"),
    "24": ("time", lambda at: f"{at - dt.timedelta(days=1):%Y-%m-%d} 24:00" if at.time() == dt.time() else f"{at:%Y-%m-%d %H:%M}"),
    "offset": ("time", lambda at: at.isoformat()),
}  # fmt: skip
WINTER = dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC)


def local(at: dt.datetime) -> dt.datetime:
    """The clock of Berlin around the end of summer time in 2026, with its offset."""
    return at.astimezone(dt.timezone(dt.timedelta(hours=2 if at < WINTER else 1)))


def a_record_says_what_was_written(data: st.DataObject) -> None:
    count, minutes = data.draw(st.integers(60, 150), "rows"), data.draw(st.sampled_from([1, 10, 30, 60]), "minutes")
    clock = data.draw(st.sampled_from(list(CLOCKS)), "clock")
    mark, comma = data.draw(st.sampled_from([(",", "."), ("\t", "."), (";", ","), (";", ".")]), "marks")
    sentinel = data.draw(st.sampled_from(["", "-9999", "-9999.0", "nan", "---"]), "gap")
    units = data.draw(st.booleans(), "a row of units")
    head = data.draw(st.sampled_from(["", "Serial: 88213\nSite: hall 4\n\n"]), "preamble")
    lost = data.draw(st.sets(st.integers(5, count - 1), max_size=count // 4), "gaps")
    values = data.draw(st.lists(st.integers(180, 950), min_size=count, max_size=count), "values")
    first = dt.datetime(2026, 10, 24, 20, tzinfo=dt.UTC)
    moments = [local(first + dt.timedelta(minutes=minutes * number)) for number in range(count)]
    if clock != "offset":
        moments = [dt.datetime(2026, 5, 30, 22) + dt.timedelta(minutes=minutes * number) for number in range(count)]
    named, form = CLOCKS[clock]
    header = [named.replace("{mark}", mark), "flow" if units else "flow (L/min)", "level" if units else "level [mm]"]
    lines = [mark.join(header)]
    if units:
        lines.append(mark.join([*["-"] * (1 + (clock == "two columns")), "L/min", "mm"]))
    for number, (at, value) in enumerate(zip(moments, values, strict=True)):
        text = sentinel if number in lost else f"{value / 10:.1f}".replace(".", comma)
        lines.append(mark.join([form(at).replace("{mark}", mark), text, f"{value + number}"]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pump.csv"
        file.write_bytes((head + "\n".join(lines) + "\n").encode())
        found = read_file(file)
    known = [None if number in lost else value / 10 for number, value in enumerate(values)]
    assert found.reader == "sensor", (found.notes, lines[:5])
    (flow,) = [one for one in table(found).columns if one.name == "flow"]
    assert flow.unit == "L/min"
    assert all(map(same, flow.values, known)), (flow.values, known, found.notes)
    (timed,) = [one for one in table(found).columns if one.name == table(found).time]
    assert list(timed.values) == moments, (timed.values[:3], moments[:3], found.notes)
    whole = next(
        d.facts
        for d in found.drafts
        if d.kind == "series" and d.facts["quantity"].endswith("flow") and "window" not in d.facts
    )
    there = [value for value in known if value is not None]
    assert (whole["count"], whole["min"], whole["max"]) == (len(there), min(there), max(there))
    kept = unpacked(packed(of(table(found))))
    assert all(map(same, next(one.values for one in kept.columns if one.name == "flow"), known))


@FEW
@given(st.data())
def test_a_record_says_what_was_measured_and_when(data: st.DataObject) -> None:
    a_record_says_what_was_written(data)


@pytest.mark.slow
@MANY
@given(st.data())
def test_many_records_say_what_was_measured_and_when(data: st.DataObject) -> None:
    a_record_says_what_was_written(data)
