"""Sections of handbooks with steps or lists, written by the model: no open set has questions whose answer is all of a list."""

from __future__ import annotations

import random
import re

from assistant.fit import checks
from assistant.fit.taught import Section
from assistant.fit.writer import Say
from assistant.fit.written import made, worked
from ingest.text.language import Language

FEWEST, MOST = 3, 9
"""Items of a section."""
LONGEST_ITEM, LONGEST_QUESTION = 160, 150
BESIDE = 4
"""Lines at most that are no items."""
SIZES: dict[Language, int] = {"en": 1000, "ja": 420}
"""Characters of a section."""

ITEM = re.compile(r"(?:\d+[.)．]|[-・•*])\s*(?=\S)")


def planned(language: Language, number: int, seed: int) -> Section:
    """What a section is about; the same for the same number and seed."""
    chance = random.Random(f"{seed} {language} {number}")  # noqa: S311
    words = made(language)
    name = chance.choice(words.names) if chance.random() < 0.6 else ""
    return Section(f"{seed}-{language}-{number}", language, name, chance.choice(words.topics))


def written(plan: Section, say: Say) -> Section:
    """The section, written; as planned, without text, if what came is none."""
    words, chance = made(plan.language), random.Random(plan.id)  # noqa: S311
    about = words.about.format(name=plan.name, topic=plan.topic) if plan.name else plan.topic
    form = chance.choice((words.steps, words.list))
    asked = form.format(about=about, count=chance.randint(FEWEST, 7))
    (told,) = say(worked("section", plan.language), "", [asked], 330)
    text, items = parted(told)
    if not fits(text, items, plan.language):
        return plan
    (told,) = say(worked("whole", plan.language), "", [text], 48)
    question = checks.question(told, plan.language, LONGEST_QUESTION)
    if not question or question[-1] not in "?？":
        return plan
    return Section(plan.id, plan.language, plan.name, plan.topic, text, items, question)


def parted(text: str) -> tuple[str, tuple[str, ...]]:
    """A text up to its last item, and its items."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    places = [number for number, line in enumerate(lines) if ITEM.match(line)]
    return "\n".join(lines[: places[-1] + 1] if places else lines), tuple(lines[number] for number in places)


def fits(text: str, items: tuple[str, ...], language: Language) -> bool:
    """Whether it is a section with a few items that differ, in its language."""
    return (
        FEWEST <= len(items) <= MOST
        and len(set(items)) == len(items)
        and max(map(len, items)) <= LONGEST_ITEM
        and len(text.split("\n")) - len(items) <= BESIDE
        and len(text) <= SIZES[language]
        and checks.speaks(text, language)
    )
