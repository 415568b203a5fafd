"""Equations of Office (OMML, ECMA-376 part 1, 22.1) in one line: a fraction is 1/2, never 12."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import formula

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
DEPTH = 100
"""Levels that are told as they are built; what is deeper is told as plain words."""
_BRACES = "⏞⏟"
"""Signs that only hold words together."""


def said(element: Any, depth: int = 0) -> str:
    """An element of an equation and all in it, as one writes it on a keyboard."""
    if depth > DEPTH or element.tag in (M + "t", M + "r"):
        return "".join(element.itertext(M + "t"))
    kind = element.tag.removeprefix(M)
    if kind.endswith("}del"):
        return ""
    if kind in _BUILT:
        names, tell = _BUILT[kind]
        found = (element.find(M + name) for name in names)
        return tell(element, *("" if one is None else said(one, depth + 1) for one in found))
    inside = [(said(one, depth + 1), one.tag.startswith(M) and one.tag != M + "r") for one in element]
    parts = [text for text, _ in inside if text]
    if kind == "d":
        return _sign(element, "begChr", "(") + _sign(element, "sepChr", "|").join(parts) + _sign(element, "endChr", ")")
    if kind == "m":
        return formula.grid(parts)
    if kind == "eqArr":
        return "; ".join(parts).replace("&", "")
    return ", ".join(text for text, _ in inside) if kind == "mr" else formula.row(inside)


def _fraction(element: Any, over: str, under: str) -> str:
    bare = _sign(element, "type", "bar") == "noBar"
    return formula.grid((over, under)) if bare else formula.fraction(over, under)


def _summed(element: Any, body: str, low: str, high: str) -> str:
    return f"{formula.marked(_sign(element, 'chr', '∫'), low, high)} {body}"


def _grouped(element: Any, body: str) -> str:
    sign = _sign(element, "chr", "⏟")
    return body if sign in _BRACES else f"{sign}({body})"


def _sign(element: Any, name: str, usual: str) -> str:
    """A sign that an element is drawn with; the usual one where none is named."""
    found = element.find(f"{element.tag}Pr/{M}{name}")
    return usual if found is None else str(found.get(M + "val", ""))


def _marked(_: Any, body: str, low: str, high: str) -> str:
    return formula.marked(body, low, high)


_BUILT: dict[str, tuple[tuple[str, ...], Callable[..., str]]] = {
    "f": (("num", "den"), _fraction),
    "rad": (("deg", "e"), lambda _, degree, body: formula.root(degree, body)),
    "nary": (("e", "sub", "sup"), _summed),
    "func": (("fName", "e"), lambda _, name, body: formula.applied(name, body)),
    "sPre": (("e", "sub", "sup"), lambda _, body, low, high: formula.ahead(low, high) + body),
    "sSup": (("e", "sub", "sup"), _marked),
    "sSub": (("e", "sub", "sup"), _marked),
    "sSubSup": (("e", "sub", "sup"), _marked),
    "limLow": (("e", "lim"), lambda _, body, low: formula.marked(body, low, "")),
    "limUpp": (("e", "lim"), lambda _, body, high: formula.marked(body, "", high)),
    "bar": (("e",), lambda one, body: formula.over(body, "\u0304" if _sign(one, "pos", "bot") == "top" else "\u0332")),
    "acc": (("e",), lambda one, body: formula.over(body, _sign(one, "chr", "\u0302"))),
    "groupChr": (("e",), _grouped),
}
"""The parts of what is built of parts, and how it is told."""
