"""Files beside a source (`ingest.memory.beside`), sealed with the key of its scope (AES-GCM, package cryptography).

Neither a file nor its name says anything without that key, and what was sealed for one scope, source and name opens for
no other.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest.memory.beside import Beside, write

from .keys import Keys
from .vault import secret

NONCE = 12


class Sealed:
    """Sealed files, up to `most` bytes of them."""

    def __init__(self, where: Keys, beside: Beside, most: int) -> None:
        self.beside, self.most = beside, most
        self._secret = lru_cache(maxsize=256)(lambda scope: secret(where, f"scope-{_digest(scope.encode())}.key"))
        self._size = beside.size()

    @property
    def size(self) -> int:
        """Bytes that lie there, as far as this process knows."""
        return self._size

    def get(self, scope: str, source: str, name: bytes) -> bytes | None:
        """What was put under this name; None if it is not there or is not what was put. It now counts as just used."""
        path = self._path(scope, source, name)
        try:
            data = path.read_bytes()
            os.utime(path)
            return AESGCM(self._secret(scope)).decrypt(data[:NONCE], data[NONCE:], _bound(source, name))
        except (FileNotFoundError, InvalidTag, ValueError):
            path.unlink(missing_ok=True)
            return None

    def has(self, scope: str, source: str, name: bytes) -> bool:
        return self._path(scope, source, name).is_file()

    def put(self, scope: str, source: str, name: bytes, data: bytes) -> int:
        """Keeps data under a name; returns how many others, longest not used, had to go."""
        nonce = secrets.token_bytes(NONCE)
        write(
            self._path(scope, source, name),
            nonce + AESGCM(self._secret(scope)).encrypt(nonce, data, _bound(source, name)),
        )
        self._size += len(data)
        if self._size <= self.most:
            return 0
        gone = self.beside.shrink(self.most * 9 // 10)
        self._size = self.beside.size()
        return gone

    def _path(self, scope: str, source: str, name: bytes) -> Path:
        return self.beside.place(source, scope) / _digest(name, self._secret(scope))


def _bound(source: str, name: bytes) -> bytes:
    return source.encode() + b"\0" + name


def _digest(data: bytes, key: bytes = b"") -> str:
    return hashlib.blake2b(data, key=key, digest_size=16).hexdigest()
