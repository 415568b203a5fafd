"""How fast each modality is read and placed, beside the bare models on the same input in the same run.

    kotonoha evaluate throughput [--file FOLDER] [--json]

FOLDER holds documents, pictures, recordings and tables; default is the sample firm. Ours is everything between the file and
its entities with their vectors: decoding, layout, regions, reading order, pauses, events, verbalising. Bare is only the
models' own calls, fed with decoded input, and for documents the text that a library takes out. Models are loaded and warm
before the clock starts. Says nothing about quality.
"""

from __future__ import annotations

import email
import email.policy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .table import Cell, Table

if TYPE_CHECKING:
    from ingest.base.settings import Settings
    from ingest.readers import Reader
    from ingest.readers.audio import AudioReader
    from ingest.readers.image import ImageReader
    from ingest.source import Source
    from ingest.space.space import Space

MOST = 8
"""Files of each modality."""
PIECE = 500
"""Letters of a piece of a document."""
DOCUMENTS = ("pdf", "docx", "html", "text", "mail")
"""Readers that are held against a library that only takes the text out."""


@dataclass(frozen=True, slots=True)
class Work:
    """The same input twice: `amount` in `unit`, ours and the bare models' way through it."""

    modality: str
    unit: str
    amount: float
    ours: Callable[[], object]
    bare: Callable[[], object]


def pictures(sources: Sequence[Source], reader: ImageReader, space: Space) -> Work:
    """Seeing and reading words, without regions, colours, turned pages or notes of the camera."""
    from ingest.readers.image import Frame, frames

    images = [frame.image for source in sources for frame in frames(source) if isinstance(frame, Frame)]
    parts = reader.pictures

    def bare() -> None:
        for image in images:
            parts.sight.see([image])
            parts.ocr.lines(image)

    return Work("pictures", "pictures", len(images), all_placed(sources, reader, space), bare)


def sound(sources: Sequence[Source], reader: AudioReader, space: Space) -> Work:
    """Recognising all of a recording, without looking for speech and events; transcripts beside are left aside."""
    from ingest.readers.audio import blocks
    from ingest.space.encoders.voice import LONGEST, RATE

    spoken = [np.concatenate(list(blocks(one.path, RATE))) for one in sources]
    step = int(LONGEST * RATE)
    pieces = [piece for whole in spoken for piece in np.split(whole, range(step, len(whole), step))]
    seconds = sum(map(len, spoken)) / RATE
    return Work(
        "sound",
        "seconds",
        seconds,
        all_placed(sources, reader, space),
        lambda: [reader.recogniser.hear(one) for one in pieces],
    )


def rows(sources: Sequence[Source], reader: Reader, space: Space) -> Work:
    """Placing the words of rows, without finding them."""
    from ingest.space.entity import Draft

    texts = [f"{one.title}\n{one.text}" for source in sources for one in reader.read(source) if isinstance(one, Draft)]
    return Work(
        "tables", "rows and columns", len(texts), all_placed(sources, reader, space), lambda: space.place(texts)
    )


def documents(sources: Sequence[Source], reader: Reader, space: Space) -> Work:
    """What a library takes out of a file, cut anywhere into pieces and placed: without headings, tables, places on pages.
    Pictures in them are left aside both ways."""
    texts = [plain(one.path) for one in sources]

    def bare() -> None:
        whole = "".join(map(plain, (one.path for one in sources)))
        space.place([whole[start : start + PIECE] for start in range(0, len(whole), PIECE)])

    return Work(reader.name, "1,000 letters", sum(map(len, texts)) / 1000, all_placed(sources, reader, space), bare)


def plain(path: Path) -> str:
    """All text of a file by the plainest way there is."""
    if path.suffix == ".pdf":
        import pypdfium2  # type: ignore[import-untyped]

        return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))
    if path.suffix == ".docx":
        import docx

        whole = docx.Document(str(path))
        cells = [cell.text for table in whole.tables for row in table.rows for cell in row.cells]
        return "\n".join([one.text for one in whole.paragraphs] + cells)
    if path.suffix == ".eml":
        body = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("plain", "html"))
        return str(body.get_content()) if body else ""
    return path.read_text("utf-8", "replace")


def all_placed(sources: Sequence[Source], reader: Reader, space: Space) -> Callable[[], object]:
    """Our way through all of the files."""
    return lambda: [placed(source, reader, space) for source in sources]


def placed(source: Source, reader: Reader, space: Space) -> int:
    """A file all the way to its vectors; how many entities it became."""
    from ingest.space.entity import Draft, identify
    from ingest.work import place

    drafts = (one for one in reader.read(source) if isinstance(one, Draft))
    return len(place(space, list(identify("", "all", drafts))))


WORKS: dict[str, Callable[..., Work]] = {
    "image": pictures, "audio": sound, "table": rows, **dict.fromkeys(DOCUMENTS, documents),
}  # fmt: skip
"""What is measured of each reader, by its name."""


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(works: Iterator[Work]) -> Table:
    found: list[tuple[Cell, ...]] = []
    for work in works:
        bare, ours = work.amount / seconds(work.bare), work.amount / seconds(work.ours)
        found.append(
            (work.modality, work.unit, round(work.amount, 1), round(ours, 2), round(bare, 2), round(ours / bare, 2))
        )
    columns = ("modality", "unit", "input", "ours per second", "bare per second", "ours / bare")
    return Table("Throughput", columns, tuple(found))


def run(folder: Path | None, settings: Settings) -> Table:
    """The task with the default parts, warmed up on the first file of each modality."""
    from assistant.app import build
    from assistant.app.demo import FIRM
    from ingest.readers.illustrated import Illustrated

    space, readers = build.space(settings), build.readers(settings)
    by_reader = _sources(folder or FIRM, readers, settings)

    def works() -> Iterator[Work]:
        for reader in readers:
            sources = by_reader.get(reader.name, [])[:MOST]
            reader = reader.reader if isinstance(reader, Illustrated) else reader
            if sources and (work := WORKS.get(reader.name)):
                placed(sources[0], reader, space)
                yield work(sources, reader, space)

    return measure(works())


def _sources(folder: Path, readers: Sequence[Reader], settings: Settings) -> dict[str, list[Source]]:
    """Files by the reader that reads them; a recording whose words lie beside it is no measure of hearing."""
    from ingest.base.errors import UnreadableSource
    from ingest.source import look, transcript_of, walk

    found: dict[str, list[Source]] = {}
    for path in walk([folder]):
        if not isinstance(path, UnreadableSource) and transcript_of(path) in (None, path):
            source = look(path, settings)
            name = next((reader.name for reader in readers if reader.accepts(source)), "")
            found.setdefault(name, []).append(source)
    return found
