"""Formulas in pages (MathML) in one line, told like those of Office."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lxml import etree

from . import formula

DEPTH = 100
"""Levels that are told as they are built; what is deeper is told as plain words."""
_TOKENS = ("mi", "mn", "mo", "mtext", "ms")
_UNSEEN = ("annotation", "annotation-xml", "mphantom", "mprescripts", "none", "mspace")
_UNDRAWN = str.maketrans({"\u2061": " ", "\u2062": "·", "\u2063": ",", "\u2064": " "})
"""Operators that are not drawn, and what is typed for them."""
_OVER = {
    "¯": "\u0304", "‾": "\u0304", "^": "\u0302", "~": "\u0303", "→": "\u20d7", "⃗": "\u20d7", "˙": "\u0307",
    "_": "\u0332", "̲": "\u0332", "⏞": "", "⏟": "", "︷": "", "︸": "",
}  # fmt: skip
"""Signs that are drawn over or under words, as marks of a letter; of those that only hold words together nothing."""


def told(element: etree._Element) -> str:
    """A whole formula; where its parts say nothing, what its author says of it."""
    return said(element).strip() or " ".join(element.get("alttext", "").split())


def said(element: etree._Element, depth: int = 0) -> str:
    """An element of a formula and all in it, as one writes it on a keyboard."""
    kind = _kind(element)
    if depth > DEPTH or kind in _TOKENS:
        return " ".join("".join(element.itertext()).split()).translate(_UNDRAWN)
    if kind in _UNSEEN:
        return ""
    parts = [one for one in element if isinstance(one.tag, str)]
    if kind == "semantics":
        return said(parts[0], depth + 1) if parts else ""
    words = [said(one, depth + 1) for one in parts]
    if kind == "mmultiscripts":
        return _scripts([_kind(one) for one in parts], words)
    if kind in _BUILT and len(words) == _BUILT[kind][0]:
        return _BUILT[kind][1](element, *words)
    if kind == "mtr":
        return ", ".join(words)
    if kind == "mtable":
        return formula.grid(words)
    if kind == "mfenced":
        inside = (element.get("separators", ",")[:1] + " ").join(words)
        return f"{element.get('open', '(')}{inside}{element.get('close', ')')}"
    inside = formula.row(_pieces(parts, words))
    return formula.root("", inside) if kind == "msqrt" else inside


def _kind(element: etree._Element) -> str:
    return element.tag.rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _pieces(parts: Sequence[etree._Element], words: Sequence[str]) -> list[formula.Piece]:
    """What stands in a row; names of several letters and figures behind figures are pieces of their own."""
    kinds = [_kind(one) for one in parts]
    apart = [
        kind not in _TOKENS
        or (kind in ("mi", "mtext") and len(word) > 1)
        or kinds[max(at - 1, 0) : at] == [kind] == ["mn"]
        for at, (kind, word) in enumerate(zip(kinds, words, strict=True))
    ]
    return list(zip(words, apart, strict=True))


def _scripts(kinds: Sequence[str], words: Sequence[str]) -> str:
    """A base with pairs of what is lowered and raised behind it, and behind a mark before it."""
    cut = kinds.index("mprescripts") if "mprescripts" in kinds else len(kinds)
    low, high, before_low, before_high = (
        "".join(part) for part in (words[1:cut:2], words[2:cut:2], words[cut + 1 :: 2], words[cut + 2 :: 2])
    )
    return formula.ahead(before_low, before_high) + formula.marked("".join(words[:1]), low, high)


def _over(body: str, low: str, high: str) -> str:
    """Something with signs or words above and below it."""
    for sign in (low, high):
        body = formula.over(body, _OVER[sign]) if sign in _OVER else body
    return formula.marked(body, "" if low in _OVER else low, "" if high in _OVER else high)


def _fraction(element: etree._Element, over: str, under: str) -> str:
    bare = element.get("linethickness", "")[:1] == "0"
    return formula.grid((over, under)) if bare else formula.fraction(over, under)


_BUILT: dict[str, tuple[int, Callable[..., str]]] = {
    "mfrac": (2, _fraction),
    "mroot": (2, lambda _, body, degree: formula.root(degree, body)),
    "msub": (2, lambda _, body, low: formula.marked(body, low, "")),
    "msup": (2, lambda _, body, high: formula.marked(body, "", high)),
    "msubsup": (3, lambda _, body, low, high: formula.marked(body, low, high)),
    "munder": (2, lambda _, body, low: _over(body, low, "")),
    "mover": (2, lambda _, body, high: _over(body, "", high)),
    "munderover": (3, lambda _, body, low, high: _over(body, low, high)),
}
"""How many parts what is built of parts has, and how it is told."""
