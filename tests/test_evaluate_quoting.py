"""Measuring quotation and refusal: known cases in miniature, and the bar on real questions."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.answer.quote import FEATURES, Candidate
from assistant.evaluate.quoting import FAULTS, Case, cases, evaluate, fitted_confidence, fitted_ranking
from ingest.space.entity import Entity, Locator

from .conftest import WordSpace

ROWS = [
    ("The pump is oiled every week. It was built in 1999.", "How often is the pump oiled?", "every week"),
    ("The valve is made of steel. It costs 100 yen.", "What is the valve made of?", "steel"),
    ("Orders are due in march. They are sent by mail.", "When are orders due?", "march"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "miniature.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"context": a, "question": b, "answer": c}) + "\n" for a, b, c in ROWS)
    return path


def test_every_question_is_asked_three_times(file: Path) -> None:
    """As it is, without its passage, and without the sentence that answers; only the first can be answered."""
    found = cases(file, 10, 0, WordSpace())
    assert [case.fault for case in found] == ["", *FAULTS] * 3
    assert [bool(case.right.any()) for case in found] == [True, False, False] * 3
    cut = next(case for case in found if case.fault == FAULTS[1] and "valve" in case.question)
    assert not any("steel" in one.text for one in cut.candidates)


def test_the_table_says_what_was_quoted_and_refused(file: Path) -> None:
    table = evaluate(file, space=WordSpace())
    shipped = dict(zip(table.columns, table.rows[0], strict=True))
    assert shipped["sentence in passage"] == 1.0
    assert 1.0 <= float(str(shipped["sentences"])) <= 3.0


def made(features: dict[str, float], text: str) -> Candidate:
    row = np.array([features.get(name, 0.0) for name in FEATURES])
    return Candidate(0, Entity(text, "s", "open", "passage", text, Locator()), 0, len(text), row)


def test_the_fit_finds_what_matters() -> None:
    """A feature that tells the right sentence gets weight, one that is noise gets none."""
    noise = np.random.default_rng(0)
    found = []
    for number in range(60):
        rows = [{"terms": float(i == number % 3), "new": noise.normal()} for i in range(3)]
        right = np.arange(3) == number % 3
        fault = "" if number % 2 else FAULTS[0]
        if fault:
            rows = [{"terms": 0.0, "new": noise.normal()} for _ in rows]
            right = np.zeros(3, bool)
        found.append(Case("?", None, tuple(made(row, f"{number}-{i}") for i, row in enumerate(rows)), right, fault))  # type: ignore[arg-type]
    ranking = fitted_ranking([case for case in found if not case.fault], ("terms", "new"))
    assert ranking["terms"] > 5 * abs(ranking["new"])
    sure = fitted_confidence(found, ranking, ("terms", "new"))
    assert sure["terms"] > 5 * abs(sure["new"])
    assert sure["bias"] < 0 < sure["bias"] + sure["terms"]


@pytest.mark.slow
def test_the_right_sentence_is_quoted(shared: Path) -> None:
    """Given the passage, at least four in five questions get a sentence that holds the answer."""
    table = evaluate(shared / "qa" / "squad_train_part.jsonl.gz", questions=100)
    shipped = dict(zip(table.columns, table.rows[0], strict=True))
    assert float(str(shipped["sentence in passage"])) >= 0.8
    assert float(str(shipped["refused: wrong passage"])) >= 0.8
