"""The measurement of the judge: as many true as untrue statements, of scenes held out, both languages."""

from __future__ import annotations

from pathlib import Path

from assistant.evaluate.judge import Judged, judged, table
from assistant.fit.scenes import scenes
from assistant.model.llm import Llm
from assistant.model.reader import Reader

from .tiny_gguf import write_model


def test_half_of_the_statements_are_true_and_each_is_judged_by_its_own_text(tmp_path: Path) -> None:
    reader = Reader(Llm(write_model(tmp_path / "tiny.gguf", context=4096), context=4096, threads=1))
    held, counted = [scene for scene in scenes() if scene.held], list[int]()
    found = list(judged(reader, held, 20, counted.append))
    assert 20 <= len(found) < 30 and sum(counted) == len(found)
    assert sum(one.true for one in found) == len(found) / 2
    assert all(0 <= one.chance <= 1 and 0 <= one.common <= 1 for one in found)


def test_the_table_tells_both_languages_and_the_words_in_common_beside() -> None:
    found = [Judged(language, true, 0.9 if true else 0.2, 0.5) for language in ("en", "ja") for true in (True, False)]
    made = table(found)
    assert [row[:3] for row in made.rows] == [("all", 4, 1.0), ("en", 2, 1.0), ("ja", 2, 1.0)]
    assert made.rows[0][3] == 1.0 and made.rows[0][5] == 0.5
    assert "0.5: 1.000" in made.notes[0]
