"""Measuring search: known cases in miniature, and the bars on real questions."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.evaluate.search import Asking, Case, chosen, evaluate, fit, fitted, measure, read
from assistant.search.retrieve import FEATURES, FLUENT_WEIGHTS

from .conftest import WordSpace

ROWS = [
    ("the pump is oiled every week", "How often is the pump oiled?"),
    ("the valve is made of steel", "What is the valve made of?"),
    ("orders are due in march", "When are orders due?"),
    ("保証期間は納入から二年とする。", "保証期間は何年ですか"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "miniature.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps({"context": a, "question": b}) + "\n" for a, b in ROWS)
    return path


def test_the_table_compares_four_ways_on_the_same_questions(file: Path) -> None:
    table = evaluate(file, space=WordSpace())
    assert [row[0] for row in table.rows] == ["dense only", "words only", "reciprocal rank fusion", "shipped"]
    shipped = dict(zip(table.columns, table.rows[-1], strict=True))
    assert shipped["recall@1"] == 1.0
    assert "4 questions, 4 passages" in str(table)


def test_recall_and_rank_are_counted_by_hand() -> None:
    asked = [Asking("a", "A"), Asking("b", "B"), Asking("c", "C")]
    found = {"a": ["A"], "b": ["x", "B"], "c": ["x", "y"]}
    at1, at5, at20, mrr, _ = measure(found.__getitem__, asked, {"A": "A", "B": "B", "C": "C"})
    assert (at1, at5, at20) == (pytest.approx(1 / 3), pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert mrr == pytest.approx((1 + 1 / 2) / 3)


def test_questions_are_fixed_by_their_seed(file: Path) -> None:
    asked = read(file)
    assert chosen(asked, 2, 0) == chosen(asked, 2, 0)
    assert len(chosen(asked, 99, 0)) == 4


def test_the_fit_finds_which_feature_tells() -> None:
    """With lists in which only one feature points at the right candidate, only that one gets weight."""
    chance = np.random.default_rng(0)
    cases = []
    for _ in range(200):
        table = chance.random((6, len(FEATURES)))
        cases.append(Case(table, int(table[:, FEATURES.index("terms")].argmax())))
    weights = dict(zip(("terms", "length"), fitted(cases, ("terms", "length")), strict=True))
    assert weights["terms"] > 10 * abs(weights["length"])


def test_fitting_gives_a_table_for_questions_with_and_without_vectors(file: Path) -> None:
    with_vectors, expected, words_only = fit([file], space=WordSpace())
    assert len(with_vectors.rows) == 1 + len(FLUENT_WEIGHTS)
    assert "words only" in words_only.title
    assert [row[0] for row in expected.rows] == ["words beside meaning", "meaning beside words"]


@pytest.mark.slow
def test_most_real_questions_find_their_passage_first(shared: Path, tmp_path: Path) -> None:
    """A hundred passages of Wikipedia with the real encoder; the full measurement is the command's."""
    with gzip.open(shared / "eval" / "squad_dev_open.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    passages = list(dict.fromkeys(row["context"] for row in rows))[::10]
    file = tmp_path / "part.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as part:
        part.writelines(json.dumps(row) + "\n" for row in rows if row["context"] in passages)
    rows_of = {row[0]: dict(zip(("recall@1", "recall@5"), row[1:3], strict=True)) for row in evaluate(file, 100).rows}
    assert rows_of["shipped"]["recall@5"] >= 0.95
    assert rows_of["shipped"]["recall@1"] >= rows_of["dense only"]["recall@1"]
