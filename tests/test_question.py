"""Questions with a picture or a recording: what is understood, what is found with them, what is refused in one line."""

from __future__ import annotations

import json
import shutil
import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.answer.answer import Assistant
from assistant.answer.outcome import Answer
from assistant.app import build, feeding
from assistant.cli import main
from assistant.search.question import WHAT, Question, Shown, read
from assistant.search.retrieve import Retriever
from ingest.base.errors import BadInput, UnreadableSource
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Reader
from ingest.text.codes import written

from .conftest import FIRM, WordSpace
from .scripted import Scripted
from .test_retrieve import ALL, GUEST, put

PHOTOS = FIRM / "operations" / "photos"
MEMO = FIRM / "operations" / "sound" / "voice-memo-pump-room.flac"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A memory of the firm's machines, terms and price list, made by the real parts."""
    settings = Settings(home=tmp_path_factory.mktemp("firm"))
    names = ("operations/machines.json", "public/glossary.yaml", "sales/orders-2026.xlsx")
    reports = list(feeding.ingest(settings, [FIRM / name for name in names]))
    assert [report.status for report in reports] == ["added"] * 3
    return settings


@pytest.fixture(scope="module")
def readers(home: Settings) -> Sequence[Reader]:
    return build.readers(home)


@pytest.fixture(scope="module")
def filled(home: Settings) -> Iterator[Memory]:
    with build.memory(home) as memory:
        yield memory


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part at the right of the tray with its label, as somebody would photograph it."""
    file = tmp_path_factory.mktemp("photo") / "seal.png"
    with Image.open(PHOTOS / "parts-tray-repair-kit.jpg") as photo:
        photo.crop((860, 200, 1180, 700)).save(file)
    return file


def answered(memory: Memory, question: Question) -> Answer:
    """What is found for a question; the model says nothing to it."""
    reader = Scripted("none")
    assistant = Assistant(Retriever(memory, memory.catalog, memory.space), memory, lambda: reader)  # type: ignore[arg-type, return-value]
    *_, last = assistant.ask(question.text, build.viewer(memory.catalog), shown=question.shown)
    assert isinstance(last, Answer)
    return last


def silence(file: Path) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(np.zeros(32_000, np.int16).tobytes())
    return file


# -- what is understood --------------------------------------------------------------------------------


def test_a_part_number_in_the_picture_says_which_part_is_meant() -> None:
    shown = Shown("MODEL HS-40\nSERIAL NO. HS40-2318\n15 kW", np.zeros((1, 2), np.float32))
    assert shown.named("When was it built?") == "When was it built? (HS-40, HS40-2318)"
    assert shown.named("When was HS-40 built?") == "When was HS-40 built? (HS40-2318)"
    assert replace(shown, words="CAUTION").named("What does it say?") == "What does it say?"


def test_an_answer_must_be_about_the_one_part_that_is_shown_but_not_about_all_of_several() -> None:
    one, several = (Shown(words, np.zeros((1, 2), np.float32)) for words in ("MS-22", "BR-7014 FL-5 MS-22"))
    assert one.exact("What is this?") == "What is this? (MS-22)"
    assert several.exact("Which of them keeps coolant out?") == "Which of them keeps coolant out?"


def test_codes_are_given_as_they_are_written() -> None:
    assert written("Order (SO-2026-0466), 3 of MS-22; MS-22 again.") == ["SO-2026-0466", "MS-22"]


@pytest.mark.slow
def test_a_picture_alone_asks_what_it_is(seal: Path, home: Settings, readers: Sequence[Reader], filled: Memory) -> None:
    question = read("", seal, None, home, readers, filled.space)
    assert (question.text, question.shown and question.shown.words) == (WHAT, "MS-22")
    assert any("MS-22 is the mechanical seal" in hit.entity.text for hit in answered(filled, question).hits)


@pytest.mark.slow
def test_what_is_said_is_the_question_unless_one_is_typed(
    home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    """Then the recording is what the question is about: its words and its alarm tone are looked for."""
    spoken = read("", None, MEMO, home, readers, filled.space)
    assert "oil on the floor" in spoken.text
    assert spoken.shown is not None
    assert "alarm" in spoken.shown.words
    assert "oil on the floor" not in spoken.shown.words
    typed = read("What is this about?", None, MEMO, home, readers, filled.space)
    assert typed.text == "What is this about?"
    assert typed.shown is not None
    assert "oil on the floor" in typed.shown.words
    assert typed.shown.vectors.shape == (typed.shown.words.count("\n") + 1, filled.space.dim)


@pytest.mark.slow
def test_a_spoken_question_about_a_picture(
    tmp_path: Path, home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    """The words come from the transcript beside the recording, as they do for the memory."""
    sound = Path(shutil.copy(MEMO, tmp_path / "question.flac"))
    words = "When is the next inspection of the machine with this spindle?"
    sound.with_suffix(".vtt").write_text(f"WEBVTT\n\n00:00.500 --> 00:03.800\n{words}\n")
    question = read("", PHOTOS / "nameplate-spindle-mc3.jpg", sound, home, readers, filled.space)
    assert question.text == words
    assert "2026-09-03" in answered(filled, question).hits[0].entity.text


# -- what is found -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_picture_decides_which_machine_is_asked_about(
    home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    """Four machines have this spindle; the serial number on the plate is that of one. Without the picture it is open."""
    words = "When is the next inspection of the machine with this spindle?"
    question = read(words, PHOTOS / "nameplate-spindle-mc3.jpg", None, home, readers, filled.space)
    answer = answered(filled, question)
    assert "2026-09-03" in answer.hits[0].entity.text and "HS40-2318" in answer.hits[0].entity.text
    assert "HS40-2318" in answer.shown and "HS40-2318" in answer.understood
    assert "HS40-2318" not in answered(filled, Question(words)).understood


@pytest.mark.slow
def test_a_photographed_part_has_its_lead_time(
    seal: Path, home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    question = read("What is the lead time of this part?", seal, None, home, readers, filled.space)
    assert any("MS-22" in hit.entity.text and "5" in hit.entity.text for hit in answered(filled, question).hits)


def test_a_picture_finds_what_lies_near_it_and_what_has_its_words(memory: Memory, space: WordSpace) -> None:
    """By place for a thing without a word in common, by words for what the space does not know."""
    retriever = Retriever(memory, memory.catalog, space)
    fillers = [f"word{n} other{n}" for n in range(300)]
    put(memory, "many", "open", *fillers)
    near, read_there = put(memory, "few", "open", "valve", "注意 扉を開ける前に")
    vectors = np.stack([space.place(["valve"])[0].address])
    found = retriever.search("what is this", ALL, 60, vectors, shown="注意")
    assert {near, read_there} <= {hit.entity.id for hit in found}
    assert read_there not in {hit.entity.id for hit in retriever.search("what is this", ALL, 60, vectors)}


def test_what_is_shown_finds_nothing_that_its_viewer_may_not_read(memory: Memory, space: WordSpace) -> None:
    retriever = Retriever(memory, memory.catalog, space)
    put(memory, "secret", "closed", "salary of MS-22")
    vectors = np.stack([space.place(["salary of MS-22"])[0].address])
    assert retriever.search("what is this", GUEST, 8, vectors, shown="salary MS-22") == []
    assert len(retriever.search("what is this", ALL, 8, vectors, shown="salary MS-22")) == 1


# -- what is refused -----------------------------------------------------------------------------------


def test_files_of_another_kind_are_one_clear_line(
    tmp_path: Path, home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    text = FIRM / "public" / "warranty-policy.md"
    with pytest.raises(BadInput, match=r"warranty-policy.md: not a picture \(text/markdown\)"):
        read("What is this?", text, None, home, readers, filled.space)
    with pytest.raises(BadInput, match=r"nameplate-spindle-mc3.jpg: not a recording \(image/jpeg\)"):
        read("What is this?", None, PHOTOS / "nameplate-spindle-mc3.jpg", home, readers, filled.space)
    with pytest.raises(UnreadableSource, match="no such file"):
        read("What is this?", tmp_path / "none.png", None, home, readers, filled.space)
    broken = tmp_path / "broken.png"
    broken.write_bytes((FIRM / "engineering" / "drawing-HS40-0107.png").read_bytes()[:2000])
    with pytest.raises(UnreadableSource, match="damaged picture"):
        read("What is this?", broken, None, home, readers, filled.space)


def test_a_file_is_held_to_the_limits_of_ingestion(home: Settings, readers: Sequence[Reader], filled: Memory) -> None:
    with pytest.raises(UnreadableSource, match="larger than 0 MB"):
        read("What?", PHOTOS / "warning-sign-mc3.jpg", None, replace(home, max_file_mb=0), readers, filled.space)


def test_a_silent_recording_asks_nothing(
    tmp_path: Path, home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    with pytest.raises(BadInput, match="nothing is said in it"):
        read("", None, silence(tmp_path / "silence.wav"), home, readers, filled.space)


def test_a_long_report_is_no_question(
    tmp_path: Path, home: Settings, readers: Sequence[Reader], filled: Memory
) -> None:
    sound = silence(tmp_path / "report.wav")
    sound.with_suffix(".txt").write_text("word " * 1000)
    with pytest.raises(BadInput, match="more is said than a question"):
        read("", None, sound, home, readers, filled.space)


# -- the command ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_says_what_it_read_in_the_picture(
    seal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--home", str(tmp_path)]
    assert main([*folder, "ingest", str(FIRM / "sales" / "orders-2026.xlsx"), "--json"]) == 0
    capsys.readouterr()
    question = ["ask", "What is the lead time of this part?", "--image", str(seal)]
    assert main([*folder, *question]) == 0
    said = capsys.readouterr().out
    assert "asked: What is the lead time of this part? (MS-22)" in said
    assert main([*folder, *question, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["question"], answer["shown"]) == ("What is the lead time of this part?", "MS-22")
    assert any("MS-22" in hit["text"] for hit in answer["hits"])
    assert main([*folder, "ask", "What?", "--image", str(FIRM / "public" / "glossary.yaml")]) == 2
    assert "not a picture" in capsys.readouterr().err
