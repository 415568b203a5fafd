"""Which rows of one table a question points at: by its words, by order ("the next after"), by size ("the longest").

Where `calculate` answers only what it fully understands, this one ranks and may be wrong. It measures how far rows of a
found table can be told apart by rules; answers do not use it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from assistant.compute.idiom import MEASURES, stem, stems
from ingest.space.entity import Entity
from ingest.text.cells import cell
from ingest.text.terms import is_telling, terms

LARGE = frozenset(
    {
        "most", "highest", "largest", "biggest", "greatest", "maximum", "longest", "tallest", "heaviest", "latest",
        "newest", "youngest", "best", "farthest", "top", "more", "higher", "larger",
    }
)  # fmt: skip
SMALL = frozenset(
    {
        "least", "lowest", "smallest", "fewest", "minimum", "shortest", "lightest", "earliest", "oldest", "first",
        "fastest", "quickest", "worst", "closest", "less", "lower", "smaller",
    }
)  # fmt: skip
AFTER = re.compile(r"\b(?:after|next|below|follow(?:s|ing|ed)?|succeed\w*|later|subsequent)\b")
BEFORE = re.compile(r"\b(?:before|previous|prior|above|preced\w+|earlier)\b")
FIRST = re.compile(r"\b(?:first|top|begin\w*|start\w*|initial)\b")
LAST = re.compile(r"\b(?:last|bottom|final|end)\b")
LIMIT = re.compile(
    r"\b(?P<word>more than|over|above|at least|less than|under|below|fewer than|at most) (?P<figure>\d[\d,.]*)"
)


def point(question: str, rows: Sequence[Entity]) -> list[Entity]:
    """The rows of one table in the order in which a question points at them."""
    text = question.lower()
    words = _by_words(text, rows)
    scores = list(words)
    anchor = max(range(len(rows)), key=lambda i: words[i])
    for pattern, step in ((AFTER, 1), (BEFORE, -1)):
        if pattern.search(text) and words[anchor] > 0 and 0 <= anchor + step < len(rows):
            scores[anchor + step] += 2 * words[anchor] + 1
    for places in (_by_size(text, rows), _by_limit(text, rows)):
        scores = [score + place for score, place in zip(scores, places, strict=True)]
    if not AFTER.search(text) and not BEFORE.search(text):
        scores = _by_end(text, scores)
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], i))
    return [rows[i] for i in order]


def _by_words(text: str, rows: Sequence[Entity]) -> list[float]:
    """Share of the question's telling terms in each row, weighted by their rarity among these rows."""
    asked = {term for term in terms(text) if is_telling(term)}
    held = [set(terms(" ".join(str(value) for value in row.facts["values"].values()))) & asked for row in rows]
    seen = Counter(term for row in held for term in row)
    rarity = {term: math.log(1 + len(rows) / count) for term, count in seen.items()}
    return [sum(rarity[term] for term in row) for row in held]


def _by_size(text: str, rows: Sequence[Entity]) -> list[float]:
    """Ten points less one per rank by the column that a superlative speaks of; nothing without one."""
    found = [word for word in re.findall(r"[a-z]+", text) if word in LARGE or word in SMALL]
    scores = [0.0] * len(rows)
    column = _measure(text, found, rows) if found else None
    if column is None:
        return scores
    figures = [_figure(row.facts["values"].get(column)) for row in rows]
    known = sorted((i for i, figure in enumerate(figures) if figure is not None), key=lambda i: figures[i] or 0.0)
    if any(word in LARGE for word in found):
        known.reverse()
    for rank, i in enumerate(known[:3]):
        scores[i] = 6.0 - 2 * rank
    return scores


def _measure(text: str, found: Sequence[str], rows: Sequence[Entity]) -> str | None:
    """The column of figures that the question names, or that its superlative implies, the most likely first."""
    asked = stems(text)
    implied = {stem(word): 1 / place for name in found for place, word in enumerate(MEASURES.get(name, "").split(), 1)}
    best = (0.0, "")
    for name in dict.fromkeys(name for row in rows for name in row.facts["values"]):
        figures = sum(_figure(row.facts["values"].get(name)) is not None for row in rows)
        fit = 2 * len(stems(name) & asked) + sum(implied.get(part, 0.0) for part in stems(name))
        if fit > best[0] and figures > len(rows) / 2:
            best = (fit, name)
    return best[1] or None


def _figure(value: object) -> float | None:
    """A figure, or the one a text begins with ("13,300 kg", "1:43.72"); dates and years count as figures too."""
    item = cell(value)
    if item.type == "number" and isinstance(item.value, (int, float)):
        return float(item.value)
    clock = re.match(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)", str(value or ""))
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    if item.type == "date":
        return float(re.sub(r"\D", "", str(item.value))[:8])
    first = re.match(r"\W*(\d[\d,]*(?:\.\d+)?)", str(value or ""))
    return float(first[1].replace(",", "")) if first else None


def _by_limit(text: str, rows: Sequence[Entity]) -> list[float]:
    """A point for rows within a limit, by the column of figures that fits its size best."""
    match = LIMIT.search(text)
    if not match:
        return [0.0] * len(rows)
    limit = float(match["figure"].replace(",", "").rstrip("."))
    column = _measure(text, (), rows)
    figures = [_figure(row.facts["values"].get(column)) if column else None for row in rows]
    above = match["word"] in ("more than", "over", "above", "at least")
    return [float(f is not None and (f >= limit if above else f <= limit)) for f in figures]


def _by_end(text: str, scores: Sequence[float]) -> list[float]:
    """The first or the last of the rows that fit best otherwise."""
    found = list(scores)
    most = max(scores)
    fitting = [i for i, score in enumerate(scores) if score >= most - 1e-9]
    if FIRST.search(text):
        found[fitting[0]] += 2
        found[0] += 1
    if LAST.search(text):
        found[fitting[-1]] += 2
        found[-1] += 1
    return found
