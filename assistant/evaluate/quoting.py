"""Measures quotation and refusal without a language model, and fits the weights of both.

    kotonoha evaluate quoting --file FILE                                    measures
    python -m assistant.evaluate.quoting FILE [--questions 3000]             fits

A file is gzipped JSON lines with `context`, `question` and `answer`. All its passages become one memory. Each question
is asked three times: as it is; with the right passage taken out of what was found ("wrong passage"); and with the
sentence that answers cut out of it ("sentence cut"). The last two must be refused. Never fit on evaluation data.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.answer import quote
from assistant.answer.answer import CONFIDENT, HITS
from assistant.answer.quote import FEATURES, Candidate
from assistant.evaluate.search import VIEWER, memory_of
from assistant.evaluate.table import Cell, Table
from assistant.search.retrieve import Asked, Hit, Retriever
from ingest.space.space import Space

FAULTS = ("wrong passage", "sentence cut")


@dataclass(frozen=True, slots=True)
class Row:
    """One question of the file and the passage it was written for."""

    question: str
    passage: str
    answer: str


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what was found for it.

    Attributes:
        right: which candidates hold the answer; none of them where `fault` says why.
        fault: "" or one of `FAULTS`.
    """

    question: str
    asked: Asked
    candidates: tuple[Candidate, ...]
    right: NDArray[np.bool_]
    fault: str = ""


def read(file: Path) -> list[Row]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Row(r["question"], r["context"], r.get("answer") or r["answers"][0]) for r in rows]


def cases(file: Path, questions: int, seed: int, space: Space | None = None) -> list[Case]:
    """Three cases for every question: answerable, without its passage, without its sentence."""
    rows = read(file)
    found: list[Case] = []
    with memory_of(dict.fromkeys(row.passage for row in rows), space) as (memory, ids):
        retriever = Retriever(memory, memory.catalog, memory.space)
        for row in random.Random(seed).sample(rows, min(questions, len(rows))):
            asked = retriever.ask(row.question, VIEWER)
            hits = retriever.search(row.question, VIEWER, k=HITS + 1)
            others = [hit for hit in hits if hit.entity.id != ids[row.passage]]
            found.append(_case(row, asked, hits[:HITS]))
            found.append(replace(_case(row, asked, others[:HITS]), fault=FAULTS[0]))
            cut = [_without(hit, row.answer) if hit.entity.id == ids[row.passage] else hit for hit in hits[:HITS]]
            found.append(replace(_case(row, asked, [hit for hit in cut if hit.entity.text]), fault=FAULTS[1]))
    return found


def _case(row: Row, asked: Asked, hits: Sequence[Hit]) -> Case:
    listed = tuple(quote.candidates(row.question, asked, hits))
    right = [one.entity.text == row.passage and plain(row.answer) in plain(one.text) for one in listed]
    return Case(row.question, asked, listed, np.array(right, bool))


def _without(hit: Hit, answer: str) -> Hit:
    """The hit without the sentences that hold the answer, their slots included."""
    kept, slots = [], []
    spans = quote.spans(hit.entity)
    for (start, end), part in zip(spans, quote.parts(hit.entity, spans, hit.slots), strict=True):
        if plain(answer) not in plain(hit.entity.text[start:end]):
            kept.append(hit.entity.text[start:end])
            slots.append(part)
    entity = replace(hit.entity, text=" ".join(kept))
    return replace(hit, entity=entity, slots=np.concatenate(slots) if slots else hit.slots[:0])


def plain(text: str) -> str:
    """Words and figures only, lower-case."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


# -- measuring --------------------------------------------------------------------------------------------


def evaluate(file: Path, questions: int = 1000, seed: int = 0, space: Space | None = None) -> Table:
    """How often the quotation holds the answer, and how often a question that cannot be answered is refused."""
    return measured(cases(file, questions, seed, space), file.name.split(".")[0])


def measured(found: Sequence[Case], name: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    answerable = [case for case in found if not case.fault]
    for title, words_only in (("shipped", False), ("words only", True)):
        ranked = [_ranked(case, words_only) for case in answerable]
        pairs = list(zip(answerable, ranked, strict=True))
        given = np.mean([_holds(case, _of_passage(case, order)[:1]) for case, order in pairs if case.right.any()])
        first = np.mean([_holds(case, order[:1]) for case, order in pairs])
        shown = np.mean([_holds(case, quote.choose(order)) for case, order in pairs])
        length = np.mean([len(quote.choose(order)) for order in ranked])
        answered = np.mean([_sure(case, words_only) for case in answerable])
        refused = [np.mean([not _sure(case, words_only) for case in found if case.fault == fault]) for fault in FAULTS]
        rows.append((title, *map(float, (given, first, shown, length, answered, *refused))))
    columns = (
        "reader",
        "sentence in passage",
        "sentence",
        "quotation",
        "sentences",
        "answered",
        *(f"refused: {f}" for f in FAULTS),
    )
    return Table(f"Quotation and refusal: {name}, {len(answerable)} questions, {HITS} hits each", columns, tuple(rows))


def _ranked(case: Case, words_only: bool) -> list[Candidate]:
    return quote.ordered(case.candidates, case.asked.fluent and not words_only)


def _of_passage(case: Case, ranked: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of the right passage only, as if nothing else had been found."""
    (right, *_) = (one.entity.id for one, holds in zip(case.candidates, case.right, strict=True) if holds)
    return [one for one in ranked if one.entity.id == right]


