"""The pictures of the documents, taken of the sample firm in Debian's chromium:  python -m tests.pictures

What is answered is played (`tests.actor`), everything else is the product: the firm's real files, search, pages, sources.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.actor import Actor
from tests.office import REPORT, SPOKEN, Office, running
from tests.scripted import Scripted
from tests.test_browser import ASKED, PLAYED, ask, cited, enter, opened
from tests.test_web import CHROMIUM

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
LARGEST = 150_000
"""Bytes of a picture."""
DESK, PHONE = {"width": 1360, "height": 800}, {"width": 390, "height": 800}
TORQUE = "To what torque are the mounting bolts of the spindle tightened?"
PARTS = {
    **PLAYED,
    TORQUE: Scripted("The mounting bolts of the spindle are tightened to 48 N·m. [1]"),
}


def page_with_its_box(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, viewport=DESK)
    source = cited(page, TORQUE, "HS-40-spindle-manual.pdf")
    source.locator("img[data-box]").wait_for()
    return page


def recording_at_its_second(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, viewport=DESK, color_scheme="dark")
    cited(page, REPORT[1], "shift-report-2026-06-09.flac").locator(".script li.cited").wait_for()
    return page


def figure_with_its_rows(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, language="ja", viewport=DESK)
    opened(page, ask(page, ASKED["calculation"][1]).locator(".behind")).locator(".query").first.wait_for()
    return page


def who_reads_what(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, viewport=DESK)
    page.goto(f"{office.url}/govern?lang=en")
    return page


def map_of_memory(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, viewport=DESK)
    page.goto(f"{office.url}/map?lang=en&question={SPOKEN}")
    return page


def phone_with_a_sheet(chromium: Any, office: Office) -> Any:
    page = enter(chromium, office, language="ja", viewport=PHONE, has_touch=True, is_mobile=True)
    opened(page, ask(page, ASKED["model"][1]).locator(".card").first)
    return page


SHOTS: dict[str, Callable[[Any, Office], Any]] = {
    "page": page_with_its_box, "recording": recording_at_its_second, "figure": figure_with_its_rows,
    "govern": who_reads_what, "map": map_of_memory, "phone": phone_with_a_sheet,
}  # fmt: skip


def kept(name: str, png: bytes) -> int:
    """Writes a picture with as many colours as fit; returns its bytes."""
    with Image.open(io.BytesIO(png)) as shot:
        for colours in (256, 128, 64, 32):
            data = io.BytesIO()
            shot.convert("RGB").quantize(colours).save(data, "PNG", optimize=True)
            if data.tell() < LARGEST:
                break
    (FOLDER / f"{name}.png").write_bytes(data.getvalue())
    return data.tell()


def main() -> None:
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        serving = running(Path(home), Actor(PARTS))
        office = next(serving)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, take in SHOTS.items():
            page = take(chromium, office)
            page.wait_for_timeout(1_500)
            print(f"{name:<12} {kept(name, page.screenshot()):>8,} bytes")
            page.context.close()
        chromium.close()
        next(serving, None)


if __name__ == "__main__":
    main()
