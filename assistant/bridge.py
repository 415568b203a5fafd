"""The bridge: what an entity says or means, as soft tokens for one particular language model.

A passage of N tokens becomes ceil(N / ratio) slots. The model reads the passage once, by itself; what it keeps of the
*anchors*, the most telling tokens of the passage, are the slots: their keys and values in every layer, which hold what
stands around them too (`assistant.llm.Slots`). Later prompts see the slots as if the passage stood there, without
reading it. The anchors of a coarser ratio are a subset of those of a finer one. An adapter that was trained for it
gathers more into the anchors, and reads more out of them (compare arXiv 2304.08467, 2408.03094 and 2409.15355).
Entities without words bring vectors of the linguistic space, which a small network maps to one input vector each.

Only numpy here. Knows nothing about llama.cpp or prompts.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as write

from ingest.errors import BadWeights, BridgeMismatch
from ingest.space import Vectors

Ints = NDArray[np.int64]
Tensors = Mapping[str, NDArray[Any]]
Rows = Callable[[Sequence[int]], Vectors]
"""Input embeddings of token ids, float32 [len(ids), n_embd]."""


class Kept(Protocol):
    """What a model keeps of a passage: `len` slots, `size` bytes."""

    @property
    def size(self) -> int: ...

    def __len__(self) -> int: ...


class Mind(Protocol):
    """The model as the bridge needs it; `assistant.llm.Llm` is one."""

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        """Input embeddings of token ids, float32 [len(ids), n_embd]."""

    def remember(self, ids: Sequence[int], anchors: Sequence[int]) -> Any:
        """What it keeps of a passage at these places, having read it by itself."""

    def thinned(self, kept: Any, anchors: Sequence[int]) -> Any:
        """The same with some of the places only."""


FORMAT = "kotonoha-bridge-2"

REMEMBERED = 512 << 20
"""Bytes of slots that are kept in memory for the next question; those longest not asked for go first."""

RANKED = 1 << 15
"""Passages whose ranking of tokens is kept: training asks for the same ones again and again."""

RATIOS = (2, 4, 8, 16)
"""Tokens per slot that the bridge is made for, finest first."""

CERTAIN = 0.25
"""Share of the longest vector's length below which a vector of a wordless entity is not read."""

STARTS_WORD, CONTINUES_WORD, BLANK = 0, 1, 2
"""What a token is to its word: its first piece, a later piece, or nothing but space and punctuation."""

TELLING = ("probe", "probe_weights", "rarity", "shape")
MEANING = ("meaning_linear", "meaning_bias", "meaning_inner", "meaning_outer")
"""Tensors of a bridge file: what ranks anchors (always there), what maps vectors without words."""


@dataclass(frozen=True, slots=True)
class About:
    """What a bridge was made for.

    Attributes:
        llm_name, llm_sha256: the model, and the hash of its file.
        space: fingerprint of the linguistic space whose vectors it maps, "" if it maps none.
        trained: "none", or in words what it was trained on.
        config: the training configuration as JSON.
    """

    llm_name: str
    llm_sha256: str
    n_embd: int
    space: str = ""
    trained: str = "none"
    config: str = "{}"


class Ranking:
    """Which tokens of a passage become its anchors: a linear probe, see `telling`."""

    def __init__(self, rows: Rows, tables: Tensors) -> None:
        self.rows, self.tables = rows, tables
        self._scores = lru_cache(maxsize=RANKED)(self._telling)

    def anchors(self, ids: Sequence[int], ratio: int) -> list[int]:
        """Places of the anchors, in reading order, ceil(n / ratio) of them.

        Raises:
            ValueError: a ratio the bridge is not made for.
        """
        if ratio not in RATIOS:
            raise ValueError(f"ratio {ratio} is none of {RATIOS}")
        chosen: list[int] = anchors(self._scores(tuple(ids)), ratio).tolist()
        return chosen

    def _telling(self, ids: tuple[int, ...]) -> Vectors:
        return telling(np.array(ids, np.int64), self.rows(ids), self.tables)


