"""The folder of a memory. What lies there is never read as a source, whoever asks: it holds keys and what everybody may read."""

from __future__ import annotations

from pathlib import Path

UPLOADS = "uploads"
"""Below it lies what people brought through the browser, which alone is read."""
CATALOG = "catalog.sqlite"
BESIDE = ("keys", "vectors", "owner.lock")
"""Of these at least one lies beside the catalogue of a memory."""


def is_home(folder: Path) -> bool:
    """Whether a folder is that of a memory, of this one or another."""
    return (folder / CATALOG).is_file() and any((folder / name).exists() for name in BESIDE)


def is_inside(file: Path) -> bool:
    """Whether a file belongs to a memory itself."""
    return any(is_home(one) and not file.is_relative_to(one / UPLOADS) for one in file.parents)
