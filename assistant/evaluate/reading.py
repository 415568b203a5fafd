"""How well the model reads: answers from text and from soft tokens, on any file of questions, with controls.

`kotonoha evaluate reading`. One question comes with its passage and two others of the same article, in random order;
every mode sees the same ones.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import string
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from assistant.evaluate.table import Cell, Table
from assistant.model import prompt
from assistant.model.bridge import Bridge
from assistant.model.llm import Llm
from assistant.model.loading import DOUBTFUL, allowed, doubt
from assistant.model.parts import Kept, Part, Turn
from ingest.base.errors import BadInput
from ingest.space.space import Space, Vectors

SOURCES = 3
PER_GROUP = 6
"""Questions about the same three passages."""

LONGEST_ANSWER = 40
HYBRID_RATIO, CONTROL_RATIO = 8, 4
FREE = " free"

MODES = (
    "none", "text", "text free", "soft 2", "soft 4", "soft 4 free", "soft 8", "soft 16", "unasked 4", "one vector", "hybrid",
    "shuffled", "zero", "zero free",
)  # fmt: skip
"""`unasked`: soft tokens chosen without knowing the question. `hybrid`: the right passage as text, the others soft at 8.
`shuffled`: soft tokens at 4 of another question's passages. `zero`: soft tokens at 4 that are all zero. An answer is held
to the words of the sources; after any mode `free` lets it have any words, so that nothing of a passage reaches it but what
the model reads."""

Body = str | Vectors | Kept


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the passages it comes with; `right` is the index of the one that answers it, -1 if none does."""

    question: str
    answers: tuple[str, ...]
    passages: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said, from how many prompt tokens, after how long; `anew` if it read the sources for it."""

    text: str
    tokens: int
    first_token: float
    anew: bool


# -- questions ---------------------------------------------------------------------------------------


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a `.jsonl` or `.jsonl.gz` file with `context`, `question` and `answers` (or `answer`).

    Raises:
        BadInput: the file is not there or a row is not of that form.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = [json.loads(line) for line in data.decode("utf-8").splitlines() if line.strip()]
        return [{**row, "context": str(row["context"]), "answers": _answers(row)} for row in rows]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadInput(f"{path.name} is not a file of questions: {error}") from error


def _answers(row: dict[str, Any]) -> list[str]:
    answers = row.get("answers")
    return list(map(str, answers)) if answers is not None else [str(row["answer"])]


def questions(rows: Sequence[dict[str, Any]], count: int, seed: int = 0, answerable: bool = True) -> list[Question]:
    """At most `count` questions drawn by the seed, each with its passage and two others of its article (or title).

    The passages of an article are drawn in threes, in random order, and up to `PER_GROUP` questions about each three
    follow one another: the model then reads the passages once.
    """
    chance = random.Random(seed)
    asked: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        passages = asked.setdefault(str(row.get("article") or row.get("title") or ""), {})
        passages.setdefault(row["context"], []).append(row)
    groups = []
    for passages in asked.values():
        order = chance.sample(list(passages), len(passages))
        groups += [(order[i : i + SOURCES], passages) for i in range(0, len(order) - SOURCES + 1, SOURCES)]
    chance.shuffle(groups)
    drawn: list[Question] = []
    for order, passages in groups[: -(-count // PER_GROUP) * 2]:
        about = [row for passage in order for row in passages[passage]]
        drawn += [_question(row, order, answerable) for row in chance.sample(about, min(PER_GROUP, len(about)))]
    return drawn[:count]


def _question(row: dict[str, Any], order: Sequence[str], answerable: bool) -> Question:
    right = order.index(row["context"]) if answerable else -1
    return Question(str(row["question"]), tuple(row["answers"]), tuple(order), right)


# -- scores ------------------------------------------------------------------------------------------


def normal(text: str) -> str:
    """SQuAD's normal form: lower case, no punctuation, no articles, single spaces (Rajpurkar et al. 2016)."""
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def exact(answer: str, gold: Iterable[str]) -> float:
    return float(any(normal(answer) == normal(one) for one in gold))


def f1(answer: str, gold: Iterable[str]) -> float:
    """The best token F1 against any of the right answers."""
    return max((_f1(normal(answer).split(), normal(one).split()) for one in gold), default=0.0)


def _f1(left: list[str], right: list[str]) -> float:
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


_MARK = re.compile(r"\s*\[(\d+)\]")


def split_answer(text: str) -> tuple[str, list[int]]:
    """The words of an answer, and the sources it cites."""
    return _MARK.sub("", text).strip(), [int(number) for number in _MARK.findall(text)]


# -- one question in one mode ------------------------------------------------------------------------


