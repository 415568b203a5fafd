"""Questions on a folder of files that the product has never seen: facts, right source, refusals, and what is assured but wrong.

Takes the form of `firm_real`: one JSON object a line with `id, lang, kind, question, expect, source, history`. `expect` is
a list of facts, all needed, each a list of accepted spellings; [] means that nothing is to be stated. The plain pipeline
(`plain`) is asked beside ours where that is wanted: over all that has a place in the same memory, marked by the same rules.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from assistant.answer.outcome import Answer, Exchange
from assistant.app import build, feeding
from assistant.evaluate import plain
from assistant.evaluate.table import Table
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory import around
from ingest.memory.memory import Memory

OURS = "kotonoha"
SPOKEN = "smalltalk"
ASSURED = ("model", "calculation")


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    lang: str
    kind: str
    question: str
    expect: tuple[tuple[str, ...], ...]
    source: tuple[str, ...]
    history: tuple[Exchange, ...]

    @property
    def answerable(self) -> bool:
        return bool(self.expect)


@dataclass(frozen=True, slots=True)
class Mark:
    """How one question was answered. `found`: whether a right source is among the hits; `cited`: among the citations."""

    id: str
    lang: str
    kind: str
    question: str
    how: str
    answer: str
    facts: int
    wanted: int
    found: bool
    cited: bool
    first: float
    total: float
    confidence: float
    notes: tuple[str, ...]
    way: str = OURS

    @property
    def right(self) -> bool:
        return self.wanted > 0 and self.facts == self.wanted

    @property
    def half(self) -> bool:
        return self.wanted > 0 and 2 * self.facts >= self.wanted

    @property
    def assured(self) -> bool:
        return self.how in ASSURED

    @property
    def assured_wrong(self) -> bool:
        """Stated as sure although a fact is missing or there is nothing to state; talk states nothing."""
        return self.assured and (self.facts == 0 if self.wanted else self.kind != SPOKEN)


Way = Callable[[Question], Mark]


def load(file: Path) -> list[Question]:
    """The questions of a file.

    Raises:
        BadInput: it has another form.
    """
    try:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
        return [
            Question(
                row["id"], row["lang"], row["kind"], row["question"], tuple(map(tuple, row["expect"])),
                tuple(row["source"]), tuple(Exchange(*turn) for turn in row.get("history", ())),
            )
            for row in rows
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{file.name} has another form: {error}", "one JSON object a line: id, lang, kind, question, ..."
        ) from None


def evaluate(
    questions: Sequence[Question], folder: Path, settings: Settings, out: Path | None, beside: bool = False
) -> Table:
    """Reads the folder into the memory of these settings (what is known already stays), asks every question.

    Args:
        out: where every answer is written as it comes, one JSON object a line; what stands there is not asked again.
        beside: whether the plain pipeline is asked as well, right after each question.
    """
    for report in feeding.ingest(settings, [folder]):
        if report.status == "failed":
            print(f"{report.source}: {report.error}", file=sys.stderr)
    with build.memory(settings) as memory:
        ways = {OURS: _ours(memory, settings)} | ({plain.NAME: _plainly(memory, settings)} if beside else {})
        return table(asked(questions, ways, out))


def asked(questions: Sequence[Question], ways: Mapping[str, Way], out: Path | None) -> list[Mark]:
    """Every question asked every way, in turns; what stands in `out` is not asked again."""
    done = _done(out)
    marks = [mark for (id, _), mark in done.items() if id in {one.id for one in questions}]
    for question, name in ((one, name) for one in questions for name in ways if (one.id, name) not in done):
        marks.append(ways[name](question))
        if out:
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(marks[-1]), ensure_ascii=False) + "\n")
    return marks


def _ours(memory: Memory, settings: Settings) -> Way:
    assistant, viewer = build.assistant(settings, memory), build.viewer(memory.catalog)

    def ask(question: Question) -> Mark:
        *_, answer = assistant.ask(question.question, viewer, history=question.history)
        assert isinstance(answer, Answer)
        return mark(question, answer)

    return ask


def _plainly(memory: Memory, settings: Settings) -> Way:
    """What has a place in the memory, as texts of the plain pipeline, which knows no conversation."""
    names = {row.id: PurePath(row.path).name for row in memory.catalog.sources()}
    held = [one for one in around.everything(memory.catalog) if one.address.any()]
    files, places = {one.words: names[one.source] for one in held}, {one.words: one.address.tolist() for one in held}
    pipeline = plain.pipeline([*files], memory.space, settings, places)

    def ask(question: Question) -> Mark:
        said = pipeline(question.question)
        found = bool({files[text] for text in said.found} & set(question.source))
        return Mark(
            question.id, question.lang, question.kind, question.question, "model", said.words, facts(question, said.words),
            len(question.expect), found, False, said.first_token, said.total, 0.0, (), plain.NAME,
        )  # fmt: skip

    return ask


def _done(out: Path | None) -> dict[tuple[str, str], Mark]:
    if out is None or not out.exists():
        return {}
    marks = [
        Mark(**{**row, "notes": tuple(row["notes"])}) for row in map(json.loads, out.read_text("utf-8").splitlines())
    ]
    return {(one.id, one.way): one for one in marks}


def mark(question: Question, answer: Answer) -> Mark:
    hits = {PurePath(answer.paths[hit.entity.source]).name for hit in answer.hits}
    cited = {PurePath(one.source).name for one in answer.citations}
    return Mark(
        question.id, question.lang, question.kind, question.question, answer.how, answer.answer,
        facts(question, answer.answer), len(question.expect), bool(hits & set(question.source)),
        bool(cited & set(question.source)), answer.cost.first_token, answer.cost.total, answer.confidence, answer.notes,
    )  # fmt: skip


def facts(question: Question, answer: str) -> int:
    """How many of the facts that a question asks for stand in an answer."""
    return sum(said(answer, spellings) for spellings in question.expect)


def said(answer: str, spellings: Sequence[str]) -> bool:
    """Whether one of the spellings stands in an answer; a plain number must not be part of a longer one."""
    whole = folded(re.sub(r"\s*\[\d+\]", "", answer))
    for spelling in map(folded, spellings):
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", spelling):
            if re.search(rf"(?<![\d.]){re.escape(spelling)}(?!\d|\.\d)", whole):
                return True
        elif spelling in whole:
            return True
    return False


def folded(text: str) -> str:
    """The folding that `firm_real/sources.md` describes."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<=\d)\.0+(?!\d)", "", text)
    return re.sub(r"[\s*`_]+", " ", text)


