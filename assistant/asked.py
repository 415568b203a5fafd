"""What a question asks of one table: a query over its real columns and values, or nothing. Knows no SQL.

Rules, no model. Every word of the question has to be accounted for (a column, a value, a limit, a time, or a word that
means nothing here); a word that is not might be a condition, and then there is no query rather than a wrong one.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from ingest.cells import MONTHS, UNITS, date, same_unit

Operation = Literal["count", "distinct", "sum", "avg", "max", "min", "which", "cell"]
Comparison = Literal["in", "<", "<=", ">", ">=", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column as a question may speak of it; `values` are the distinct texts in it."""

    name: str
    type: str
    unit: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """`column` compared with `value`: a figure, an ISO date, the number of a month or quarter, or texts for "in"."""

    column: str
    comparison: Comparison
    value: str | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What to compute of one table.

    Attributes:
        operation: "cell" is the one value of `column`; "which" the `label` of the row where it is `extreme`.
        grouped: for "which": most by the sum of `column` per label, or by the number of rows when there is no column.
        explained: characters of the question the table explained; of two tables the one that explains more is meant.
    """

    operation: Operation
    column: str = ""
    where: tuple[Condition, ...] = ()
    label: str = ""
    extreme: Literal["max", "min"] = "max"
    grouped: bool = False
    explained: int = 0


class _Unsure(Exception):
    """The question asks something that these rules cannot be sure of."""


# -- words --------------------------------------------------------------------------------------------------

_OPERATIONS = {
    "many": "how many|number of|count of|何件|件数|何個|何回|何台|何本|何箱|いくつ",
    "much": "how much|いくら",
    "sum": "in total|altogether|total|sum|合計|総額|総計",
    "avg": "average|mean|平均",
    "max": "highest|largest|biggest|greatest|maximum|most|longest|heaviest|latest"
    "|最大|最高|最も高い|最も多い|最も大きい|一番高い|一番多い|一番大きい",
    "min": "lowest|smallest|least|fewest|minimum|shortest|lightest|earliest"
    "|最小|最低|最も安い|最も低い|最も少ない|一番安い|一番低い|一番少ない",
}
_STOP = frozenset(
    re.findall(
        "[a-z]+",
        "a an the of in on at to for from by with and or is are was were be been do does did has have had there that "
        "this these those what which who whom whose when where how it its all any as they them we our us you your "
        "please show tell give me list placed made received ordered row rows entry entries record records figure "
        "number amount value worth many much got get go went come came so far date day year month time during within "
        "only i want know would like can could total",
    )
)
_STOP_JA = re.compile(
    "です|ます|ました|した|して|された|される|すべて|全て|全部|教えて|ください|下さい|ある|あり|いる|いた|から|まで|する|うち"
    r"|どれ|どの|もの|[\sのはがをにでとへもやかな、。?？・]+"
)
BILINGUAL = {
    "注文": "order", "受注": "order", "金額": "amount", "顧客": "customer", "得意先": "customer", "数量": "quantity",
    "単価": "unit price", "価格": "price", "納期": "due date", "出荷": "ship", "部品": "part", "品番": "part number",
    "品名": "description", "商品": "product", "売上": "sales", "状態": "status", "重量": "weight", "箱": "box",
    "運送会社": "carrier", "給与": "salary", "氏名": "name", "注文日": "order date", "受注日": "order date",
    "出荷日": "ship date", "在庫": "stock", "担当": "person", "部署": "department", "リードタイム": "lead time",
}  # fmt: skip
"""Japanese words of business questions and the English words they stand for in headers."""
_QUANTITY = re.compile(r"\b(quantity|qty|pieces|pcs)\b|数量|個数|台数", re.IGNORECASE)
_MONEY = re.compile(r"\b(amount|total|revenue|sales)\b|金額|合計|総額|売上", re.IGNORECASE)
_ORDER = frozenset(
    ("first", "second", "third", "last", "next", "previous", "prior", "top", "bottom", "earlier", "later")
)
"""Words that ask for a place in an order, which no query here has."""
_ORDINAL = re.compile(
    r"^(?:week|year|rank|ranking|no|number|#|pos|position|place|round|season|series|episode|day|month|id|code|page|row)\b|\b(?:no|number)$|番号|順位",
    re.IGNORECASE,
)
"""Columns whose figures are places in an order: summing them says nothing."""
_SCALED = re.compile(r"million|thousand|billion|x ?1,?000|000s|[千万億]", re.IGNORECASE)
"""Headers that say in what size of units their figures are."""
MAX_NAME = 60
"""Characters of a value that a single word may stand for; longer ones are sentences."""
_ARTICLES = frozenset(("the", "a", "an", "has", "had", "have", "did", "does", "do", "of"))
_ROW_NOUNS = frozenset(("row", "entri", "record", "line"))
_ENDS = frozenset(
    re.findall(
        "[a-z]+",
        "were was are is did do does have has had there in on at of from by with for to above over below under more",
    )
)
_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "千": 1e3, "万": 1e4, "百万": 1e6,
    "億": 1e8,
}  # fmt: skip
_UNIT_SCALES = {"千円": 1e3, "万円": 1e4, "百万円": 1e6, "億円": 1e8}
_FIGURE = (
    r"[¥$€£]?(?P<figure>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<scale>thousand|million|billion|bn|百万|千|万|億|[km](?![a-z/]))?"
    r"(?:\s*(?P<unit>[^\s\d,.、。以未超を]{1,8}))?"
)
_BEFORE = {
    ">": "above|over|more than|greater than|larger than|higher than|exceeding|longer than|heavier than",
    ">=": "at least|no less than|not less than",
    "<": "below|under|less than|fewer than|smaller than|lower than|cheaper than|shorter than|lighter than",
    "<=": "at most|no more than|not more than|up to",
}
_AFTER = {
    ">=": "以上",
    "<=": "以下",
    ">": "(?:を)?(?:超える|超えた|超え|超|より大きい|より多い|より高い)",
    "<": "未満|より小さい|より少ない|より安い",
}
_MONTH = "|".join(sorted({*MONTHS, *(month[:3] for month in MONTHS), "sept"}, key=len, reverse=True))
_DAY = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTH}) \d{{4}}|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
)
_SPANS = (
    rf"(?P<day>{_DAY})",
    rf"(?P<name>{_MONTH})\.?,? (?P<year>\d{{4}})|(?P<iso>\d{{4}}-\d{{2}})(?!-?\d)"
    r"|(?P<jyear>\d{4})年(?P<jmonth>\d{1,2})月",
    r"(?P<only>(?:19|20)\d\d)(?![\d,])年?",
)
_COME = (
    r"(?:(?<![a-z])(?P<come>before|until|by|after|since|from|between|and|in|on|of|during|for|to) )?(?<![a-z\d.,¥$-])"
)
"""The word before a day, a month or a year that says how it limits."""
_COMES = {"before": "<", "until": "<=", "by": "<=", "after": ">", "since": ">=", "from": ">="}


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The stem of an English word; a Japanese word becomes the English one it usually stands for in a header."""
    import snowballstemmer

    return " ".join(snowballstemmer.stemmer("english").stemWords(BILINGUAL.get(word, word).split()))


