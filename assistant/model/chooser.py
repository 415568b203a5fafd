"""Which tokens of a source a question is given, where it is not given all of them: `relevance` with the tables of one model.

A file of tables (safetensors) fits one model, whose hash it names. Without one, rarity and nearness decide.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as write

from assistant.model.llm import Llm
from assistant.model.relevance import VOCABULARY, Selector, Tensors, vocabulary
from ingest.base import verdicts
from ingest.base.errors import AdapterMismatch, BadWeights

FORMAT = "kotonoha-chooser-1"


def load(path: Path, llm: Llm) -> Selector:
    """The chooser in a file, for the model it was made for.

    Raises:
        BadWeights: the file is none.
        AdapterMismatch: it was made for another model.
    """
    try:
        with safe_open(path, "numpy") as file:
            header = file.metadata() or {}
            tables = {name: _wide(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{path} is no chooser: {error}") from error
    if header.get("format") != FORMAT or not set(VOCABULARY) <= set(tables):
        raise BadWeights(f"{path} is no chooser of the form {FORMAT}")
    if header.get("llm") != verdicts.digest(llm.path):
        raise AdapterMismatch(f"{path.name} was made for another model", "remove it, or name its model")
    return Selector(llm.embedding_rows, tables)


def save(path: Path, llm: Path, tables: Tensors, trained: str) -> None:
    """One safetensors file in half precision, with what it was made for and on."""
    header = {"format": FORMAT, "llm": verdicts.digest(llm), "trained": trained}
    path.write_bytes(write({name: _compact(array) for name, array in tables.items()}, header))


def untrained(llm: Llm) -> Selector:
    """The chooser that needs no training: rarity by the token's rank in the vocabulary.

    Byte-pair vocabularies are ordered by how early a merge was learned, so a higher id is a rarer token.
    """
    tokens = llm.vocabulary
    rank = np.log1p(np.arange(len(tokens), dtype=np.float32))
    pieces = [tokens.piece(id) for id in range(len(tokens))]
    return Selector(llm.embedding_rows, vocabulary((rank / rank[-1]).astype(np.float16), pieces))


def _compact(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array.astype(np.float16) if array.dtype == np.float32 else array)


def _wide(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array
