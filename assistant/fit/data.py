"""What the bridge is trained on: passages with questions, packed so that many questions share one reading.

One packed sequence is the opening, a few numbered sources, and then *branches*: questions with their answers that all
see the sources but not each other. Reading the sources is most of the cost, so fifteen questions cost hardly more than
two.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

from assistant.fit.altered import altered
from assistant.fit.config import FitConfig
from assistant.fit.passage import Ask, Passage
from assistant.fit.synthetic import invent
from assistant.fit.traps import trap
from assistant.model.prompt import REFUSAL, sources
from assistant.model.tokens import Ids, Tokens
from ingest.base.errors import BadInput

LONGEST_SOURCE, LONGEST_QUESTION, LONGEST_ANSWER = 320, 40, 40
"""In tokens; what is longer is left out."""

MOST_PASSAGES = 4000
"""Passages of one set that are used, from the beginning of its file."""

INVENTED = "firm"
"""The set that is made up."""

HELD_OUT = 0.1
"""Share of the passages of every set that only the validation sees."""

TRAP_DISTANCE = 10
"""Passages back from which a trap takes names and numbers: more than are ever read together."""

TEXT = 1
"""The ratio of a source that is given as text."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as it is given: `ratio` tokens per soft token, 1 for text."""

    ids: Ids
    ratio: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A continuation of the sources: `prompt` is read, which holds the `question`, and `target` is learned."""

    prompt: Ids
    target: Ids
    question: Ids


@dataclass(frozen=True, slots=True)
class Pack:
    """One sequence: `context` interleaves token ids with sources, then come the branches."""

    context: tuple[int | Source, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class SetSpec:
    """How one set of passages is packed: how often, how many sources together, how many questions at most."""

    weight: float
    sources: tuple[int, int]
    asks: int


SETS = {
    INVENTED: SetSpec(0.12, (2, 5), 12),
    "squad_train_part": SetSpec(0.5, (2, 5), 16),
    "qamr": SetSpec(0.2, (4, 8), 20),
    "fairytaleqa": SetSpec(0.10, (2, 3), 10),
    "policyqa": SetSpec(0.05, (2, 5), 10),
    "wikitables": SetSpec(0.10, (4, 8), 12),
    "subjqa": SetSpec(0.08, (2, 3), 8),
}


class Corpus:
    """Tokenised passages per set, in file order: neighbours come from the same document and make hard distractors."""

    def __init__(self, passages: dict[str, list[Passage]], tokens: Tokens) -> None:
        self.tokens = tokens
        self.training = {name: rows[: _border(rows)] for name, rows in passages.items()}
        self.validation = {name: rows[_border(rows) :] for name, rows in passages.items()}


def _border(rows: list[Passage]) -> int:
    return len(rows) - max(1, round(len(rows) * HELD_OUT))


def prepare(config: FitConfig, tokens: Tokens) -> Corpus:
    """Read and tokenise the data folder once; the tokens are kept in the run's folder, one file per set.

    Raises:
        BadInput: the folder holds none of the sets that are trained on.
    """
    found = {name: config.data / f"{name}.jsonl.gz" for name in SETS}
    found = {name: path for name, path in found.items() if path.is_file()}
    if not found:
        raise BadInput(f"{config.data} holds none of {', '.join(SETS)} (.jsonl.gz)", "give a folder with --data")
    config.run.mkdir(parents=True, exist_ok=True)
    made = {name: _passages(name, path, tokens) for name, path in found.items()}
    made[INVENTED] = (_asked_about(text, asks, tokens) for text, asks in invent(config.invented, config.seed))
    return Corpus({name: _kept(config.run / f"tokens-{name}.json.gz", rows) for name, rows in made.items()}, tokens)


def _kept(cache: Path, made: Iterator[Passage]) -> list[Passage]:
    """The passages in the cache; made and written there first if it does not exist."""
    if not cache.exists():
        rows = [[p.ids, [[a.question, a.answer] for a in p.asks]] for p in islice(made, MOST_PASSAGES)]
        partial = cache.with_suffix(".part")
        with gzip.open(partial, "wt", compresslevel=3) as file:
            json.dump(rows, file)
        partial.rename(cache)
    with gzip.open(cache, "rt") as file:
        return [_passage(*row) for row in json.load(file)]


def _passage(ids: list[int], asks: list[tuple[list[int], list[int]]]) -> Passage:
    return Passage(tuple(ids), tuple(Ask(tuple(question), tuple(answer)) for question, answer in asks))


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _passages(name: str, path: Path, tokens: Tokens) -> Iterator[Passage]:
    if name == "wikitables":
        yield from _table_rows(path, tokens)
        return
    earlier = deque([""], maxlen=TRAP_DISTANCE)
    for context, rows in groupby(_rows(path), key=lambda row: str(row["context"])):
        pairs = [(str(row["question"]), str(row["answer"])) for row in rows]
        chance = random.Random(context)  # noqa: S311
        traps = [trap(question, context, earlier[0], chance) for question, answer in pairs if answer]
        passage = _asked_about(context, [*pairs, *((question, "") for question in traps if question)], tokens)
        earlier.append(context)
        if passage.answered and len(passage.ids) <= LONGEST_SOURCE:
            yield passage


def _asked_about(text: str, pairs: Iterable[tuple[str, str]], tokens: Tokens) -> Passage:
    """A passage with its (question, answer) pairs, no answer being "".

    Left out are over-long ones, and answers that the passage does not say in these words. An answer begins with a space:
    inside a sentence its words are then the same tokens, and quoting is copying.
    """
    quoted = [(q, _as_said(a.strip(), text)) for q, a in pairs]
    asks = [Ask(tuple(tokens.ids(f" {q.strip()}")), tuple(tokens.ids(a))) for q, a in quoted if a is not None]
    short = [ask for ask in asks if len(ask.answer) <= LONGEST_ANSWER and len(ask.question) <= LONGEST_QUESTION]
    return Passage(tuple(tokens.ids(f" {text.strip()}")), tuple(short))


def _as_said(answer: str, text: str) -> str | None:
    """The answer as the text writes it, after a space; "" for none, None where the text does not say it."""
    at = text.find(answer) if answer in text else text.lower().find(answer.lower())
    if not answer or at < 0:
        return None if answer else ""
    return f" {text[at : at + len(answer)]}"


def verbalise(header: Iterable[str], cells: Iterable[str]) -> str:
    """A table row in words: each cell with its header, as the memory keeps it."""
    return "; ".join(f"{name}: {cell}" for name, cell in zip(header, cells, strict=False) if cell)


def _table_rows(path: Path, tokens: Tokens) -> Iterator[Passage]:
    """Rows of tables, with look-ups made from their cells beside the questions people asked."""
    for row in _rows(path):
        header, rows = list(map(str, row["header"])), list(row["rows"])  # type: ignore[call-overload]
        asked = int(row["row"])  # type: ignore[call-overload]
        chance = random.Random(str(row["question"]))  # noqa: S311
        others = [i for i in range(len(rows)) if i != asked]
        for index in sorted([asked, *chance.sample(others, min(3, len(others)))]):
            cells = list(map(str, rows[index]))
            pairs = [(f"What is the {header[i]} of {cells[0]}?", cells[i]) for i in range(1, len(header)) if cells[i]]
            pairs = chance.sample(pairs, min(2, len(pairs)))
            if index == asked and str(row["answer"]) in cells:
                pairs.append((str(row["question"]), str(row["answer"])))
            passage = _asked_about(verbalise(header, cells), pairs, tokens)
            if passage.asks and len(passage.ids) <= LONGEST_SOURCE:
                yield passage


@dataclass(slots=True)
class Packer:
    """Draws packed sequences; the same seed and number give the same sequence."""

    corpus: Corpus
    config: FitConfig
    held_out: bool = False
    specs: dict[str, SetSpec] = field(default_factory=lambda: dict(SETS))

    def draw(self, number: int, mode: str = "") -> Pack:
        """The packed sequence of that number; `mode` text, hybrid or a ratio forces how sources are given."""
        chance = random.Random(f"{self.config.seed}-{self.held_out}-{number}")  # noqa: S311
        passages = self.corpus.validation if self.held_out else self.corpus.training
        names = [name for name in self.specs if name in passages]
        name = chance.choices(names, [self.specs[name].weight for name in names])[0]
        return self.pack(passages[name], self.specs[name], chance, mode or self._mode(number, chance))

    def _mode(self, number: int, chance: random.Random) -> str:
        config = self.config
        if number < config.text_steps * config.packs:
            return "text"
        point = chance.random()
        if point < config.text_share:
            return "text"
        if point < config.text_share + config.hybrid_share:
            return "hybrid"
        return str(chance.choices((2, 4, 8, 16), config.ratio_odds)[0])

    def _context(self, given: list[Source]) -> tuple[int | Source, ...]:
        """The opening and the numbered sources."""
        context: list[int | Source] = list(self.corpus.tokens.opening)
        for piece in sources(given):
            context += self.corpus.tokens.fixed(piece) if isinstance(piece, str) else [piece]
        return tuple(context)

    def pack(self, rows: list[Passage], spec: SetSpec, chance: random.Random, mode: str) -> Pack:
        """A run of neighbouring passages, one of them asked about but left out, in random order."""
        count = min(chance.randint(*spec.sources), len(rows) - 1)
        start = chance.randrange(len(rows) - count)
        run = rows[start : start + count + 1]
        absent = run.pop(chance.randrange(len(run)))
        chance.shuffle(run)
        run = [self._altered(passage, rows, chance) for passage in run]
        run = list(self._fitting(run))
        ratios = [self._ratio(mode, chance) for _ in run]
        context = self._context([Source(passage.ids, ratio) for passage, ratio in zip(run, ratios, strict=True)])
        return Pack(context, tuple(self._asked(run, absent, spec.asks, chance)))

    def _altered(self, passage: Passage, rows: list[Passage], chance: random.Random) -> Passage:
        if self.held_out or chance.random() >= self.config.altered_share:
            return passage
        return altered(passage, rows, self.corpus.tokens, chance)

    def _fitting(self, run: list[Passage]) -> Iterator[Passage]:
        room = self.config.tokens * 0.6
        for index, passage in enumerate(run):
            room -= len(passage.ids)
            if index and room < 0:
                return
            yield passage

    def _ratio(self, mode: str, chance: random.Random) -> int:
        if mode == "text":
            return TEXT
        if mode == "hybrid":
            return chance.choice((TEXT, 8, 8, 4))
        return int(mode)

    def _branch(self, question: Ids, target: Ids) -> Branch:
        tokens = self.corpus.tokens
        return Branch((*tokens.asking, *question, *tokens.closing), (*target, tokens.end), question)

    def _asked(self, run: list[Passage], absent: Passage, most: int, chance: random.Random) -> list[Branch]:
        asked = [(number, ask) for number, passage in enumerate(run, 1) for ask in passage.answered]
        asked = chance.sample(asked, min(len(asked), most))
        trapped = [ask for passage in run for ask in passage.unanswered]
        refused = _some(absent.answered, len(asked) * self.config.refuse_share, chance)
        refused += _some(trapped, len(asked) * self.config.trap_share, chance)
        cite = [self.corpus.tokens.fixed(f" [{number}]") for number in range(len(run) + 1)]
        branches = [self._branch(ask.question, (*ask.answer, *cite[number])) for number, ask in asked]
        refusal = self.corpus.tokens.fixed(REFUSAL)
        return branches + [self._branch(ask.question, refusal) for ask in refused]


def _some(asks: list[Ask], count: float, chance: random.Random) -> list[Ask]:
    return chance.sample(asks, min(len(asks), round(count)))
