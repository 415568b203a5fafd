"""What every step of training reads, chosen by its number: one scene by itself, as a source is read where it is served, or
several scenes or passages side by side, as a search would have brought them.

What is held out is never beside, behind or among what is trained on; steps on it are made of nothing else. Without
sentences on passages a course is scenes and talks alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.fit import alone
from assistant.fit.forks import Asker
from assistant.fit.near import Near
from assistant.fit.packs import Fork, Source, Step
from assistant.fit.passages import Ask, Passage
from assistant.fit.scenes import Scene
from assistant.fit.taught import Section, Taught
from assistant.fit.written import OTHER, made
from assistant.model import prompt
from ingest.base.errors import BadInput
from ingest.text.language import Language

ALONE, LISTS, NAMED, SCENES = 0.08, 0.05, 0.09, 0.34
"""Shares of steps on talks, on sections with lists, on sources that speak of different things or firms, and on scenes."""

SINGLE = 0.75
"""Share of the steps on scenes in which one is read by itself."""

TWIN, NOT_SHOWN = 0.5, 2
"""How often another scene on the same topic stands beside, and how many scenes are asked for that do not."""

MOST_FORKS, MOST_OF_ONE, TALKS = 10, 14, 12
NEAREST, TAKEN = 12, 0.75
"""How many of the nearest passages are looked at to be put beside, and the share of them that is."""
ABSENT = 4
"""Questions at most whose passages are near and not shown."""
IN_PROMPT, BY_ITSELF, MIXED = 0.35, 0.7, 0.6
"""Up to this draw all sources are read in the prompt, up to that each by itself, else so many of them."""
THIN, SHARES = 0.4, (0.12, 0.35)
"""Of the steps whose sources are each read by itself, in so many a fork sees only a share, between these two."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Passages of one language, on one side of the split, about which something can be asked."""

    passages: list[Passage]
    near: Near


