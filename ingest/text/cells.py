"""What one cell says: a number with its unit, a date, yes or no, or words. Knows nothing about tables or files.

Nothing is guessed: `05/06/2026` could be two days and stays text, `00123` is a code and stays text.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

CellType = Literal["number", "date", "boolean", "text", "empty"]

CURRENCIES = {
    "¥": "JPY",
    "円": "JPY",
    "yen": "JPY",
    "JPY": "JPY",
    "$": "USD",
    "USD": "USD",
    "€": "EUR",
    "EUR": "EUR",
    "£": "GBP",
    "GBP": "GBP",
}
_UNIT_WORDS = """
    % ‰ ppm ppb °C °F ℃ ℉ degC degF K mK m cm mm km um µm μm nm in ft inch m2 m² cm2 cm² mm2 mm² km2 km² ha m3 m³ cm3 cm³
    L l ml mL kl g kg mg t ton tons N kN Nm N·m Pa kPa MPa hPa bar mbar psi mmHg V mV kV A mA kA W kW MW Wh kWh MWh
    VA kVA var J kJ MJ Hz kHz MHz GHz s sec ms us µs min h hr hour hours day days d week weeks month months year years
    m/s km/h mph m/s2 m/s² mm/s mm/s² g/cm3 kg/m3 rpm r/min min-1 dB dBA lux lx cd Ω ohm kΩ MΩ F µF C rad deg °
    L/min l/min m3/h m³/h kg/h pcs pc pieces units bytes B kB KB MB GB TB requests req/s
    個 台 本 枚 件 人 名 回 時間 分 秒 日 週 月 年 箱 式 歩 度 千円 万円 百万円 億円
"""
UNITS = {unicodedata.normalize("NFKC", word) for word in _UNIT_WORDS.split()} | set(CURRENCIES)
"""Units that are recognised; a word in brackets that is not one of them is part of the name."""

_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+−△▲])?\s*(?P<money>[¥$€£])?\s*(?P<sign2>[-−])?"
    rf"(?P<digits>\d{{1,3}}(?:,\d{{3}})+|\d+)(?P<fraction>\.\d+)?(?P<exponent>[eE][-+]?\d{{1,3}})?"
    rf"\s*(?P<unit>{_UNIT})?(?P<close>\))?"
)
_BRACKET = re.compile(r"^(.+?)\s*[\[(<]\s*([^\[\]()<>]+?)\s*[\])>]$")
_SUFFIX = re.compile(r"^(.+?)\s*[,/]\s*(\S+)$")
_SNAKE = re.compile(r"^(.+)_([A-Za-z]{1,5})$")
_SNAKE_UNITS = {
    "c": "°C", "degc": "°C", "f": "°F", "degf": "°F", "pct": "%", "percent": "%", "kw": "kW", "kwh": "kWh", "w": "W",
    "v": "V", "mv": "mV", "a": "A", "ma": "mA", "bar": "bar", "kpa": "kPa", "mpa": "MPa", "hpa": "hPa", "pa": "Pa",
    "rpm": "rpm", "hz": "Hz", "khz": "kHz", "mm": "mm", "um": "µm", "cm": "cm", "kg": "kg", "g": "g", "ms": "ms",
    "sec": "s", "min": "min", "jpy": "JPY", "yen": "JPY", "usd": "USD", "eur": "EUR", "db": "dB", "ppm": "ppm",
    "lux": "lx", "nm": "N·m",
}  # fmt: skip
"""What a short ending of a programmer's column name means: `spindle_temp_c`."""
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(r"(?P<era>令和|平成|昭和|[RHS])(?P<y>\d{1,2}|元)[年.](?P<m>\d{1,2})[月.](?P<d>\d{1,2})日?"),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
    re.compile(r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?[ -](?P<month>[A-Za-z]{3,9})\.?,?[ -](?P<y>\d{4})"),
)
_CLOCK = re.compile(
    r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<z>Z|[+-]\d{2}:?\d{2})?)?$"
)
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925}
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's meaning. `value` is a JSON value: float or int, ISO 8601 text for dates, bool, or the text itself."""

    type: CellType
    value: float | int | bool | str | None
    unit: str = ""


EMPTY = Cell("empty", None)


