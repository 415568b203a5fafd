"""Parts of formulas written in one line, as one types them: a fraction is 1/2, a root √2; nothing joins what stands apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .raised import above

Piece = tuple[str, bool]
"""Words of a formula, and whether they were built of parts that stand above or below each other."""
_SINGLE = re.compile(r"[\d.]+|[^\W\d_][^\W_]*")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ONE = re.compile(r"[\w.\u0300-\u036f\u20d0-\u20ff]*|.")
"""A name or figure, with what is drawn over it, or a single sign."""


def row(pieces: Iterable[Piece]) -> str:
    """Pieces one behind the other, with a gap where one that is built would join a figure or a name."""
    text, before = "", False
    for said, built in pieces:
        if said:
            text += " " * ((before or built) and _joins(text[-1:], said[0], before)) + said
            before = built
    return text


def _joins(left: str, right: str, built: bool) -> bool:
    if not right.isalnum() or not (left.isalnum() or (built and left == ")")):
        return False
    return built or not (left.isdigit() and right.isalpha())


def whole(text: str) -> str:
    """Words in brackets where they are more than one sign or figure."""
    return text if _SINGLE.fullmatch(text) else f"({text})"


def fraction(over: str, under: str) -> str:
    return f"{whole(over)}/{whole(under)}"


def root(degree: str, body: str) -> str:
    """³√8 of a figure as degree, √[n]8 of anything else."""
    if degree and above("", degree) == degree:
        return f"√[{degree}]{whole(body)}"
    return f"{above('', degree)}√{whole(body)}"


def marked(body: str, low: str, high: str) -> str:
    """Something with what stands below and above behind it: x_i^2, (a+b)^2."""
    base = body if _ONE.fullmatch(_BRACKETS.sub("", body)) else f"({body})"
    return base + f"_{whole(low)}" * bool(low) + f"^{whole(high)}" * bool(high)


def ahead(low: str, high: str) -> str:
    """What stands above and below before something: ^14_6 of carbon."""
    text = f"^{whole(high)}" * bool(high) + f"_{whole(low)}" * bool(low)
    return f"{text} " if text else ""


def over(body: str, sign: str) -> str:
    """Words with a sign drawn over or under them: x̄, (a+b)̂."""
    return f"{body if len(body) <= 1 else f'({body})'}{sign}" if body and sign else body


def applied(function: str, body: str) -> str:
    """A function before what it is taken of: sin x, sin(x+1)."""
    if _ONE.fullmatch(body):
        return f"{function} {body}".strip()
    return function + (body if _BRACKETS.fullmatch(body) else f"({body})")


def grid(rows: Sequence[str]) -> str:
    """Rows of a matrix or of a stack: [1, 2; 3, 4]."""
    return f"[{'; '.join(filter(None, rows))}]"
