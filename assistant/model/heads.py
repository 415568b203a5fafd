"""Worked examples as a model has read them, from one process to the next: sealed in the memory's folder, beside its sources.

They are the product's own and the same for everybody. What is told in one text may have been filled in for somebody and is
kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.model.kept import file_name
from ingest.memory.beside import OWN
from ingest.privacy.sealed import Sealed


class Heads:
    """Of one model with one adapter: `fingerprint` tells it from others."""

    def __init__(self, sealed: Sealed, fingerprint: str) -> None:
        self._sealed, self._fingerprint = sealed, fingerprint

    def get(self, ids: Sequence[int]) -> bytes:
        """The state (`Window.state`) behind a head of these tokens; b"" where none is kept."""
        return self._sealed.get(*OWN, self._name(ids)) or b""

    def has(self, ids: Sequence[int]) -> bool:
        return self._sealed.has(*OWN, self._name(ids))

    def put(self, ids: Sequence[int], state: bytes) -> None:
        """Keeps the state behind a head, if the model gave one."""
        if state:
            self._sealed.put(*OWN, self._name(ids), state)

    def _name(self, ids: Sequence[int]) -> bytes:
        return file_name(self._fingerprint, "head", ids)
