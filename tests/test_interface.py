"""Every value of every enumeration that the interface can meet is rendered, in both languages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from assistant.answer.cite import Citation
from assistant.answer.compose import Grounding
from assistant.answer.notes import BOTH, COMPUTED
from assistant.answer.outcome import Answer, How
from assistant.govern.policy_file import Right
from assistant.serve import show
from assistant.serve.desk import Answering, Stage
from assistant.serve.export import markdown
from assistant.serve.feedback import Verdict
from assistant.serve.talks import Attached, State, Turn, answered
from assistant.serve.web import chat, pieces
from assistant.serve.web.words import LANGUAGES, Language, seal, words
from ingest.base.access import Viewer
from ingest.privacy.redact import KINDS
from ingest.space.entity import Locator
from ingest.space.kinds import Kind


def answer(how: How, cited: bool = True, kind: Kind = "passage") -> Answer:
    locator = Locator(page=1, start=1.0, end=2.0, row=3, sheet="S", window=("2026-06-09T08:00", "2026-06-09T09:00"))
    citation = Citation(1, "e" * 32, kind, "s", "/files/manual.pdf", "Manual", locator, "every 500 hours")
    said = "It is greased every 500 hours. [1]"
    return Answer("How often?", said, how, (citation,) if cited else (), (), {}, "hybrid", "tiny", 0.9)


def turned(answer: Answer) -> Turn:
    return answered(1, answer, Viewer("endo", frozenset()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", get_args(How))
@pytest.mark.parametrize("cited", [True, False])
def test_every_kind_of_answer_is_shown_and_says_what_it_is(how: How, cited: bool, language: Language) -> None:
    shown = pieces.turn("talk", turned(answer(how, cited)), language)
    told = seal(how, language)
    assert "every 500 hours" in shown and told.look != "plain" and told.about
    assert told.label in shown or seal("ungrounded", language).label in shown
    assert show.WHOSE[how]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_with_sentences_beneath_it_says_which_of_them_is_computed(language: Language) -> None:
    mixed = replace(answer("calculation"), notes=(BOTH,))
    shown, out = pieces.turn("talk", turned(mixed), language), io.StringIO()
    assert seal("both", language).label in shown and seal("both", language).about in shown
    show.answer([mixed], out)
    assert out.getvalue().count(BOTH) == 1 and show.WHOSE["calculation"] not in out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("rows", "said"), [(3, ("(3)", "(3)")), (70, ("(3 of 70)", "（70行中3行）"))])
def test_a_link_to_the_rows_of_a_figure_says_how_many_there_are_and_how_many_are_listed(
    language: Language, rows: int, said: tuple[str, str]
) -> None:
    cited = answer("calculation", kind="row").citations[0]
    listed = tuple(replace(cited, mark=mark, entity=str(mark) * 32) for mark in (1, 2, 3))
    figure = replace(answer("calculation"), answer="total: 7 [1] [2]", citations=listed)
    shown = pieces.turn("talk", turned(replace(figure, notes=(COMPUTED.format(rows, "SELECT 7"),))), language)
    assert said[language == "ja"].strip("（）()") in shown
    assert "/open/2222" in shown and "/open/3333" not in shown, (
        "of the rows those that the answer names stand beside it"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_adding_what_is_missing_is_offered_to_whom_may_bring_files_alone(language: Language) -> None:
    refused, add = turned(answer("refusal", cited=False)), "/files?lang="
    assert add in pieces.turn("talk", refused, language, feeds=True)
    assert add not in pieces.turn("talk", refused, language)
    assert add in pieces.welcome((), True, language, feeds=True) and add not in pieces.welcome((), True, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_about_a_file_names_it_and_is_offered_again_only_while_its_words_are_kept(
    language: Language,
) -> None:
    asked = turned(answer("model"))
    plates = (Attached("plate <1>.jpg", is_read=on) for on in (True, False))
    whole, lost = (pieces.turn("talk", replace(asked, attached=plate), language) for plate in plates)
    assert all("plate &lt;1&gt;.jpg" in one for one in (whole, lost))
    assert 'data-act="again"' in whole and 'data-act="edit"' in whole and words(language)["attach_again"] not in whole
    assert "plate" in markdown("t", [(replace(asked, attached=Attached("plate.jpg")), True)], language).decode()
    assert 'data-act="again"' not in lost and 'data-act="edit"' not in lost and words(language)["attach_again"] in lost
    before = replace(asked, said={**asked.said, "shown": "HS-40"})
    assert words(language)["attach_again"] in pieces.turn("talk", before, language), "asked before names were kept"


def test_a_figure_over_a_record_whose_rows_are_no_entities_has_no_link_to_them() -> None:
    figure = replace(answer("calculation", kind="series"), notes=(COMPUTED.format(129, "SELECT 7"),))
    assert "/rows?" not in pieces.turn("talk", turned(figure), "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", get_args(State))
def test_every_end_of_a_question_is_shown_and_says_what_it_is(state: State, language: Language) -> None:
    shown = pieces.turn(
        "talk", Turn(1, state, "How often?", {"error": "no model"} if state == "failed" else {}), language
    )
    assert "How often?" in shown and (state == "done" or seal(f"turn_{state}", language).label in shown)


def test_a_kind_of_answer_that_nobody_has_words_for_is_shown_plainly() -> None:
    shown = pieces.turn("talk", turned(answer("a kind of tomorrow")), "en")  # type: ignore[arg-type]
    assert "every 500 hours" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_citation_of_every_kind_of_entity_is_shown(kind: Kind, language: Language) -> None:
    assert "/open/eeee" in pieces.turn("talk", turned(answer("possibly", kind=kind)), language)
    assert kind in pieces.ICONS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_of_an_answer_on_its_way_and_every_way_to_ground_it_has_words(language: Language) -> None:
    said = words(language)
    assert set(chat.GROUNDINGS) == set(get_args(Grounding)) and all(said[one] for one in chat.GROUNDINGS)
    for stage in get_args(Stage):
        on_its_way = Answering("endo", "How often?", stage, "words so far", place=3)
        assert said[f"stage_{stage}"].format(place=3) in pieces.live(on_its_way, language)
    assert all(said[verdict] for verdict in get_args(Verdict))
    assert all(said[f"right_{right}"] for right in get_args(Right)) and all(said[f"data_{kind}"] for kind in KINDS)


def test_marks_are_numbered_in_the_order_in_which_they_are_met() -> None:
    one, two = answer("model").citations[0], answer("model").citations[0]
    from dataclasses import replace

    cited = (replace(one, mark=1), replace(two, mark=4, entity="f" * 32))
    said = replace(answer("model"), answer="First. [4] Then. [1] Stray. [9]", citations=cited)
    cards = pieces._numbered(said.as_dict(), {}, "en")
    assert {mark: card.number for mark, card in cards.items()} == {4: 1, 1: 2}
    assert [piece.card.number if piece.card else None for piece in pieces._pieces(said.answer, cards)] == [
        1,
        2,
        None,
        None,
    ]


def test_every_word_is_there_in_both_languages() -> None:
    english, japanese = words("en"), words("ja")
    assert english.keys() == japanese.keys() and all((*english.values(), *japanese.values()))
    assert not [name for name in english if hasattr(english, name)], "a template would find the method, not the word"


def test_every_word_is_used_somewhere() -> None:
    folder = Path(str(words.__code__.co_filename)).parents[1]
    said = "\n".join(file.read_text("utf-8") for end in ("py", "html") for file in folder.rglob(f"*.{end}"))
    made = (
        "stage_",
        "kind_",
        "family_",
        "seconds_",
        "key_",
        "right_",
        "data_",
        "value_",
        "credential_",
        "once_",
        "check_",
        "subject_",
        *get_args(Verdict),
        *get_args(Grounding),
        "sso_refused",
    )
    unused = [name for name in words("en") if not re.search(rf"\b{name}\b", said) and not name.startswith(made)]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_time_that_an_answer_took_has_words(language: Language) -> None:
    assert {f"seconds_{name}" for name in answer("model").as_dict()["seconds"]} <= words(language).keys()
