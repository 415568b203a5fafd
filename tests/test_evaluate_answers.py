"""Questions on files never seen: how their answers are marked, and the plain pipeline beside ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.evaluate import answers, plain
from assistant.evaluate.answers import Mark, Question, facts, said, table


@pytest.mark.parametrize(
    ("answer", "spellings", "there"),
    [
        ("You get 25 days. [1]", ["25"], True),
        ("You get 1,250 yen.", ["250"], False),
        ("１２万円です。", ["12万円"], True),
        ("It costs 40.00 EUR", ["40"], True),
        ("It costs 40.5 EUR", ["40"], False),
        ("**Express** delivery", ["express delivery"], True),
        ("See source [25].", ["25"], False),
    ],
)
def test_a_fact_stands_in_an_answer_however_it_is_written(answer: str, spellings: list[str], there: bool) -> None:
    assert said(answer, spellings) is there


def test_all_facts_are_counted() -> None:
    question = Question("1", "en", "list", "Which?", (("oil",), ("seal", "gasket")), ("a.md",), ())
    assert [facts(question, text) for text in ("oil and gasket", "oil", "")] == [2, 1, 0]


def one(way: str, how: str, held: int, total: float, wanted: int = 1) -> Mark:
    return Mark("1", "en", "list", "?", how, "", held, wanted, True, True, 1.0, total, 0.9, (), way)


def test_both_ways_are_counted_by_themselves() -> None:
    marks = [one("kotonoha", "model", 1, 2.0), one(plain.NAME, "model", 0, 8.0)]
    rows = {row[:3]: dict(zip(table(marks).columns, row, strict=True)) for row in table(marks).rows}
    ours, plainly = (rows[way, "answerable", "all"] for way in ("kotonoha", plain.NAME))
    assert (ours["all facts"], ours["assured wrong"], ours["end s"]) == (1, 0, 2.0)
    assert (plainly["all facts"], plainly["assured wrong"], plainly["end s"]) == (0, 1, 8.0)


def test_what_was_answered_is_not_asked_again_by_either_way(tmp_path: Path) -> None:
    """Two questions, two ways, stopped after three answers."""
    done: list[tuple[str, str]] = []

    def way(name: str) -> answers.Way:
        def ask(question: Question) -> Mark:
            done.append((question.id, name))
            if len(done) == 4:
                raise KeyboardInterrupt
            return Mark(question.id, "en", "list", "?", "model", "", 1, 1, True, True, 1.0, 1.0, 0.9, (), name)

        return ask

    ways = {"kotonoha": way("kotonoha"), plain.NAME: way(plain.NAME)}
    both = [Question(id, "en", "list", "?", (("a",),), ("a.md",), ()) for id in ("1", "2")]
    with pytest.raises(KeyboardInterrupt):
        answers.asked(both, ways, tmp_path / "out.jsonl")
    assert len(answers.asked(both, ways, tmp_path / "out.jsonl")) == 4
    assert done == [("1", "kotonoha"), ("1", plain.NAME), ("2", "kotonoha"), ("2", plain.NAME), ("2", plain.NAME)]
