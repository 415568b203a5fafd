"""Fields of Word that show something no run of text says: boxes to tick, lists to choose from, signs drawn over each other.

The language of EQ fields is that of ECMA-376 part 1, 17.16.5.17.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from . import formula
from .numbering import W
from .raised import Words, above, below

_OFF = ("0", "false", "off")
_SWITCH = re.compile(r"\\([a-z]+)((?:\s*\\[a-z]+(?:\s*(?:\d+|\\?[^\w\\(),;\s]))?)*)\s*\(", re.I)
_FORMAT = re.compile(r'\\\*\s*(?:"[^"]*"|\S+)')
_READING = re.compile(r"\s*\\s\s*\\up", re.I)
"""How a reading begins that is set over a word."""
_FRAMES = frozenset("○〇◯□◇△▽")
"""What signs are put into."""
DEPTH = 20
LONGEST = 2_000
"""Characters of a code that are looked at."""


@dataclass(slots=True)
class Fields:
    """The fields of a paragraph while its words are gathered: the code of each that is open, and where its words begin."""

    _open: list[tuple[list[str], int]] = field(default_factory=list)

    def said(self, element: Any, words: Words) -> str:
        """What a mark of a field (its begin, code or end) shows.

        Args:
            words: of the paragraph so far.
        """
        if element.tag == W + "instrText":
            if self._open:
                self._open[-1][0].append(element.text or "")
            return ""
        kind = element.get(W + "fldCharType")
        if kind == "begin":
            self._open.append(([], len(words.pieces)))
            return filled(element)
        if kind == "end" and self._open:
            code, start = self._open.pop()
            return "" if any(text.strip() for text, _ in words.pieces[start:]) else shown("".join(code))
        return ""


def filled(element: Any) -> str:
    """What is ticked or chosen in a field of a form; "" for any other."""
    box, choice = element.find(f"{W}ffData/{W}checkBox"), element.find(f"{W}ffData/{W}ddList")
    if box is not None:
        return "☑" if _value(box, "checked", _value(box, "default", "0")) not in _OFF else "☐"
    if choice is None:
        return ""
    number = _value(choice, "result", _value(choice, "default", "0"))
    entries = [one.get(W + "val", "") for one in choice.iterchildren(W + "listEntry")]
    return entries[int(number)] if number.isdecimal() and int(number) < len(entries) else ""


def _value(element: Any, name: str, usual: str) -> str:
    found = element.find(W + name)
    return usual if found is None else str(found.get(W + "val", "1"))


def shown(code: str) -> str:
    """What the code of an EQ field draws, in one line; "" for any other field."""
    plain = _FORMAT.sub("", code[:LONGEST]).strip()
    return _drawn(plain[2:], 0).strip() if plain[:2].upper() == "EQ" else ""


def _drawn(text: str, depth: int) -> str:
    """Words with the switches among them carried out."""
    said, at = "", 0
    while depth < DEPTH and (switch := _SWITCH.search(text, at)):
        parts, end = _parts(text, switch.end())
        said += text[at : switch.start()]
        if switch[1].lower() == "o":
            parts = [part for part in parts if not _READING.match(part)] or parts
        said += _built(switch[1].lower(), switch[2].lower(), [_drawn(part, depth + 1) for part in parts], said)
        at = end
    return said + re.sub(r"\\(.)", r"\1", text[at:])


def _parts(text: str, at: int) -> tuple[list[str], int]:
    """The parts between brackets that begin here, and where they end."""
    parts, level = [""], 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and text[at + 1 : at + 2]:
            parts[-1] += text[at : at + 2]
            at += 2
            continue
        if sign == ")" and not level:
            return parts, at + 1
        level += (sign == "(") - (sign == ")")
        if sign in ",;" and not level:
            parts.append("")
        else:
            parts[-1] += sign
        at += 1
    return parts, at


def _built(switch: str, options: str, parts: list[str], before: str) -> str:
    """One switch with its parts."""
    first, *others = parts
    if switch == "f" and others:
        return formula.fraction(first, others[0])
    if switch == "r":
        return formula.root(first, others[0]) if others else formula.root("", first)
    if switch == "s":
        return "".join((below if "\\do" in options else above)(before, part) for part in parts)
    if switch == "o":
        return _over(parts)
    if switch == "b":
        return f"({first})"
    return "; ".join(parts) if switch == "a" else ", ".join(parts)


def _over(parts: list[str]) -> str:
    """Signs drawn over each other: what is put into a frame stands in brackets."""
    inner = "".join(part for part in parts if part.strip() not in _FRAMES)
    return f"({inner})" if any(part.strip() in _FRAMES for part in parts) else inner