def stems(text: str) -> set[str]:
    """Stems of the Latin words of a text, and its Japanese words with the English ones they stand for."""
    words = re.findall(r"[a-z]+", plain(text))
    japanese = [word for word in BILINGUAL if word in plain(text)]
    return {part for word in (*words, *japanese) for part in stem(word).split()}


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def literal(words: str) -> str:
    """A pattern for words that must not stand inside a longer Latin word or number."""
    before = r"(?<![a-z0-9])" if words[0].isascii() and words[0].isalnum() else ""
    after = r"(?![a-z0-9])" if words[-1].isascii() and words[-1].isalnum() else ""
    return f"{before}{re.escape(words)}{after}"


class _Reading:
    """A question while it is read: what is understood is taken out of `left`."""

    def __init__(self, question: str, name: str, headings: Sequence[Heading]) -> None:
        self.text = self.left = plain(question).replace("?", " ")
        self.headings = headings
        self.name = stems(name)
        self.spoken = stems(self.text)
        self.explained = 0
        self.where: list[Condition] = []

    def take(self, start: int, end: int) -> None:
        self.explained += end - start
        self.left = self.left[:start] + "\x00" * (end - start) + self.left[end:]

    def search(self, pattern: str) -> re.Match[str] | None:
        return re.search(pattern, self.left)