class Bridge:
    """Maps passages and vectors to soft tokens of one model.

    `fingerprint` changes with every weight. Slots are made on first use and kept in memory, never on disk: they hold
    what the passage says.
    """

    def __init__(self, about: About, tensors: Tensors, mind: Mind) -> None:
        self.about = about
        self._tensors, self._mind = dict(tensors), mind
        self._ranking = Ranking(mind.embedding_rows, self._tensors)
        self._remembered: OrderedDict[tuple[int, tuple[int, ...]], Kept] = OrderedDict()
        digest = hashlib.sha256(about.llm_sha256.encode())
        for name in sorted(tensors):
            digest.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
        self.fingerprint = digest.hexdigest()[:32]

    @property
    def maps_meaning(self) -> bool:
        return "meaning_linear" in self._tensors

    def slots(self, ids: Sequence[int], ratio: int) -> Any:
        """A passage in tokens of the model as ceil(n / ratio) slots; n >= 1.

        The first time this takes as long as reading the passage; then it is there at once.

        Raises:
            ValueError: a ratio the bridge is not made for.
        """
        passage = tuple(ids)
        if (ratio, passage) in self._remembered:
            self._remembered.move_to_end((ratio, passage))
            return self._remembered[ratio, passage]
        kept = self._remembered[ratio, passage] = self._made(passage, ratio)
        while len(self._remembered) > 1 and sum(one.size for one in self._remembered.values()) > REMEMBERED:
            self._remembered.popitem(last=False)
        return kept

    def _made(self, passage: tuple[int, ...], ratio: int) -> Kept:
        """From finer slots of the same passage if there are any, else by reading it."""
        anchors = self._ranking.anchors(passage, ratio)
        finer = next((one for r in RATIOS if r < ratio and (one := self._remembered.get((r, passage)))), None)
        made: Kept = self._mind.remember(passage, anchors) if finer is None else self._mind.thinned(finer, anchors)
        return made

    def meant(self, vectors: Vectors) -> Vectors:
        """Vectors of the linguistic space [n, dim] as soft tokens, float32 [m, n_embd] with 1 <= m <= n.

        A vector's length says how certain it is (a picture's classes, ConSE): what is far shorter than the longest is
        left out.

        Raises:
            BridgeMismatch: this bridge maps no vectors.
        """
        if not self.maps_meaning:
            raise BridgeMismatch("this bridge maps words only", "run kotonoha fit, or use text for what has no words")
        given = np.atleast_2d(vectors).astype(np.float32)
        length = np.linalg.norm(given, axis=1)
        return meant(given[length >= CERTAIN * length.max()], self._tensors)

    def save(self, path: Path) -> None:
        """See `save`."""
        save(self.about, self._tensors, path)

    @classmethod
    def load(cls, path: Path, llm_sha256: str, mind: Mind, space: str = "") -> Bridge:
        """The bridge in a file, for the model of that hash and, if `space` is given, for that space.

        Raises:
            BadWeights: the file is no bridge.
            BridgeMismatch: it was made for another model or space.
        """
        header, tensors = _read(path)
        about = About(n_embd=int(header["n_embd"]), **{key: header[key] for key in _TEXTS})
        if about.llm_sha256 != llm_sha256:
            raise BridgeMismatch(f"{path.name} was made for {about.llm_name}, another model", "run kotonoha fit --llm")
        if space and about.space and about.space != space:
            raise BridgeMismatch(f"{path.name} was made for the space {about.space}, not {space}", "run kotonoha fit")
        return cls(about, tensors, mind)

    @classmethod
    def untrained(cls, about: About, shape: NDArray[np.uint8], mind: Mind) -> Bridge:
        """A bridge that needs no training: anchors by the token's rank in the vocabulary.

        Byte-pair vocabularies are ordered by how early a merge was learned, so a higher id is a rarer token.
        """
        rank = np.log1p(np.arange(len(shape), dtype=np.float32))
        tables = {
            "probe": np.zeros((3, about.n_embd), np.float16),
            "probe_weights": np.array([1.0, -2.0], np.float32),
            "rarity": (rank / rank[-1]).astype(np.float16),
            "shape": shape,
        }
        return cls(about, tables, mind)


