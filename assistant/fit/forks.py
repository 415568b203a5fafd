"""What can be asked of some passages side by side, and what is right: answers, refusals, statements true and not."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.fit import checks
from assistant.fit.packs import Fork
from assistant.fit.passages import Ask, Passage
from assistant.fit.scenes import Scene
from assistant.fit.sections import ITEM
from assistant.fit.taught import Said, Section
from assistant.fit.written import made
from assistant.model import prompt
from ingest.text.language import language_of

JUDGED, MISPLACED, CHANGED = 0.3, 0.1, 0.25
"""Of the sentences so many are also judged as they are, said of another source, or with another answer in them."""
JUDGED_ABROAD, TRANSLATED = 0.4, 0.5
"""Of the sentences in the other language so many are judged; of the refusals so many are asked in it."""
OTHER_NAME, OTHER_NAME_OF_LIST = 0.6, 0.8
"""To so many questions that name somebody belongs one that names somebody else."""
JOINED = 0.35
"""In so many steps two questions are asked as one."""
MOST = Counter(read=4, named=4, none=4, yes=3, no=4, abroad=3, list=3)
"""Forks of a kind in one step."""
SHORT = 50
"""Characters of an answer that is put in another's place."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Makes forks from what the model wrote (`said`, by the questions' ids), by chance."""

    said: Mapping[str, Said]
    chance: random.Random

    def of_passages(self, shown: Sequence[Passage], absent: Sequence[tuple[Passage, Ask]]) -> list[Fork]:
        """Questions on what is shown, and questions whose passages are not."""
        whole = "\n".join(passage.text for passage in shown)
        forks = [fork for number, one in enumerate(shown, 1) for fork in self._of(one, number, len(shown))]
        for _, ask in absent:
            if ask.answer and not checks.holds(whole, ask.answer):
                abroad = self.said[ask.id].abroad if ask.id in self.said else ""
                forks.append(_none(abroad if abroad and self.chance.random() < TRANSLATED else ask.question))
        return forks

    def of_named(self, shown: Sequence[Passage]) -> list[Fork]:
        """Questions that name whom they are about, where several are spoken of; those about others have no answer."""
        forks, titles = [], {passage.title for passage in shown}
        for number, passage in enumerate(shown, 1):
            words = made(passage.language)
            others = [name for name in words.names if name not in titles]
            for ask in passage.asks:
                form = self.chance.choice(words.named)
                if ask.answer and self._true(ask):
                    asked = form.format(name=passage.title, question=ask.question)
                    forks.append(Fork("named", prompt.ask(asked), f"{self._true(ask)} [{number}]"))
                    if passage.title not in ask.question and self.chance.random() < OTHER_NAME:
                        forks.append(_none(form.format(name=self.chance.choice(others), question=ask.question)))
        return forks

    def of_sections(self, shown: Sequence[Section]) -> list[Fork]:
        """Questions to which all of a list is the answer."""
        forks, names = [], {section.name for section in shown}
        for number, section in enumerate(shown, 1):
            question, words = named_question(section), made(section.language)
            items = [re.sub("^[・•*]", "-", item) for item in section.items]
            forks.append(Fork("list", prompt.ask(question), "\n".join(f"{item} [{number}]" for item in items)))
            item = ITEM.sub("", self.chance.choice(section.items), count=1)
            forks.append(_judged(item, number, prompt.YES))
            if section.name and self.chance.random() < OTHER_NAME_OF_LIST:
                other = self.chance.choice([name for name in words.names if name not in names])
                forks.append(_none(question.replace(section.name, other)))
        return forks

    def of_scenes(self, shown: Sequence[Scene], absent: Sequence[Scene], others: Sequence[str]) -> list[Fork]:
        """Everything that is asked of scenes, also of others' names, and of scenes that are not shown."""
        forks = [_none(self.chance.choice(one.asks).question) for one in absent]
        for number, scene in enumerate(shown, 1):
            for ask in scene.asks:
                kind = "list" if len(ask.answer) > 1 else "read"
                kind = kind if language_of(ask.question) == scene.language else "abroad"
                said = "\n".join(f"{one} [{number}]" for one in ask.answer)
                forks.append(Fork(kind, prompt.ask(ask.question), said))
                if scene.name and scene.name in ask.question and others and self.chance.random() < OTHER_NAME:
                    forks.append(_none(ask.question.replace(scene.name, self.chance.choice(others))))
            forks += (_none(one) for one in scene.none if not _answered_beside(one, scene, shown))
            forks += (_judged(one, number, prompt.YES) for one in scene.true)
            forks += (_judged(one, number, prompt.NO) for one in scene.untrue)
            if len(shown) > 1 and self.chance.random() < MISPLACED:
                other = self._elsewhere(number, len(shown))
                forks.append(_judged(self.chance.choice(scene.true), other, prompt.NO))
        return forks

    def of_twins(self, shown: Scene, twins: Sequence[Scene]) -> list[Fork]:
        """What is asked of others on the same topic by their names, which this one does not answer."""
        named = (one for one in twins if one.name and one.name not in shown.text and one.apart(shown))
        return [_none(ask.question) for one in named for ask in one.asks if one.name in ask.question]

    def some(self, forks: Sequence[Fork], most: int) -> list[Fork]:
        """At most so many, of every kind a few, and refusals in proportion to answers."""
        shuffled = self.chance.sample(list(forks), len(forks))
        answered = sum(fork.kind in ("read", "abroad", "named", "list") for fork in forks)
        room = Counter(MOST)
        room["none"] = max(1, min(MOST["none"], answered * 2 // 3))
        chosen = self._joined(shuffled)
        for fork in shuffled:
            if room[fork.kind] > 0 and len(chosen) < most:
                room[fork.kind] -= 1
                chosen.append(fork)
        return chosen

    def _of(self, passage: Passage, number: int, count: int) -> Iterator[Fork]:
        for ask in passage.asks:
            said = self.said.get(ask.id, Said(ask.id))
            if not ask.answer:
                yield _none(ask.question)
            elif said.true:
                yield Fork("read", prompt.ask(ask.question), f"{said.true} [{number}]")
                yield from self._statements(passage, ask, said.true, number, count)
            if said.untrue:
                yield _judged(said.untrue, number, prompt.NO)
            if said.true_abroad:
                yield Fork("abroad", prompt.ask(said.abroad), f"{said.true_abroad} [{number}]")
                if self.chance.random() < JUDGED_ABROAD:
                    yield _judged(said.true_abroad, number, prompt.YES)

    def _statements(self, passage: Passage, ask: Ask, true: str, number: int, count: int) -> Iterator[Fork]:
        """The sentence as it is, of another source, or with another answer in the right one's place."""
        drawn = self.chance.random()
        if drawn < JUDGED:
            yield _judged(true, number, prompt.YES)
        elif drawn < JUDGED + MISPLACED and count > 1:
            yield _judged(true, self._elsewhere(number, count), prompt.NO)
        elif drawn < JUDGED + MISPLACED + CHANGED and ask.answer in true:
            other_answer = self._other(passage, ask, true)
            if other_answer:
                yield _judged(true.replace(ask.answer, other_answer), number, prompt.NO)

    def _elsewhere(self, number: int, count: int) -> int:
        """The number of another source."""
        return self.chance.choice([n for n in range(1, count + 1) if n != number])

    def _other(self, passage: Passage, ask: Ask, true: str) -> str:
        """Another figure, or what answers another question on the passage; "" if there is none."""
        figure = re.search(r"\d+", ask.answer)
        if figure and self.chance.random() < 0.7:
            changed = max(1, int(figure[0]) + self.chance.choice((-10, -2, -1, 1, 3, 10)))
            return (
                f"{ask.answer[: figure.start()]}{changed}{ask.answer[figure.end() :]}"
                if changed != int(figure[0])
                else ""
            )
        mates = [
            one.answer
            for one in passage.asks
            if 0 < len(one.answer) < SHORT and one.answer not in true and ask.answer not in one.answer
        ]
        return self.chance.choice(mates) if mates else ""

    def _joined(self, forks: Sequence[Fork]) -> list[Fork]:
        """Now and then two questions of one language as one; what is right are both answers."""
        asked = [fork for fork in forks if fork.kind in ("read", "abroad")]
        if len(asked) < 2 or self.chance.random() >= JOINED:
            return []
        first, second = self.chance.sample(asked, 2)
        languages = {language_of(first.asked.removeprefix(prompt.ask(""))) for first in (first, second)}
        (language, *others) = languages
        if others or language == "other":
            return []
        join = self.chance.choice(made(language).joins)
        both = f"{first.asked}{join}{second.asked.removeprefix(prompt.ask(''))}"
        return [Fork("two", both, f"{first.answer}\n{second.answer}")]

    def _true(self, ask: Ask) -> str:
        return self.said[ask.id].true if ask.id in self.said else ""


def _answered_beside(question: str, scene: Scene, shown: Sequence[Scene]) -> bool:
    """Whether what one scene does not answer may stand in another: it names that one, or nobody where the topic is the same."""
    others = [other for other in shown if other is not scene]
    named = any(other.name and other.name in question for other in others)
    return named or (scene.name not in question and any(other.topic == scene.topic for other in others))


def named_question(section: Section) -> str:
    """The question on a section, naming whose it is."""
    if not section.name or section.name.casefold() in section.question.casefold():
        return section.question
    return made(section.language).named[0].format(name=section.name, question=section.question)


def _none(question: str) -> Fork:
    return Fork("none", prompt.ask(question), prompt.NONE)


def _judged(sentence: str, number: int, verdict: str) -> Fork:
    return Fork(verdict, prompt.statement(sentence, number), verdict)
