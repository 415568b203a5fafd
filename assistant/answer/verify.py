"""What has to be literally there: the figures, codes, dates and names of a sentence, in what it cites.

What a sentence means is judged by the model; this is the part that must be exact.
"""

from __future__ import annotations

import re
import unicodedata

from assistant.answer.named import NAME, squeezed
from ingest.text.codes import MONTH_NAMES, codes, figures, held_codes, joined_codes
from ingest.text.terms import is_telling, terms

MARK = re.compile(r"\s*[\[［](\d{1,2})[\]］]")
"""A citation mark as the model writes it."""
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)．]\s*|[-–・•*]\s+|[・•])", re.MULTILINE)
"""What an item of a list begins with: no figure, and no minus."""
_MARKUP = re.compile(r"[*_`#]+")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{3,}")
_UNIT = r"°[CF]?|[%℃Ω]|[A-Za-zµ]{1,5}(?:[·/]\w{1,4})?\b"
_MEASURED = re.compile(rf"(?P<sign>[-−–△▲]\s?)?(?P<figure>\d(?:[\d.,]*\d)?)\s?(?P<unit>{_UNIT})?")


def bare(sentence: str) -> str:
    """A sentence or item of a list without its marks and without what it begins with."""
    return _ITEM.sub("", MARK.sub("", sentence))


def missing(sentence: str, question: str, evidence: str) -> tuple[str, ...]:
    """What a sentence says exactly and neither its evidence nor the question has: figures with their sign and unit,
    codes, dates, names. Empty when all of it stands there.
    """
    said = _MARKUP.sub("", bare(sentence))
    exact = (codes(said) | figures(said)) - codes(question) - figures(question)
    lacking = exact - held_codes(evidence) - figures(evidence)
    return tuple(sorted(lacking | _names(said, question, evidence) | _negatives(said, evidence)))


def repeats(sentence: str, question: str) -> bool:
    """Whether a sentence has no telling word and no figure that the question does not have."""
    said = bare(sentence)
    new = set(filter(is_telling, terms(said))) - set(terms(question))
    return not (new | (figures(said) - figures(question)))


def speaks_of(question: str, evidence: str) -> bool:
    """Whether a source can be about what a question names: one of its names and codes stands there, or the question
    names nothing, or the source is written in other letters.
    """
    names = named(question)
    letters = len(re.findall("[A-Za-z]", evidence))
    if not names or 2 * letters < len(evidence.replace(" ", "")):
        return True
    return any(name in squeezed(evidence) for name in names)


def named(question: str) -> set[str]:
    """The names and codes of a question, in one form (`squeezed`)."""
    names = {squeezed(one) for one in NAME.findall(question) if one.casefold() not in MONTH_NAMES}
    return names | joined_codes(question)


def strange(question: str, evidence: str) -> bool:
    """Whether none of the words that a question has in katakana stands in a source that is written with such."""
    words, held = set(_KATAKANA.findall(_folded(question))), _folded(evidence)
    return bool(words) and bool(_KATAKANA.search(held)) and not any(name in held for name in words)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _names(said: str, question: str, evidence: str) -> set[str]:
    """Latin names and words in katakana that stand in neither, where the evidence is written in such letters."""
    held, asked = _folded(evidence), _folded(question)
    found: set[str] = set()
    if re.search("[a-z]{3}", held):
        found |= {name for name in NAME.findall(said) if name.casefold() not in held + asked}
    if re.search("[\u3041-\u30ff]", held):
        found |= {word for word in _KATAKANA.findall(unicodedata.normalize("NFKC", said)) if word not in held + asked}
    return found


def _negatives(said: str, evidence: str) -> set[str]:
    """Figures whose sign was lost or made up: "-18" of "18", or "18" where only "-18" stands."""
    said, evidence = (_ITEM.sub("", unicodedata.normalize("NFKC", text)) for text in (said, evidence))
    signs: dict[str, set[bool]] = {}
    for found in _MEASURED.finditer(evidence):
        signs.setdefault(found["figure"], set()).add(_minus(found, evidence))
    wrong = set()
    for found in _MEASURED.finditer(said):
        held = signs.get(found["figure"])
        if held and _minus(found, said) not in held and not _joined(said, found):
            wrong.add(found[0].strip())
    return wrong


def _minus(found: re.Match[str], text: str) -> bool:
    return bool(found["sign"]) and not _joined(text, found)


def _joined(text: str, found: re.Match[str]) -> bool:
    """Whether the dash before a figure joins it to something before: a range, a code, a date."""
    return found.start() > 0 and (text[found.start() - 1].isalnum() or text[found.start() - 1] in "℃%°")
