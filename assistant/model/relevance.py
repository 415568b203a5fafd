"""Which tokens of a passage a question needs: it is given them.

A small network over the model's own input embeddings. Every token of the passage gets the question's words that resemble
it (aligned question embeddings, DrQA, arXiv 1704.00051), how rare it is, and how many of the question's words stand near;
dilated convolutions (QANet, arXiv 1804.09541) carry that to what stands around. Choosing by the question what a reader is
given keeps more of it than any choice made without (SeleCom, arXiv 2602.15856). `assistant.fit.chooser` trains it.

Only numpy here.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.space.space import Vectors

Ints = NDArray[np.int64]
Tensors = Mapping[str, NDArray[Any]]
Rows = Callable[[Sequence[int]], Vectors]
"""Input embeddings of token ids, float32 [len(ids), n_embd]."""

RATIOS = (2, 4, 8, 16)
"""Tokens per soft token that a passage can be given at, finest first."""

FEWEST = 4
"""Soft tokens that every passage keeps, if it has as many tokens."""

LOWEST = -20.0
"""The score of what cannot be needed."""

RANKED = 1 << 14
"""Pairs of passage and question whose scores are kept: training asks for the same ones again and again."""

STARTS_WORD, CONTINUES_WORD, BLANK = 0, 1, 2
"""What a token is to its word: its first piece, a later piece, or nothing but space and punctuation."""

SPACELESS = "\u2e80"
"""From this letter on lie the scripts of East Asia, which put no space between words."""

STEM = 5
"""Letters by which two words count as forms of one."""

MENTIONED = 0.12
"""Rarity from which a word of a question counts as mentioned rather than as grammar."""

WINDOWS = ((3, 2.0), (10, 3.0), (25, 4.0))
"""How far around a token the question's words are counted, and the divisor that brings each count near 1."""

SIGNS = 4 + len(WINDOWS)
"""Columns of `signs`."""

DILATIONS = (1, 2, 4, 8)
"""Of the convolutions over the passage, 7 tokens wide each."""

VOCABULARY = ("rarity", "shape", "stem")
"""Tables over the vocabulary that every chooser has; the network's tensors are named `relevance.*`."""


class Selector:
    """Ranks the tokens of a passage by how much a question needs them.

    Args:
        tables: `VOCABULARY`, and the network's tensors if it was trained; without them rarity and the nearness of the
            question's words decide.
    """

    def __init__(self, rows: Rows, tables: Tensors) -> None:
        self.rows, self.tables = rows, tables
        self.scores = lru_cache(maxsize=RANKED)(self._scores)

    def anchors(self, sources: Sequence[tuple[Sequence[int], int]], question: Sequence[int] = ()) -> list[list[int]]:
        """Places of the tokens that are kept of each source, in reading order; `soft_count` of each on average.

        The sources share their soft tokens: what is needed more gets more of them.

        Args:
            sources: token ids and tokens per soft token of each.
            question: in tokens; empty for what matters whatever is asked.

        Raises:
            ValueError: a ratio no passage can be given at.
        """
        if unknown := {ratio for _, ratio in sources} - set(RATIOS):
            raise ValueError(f"ratio {min(unknown)} is none of {RATIOS}")
        room = sum(soft_count(len(ids), ratio) for ids, ratio in sources)
        return shared([self.scores(tuple(ids), tuple(question)) for ids, _ in sources], room)

    def _scores(self, ids: tuple[int, ...], question: tuple[int, ...]) -> Vectors:
        passage, asked = np.array(ids, np.int64), np.array(question, np.int64)
        given = signs(passage, asked, self.tables)
        shape = self.tables["shape"][passage]
        if "relevance.out.weight" not in self.tables:
            return whole_words(np.where(shape == BLANK, np.float32(LOWEST), given[:, 0] + given[:, 3:].sum(1)), shape)
        asked_rows = self.rows(question) if question else np.zeros((0, 1), np.float32)
        return whole_words(network(self.rows(ids), asked_rows, given, self.tables), shape)


def shared(scores: Sequence[Vectors], room: int) -> list[list[int]]:
    """Places of the highest scores over all sources in reading order, `room` of them, ties to the earlier one.

    Of every source `FEWEST` are among them, the last token always: where a passage ends does not depend on what was asked.
    """
    ranked = [np.argsort(-one[:-1], kind="stable") for one in scores]
    kept = [np.append(order[: FEWEST - 1], len(order)) for order in ranked]
    more = [(-one[place], source, place) for source, one in enumerate(scores) for place in ranked[source][FEWEST - 1 :]]
    for _, source, place in sorted(more)[: max(0, room - sum(map(len, kept)))]:
        kept[source] = np.append(kept[source], place)
    return [np.sort(one).tolist() for one in kept]


