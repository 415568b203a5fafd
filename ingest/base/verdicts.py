"""Are a file's bytes those it is known by? Its sha256, and a memory of it so that a start does not hash a gigabyte.

A verdict is remembered by path, size, times of change and inode. That notices every download that went wrong, every file
put in another's place and every edit; it does not stop somebody who may write the folder of models and sets the clock
back, for he could write the verdicts too. `kotonoha models check` hashes everything again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import BadWeights
from .settings import models_folder

log = logging.getLogger(__name__)

SEEN = "seen.json"
"""Files looked at, by path: size, times of change of content and of entry in nanoseconds, inode, sha256 in hex."""
NAMED = "named.json"
"""Files that users named, by path: their sha256."""


def check(path: Path, sha256: str, name: str, hint: str) -> Path:
    """The path itself when its bytes have this sha256.

    Raises:
        BadWeights: they have another; `hint` says what to run.
    """
    found = digest(path)
    if found != sha256:
        raise BadWeights(f"{path} is not {name}: sha256 {found[:12]}… instead of {sha256[:12]}…", hint)
    return path


def remembered(path: Path) -> Path:
    """The path of a file that a user named: its sha256 is said and kept the first time, and has to be the same from then on.

    Raises:
        BadWeights: it is another file now.
    """
    place, found = str(path.absolute()), digest(path)
    kept = _load(NAMED).get(place)
    if kept is None:
        log.warning("%s is used for the first time; from now on only with these bytes: sha256 %s", path, found)
        trust(path)
    elif kept != found:
        raise BadWeights(
            f"{path} has changed since it was first used: sha256 {found[:12]}… instead of {kept[:12]}…",
            f"kotonoha models use {path} if that is meant",
        )
    return path


def trust(path: Path) -> str:
    """Takes a named file for good as it is now; returns its sha256."""
    found = digest(path)
    _keep(NAMED, {str(path.absolute()): found})
    return found


def digest(path: Path, again: bool = False) -> str:
    """sha256 of a file as it is now, hex; hashed only if it is not the file it was, or `again`."""
    place, mark = str(path.resolve()), _mark(path)
    kept = None if again else _load(SEEN).get(place)
    if kept and kept[:-1] == mark:
        return str(kept[-1])
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if _mark(path) == mark:
        _keep(SEEN, {place: [*mark, found]})
    return found


def _mark(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _load(name: str) -> Mapping[str, Any]:
    """What is remembered; nothing when it cannot be read, so that the file is hashed again."""
    try:
        found = json.loads((models_folder() / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(name: str, fresh: Mapping[str, Any]) -> None:
    """Written whole or not at all. Where the folder cannot be written nothing is remembered, and hashed each time."""
    file = models_folder() / name
    partial = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps({**_load(name), **fresh}, indent=1), "utf-8")
        partial.replace(file)
    except OSError:
        log.debug("%s cannot be written", file)
