"""What the format of a spreadsheet's cell says about its figure: its unit or currency.

The format language is that of ECMA-376, part 1, 18.8.31.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.text.cells import CURRENCIES, UNITS, Figure, same_unit

_DOLLARS = {"0409": "USD", "0C09": "AUD", "1009": "CAD", "1409": "NZD", "4809": "SGD", "0C04": "HKD", "0404": "TWD"}
_CROWNS = {"041D": "SEK", "0414": "NOK", "0406": "DKK", "0405": "CZK", "041B": "EUR"}
_YEN_OR_YUAN = {"0804": "CNY"}
_SCALED = {"千円": "JPY", "万円": "JPY", "百万円": "JPY", "億円": "JPY"}
LONGEST = 12
"""Characters of a unit at most."""
_MONEY = re.compile(r"\[\$([^\]-]*)(?:-([0-9A-Fa-f]+))?\]")
_PARTS = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]|([^"\\_*\[]+)', re.S)
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
    scaled = bool(re.search(r"[0#?],+(?![0#?,])", section))
    for literal in literals:
        word = unicodedata.normalize("NFKC", literal).strip(" ()[]/")
        if scaled and word in _SCALED:
            return _SCALED[word]
        if word in UNITS and literal in quoted:
            return same_unit(word)
        if sign := next((sign for sign in CURRENCIES if sign in word and not sign.isalpha() and "/" not in word), ""):
            return CURRENCIES[sign]
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
    """A figure with the unit that the format of its cell shows: 0.35 as 0% -> 35 %, but 35 as 0"%" -> 35 %."""
    unit = unit_of(pattern)
    if unit == "%" and "%" in _literals(_sections(pattern)[0])[2]:
        return Figure(float(f"{value * 100:.15g}"), unit)
    return Figure(value, unit) if unit else value


def _sections(pattern: str) -> list[str]:
    """The parts for positive and other figures, cut at semicolons outside quotation marks."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])*', pattern) or [""]


def _literals(section: str) -> tuple[list[str], set[str], str]:
    """The words a format writes beside the digits, those of them that are quoted, and all of it that is not."""
    quoted: set[str] = set()
    plain = word = ""
    for said, escaped, bare in _PARTS.findall(section):
        quoted |= {said} if said else set()
        plain += bare
        word += f"\0{said}\0" if said else escaped + _PLACES.sub("\0", bare)
    return [part for part in word.split("\0") if part.strip()], quoted, plain