def understand(question: str, name: str, headings: Sequence[Heading]) -> Query | None:
    """The query that a question asks of the table `name`, or None when not every word of it is understood."""
    reading = _Reading(question, name, headings)
    try:
        _limits(reading)
        _numbered(reading)
        _values(reading)
        _times(reading)
        asked = _operations(reading)
        mentioned = _mentioned(reading)
        _partial_values(reading)
        _all_explained(reading)
        query = _shaped(reading, asked, mentioned)
    except _Unsure:
        return None
    return replace(query, where=tuple(reading.where), explained=reading.explained)


# -- conditions ------------------------------------------------------------------------------------------------


def _limits(reading: _Reading) -> None:
    """Limits: "above 1 million yen", "100万円以上"."""
    for comparison, words in _BEFORE.items():
        while match := reading.search(rf"(?<![a-z])(?:{words}) {_FIGURE}"):
            _limit(reading, match, comparison)
    for comparison, words in _AFTER.items():
        while match := reading.search(rf"{_FIGURE}\s*(?P<after>{words})"):
            reading.take(*match.span("after"))
            _limit(reading, match, comparison)


def _limit(reading: _Reading, match: re.Match[str], comparison: str) -> None:
    unit = same_unit(match["unit"] or "")
    value = float(match["figure"].replace(",", "")) * _SCALES.get(match["scale"] or "", 1.0)
    known = unit if unit in UNITS or unit in ("JPY", "USD", "EUR", "GBP") else ""
    column = _figures(reading, known)
    if match["scale"] and _SCALED.search(column.name):
        raise _Unsure
    reading.take(match.start(), match.end() if known else match.end("scale") if match["scale"] else match.end("figure"))
    value /= _UNIT_SCALES.get(column.unit, 1.0) if known == "JPY" else 1.0
    reading.where.append(Condition(column.name, comparison, value))  # type: ignore[arg-type]


def _free(reading: _Reading, heading: Heading) -> Heading:
    """A column that no condition speaks of: counting one's own condition says nothing."""
    if any(condition.column == heading.name for condition in reading.where):
        raise _Unsure
    return heading


def _figures(reading: _Reading, unit: str) -> Heading:
    """The column of figures that is meant: by its unit, its name, or as the one that holds the sums of money."""
    found = [h for h in reading.headings if h.type == "number"]
    if unit:
        found = [h for h in found if h.unit == unit or (unit == "JPY" and h.unit in _UNIT_SCALES)]
    for narrower in (_named(reading, found), [h for h in found if _MONEY.search(h.name)]):
        if len(found) > 1 and narrower:
            found = narrower
    return _only(found)


def _only(found: Sequence[Heading]) -> Heading:
    if len(found) != 1:
        raise _Unsure
    return found[0]


def _numbered(reading: _Reading) -> None:
    """A figure after the name of its column: "week 6", "episode 12": a column's name and a figure in it."""
    for heading in reading.headings:
        if heading.type == "number" and (
            match := reading.search(literal(plain(heading.name)) + r" (?:no\.? |number )?(\d+)\b")
        ):
            reading.take(*match.span())
            reading.where += [Condition(heading.name, c, float(match[1])) for c in (">=", "<=")]


def _values(reading: _Reading) -> None:
    """Words that stand in the table as they are, the longest first; several of one column are alternatives."""
    found: dict[str, list[str]] = {}
    pairs = [(plain(value), value, h) for h in reading.headings if h.type == "text" for value in h.values]
    for words, _, _ in sorted(pairs, key=lambda pair: -len(pair[0])):
        if words not in reading.left or not _tells(words) or not (match := reading.search(literal(words))):
            continue
        columns = {h.name: value for other, value, h in pairs if other == words}
        named = [h.name for h in _named(reading, [h for h in reading.headings if h.name in columns])]
        choice = named or ([] if words.isdigit() else list(columns))
        if len(choice) != 1:
            raise _Unsure
        reading.take(*match.span())
        found.setdefault(choice[0], []).append(columns[choice[0]])
    reading.where += [Condition(column, "in", tuple(values)) for column, values in found.items()]