def cell(value: object) -> Cell:
    """The meaning of a value as a spreadsheet library or a CSV file gives it."""
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return Cell("boolean", value)
    if isinstance(value, (int, float)):
        return Cell("number", value) if math.isfinite(value) else EMPTY
    if isinstance(value, (dt.datetime, dt.date)):
        return Cell("date", shown(value))
    return _of_text(shown(value))


def _of_text(text: str) -> Cell:
    if not text:
        return EMPTY
    plain = unicodedata.normalize("NFKC", text)
    if plain.lower() in _BOOLEANS:
        return Cell("boolean", _BOOLEANS[plain.lower()])
    if not any(map(str.isdigit, plain)):
        return Cell("text", text)
    found = number(plain)
    if found is not None:
        return found
    moment = date(plain)
    return Cell("date", shown(moment)) if moment else Cell("text", text)


def number(text: str) -> Cell | None:
    """'1,200円' -> 1200 JPY, '98.68%' -> 98.68 %, '△5' -> -5, '(3.5)' -> -3.5; None when it is not a number."""
    match = _NUMBER.fullmatch(text.strip())
    if not match or bool(match["open"]) != bool(match["close"]):
        return None
    digits = match["digits"].replace(",", "")
    if (len(digits) > 1 and digits[0] == "0") or len(digits) > 18:
        return None
    size: float | int = int(digits)
    if match["fraction"] or match["exponent"]:
        size = float(digits + (match["fraction"] or "") + (match["exponent"] or ""))
    negative = (match["sign"] or match["sign2"] or "+") != "+" or match["open"]
    return Cell("number", -size if negative else size, same_unit(match["unit"] or match["money"] or ""))


def date(text: str) -> dt.datetime | None:
    """A day, with or without a time of day, from the ways it is written that cannot be two days. Offsets become UTC."""
    for pattern in _DATES:
        match = pattern.match(text)
        clock = _CLOCK.match(text, match.end()) if match else None
        if match and clock:
            return _moment(match.groupdict(), clock.groupdict())
    return None


def _moment(day: dict[str, str | None], clock: dict[str, str | None]) -> dt.datetime | None:
    year = 1 if day["y"] == "元" else int(day["y"] or 0)
    year += _ERAS.get(day.get("era") or "", 0)
    month = _month(day["month"]) if day.get("month") else int(day.get("m") or 0)
    micro = int((clock["f"] or "0").ljust(6, "0")[:6])
    try:
        moment = dt.datetime(
            year, month, int(day["d"] or 0), int(clock["H"] or 0), int(clock["M"] or 0), int(clock["S"] or 0), micro
        )
    except ValueError:
        return None
    if clock["z"] and clock["z"] != "Z":
        offset = dt.datetime.strptime(clock["z"].replace(":", ""), "%z").utcoffset()
        moment -= offset or dt.timedelta()
    return moment


def _month(name: str | None) -> int:
    """1-12 for an English month or its first three letters, else 0."""
    lower = (name or "").lower()
    return next((i for i, full in enumerate(MONTHS, start=1) if lower in (full, full[:3], full[:4])), 0)


def shown(value: object) -> str:
    """A value as a person reads it: no needless digits, ISO dates, white space collapsed."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return (
            value.date().isoformat()
            if midnight
            else value.replace(tzinfo=None).isoformat(" ", "auto").removesuffix(":00")
        )
    if isinstance(value, float):
        return f"{value:.15g}"
    return " ".join(str(value).split())


def header(text: str) -> tuple[str, str]:
    """Name and unit of a column: 'Speed (rpm)' -> Speed, rpm; '金額（円）' -> 金額, JPY; 'oil_c' -> oil, °C."""
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    for pattern in (_BRACKET, _SUFFIX):
        match = pattern.match(plain)
        if match and match[2] in UNITS:
            return _spaced(match[1]), same_unit(match[2])
    match = _SNAKE.match(plain)
    if match and match[2].lower() in _SNAKE_UNITS:
        return _spaced(match[1]), _SNAKE_UNITS[match[2].lower()]
    return _spaced(plain), ""


def _spaced(name: str) -> str:
    return name.replace("_", " ") if re.fullmatch(r"\w+", name) else name


def same_unit(unit: str) -> str:
    """One way to write units that are written in several: ℃ -> °C, 円 -> JPY."""
    plain = unicodedata.normalize("NFKC", unit)
    return CURRENCIES.get(plain) or {"degC": "°C", "degF": "°F", "sec": "s"}.get(plain, plain)
