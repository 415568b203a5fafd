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
