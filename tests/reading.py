"""What a file says when it is read by the real readers of documents and tables: drafts, typed tables and notes."""

from __future__ import annotations

from pathlib import Path

from ingest.base.settings import Settings
from ingest.readers import Reader
from ingest.readers.book import BookReader
from ingest.readers.concept import ConceptReader
from ingest.readers.data import JsonReader
from ingest.readers.html import HtmlReader
from ingest.readers.mail import MailReader
from ingest.readers.pdf import PdfReader
from ingest.readers.sensor import SensorReader
from ingest.readers.slides import PptxReader
from ingest.readers.table import TableReader
from ingest.readers.text import TextReader
from ingest.readers.word import DocxReader
from ingest.reading import Read, read
from ingest.source import look
from ingest.text.columns import Column, Columns

READERS: tuple[Reader, ...] = (
    PdfReader(), DocxReader(), PptxReader(), BookReader(), MailReader(),
    ConceptReader(), SensorReader(), TableReader(), JsonReader(), HtmlReader(), TextReader(),
)  # fmt: skip
"""All that need no model, in the order of `assistant.app.build.readers`."""


def read_file(path: Path, **limits: int) -> Read:
    """Everything a file has to say; a mark for a picture has no words yet."""
    return read(look(path, Settings(home=path.parent / "home", **limits)), READERS)  # type: ignore[arg-type]


def written(path: Path, text: str | bytes, encoding: str = "utf-8") -> Read:
    """The same for a file that is made for it."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_file(path)


def words(found: Read) -> str:
    """All that is said, in the files inside it too."""
    return "\n".join([*(draft.text for draft in found.drafts), *(words(one.read) for one in found.inside)])


def rows(found: Read) -> list[str]:
    return [draft.text for draft in found.drafts if draft.kind == "row"]


def table(found: Read) -> Columns:
    (only,) = found.tables
    return only


def column(found: Read, name: str) -> Column:
    return next(one for one in table(found).columns if one.name == name)
