"""How well the reader tells statements that a text carries from those that it doesn't, beside the words both have in common.

`kotonoha evaluate judge`: about scenes that no adapter was trained on (`assistant.fit.scenes`), in both languages.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answer.cite import by_words
from assistant.evaluate.table import Cell, Table
from assistant.evaluate.trust import accuracy, area
from assistant.fit.scenes import Scene
from assistant.model.prompt import Text
from assistant.model.reader import Reader

CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Judged:
    """One statement. `chance`: what the reader says; `common`: the share of its words that stand in the text."""

    language: str
    true: bool
    chance: float
    common: float


def judged(
    reader: Reader, scenes: Sequence[Scene], count: int, done: Callable[[int], object] = lambda count: None
) -> Iterator[Judged]:
    """About so many statements, as many true as untrue of each scene."""
    found = 0
    for scene in scenes:
        if found >= count:
            return
        each = min(len(scene.true), len(scene.untrue))
        chance = random.Random(scene.id)
        told = [(said, True) for said in chance.sample(scene.true, each)]
        told += [(said, False) for said in chance.sample(scene.untrue, each)]
        with reader.reading([Text(scene.title, scene.text)]) as reading:
            chances = reading.judge([(said, 1) for said, _ in told])
        for (said, true), one in zip(told, chances, strict=True):
            yield Judged(scene.language, true, one, by_words(said, [scene.text])[0])
        found += len(told)
        done(len(told))


def table(found: Sequence[Judged]) -> Table:
    """Accuracy at 1/2 and, of the words in common, at the cut that turns out best; area under the curve of both."""
    groups = {"all": found} | {name: [one for one in found if one.language == name] for name in ("en", "ja")}
    rows = tuple(_row(name, some) for name, some in groups.items() if some)
    columns = ("language", "statements", "accuracy", "area", "words: best accuracy", "words: area")
    curve = ", ".join(f"{cut}: {accuracy([(one.chance, one.true) for one in found], cut):.3f}" for cut in CUTS)
    return Table("Judge", columns, rows, (f"accuracy of all from each cut on: {curve}",))


def _row(name: str, found: Sequence[Judged]) -> tuple[Cell, ...]:
    said = [(one.chance, one.true) for one in found]
    words = [(one.common, one.true) for one in found]
    best = max(accuracy(words, cut) for cut in {score for score, _ in words})
    return name, len(found), accuracy(said, 0.5), area(said), best, area(words)
