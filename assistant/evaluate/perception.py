"""How well scanned pages are read and recordings are heard: the rate of wrong characters or words.

    kotonoha evaluate perception --file FOLDER [--json]

References are JSON lines of `source` (a path below FOLDER), `page` (of a PDF), `unit` (characters or words) and `text`,
typed by hand from the page or the recording; those that are shipped name public files. The rate is the edit distance to
what the reader yields, in reading order, over the length of the reference; above 1, more was invented than there was.
Beside it the obvious alternative: the text layer of the PDF, and the whole recording given to the recogniser at once.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.base.errors import BadInput

from .table import Cell, Table

if TYPE_CHECKING:
    from ingest.base.settings import Settings
    from ingest.readers.audio import AudioReader
    from ingest.readers.illustrated import Illustrated
    from ingest.source import Source


DIGITS = "〇一二三四五六七八九"
PLACES = {"十": 10, "百": 100, "千": 1000}
KANJI_FIGURE = re.compile(f"[{DIGITS}{''.join(PLACES)}]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """What is really written on a page or said in a recording, and the firm's words it may be heard in."""

    source: str
    text: str
    unit: str
    page: int | None = None
    own_words: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """Recordings of one folder are one row of the table; a page is its own."""
        return f"{Path(self.source).name} page {self.page}" if self.page else str(Path(self.source).parent)


def distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Edit distance (Levenshtein 1966) between two sequences, row by row."""
    row = np.arange(len(right) + 1)
    other = np.array(list(right), dtype=object)
    for item in left:
        kept = np.minimum(row[1:] + 1, row[:-1] + (other != item))
        row = np.minimum.accumulate(np.concatenate([[row[0] + 1], kept]) - np.arange(len(row))) + np.arange(len(row))
    return int(row[-1])


def units(text: str, unit: str) -> list[str]:
    """The characters of a text with single spaces, its letters and figures alone, or its words in lower case."""
    if unit == "letters":
        return [character for character in KANJI_FIGURE.sub(_arabic, text) if character.isalnum()]
    return re.findall(r"[\w']+", text.lower()) if unit == "words" else list(" ".join(text.split()))


def _arabic(figure: re.Match[str]) -> str:
    """A figure below 10,000 in Chinese characters in Arabic ones: 二十 and 20 are heard alike."""
    total, digit = 0, 0
    for character in figure[0]:
        if character in PLACES:
            total, digit = total + max(digit, 1) * PLACES[character], 0
        else:
            digit = digit * 10 + DIGITS.index(character)
    return str(total + digit)


def read_page(source: Source, page: int, reader: Illustrated) -> tuple[str, str]:
    """The words of a page in reading order, and its text layer."""
    from ingest.space.entity import Draft

    pages = (one for one in reader.read(source) if isinstance(one, Draft) and one.locator.page == page)
    found = [one for one in pages if one.kind in ("line", "passage")]
    plain = (one for one in reader.reader.read(source) if isinstance(one, Draft) and one.locator.page == page)
    return "\n".join(one.text for one in found), "\n".join(one.text for one in plain)


def hear(source: Source, reader: AudioReader, own_words: Sequence[str] = ()) -> tuple[str, str, str]:
    """The words of a recording, utterance by utterance; those of the recording given to the recogniser whole; and, utterance
    by utterance again, in the firm's own words if there are any."""
    from ingest.readers.audio import blocks
    from ingest.space.encoders.voice import FRAME
    from ingest.space.entity import Draft

    def said(source: Source) -> str:
        return " ".join(one.text for one in reader.read(source) if isinstance(one, Draft) and one.kind == "utterance")

    plain = said(source)
    whole = reader.recogniser.hear(np.concatenate(list(blocks(source.path, FRAME))))
    primed = said(replace(source, own_words=tuple(own_words))) if own_words else plain
    return plain, whole.text if whole else "", primed


def measure(folder: Path, references: Sequence[Reference], pages: Illustrated, sound: AudioReader) -> Table:
    """One row per group: how much there was, and the rate of what is wrong, ours and the alternative's."""
    groups: dict[str, list[Reference]] = defaultdict(list)
    for reference in references:
        groups[reference.group].append(reference)
    rows: list[tuple[Cell, ...]] = []
    for name, members in groups.items():
        counts = np.array([counted(folder, one, pages, sound) for one in members]).sum(axis=0)
        rates = (round(float(count / counts[0]), 3) for count in counts[1:])
        rows.append((name, len(members), members[0].unit, int(counts[0]), *rates))
    columns = ("what", "sources", "unit", "in all", "wrong", "alternative wrong", "wrong in own words")
    return Table("Pages read and recordings heard", columns, tuple(rows), (f"recogniser: {sound.recogniser.name}",))


def counted(folder: Path, reference: Reference, pages: Illustrated, sound: AudioReader) -> tuple[int, int, int, int]:
    """How many units there are, how many are wrong, how many of the alternative are, and how many in the firm's own words."""
    from ingest.base.settings import Settings
    from ingest.source import look

    source = look(folder / reference.source, Settings(home=folder))
    if reference.page:
        found, plain = read_page(source, reference.page, pages)
        texts = found, plain, found
    else:
        texts = hear(source, sound, reference.own_words)
    expected = units(reference.text, reference.unit)
    ours, other, primed = (distance(expected, units(text, reference.unit)) for text in texts)
    return len(expected), ours, other, primed


def references() -> list[Reference]:
    """The shipped ones."""
    lines = resources.files(__package__).joinpath("perception.jsonl").read_text("utf-8").splitlines()
    rows = map(json.loads, lines)
    return [Reference(**{**row, "own_words": tuple(row.get("own_words", ()))}) for row in rows]


def run(folder: Path, settings: Settings) -> Table:
    """The task with the default parts, over the references whose files are there."""
    from assistant.app import build
    from ingest.readers.audio import AudioReader
    from ingest.readers.illustrated import Illustrated

    known = [one for one in references() if (folder / one.source).is_file()]
    if not known:
        wanted = ", ".join(dict.fromkeys(str(Path(one.source).parent) for one in references()))
        raise BadInput(f"{folder} has none of the files that references are shipped for; it should hold {wanted}")
    readers = build.readers(settings)
    pages = next(one for one in readers if isinstance(one, Illustrated) and one.name == "pdf")
    sound = next(one for one in readers if isinstance(one, AudioReader))
    return measure(folder, known, pages, sound)
