"""Stand-ins and fixtures for all tests. A stand-in works, in miniature; nothing is patched."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Note
from ingest.source import Source
from ingest.space.entity import Draft, Locator
from ingest.space.space import Placed, Vectors, unit

# Machines are slow and shared: no test fails for taking long. The suite everybody runs tries the same examples every
# time; `make search` (nightly, or by hand) looks for new ones and prints how to repeat what it found.
PATIENT = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("same", PATIENT, derandomize=True)
hypothesis_settings.register_profile("search", PATIENT, print_blob=True)
hypothesis_settings.load_profile("same")

OFFLINE = Path(__file__).resolve().parent / "offline"
SCREENS = Path(__file__).resolve().parents[1] / "runs" / "screens"


def pytest_configure() -> None:
    """No test and no process a test starts can reach a network."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
    spec = importlib.util.spec_from_file_location("offline", OFFLINE / "sitecustomize.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs the data beside the checkout is marked so, and left out of the quick tests; what needs an extra is left out
    where that is not installed."""
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.public)
    if importlib.util.find_spec("presidio_analyzer") is None:
        left = [item for item in items if item.get_closest_marker("extra") is None]
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("extra")])
        items[:] = left


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What stood on the pages of a browser when a test ended, well or badly, is kept as pictures in `runs/screens/`."""
    browser = getattr(item, "funcargs", {}).get("chromium")
    if browser is not None:
        SCREENS.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"\W+", "-", item.name)
        pages = [page for context in browser.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            with contextlib.suppress(Exception):  # a page may hang or be gone, which is no fault of what was tested
                page.screenshot(path=SCREENS / f"{name}-{number}.png", timeout=10_000)
        for context in browser.contexts:
            context.close()


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FIRM = Path(str(files("assistant.app.demo"))) / "firm"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Public data kept beside the checkout; tests that need it are skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip("the data beside the checkout is not on this machine")
    return SHARED.resolve()


class WordSpace:
    """A linguistic space in miniature: every word has a fixed random direction; a text is the sequence of its words."""

    dim = 48

    def __init__(self, name: str = "words in miniature") -> None:
        self.name = name
        self.fingerprint = f"{name}-{self.dim}"
        self.placed_texts = 0

    def place(self, texts: Sequence[str], ratio: int = 1, question: bool = False) -> list[Placed]:
        self.placed_texts += len(texts)
        return [self._place(text) for text in texts]

    def fluency(self, text: str) -> float:
        return float(text.isascii())

    def _place(self, text: str) -> Placed:
        words = re.findall(r"\w+", text.lower()) or [""]
        slots = np.stack([self._word(word) for word in words])
        return Placed(unit(slots.mean(axis=0)), slots)

    def _word(self, word: str) -> Vectors:
        seed = zlib.crc32(word.encode())
        return np.random.default_rng(seed).standard_normal(self.dim).astype(np.float32)


class ParagraphReader:
    """A reader in miniature: every paragraph of a text file is a passage. A file that says BROKEN cannot be read."""

    name = "paragraphs"

    def accepts(self, source: Source) -> bool:
        return source.media.startswith("text/")

    def read(self, source: Source) -> Iterator[Draft | Note]:
        text = source.path.read_text("utf-8")
        if "BROKEN" in text:
            raise ValueError("this file says it is broken")
        at = 0
        for paragraph in text.split("\n\n"):
            if paragraph.strip():
                yield Draft(
                    "passage", paragraph.strip(), Locator(chars=(at, at + len(paragraph))), title=source.path.stem
                )
            at += len(paragraph) + 2


@pytest.fixture
def space() -> WordSpace:
    return WordSpace()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An own home folder for each test."""
    return Settings(home=tmp_path / "home")


@pytest.fixture
def memory(settings: Settings, space: WordSpace) -> Iterator[Memory]:
    with Memory(settings, space) as opened:
        yield opened
