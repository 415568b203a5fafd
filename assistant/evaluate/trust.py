"""How far the reader's own signs tell right answers from wrong ones, and a true statement from a false one.

`kotonoha evaluate trust --file ANSWERABLE --other UNANSWERABLE`. Every question comes with its passage and two others of
the same article, or, unanswerable, with three that do not answer it; each is asked by itself and the best answered from, as
answers are made. `--out` keeps what came of each question, for `python -m assistant.evaluate.trust FILE...`, which fits
the weights anew.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from statistics import mean

import numpy as np

from assistant.answer import cite
from assistant.answer.spoken import carried
from assistant.answer.trust import ASSURED, REFUSED, Signs, chance, features
from assistant.evaluate.reading import Question, likeliest, normal
from assistant.evaluate.table import Cell, Table
from assistant.model import prompt
from assistant.model.prompt import Text
from assistant.model.reader import Reader, Reading
from ingest.text.language import JAPANESE

LONGEST_ANSWER = 120
CLOSE = 0.7
"""Share of a long answer's words from which on it was said."""
RIDGE = 0.1
"""What holds the weights small."""
STEPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one question.

    Attributes:
        altered: how the judge found the sentence with another answer put in its place; None if it wasn't right.
    """

    question: str
    said: str
    answerable: bool
    right: bool
    signs: Signs
    altered: float | None


def trials(
    reader: Reader, asked: Sequence[Question], done: Callable[[int], object] = lambda count: None
) -> Iterator[Trial]:
    """Asks every question; those about the same passages follow one another."""
    for passages, group in groupby(asked, key=lambda question: question.passages):
        together, texts = list(group), [Text("", passage) for passage in passages]
        for one in together:
            with reader.reading([texts[likeliest(reader, texts, one.question)]]) as reading:
                yield _trial(reading, one, together)
        done(len(together))


def _trial(reading: Reading, question: Question, together: Sequence[Question]) -> Trial:
    asked = reading.ask(question.question)
    doubt = asked.chance(prompt.NONE)
    form = prompt.form(1, latin=not JAPANESE.search(question.question))
    said = "".join(asked.write(form, LONGEST_ANSWER, but=prompt.NONE))
    marked = [line for line in cite.lines(prompt.parted(said), 1) if line.marks]
    lines, weakest = carried(marked, reading.judge([(line.text, line.marks[0]) for line in marked]))
    right = question.right >= 0 and holds("\n".join(line.text for line in lines), question.answers)
    signs = Signs(doubt, weakest, asked.usage.surprise)
    altered = _altered(lines, question, together) if right else None
    against = reading.judge([altered])[0] if altered else None
    return Trial(question.question, said, question.right >= 0, right, signs, against)


def holds(said: str, answers: Sequence[str]) -> bool:
    """Whether one of the answers was said: letter for letter, or most words of a long one."""
    spoken = normal(said)
    for answer in answers:
        words = normal(answer)
        if words and "".join(words) in "".join(spoken):
            return True
        if len(words) > 3 and mean(word in spoken for word in words) >= CLOSE:
            return True
    return False


def _altered(lines: Sequence[cite.Line], question: Question, together: Sequence[Question]) -> tuple[str, int] | None:
    """The sentence that holds the answer, with the answer of another question about the same passages in its place."""
    others = [one.answers[0] for one in together if one.answers and not holds(one.answers[0], question.answers)]
    for line in lines:
        for answer in question.answers:
            if answer in line.text and line.marks and others:
                other = random.Random(question.question).choice(others)
                return line.text.replace(answer, other), line.marks[0]
    return None


def unanswered(asked: Sequence[Question]) -> list[Question]:
    """The same questions with the passages of the next ones, as far as those do not hold an answer."""
    groups = [(passages, list(group)) for passages, group in groupby(asked, key=lambda one: one.passages)]
    found = []
    for number, (_, group) in enumerate(groups):
        passages = groups[(number + 1) % len(groups)][0]
        told = "\n".join(passages)
        found += [replace(one, passages=passages, right=-1) for one in group if not holds(told, one.answers)]
    return found


def fit(found: Sequence[Trial], rounds: int = 30) -> tuple[list[float], float]:
    """Weights and bias of a logistic regression (Newton's method) on who was right; who wrote nothing tells nothing."""
    used = [one for one in found if one.signs.judged > 0]
    values = np.array([(*features(one.signs), 1.0) for one in used])
    right = np.array([one.right for one in used], float)
    weights = np.zeros(values.shape[1])
    for _ in range(rounds):
        guessed = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (guessed - right) + RIDGE * weights
        bend = (values.T * (guessed * (1 - guessed))) @ values + RIDGE * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    *learned, bias = weights.tolist()
    return learned, bias


def table(found: Sequence[Trial]) -> Table:
    """What is stated and what is refused from each probability on; how well each sign ranks is in the notes."""
    rows = tuple(_row(found, step) for step in STEPS)
    columns = ("from", "right ones stated %", "stated and wrong %", "unanswerable stated %", "unanswerable below %")
    return Table("Trust", columns, rows, (_ranked(found), _judged(found), _refused(found)))


def _row(found: Sequence[Trial], step: float) -> tuple[Cell, ...]:
    stated = [one for one in found if chance(one.signs) >= step]
    right = [one for one in found if one.right]
    empty = [one for one in found if not one.answerable]
    return (
        step,
        _share([one for one in stated if one.right], right),
        _share([one for one in stated if not one.right], stated),
        _share([one for one in stated if not one.answerable], empty),
        _share([one for one in empty if chance(one.signs) < step], empty),
    )


def _share(part: Sequence[Trial], whole: Sequence[Trial]) -> float:
    return 100 * len(part) / max(len(whole), 1)


def _ranked(found: Sequence[Trial]) -> str:
    signs: dict[str, Callable[[Signs], float]] = {
        "doubt": lambda one: -one.doubt, "judge": lambda one: one.judged, "surprise": lambda one: -one.surprise,
        "all": chance,
    }  # fmt: skip
    told = [f"{name} {area([(sign(one.signs), one.right) for one in found]):.3f}" for name, sign in signs.items()]
    right = sum(one.right for one in found)
    return (
        f"{len(found)} questions, {right} answered rightly; area under the curve, right from wrong: {', '.join(told)}"
    )


def area(scored: Sequence[tuple[float, bool]]) -> float:
    """The probability that a true one is ranked before a false one."""
    yes, no = [s for s, true in scored if true], [s for s, true in scored if not true]
    return mean([(y > n) + (y == n) / 2 for y in yes for n in no] or [0.0])


def _judged(found: Sequence[Trial]) -> str:
    """The judge alone: the sentence as it was said against the same one with another answer."""
    pairs = [(one.signs.judged, one.altered) for one in found if one.altered is not None]
    scored = [(true, True) for true, _ in pairs] + [(false, False) for _, false in pairs]
    cut = max((score for score, _ in scored), key=lambda cut: accuracy(scored, cut), default=0.5)
    return (
        f"{len(scored)} statements, half of them with another answer put in: area {area(scored):.3f}, "
        f"accuracy {accuracy(scored, 0.5):.3f} at 0.5, {accuracy(scored, cut):.3f} at {cut:.2f}"
    )


def accuracy(scored: Sequence[tuple[float, bool]], cut: float) -> float:
    return mean([(score >= cut) == true for score, true in scored] or [0.0])


def _refused(found: Sequence[Trial]) -> str:
    shares = [
        _share([one for one in some if one.signs.doubt >= REFUSED], some)
        for some in ([one for one in found if one.answerable == held] for held in (False, True))
    ]
    return (
        f"answers are stated from {ASSURED}; refused from a doubt of {REFUSED}: {shares[0]:.0f} % of the unanswerable, "
        f"{shares[1]:.0f} % of the others"
    )


def write(out: Path, trial: Trial) -> None:
    with out.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(trial), ensure_ascii=False) + "\n")


def read(out: Path) -> list[Trial]:
    """What stands in a file that `write` made."""
    rows = map(json.loads, out.read_text("utf-8").splitlines()) if out.exists() else ()
    return [Trial(**{**row, "signs": Signs(**row["signs"])}) for row in rows]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The weights of assistant.answer.trust from what came of questions.")
    parser.add_argument("trials", type=Path, nargs="+")
    gathered = [one for file in parser.parse_args().trials for one in read(file)]
    learned, bias = fit(gathered)
    print(f"{len(gathered)} trials: WEIGHTS = {tuple(round(one, 2) for one in learned)}, BIAS = {bias:.2f}")
