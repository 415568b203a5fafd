from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.app import build, doctor, feeding
from assistant.app.doctor import Check
from assistant.cli import main
from ingest import pipeline
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.reading import Direct
from tests.conftest import ParagraphReader, WordSpace


@pytest.fixture
def small(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A small memory made with the encoder in miniature, which the doctor is given, too."""
    monkeypatch.setattr(build, "space", lambda settings: WordSpace())
    (tmp_path / "a.txt").write_text("The spindle is greased.")
    build.note(settings, build.catalog(settings), "ingest", {})
    with Memory(settings, WordSpace()) as memory:
        pipeline.ask(memory.catalog, [tmp_path / "a.txt"], lambda path: "open")
        assert [report.status for report in pipeline.run(memory, Direct([ParagraphReader()]))] == ["added"]
    return settings


def findings(settings: Settings, **how: bool) -> dict[str, Check]:
    return {check.name: check for check in doctor.examine(settings, **how)}


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize("emptied", [False, True])
def test_a_catalogue_that_is_gone_or_empty_is_told_and_a_back_up_named(
    small: Settings, emptied: bool, repair: bool
) -> None:
    for file in small.home.glob("catalog.sqlite*"):
        file.unlink()
    if emptied:
        small.catalog_file.touch()
    for _ in range(2):  # the second time it is there again, with nothing in it
        found = findings(small, repair=repair)
        assert not found["catalogue"].ok and "kotonoha restore" in found["catalogue"].finding
        assert "1 vectors" in found["catalogue"].finding and "rebuild" not in found


def test_a_memory_in_which_nothing_is_yet_or_any_more_is_sound(small: Settings, tmp_path: Path) -> None:
    with Memory(small, WordSpace()) as memory:
        memory.forget_source(memory.catalog.sources()[0].id)
    fresh = Settings(home=tmp_path / "fresh")
    for settings in (small, fresh, fresh):
        assert findings(settings)["catalogue"].ok


def test_a_file_in_the_place_of_the_vectors_is_told_and_mended(small: Settings) -> None:
    shutil.rmtree(small.vectors_folder)
    small.vectors_folder.write_text("x")
    found = findings(small)
    assert not found["vectors"].ok and "doctor --repair" in found["vectors"].finding
    found = findings(small, repair=True)
    assert found["vectors of open"].ok and "vectors" not in found


@pytest.mark.parametrize("to", ["nowhere", "another disk"])
def test_a_link_in_the_place_of_the_vectors_is_mended(small: Settings, tmp_path: Path, to: str) -> None:
    shutil.rmtree(small.vectors_folder)
    if to == "another disk":
        (tmp_path / to).mkdir()
        (tmp_path / to / "chroma.sqlite3").write_text("x")
    small.vectors_folder.symlink_to(tmp_path / to)
    found = findings(small, repair=True)
    assert found["vectors of open"].ok and "vectors" not in found
    assert small.vectors_folder.is_symlink() == (to == "another disk")


def test_a_policy_that_cannot_be_read_is_told_and_mended_as_told(small: Settings, tmp_path: Path) -> None:
    assert findings(small)["policy"] == Check("policy", True, "there is no policy")
    row = ("v", "scopes: [", "somebody", "2026-01-01")
    build.catalog(small).connection.execute(
        "INSERT INTO policy (version, text, person, added) VALUES (?, ?, ?, ?)", row
    )
    found = findings(small, repair=True)["policy"]
    assert not found.ok and "kotonoha policy set FILE" in found.finding and "line 2" in found.finding
    (tmp_path / "good.yaml").write_text("scopes: {open: {}}\npeople: {boss: {may: [govern]}, endo: {}}\n")
    home = ["--home", str(small.home), "policy", "set", str(tmp_path / "good.yaml"), "--as"]
    assert main([*home, "endo"]) != 0 and main([*home, "boss"]) == 0
    assert findings(small)["policy"].ok and build.audit(small, build.catalog(small)).verify() == []


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


@pytest.mark.slow
def test_a_sound_memory_passes_every_check(filled: Settings) -> None:
    assert [check for check in doctor.examine(filled) if not check.ok] == []


@pytest.mark.slow
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
