"""A source: bytes at a path, with their hash and what kind of bytes they are. Knows nothing about what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .settings import Settings


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
    """

    path: Path
    sha256: str
    size: int
    media: str
    head: bytes
    settings: Settings
