"""An answer as it is written, token by token: what has been read, the first token's odds, grammars, no running in circles."""

from __future__ import annotations

import codecs
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from assistant.model.llama import Grammar, Row, Scores, Window
from assistant.model.vocabulary import Vocabulary

CIRCLE = 24
"""Tokens of a stretch said over and over, from which on it is a circle."""
PARAGRAPH = 48
"""Tokens that are said a second time only by one who runs in circles."""
MOST_OF_A_TOKEN = 9 * math.log(10)
"""Surprise that one token adds at most: no probability is taken for less than 1e-9."""


@dataclass(slots=True)
class Usage:
    """What one answer cost. Tokens given as words, as kept sources, and those of both that were still in place;
    seconds to place them, to the first token and to the end.

    Attributes:
        surprise: natural logarithm of 1 / the probability of all that was written, its end included; 0 or more.
    """

    text: int = 0
    soft: int = 0
    reused: int = 0
    generated: int = 0
    surprise: float = 0.0
    placed: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(slots=True)
class Stream:
    """The pieces of one answer as they come. It holds the model until it is read to its end or closed."""

    pieces: Iterator[str]
    usage: Usage = field(default_factory=Usage)

    def __iter__(self) -> Iterator[str]:
        return self.pieces


class Asked:
    """A question that was read; its answer can be weighed by its first token before it is written.

    Attributes:
        room: tokens that the window still holds.
    """

    def __init__(
        self, window: Window, vocabulary: Vocabulary, sequence: int, scores: Scores, room: int, usage: Usage
    ) -> None:
        self._window, self._vocabulary, self._sequence = window, vocabulary, sequence
        self._scores, self._room, self.usage = scores, room, usage

    def chance(self, beginning: str) -> float:
        """The probability that the answer begins with the first token of this text."""
        (token, *_) = self._vocabulary.tokenize(beginning)
        return float(probabilities(self._scores)[token])

    def write(self, grammar: str = "", max_tokens: int = 256, stop: Sequence[str] = (), but: str = "") -> Iterator[str]:
        """The most probable answer in pieces, until it ends itself, a stop text or a limit, or runs in circles.

        Args:
            grammar: rules (GBNF) that the answer keeps to; of the tokens that they allow the most probable is taken.
            but: it does not begin with the first token of this text.
        """
        if but:
            self._scores = self._scores.copy()
            self._scores[self._vocabulary.tokenize(but)[0]] = -np.inf
        return cut(self._written(grammar, max_tokens), stop)

    def _written(self, grammar: str, max_tokens: int) -> Iterator[str]:
        start, said = time.perf_counter() - self.usage.first_token, list[int]()
        text = codecs.getincrementaldecoder("utf-8")("replace")
        rules = Grammar(self._window.model, grammar) if grammar else None
        scores, room = self._scores, min(max_tokens, self._room)
        while len(said) < room:
            token = rules.best(scores) if rules else int(scores.argmax())
            self.usage.total = time.perf_counter() - start
            self.usage.surprise += min(surprise(scores, token), MOST_OF_A_TOKEN)
            if self._vocabulary.ends(token):
                break
            said.append(token)
            self.usage.generated = len(said)
            yield text.decode(self._vocabulary.piece(token))
            if circles(said):
                break
            if rules:
                rules.accept(token)
            if len(said) < room:
                (scores,) = self._window.read([Row(self._sequence, [token])], scored=True)
        yield text.decode(b"", final=True)


def circles(said: Sequence[int]) -> bool:
    """Whether the last tokens are one short stretch over and over, or a long one that was said before."""
    for period in range(1, CIRCLE + 1):
        length = max(CIRCLE, 3 * period)
        if len(said) >= length and all(said[-i] == said[-i - period] for i in range(1, length - period + 1)):
            return True
    tail = list(said[-PARAGRAPH:])
    earlier = range(len(said) - 2 * PARAGRAPH + 1)
    return len(tail) == PARAGRAPH and any(list(said[at : at + PARAGRAPH]) == tail for at in earlier)


def cut(pieces: Iterator[str], stop: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop text, which is left out even when it is spread over several pieces."""
    held = ""
    for piece in pieces:
        held += piece
        ends = [end for text in stop if (end := held.find(text)) >= 0]
        if ends:
            yield held[: min(ends)]
            return
        safe = len(held) - _overhang(held, stop)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _overhang(text: str, stop: Sequence[str]) -> int:
    """Length of the longest end of `text` that could begin a stop text."""
    sizes = (
        size for word in stop for size in range(min(len(word) - 1, len(text)), 0, -1) if text.endswith(word[:size])
    )
    return max(sizes, default=0)


def surprise(scores: Scores, token: int) -> float:
    """The natural logarithm of 1 / the probability of a token, from the scores of all."""
    top = scores.max()
    return float(top - scores[token] + np.log(np.exp(scores - top).sum(dtype=np.float64)))


def probabilities(scores: Scores) -> Scores:
    """Of every token, from its score (softmax), float32 [tokens of the vocabulary]."""
    powers = np.exp(scores.astype(np.float64) - scores.max())
    return np.asarray(powers / powers.sum(), np.float32)
