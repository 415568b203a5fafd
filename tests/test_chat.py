"""The page of the chat in a real browser: what was asked, written and attached is never lost without a word."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.serve.web.told import told
from assistant.serve.web.words import LANGUAGES, Language, words
from tests.conftest import FIRM
from tests.office import SPOKEN, Office
from tests.test_browser import ASKED, answered, ask, chromium, enter, office, write
from tests.test_web import CHROMIUM

__all__ = ["chromium", "office"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]
PHOTO = FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg"
QUESTIONS = [ASKED[how][0] for how in ("talk", "refusal", "calculation")]


def asked(page: Any) -> list[str]:
    """The questions of the conversation that is shown."""
    said: list[str] = page.locator("#past .asked").all_inner_texts()
    return said


def talks(page: Any) -> list[dict[str, Any]]:
    """The conversations of whoever is at this page, the one used last first."""
    found: list[dict[str, Any]] = page.evaluate("async () => (await fetch('/api/talks')).json()")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_asking_an_earlier_question_again_says_how_many_later_ones_go_and_waits_for_a_yes(
    office: Office, chromium: Any, language: Language
) -> None:
    page = enter(chromium, office, language=language)
    for question in QUESTIONS:
        ask(page, question)
    said: list[str] = []
    page.once("dialog", lambda box: (said.append(box.message), box.dismiss()))
    page.locator("[data-act=again]").first.click()
    page.locator("[data-act=edit]").nth(1).click()
    page.fill("textarea.editing", "   ")
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea.editing", state="detached")
    page.reload()
    page.wait_for_selector("#past .turn")
    assert said == [words(language)["again_sure"].format(count=2)] and asked(page) == QUESTIONS
    page.once("dialog", lambda box: box.accept())
    page.locator("[data-act=again]").first.click()
    page.wait_for_function(
        "document.querySelectorAll('#past .turn').length === 1 && !document.querySelector('#live .live')"
    )
    assert asked(page) == QUESTIONS[:1]


def test_a_picture_asked_about_while_an_answer_runs_stays_with_its_question(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, language="ja")
    office.actor.pause = 0.5
    write(page, SPOKEN)
    page.wait_for_selector("#live .draft .words")
    page.set_input_files("#attach", str(PHOTO))
    write(page, "What is on this plate?")
    page.wait_for_selector("#said:not([hidden])")
    assert told("the answer before is still on its way", "ja") in page.inner_text("#said")
    assert page.input_value("#question textarea") == "What is on this plate?" and PHOTO.name in page.inner_text(
        "#attached"
    )
    office.actor.pause = 0.0
    answered(page, 1)
    page.click("#ask")
    assert PHOTO.name in answered(page, 2).inner_text()
    assert page.input_value("#question textarea") == "" and page.is_hidden("#attached")


@pytest.mark.parametrize("way", ["the button", "Enter", "a suggestion", "a picture"])
def test_a_question_is_asked_once_however_often_it_is_clicked(office: Office, chromium: Any, way: str) -> None:
    page = enter(chromium, office, "mori")
    before = talks(page)
    office.actor.pause = 0.3
    if way == "a picture":
        page.set_input_files("#attach", str(PHOTO))
    if way == "a suggestion":
        page.locator(".offer").first.dblclick()
    else:
        page.fill("#question textarea", SPOKEN)
    if way == "Enter":
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    elif way != "a suggestion":
        page.locator("#ask").dblclick()
    page.wait_for_selector("#live .live")
    page.wait_for_timeout(1000)
    assert len(talks(page)) == len(before) + 1
    office.actor.pause = 0.0
    answered(page, 1)


def test_words_in_the_field_are_there_when_the_server_is_back_and_after_signing_in_anew(
    office: Office, chromium: Any
) -> None:
    page = enter(chromium, office, "tanabe")
    ask(page, QUESTIONS[0])
    office.stop()
    write(page, SPOKEN)
    page.wait_for_selector("#lost:not([hidden])")
    page.evaluate("window.before = true")
    office.start()
    page.wait_for_function("!window.before")
    page.wait_for_selector("#past .turn")
    page.wait_for_function("words => document.querySelector('#question textarea')?.value === words", arg=SPOKEN)
    office.parts.people.revoke("tanabe")
    page.keyboard.press("Enter")
    page.click("#signed-out a")
    page.click("button[name=name][value=tanabe]")
    page.wait_for_selector("#past .turn")
    page.wait_for_function("words => document.querySelector('#question textarea')?.value === words", arg=SPOKEN)
    page.keyboard.press("Enter")
    answered(page, 2)
    page.reload()
    page.wait_for_selector("#past .turn")
    assert page.input_value("#question textarea") == ""


def test_words_in_the_field_are_nobody_elses(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "tanabe")
    page.fill("#question textarea", SPOKEN)
    page.click("form[action='/sign-out'] button")
    page.click("button[name=name][value=mori]")
    page.wait_for_selector("#past .welcome")
    page.wait_for_timeout(500)
    assert page.input_value("#question textarea") == "" and page.evaluate("sessionStorage.length") == 0


def test_a_picture_is_still_attached_when_the_server_is_back(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    page.set_input_files("#attach", str(PHOTO))
    office.stop()
    write(page, "What is on this plate?")
    page.wait_for_selector("#lost:not([hidden])")
    office.start()
    page.wait_for_selector("#lost[hidden]", state="attached")
    page.click("#ask")
    assert PHOTO.name in answered(page, 1).inner_text()


def noticed(page: Any) -> str:
    """Everything that is said in sight outside the conversation and the entry."""
    said = page.locator(".notices p:visible, .toast-body:visible").all_inner_texts()
    return "\n".join(said)


def test_an_answer_still_on_its_way_and_an_ended_session_are_told_once_in_the_language_of_the_page(
    office: Office, chromium: Any
) -> None:
    page, said = enter(chromium, office, "sawada", language="ja"), words("ja")
    office.actor.pause = 0.5
    write(page, SPOKEN)
    page.wait_for_selector("#live .draft .words")
    write(page, "And for pumps?")
    page.wait_for_selector("#said:not([hidden])")
    assert noticed(page) == said["busy"]
    page.click("#stop")
    answered(page, 1)
    page.wait_for_selector("#said", state="hidden")
    office.parts.people.revoke("sawada")
    page.locator("#question textarea").press("Enter")
    page.wait_for_selector("#signed-out:not([hidden])")
    page.wait_for_timeout(1500)
    assert noticed(page) == f"{said['signed_out']} {said['not_sent']} {said['sign_in']}"


@pytest.mark.parametrize("running", [True, False])
def test_a_server_that_is_gone_is_told_once_also_in_the_middle_of_an_answer(
    office: Office, chromium: Any, running: bool
) -> None:
    page = enter(chromium, office, language="ja")
    office.actor.pause = 0.5 * running
    write(page, SPOKEN)
    page.wait_for_selector("#live .draft .words" if running else "#past .turn")
    office.stop()
    try:
        if not running:
            write(page, "And for pumps?")
        page.wait_for_selector("#lost:not([hidden])")
        page.wait_for_timeout(2500)
        assert noticed(page) == words("ja")["lost"]
    finally:
        office.start()
    page.wait_for_selector("#lost", state="hidden")
    page.wait_for_selector("#past .turn, #live .live")
