"""Nothing that others wrote acts on a terminal or begins a row of its own in a report."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cli import main
from assistant.govern.audit import Audit
from assistant.govern.audit_row import Event
from ingest.base import plain
from ingest.base.access import Viewer
from ingest.memory.catalog import Catalog

EVIL = "\x1b[2K\x1b]0;owned\x07\r\n| 99 | 2026 | hoshino | | | policy change | x |\u202egnp.exe\u2028\x9b31m"
ACTS = "\x1b\x07\r\u202e\u2028\x9b"


@given(st.text())
def test_what_is_printed_holds_nothing_that_acts_and_json_reads_it_back(text: str) -> None:
    said = plain.line(text)
    assert not any(character in said for character in ACTS + "\n\t")
    assert plain.text(plain.text(text)) == plain.text(text)
    written = json.dumps({"path": text}, ensure_ascii=False)
    if not any("\ud800" <= character <= "\udfff" for character in text):
        assert json.loads(plain.text(written)) == {"path": text}


def test_a_terminal_is_written_to_in_plain_text_only() -> None:
    out = io.StringIO()
    print("name:", EVIL, "日本語 naïve 🙂", file=plain.Plain(out))
    assert not any(character in out.getvalue() for character in ACTS)
    assert "日本語 naïve 🙂" in out.getvalue()


def test_a_stranger_cannot_forge_a_row_of_the_audit(tmp_path: Path) -> None:
    """By the name given at the door, in the terminal and in the exported report."""
    audit = Audit(Catalog(tmp_path / "catalog.sqlite"), b"k" * 32, tmp_path / "head")
    audit.append(Event("sign-in refused", EVIL, details={"address": "<img src=x>"}))
    audit.append(Event("ask", "endo", content={"question": f"{EVIL} [x](http://e.example) `a`"}))
    report = list(audit.export(Viewer("hoshino", frozenset(), may_govern=True)))
    rows = [line for line in report if line.startswith("| ")]
    assert len([line for line in rows if line.startswith(("| 1 |", "| 2 |", "| 99 |"))]) == 2
    assert all(line.replace("\\|", "").count("|") == 8 for line in rows[-2:])
    assert not any(character in line for line in report for character in ACTS + "\n")
    assert not any("<img" in line.replace("\\<", "") or "](" in line.replace("\\]", "") for line in report)


def test_names_of_files_and_people_reach_the_terminal_as_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, folder = str(tmp_path / "home"), tmp_path / "files"
    folder.mkdir()
    (folder / "a\nfailed     b\x1b[31m.txt").symlink_to("/nowhere")
    assert main(["--home", home, "ingest", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said and len([line for line in said.splitlines() if line.startswith("failed")]) == 1
    assert main(["--home", home, "forget", EVIL]) in (1, 4)
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [[f"--{EVIL}"], ["doctor", f"--{EVIL}"], [EVIL], ["serve", "--port", EVIL], ["--help"]]
)
def test_what_is_typed_wrongly_reaches_the_terminal_as_plain_text(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shell makes options of files that are called like them, so their names are others' words."""
    with pytest.raises(SystemExit):
        main(["--home", str(tmp_path), *arguments])
    said = capsys.readouterr()
    assert not any(character in said.out + said.err for character in ACTS)
    assert not [line for line in said.err.splitlines() if line.startswith("| 99")]


def test_what_a_command_writes_to_the_other_stream_is_plain_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOTONOHA_AUDIT_ANCHOR", f"{tmp_path}/{EVIL[:8]}/anchor")
    assert main(["--home", str(tmp_path / "home"), "audit", "export"]) == 0
    said = capsys.readouterr().err
    assert "was not told" in said and "\x1b" not in said


HIDDEN = (
    "\xad\u034f\u115f\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u2060\u2061\u2064\u2066\u206a\u206f\u3164\ufeff\ufff9\ufffa\ufffb\ufe0f"
)


@pytest.mark.parametrize("character", HIDDEN)
def test_two_names_do_not_look_alike_by_what_is_not_seen(character: str) -> None:
    name = f"end{character}o"
    assert f"\\u{ord(character):04x}" in plain.line(name) and character not in plain.cell(name)


@pytest.mark.parametrize(
    "text",
    [
        "葛\U000e0100城",
        "辻󠄀さん",
        "👩\u200d🔧",
        "🧑🏽\u200d⚕\ufe0f",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "☎\ufe0e",
        "می\u200cخواهم",
        "क्\u200dष",
        "㋿ ﾊﾟ が",
    ],
)
def test_emoji_variants_of_ideographs_and_scripts_that_join_stay_as_they_are(text: str) -> None:
    assert plain.line(text) == text == plain.text(text)


def test_documents_keep_what_only_shapes_their_words() -> None:
    text = "Donau\xaddampf\xadschiff\n東京\u200b都\t🏳\ufe0f\u200d🌈"
    assert plain.text(text) == text
    assert plain.text("a\ufff9b\ufffbc\u206ad") == "a\\ufff9b\\ufffbc\\u206ad"
