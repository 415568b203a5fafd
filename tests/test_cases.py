"""The shared cases of files that comparable systems misread: what the answer needs stands in what is read, and nothing else does.

Each kind has tests with files of its own (test_read_*, test_paths, test_audio); here are the very files, where they are at hand.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ingest.reading import Read

from . import reading
from .reading import column, rows, table, words

Says = Callable[[Path], bool]
read_file = cache(reading.read_file)


def says(file: str, *expected: str, never: str = "\0") -> Says:
    """All of a file together has the words, and not those that would mislead."""
    return lambda folder: (
        all(one in words(read_file(folder / file)) for one in expected) and never not in words(read_file(folder / file))
    )


def one_row(file: str, *expected: str, never: str = "\0") -> Says:
    """One row has all of the words."""
    return lambda folder: any(
        all(one in row for one in expected) and never not in row for row in rows(read_file(folder / file))
    )


def figures(file: str, name: str) -> Callable[[Path], list[float]]:
    return lambda folder: [value for value in column(read_file(folder / file), name).values if value is not None]  # type: ignore[misc]


def total(file: str, name: str, expected: float) -> Says:
    return lambda folder: round(sum(figures(file, name)(folder)), 2) == expected


def most(file: str, name: str, expected: float) -> Says:
    def found(folder: Path) -> bool:
        said = f"highest {expected}" in words(read_file(folder / file))
        return said and max(figures(file, name)(folder)) == expected

    return found


def where(file: str, name: str, fits: Callable[[str], bool], expected: list[object], of: str) -> Says:
    """The values of one column in the rows in which another fits."""

    def found(folder: Path) -> bool:
        read = read_file(folder / file)
        pairs = zip(column(read, name).values, column(read, of).values, strict=True)
        return [value for key, value in pairs if fits(str(key))] == expected

    return found


def noted(file: str, word: str) -> Says:
    def found(folder: Path) -> bool:
        read = read_file(folder / file)
        return any(word in note for note in read.notes) and not table(read).whole

    return found


def hidden_last(folder: Path) -> bool:
    read = rows(read_file(folder / "motor-prices.xlsx"))
    return "52000" in read[0] and all("39000" not in row or row.startswith("[hidden row]") for row in read)


def newest_first(folder: Path) -> bool:
    drafts = read_file(folder / "thread.eml").drafts
    return "410" in drafts[0].text and all("450" not in one.text or "Quoted:" in one.title for one in drafts)


def section(folder: Path) -> bool:
    (found,) = [one for one in read_file(folder / "flange.docx").drafts if "2.2" in one.title]
    return "35 N·m" in found.text


def names(folder: Path) -> bool:
    read: dict[str, Read] = {str(file.relative_to(folder)): read_file(file) for file in folder.rglob("*.txt")}
    guide = next(read[name] for name in read if unicodedata.normalize("NFC", name) == "ガイドブック.txt")
    return all(one.drafts for one in read.values()) and "受付は三階にあります" in words(guide)


CASES: dict[str, Says] = {
    "01": says("dock.eml", "14 August 2026", "dock 7"),
    "02a": says("fwd.eml", "KX-9 costs 18,400 EUR"),
    "02b": says("stub.eml", "40 filter cartridges"),
    "02c": says("attach.eml", "minimum order value of the spare part shop is 75 EUR", "Gasket G-77"),
    "03a": where("sales-by-region.xlsx", "Region", lambda name: name == "East", [120, 80, 50], "Units"),
    "03b": one_row("sales-by-region.xlsx", "Chiba", "East", never="West"),
    "05": says("tank-cleaning.docx", "WI-4471, revision C", "Approved by H. Nagai"),
    "06": section,
    "07a": one_row("hoses.docx", "Gaskets", "Shirai", never="Kuroda"),
    "07b": says("hoses.docx", "never be used above 60 °C", "H-12", never="Kuroda"),
    "10": most("flow-meter.csv", "flow", 88.8),
    "11": says("lockout.md", "owner: Sumire Kato", "next_review: 2027-02-01", "status: approved"),
    "12a": total("bank.csv", "Amount", 795.0),
    "12b": where("rechnungen.csv", "Betrag", lambda value: float(value) >= 12_500, ["Gamma"], "Kunde"),
    "14": one_row("orders.csv", "PO-09000", "㈱髙橋商店"),
    "15": noted("cost.xlsx", "2 formulas that were never computed"),
    "16": hidden_last,
    "17a": where("deliveries.csv", "Day", lambda day: day.startswith("2026-03"), [4, 6, 5], "Boxes"),
    "17b": total("keiyaku.csv", "金額", 400),
    "17c": where("visits.csv", "When", lambda day: day < "2026-06-15", ["V1", "V2"], "Visit"),
    "18a": most("logger-b.csv", "Druck", 6.9),
    "18b": most("logger-c.csv", "vibration", 9.4),
    "18c": says("logger-d.csv", "lowest 18.1 %", "3 single values are missing", never="9999"),
    "18d": most("logger-a.csv", "Temperature", 71.5),
    "20a": one_row("shop.html", "Drill", "9,800 JPY", "H₂O", "点検", never="12,000"),
    "20b": one_row("shop.html", "Saw", "7,500 JPY", never="15000"),
    "21": names,
    "22": lambda folder: says("annotated.pdf", "by May 2027")(folder) and says("inspection.pdf", "MC-8812", "R. Takeda")(folder),
    "23a": lambda folder: len(table(read_file(folder / "parts-list.pdf")).rows) == 60,
    "23b": one_row("parts-list.pdf", "P-58", "brass", "0.12 mm"),
    "24": says("tategaki.pdf", "非常口の鍵は守衛室の赤い箱に保管する。"),
    "30": total("hardware.csv", "Pieces", 35),
    "33": newest_first,
    "33b": says("invite.eml", "Audit of hall 4", "2026-12-03 09:30", "Room Kaede"),
    "37": most("press-4.csv", "vibration", 9.4),
    "40a": says("a.txt", "plant A is inspected every 6 months"),
    "40b": says("b.txt", "plant B is inspected every 9 months"),
    "41": one_row("firmware.csv", "C-1", "R2.4.1", never="2020"),
}  # fmt: skip
ELSEWHERE = {"26": "tests/test_audio.py", "35": "tests/test_paths.py"}
"""Cases that need a model of hearing, or a folder that changes: whole tests of their own hold them."""


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared.parent / "cases"
    if not folder.is_dir():
        pytest.skip("the shared cases are not here")
    return folder


def test_every_case_is_held(cases: Path) -> None:
    known = {json.loads(line)["id"] for line in (cases / "cases.jsonl").read_text().splitlines()}
    assert known == set(CASES) | set(ELSEWHERE)


@pytest.mark.parametrize("id", CASES)
def test_what_an_answer_needs_is_read(id: str, cases: Path) -> None:
    known = {one["id"]: one for one in map(json.loads, (cases / "cases.jsonl").read_text().splitlines())}
    assert CASES[id](cases / known[id]["folder"]), known[id]["kind"]
