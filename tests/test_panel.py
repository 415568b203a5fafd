"""The source beside the chat in a real browser: opened, closed and left by keys, mouse and Back, and what goes wrong in it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.serve.web.words import words
from tests.office import REPORT, Office
from tests.test_browser import ASKED, ask, chromium, cited, enter, office, opened
from tests.test_web import CHROMIUM

__all__ = ["chromium", "office"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]


def test_after_several_sources_and_rows_back_leads_to_the_conversation_before(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    ask(page, ASKED["talk"][0])
    before = page.url
    page.click("a.new")
    page.wait_for_selector("#past .welcome")
    figure = ask(page, ASKED["calculation"][0])
    for number in range(2):
        opened(page, figure.locator(".card").nth(number))
    rows = opened(page, figure.locator(".behind"))
    rows.locator("tbody th a").first.click()
    rows.locator("tr.cited").wait_for()
    page.click("#source-back")
    rows.locator(".query").first.wait_for()
    assert page.is_hidden("#source-back")
    page.click("#source-close")
    page.go_back()
    page.wait_for_selector(f"#past .asked:text-is('{ASKED['talk'][0]}')")
    assert page.url == before


def test_esc_within_the_source_closes_it_but_never_with_words_that_were_typed(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    source = cited(page, REPORT[1], "shift-report-2026-06-09.flac")
    source.locator("details.right summary").click()
    source.locator("details.right textarea").fill("Machine two stopped.")
    page.keyboard.press("Escape")
    assert (
        page.is_visible("#source") and source.locator("details.right textarea").input_value() == "Machine two stopped."
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("#source", state="hidden")
    assert page.evaluate("document.activeElement.matches('.card')"), "the keyboard goes on where it was"


def test_what_cannot_be_done_in_the_source_is_said_at_its_form_which_keeps_the_words(
    office: Office, chromium: Any
) -> None:
    page = enter(chromium, office)
    source = cited(page, REPORT[1], "shift-report-2026-06-09.flac")
    source.locator("details.right summary").click()
    for typed, said in (("   ", "there are no words"), ("x" * 4_000 + " ", "")):
        source.locator("details.right textarea").fill(typed[:4_000])
        source.locator(f"button:text-is('{words('en')['save']}')").click()
        if said:
            source.locator(".notice[role=alert]", has_text=said).wait_for()
            assert source.locator("details.right textarea").input_value() == typed
    source.locator(".notice.good").wait_for()
    source.locator("details.right summary").click()
    office.stop()
    source.locator(f"button:text-is('{words('en')['hide']}')").click()
    source.locator(".notice[role=alert]", has_text=words("en")["lost"]).wait_for()
    office.start()
    source.locator(f"button:text-is('{words('en')['as_read']}')").click()
    source.locator("li.cited", has_text=REPORT[1]).wait_for()
