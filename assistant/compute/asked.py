"""What a question asks of one table: a query over its real columns and values, or nothing. Knows no SQL.

Rules, no model. Every word of the question has to be accounted for (a column, a value, a limit, a time, or a word that
means nothing here); a word that is not might be a condition, and then there is no query rather than a wrong one.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.text.cells import MONTHS, UNITS, date, same_unit

from . import idiom
from .idiom import literal, plain, stem, stems

Operation = Literal["count", "distinct", "sum", "avg", "max", "min", "which", "cell", "place"]
Period = Literal["", "month", "year"]
Place = Literal["first", "last", "next", "previous"]
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
        rank: 2 for the second largest.
        top: so many of the largest, each with its figure; 0 for one alone.
        several: for "cell": all values that fit are asked for.
        each: the column that groups are told apart by, each with its own figure; of days, their `period`.
        place: for "place": the `column` of the first or last row that meets `where`, or of the row next to the one that does.
        by: the column of days or years that rows are put in order by; "" is the order they are listed in.
        explained: characters of the question the table explained; of two tables the one that explains more is meant.
    """

    operation: Operation
    column: str = ""
    where: tuple[Condition, ...] = ()
    label: str = ""
    extreme: Literal["max", "min"] = "max"
    grouped: bool = False
    rank: int = 1
    top: int = 0
    several: bool = False
    each: str = ""
    period: Period = ""
    place: Place = "first"
    by: str = ""
    explained: int = 0


class _Unsure(Exception):
    """The question asks something that these rules cannot be sure of."""


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
        each, period = _grouping(reading)
        _times(reading)
        place, rank, top = _place(reading), _rank(reading), _top(reading)
        asked = _operations(reading)
        mentioned = [h for h in _mentioned(reading) if h.name != each]
        _partial_values(reading)
        _all_explained(reading)
        if top and (place or rank > 1):
            raise _Unsure
        if top:
            query = _largest(reading, top, asked, mentioned)
        else:
            query = _in_order(reading, place, asked, mentioned) if place else _shaped(reading, asked, mentioned)
    except _Unsure:
        return None
    if (each and query.operation not in idiom.FIGURES) or (rank > 1 and query.operation not in ("max", "min", "which")):
        return None
    return replace(
        query, where=tuple(reading.where), rank=max(rank, query.top), each=each, period=period, explained=reading.explained
    )  # fmt: skip


# -- conditions ------------------------------------------------------------------------------------------------


def _limits(reading: _Reading) -> None:
    """Limits: "above 1 million yen", "100万円以上"."""
    for comparison, words in idiom.BEFORE.items():
        while match := reading.search(rf"(?<![a-z])(?:{words}) {idiom.FIGURE}"):
            _limit(reading, match, comparison)
    for comparison, words in idiom.AFTER.items():
        while match := reading.search(rf"{idiom.FIGURE}\s*(?P<after>{words})"):
            reading.take(*match.span("after"))
            _limit(reading, match, comparison)


def _limit(reading: _Reading, match: re.Match[str], comparison: str) -> None:
    unit = same_unit(match["unit"] or "")
    value = float(match["figure"].replace(",", "")) * idiom.SCALES.get(match["scale"] or "", 1.0)
    known = unit if unit in UNITS or unit in ("JPY", "USD", "EUR", "GBP") else ""
    column = _figures(reading, known)
    if match["scale"] and idiom.SCALED.search(column.name):
        raise _Unsure
    reading.take(match.start(), match.end() if known else match.end("scale") if match["scale"] else match.end("figure"))
    value /= idiom.UNIT_SCALES.get(column.unit, 1.0) if known == "JPY" else 1.0
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
        found = [h for h in found if h.unit == unit or (unit == "JPY" and h.unit in idiom.UNIT_SCALES)]
    for narrower in (_named(reading, found), [h for h in found if idiom.MONEY.search(h.name)]):
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
    if words in idiom.STOP or words in MONTHS:
        return False
    return len(words) >= 3 or (len(words) == 2 and (not words.isascii() or any(c.isdigit() for c in words)))


