"""A source: bytes at a path, with their hash and what kind of bytes they are.

`walk` lists files in an order that does not change; `look` opens one and says what it is by its content; `take` copies it
to where nobody changes it, to be read. None of them opens anything by way of a link that `walk` did not resolve. Names are
believed only between kinds of plain text that content cannot tell apart (a CSV of one column, Markdown without marks).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .base import home, room, straight
from .base.errors import UnreadableSource, full_disk
from .base.settings import MIB, Settings
from .media import HEAD, sniff
from .text.whole import whole

NOT_UTF8 = "a name that is not UTF-8; rename it"
OF_A_MEMORY = "of a memory itself, which is never read: keys lie there"
LEADS_OUT = "a link that leads out of the folder, which is not followed (--follow-links follows it)"


TRANSCRIPTS = (".vtt", ".srt", ".txt")
UNITS = ".sensor.yaml"
RECORDS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".jsonl", ".ndjson")
RECORDINGS = (".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus", ".aac", ".mp4", ".mkv", ".mov", ".webm")

UNREAD = {
    "application/octet-stream": ("of no kind that can be read", ""),
    "application/zip": ("an archive", "unpack it and give the folder"),
    "application/x-gzip": ("an archive", "unpack it and give the folder"),
    "application/x-7z-compressed": ("an archive", "unpack it and give the folder"),
    "application/x-rar-compressed": ("an archive", "unpack it and give the folder"),
    "application/x-tar": ("an archive", "unpack it and give the folder"),
    "application/msword": ("in the old Word format", "save it as .docx"),
    "application/vnd.ms-powerpoint": ("in the old PowerPoint format", "save it as .pptx"),
    "application/vnd.oasis.opendocument.text": ("in the OpenDocument format", "save it as .docx"),
    "application/vnd.oasis.opendocument.presentation": ("in the OpenDocument format", "save it as .pptx"),
    "application/vnd.oasis.opendocument.spreadsheet": ("in the OpenDocument format", "save it as .xlsx"),
    "image/svg+xml": ("an SVG drawing", "export it as PDF or PNG"),
    "application/rtf": ("in the RTF format", "save it as .docx"),
}
"""Kinds that are recognised and that no reader reads: what they are, and what helps."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, looked at but not yet read.

    Attributes:
        path: absolute, symbolic links resolved.
        sha256: of the bytes, hex.
        size: bytes.
        media: media type found by content, e.g. "application/pdf", "text/csv".
        head: the first 4,096 bytes.
        settings: limits readers keep.
        beside: a hash of the files beside it that are read with it; empty when there is none.
        own_words: names and terms of whoever may read it, the most spoken of first: what may be heard in it.
    """

    path: Path
    sha256: str
    size: int
    media: str
    head: bytes
    settings: Settings
    beside: str = ""
    own_words: tuple[str, ...] = ()


# -- listing ---------------------------------------------------------------------------------------------


def walk(paths: Iterable[Path | str], follow_links: bool = False) -> Iterator[Path | UnreadableSource]:
    """Every file at or below `paths`, resolved, once, folders in the order of their names.

    Hidden files, leftovers of office programs, folders of memories and what is read with the file it lies beside
    (`companions`) are passed over inside folders; a file named by the user never is. A link that leads out of the named
    folder (of a named file: out of its folder) is followed only if `follow_links` says so: it would carry a file to whoever
    reads the folder. What cannot be listed (missing, not permitted, of a memory itself, of a name that is not UTF-8, a link
    that leads nowhere, out or in a circle) is yielded as an error.
    """
    seen: set[Path] = set()
    todo = [(path, _inside(path)) for path in reversed([Path(path).absolute() for path in paths])]
    while todo:
        path, named = todo.pop()
        try:
            if not _is_spelled(path) or not _is_spelled(real := path.resolve(strict=True)):
                raise UnreadableSource(whole(str(path)), NOT_UTF8)
            if not follow_links and not real.is_relative_to(named):
                raise UnreadableSource(path, LEADS_OUT)
            if home.is_home(real) or home.is_inside(real):
                raise UnreadableSource(path, OF_A_MEMORY)
            if real.is_dir():
                if path.is_symlink() and path.parent.resolve().is_relative_to(real):
                    raise UnreadableSource(path, "a link that leads back to a folder above it")
                below = sorted(filter(_is_wanted, path.iterdir()), reverse=True) if real not in seen else []
                todo.extend((one, named) for one in below)
            elif real not in seen:
                yield real
            seen.add(real)
        except UnreadableSource as error:
            yield error
        except (OSError, RuntimeError) as error:
            yield UnreadableSource(path, _why(error, path))


def is_gone(path: str) -> bool:
    """Whether a file that was read is not there any more; one inside a file is there as long as that."""
    return not file_of(path).exists()


def file_of(path: str) -> Path:
    """The file on disk that holds what is read under this path: itself, or the file that it is inside of."""
    return next((one for one in (Path(path), *Path(path).parents) if one.is_file()), Path(path))


def count_files(paths: Iterable[Path | str], follow_links: bool = False) -> int:
    """How many items `walk` would list: the length of a progress bar."""
    return sum(1 for _ in walk(paths, follow_links))


def _inside(path: Path) -> Path:
    """Where what is found by way of a named path has to lie: the named folder, or the folder of the named file."""
    return path.resolve() if path.is_dir() else path.parent.resolve()


def _is_spelled(path: Path) -> bool:
    """Whether its name is text: a system may hand on any bytes, of which nothing can be stored or shown."""
    return whole(str(path)) == str(path)


def _is_wanted(path: Path) -> bool:
    return not is_hidden(path.name) and not home.is_home(path) and not any(one.is_file() for one in companion_of(path))


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over inside folders."""
    return name.startswith((".", "~$")) or name.lower() in ("thumbs.db", "desktop.ini")


