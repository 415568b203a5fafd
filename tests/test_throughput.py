"""Speed is given per second for both ways through the same input."""

from __future__ import annotations

import email.message
import time
from pathlib import Path

import pytest

from assistant.evaluate.throughput import Work, measure, plain


def test_the_slower_way_has_the_smaller_figure() -> None:
    work = Work("sound", "seconds", 10.0, lambda: time.sleep(0.1), lambda: time.sleep(0.01))
    ((modality, unit, amount, ours, bare, ratio),) = measure(iter([work])).rows
    assert (modality, unit, amount) == ("sound", "seconds", 10.0)
    assert isinstance(ours, float)
    assert isinstance(bare, float)
    assert ours < bare
    assert ratio == pytest.approx(ours / bare, abs=0.01)


def test_what_documents_are_held_against_is_all_of_their_words(tmp_path: Path) -> None:
    import docx

    whole = docx.Document()
    whole.add_paragraph("Grease the spindle.")
    whole.add_table(1, 1).cell(0, 0).text = "every 500 hours"
    whole.save(str(tmp_path / "a.docx"))
    mail = email.message.EmailMessage()
    mail.set_content("The spindle is late.")
    (tmp_path / "b.eml").write_bytes(mail.as_bytes())
    (tmp_path / "c.md").write_text("# Spindle", "utf-8")
    said = [plain(tmp_path / name) for name in ("a.docx", "b.eml", "c.md")]
    assert said == ["Grease the spindle.\nevery 500 hours", "The spindle is late.\n", "# Spindle"]
