"""The header of a table: how many of its first rows it has, and the name and unit that it gives each column."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from ingest.text.cells import GAPS, MONEY, Cell, blank, cell, header, shown, unit_word

from ..text.convention import Convention
from .rows import Row

MAX_HEADER = 3
MAX_LABEL = 60
MARKS = ("品質情報", "均質番号", "現象なし情報")
"""What the weather service of Japan calls the columns that say how good the figure before them is."""
CALENDAR = ("年", "月", "日", "週", "時")
"""What counted names a column: 4月 over figures."""
CLOCK = re.compile(r"\d{1,3}:[0-5]\d(?::[0-5]\d)?")

_COMMA = Convention(",")
_UNIT_SAID = re.compile(r"(?:単位|\bunits?)\s*[:：]?\s*([^\s()（）【】\[\]、,，・;；]+)(?![、,，・;；])", re.I)
_MONEY_SAID = re.compile(r"\(\s*([^()]{1,8})\s*\)\s*$")
_OWN = re.compile(
    r"(?:年|月|日|週|期|号|階|年度|月度)|.*(?:番号?|コード|順位?|率|比|割合|[#№%％]|(?:\b|_)(?:no\.?|id|code|number|year|month|week|day"
    r"|rank|rate|ratio|share|percent(?:age)?))",
    re.I,
)
"""Names of columns whose figures are in no unit that is said of a table."""
_COUNTS = re.compile(r"(?:数量?|人員?|件|個|台|名|回|(?:\b|_)(?:qty|quantity|count|pieces|people))$", re.I)
"""Names of columns that count, where a table is in money."""


def at_sight(value: object) -> Cell:
    """What a cell says before its column has decided how it is written: a figure has a point or a comma before decimals."""
    found = cell(value)
    return cell(value, _COMMA) if found.type == "text" else found


def header_height(rows: Sequence[Row]) -> int:
    """How many of the first rows are a header; 0 when the first row already is data."""
    if marked := next((number for number, row in enumerate(rows[: MAX_HEADER + 1], 1) if of_marks(row)), 0):
        return marked
    if len(rows) < 2 or not _labels(rows[0], rows[1:20]):
        return 0
    height = 1
    while height < min(MAX_HEADER, len(rows) - 1) and _goes_on(rows[height - 1], rows[height], rows[height + 1 :]):
        height += 1
    return height


def _labels(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row names columns: short words, or years and dates standing over something else."""
    cells = [cell(value) for value in row]
    if not any(item.type == "text" for item in cells) and not _cornered(cells, below):
        return False
    for column, item in enumerate(cells):
        if item.type == "boolean" or (item.type == "text" and len(str(item.value)) > MAX_LABEL):
            return False
        if item.type in ("number", "date") and not _heads(
            item, [at_sight(row[column]) for row in below if column < len(row)]
        ):
            return False
    return True


def _cornered(cells: Sequence[Cell], below: Sequence[Row]) -> bool:
    """Whether figures and days stand above a table whose rows are named: only the corner is empty."""
    corner, *others = (item.type == "empty" for item in cells)
    return corner and not any(others) and bool(others) and all(row and at_sight(row[0]).type == "text" for row in below)


def _heads(item: Cell, below: Sequence[Cell]) -> bool:
    """A year, a month or a day can head a column of something else, any number one of words."""
    if item.type == "date":
        return not any(other.type == "date" for other in below)
    if item.unit in CALENDAR:
        return not any(other.unit == item.unit or other.type == "date" for other in below)
    filled = {other.type for other in below} - {"empty"}
    return filled == {"text"} or (_year(item) and not any(_year(other) for other in below))


def _counted(item: Cell) -> bool:
    """Whether it is a year, a month, a day that may name a column."""
    return _year(item) or item.type == "date" or item.unit in CALENDAR


def _year(item: Cell) -> bool:
    return item.type == "number" and isinstance(item.value, int) and 1800 <= item.value <= 2100


def _goes_on(upper: Row, lower: Row, below: Sequence[Row]) -> bool:
    """Whether `lower` is one more row of the header: units, or labels under merged cells with figures below."""
    if of_units(lower, below):
        return True
    if not all(map(_may_name, lower, below[0])):
        return False
    merged = any(
        not blank(low) and not blank(left) and (blank(up) or up == left)
        for left, up, low in zip(upper, upper[1:], lower[1:], strict=False)
    )
    figures = any(
        (at_sight(low).type == "text" or (_counted(at_sight(low)) and not _counted(at_sight(value))))
        and at_sight(value).type in ("number", "date")
        for low, value in zip(lower, below[0], strict=False)
    )
    stacked = any(
        (blank(low) and not blank(up)) or (up == low and not blank(up)) for up, low in zip(upper, lower, strict=False)
    )
    return merged and (figures or stacked)


