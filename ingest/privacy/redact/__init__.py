"""Personal data in a text: where it is, and the text with placeholders in its stead.

Japanese rules first, with check digits where they exist. Pure functions: no files, no store, no policy about who may
see the originals (`vault` keeps them encrypted, `access` decides). Offsets are those of the text as given, whatever
mixture of full and half width it is written in.

    find(text)                             -> spans, in order, never overlapping
    redact(text, find(text), placeholders) -> "担当は[NAME-k3f7qa2b]様"
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass

from . import names, places, rules
from .fold import fold

KINDS = (
    "my_number", "corporate_number", "driving_licence", "health_insurance", "passport", "bank_account", "card", "iban",
    "phone", "mail", "ip", "postal_code", "address", "birth_date", "name",
)  # fmt: skip

_RULES = (*rules.RULES, *places.RULES)


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` is personal data of this kind; `checked` when a check digit confirms it."""

    start: int
    end: int
    kind: str
    checked: bool = False


def find(text: str) -> tuple[Span, ...]:
    """The personal data in `text`, in order of appearance. Where rules overlap the more certain one wins."""
    folded = fold(text)
    found = [(rule.kind, hit) for rule in _RULES for hit in rule.spans(folded.text)]
    found += [("name", hit) for hit in names.spans(folded.text)]
    return resolved(Span(*folded.original(start, end), kind, checked) for kind, (start, end, checked) in found)


def resolved(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order of appearance without overlaps; of two that overlap the one given first stays."""
    kept: list[Span] = []  # in order of appearance, so that only two neighbours can overlap a new one
    for span in spans:
        place = bisect(kept, span.start, key=lambda other: other.start)
        before, behind = kept[max(0, place - 1) : place], kept[place : place + 1]
        if all(other.end <= span.start for other in before) and all(span.end <= other.start for other in behind):
            kept.insert(place, span)
    return tuple(kept)


class Placeholders:
    """What stands for a value: the same for the same value of one firm, and a riddle without the firm's secret.

    40 bits of HMAC-SHA256: among 10,000 values of a kind two collide with a chance of 5 in 100,000.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("a secret of fewer than 16 bytes can be guessed")
        self._secret = secret

    def of(self, kind: str, value: str) -> str:
        """`[KIND-xxxxxxxx]`. Width, case, spaces and punctuation of `value` make no difference."""
        plain = re.sub(r"[\W_]+", "", fold(value).text).casefold()
        digest = hmac.digest(self._secret, f"{kind}\n{plain}".encode(), hashlib.sha256)
        return f"[{kind.upper().replace('_', '-')}-{base64.b32encode(digest[:5]).decode().lower()}]"


def redact(text: str, spans: Iterable[Span], placeholders: Placeholders) -> str:
    """`text` with every span replaced by its placeholder."""
    pieces: list[str] = []
    position = 0
    for span in resolved(spans):
        pieces += text[position : span.start], placeholders.of(span.kind, text[span.start : span.end])
        position = span.end
    return "".join(pieces) + text[position:]
