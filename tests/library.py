"""A small library of real files for the tests of what is shown: each in its scope, read by its own reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.catalog import SourceRow, StoredEntity
from ingest.entity import Draft, Entity, identify
from ingest.memory import Memory
from ingest.pipeline import place
from ingest.readers import Reader
from ingest.source import look
from ingest.space import pack


def keep(memory: Memory, path: Path, scope: str, drafts: Sequence[Draft]) -> list[Entity]:
    """Puts one file and what it says into the memory; returns its entities."""
    source = look(path, memory.settings)
    entities = [replace(one, meaning=None) for one in identify(f"source-{path.name}", scope, drafts)]
    vectors = place(memory.space, entities)
    items = [
        StoredEntity(entity, at.address.astype(np.float32).tobytes(), pack(at.slots))
        for entity, at in zip(entities, vectors, strict=True)
    ]
    row = SourceRow(
        f"source-{path.name}", str(source.path), source.sha256, source.size, source.media, path.stem, scope, "test", (), "2026"
    )
    memory.put_source(row, items)
    memory.settle()
    return entities


def read(memory: Memory, path: Path, scope: str, reader: Reader) -> list[Entity]:
    """The same, with what a reader says."""
    return keep(memory, path, scope, [one for one in reader.read(look(path, memory.settings)) if isinstance(one, Draft)])
