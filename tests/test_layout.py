"""Menus, targets, tips and the map on a desk, on a phone and by keyboard alone, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.serve.talks import Turn
from assistant.serve.web import pieces
from tests.office import Office
from tests.test_browser import ASKED, ask, chromium, enter, office
from tests.test_web import CHROMIUM

__all__ = ["chromium", "office"]


def in_browser(test: Any) -> Any:
    skipped = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")
    return pytest.mark.browser(pytest.mark.slow(skipped(test)))


PHONES = {"upright": {"width": 390, "height": 844}, "across": {"width": 844, "height": 390}}
SMALL = """() => [...document.querySelectorAll('a, button, summary, label.tool, input:not([type=file])')]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.matches('.unseen'))
    .map(e => [e, e.getBoundingClientRect(), getComputedStyle(e, '::after')])
    .filter(([e, r, after]) => Math.max(r.height, e.matches('.mark') ? parseFloat(after.height) : 0) < 44)
    .map(([e]) => e.outerHTML.slice(0, 120))"""
"""What is there to be tapped and is lower than 44 px; a mark's target is drawn around it."""
OUT_OF_SIGHT = """buttons => buttons.filter(e => { const r = e.getBoundingClientRect();
    return !e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)) }).length"""

DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"


def conversations(page: Any, count: int) -> None:
    ask(page, ASKED["talk"][0])
    for _ in range(count):
        page.click("a.new") if page.is_visible("a.new") else page.goto(page.url.partition("?")[0])
        page.wait_for_selector("#past .welcome")
        ask(page, ASKED["talk"][0])


@pytest.mark.parametrize("size", [{"width": 1280, "height": 620}, *PHONES.values()])
@in_browser
def test_the_menu_of_every_conversation_is_wholly_in_sight_and_closes(
    office: Office, chromium: Any, size: dict[str, int]
) -> None:
    page = enter(chromium, office, "sawada", viewport=size)
    conversations(page, 3)
    if page.is_visible("#menu"):
        page.click("#menu")
    page.eval_on_selector("#talks li", "e => { window.earlier = e }")
    page.fill("#find-talk", " ")
    page.wait_for_function("!window.earlier.isConnected")  # the list stands still from here on
    signs, buttons = page.locator("#talks summary"), page.locator("#talks details[open] button")
    for sign in (signs.first, signs.last):
        sign.scroll_into_view_if_needed()
        page.evaluate(DRAWN)  # scrolling closes a menu
        sign.click()
        buttons.last.wait_for()
        assert buttons.count() == 4 and buttons.evaluate_all(OUT_OF_SIGHT) == 0
        page.keyboard.press("Escape")
        assert buttons.count() == 0 and sign.evaluate("e => e === document.activeElement")
        sign.click()
        page.click("#find-talk")
        assert buttons.count() == 0


@in_browser
def test_the_list_of_conversations_is_made_anew_only_once_its_menu_is_closed(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "hoshino")
    ask(page, ASKED["talk"][0])
    page.click("#talks summary")
    with page.expect_response(lambda reply: "zzzz" in reply.url):
        page.eval_on_selector(
            "#find-talk", "e => { e.value = 'zzzz'; e.dispatchEvent(new Event('input', {bubbles: true})) }"
        )
    page.evaluate(DRAWN)
    assert page.locator("#talks details[open] button").count() == 4
    page.keyboard.press("Escape")
    page.wait_for_selector("#talks .none")


@in_browser
def test_whoever_moves_by_the_keyboard_stays_where_they_are_when_the_list_is_made_anew(
    office: Office, chromium: Any
) -> None:
    page = enter(chromium, office, "hoshino")
    ask(page, ASKED["talk"][0])
    for kind in ("a", "summary"):
        page.focus(f"#talks li {kind}")
        before = page.evaluate("document.activeElement.outerHTML")
        page.eval_on_selector("#talks li", "e => { window.earlier = e }")
        page.eval_on_selector(
            "#find-talk", "e => { e.value += ' '; e.dispatchEvent(new Event('input', {bubbles: true})) }"
        )
        page.wait_for_function("!window.earlier.isConnected")
        assert page.evaluate("document.activeElement.outerHTML") == before


@pytest.mark.parametrize("size", PHONES.values(), ids=PHONES)
@in_browser
def test_what_is_tapped_on_a_phone_is_44_pixels_high(office: Office, chromium: Any, size: dict[str, int]) -> None:
    page = enter(chromium, office, viewport=size, has_touch=True, is_mobile=True)
    for how in ("refusal", "model", "calculation"):
        ask(page, ASKED[how][0])
        assert page.evaluate(SMALL) == [], how
    page.tap("#menu")
    page.wait_for_timeout(400)
    assert page.evaluate(SMALL) == []


@in_browser
def test_the_words_of_a_mark_stay_within_the_conversation(office: Office, chromium: Any) -> None:
    for width in (1000, 1280):
        page = enter(chromium, office, viewport={"width": width, "height": 800})
        turn = ask(page, ASKED["model"][0])
        room = page.locator("#talk").bounding_box()
        for mark in turn.locator(".mark").all():
            page.mouse.move(1, 1)
            mark.hover()
            tip = mark.locator(".tip").bounding_box()
            assert tip["x"] >= room["x"] and tip["x"] + tip["width"] <= room["x"] + room["width"]
            assert tip["y"] >= room["y"]


@in_browser
def test_every_dot_of_the_map_is_reached_by_the_keyboard(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    page.goto(f"{office.url}/map?lang=en")
    assert page.locator(".map a:not([tabindex])").count() == 1, "one stop of the tab key, the arrows go on from there"
    page.focus(".map a:not([tabindex])")
    reached = (
        "() => { const all = [...document.querySelectorAll('.map a')]; return all.indexOf(document.activeElement) }"
    )
    seen = {page.evaluate(reached)}
    for key in ["ArrowLeft"] * 40 + ["ArrowUp"] * 20 + (["ArrowRight"] * 40 + ["ArrowDown"]) * 6:
        page.keyboard.press(key)
        seen.add(page.evaluate(reached))
    assert -1 not in seen and len(seen) > 30
    page.keyboard.press("Enter")
    page.wait_for_selector(".passage.cited, tr.cited, figure, .script")


@in_browser
def test_the_map_can_be_read_and_tapped_on_a_phone(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, viewport=PHONES["upright"], has_touch=True, is_mobile=True)
    page.goto(f"{office.url}/map?question=warranty&lang=en")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    hit = page.locator("circle.hit").first
    box = hit.bounding_box()
    assert box["width"] >= 18 and 0 <= box["x"] <= 372, "the first hit is in sight"
    assert page.locator(".map .around").first.bounding_box()["width"] >= 44
    assert page.locator(".map text.label").first.bounding_box()["height"] >= 11


@in_browser
def test_a_preview_of_the_policy_is_in_sight(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, viewport={"width": 1280, "height": 720})
    for text in (None, "scopes: ["):
        page.goto(f"{office.url}/govern?lang=en")
        if text:
            page.fill("textarea.code", text)
        page.locator("form[action*=preview] button").click()
        page.wait_for_selector("#preview")
        assert 0 <= page.locator("#preview").bounding_box()["y"] < 600


def test_why_a_question_failed_stands_where_it_is_seen() -> None:
    failed = Turn(1, "failed", "How often?", {"error": "there is no file", "notes": ["seen"]})
    for language, said in (("en", "there is no file"), ("ja", "ファイルがありません")):
        shown = pieces.turn("talk", failed, language)  # type: ignore[arg-type]
        assert said in shown.partition("<details")[0] and shown.count(said) == 1
