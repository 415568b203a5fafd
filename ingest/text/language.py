"""Which language a text is in, by its script and letters."""

from __future__ import annotations

import re
from typing import Literal

Language = Literal["en", "ja", "other"]

JAPANESE = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9f々〆ヶ]")
OTHER_WORD = re.compile(r"[^\W\d_]+")
FOREIGN = re.compile(r"[\u00c0-\u024f]")
"""Letters that English words do not have."""

PER_WORD = 2
"""Japanese characters that say about as much as an English word."""
PLAIN, FOREIGN_SHARE = 0.7, 0.35
"""Shares of a text's words: at least so many in Latin letters, and at most so many with letters that English has not, since
a question of a few words may well hold a foreign name."""
SHARE = 0.3
"""Of a text's words: from so many on it is Japanese, whose texts are full of Latin names and codes."""


def language_of(text: str) -> Language:
    """`ja` for Chinese characters and kana with names and codes between, `en` for plain Latin letters, else `other`."""
    japanese = len(JAPANESE.findall(text)) / PER_WORD
    rest = JAPANESE.sub(" ", text)
    words = OTHER_WORD.findall(rest)
    if japanese and japanese >= SHARE * (japanese + len(words)):
        return "ja"
    english = sum(1 for word in words if word.isascii())
    accented = sum(1 for word in words if FOREIGN.search(word))
    return "en" if english + accented >= len(words) * PLAIN and accented <= len(words) * FOREIGN_SHARE else "other"
