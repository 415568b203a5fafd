"""The folder of a memory. What lies there is never read as a source, whoever asks: it holds keys and what everybody may read."""

from __future__ import annotations

from pathlib import Path

from .settings import Settings


def is_home(folder: Path) -> bool:
    """Whether a folder is that of a memory, of this one or another."""
    its = Settings(home=folder)
    beside = (its.keys_folder, its.vectors_folder, its.lock_file)
    return its.catalog_file.is_file() and any(one.exists() for one in beside)


def is_inside(file: Path) -> bool:
    """Whether a file belongs to a memory itself; what was brought through the browser does not."""
    return any(is_home(one) and not file.is_relative_to(Settings(home=one).uploads_folder) for one in file.parents)
