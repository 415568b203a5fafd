"""Puts the real parts together, by hand, from Settings. The only place where a concrete part is chosen.

Every heavy library is imported inside the function that needs it, so that `kotonoha --help` stays quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.access import Viewer, checked_scope
from ingest.settings import Settings

if TYPE_CHECKING:
    from assistant.answer import Assistant
    from ingest.memory import Memory
    from ingest.pipeline import Report
    from ingest.readers import Reader
    from ingest.space import Space

DEFAULT_SCOPE = "private"
"""Where a file goes when no rule and no `--scope` says otherwise; only the owner of this machine reads it."""


@lru_cache(maxsize=2)
def space(settings: Settings) -> Space:
    """The linguistic space; loaded once per process."""
    from ingest.encoders.words import Words

    return Words(threads=settings.threads)


def readers(settings: Settings) -> Sequence[Reader]:
    """All readers, the most particular first."""
    from ingest.encoders.vision import EfficientNetLite
    from ingest.readers.book import BookReader
    from ingest.readers.data import JsonReader
    from ingest.readers.html import HtmlReader
    from ingest.readers.image import ImageReader, Pictures
    from ingest.readers.mail import MailReader
    from ingest.readers.ocr import Ocr
    from ingest.readers.office import DocxReader, PptxReader
    from ingest.readers.pdf import PdfReader
    from ingest.readers.sensor import SensorReader
    from ingest.readers.table import TableReader
    from ingest.readers.text import TextReader

    words = space(settings)
    pictures = Pictures(EfficientNetLite(words, settings.cache_folder), Ocr(settings.threads), words)
    return (
        PdfReader(),
        DocxReader(),
        PptxReader(),
        BookReader(),
        MailReader(),
        ImageReader(pictures),
        SensorReader(),
        TableReader(),
        JsonReader(),
        HtmlReader(),
        TextReader(),
    )


def memory(settings: Settings) -> Memory:
    from ingest.memory import Memory

    return Memory(settings, space(settings))


def ingest(settings: Settings, paths: Iterable[Path], scope: str = "") -> Iterator[Report]:
    """Ingests, as the owner of the memory or through the process that owns it; one report per file."""
    from ingest import pipeline

    name = checked_scope(scope) if scope else DEFAULT_SCOPE
    return pipeline.ingest(settings, paths, lambda path: name, lambda: memory(settings), lambda: readers(settings))


def viewer(settings: Settings, person: str = "") -> Viewer:
    """The viewer for this request: the local owner of the machine, who reads every scope there is."""
    from ingest.catalog import Catalog

    catalog = Catalog(settings.catalog_file)
    return Viewer(person or "owner", frozenset(catalog.scopes()), roles=("owner",), may_reveal=True)


def assistant(settings: Settings, memory: Memory) -> Assistant:
    from assistant.answer import Assistant

    return Assistant.open(settings, memory)
