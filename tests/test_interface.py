"""Every value of every enumeration that the interface can meet is rendered, in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from assistant.answer.answer import Answer, How
from assistant.answer.cite import Citation
from assistant.answer.compose import Grounding
from assistant.serve import show
from assistant.serve.web import chat, pages
from assistant.serve.web.words import LANGUAGES, Language, words
from ingest.space.entity import Locator
from ingest.space.kinds import Kind


def answer(how: How, cited: bool = True, kind: Kind = "passage") -> Answer:
    locator = Locator(page=1, start=1.0, end=2.0, row=3, sheet="S", window=("2026-06-09T08:00", "2026-06-09T09:00"))
    citation = Citation(1, "e" * 32, kind, "s", "/files/manual.pdf", "Manual", locator, "every 500 hours")
    said = "It is greased every 500 hours. [1]"
    return Answer("How often?", said, how, (citation,) if cited else (), (), {}, "hybrid", "tiny", 0.9)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", get_args(How))
@pytest.mark.parametrize("cited", [True, False])
def test_every_kind_of_answer_is_shown_and_says_what_it_is(how: How, cited: bool, language: Language) -> None:
    shown = pages.turn(answer(how, cited), language)
    assert "every 500 hours" in shown and words(language)[how if cited or how != "model" else "ungrounded"] in shown
    assert show.WHOSE[how]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_citation_of_every_kind_of_entity_is_shown(kind: Kind, language: Language) -> None:
    assert "/open/eeee" in pages.turn(answer("quotation", kind=kind), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_of_an_answer_on_its_way_and_every_way_to_ground_it_has_words(language: Language) -> None:
    said = words(language)
    assert set(chat.GROUNDINGS) == set(get_args(Grounding)) and all(said[one] for one in chat.GROUNDINGS)
    for stage in ("searching", "reading", "checking"):
        assert said[stage] in pages.live("q", stage, "words so far", language)


def test_every_word_is_there_in_both_languages() -> None:
    english, japanese = words("en"), words("ja")
    assert english.keys() == japanese.keys() and all((*english.values(), *japanese.values()))
