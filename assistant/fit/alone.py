"""Questions that lean on what was said before, and what they mean standing alone: of the sets, made up, and written
(`talks.jsonl`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.fit.packs import Fork
from assistant.fit.passages import Ask, Passage
from assistant.fit.taught import Said
from assistant.fit.written import OTHER, made
from assistant.model import prompt
from ingest.text.language import Language

WRITTEN, LEANING, ALREADY = 0.6, 0.2, 0.1
"""Shares of written talks, of questions that lean on the last one, and of those that lean on nothing; the rest is
made up."""


@dataclass(frozen=True, slots=True)
class Talked:
    """A question with its true sentence, and how one asks it behind another, if that was written."""

    language: Language
    question: str
    true: str
    leaning: str
    before: tuple[tuple[str, str], ...]


def talked(passages: Sequence[Passage], said: dict[str, Said]) -> list[Talked]:
    """Everything of the passages that can be said in a talk."""
    asks: dict[str, Ask] = {ask.id: ask for passage in passages for ask in passage.asks}
    found = []
    for passage in passages:
        for ask in passage.asks:
            one = said.get(ask.id)
            if one is None or not (one.true or one.leaning):
                continue
            before = ((asks[one.behind].question, said[one.behind].true),) if one.leaning else ()
            found.append(Talked(passage.language, ask.question, one.true, one.leaning, before))
    return found


def fork(talks: Sequence[Talked], chance: random.Random) -> Fork:
    """One question behind others."""
    drawn = chance.random()
    if drawn < WRITTEN:
        return chance.choice(written_talks())
    leaning = [one for one in talks if one.leaning]
    whole = [one for one in talks if one.true]
    if drawn < WRITTEN + LEANING and leaning:
        one = chance.choice(leaning)
        earlier = _some(whole, one, chance.choice((0, 0, 1)), chance)
        return _fork([*earlier, *one.before], one.leaning, one.question)
    if drawn < WRITTEN + LEANING + ALREADY and whole:
        one = chance.choice(whole)
        return _fork(_some(whole, one, chance.randint(1, 2), chance), one.question, one.question)
    return _made_up(chance.choice(list(OTHER)), chance)


@cache
def written_talks() -> tuple[Fork, ...]:
    rows = map(json.loads, (files(__package__) / "talks.jsonl").read_text("utf-8").splitlines())
    return tuple(_fork([(asked, said) for asked, said in row["before"]], row["question"], row["alone"]) for row in rows)


def _some(talks: Sequence[Talked], but: Talked, count: int, chance: random.Random) -> list[tuple[str, str]]:
    """Questions and answers of the same language."""
    others = [one for one in talks if one.language == but.language and one is not but]
    return [(one.question, one.true) for one in chance.sample(others, min(count, len(others)))]


def _made_up(language: Language, chance: random.Random) -> Fork:
    """The same question of another time or somebody else."""
    words = made(language)
    if chance.random() < 0.5:
        before, now = chance.sample(words.times, 2)
        quantity, form = chance.choice(words.quantities), words.figure
        first, alone = (form.format(quantity=quantity, time=time) for time in (before, now))
        return _fork([(first, str(chance.randint(100, 9000)))], chance.choice(words.figures_on).format(time=now), alone)
    before, now = chance.sample(words.names, 2)
    topic = chance.choice(words.topics)
    first, alone = (words.rule.format(topic=topic, name=name) for name in (before, now))
    return _fork([(first, words.ruled)], chance.choice(words.rules_on).format(name=now), alone)


def _fork(before: Sequence[tuple[str, str]], question: str, alone: str) -> Fork:
    return Fork("alone", prompt.earlier(question, before), alone)