def companion_of(path: Path) -> list[Path]:
    """The files with any of which it is read, if it is there: its name says that it holds the words of a recording, or the
    units of a record."""
    if path.name.endswith(UNITS):
        stem = path.name.removesuffix(UNITS)
        return [path.with_name(stem + suffix) for suffix in RECORDS]
    return [path.with_suffix(suffix) for suffix in RECORDINGS] if path.suffix in TRANSCRIPTS else []


def possible_companions(path: Path) -> list[Path]:
    """What would be read with it, if it is there and it is a recording or a record, by its name."""
    words = [path.with_suffix(suffix) for suffix in TRANSCRIPTS] if path.suffix in RECORDINGS else []
    return words + ([path.with_name(path.stem + UNITS)] if path.suffix in RECORDS else [])


def _why(error: OSError | RuntimeError, path: Path) -> str:
    if path.is_symlink() and not isinstance(error, PermissionError):
        return "a link that leads nowhere"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "may not be opened (permission denied)"
    return f"cannot be opened ({getattr(error, 'strerror', None) or error})"


# -- looking ---------------------------------------------------------------------------------------------


def look(path: Path, settings: Settings) -> Source:
    """One file: its size, hash and kind.

    Raises:
        UnreadableSource: missing, empty, too large, encrypted, a bomb, or of a kind that no reader knows.
    """
    try:
        path = path.resolve(strict=True)
        size = _size(path, settings)
        with straight.opened(path) as file:
            head = file.read(HEAD)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        media = sniff(path, settings)
        beside = _hash(companions(path, media))
    except (OSError, RuntimeError) as error:
        raise UnreadableSource(path, _why(error, path)) from error
    if media in UNREAD:
        what, hint = UNREAD[media]
        raise UnreadableSource(path, f"{what}; {hint}" if hint else what)
    return Source(path, sha256, size, media, head, settings, beside)


Inode = tuple[int, int]
"""What a file is on disk, whatever it is called there: device and number."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A copy of a file and of those beside it, to be read.

    Attributes:
        source: the copy, looked at.
        inodes: what was copied.
        linked: whether anything of it has further names on its disk (hard links).
    """

    source: Source
    inodes: tuple[Inode, ...]
    linked: bool


def take(source: Source, folder: Path) -> Taken:
    """Copies a file, and what is read with it, as they are now, into an empty folder that nobody else changes.

    Raises:
        UnreadableSource: a link was put in its place, or it cannot be read any more.
        NoRoom: there is no room for the copy.
    """
    path = source.path
    try:
        files = (path, *companions(path, source.media))
        room.hold(
            path.name, sum(min(file.lstat().st_size, source.settings.max_file_mb * MIB) for file in files), folder
        )
        found = [_copied(file, folder, source.settings) for file in files]
    except (OSError, RuntimeError) as error:
        full = full_disk(error) if isinstance(error, OSError) else None
        raise (full or UnreadableSource(path, _why(error, path))) from error
    own = replace(look(folder / path.name, source.settings), own_words=source.own_words)
    inodes = tuple((status.st_dev, status.st_ino) for status in found)
    return Taken(own, inodes, any(status.st_nlink > 1 for status in found))


def _copied(file: Path, folder: Path, settings: Settings) -> os.stat_result:
    """Copies one file under its name, at most one piece more than may be read; what it is on disk."""
    left = settings.max_file_mb * MIB + 1
    with straight.opened(file) as opened, (folder / file.name).open("xb") as copy:
        while left > 0 and (piece := opened.read(min(MIB, left))):
            left -= copy.write(piece)
        return os.fstat(opened.fileno())


def companions(path: Path, media: str) -> list[Path]:
    """The files beside one that are read with it: the transcript of a recording, the units of a record of figures."""
    found = [transcript_of(path) if is_sound(media) else units_of(path)]
    return [file for file in found if file]


def is_sound(media: str) -> bool:
    """Whether a kind of file is a recording, alone or with pictures."""
    return media.startswith(("audio/", "video/")) or media == "application/ogg"


def transcript_of(recording: Path) -> Path | None:
    """The transcript that lies beside a recording, if any."""
    found = (recording.with_suffix(suffix) for suffix in TRANSCRIPTS)
    return next((file for file in found if _lies_here(file)), None)


def units_of(record: Path) -> Path | None:
    """What a person wrote beside a record of figures about its channels, if anything."""
    file = record.with_name(record.stem + UNITS)
    return file if _lies_here(file) else None


def _lies_here(file: Path) -> bool:
    """Whether it is a file of its own: what is read along by its name alone is never another one that a link names."""
    return file.is_file() and not file.is_symlink()


def _hash(files: Iterable[Path]) -> str:
    """One hash of the kinds and contents of files, empty without any; a new name of all of them changes nothing."""
    found = []
    for file in files:
        with straight.opened(file) as opened:
            found.append(f"{file.suffix} {hashlib.file_digest(opened, 'sha256').hexdigest()}")
    return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else ""


def _size(path: Path, settings: Settings) -> int:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableSource(path, "not a file")
    if not status.st_size:
        raise UnreadableSource(path, "empty")
    if status.st_size > settings.max_file_mb * MIB:
        raise UnreadableSource(path, f"larger than {settings.max_file_mb} MB", "KOTONOHA_MAX_FILE_MB sets the limit")
    return status.st_size
