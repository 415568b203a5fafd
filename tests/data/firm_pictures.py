"""Pictures of the sample firm, drawn with Pillow: nameplate, gauge, warning sign, parts, drawing, scanned certificate.

Fonts: DejaVu (Debian fonts-dejavu-core; Bitstream Vera licence), IPA Gothic (fonts-ipafont-gothic; IPA Font License).
Both allow pictures of text without conditions. Every function returns the box (pixels, x0 y0 x1 y1) of the text that a
question asks for.
"""

from __future__ import annotations

import io
import math

import numpy as np
from firm_files import target
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Box = list[int]
Colour = tuple[int, int, int]
Point = tuple[float, float]
BLACK, WHITE, STEEL = (20, 20, 22), (250, 250, 248), (176, 180, 184)


def font(size: int, face: str = "Sans-Bold") -> ImageFont.FreeTypeFont:
    """A DejaVu face, or IPA Gothic for face "ja"."""
    if face == "ja":
        return ImageFont.truetype("/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf", size)
    return ImageFont.truetype(f"/usr/share/fonts/truetype/dejavu/DejaVu{face}.ttf", size)


def surface(width: int, height: int, colour: Colour, seed: int, grain: float = 6, brush: int = 0) -> Image.Image:
    """A painted (or, with `brush`, brushed) plate with uneven light."""
    noise = np.random.default_rng(seed).normal(0, grain, (height, width))
    if brush:
        kernel = np.ones(brush) / math.sqrt(brush)
        noise = np.apply_along_axis(lambda line: np.convolve(line, kernel, "same"), 1, noise)
    y, x = np.mgrid[0:height, 0:width]
    light = 18 * np.cos((x / width - 0.35) * 2.2) * np.cos((y / height - 0.3) * 2.0) - 8
    pixels = np.array(colour)[None, None, :] + (noise + light)[:, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def shaded_disc(size: int, colour: Colour) -> Image.Image:
    """A ball or round cap lit from the upper left, with transparency outside."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    light = np.clip(1.15 - np.hypot(x + 0.35, y + 0.35) * 0.75, 0.25, 1.25)
    pixels = np.clip(np.array(colour)[None, None, :] * light[:, :, None], 0, 255)
    alpha = np.clip((1 - np.hypot(x, y)) * size / 2, 0, 1) * 255
    return Image.fromarray(np.dstack([pixels, alpha]).astype(np.uint8), "RGBA")


def put(picture: Image.Image, part: Image.Image, centre: Point) -> None:
    """Paste a part with transparency around its centre."""
    picture.paste(part, (round(centre[0] - part.width / 2), round(centre[1] - part.height / 2)), part)


def shadow(picture: Image.Image, shape: str, box: tuple[float, float, float, float], strength: int = 110) -> None:
    """A soft shadow below and right of an ellipse or rectangle."""
    dark = Image.new("L", picture.size, 0)
    getattr(ImageDraw.Draw(dark), shape)([box[0] + 9, box[1] + 12, box[2] + 9, box[3] + 12], fill=strength)
    picture.paste(Image.new("RGB", picture.size, BLACK), mask=dark.filter(ImageFilter.GaussianBlur(9)))


def write(
    draw: ImageDraw.ImageDraw,
    at: Point,
    text: str,
    letters: ImageFont.FreeTypeFont,
    fill: Colour = BLACK,
    anchor: str = "la",
    engraved: bool = False,
) -> Box:
    """Text, engraved if asked, and its box."""
    if engraved:
        draw.text((at[0] + 1.5, at[1] + 1.5), text, font=letters, fill=(225, 228, 230), anchor=anchor)
    draw.text(at, text, font=letters, fill=fill, anchor=anchor)
    return [round(value) for value in draw.textbbox(at, text, font=letters, anchor=anchor)]


def save_photo(picture: Image.Image, name: str) -> None:
    """A little blur, as a lens gives, and JPEG."""
    picture.filter(ImageFilter.GaussianBlur(0.6)).save(target(name), quality=86)


def screw(size: int, turn: float) -> Image.Image:
    """A slotted screw head."""
    head = shaded_disc(size, (150, 150, 148))
    half = size * 0.36
    middle = size / 2
    ends = [(middle + sign * half * math.cos(turn), middle + sign * half * math.sin(turn)) for sign in (-1, 1)]
    ImageDraw.Draw(head).line(ends, fill=(45, 45, 45, 255), width=max(3, size // 9))
    return head


def nameplate(name: str) -> Box:
    """The metal plate on the spindle of MC-3."""
    picture = surface(1200, 860, (62, 92, 104), 11, grain=5)
    plate_box = (110, 90, 1090, 770)
    shadow(picture, "rectangle", plate_box)
    plate = surface(980, 680, (190, 194, 197), 12, grain=7, brush=41)
    mask = Image.new("L", plate.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle([0, 0, 979, 679], 28, fill=255)
    picture.paste(plate, plate_box[:2], mask)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle([132, 112, 1068, 748], 18, outline=(70, 72, 75), width=4)
    draw.rectangle([134, 190, 1066, 194], fill=(70, 72, 75))
    write(draw, (600, 130), "HOSHINAGI SEIKI CO., LTD.", font(42), anchor="ma", engraved=True)
    write(draw, (600, 212), "SPINDLE UNIT", font(40), anchor="ma", engraved=True)
    lines = [
        "MODEL HS-40",
        "SERIAL NO. HS40-2318",
        "YEAR OF MANUFACTURE 2021",
        "RATED POWER 15 kW",
        "RATED CURRENT 52 A",
        "MAX. SPEED 12000 rpm",
    ]
    boxes = [
        write(draw, (190, 284 + 66 * n), line, font(40, "SansMono-Bold"), engraved=True) for n, line in enumerate(lines)
    ]
    write(draw, (1020, 700), "MADE IN JAPAN", font(30), anchor="rs", engraved=True)
    for n, centre in enumerate([(160, 138), (1040, 138), (160, 722), (1040, 722)]):
        put(picture, screw(40, 0.5 + n), centre)
    save_photo(picture, name)
    return boxes[4]


def gauge(name: str) -> Box:
    """The pressure gauge of the coolant line: 0.42 MPa on a scale to 1.0."""
    picture = surface(1000, 1000, (112, 120, 112), 21, grain=8)
    shadow(picture, "ellipse", (110, 70, 890, 850), 150)
    put(picture, shaded_disc(790, (120, 122, 126)), (500, 460))
    draw = ImageDraw.Draw(picture)
    draw.ellipse([150, 110, 850, 810], fill=WHITE, outline=(70, 70, 72), width=6)

    def at(value: float, radius: float) -> Point:
        turn = math.radians(135 + 270 * value)
        return 500 + radius * math.cos(turn), 460 + radius * math.sin(turn)

    draw.arc([180, 140, 820, 780], 135 + 270 * 0.35, 135 + 270 * 0.50, fill=(40, 150, 70), width=18)
    draw.arc([180, 140, 820, 780], 135 + 270 * 0.80, 135 + 270, fill=(200, 40, 40), width=18)
    for tick in range(51):
        long = tick % 5 == 0
        draw.line([at(tick / 50, 318), at(tick / 50, 278 if long else 298)], fill=BLACK, width=6 if long else 3)
    for tenth in range(0, 11, 2):
        write(draw, at(tenth / 10, 236), f"{tenth / 10:.1f}", font(38), anchor="mm")
    write(draw, (500, 690), "MPa", font(54), anchor="mm")
    write(draw, (500, 575), "COOLANT LINE", font(30), anchor="mm")
    write(draw, (500, 615), "MC-3", font(34), anchor="mm")
    tip, tail = at(0.42, 285), at(0.42, -70)
    side = [(500 + dx, 460 + dy) for dx, dy in ((-9, 4), (9, -4))]
    draw.polygon([tip, side[0], tail, side[1]], fill=(185, 25, 25))
    put(picture, shaded_disc(56, (60, 60, 64)), (500, 460))
    draw.rectangle([245, 880, 755, 970], fill=(245, 222, 90), outline=BLACK, width=3)
    box = write(draw, (500, 925), "CALIBRATED UNTIL 2027-02", font(29), anchor="mm")
    save_photo(picture, name)
    return box


def warning_sign(name: str) -> Box:
    """The Japanese warning sign on the door of MC-3."""
    picture = surface(1100, 800, (206, 210, 208), 31, grain=5)
    shadow(picture, "rectangle", (90, 80, 1010, 720))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle([90, 80, 1010, 720], 20, fill=(250, 205, 30), outline=BLACK, width=8)
    draw.rectangle([94, 84, 1006, 250], fill=BLACK)
    draw.polygon([(215, 105), (125, 235), (305, 235)], fill=(250, 205, 30))
    write(draw, (215, 180), "!", font(92), anchor="mm")
    write(draw, (600, 168), "注意  CAUTION", font(92, "ja"), fill=(250, 205, 30), anchor="mm")
    write(draw, (550, 330), "主軸の停止後も工具は回転しています", font(50, "ja"), anchor="mm")
    box = write(draw, (550, 430), "扉を開ける前に30秒待つこと", font(62, "ja"), anchor="mm")
    write(draw, (550, 530), "手袋の着用禁止", font(62, "ja"), anchor="mm")
    write(draw, (550, 645), "3号機  MC-3  星凪精機", font(42, "ja"), anchor="mm")
    for n, centre in enumerate([(118, 692), (982, 692)]):
        put(picture, screw(34, 0.9 + n), centre)
    save_photo(picture, name)
    return box


def bearing(size: int) -> Image.Image:
    """A ball bearing seen from the front."""
    part = shaded_disc(size, (205, 208, 212))
    draw = ImageDraw.Draw(part)
    middle = size / 2

    def ring(radius: float, fill: tuple[int, int, int, int], width: int = 0) -> None:
        box = [middle - radius, middle - radius, middle + radius, middle + radius]
        draw.ellipse(box, fill=None if width else fill, outline=fill if width else None, width=width or 1)

    ring(size * 0.40, (72, 70, 66, 255))
    for n in range(14):
        turn = 2 * math.pi * n / 14
        put(
            part,
            shaded_disc(round(size * 0.115), (225, 228, 232)),
            (middle + size * 0.335 * math.cos(turn), middle + size * 0.335 * math.sin(turn)),
        )
    ring(size * 0.27, (190, 193, 197, 255))
    ring(size * 0.27, (120, 122, 126, 255), 3)
    ring(size * 0.18, (0, 0, 0, 0))
    ring(size * 0.18, (90, 92, 96, 255), 4)
    return part


def filter_cartridge(width: int, height: int) -> Image.Image:
    """A pleated paper cartridge between two black caps."""
    x = np.linspace(-1, 1, width)
    pleats = 0.82 + 0.18 * np.cos(np.arcsin(np.clip(x, -0.999, 0.999)) * 44)
    light = pleats * np.clip(1.1 - 0.55 * np.abs(x + 0.25), 0.3, 1)
    paper = np.broadcast_to(np.array([232, 208, 160])[None, None, :] * light[None, :, None], (height, width, 3))
    part = Image.fromarray(paper.clip(0, 255).astype(np.uint8)).convert("RGBA")
    draw = ImageDraw.Draw(part)
    for top in (0, height - 46):
        draw.rectangle([0, top, width, top + 46], fill=(38, 40, 44, 255))
        draw.rectangle([int(width * 0.25), top, int(width * 0.38), top + 46], fill=(78, 80, 86, 255))
    return part


def seal(size: int) -> Image.Image:
    """A mechanical seal: a steel ring around a black carbon face, with the rubber ring inside."""
    part = shaded_disc(size, (196, 178, 120))
    draw = ImageDraw.Draw(part)
    middle = size / 2
    for radius, fill in (
        (0.41, (40, 40, 44, 255)),
        (0.33, (150, 152, 156, 255)),
        (0.29, (28, 28, 30, 255)),
        (0.23, (0, 0, 0, 0)),
    ):
        r = radius * size
        draw.ellipse([middle - r, middle - r, middle + r, middle + r], fill=fill)
    draw.arc([size * 0.12, size * 0.12, size * 0.88, size * 0.88], 200, 260, fill=(120, 120, 126, 255), width=5)
    return part


def parts_tray(name: str) -> Box:
    """The repair kit for MC-3 on its tray: bearing, filter, seal, each with a paper label."""
    picture = surface(1300, 900, (126, 98, 70), 41, grain=9, brush=25)
    shadow(picture, "rectangle", (70, 60, 1230, 840), 160)
    picture.paste(surface(1160, 780, (58, 84, 128), 42, grain=5), (70, 60))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([70, 60, 1229, 839], outline=(34, 52, 84), width=14)
    for part, centre in ((bearing(360), (300, 370)), (seal(250), (1010, 370))):
        shadow(
            picture,
            "ellipse",
            (
                centre[0] - part.width / 2,
                centre[1] - part.height / 2,
                centre[0] + part.width / 2,
                centre[1] + part.height / 2,
            ),
        )
        put(picture, part, centre)
    cartridge = filter_cartridge(230, 380)
    shadow(picture, "rectangle", (565, 180, 795, 560))
    put(picture, cartridge, (680, 370))
    draw = ImageDraw.Draw(picture)
    for x, text in ((300, "BR-7014"), (680, "FL-5"), (1010, "MS-22")):
        draw.rectangle([x - 105, 610, x + 105, 672], fill=WHITE)
        write(draw, (x, 641), text, font(38), anchor="mm")
    draw.rectangle([330, 720, 970, 800], fill=(245, 240, 215))
    box = write(draw, (650, 760), "TRAY 7 - REPAIR KIT MC-3", font(40), anchor="mm")
    save_photo(picture, name)
    return box


def _arrow(draw: ImageDraw.ImageDraw, start: Point, end: Point) -> None:
    """A dimension line with a head at both ends."""
    draw.line([start, end], fill=BLACK, width=2)
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    for tip, way in ((start, turn), (end, turn + math.pi)):
        sides = [(tip[0] + 18 * math.cos(way + a), tip[1] + 18 * math.sin(way + a)) for a in (-0.22, 0.22)]
        draw.polygon([tip, *sides], fill=BLACK)


def _hatch(picture: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Section lines at 45 degrees inside a box."""
    lines = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(lines)
    for offset in range(-picture.height, picture.width, 16):
        draw.line([(offset, picture.height), (offset + picture.height, 0)], fill=255, width=1)
    inside = Image.new("L", picture.size, 0)
    ImageDraw.Draw(inside).rectangle(box, fill=255)
    picture.paste(Image.new("RGB", picture.size, BLACK), mask=ImageChops.multiply(lines, inside))
    ImageDraw.Draw(picture).rectangle(box, outline=BLACK, width=4)


def _side_view(picture: Image.Image) -> None:
    """The housing cut along its axis, with its dimensions in millimetres."""
    for box in ((150, 308, 206, 412), (206, 380, 974, 412), (150, 588, 206, 692), (206, 588, 974, 620)):
        _hatch(picture, box)
    draw = ImageDraw.Draw(picture)
    for x in (150, 974):
        draw.line([(x, 412), (x, 588)], fill=BLACK, width=4)
    for x in range(110, 1020, 48):
        draw.line([(x, 500), (x + 30, 500)], fill=(90, 90, 90), width=2)
        draw.line([(x + 36, 500), (x + 40, 500)], fill=(90, 90, 90), width=2)
    for x, y in ((150, 700), (974, 630)):
        draw.line([(x, y), (x, 760)], fill=BLACK, width=1)
    _arrow(draw, (150, 745), (974, 745))
    write(draw, (562, 735), "412", font(34, "Sans"), anchor="ms")
    for x in (150, 206):
        draw.line([(x, 245), (x, 303)], fill=BLACK, width=1)
    draw.line([(100, 260), (260, 260)], fill=BLACK, width=2)
    write(draw, (270, 260), "28", font(30, "Sans"), anchor="lm")
    _arrow(draw, (620, 412), (620, 588))
    write(draw, (640, 484), "110 H7", font(30, "Sans"), anchor="lm")
    _arrow(draw, (1020, 380), (1020, 620))
    for y in (380, 620):
        draw.line([(974, y), (1035, y)], fill=BLACK, width=1)
    write(draw, (1034, 484), "150", font(30, "Sans"), anchor="lm")


def _front_view(picture: Image.Image) -> None:
    """The flange with its eight holes."""
    draw = ImageDraw.Draw(picture)
    x, y = 1320, 500
    for radius in (190, 120, 87):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=BLACK, width=4 if radius != 87 else 2)
    for n in range(8):
        turn = math.pi * (n + 0.5) / 4
        hole = x + 158 * math.cos(turn), y + 158 * math.sin(turn)
        draw.ellipse([hole[0] - 14, hole[1] - 14, hole[0] + 14, hole[1] + 14], outline=BLACK, width=3)
    draw.line([(x - 215, y), (x + 215, y)], fill=(90, 90, 90), width=1)
    draw.line([(x, y - 215), (x, y + 215)], fill=(90, 90, 90), width=1)
    write(draw, (x, y + 250), "8 HOLES 11 DIA. ON PCD 200", font(26, "Sans"), anchor="mm")
    write(draw, (x, y - 245), "FLANGE DIA. 240", font(26, "Sans"), anchor="mm")


