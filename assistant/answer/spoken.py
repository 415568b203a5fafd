"""What the reader says to a question or to a part of one, how far that can be trusted, and what is wrong with it.

Every source is asked by itself whether it holds an answer, and the one that most probably does is answered from: a small
reader that has several before it mixes them up (docs/LOG.md, 2026-11-26).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.answer import cite, named, stand, trust, verify
from assistant.answer.cite import Line
from assistant.answer.compose import Composed
from assistant.answer.evidence import Evidence
from assistant.answer.notes import REPEATS, UNMARKED, UNSURE
from assistant.answer.outcome import Draft
from assistant.answer.trust import Signs
from assistant.model import prompt
from assistant.search.wants import Wants
from ingest.text.language import JAPANESE

if TYPE_CHECKING:
    from assistant.model.reader import Reader, Reading
    from assistant.model.writing import Usage

SURE = 0.05
"""A source that holds no answer with at most this probability is taken without asking the others."""
FIRST = 4
"""Sources that are asked before one that probably holds an answer is enough."""
CLEARLY = 0.5
"""Log-odds by which a source must be surer than one that was ranked before it."""
OPEN = 0.5
"""From this doubt on of the best source more are asked."""
LONGEST = 320
"""Tokens the model may write."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words for one question.

    Attributes:
        lines: its sentences and items with their marks, under the sources that they stand in.
        doubt: the probability that the sources hold no answer.
        chance: the probability that they are right.
        faults: what is exactly wrong with them, in plain words.
        left_out: sentences that could not stand beside them.
    """

    question: str
    lines: tuple[Line, ...]
    doubt: float
    chance: float
    faults: tuple[str, ...]
    left_out: int
    usage: Usage

    @property
    def stands(self) -> bool:
        """Whether they are stated."""
        return bool(self.lines) and not self.faults and self.chance >= trust.ASSURED

    @property
    def likely(self) -> bool:
        """Whether they are shown as what may be right, if they are not stated."""
        return bool(self.lines) and not self.faults and self.chance >= trust.POSSIBLE

    @property
    def refused(self) -> bool:
        """Whether not even a passage is shown."""
        return not self.lines or self.doubt >= trust.REFUSED

    def moved(self, places: Sequence[int]) -> Spoken:
        """The same with source n as source places[n - 1]."""
        lines = [replace(line, marks=tuple(places[mark - 1] for mark in line.marks)) for line in self.lines]
        return replace(self, lines=tuple(lines))

    @property
    def notes(self) -> tuple[str, ...]:
        """Why they are not stated."""
        return self.faults if self.chance >= trust.ASSURED else (*self.faults, UNSURE.format(f"{self.chance:.2f}"))


def best(reader: Reader, composed: Composed, question: str) -> tuple[int, float]:
    """The number of the source that most probably holds the answer, and how probable it is that even that one does not.

    They are asked from the best-ranked on, until one surely does, or one probably after the first few; one that is ranked
    behind another has to be clearly surer. Those that cannot be about what the question names are asked only where there
    are no others.
    """
    ranked = range(len(composed.sources), 0, -1)
    numbers = [n for n in ranked if verify.speaks_of(question, composed.sources[n - 1].words)] or [*ranked]
    weighed: list[tuple[float, int]] = []
    for doubt in reader.weigh([composed.texts[n - 1] for n in numbers], question):
        weighed.append((doubt, numbers[len(weighed)]))
        if doubt <= SURE or (len(weighed) >= FIRST and min(weighed)[0] < OPEN):
            break
    doubt, number = weighed[0]
    for other, later in weighed[1:]:
        if trust.odds(other) < trust.odds(doubt) - CLEARLY:
            doubt, number = other, later
    return number, doubt


def beside(composed: Composed, question: str) -> tuple[str, ...]:
    """What a question sets side by side, of which each source speaks of one alone."""
    return named.apart(question, [(one.title.split(" > ")[0], one.words) for one in composed.sources])


def speak(
    reader: Reader, question: str, wants: Wants, composed: Composed, numbers: Sequence[int]
) -> Generator[Draft, None, Spoken]:  # fmt: skip
    """Lets the reader answer from the sources of these numbers; its words as they come, at the end what is made of them."""
    sources, said = [composed.sources[number - 1] for number in numbers], ""
    with reader.reading([composed.texts[number - 1] for number in numbers], question) as reading:
        asked = reading.ask(question)
        doubt = asked.chance(prompt.NONE)
        if doubt < trust.REFUSED:
            form = prompt.form(len(sources), latin=not JAPANESE.search(question))
            for piece in asked.write(form, LONGEST, but=prompt.NONE):
                said += piece
                yield Draft(piece)
        lines, judged = _judged(reading, worded(said, sources), sources)
    kept, weakest = carried(lines, judged)
    spoken = told(question, kept, wants, sources, Signs(doubt, weakest, asked.usage.surprise), asked.usage)
    named = tuple(replace(line, marks=tuple(numbers[mark - 1] for mark in line.marks)) for line in spoken.lines)
    return replace(spoken, lines=named, left_out=spoken.left_out + len(lines) - len(kept))


def meant(spoken: Spoken, sources: Sequence[Evidence]) -> list[tuple[Evidence, str]]:
    """In which of the sources to look, the best, which stands last, first, and for what: those that the reader had words
    from before the others. What it said may be wrong and still lie beside what is right."""
    words = cite.under(spoken.lines)
    ranked = range(len(sources), 0, -1)
    others = [mark for mark in ranked if verify.speaks_of(spoken.question, sources[mark - 1].words)]
    order = dict.fromkeys([*(mark for mark in words if mark in others), *others])
    return [(sources[mark - 1], words.get(mark, "")) for mark in order]


def carried(lines: Sequence[Line], judged: Sequence[float]) -> tuple[list[Line], float]:
    """The lines without those that their sources do not carry, and how well the weakest of them is carried.

    All of the lines if that leaves nothing, or not all of a list.
    """
    found = list(zip(lines, judged, strict=True))
    kept = [(line, one) for line, one in found if one >= trust.CARRIED]
    whole = not any(line.item for line, one in found if one < trust.CARRIED)
    kept = kept if whole and any(line.marks for line, _ in kept) else found
    return [line for line, _ in kept], min((one for _, one in kept), default=0.0)


def worded(said: str, sources: Sequence[Evidence]) -> list[Line]:
    """The sentences and items of what a model said, under the sources that they stand in; none for a refusal."""
    return cite.settled(cite.lines(prompt.parted(said), len(sources)), sources)


def _judged(reading: Reading, lines: Sequence[Line], sources: Sequence[Evidence]) -> tuple[list[Line], list[float]]:
    """The lines, each under the source that carries it best of those that say as much of it, and how well that does.

    What names no source is carried by none, an aside need not be.
    """
    there = cite.held(sources)
    marks = [() if line.aside else cite.rivals(line, there) or line.marks[:1] for line in lines]
    chances = iter(reading.judge([(line.text, mark) for line, some in zip(lines, marks, strict=True) for mark in some]))
    found, judged = [], []
    for line, some in zip(lines, marks, strict=True):
        best, mark = max(((next(chances), mark) for mark in some), default=(1.0 if line.aside else 0.0, 0))
        found.append(line if mark in line.marks or not mark else replace(line, marks=(mark,)))
        judged.append(best)
    return found, judged


def told(
    question: str, lines: Sequence[Line], wants: Wants, sources: Sequence[Evidence], signs: Signs, usage: Usage
) -> Spoken:  # fmt: skip
    """Words with what is wrong with them; a sentence that cannot stand is left out if others can, an item of a list only if it
    says nothing."""
    faults = [(line, stand.fault(line, question, wants, sources)) for line in lines]
    sound = [line for line, fault in faults if not fault]
    wrong = [fault for line, fault in faults if fault]
    if any(line.marks for line in sound) and not any(line.item for line, fault in faults if fault not in ("", REPEATS)):
        lines, wrong = sound, []
    if not any(line.marks for line in lines):
        wrong.append(UNMARKED)
    left_out = len(faults) - len(lines)
    return Spoken(question, tuple(lines), signs.doubt, trust.chance(signs), tuple(wrong), left_out, usage)
