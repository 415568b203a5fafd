"""What other parts say in plain English, told in the reader's language: notes, reasons and errors, as `told.toml` has them.

The English sentence is its own name, with {} for its values; values that are sentences themselves are told, too. What the
file does not have stays as it is. Of a file of the server only its name is told, not the folders that it lies in.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from assistant.answer.notes import counted
from assistant.serve.web.words import Language

_FOLDERS = re.compile(r"(?<![^\s(])/(?=[^\s/])(?:(?:(?!: | \()[^/\n])*[^/\s]/)+")
"""The folders of an absolute path: they say more about a machine than a reader needs."""
DEEPEST = 4
"""Sentences within sentences: a note about an attachment about a picture in it."""


def told(text: str, language: Language) -> str:
    """A sentence in a language, with no path of this machine in it.

    A query stays as it was run, and a sentence of ours without values as it is: it names no file.
    """
    plain = text if text in sentences() or counted((text,)) else _FOLDERS.sub("", text)
    return plain if language == "en" else _told(plain, DEEPEST)


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Every sentence there is, in Japanese."""
    return tomllib.loads(files(__package__).joinpath("told.toml").read_text("utf-8"))


def _told(text: str, deep: int) -> str:
    if text in sentences():
        return sentences()[text]
    for pattern, japanese in _patterns() if deep else ():
        if found := pattern.fullmatch(text):
            return japanese.format(*(_told(value, deep - 1) for value in found.groups()))
    message, opened, hint = text.removesuffix(")").rpartition(" (")
    if deep and opened and text.endswith(")"):  # an error with its next step
        said = _told(message, deep - 1), _told(hint, deep - 1)
        return "{}（{}）".format(*said) if said != (message, hint) else text
    return text


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with values, those that say most first."""
    with_values = [(english, japanese) for english, japanese in sentences().items() if "{}" in english]
    said = sorted(with_values, key=lambda pair: (-len(pair[0].replace("{}", "")), pair[0]))
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL), japanese)
        for english, japanese in said
    )
