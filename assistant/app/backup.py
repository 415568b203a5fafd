"""The whole state as one file, and back: the catalogue as it is at one moment, keys, marks; all else follows from these.

A back-up is written beside its name and renamed when it is whole; a memory is put together beside its place and renamed
when every hash agrees. Killed at any moment there is the old or the new, never half.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from filelock import FileLock, Timeout

from ingest.base import private, room
from ingest.base.errors import BadInput, MemoryDamaged, full_disk
from ingest.base.settings import Settings
from ingest.memory import memory as store
from ingest.memory.catalog import Catalog

MANIFEST = "manifest.json"
CATALOG = "catalog.sqlite"
FORM = 1
LARGEST = 1 << 26
"""Bytes of a manifest."""
LEFT_OUT = ("kept", "reading", "vectors", "cache", "demo", "owner.lock", "owner.json", CATALOG)
"""What is made anew, belongs to a process, or is copied in its own way."""


def save(settings: Settings, target: Path) -> int:
    """Writes the state to one file that its owner alone may read, also while a server works on it; its size in bytes.

    Raises:
        BadInput: there is no memory, the file is there already or would lie in the memory, or a link leads nowhere.
        NoRoom: it would not fit on the disk.
    """
    if not settings.catalog_file.exists():
        raise BadInput(f"there is no memory in {settings.home}", "--home names another")
    if target.exists():
        raise BadInput(f"{target} is there already", "name a new file")
    if target.resolve().is_relative_to(settings.home.resolve()):
        raise BadInput(f"{target} would lie in the memory that it saves", "name a file in another folder")
    room.hold("the back-up", _size(settings), target.parent, "make room, or name a file on another disk")
    with _scratch(target) as scratch:
        whole = scratch / "whole"
        private.file(whole)
        # Marks first: the catalogue may be ahead of them, never behind.
        copies = _taken(settings.home, scratch)
        _copy(settings.catalog_file, copy := scratch / CATALOG)
        copies[CATALOG] = copy
        hashes = {name: _digest(path) for name, path in copies.items()}
        made = {"form": FORM, "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "sha256": hashes}
        (manifest := scratch / MANIFEST).write_text(json.dumps(made))
        with tarfile.open(whole, "w") as archive:
            for name, path in {MANIFEST: manifest, **copies}.items():
                with path.open("rb") as file:
                    _add(archive, name, file, path.stat().st_size)
        with whole.open("rb") as file:
            os.fsync(file.fileno())
        whole.rename(target)
    return target.stat().st_size


def restore(settings: Settings, source: Path) -> str:
    """Puts a saved state into a home that is not there yet, or is empty; when it was saved. Vectors follow at the next opening.

    Raises:
        BadInput: something is in the home, or the file is no back-up.
        MemoryDamaged: what is in the file is not what was saved.
        NoRoom: it would not fit on the disk.
    """
    home = settings.home
    if home.exists() and any(home.iterdir()):
        raise BadInput(f"there is something in {home}", "move it away first, or name a new folder with --home")
    if source.is_file():
        room.hold("what was saved", source.stat().st_size, home, "make room, or name a folder on another disk: --home")
    with _alone(home) as beside:
        made = _unpacked(source, beside)
        _held(beside / CATALOG, source)
        catalog = Catalog(beside / CATALOG)
        with catalog.transaction() as connection:
            store.redeliver(connection)
        catalog.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        catalog.close()
        beside.rename(home)  # onto nothing, or an empty folder
    return made


@contextmanager
def _alone(home: Path) -> Iterator[Path]:
    """A private folder beside the home that no other restoration has, gone afterwards; a killed one's goes first.

    Raises:
        BadInput: another restoration is at it.
    """
    folder = home.with_name(f"{home.name}.restoring")
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_name(f"{folder.name}.lock"), mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BadInput(f"{home} is being restored already", "let that finish") from None
    try:
        shutil.rmtree(folder, ignore_errors=True)
        private.folder(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A private folder beside the back-up, gone afterwards; what a killed back-up of this name left there goes first."""
    folder = target.with_name(f".{target.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    private.folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _size(settings: Settings) -> int:
    """Bytes that a back-up takes while it is made: all of it twice, once as copies of one moment."""
    file = settings.catalog_file
    catalog = sum(one.stat().st_size for one in (file, file.with_name(f"{file.name}-wal")) if one.exists())
    return 2 * (catalog + sum(path.stat().st_size for _, path in _others(settings.home)))


def _taken(home: Path, folder: Path) -> dict[str, Path]:
    """Copies of every other file of the state, by name. What was moved while they were made is looked for once more."""
    found: dict[str, Path] = {}
    for _ in range(2):
        for name, path in _others(home):
            if name not in found:
                copy = folder / f"{len(found)}.copy"
                private.file(copy)
                with suppress(FileNotFoundError):
                    shutil.copyfile(path, copy)
                    found[name] = copy
    return found


def _others(home: Path) -> Iterator[tuple[str, Path]]:
    """Every other file of the state by its name in it, also where a folder or file of it lies elsewhere behind a link.

    Raises:
        BadInput: a link leads nowhere, or from inside one folder to another.
    """
    for top in sorted(home.iterdir()):
        if top.name in LEFT_OUT or top.name.startswith(CATALOG):
            continue
        for path in _files(top) if top.is_dir() else (top,):
            if path.is_symlink() and not path.is_file():
                raise BadInput(
                    f"{path} is a link that cannot be followed", "put there what it stands for, or remove it"
                )
            if path.is_file() and path.suffix != ".lock":
                yield path.relative_to(home).as_posix(), path


def _files(top: Path) -> Iterator[Path]:
    """What is below a folder: files, and links to folders, which are not gone into."""
    for folder, folders, files in os.walk(top):
        below = Path(folder)
        yield from (below / name for name in sorted(files))
        yield from (below / name for name in sorted(folders) if (below / name).is_symlink())


def _copy(catalog: Path, copy: Path) -> None:
    """The database as it is at one moment, whoever writes meanwhile."""
    private.file(copy)
    source, target = sqlite3.connect(catalog, timeout=60), sqlite3.connect(copy)
    try:
        source.backup(target, pages=4096)
    finally:
        target.close()
        source.close()


def _unpacked(source: Path, folder: Path) -> str:
    """Puts what was saved into a folder, every byte held against its hash; when it was saved."""
    try:
        with tarfile.open(source, "r:") as archive:  # as it is written: what is in it is no larger than the file
            hashes, made = _manifest(archive)
            while member := archive.next():
                _take(archive, member, folder, hashes)
    except (tarfile.TarError, OSError, ValueError, KeyError, EOFError, RecursionError) as error:
        if isinstance(error, OSError) and (full := full_disk(error)):
            raise full from None
        raise BadInput(f"{source} is no back-up, or only a part of one ({error})") from None
    if hashes:
        raise MemoryDamaged(f"{source} lacks {', '.join(sorted(hashes))}", "use another back-up")
    return made


def _held(catalog: Path, source: Path) -> None:
    """Sees to it that a catalogue that was saved is one, whole, and of a memory.

    Raises:
        MemoryDamaged: it is not.
    """
    connection = sqlite3.connect(catalog)
    try:
        made = connection.execute("PRAGMA user_version").fetchone()[0] > 0
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if made else "nothing is in it"
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    finally:
        connection.close()
    if verdict != "ok":
        raise MemoryDamaged(
            f"the catalogue in {source} is damaged ({' '.join(verdict.split())[:200]})", "use another back-up"
        )


def _manifest(archive: tarfile.TarFile) -> tuple[dict[str, str], str]:
    """The hash of every file that was saved, by its name, and when it was.

    Raises:
        ValueError: it is of no form that this version knows.
    """
    first = archive.next()
    file = archive.extractfile(first) if first and first.name == MANIFEST else None
    made = json.loads(file.read(LARGEST)) if file else None
    made = made if isinstance(made, dict) and made.get("form") == FORM else {}
    hashes = made.get("sha256")
    if not isinstance(hashes, dict) or not all(isinstance(one, str) and one for one in hashes.values()):
        raise ValueError("of no form that this version knows")
    if CATALOG not in hashes:
        raise ValueError("without a catalogue")
    return hashes, str(made.get("made", ""))


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, hashes: dict[str, str]) -> None:
    """One file of a back-up, if it is one of those that were saved, under its own name and with its own bytes."""
    name = PurePosixPath(member.name)
    wanted = hashes.pop(member.name, "")
    if not member.isreg() or member.issparse() or name.is_absolute() or ".." in name.parts or not wanted:
        raise MemoryDamaged(f"the back-up holds '{member.name}', which was not saved", "use another back-up")
    target = folder.joinpath(*name.parts)
    private.folder(target.parent)
    private.file(target)
    file = archive.extractfile(member)
    assert file is not None, "a regular file has bytes"
    with target.open("wb") as out:
        shutil.copyfileobj(file, out)
        out.flush()
        os.fsync(out.fileno())
    if _digest(target) != wanted:
        raise MemoryDamaged(f"{member.name} is not as it was saved", "use another back-up")


def _add(archive: tarfile.TarFile, name: str, file: BinaryIO, size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    archive.addfile(entry, file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
