"""Worked examples as a model has read them, from one process to the next: sealed in the memory's folder, beside its sources.

They are the product's own and the same for everybody. What is told in one text may have been filled in for somebody and is
kept nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from assistant.model.vocabulary import Told
from ingest.memory.beside import OWN
from ingest.privacy.sealed import Sealed


class Heads:
    """Of one model with one adapter: `fingerprint` tells it from others."""

    def __init__(self, sealed: Sealed, fingerprint: str) -> None:
        self._sealed, self._fingerprint = sealed, fingerprint

    def get(self, told: Told, ids: Sequence[int]) -> bytes:
        """The state (`Window.state`) behind a head of these tokens; b"" where none is kept."""
        return self._sealed.get(*OWN, self._name(ids)) or b"" if isinstance(told, tuple) else b""

    def has(self, told: Told, ids: Sequence[int]) -> bool:
        """Whether nothing is left to be read of a head, for good or because it is not kept."""
        return not isinstance(told, tuple) or self._sealed.has(*OWN, self._name(ids))

    def put(self, told: Told, ids: Sequence[int], state: bytes) -> None:
        """Keeps the state behind a head, if it is one of worked examples and the model gave one."""
        if isinstance(told, tuple) and state:
            self._sealed.put(*OWN, self._name(ids), state)

    def _name(self, ids: Sequence[int]) -> bytes:
        told = f"{self._fingerprint}\0head\0{','.join(map(str, ids))}"
        return hashlib.blake2b(told.encode(), digest_size=16).digest()
