"""Words: multilingual-e5-small, the default linguistic space.

A text is read in windows of at most 512 pieces, each begun as the model was trained ("query: " or "passage: "), and the
states of all windows are joined, so a long text is never cut. All its texts lie in one narrow cone, and those of a language
closer to each other than to their like in another; so the mean of each language is taken out of every state. The means
are those of a fixed sample (`means.npy`, made by `assistant.fit.means`), not of a memory: an entity's place tells nothing of
its neighbours.

Wang et al., Multilingual E5 (arXiv 2402.05672); Reimers & Gurevych, Sentence-BERT (arXiv 1908.10084).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...base import weights
from ...text import pieces
from ...text.language import Language, language_of
from ..space import RATIO, Placed, Vectors, unit

if TYPE_CHECKING:
    from .transformer import Transformer

SHA256 = weights.known(pieces.MODEL).file().sha256

VERSION = 2
"""Of how texts become vectors; counts up when stored vectors stop being comparable."""

PREFIXES = ("passage: ", "query: ")
LANGUAGES: tuple[Language, ...] = ("en", "ja", "other")
MEANS = Path(__file__).with_name("means.npy")
"""float32 [len(PREFIXES), len(LANGUAGES), dim]: the mean of the sentence vectors of each, before they have length one."""

WINDOW = 512
"""Pieces the model reads at once, its marks and the prefix included: what it was trained with."""

BATCH_PIECES = 1024
"""Pieces per forward pass: a few passages, whose states stay in the processor's cache."""

GROUP = 256
"""Texts read together: few enough to bound memory."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text at the resolution of pieces.

    Attributes:
        pieces: the pieces, "▁" for a space before, without prefix and marks; may be empty.
        states: float32 [len(pieces), dim], their states in the last layer, the mean of the language taken out.
        address: float32 [dim], unit length: the mean over all states, prefix and marks included.
    """

    pieces: tuple[str, ...]
    states: Vectors
    address: Vectors


class Words:
    """multilingual-e5-small as a `Space`. Cheap to make; the weights are checked and loaded on first use.

    Args:
        threads: processor threads for torch; 0 leaves torch's own choice.
        means: what is taken out, in the form of `MEANS`; None takes the shipped ones.
    """

    name = "multilingual-e5-small, mean of token states, the mean of each language taken out"
    dim = 384
    fingerprint = f"e5-small-{SHA256[:16]}-pool{RATIO}-v{VERSION}"

    def __init__(self, threads: int = 0, means: Vectors | None = None) -> None:
        self.threads = threads
        self._given = means

    def place(self, texts: Sequence[str], ratio: int = RATIO, question: bool = False) -> list[Placed]:
        """See `Space.place`. Slots are means of `ratio` neighbouring states; of an empty text, its address."""
        return [Placed(one.address, pool(one.states, ratio)) for one in self.read(texts, question)]

    def fluency(self, text: str) -> float:
        """Share of a text's pieces that are in the vocabulary; 0 for a text without letters or digits."""
        (ids,) = pieces.ids([text])
        return sum(id != pieces.model().unknown for id in ids) / len(ids) if any(c.isalnum() for c in text) else 0.0

    def read(self, texts: Sequence[str], question: bool = False) -> Iterator[Reading]:
        """Texts at the resolution of pieces, in order; memory is bounded by the group, not by the list.

        Raises:
            MissingPart: the weights are not on this machine.
            BadWeights: they are not the published ones.
        """
        for start in range(0, len(texts), GROUP):
            yield from self._read_group(texts[start : start + GROUP], question)

    def middles(self, texts: Sequence[str], question: bool = False) -> Vectors:
        """The mean over all states of each text, before it has length one: float32 [len(texts), dim]."""
        parts = (texts[start : start + GROUP] for start in range(0, len(texts), GROUP))
        read = (windows for part in parts for windows in self._windows_of(part, pieces.ids(part), question))
        return np.stack([np.concatenate(windows).mean(axis=0) for windows in read])

    def _read_group(self, texts: Sequence[str], question: bool) -> Iterator[Reading]:
        ids, before = pieces.ids(texts), 1 + len(self._prefixes[question])
        for own, windows in zip(ids, self._windows_of(texts, ids, question), strict=True):
            address = unit(np.concatenate(windows).mean(axis=0))
            content = np.concatenate([window[before:-1] for window in windows])
            names = tuple(pieces.model().pieces[id][0] for id in own)
            yield Reading(names, content if len(content) else address[None], address)

    def _windows_of(
        self, texts: Sequence[str], ids: Sequence[Sequence[int]], question: bool
    ) -> Iterator[list[Vectors]]:
        """The states of each text's windows, prefix and marks included, the mean of its language taken out."""
        prefix = [pieces.model().begin, *self._prefixes[question]]
        windows = [_windows(one, WINDOW - len(prefix) - 1) for one in ids]
        states = iter(self._states([[*prefix, *w, pieces.model().end] for of_text in windows for w in of_text]))
        for text, of_text in zip(texts, windows, strict=True):
            mean = self.means[int(question), LANGUAGES.index(language_of(text))]
            yield [next(states) - mean for _ in of_text]

    def _states(self, windows: Sequence[Sequence[int]]) -> Iterator[Vectors]:
        """Last states of each window of ids, a few windows at a time: float32 [len(window), dim]."""
        for batch in _batches(windows):
            yield from self._model.states(batch)

    @cached_property
    def means(self) -> Vectors:
        """What is taken out, in the form of `MEANS`."""
        return np.load(MEANS, allow_pickle=False) if self._given is None else self._given

    @cached_property
    def _prefixes(self) -> list[list[int]]:
        return pieces.ids([prefix.strip() for prefix in PREFIXES])

    @cached_property
    def _model(self) -> Transformer:
        import torch

        from .transformer import Transformer

        if self.threads:
            torch.set_num_threads(self.threads)
        return Transformer(pieces.model())


def pool(states: Vectors, ratio: int) -> Vectors:
    """Means of `ratio` neighbouring rows; the last may be of fewer. [n, dim] -> [ceil(n / ratio), dim]."""
    starts = np.arange(0, len(states), ratio)
    counts = np.diff(np.append(starts, len(states)))
    return np.asarray(np.add.reduceat(states, starts, axis=0) / counts[:, None], dtype=np.float32)


def _windows(ids: Sequence[int], room: int) -> list[Sequence[int]]:
    """The ids in windows of nearly equal length, at most `room`; at least one."""
    count = max(-(-len(ids) // room), 1)
    edges = [len(ids) * i // count for i in range(count + 1)]
    return [ids[a:b] for a, b in pairwise(edges)]


def _batches(windows: Sequence[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    """Runs of windows of at most `BATCH_PIECES` together, or one that is longer."""
    batch: list[Sequence[int]] = []
    for window in windows:
        if batch and sum(map(len, batch)) + len(window) > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
