"""A file opened straight at its path: no link on the way is followed, whoever swaps names meanwhile."""

from __future__ import annotations

import errno
import os
from io import BufferedReader
from pathlib import Path

from .errors import UnreadableSource

_CAN = os.open in os.supports_dir_fd
"""Whether the system opens names relative to an open folder."""
_ON_THE_WAY = getattr(os, "O_PATH", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_AT_THE_END = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def opened(path: Path) -> BufferedReader:
    """The file at an absolute, resolved path, open for reading.

    Raises:
        UnreadableSource: a link stands at the path, or on the way to it.
        OSError: it is not there, or may not be opened.
    """
    try:
        return os.fdopen(_walked(path) if _CAN else _compared(path), "rb")
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise UnreadableSource(path, "has become a link since it was listed") from error
        raise


def _walked(path: Path) -> int:
    """From folder to folder, each opened in the one above it and none of them a link."""
    folder = os.open(path.anchor, _ON_THE_WAY)
    try:
        for name in path.parts[1:-1]:
            above, folder = folder, os.open(name, _ON_THE_WAY, dir_fd=folder)
            os.close(above)
        return os.open(path.name, os.O_RDONLY | _AT_THE_END, dir_fd=folder)
    finally:
        os.close(folder)


def _compared(path: Path) -> int:
    """Opened by name, and held against what lies there when all links are resolved."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    real = path.resolve(strict=True)
    if real == path and os.path.samestat(os.fstat(file), real.stat()):
        return file
    os.close(file)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
