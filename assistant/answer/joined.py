"""Answers to the parts of one question as one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce

from assistant.answer import notes as remarks
from assistant.answer.case import Case, leading
from assistant.answer.outcome import Answer
from assistant.answer.verify import MARK
from assistant.answer.wording import Wording, wording


def together(answers: Sequence[Answer], case: Case, step: str = "") -> Answer:
    """The first answer with the others beneath it, whose marks go on counting. It stays what it is; what is not sure of the
    others stands under the question it is about, and what is not found is named.

    Args:
        step: what was asked to come to the last of them; it is said.
    """
    words = wording(case.question)
    found = reduce(lambda first, other: _joined(first, other, words), answers)
    if step:
        found = replace(found, notes=(*found.notes, remarks.STEP.format(step)))
    return replace(found, question=case.question, understood=case.whole)


def apart(figures: Mapping[str, Answer], known: Sequence[Answer] = ()) -> dict[str, Answer]:
    """The figures of parts of a question, without those that one query over the same rows gave for several, or for what is
    known: it took one part for another."""
    counted = Counter(_rows(one) for one in (*figures.values(), *known))
    return {part: one for part, one in figures.items() if counted[_rows(one)] == 1}


def _rows(figure: Answer) -> tuple[object, ...]:
    return figure.notes, tuple(cited.entity for cited in figure.citations)


def _joined(first: Answer, other: Answer, words: Wording) -> Answer:
    marked = len(first.citations)
    text = MARK.sub(lambda mark: mark[0].replace(mark[1], str(int(mark[1]) + marked)), other.answer)
    if other.refused:
        text = words.unfound.format(other.understood)
    elif other.how == "possibly":
        text = f"{other.understood}\n{text}"
    both = (remarks.BOTH,) if {first.how, other.how} == {"calculation", "model"} else ()
    moved = (replace(one, mark=one.mark + marked) for one in other.citations)
    return replace(
        first,
        answer=f"{first.answer}\n{text}",
        citations=(*first.citations, *moved),
        hits=leading(first.hits, other.hits),
        paths={**first.paths, **other.paths},
        cost=other.cost,
        model=other.model,
        left_out=(*first.left_out, *other.left_out),
        read=(*first.read, *other.read),
        notes=tuple(dict.fromkeys((*first.notes, *other.notes, *both))),
    )