def soft_count(tokens: int, ratio: int) -> int:
    """How many soft tokens a passage of `tokens` tokens brings at `ratio`; a short one keeps a few tokens at any."""
    return max(-(-tokens // ratio), min(tokens, FEWEST))


def whole_words(scores: Vectors, shape: NDArray[np.uint8]) -> Vectors:
    """Pieces of a word get the score of its best piece, so that names stay whole."""
    starts = np.flatnonzero((shape != CONTINUES_WORD) | (np.arange(len(shape)) == 0))
    word = np.repeat(np.maximum.reduceat(scores, starts), np.diff(np.append(starts, len(shape))))
    together: Vectors = np.where(shape == BLANK, scores, word + np.float32(0.1) * scores).astype(np.float32)
    return together


# -- what is told of each token ----------------------------------------------------------------------


def vocabulary(rarity: NDArray[Any], pieces: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """The tables `VOCABULARY` of tokens that are this rare and stand for these bytes."""
    return dict(zip(VOCABULARY, (rarity, token_shapes(pieces), token_stems(pieces)), strict=True))


def token_shapes(pieces: Sequence[bytes]) -> NDArray[np.uint8]:
    """What each token of a vocabulary is to its word. Where words are written without spaces each token begins one."""
    return np.array([_token_shape(piece) for piece in pieces], np.uint8)


def _token_shape(piece: bytes) -> int:
    text = piece.decode("utf-8", "ignore")
    if piece and not text:
        return STARTS_WORD if piece[0] >= 0xC0 else CONTINUES_WORD  # part of a letter
    if not any(unicodedata.category(letter)[0] in "LN" for letter in text):
        return BLANK
    return STARTS_WORD if text[0].isspace() or text[0] >= SPACELESS else CONTINUES_WORD


def token_stems(pieces: Sequence[bytes]) -> NDArray[np.int32]:
    """A number for each token, the same for tokens whose first letters are the same but for their case."""
    numbers: dict[str, int] = {}
    texts = (piece.decode("utf-8", "backslashreplace").strip().lower()[:STEM] for piece in pieces)
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int32)


def signs(ids: Ints, question: Ints, tables: Tensors) -> Vectors:
    """What is known of each token without the network, [n, SIGNS]: its rarity, whether it is blank, whether it occurred
    before, whether the question has it (by its rarity), and how many of the question's words stand near."""
    rarity, shape, stem = (tables[name] for name in VOCABULARY)
    rare = rarity[ids].astype(np.float32)
    match = np.isin(stem[ids], stem[mentioned(question, tables)]) * rare
    near = [np.minimum(_around(match, reach), 2 * scale) / scale for reach, scale in WINDOWS]
    return np.stack([rare, shape[ids] == BLANK, repeated(ids), match, *near], 1).astype(np.float32)


def mentioned(question: Ints, tables: Tensors) -> Ints:
    """The tokens of a question that say what it is about."""
    told: Ints = question[(tables["shape"][question] != BLANK) & (tables["rarity"][question] > MENTIONED)]
    return told


def repeated(ids: Ints) -> Vectors:
    """1 where a token occurred before in the passage, else 0."""
    mask = np.ones(len(ids), np.float32)
    mask[np.unique(ids, return_index=True)[1]] = 0
    return mask


def _around(values: Vectors, reach: int) -> Vectors:
    """The sum of the values at most `reach` places away."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    places = np.arange(len(values))
    around: Vectors = total[np.minimum(places + reach + 1, len(values))] - total[np.maximum(places - reach, 0)]
    return around


# -- the network -------------------------------------------------------------------------------------


def network(passage: Vectors, question: Vectors, given: Vectors, tables: Tensors) -> Vectors:
    """Scores [n] of a passage's tokens, from input embeddings [n, n_embd] and [m, n_embd] and signs [n, SIGNS]."""
    scale = tables["relevance.scale"]
    words = _normal(_linear("passage", passage * scale, tables), "passage_norm", tables)
    words = words + gelu(_convolved(words, "passage_near", 1, tables))
    aligned, most, whole = (
        np.zeros_like(words),
        np.zeros((len(words), 1), np.float32),
        np.zeros(words.shape[1], np.float32),
    )
    if len(question):
        asked = _normal(_linear("question", question * scale, tables), "question_norm", tables)
        asked = asked + gelu(_convolved(asked, "question_near", 1, tables))
        match = words @ asked.T / math.sqrt(words.shape[1])
        aligned, most = softmax(match) @ asked, match.max(1, keepdims=True)
        whole = softmax(_linear("pool", asked, tables)[:, 0]) @ asked
    x = _linear("mix", np.concatenate((words, aligned, words * aligned, most, given), 1), tables)
    x = x + _linear("gate", whole, tables)
    for number, dilation in enumerate(DILATIONS):
        normal = _normal(x, f"norms.{number}", tables)
        x = x + gelu(_convolved(normal, f"convolutions.{number}", dilation, tables))
    scores: Vectors = _linear("out", x, tables)[:, 0].astype(np.float32)
    return scores


def _linear(name: str, x: Vectors, tables: Tensors) -> Vectors:
    return np.asarray(x @ tables[f"relevance.{name}.weight"].T + tables[f"relevance.{name}.bias"], np.float32)


def _normal(x: Vectors, name: str, tables: Tensors) -> Vectors:
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return np.asarray(scaled * tables[f"relevance.{name}.weight"] + tables[f"relevance.{name}.bias"], np.float32)


def _convolved(x: Vectors, name: str, dilation: int, tables: Tensors) -> Vectors:
    """A convolution over the tokens [n, in] with weights [out, in, width], zeros beyond the ends."""
    weight = tables[f"relevance.{name}.weight"]
    width = weight.shape[2]
    padded = np.pad(x, ((dilation * (width // 2),) * 2, (0, 0)))
    views = np.concatenate([padded[i * dilation : i * dilation + len(x)] for i in range(width)], 1)
    kernel = weight.transpose(2, 1, 0).reshape(-1, weight.shape[0])
    return np.asarray(views @ kernel + tables[f"relevance.{name}.bias"], np.float32)


def softmax(x: Vectors) -> Vectors:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)


def gelu(x: Vectors) -> Vectors:
    """The tanh form of the Gaussian error linear unit (arXiv 1606.08415)."""
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), np.float32)
