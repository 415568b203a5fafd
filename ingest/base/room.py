"""Room on a disk: what is to be written is held against what is free, before the disk is full."""

from __future__ import annotations

import shutil
from pathlib import Path

from .errors import NoRoom

SPARE = 4 << 20
"""Bytes that stay free beside what is written: the catalogue grows with it."""
HINT = "make room, then run the same command again"


def free(folder: Path) -> int:
    """Bytes that are free on the disk on which a folder lies, or will lie once it is made."""
    return shutil.disk_usage(next(one for one in (folder, *folder.absolute().parents) if one.exists())).free


def hold(what: str, need: int, folder: Path, hint: str = HINT) -> None:
    """Sees to it that so many bytes can be written into a folder, which need not be there yet.

    Raises:
        NoRoom: they would not fit.
    """
    there = free(folder)
    if need + SPARE > there:
        raise NoRoom(f"{what} needs {(need + SPARE) / 1e6:,.1f} MB on a disk with {there / 1e6:,.1f} MB free", hint)
