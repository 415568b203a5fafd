"""The bytes of a file inside a file, found again by their hash: what an attachment of a mail was read from."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

from ..base.errors import KotonohaError
from ..base.settings import Settings
from ..readers import Enclosed
from ..readers.mail import MailReader
from ..source import look
from . import DEEPEST


def found(file: Path, sha256: str, settings: Settings, depth: int = 1) -> bytes | None:
    """The bytes with this hash inside a file, or inside a file in it; None when they are not there."""
    reader = MailReader()
    with suppress(KotonohaError):
        source = look(file, settings)
        if depth > DEEPEST or not reader.accepts(source):
            return None
        for item in reader.read(source):
            if isinstance(item, Enclosed) and (data := _in(item, sha256, settings, depth)) is not None:
                return data
    return None


def _in(item: Enclosed, sha256: str, settings: Settings, depth: int) -> bytes | None:
    if hashlib.sha256(item.data).hexdigest() == sha256:
        return item.data
    with tempfile.TemporaryDirectory(prefix="kotonoha-") as folder:
        file = Path(folder) / "inside"
        file.write_bytes(item.data)
        return found(file, sha256, settings, depth + 1)
