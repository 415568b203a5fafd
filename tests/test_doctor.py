from __future__ import annotations

from pathlib import Path

import pytest

from assistant.app import build, doctor, feeding
from ingest.base.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def filled(tmp_path: Path) -> Settings:
    """A small memory made with the real encoder."""
    settings = Settings(home=tmp_path / "home")
    (tmp_path / "a.md").write_text(
        "# Spindle\n\nThe spindle is greased every week.\n\n# Pump\n\nThe pump has two seals."
    )
    (tmp_path / "b.md").write_text("# Leave\n\nTwenty days of leave a year.")
    assert all(report.status == "added" for report in feeding.ingest(settings, [tmp_path / "a.md"], "engineering"))
    assert all(report.status == "added" for report in feeding.ingest(settings, [tmp_path / "b.md"], "public"))
    return settings


def test_a_sound_memory_passes_every_check(filled: Settings) -> None:
    assert [check for check in doctor.examine(filled) if not check.ok] == []


def test_lost_vectors_and_words_are_found_and_restored(filled: Settings) -> None:
    with build.memory(filled) as memory:
        victims = sorted(memory.vector_ids("engineering"))
        memory._collection("engineering").delete(ids=victims[:1])
        memory._collection("public").upsert(ids=["stray"], embeddings=[[1.0] * memory.space.dim])
        with memory.catalog.transaction() as connection:
            connection.execute("DELETE FROM words_1 WHERE rowid = (SELECT min(number) FROM entity)")
    failed = {check.name for check in doctor.examine(filled) if not check.ok}
    assert failed >= {"vectors of engineering", "vectors of public", "words"}
    assert [check for check in doctor.examine(filled, rebuild=True) if not check.ok] == []
