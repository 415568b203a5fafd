"""Three hundred hostile files in one folder: each ends within its limits in one line, and the good ones are read."""

from __future__ import annotations

import io
import random
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import psutil
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest import pipeline
from ingest.base.errors import KotonohaError
from ingest.base.settings import MIB, Settings
from ingest.memory.memory import Memory
from ingest.readers import Reader
from ingest.reading.workers import Workers
from ingest.source import look

from .reading import READERS


def document_readers(settings: Settings) -> Sequence[Reader]:
    return READERS


def good() -> dict[str, bytes]:
    """A good file of each kind."""
    document, book, show, mail = docx.Document(), openpyxl.Workbook(), pptx.Presentation(), EmailMessage()
    document.add_heading("Cleaning", 1)
    for _ in range(30):
        document.add_paragraph("Drain the tank and rinse it twice.")
    for number in range(50):
        book.active.append([f"N{number}", number, "2026-05-01"])  # type: ignore[union-attr]
    show.slides.add_slide(show.slide_layouts[0]).shapes.title.text = "Plan"
    mail["Subject"], mail["From"] = "Dock", "a@example.com"
    mail.set_content("The lathe comes on Friday.")
    mail.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="x.csv")
    pdf = io.BytesIO()
    canvas = Canvas(pdf)
    for line in range(40):
        canvas.drawString(60, 780 - 14 * line, f"Line {line} of the instruction for the press.")
    canvas.save()
    found = {"a.pdf": pdf.getvalue(), "a.eml": bytes(mail)}
    for name, made in (("a.docx", document), ("a.xlsx", book), ("a.pptx", show)):
        buffer = io.BytesIO()
        made.save(buffer)
        found[name] = buffer.getvalue()
    rows = "".join(f"2026-05-01 00:{i % 60:02},{i},x\n" for i in range(200))
    return found | {
        "a.csv": b"time,n,word\n" + rows.encode(), "a.html": b"<table>" + b"<tr><td>a<td>b" * 50 + b"</table>",
        "a.json": b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]', "a.md": b"# T\n\n|a|b|\n|-|-|\n|1|2|\n" * 20,
    }  # fmt: skip


def extremes() -> dict[str, bytes]:
    """Bombs, depth, endless lines, runs."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"a" * 300_000_000)
    return {
        "bomb.docx": bomb.getvalue(), "deep.json": b"[" * 200_000, "deep.html": b"<div>" * 100_000, "line.csv": b"a," * 3_000_000,
        "blanks.txt": b"a" + b" " * 2_000_000 + b"b", "quotes.csv": b'"a,' * 200_000, "nul.txt": b"\0" * 100_000,
        "wide.csv": b",".join([b"x"] * 50_000) + b"\n1\n", "lines.csv": b'"x\n' * 200_000, "tags.html": b"<table><tr><td>" * 20_000,
        "breaks.txt": b"\n \n" * 300_000, "word.txt": b"x" * 2_000_000, "rules.md": b"+--+--+\n" * 50_000,
        "gt.eml": b"From: a\nSubject: b\n\n" + b">" * 500_000,
    }  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The same with bytes changed, cut off, doubled or swapped."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 5, 50))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    way = chance.randrange(4)
    if way == 0:
        return bytes(changed[: chance.randrange(1, len(changed))])
    if way == 1:
        at = chance.randrange(len(changed))
        return bytes(changed[:at] + changed[at : at + 2000] * 20 + changed[at:])
    return bytes(changed)


@dataclass
class Largest:
    """The most main memory that a process which reads has taken so far, in bytes."""

    size: int = 0


@contextmanager
def watched() -> Iterator[Largest]:
    largest, done = Largest(), threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    largest.size = max(largest.size, child.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield largest
    finally:
        done.set()
        watcher.join()


@pytest.mark.slow
def test_three_hundred_hostile_files_end_within_their_limits(tmp_path: Path) -> None:
    chance, files, kinds = random.Random(15), extremes(), good()
    while len(files) < 300:
        name = chance.choice(list(kinds))
        other = chance.choice(list(kinds)) if chance.random() < 0.1 else name
        files[f"{len(files)}{Path(other).suffix}"] = mutated(kinds[name], chance)
    for name, data in (files | kinds).items():
        (tmp_path / name).write_bytes(data)
    limits = Settings(home=tmp_path / "home", read_seconds=60, read_mb=1_000)
    outcomes: dict[str, str] = {}
    slowest = (0.0, "")
    with watched() as largest, closing(Workers(document_readers, limits)) as workers:
        for name in sorted(files) + sorted(kinds):
            started = time.monotonic()
            try:
                outcomes[name] = (
                    f"{len(workers.submit(look(tmp_path / name, limits), lambda: None).result().drafts)} drafts"
                )
            except KotonohaError as error:
                outcomes[name] = f"! {error}"
            slowest = max(slowest, (time.monotonic() - started, name))
    assert all("\n" not in line and len(line) < 600 for line in outcomes.values())
    assert all(outcomes[name].endswith("drafts") for name in kinds)
    assert largest.size < 1_100 * MIB
    refused = sum(line[0] == "!" for line in outcomes.values())
    print(f"{len(files)} files, {refused} refused, slowest {slowest}, largest process {largest.size // MIB} MB")


ODD = ("line\nbreak", 'quote"', "esc\x1b[31m", "🙂", "名前 (写し)", "n" * 180, "-rf", "$(touch x)", "a.pdf.exe")


@pytest.mark.slow
def test_mutations_of_real_files_cost_a_line_each_and_the_rest_of_the_folder_is_read(
    shared: Path, memory: Memory, tmp_path: Path
) -> None:
    chance = random.Random(4)
    found = [path for folder in (shared / "files", shared.parent / "cases") for path in sorted(folder.rglob("*"))]
    real = [path for path in found if path.is_file() and path.stat().st_size < 150_000]
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(150):
        path = chance.choice(real)
        suffix = chance.choice(real).suffix if chance.random() < 0.1 else path.suffix
        name = f"{number} {chance.choice(ODD)}{suffix}"
        (folder / name).write_bytes(mutated(path.read_bytes() or b" ", chance))
    for name, data in good().items():
        (folder / name).write_bytes(data)
    limits = Settings(home=tmp_path / "home", read_seconds=60, read_mb=1_000)
    started = time.monotonic()
    with watched() as largest, closing(Workers(document_readers, limits)) as workers:
        _, reports = pipeline.ask(memory.catalog, [folder], lambda path: "a")
        reports += pipeline.run(memory, workers)
    assert len(reports) == 150 + len(good())
    assert all("\n" not in report.error and len(report.error) < 600 for report in reports)
    became = {Path(report.source).name: report.status for report in reports}
    assert all(became[name] == "added" for name in good())
    assert largest.size < 1_100 * MIB
    refused = sum(status == "failed" for status in became.values())
    spent = time.monotonic() - started
    print(f"{len(real)} real files, 150 mutations, {refused} refused, {spent:.0f} s, {largest.size // MIB} MB")
