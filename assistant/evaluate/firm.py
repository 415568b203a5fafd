"""The firm's own questions: right answer, right place, right refusal. Takes any question file of the same form.

One JSON object a line: `question`, `answer`, `accept` (other wordings of it), `source` (files that count), `locator` (what
must match), `answerable`, `kind`, `modality`, `who` (people who may be answered), `never` (what must not be said).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answer.outcome import Answer
from assistant.evaluate.table import Table

SECONDS = 0.1
"""How far a place in a recording may lie from the labelled one: the detectors look at frames of 32 ms."""

FIVE = 5
"""Hits among which the right thing has to be."""

DOCUMENTS = ("text",)
"""Modalities of questions that documents alone answer."""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    question: str
    answerable: bool
    modality: str
    kind: str
    wanted: tuple[str, ...]
    never: tuple[str, ...]
    sources: tuple[str, ...]
    locator: dict[str, Any]
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one question was answered. `found`: something of the right place was among the five hits that were read."""

    question: Question
    answer: str
    refused: bool
    how: str
    found: bool
    fact: bool
    cited: bool

    @property
    def right(self) -> bool:
        return self.refused if not self.question.answerable else self.fact and self.cited


def load(file: Path) -> list[Question]:
    return [_question(json.loads(line)) for line in file.read_text("utf-8").splitlines() if line.strip()]


def scopes_of(file: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Every question with the access scopes its answer lies in."""
    rows = map(json.loads, file.read_text("utf-8").splitlines())
    return [(row["question"], tuple(row["scope"])) for row in rows]


def mark(question: Question, answer: Answer) -> Mark:
    """Holds an answer against what was expected: the fact in its words, a citation of the file at the place."""
    said = plain(answer.answer)
    fact = any(plain(wanted) in said for wanted in question.wanted) and not any(
        plain(never) in said for never in question.never
    )
    cited = any(_is_place(question, citation.source, citation.locator.as_dict()) for citation in answer.citations)
    whole = replace(question, locator={name: value for name, value in question.locator.items() if name != "box"})
    read = ((answer.paths[hit.entity.source], hit.entity.locator.as_dict()) for hit in answer.hits[:FIVE])
    found = any(_is_place(whole, source, place) for source, place in read)  # a picture is found whole, cited by box
    return Mark(question, answer.answer, answer.refused, answer.how, found, fact, cited)


def table(marks: Sequence[Mark]) -> Table:
    """Right answers by modality and kind, then the two figures that matter."""
    groups: dict[tuple[str, str], list[Mark]] = {}
    for one in marks:
        groups.setdefault((one.question.modality, one.question.kind), []).append(one)
    rows = [(*key, *_counts(group)) for key, group in sorted(groups.items())]
    documents = [m for m in marks if m.question.answerable and m.question.modality in DOCUMENTS]
    silent = [m for m in marks if not m.question.answerable]
    others = [m for m in marks if m.question.answerable and m.question.modality not in DOCUMENTS]
    for name, group in (
        ("documents", documents),
        ("other modalities", others),
        ("not answerable", silent),
        ("all", list(marks)),
    ):
        rows.append((name, "", *_counts(group)))
    columns = ("modality", "kind", "questions", "found", "fact", "place", "refused", "right", "share")
    return Table("Questions of the firm", columns, tuple(rows))


def plain(text: str) -> str:
    """Lower-case, full-width folded, spaces and thousands separators gone: what two wordings of one fact share."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"(?<=\d),(?=\d{3})|[\s·・'\"’]", "", folded)


def _counts(marks: Sequence[Mark]) -> tuple[int, int, int, int, int, int, float]:
    right = sum(m.right for m in marks)
    return (
        len(marks), sum(m.found for m in marks), sum(m.fact for m in marks), sum(m.cited for m in marks),
        sum(m.refused for m in marks), right, right / max(len(marks), 1),
    )  # fmt: skip


def _is_place(question: Question, source: str, place: dict[str, Any]) -> bool:
    if not any(source.endswith(wanted) for wanted in question.sources):
        return False
    return all(_same(name, wanted, place) for name, wanted in question.locator.items())


def _same(name: str, wanted: Any, place: dict[str, Any]) -> bool:
    """Numbers and names exactly, a second of a recording to `SECONDS`, a window of time and a box by overlap: these may be
    found a little wider than labelled."""
    got = place.get(name)
    if name == "box":
        return got is not None and _overlap(got, wanted) >= 0.5
    if name in ("start", "end"):
        return got is not None and abs(got - wanted) <= SECONDS
    if name == "window":
        return got is not None and got[0] <= wanted[1] and wanted[0] <= got[1]
    if isinstance(wanted, list):
        return got in wanted or got == wanted
    return bool(got == wanted)


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Area that two boxes share, relative to the area that either covers."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - shared)


def _question(values: dict[str, Any]) -> Question:
    source = values.get("source") or []
    return Question(
        values["id"], values["question"], values["answerable"], values["modality"], values["kind"],
        tuple(_texts([values.get("answer"), *values.get("accept", [])])), tuple(_texts(values.get("never", []))),
        tuple([source] if isinstance(source, str) else source), values.get("locator") or {}, tuple(values.get("who", [])),
    )  # fmt: skip


def _texts(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values if value not in (None, "")]
