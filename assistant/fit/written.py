"""The texts beside this room's code: worked examples (`worked.toml`), made names and how one asks on (`made.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.model.vocabulary import Turn
from ingest.text.language import Language

OTHER: dict[Language, Language] = {"en": "ja", "ja": "en"}


@dataclass(frozen=True, slots=True)
class Made:
    """What is made up in one language; `{...}` are places to be filled. See the file."""

    names: list[str]
    topics: list[str]
    quantities: list[str]
    times: list[str]
    joins: list[str]
    named: list[str]
    figure: str
    figures_on: list[str]
    rule: str
    ruled: str
    rules_on: list[str]
    files: list[str]
    untitled: list[str]
    section_file: list[str]
    steps: str
    list: str
    about: str


@cache
def made(language: Language) -> Made:
    return Made(**_toml("made")[language])


@cache
def worked(task: str, language: Language) -> tuple[Turn, ...]:
    """What the model is told for a task, and worked examples; it is to write in that language."""
    table = _toml("worked")[task][language]
    shots = [turn for given, said in table["shots"] for turn in (Turn("user", given), Turn("assistant", said))]
    return (Turn("system", table["told"]), *shots)


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
