"""How well the model reads: answers from text and from soft tokens, on any file of questions, with controls.

`kotonoha evaluate reading`. One question comes with its passage and two others of the same article, in random order;
every mode sees the same ones.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import mean, median
from typing import Any

from assistant.answer.verify import MARK
from assistant.evaluate.table import Cell, Table
from assistant.model import prompt
from assistant.model.prompt import Text
from assistant.model.reader import DOUBTFUL, Reader, Reading
from ingest.base.errors import BadInput

SOURCES = 3
PER_GROUP = 6
"""Questions about the same three passages."""

LONGEST_ANSWER = 60

MODES = ("none", "text", "kept", "soft 2", "soft 4", "soft 8", "soft 16", "unasked 4", "hybrid", "shuffled")
"""`none`: no sources. `text`: all words in one prompt, each source seeing those before it. `kept`: each source read by
itself, given whole. `soft`: one token in so many of what was kept, chosen by the question; `unasked`: chosen without it.
`hybrid`: each source asked by itself, the one that most probably answers given whole, as answers are made. `shuffled`:
whole passages of another question."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the passages it comes with; `right` is the index of the one that answers it, -1 if none does."""

    question: str
    answers: tuple[str, ...]
    passages: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said and cited, from how many prompt tokens, after how long; `anew` if it placed the sources for it."""

    text: str
    marks: tuple[int, ...]
    tokens: int
    first_token: float
    refused: bool
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


def normal(text: str) -> list[str]:
    """The words of SQuAD's normal form (Rajpurkar et al. 2016): lower case, no punctuation, no articles. Where words are
    written without spaces each letter is one, as JGLUE counts them (Kurihara et al. 2022).
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    bare = "".join(letter for letter in plain if unicodedata.category(letter)[0] not in "PS")
    words = re.findall(r"[\u2e80-\u9fff]|[^\s\u2e80-\u9fff]+", bare)
    return [word for word in words if word not in ("a", "an", "the")]


def exact(answer: str, gold: Iterable[str]) -> float:
    return float(any(normal(answer) == normal(one) for one in gold))


def f1(answer: str, gold: Iterable[str]) -> float:
    """The best token F1 against any of the right answers."""
    return max((_f1(normal(answer), normal(one)) for one in gold), default=0.0)


def _f1(left: list[str], right: list[str]) -> float:
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


# -- one question in one mode ------------------------------------------------------------------------


