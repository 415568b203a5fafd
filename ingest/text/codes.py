"""Part numbers, figures and dates of a text, in one form each. What has to match exactly is compared here."""

from __future__ import annotations

import re
import unicodedata

from ingest.text.terms import stem, terms

LETTER = r"[a-z0-9_\u00df-\u024f]"
"""What codes and numbers are made of; Japanese letters stand right beside them and are no part of them."""
RUN = re.compile(rf"(?<!{LETTER})(?<!-)(?=(?:{LETTER}|[/.,:+-])*\d)[a-z0-9](?:{LETTER}|[/.,:+-])*{LETTER}|\d+")
CODE = re.compile(r"[a-z]+[\w-]*\d\w*|\d+[a-z]*-[\w-]*[a-z]\w*")
JOINT = re.compile(r"[-_/.:+]")
"""What the parts of a code are joined by."""
LONG = 5
"""Letters and figures by which a part of a code can be known."""
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
DATES = (
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{MONTH})(?:,?\s+(?P<y>\d{{4}}))?\b"),
    re.compile(rf"\b(?P<name>{MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y>\d{{4}}))?\b"),
    re.compile(r"\b(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
)


def codes(text: str) -> set[str]:
    """Part numbers and the like, letters with digits, without joints and case: `HS-40` and `HS40` are one."""
    return {_bare(run) for run in _runs(text) if CODE.fullmatch(run)}


def written(text: str) -> list[str]:
    """The part numbers and the like of a text as they are written there, each once."""
    words = (word.strip(".,;:()[]\"'、。") for word in text.split())
    return list(dict.fromkeys(word for word in words if codes(word)))


def held_codes(text: str) -> set[str]:
    """The codes of a text and what they begin with: `HS40-2318` and `MC-3-spindle` are of HS-40 and MC-3."""
    found: set[str] = set()
    for run in _runs(text):
        ends = [match.start() for match in JOINT.finditer(run)] + [len(run)]
        found |= {_bare(run[:end]) for end in ends if CODE.fullmatch(run[:end])}
    return found


def joined_codes(text: str) -> set[str]:
    """The codes of a text and the long ones that they are joined of: who asks for `AB-HS4023` may mean the HS4023 of AB."""
    parts = {part for run in _runs(text) if CODE.fullmatch(run) for part in JOINT.split(run)}
    return codes(text) | {part for part in parts if len(part) >= LONG and CODE.fullmatch(part)}


def figures(text: str) -> set[str]:
    """Numbers and dates. A date is `20260609` and `0609` however it is written; its parts alone do not count."""
    without = folded = _folded(text)
    for pattern in DATES:
        without = pattern.sub(" ", without)
    numbers = {
        _number(number) for run in RUN.findall(without) if not CODE.fullmatch(run) for number in NUMBER.findall(run)
    }
    return numbers | _dates(folded)


def dates(text: str) -> set[str]:
    """The dates of a text as `mmdd`, and as `yyyymmdd` where the year stands there too."""
    return _dates(_folded(text))


def _dates(folded: str) -> set[str]:
    found: set[str] = set()
    for pattern in DATES:
        for match in pattern.finditer(folded):
            parts = match.groupdict()
            month = MONTHS.index(parts["name"][:3]) + 1 if parts.get("name") else int(parts["m"])
            day = f"{month:02d}{int(parts['d']):02d}"
            found |= {day, parts["y"] + day} if parts["y"] else {day}
    return found


def said(text: str) -> set[str]:
    """The terms of a text (see `lexicon.terms`), its dates in both ways of writing them."""
    found = set(terms(text))
    for date in dates(text):
        year, month, day = date[:-4], int(date[-4:-2]), int(date[-2:])
        found |= {date, str(day), f"{day:02d}", f"{month:02d}", stem(MONTH_NAMES[month - 1])} | (
            {year} if year else set()
        )
    return found


_DIGITS = r"\d[\d,]*(?:\.\d+)?"
_TENS = {"千": 1000, "百": 100, "十": 10}
MYRIADS = re.compile(
    rf"(?<![\d.])(?:(?P<oku>{_DIGITS}[千百十]?)億)?(?:(?P<man>{_DIGITS}[千百十]?)万)?(?:(?P<sen>{_DIGITS})千)?"
    rf"(?P<rest>{_DIGITS})?(?=\D|$)"
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def _runs(text: str) -> list[str]:
    return RUN.findall(_folded(text))


def _folded(text: str) -> str:
    return MYRIADS.sub(_counted, unicodedata.normalize("NFKC", text).casefold())


def _counted(found: re.Match[str]) -> str:
    """Japanese ten-thousands as one figure: `1万5千` is `15000`, `3.2億` is `320000000`."""
    return f"{_sum(found):.10g}" if _in_myriads(found) else found[0]


def spelled(text: str) -> str:
    """A text whose Japanese ten-thousands have the same figure in digits behind them: `1万5千円` is `1万5千 (15,000) 円`."""
    return MYRIADS.sub(lambda found: f"{found[0]} ({_sum(found):,.10g}) " if _in_myriads(found) else found[0], text)


def _in_myriads(found: re.Match[str]) -> bool:
    return any(found[unit] for unit in ("oku", "man", "sen"))


def _sum(found: re.Match[str]) -> float:
    parts = {"oku": 10**8, "man": 10**4, "sen": 10**3, "rest": 1}
    return sum(_times(found[name]) * size for name, size in parts.items() if found[name])


def _times(said: str) -> float:
    """`3千` of 3千万 is 3000."""
    return float(said.rstrip("".join(_TENS)).replace(",", "")) * _TENS.get(said[-1], 1)


def _bare(run: str) -> str:
    return re.sub(r"[\W_]", "", run)


def _number(text: str) -> str:
    """Without thousands separators and idle zeros: `12,000` is `12000`, `0.80` is `0.8`."""
    bare = re.sub(r",(?=\d{3}(?:\D|$))", "", text)
    return bare.rstrip("0").rstrip(".") if "." in bare and bare.count(".") == 1 else bare
