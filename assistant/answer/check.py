"""Does the evidence carry what is said?

A sentence is supported by the words it cites when its numbers, codes and names stand there exactly and its other terms
stand there or mean nearly the same. Terms are stems, for Japanese pairs of characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.search.expect import expected
from ingest.space.space import Space
from ingest.text.cells import UNITS
from ingest.text.codes import codes, dates, figures, held_codes
from ingest.text.codes import said as terms_of
from ingest.text.terms import is_telling, terms

SUPPORTED = 0.7
"""Support from which on a sentence counts as carried by its source."""

RESTING = 0.8
"""Share of a sentence's new terms that have to stand in what it rests on."""

DEFINITION = re.compile(
    r"^what (?:is|are) (?:an? |the )?[\w-]+(?: [\w-]+)?\?$|\bwhat (?:does|do|did) .*\bmean\b|\bdefin|とは|意味",
    re.IGNORECASE,
)
"""Questions for what something is or means."""
DEFINING = 3
"""Terms that an answer to those has at least: a single word explains nothing."""

NEAR = 0.75
"""Cosine from which on a sentence and its evidence mean the same; a paraphrase is given credit from here."""

MARK = re.compile(r"\s*[\[［](\d{1,2})[\]］]")
"""A citation mark as the model writes it."""

NEGATION = re.compile(r"\b(?:not?|never|none|nor|without|cannot)\b|n't\b|ない|ません|なし|ず(?:に|、)", re.IGNORECASE)

