"""How the figures and days of one column are written, decided from all of its cells.

One cell cannot say whether `1.234` is more than a thousand or a little more than one, whether `03/04/2026` is in March
or in April, whether `R2.4.1` is a day of the Reiwa era or a version. The other cells of its column mostly can.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Decimal = Literal[".", ",", "mixed"]
Order = Literal["", "dmy", "mdy", "ymd"]


@dataclass(frozen=True, slots=True)
class Convention:
    """What the cells of a column have in common.

    Attributes:
        decimal: the mark before decimals; with "mixed" only figures that can be read in one way are figures.
        order: of day, month and year where all are numbers; empty when the column does not say.
        eras: whether `R8.4.1` is a day.
        packed: whether `20260401` is a day.
        codes: whether its digits are names ("00123"), not figures.
        unclear: in words, what of it could be read in two ways and was left as words; empty when nothing.
        taken: in words, what of it could be read in two ways and was read as the rest of the file is written.
    """

    decimal: Decimal = "."
    order: Order = ""
    eras: bool = False
    packed: bool = False
    codes: bool = False
    unclear: str = ""
    taken: str = ""


PLAIN = Convention()
"""That of a single cell: decimal point, nothing that could be two days."""

_FIGURE = re.compile(r"(?:[^\d\s.,']{0,4}\s?){0,2}[-+−–]?(\d[\d.,' ]*?)(?:[eE][-+]?\d+)?[-−)]?(?:\s?[^\d\s.,']{1,6})?")
_DAY = re.compile(r"(?:\D{1,10}[, ] ?)?(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d|[/.-]\d)")
_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}(?!\d)")
_MONTH = re.compile(r"(?:19|20)\d\d\.(?:0[1-9]|1[0-2])")
_ERA = re.compile(r"[MTSHR](?:\d{1,2}|元)([./])(\d{1,2})\1(\d{1,2})(?!\S)")
_CERTAIN_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|(?:明治|大正|昭和|平成|令和)(?:\d{1,2}|元)年")
_NAMED_DAY = re.compile(r"日付?$|年月日|期限$|\b(?:date|day)\b", re.I)
_PACKED = re.compile(
    r"(?:19|20)(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:[01]\d[0-5]\d(?:[0-5]\d)?|2[0-3][0-5]\d(?:[0-5]\d)?)?"
)
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
CENTURY = 50
"""Two digits from this one on are a year of the last century."""


def decide(texts: Sequence[str], name: str = "", usual: Convention = PLAIN) -> Convention:
    """The convention of one column.

    Args:
        texts: its cells that are text with a digit in them, in NFKC; a figure that a file keeps as a figure needs no convention.
        name: its header, which may say that it holds days.
        usual: what the other columns of the file are written in; it decides where this one cannot.
    """
    days = [match for match in map(_DAY.match, texts) if match]
    order, unclear, taken = _order(days, usual) if days else ("", "", "")
    decimal, doubt = _decimal([text for text in texts if not _DAY.match(text)], usual)
    return Convention(
        decimal, order, _eras(texts, name), _packed(texts, name), any(map(_is_code, texts)), unclear or doubt, taken
    )


def usual(
    found: Iterable[Convention], separator: str = "", texts: Sequence[Sequence[str]] = ()
) -> Convention:  # fmt: skip
    """What a whole file is written in: what its columns agree on, and its separator or its days where they say nothing.

    Whoever writes a comma before decimals separates cells by semicolons and puts the day before the month, with points.
    """
    columns = list(found)
    marks = {column.decimal for column in columns if column.decimal == ","}
    orders = {column.order for column in columns if column.order}
    decimal: Decimal = "," if marks else "mixed" if separator == ";" or _dotted(texts) else "."
    order: Order = orders.pop() if len(orders) == 1 else "dmy" if marks and not orders else ""
    return Convention(decimal, order)


# -- days ------------------------------------------------------------------------------------------------


def _order(days: Sequence[re.Match[str]], usual: Convention) -> tuple[Order, str, str]:
    """The order in which all of these are days; why there is none; and what was taken from the rest of the file."""
    possible = [order for order in ORDERS if all(day_of(match, order) for match in days)]
    if len(possible) == 1 or (possible and _agree(days, possible)):
        return possible[0], "", ""
    unlike = (match[0] for match in days if len({day_of(match, order) for order in possible}) > 1)
    example = next(unlike, days[0][0])
    if usual.order in possible:
        return usual.order, "", f"'{example}' could be two days and was read as the rest of the file is written"
    if possible:
        return "", f"'{example}' could be two days", ""
    return "", f"day and month stand in different orders, as in '{example}'", ""


def _agree(days: Sequence[re.Match[str]], orders: Sequence[Order]) -> bool:
    return all(len({day_of(match, order) for order in orders}) == 1 for match in days)


def day_of(match: re.Match[str], order: Order) -> dt.date | None:
    """The day that three numbers and their separator are in an order; None when they are none."""
    first, second, third = match[1], match[3], match[4]
    if len(third) == 4 and (order == "ymd" or (match[2] == "." and order == "mdy")):
        return None
    named = dict(zip(order, (first, second, third), strict=True))
    try:
        return dt.date(full_year(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:
        return None


def full_year(digits: str) -> int:
    """26 -> 2026, 98 -> 1998, 2026 -> 2026."""
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= CENTURY else 2000)


def day(text: str, order: Order) -> tuple[dt.date, int] | None:
    """The day at the beginning of a text written in an order, and where it ends."""
    match = _DAY.match(text) if order else None
    found = day_of(match, order) if match else None
    return (found, match.end()) if match and found else None


def _dotted(columns: Sequence[Sequence[str]]) -> bool:
    """Whether days are written 1.4.2019 in a column, and no figure in any says what its point is."""
    days = [bool(column) and all(map(_DOTTED.match, column)) for column in columns]
    others = (text for column, dated in zip(columns, days, strict=True) if not dated for text in column)
    figures = (match for match in map(_FIGURE.fullmatch, others) if match)
    return any(days) and all(mark_of(match[1].strip()) in ("", "?") for match in figures)


def _eras(texts: Sequence[str], name: str) -> bool:
    """Short eras are days where all of them can be, and another day or the header says so."""
    short = [match for match in map(_ERA.match, texts) if match]
    valid = all(1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31 for match in short)
    return bool(short) and valid and bool(_NAMED_DAY.search(name) or any(map(_CERTAIN_DAY.match, texts)))


def _packed(texts: Sequence[str], name: str) -> bool:
    """Eight digits are days where all cells are such days and there are several, or the header says so."""
    if not texts or not all(map(_PACKED.fullmatch, texts)):
        return False
    return bool(_NAMED_DAY.search(name)) or len(set(texts)) > 2


def certain_day(text: str) -> bool:
    """Whether a text begins with a day that can be read in one way."""
    return _CERTAIN_DAY.match(text) is not None


# -- figures ---------------------------------------------------------------------------------------------


def _decimal(texts: Iterable[str], usual: Convention) -> tuple[Decimal, str]:
    """The mark before decimals, and why only some figures could be read."""
    found: dict[str, str] = {}
    for text in texts:
        match = _FIGURE.fullmatch(text.strip())
        mark = mark_of(match[1].strip()) if match else ""
        if mark:
            found.setdefault(mark, text)
    if "." in found and "," in found:
        return "mixed", f"point and comma stand before decimals, as in '{found['.']}' and '{found[',']}'"
    if "." in found or "," in found:
        return ("," if "," in found else "."), ""
    if "?" in found and usual.decimal == "mixed":
        return "mixed", f"'{found['?']}' could be two figures"
    return (usual.decimal if usual.decimal == "," else "."), ""


def mark_of(digits: str) -> Literal["", ".", ",", "?"]:
    """Which mark stands before the decimals of these digits; "?" when it could be one or part thousands, "" without any."""
    marks = [character for character in digits if character in ".,"]
    if not marks:
        return ""
    last = marks[-1]
    other: Literal[".", ","] = "." if last == "," else ","
    head, _, tail = digits.rpartition(last)
    if len(set(marks)) == 2:
        return ("." if last == "." else ",") if marks.count(last) == 1 else ""
    if len(marks) > 1:
        return other if all(len(group) == 3 for group in digits.split(last)[1:]) else ""
    if len(tail) == 3 and 0 < len(head) <= 3 and not head.startswith("0"):
        return "?"
    return "." if last == "." else ","


def _is_code(text: str) -> bool:
    """Digits with a zero before them: a number of an article, a postal code, a telephone."""
    return len(text) > 1 and text[0] == "0" and text.isascii() and text.isdigit()


def months(values: Sequence[str]) -> bool:
    """Whether all of three or more cells are months of years, like 2019.10: a figure would make October January."""
    return len(values) > 2 and all(map(_MONTH.fullmatch, values))
