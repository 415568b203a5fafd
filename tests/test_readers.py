"""Table-driven: a file, what its drafts must say, and what they must not. Real files, and files made here."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.base.errors import UnreadableSource
from ingest.base.settings import Settings
from ingest.readers import Note
from ingest.readers.book import BookReader
from ingest.readers.data import JsonReader
from ingest.readers.html import HtmlReader
from ingest.readers.mail import MailReader
from ingest.readers.pdf import PdfReader
from ingest.readers.slides import PptxReader
from ingest.readers.text import TextReader
from ingest.readers.word import DocxReader
from ingest.source import look
from ingest.space.entity import Draft
from ingest.text.split import MOST, tokens

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LIMITS = Settings(home=Path("/nowhere"))
READERS = (
    PdfReader(),
    DocxReader(),
    PptxReader(),
    BookReader(),
    MailReader(),
    JsonReader(),
    HtmlReader(),
    TextReader(),
)


def read(path: Path) -> tuple[list[Draft], list[str]]:
    """All drafts and notes of a file."""
    source = look(path, LIMITS)
    reader = next(reader for reader in READERS if reader.accepts(source))
    items = list(reader.read(source))
    return [item for item in items if isinstance(item, Draft)], [item.text for item in items if isinstance(item, Note)]


def said(drafts: list[Draft]) -> str:
    """Every draft as one block: kind, title, place and words."""
    return "\n\n".join(f"[{draft.kind}] {draft.title} {draft.locator.as_dict()}\n{draft.text}" for draft in drafts)


REAL: list[tuple[str, list[str], list[str]]] = [
    (
        "test.docx",
        [
            "AutoGen: Enabling Next-Gen LLM Applications via Multi-Agent Conversation > Abstract",
            "AutoGen is an open-source framework that allows developers",
            "d666f1f7-46cb-42bd-9a39-9a39cf2a509f",
            "314b0a30-5b04-470b-b9f7-eed2c2bec74a",
            "49e168b7-d2ae-407f-a055-2167576f39a1",
            "[table]",
            "[row]",
        ],
        ["<w:", "w:t"],
    ),
    ("test_with_comment.docx", ["Introduction", "[Comment by Unknown Author: This is a test comment. 12df-321a]"], []),
    (
        "test.pptx",
        [
            "'page': 1",
            "2cdda5c8-e50e-4db4-b5f0-9722a649f455",
            "04191ea8-5c73-4215-a1d3-1cfb43aaaf12",
            "1b92870d-e3b5-4e65-8153-919f4ff45592",
            "ColD: 1b92870d-e3b5-4e65-8153-919f4ff45592; ColE: 11",
        ],
        ["AutoGen is an open-source framework that allows developers to build LLM applications via multiple agents\n"],
    ),
    (
        "test.pdf",
        [
            "> 1 Introduction",
            "While there is contemporaneous exploration of multi-agent approaches",
            "because chat-optimized LLMs (e.g., GPT-4) show the ability to incorporate feedback, LLM agents can",
            "'page': 1",
            "'box': [108",
        ],
        ["\ufffe", "\x02", "chatoptimized", "\r"],
    ),
    ("multipage.pdf", ["dangerous for use", "These shells are visitors", "'page': 6"], ["\ufffe", "dan-gerous"]),
    (
        "REPAIR-2022-INV-001_multipage.pdf",
        [
            "Insured name | Gabriel Diaz | Year | 2022",
            "Sales Tax | 10.20% | 278.46",
            "Body Labor; Hours: 2; Rate: 150; Cost: 300",
            "(ID: EST-1008) > Supplies",
            "'page': 3",
        ],
        [],
    ),
    (
        "movie-theater-booking-2024.pdf",
        ["Product Desc: Holiday Movie Marathon Package", "Primary Contact: Sarah Johnson"],
        ["Page 1 of 1"],
    ),
    (
        "SPARSE-2024-INV-1234_borderless_table.pdf",
        ["Product Code: SKU-9201; Expected: 780; Actual: 778; Status: OK", "Location: C-15; Variance: +15"],
        ["[passage] INVENTORY RECONCILIATION REPORT > Extended"],
    ),
    ("RECEIPT-2024-TXN-98765_retail_purchase.pdf", ["TECHMART ELECTRONICS", "Total Points: 3,247\n"], []),
    (
        "MEDRPT-2024-PAT-3847_medical_report_scan.pdf",
        ["[page] MEDRPT-2024-PAT-3847_medical_report_scan {'page': 1, 'box': [0.0, 0.0, 408.0, 528.0]}", "'page': 3"],
        ["[passage]"],
    ),
    ("ocr_samples.pdf", ["[page]", "robertson.jpg"], []),
    (
        "test_blog.html",
        [
            "Does Model and Inference Parameter Matter in LLM Applications?",
            "Large language models (LLMs) are powerful tools that can generate natural language texts",
            "> Experiment Setup",
        ],
        ["<script", "function(", "\u200b", "window."],
    ),
    (
        "test.epub",
        ["Test EPUB Document > Chapter 1: Test Content", "A bullet point", "blockquote for testing"],
        ["<p>"],
    ),
    ("test.json", ["key1: string_value", "5b64c88c-b3c3-4510-bcb8-da0b200602d8: uuid_key"], ['"']),
    (
        "test_outlook_msg.msg",
        [
            "Test Email Message",
            "From: M. C. Kurtuluş <muratcan.kurtulus@gmail.com>",
            "Date: Sun, 22 Dec 2024",
            "This is the body of the test email message",
        ],
        ["=?UTF-8"],
    ),
    ("iceland.docx", ["The Icelandic horse is a breed of horse developed in Iceland."], []),
]


@pytest.mark.parametrize(("name", "must", "must_not"), REAL, ids=[row[0] for row in REAL])
def test_a_real_file_says_what_is_in_it(name: str, must: list[str], must_not: list[str], shared: Path) -> None:
    drafts, _ = read(shared / "files" / name)
    text = said(drafts)
    assert [part for part in must if part not in text] == []
    assert [part for part in must_not if part in text] == []
    assert all(tokens(draft.text) <= MOST for draft in drafts if draft.kind == "passage")
    assert all(len(draft.title) <= 170 for draft in drafts)


def test_pages_without_text_are_marked_and_noted(shared: Path) -> None:
    drafts, notes = read(shared / "files" / "MEDRPT-2024-PAT-3847_medical_report_scan.pdf")
    assert [(draft.kind, draft.locator.page) for draft in drafts] == [("page", 1), ("page", 2), ("page", 3)]
    assert notes == ["no text of their own on pages 1, 2, 3"]


# -- files made here -----------------------------------------------------------------------------------


def text(content: str, encoding: str = "utf-8") -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content.encode(encoding)) and None


def docx(path: Path) -> None:
    import docx as library
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = library.Document()
    document.core_properties.title = "Microsoft Word - draft.doc"
    document.add_heading("点検手順", 0)
    document.add_heading("1. 準備", 1)
    document.add_paragraph("主電源を切る。")
    document.add_paragraph("Lock the switch.", style="List Bullet")
    paragraph = document.add_paragraph("Kept ")
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>inserted</w:t></w:r></w:ins>"))
    paragraph._p.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>deleted</w:delText></w:r></w:del>"))
    document.add_heading("2. Values", 1)
    table = document.add_table(rows=3, cols=3)
    for row, values in enumerate((("Part", "Torque [N·m]", "Note"), ("M8", "25", "dry"), ("M10", "48", "oiled"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    footnote = '<w:footnote w:id="2"><w:p><w:r><w:t>See TR-26-07.</w:t></w:r></w:p></w:footnote>'
    part = Part(
        PackURI("/word/footnotes.xml"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml",
        f"<w:footnotes {nsdecls('w')}>{footnote}</w:footnotes>".encode(),
        document.part.package,
    )
    document.part.relate_to(part, f"{RELATIONS}/footnotes")
    paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}><w:footnoteReference w:id='2'/></w:r>"))
    control = (
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a form field.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(len(document.element.body) - 1, parse_xml(control))
    document.save(str(path))


def pptx(path: Path) -> None:
    import pptx as library
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    show = library.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Quarterly figures"
    right = slide.shapes.add_textbox(Inches(5), Inches(2), Inches(3), Inches(1))
    right.text_frame.text = "second, on the right"
    left = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(3), Inches(1))
    left.text_frame.text = "first, on the left"
    data = CategoryChartData()
    data.categories = ["Q1", "Q2"]
    data.add_series("Sales", (12.5, 18.0))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, Inches(4), Inches(5), Inches(3), data)
    slide.notes_slide.notes_text_frame.text = "Say that Q2 was good."
    show.save(str(path))


def pdf(path: Path) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfgen.canvas import Canvas

    registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setTitle("保守マニュアル")
    for number in range(1, 6):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(60, 815, "Pump manual - confidential")
        canvas.drawCentredString(300, 20, f"- {number} -")
        canvas.setFont("HeiseiMin-W3", 18)
        canvas.drawString(60, 760, f"第{number}章 点検")
        canvas.setFont("HeiseiMin-W3", 10.5)
        canvas.drawString(
            60, 730, f"ポンプを停止してから、フィルターを交換してください。作業の前に必ず主電源を切り、赤い札{number}を"
        )
        canvas.drawString(60, 714, "掛けます。交換した日を記録簿に書きます。")
        canvas.showPage()
    canvas.save()


def columns_pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(400, 400))
    canvas.setFont("Helvetica", 10)
    left = ["The left column tells", "of the pump and its", "filter, which clogs."]
    right = ["The right column tells", "of the spindle and the", "bearing, which runs hot."]
    for x, words in ((220, right), (40, left)):
        for row, line in enumerate(words):
            canvas.drawString(x, 300 - 14 * row, line)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(40, 350, "Two columns, drawn backwards")
    canvas.save()


def mail(path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "見積もりの件"
    message["From"] = "遠藤 <endo@example.jp>"
    message["To"] = "sales@example.jp"
    message["Date"] = "Mon, 15 Jun 2026 11:30:00 +0900"
    message.set_content("お世話になっております。", charset="iso-2022-jp")
    message.add_alternative("<p>お世話になっております。</p>", subtype="html")
    message.add_attachment("納期は6月24日です。".encode("cp932"), maintype="text", subtype="plain", filename="納期.txt")
    message.add_attachment(b"%PDF-1.4" * 200, maintype="application", subtype="pdf", filename="drawing.pdf")
    path.write_bytes(bytes(message))


def raw_mail(path: Path) -> None:
    head = "Subject: 部品の在庫\nFrom: a@example.jp\nContent-Type: text/plain; charset=shift_jis\n\n"
    path.write_bytes(f"{head}在庫は㈱星凪にあります。".encode("cp932"))


def turned_pdf(path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(200, 400))
    canvas.setPageRotation(90)
    canvas.rotate(90)
    canvas.drawString(50, -30, "Read me sideways, please.")
    canvas.save()


def epub(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container><rootfiles><rootfile full-path="OEBPS/a b.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "OEBPS/a b.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata><title>The pump book</title></metadata><manifest>'
            '<item id="n" href="nav.xhtml" properties="nav"/><item id="1" href="one%20chapter.xhtml"/>'
            '<item id="2" href="two.xhtml"/>'
            '</manifest><spine><itemref idref="2"/><itemref idref="1"/><itemref idref="missing"/></spine></package>',
        )
        archive.writestr(
            "OEBPS/nav.xhtml",
            '<html><nav><a href="one%20chapter.xhtml">Of filters</a><a href="two.xhtml#x">Of seals</a></nav></html>',
        )
        archive.writestr("OEBPS/one chapter.xhtml", "<html><body><p>A filter clogs.</p></body></html>")
        archive.writestr("OEBPS/two.xhtml", "<html><body><h1>On seals</h1><p>A seal leaks.</p></body></html>")


HTML = """<html><head><title>Shop floor</title><style>p{color:red}</style><script>alert('x')</script></head><body>
<nav><a href=/>Home</a></nav><h1>Shop floor</h1><p>First<br>second <b>bold</b>word.</p>
<p>これは長い文で、
途中で改行されています。</p><div style="display: none">invisible</div><noscript>no script</noscript>
<ul><li>one<li>two</ul><pre>a  b
  c</pre><p>漢<ruby>字<rt>かんじ</rt></ruby></p>
