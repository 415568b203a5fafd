"""Equations of Office (OMML, ECMA-376 part 1, 22.1) in one line: a fraction is 1/2, never 12."""

from __future__ import annotations

from typing import Any

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
DEPTH = 100
"""Levels that are told as they are built; what is deeper is told as plain words."""
PARTED = {"f": ("num", "den"), "rad": ("deg", "e")} | dict.fromkeys(
    ("sSup", "sSub", "sSubSup", "nary"), ("e", "sub", "sup")
)


def said(element: Any, depth: int = 0) -> str:
    """An element of an equation and all in it, as one writes it on a keyboard."""
    if depth > DEPTH or element.tag == M + "t":
        return "".join(element.itertext(M + "t"))
    kind = element.tag.removeprefix(M)
    if kind in PARTED:
        return _built(element, kind, depth)
    inside = [said(one, depth + 1) for one in element]
    if kind == "d":
        parted = _sign(element, "sepChr", "|").join(filter(None, inside))
        return _sign(element, "begChr", "(") + parted + _sign(element, "endChr", ")")
    if kind == "m":
        return f"[{'; '.join(filter(None, inside))}]"
    return (", " if kind == "mr" else "").join(inside)


def _built(element: Any, kind: str, depth: int) -> str:
    """An element of parts that stand above or below each other."""
    found = (element.find(M + name) for name in PARTED[kind])
    parts = ["" if one is None else said(one, depth + 1) for one in found]
    if kind == "f":
        return f"{_whole(parts[0])}/{_whole(parts[1])}"
    if kind == "rad":
        return f"{parts[0]}√{_whole(parts[1])}"
    body, below, above = parts
    marks = f"_{_whole(below)}" * bool(below) + f"^{_whole(above)}" * bool(above)
    return f"{_sign(element, 'chr', '∫')}{marks} {body}" if kind == "nary" else body + marks


def _whole(text: str) -> str:
    """Words in brackets where they are more than one sign or figure."""
    return text if text.replace(".", "").isalnum() else f"({text})"


def _sign(element: Any, name: str, usual: str) -> str:
    """A sign that an element is drawn with; the usual one where none is named."""
    found = element.find(f"{element.tag}Pr/{M}{name}")
    return usual if found is None else str(found.get(M + "val", ""))
