"""Answers in the words of the sources: what a small reader may write, token by token.

An answer is a stretch of a source and the mark of a source that says it, or the refusal. A model of this size often
begins with the right word and then loses the thread ("Yankea" for Yankee Film Company); held to the sources it cannot,
and every answer can be cited. As in constrained decoding of names (De Cao et al. 2021, arXiv 2010.00904), with the
sources themselves in place of a prefix tree. Works on bytes, since a token may end inside a letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.model.prompt import REFUSAL

NEVER_FIRST = frozenset(b" .,;:!?)]}")
"""What no answer begins with."""
_MARKED = re.compile(rb"(?s)(.*\S) ?\[(\d*)(\]?)")


class Verbatim:
    """The answers in the words of these sources, [1] first; if `refused`, the refusal alone."""

    def __init__(self, sources: Sequence[str], refused: bool = False) -> None:
        self._sources = [] if refused else [" ".join(source.split()).encode() for source in sources]
        self._refusal = REFUSAL.encode() if refused else b""

    def begins(self, said: bytes) -> bool:
        """Whether some allowed answer begins so; a space before it does not count."""
        said = said.removeprefix(b" ")
        if not said or said[0] in NEVER_FIRST:
            return not said
        if self._refusal.startswith(said) or any(_holds(source, said) for source in self._sources):
            return True
        if said.endswith(b" "):
            return bool(self._marks(said[:-1]))
        if not (marked := _MARKED.fullmatch(said)):
            return False
        _, mark, closed = marked.groups()
        return any(mark == one if closed else one.startswith(mark) for one in self._marks(marked[1]))

    def ends(self, said: bytes) -> bool:
        """Whether this is an allowed answer."""
        said = said.removeprefix(b" ")
        if self._refusal:
            return said == self._refusal
        if not said or said[0] in NEVER_FIRST:
            return False
        marked = _MARKED.fullmatch(said)
        return bool(marked and marked[3] and marked[2] in self._marks(marked[1]))

    def _marks(self, words: bytes) -> list[bytes]:
        """The marks of the sources that say these words, which do not end with a space."""
        if words.endswith(b" "):
            return []
        return [b"%d" % mark for mark, source in enumerate(self._sources, 1) if _holds(source, words, whole=True)]


def _holds(source: bytes, words: bytes, whole: bool = False) -> bool:
    """Whether words stand in a source from the beginning of a word on; `whole`: and up to the end of one."""
    return any(
        _edge(source, at) and (not whole or _edge(source, at + len(words))) for at in _places(source, words)
    )


def _places(source: bytes, words: bytes) -> Iterator[int]:
    at = source.find(words)
    while at >= 0:
        yield at
        at = source.find(words, at + 1)


def _edge(text: bytes, at: int) -> bool:
    """Whether a word may begin or end there: not between two letters or figures of the Latin alphabet, nor inside a letter."""
    if not 0 < at < len(text):
        return True
    return not (text[at - 1 : at + 1].isalnum() or 0x80 <= text[at] < 0xC0)
