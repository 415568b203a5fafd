"""What storing slots smaller costs, on known cases in miniature."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from assistant.evaluate.slots import Case, Product, evaluate, measure, of_rows, of_sources, ways
from ingest.space.space import Vectors, unit

from .conftest import WordSpace

PASSAGES = ["the pump is oiled every week", "the valve is made of steel", "orders are due in march"]
CASES = [
    Case("pump oiled", frozenset([0])), Case("steel valve", frozenset([1])), Case("due orders", frozenset([2])),
]  # fmt: skip


def test_every_way_finds_what_is_plain_and_its_size_is_what_it_stores() -> None:
    space = WordSpace()
    table = evaluate("miniature", PASSAGES, CASES, space)
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    per_entity = np.mean([len(passage.split()) for passage in PASSAGES])
    assert rows["float32"]["bytes an entity"] == round(per_entity * 4 * space.dim)
    assert rows["float16"]["bytes an entity"] == round(per_entity * 2 * space.dim)
    assert rows["int8 (stored today)"]["bytes an entity"] == round(per_entity * (space.dim + 2))
    assert rows["product, 24 bytes a slot"]["bytes an entity"] == round(per_entity * 26)
    assert rows["address alone, float32"]["bytes an entity"] == 4 * space.dim
    assert all(row["recall@1"] == 1.0 for row in rows.values())
    assert rows["float32"]["cosine"] == pytest.approx(1)
    assert "3 questions, 3 entities" in str(table)


def test_recall_is_counted_by_hand() -> None:
    """The right one of the first question is first; of the second it is beaten by one, of the third by two."""
    slots = [unit(np.eye(3, dtype=np.float32)[[i]] + 0.1 * i) for i in range(3)]
    asked = [slots[0], slots[1], slots[2]]
    wrong = [Case("", frozenset([0])), Case("", frozenset([2])), Case("", frozenset([0]))]
    _, cosine, at_1, at_5 = measure(lambda one: (0, one), slots, asked, wrong)
    assert [at_1, at_5, cosine] == pytest.approx([1 / 3, 1, 1])


def test_any_of_several_slots_and_of_several_right_ones_counts() -> None:
    slots: list[Vectors] = [np.array([[1, 0], [0, 1]], np.float32), np.array([[0.9, 0.1]], np.float32)]
    _, _, at_1, _ = measure(
        lambda one: (0, one), slots, [np.array([[0, 1]], np.float32)], [Case("", frozenset([0, 1]))]
    )
    assert at_1 == 1.0


def test_product_quantisation_reads_few_vectors_back_as_they_were() -> None:
    """With as many centroids as vectors nothing but the rounding of the length is lost."""
    slots = np.random.default_rng(0).standard_normal((20, 48)).astype(np.float32)
    product = Product(slots, 24)
    size, back = product(slots)
    assert size == 20 * 26
    assert np.allclose(np.linalg.norm(back, axis=1), np.linalg.norm(slots, axis=1), rtol=0.05)
    assert (unit(back) * unit(slots)).sum(axis=1).mean() > 0.95
    assert product.size == 20 * 48 * 4


def test_smaller_codes_lose_more() -> None:
    slots = np.random.default_rng(0).standard_normal((2000, 96)).astype(np.float32)
    lost = [1 - (unit(Product(slots, parts)(slots)[1]) * unit(slots)).sum(axis=1).mean() for parts in (48, 24)]
    assert lost[0] < lost[1]


def test_ways_that_do_not_divide_the_dimensions_are_left_out() -> None:
    assert list(ways([np.ones((3, 32), np.float32)]))[3:] == ["address alone, float32"]


def test_a_file_of_rows_has_each_passage_once(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        for question, context in [("a", "A"), ("b", "B"), ("c", "A")]:
            lines.write(json.dumps({"question": question, "context": context}) + "\n")
    passages, cases = of_rows(file, 10)
    assert passages == ["A", "B"]
    assert {case.question: case.right for case in cases} == {"a": {0}, "b": {1}, "c": {0}}


def test_entities_of_a_source_are_all_right() -> None:
    passages, cases = of_sources({"/x/a.md": ["one", "two"], "/x/b.md": ["three"]}, [("q", ["b.md"]), ("r", ["c.md"])])
    assert (passages, cases) == (["one", "two", "three"], [Case("q", frozenset([2]))])
