"""Files inside a file: an attachment is a source of its own that lies, goes and is forgotten with its mail."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from assistant.cli import feeding
from assistant.serve import drawing, uploads, view
from ingest import pipeline
from ingest.base.access import Viewer
from ingest.base.errors import BadInput
from ingest.base.settings import Settings
from ingest.memory import moves, tables
from ingest.memory.memory import Memory
from ingest.privacy.personal import Personal
from ingest.readers.mail import _file_name
from ingest.readers.message import Part
from ingest.reading import Direct, read, wire
from ingest.reading.inside import found
from ingest.source import Source, is_gone, look
from ingest.space.entity import Draft
from ingest.work import Report, seen

from .conftest import WordSpace
from .reading import READERS
from .test_read_mail import message

VIEWER = Viewer("rin", frozenset({"a"}))
REVEALS = replace(VIEWER, may_reveal=True)


def offer(*prices: float) -> EmailMessage:
    mail = message("The prices are attached.", "Offer")
    csv = "Part,Price EUR\n" + "".join(f"Gasket {n},{price}\n" for n, price in enumerate(prices))
    mail.add_attachment(csv.encode(), maintype="text", subtype="csv", filename="prices.csv")
    return mail


def pdf(text: str) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made)
    canvas.drawString(60, 700, text)
    canvas.save()
    return made.getvalue()


class Glance:
    """Sees in miniature: every picture lies in the same place among words."""

    name = "glance"

    def accepts(self, source: Source) -> bool:
        return source.media == "image/png"

    def read(self, source: Source) -> Iterator[Draft]:
        yield Draft("picture", "a picture", meaning=np.ones((1, WordSpace.dim), np.float32))


def ingest(memory: Memory, *paths: Path, scope: str = "a", moves: bool = False) -> list[Report]:
    _, reports = pipeline.ask(memory.catalog, paths, lambda path: scope, moves=moves)
    return reports + list(pipeline.run(memory, Direct(READERS)))


def listed(memory: Memory, folder: Path) -> dict[str, str]:
    return {str(Path(row.path).relative_to(folder)): row.scope for row in memory.catalog.sources()}


def texts(memory: Memory, path: Path) -> str:
    row = memory.catalog.source_at(str(path))
    assert row is not None
    return "\n".join(item.text for item in memory.catalog.entities_of(row.id))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mail"
    made.mkdir()
    return made


def test_an_attachment_is_a_source_named_after_mail_and_file(memory: Memory, folder: Path) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    (report,) = ingest(memory, folder)
    assert report.entities["row"] == 1
    assert listed(memory, folder) == {"offer.eml": "a", "offer.eml/prices.csv": "a"}
    mail, inner = memory.catalog.sources()
    assert (inner.within, inner.title, inner.media) == (mail.id, "Offer > prices.csv", "text/csv")
    assert "Gasket" not in texts(memory, folder / "offer.eml")
    (kept,) = tables.among(memory.catalog, [inner.id], VIEWER)
    assert kept.table.columns[1].values == (12.5,)
    assert [report.status for report in ingest(memory, folder)] == ["unchanged"]


def test_a_mail_in_a_mail_and_what_is_attached_to_it_are_sources_too(memory: Memory, folder: Path) -> None:
    outer = message("See below.", "Fwd")
    outer.add_attachment(offer(12.5))
    outer.add_attachment(b"PK\x03\x04 broken", maintype="application", subtype="zip", filename="x.zip")
    (folder / "fwd.eml").write_bytes(bytes(outer))
    (report,) = ingest(memory, folder)
    inside = folder / "fwd.eml" / "attached message.eml"
    assert list(listed(memory, folder)) == [
        "fwd.eml", "fwd.eml/attached message.eml", "fwd.eml/attached message.eml/prices.csv",
    ]  # fmt: skip
    assert "The prices are attached." in texts(memory, inside)
    row = memory.catalog.source_at(str(inside / "prices.csv"))
    assert row is not None
    assert row.title == "Fwd > Offer"
    assert any(note.startswith("attachment x.zip: not read: damaged or cut off") for note in report.notes)


def test_attachments_of_one_name_are_told_apart(memory: Memory, folder: Path) -> None:
    mail = offer(1)
    mail.add_attachment(b"Part,Price EUR\nSeal,7\n", maintype="text", subtype="csv", filename="prices.csv")
    (folder / "m.eml").write_bytes(bytes(mail))
    ingest(memory, folder)
    assert "Gasket" in texts(memory, folder / "m.eml" / "prices.csv")
    assert "Seal" in texts(memory, folder / "m.eml" / "prices (2).csv")


def test_a_name_that_telling_apart_would_give_may_be_taken(memory: Memory, folder: Path) -> None:
    mail = offer(1)
    for name, part in (("prices.csv", "Seal"), ("prices (2).csv", "Valve")):
        mail.add_attachment(f"Part,Price EUR\n{part},7\n".encode(), maintype="text", subtype="csv", filename=name)
    (folder / "m.eml").write_bytes(bytes(mail))
    assert [report.status for report in ingest(memory, folder)] == ["added"]
    there = [texts(memory, folder / "m.eml" / f"prices{end}.csv") for end in ("", " (2)", " (2) (2)")]
    assert [part in text for part, text in zip(("Gasket", "Seal", "Valve"), there, strict=True)] == [True] * 3


def test_a_changed_mail_changes_its_attachments_and_drops_those_it_lost(memory: Memory, folder: Path) -> None:
    file = folder / "offer.eml"
    mail = offer(12.5)
    mail.add_attachment(b"Thanks.", maintype="text", subtype="plain", filename="note.txt")
    file.write_bytes(bytes(mail))
    ingest(memory, folder)
    before = memory.catalog.source_at(str(file / "prices.csv"))
    file.write_bytes(bytes(offer(13.75)))
    assert [report.status for report in ingest(memory, folder)] == ["updated"]
    after = memory.catalog.source_at(str(file / "prices.csv"))
    assert before is not None
    assert after is not None
    assert before.id == after.id
    assert "13.75 EUR" in texts(memory, file / "prices.csv")
    assert "12.5" not in texts(memory, file / "prices.csv")
    assert list(listed(memory, folder)) == ["offer.eml", "offer.eml/prices.csv"]


def test_attachments_are_forgotten_with_their_mail(memory: Memory, folder: Path) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    memory.settle()
    assert memory.vector_ids("a")
    memory.forget_source(memory.catalog.sources()[0].id)
    memory.settle()
    assert not memory.catalog.sources()
    assert not memory.vector_ids("a")


def test_an_attachment_is_not_forgotten_alone(memory: Memory, folder: Path) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    rows = memory.catalog.sources()
    assert feeding._meant(rows, str(folder)) == feeding._meant(rows, "offer.eml") == rows[:1]
    with pytest.raises(BadInput, match="inside another file") as refused:
        feeding._meant(rows, "prices.csv")
    assert str(folder / "offer.eml") in refused.value.hint


def test_a_mail_is_not_shown_whole_to_whom_its_attachment_is_redacted(memory: Memory, folder: Path) -> None:
    mail = message("The list is attached.", "Contacts")
    mail.add_attachment(b"Call 090-1234-5678.\n", maintype="text", subtype="plain", filename="contacts.txt")
    (folder / "m.eml").write_bytes(bytes(mail))
    personal = Personal(memory.catalog, memory.settings)
    ingest(memory, folder)
    outer, inner = memory.catalog.sources()
    assert "090" not in texts(memory, Path(inner.path))
    for row in (outer, inner):
        opened = view.open_at(memory, personal, memory.catalog.entities_of(row.id)[0].id, VIEWER)
        assert view.original(opened, memory.settings) is None
        opened = view.open_at(memory, personal, memory.catalog.entities_of(row.id)[0].id, REVEALS)
        assert view.original(opened, memory.settings) is not None


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/pass\nwd.txt", "_.._etc_pass_wd.txt"), ("長" * 200 + ".txt", "長" * 60 + ".txt"),
        ("..", "attachment"), ("a\ud800.txt", "a?.txt"),
    ],
)  # fmt: skip
def test_a_name_of_an_attachment_leads_to_no_other_folder(name: str, file: str) -> None:
    assert _file_name(Part(name, "text/plain", b"")) == file


def test_an_attachment_of_a_mail_that_was_brought_is_no_file_to_delete(memory: Memory) -> None:
    folder = memory.settings.uploads_folder / "a"
    folder.mkdir(parents=True)
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    mail, inner = memory.catalog.sources()
    assert uploads.ours(memory.settings, mail) == [folder / "offer.eml"]
    assert uploads.ours(memory.settings, inner) == []


def test_a_mail_that_is_gone_is_one_line_and_its_attachments_go_with_it(memory: Memory, folder: Path) -> None:
    file = folder / "offer.eml"
    file.write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    assert not is_gone(str(file / "prices.csv"))
    file.unlink()
    assert is_gone(str(file / "prices.csv"))
    assert [row.path for row in pipeline.missing(memory.catalog, [folder])] == [str(file)]


def test_a_renamed_mail_takes_its_attachments_along_and_a_saved_one_stays_its_own_file(
    memory: Memory, folder: Path
) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    (folder / "offer.eml").rename(folder / "b.eml")
    assert [report.status for report in ingest(memory, folder)] == ["moved"]
    assert list(listed(memory, folder)) == ["b.eml", "b.eml/prices.csv"]
    (folder / "prices.csv").write_bytes(next(iter(offer(12.5).iter_attachments())).get_content().encode())  # type: ignore[attr-defined]
    ingest(memory, folder)
    assert list(listed(memory, folder)) == ["b.eml", "b.eml/prices.csv", "prices.csv"]


def test_attachments_move_with_their_mail_and_not_without_it(memory: Memory, folder: Path) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    ingest(memory, folder)
    mail, inner = memory.catalog.sources()
    with pytest.raises(BadInput, match=r"goes where the file goes"):
        moves.begin(memory.catalog, [inner], "b")
    assert moves.begin(memory.catalog, [mail], "b") == 2
    assert not tables.among(memory.catalog, [inner.id], VIEWER)
    memory.settle()
    assert set(listed(memory, folder).values()) == {"b"}
    assert not memory.vector_ids("a")
    ingest(memory, folder, scope="a", moves=True)
    assert set(listed(memory, folder).values()) == {"a"}


def test_a_place_in_an_attachment_opens_its_own_page(memory: Memory, folder: Path) -> None:
    mail, outer = message("Attached.", "Manual"), message("Forwarded.", "Fwd")
    mail.add_attachment(pdf("Oil the pump weekly."), maintype="application", subtype="pdf", filename="pump.pdf")
    outer.add_attachment(mail)
    (folder / "fwd.eml").write_bytes(bytes(outer))
    ingest(memory, folder)
    row = memory.catalog.sources()[-1]
    (item, *_) = memory.catalog.entities_of(row.id)
    personal = Personal(memory.catalog, memory.settings)
    opened = view.open_at(memory, personal, item.id, VIEWER)
    assert (opened.look, opened.name) == ("page", "pump.pdf")
    file = view.original(opened, memory.settings)
    assert file is not None
    assert Image.open(io.BytesIO(drawing.page(file, opened.place))).size[0] > 100
    with view.source_of(opened, memory.settings) as source:
        assert source is not None
        assert source.media == "application/pdf"
    (folder / "fwd.eml").write_bytes(bytes(message("Changed.")))
    assert view.original(opened, memory.settings) is None
    assert found(folder / "fwd.eml", row.sha256, memory.settings) is None


def test_pictures_in_a_mail_are_looked_at_again_where_they_are(memory: Memory, folder: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200)).save(picture, "PNG")
    mail = message("See the photo.", "Photo")
    mail.add_attachment(picture.getvalue(), maintype="image", subtype="png", filename="dock.png")
    (folder / "m.eml").write_bytes(bytes(mail))
    eyes = (Glance(), *READERS)
    pipeline.ask(memory.catalog, [folder], lambda path: "a")
    list(pipeline.run(memory, Direct(eyes)))
    row = memory.catalog.source_at(str(folder / "m.eml" / "dock.png"))
    assert row is not None
    again = seen(row, memory.settings, eyes, Personal(memory.catalog, memory.settings))
    assert list(again) == [item.id for item in memory.catalog.entities_of(row.id)]


def test_what_was_read_inside_passes_between_processes_whole(folder: Path, settings: Settings) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(12.5)))
    source = look(folder / "offer.eml", settings)
    whole = read(source, READERS)
    assert whole.inside
    assert wire.unpacked(json.loads(wire.packed(whole))) == whole


def test_the_words_of_a_firm_reach_the_process_that_reads(folder: Path, settings: Settings) -> None:
    (folder / "a.txt").write_text("words")
    source = replace(look(folder / "a.txt", settings), own_words=("Kotonoha", "言の葉"))
    assert wire.a_source(wire.of_source(source), settings) == source


def test_the_entities_of_a_mail_and_its_attachments_share_one_limit(folder: Path, settings: Settings) -> None:
    (folder / "offer.eml").write_bytes(bytes(offer(*range(100))))
    small = read(look(folder / "offer.eml", replace(settings, max_entities=20)), READERS)
    assert small.size <= 20
    assert small.notes == (
        "attachment prices.csv: prices: of 100 rows the first 15 can be found; the rest count in the figures of columns",
    )
