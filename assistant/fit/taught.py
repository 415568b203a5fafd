"""The file of what the model wrote and what of it was kept, line by line (JSON), so that writing it goes on where it ended.

What was tried and rejected stands there too, empty, and is not tried again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.base.errors import BadInput
from ingest.text.language import Language


@dataclass(frozen=True, slots=True)
class Said:
    """What was kept for one question of a passage; "" is what was rejected or not tried.

    Attributes:
        id: of the question.
        true: a sentence that answers it.
        untrue: one that cannot be true if that is, or that answers what the passage does not.
        abroad: the question in the other language.
        true_abroad: a sentence in that language that answers it.
        leaning: the question as one asks it right after another.
        behind: id of that other question.
    """

    id: str
    true: str = ""
    untrue: str = ""
    abroad: str = ""
    true_abroad: str = ""
    leaning: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a handbook with steps or a list, and the question that all of them answer; no items if it was rejected.

    Attributes:
        name: of whom or what it is; "" for nobody's.
    """

    id: str
    language: Language
    name: str
    topic: str
    text: str = ""
    items: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """All of a file, by id."""

    said: dict[str, Said]
    sections: dict[str, Section]

    def take(self, some: Sequence[Said | Section]) -> None:
        for one in some:
            if isinstance(one, Said):
                self.said[one.id] = one
            else:
                self.sections[one.id] = one


def read(file: Path) -> Taught:
    """What a file holds, nothing if there is none; a last line that was cut off is not there.

    Raises:
        BadInput: it is no such file.
    """
    found = Taught({}, {})
    lines = file.read_text("utf-8").split("\n") if file.exists() else [""]
    for line in lines[:-1]:
        try:
            row = json.loads(line)
            section = "topic" in row
            found.take([Section(**_whole(row)) if section else Said(**row)])
        except (ValueError, TypeError, KeyError) as error:
            raise BadInput(f"{file.name} is not a file of sentences: {error}", "kotonoha fit sentences") from error
    return found


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": "", **row, "items": tuple(row.get("items", ()))}


def append(file: Path, some: Sequence[Said | Section]) -> None:
    """Adds lines in one go; a line that an interrupted run left half is cut off first."""
    with file.open("ab+") as stream:
        stream.seek(0)
        whole = stream.read().rfind(b"\n") + 1
        stream.truncate(whole)
        rows = ({name: value for name, value in asdict(one).items() if value} for one in some)
        stream.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
