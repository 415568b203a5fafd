"""What kind of file it is, by its content.

Names are believed only between kinds of plain text that content cannot tell apart (a CSV of one column, Markdown
without marks).
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
import zlib
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
OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = OOXML + "wordprocessingml.document"
PPTX = OOXML + "presentationml.presentation"
XLSX = OOXML + "spreadsheetml.sheet"
EPUB = "application/epub+zip"
XLS = "application/vnd.ms-excel"
MSG = "application/vnd.ms-outlook"
MBOX = "application/mbox"


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