def _tells(words: str) -> bool:
    """Whether a value is more than a word that may stand in any question."""
    if words in _STOP or words in MONTHS:
        return False
    return len(words) >= 3 or (len(words) == 2 and (not words.isascii() or any(c.isdigit() for c in words)))


def _partial_values(reading: _Reading) -> None:
    """A word that is part of values of one column: "Akizora" of "Akizora Machinery", "seals" of "Mechanical seal"."""
    known = reading.name | {s for h in reading.headings for s in stems(h.name)} | {stem(word) for word in _STOP}
    found = {c.column: list(c.value) for c in reading.where if isinstance(c.value, tuple)}
    reading.where = [c for c in reading.where if not isinstance(c.value, tuple)]
    for match in re.finditer(r"[a-z]{4,}|[一-龯ァ-ヶー]{2,}", reading.left):
        if stem(match[0]) in known or match[0] in BILINGUAL:
            continue
        holders = {
            h.name: tuple(v for v in h.values if len(v) <= MAX_NAME and _part_of(match[0], v))
            for h in reading.headings
            if h.type == "text"
        }
        holders = {name: values for name, values in holders.items() if values}
        if len(holders) > 1:
            raise _Unsure
        for name, values in holders.items():
            reading.take(*match.span())
            _narrow(found.setdefault(name, list(values)), values)
    reading.where += [Condition(column, "in", tuple(values)) for column, values in found.items()]
    if len({c.column for c in reading.where}) > 1 and re.search(r"\bor\b|または|もしくは", reading.text):
        raise _Unsure


def _narrow(known: list[str], values: tuple[str, ...]) -> None:
    """Two words of one thing narrow it down ("front bearing"); words of two things are alternatives."""
    both = [value for value in known if value in values]
    known[:] = both or [*known, *values]


def _part_of(word: str, value: str) -> bool:
    return (
        word in plain(value)
        if not word.isascii()
        else stem(word) in {stem(w) for w in re.findall(r"[a-z]+", plain(value))}
    )


def _times(reading: _Reading) -> None:
    """Days, months and years ("before 3 June 2026", "5月") as conditions on the column of dates that is meant."""
    conditions: list[tuple[str, str | float]] = []
    for pattern in _SPANS:
        while match := reading.search(rf"{_COME}(?:{pattern})"):
            start, end = _span(match)
            come = match["come"] or ""
            if come in ("between", "to") or (come == "and" and conditions):
                come = "from" if come == "between" else "until"
            reading.take(*match.span())
            conditions += _compared(_COMES.get(come, ""), start, end)
    if match := reading.search(
        rf"\b(?:in|during|of|for|from|since) (?P<name>{_MONTH})\b|(?<![\d年])(?P<number>\d{{1,2}})月(?!\d)"
    ):
        reading.take(*match.span())
        conditions.append(("month", float(match["number"] or _month(match["name"]))))
    if match := reading.search(r"\bq(?P<quarter>[1-4])\b|第(?P<jquarter>[1-4])四半期"):
        reading.take(*match.span())
        conditions.append(("quarter", float(match["quarter"] or match["jquarter"])))
    if conditions:
        column = _dates(reading)
        reading.where += [Condition(column.name, c, value) for c, value in conditions]  # type: ignore[arg-type]


def _compared(comparison: str, start: str, end: str) -> list[tuple[str, str | float]]:
    """A span of days as one or two comparisons with ISO dates, `end` excluded."""
    if not comparison:
        return [(">=", start), ("<", end)]
    return [{"<": ("<", start), "<=": ("<", end), ">": (">=", end), ">=": (">=", start)}[comparison]]


def _span(match: re.Match[str]) -> tuple[str, str]:
    """First day, and the day after the last."""
    groups = match.groupdict()
    if groups.get("day"):
        moment = date(groups["day"] or "")
        if moment is None:
            raise _Unsure
        return moment.date().isoformat(), (moment.date() + dt.timedelta(days=1)).isoformat()
    if groups.get("only"):
        return f"{groups['only']}-01-01", f"{int(groups['only'] or 0) + 1}-01-01"
    year, month = _year_month(groups)
    return f"{year}-{month:02}-01", f"{year + month // 12}-{month % 12 + 1:02}-01"


