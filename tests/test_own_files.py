"""Files that come with the project, of every kind that is read: what they are, what they say, and what a cut does to them.

The same is asked of files from elsewhere in the tests marked `public`, which need the data beside the checkout.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import docx
import pptx
import pytest
from PIL import Image

from ingest.base.settings import Settings
from ingest.media import sniff
from ingest.readers.illustrated import picture_frame
from ingest.readers.table import TableReader
from ingest.source import look
from ingest.space.entity import Draft, Locator

from . import tiny_ole
from .conftest import FIRM
from .test_hostile import outcome
from .test_readers import read, said

FILES = Path(__file__).parent / "data" / "files"
LIMITS = Settings(home=Path("/nowhere"))

SAYS: list[tuple[str, list[str], list[str]]] = [
    (
        "engineering/HS-40-spindle-manual.pdf",
        ["> 5 Cooling and lubrication", "crosswise to a torque of 48 N·m", "'page': 4", "'box': [78", "1 Safety | 2"],
        ["\ufffe", "\x02", "\r"],
    ),
    (
        "engineering/HS-60-design-review.pptx",
        ["HS-60 design review > Goals", "'part': 'slide 2'", "Notes: The flange must not change"],
        ["<a:"],
    ),
    (
        "engineering/TR-26-07-bearing-grease.docx",
        ["> Purpose", "the cheaper grease MX-5 can replace KL-2", "[table]", "[row]", "Grease: KL-2"],
        ["<w:", "w:t"],
    ),
    ("operations/meeting-2026-06-11-ja.docx", ["> 1. 3号機の停止について", "400時間に短縮する。"], []),
    ("public/employee-handbook.epub", ["Employee handbook > Ideas", "wins 20,000 yen"], ["<p>"]),
    ("public/company-profile.html", ["> History", "share capital of 45 million yen", "Town: "], ["<script", "<td"]),
    (
        "sales/mail/2026-06-11-akizora-2.eml",
        ["From: Mika Endo", "Thu, 11 Jun 2026", "to 24 June"],
        ["=?", "Content-Type"],
    ),
    ("operations/machines.json", ["register: Machines of the Okaya plant", "[row]", "id: MC-3"], ['"']),
    ("engineering/CP-120-certificate-scan.pdf", ["[page] Scan 2025-11-18 {'page': 1"], ["[passage]"]),
]


@pytest.mark.parametrize(("name", "must", "must_not"), SAYS, ids=[row[0] for row in SAYS])
def test_a_file_says_what_is_in_it(name: str, must: list[str], must_not: list[str]) -> None:
    text = said(read(FIRM / name)[0])
    assert [part for part in must if part not in text] == []
    assert [part for part in must_not if part in text] == []


def test_a_message_of_outlook_says_who_wrote_what_to_whom(tmp_path: Path) -> None:
    texts = {
        tiny_ole.SUBJECT: "Filter FL-5",
        tiny_ole.SENDER: "西 吾郎",
        tiny_ole.BODY: "The coolant filter is full.\r\nPlease change it.",
        tiny_ole.HEADERS: "From: Goro Nishi <nishi@hoshinagi.example>\r\nTo: Taro Tanabe <tanabe@hoshinagi.example>\r\n\r\n",
    }
    path = tiny_ole.write_message(tmp_path / "filter.msg", texts, datetime(2026, 6, 9, 7, 30, tzinfo=UTC))
    text = said(read(path)[0])
    assert sniff(path, LIMITS) == "application/vnd.ms-outlook"
    for part in (
        "Filter FL-5",
        "From: Goro Nishi",
        "To: Taro Tanabe",
        "2026-06-09 07:30",
        "The coolant filter is full.",
    ):
        assert part in text


def test_a_workbook_of_old_is_read_like_a_new_one() -> None:
    old, new = (
        [
            item.text
            for item in TableReader().read(look(FILES / name, LIMITS))
            if isinstance(item, Draft) and item.kind == "row"
        ]
        for name in ("stock.xls", "stock.xlsx")
    )
    assert old == new
    assert old[1] == "Part: 座金; Net price: 3; In stock: 1200; Checked: 2026-05-03"


KINDS = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".epub": "application/epub+zip",
    ".html": "text/html",
    ".eml": "message/rfc822",
    ".json": "application/json",
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}


def test_files_are_what_they_are() -> None:
    files = [file for folder in (FIRM, FILES) for file in sorted(folder.rglob("*")) if file.suffix in KINDS]
    assert {file.suffix for file in files} == set(KINDS)
    assert {file.name: sniff(file, LIMITS) for file in files} == {file.name: KINDS[file.suffix] for file in files}


@pytest.mark.parametrize("name", [name for name, _, _ in SAYS])
def test_a_file_cut_anywhere_is_entities_or_one_line(name: str, tmp_path: Path) -> None:
    content = (FIRM / name).read_bytes()
    path = tmp_path / Path(name).name
    for tenth in range(1, 10, 2):
        path.write_bytes(content[: len(content) * tenth // 10])
        assert outcome(path)


@pytest.mark.parametrize("suffix", [".docx", ".pptx"])
def test_a_picture_in_a_document_has_its_place_and_can_be_opened(suffix: str, tmp_path: Path) -> None:
    photo = FIRM / "operations" / "photos" / "pressure-gauge-coolant.jpg"
    path, place = _illustrated(tmp_path / f"report{suffix}", photo)
    (mark,) = (draft for draft in read(path)[0] if draft.kind == "picture")
    assert mark.locator == place
    assert "The coolant pump" in mark.title
    assert picture_frame(look(path, LIMITS), mark).size == Image.open(photo).size


def _illustrated(path: Path, photo: Path) -> tuple[Path, Locator]:
    if path.suffix == ".docx":
        document = docx.Document()
        document.add_heading("The coolant pump", 1)
        document.add_picture(str(photo), width=docx.shared.Cm(8))
        document.save(str(path))
        return path, Locator(part="word/media/image1.jpg")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = "The coolant pump"
    slide.shapes.add_picture(str(photo), 0, 0)
    slides.save(str(path))
    return path, Locator(page=1, part="slide 1")
