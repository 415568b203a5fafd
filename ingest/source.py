"""A source: bytes at a path, with their hash and what kind of bytes they are.

`walk` lists files in an order that does not change; `look` opens one and says what it is by its content. Names are
believed only between kinds of plain text that content cannot tell apart (a CSV of one column, Markdown without marks).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .base.errors import UnreadableSource
from .base.settings import MIB, Settings
from .text import charset

HEAD = 4096
MAX_RATIO = 200
"""An honest office file unpacks to less than this many times its size."""
SMALL = 16 * MIB
"""Below this size unpacked, no ratio is suspicious."""
MAX_MEMBERS = 50_000
LEADS_OUT = "a link that leads out of the folder, which is not followed (--follow-links follows it)"

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = OOXML + "wordprocessingml.document"
PPTX = OOXML + "presentationml.presentation"
XLSX = OOXML + "spreadsheetml.sheet"
EPUB = "application/epub+zip"
XLS = "application/vnd.ms-excel"
MSG = "application/vnd.ms-outlook"
MBOX = "application/mbox"

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

    Hidden files, leftovers of office programs and what is read with the file it lies beside (`companions`) are passed over
    inside folders; a file named by the user never is. A link that leads out of the named folder (of a named file: out of
    its folder) is followed only if `follow_links` says so: it would carry a file to whoever reads the folder.
    What cannot be listed (missing, not permitted, a link that leads nowhere, out or in a circle) is yielded as an error.
    """
    seen: set[Path] = set()
    todo = [(path, _inside(path)) for path in reversed([Path(path).absolute() for path in paths])]
    while todo:
        path, named = todo.pop()
        try:
            real = path.resolve(strict=True)
            if not follow_links and not real.is_relative_to(named):
                raise UnreadableSource(path, LEADS_OUT)
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


def count_files(paths: Iterable[Path | str], follow_links: bool = False) -> int:
    """How many items `walk` would list: the length of a progress bar."""
    return sum(1 for _ in walk(paths, follow_links))


def _inside(path: Path) -> Path:
    """Where what is found by way of a named path has to lie: the named folder, or the folder of the named file."""
    return path.resolve() if path.is_dir() else path.parent.resolve()


def _is_wanted(path: Path) -> bool:
    hidden = path.name.startswith((".", "~$")) or path.name.lower() in ("thumbs.db", "desktop.ini")
    return not hidden and not _is_companion(path)


def _is_companion(path: Path) -> bool:
    """Whether it holds the words of a recording of the same name, or the units of a record, with which it is read."""
    if path.name.endswith(UNITS):
        stem = path.name.removesuffix(UNITS)
        return any(path.with_name(stem + suffix).is_file() for suffix in RECORDS)
    return path.suffix in TRANSCRIPTS and any(path.with_suffix(suffix).is_file() for suffix in RECORDINGS)


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
        with path.open("rb") as file:
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
    """Whether it is a file of this very folder: what is read along by its name alone is never fetched from elsewhere."""
    return file.is_file() and file.resolve().parent == file.parent.resolve()


def _hash(files: Iterable[Path]) -> str:
    """One hash of the kinds and contents of files, empty without any; a new name of all of them changes nothing."""
    found = []
    for file in files:
        with file.open("rb") as opened:
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


def sniff(path: Path, settings: Settings) -> str:
    """The media type of a file, by its content.

    Raises:
        UnreadableSource: an office file that is encrypted, damaged, or would unpack to too much.
    """
    with path.open("rb") as file:
        sample = file.read(charset.SAMPLE)
    if b"%PDF-" in sample[:1024]:
        return "application/pdf"
    if sample.startswith(b"PK\x03\x04") or sample.startswith(b"PK\x05\x06"):
        return _in_zip(path, settings)
    if sample.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _in_ole(path)
    if sample.startswith(b"PAR1"):
        return "application/vnd.apache.parquet"
    encoding = charset.encoding_of(sample)
    return _of_text(charset.decode(sample, encoding), path.suffix.lower()) if encoding else _of_bytes(sample)


def _of_bytes(sample: bytes) -> str:
    """Pictures, sound and what else `puremagic` knows by at least three bytes of signature."""
    import puremagic

    if re.match(rb"\xff[\xfa\xfb\xf2\xf3][\x10-\xeb]", sample):
        return "audio/mpeg"
    if re.match(rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x6c\x7c]\0\0\0", sample, re.S):
        return "image/bmp"
    if re.match(rb".{4}ftyp(?:hei[cmsx]|hev[cx]|mif1)", sample, re.S):
        return "image/heic"
    try:
        matches = puremagic.magic_string(sample[:HEAD])
    except (puremagic.PureError, ValueError):
        return "application/octet-stream"
    known = [match for match in matches if len(match.byte_match) >= 3 and match.mime_type]
    return max(known, key=lambda match: len(match.byte_match)).mime_type if known else "application/octet-stream"