def _year_month(groups: dict[str, str | None]) -> tuple[int, int]:
    if groups.get("iso"):
        year, month = (int(part) for part in (groups["iso"] or "").split("-"))
    else:
        year = int(groups["year"] or groups["jyear"] or 0)
        month = int(groups["jmonth"]) if groups["jmonth"] else _month(groups["name"] or "")
    if not 1 <= month <= 12:
        raise _Unsure
    return year, month


def _month(name: str) -> int:
    return next(i for i, month in enumerate(MONTHS, start=1) if month.startswith(name[:3]))


def _dates(reading: _Reading) -> Heading:
    """The column of dates that is meant: the only one, the one named, or the one that is named like the table."""
    found = [h for h in reading.headings if h.type == "date"]
    for narrower in (_named(reading, found), [h for h in found if stems(h.name) & reading.name]):
        if len(found) > 1 and narrower:
            found = narrower
    return _only(found)


# -- what is asked ---------------------------------------------------------------------------------------------


def _named(reading: _Reading, headings: Sequence[Heading]) -> list[Heading]:
    """Of these columns, those whose whole name is in the question; else those named by a word no other column has."""
    full = [h for h in headings if _whole(h, reading)]
    full = [h for h in full if not any(stems(h.name) < stems(other.name) for other in full)]
    return full or [h for h in headings if (_own(h, reading.headings) - reading.name) & reading.spoken]


def _whole(heading: Heading, reading: _Reading) -> bool:
    name = plain(heading.name)
    own = stems(name)
    return name in reading.text if not own else own <= reading.spoken


def _own(heading: Heading, headings: Sequence[Heading]) -> set[str]:
    """Stems of a column's name that tell it from the others."""
    return (
        stems(heading.name)
        - {s for other in headings if other is not heading for s in stems(other.name)}
        - {"no", "number"}
    )


def _mentioned(reading: _Reading) -> list[Heading]:
    return _named(reading, reading.headings)


def _operations(reading: _Reading) -> dict[str, int]:
    """What is to be done, with where in the question it is said."""
    asked: dict[str, int] = {}
    pairs = [(words, name) for name, several in _OPERATIONS.items() for words in several.split("|")]
    for words, operation in sorted(pairs, key=lambda pair: -len(pair[0])):
        if match := reading.search(literal(words)):
            reading.take(*match.span())
            asked.setdefault(operation, match.end())
    return asked


def _all_explained(reading: _Reading) -> None:
    """Raises unless every word that is left means nothing here or names a column or the table."""
    known = reading.name | {s for h in reading.headings for s in stems(h.name)} | {stem(word) for word in _STOP}
    known |= {stem(plain(h.unit)) for h in reading.headings if h.unit} | _ROW_NOUNS
    left = reading.left
    ordered = {word for h in reading.headings for word in plain(h.name).split()}
    for word in re.findall(r"[a-z0-9]+", re.sub(r"'s\b", "", left)):
        if (word not in _STOP and stem(word) not in known) or word in _ORDER - ordered:
            raise _Unsure
    for name in sorted((*BILINGUAL, *(plain(h.name) for h in reading.headings)), key=len, reverse=True):
        if not name.isascii() and (name not in BILINGUAL or set(stem(name).split()) & known):
            left = left.replace(name, "")
    if re.search(r"[^\x00-\x7f]", _STOP_JA.sub("", left)):
        raise _Unsure


def _shaped(reading: _Reading, asked: dict[str, int], mentioned: Sequence[Heading]) -> Query:
    fixed = {c.column for c in reading.where}
    figures = [h for h in mentioned if h.type == "number"]
    labels = [h for h in mentioned if h.type == "text" and h.name not in fixed]
    if re.match(r"(?:do|does|did|is|are|was|were|has|have|can)\b", reading.text):
        raise _Unsure  # yes or no is not computed here
    if len(asked.keys() & {"max", "min"}) == 2 or ("avg" in asked and asked.keys() & {"max", "min", "many"}):
        raise _Unsure
    if asked.keys() & {"max", "min"}:
        return _superlative(reading, asked, figures, labels)
    if asked.keys() & {"avg", "many", "sum"} and re.search(
        r"\b(?:which|who|whose|where|when)\b|どの|どれ|だれ|誰", reading.text
    ):
        raise _Unsure
    if "avg" in asked:
        return Query("avg", _only(figures or _money(reading)).name)
    if "many" in asked:
        return _counted(reading, asked["many"], figures)
    if "sum" in asked:
        return Query("sum", _summable(_free(reading, _only(figures or _money(reading)))).name)
    asked_for = [h for h in mentioned if h.name not in fixed]
    if not reading.where:
        raise _Unsure
    return Query("cell", _only(asked_for).name)