EXTENTS = {
    "mean": re.compile(r"\b(?:mean|average|median|usual(?:ly)?)\b|平均|中央値", re.IGNORECASE),
    "highest": re.compile(r"\b(?:highest|maximum|max|peak|largest|greatest)\b|最高|最大", re.IGNORECASE),
    "lowest": re.compile(r"\b(?:lowest|minimum|min|smallest|least)\b|最低|最小", re.IGNORECASE),
}
"""What a figure is among the many it stands for."""
_UNITS = "|".join(re.escape(unit) for unit in sorted(UNITS - {"in"}, key=len, reverse=True))
UNIT = re.compile(rf"\s?((?:second|minute|hour|day|week|month|year|time)s?\b|(?:{_UNITS})(?![A-Za-z]))")
"""What may follow a figure and belongs to it."""
YEARLY = len("20260609")
FIGURE = re.compile(r"\d(?:[\d.,:]*\d)?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a sentence of an answer stands against what it cites: `support` 0 to 1, and what was not found there."""

    support: float
    missing: tuple[str, ...]

    @property
    def supported(self) -> bool:
        return self.support >= SUPPORTED


def support(sentence: str, evidence: str, space: Space | None = None) -> Verdict:
    """How far `evidence` carries `sentence`. Marks are ignored; a sentence without any telling term has no support.

    With a `space`, terms that are missing are forgiven in part when sentence and evidence mean nearly the same;
    numbers, codes and a negation that only one of them has are never forgiven.
    """
    said = MARK.sub("", sentence).strip()
    wanted = [term for term in dict.fromkeys(terms(said)) if is_telling(term)]
    strict = (codes(said) | figures(said)) - held_codes(evidence) - figures(evidence)
    if not wanted or strict or _contradicts(said, evidence):
        return Verdict(0.0, tuple(sorted(strict)))
    held = terms_of(evidence)
    missing = [term for term in wanted if term not in held]
    share = 1 - len(missing) / len(wanted)
    if missing and space is not None and share >= 0.5:
        left, right = space.place([said, evidence])
        likeness = float(left.address @ right.address)
        share = max(share, min((share + likeness) / 2, 1.0)) if likeness >= NEAR else share
    return Verdict(share, tuple(missing))


def addresses(answer: str, question: str) -> bool:
    """Whether an answer says something the question does not, and is the sort of thing that was asked for."""
    said = MARK.sub("", answer).strip()
    asked = set(terms(question))
    new = {term for term in terms(said) if is_telling(term) and term not in asked}
    if DEFINITION.search(question):
        return len(new) >= DEFINING
    wanted = expected(question)
    return bool(new) and (wanted is None or bool(wanted.search(said)))


def rests_on(sentence: str, question: str, evidence: str) -> bool:
    """Whether what a sentence adds to the question stands in this one evidence: its figures exactly, nearly all its terms.

    A right figure or name that stands elsewhere in the source is a wrong answer, so the evidence is one quotable
    stretch, without its headings.
    """
    said = MARK.sub("", sentence)
    exact = (codes(said) | figures(said)) - codes(question) - figures(question)
    if not exact <= held_codes(evidence) | figures(evidence) or _cut_short(said.strip(), question, evidence):
        return False
    asked = terms_of(question)
    new = {term for term in terms(said) if is_telling(term) and term not in asked}
    return len(new & terms_of(evidence)) >= RESTING * len(new)


def names_field(sentence: str, evidence: str) -> bool:
    """Whether a sentence is only the name of a field ("Unit price") where the evidence has its value ("Unit price: 12 JPY")."""
    said = re.escape(MARK.sub("", sentence).strip(" .。"))
    return bool(re.search(rf"(?:^|[;\n])\s*{said}\s*[:：]", evidence, re.IGNORECASE)) and not re.search(
        rf"[:：]\s*{said}\s*(?:[;\n]|$)", evidence, re.IGNORECASE
    )


def names_other_extent(sentence: str, question: str, evidence: str) -> bool:
    """Whether a figure is, everywhere in the evidence, called something else than what was asked for: the mean, not the highest."""
    wanted = _extent(question)
    for figure in FIGURE.findall(MARK.sub("", sentence)) if wanted else ():
        places = [found.start() for found in FIGURE.finditer(evidence) if found[0] == figure]
        called = [_extent(re.split(r"[,;、。]\s*|\.\s", evidence[:place])[-1]) for place in places]
        if called and all(one and one != wanted for one in called):
            return True
    return False


def lacks_unit(sentence: str, question: str, evidence: str) -> bool:
    """Whether a sentence ends in a figure whose unit the evidence gives and neither it nor the question does: "every 500"."""
    said = MARK.sub("", sentence).strip(" .。")
    figure = FIGURE.findall(said)[-1:]
    if not figure or not said.endswith(figure[0]):
        return False
    after = [evidence[found.end() :] for found in FIGURE.finditer(evidence) if found[0] == figure[0]]
    units = [unit[1] if (unit := UNIT.match(rest)) else "" for rest in after]
    return bool(units) and all(unit and unit.casefold() not in question.casefold() for unit in units)


def of_another_day(question: str, evidence: str) -> bool:
    """Whether a question names days and the evidence others only."""
    asked, held = dates(question), dates(evidence)
    whole = {date for date in asked if len(date) == YEARLY}
    if whole and any(len(date) == YEARLY for date in held):
        return not whole & held
    return bool(asked and held and not asked & held)


def _extent(text: str) -> str:
    """The last of `EXTENTS` that a text names, or ""."""
    ends = {name: [found.end() for found in pattern.finditer(text)] for name, pattern in EXTENTS.items()}
    last = {name: max(found) for name, found in ends.items() if found}
    return max(last, key=lambda name: last[name]) if last else ""


def _cut_short(said: str, question: str, evidence: str) -> bool:
    """Whether words answer only because they were cut out: "ten" of "ten minutes" where parts were to be counted."""
    wanted = expected(question)
    at = evidence.casefold().find(said.casefold().rstrip("."))
    return bool(wanted and at >= 0 and wanted.match(said) and not wanted.match(evidence, at))


def repeats(sentence: str, other: str) -> bool:
    """Whether a sentence says hardly anything that the other does not."""
    new = {term for term in terms(MARK.sub("", sentence)) if is_telling(term)}
    return len(new - set(terms(other))) <= (1 - RESTING) * len(new)


def cited(sentence: str) -> list[int]:
    """The marks of a sentence in order, each once."""
    return list(dict.fromkeys(int(number) for number in MARK.findall(sentence)))


def spoken(answer: str) -> list[str]:
    """The sentences of an answer, each with the marks that follow it."""
    from ingest.text.split import sentences

    found: list[str] = []
    for span in sentences(answer):
        text = answer[span.start : span.end]
        if found and not MARK.sub("", text).strip():
            found[-1] = f"{found[-1]} {text}"
            continue
        leading = re.match(r"(?:\s*[\[［]\d{1,2}[\]］])+\s*", text)
        if found and leading:
            found[-1] = f"{found[-1]} {leading[0].strip()}"
            text = text[leading.end() :]
        found.append(text)
    return found


def _contradicts(said: str, evidence: str) -> bool:
    """A denial of what the evidence only affirms."""
    return bool(NEGATION.search(said)) and not NEGATION.search(evidence)


def best_support(sentence: str, evidences: Sequence[str], space: Space | None = None) -> tuple[int, Verdict]:
    """The evidence that carries a sentence best: its place in the list and the verdict."""
    verdicts = [support(sentence, evidence, space) for evidence in evidences]
    best = max(range(len(verdicts)), key=lambda i: verdicts[i].support)
    return best, verdicts[best]