def _partial_values(reading: _Reading) -> None:
    """A word that is part of values of one column: "Akizora" of "Akizora Machinery", "seals" of "Mechanical seal"."""
    known = reading.name | {s for h in reading.headings for s in stems(h.name)} | {stem(word) for word in idiom.STOP}
    found = {c.column: list(c.value) for c in reading.where if isinstance(c.value, tuple)}
    reading.where = [c for c in reading.where if not isinstance(c.value, tuple)]
    for match in re.finditer(r"[a-z]{4,}|[一-龯ァ-ヶー]{2,}", reading.left):
        if stem(match[0]) in known or match[0] in idiom.BILINGUAL:
            continue
        holders = {
            h.name: tuple(v for v in h.values if len(v) <= idiom.MAX_NAME and _part_of(match[0], v))
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
    for pattern in idiom.SPANS:
        while match := reading.search(rf"{idiom.COME}(?:{pattern})"):
            start, end = _span(match)
            come = match["come"] or ""
            if come in ("between", "to") or (come == "and" and conditions):
                come = "from" if come == "between" else "until"
            reading.take(*match.span())
            conditions += _compared(idiom.COMES.get(come, ""), start, end)
    if match := reading.search(
        rf"\b(?:in|during|of|for|from|since) (?P<name>{idiom.MONTH})\b|(?<![\d年])(?P<number>\d{{1,2}})月(?!\d)"
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
    spelled = [h for h in found if plain(h.name) in reading.text]
    for narrower in (spelled, _named(reading, found), [h for h in found if stems(h.name) & reading.name]):
        if len(found) > 1 and narrower:
            found = narrower
    return _only(found)


# -- what is asked ---------------------------------------------------------------------------------------------


def _named(reading: _Reading, headings: Sequence[Heading]) -> list[Heading]:
    """Of these columns, those whose whole name is in the question, then those named by a word no other column has."""
    full = [h for h in headings if _whole(h, reading)]
    full = [h for h in full if not any(stems(h.name) < stems(other.name) for other in full)]
    said = reading.spoken - reading.name - {s for h in full for s in stems(h.name)}
    return full + [h for h in headings if h not in full and _own(h, reading.headings) & said]


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
    pairs = [(words, name) for name, several in idiom.OPERATIONS.items() for words in several.split("|")]
    for words, operation in sorted(pairs, key=lambda pair: -len(pair[0])):
        if match := reading.search(literal(words)):
            reading.take(*match.span())
            asked.setdefault(operation, match.end())
    if idiom.EITHER.search(reading.text):
        for operation, words in idiom.COMPARED.items():
            if match := reading.search(rf"\b(?:{words})\b" if words.isascii() else words):
                reading.take(*match.span())
                asked.setdefault(operation, match.end())
    return asked


def _grouping(reading: _Reading) -> tuple[str, Period]:
    """The column, and for days the period, that a figure is asked for each of: "per customer", "月別"."""
    for period, words in idiom.EVERY.items():
        if match := reading.search(words):
            column = _dates(reading).name
            reading.take(*match.span())
            return column, period  # type: ignore[return-value]
    for match in idiom.EACH.finditer(reading.left):
        noun = stems(match["noun"] or match["japanese"])
        found = [h for h in reading.headings if h.type == "text" and noun and noun <= stems(h.name)]
        found = [h for h in found if stems(h.name) == noun] or found
        if len(found) == 1:
            reading.take(*match.span())
            return found[0].name, ""
    return "", ""


def _rank(reading: _Reading) -> int:
    """2 for "the second largest"."""
    if not (match := reading.search(idiom.RANKED)):
        return 1
    reading.take(*match.span())
    said = (match["rank"] or match["japanese"]).rstrip(" -")
    return next(n for n, words in idiom.RANKS.items() if said in words.split())


def _top(reading: _Reading) -> int:
    """3 for "the top 3"."""
    if not (match := reading.search(idiom.TOP)):
        return 0
    reading.take(*match.span())
    return int(match["top"] or match["japanese"])


def _place(reading: _Reading) -> Place | None:
    """The place in an order that is asked for; None without one. "The last month" is a time, not a place."""
    if idiom.RELATIVE.search(reading.text):
        raise _Unsure
    ordered = {word for h in reading.headings for word in plain(h.name).split()}
    found: list[Place] = []
    for place, words in idiom.PLACES.items():
        if (match := reading.search(words)) and not set(match[0].split()) & ordered:
            reading.take(*match.span())
            found.append(place)  # type: ignore[arg-type]
    if len(found) > 1:
        raise _Unsure
    return found[0] if found else None


def _all_explained(reading: _Reading) -> None:
    """Raises unless every word that is left means nothing here or names a column or the table."""
    known = reading.name | {s for h in reading.headings for s in stems(h.name)} | {stem(word) for word in idiom.STOP}
    known |= {stem(plain(h.unit)) for h in reading.headings if h.unit} | idiom.ROW_NOUNS
    left = reading.left
    ordered = {word for h in reading.headings for word in plain(h.name).split()}
    for word in re.findall(r"[a-z0-9]+", re.sub(r"'s\b", "", left)):
        if (word not in idiom.STOP and stem(word) not in known) or word in idiom.ORDER - ordered:
            raise _Unsure
    for name in sorted((*idiom.BILINGUAL, *(plain(h.name) for h in reading.headings)), key=len, reverse=True):
        if not name.isascii() and (name not in idiom.BILINGUAL or set(stem(name).split()) & known):
            left = left.replace(name, "")
    if re.search(r"[^\x00-\x7f]", idiom.STOP_JA.sub("", left)):
        raise _Unsure


def _shaped(reading: _Reading, asked: dict[str, int], mentioned: Sequence[Heading]) -> Query:
    fixed = {c.column for c in reading.where}
    figures = [h for h in mentioned if h.type == "number"]
    labels = [h for h in mentioned if h.type == "text" and h.name not in fixed]
    if not _open(reading):
        raise _Unsure
    if len(asked.keys() & {"max", "min"}) == 2 or ("avg" in asked and asked.keys() & {"max", "min", "many"}):
        raise _Unsure
    if asked.keys() & {"max", "min"}:
        return _superlative(reading, asked, figures, labels)
    if asked.keys() & {"avg", "many", "sum"} and re.search(
        r"\b(?:which|who|whose|where|when)\b|どの|どれ|だれ|誰|いつ", reading.text
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
    if idiom.SEVERAL.search(reading.text):
        return Query("cell", _listed(reading, asked_for).name, several=True)
    wanted = _only(asked_for)
    if wanted.type == "text" and idiom.WHEN.search(reading.text):
        raise _Unsure
    return Query("cell", wanted.name)


def _in_order(reading: _Reading, place: Place, asked: dict[str, int], mentioned: Sequence[Heading]) -> Query:
    """The first or last row, or the one before or after the only row that meets the conditions."""
    if asked or not _open(reading) or any(isinstance(c.value, tuple) and len(c.value) > 1 for c in reading.where):
        raise _Unsure
    by = _ordering(reading)
    fixed = {c.column for c in reading.where}
    anchor = [h for h in reading.headings if h.name in fixed] if place in ("next", "previous") else []
    if place in ("next", "previous") and [type(c.value) for c in reading.where] != [tuple]:
        raise _Unsure
    wanted = _asked_for(reading, by, anchor, [h for h in mentioned if h.name not in {*fixed, by}])
    if any(_own(h, reading.headings) & reading.spoken for h in reading.headings if h.name not in {*fixed, by, wanted}):
        raise _Unsure  # the order may be meant by that column
    if wanted in fixed and not anchor:
        raise _Unsure
    return Query("place", wanted, place=place, by=by)


def _asked_for(reading: _Reading, by: str, anchor: Sequence[Heading], mentioned: Sequence[Heading]) -> str:
    """The column whose value at a place is the answer."""
    wanted = _wanted(reading)
    if wanted is None and idiom.WHEN.search(reading.text):
        if not by:
            raise _Unsure
        return by
    if wanted is None:
        for words, columns in idiom.IMPLIED:
            if words.search(reading.text):
                people = [h for h in reading.headings if h.type == "text" and columns.search(plain(h.name))]
                return _only(anchor or people).name
        wanted = list(mentioned) if mentioned and not any(_whole(h, reading) for h in anchor) else list(anchor)
    spelled = [h for h in wanted if plain(h.name) in reading.text]
    texts = [h for h in wanted if h.type == "text"]
    return _only(spelled or texts or wanted).name


def _open(reading: _Reading) -> bool:
    """Whether more than yes or no is asked."""
    return not re.match(r"(?:do|does|did|is|are|was|were|has|have|can)\b", reading.text)


def _ordering(reading: _Reading) -> str:
    """The name of the column of days or years that puts the rows in order, "" for the order they are listed in."""
    if idiom.LISTED.search(reading.text):
        return ""
    if any(h.type == "date" for h in reading.headings):
        return _dates(reading).name
    years = [h for h in reading.headings if h.type == "number" and idiom.YEAR.match(plain(h.name))]
    if years or idiom.DATED.search(reading.text):
        return _only(years).name
    return ""


def _listed(reading: _Reading, asked_for: Sequence[Heading]) -> Heading:
    """The column of which all values are asked for: the one named, or the one that names the rows: "Order no" of "orders"."""
    wanted = _wanted(reading)
    if wanted is None:
        wanted = list(asked_for) or [h for h in reading.headings if h.type == "text" and stems(h.name) & reading.name]
    if not wanted or (wanted[0].name in {c.column for c in reading.where}):
        raise _Unsure
    return wanted[0]


def _summable(heading: Heading) -> Heading:
    if idiom.ORDINAL.search(heading.name):
        raise _Unsure
    return heading


def _money(reading: _Reading) -> list[Heading]:
    return [h for h in reading.headings if h.type == "number" and idiom.MONEY.search(h.name)]


def _superlative(reading: _Reading, asked: dict[str, int], figures: list[Heading], labels: list[Heading]) -> Query:
    """The largest value, or which one has it."""
    extreme: Literal["max", "min"] = "max" if "max" in asked else "min"
    wanted = _wanted(reading)
    if wanted is not None and (not wanted or (labels and not set(labels) & set(wanted))):
        raise _Unsure
    named = wanted or []
    figures = [h for h in figures if h not in named]
    labels = [h for h in labels if h in named] or labels or named[:1] or _alternatives(reading)
    if labels and not figures and set(_phrase(reading, asked[extreme])) & _row_nouns(reading):
        return Query("which", "", label=_only(labels).name, extreme=extreme, grouped=True)
    dates = [h for h in _mentioned(reading) if h.type == "date" and h not in named]
    target = _only(figures or dates or _measures(reading, asked[extreme]) or _money(reading))
    labels += [h for h in dates if h is not target]
    if target.name in {c.column for c in reading.where} and "many" in asked:
        raise _Unsure  # "how many have the most" and "a most recent" are not told apart
    if labels:
        return Query("which", target.name, label=_only(labels).name, extreme=extreme, grouped="sum" in asked)
    if "sum" in asked or re.search(r"\b(?:which|who|whose)\b|どの|どれ|だれ|誰", reading.text):
        raise _Unsure
    return Query(extreme, target.name)


def _largest(reading: _Reading, top: int, asked: dict[str, int], mentioned: Sequence[Heading]) -> Query:
    """The largest by a figure: sums of money and quantities for each, other figures as they stand in a row."""
    if asked.keys() - {"max", "sum"} or not _open(reading):
        raise _Unsure
    target = _only([h for h in mentioned if h.type == "number"] or _money(reading))
    named = [h for h in mentioned if h.type == "text" and h.name not in {c.column for c in reading.where}]
    rows = [h for h in reading.headings if h.type == "text" and stems(h.name) & reading.name & reading.spoken]
    summed = bool(idiom.MONEY.search(target.name) or idiom.QUANTITY.search(target.name) or "sum" in asked)
    return Query("which", target.name, label=_only(named or rows[:1]).name, grouped=summed, top=top)


def _alternatives(reading: _Reading) -> list[Heading]:
    """The column whose values are given to choose from: "A or B"."""
    columns = [c.column for c in reading.where if isinstance(c.value, tuple) and len(c.value) > 1]
    return [h for h in reading.headings if h.name in columns] if idiom.EITHER.search(reading.text) else []


def _measures(reading: _Reading, position: int) -> list[Heading]:
    """Columns of figures that a superlative speaks of without naming them: "the heaviest" of a weight."""
    said = re.findall(r"[a-z]+", reading.text[:position])
    names = {stem(word) for word in idiom.MEASURES.get(said[-1] if said else "", "").split()}
    return [h for h in reading.headings if h.type == "number" and stems(h.name) & names]


def _wanted(reading: _Reading) -> list[Heading] | None:
    """The columns named right after "which": "Order no" of "which order", words before figures; None without "which"."""
    noun = idiom.WANTED.search(reading.text)
    if noun is None or noun[1] in idiom.ARTICLES:
        return None
    found = [h for h in reading.headings if stem(noun[1]) in stems(h.name)]
    return sorted(found, key=lambda h: ("text", "date").index(h.type) if h.type in ("text", "date") else 2)


def _row_nouns(reading: _Reading) -> set[str]:
    return reading.name | idiom.ROW_NOUNS


def _phrase(reading: _Reading, position: int) -> list[str]:
    """Stems of the words after a position of the question, up to a verb or a preposition: what is counted."""
    words = re.findall(r"[a-z]+", reading.text[position:])
    return [stem(word) for word in itertools.takewhile(lambda word: word not in idiom.ENDS, words)][:4]


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
    quantities = [h for h in reading.headings if h.type == "number" and idiom.QUANTITY.search(h.name)]
    things = {s for c in reading.where if isinstance(c.value, tuple) for value in c.value for s in stems(value)}
    if phrase[-1] in things and quantities:
        return Query("sum", _only(quantities).name)
    raise _Unsure
