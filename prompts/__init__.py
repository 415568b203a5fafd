"""The texts the language model is given, one Markdown file each. Imports nothing of ours."""

from __future__ import annotations

from importlib.resources import files
from string import Template


def fill(name: str, **values: str) -> str:
    """The prompt `<name>.md` with its `$places` filled.

    Raises:
        KeyError: a place has no value. A prompt with a hole in it is an error, never an empty string.
    """
    text = (files(__name__) / f"{name}.md").read_text("utf-8")
    return Template(text).substitute(values).rstrip("\n")
