"""The page of the chat in a real browser: what was asked, written and attached is never lost without a word."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.serve.web.words import LANGUAGES, Language, words
from tests.office import Office
from tests.test_browser import ASKED, ask, chromium, enter, office
from tests.test_web import CHROMIUM

__all__ = ["chromium", "office"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]
QUESTIONS = [ASKED[how][0] for how in ("talk", "refusal", "calculation")]


def asked(page: Any) -> list[str]:
    """The questions of the conversation that is shown."""
    said: list[str] = page.locator("#past .asked").all_inner_texts()
    return said


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
