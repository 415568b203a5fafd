"""Words: all-MiniLM-L6-v2, the default linguistic space.

The weights come inside a Python package; nothing is ever fetched. A text is read in windows of at most 256 word
pieces, and the states of all windows are joined, so a long text is never cut.

Reimers & Gurevych, Sentence-BERT (arXiv 1908.10084); Wang et al., MiniLM (arXiv 2002.10957).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.base import weights

from ..space import RATIO, Placed, Vectors, unit

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

MODEL = "all-minilm-l6-v2"
SHA256 = weights.known(MODEL).file().sha256

POOLING = 1
"""Version of how texts become vectors; counts up when stored vectors stop being comparable."""

CLS, SEP = 101, 102
"""Ids of the two marks around every window."""

WINDOW = 256
"""Word pieces the model reads at once, its two marks [CLS] and [SEP] included: what it was trained with."""

BATCH_PIECES = 1024
"""Word pieces per forward pass: a few passages, whose states stay in the processor's cache."""

GROUP = 256
"""Texts sorted by length together: enough that batches need hardly any padding, few enough to bound memory."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text at the resolution of word pieces.

    Attributes:
        pieces: the word pieces, continuation marked by "##", without [CLS] and [SEP]; may be empty.
        states: float32 [len(pieces), dim], their states in the last layer.
        address: float32 [dim], unit length: the mean over all states, the marks included.
    """

    pieces: tuple[str, ...]
    states: Vectors
    address: Vectors


class Words:
    """MiniLM as a `Space`. Cheap to make; the weights are checked and loaded on first use.

    Args:
        threads: processor threads for torch; 0 leaves torch's own choice.
    """

    name = "all-MiniLM-L6-v2, mean of word-piece states"
    dim = 384
    fingerprint = f"minilm-l6-{SHA256[:16]}-pool{RATIO}-v{POOLING}"

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads

    def place(self, texts: Sequence[str], ratio: int = RATIO) -> list[Placed]:
        """See `Space.place`. Slots are means of `ratio` neighbouring states; of an empty text, its address."""
        return [Placed(one.address, pool(one.states, ratio)) for one in self.read(texts)]

    def fluency(self, text: str) -> float:
        """Share of a text's letters in word pieces of several letters.

        The vocabulary has English words and pieces of them; of a language the model did not learn it has at most the
        single letters, and nothing at all of some scripts.
        """
        pieces = [piece.removeprefix("##") for piece in self._tokenizer.encode(text, add_special_tokens=False).tokens]
        letters = sum(c.isalnum() for c in text)
        return min(sum(len(piece) for piece in pieces if len(piece) > 1 and piece.isalnum()) / max(letters, 1), 1.0)

    def read(self, texts: Sequence[str]) -> Iterator[Reading]:
        """Texts at the resolution of word pieces, in order; memory is bounded by the group, not by the list.

        Raises:
            MissingPart: the package with the weights is not installed.
            BadWeights: the weights are not the published ones.
        """
        for start in range(0, len(texts), GROUP):
            yield from self._read_group(texts[start : start + GROUP])

    def _read_group(self, texts: Sequence[str]) -> Iterator[Reading]:
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        windows = [_windows(encoding.ids) for encoding in encodings]
        states = iter(self._states([window for of_text in windows for window in of_text]))
        for encoding, of_text in zip(encodings, windows, strict=True):
            joined = [next(states) for _ in of_text]
            address = unit(np.concatenate(joined).mean(axis=0))
            content = np.concatenate([window[1:-1] for window in joined])
            yield Reading(tuple(encoding.tokens), content if len(content) else address[None], address)

    def _states(self, windows: Sequence[Sequence[int]]) -> list[Vectors]:
        """Last hidden states of each window of ids, marks included: float32 [len(window) + 2, dim]."""
        import torch

        order = sorted(range(len(windows)), key=lambda i: -len(windows[i]))
        states: list[Vectors] = [np.empty(0, np.float32)] * len(windows)
        for batch in _batches(order, windows):
            width = len(windows[batch[0]]) + 2
            ids, mask = _padded([windows[i] for i in batch], width)
            with torch.inference_mode():
                out = self._model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
            hidden = out.last_hidden_state.numpy()
            for row, i in enumerate(batch):
                states[i] = hidden[row, : len(windows[i]) + 2]
        return states

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(weights.find(MODEL).with_name("tokenizer.json")))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> BertModel:
        import torch
        from safetensors.torch import load_file
        from transformers import BertConfig, BertModel

        if self.threads:
            torch.set_num_threads(self.threads)
        file = weights.find(MODEL)
        model = BertModel(BertConfig.from_json_file(file.with_name("config.json")), add_pooling_layer=False)
        wanted = model.state_dict().keys()
        model.load_state_dict({name: value for name, value in load_file(file).items() if name in wanted})
        model.requires_grad_(False).train(False)
        return model


def pool(states: Vectors, ratio: int) -> Vectors:
    """Means of `ratio` neighbouring rows; the last may be of fewer. [n, dim] -> [ceil(n / ratio), dim]."""
    starts = np.arange(0, len(states), ratio)
    counts = np.diff(np.append(starts, len(states)))
    return np.asarray(np.add.reduceat(states, starts, axis=0) / counts[:, None], dtype=np.float32)


def _windows(ids: Sequence[int]) -> list[Sequence[int]]:
    """The ids in windows of nearly equal length that leave room for the two marks; at least one."""
    count = max(-(-len(ids) // (WINDOW - 2)), 1)
    edges = [len(ids) * i // count for i in range(count + 1)]
    return [ids[a:b] for a, b in pairwise(edges)]


def _batches(order: Sequence[int], windows: Sequence[Sequence[int]]) -> Iterator[Sequence[int]]:
    """Runs of `order` (longest first) whose padded size stays within `BATCH_PIECES`."""
    start = 0
    while start < len(order):
        size = max(BATCH_PIECES // (len(windows[order[start]]) + 2), 1)
        yield order[start : start + size]
        start += size


def _padded(batch: Sequence[Sequence[int]], width: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids between their marks, and the mask of what is real: two int64 [batch, width]."""
    ids = np.zeros((len(batch), width), np.int64)
    mask = np.zeros((len(batch), width), np.int64)
    for row, window in enumerate(batch):
        ids[row, : len(window) + 2] = (CLS, *window, SEP)
        mask[row, : len(window) + 2] = 1
    return ids, mask