class Course:
    """All steps of a training.

    Raises:
        BadInput: there is nothing to train on, or nothing held out.
    """

    def __init__(
        self, passages: Sequence[Passage], taught: Taught, scenes: Sequence[Scene] = (), seed: int = 7
    ) -> None:
        self._taught, self._seed = taught, seed
        self._scenes = {held: [scene for scene in scenes if scene.held == held] for held in (False, True)}
        self._parts = {
            (language, held): self._part([one for one in passages if one.language == language and one.held == held])
            for language in OTHER
            for held in (False, True)
        }
        self._talks = alone.talked([one for one in passages if not one.held], taught.said)
        self._sections = [one for one in taught.sections.values() if one.items]
        self._read = bool(passages)
        for held in (False, True):
            there = [self._parts[language, held].passages for language in OTHER] if passages else [self._scenes[held]]
            if not any(there):
                which = "held out" if held else "trained on"
                raise BadInput(f"there are no sentences for passages that are {which}", "kotonoha fit sentences")

    def step(self, number: int) -> Step:
        """The step of that number: the same every time."""
        chance = random.Random(f"{self._seed} step {number}")  # noqa: S311
        drawn = chance.random()
        if drawn < ALONE:
            return Step(prompt.ALONE, (), tuple(alone.fork(self._talks, chance) for _ in range(TALKS)))
        if not self._read:
            return self._staged(chance, held=False)
        made_of = None
        if drawn < ALONE + LISTS:
            made_of = self._lists(chance)
        elif drawn < ALONE + LISTS + NAMED:
            made_of = self._named(chance)
        elif drawn < ALONE + LISTS + NAMED + SCENES and self._scenes[False]:
            made_of = self._staged(chance, held=False)
        return made_of or self._reading(chance, held=False)

    def held_out(self, number: int) -> Step:
        """A step on passages that are not trained on."""
        chance = random.Random(f"{self._seed} held {number}")  # noqa: S311
        staged = not self._read or (chance.random() < SCENES and self._scenes[True])
        return self._staged(chance, held=True) if staged else self._reading(chance, held=True)

    def _part(self, passages: list[Passage]) -> _Part:
        said = self._taught.said
        some = [
            one for one in passages if any(ask.id in said and (said[ask.id].true or not ask.answer) for ask in one.asks)
        ]
        return _Part(some, Near(some))

    def _reading(self, chance: random.Random, held: bool) -> Step:
        """A passage and those near it, some of them not shown."""
        asker = Asker(self._taught.said, chance)
        while True:
            part = self._parts[self._language(chance, held), held]
            first = chance.choice(part.passages)
            near = part.near.like(chance.choice(first.asks).question, first, NEAREST)
            shown = self._beside(part, first, near, chance)
            absent = self._absent([one for one in near if one not in shown], chance)
            forks = asker.some(asker.of_passages(shown, absent), MOST_FORKS)
            if forks:
                return _step([(_titled(one, chance), one.text) for one in shown], forks, chance)

    def _named(self, chance: random.Random) -> Step | None:
        """Passages of one set with titles of their own."""
        part = self._parts[self._language(chance, held=False), False]
        first = chance.choice(part.passages)
        mates = {
            one.title: one
            for one in chance.sample(part.passages, len(part.passages))
            if one.collection == first.collection
        }
        shown = [one for title, one in mates.items() if title][:4]
        asker = Asker(self._taught.said, chance)
        forks = asker.some(asker.of_named(shown), MOST_FORKS)
        return _step([(one.title, one.text) for one in shown], forks, chance) if len(shown) > 1 and forks else None

    def _lists(self, chance: random.Random) -> Step | None:
        if len(self._sections) < 3:
            return None
        shown = chance.sample(self._sections, 3)
        asker = Asker(self._taught.said, chance)
        forks = asker.some(asker.of_sections(shown), MOST_FORKS)
        return _step([(_file(one, chance), one.text) for one in shown], forks, chance)

    def _staged(self, chance: random.Random, held: bool) -> Step:
        """Scenes side by side, twins now and then, others in both languages; or one by itself."""
        some = self._scenes[held]
        first = chance.choice(some)
        twins = [one for one in some if one.topic == first.topic and one is not first and chance.random() < TWIN]
        if chance.random() < SINGLE:
            return self._single(first, twins, chance)
        count, shown, absent = chance.choice((2, 3, 4)), [first], list[Scene]()
        for one in (*twins[:1], *chance.sample(some, min(len(some), 6 + NOT_SHOWN))):
            apart = all(one is not other and one.apart(other) for other in shown)
            if apart and len(shown) < count:
                shown.append(one)
            elif apart and len(absent) < NOT_SHOWN and all(one.topic != other.topic for other in shown):
                absent.append(one)
        chance.shuffle(shown)
        asker = Asker(self._taught.said, chance)
        forks = asker.some(asker.of_scenes(shown, absent, self._others(shown)), MOST_FORKS)
        return _step([(one.title, one.text) for one in shown], forks, chance)

    def _single(self, scene: Scene, twins: Sequence[Scene], chance: random.Random) -> Step:
        """A scene by itself, with questions that are for others."""
        some = self._scenes[scene.held]
        absent = [one for one in chance.sample(some, min(len(some), NOT_SHOWN)) if one.topic != scene.topic]
        asker = Asker(self._taught.said, chance)
        forks = asker.of_scenes([scene], absent, self._others([scene])) + asker.of_twins(scene, twins)
        return _step([(scene.title, scene.text)], asker.some(forks, MOST_OF_ONE), chance)

    def _others(self, shown: Sequence[Scene]) -> list[str]:
        """Names that none of these has."""
        some = self._scenes[shown[0].held]
        return sorted({one.name for one in some if one.name} - {one.name for one in shown})

    def _language(self, chance: random.Random, held: bool) -> Language:
        """Both languages equally often, if there is something in both."""
        return chance.choice([one for one in OTHER if self._parts[one, held].passages])

    def _beside(self, part: _Part, first: Passage, near: Sequence[Passage], chance: random.Random) -> list[Passage]:
        """Two to five passages in any order, the near ones first, then others."""
        count = chance.choice((2, 3, 4, 4, 5))
        shown = [first, *(one for one in near if chance.random() < TAKEN)][:count]
        rest = [one for one in part.passages if one not in shown]
        shown += chance.sample(rest, min(count - len(shown), len(rest)))
        chance.shuffle(shown)
        return shown

    def _absent(self, near: Sequence[Passage], chance: random.Random) -> list[tuple[Passage, Ask]]:
        return [(one, chance.choice(one.asks)) for one in near[:ABSENT]]


def _step(sources: Sequence[tuple[str, str]], forks: Sequence[Fork], chance: random.Random) -> Step:
    """With every source read in the prompt, every one by itself, or mixed."""
    drawn = chance.random()
    kept = [drawn >= IN_PROMPT and (drawn < BY_ITSELF or chance.random() < MIXED) for _ in sources]
    read = (Source(title, text, alone) for (title, text), alone in zip(sources, kept, strict=True))
    thin = all(kept) and chance.random() < THIN
    return Step(prompt.READ, tuple(read), tuple(forks), chance.uniform(*SHARES) if thin else 1.0)


def _titled(passage: Passage, chance: random.Random) -> str:
    """A title as files have it."""
    words = made(passage.language)
    if not passage.title:
        return chance.choice(words.untitled)
    return chance.choice(words.files).format(title=passage.title, number=chance.randint(1, 30))


def _file(section: Section, chance: random.Random) -> str:
    form = chance.choice(made(section.language).section_file)
    return form.format(title=f"{section.name} {section.topic}".strip())
