"""Whether a query says what a question says: it compares only with what is there or was named, and carries all of it.

A word that is compared must stand in its column (it is put as written there) or in the question; a figure or time must
be named. The other way round, every figure, time and value of a column that the question names must be in the query,
unless it holds for all rows anyway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from ingest.memory.tables import part_name
from ingest.text.rows import Column

from .mentions import Mentions, mentions
from .query import Condition, Query
from .schema import Shown, overlap, plain, stands

NAMED = 0.5
"""Share of the letters of a column's name in a question from which on it is named."""
FLAGS = 3
"""Different words of a column up to which it is one of flags: what it holds need not be named, only the column."""
NEARLY = 75
"""Likeness (rapidfuzz, 0 to 100) to a stretch of the question from which a word counts as meant."""


def settled(sql: str, shown: Sequence[Shown]) -> str:
    """The query with the words that it compares with as they are written in the column: 'e-wallet' -> 'Ewallet'."""
    values = {plain(v).replace(" ", ""): v for one in shown for c in one.columns if c.type == "text" for v in _words(c)}

    def as_written(match: re.Match[str]) -> str:
        said = match[1].replace("''", "'")
        found = values.get(plain(said).replace(" ", ""))
        return "'" + (found or said).replace("'", "''") + "'" if "%" not in said else match[0]

    return re.sub(r"'((?:[^']|'')*)'", as_written, sql)


def unfounded(query: Query, shown: Sequence[Shown], question: str) -> str:
    """What a query compares with that is neither in the tables nor in the question; "" when there is nothing."""
    named = mentions(question)
    return next((reason for c in query.conditions if (reason := _unfounded(c, shown, question, named))), "")


def dropped(query: Query, shown: Sequence[Shown], question: str) -> str:
    """What a question names that its query doesn't carry; "" when it carries all."""
    named = mentions(question)
    time_or_figure = _dropped_time(query, shown, named) or _dropped_figure(query, shown, named)
    return time_or_figure or _dropped_word(query, shown) or _uncounted(query, shown, question)


def torn(query: Query, shown: Sequence[Shown]) -> bool:
    """Whether the row it gives never was: the highest or lowest of a column beside that of a column of moments, which is
    the end of the record and not when it was."""
    columns = [_find(name, shown) for name in query.extremes]
    dated = {column.name for column in columns if column is not None and column.type == "date"}
    return bool(dated) and bool({column.name for column in columns if column is not None} - dated)


def unmet(condition: Condition, shown: Sequence[Shown]) -> bool:
    """Whether a word is compared with that no cell of its column holds."""
    column = _find(condition.column, shown)
    if (
        column is None
        or column.type != "text"
        or condition.kind != "STRING"
        or condition.operator.startswith(("NOT", "!"))
    ):
        return False
    whole = "~~" not in condition.operator
    said = [plain(value.strip("%")) for value in condition.values]
    held = [plain(word) for word in _words(column)]
    return not any(word == other if whole else word in other for word in said for other in held)


def of_the_table(condition: Condition, shown: Sequence[Shown]) -> bool:
    """Whether a word is compared with that no cell holds, as it says which table is meant: it stands in its name."""
    names = plain(" ".join(one.table.name for one in shown))
    return unmet(condition, shown) and all(_within(plain(value.strip("%")), names) for value in condition.values)


def named(query: Query, shown: Sequence[Shown], question: str) -> bool:
    """Whether a query counts rows, or shows a column that the question names, as far as the two share a script; whole where
    it shows rows as they are and compares with nothing, which says nothing of the question but that name."""
    columns = [_find(name, shown) for name in query.selected]
    share = NAMED if query.conditions or query.aggregated else 1.0
    return not columns or any(
        one is not None and (one.name.isascii() != question.isascii() or overlap(question, one.name) >= share)
        for one in columns
    )


