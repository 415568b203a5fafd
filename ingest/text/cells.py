"""What one cell says: a number with its unit, a date, yes or no, or words.

Nothing is guessed: `05/06/2026` could be two days and stays text unless its column decides, `00123` is a code and stays
text.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from .convention import PLAIN, Convention, day, full_year, mark_of

CellType = Literal["number", "date", "boolean", "text", "empty"]

_CODES = "JPY USD EUR GBP CNY CHF KRW TWD HKD SGD THB VND IDR MYR PHP INR AUD NZD CAD BRL MXN SEK NOK DKK PLN CZK HUF TRY ZAR"
CURRENCIES = {
    "¥": "JPY", "円": "JPY", "yen": "JPY", "\\": "JPY", "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "元": "CNY",
    "₩": "KRW", "₹": "INR", "Fr.": "CHF",
} | {code: code for code in _CODES.split()}  # fmt: skip
"""A yen sign is the backslash (0x5C) in the encodings of Japanese Windows."""
_UNIT_WORDS = """
    % %RH %rF ‰ ppm ppb °C °F ℃ ℉ degC degF K mK m cm mm km um µm μm nm in ft inch m2 m² cm2 cm² mm2 mm² km2 km² ha m3 m³ cm3 cm³
    L l ml mL kl g kg mg t ton tons N kN Nm N·m Pa kPa MPa hPa bar mbar psi mmHg V mV kV A mA kA W kW MW Wh kWh MWh
    VA kVA var J kJ MJ Hz kHz MHz GHz s sec ms us µs min h hr hour hours day days d week weeks month months year years
    m/s km/h mph m/s2 m/s² mm/s mm/s² g/cm3 kg/m3 rpm r/min min-1 dB dBA lux lx cd Ω ohm kΩ MΩ µF C rad deg °
    L/min l/min m3/h m³/h kg/h pcs pc pieces units bytes B kB KB MB GB TB requests req/s
    個 台 本 枚 件 人 名 回 時間 分 秒 日 週 月 年 箱 式 歩 度 歳 点 泊 坪 冊 袋 缶 杯 社 戸 着 頭 匹 束
    か月 ヶ月 カ月 ヵ月 日間 週間 年間 Stk Stk. Std Std. hrs 千円 万円 百万円 億円
