"""Whatever lies in a folder, each file is entities or one clear line, and the rest goes on."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.app.build import readers
from ingest import pipeline, reading
from ingest.base.errors import KotonohaError
from ingest.base.settings import Settings
from ingest.memory.memory import Memory
from ingest.readers import Reader
from ingest.reading import Direct
from ingest.source import look
from tests import test_readers as made

LIMITS = Settings(home=Path("/nowhere"), max_unpacked_mb=64)
BOMB = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10)) + "]>"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@cache
def all_readers() -> Sequence[Reader]:
    return readers(LIMITS)


def outcome(path: Path, limits: Settings = LIMITS) -> str:
    """The words of a file's entities, or the one line that says why there are none; anything else fails the test."""
    try:
        source = look(path, limits)
        drafts = reading.read(source, all_readers()).drafts
    except KotonohaError as error:
        assert str(path) in str(error) and "\n" not in str(error) and len(str(error)) < 500
        return f"! {error}"
    return "\n".join(f"{draft.title} {draft.text}" for draft in drafts)


def rezipped(data: bytes, **changed: bytes) -> bytes:
    """A zip with some members replaced ("/" written "__")."""
    names = {name.replace("__", "/"): content for name, content in changed.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, names.get(item, old.read(item)))
    return buffer.getvalue()


@cache
def sample(name: str) -> bytes:
    """A sound file of each kind."""
    import tempfile

    makers: dict[str, Callable[[Path], object]] = {row[0]: row[1] for row in made.MADE}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        makers[name](path)
        return path.read_bytes()


def encrypted_office() -> bytes:
    """The smallest compound file with an encrypted package in it, as Word writes with a password."""
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    )
    header = (header + b"\xff" * 436)[:512]
    fat = struct.pack("<2I", 0xFFFFFFFD, 0xFFFFFFFE) + b"\xff" * 504

    def entry(name: str, kind: int, child: int, right: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le")
        return struct.pack("<64sHBBIII36xIQ", raw, len(raw), kind, 1, 0xFFFFFFFF, right, child, 0xFFFFFFFE, 0)

    root = entry("Root Entry", 5, 1, 0xFFFFFFFF)
    return (
        header
        + fat
        + root
        + entry("EncryptionInfo", 2, 0xFFFFFFFF, 2)
        + entry("EncryptedPackage", 2, 0xFFFFFFFF, 0xFFFFFFFF)
        + bytes(128)
    )


def encrypted_pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), encrypt="secret")
    canvas.drawString(100, 700, "hidden words")
    canvas.save()


def encrypted_zip() -> bytes:
    data = bytearray(sample("made.docx"))
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def laughing_word() -> bytes:
    body = "<w:body><w:p><w:r><w:t>Before &a9; after</w:t></w:r></w:p></w:body>"
    return f"{BOMB}<w:document xmlns:w='{WORD}'>{body}</w:document>".encode()


def deep_word() -> bytes:
    inner = "<w:sdt><w:sdtContent>" * 20_000 + "</w:sdtContent></w:sdt>" * 20_000
    return f"<w:document xmlns:w='{WORD}'><w:body>{inner}</w:body></w:document>".encode()


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.txt": (lambda: b"", "empty"),
    "blank.txt": (lambda: b" \n\n\t", "nothing in it can be read"),
    "noise.bin": (lambda: bytes(range(256)) * 10, "of no kind that can be read"),
    "noise.pdf": (lambda: bytes(range(256)) * 10, "of no kind that can be read"),
    "cut.pdf": (lambda: b"%PDF-1.7\n1 0 obj", "damaged or cut off"),
    "cut.docx": (lambda: sample("made.docx")[:5000], "damaged or cut off"),
    "password.docx": (encrypted_office, "encrypted"),
    "locked.docx": (encrypted_zip, "encrypted"),
    "bomb.docx": (
        lambda: rezipped(sample("made.docx"), word__document=b"", **{"word__document.xml": b" " * 50_000_000}),
        "like a zip bomb",
    ),
    "big.docx": (lambda: rezipped(sample("made.docx"), **{"word__document.xml": b" " * 70_000_000}), "would unpack to"),
    "laughs.docx": (lambda: rezipped(sample("made.docx"), **{"word__document.xml": laughing_word()}), ""),
    "laughs.epub": (
        lambda: rezipped(sample("made.epub"), **{"OEBPS__a b.opf": f"{BOMB}<package>&a9;</package>".encode()}),
        "!",
    ),
    "laughs.html": (lambda: f"{BOMB}<html><body><p>Before &a9; after</p></body></html>".encode(), ""),
    "laughs.xml": (lambda: f"<?xml version='1.0'?>{BOMB}<x><y>Before &a9; after</y></x>".encode(), ""),
    "deep.docx": (lambda: rezipped(sample("made.docx"), **{"word__document.xml": deep_word()}), ""),
    "deep.html": (lambda: b"<html><body>" + b"<div>" * 100_000 + b"deep" + b"</div>" * 100_000, ""),
    "tables.html": (lambda: b"<html><body>" + b"<table><tr><td>" * 5_000 + b"deep" + b"</td></tr></table>" * 5_000, ""),
    "deep.json": (lambda: b"[" * 100_000 + b"1" + b"]" * 100_000, "nested too deeply"),
    "broken.json": (lambda: b'{"a": [1, 2,', "not valid JSON"),
    "spans.html": (
        lambda: b"<html><table>" + b"<tr><td colspan=999999999 rowspan=999999999>x<td>y</tr>" * 50 + b"</table>",
        "",
    ),
    "page.pdf": (lambda: b"<html><body><h1>Report</h1><p>I am a web page.</p></body></html>", "I am a web page."),
    "letter.xlsx": (lambda: sample("made.docx"), "主電源を切る。"),
    "script.html": (
        lambda: (
            b"<html><body><script>steal()</script><p onclick='x()'>Words</p><iframe src=http://evil>f</iframe></body></html>"
        ),
        "Words",
    ),
    "long.txt": (lambda: b"a" * 300_000, "aaaa"),
    "lines.txt": (lambda: b"\n" * 2_000_000 + b"end", "end"),
    "wide.csv": (lambda: b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n" + b",".join([b"1"] * 1_000_000), ""),
    "nul.txt": (lambda: b"text\0" * 100, "of no kind that can be read"),
    "headers.eml": (lambda: b"From: a@b\nSubject: " + b"=?utf-8?b?" * 5000 + b"\n\nbody", "body"),
    "parts.eml": (
        lambda: (
            b"From: a@b\nSubject: s\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(3000))
            + b"\nbody"
        ),
        "",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_entities_or_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name][0]())
    result = outcome(path)
    assert FILES[name][1] in result
    assert len(result) < 20_000_000 and "steal" not in result and "ha" * 1000 not in result