def on_trust(query: Query, shown: Sequence[Shown], question: str) -> bool:
    """Whether several words of a column are compared with that are in another script than the question: that one of them is
    meant may be, which others are, no letter can show."""
    taken: dict[str, set[str]] = {}
    for condition in query.conditions:
        column = _find(condition.column, shown)
        if column is not None and column.type == "text":
            taken.setdefault(column.name, set()).update(v for v in condition.values if _foreign(v, question))
    return any(len(words) > 1 for words in taken.values())


def _foreign(word: str, question: str) -> bool:
    return word.isascii() != question.isascii() and not stands(word.strip("%"), question) and not mentions(word).months


# -- what is compared with --------------------------------------------------------------------------------------


def _unfounded(condition: Condition, shown: Sequence[Shown], question: str, named: Mentions) -> str:
    column = _find(condition.column, shown)
    if condition.part in ("", "date") and _holds_always(condition, column):
        return ""
    if condition.operator == "IN" and _there(column, shown) <= set(condition.values):
        return ""
    for value in condition.values:
        if condition.kind == "STRING" and re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", value):
            exactly = condition.operator in ("EQUAL", "NOTEQUAL", "IN")
            ok = value[:10] in named.days or (not exactly and _time_named(value, column, named))
        elif condition.kind == "STRING":
            ok = _word_named(value, column, shown, question, named)
        elif condition.part:
            ok = int(float(value)) in named.years | named.months or float(value) in named.numbers
        else:
            ok = float(value) in named.numbers | {0.0, 1.0} or float(value) in map(float, named.years)
        if not ok:
            return value
    return ""


def _holds_always(condition: Condition, column: Column | None) -> bool:
    """Whether a comparison with days says nothing: all moments of the column are within."""
    if column is None or column.type != "date" or not (days := [value[:10] for value in column.values if value]):
        return False
    first, last = condition.values[0][:10], condition.values[-1][:10]
    within: dict[str, bool] = {
        "BETWEEN": first <= min(days) and max(days) <= last,
        "GREATERTHANOREQUALTO": first <= min(days),
        "LESSTHANOREQUALTO": max(days) <= first,
    }
    return bool(within.get(condition.operator, False))


def _word_named(value: str, column: Column | None, shown: Sequence[Shown], question: str, named: Mentions) -> bool:
    """A word stands in the question, or it is in its column (or is a sheet) and the question means it."""
    word = value.strip("%")
    if not plain(word) or stands(word, question):
        return bool(plain(word))
    known = any(plain(word).replace(" ", "") == plain(other).replace(" ", "") for other in _there(column, shown))
    return known and _meant(word, column, question, named)


def _there(column: Column | None, shown: Sequence[Shown]) -> frozenset[str]:
    """The words of a column; of none, the sheets or files of a union."""
    return _words(column) if column else frozenset(part for one in shown for part in one.table.parts)


def _meant(word: str, column: Column | None, question: str, named: Mentions) -> bool:
    """Whether a question means a word that it doesn't hold: a month among those it names, a flag of a column it names,
    a word of the other script, or nearly the same letters."""
    if months := mentions(word).months:
        return bool(named.months) and min(named.months) <= min(months) <= max(named.months)
    if column and len(_words(column)) <= FLAGS and overlap(question, column.name) >= NAMED:
        return True
    near = len(plain(word)) > 2 and fuzz.partial_ratio(plain(word), plain(question)) >= NEARLY
    return near or word.isascii() != question.isascii()


def _time_named(value: str, column: Column | None, named: Mentions) -> bool:
    """A day begins or ends a month or year that is named; a year need not be named when there is but one."""
    years = set(named.years) or _years(column)
    year, month, day = int(value[:4]), int(value[5:7]), value[8:10]
    if "01" < day < "28":
        return False
    if year not in years and year - 1 not in years:
        return False
    if named.months:
        return month in named.months or month - 1 in named.months or (month == 1 and 12 in named.months)
    return bool(named.years) and (month, day) in ((1, "01"), (12, "31"))


# -- what must be carried ---------------------------------------------------------------------------------------


