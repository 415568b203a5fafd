"""Sealing with the firm's keys: the originals of personal data, and whatever needs a secret of its own.

`secret` keeps one random secret; `Vault` seals texts with AES-CBC and HMAC (Fernet, package cryptography).
"""

from __future__ import annotations

import json
import re
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ingest.base.errors import MemoryDamaged

from .keys import Keys


def secret(where: Keys, name: str) -> bytes:
    """The 32 random bytes kept under this name, made on first use.

    Raises:
        MemoryDamaged: what lies there is no such secret; other errors are those of `Keys`.
    """
    text = where.read(name, secrets.token_hex(32))
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise _no_key(name)
    return bytes.fromhex(text)


class Vault:
    """Seals texts so that only the holder of the key can open them, each for one owner (an entity's id).

    Under `name` lies one key a line, the newest first: new seals use it, older ones still open until `reseal`ed.

    Raises:
        MemoryDamaged: what lies there is no key.
    """

    def __init__(self, where: Keys, name: str) -> None:
        self._where, self._name = where, name
        self._keys = where.read(name, Fernet.generate_key().decode()).split()
        try:
            self._fernet()
        except ValueError:
            raise _no_key(name) from None

    def seal(self, owner: str, text: str) -> bytes:
        """The sealed text. It opens only for the same `owner`, so a seal copied to another row is worthless."""
        return self._fernet().encrypt(json.dumps([owner, text], ensure_ascii=False).encode())

    def open(self, owner: str, sealed: bytes) -> str:
        """The text that was sealed for this owner.

        Raises:
            MemoryDamaged: not sealed with a key of this vault, changed since, or sealed for another owner.
        """
        try:
            sealed_for, text = json.loads(self._fernet().decrypt(sealed))
        except InvalidToken:
            sealed_for = text = None
        if sealed_for != owner or not isinstance(text, str):
            raise MemoryDamaged(f"the sealed original of {owner} does not open with the key {self._name}")
        return text

    def rotate(self) -> None:
        """A new key in front; afterwards `reseal` every sealed text, then `drop_old_keys`."""
        self._write([Fernet.generate_key().decode(), *self._keys])

    def reseal(self, sealed: bytes) -> bytes:
        """The same text sealed with the newest key."""
        try:
            return self._fernet().rotate(sealed)
        except InvalidToken:
            raise MemoryDamaged(f"a sealed original does not open with the key {self._name}") from None

    def drop_old_keys(self) -> None:
        """Keep the newest key only. What was not resealed is lost for good."""
        self._write(self._keys[:1])

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys])

    def _write(self, keys: list[str]) -> None:
        self._where.write(self._name, "\n".join(keys))
        self._keys = keys


def _no_key(name: str) -> MemoryDamaged:
    return MemoryDamaged(f"what lies in the place of {name} is no key", "put it back from a back-up")
