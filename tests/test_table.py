"""Spreadsheets, CSV and Parquet as streams of rows."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import numbers

from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.separated import delimiter
from ingest.readers.table import TableReader
from ingest.source import look
from ingest.space.entity import Draft


def read(path: Path, **limits: int) -> tuple[list[Draft], list[str]]:
    source = look(path, replace(Settings(home=path.parent), **limits))  # type: ignore[arg-type]
    assert TableReader().accepts(source)
    items = list(TableReader().read(source))
    return [item for item in items if isinstance(item, Draft)], [item.text for item in items if isinstance(item, Note)]


def rows(drafts: list[Draft]) -> list[str]:
    return [draft.text for draft in drafts if draft.kind == "row"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"])
def test_a_csv_is_read_in_the_encodings_of_japanese_firms(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "社員.csv"
    file.write_bytes("名前,年齢,住所\r\n佐藤太郎,30,東京\r\n三木英子,25,大阪\r\n".encode(encoding))
    drafts, _ = read(file)
    assert rows(drafts) == ["名前: 佐藤太郎; 年齢: 30; 住所: 東京", "名前: 三木英子; 年齢: 25; 住所: 大阪"]
    assert drafts[-1].locator.row == 3


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found_beside_others_inside_cells(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "parts.csv"
    file.write_text(mark.join(["part", "note", "price"]) + f'\nbolt{mark}"a, b; c"{mark}12\nnut{mark}d{mark}7\n')
    drafts, _ = read(file)
    assert rows(drafts)[0] == "part: bolt; note: a, b; c; price: 12"
    assert delimiter(file.read_text().splitlines()) == mark


def test_a_cell_with_a_line_break_is_one_cell(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text('id,note\n1,"two\nlines"\n2,one\n')
    assert rows(read(file)[0]) == ["id: 1; note: two lines", "id: 2; note: one"]


def test_a_workbook_keeps_sheets_merged_headers_dates_and_number_formats(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "受注"
    sheet["A1"], sheet["B1"], sheet["B2"], sheet["C2"] = "Part", "Price", "net", "discount"
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")
    sheet["A3"], sheet["B3"], sheet["C3"] = "bolt", 1200, 0.35
    sheet["B3"].number_format = '"¥"#,##0'
    sheet["C3"].number_format = numbers.FORMAT_PERCENTAGE
    book.create_sheet("empty")
    other = book.create_sheet("days")
    for row in (["day", "n"], ["2026-05-01", 1], ["2026-05-02", 2]):
        other.append(row)
    file = tmp_path / "book.xlsx"
    book.save(file)
    drafts, _ = read(file)
    assert rows(drafts)[0] == "Part: bolt; Price / net: 1200 JPY; Price / discount: 35%"
    assert (drafts[-1].locator.sheet, drafts[-1].locator.row, drafts[-1].title) == ("days", 3, "book > days")
    assert drafts[-1].facts["values"] == {"day": "2026-05-02", "n": 2}


def test_old_workbooks_and_parquet_are_read_like_new_ones(shared: Path, tmp_path: Path) -> None:
    import duckdb

    old, new = (read(shared / "files" / name)[0] for name in ("test.xls", "test.xlsx"))
    assert rows(old) == rows(new)
    file = tmp_path / "numbers [1].parquet"
    target = str(tmp_path / "plain.parquet")
    duckdb.execute(f"COPY (SELECT range AS n, range * 1.5 AS half FROM range(3)) TO '{target}' (FORMAT parquet)")
    Path(target).rename(file)
    assert rows(read(file)[0]) == ["n: 0; half: 0", "n: 1; half: 1.5", "n: 2; half: 3"]


def test_too_many_columns_are_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(",".join(map(str, range(100_000))) + "\n" + ",".join("x" * 100_000) + "\n")
    with pytest.raises(UnreadableSource, match=r"a row has .* columns; at most 2,000"):
        read(file)


def test_rows_beyond_the_limit_are_counted_and_said(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    file.write_text("n,name\n" + "".join(f"{i},part {i}\n" for i in range(1_000)))
    drafts, notes = read(file, max_entities=103)
    assert len(drafts) <= 103
    assert drafts[0].facts["rows"] == 1_000
    assert drafts[1].facts["sum"] == sum(range(1_000))
    assert notes == ["long: of 1,000 rows the first 99 can be found; the rest count in the figures of columns"]


@pytest.mark.slow
def test_many_rows_take_bounded_memory(tmp_path: Path) -> None:
    """What is held beyond the entities allowed are the typed cells, and of these no more than a table may have."""
    file = tmp_path / "huge.csv"
    with file.open("w") as out:
        out.write("n,name\n")
        out.writelines(f"{i},part\n" for i in range(200_000))
    source = look(file, Settings(home=tmp_path, max_entities=1_000))
    tracemalloc.start()
    found = list(TableReader().read(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[0].facts["rows"] == 200_000  # type: ignore[union-attr]
    assert len(found) <= 1_002
    assert peak < 96 * 2**20