def table(marks: Sequence[Mark]) -> Table:
    """By kind and by language: questions, right source found, all facts, half of them, cited, refused, possible, assured but
    wrong, median seconds to the first word and to the end."""
    groups: dict[tuple[str, ...], list[Mark]] = {}
    for one in marks:
        groups.setdefault((one.way, one.kind, "all"), []).append(one)
        groups.setdefault((one.way, "answerable" if one.wanted else one.kind, one.lang), []).append(one)
    for way in dict.fromkeys(one.way for one in marks):
        groups[way, "answerable", "all"] = [one for one in marks if one.wanted and one.way == way]
        groups[way, "all", "all"] = [one for one in marks if one.way == way]
    columns = (
        "way", "kind", "lang", "questions", "found", "all facts", "half", "cited", "refused", "possibly", "assured wrong",
        "first s", "end s",
    )  # fmt: skip
    return Table("Answers on files never seen", columns, tuple(_row(key, groups[key]) for key in sorted(groups)))


def _row(key: tuple[str, ...], marks: Sequence[Mark]) -> tuple[str | int | float, ...]:
    return (
        *key, len(marks), sum(m.found for m in marks), sum(m.right for m in marks), sum(m.half for m in marks),
        sum(m.right and m.cited for m in marks), sum(m.how == "refusal" for m in marks),
        sum(m.how == "possibly" for m in marks), sum(m.assured_wrong for m in marks),
        round(statistics.median([m.first for m in marks] or [0.0]), 1),
        round(statistics.median([m.total for m in marks] or [0.0]), 1),
    )  # fmt: skip
