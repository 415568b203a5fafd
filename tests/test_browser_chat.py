"""The chat and its pages in a real browser where people stumbled: small screens, two windows, files that are no questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.serve.web.words import LANGUAGES, Language, words
from tests.conftest import FIRM
from tests.office import SPOKEN, Office
from tests.test_browser import ASKED, _quick, answered, ask, chromium, enter, in_sight, office, opened, write
from tests.test_web import CHROMIUM

__all__ = ["_quick", "chromium", "office"]
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]
DESK, PHONE, ACROSS = (1360, 800), (390, 844), (844, 390)
PLATE = FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg"
DROP = """(files) => { const moved = new DataTransfer();
  for (const [name, type] of files) moved.items.add(new File(["x"], name, { type }));
  document.querySelector("#talk").dispatchEvent(
    new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true })); }"""


def on(screen: tuple[int, int]) -> dict[str, Any]:
    touched = screen != DESK
    return {
        "viewport": {"width": screen[0], "height": screen[1]},
        "is_mobile": touched,
        "has_touch": touched,
    }


def beside(page: Any) -> Any:
    """Another window of the same person that shows the same conversation."""
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#past .turn")
    return other


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("screen", [DESK, PHONE, ACROSS])
def test_the_advanced_settings_open_in_sight_on_every_screen(
    office: Office, chromium: Any, screen: tuple[int, int]
) -> None:
    page = enter(chromium, office, "tanabe", **on(screen))
    page.click("#advanced button")
    page.wait_for_selector("#grounding")
    box = page.locator("#grounding").bounding_box()
    assert box["y"] + box["height"] <= screen[1] and box["height"] >= 44
    page.click("#grounding input")
    page.click(f"li:has-text('{words('en')['text']}')")
    assert words("en")["text"].startswith(page.input_value("#grounding input")[:10])
    assert in_sight(page.locator("#question textarea"))


def test_an_edit_has_its_buttons_and_the_question_is_back_when_it_is_left(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "sawada", **on(PHONE))
    ask(page, SPOKEN)
    box, cancel = page.locator(".editing"), page.locator(".edits button", has_text=words("en")["cancel"])
    page.tap("#past [data-act=edit]")
    page.evaluate("document.querySelector('#past [data-act=edit]').click()")
    assert box.input_value() == SPOKEN
    page.keyboard.press("Escape")
    assert page.inner_text("#past p.asked") == SPOKEN and not box.count() and not cancel.count()
    page.tap("#past [data-act=edit]")
    box.fill("half")
    cancel.tap()
    assert page.inner_text("#past p.asked") == SPOKEN
    page.tap("#past [data-act=edit]")
    box.fill(ASKED["possibly"][0])
    page.locator(".edits button", has_text=words("en")["ask"]).tap()
    page.wait_for_selector(f"#past p.asked:has-text('{ASKED['possibly'][0]}')")
    assert page.locator("#past .turn").count() == 1


def test_the_menu_of_a_conversation_closes_when_it_was_exported(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "tanabe")
    turn = ask(page, SPOKEN)
    page.locator("#talks summary").first.click()
    with page.expect_download():
        page.locator("#talks details[open] button", has_text="MD").click()
    assert not page.locator("#talks details[open]").count()
    opened(page, turn.locator(".card").first)
    page.keyboard.press("Escape")
    page.wait_for_selector("#source", state="hidden")


@pytest.mark.parametrize("path", ["/govern/audit", "/govern/health"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_the_page_one_is_at_is_named_in_sight_and_what_was_done_stands_below_who_did_it(
    office: Office, chromium: Any, language: Language, path: str
) -> None:
    page = enter(chromium, office, "hoshino", language, **on(PHONE))
    page.goto(f"{office.url}{path}?lang={language}")
    for link in page.locator(".top nav a").all():
        box = link.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0], link.inner_text()
    assert in_sight(page.locator(".top nav [aria-current]"))
    for what in page.locator(".stacked td.wide").all()[:5]:
        box = what.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]


# -- two windows ---------------------------------------------------------------------------------------------------------


def test_the_other_window_shows_the_answer_on_its_way_with_its_stop_and_gets_it(office: Office, chromium: Any) -> None:
    one = enter(chromium, office, "mori")
    ask(one, SPOKEN)
    other = beside(one)
    office.actor.pause = 0.3
    write(one, ASKED["possibly"][0])
    other.wait_for_selector("#live .live .dots")
    assert other.locator("#stop").is_visible()
    assert "12 months" in answered(other, 2).inner_text() and "12 months" in answered(one, 2).inner_text()


def test_what_is_stopped_in_one_window_is_stopped_in_the_other(office: Office, chromium: Any) -> None:
    one = enter(chromium, office, "berg")
    ask(one, SPOKEN)
    other = beside(one)
    office.actor.pause = 0.5
    write(one, ASKED["possibly"][0])
    other.wait_for_selector("#live .live .dots")
    other.click("#stop")
    for window in (one, other):
        assert answered(window, 2).locator("[data-act=again]").count()
        assert not window.locator("#stop").is_visible()


def test_a_question_that_is_refused_because_another_runs_shows_the_one_that_runs(office: Office, chromium: Any) -> None:
    one = enter(chromium, office, "endo")
    ask(one, SPOKEN)
    other = beside(one)
    office.actor.pause = 0.5
    write(one, ASKED["possibly"][0])
    one.wait_for_selector("#live .live .dots")
    write(other, ASKED["refusal"][0])
    other.wait_for_selector("#live .live .dots")
    assert other.input_value("#question textarea") == ASKED["refusal"][0]
    assert other.locator("#stop").is_visible()
    answered(other, 2)


def test_an_edit_that_is_being_written_is_not_lost_to_what_happens_in_the_other_window(
    office: Office, chromium: Any
) -> None:
    one = enter(chromium, office, "tanabe")
    ask(one, SPOKEN)
    other = beside(one)
    other.click("#past [data-act=edit]")
    other.fill(".editing", "half written")
    ask(one, ASKED["possibly"][0])
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    other.wait_for_timeout(2000)
    assert other.input_value(".editing") == "half written"
    other.keyboard.press("Escape")
    answered(other, 2)


# -- what is attached and what is dropped ----------------------------------------------------------------------------------


def test_a_question_about_a_picture_names_it_and_is_asked_again_about_the_same_picture(
    office: Office, chromium: Any
) -> None:
    page = enter(chromium, office, "sawada")
    page.set_input_files("#attach", str(PLATE))
    turn = ask(page, "What is this?")
    assert PLATE.name in turn.locator(".about").inner_text()
    before = turn.locator(".cards").inner_text()
    number = turn.get_attribute("data-turn")
    turn.locator("[data-act=again]").click()
    page.wait_for_selector(f"#past .turn:not([data-turn='{number}'])")
    again = answered(page, 1)
    assert PLATE.name in again.locator(".about").inner_text()
    assert again.locator(".cards").inner_text() == before


def test_a_picture_that_cannot_be_read_is_called_by_its_own_name_and_not_offered_again(
    office: Office, chromium: Any, tmp_path: Path
) -> None:
    bad = tmp_path / "スピンドル photo.png"
    bad.write_bytes(b"no picture at all")
    page = enter(chromium, office, "sawada", "ja")
    page.set_input_files("#attach", str(bad))
    page.click("#ask")
    turn = answered(page, 1)
    assert turn.locator(".asked").inner_text() == bad.name
    assert bad.name in turn.locator(".trouble").inner_text() and "shown" not in turn.inner_text()
    assert words("ja")["attach_again"] in turn.inner_text()
    assert not turn.locator("[data-act=again], [data-act=edit]").count()


@pytest.mark.parametrize(("person", "word"), [("endo", "goes_to_files"), ("tanabe", "not_asked_about")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_is_neither_seen_nor_heard_is_told_where_it_goes(
    office: Office, chromium: Any, person: str, word: str, language: Language
) -> None:
    page = enter(chromium, office, person, language)
    page.wait_for_selector("#drawer")
    page.evaluate(f"({DROP})({json.dumps([['offer.pdf', 'application/pdf']])})")
    said = page.locator("#elsewhere")
    assert all(one in said.inner_text() for one in ("offer.pdf", words(language)["is_neither"], words(language)[word]))
    assert said.locator("a").is_visible() == (person == "endo")
    page.evaluate(f"({DROP})({json.dumps([['photo.png', 'image/png']])})")
    assert not said.is_visible() and "photo.png" in page.inner_text("#attached")


@pytest.mark.parametrize(("person", "word"), [("endo", "goes_to_files"), ("tanabe", "not_asked_about")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_several_files_one_goes_with_the_question_and_of_the_others_it_is_told_that_they_do_not(
    office: Office, chromium: Any, person: str, word: str, language: Language
) -> None:
    page, text = enter(chromium, office, person, language), words(language)
    page.wait_for_selector("#drawer")
    said, chip = page.locator("#elsewhere"), page.locator("#attached")
    picture, sound, sheet = ("a.png", "image/png"), ("b.mp3", "audio/mpeg"), ("offer.pdf", "application/pdf")
    for files, taken, outside in (
        ([sheet, ("plan.txt", "text/plain")], "", "offer.pdf, plan.txt:"),
        ([sheet, picture, sound], "a.png", "offer.pdf, b.mp3:"),
        ([sound], "b.mp3", "a.png:"),
        ([sheet, *[(f"{n}.png", "image/png") for n in range(5)]], "0.png", "b.mp3, offer.pdf, 1.png (+3):"),
    ):
        page.evaluate(f"({DROP})({json.dumps(files)})")
        assert outside in said.inner_text() and text["one_at_once"] in said.inner_text(), files
        assert text[word] in said.inner_text() and text["is_neither"] not in said.inner_text()
        assert said.locator("a").is_visible() == (person == "endo")
        assert taken in chip.inner_text() and chip.is_visible() == bool(taken)


# -- trouble ----------------------------------------------------------------------------------------------------------------


def test_who_is_signed_out_is_told_of_a_question_only_if_there_was_one(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "tanabe")
    ask(page, SPOKEN)
    office.parts.people.revoke("tanabe")
    page.wait_for_selector("#signed-out:not([hidden])")
    assert not page.locator("#not-sent").is_visible()
    write(page, SPOKEN)
    page.wait_for_selector("#not-sent:not([hidden])")


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_that_did_not_arrive_are_told_so_and_sent_again_once_the_server_is_back(
    office: Office, chromium: Any, tmp_path: Path, language: Language
) -> None:
    (new := tmp_path / f"brought-{language}.txt").write_text(f"The bracket {language} costs 12 yen.")
    page, said = enter(chromium, office, "endo", language), words(language)
    page.goto(f"{office.url}/files?lang={language}")
    page.select_option("#into", "sales")
    office.stop()
    page.set_input_files("#choose-files", str(new))
    page.wait_for_selector(f"#jobs [role=alert]:has-text('{said['no_server']}')")
    assert said["files_not_sent"] in page.inner_text("#jobs") and said["sending"] not in page.inner_text("#jobs")
    office.start()
    page.click(f"#jobs button:has-text('{said['send_again']}')")
    page.wait_for_selector("#jobs li.done")
    page.wait_for_selector(f"#sources tr:has-text('{new.name}')")
    assert said["files_not_sent"] not in page.inner_text("#jobs")
    office.parts.people.revoke("endo")
    page.set_input_files("#choose-files", str(new))
    alert = page.locator("#jobs [role=alert]")
    alert.wait_for()
    assert said["signed_out"] in alert.inner_text() and said["files_not_sent"] in alert.inner_text()
    assert alert.locator("a").get_attribute("href").startswith("/sign-in?next=%2Ffiles")