def _in_zip(path: Path, settings: Settings) -> str:
    """What a ZIP container holds, after making sure that it may be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _guard(path, members, settings)
            names = {member.filename for member in members}
            declared = (
                archive.open("mimetype").read(100).decode("ascii", "replace").strip() if "mimetype" in names else ""
            )
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        raise UnreadableSource(path, "damaged or cut off (its table of contents cannot be read)") from error
    if declared:
        return declared
    if "META-INF/container.xml" in names:
        return EPUB
    folders = {name.split("/", 1)[0] for name in names if "/" in name}
    found = [media for folder, media in (("word", DOCX), ("ppt", PPTX), ("xl", XLSX)) if folder in folders]
    return found[0] if found and "[Content_Types].xml" in names else "application/zip"


def _guard(path: Path, members: list[zipfile.ZipInfo], settings: Settings) -> None:
    """Refuses what would unpack to too much. `zipfile` never unpacks more of a member than it declares."""
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings.max_unpacked_mb * MIB:
        raise UnreadableSource(
            path, f"would unpack to {unpacked // MIB:,} MB", "KOTONOHA_MAX_UNPACKED_MB sets the limit"
        )
    if unpacked > SMALL and unpacked > MAX_RATIO * path.stat().st_size:
        raise UnreadableSource(
            path, f"would unpack to {unpacked // path.stat().st_size:,} times its size, like a zip bomb"
        )
    if len(members) > MAX_MEMBERS:
        raise UnreadableSource(path, f"holds {len(members):,} parts, more than any office file")
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableSource(path, "encrypted", "save it without a password")


def _in_ole(path: Path) -> str:
    """What an old Microsoft container holds."""
    import olefile

    try:
        with olefile.OleFileIO(path) as container:
            names = {"/".join(entry) for entry in container.listdir()}
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise UnreadableSource(path, "damaged or cut off (its table of contents cannot be read)") from error
    if "EncryptedPackage" in names:
        raise UnreadableSource(path, "encrypted", "save it without a password")
    for mark, media in (
        ("__properties_version1.0", MSG),
        ("Workbook", XLS),
        ("Book", XLS),
        ("WordDocument", "application/msword"),
        ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ):
        if mark in names:
            return media
    return "application/octet-stream"


# -- plain text ------------------------------------------------------------------------------------------

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|div|p|h[1-6]|table)\b",
    re.I | re.S,
)
_XML = re.compile(r"\s*<(?:\?xml\b|[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=|>|/>))")
_HEADER = re.compile(
    r"^(?:From|To|Cc|Subject|Date|Received|Message-ID|MIME-Version|Return-Path|Delivered-To|Content-Type|X-[\w-]+):",
    re.I,
)
_FOLDED = re.compile(r"^(?:[!-9;-~]+:|[ \t]+\S)")
_SRT = re.compile(r"\s*\d+\s*\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}")
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|~~~|\|.*\|\s*$|[-*+] \[.\] )|\]\(\S+\)|^\S.*\n(?:={3,}|-{3,})$", re.M)


def _of_text(text: str, suffix: str) -> str:
    """The kind of a text from its beginning; the name decides only where content cannot."""
    start = text.lstrip()
    if start.startswith("{\\rtf"):
        return "application/rtf"
    if start.startswith("WEBVTT"):
        return "text/vtt"
    if _SRT.match(text):
        return "application/x-subrip"
    if _HTML.match(text):
        return "text/html"
    if _XML.match(text):
        return "image/svg+xml" if "<svg" in text[:HEAD] else "application/xml"
    if start.startswith("From ") and _is_mail(start, suffix):
        return MBOX
    if start.startswith("BEGIN:VCALENDAR"):
        return "text/calendar"
    for media, fits in (("message/rfc822", _is_mail), ("application/jsonl", _is_jsonl), ("application/json", _is_json)):
        if fits(start, suffix):
            return media
    if suffix in (".tsv", ".csv") or _is_table(text):
        return "text/tab-separated-values" if suffix == ".tsv" else "text/csv"
    if suffix in (".yaml", ".yml"):
        return "application/yaml"
    if suffix in (".md", ".markdown") or len(_MARKDOWN.findall(text)) >= 2:
        return "text/markdown"
    return "text/plain"


def _is_mail(text: str, suffix: str) -> bool:
    """At least two headers that mail has, in a block of nothing but headers."""
    head = text.partition("\n\n")[0].split("\n")[:200]
    if head and head[0].startswith("From "):
        head = head[1:]
    return sum(bool(_HEADER.match(line)) for line in head) >= 2 and all(_FOLDED.match(line) for line in head[:20])


def _is_jsonl(text: str, suffix: str) -> bool:
    """At least two lines that are each an object or list of their own."""
    lines = [line for line in text.split("\n", 20)[:20] if line.strip()]
    if len(lines) < 2 or not all(line.lstrip()[0] in "{[" for line in lines[:-1]):
        return False
    return all(_parses(line) for line in lines[:2])


def _is_json(text: str, suffix: str) -> bool:
    if not text.startswith(("{", "[")):
        return False
    return suffix == ".json" or _parses(text) or bool(re.match(r'[\[{]\s*(?:"[^"\n]*"\s*[:,]|[\[{]+\s*["\d\[{])', text))


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _is_table(text: str) -> bool:
    """At least three lines with the same number of cells, at least three, under one separator."""
    lines = text.split("\n", 30)[:30]
    lines = [line for line in lines[: -1 if len(lines) > 3 else None] if line.strip()]
    for separator in "\t,;|":
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=separator)}
        except csv.Error:
            continue
        if len(lines) >= 3 and len(widths) == 1 and max(widths) >= 3:
            return True
    return False