"""
UNITS = {unicodedata.normalize("NFKC", word) for word in _UNIT_WORDS.split()} | set(CURRENCIES) - {"\\"}
"""Units that are recognised; a word in brackets that is not one of them is part of the name."""

SCALED_YEN = frozenset(["千円", "万円", "百万円", "億円"])
CURRENCY_CODES = frozenset(CURRENCIES.values())
MONEY = CURRENCY_CODES | SCALED_YEN

_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONEY = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+−–△▲])?\s*(?P<money>{_MONEY})?\s*(?P<sign2>[-−–])?"
    rf"(?P<digits>\d[\d.,' ]*)(?P<exponent>[eE][-+]?\d{{1,3}})?(?P<after>[-−](?!\w))?"
    rf"\s*(?P<unit>{_UNIT})?(?P<close>\))?"
)
_DIGITS = {
    ".": re.compile(
        r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:'\d{3})+|\d+)(?:\.(?P<fraction>\d+))?"
    ),
    ",": re.compile(r"(?P<whole>\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+|\d+)(?:,(?P<fraction>\d+))?"),
}
_BRACKET = re.compile(r"^(.+?)\s*[\[(<]\s*([^\[\]()<>]+?)\s*[\])>]$")
_SUFFIX = re.compile(r"^(.+?)(?:,| /) (\S+)$")
_SIGN = re.compile(r"^(.*[^\d\s])\s*(°C|°F|%)$")
_PART = re.compile(
    r"[nµμumcdhkMGT]?(?:m|g|gf|s|A|K|mol|cd|Hz|N|Pa|J|W|Wh|VA|V|F|Ω|S|T|H|lm|lx|Bq|Gy|Sv|L|l|eV|bar|cal)(?:[-⁻]?[1-3]|[²³])?|h|d|a|min|°C"
)
"""A unit of the SI, or used with it, with its prefix and exponent."""
_SNAKE = re.compile(r"^(.+)_([A-Za-z]{1,5})$")
_SNAKE_UNITS = {
    "c": "°C", "degc": "°C", "f": "°F", "degf": "°F", "pct": "%", "percent": "%", "kw": "kW", "kwh": "kWh", "w": "W",
    "v": "V", "mv": "mV", "a": "A", "ma": "mA", "bar": "bar", "kpa": "kPa", "mpa": "MPa", "hpa": "hPa", "pa": "Pa",
    "rpm": "rpm", "hz": "Hz", "khz": "kHz", "mm": "mm", "um": "µm", "cm": "cm", "kg": "kg", "g": "g", "ms": "ms",
    "sec": "s", "jpy": "JPY", "yen": "JPY", "usd": "USD", "eur": "EUR", "db": "dB", "ppm": "ppm",
    "lux": "lx", "nm": "N·m",
}  # fmt: skip
"""What a short ending of a programmer's column name means: `spindle_temp_c`."""
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(
        r"(?P<era>令和|平成|昭和|大正|明治|[RHSTM](?=\d+年))(?P<y>\d{1,2}|元)[年.](?P<m>\d{1,2})[月.](?P<d>\d{1,2})日?"
    ),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
    re.compile(r"(?P<d>1[3-9]|2\d|3[01])/(?P<m>\d{1,2})/(?P<y>\d{4})"),
    re.compile(r"(?P<m>\d{1,2})/(?P<d>1[3-9]|2\d|3[01])/(?P<y>\d{4})"),
    re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|\.)?[ -](?P<month>[A-Za-zÀ-ÿ]{3,10})\.?,?[ -](?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<y>\d\d)(?!\d)"),
)
_SHORT_ERA = re.compile(r"(?P<era>[RHSTM])(?P<y>\d{1,2}|元)(?P<mark>[./])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})")
_PACKED = re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?)?$")
_WEEKDAY = re.compile(r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,? )?", re.I)
_CLOCK = re.compile(
    r"(?:\s*\([月火水木金土日]\))?(?:(?:(?P<T>T)|[ ,])\s*(?P<noon>午前|午後)?\s*(?P<H>\d{1,2})(?:時(?=$)|(?::|時)(?P<M>\d{2})分?)"
    r"(?::?(?P<S>\d{2})秒?(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?|午前|午後)?"
    r"\s*(?P<z>Z|(?:UTC|GMT)(?:[+-]\d{1,2})?|WES?T|CES?T|MES?Z|EES?T|JST|(?:\+|(?(S)-|(?(T)-|-(?=\d{4}))))\d{2}:?\d{2})?)?$"
)
"""Without seconds, `10:00-11:00` behind a day is a stretch of it and no offset from UTC."""
_ZONES = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "JST": 9,
}  # fmt: skip
"""Names of zones that are one offset the world over, in hours."""
_ERAS = {
    "令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925, "大正": 1911, "T": 1911, "明治": 1867, "M": 1867,
}  # fmt: skip
MONTHS, *OTHER_MONTHS = (
    tuple(names.split())
    for names in (
        "january february march april may june july august september october november december",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    )
)
"""In English; in German, French, Italian and Spanish."""
_NUMBERS = {
    form: number
    for names in (*OTHER_MONTHS, MONTHS)
    for number, name in enumerate(names, 1)
    for form in (name[:3], name[:4], name)
    if form != "jui"  # June or July in French
}
_BOOLEANS = {"true": True, "false": False}
GAPS = frozenset([
    "-", "–", "—", "−", "…", "...", "―", "－", "ー", "--", "---", "n/a", "#n/a", "nan", "null", "none", "na", "欠測", "データなし",
])  # fmt: skip
"""How people and programs write that there is nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's meaning. `value` is a JSON value: float or int, ISO 8601 text for dates, bool, or the text itself."""

    type: CellType
    value: float | int | bool | str | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a sheet keeps with a unit of its own in the format of its cell: 35 %, 1200 JPY."""

    size: float | int
    unit: str


@dataclass(frozen=True, slots=True)
class Scaled:
    """A figure that a sheet shows without the thousands that its cell keeps: 1234.5, times 1000."""

    size: float | int
    times: int

    @property
    def whole(self) -> float | int:
        full = self.size * self.times
        return int(full) if full == int(full) else full


@dataclass(frozen=True, slots=True)
class Shared:
    """A figure of a cell that reaches down from a row above: it is said of this row, too, and counted in that one."""

    value: object


EMPTY = Cell("empty", None)


def blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def cell(value: object, convention: Convention = PLAIN) -> Cell:
    """The meaning of a value as a spreadsheet library or a CSV file gives it, in the convention of its column."""
    if value is None or isinstance(value, Shared):
        return EMPTY
    if isinstance(value, bool):
        return Cell("boolean", value)
    if isinstance(value, (int, float)):
        return _of_figure(value, convention) if math.isfinite(value) else EMPTY
    if isinstance(value, Figure):
        return Cell("number", value.size, value.unit)
    if isinstance(value, Scaled):
        return Cell("number", value.size)
    if isinstance(value, dt.timedelta):
        return Cell("number", value.total_seconds() / 3600, "h")
    if isinstance(value, (dt.datetime, dt.date)):
        return Cell("date", shown(value))
    return _of_text(shown(value), convention)


def _of_figure(value: float | int, convention: Convention) -> Cell:
    packed = date(str(value), convention) if convention.packed and isinstance(value, int) else None
    return Cell("date", shown(packed)) if packed else Cell("number", value)


@lru_cache(maxsize=65_536)
def _of_text(text: str, convention: Convention) -> Cell:
    if not text or text.lower() in GAPS:
        return EMPTY
    plain = unicodedata.normalize("NFKC", text)
    if plain.lower() in _BOOLEANS:
        return Cell("boolean", _BOOLEANS[plain.lower()])
    if not any(map(str.isdigit, plain)):
        return Cell("text", text)
    found = None if convention.codes or convention.packed else number(plain, convention)
    if found is not None:
        return found
    moment = date(plain, convention)
    return Cell("date", shown(moment)) if moment else Cell("text", text)


def number(text: str, convention: Convention = PLAIN) -> Cell | None:
    """'1,200円' -> 1200 JPY, '98.68%' -> 98.68 %, '△5', '5-' -> -5, '(3.5)' -> -3.5; None when it is not a number."""
    match = _NUMBER.fullmatch(text.strip())
    if not match or bool(match["open"]) != bool(match["close"]):
        return None
    size = _size(match["digits"].strip(), match["exponent"] or "", convention)
    if size is None:
        return None
    signs = [sign for sign in (match["sign"], match["sign2"], match["after"], match["open"]) if sign]
    if len(signs) > 1:
        return None
    return Cell("number", -size if signs and signs != ["+"] else size, same_unit(match["unit"] or match["money"] or ""))


def _size(digits: str, exponent: str, convention: Convention) -> float | int | None:
    """The size of digits with their marks; None when they are none in this convention, or a code."""
    mark = convention.decimal
    if mark == "mixed":
        own = mark_of(digits)
        if own == "?":
            return None
        mark = "," if own == "," else "."
    match = _DIGITS[mark].fullmatch(digits)
    whole = re.sub(r"[.,' ]", "", match["whole"]) if match else ""
    if not match or (len(whole) > 1 and whole[0] == "0") or len(whole) > 18:
        return None
    fraction = match["fraction"]
    return float(f"{whole}.{fraction or 0}{exponent}") if fraction or exponent else int(whole)


def date(text: str, convention: Convention = PLAIN) -> dt.datetime | None:
    """A day, with or without a time of day, from the ways it is written that cannot be two days in its column.

    It is the clock on the wall, and has a `tzinfo` where the offset is written.
    """
    start = text[_WEEKDAY.match(text).end() :]  # type: ignore[union-attr]
    patterns = (*_DATES, _SHORT_ERA) if convention.eras else _DATES
    if convention.packed and (packed := _PACKED.fullmatch(start)):
        return _moment(packed.groupdict(), packed.groupdict())
    found = day(start, convention.order)
    if found and (clock := _CLOCK.match(start, found[1])):
        return _moment({"y": str(found[0].year), "m": str(found[0].month), "d": str(found[0].day)}, clock.groupdict())
    for pattern in patterns:
        match = pattern.match(start)
        clock = _CLOCK.match(start, match.end()) if match else None
        if match and clock:
            return _moment(match.groupdict(), clock.groupdict())
    return None


def _moment(day: dict[str, str | None], clock: dict[str, str | None]) -> dt.datetime | None:
    year = 1 if day["y"] == "元" else int(day["y"] or 0)
    year += _ERAS.get(day.get("era") or "", 0)
    if day.get("month"):
        year = full_year(day["y"] or "")
    month = _month(day["month"]) if day.get("month") else int(day.get("m") or 0)
    hour = _hour(int(clock["H"] or 0), clock.get("half") or clock.get("noon") or "")
    micro = int((clock.get("f") or "0").ljust(6, "0")[:6])
    midnight = hour == 24 and not int(clock["M"] or 0) and not int(clock["S"] or 0)
    try:
        moment = dt.datetime(
            year, month, int(day["d"] or 0), 0 if midnight else hour, int(clock["M"] or 0), int(clock["S"] or 0), micro
        )
        return (moment + dt.timedelta(days=midnight)).replace(tzinfo=_zone(clock.get("z") or ""))
    except (ValueError, OverflowError):
        return None


def _hour(hour: int, half: str) -> int:
    """The hour of the day, of a clock of twelve hours when a half of the day is named; 99 when it is none."""
    if not half:
        return hour
    if hour > 12:
        return 99
    late = half == "午後" or half[0] in "Pp"
    return hour % 12 + 12 * late


def _zone(written: str) -> dt.tzinfo | None:
    if not written:
        return None
    if written in _ZONES:
        return dt.timezone(dt.timedelta(hours=_ZONES[written]))
    if written[:3] in ("GMT", "UTC"):
        return dt.timezone(dt.timedelta(hours=int(written[3:])))
    zone = dt.datetime.strptime(written.replace(":", ""), "%z").tzinfo
    if written[-2:] not in ("00", "15", "30", "45") or not -12 <= int(written[:3]) <= 14:
        raise ValueError(f"no zone of the world has the offset {written}")
    return zone


def _month(name: str | None) -> int:
    """1-12 for a month or its first three or four letters, else 0."""
    return _NUMBERS.get((name or "").lower(), 0)


def shown(value: object) -> str:
    """A value as a person reads it: no needless digits, ISO dates, white space collapsed."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return _shown_moment(value)
    if isinstance(value, dt.timedelta):
        return _shown_duration(value)
    if isinstance(value, dt.time):
        return value.isoformat("auto").removesuffix(":00")
    if isinstance(value, Figure):
        return shown(value.size) + (value.unit if value.unit == "%" else f" {value.unit}")
    if isinstance(value, Scaled):
        return shown(value.size)
    if isinstance(value, Shared):
        return f"{shown(value.value)} (one cell with the row above)"
    if isinstance(value, float):
        return f"{value:.15g}"
    return " ".join(str(value).split())


