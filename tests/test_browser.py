"""The assistant in a real browser as people use it: every kind of answer and of source, feeding, governing, trouble."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant.serve.web.words import Language, seal, words
from tests.actor import Actor
from tests.conftest import FIRM
from tests.office import BOX, PLATE, RECORD, REPORT, SPOKEN, Office, running
from tests.scripted import Scripted
from tests.test_web import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]
LONG = 120_000
SHIPPED = 'SELECT sum("Boxes") FROM t WHERE "Carrier" = \'Kumoashi Air\''
ASKED: dict[str, tuple[str, str, Scripted]] = {
    "model": (
        SPOKEN, "結婚するときは特別休暇を何日もらえますか。",
        Scripted("The warranty on spindle units lasts 18 months from delivery. [1]"),
    ),
    "possibly": (
        "Do coolant pumps carry a warranty?", "夏季休暇はいつですか。",
        Scripted("Coolant pumps carry a warranty of 12 months. [1]", judges={"Coolant": 0.5}),
    ),
    "calculation": (
        "How many boxes were shipped with Kumoashi Air?", "Kumoashi Airで送った箱は全部で何箱ですか。",
        Scripted(wants="rows", query=SHIPPED, table="shipments"),
    ),
    "refusal": ("What about the moon?", "月面基地はどこですか。", Scripted(doubt=1.0)),
    "talk": ("hello", "こんにちは", Scripted(wants="talk")),
}  # fmt: skip
"""A question in each language for each kind of answer, and the part that the reader plays."""
PLAYED = {question: part for english, japanese, part in ASKED.values() for question in (english, japanese)}
PLAYED[ASKED["model"][1]] = Scripted("本人が結婚するときは、慶弔休暇を5日与える。 [1]")
PLAYED[REPORT[1]] = Scripted(f"{REPORT[1]} [1]")
RIGHT = "Machine zeppelin stopped in the afternoon."
PLAYED[RIGHT] = Scripted(f"{RIGHT} [1]")
SEARCH = "async () => (await fetch('/api/search?query=zeppelin')).text()"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    yield from running(tmp_path_factory.mktemp("home"), Actor(PLAYED))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _quick(office: Office) -> Iterator[None]:
    yield
    office.actor.pause = 0.0


def enter(chromium: Any, office: Office, name: str = "hoshino", language: Language = "en", **options: Any) -> Any:
    """A page of somebody who came in with one click."""
    context = chromium.new_context(locale={"en": "en-GB", "ja": "ja-JP"}[language], **options)
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto(office.url)
    page.click(f"button[name=name][value={name}]")
    page.wait_for_selector("#past .welcome")
    return page


def write(page: Any, question: str) -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")


def ask(page: Any, question: str) -> Any:
    """Asks, and gives the turn with its answer."""
    before = page.locator("#past .turn").count()
    write(page, question)
    turn = answered(page, before + 1)
    page.wait_for_function("!document.querySelector('#question textarea').value")  # else it is emptied of the next one
    return turn


def answered(page: Any, number: int) -> Any:
    page.wait_for_function(
        f"document.querySelectorAll('#past .turn').length === {number} && !document.querySelector('#live .live')"
    )
    return page.locator("#past .turn").last


def opened(page: Any, link: Any) -> Any:
    """The source that a link opens beside the chat."""
    link.click()
    frame = page.frame_locator("#source-frame")
    frame.locator("main").wait_for()
    return frame


def cited(page: Any, question: str, file: str) -> Any:
    return opened(page, ask(page, question).locator(".card", has_text=file).first)


def minutes(said: str) -> float:
    """A moment as it is shown, in minutes since 1970."""
    return datetime.fromisoformat(said.strip()).replace(tzinfo=UTC).timestamp() / 60


def in_sight(one: Any) -> bool:
    return bool(
        one.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight }")
    )


# -- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_kind_of_answer_says_what_it_is(office: Office, chromium: Any, language: Language) -> None:
    page = enter(chromium, office, language=language)
    for how, asked in ASKED.items():
        said = ask(page, asked[language == "ja"]).locator(".how").inner_text()
        assert seal(how, language).label in said and seal(how, language).about in said, how
    refused = page.locator(".turn", has_text=ASKED["refusal"][language == "ja"])
    assert words(language)["how_to_add"] in refused.inner_text()


def test_a_picture_and_a_recording_are_asked_about(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    page.set_input_files("#attach", str(FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg"))
    page.wait_for_selector("#attached img")
    assert "nameplate-spindle-mc3.jpg" in ask(page, "What is this?").locator(".cards").inner_text()
    page.set_input_files("#attach", str(FIRM / "operations" / "sound" / "voice-memo-pump-room.flac"))
    turn = ask(page, "")
    assert turn.locator(".asked").inner_text() == SPOKEN and "18 months" in turn.locator(".words").inner_text()
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=true]")
    page.wait_for_timeout(600)
    page.click("#record")
    page.wait_for_selector("#attached:not([hidden])")
    assert "voice." in page.inner_text("#attached")


# -- sources at their place ------------------------------------------------------------------------------------------


def test_a_page_and_a_picture_are_opened_at_their_box(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    for question, file in (
        ("To what torque are the mounting bolts of the spindle tightened?", "HS-40-spindle-manual.pdf"),
        (f"Where is {PLATE}?", "nameplate-spindle-mc3.jpg"),
    ):
        image = cited(page, question, file).locator("img[data-box]")
        image.wait_for()
        top, bottom = map(float, image.get_attribute("data-box").split())
        middle = "(e, at) => { const r = e.getBoundingClientRect(); return r.top + r.height * at }"
        assert 0 <= top < bottom <= 1
        assert 0 <= image.evaluate(middle, (top + bottom) / 2) <= page.locator("#source-frame").bounding_box()["height"]
    with Image.open(FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg") as photo:
        assert abs(top - BOX[1] / photo.height) < 0.02 and abs(bottom - BOX[3] / photo.height) < 0.02


def test_a_recording_is_opened_at_its_second_with_its_line_lit(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    source = cited(page, REPORT[1], "shift-report-2026-06-09.flac")
    assert source.locator(".script li.cited").inner_text().endswith(REPORT[1])
    player = source.locator("audio")
    player.evaluate("e => e.readyState ? 0 : new Promise(done => e.addEventListener('loadedmetadata', done))")
    page.wait_for_timeout(300)
    assert 3.9 <= player.evaluate("e => e.currentTime") <= 4.5
    source.locator(".at").last.click()
    source.locator(".script li.playing", has_text=REPORT[2]).wait_for()
    assert player.evaluate("e => e.currentTime") >= 8


def test_a_record_is_opened_at_its_window_with_its_gap_left_open(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    source = cited(page, "kiln_heat event peak degC record-with-a-gap", RECORD)
    band = source.locator("rect.band")
    x, width = float(band.get_attribute("x")), float(band.get_attribute("width"))
    assert x >= 60 and width > 0 and x + width <= 790
    start, end = map(minutes, source.locator(".facts dd").first.inner_text().split(" – "))
    axis = [minutes(one) for one in source.locator("figure svg text").all_text_contents() if one.startswith("2026")]
    left, right = min(axis), max(axis)
    assert abs(x - 60 - 730 * (start - left) / (right - left)) < 8
    assert abs(width - 730 * (end - start) / (right - left)) < 16
    assert source.locator("polyline.curve").count() >= 2


def test_a_row_is_lit_in_its_table_and_a_figure_shows_its_query_and_rows(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    row = cited(page, "SO-2026-0403 Yamabiko Cargo 11.7", "shipments-2026.csv").locator("tr.cited")
    assert "SO-2026-0403" in row.inner_text() and in_sight(row)
    page.keyboard.press("Escape")
    figure = ask(page, ASKED["calculation"][0])
    behind = opened(page, figure.locator(".behind"))
    assert "SELECT sum" in behind.locator(".query").first.inner_text()
    boxes = behind.locator("tbody tr td:nth-child(5)").all_inner_texts()
    assert boxes and set(behind.locator("tbody tr td:nth-child(4)").all_inner_texts()) == {"Kumoashi Air"}
    behind.locator("tbody th a").first.click()
    assert "Kumoashi Air" in behind.locator("tr.cited").inner_text()


def test_a_concept_is_opened_with_what_it_stands_in_relation_to(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    source = cited(page, "What is chokotei?", "glossary.yaml")
    assert "less than ten minutes" in source.locator(".passage.cited").inner_text()
    assert source.locator(".related a").count() >= 1


def test_a_line_heard_wrong_is_put_right_hidden_and_shown_again(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, language="ja")
    said = words("ja")
    source = cited(page, REPORT[1], "shift-report-2026-06-09.flac")
    source.locator("details.right summary").click()
    source.locator("details.right textarea").fill(RIGHT)
    source.locator(f"button:text-is('{said['save']}')").click()
    source.locator(".notice.good", has_text=REPORT[1]).wait_for()
    found = cited(page, RIGHT, "shift-report-2026-06-09.flac")
    assert "zeppelin" in found.locator("li.cited").inner_text() and "zeppelin" in page.evaluate(SEARCH)
    found.locator("details.right summary").click()
    found.locator(f"button:text-is('{said['hide']}')").click()
    found.locator(f"h1:text-is('{said['is_hidden']}')").wait_for()
    assert "zeppelin" not in page.evaluate(SEARCH)
    found.locator(f"button:text-is('{said['show_again']}')").click()
    found.locator("details.right summary").click()
    found.locator(f"button:text-is('{said['as_read']}')").click()
    found.locator("li.cited", has_text=REPORT[1]).wait_for()


# -- what is brought, kept, lost and found again -----------------------------------------------------------------------


def test_a_folder_is_brought_its_failing_file_told_and_then_asked_about(
    office: Office, chromium: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "offers"
    folder.mkdir()
    (folder / "june.txt").write_text("The zeppelin offer to Kawa is 12 units.", "utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing else")
    page = enter(chromium, office, "endo")
    page.goto(f"{office.url}/files?lang=en")
    page.select_option("#into", "sales")
    page.set_input_files("#choose-folder", str(folder))
    page.wait_for_selector("#jobs[data-done=yes]")
    assert "broken.pdf" in page.inner_text("#jobs li.failed") and "june.txt" in page.inner_text("#jobs li.done")
    page.goto(office.url)
    page.wait_for_selector("#past .welcome")
    assert "12 units" in ask(page, "zeppelin offer to Kawa").inner_text()


def test_two_uploads_at_once_keep_both_reports_and_failures_are_there_again(
    office: Office, chromium: Any, tmp_path: Path
) -> None:
    page = enter(chromium, office, "endo")
    page.goto(f"{office.url}/files?lang=en")
    page.select_option("#into", "sales")
    for name, text in (("torn.pdf", "%PDF-1.7 and nothing else"), ("airship.txt", "The airship is booked until May.")):
        (tmp_path / name).write_text(text, "utf-8")
        page.set_input_files("#choose-files", str(tmp_path / name))
    page.wait_for_selector("#jobs li.done:has-text('airship.txt')")
    page.wait_for_selector("#jobs li.failed:has-text('torn.pdf')")
    page.wait_for_selector("#sources a:has-text('airship.txt')")
    page.reload()
    page.wait_for_selector("#jobs li.failed:has-text('torn.pdf')")
    assert page.locator("#jobs li.done").count() == 0


def test_a_page_loaded_anew_goes_on_and_history_survives_a_restart(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    office.actor.pause = 0.4
    write(page, SPOKEN)
    page.wait_for_selector("#live .draft .words")
    page.reload()
    page.wait_for_selector("#live .live, #past .turn")
    assert "18 months" in answered(page, 1).inner_text()
    office.stop()
    write(page, "Are you there?")
    page.wait_for_selector("#lost:not([hidden])")
    office.start()
    page.wait_for_selector("#lost[hidden]", state="attached")
    page.wait_for_selector("#past .turn")
    assert "18 months" in page.inner_text("#past")
    assert page.locator("#talks a[aria-current=page]").inner_text() == SPOKEN


def test_an_answer_is_stopped_and_asked_again_in_other_words(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    office.actor.pause = 0.6
    write(page, SPOKEN)
    page.wait_for_selector("#live .draft .words")
    page.click("#stop")
    assert seal("turn_stopped", "en").label in answered(page, 1).locator(".how").inner_text()
    office.actor.pause = 0.0
    page.click("#past [data-act=edit]")
    page.fill("textarea.editing", ASKED["possibly"][0])
    page.keyboard.press("Enter")
    page.wait_for_selector("#past .said.possible")
    assert page.inner_text("#past .asked") == ASKED["possibly"][0]


def test_signed_out_elsewhere_is_told_and_what_was_written_stays(office: Office, chromium: Any) -> None:
    page = enter(chromium, office, "tanabe")
    office.parts.people.revoke("tanabe")
    write(page, SPOKEN)
    page.wait_for_selector("#signed-out:not([hidden]) a[href='/sign-in']")


# -- who reads what ----------------------------------------------------------------------------------------------------


def test_two_people_at_once_each_get_their_own(office: Office, chromium: Any) -> None:
    mori, sawada = enter(chromium, office, "mori"), enter(chromium, office, "sawada")
    office.actor.pause = 0.1
    question = "To what torque are the mounting bolts of the spindle tightened?"
    write(mori, question)
    write(sawada, question)
    assert "manual.pdf" not in answered(mori, 1).inner_text()
    assert "manual.pdf" in answered(sawada, 1).inner_text()
    link = sawada.locator("#past .card").first.get_attribute("href")
    mori.goto(f"{office.url}{link}")
    assert words("en")["absent"] in mori.inner_text("main")
    mori.goto(f"{office.url}/govern?lang=ja")
    assert words("ja")["trouble"] in mori.inner_text("main")


def test_a_grant_withdrawn_in_the_policy_closes_the_answer_that_rested_on_it(office: Office, chromium: Any) -> None:
    endo, hoshino = enter(chromium, office, "endo"), enter(chromium, office)
    ask(endo, "SO-2026-0403 Yamabiko Cargo 11.7")
    assert "shipments-2026.csv" in endo.inner_text("#past")
    hoshino.goto(f"{office.url}/govern/as/endo?lang=en")
    assert "shipments-2026.csv" in hoshino.inner_text("main") and "manual.pdf" not in hoshino.inner_text("main")
    hoshino.goto(f"{office.url}/govern?lang=en")
    before = hoshino.input_value("textarea.code")
    for text, change in (
        (before.replace("reads: [sales]", "reads: [public]"), "− reads sales"),
        (before, "+ reads sales"),
    ):
        hoshino.fill("textarea.code", text)
        hoshino.click(f"button:text-is('{words('en')['preview_it']}')")
        assert change in hoshino.inner_text(".preview li:has-text('endo')")
        hoshino.click(f"button:text-is('{words('en')['in_force']}')")
        hoshino.wait_for_selector("textarea.code")
        endo.reload()
        endo.wait_for_selector("#past .turn")
        gone = words("en")["gone"] in endo.inner_text("#past")
        assert gone == (change == "− reads sales")


def test_what_is_said_about_an_answer_reaches_whoever_governs(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    turn = ask(page, SPOKEN)
    turn.locator("[data-act=good]").click()
    page.wait_for_selector("#said:not([hidden])")
    form = opened(page, turn.locator(f"[title='{words('en')['bad']}']"))
    form.locator("textarea[name=answer]").fill("It is 24 months for a zeppelin.")
    form.locator("input[name=entity]").nth(1).check()
    form.locator("button").click()
    form.locator(".notice.good").wait_for()
    page.goto(f"{office.url}/govern/health?lang=en")
    assert "24 months for a zeppelin" in page.inner_text("main")


def test_the_map_draws_the_question_and_a_dot_opens_its_source(office: Office, chromium: Any) -> None:
    page = enter(chromium, office)
    turn = ask(page, SPOKEN)
    why = opened(page, turn.locator(f"[title='{words('en')['why']}']"))
    assert "warranty-policy.md" in why.locator(".found li.cited").first.inner_text()
    why.locator("a[href^='/map']").click()
    page.wait_for_selector("path.asked", state="attached")
    page.locator("circle.hit").first.click()
    page.wait_for_selector(".passage.cited, tr.cited, figure")


# -- screens -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(390, 844), (844, 390)])
def test_a_phone_shows_the_source_as_a_sheet_and_nothing_sticks_out(
    office: Office, chromium: Any, width: int, height: int
) -> None:
    size = {"width": width, "height": height}
    page = enter(chromium, office, viewport=size, has_touch=True, is_mobile=True, color_scheme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    turn = ask(page, SPOKEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened(page, turn.locator(".card").first)
    sheet = page.locator("#source").bounding_box()
    assert sheet["y"] + sheet["height"] >= height - 1 and (sheet["y"] > 0 or sheet["x"] > 0)
    page.tap("#source-close")
    page.tap("#menu")
    page.wait_for_selector("#drawer a[href^='/files']", state="visible")
    page.tap("#dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    for path in ("/files", "/map", "/govern", "/govern/audit", "/govern/health", "/sign-in"):
        page.goto(f"{office.url}{path}?lang=ja")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert re.search("[ぁ-んァ-ン一-龯]", page.inner_text("main h1"))
