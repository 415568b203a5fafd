"""What a question wants, held to a form."""

from __future__ import annotations

import pytest

from assistant.answer.outcome import Exchange
from assistant.answer.understand import Understood, form, understand
from assistant.model.llama import Grammar, Model

from .scripted import Scripted
from .tiny_gguf import write_model

EARLIER = [Exchange("How long is the warranty?", "18 months.")]


@pytest.mark.parametrize(
    ("said", "history", "understood"),
    [
        ("text", [], Understood("text", "Q?", ("Q?",))),
        ("rows\nTotal of May?", EARLIER, Understood("rows", "Total of May?", ("Total of May?",))),
        ("compare\nHow is A?\nHow is B?", [], Understood("compare", "Q?", ("How is A?", "How is B?"))),
        ("compare", [], Understood("compare", "Q?", ("Q?",))),
        ("talk", EARLIER, Understood("talk", "Q?", ("Q?",))),
        ("", [], Understood("text", "Q?", ("Q?",))),
        ("nonsense", [], Understood("text", "Q?", ("Q?",))),
    ],
)  # fmt: skip
def test_what_is_said_is_taken_apart(said: str, history: list[Exchange], understood: Understood) -> None:
    assert understand("Q?", history, Scripted(wants=said)) == understood  # type: ignore[arg-type]


@pytest.mark.parametrize("leaning", [True, False])
def test_the_form_is_a_grammar_that_the_model_room_takes(
    tmp_path_factory: pytest.TempPathFactory, leaning: bool
) -> None:
    Grammar(Model(write_model(tmp_path_factory.mktemp("model") / "tiny.gguf")), form(leaning))