def _dropped_time(query: Query, shown: Sequence[Shown], named: Mentions) -> str:
    said = " ".join(value for condition in query.conditions for value in condition.values)
    compared = {int(n) for n in re.findall(r"(?<!\d)\d{1,4}(?!\d)", said)}
    titles = " ".join(one.table.name for one in shown)
    for year in named.years:
        if year not in compared and _years_of(shown) != {year} and str(year) not in titles:
            return str(year)
    parts = {plain(part) for one in shown for part in one.table.parts}
    for month in named.months:
        by_part = any(plain(value) in parts for condition in query.conditions for value in condition.values)
        if month not in compared and not by_part and not named.months >= _months_of(shown):
            return f"month {month}"
    return ""


def _dropped_figure(query: Query, shown: Sequence[Shown], named: Mentions) -> str:
    """A figure must be in the query, a name or a title; one below all that is in the tables only marks what is missing."""
    used = {float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", query.sql)}
    used |= {abs(n) for n in used} | {c.missing for one in shown for c in one.columns if c.missing is not None}
    known = plain(" ".join([*(one.table.name for one in shown), *(c.name for one in shown for c in one.columns)]))
    figures = [v for one in shown for c in one.table.columns if c.type == "number" for v in c.values if v is not None]
    for figure in sorted(named.numbers - used - set(map(float, named.years))):
        if figure >= min([0.0, *figures]) and not _within(f"{figure:g}", known):
            return f"{figure:g}"
    return ""


def _dropped_word(query: Query, shown: Sequence[Shown]) -> str:
    """A word of a column that the question names must be compared with, unless the table is of nothing else."""
    said = [plain(value.strip("%")) for condition in query.conditions for value in condition.values]
    said += [plain(one.table.name) for one in shown]
    said += [plain(word) for one in shown for c in one.table.columns for word in _words(c) if len(_words(c)) == 1]
    for word in dict.fromkeys(value for one in shown for _, value in one.exact):
        if not any(_within(plain(word), other) or _within(other, plain(word)) for other in said):
            return word
    return ""


def _uncounted(query: Query, shown: Sequence[Shown], question: str) -> str:
    """A column of figures that a question names must be used where rows alone are counted: twenty rows of boxes are not
    twenty boxes. Figures that only number the rows are none."""
    if query.selected or not query.aggregated:
        return ""
    figures = [c for one in shown for c in one.columns if c.type == "number" and stands(c.name, question)]
    left_out = (column.name for column in figures if column.name not in query.columns and not _numbering(column))
    return next(left_out, "")


def _numbering(column: Column) -> bool:
    held = [value for value in column.values if value is not None]
    return len(held) > 1 and all(float(one) < float(other) for one, other in pairwise(held))


def _within(word: str, text: str) -> bool:
    """Whether a word stands in a text: between blanks, or anywhere where words are not parted."""
    return bool(word) and (f" {word} " in f" {text} " or (len(word) > 1 and not word.isascii() and word in text))


# -- columns ------------------------------------------------------------------------------------------------------


def _find(name: str, shown: Sequence[Shown]) -> Column | None:
    found = [c for one in shown for c in one.table.columns if c.name.casefold() == name.casefold()]
    return None if any(name == part_name(one.table) for one in shown) or not found else found[0]


@lru_cache(maxsize=256)
def _words(column: Column) -> frozenset[str]:
    return frozenset(str(value) for value in column.values if value is not None)


def _years(column: Column | None) -> set[int]:
    """The year of a column of moments when there is but one."""
    found = {int(value[:4]) for value in column.values if value} if column and column.type == "date" else set()
    return found if len(found) == 1 else set()


def _years_of(shown: Sequence[Shown]) -> set[int]:
    return {int(v[:4]) for one in shown for c in one.table.columns if c.type == "date" for v in c.values if v}


def _months_of(shown: Sequence[Shown]) -> set[int]:
    return {int(v[5:7]) for one in shown for c in one.table.columns if c.type == "date" for v in c.values if v} or {0}
