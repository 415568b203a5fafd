"""Scanned pages and pictures inside documents are read where a document reader has marked them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.illustrated import Illustrated, page_image, picture_frame
from ingest.readers.image import Pictures
from ingest.readers.ocr import Line, Ocr
from ingest.source import Source
from ingest.space.entity import Draft, Locator
from tests.test_image import Eyes, NoEyes, Plane

from .conftest import FIRM


class Marks:
    """A document reader that leaves the marks it is given."""

    name = "marks"

    def __init__(self, *items: Draft | Note) -> None:
        self.items = items

    def accepts(self, source: Source) -> bool:
        return source.media == "application/marks"

    def read(self, source: Source) -> Iterator[Draft | Note]:
        yield from self.items


class OneWord(Ocr):
    """Reads one word near the lower right corner of what is not white."""

    def read(self, picture: Image.Image) -> list[list[Line]]:
        if np.asarray(picture).min() > 250:
            return []
        return [[Line("Valve", (picture.width - 100, picture.height - 40, picture.width, picture.height), 0.9)]]


def source(path: Path) -> Source:
    return Source(path, "", 0, "application/marks", b"", Settings(home=path.parent))


def read(path: Path, *items: Draft | Note, eyes: Eyes | None = None) -> list[Draft | Note]:
    return list(Illustrated(Marks(*items), Pictures(eyes or Eyes(), OneWord(), Plane())).read(source(path)))


def scan(path: Path, *pages: Image.Image) -> Path:
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=144)
    return path


def test_a_scanned_page_says_what_is_on_it(tmp_path: Path) -> None:
    """Words have their box in points; what comes before and after stays as it was."""
    path = scan(tmp_path / "a.pdf", Image.new("RGB", (1000, 1600), "grey"))
    before = Draft("passage", "Introduction", Locator(page=1))
    mark = Draft("page", "", Locator(page=1, box=(0.0, 0.0, 500.0, 800.0)), title="Report")
    first, page, line = read(path, before, mark)
    assert first is before
    assert isinstance(page, Draft)
    assert isinstance(line, Draft)
    assert (page.text, page.title, page.locator.box) == ("Scanned page 1: Valve", "Report", (0, 0, 500, 800))
    assert (line.text, line.parent, line.title) == ("Valve", page.key, "Report")
    assert line.locator.box == pytest.approx((460, 784, 500, 800), abs=0.5)


def test_an_empty_page_leaves_nothing(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", Image.new("RGB", (400, 400), "white"), Image.new("RGB", (400, 400), "grey"))
    pages = read(path, Draft("page", "", Locator(page=1)), Draft("page", "", Locator(page=2)))
    assert [one.locator.page for one in pages if isinstance(one, Draft)] == [2, 2]


def test_a_picture_in_a_page_is_cut_out_of_it(tmp_path: Path) -> None:
    """The box is in points, whatever the resolution at which it is drawn."""
    page = Image.new("RGB", (1000, 1600), "white")
    page.paste((200, 0, 0), (200, 400, 600, 800))
    path = scan(tmp_path / "a.pdf", page)
    frame = picture_frame(source(path), Draft("picture", "", Locator(page=1, box=(100.0, 200.0, 300.0, 400.0))))
    colours = np.asarray(frame.image).reshape(-1, 3)
    assert np.abs(np.median(colours, axis=0) - [200, 0, 0]).max() < 12
    assert frame.size == (200, 200)


def office(path: Path, **members: Image.Image) -> Path:
    with zipfile.ZipFile(path, "w") as container:
        for name, image in members.items():
            with container.open(f"word/media/{name}.png", "w") as member:
                image.save(member, "PNG")
        container.writestr("word/media/broken.png", b"not a picture")
    return path


def picture(name: str) -> Draft:
    return Draft("picture", "", Locator(part="slide 3"), title="Pump P-101", key=f"word/media/{name}.png")


def test_a_picture_in_a_container_becomes_itself_and_its_parts(tmp_path: Path) -> None:
    """With the place and the headings of its mark; the headings count for its address."""
    path = office(tmp_path / "a.docx", photo=Image.new("RGB", (300, 200), "grey"))
    whole, region, line = read(path, picture("photo"))
    assert isinstance(whole, Draft)
    assert isinstance(region, Draft)
    assert isinstance(line, Draft)
    assert (whole.kind, whole.title, whole.locator.part) == ("picture", "Pump P-101", "slide 3")
    assert len(whole.meaning) == 3
    assert region.parent == line.parent == whole.key
    assert line.locator == Locator(part="slide 3", box=(200, 160, 300, 200))


def test_ornaments_are_left_out_and_broken_pictures_are_said(tmp_path: Path) -> None:
    path = office(tmp_path / "a.docx", bullet=Image.new("RGB", (16, 16)))
    (note,) = read(path, picture("bullet"), picture("broken"))
    assert isinstance(note, Note)
    assert note.text.startswith("a picture in it cannot be read")


def test_the_same_remark_is_made_once(tmp_path: Path) -> None:
    """However many pictures a document has."""
    path = office(tmp_path / "a.docx", one=Image.new("RGB", (99, 99)), two=Image.new("RGB", (99, 99), "red"))
    items = read(path, picture("one"), picture("two"), eyes=NoEyes())
    assert sum(isinstance(item, Note) for item in items) == 1


def test_what_is_read_is_what_the_reader_inside_accepts(tmp_path: Path) -> None:
    reader = Illustrated(Marks(), Pictures(Eyes(), OneWord(), Plane()))
    assert reader.name == "marks"
    assert reader.accepts(source(tmp_path))


@pytest.mark.slow
def test_a_scanned_certificate_is_read_by_the_real_parts() -> None:
    """The sample firm's certificate has no text of its own; its facts are found, Japanese stamp and all."""
    from ingest.readers.pdf import PdfReader
    from ingest.source import look

    path = FIRM / "engineering" / "CP-120-certificate-scan.pdf"
    reader = Illustrated(PdfReader(), Pictures(Eyes(), Ocr(2), Plane()))
    text = "\n".join(one.text for one in reader.read(look(path, Settings(home=path.parent))) if isinstance(one, Draft))
    assert "Test pressure: 0.80 MPa" in text
    assert "CP120-0457" in text
    assert "検査済" in text


