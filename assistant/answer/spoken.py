"""What the reader says to a question or to a part of one, how far that can be trusted, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.answer import cite, stand, trust
from assistant.answer.cite import Line
from assistant.answer.evidence import Evidence
from assistant.answer.notes import UNMARKED, UNSURE
from assistant.answer.outcome import Draft
from assistant.answer.trust import Signs
from assistant.model import prompt
from assistant.search.wants import Wants

if TYPE_CHECKING:
    from assistant.model.reader import Reading
    from assistant.model.writing import Usage

LONGEST = 320
"""Tokens the model may write."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words for one question.

    Attributes:
        lines: its sentences and items with their marks, under the sources that they stand in.
        chance: the probability that they are right.
        faults: why they cannot be stated, in plain words; empty if they can.
        left_out: sentences that could not stand beside them.
    """

    question: str
    lines: tuple[Line, ...]
    chance: float
    faults: tuple[str, ...]
    left_out: int
    usage: Usage

    @property
    def stands(self) -> bool:
        return bool(self.lines) and not self.faults

    @property
    def possible(self) -> bool:
        return bool(self.lines) and self.chance >= trust.POSSIBLE


def speak(
    reading: Reading, question: str, wants: Wants, sources: Sequence[Evidence]
) -> Generator[Draft, None, Spoken]:  # fmt: skip
    """Asks the reader, which has the sources before it; its words as they come, and at the end what is made of them."""
    asked = reading.ask(question)
    doubt, said = asked.chance(prompt.NONE), ""
    if doubt < trust.HOPELESS:
        for piece in asked.write(prompt.form(len(sources)), LONGEST, but=prompt.NONE):
            said += piece
            yield Draft(piece)
    lines, judged = _judged(reading, worded(said, sources), sources)
    kept, weakest = carried(lines, judged)
    spoken = told(question, kept, wants, sources, trust.chance(Signs(doubt, weakest)), asked.usage)
    return replace(spoken, left_out=spoken.left_out + len(lines) - len(kept))


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
    question: str, lines: Sequence[Line], wants: Wants, sources: Sequence[Evidence], chance: float, usage: Usage
) -> Spoken:  # fmt: skip
    """Words with what is wrong with them; a sentence that cannot stand is left out if others can.

    Args:
        chance: how probable it is that they are right.
    """
    faults = [(line, stand.fault(line, question, wants, sources)) for line in lines]
    sound = [line for line, fault in faults if not fault]
    wrong = [fault for line, fault in faults if fault]
    if any(line.marks for line in sound) and not any(line.item for line, fault in faults if fault):
        lines, wrong = sound, []
    if not any(line.marks for line in lines):
        wrong.append(UNMARKED)
    if chance < trust.ASSURED:
        wrong.append(UNSURE.format(f"{chance:.2f}"))
    return Spoken(question, tuple(lines), chance, tuple(wrong), len(faults) - len(lines), usage)
