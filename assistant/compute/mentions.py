"""The figures and times a question names, in both languages: what a query must carry and what it may compare with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ingest.text.cells import MONTHS, date

_ERA = re.compile(r"(令和|平成|昭和)(\d{1,2}|元)年(?:(\d{1,2})月)?(?:(\d{1,2})日)?")
_DAY = re.compile(
    r"(?<![A-Za-z])[RHS]\d{1,2}\.\d{1,2}\.\d{1,2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日|"
    r"[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2}(?:st|nd|rd|th)?[ -][A-Z][a-z]{2,8}\.?,?[ -]\d{4}"
)
_YEAR = re.compile(r"(?<![\d.,])(1[6-9]\d\d|20\d\d)(?:年|(?![\d.,]*\d))")
_MONTH = re.compile(r"(?<!\d)(1[0-2]|[1-9])月")
_SHORT = [month[:3] for month in MONTHS if month != "may"]
_NAMED = re.compile(rf"\b(?:May|(?i:{'|'.join([*(m for m in MONTHS if m != 'may'), *_SHORT, 'sept'])}))\b")
"""An English month; "may" is one only with a capital, and never as the first word."""
_NUMBER = re.compile(r"(?<![A-Za-z\d.,])[-−△]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![A-Za-z\d.])[-−△]?\d+(?:\.\d+)?")
_SCALES = {"万": 1e4, "億": 1e8, "千": 1e3, "百万": 1e6, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SCALE = re.compile(r"\s*(百万|万|億|千|thousand\b|million\b|billion\b)", re.IGNORECASE)
_ERA_YEARS = {"令和": 2018, "平成": 1988, "昭和": 1925}


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a question names.

    Attributes:
        days: ISO days, from any way of writing them.
        numbers: every other figure, scaled ("3 million"), and as written where a scale follows.
    """

    years: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    days: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()


def mentions(question: str) -> Mentions:
    """The times and figures that a question names."""
    text = unicodedata.normalize("NFKC", question)
    text = _ERA.sub(_western, text)
    days = {found.date().isoformat() for match in _DAY.finditer(text) if (found := date(match[0]))}
    text = _DAY.sub(" ", text)
    years = {int(match[1]) for match in _YEAR.finditer(text)} | {int(day[:4]) for day in days}
    months = {int(match[1]) for match in _MONTH.finditer(text)} | _named_months(text)
    months |= {int(day[5:7]) for day in days}
    rest = _MONTH.sub(" ", text)
    numbers = {value for match in _NUMBER.finditer(rest) for value in _values(rest, match)}
    return Mentions(frozenset(years), frozenset(months), frozenset(days), frozenset(numbers))


def plainly(question: str) -> list[str]:
    """What a question names in another form than a query writes it: days, years of an era, figures with a scale."""
    text = unicodedata.normalize("NFKC", question)
    named = mentions(question)
    days = [day for day in sorted(named.days) if day not in text]
    years = [str(y) for y in sorted(named.years) if str(y) not in text and not any(d[:4] == str(y) for d in named.days)]
    scaled = [
        f"{n:.15g}"
        for n in sorted(named.numbers)
        if n >= 1000 and n not in named.years and f"{n:.15g}" not in text.replace(",", "")
    ]
    return [*days, *years, *scaled]


def _western(match: re.Match[str]) -> str:
    """A year of an era as one of the common count."""
    year = _ERA_YEARS[match[1]] + (1 if match[2] == "元" else int(match[2]))
    return f"{year}年" + (f"{match[3]}月" if match[3] else "") + (f"{match[4]}日" if match[4] else "")


def _named_months(text: str) -> set[int]:
    return {_number_of(match[0]) for match in _NAMED.finditer(text) if match[0] != "May" or match.start()}


def _number_of(month: str) -> int:
    return next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(month.lower()[:3]))


def _values(text: str, match: re.Match[str]) -> set[float]:
    value = float(re.sub(r"[−△]", "-", match[0]).replace(",", ""))
    scale = _SCALE.match(text, match.end())
    return {value * _SCALES[scale[1].lower()]} if scale else {value}
