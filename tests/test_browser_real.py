"""The sample firm as it is shipped, in a real browser: real models, a few questions of each kind in both languages."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assistant.serve.web.words import Language, seal
from ingest.base import weights
from tests.conftest import FIRM
from tests.test_browser import answered, opened, write
from tests.test_browser import chromium as chromium
from tests.test_web import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here"),
]
LONG = 900_000
"""Milliseconds that the first answer may take on a busy machine."""
SERVE = "from assistant.cli import main; main(['--home', {home!r}, 'serve', '--demo', '--port', '{port}'])"
WRITTEN, COMPUTED, NONE, TALK = {"model", "possibly"}, {"calculation"}, {"refusal"}, {"talk"}
FIGURE = WRITTEN | COMPUTED
MOST = 4 << 20
"""KiB of memory that the server takes at most."""
ASKED: dict[Language, list[tuple[str, set[str], str, str]]] = {
    "en": [
        ("To what torque are the mounting bolts of the spindle tightened?", WRITTEN, "48", "HS-40-spindle-manual.pdf"),
        ("What rated current is stamped on the nameplate of the spindle?", WRITTEN, "52", "nameplate-spindle-mc3.jpg"),
        ("How many boxes were shipped with Kumoashi Air?", FIGURE, "82", "shipments-2026.csv"),
        ("How often should the night shift check the coolant level?", WRITTEN, "hours", "shift-report-2026-06-09.flac"),
        ("What was the highest vibration of the MC-3 spindle on 9 June 2026?", FIGURE, "6.8", "MC-3-spindle.csv"),
        ("What is a chokotei?", WRITTEN, "ten minutes", "glossary.yaml"),
        ("How many parking spaces does the plant in Okaya have?", NONE, "", ""),
        ("Hello!", TALK, "", ""),
    ],
    "ja": [
        ("結婚するときは休暇を何日もらえますか。", WRITTEN, "5", "leave-rules-ja.txt"),
        ("3号機の注意銘板によると、扉を開ける前に何秒待ちますか。", WRITTEN, "30", "warning-sign-mc3.jpg"),
        ("Kumoashi Airで送った箱は全部で何箱ですか。", FIGURE, "82", "shipments-2026.csv"),
        ("チョコ停とは何ですか。", WRITTEN, "Chokotei", "glossary.yaml"),
        ("社員食堂の昼食はいくらですか。", NONE, "", ""),
        ("こんにちは", TALK, "", ""),
    ],
}
"""A question, what kinds of answer are right, what stands in it, and which file it cites."""
PLACES = {
    ".pdf": "img[data-box]", ".jpg": "img[data-box]", ".flac": ".script li.cited", ".txt": "mark#cited",
    ".yaml": ".related a",
}  # fmt: skip
"""What a source shows at the place that was cited, by the name of its file; rows and windows have `ROW` or `WINDOW`."""
ROW, WINDOW = "tr.cited", "rect.band"
PHOTO = FIRM / "operations" / "photos" / "nameplate-spindle-mc3.jpg"
MEMO = FIRM / "operations" / "sound" / "voice-memo-pump-room.flac"


@dataclass(frozen=True, slots=True)
class Serving:
    address: str
    process: int


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    if faults := [fault for one in weights.models().values() if one.default and (fault := weights.fault(one))]:
        pytest.skip("; ".join(faults))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-c", SERVE.format(home=str(home), port=port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as serving:
        assert serving.stdout is not None
        assert any("listens at" in line for line in serving.stdout), "the server did not start"
        yield Serving(f"http://127.0.0.1:{port}", serving.pid)
        serving.terminate()


def page_of(chromium: Any, address: str, language: Language) -> Any:
    page = chromium.new_context(locale={"en": "en-GB", "ja": "ja-JP"}[language]).new_page()
    page.set_default_timeout(LONG)
    page.goto(address)
    page.click("button[name=name][value=hoshino]")
    page.wait_for_selector("#past .welcome .offer")
    return page


@pytest.mark.parametrize("language", ["en", "ja"])
def test_questions_of_every_kind_are_answered_with_sources_that_open(
    chromium: Any, serving: Serving, language: Language
) -> None:
    page = page_of(chromium, serving.address, language)
    for number, (question, kinds, held, file) in enumerate(ASKED[language], 1):
        write(page, question)
        turn = answered(page, number)
        said = turn.locator(".how").inner_text()
        assert any(seal(how, language).about in said for how in kinds), (question, said)
        assert held in turn.inner_text(), question
        if file:
            source = opened(page, turn.locator(".card", has_text=file).first)
            place = PLACES.get(Path(file).suffix, f"{ROW}, {WINDOW}")
            source.locator(place).first.wait_for(state="attached", timeout=120_000)
            page.keyboard.press("Escape")


def test_a_photograph_and_a_recording_are_asked_about(chromium: Any, serving: Serving) -> None:
    page = page_of(chromium, serving.address, "en")
    page.set_input_files("#attach", str(PHOTO))
    write(page, "What rated current does this nameplate give?")
    turn = answered(page, 1)
    assert "52" in turn.locator(".words").inner_text() and PHOTO.name in turn.locator(".cards").inner_text()
    page.set_input_files("#attach", str(MEMO))
    write(page, "")
    turn = answered(page, 2)
    assert "oil on the floor" in turn.locator(".asked").inner_text()
    assert MEMO.name in turn.locator(".cards").inner_text()


def test_a_server_that_has_answered_has_taken_less_than_four_gigabytes(serving: Serving) -> None:
    status = Path(f"/proc/{serving.process}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < MOST  # type: ignore[index]
