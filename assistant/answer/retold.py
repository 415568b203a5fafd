"""What our readers write in English of pictures, sounds, series, tables and pages, as people are shown it.

In Japanese it is told by `retold.toml`, letter for letter in all that is a value; what that file does not know stays as it
is. Of what may be seen in a picture only what is likely is named. The memory, and what is cited, keep the readers' words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

KINDS = frozenset({"page", "picture", "region", "sound", "series", "event", "table", "column"})
"""Kinds of entities that a reader describes in its own words; those of all others are somebody's."""
LONGEST = 4_000
"""Characters that are told; what is behind them stays as it is."""
_SLOT = re.compile(r"{(([a-z]+)\d*)}")
_SEEN = re.compile(
    r"(Picture of |Part of a picture: )([^;]{1,80}?) ([01]\.\d\d)(?:, [^;]{1,80}? [01]\.\d\d){0,4}(?=; |\.$|$)"
)
_LIKELY = 0.5


def retold(text: str, kind: str, language: str) -> str:
    """What a reader said of an entity of a kind, in a language; anything else as it is."""
    if kind not in KINDS:
        return text
    plain = _SEEN.sub(_likely, text, count=1) if _SEEN.match(text) else text
    return _forms()[kind].told(plain[:LONGEST]) + plain[LONGEST:] if language == "ja" else plain


def retold_parts(parts: tuple[str, str, str], kind: str, language: str) -> tuple[str, str, str]:
    """The same for a text before, inside and after what is marked in it; all of it is marked where the place is not found."""
    whole, marked = "".join(parts), parts[1]
    said = retold(whole, kind, language)
    if said == whole or not marked:
        return parts if said == whole else (said, "", "")
    inside = retold(marked, kind, language)
    before, found, after = said.partition(inside)
    return (before, found, after) if found else ("", said, "")


def _likely(found: re.Match[str]) -> str:
    """The one thing that a picture most likely shows, or none."""
    opening, name, share = found.groups()
    if float(share) >= _LIKELY:
        return f"{opening}{name} {share}"
    return opening.removesuffix(" of ").removesuffix(": ")


@dataclass(frozen=True, slots=True)
class _Clause:
    """One of the ways in which a step is said: as a pattern, its values named, and in Japanese."""

    pattern: re.Pattern[str]
    japanese: str

    def told(self, text: str) -> str | None:
        """In Japanese; None where it says something else."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        return self.japanese.format(**{name: _value(name, value) for name, value in found.groupdict().items()})


@dataclass(frozen=True)
class _Form:
    """How a kind of text is built: in steps, with what stands between two and at the end, in English and Japanese."""

    steps: Sequence[Sequence[_Clause]]
    between: tuple[str, str] = ("", "")
    end: tuple[str, str] = ("", "")
    listed: bool = False

    def told(self, text: str) -> str:
        """In Japanese as far as its clauses are known, also of a part of such a text; else the text."""
        return self._side_by_side(text) if self.listed else self._in_steps(text)

    def _in_steps(self, text: str) -> str:
        for whole in self._wholes:
            found = whole.fullmatch(self.between[0] + text)
            steps = {n: found[f"step{n}"] for n in range(len(self.steps)) if found[f"step{n}"]} if found else {}
            if found and steps:
                known = {"lead": "", "end": "", "rest": "", **found.groupdict("")}
                told = [
                    known["lead"].removeprefix(self.between[0]),
                    *(self._clause(n, one) for n, one in steps.items()),
                ]
                return self.between[1].join(filter(None, told)) + (self.end[1] if known["end"] else "") + known["rest"]
        return text

    def _side_by_side(self, text: str) -> str:
        """Piece by piece; pieces that say nothing by themselves belong to the next that does."""
        told: list[str] = []
        held: list[str] = []
        for piece in text.split(self.between[0]):
            held.append(piece)
            if self._says(piece):
                told.append(self._clause(0, self.between[0].join(held)))
                held = []
        rest = self.between[0].join(held)
        return self.between[1].join(told) + (self.between[0] if told and held else "") + rest

    def _says(self, piece: str) -> bool:
        return any(one.pattern.fullmatch(piece) for one in self.steps[0])

    def _clause(self, number: int, text: str) -> str:
        told = (one.told(text) for one in self.steps[number])
        return next((one for one in told if one is not None), text)

    @cached_property
    def _wholes(self) -> tuple[re.Pattern[str], ...]:
        """Patterns of a whole text, of one that is cut at its end, at its beginning, and at both."""
        between = re.escape(self.between[0])
        steps = "".join(
            f"(?:{between}(?P<step{number}>{'|'.join(map(_unnamed, clauses))}))?"
            for number, clauses in enumerate(self.steps)
        )
        end = f"(?P<end>{re.escape(self.end[0])})?"
        lead, rest = "(?P<lead>.+?)", f"(?P<rest>{between}.*)"
        shapes = (steps + end, steps + rest, lead + steps + end, lead + steps + rest)
        return tuple(re.compile(one, re.DOTALL) for one in shapes)


def _unnamed(clause: _Clause) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", clause.pattern.pattern)


def _value(name: str, value: str) -> str:
    form = _forms().get(name.rstrip("0123456789"))
    return form.told(value) if form else value


@lru_cache(maxsize=1)
def _forms() -> Mapping[str, _Form]:
    said = tomllib.loads(files(__package__).joinpath("retold.toml").read_text("utf-8"))
    values = said.pop("values")
    return {name: _form(one, values) for name, one in said.items()}


def _form(said: Mapping[str, Any], values: Mapping[str, str]) -> _Form:
    steps = [[_Clause(_pattern(english, values), japanese) for english, japanese in step] for step in said["steps"]]
    return _Form(
        steps, tuple(said.get("between", ("", ""))), tuple(said.get("end", ("", ""))), bool(said.get("listed"))
    )


def _pattern(english: str, values: Mapping[str, str]) -> re.Pattern[str]:
    """The pattern of a clause: its words as they are, its values as they look."""
    pieces = _SLOT.split(english)
    parts = [re.escape(pieces[0])]
    for name, looks, words in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        parts.append(f"(?P<{name}>{values.get(looks, '.+?')}){re.escape(words)}")
    return re.compile("".join(parts), re.DOTALL)
