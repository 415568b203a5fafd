"""Generated sheets and CSVs with known values: every value is found again with its unit, sign and day, or the file is noted."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.reading import Read

from .reading import read_file, table

DAYS = {
    "iso": "{0.year}-{0.month:02}-{0.day:02}", "dmy": "{0.day:02}/{0.month:02}/{0.year}", "mdy": "{0.month}/{0.day}/{0.year}",
    "dot": "{0.day}.{0.month}.{0.year}", "jp": "{0.year}年{0.month}月{0.day}日", "packed": "{0.year}{0.month:02}{0.day:02}",
    "slash": "{0.year}/{0.month:02}/{0.day:02}",
}  # fmt: skip
LOSSES = ("-{}", "({})", "{}-", "△{}")
CENTS = st.integers(-9_999_999, 9_999_999)
NAMES = st.sampled_from(["ボルト", "nut", "pump, large", 'pipe 3" long', "a b"])
ROW = st.tuples(NAMES, CENTS, st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)))
ROWS = st.lists(ROW, min_size=3, max_size=30)
UNITS = st.sampled_from(["", "JPY", "kg", "EUR"])


def check(found: Read, rows: Sequence[tuple[str, int, dt.date]], unit: str) -> None:
    """All values are there; where days or figures could be read in two ways, the file says so instead."""
    names, amounts, days = (list(column.values) for column in table(found).columns)
    assert [str(name).split(" ", 1)[1] for name in names] == [name for name, _, _ in rows]
    for column, read, known in (
        ("Amount", amounts, [cents / 100 for _, cents, _ in rows]),
        ("Day", days, [d for *_, d in rows]),
    ):
        assert read == known or any(f"column {column}: " in note for note in found.notes), (column, read, known)
    assert not unit or table(found).columns[1].unit == unit


@pytest.mark.slow
@settings(max_examples=350)
@given(
    ROWS, UNITS, st.sampled_from([("us", ","), ("us", "\t"), ("eu", ";"), ("eu", "\t")]), st.sampled_from(list(DAYS)),
    st.sampled_from(LOSSES), st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]),
)  # fmt: skip
def test_a_generated_csv_says_what_was_written(
    rows: list[tuple[str, int, dt.date]], unit: str, manner: tuple[str, str], form: str, loss: str, encoding: str
) -> None:
    style, mark = manner

    def amount(cents: int) -> str:
        text = f"{abs(cents) / 100:,.2f}"
        text = text.translate(str.maketrans(",.", ".,")) if style == "eu" else text
        return loss.format(text) if cents < 0 else text

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if mark in text or '"' in text else text

    lines = [mark.join(["Name", f"Amount ({unit})" if unit else "Amount", "Day"])]
    for number, (name, cents, day) in enumerate(rows):
        lines.append(mark.join(map(quoted, (f"N{number} {name}", amount(cents), DAYS[form].format(day)))))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        check(read_file(file), rows, unit)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    ROWS, UNITS, st.sampled_from(["General", "#,##0.00", "0.00_);(0.00)", "[$¥-411]#,##0.00", '0.0" kg"']), st.data()
)
def test_a_generated_sheet_says_what_was_written(
    rows: list[tuple[str, int, dt.date]], unit: str, form: str, data: st.DataObject
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", f"Amount ({unit})" if unit else "Amount", "Day"])
    hidden = data.draw(st.sets(st.integers(2, len(rows) + 1)))
    for number, (name, cents, day) in enumerate(rows):
        sheet.append([f"N{number} {name}", cents / 100, day])
        sheet.cell(number + 2, 2).number_format = form
        sheet.row_dimensions[number + 2].hidden = number + 2 in hidden
    with tempfile.TemporaryDirectory() as folder:
        book.save(Path(folder) / "t.xlsx")
        found = read_file(Path(folder) / "t.xlsx")
        check(found, rows, unit)
        assert table(found).hidden == hidden
