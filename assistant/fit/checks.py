"""What a sentence that the model wrote has to be before anything is trained on it."""

from __future__ import annotations

import re
import unicodedata

from ingest.text.codes import figures
from ingest.text.language import JAPANESE, Language, language_of
from ingest.text.terms import is_telling, terms

LONGEST: dict[Language, int] = {"en": 260, "ja": 110}
"""Characters of one sentence."""

SHORT = 15
"""Characters of an answer that has to stand in a sentence as it is; of a longer one all telling words do."""

_ENDS: dict[Language, str] = {"en": '.!?"', "ja": "。！？"}
_OVER = re.compile(r"(.{6,16})\1\1", re.DOTALL)
_NAME = re.compile(r"(?<=\S )[A-Z][\w'-]*")
_UNSPACED = re.compile("[\u30a1-\u30fa\u30fc]{2,}|[\u4e00-\u9fff]{3,}|[a-z]{2,}")


def folded(text: str) -> str:
    """Letters and figures of one kind, without case, one space at most."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def speaks(text: str, language: Language) -> bool:
    """Whether a text is in that language; Japanese with Chinese characters that Japanese does not write is not."""
    return language_of(text) == language and (language != "ja" or all(map(_japanese, JAPANESE.findall(text))))


def sentence(said: str, language: Language) -> str:
    """What was said, if it is one whole sentence in the language; else ""."""
    said = said.strip()
    if not said or "\n" in said or "[" in said or len(said) > LONGEST[language] or _OVER.search(said):
        return ""
    return said if speaks(said, language) and said[-1] in _ENDS[language] else ""


def question(said: str, language: Language, longest: int) -> str:
    """What was said, if it is one line in the language, and not too long; else ""."""
    said = said.strip()
    fits = "\n" not in said and 6 < len(said) <= longest and not _OVER.search(said)
    return said if fits and speaks(said, language) else ""


def holds(said: str, answer: str) -> bool:
    """Whether a text says the known answer."""
    whole, wanted = folded(said), folded(answer).strip(" .,;。、")
    if wanted in whole:
        return True
    telling = set(filter(is_telling, terms(wanted)))
    return len(wanted) > SHORT and bool(telling) and telling <= set(terms(said))


def grounded(said: str, *known: str) -> bool:
    """Whether every figure and name that is said stands in what is known."""
    there = folded("\n".join(known))
    if not figures(said) <= figures("\n".join(known)):
        return False
    if language_of(said) == "ja":
        run_on = there.replace(" ", "")
        return all(word in run_on for word in _UNSPACED.findall(folded(said)))
    return all(folded(name) in there for name in _NAME.findall(said))


def exact(said: str, asked: str) -> bool:
    """Whether something is said that is a figure or a name and not in the question."""
    names = {folded(name) for name in (*_NAME.findall(said), *re.findall("[\u30a1-\u30fa\u30fc]{3,}", said))}
    return bool(figures(said) - figures(asked)) or any(name not in folded(asked) for name in names)


def differs(said: str, other: str) -> bool:
    """Whether it says something that the other does not; what only leaves something out still agrees."""
    return bool(set(terms(said)) - set(terms(other)))


def _japanese(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
