"""Where the firm's secrets are kept: in files with strict rights, or in the keyring of the operating system.

Each is a short text under a name, made on first use. Which of the two is a setting; a key that lies in a file moves
into the keyring when the setting does.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock

from ingest.base.errors import BadInput, MissingPart
from ingest.base.settings import Settings

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "kotonoha"
"""What the operating system's keyring shows the keys under."""
CHOSEN = "PYTHON_KEYRING_BACKEND"
"""The variable by which somebody names a keyring of their own choice to the package `keyring`."""


class Keys(Protocol):
    """Where secrets lie. Every error is one clear line for whoever runs this memory."""

    def read(self, name: str, fresh: str) -> str:
        """The secret of this name; if there is none yet it is `fresh` from now on, for every process alike."""

    def write(self, name: str, text: str) -> None:
        """Replaces the secret of this name, all of it or not at all."""

    def has(self, name: str) -> bool:
        """Whether there is a secret of this name already."""


def of(settings: Settings) -> Keys:
    """Where the settings say that secrets lie.

    Raises:
        BadInput: there is no such place.
        MissingPart: the package `keyring` is not installed, or finds no keyring that is safe.
    """
    if settings.keys == "file":
        return Files(settings.keys_folder)
    if settings.keys == "keyring":
        return Keyring(settings.keys_folder)
    raise BadInput(f"KOTONOHA_KEYS={settings.keys!r} is no place for keys", "it is 'file' or 'keyring'")


def given(file: Path) -> str:
    """A secret that somebody put into a file: a password by which another server knows this one.

    Raises:
        BadInput: it is not there, holds something else, or others than its owner may read it.
    """
    if not file.is_file():
        raise BadInput(f"there is no file {file} with a secret", "put it back from a back-up")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        raise BadInput(f"others may read the key file {file}", f"chmod 600 {file}")
    try:
        return file.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise BadInput(f"{file} holds no secret", "put it back from a back-up") from None


class Files:
    """Each secret in a file of its own that only its owner may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, fresh: str) -> str:
        """See `Keys.read`. Two processes that start together agree on one secret."""
        file = self._folder / name
        if _marker(file).exists():
            raise BadInput(f"the key {name} of this memory lies in the keyring", "set KOTONOHA_KEYS=keyring")
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
        return given(file)

    def has(self, name: str) -> bool:
        return (self._folder / name).exists() or _marker(self._folder / name).exists()

    def write(self, name: str, text: str) -> None:
        file = self._folder / name
        new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
        _create(new, text)
        new.replace(file)


class Keyring:
    """Each secret in the operating system's keyring, under an id that a small file in `folder` remembers.

    The id is why a memory that lost its keyring says so, instead of making new keys that open nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._backend = _backend()

    def read(self, name: str, fresh: str) -> str:
        """See `Keys.read`. A secret that lies in a file moves in; the file is removed once it is safe here."""
        file = self._folder / name
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(self._folder / "keyring.lock"):
            if not _marker(file).exists():
                id = f"{name}-{secrets.token_hex(8)}"
                self._put(id, given(file) if file.exists() else fresh)
                _create(_marker(file), id)
            text = self._get(name)
            file.unlink(missing_ok=True)
            return text

    def has(self, name: str) -> bool:
        return (self._folder / name).exists() or _marker(self._folder / name).exists()

    def write(self, name: str, text: str) -> None:
        self._put(given(_marker(self._folder / name)), text)

    def _get(self, name: str) -> str:
        from keyring.errors import KeyringError

        id = given(_marker(self._folder / name))
        try:
            text = self._backend.get_password(SERVICE, id)
        except KeyringError as error:
            raise _unusable(error) from error
        if not text:
            raise MissingPart(
                f"the keyring has no key '{id}', without which this memory cannot be opened",
                "use the keyring it was made with: same machine, same user",
            )
        return text

    def _put(self, id: str, text: str) -> None:
        from keyring.errors import KeyringError

        try:
            self._backend.set_password(SERVICE, id, text)
        except KeyringError as error:
            raise _unusable(error) from error


def _backend() -> KeyringBackend:
    """The keyring of this machine, if it is one that keeps secrets or that somebody chose by name."""
    try:
        import keyring
    except ImportError:
        raise MissingPart("KOTONOHA_KEYS=keyring needs a package", "pip install keyring") from None
    found = keyring.get_keyring()
    if found.priority < 1 and not os.environ.get(CHOSEN):
        raise MissingPart(
            f"this machine has no keyring that keeps secrets, only {type(found).__module__}",
            f"KOTONOHA_KEYS=file, or name a keyring with {CHOSEN}",
        )
    return found


def _unusable(error: Exception) -> MissingPart:
    return MissingPart(
        f"the keyring cannot be used: {error or type(error).__name__}", "unlock it, or KOTONOHA_KEYS=file"
    )


def _marker(file: Path) -> Path:
    return file.with_name(f"{file.name}.keyring")


def _create(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
