"""The state folder is its owner's alone: what is made there, and what was there before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .errors import BadInput

OTHERS = 0o077
"""The rights of group and others, of which none is given."""


def folder(path: Path) -> None:
    """Makes a folder for its owner alone, or makes one that is there so.

    Raises:
        BadInput: it belongs to somebody else, or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name == "posix" and path.stat().st_mode & OTHERS:
            path.chmod(0o700)
    except PermissionError:
        raise BadInput(
            f"{path} belongs to somebody else", "name a folder of your own: --home or KOTONOHA_HOME"
        ) from None
    except OSError as error:
        raise BadInput(
            f"{path} cannot be used: {error.strerror}", "name another folder: --home or KOTONOHA_HOME"
        ) from None


def state(home: Path) -> None:
    """Makes the one folder that holds all state. A folder that holds other things is not made private under their feet.

    Raises:
        BadInput: it is somebody else's, or holds other files and no memory.
    """
    known = home / "catalog.sqlite"
    if (
        os.name == "posix"
        and home.is_dir()
        and home.stat().st_mode & OTHERS
        and not known.exists()
        and any(home.iterdir())
    ):
        raise BadInput(
            f"{home} holds other files, which others may read", "name a folder of its own: --home or KOTONOHA_HOME"
        )
    folder(home)


def file(path: Path) -> None:
    """Makes an empty file for its owner alone where there is none; what is there already is made so."""
    path.touch(mode=0o600)
    if os.name == "posix" and path.stat().st_mode & OTHERS:
        path.chmod(0o600)


def clear(path: Path) -> None:
    """Takes away what lies at a path: a file, a folder, a link that leads nowhere; of a folder behind a link what is in it."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
    elif not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        for one in path.iterdir():
            clear(one)


def open_to_others(home: Path) -> Iterator[Path]:
    """Everything in the state folder, itself included, that others than its owner may read, write or list."""
    if os.name == "posix":
        below = (Path(folder, name) for folder, folders, files in os.walk(home) for name in (*folders, *files))
        for path in (home, *sorted(below)):
            with suppress(FileNotFoundError):  # a file of a moment
                if not path.is_symlink() and path.stat().st_mode & OTHERS:
                    yield path


def tighten(home: Path) -> int:
    """Takes every right of others away; from how many files and folders."""
    found = list(open_to_others(home))
    for path in found:
        with suppress(FileNotFoundError):  # a file of a moment
            path.chmod(0o700 if path.is_dir() else 0o600)
    return len(found)