class Examiner:
    """Asks one reader in any mode."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def texts(self, question: Question, mode: str, other: Question) -> list[Text]:
        """The sources as this mode gives them; `other` is another question, for the control."""
        passages = other.passages if mode == "shuffled" else () if mode == "none" else question.passages
        ratio = int(mode.split()[1]) if mode[-1].isdigit() else 1
        return [Text("", passage, ratio) for passage in passages]

    def numbers(self, question: Question, mode: str) -> Sequence[int]:
        """Of the sources that are read together."""
        if mode != "hybrid":
            return range(1, len(question.passages) + 1)
        return (likeliest(self.reader, self.texts(question, mode, question), question.question) + 1,)

    @contextmanager
    def reading(self, question: Question, mode: str, other: Question, numbers: Sequence[int] = ()) -> Iterator[Reading]:
        """The sources in place, or those of these numbers."""
        texts, llm = self.texts(question, mode, other), self.reader.llm
        texts = [texts[number - 1] for number in numbers] or texts
        if mode != "text":
            with self.reader.reading(texts, "" if mode.startswith("unasked") else question.question) as reading:
                yield reading
            return
        pieces = [piece for n, text in enumerate(texts, 1) for piece in (prompt.tag(n), text.block)]
        with llm.given(prompt.READ, [llm.tokenize(piece) for piece in pieces]) as given:
            yield Reading(llm, given)

    def answer(self, question: Question, mode: str, other: Question) -> Reply:
        """The answer in a mode: in the form of an answer, with the right to refuse."""
        if mode == "none":
            stream = self.reader.answer(prompt.brief(question.question), (), LONGEST_ANSWER)
            return Reply("".join(stream).strip(), (), stream.usage.text, stream.usage.first_token, False, True)
        start = time.perf_counter()
        numbers = self.numbers(question, mode)
        weighed = time.perf_counter() - start
        with self.reading(question, mode, other, numbers) as reading:
            asked = reading.ask(question.question, "brief")
            usage, refused = asked.usage, asked.chance(prompt.NONE) >= DOUBTFUL
            said = "" if refused else "".join(asked.write(prompt.form(len(numbers)), LONGEST_ANSWER))
        text = prompt.parted(said)
        marks = tuple(numbers[int(mark) - 1] for mark in MARK.findall(text) if 1 <= int(mark) <= len(numbers))
        text = MARK.sub("", text).strip()
        tokens = usage.text + usage.soft
        return Reply(text, marks, tokens, weighed + usage.first_token, refused, usage.reused < tokens / 2)

    def doubt(self, question: Question, mode: str) -> float:
        """The probability that the sources do not answer."""
        with self.reading(question, mode, question, self.numbers(question, mode)) as reading:
            return reading.ask(question.question, "brief").chance(prompt.NONE)


def likeliest(reader: Reader, texts: Sequence[Text], question: str) -> int:
    """The index of the source that most probably holds the answer, each asked by itself."""
    doubts = list(reader.weigh(texts, question))
    return doubts.index(min(doubts))


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
    note = f"{len(asked)} questions, {SOURCES} passages each; first token: where sources were put in place; {named(examiner)}"
    columns = ("mode", "EM", "F1", "citation", "refused", "prompt tokens", "first token s")
    return Table("Reading", columns, tuple(rows), (note,))


def _mode_row(mode: str, asked: Sequence[Question], replies: Sequence[Reply]) -> tuple[Cell, ...]:
    ems, scores, cited, refused, tokens, times = [], [], [], [], [], []
    for question, reply in zip(asked, replies, strict=True):
        ems.append(exact(reply.text, question.answers))
        scores.append(f1(reply.text, question.answers))
        cited.append(reply.marks == (question.right + 1,))
        refused.append(reply.refused)
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


def first_token(
    examiner: Examiner, passages: Sequence[str], counts: Sequence[int], ratios: Sequence[int] = (1, 4, 8)
) -> Table:
    """Seconds to the first token for more and more passages: as text, and kept from before but never asked about."""
    rows: list[tuple[Cell, ...]] = []
    examiner.answer(Question("Warm up?", (), tuple(passages[-1:]), 0), "text", Question("", (), (), 0))
    for count in counts:
        asked = Question(f"What do these {count} sources say?", (), tuple(passages[:count]), 0)
        text = _first(examiner, asked, "text")
        examiner.reader.parts(examiner.texts(asked, "kept", asked), "")
        row: list[Cell] = [count, text.tokens, text.first_token]
        for ratio in ratios:
            kept = _first(examiner, asked, "kept" if ratio == 1 else f"soft {ratio}")
            row += [kept.tokens, kept.first_token, text.first_token / kept.first_token]
        rows.append(tuple(row))
    columns = ["passages", "text tokens", "text s"]
    for ratio in ratios:
        name = "kept" if ratio == 1 else f"soft {ratio}"
        columns += [f"{name} tokens", f"{name} s", f"{name} times faster"]
    return Table("Time to first token", tuple(columns), tuple(rows), (named(examiner),))


def _first(examiner: Examiner, asked: Question, mode: str) -> Reply:
    """One try; whatever stood before the model is pushed out first."""
    with examiner.reader.reading([Text("", "Nothing of that.")]):
        pass
    start = time.perf_counter()
    with examiner.reading(asked, mode, asked) as reading:
        usage = reading.ask(asked.question, "brief").usage
    return Reply("", (), usage.text + usage.soft, time.perf_counter() - start, False, True)


def named(examiner: Examiner) -> str:
    """The model and its adapter, for people."""
    adapter = examiner.reader.llm.adapter
    return f"model {examiner.reader.name}, {'adapter ' + adapter.name if adapter else 'no adapter'}"