def test_a_pdf_with_a_password_is_one_line(tmp_path: Path) -> None:
    encrypted_pdf(tmp_path / "a.pdf")
    assert outcome(tmp_path / "a.pdf").endswith("encrypted (save it without a password)")


NOBODY = 65534


def test_a_file_that_may_not_be_read_is_one_line() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_text("x")
        path.chmod(0)
        Path(folder).chmod(0o755)
        user = os.geteuid()
        os.seteuid(user or NOBODY)  # root may read everything
        try:
            assert "permission denied" in outcome(path)
        finally:
            os.seteuid(user)


SOUND = [
    "made.docx",
    "made.pptx",
    "made.pdf",
    "made.epub",
    "made.eml",
    "made.html",
    "made.json",
    "made.jsonl",
    "made.md",
]


@pytest.mark.parametrize("name", SOUND)
@given(data=st.data())
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_or_with_wrong_bytes_never_does_more_than_fail(
    name: str, data: st.DataObject, tmp_path: Path
) -> None:
    content = bytearray(sample(name))
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1), "at") :]
    for place in data.draw(st.lists(st.integers(0, max(0, len(content) - 1)), max_size=8), "wrong"):
        if place < len(content):
            content[place] = data.draw(st.integers(0, 255), "byte")
    path = tmp_path / name
    path.write_bytes(content)
    outcome(path)


def test_real_files_cut_at_many_points_never_do_more_than_fail(shared: Path, tmp_path: Path) -> None:
    for file in sorted((shared / "files").iterdir()):
        content = file.read_bytes()
        for tenth in range(1, 10, 2):
            path = tmp_path / file.name
            path.write_bytes(content[: len(content) * tenth // 10])
            outcome(path)


def test_every_real_file_is_entities_or_one_line(shared: Path) -> None:
    results = {
        file.name: outcome(file) for file in sorted((shared / "files").iterdir()) if file.suffix not in (".jpg", ".xls")
    }
    failed = {name for name, result in results.items() if result.startswith("!")}
    assert failed == {"random.bin"}


def test_in_a_folder_of_hostile_files_the_good_one_is_found(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("empty.txt", "noise.bin", "cut.pdf", "bomb.docx", "deep.json", "broken.json"):
        (folder / name).write_bytes(FILES[name][0]())
    (folder / "folder.pdf").mkdir()
    (folder / "round").symlink_to(folder)
    (folder / "good.md").write_text("# Doors\n\nClose the door.\n")
    _, listed = pipeline.ask(memory.catalog, [folder], lambda path: "private")
    reports = [*listed, *pipeline.run(memory, Direct(all_readers()))]
    assert {Path(report.source).name for report in reports if report.status == "added"} == {"good.md"}
    failed = {Path(report.source).name: report.error for report in reports if report.status == "failed"}
    assert len(failed) == len(reports) - 1 == 7
    assert all(error and "\n" not in error for error in failed.values())
