"""OLE containers in miniature, such as Outlook saves a message in: [MS-CFB] version 3, every stream in the mini stream."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

SECTOR, MINI, END, FREE, FAT = 512, 64, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
SUBJECT, SENDER, TO, BODY, HEADERS, SENT = 0x0037, 0x0C1A, 0x0E04, 0x1000, 0x007D, 0x0039
"""Properties of a message, [MS-OXPROPS]."""


def write_message(path: Path, texts: Mapping[int, str], sent: datetime) -> Path:
    """A message with these texts by property, sent at this moment."""
    ticks = int((sent - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
    table = bytes(32) + struct.pack("<IIQ", SENT << 16 | 0x0040, 6, ticks)
    streams = {}
    for tag, text in texts.items():
        data = text.encode("utf-16-le")
        streams[f"__substg1.0_{tag:04X}001F"] = data
        table += struct.pack("<IIII", tag << 16 | 0x001F, 6, len(data) + 2, 0)
    return write(path, {"__properties_version1.0": table, **streams})


def write(path: Path, streams: Mapping[str, bytes]) -> Path:
    """A container with these streams below its root, each shorter than 4,096 bytes."""
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    minis, starts = b"", {}
    links: list[int] = []
    for name in names:
        starts[name] = len(links)
        count = -(-len(streams[name]) // MINI)
        links += [*range(len(links) + 1, len(links) + count), END]
        minis += streams[name].ljust(count * MINI, b"\0")
    entries = [_entry("Root Entry", 5, 1 if names else FREE, FREE, 0, len(minis))]
    for at, name in enumerate(names, 1):  # a tree that only ever turns right
        after = at + 1 if at < len(names) else FREE
        entries.append(_entry(name, 2, FREE, after, starts[name], len(streams[name])))
    parts = [_sectors(minis), _sectors(b"".join(entries)), _sectors(struct.pack(f"<{len(links)}I", *links), b"\xff")]
    sizes = [len(part) // SECTOR for part in parts]
    fat = [FAT]
    for size in sizes:
        fat += [*range(len(fat) + 1, len(fat) + size), END]
    first = [1, 1 + sizes[0], 1 + sizes[0] + sizes[1]]
    parts[1] = parts[1][:116] + struct.pack("<I", first[0]) + parts[1][120:]
    header = struct.pack(
        "<8s16x5H6x10I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, first[1], 0, 4096, first[2], sizes[2], END, 0, 0,
    ) + struct.pack("<108I", *[FREE] * 108)  # fmt: skip
    path.write_bytes(header + _sectors(struct.pack(f"<{len(fat)}I", *fat), b"\xff") + b"".join(parts))
    return path


def _entry(name: str, sort: int, child: int, right: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sI8s8sIQ",
        text,
        len(text) + 2,
        sort,
        1,
        FREE,
        right,
        child,
        bytes(16),
        0,
        bytes(8),
        bytes(8),
        start,
        size,
    )


def _sectors(data: bytes, filling: bytes = b"\0") -> bytes:
    return data.ljust(-(-len(data) // SECTOR) * SECTOR, filling)