@pytest.mark.slow
def test_every_line_of_foreign_scans_has_its_box(shared: Path) -> None:
    """A page of a novel with a footer of its own text, and a hospital's report without any."""
    from ingest.readers.pdf import PdfReader
    from ingest.source import look

    reader = Illustrated(PdfReader(), Pictures(Eyes(), Ocr(2), Plane()))
    for name, said in (
        ("ocr_samples.pdf", "AN OBSESSION WITH TIME"),
        ("MEDRPT-2024-PAT-3847_medical_report_scan.pdf", "COMPREHENSIVE MEDICAL REPORT"),
    ):
        found = list(reader.read(look(shared / "files" / name, Settings(home=shared))))
        lines = [one for one in found if isinstance(one, Draft) and one.kind in ("line", "passage")]
        assert all(one.locator.box for one in lines)
        (line,) = (one for one in lines if one.text == said)
        left, top, right, bottom = line.locator.box or (0, 0, 0, 0)
        assert 50 < right - left < 400
        assert 5 < bottom - top < 30


def test_a_page_is_drawn_at_the_size_asked_for(tmp_path: Path) -> None:
    image, scale = page_image(source(scan(tmp_path / "a.pdf", Image.new("RGB", (300, 600)))), 1, 1000)
    assert max(image.size) == 1000
    assert scale == pytest.approx(1000 / 300, rel=0.01)


@pytest.mark.parametrize(
    ("name", "place", "heading"),
    [
        ("test.docx", Locator(part="word/media/image1.png"), "Introduction"),
        ("test.pptx", Locator(page=2, part="slide 2"), "2cdda5c8"),
        ("REPAIR-2022-INV-001_multipage.pdf", Locator(page=1, box=(176.4, 72.0, 369.4, 179.9)), "rear bumper"),
    ],
)
def test_document_readers_mark_their_pictures(shared: Path, name: str, place: Locator, heading: str) -> None:
    """With the place and the headings above, and so that the picture can be opened."""
    from ingest.readers.pdf import PdfReader
    from ingest.readers.slides import PptxReader
    from ingest.readers.word import DocxReader
    from ingest.source import look

    document = look(shared / "files" / name, Settings(home=shared))
    reader = next(one for one in (DocxReader(), PptxReader(), PdfReader()) if one.accepts(document))
    marks = [one for one in reader.read(document) if isinstance(one, Draft) and one.kind == "picture"]
    assert marks[0].locator == place
    assert heading in marks[0].title
    assert min(picture_frame(document, marks[0]).size) >= 64
