"""Questions with a picture or a recording: what is shown with them, beside the words alone.

    kotonoha evaluate shown [--file QUESTIONS]

QUESTIONS has one JSON object a line, as for `kotonoha evaluate firm`, with `image` or `audio`: a file below the sample
firm, or an absolute path. Each is asked twice, and the second time without what is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answer.outcome import Answer
from assistant.evaluate.firm import Mark, Question, load, mark
from assistant.evaluate.table import Cell, Table

if TYPE_CHECKING:
    from assistant.answer.audited import Asks
    from assistant.search.question import Question as Asked
    from ingest.base.access import Viewer

Understand = Callable[[str, Path | None, Path | None], "Asked"]
"""A question from its words, its picture and its recording."""

QUESTIONS = Path(str(resources.files(__package__))) / "shown.jsonl"


def run(file: Path, folder: Path, understand: Understand, assistant: Asks, viewer: Viewer) -> Table:
    """Every question of a file with and without what is shown; files are looked for below `folder`."""
    cases = [
        (one, understand(one.question, *files)) for one, files in zip(load(file), _files(file, folder), strict=True)
    ]
    rows = []
    for way, shown in (("with what is shown", True), ("the words alone", False)):
        marks = [_answered(one, asked, assistant, viewer, shown=shown) for one, asked in cases]
        rows.append(_row(way, marks))
    columns = ("way", "questions", "fact", "place", "right", "not answerable", "refused")
    return Table("Questions with pictures and recordings", columns, tuple(rows))


def _files(file: Path, folder: Path) -> list[tuple[Path | None, Path | None]]:
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [(_file(row.get("image"), folder), _file(row.get("audio"), folder)) for row in rows]


def _file(name: str | None, folder: Path) -> Path | None:
    return folder / name if name else None


def _answered(one: Question, asked: Asked, assistant: Asks, viewer: Viewer, *, shown: bool) -> Mark:
    *_, answer = assistant.ask(asked.text, viewer, shown=asked.shown if shown else None)
    assert isinstance(answer, Answer)
    return mark(one, answer)


def _row(way: str, marks: Sequence[Mark]) -> tuple[Cell, ...]:
    """Answerable ones by fact and place, the others by refusal."""
    asked = [one for one in marks if one.question.answerable]
    silent = [one for one in marks if not one.question.answerable]
    right = sum(one.right for one in asked)
    counts = (len(asked), sum(one.fact for one in asked), sum(one.cited for one in asked), right)
    return (way, *counts, len(silent), sum(one.refused for one in silent))
