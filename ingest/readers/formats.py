"""What the format of a spreadsheet's cell says about its figure: its unit or currency, and its scale.

The format language is that of ECMA-376, part 1, 18.8.31.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from ingest.text.cells import CURRENCIES, SCALED_YEN, UNITS, Figure, Scaled, same_unit

from .spelled import PARTS, spelling

_DOLLARS = {"0409": "USD", "0C09": "AUD", "1009": "CAD", "1409": "NZD", "4809": "SGD", "0C04": "HKD", "0404": "TWD"}
_CROWNS = {"041D": "SEK", "0414": "NOK", "0406": "DKK", "0405": "CZK", "041B": "EUR"}
_YEN_OR_YUAN = {"0804": "CNY"}
LONGEST = 12
"""Characters of a unit at most."""
_MONEY = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]")
_SCALE = re.compile(r"[0#?](,+)(?![0#?,])")
_THOUSAND = re.compile(r"(?:T|k|Tsd\.?|Mio\.?|Mrd\.?|M|Md|bn)(?:\s|$)", re.I)
"""What stands before the sign of a currency and says that it is thousands, millions."""
_THOUSANDS = frozenset("kKMbB千万億")
_YEN = {1: "千円", 2: "百万円"}
"""What scaled yen are, by how many thousands."""
_CONDITION = re.compile(r"\[([<>]=?|=|<>)(-?[\d.]+)\]")
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
Reading = Callable[[float | int], object]
_PLACES = re.compile(r"[0#?.,/@+\-() ]|E[+-]|General", re.I)


@lru_cache(maxsize=2048)
def unit_of(pattern: str) -> str:
    """'#,##0" mm"' -> mm, '[$¥-411]#,##0' -> JPY, '0.0%' -> %; empty for none."""
    section = _sections(pattern)[0]
    money = _MONEY.search(section)
    if money and money[1].strip():
        return currency(money[1].strip(), (money[2] or "").upper().zfill(4)[-4:])
    literals, quoted, plain = _literals(section)
    if "%" in plain:
        return "%"
    scaled = bool(_SCALE.search(plain))
    for literal in literals:
        word = _word(literal)
        if scaled and word in SCALED_YEN:
            return "JPY"
        if word in UNITS and literal in quoted:
            return same_unit(word)
        if sign := next((sign for sign in CURRENCIES if sign in word and not sign.isalpha() and "/" not in word), ""):
            return word if _THOUSAND.match(word.replace(sign, "")) and not scaled else CURRENCIES[sign]
    return _behind(section)


def _behind(section: str) -> str:
    """The words that a format writes right behind the digits: a person reads them as the unit; "" for none or a remark."""
    said = re.search(r'[0#?]\s*((?:"[^"]*"|\\.|_.)+)[^0#?]*$', section)
    word = "".join(quoted or one for quoted, one in re.findall(r'"([^"]*)"|\\(.)', said[1])) if said else ""
    word = unicodedata.normalize("NFKC", word).partition("(")[0].strip()
    return same_unit(word) if len(word) <= LONGEST and (word in UNITS or any(map(str.isalpha, word))) else ""


def currency(symbol: str, locale: str) -> str:
    """The currency of a symbol in a locale (the last four digits of its number): `$` is not the same everywhere."""
    plain = unicodedata.normalize("NFKC", symbol)
    if plain == "$":
        return _DOLLARS.get(locale, "USD")
    if plain == "¥":
        return _YEN_OR_YUAN.get(locale, "JPY")
    if plain.lower() in ("kr", "kr.", "kč"):
        return _CROWNS.get(locale, plain)
    return CURRENCIES.get(plain, plain)


def figure(value: float | int, pattern: str) -> object:
    """A figure as the format of its cell shows it, never rounded.

    0.35 as 0% -> 35 %, but 35 as 0"%" -> 35 %; 1234500 as #,##0, -> 1234.5, a thousand times; 123 as 00000 -> the words 00123.
    """
    read = _reading(pattern)
    return read(value) if read else value


@lru_cache(maxsize=2048)
def _reading(pattern: str) -> Reading | None:
    """What a format makes of figures; None where they stay as they are."""
    sections = [section for section in _sections(pattern) if section] or [""]
    if not any(map(_CONDITION.search, sections)):
        return _of_section(sections[0])
    if any(map(_scale, sections)):  # one column at several scales: in full, its figures are alike
        return None
    return lambda value: _by_condition(value, sections)


def _by_condition(value: float | int, sections: list[str]) -> object:
    """A figure by the first section whose condition it meets."""
    for section in sections:
        condition = _CONDITION.search(section)
        if condition is None or _HOLDS[condition[1]](value, float(condition[2])):
            return figure(value, _CONDITION.sub("", section))
    return value


def _of_section(section: str) -> Reading | None:
    unit, scale = unit_of(section), _scale(section)
    if unit == "%" and "%" in _literals(section)[2]:
        return lambda value: Figure(float(f"{value * 100:.15g}"), unit)
    if spelled := spelling(section, unit):
        return spelled
    if scale and _says_scale(section):
        scale, unit = 0, unit if unit in CURRENCIES else ""
    if scale and (unit not in CURRENCIES or (unit == "JPY" and scale in _YEN)):
        unit = _YEN[scale] if unit == "JPY" else unit
        return lambda value: _measured(float(f"{value / 1000**scale:.15g}"), unit, 1000**scale)
    return (lambda value: Figure(value, unit)) if unit else None


def _measured(size: float, unit: str, times: int) -> object:
    return Figure(size, unit) if unit else Scaled(size, times)


def _scale(section: str) -> int:
    """By how many thousands a format divides what it shows."""
    found = _SCALE.search(_literals(section)[2])
    return len(found[1]) if found else 0


def _says_scale(section: str) -> bool:
    """Whether a format names its scale (千円, M, Mio.), by a word that is no unit: its figures are told in full."""
    words = map(_word, _literals(section)[0])
    return any(
        word in SCALED_YEN or word in _THOUSANDS or (any(map(str.isalpha, word)) and word not in UNITS)
        for word in words
    )


def _word(literal: str) -> str:
    return unicodedata.normalize("NFKC", literal).strip(" ()[]/")


def _sections(pattern: str) -> list[str]:
    """The parts for positive and other figures, cut at semicolons outside quotation marks."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])*', pattern) or [""]


def _literals(section: str) -> tuple[list[str], set[str], str]:
    """The words a format writes beside the digits, those of them that are quoted, and all of it that is not."""
    quoted: set[str] = set()
    plain = word = ""
    for said, escaped, bare in PARTS.findall(section):
        quoted |= {said} if said else set()
        plain += bare
        word += f"\0{said}\0" if said else escaped + _PLACES.sub("\0", bare)
    return [part for part in word.split("\0") if part.strip()], quoted, plain
