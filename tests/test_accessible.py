"""Every page and state passes axe-core (nothing moderate or worse), in light and dark, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from tests.office import Office
from tests.test_browser import ASKED, ask, chromium, enter, office
from tests.test_web import CHROMIUM, WARRANTY, Served, _signed_in, browser, served

__all__ = ["browser", "chromium", "office", "served"]
AXE = "axe_core_python"
BAD = ("moderate", "serious", "critical")
GRADIO = ("region", "landmark-one-main")
"""Gradio's frame has no landmarks of its own; our pieces in it name theirs."""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")]


@pytest.fixture(scope="module")
def axe() -> Iterator[str]:
    yield files(AXE).joinpath("axe.min.js").read_text("utf-8")


def faults(page: Any, axe: str, but: tuple[str, ...] = ()) -> list[str]:
    """What axe finds that is moderate or worse, as "rule: what, where"."""
    page.evaluate(axe)
    found = page.evaluate("axe.run({iframes: false}).then(result => result.violations)")
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in BAD and one["id"] not in but
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_the_pages_beside_the_chat(served: Served, browser: Any, axe: str, dark: bool) -> None:
    page, _ = _signed_in(browser, served, "en-GB")
    page.emulate_media(color_scheme="dark" if dark else "light")
    entities = [served.firm[kind][-1].id for kind in ("text", "table", "sensor", "sound", "pdf", "picture")]
    for path in ("/files", "/map", "/docs?lang=ja", "/nowhere", *(f"/open/{id}" for id in entities), "/open/nothing"):
        page.goto(served.url + path)
        page.wait_for_load_state("networkidle")
        assert not faults(page, axe), path
    page.context.clear_cookies()
    page.goto(served.url)
    assert not faults(page, axe)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_chat_in_each_state(served: Served, browser: Any, axe: str, width: int, dark: bool) -> None:
    page, _ = _signed_in(browser, served, "ja-JP")
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_selector(".welcome", timeout=60_000)
    assert not faults(page, axe, GRADIO)
    page.fill("#question textarea", WARRANTY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#past .card", timeout=60_000)
    assert not faults(page, axe, GRADIO), "with a conversation beside it"
    page.click("#past .card")
    page.wait_for_selector("#source:not([hidden])")
    assert not faults(page, axe, GRADIO)


@pytest.mark.parametrize("dark", [False, True])
def test_every_kind_of_answer_and_every_page_about_it_and_for_whoever_governs(
    office: Office, chromium: Any, axe: str, dark: bool
) -> None:
    page = enter(chromium, office, language="ja" if dark else "en", color_scheme="dark" if dark else "light")
    for english, _, _ in ASKED.values():
        ask(page, english)
    assert not faults(page, axe, GRADIO)
    turn = page.locator("#past .turn", has=page.locator(".behind"))
    paths = [turn.locator(f"a[href*='/{name}']").first.get_attribute("href") for name in ("rows", "why", "wrong")]
    source = office.memory.catalog.sources()[0].id
    paths += [
        f"/files/{source}",
        "/map?question=warranty",
        "/govern",
        "/govern/as/endo",
        "/govern/audit",
        "/govern/health",
    ]
    for path in paths:
        page.goto(f"{office.url}{path}")
        page.wait_for_load_state("networkidle")
        assert not faults(page, axe), path
    page.context.clear_cookies()
    page.goto(f"{office.url}/sign-in")
    assert not faults(page, axe)
