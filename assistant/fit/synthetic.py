"""Invented passages of a small firm with questions about them, from `synthetic.yaml`."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

Made = tuple[str, list[tuple[str, str]]]
"""A text and its (question, answer) pairs."""

_PLACE = re.compile(r"\$(\d?)([a-z]+)")


def invent(families: int, seed: int) -> Iterator[Made]:
    """`families` runs of passages; the passages of one run share a template, and differ in what they say."""
    chance = random.Random(seed)  # noqa: S311
    values, templates = _templates()
    for _ in range(families):
        template = chance.choice(templates)
        drawn: dict[str, list[str]] = {}
        for number in range(template.get("family", 1)):
            yield _filled(template, values, drawn, number, chance)


@lru_cache(maxsize=1)
def _templates() -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    found = yaml.safe_load((files(__package__) / "synthetic.yaml").read_text("utf-8"))
    return found["values"], found["templates"]


def _filled(
    template: dict[str, Any],
    values: dict[str, list[str]],
    drawn: dict[str, list[str]],
    number: int,
    chance: random.Random,
) -> Made:
    """One passage. Draws without repetition inside a passage; a family's passages start at different values."""
    local: dict[str, list[str]] = {}

    def value(match: re.Match[str]) -> str:
        which, name = int(match[1] or 0), match[2]
        if name not in local:
            order = drawn.setdefault(name, chance.sample(values[name], len(values[name])))
            head = order[number % len(order)]
            local[name] = [head, *chance.sample([v for v in values[name] if v != head], len(values[name]) - 1)]
        return local[name][which]

    text = _PLACE.sub(value, template["text"])
    return text[0].upper() + text[1:], [(_PLACE.sub(value, q), _PLACE.sub(value, a)) for q, a in template["asks"]]