def of_marks(row: Row) -> bool:
    """Whether a row names nothing but columns that say how good others are: it is the last of a header."""
    said = [shown(value) for value in row if not blank(value)]
    return bool(said) and set(said) <= set(MARKS)


def is_mark(name: str) -> bool:
    """Whether a column of this name says how good the figure before it is, and measures nothing."""
    return name.endswith(MARKS)


def _may_name(value: object, under: object) -> bool:
    """Whether a cell may name what is under it: words, or a year or day; a figure with a comma only what is none."""
    item = cell(value)
    figures = at_sight(value).type == "number" == at_sight(under).type
    return _counted(item) or (item.type in ("text", "empty") and not figures)


def of_units(row: Row, below: Sequence[Row]) -> bool:
    """Whether a row says the units of the figures below it and holds no figure: of several, where other words stand beside."""
    said = [(shown(value), _most(i, below)) for i, value in enumerate(row) if not blank(value)]
    alone = all(unit_word(text) or text in GAPS for text, _ in said)
    units = sum(bool(unit_word(text)) for text, under in said if alone or under == "number")
    others = [under for text, under in said if not unit_word(text) and text not in GAPS]
    words = all(at_sight(text).type in ("text", "empty") for text, _ in said)
    return words and units > (0 if all(under in ("date", "clock") for under in others) else 1)


def _most(column: int, rows: Sequence[Row]) -> str:
    """The type that most cells of a column have, or "clock"; "empty" for none."""
    said = (row[column] for row in rows if column < len(row) and not blank(row[column]))
    types = Counter("clock" if CLOCK.fullmatch(shown(value)) else at_sight(value).type for value in said)
    return types.most_common(1)[0][0] if types else "empty"


def names(rows: Sequence[Row], width: int) -> list[tuple[str, str]]:
    """Name and unit of each column from the rows of its header; unnamed ones are numbered, equal ones told apart."""
    parts: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        said = [shown(value) for value in row]
        for column in range(width):
            deeper = any(not blank(lower[column]) for lower in rows[depth + 1 :])
            if not said[column] and deeper and column:
                said[column] = said[column - 1]
            if said[column] and said[column] not in parts[column] and not (depth and said[column] in GAPS):
                parts[column].append(said[column])
    labels = [_label(one) for one in parts]
    return _distinct([header(label, labels) for label in labels])


def _label(parts: Sequence[str]) -> str:
    """What the rows of a header say of a column: with the unit last that one of them says, below the name or behind it."""
    if len(parts) < 2:
        return "".join(parts)
    if parts[-1] in MARKS:
        return " / ".join(header(part)[0] for part in parts)
    if unit := unit_word(parts[-1]):
        return f"{' / '.join(parts[:-1])} ({unit})"
    told = [header(part) for part in parts]
    units = {unit for _, unit in told} - {""}
    plain = " / ".join(parts)
    return f"{' / '.join(name for name, _ in told)} ({units.pop()})" if len(units) == 1 else plain


def unit_of_all(caption: str) -> str:
    """The one unit that a caption says of a table: 売上（単位：千円） or 売上（千円） -> 千円; "" for none or several."""
    plain = unicodedata.normalize("NFKC", caption)
    said = _UNIT_SAID.findall(plain)
    if not said and (money := _MONEY_SAID.search(plain)) and (unit := unit_word(money[1])) in MONEY:
        return unit
    return unit_word(said[0]) if len(said) == 1 else ""


def takes(name: str, unit: str) -> bool:
    """Whether the figures of a column of this name are in the unit that is said of its table."""
    plain = re.sub(r"\s*\(.*", "", unicodedata.normalize("NFKC", name))
    return not _OWN.fullmatch(plain) and not (unit in MONEY and _COUNTS.search(plain))


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    seen: Counter[str] = Counter()
    result = []
    for number, (name, unit) in enumerate(pairs, start=1):
        name = name or f"column {number}"
        seen[name] += 1
        result.append((name if seen[name] == 1 else f"{name} ({seen[name]})", unit))
    return result
