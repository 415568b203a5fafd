"""What a model keeps of a text that it read by itself: the keys and values of its tokens in every layer, in 8 bits.

Keys are scaled number by number over all tokens, since some of their numbers are always large (KIVI, arXiv 2402.02750);
values token by token in groups of `GROUP`. llama.cpp's form of a sequence: `llama_kv_cache::state_write`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ingest.base.errors import MemoryDamaged, ModelFault

HALF = 1
"""What llama.cpp calls half precision."""
GROUP = 32
MARK = 12
"""Bytes at the head of a state that say its form."""

Eighths = NDArray[np.int8]
Halves = NDArray[np.float16]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Fits this one model with this one adapter, behind this one head.

    In a prompt the tokens at `places` stand as far from one another as they stood in the text; what comes after goes on
    behind the last of them.

    Attributes:
        name: what was read behind which head.
        mark: the head of llama.cpp's state; begin: where the first token stood.
        keys, values: [layers, tokens, width]; key_scales [layers, width], value_scales [layers, tokens, groups].
        places: those of the tokens that a prompt is given, ascending.
    """

    name: bytes
    mark: bytes
    begin: int
    keys: Eighths
    key_scales: NDArray[np.float32]
    values: Eighths
    value_scales: Halves
    places: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def span(self) -> int:
        """Positions that it takes up in a prompt: up to the last of its places."""
        return self.places[-1] + 1

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(one.nbytes for one in (self.keys, self.key_scales, self.values, self.value_scales))

    @property
    def key(self) -> bytes:
        """A hash of what a prompt is given."""
        return hashlib.blake2b(np.array(self.places).tobytes(), key=self.name, digest_size=16).digest()

    def only(self, places: Sequence[int]) -> Kept:
        """The same text, of which a prompt is given these places."""
        return replace(self, places=tuple(places))


def file_name(fingerprint: str, behind: object, ids: Sequence[int]) -> bytes:
    """The name of what a model keeps of these tokens: another for another model, adapter, head or text."""
    told = f"{fingerprint}\0{behind}\0{','.join(map(str, ids))}"
    return hashlib.blake2b(told.encode(), digest_size=16).digest()


# -- llama.cpp's form ----------------------------------------------------------------------------------


def packed(state: bytes, name: bytes) -> Kept:
    """A state of llama.cpp, see `Window.state`, in 8 bits.

    Raises:
        ModelFault: it has another form: not one memory of keys and values in half precision.
    """
    try:
        (cells,) = struct.unpack_from("<I", state, MARK)
        places = np.frombuffer(state, "<i4", 3 * cells, MARK + 4).reshape(cells, 3)
        at = MARK + 4 + places.nbytes
        turned, layers = struct.unpack_from("<II", state, at)
        rows = list(_rows(state, at + 8, 2 * layers, cells))
        keys, values = np.stack(rows[:layers]), np.stack(rows[layers:])
    except (struct.error, ValueError) as error:
        raise ModelFault("what this model keeps of a text cannot be understood") from error
    begin = int(places[0, 0])
    if turned or not np.array_equal(places[:, 0], np.arange(begin, begin + cells)):
        raise ModelFault("what this model keeps of a text cannot be understood")
    key_scales = np.maximum(np.abs(keys).max(1).astype(np.float32), 1e-6) / 127
    groups = values.reshape(*values.shape[:2], -1, _group(values.shape[2]))
    value_scales = (np.maximum(np.abs(groups).max(3).astype(np.float32), 1e-4) / 127).astype(np.float16)
    eighths = np.rint(groups.astype(np.float32) / value_scales[..., None].astype(np.float32)).clip(-127, 127)
    return Kept(
        name, state[:MARK], begin,
        np.rint(keys.astype(np.float32) / key_scales[:, None]).astype(np.int8), key_scales,
        eighths.astype(np.int8).reshape(values.shape), value_scales, tuple(range(cells)),
    )  # fmt: skip


def _rows(state: bytes, at: int, count: int, cells: int) -> Iterator[Halves]:
    """Keys or values [cells, width] of `count` layers, which are all there is from here on."""
    for _ in range(count):
        sort, size = struct.unpack_from("<iQ", state, at)
        if sort != HALF:
            raise ValueError(f"numbers of the sort {sort}")
        yield np.frombuffer(state, np.float16, cells * size // 2, at + 12).reshape(cells, -1)
        at += 12 + cells * size
    if at != len(state):
        raise ValueError("there is more")


def unpacked(kept: Kept) -> bytes:
    """The state with the chosen places alone, where they stood in the text."""
    chosen = np.array(kept.places)
    keys = kept.keys[:, chosen] * kept.key_scales[:, None]
    values = kept.values[:, chosen].reshape(len(keys), len(chosen), kept.value_scales.shape[2], -1)
    wide = (values * kept.value_scales[:, chosen, :, None].astype(np.float32)).reshape(len(keys), len(chosen), -1)
    places = np.ones((len(chosen), 3), "<i4")
    places[:, 0] = kept.begin + chosen
    pieces = [kept.mark, struct.pack("<I", len(chosen)), places.tobytes(), struct.pack("<II", 0, len(keys))]
    for layer in (*keys.astype(np.float16), *wide.astype(np.float16)):
        pieces += [struct.pack("<iQ", HALF, 2 * layer.shape[1]), layer.tobytes()]
    return b"".join(pieces)


def _group(width: int) -> int:
    return width if width % GROUP else GROUP


# -- as bytes ------------------------------------------------------------------------------------------

_ARRAYS = ("keys", "key_scales", "values", "value_scales")


def to_bytes(kept: Kept) -> bytes:
    """All of it, as a file can hold it (safetensors)."""
    arrays: dict[str, NDArray[Any]] = {name: np.ascontiguousarray(getattr(kept, name)) for name in _ARRAYS}
    around = np.frombuffer(struct.pack("<i", kept.begin) + kept.mark + kept.name, np.uint8)
    return bytes(save({**arrays, "around": around}))


def from_bytes(data: bytes) -> Kept:
    """What `to_bytes` gave.

    Raises:
        MemoryDamaged: this is something else.
    """
    try:
        arrays = load(data)
        around = arrays["around"].tobytes()
        (begin,) = struct.unpack_from("<i", around)
        kept = Kept(
            around[4 + MARK :], around[4 : 4 + MARK], begin, arrays["keys"], arrays["key_scales"], arrays["values"],
            arrays["value_scales"], tuple(range(arrays["keys"].shape[1])),
        )  # fmt: skip
    except (SafetensorError, KeyError, struct.error, IndexError) as error:
        raise MemoryDamaged(f"what was kept of a source cannot be read: {error}") from error
    return kept
