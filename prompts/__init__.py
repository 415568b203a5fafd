"""The texts the language model is given, one Markdown file each. Imports nothing of ours."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template


def fill(name: str, **values: str) -> str:
    """The prompt `<name>.md` with its `$places` filled.

    Raises:
        KeyError: a place has no value. A prompt with a hole in it is an error, never an empty string.
    """
    return Template(_read(name)).substitute(values).rstrip("\n")


def turns(name: str) -> tuple[tuple[str, str], ...]:
    """The prompt `<name>.md` as role and text: what the model is told, then worked examples, each behind a line like
    `## user`."""
    told, *examples = re.split(r"^## (user|assistant)\n", _read(name), flags=re.MULTILINE)
    return (
        ("system", told.strip()),
        *((role, text.strip()) for role, text in zip(examples[::2], examples[1::2], strict=True)),
    )


def _read(name: str) -> str:
    return (files(__name__) / f"{name}.md").read_text("utf-8")
