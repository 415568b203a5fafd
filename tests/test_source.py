"""Files are listed in a fixed order and known by what is in them, whatever they are called."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.media import DOCX, EPUB, MSG, XLS, XLSX, sniff
from ingest.source import companions, look, walk

LIMITS = Settings(home=Path("/nowhere"))


def names(*paths: Path) -> list[str]:
    return [f"! {item.reason}" if isinstance(item, UnreadableSource) else item.name for item in walk(paths)]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return buffer.getvalue()


# -- listing -----------------------------------------------------------------------------------------


def test_folders_are_walked_in_the_order_of_names_and_hidden_files_passed_over(tmp_path: Path) -> None:
    for name in ("b.txt", "a/2.txt", "a/1.txt", ".git/x", "~$letter.docx", "Thumbs.db"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["1.txt", "2.txt", "b.txt"]


def test_a_file_named_by_the_user_is_taken_even_if_hidden_and_only_once(tmp_path: Path) -> None:
    hidden = tmp_path / ".notes"
    hidden.write_text("x")
    (tmp_path / "link").symlink_to(hidden)
    assert names(hidden, tmp_path, hidden) == [".notes"]


def test_links_in_a_circle_or_to_nowhere_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    (tmp_path / "x.txt").write_text("x")
    assert names(tmp_path) == [
        "! a link that leads back to a folder above it",
        "! a link that leads nowhere",
        "! a link that leads nowhere",
        "x.txt",
    ]


def test_a_link_out_of_the_named_folder_is_followed_only_when_asked(tmp_path: Path) -> None:
    hr, sales = tmp_path / "hr", tmp_path / "sales"
    for folder in (hr, sales, sales / "may"):
        folder.mkdir()
    (hr / "salaries.txt").write_text("secret")
    (sales / "may" / "offer.txt").write_text("offer")
    (sales / "salaries.txt").symlink_to(hr / "salaries.txt")
    (sales / "deep").symlink_to("../hr")
    (sales / "within.txt").symlink_to(sales / "may" / "offer.txt")
    refused = "! a link that leads out of the folder, which is not followed (--follow-links follows it)"
    assert sorted(names(sales)) == [refused, refused, "offer.txt"]
    assert names(sales / "salaries.txt") == [refused]
    assert sorted(one.name for one in walk([sales], follow_links=True) if isinstance(one, Path)) == [
        "offer.txt",
        "salaries.txt",
    ]
    (tmp_path / "shortcut").symlink_to(sales)
    assert "offer.txt" in names(tmp_path / "shortcut")


def test_a_companion_is_never_fetched_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "hr").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "hr" / "talk.vtt").write_text("WEBVTT")
    (tmp_path / "open" / "talk.vtt").symlink_to(tmp_path / "hr" / "talk.vtt")
    assert companions(tmp_path / "open" / "talk.wav", "audio/x-wav") == []
    assert companions(tmp_path / "hr" / "talk.wav", "audio/x-wav") == [tmp_path / "hr" / "talk.vtt"]


def test_two_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "to").symlink_to(tmp_path / other)
        (tmp_path / name / f"{name}.txt").write_text(name)
    assert sorted(name for name in names(tmp_path) if name[0] != "!") == ["a.txt", "b.txt"]


def test_a_missing_path_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x")
    assert names(tmp_path / "nothing", tmp_path) == ["! no such file", "x.txt"]


def test_a_very_deep_folder_is_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(200):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "x.txt").write_text("x")
    assert names(tmp_path) == ["x.txt"]


# -- looking -----------------------------------------------------------------------------------------


def test_a_look_gives_hash_size_and_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"Hello there\n" * 1000)
    source = look(path, LIMITS)
    assert (source.size, source.media, source.head) == (12_000, "text/plain", (b"Hello there\n" * 1000)[:4096])
    assert source.sha256 == hashlib.sha256(b"Hello there\n" * 1000).hexdigest()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda path: os.mkfifo(path), "not a file"),
        (lambda path: path.write_bytes(b"x" * 3 * 1024 * 1024), "larger than 2 MB"),
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(bytes(range(256)) * 4), "of no kind that can be read"),
        (lambda path: path.write_bytes(zipped(a=b"x")), "an archive; unpack it and give the folder"),
        (
            lambda path: path.write_bytes(b"PK\x03\x04" + b"x" * 100),
            "damaged or cut off (its table of contents cannot be read)",
        ),
        (lambda path: path.write_bytes(b"{\\rtf1 hello}"), "in the RTF format; save it as .docx"),
        (
            lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
            "damaged or cut off (its table of contents cannot be read)",
        ),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(make, reason: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "file.pdf"
    make(path)
    with pytest.raises(UnreadableSource) as caught:
        look(path, Settings(home=tmp_path, max_file_mb=2))
    assert caught.value.reason == reason
    assert "file.pdf" in str(caught.value) and "\n" not in str(caught.value)


def test_what_would_unpack_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.docx"
    bomb.write_bytes(zipped(word__document=b"\0" * 40_000_000))
    with pytest.raises(UnreadableSource, match="times its size, like a zip bomb"):
        look(bomb, LIMITS)
    with pytest.raises(UnreadableSource, match="would unpack to 38 MB"):
        look(bomb, Settings(home=tmp_path, max_unpacked_mb=20))


# -- kinds -------------------------------------------------------------------------------------------

KINDS = [
    ("pdf", b"%PDF-1.4\n...", "application/pdf"),
    ("pdf", b"\n\n junk before %PDF-1.4", "application/pdf"),
    ("docx", zipped(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<x/>"}), DOCX),
    ("zip", zipped(**{"[Content_Types].xml": b"<x/>", "xl__workbook.xml": b"<x/>"}), XLSX),
    ("epub", zipped(mimetype=b"application/epub+zip"), EPUB),
    ("epub", zipped(**{"META-INF__container.xml": b"<x/>"}), EPUB),
    ("txt", b"<!DOCTYPE html><html><body>x", "text/html"),
    ("txt", b"<!-- saved -->\n<HTML><head>", "text/html"),
    ("txt", b"<?xml version='1.0'?><note>x</note>", "application/xml"),
    ("txt", b'{"a": 1}', "application/json"),
    ("txt", b"[[1, 2], [3]]", "application/json"),
    ("json", b'{"a": [1, 2', "application/json"),
    ("txt", b'{"a": 1}\n{"a": 2}\n', "application/jsonl"),
    ("txt", b"[1] See the manual.\n[2] See the other.\n", "text/plain"),
    ("txt", b"From: a@b\nSubject: x\nDate: y\n\nHello", "message/rfc822"),
    ("txt", b"Subject: hello\nthis is a note\n", "text/plain"),
    ("txt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi", "text/vtt"),
    ("srt", b"1\n00:00:01,000 --> 00:00:02,000\nHi", "application/x-subrip"),
    ("csv", b"a\n1\n2\n", "text/csv"),
    ("txt", b"a;b;c\n1;2;3\n4;5;6\n", "text/csv"),
    ("txt", b"a\tb\tc\n1\t2\t3\n4\t5\t6\n", "text/csv"),
    ("tsv", b"a\tb\n1\t2\n", "text/tab-separated-values"),
    ("txt", b"# Title\n\nSome words.\n\n## Part\n", "text/markdown"),
    ("md", b"Just words.", "text/markdown"),
    ("yaml", b"a: 1\n# b\n", "application/yaml"),
    ("txt", b"Well, this, is prose.\nIt has commas, too.\nBut no table.\n", "text/plain"),
    ("txt", "日本語の文書です。".encode("cp932"), "text/plain"),
    ("txt", "日本語の文書です。\n".encode("utf-16"), "text/plain"),
    ("txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 20, "image/png"),
    ("doc", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 20, "image/jpeg"),
    ("x", b"fLaC\0\0\0\x22" + b"\0" * 40, "audio/flac"),
    ("x", b"PAR1" + b"\0" * 40 + b"PAR1", "application/vnd.apache.parquet"),
]


@pytest.mark.parametrize(("suffix", "data", "media"), KINDS)
def test_the_kind_follows_from_the_content(suffix: str, data: bytes, media: str, tmp_path: Path) -> None:
    path = tmp_path / f"file.{suffix}"
    path.write_bytes(data)
    assert sniff(path, LIMITS) == media


def test_a_line_of_a_million_columns_is_still_a_table(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_bytes(b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n" + b",".join([b"1"] * 1_000_000))
    assert look(path, LIMITS).media == "text/csv"
    assert sniff(path.rename(tmp_path / "wide"), LIMITS) in ("text/csv", "text/plain")


def test_deeply_nested_json_is_still_json(tmp_path: Path) -> None:
    path = tmp_path / "deep"
    path.write_text("[" * 100_000 + "]" * 100_000)
    assert sniff(path, LIMITS) == "application/json"


def test_real_files_are_what_they_are(shared: Path) -> None:
    files = shared / "files"
    expected = {"test.docx": DOCX, "test.epub": EPUB, "test.xls": XLS, "test.xlsx": XLSX, "test_outlook_msg.msg": MSG}
    expected |= {
        "test.json": "application/json",
        "test_blog.html": "text/html",
        "test_mskanji.csv": "text/csv",
        "test.pdf": "application/pdf",
    }
    assert {name: sniff(files / name, LIMITS) for name in expected} == expected
    with pytest.raises(UnreadableSource, match=r"random\.bin: of no kind that can be read"):
        look(files / "random.bin", LIMITS)


def test_json_lines_of_long_records_are_recognised_by_their_first_lines(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("\n".join(json.dumps({"text": "word " * 2000, "n": n}) for n in range(40)))
    assert sniff(path, LIMITS) == "application/jsonl"


def test_a_memory_is_never_read_not_even_by_the_folder_above_it(tmp_path: Path) -> None:
    """Its keys lie there. What was brought into it is read from where it lies."""
    settings = Settings(home=tmp_path / "firm" / "state")
    note, key = tmp_path / "firm" / "note.txt", settings.home / "keys" / "audit.key"
    brought = settings.home / "uploads" / "sales" / "plan.txt"
    for file in (note, key, settings.home / "catalog.sqlite", brought):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("some words")
    assert list(walk([tmp_path])) == [note]
    for named in (key, settings.home, settings.home / "keys"):
        assert [str(one).partition(": ")[2][:18] for one in walk([named])] == ["of a memory itself"]
    assert list(walk([settings.home / "uploads"])) == [brought]
