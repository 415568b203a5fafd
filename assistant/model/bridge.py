"""The bridge: what an entity says or means, as soft tokens for one particular language model.

The model reads a passage once, by itself; what it keeps of it, the keys and values of its tokens in every layer, is
remembered (`parts.Kept`). A question is given one in `ratio` of its sources' tokens as *soft tokens*: those it needs
(`assistant.model.relevance`). The prompt sees them as if the passages stood there, without reading them again. What a
ratio of 8 gives is part of what a ratio of 4 gives.
Entities without words bring vectors of the linguistic space, which a small network maps to one input vector each.

Related: block attention (arXiv 2409.15355), what to keep of a cache (H2O, arXiv 2306.14048; SnapKV, arXiv 2404.14469),
a selector that knows the question (SeleCom, arXiv 2602.15856).

Only numpy here.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as write

from assistant.model.relevance import RATIOS, VOCABULARY, Selector, Tensors, gelu, vocabulary
from ingest.base.errors import BadWeights, BridgeMismatch
from ingest.space.space import Vectors


class Kept(Protocol):
    """What a model keeps of a passage, or some of it: `size` bytes."""

    @property
    def size(self) -> int: ...

    def only(self, places: Sequence[int]) -> Any:
        """The same, of which a prompt is given the tokens at these places."""


class Mind(Protocol):
    """The model as the bridge needs it; `assistant.model.llm.Llm` is one."""

    def embedding_rows(self, ids: Sequence[int]) -> Vectors:
        """Input embeddings of token ids, float32 [len(ids), n_embd]."""

    def remember(self, ids: Sequence[int]) -> Kept:
        """What it keeps of a passage, having read it by itself."""


FORMAT = "kotonoha-bridge-4"

REMEMBERED = 512 << 20
"""Bytes of what was kept of passages that stay in memory for the next question; those longest not asked for go first."""

CERTAIN = 0.25
"""Share of the longest vector's length below which a vector of a wordless entity is not read."""

DOUBT = "doubt"
"""Weights [2] of the log-odds of a refusal and of 1."""

MEANING = ("meaning_linear", "meaning_bias", "meaning_inner", "meaning_outer")
"""Tensors of a bridge file that map vectors without words."""


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


class Bridge:
    """Maps passages and vectors to soft tokens of one model.

    `fingerprint` changes with every weight. What the model keeps of a passage is made on first use and stays in memory, never
    on disk: it holds what the passage says.
    """

    def __init__(self, about: About, tensors: Tensors, mind: Mind) -> None:
        self.about = about
        self._tensors, self._mind = dict(tensors), mind
        self._selector = Selector(mind.embedding_rows, self._tensors)
        self._remembered: OrderedDict[tuple[int, ...], Kept] = OrderedDict()
        digest = hashlib.sha256(about.llm_sha256.encode())
        for name in sorted(tensors):
            digest.update(name.encode() + np.ascontiguousarray(tensors[name]).tobytes())
        self.fingerprint = digest.hexdigest()[:32]

    @property
    def maps_meaning(self) -> bool:
        return "meaning_linear" in self._tensors

    def kept(self, sources: Sequence[Sequence[int]], ratio: int, question: Sequence[int] = ()) -> list[Any]:
        """Sources in tokens of the model, none of them empty, as soft tokens: of each those a question, in tokens, needs most.

        There is one soft token for `ratio` tokens of all sources together (`relevance.soft_count`). The first time a source
        is asked for takes as long as reading it; then it is there at once, for every question.

        Raises:
            ValueError: a ratio no passage can be given at.
        """
        places = self._selector.anchors([(ids, ratio) for ids in sources], question)
        return [self._kept(tuple(ids)).only(chosen) for ids, chosen in zip(sources, places, strict=True)]

    def _kept(self, passage: tuple[int, ...]) -> Kept:
        if passage in self._remembered:
            self._remembered.move_to_end(passage)
            return self._remembered[passage]
        kept = self._remembered[passage] = self._mind.remember(passage)
        while len(self._remembered) > 1 and sum(one.size for one in self._remembered.values()) > REMEMBERED:
            self._remembered.popitem(last=False)
        return kept

    def doubt(self, odds: float) -> float:
        """The probability, 0 to 1, that the sources do not answer, of two equally frequent sorts of questions.

        Args:
            odds: logarithm of the odds with which the model begins a refusal.
        """
        slope, level = self._tensors.get(DOUBT, np.array([1, 0], np.float32)).tolist()
        return float(1 / (1 + np.exp(-np.clip(slope * odds + level, -50, 50))))

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

    def of_words(self) -> Bridge:
        """The same without what maps vectors of its space."""
        tensors = {name: tensor for name, tensor in self._tensors.items() if name not in MEANING}
        return Bridge(replace(self.about, space=""), tensors, self._mind)

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
    def untrained(cls, about: About, names: Sequence[str], mind: Mind) -> Bridge:
        """A bridge that needs no training: rarity by the token's rank in the vocabulary, whose tokens have these names.

        Byte-pair vocabularies are ordered by how early a merge was learned, so a higher id is a rarer token.
        """
        rank = np.log1p(np.arange(len(names), dtype=np.float32))
        return cls(about, vocabulary((rank / rank[-1]).astype(np.float16), names), mind)


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
    missing += [name for name in VOCABULARY if name not in tensors]
    if missing or header["format"] != FORMAT:
        raise BadWeights(f"{path} is no bridge file of the form {FORMAT}: it lacks {', '.join(missing) or 'that mark'}")
    return header, {name: _wide(array) for name, array in tensors.items()}


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


# -- what has no words -------------------------------------------------------------------------------


def meant(vectors: Vectors, tensors: Tensors) -> Vectors:
    """Vectors of the space [n, dim], made unit length, through a linear map plus a small network, [n, n_embd]."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    inner = gelu(unit @ tensors["meaning_inner"].T) @ tensors["meaning_outer"].T
    mapped: Vectors = (unit @ tensors["meaning_linear"].T + tensors["meaning_bias"] + inner).astype(np.float32)
    return mapped