def _sure(case: Case, words_only: bool) -> bool:
    ranked = _ranked(case, words_only)
    return bool(ranked) and quote.confidence(ranked[0], case.asked.fluent and not words_only) >= CONFIDENT


def _holds(case: Case, shown: Sequence[Candidate]) -> bool:
    right = [one for one, holds in zip(case.candidates, case.right, strict=True) if holds]
    return any(
        one.entity.id == other.entity.id and one.start < other.end and other.start < one.end
        for one in right
        for other in shown
    )


# -- fitting ----------------------------------------------------------------------------------------------

LEARNT = tuple(name for name in FEATURES if name not in ("codes", "plain"))
"""The training questions hardly name part numbers, masses or telephones; what those weigh is set by hand."""
WORDLESS = ("slots", "meaning")
SURE = ("terms", "passage", "before", "after", "slots", "meaning", "missing", "figures", "named")
"""What the probability of an answer is made of."""


def fit(file: Path, questions: int = 3000, seed: int = 0, space: Space | None = None) -> str:
    """New weights as they stand in `assistant/answer/quote.py`, and what they reach on the third that did not fit them."""
    found = cases(file, questions, seed, space)
    half = len(found) * 2 // 9 * 3
    lines = []
    for name, names in (("", LEARNT), ("_BY_WORDS", tuple(n for n in LEARNT if n not in WORDLESS))):
        ranking = fitted_ranking([case for case in found[:half] if not case.fault], names)
        sure = fitted_confidence(found[:half], ranking, tuple(n for n in SURE if n in names))
        lines += [f"RANKING{name} = {_rounded(ranking)}", f"ANSWERS{name} = {_rounded(sure)}"]
        lines += [_quality(found[half:], ranking, sure)]
    return "\n".join([*lines, str(measured(found[half:], "with the weights as they were"))])


def fitted_ranking(found: Sequence[Case], names: Sequence[str], decay: float = 1e-2) -> dict[str, float]:
    """Weights that make sentences with the answer likeliest (softmax over the candidates, L2 on scaled weights)."""
    from scipy.optimize import minimize

    tables = [_table(case, names) for case in found if case.right.any() and not case.right.all()]
    right = [case.right for case in found if case.right.any() and not case.right.all()]
    scale = np.concatenate(tables).std(axis=0) + 1e-9

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = decay * len(tables) * float(weights @ weights), 2 * decay * len(tables) * weights
        for table, mask in zip(tables, right, strict=True):
            share = _softmax(table / scale @ weights)
            held = share[mask].sum()
            total -= float(np.log(held + 1e-12))
            slope -= (table / scale).T @ (np.where(mask, share / held, 0) - share)
        return total / len(tables), slope / len(tables)

    weights = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x / scale
    return dict(zip(names, map(float, weights), strict=True))


def fitted_confidence(
    found: Sequence[Case], ranking: dict[str, float], names: Sequence[str], decay: float = 1e-3
) -> dict[str, float]:
    """Weights of a logistic regression on the best candidate of every case; the two faults weigh as much as none."""
    from scipy.optimize import minimize

    usable = [case for case in found if len(case.candidates) and (case.fault or case.right.any())]
    table = np.stack([_table(case, names)[_best(case, ranking)] for case in usable])
    scale = table.std(axis=0) + 1e-9
    inputs = np.hstack([table / scale, np.ones((len(table), 1))])
    sign = np.array([-1.0 if case.fault else 1.0 for case in usable])
    weight = np.where(sign < 0, 0.5, 1.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = sign * (inputs @ weights)
        wrong = 1 / (1 + np.exp(margin))
        slope = -(inputs * (weight * sign * wrong)[:, None]).mean(axis=0)
        value = float((weight * np.logaddexp(0, -margin)).mean() + decay * weights @ weights)
        return value, slope + 2 * decay * weights

    weights = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="L-BFGS-B").x
    return {**dict(zip(names, map(float, weights[:-1] / scale), strict=True)), "bias": float(weights[-1])}


def _quality(found: Sequence[Case], ranking: dict[str, float], sure: dict[str, float]) -> str:
    """One line: the best sentence of unseen questions, and what each threshold answers and refuses."""
    answerable = [case for case in found if not case.fault]
    first = np.mean([bool(case.right[_best(case, ranking)]) for case in answerable if len(case.candidates)])
    names = [name for name in sure if name != "bias"]
    odds = {
        fault: np.array(
            [
                _table(case, names)[_best(case, ranking)] @ [sure[name] for name in names] + sure["bias"]
                for case in found
                if case.fault == fault and case.candidates
            ]
        )
        for fault in ("", *FAULTS)
    }
    points = [
        f"{limit}: " + "/".join(f"{(1 / (1 + np.exp(-values)) >= limit).mean():.3f}" for values in odds.values())
        for limit in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    ]
    return f"# best sentence {first:.3f}; answered as is/wrong passage/sentence cut at {', '.join(points)}"


def _table(case: Case, names: Sequence[str]) -> NDArray[np.float64]:
    columns = [FEATURES.index(name) for name in names]
    return np.stack([one.features for one in case.candidates])[:, columns]


def _best(case: Case, ranking: dict[str, float]) -> int:
    return int((_table(case, list(ranking)) @ list(ranking.values())).argmax())


def _softmax(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.exp(odds - odds.max())
    return np.asarray(share / share.sum())


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in weights.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m assistant.evaluate.quoting", description="Fits the reader's weights.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--questions", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    print(fit(args.file, args.questions, args.seed))


if __name__ == "__main__":
    main()
