"""The same passage with other names and figures: what is learned is to read, not to know.

In the passage, its questions and their answers some answers are replaced by answers of the same kind from elsewhere
("entity substitution", Longpre et al. 2021, arXiv 2109.05052). What was seen a second time then has to be read a second
time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.fit.passage import Passage
from assistant.model.tokens import Ids, Tokens

SHORT = 5
"""Tokens up to which an answer is a name or a figure rather than a phrase."""

EACH = 0.5
"""How often each of these is replaced."""

TRIES = 8
"""Other passages that are looked at for a replacement."""


def altered(passage: Passage, others: Sequence[Passage], tokens: Tokens, chance: random.Random) -> Passage:
    """`passage` with some of its names and figures replaced; questions whose answer it no longer says are left out."""
    ids, asks = passage.ids, passage.asks
    for old in sorted({ask.answer for ask in asks if ask.answer}):
        if chance.random() < EACH and (new := _other(old, others, tokens, chance)) and not places(ids, new):
            ids = substituted(ids, old, new)
            asks = tuple(
                replace(ask, question=substituted(ask.question, old, new), answer=substituted(ask.answer, old, new))
                for ask in asks
            )
    lost = [
        bool(places(passage.ids, before.answer)) and not places(ids, after.answer)
        for before, after in zip(passage.asks, asks, strict=True)
    ]
    return replace(passage, ids=ids, asks=tuple(ask for ask, gone in zip(asks, lost, strict=True) if not gone))


def _other(old: Ids, others: Sequence[Passage], tokens: Tokens, chance: random.Random) -> Ids | None:
    """An answer of the same kind to a question about another passage."""
    kind = _kind(old, tokens)
    for other in chance.choices(others, k=TRIES) if kind else ():
        fitting = [ask.answer for ask in other.answered if ask.answer != old and _kind(ask.answer, tokens) == kind]
        if fitting:
            return chance.choice(fitting)
    return None


def _kind(answer: Ids, tokens: Tokens) -> str | None:
    """A short answer's pattern of capitals and digits; None for words that are neither names nor figures."""
    if len(answer) > SHORT:
        return None
    text = tokens.text(answer).strip()
    if re.fullmatch(r"\d{4}", text):
        return "year"
    if re.fullmatch(r"[\d.,]+", text):
        return "figure"
    return "name" if re.fullmatch(r"[A-Z][\w.'-]+(?: [A-Z][\w.'-]+)*", text) else None


def substituted(ids: Ids, old: Ids, new: Ids) -> Ids:
    """`ids` with every occurrence of `old` replaced by `new`."""
    made: list[int] = []
    at = 0
    for place in places(ids, old):
        if place >= at:
            made += [*ids[at:place], *new]
            at = place + len(old)
    return (*made, *ids[at:])


def places(ids: Ids, wanted: Ids) -> list[int]:
    """Where `wanted` begins in `ids`; nothing is everywhere."""
    return [at for at in range(len(ids) - len(wanted) + 1) if ids[at : at + len(wanted)] == wanted]
