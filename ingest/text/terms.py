"""The terms of a text: what of it can be looked up, in languages with and without spaces between words."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import snowballstemmer  # type: ignore[import-untyped]

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Hangul: spaced, but its particles are glued to the words
    "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts whose words are found as pairs of neighbouring characters."""

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
PIECE = rf"[^\W_{UNSPACED}]+"
RUN = re.compile(rf"(?P<unspaced>[{UNSPACED}]+)|{PIECE}(?:[-_.,/:+#@]{PIECE})*")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
LONGEST = 64
"""Characters of a term that are kept; longer ones are no words."""
MOST_PIECES = 6
"""A run of more pieces is a path or an address: only its pieces are kept."""

GRAMMAR = re.compile("[\u3041-\u309f]+|.*[何誰幾].*")
"""Japanese terms that say how something is asked: only hiragana, or an interrogative."""

IRREGULAR = {
    form: base
    for base, *forms in map(
        str.split,
        (
            "become became", "begin began begun", "bend bent", "blow blew blown",
            "break broke broken", "bring brought", "build built", "burn burnt", "buy bought", "catch caught",
            "choose chose chosen", "come came", "deal dealt", "dig dug", "draw drew drawn",
            "drive drove driven", "eat ate eaten", "fall fell fallen", "feed fed", "fight fought",
            "find found", "fly flew flown", "forget forgot forgotten", "freeze froze frozen", "get got gotten",
            "go went gone", "grow grew grown", "hang hung", "hear heard", "hide hid hidden", "hold held",
            "keep kept", "know knew known", "lead led", "lend lent", "lose lost", "make made",
            "mean meant", "meet met", "pay paid", "ride rode ridden", "ring rang rung", "arise arose arisen",
            "run ran", "sell sold", "send sent", "shake shook shaken", "shoot shot",
            "sing sang sung", "sink sank sunk", "sit sat", "sleep slept", "speak spoke spoken", "spend spent",
            "spin spun", "stand stood", "steal stole stolen", "stick stuck", "strike struck", "swim swam swum",
            "take took taken", "teach taught", "think thought", "throw threw thrown", "understand understood",
            "wear wore worn", "win won", "write wrote written",
        ),
    )
    for form in forms
}  # fmt: skip
"""Forms of English verbs that a stemmer leaves apart: a question has "did it lose", its answer "it lost"."""

_stemmer = snowballstemmer.stemmer("english")
_stemming = threading.Lock()


def terms(text: str) -> list[str]:
    """The terms of a text in order, repeated as often as they occur.

    Compatibility forms are unified and case is dropped; words are stemmed (Porter 2); accents of Latin letters are
    dropped; part numbers and hyphenated words are kept whole (without their joints: "AX-200" meets "AX200") and in
    pieces; scripts without spaces give pairs of characters, and Chinese characters alone as well.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for match in RUN.finditer(_without_accents(folded)):
        run = match[0]
        if match.lastgroup:
            found += _pairs(run)
        elif run.isalnum():
            found.append(stem(run[:LONGEST]))
        else:
            found += _pieces(run)
    return found


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not "\u0300" <= c <= "\u036f")
    return unicodedata.normalize("NFC", bare)


def _pairs(run: str) -> Iterator[str]:
    yield from HAN.findall(run)
    yield from (a + b for a, b in pairwise(run))
    if len(run) == 1 and not HAN.match(run):
        yield run


def _pieces(run: str) -> Iterator[str]:
    if NUMBER.fullmatch(run):
        yield run.replace(",", "")[:LONGEST]
        return
    pieces = [stem(piece[:LONGEST]) for piece in re.findall(r"[^\W_]+", run)]
    yield from pieces
    if 1 < len(pieces) <= MOST_PIECES:
        yield re.sub(r"[\W_]", "", run)[:LONGEST]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a folded word; what is no word of ASCII letters stays as it is."""
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return word
    with _stemming:
        return str(_stemmer.stemWord(IRREGULAR.get(word, word)))


def is_telling(term: str) -> bool:
    """Whether a term of a question says what is asked, not how."""
    return term not in STOP and not GRAMMAR.fullmatch(term)


STOP = frozenset(
    terms(
        "a about after all also an and any are as at be been before being but by can could did do does doing "
        "during each for from give given had has have having he her here hers him his how i if in into is it its "
        "itself let many me much must my no nor not of off often on or our ours out over please s say says she should "
        "show so some such tell than that the their theirs them then there these they this those to too under "
        "until up upon use used very was we were what when where which while who whom whose why will with "
        "within would you your kind name named sort type according"
    )
)
"""Stems of English words that say how something is asked, not what."""
