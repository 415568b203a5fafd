"""The firm's secrets and the originals of personal data: key files with strict rights, and sealing with them.

`secret` keeps one random secret in a file; `Vault` seals texts with AES-CBC and HMAC (Fernet, package cryptography).
Knows nothing about what is personal, who may reveal it, or where sealed texts are kept.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .errors import BadInput, MemoryDamaged


def secret(file: Path) -> bytes:
    """The 32 random bytes kept in `file`, made on first use.

    Raises:
        BadInput: others than the owner may read the file.
    """
    return bytes.fromhex(_read(file, secrets.token_hex(32)))


def given(file: Path) -> str:
    """A secret that somebody put into a file: a password that another server knows this one by.

    Raises:
        BadInput: it is not there, or others than its owner may read it.
    """
    if not file.is_file():
        raise BadInput(f"there is no file {file} with a secret")
    return _checked(file)


class Vault:
    """Seals texts so that only the holder of the key file can open them, each for one owner (an entity's id).

    The file holds one key a line, the newest first: new seals use it, older ones still open until `reseal`ed.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys = _read(file, Fernet.generate_key().decode()).split()

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
            raise MemoryDamaged(f"the sealed original of {owner} does not open with the keys in {self._file}")
        return text

    def rotate(self) -> None:
        """A new key in front; afterwards `reseal` every sealed text, then `drop_old_keys`."""
        self._write([Fernet.generate_key().decode(), *self._keys])

    def reseal(self, sealed: bytes) -> bytes:
        """The same text sealed with the newest key."""
        try:
            return self._fernet().rotate(sealed)
        except InvalidToken:
            raise MemoryDamaged(f"a sealed original does not open with the keys in {self._file}") from None

    def drop_old_keys(self) -> None:
        """Keep the newest key only. What was not resealed is lost for good."""
        self._write(self._keys[:1])

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys])

    def _write(self, keys: list[str]) -> None:
        new = self._file.with_suffix(".new")
        new.unlink(missing_ok=True)
        _create(new, "\n".join(keys))
        new.replace(self._file)
        self._keys = keys


def _read(file: Path, fresh: str) -> str:
    """What the key file says; a new one gets `fresh`. Two processes that start together agree on one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        _create(new, fresh)
        try:
            os.link(new, file)  # fails when another process was first; its key is the one
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return _checked(file)


def _checked(file: Path) -> str:
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise BadInput(f"others may read the key file {file}", f"chmod 600 {file}")
    return file.read_text(encoding="ascii").strip()


def _create(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