def _summable(heading: Heading) -> Heading:
    if _ORDINAL.search(heading.name):
        raise _Unsure
    return heading


def _money(reading: _Reading) -> list[Heading]:
    return [h for h in reading.headings if h.type == "number" and _MONEY.search(h.name)]


def _superlative(reading: _Reading, asked: dict[str, int], figures: list[Heading], labels: list[Heading]) -> Query:
    """The largest value, or which one has it."""
    extreme: Literal["max", "min"] = "max" if "max" in asked else "min"
    wanted = _wanted(reading)
    if wanted is not None and (not wanted or (labels and not set(labels) & set(wanted))):
        raise _Unsure
    named = wanted or []
    figures = [h for h in figures if h not in named]
    labels = [h for h in labels if h in named] or labels or named[:1]
    if labels and not figures and set(_phrase(reading, asked[extreme])) & _row_nouns(reading):
        return Query("which", "", label=_only(labels).name, extreme=extreme, grouped=True)
    dates = [h for h in _mentioned(reading) if h.type == "date" and h not in named]
    target = _only(figures or dates or _money(reading))
    labels += [h for h in dates if h is not target]
    if labels:
        return Query("which", target.name, label=_only(labels).name, extreme=extreme, grouped="sum" in asked)
    if "sum" in asked or re.search(r"\b(?:which|who|whose)\b|どの|どれ|だれ|誰", reading.text):
        raise _Unsure
    return Query(extreme, target.name)


def _wanted(reading: _Reading) -> list[Heading] | None:
    """The columns named right after "which": "Order no" of "which order", words before figures; None without "which"."""
    noun = re.search(r"\b(?:which|what) (?!is\b|was\b|are\b|were\b)([a-z]+)", reading.text)
    if noun is None or noun[1] in _ARTICLES:
        return None
    found = [h for h in reading.headings if stem(noun[1]) in stems(h.name)]
    return sorted(found, key=lambda h: ("text", "date").index(h.type) if h.type in ("text", "date") else 2)


def _row_nouns(reading: _Reading) -> set[str]:
    return reading.name | _ROW_NOUNS


def _phrase(reading: _Reading, position: int) -> list[str]:
    """Stems of the words after a position of the question, up to a verb or a preposition: what is counted."""
    words = re.findall(r"[a-z]+", reading.text[position:])
    return [stem(word) for word in itertools.takewhile(lambda word: word not in _ENDS, words)][:4]


def _counted(reading: _Reading, position: int, figures: list[Heading]) -> Query:
    """What "how many" counts: rows, different values of a column, the sum of a column, or a quantity of things."""
    phrase = _phrase(reading, position)
    nouns = set(phrase)
    summed = [h for h in reading.headings if h.type == "number" and nouns & {*stems(h.name), stem(plain(h.unit))}]
    whole = [h for h in reading.headings if h.type == "text" and stems(h.name) and stems(h.name) <= nouns]
    if summed and not whole:
        return Query("sum", _summable(_free(reading, _only([h for h in summed if h in figures] or summed))).name)
    if not nouns or nouns & _row_nouns(reading):
        return Query("count")
    labelled = [h for h in reading.headings if h.type == "text" and phrase[-1] in stems(h.name)]
    if labelled:
        return Query("distinct", _free(reading, _only(labelled)).name)
    quantities = [h for h in reading.headings if h.type == "number" and _QUANTITY.search(h.name)]
    things = {s for c in reading.where if isinstance(c.value, tuple) for value in c.value for s in stems(value)}
    if phrase[-1] in things and quantities:
        return Query("sum", _only(quantities).name)
    raise _Unsure
