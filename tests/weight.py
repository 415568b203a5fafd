"""How soon the chat page is painted and can be used, and how heavy it is, in Debian's chromium:  python -m tests.weight"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.actor import Actor
from tests.office import running
from tests.test_web import CHROMIUM

ENTRIES = """() => performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
    .map(e => ({kind: e.initiatorType, bytes: e.encodedBodySize}))"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def seen(page: Any) -> tuple[float, float, int, int]:
    """(ms to the first paint, ms until a question can be written and examples are there, requests, bytes)."""
    page.wait_for_selector("#past .welcome")
    usable = page.evaluate("performance.now()")
    entries = page.evaluate(ENTRIES)
    return page.evaluate(PAINT), usable, len(entries), sum(one["bytes"] for one in entries)


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        serving = running(Path(home), Actor())
        office = next(serving)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="en-GB").new_page()
        page.set_default_timeout(120_000)
        page.goto(office.url)
        print(f"{'visit':<10} {'first paint':>12} {'usable':>10} {'requests':>9} {'weight':>9}")
        page.click("button[name=name]")
        _row("first", seen(page))
        page.goto(f"{office.url}/chat/en/")
        _row("again", seen(page))
        browser.close()
        next(serving, None)


def _row(name: str, visit: tuple[float, float, int, int]) -> None:
    paint, usable, requests, size = visit
    print(f"{name:<10} {paint:>9.0f} ms {usable:>7.0f} ms {requests:>9} {size / 1024:>6.0f} KB")


if __name__ == "__main__":
    main()
