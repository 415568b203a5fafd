"""Picture files become entities with words, boxes, colours and what the camera noted; bad ones become one line."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw, TiffImagePlugin

from ingest.base.errors import MissingPart, UnreadableSource
from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.image import (
    Frame,
    ImageReader,
    Pictures,
    camera_notes,
    colour_words,
    describe,
    frame_of,
    frames,
    name_of,
    together,
)
from ingest.readers.ocr import Line, Ocr
from ingest.source import Source, look
from ingest.space.encoders.vision import Seen
from ingest.space.entity import Draft, Locator
from ingest.space.space import Placed, placed, unit

FORKLIFT = np.array([[3.0, 0.0], [1.0, 0.0]], np.float32)


class Eyes:
    """Sees a forklift in everything, most of all in the left half."""

    name = "eyes"

    def see(self, pictures: Sequence[Image.Image]) -> list[Seen]:
        return [
            Seen((("forklift", 0.82), ("warehouse", 0.05)), FORKLIFT, (0, 0, *picture.size)) for picture in pictures
        ]

    def regions(self, picture: Image.Image) -> list[Seen]:
        return [Seen((("forklift", 0.9),), FORKLIFT, (0, 0, picture.width / 2, picture.height))]


class NoEyes(Eyes):
    def see(self, pictures: Sequence[Image.Image]) -> list[Seen]:
        raise MissingPart("EfficientNet-Lite0 is not on this machine", "pip install it")


class Glasses(Ocr):
    """Reads one label at a fixed place, and two lines below it."""

    def read(self, picture: Image.Image) -> list[list[Line]]:
        label = [Line("P-101", (10, 10, 60, 20), 0.98)]
        return [label, [Line("Do not", (10, 50, 60, 60), 0.9), Line("open", (10, 62, 60, 72), 0.8)]]


class Blind(Ocr):
    """Finds no words."""

    def read(self, picture: Image.Image) -> list[list[Line]]:
        return []


class Plane:
    """A space of two directions: every text points up."""

    name = fingerprint = "plane"
    dim = 2

    def place(self, texts: Sequence[str]) -> list[Placed]:
        return [placed(np.array([[0.0, 1.0]], np.float32)) for _ in texts]


def pictures(sight: Eyes | None = None) -> Pictures:
    return Pictures(sight or Eyes(), Glasses(), Plane())


def saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    image.save(folder / name, **options)
    return folder / name


def source(path: Path, **settings: object) -> Source:
    return look(path, Settings(home=path.parent, **settings))  # type: ignore[arg-type]


def read(path: Path, sight: Eyes | None = None, **settings: object) -> list[Draft | Note]:
    return list(ImageReader(pictures(sight)).read(source(path, **settings)))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff", "a.gif", "a.bmp", "a.avif"])
def test_a_picture_becomes_itself_its_parts_and_its_words(tmp_path: Path, name: str) -> None:
    """In every format: one picture, its region, its label and its sign, each with its box."""
    path = saved(tmp_path, name, Image.new("RGB", (200, 100), (225, 220, 20)))
    assert ImageReader(pictures()).accepts(source(path))
    picture, region, label, first, second = [draft for draft in read(path) if isinstance(draft, Draft)]
    assert picture.kind == "picture"
    assert picture.text == (
        "Picture of forklift 0.82, warehouse 0.05; text in it: P-101 Do not open; colours: yellow; 200 x 100 pixels."
    )
    assert (region.kind, region.locator.box, region.text) == (
        "region",
        (0, 0, 100, 100),
        "Part of a picture: forklift 0.90",
    )
    assert (label.kind, label.text, label.locator.box) == ("line", "P-101", (10, 10, 60, 20))
    assert (first.text, first.locator.box, second.text) == ("Do not", (10, 50, 60, 60), "open")
    assert second.facts["lines"] == [{"text": "open", "box": [10, 62, 60, 72], "confidence": 0.8}]
    assert second.title == "P-101 Do not open"
    assert {one.parent for one in (region, label, first, second)} == {picture.key}
    assert label.meaning is None


def test_what_is_noise_is_not_named() -> None:
    """Of a thousand kinds one always comes first, also in a picture of nothing."""
    seen = Seen((("nematode", 0.012), ("envelope", 0.011)), FORKLIFT, (0, 0, 1, 1))
    assert describe(frame_of(Image.new("RGB", (20, 10), "white")), seen, []).startswith("Picture; colours: white")


def test_many_lines_in_a_picture_are_a_page_of_text() -> None:
    """They are kept in blocks, because a line of a page says nothing by itself."""

    class Page(Ocr):
        def read(self, picture: Image.Image) -> list[list[Line]]:
            return [[Line(f"line {i}", (0, 20 * i, 99, 20 * i + 15), 0.9) for i in range(50)]]

    frame = frame_of(Image.new("RGB", (200, 1000)))
    _, _, passage = Pictures(Eyes(), Page(), Plane()).picture(frame, Locator(), key="p")
    assert isinstance(passage, Draft)
    assert (passage.kind, len(passage.facts["lines"]), passage.locator.box) == ("passage", 50, (0, 0, 99, 995))


def test_what_is_seen_surely_written_and_told_weigh_the_same() -> None:
    """Doubtful sights count only where there are no words."""
    parts = pictures()
    sure, doubtful = (Seen((("forklift", share),), FORKLIFT, (0, 0, 1, 1)) for share in (0.8, 0.2))
    words = [[Line("Do not open the door", (0, 0, 9, 9), 0.9)]]
    np.testing.assert_allclose(placed(parts._meaning(sure, [], "")).address, [1, 0], atol=1e-6)
    np.testing.assert_allclose(placed(parts._meaning(sure, words, "")).address, [2**-0.5, 2**-0.5], rtol=1e-5)
    np.testing.assert_allclose(
        placed(parts._meaning(sure, words, "Doors")).address, unit(np.array([1.0, 2.0])), rtol=1e-5
    )
    np.testing.assert_allclose(placed(parts._meaning(doubtful, words, "")).address, [0, 1], atol=1e-6)
    np.testing.assert_allclose(placed(parts._meaning(doubtful, [], "")).address, [1, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("pump-room.jpg", True),
        ("IMG_2034.jpg", False),
        ("DSC01234.JPG", False),
        ("20260609.png", False),
        ("注意銘板.png", True),
    ],
)
def test_the_name_of_a_file_counts_when_a_person_gave_it(name: str, kept: bool) -> None:
    assert name_of(Path(name)) == (Path(name).stem if kept else "")


def test_a_title_takes_half_of_the_address(tmp_path: Path) -> None:
    """What stands above a picture in a document counts as much as what is seen in it."""
    frame = frame_of(Image.new("RGB", (20, 20)))
    drafts = list(Pictures(Eyes(), Blind(), Plane()).picture(frame, Locator(page=2), title="Pump P-101", key="p"))
    assert isinstance(drafts[0], Draft)
    assert drafts[0].locator == Locator(page=2)
    np.testing.assert_allclose(placed(drafts[0].meaning).address, [2**-0.5, 2**-0.5], rtol=1e-5)


def test_sequences_weigh_the_same_however_long_they_are() -> None:
    """Ten slots of one against one slot of the other."""
    both = together([np.ones((10, 2), np.float32) * [1, 0], np.array([[0.0, 5.0]], np.float32)])
    np.testing.assert_allclose(unit(both.mean(axis=0)), [2**-0.5, 2**-0.5], rtol=1e-5)


def test_without_the_model_a_picture_is_still_found_by_its_words(tmp_path: Path) -> None:
    """The note names the command that gets the model, and what was done meanwhile."""
    note, picture, *rest = read(saved(tmp_path, "a.png", Image.new("RGB", (50, 50))), NoEyes())
    assert isinstance(note, Note)
    assert "pip install" in note.text
    assert "words and colours only" in note.text
    assert isinstance(picture, Draft)
    assert picture.meaning is None
    assert "P-101" in picture.text
    assert [draft.kind for draft in rest if isinstance(draft, Draft)] == ["line", "line", "line"]


def test_a_scanned_page_gives_its_words_in_points() -> None:
    """A page rendered at 144 dpi has two pixels for a point."""
    frame = frame_of(Image.new("RGB", (400, 400)))
    first, _ = pictures().page(frame, Locator(page=3), title="Report", key="page 3", unit=0.5)
    assert isinstance(first, Draft)
    assert (first.locator.page, first.locator.box, first.title, first.parent) == (3, (5, 5, 30, 10), "Report", "page 3")


def exif() -> Image.Exif:
    notes = Image.Exif()
    notes[ExifTags.Base.Make], notes[ExifTags.Base.Model] = "Ricoh", "Ricoh G900"
    notes.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:06:09 08:15:00"
    gps = notes.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = "N", "E"
    degrees = TiffImagePlugin.IFDRational
    gps[ExifTags.GPS.GPSLatitude] = (degrees(35), degrees(39), degrees(36))
    gps[ExifTags.GPS.GPSLongitude] = (degrees(139), degrees(45), degrees(0))
    return notes


def test_date_and_camera_are_kept_and_the_place_is_not(tmp_path: Path) -> None:
    """The place only when the settings allow it."""
    path = saved(tmp_path, "a.jpg", Image.new("RGB", (50, 50)), exif=exif())
    (without,) = [one for one in read(path) if isinstance(one, Draft) and one.kind == "picture"]
    (with_place,) = [one for one in read(path, keep_gps=True) if isinstance(one, Draft) and one.kind == "picture"]
    assert without.facts["taken"] == "2026-06-09 08:15:00"
    assert without.facts["camera"] == "Ricoh G900"
    assert "taken 2026-06-09 08:15:00; with Ricoh G900" in without.text
    assert "place" not in without.facts
    assert with_place.facts["place"] == [35.66, 139.75]


def test_broken_camera_notes_are_no_notes() -> None:
    """Years of zero, empty models, places without degrees."""
    notes = Image.Exif()
    notes[ExifTags.Base.DateTime] = "0000:00:00 00:00:00"
    notes.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = "nowhere"
    assert camera_notes(notes, keep_gps=True) == {}


def test_a_picture_held_sideways_is_turned_before_it_is_read(tmp_path: Path) -> None:
    """Boxes and size are those of the picture as it is looked at."""
    notes = Image.Exif()
    notes[ExifTags.Base.Orientation] = 6
    (frame,) = frames(source(saved(tmp_path, "a.jpg", Image.new("RGB", (300, 200)), exif=notes)))
    assert isinstance(frame, Frame)
    assert frame.size == frame.image.size == (200, 300)


def test_colours_are_named_by_how_much_there_is_of_them() -> None:
    """Two thirds red, a quarter white, and a dot that does not count."""
    image = Image.new("RGB", (120, 100), (210, 20, 30))
    ImageDraw.Draw(image).rectangle((80, 0, 120, 100), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 10, 10), "blue")
    assert colour_words(image) == ["red", "white"]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16", "I", "F", "LA"])
def test_every_mode_of_pixels_becomes_rgb(mode: str) -> None:
    assert (
        frame_of(Image.new("L", (8, 8), 200).convert(mode) if mode != "I;16" else Image.new(mode, (8, 8))).image.mode
        == "RGB"
    )


def test_what_is_transparent_is_white() -> None:
    """Black words on nothing would otherwise be black on black."""
    assert frame_of(Image.new("RGBA", (4, 4), (0, 0, 0, 0))).image.getpixel((0, 0)) == (255, 255, 255)


def test_every_page_of_a_tiff_is_read_and_one_frame_of_a_gif(tmp_path: Path) -> None:
    """Pages have numbers; a moving picture has a note."""
    three = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    tiff = read(saved(tmp_path, "a.tiff", three[0], save_all=True, append_images=three[1:]))
    gif = read(saved(tmp_path, "a.gif", three[0], save_all=True, append_images=three[1:]))
    assert [one.locator.page for one in tiff if isinstance(one, Draft) and one.kind == "picture"] == [1, 2, 3]
    assert [one.text for one in gif if isinstance(one, Note)] == ["only the first of 3 frames was read"]


def test_a_cut_off_picture_is_one_line(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(whole, "JPEG")
    (tmp_path / "a.jpg").write_bytes(whole.getvalue()[:5000])
    with pytest.raises(UnreadableSource, match=r"a\.jpg: damaged picture"):
        read(tmp_path / "a.jpg")


def huge_png(path: Path, side: int) -> Path:
    """A PNG that claims to be `side` pixels each way, and has no pixels."""
    tiny = io.BytesIO()
    Image.new("L", (1, 1)).save(tiny, "PNG")
    data = bytearray(tiny.getvalue())
    data[16:24] = side.to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("side", [12_000, 20_000])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    with pytest.raises(UnreadableSource, match="million") as caught:
        read(huge_png(tmp_path / "a.png", side))
    assert "save it smaller" in str(caught.value)


@pytest.mark.slow
def test_a_jpeg_of_20_000_pixels_a_side_is_read_at_a_fraction(tmp_path: Path) -> None:
    """Sizes and boxes are those of the original."""
    (frame,) = frames(source(saved(tmp_path, "a.jpg", Image.new("L", (20_000, 20_000), 128))))
    assert isinstance(frame, Frame)
    assert frame.size == (20_000, 20_000)
    assert max(frame.image.size) <= 4096
    assert frame.scale == 20_000 / frame.image.width


def test_heic_is_read_or_says_what_is_missing(tmp_path: Path) -> None:
    """The library's wheels are GPL, so it is not among what is installed by default."""
    path = tmp_path / "a.heic"
    try:
        from pillow_heif import register_heif_opener

        register_heif_opener()
        saved(tmp_path, "a.heic", Image.new("RGB", (64, 64), "red"))
        assert source(path).media == "image/heic"
        assert any(isinstance(one, Draft) and one.kind == "picture" for one in read(path))
    except ImportError:
        path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
        with pytest.raises(UnreadableSource, match="pillow-heif"):
            read(path)
