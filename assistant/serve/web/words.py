"""The words of the interface in English and Japanese, as they stand in `words.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from ingest.space.entity import Locator

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

_FILE = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
_SEALS: Mapping[str, Any] = _FILE.pop("seals")


@dataclass(frozen=True, slots=True)
class Seal:
    """What kind of answer it is: how it looks, what it is called, what that means."""

    look: str
    label: str
    about: str


def seal(how: str, language: Language) -> Seal:
    """The seal of a kind of answer; a kind without one is shown plainly, under its own name."""
    found, at = _SEALS.get(how), LANGUAGES.index(language)
    return Seal(found["look"], found["label"][at], found["about"][at]) if found else Seal("plain", how, "")


def words(language: Language) -> dict[str, str]:
    """Every word of the interface in one language."""
    return {name: pair[LANGUAGES.index(language)] for name, pair in _FILE.items()}


def preferred(header: str) -> Language:
    """The language a browser asks for first, of those there are (the `Accept-Language` of RFC 9110, by order)."""
    for wish in header.lower().split(","):
        for language in LANGUAGES:
            if wish.strip().startswith(language):
                return language
    return "en"


def place(locator: Locator, language: Language) -> str:
    """Where something stands, in words: "page 3", "0:37–0:42", "row 12"."""
    japanese = language == "ja"
    said = [
        (locator.part, locator.part),
        (f"page {locator.page}", f"{locator.page}ページ") if locator.page else None,
        (f"sheet {locator.sheet}", f"シート {locator.sheet}") if locator.sheet else None,
        (f"row {locator.row}", f"{locator.row}行目") if locator.row and not locator.cell else None,
        (f"cell {locator.cell}", f"セル {locator.cell}") if locator.cell else None,
        (_seconds(locator), _seconds(locator)) if locator.start is not None else None,
        (_window(locator), _window(locator)) if locator.window else None,
    ]
    return ", ".join(str(pair[japanese]) for pair in said if pair and pair[japanese])


def clock(seconds: float) -> str:
    """A moment of a recording: 0:37, 1:02:05."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _seconds(locator: Locator) -> str:
    start, end = locator.start or 0.0, locator.end
    return clock(start) if end is None else f"{clock(start)}–{clock(end)}"


def _window(locator: Locator) -> str:
    return " – ".join(moment.replace("T", " ").removesuffix(":00") for moment in locator.window or ())