<table><caption>Shifts</caption><tr><th>Shift<th>From<th>To<tr><td rowspan=2>Day<td>6<td>10<tr><td>10<td>14</table>
<table><tr><td><p>Laid out.</p></table><h2>End</h2><p>Last &amp; least.</p></body></html>"""

MARKDOWN = """---
title: Cooling
---
Intro with a [link](http://example.com).

Setext heading
==============

Text under it.

```
# not a heading
```

| Part | Rate | Unit |
|------|-----:|------|
| FL-5 | 24 | L/min |
| FL-6 | 30 | L/min |

### **Deep** one ###
Deep text.
"""

PLAIN = """Rules for the night shift

1. Lights
Switch off the lights in hall 2.
They cost 40 yen an hour.

第2条（戸締まり）
扉を閉める。

SAFETY

Wear shoes.

Shopping list:
1. oil
2. filters
"""

MADE: list[tuple[str, Callable[[Path], object], list[str], list[str]]] = [
    (
        "made.docx",
        docx,
        [
            "点検手順 > 1. 準備",
            "主電源を切る。",
            "- Lock the switch.",
            "Kept inserted",
            "Part: M10; Torque: 48 N·m",
            "In a form field.",
            "[Note: See TR-26-07.]",
        ],
        ["deleted", "draft.doc"],
    ),
    (
        "made.pptx",
        pptx,
        [
            "Quarterly figures",
            "first, on the left\nsecond, on the right",
            "Notes: Say that Q2 was good.",
            "Sales: 18",
            "'part': 'slide 1'",
        ],
        [],
    ),
    (
        "made.pdf",
        pdf,
        [
            "保守マニュアル > 第3章 点検",
            "赤い札3を掛けます。交換した日",
            "'page': 5",
            "Page header: Pump manual - confidential",
        ],
        ["- 1 -", "赤い札1を\n", "赤い札1を "],
    ),
    (
        "columns.pdf",
        columns_pdf,
        [
            "Two columns, drawn backwards",
            "of the pump and its filter, which clogs.\nThe right column tells of the spindle",
        ],
        [],
    ),
    (
        "made.eml",
        mail,
        [
            "見積もりの件",
            "From: 遠藤 <endo@example.jp>",
            "お世話になっております。",
            "納期.txt (",
            "drawing.pdf (1,600 bytes)",
        ],
        ["お世話になっております。\nお世話になっております。", "=?"],
    ),
    ("raw.eml", raw_mail, ["部品の在庫", "在庫は㈱星凪にあります。"], []),
    (
        "made.epub",
        epub,
        ["The pump book > On seals", "The pump book > Of filters", "A filter clogs.", "'part': 'Of filters'"],
        [],
    ),
    (
        "made.html",
        text(HTML),
        [
            "Shop floor",
            "First\nsecond boldword.",
            "これは長い文で、途中で改行されています。",
            "- one\n- two",
            "a  b\n  c",
            "漢字",
            "Shift: Day; From: 10; To: 14",
            "Shifts",
            "Laid out.",
            "> End",
            "Last & least.",
        ],
        ["alert", "color", "Home", "invisible", "no script", "かんじ", "<"],
    ),
    (
        "made.md",
        text(MARKDOWN),
        [
            "Cooling > Setext heading",
            "Text under it.",
            "# not a heading",
            "Part: FL-6; Rate: 30; Unit: L/min",
            "Setext heading > Deep one",
            "Deep text.",
        ],
        ["> not a heading", "==="],
    ),
    (
        "made.txt",
        text(PLAIN, "cp932"),
        [
            "Rules for the night shift > 1. Lights",
            "第2条（戸締まり）",
            "扉を閉める。",
            "> SAFETY",
            "1. oil\n2. filters",
        ],
        ["> 1. oil"],
    ),
    (
        "utf16.txt",
        text("品質方針\n\n不良品を出さない。", "utf-16"),
        ["品質方針", "不良品を出さない。"],
        ["\ufeff", "\x00"],
    ),
    (
        "made.json",
        text(
            json.dumps(
                {
                    "title": "Plant",
                    "site": {"town": "Okaya", "halls": [1, 2]},
                    "note": "x " * 400,
                    "machines": [{"id": "MC-3", "rpm": 12000}, {"id": "MC-4", "rpm": 9000}],
                }
            )
        ),
        ["Plant", "town: Okaya\nhalls: 1, 2", "id: MC-4; rpm: 9000", "'part': '$.machines'", "'part': '$.site'"],
        ['"'],
    ),
    (
        "made.jsonl",
        text('{"q": "Why?", "a": {"b": 1}}\n{"q": "How?", "a": {"b": 2}}\nnot json\n'),
        ["q: Why?; a.b: 1", "'row': 2"],
        ["not json"],
    ),
    (
        "made.xml",
        text("<?xml version='1.0'?><notes><note>Close the door.</note><note>Oil it.</note></notes>"),
        ["Close the door.", "Oil it."],
        ["<note"],
    ),
]


@pytest.mark.parametrize(("name", "make", "must", "must_not"), MADE, ids=[row[0] for row in MADE])
def test_a_made_file_says_what_is_in_it(
    name: str, make: Callable[[Path], object], must: list[str], must_not: list[str], tmp_path: Path
) -> None:
    path = tmp_path / name
    make(path)
    drafts, _ = read(path)
    shown = said(drafts)
    assert [part for part in must if part not in shown] == [], shown
    assert [part for part in must_not if part in shown] == [], shown


@pytest.mark.parametrize(("name", "content"), [("a.md", MARKDOWN), ("a.txt", PLAIN)])
def test_the_characters_of_a_passage_are_those_of_the_file(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    for draft in read(path)[0]:
        if draft.kind == "passage":
            assert draft.locator.chars is not None
            assert content[slice(*draft.locator.chars)] == draft.text


def test_reading_a_file_twice_says_the_same(tmp_path: Path) -> None:
    docx(tmp_path / "a.docx")
    assert read(tmp_path / "a.docx") == read(tmp_path / "a.docx")


def test_a_box_encloses_exactly_the_lines_of_its_passage(tmp_path: Path) -> None:
    pdf(tmp_path / "a.pdf")
    first = read(tmp_path / "a.pdf")[0][1]
    assert first.locator.box is not None
    left, top, right, bottom = first.locator.box
    assert 59 < left < 62 and 95 < top < 105 and bottom < 135 and right < 595


def test_a_box_on_a_turned_page_is_where_a_person_sees_it(tmp_path: Path) -> None:
    turned_pdf(tmp_path / "a.pdf")
    box = read(tmp_path / "a.pdf")[0][0].locator.box
    assert box is not None
    assert box == pytest.approx((50, 20, 190, 33), abs=6)


def test_a_mail_in_a_mail_in_a_mail_is_no_trouble(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "innermost"
    message.set_content("core")
    for depth in range(60):
        outer = EmailMessage()
        outer["Subject"] = f"level {depth}"
        outer["From"] = "a@b"
        outer.set_content("see below")
        outer.add_attachment(message)
        message = outer
    (tmp_path / "a.eml").write_bytes(bytes(message))
    assert "see below" in said(read(tmp_path / "a.eml")[0])


def test_an_epub_protected_against_copying_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.epub"
    epub(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("META-INF/encryption.xml", '<encryption><CipherReference URI="OEBPS/two.xhtml"/></encryption>')
    with pytest.raises(UnreadableSource, match="encrypted"):
        read(path)


def test_the_sample_firm_is_read_whole_and_clean() -> None:
    from tests.conftest import FIRM

    for path in sorted(FIRM.rglob("*")):
        if path.is_file() and path.suffix in (
            ".docx",
            ".pptx",
            ".pdf",
            ".md",
            ".txt",
            ".html",
            ".eml",
            ".epub",
            ".json",
        ):
            drafts, _ = read(path)
            assert drafts, path
            shown = said(drafts)
            assert not [bad for bad in ("\ufffd", "\x00", "<p>", "=?", "\xad") if bad in shown], path
