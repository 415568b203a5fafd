"""Workbooks of Excel 97 in miniature, [MS-XLS]: sheets of words, figures with a format, and formulas with or without a result."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .tiny_ole import write

GLOBALS, SHEET = 0x0005, 0x0010


@dataclass(frozen=True, slots=True)
class Kept:
    """A figure as it is kept: with the format it is shown in; struck out, or of a formula (never computed when None)."""

    size: float | None
    pattern: str = "General"
    struck: bool = False
    formula: bool = False


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[str | Kept | None]]]) -> Path:
    """A workbook with these sheets, its cells as they are kept."""
    kept = [cell for lines in sheets.values() for line in lines for cell in line if isinstance(cell, Kept)]
    styles = list(dict.fromkeys([("General", False), *((cell.pattern, cell.struck) for cell in kept)]))
    head = _begin(GLOBALS) + b"".join(_font(struck) for struck in (False, True))
    head += b"".join(
        _record(0x041E, struct.pack("<H", 164 + at) + _words(form, "<H")) for at, (form, _) in enumerate(styles)
    )
    head += b"".join(
        _record(0x00E0, struct.pack("<HH", int(struck), 164 + at) + bytes(16)) for at, (_, struck) in enumerate(styles)
    )
    bodies = [_sheet(lines, styles) for lines in sheets.values()]
    start = len(head) + sum(4 + 6 + len(_words(name, "<B")) for name in sheets) + 4
    for name, body in zip(sheets, bodies, strict=True):
        head += _record(0x0085, struct.pack("<IH", start, 0) + _words(name, "<B"))
        start += len(body)
    write(path, {"Workbook": head + _record(0x000A) + b"".join(bodies)})
    return path


def _sheet(lines: Sequence[Sequence[str | Kept | None]], styles: list[tuple[str, bool]]) -> bytes:
    cells = b""
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            if isinstance(cell, str):
                cells += _record(0x0204, struct.pack("<3H", row, column, 0) + _words(cell, "<H"))
            elif cell is not None:
                cells += _figure(struct.pack("<3H", row, column, styles.index((cell.pattern, cell.struck))), cell)
    return _begin(SHEET) + cells + _record(0x000A)


def _figure(place: bytes, cell: Kept) -> bytes:
    size = struct.pack("<Q", 0xFFFF000000000003) if cell.size is None else struct.pack("<d", cell.size)
    formula = struct.pack("<HIHBH", 0, 0, 3, 0x1E, 1)  # 1, as it is written in formulas
    return _record(0x0006, place + size + formula) if cell.formula else _record(0x0203, place + size)


def _begin(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<4HII", 0x0600, kind, 0x0DBB, 1996, 0x41, 6))


def _font(struck: bool) -> bytes:
    return _record(0x0031, struct.pack("<5H4B", 200, 8 * struck, 0x7FFF, 400, 0, 0, 0, 0, 0) + _words("Arial", "<B"))


def _words(text: str, size: str) -> bytes:
    return struct.pack(size, len(text)) + b"\1" + text.encode("utf-16-le")


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
