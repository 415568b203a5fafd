"""Questions that sound answerable and are not: one detail of a real question changed.

People who wrote the unanswerable questions of SQuAD 2.0 (arXiv 1806.03822) mostly put in another name or number, or the
opposite of a word. So is it here: the passage speaks of the same things and does not say what is asked.
"""

from __future__ import annotations

import random
import re

NEGATED = 0.25
"""Share of the questions for which the denied one is among the choices."""

OPPOSITES = (
    ("first", "last"), ("largest", "smallest"), ("highest", "lowest"), ("most", "least"), ("more", "less"),
    ("before", "after"), ("north", "south"), ("northern", "southern"), ("east", "west"), ("eastern", "western"),
    ("early", "late"), ("earliest", "latest"), ("oldest", "youngest"), ("maximum", "minimum"), ("won", "lost"),
    ("win", "lose"), ("increase", "decrease"), ("increased", "decreased"), ("begin", "end"), ("began", "ended"),
    ("start", "stop"), ("started", "stopped"), ("born", "buried"), ("above", "below"), ("longest", "shortest"),
    ("best", "worst"), ("male", "female"), ("open", "close"), ("opened", "closed"), ("bought", "sold"),
    ("buy", "sell"), ("allowed", "forbidden"), ("inside", "outside"), ("public", "private"), ("old", "new"),
    ("high", "low"), ("large", "small"), ("long", "short"), ("top", "bottom"), ("left", "right"), ("rise", "fall"),
    ("rose", "fell"), ("gain", "lose"), ("arrive", "leave"), ("arrived", "left"), ("import", "export"),
    ("accept", "reject"), ("accepted", "rejected"), ("common", "rare"), ("rich", "poor"), ("strong", "weak"),
)  # fmt: skip
OPPOSITE = dict(OPPOSITES) | {right: left for left, right in OPPOSITES}

_HELPER = re.compile(r"\b(?:is|are|was|were|did|does|do|can|could|has|have|had|will|would|should)\b")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"\b[A-Z][\w'-]+(?:\s+(?:of\s+|the\s+|de\s+)?[A-Z][\w'-]+)*")
_WORD = re.compile(r"[A-Za-z]+")


def trap(question: str, context: str, elsewhere: str, chance: random.Random) -> str | None:
    """`question` with one detail changed so that `context` does not answer it, or None where nothing can be changed.

    Args:
        elsewhere: a text that will not stand beside it, best of the same document: names and numbers come from there.
    """
    made = [way(question, context, elsewhere, chance) for way in (_other_name, _other_number, _opposite, _negated)]
    changed = [one for one in made if one]
    return chance.choice(changed) if changed else None


def _other_name(question: str, context: str, elsewhere: str, chance: random.Random) -> str | None:
    here = context.casefold()
    asked = [m for m in _NAME.finditer(question) if m.start() > 0 and m[0].casefold() in here]
    others = sorted({m[0] for m in _NAME.finditer(elsewhere) if m[0].casefold() not in here and m.start() > 0})
    others = [name for name in others if name.casefold() not in question.casefold()]
    return _replaced(question, chance.choice(asked), chance.choice(others)) if asked and others else None


def _other_number(question: str, context: str, elsewhere: str, chance: random.Random) -> str | None:
    asked = [m for m in _NUMBER.finditer(question) if m[0] in context]
    if not asked:
        return None
    chosen = chance.choice(asked)
    others = [m[0] for m in _NUMBER.finditer(elsewhere) if len(m[0]) == len(chosen[0]) and m[0] not in context]
    return _replaced(question, chosen, chance.choice(others)) if others else None


def _opposite(question: str, context: str, elsewhere: str, chance: random.Random) -> str | None:
    asked = [m for m in _WORD.finditer(question) if m[0].lower() in OPPOSITE]
    return _replaced(question, chosen := chance.choice(asked), OPPOSITE[chosen[0].lower()]) if asked else None


def _negated(question: str, context: str, elsewhere: str, chance: random.Random) -> str | None:
    """With "not" behind the first helping verb; only now and then, since people ask for what is not so too."""
    found = _HELPER.search(question)
    if not found or " not " in question or chance.random() > NEGATED:
        return None
    return f"{question[: found.end()]} not{question[found.end() :]}"


def _replaced(question: str, found: re.Match[str], other: str) -> str:
    return question[: found.start()] + other + question[found.end() :]