def _shown_moment(value: dt.datetime) -> str:
    if value.tzinfo is None and value.time() == dt.time():
        return value.date().isoformat()
    clock = value.replace(tzinfo=None).isoformat(" ", "auto").removesuffix(":00")
    return clock + value.isoformat()[-6:] if value.tzinfo else clock


def _shown_duration(value: dt.timedelta) -> str:
    """Hours beyond a day as sheets count them: '26:30'."""
    seconds = round(abs(value.total_seconds()))
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")
    return f"-{text}" if value < dt.timedelta() else text


def header(text: str, beside: Iterable[str] = ()) -> tuple[str, str]:
    """Name and unit of a column: 'Speed (rpm)' -> Speed, rpm; '金額（円）' -> 金額, JPY; 'oil_c' -> oil, °C.

    Args:
        beside: the other columns' headers; where 'oil_a' and 'oil_b' stand beside 'oil_c', the c is no unit.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    for pattern in (_BRACKET, _SUFFIX, _SIGN):
        match = pattern.match(plain)
        if match and (unit := unit_word(match[2])):
            return _spaced(match[1]), unit
        if match and pattern is _BRACKET and (told := header(match[1]))[1]:
            return f"{told[0]} ({match[2]})", told[1]
    name, _, code = plain.rpartition(" ")
    if name and CURRENCIES.get(code) == code:
        return _spaced(name), code
    match = _SNAKE.match(plain)
    ends = {one[2].lower() for one in map(_SNAKE.match, beside) if one and match and one[1] == match[1]}
    if match and match[2].lower() in _SNAKE_UNITS and ends <= _SNAKE_UNITS.keys():
        return _spaced(match[1]), _SNAKE_UNITS[match[2].lower()]
    return _spaced(plain), ""


def unit_word(text: str) -> str:
    """The unit that a word is, in brackets or not: '(℃)' -> '°C', '円/kg' as it stands; "" for none."""
    plain = unicodedata.normalize("NFKC", text).strip("[]() ")
    parts = plain.split("/")
    known = (
        plain in UNITS
        or plain.lower() in _SAME
        or (len(parts) > 1 and all(part in UNITS or _PART.fullmatch(part) for part in parts))
    )
    return same_unit(plain) if known else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ") if re.fullmatch(r"\w+", name) else name


_SAME = {"degc": "°C", "deg c": "°C", "degf": "°F", "deg f": "°F", "sec": "s", "%rf": "%RH"}


def same_unit(unit: str) -> str:
    """One way to write units that are written in several: ℃ -> °C, 円 -> JPY."""
    plain = unicodedata.normalize("NFKC", unit)
    return CURRENCIES.get(plain) or _SAME.get(plain.lower(), plain)
