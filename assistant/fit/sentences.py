"""Sentences to train on, written by the model itself from the right passage alone and kept only if they hold the answer.

Rejection sampling: STaR (arXiv 2203.14465), RFT (arXiv 2308.01825); here the most probable sentence is the only sample. The
untrained model writes, so nothing is taken from a larger one.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from assistant.fit import checks, sections, taught
from assistant.fit.passages import Ask, Passage
from assistant.fit.taught import Said, Section
from assistant.fit.writer import Say
from assistant.fit.written import OTHER, worked
from ingest.text.codes import figures
from ingest.text.language import Language
from ingest.text.terms import terms

MOST_ASKED = 4
"""Questions of one passage."""

ROUND, SECTIONS = 12, 3
"""Passages and sections of one language that are written one after the other, so that its worked examples stay read."""

LONGEST_QUESTION = 200


@dataclass(frozen=True, slots=True)
class Written:
    """How far it is: questions tried, sentences kept, sections kept."""

    tried: int
    kept: int
    sections: int


def write(
    passages: Sequence[Passage], say: Say, file: Path, *, minutes: float = 0.0, seed: int = 7,
    progress: Callable[[Written], None] = lambda written: None,
) -> Written:  # fmt: skip
    """Writes sentences and sections to a file, going on behind what stands there.

    Args:
        minutes: stop after so much time; 0 means when every passage has had its turn.
    """
    end = time.monotonic() + 60 * minutes if minutes else float("inf")
    done = taught.read(file)
    for one in _turns(passages, seed):
        if _tried(one, done):
            continue
        made = said_of(one, say) if isinstance(one, Passage) else [sections.written(one, say)]
        taught.append(file, made)
        done.take(made)
        progress(_count(done))
        if time.monotonic() > end:
            break
    return _count(done)


def _tried(one: Passage | Section, done: taught.Taught) -> bool:
    if isinstance(one, Section):
        return one.id in done.sections
    return all(ask.id in done.said for ask in _some(one))


def _turns(passages: Sequence[Passage], seed: int) -> Iterator[Passage | Section]:
    """All passages and some sections, language by language in rounds."""
    left = {language: _mixed([one for one in passages if one.language == language], seed) for language in OTHER}
    number = 0
    while any(left.values()):
        for language, some in left.items():
            yield from some[:ROUND]
            yield from (sections.planned(language, number + n, seed) for n in range(SECTIONS if some else 0))
            del some[:ROUND]
        number += SECTIONS


def _mixed(passages: Sequence[Passage], seed: int) -> list[Passage]:
    """In an order by chance in which every set has its turn, as long as it lasts."""
    chance, taken = random.Random(seed), Counter[str]()  # noqa: S311
    ranked = []
    for one in chance.sample(list(passages), len(passages)):
        ranked.append((taken[one.collection], one))
        taken[one.collection] += 1
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def said_of(passage: Passage, say: Say) -> list[Said]:
    """What the model says to questions of one passage, as far as it passes the checks."""
    asks = _some(passage)
    found = _true(passage, asks, say)
    found = _untrue(passage, found, say)
    found = _abroad(passage, asks, found, say)
    return _leaning(passage, asks, found, say)


def _some(passage: Passage) -> list[Ask]:
    return sorted(passage.asks, key=lambda ask: ask.id)[:MOST_ASKED]


def _true(passage: Passage, asks: Sequence[Ask], say: Say) -> list[Said]:
    """A sentence for every question; where the passage has no answer, what is said all the same is untrue."""
    language = passage.language
    told = say(worked("answer", language), f"{passage.text}\n\n", [_asked(ask.question, language) for ask in asks], 72)
    found = []
    for ask, one in zip(asks, told, strict=True):
        said = checks.sentence(one, language)
        if ask.answer:
            right = said and checks.holds(said, ask.answer)
            right = right and checks.grounded(said, passage.text, ask.question, passage.title)
            found.append(Said(ask.id, true=said if right else ""))
        else:
            found.append(Said(ask.id, untrue=said if said and checks.exact(said, ask.question) else ""))
    return found


def _untrue(passage: Passage, found: Sequence[Said], say: Say) -> list[Said]:
    """For the first sentence that was kept, one that says otherwise."""
    first = next((one for one in found if one.true), None)
    if first is None:
        return list(found)
    (told,) = say(worked("untrue", passage.language), "", [first.true], 72)
    said = checks.sentence(told, passage.language)
    untrue = said if said and checks.differs(said, first.true) else ""
    return [replace(one, untrue=untrue) if one is first else one for one in found]


def _abroad(passage: Passage, asks: Sequence[Ask], found: Sequence[Said], say: Say) -> list[Said]:
    """The first question in the other language, and a sentence in that language, if it surely holds the answer."""
    ask, language = asks[0], OTHER[passage.language]
    (told,) = say(worked("translate", language), "", [ask.question], 64)
    question = checks.question(told, language, LONGEST_QUESTION)
    said = ""
    if question and ask.answer:
        (told,) = say(worked("abroad", language), f"{passage.text}\n\n", [_asked(question, language)], 80)
        said = checks.sentence(told, language)
        said = said if said and _sure(said, question, ask.answer, passage) else ""
    return [replace(found[0], abroad=question, true_abroad=said), *found[1:]]


def _sure(said: str, question: str, answer: str, passage: Passage) -> bool:
    """Words cannot be compared across languages, figures and Latin names can."""
    wanted = figures(answer)
    held = wanted <= figures(said) if wanted else passage.language == "en" and checks.holds(said, answer)
    return held and figures(said) <= figures(f"{passage.text}\n{question}")


def _leaning(passage: Passage, asks: Sequence[Ask], found: Sequence[Said], say: Say) -> list[Said]:
    """The second question of two neighbours as one asks it right after the first, if that one has a sentence."""
    for number, ((before, first), (after, second)) in enumerate(pairwise(zip(asks, found, strict=True)), 1):
        if not first.true or not after.answer:
            continue
        (told,) = say(worked("leaning", passage.language), "", [f"1: {before.question}\n2: {after.question}"], 48)
        said = checks.question(told, passage.language, len(after.question) + 8)
        a_question = said[-1:] in "?？" or after.question[-1] not in "?？"
        leaning = said if a_question and terms(said) != terms(after.question) else ""
        changed = replace(second, leaning=leaning, behind=before.id if leaning else "")
        return [*found[:number], changed, *found[number + 1 :]]
    return list(found)


def _asked(question: str, language: Language) -> str:
    return f"質問：{question}" if language == "ja" else f"Question: {question}"


def _count(done: taught.Taught) -> Written:
    kept = sum(bool(one.true) + bool(one.true_abroad) for one in done.said.values())
    return Written(len(done.said), kept, sum(bool(one.question) for one in done.sections.values()))