class Examiner:
    """Asks one model, through one bridge, in any mode. `space` is needed for one vector per passage only."""

    def __init__(self, llm: Llm, bridge: Bridge, space: Space | None = None) -> None:
        self.llm, self.bridge, self.space = llm, bridge, space

    def kept(self, passages: Sequence[str], ratio: int, question: str) -> list[Kept]:
        """What the question is given of passages."""
        tokens = self.llm.tokenize
        return self.bridge.kept([tokens(f" {one.strip()}") for one in passages], ratio, tokens(f" {question.strip()}"))

    def _nothing(self, kept: Kept) -> Kept:
        """As many soft tokens at the same places, of a passage that is all zero vectors."""
        return self.llm.remember(np.zeros((kept.length, self.llm.n_embd), np.float32)).only(kept.places)

    def _address(self, passage: str) -> Vectors:
        assert self.space is not None
        return self.bridge.meant(self.space.place([passage])[0].address)

    def bodies(self, question: Question, mode: str, other: Question) -> list[Body]:
        """The sources as this mode gives them; `other` is another question, for the control."""
        asked = question.question
        match mode.removesuffix(FREE).split():
            case ["none"]:
                return []
            case ["text"]:
                return list(question.passages)
            case ["soft", ratio]:
                return [*self.kept(question.passages, int(ratio), asked)]
            case ["unasked", ratio]:
                return [*self.kept(question.passages, int(ratio), "")]
            case ["one", "vector"]:
                return [self._address(passage) for passage in question.passages]
            case ["hybrid"]:
                right = question.passages[question.right]
                bodies: list[Body] = [
                    *self.kept([one for one in question.passages if one != right], HYBRID_RATIO, asked)
                ]
                return [*bodies[: question.right], right, *bodies[question.right :]]
            case ["shuffled"]:
                return [*self.kept(other.passages, CONTROL_RATIO, asked)]
            case ["zero"]:
                return [self._nothing(one) for one in self.kept(question.passages, CONTROL_RATIO, asked)]
        raise ValueError(f"no such mode: {mode}")

    def parts(self, bodies: Sequence[Body], question: str) -> list[Part]:
        """The whole prompt, as training built it."""
        user: list[Part] = list(prompt.user(list(bodies), question))
        return self.llm.chat([Turn("system", (prompt.system(),)), Turn("user", tuple(user))])

    def ask(
        self, bodies: Sequence[Body], question: str, longest: int = LONGEST_ANSWER, sources: Sequence[str] = ()
    ) -> Reply:
        """The answer in the words of `sources`, if there are any; else in any words."""
        parts = self.parts(bodies, question)
        rule = allowed(self.llm, self.bridge, sources) if sources else None
        stream = self.llm.stream(parts, longest, ("\n",), rule)
        text = "".join(stream).strip()
        usage = stream.usage
        tokens = usage.text + usage.soft
        return Reply(text, tokens, usage.first_token, usage.reused < tokens / 2)

    def answer(self, question: Question, mode: str, other: Question) -> Reply:
        """The answer in a mode, in the words of the sources unless it is free."""
        sources = {"none": (), "shuffled": other.passages}.get(mode, question.passages)
        sources = () if mode.endswith(FREE) else sources
        return self.ask(self.bodies(question, mode, other), question.question, sources=sources)

    def doubt(self, question: Question, mode: str) -> float:
        """The probability that the sources do not answer."""
        parts = self.parts(self.bodies(question, mode, question), question.question)
        return doubt(self.llm, self.bridge, self.llm.logits(parts))


# -- tables ------------------------------------------------------------------------------------------


def reading(
    examiner: Examiner,
    asked: Sequence[Question],
    modes: Sequence[str] = MODES,
    done: Callable[[int], object] = lambda count: None,
) -> Table:
    """EM, F1, citations, prompt tokens and time to first token of every mode over the same questions.

    A citation is right when the right passage and no other is cited; it is counted over the answers not refused. `done` is
    told how many more questions have been asked in every mode.
    """
    asked = list(asked)
    replies: dict[str, list[Reply]] = {mode: [] for mode in modes}
    for passages, group in groupby(asked, key=lambda question: question.passages):
        together = list(group)
        other = next((one for one in asked if one.passages != passages), together[0])
        for mode in modes:
            replies[mode] += [examiner.answer(one, mode, other) for one in together]
        done(len(together))
    rows = [_mode_row(mode, asked, replies[mode]) for mode in modes]
    made = f"model {examiner.llm.name}, bridge trained: {examiner.bridge.about.trained}"
    note = f"{len(asked)} questions, {SOURCES} passages each; first token: where the sources were read anew; {made}"
    columns = ("mode", "EM", "F1", "citation", "refused", "prompt tokens", "first token s")
    return Table("Reading", columns, tuple(rows), (note,))


