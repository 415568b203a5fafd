"""The measurement of questions with pictures: what is shown counts only in the first row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answer.cite import Citation
from assistant.answer.outcome import Answer, Event
from assistant.evaluate.firm import load
from assistant.evaluate.shown import QUESTIONS, run
from assistant.search.question import Question, Shown
from ingest.base.access import Viewer
from ingest.space.entity import Locator

from .conftest import FIRM


class Seer:
    """Says what is shown to it and cites a file of that name; refuses where nothing is."""

    def ask(self, question: str, viewer: Viewer, *, shown: Shown | None = None, **options: Any) -> Iterator[Event]:
        words = shown.words if shown else ""
        cited = Citation(1, "e", "line", words, f"/{words}.md", "", Locator(), words)
        how = "possibly" if words else "refusal"
        yield Answer(question, words, how, (cited,) if words else (), (), {}, "text", "", 1.0)  # type: ignore[arg-type]


def test_only_what_is_shown_makes_the_difference(tmp_path: Path) -> None:
    rows = [
        {"image": "pump.png", "answer": "pump", "source": ["pump.md"], "answerable": True},
        {"image": "valve.png", "answer": "pump", "source": ["pump.md"], "answerable": True},
        {"audio": "noise.wav", "answer": "", "source": None, "answerable": False},
    ]
    file = tmp_path / "questions.jsonl"
    common = {"id": "q", "question": "What is this?", "modality": "image", "kind": "single"}
    file.write_text("\n".join(json.dumps({**common, **row}) for row in rows), "utf-8")
    asked: list[tuple[Path | None, Path | None]] = []

    def understand(text: str, image: Path | None, sound: Path | None) -> Question:
        asked.append((image, sound))
        return Question(text, Shown((image or sound or Path()).stem, np.zeros((1, 2), np.float32)))

    table = run(file, tmp_path, understand, Seer(), Viewer("owner", frozenset()))
    assert asked == [(tmp_path / "pump.png", None), (tmp_path / "valve.png", None), (None, tmp_path / "noise.wav")]
    assert table.rows == (("with what is shown", 2, 1, 1, 1, 1, 0), ("the words alone", 2, 0, 0, 0, 1, 1))


def test_the_bundled_questions_show_files_of_the_firm_and_name_sources_there_are() -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    assert len(load(QUESTIONS)) == len(rows) >= 15
    for row in rows:
        assert (FIRM / (row.get("image") or row["audio"])).is_file()
        assert all((FIRM / source).is_file() for source in row["source"] or ())
