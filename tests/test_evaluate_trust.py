"""The measurement of trust: what counts as right, which statements are false, what the table says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assistant.answer.trust import ASSURED, BIAS, POSSIBLE, WEIGHTS, Signs, chance
from assistant.evaluate import trust
from assistant.evaluate.reading import Question
from assistant.evaluate.trust import Trial, accuracy, area, fit, holds, read, table, trials, unanswered, write
from assistant.model.llm import Llm
from assistant.model.reader import Reader

from .tiny_gguf import write_model

PASSAGES = ("The pump is oiled weekly.", "The valve is made of steel.", "The door is grey.")


def made(right: bool, rng: random.Random) -> Trial:
    shift = 0.3 if right else -0.3
    doubt, judged = 0.5 - shift + rng.uniform(-0.1, 0.1), 0.5 + shift + rng.uniform(-0.1, 0.1)
    signs = Signs(doubt, judged, rng.uniform(0, 2) if right else rng.uniform(1, 9))
    return Trial("q", "a", True, right, signs, 0.1 if right else None)


@pytest.mark.parametrize(
    ("said", "answers", "held"),
    [
        ("It is oiled weekly. [1]", ["weekly"], True),
        ("It is oiled daily. [1]", ["weekly"], False),
        ("昭和３年です。[1]", ["昭和3年"], True),
        ("He stayed since the house was cold [1]", ["because the house was so cold"], False),
        ("He left as the old stone house was cold", ["because the old stone house was cold"], True),
    ],
)
def test_an_answer_is_right_when_the_known_one_stands_in_it(said: str, answers: list[str], held: bool) -> None:
    assert holds(said, answers) is held


def test_questions_with_the_passages_of_others_have_no_answer() -> None:
    first = Question("How often is the pump oiled?", ("weekly",), PASSAGES, 0)
    second = Question("What is blue?", ("the sky",), ("The sky is blue.", "Grass is green.", "It is weekly."), 0)
    found = unanswered([first, second])
    assert [one.question for one in found] == ["What is blue?"], "the other passages hold the first answer"
    assert found[0].passages == PASSAGES and found[0].right == -1


def test_every_question_is_tried_with_the_model(tmp_path: Path) -> None:
    reader = Reader(Llm(write_model(tmp_path / "tiny.gguf", context=2048), context=2048, threads=1))
    asked = [Question(f"What is {n}?", ("steel",), PASSAGES, n) for n in range(3)]
    found = list(trials(reader, asked))
    assert [one.question for one in found] == [one.question for one in asked]
    assert all(0 <= one.signs.doubt <= 1 and 0 <= one.signs.judged <= 1 for one in found)
    for one in found:
        write(tmp_path / "out", one)
    assert read(tmp_path / "out") == found


def test_what_is_fitted_tells_right_from_wrong() -> None:
    rng = random.Random(1)
    found = [made(n % 2 == 0, rng) for n in range(200)]
    weights, _ = fit(found)
    assert weights[0] < 0 < weights[1] and weights[2] < 0
    assert area([(w, True) for w in (0.9, 0.4)] + [(0.5, False)]) == 0.5
    assert accuracy([(0.9, True), (0.4, True), (0.1, False)], 0.5) == pytest.approx(2 / 3)
    assert area([(chance(one.signs), one.right) for one in found]) > 0.99
    assert "100 answered rightly" in table(found).notes[0] and "200 statements" in table(found).notes[1]


def test_the_weights_are_those_of_the_answers_that_were_judged_by_reading() -> None:
    """And tell right answers from wrong ones."""
    found = read(Path(trust.__file__).with_name("graded.jsonl"))
    weights, bias = fit(found)
    assert [round(one, 2) for one in (*weights, bias)] == [*WEIGHTS, BIAS]
    assert area([(chance(one.signs), one.right) for one in found]) > 0.75
    stated = [one for one in found if chance(one.signs) >= ASSURED]
    assert len(stated) > len(found) / 3 and sum(one.right for one in stated) / len(stated) > 0.75


def test_surer_signs_are_trusted_more() -> None:
    assert chance(Signs(0.01, 0.95)) > ASSURED > POSSIBLE > chance(Signs(0.97, 0.1))
    assert chance(Signs(0.0, 1.0)) < 1 and chance(Signs(1.0, 0.0)) > 0


def test_an_answer_is_trusted_as_far_as_each_sign_goes() -> None:
    """The probability of what was written, of the weakest sentence being carried, of there being an answer at all."""
    assert chance(Signs(0.01, 0.95, 0.5)) > chance(Signs(0.01, 0.95, 2.0)) > ASSURED > chance(Signs(0.01, 0.95, 6.0))
    assert chance(Signs(0.01, 0.3, 0.0)) <= 0.3 and chance(Signs(0.8, 0.95, 0.0)) <= 0.2 + 1e-9
