"""How well personal data is found: precision and recall by kind, beside plain regular expressions.

    kotonoha evaluate redaction --file tests/data/personal_data.jsonl

The labelled set has one JSON object a line: `language` (ja, en), `half` (dev: rules were tuned on it; held-out: they
were not, but one person wrote both) and `marked`, a sentence in which ⟦kind:value⟧ marks personal data. A span counts
as found when kind, start and end are all exact; `leaked` is the part of marked characters that stays readable.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.evaluate.table import Cell, Table
from ingest.privacy.redact import KINDS, Span, find

Finder = Callable[[str], Iterable[Span]]

_MARK = re.compile(r"⟦(\w+):([^⟧]*)⟧")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence and the personal data in it."""

    text: str
    spans: frozenset[tuple[int, int, str]]
    language: str
    half: str


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over one kind or all of them."""

    right: int = 0
    found: int = 0
    marked: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.marked if self.marked else 1.0


def labelled(line: str) -> Labelled:
    """One line of the labelled set."""
    row = json.loads(line)
    text, spans, position = "", set(), 0
    for match in _MARK.finditer(row["marked"]):
        text += row["marked"][position : match.start()]
        spans.add((len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        position = match.end()
    return Labelled(text + row["marked"][position:], frozenset(spans), row["language"], row["half"])


def read(file: Path) -> list[Labelled]:
    return [labelled(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def score(rows: Iterable[Labelled], finder: Finder) -> dict[str, Score]:
    """A score by kind, and one named `all`."""
    right, found, marked = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        guesses = {(span.start, span.end, span.kind) for span in finder(row.text)}
        for counter, spans in ((right, guesses & row.spans), (found, guesses), (marked, row.spans)):
            counter.update(kind for _, _, kind in spans)
            counter["all"] += len(spans)
    return {kind: Score(right[kind], found[kind], marked[kind]) for kind in (*KINDS, "all")}


def leaked(rows: Iterable[Labelled], finder: Finder) -> float:
    """The part of all marked characters that the finder leaves readable."""
    open_characters = total = 0
    for row in rows:
        covered = {i for span in finder(row.text) for i in range(span.start, span.end)}
        wanted = {i for start, end, _ in row.spans for i in range(start, end)}
        open_characters += len(wanted - covered)
        total += len(wanted)
    return open_characters / total if total else 0.0


_PLAIN = {
    "mail": r"[\w.+-]+@[\w-]+\.[\w.-]+",
    "iban": r"[A-Z]{2}\d{2}[A-Z0-9 ]{11,30}",
    "card": r"(?<!\d)(?:\d{4}[ -]?){3}\d{4}(?!\d)",
    "corporate_number": r"(?<!\d)\d{13}(?!\d)",
    "my_number": r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)",
    "driving_licence": r"(?<!\d)\d{12}(?!\d)",
    "health_insurance": r"(?<!\d)\d{8}(?!\d)",
    "passport": r"[A-Z]{2} ?\d{7}(?!\d)",
    "bank_account": r"(?<![A-Z\d])\d{7}(?!\d)",
    "phone": r"(?:\+\d{1,3}[ -]?|\(?0)\d{1,4}\)?[ -]?\d{1,4}[ -]?\d{4}(?!\d)",
    "ip": r"(?:\d{1,3}\.){3}\d{1,3}",
    "postal_code": r"(?<![\d-])\d{3}-\d{4}(?![\d-])",
    "address": r"\w{2,3}[都道府県]\w+\d[\d-]*",
    "birth_date": r"(?:昭和|平成|令和)\d+年\d+月\d+日|\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?",
    "name": r"\w{1,6}(?=様|さん|氏|殿|先生)|(?<=Mr\. |Ms\. |Dr\. )\w+(?: [A-Z]\w+)?",
}


def plain(text: str) -> list[Span]:
    """The obvious alternative: one regular expression a kind after NFKC, no context, no check digits."""
    folded = unicodedata.normalize("NFKC", text)
    return [Span(*match.span(), kind) for kind, pattern in _PLAIN.items() for match in re.finditer(pattern, folded)]


def table(rows: Sequence[Labelled]) -> Table:
    """By kind, then by half and language: ours beside plain expressions. `leaked` is the share of characters left readable."""
    ours, theirs = score(rows, find), score(rows, plain)
    lines: list[tuple[Cell, ...]] = []
    for kind in (*KINDS, "all"):
        a, b = ours[kind], theirs[kind]
        lines.append((kind, a.marked, a.precision, a.recall, b.precision, b.recall, None, None))
    for name in ("dev", "held-out", "ja", "en"):
        part = [row for row in rows if name in (row.half, row.language)]
        a, b = score(part, find)["all"], score(part, plain)["all"]
        lines.append(
            (name, a.marked, a.precision, a.recall, b.precision, b.recall, leaked(part, find), leaked(part, plain))
        )
    columns = ("kind", "marked", "precision", "recall", "plain precision", "plain recall", "leaked", "plain leaked")
    return Table(
        "Personal data found",
        columns,
        tuple(lines),
        (f"{len(rows)} sentences; a span counts if kind, start and end are exact",),
    )


def errors(rows: Iterable[Labelled]) -> list[str]:
    """Every miss and every false alarm, one line each."""
    lines = []
    for row in rows:
        guesses = {(span.start, span.end, span.kind) for span in find(row.text)}
        for word, spans in (("missed", row.spans - guesses), ("false", guesses - row.spans)):
            lines += [f"{word} {kind} '{row.text[start:end]}' in: {row.text}" for start, end, kind in sorted(spans)]
    return lines