def save(about: About, tensors: Tensors, path: Path) -> None:
    """One safetensors file in half precision, what it was made for in its metadata."""
    values = {key: str(value) for key, value in asdict(about).items()}
    header = {"format": FORMAT, "ratios": json.dumps(RATIOS), **values}
    path.write_bytes(write({name: _compact(array) for name, array in tensors.items()}, header))


_TEXTS = ("llm_name", "llm_sha256", "space", "trained", "config")


def _compact(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array.astype(np.float16) if array.dtype == np.float32 else array)


def _read(path: Path) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    try:
        with safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{path} is no bridge file: {error}") from error
    missing = [key for key in ("format", "n_embd", *_TEXTS) if key not in header]
    missing += [name for name in TELLING if name not in tensors]
    if missing or header["format"] != FORMAT:
        raise BadWeights(f"{path} is no bridge file of the form {FORMAT}: it lacks {', '.join(missing) or 'that mark'}")
    return header, {name: _wide(array) for name, array in tensors.items()}


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


# -- which tokens become anchors ---------------------------------------------------------------------


def token_shapes(names: Sequence[str]) -> NDArray[np.uint8]:
    """What each token of a vocabulary is to its word, by how byte-pair and SentencePiece vocabularies write it."""
    return np.array([_token_shape(name) for name in names], np.uint8)


def _token_shape(name: str) -> int:
    word = name.lstrip("Ġ▁Ċ")
    if not any(unicodedata.category(letter)[0] in "LN" for letter in word):
        return BLANK
    return STARTS_WORD if word != name or name.startswith("<|") else CONTINUES_WORD


def slot_count(tokens: int, ratio: int) -> int:
    """How many slots a passage of `tokens` tokens becomes at `ratio`."""
    return -(-tokens // ratio)


def telling(ids: Ints, vectors: Vectors, tables: Tensors) -> Vectors:
    """How telling each token of a passage is, [n]: what the anchors are ranked by.

    A linear probe over the token, its two neighbours, its rarity and whether it occurred before, trained to find the
    words that questions ask about; pieces of a word share the score of its best piece, so that names stay whole.
    """
    near = np.zeros((len(ids) + 2, 3), np.float32)
    near[1:-1] = vectors @ tables["probe"].astype(np.float32).T
    raw = near[1:-1, 0] + near[:-2, 1] + near[2:, 2]
    weights = tables["probe_weights"].astype(np.float32)
    raw = raw + weights[0] * tables["rarity"].astype(np.float32)[ids] + weights[1] * repeated(ids)
    shape = tables["shape"][ids]
    starts = np.flatnonzero((shape != CONTINUES_WORD) | (np.arange(len(ids)) == 0))
    raw = np.where(shape == BLANK, np.float32(-20), raw)
    word = np.repeat(np.maximum.reduceat(raw, starts), np.diff(np.append(starts, len(ids))))
    scores: Vectors = np.where(shape == BLANK, raw, word + np.float32(0.1) * raw).astype(np.float32)
    return scores


def repeated(ids: Ints) -> Vectors:
    """1 where a token occurred before in the passage, else 0."""
    mask = np.ones(len(ids), np.float32)
    mask[np.unique(ids, return_index=True)[1]] = 0
    return mask


def anchors(scores: Vectors, ratio: int) -> Ints:
    """Positions of the anchors in reading order: the `slot_count` most telling tokens, ties to the earlier one."""
    ranked = np.argsort(-scores, kind="stable")
    return np.sort(ranked[: slot_count(len(scores), ratio)]).astype(np.int64)


# -- what has no words -------------------------------------------------------------------------------


def meant(vectors: Vectors, tensors: Tensors) -> Vectors:
    """Vectors of the space [n, dim], made unit length, through a linear map plus a small network, [n, n_embd]."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    inner = gelu(unit @ tensors["meaning_inner"].T) @ tensors["meaning_outer"].T
    mapped: Vectors = (unit @ tensors["meaning_linear"].T + tensors["meaning_bias"] + inner).astype(np.float32)
    return mapped


def gelu(x: Vectors) -> Vectors:
    """The tanh form of the Gaussian error linear unit (arXiv 1606.08415)."""
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), np.float32)