def drawing(name: str) -> Box:
    """The workshop drawing of the spindle housing."""
    picture = Image.new("RGB", (1600, 1120), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([30, 30, 1569, 1089], outline=BLACK, width=4)
    write(draw, (60, 60), "ALL DIMENSIONS IN mm", font(24, "Sans"))
    write(draw, (60, 96), "GENERAL TOLERANCE JIS B 0405-m", font(24, "Sans"))
    write(draw, (560, 190), "SECTION A-A", font(28, "Sans"), anchor="mm")
    _side_view(picture)
    _front_view(picture)
    draw = ImageDraw.Draw(picture)
    draw.rectangle([880, 830, 1569, 1089], outline=BLACK, width=4)
    cells = [
        "HOSHINAGI SEIKI CO., LTD.",
        "TITLE: SPINDLE HOUSING HS-40",
        "DRAWING NO. HS40-0107   REV. C",
        "MATERIAL: FCD450",
        "MASS: 21.5 kg   SCALE 1:4",
        "DRAWN: E. KURATA 2024-08-22",
    ]
    boxes = []
    for n, text in enumerate(cells):
        draw.line([(880, 830 + 43 * n), (1569, 830 + 43 * n)], fill=BLACK, width=2)
        boxes.append(write(draw, (900, 852 + 43 * n), text, font(25, "Sans"), anchor="lm"))
    picture.save(target(name), optimize=True)
    return boxes[3]


def certificate(name: str) -> None:
    """A certificate as a copier scans it: one page, a picture only, slightly turned."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    page = Image.new("RGB", (1240, 1754), (252, 251, 247))
    draw = ImageDraw.Draw(page)
    write(draw, (620, 170), "INSPECTION CERTIFICATE", font(58), anchor="mm")
    write(draw, (620, 240), "Hoshinagi Seiki Co., Ltd., Okaya", font(34, "Sans"), anchor="mm")
    draw.line([(140, 300), (1100, 300)], fill=BLACK, width=3)
    lines = [
        "Product: coolant pump CP-120",
        "Serial number: CP120-0457",
        "Installed in: machine MC-3",
        "Test pressure: 0.80 MPa for five minutes",
        "Measured flow: 61.3 L/min at 0.42 MPa",
        "Motor current: 3.9 A",
        "Leakage: none",
        "Date of test: 18 November 2025",
        "Inspector: Naomi Fujisaki",
        "Result: PASSED",
    ]
    for n, line in enumerate(lines):
        write(draw, (170, 400 + 92 * n), line, font(38, "Serif"))
    draw.ellipse([830, 1240, 1070, 1480], outline=(196, 40, 40), width=8)
    write(draw, (950, 1330), "検査済", font(58, "ja"), fill=(196, 40, 40), anchor="mm")
    write(draw, (950, 1400), "2025.11.18", font(30, "Sans"), fill=(196, 40, 40), anchor="mm")
    scan = page.rotate(0.7, Image.Resampling.BICUBIC, fillcolor=(240, 239, 235)).convert("L")
    grain = np.random.default_rng(51).normal(0, 5, (scan.height, scan.width))
    scan = Image.fromarray((np.asarray(scan) + grain).clip(0, 255).astype(np.uint8))
    data = io.BytesIO()
    scan.filter(ImageFilter.GaussianBlur(0.7)).save(data, "JPEG", quality=72)
    canvas = Canvas(str(target(name)), pagesize=A4, invariant=1)
    canvas.setTitle("Scan 2025-11-18")
    canvas.drawImage(ImageReader(data), 0, 0, *A4)
    canvas.save()


def write_pictures() -> dict[str, Box]:
    """Write every picture; the answer is file -> box of the text that a question asks for."""
    photos = "operations/photos"
    drawn = {
        f"{photos}/nameplate-spindle-mc3.jpg": nameplate,
        f"{photos}/pressure-gauge-coolant.jpg": gauge,
        f"{photos}/warning-sign-mc3.jpg": warning_sign,
        f"{photos}/parts-tray-repair-kit.jpg": parts_tray,
        "engineering/drawing-HS40-0107.png": drawing,
    }
    certificate("engineering/CP-120-certificate-scan.pdf")
    return {name: draw(name) for name, draw in drawn.items()}
