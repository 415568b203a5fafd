"""The things that a question sets side by side: what it names, each spoken of by a source of its own.

A thing is named by a name in Latin letters, a code, or a part of a file's name. Two of them stand side by side where each is
spoken of by a source that was found and none speaks of both: one firm's rules and another's, one product's sheet and another's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ingest.text.codes import CODE, MONTH_NAMES, RUN
from ingest.text.terms import is_telling, terms

NAME = re.compile(r"(?<![.!?。]\s)(?<!^)(?<![A-Za-z\d])[A-Z][A-Za-z]{2,}")
"""A name in Latin letters, not at the beginning of a sentence."""
_PIECE = re.compile(r"[a-z]{3,}|[\u3041-\u30ff\u3400-\u9fff]{2,}")
"""What a part of a file's name has to be to name a thing."""


def apart(question: str, sources: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What a question sets side by side, as it is written there; none where it is not at least two things.

    Args:
        sources: name of the file and words of each.
    """
    said = unicodedata.normalize("NFKC", question)
    words = {word for file, _ in sources for word in re.split(r"[\W_]+", file.casefold())}
    pieces = {word for word in words if _PIECE.fullmatch(word) and any(map(is_telling, terms(word)))}
    own = _spans(said)
    found = _joined(said, own) + _joined(said, [span for piece in sorted(pieces) for span in _places(said, piece, own)])
    if len(found) < 2:
        return ()
    told = [squeezed(file + text) for file, text in sources]
    held = {name: {n for n, text in enumerate(told) if squeezed(name) in text} for name in found}
    best: list[str] = []
    for first in held:
        chosen: list[str] = []
        for name in (first, *held):
            if held[name] and not any(held[name] & held[other] for other in chosen):
                chosen.append(name)
        best = max(best, chosen, key=len)
    return tuple(sorted(best, key=said.find)) if len(best) > 1 else ()


def squeezed(text: str) -> str:
    """Letters and figures alone, in one form."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def _spans(said: str) -> list[tuple[int, int]]:
    """Where names and codes stand."""
    found = [one.span() for one in NAME.finditer(said) if one[0].casefold() not in MONTH_NAMES]
    return found + [one.span() for one in RUN.finditer(said.lower()) if CODE.fullmatch(one[0])]


def _places(said: str, piece: str, own: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where a part of a file's name stands as a word of its own, outside of the names."""
    edge = r"(?<![A-Za-z\d]){}(?![A-Za-z\d])" if piece.isascii() else "{}"
    found = (one.span() for one in re.finditer(edge.format(re.escape(piece)), said, re.IGNORECASE))
    return [(start, end) for start, end in found if not any(start < to and at < end for at, to in own)]


def _joined(said: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """What stands there, neighbours with nothing but a blank between them as one."""
    whole: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if whole and (start <= whole[-1][1] or said[whole[-1][1] : start] == " "):
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        else:
            whole.append((start, end))
    return list(dict.fromkeys(said[start:end] for start, end in whole))