def _mode_row(mode: str, asked: Sequence[Question], replies: Sequence[Reply]) -> tuple[Cell, ...]:
    ems, scores, cited, refused, tokens, times = [], [], [], [], [], []
    for question, reply in zip(asked, replies, strict=True):
        answer, marks = split_answer(reply.text)
        ems.append(exact(answer, question.answers))
        scores.append(f1(answer, question.answers))
        cited.append(marks == [question.right + 1])
        refused.append(reply.text.startswith(prompt.REFUSAL[:-1]))
        tokens.append(reply.tokens)
        times += [reply.first_token] if reply.anew else []
    said = [hit for hit, no in zip(cited, refused, strict=True) if not no]
    return (
        mode,
        100 * mean(ems),
        100 * mean(scores),
        100 * mean(said) if said and mode != "none" else None,
        100 * mean(refused),
        mean(tokens),
        median(times) if times else None,
    )


def refusal(
    examiner: Examiner, answerable: Sequence[Question], unanswerable: Sequence[Question], modes: Sequence[str]
) -> Table:
    """How well answerable and unanswerable questions are told apart: refused at a doubt (fitted on held-out training passages)
    of at least 1/2, the right threshold where both are equally frequent, and at the threshold of answers; and, to see what any
    threshold could do, at the one that turns out best for these very questions. The area under the curve needs none.
    """
    rows: list[tuple[Cell, ...]] = []
    for mode in modes:
        yes = [examiner.doubt(question, mode) for question in answerable]
        no = [examiner.doubt(question, mode) for question in unanswerable]
        area = mean((n > y) + (n == y) / 2 for n in no for y in yes)
        best = max(sorted({*yes, *no}), key=lambda threshold: _told_apart(yes, no, threshold)[2])
        for name, threshold in (("even odds", 0.5), ("as answers are given", DOUBTFUL), ("best in hindsight", best)):
            rows.append((mode, name, threshold, *_told_apart(yes, no, threshold), area))
    note = f"{len(answerable)} answerable, {len(unanswerable)} not"
    columns = ("mode", "rule", "refused from", "answered %", "refused %", "balanced accuracy", "AUC")
    return Table("Refusal", columns, tuple(rows), (note,))


def _told_apart(yes: Sequence[float], no: Sequence[float], threshold: float) -> tuple[float, float, float]:
    """Shares in percent that are answered and refused rightly, and their mean (balanced accuracy, 0 to 1)."""
    kept, refused = mean(d < threshold for d in yes), mean(d >= threshold for d in no)
    return 100 * kept, 100 * refused, (kept + refused) / 2


LEADS = ("", "Briefly:", "In a word:", "Exactly:", "Once more:")
"""What makes several questions of one: soft tokens wait so little that one try says nothing; their median is told."""


def _first_soft(examiner: Examiner, passages: Sequence[str], ratio: int, question: str) -> tuple[int, float]:
    """Tokens of a soft prompt, and seconds to choose its soft tokens and read it."""
    begin = time.perf_counter()
    bodies = examiner.kept(passages, ratio, question)
    made = time.perf_counter() - begin
    reply = examiner.ask(bodies, question, 1, passages)
    return reply.tokens, made + reply.first_token


def first_token(
    examiner: Examiner, passages: Sequence[str], counts: Sequence[int], ratios: Sequence[int] = (8, 16)
) -> Table:
    """Seconds to the first token for more and more passages, as text and soft; the static opening stays decoded.

    The passages were read before, for another question; choosing their soft tokens for this one counts.
    """
    examiner.ask([], "Warm up?", 1)
    rows: list[tuple[Cell, ...]] = []
    for count in counts:
        chosen = list(passages[:count])
        question = f"What do these {count} sources say?"
        text = examiner.ask(chosen, question, 1, chosen)
        row: list[Cell] = [count, text.tokens, text.first_token]
        for ratio in ratios:
            examiner.kept(chosen, ratio, "Which others?")
            tries = [_first_soft(examiner, chosen, ratio, f"{asked} {question}") for asked in LEADS]
            seconds = median(seconds for _, seconds in tries)
            row += [tries[0][0], seconds, text.first_token / seconds]
        rows.append(tuple(row))
    columns = ["passages", "text tokens", "text s"]
    for ratio in ratios:
        columns += [f"soft {ratio} tokens", f"soft {ratio} s", f"soft {ratio} times faster"]
    return Table("Time to first token", tuple(columns), tuple(rows), (f"model {examiner.llm.name}",))
