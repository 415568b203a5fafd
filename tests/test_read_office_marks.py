"""What office files and pages mark by how it stands: raised, struck out, filled in, numbered, labels beside values."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers.raised import above

from .reading import read_file


def rows(tmp_path: Path, name: str, text: str) -> list[str]:
    (tmp_path / name).write_text(text, "utf-8")
    return [one.text for one in read_file(tmp_path / name).drafts if one.kind == "row"]


@pytest.mark.parametrize(
    "text",
    [
        "店舗,在庫\n東京,12\n大阪,品切れ\n福岡,3\n",
        "氏名,点数\n佐藤,80\n鈴木,欠席\n高橋,75\n田中,90\n",
        "item,date\na,2024-05-01\nb,2024-05-02\nc,open\n",
        "item,state\na,12\nb,sold out\nc,not weighed\nd,hidden\n",
    ],
)
def test_a_table_of_two_columns_with_an_exception_keeps_its_rows(tmp_path: Path, text: str) -> None:
    assert len(rows(tmp_path, "a.csv", text)) == text.count("\n") - 1


def test_a_form_in_a_file_of_text_is_still_one(tmp_path: Path) -> None:
    assert len(rows(tmp_path, "a.csv", "Machine:,CNC-7\nSerial:,123\nMade:,2026-05-01\n")) == 1


HEADED = "<table><tr><th>品名<th>数量<tr><td>軸受<td>12<tr><td>歯車<td>3<tr><td colspan=2>注: 税抜</table>"
BESIDE = "<table><tr><th>型番<td>A-1<tr><th>重量<td>2.5kg<tr><th>発売日<td>令和6年4月1日</table>"


def test_what_a_page_marks_as_header_is_one(tmp_path: Path) -> None:
    assert rows(tmp_path, "a.html", HEADED)[:2] == ["品名: 軸受; 数量: 12", "品名: 歯車; 数量: 3"]
    assert rows(tmp_path, "b.html", BESIDE) == ["型番: A-1; 重量: 2.5kg; 発売日: 令和6年4月1日"]


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        ("10", "3", "^3"), ("(a+1)", "2", "^2"), ("10", "−6", "^−6"), ("m", "2", "²"), ("売上高", "1", "¹"), ("x", "th", "th"),
        ("1", "st", "st"),
    ],
)  # fmt: skip
def test_a_raised_figure_is_told_as_raised(before: str, text: str, said: str) -> None:
    assert above(before, text) == said


def test_an_exponent_never_joins_its_figure(tmp_path: Path) -> None:
    import docx

    page = "<p>area 5<sup>2</sup> m<sup>2</sup><table><tr><th>n<th>cfu<tr><td>a<td>10<sup>3</sup><tr><td>b<td>7</table>"
    (tmp_path / "a.html").write_text(page)
    whole = docx.Document()
    paragraph = whole.add_paragraph("10")
    paragraph.add_run("3").font.superscript = True
    whole.save(str(tmp_path / "b.docx"))
    said = [one.text for name in ("a.html", "b.docx") for one in read_file(tmp_path / name).drafts]
    assert "area 5^2 m²" in said and "n: a; cfu: 10^3" in said and "10^3" in said


def test_what_is_struck_out_or_deleted_does_not_hold_and_is_said(tmp_path: Path) -> None:
    import docx

    whole = docx.Document()
    paragraph = whole.add_paragraph("定価")
    paragraph.add_run("12,000円").font.strike = True
    paragraph.add_run("9,800円")
    whole.save(str(tmp_path / "a.docx"))
    (tmp_path / "b.html").write_text("<p>price <del>12</del> 9 EUR<p style='display: none'>secret")
    read = read_file(tmp_path / "a.docx")
    drafts, notes = read.drafts, read.notes
    assert [one.text for one in drafts] == ["定価9,800円"]
    assert "1 struck out stretches were left out" in notes
    read = read_file(tmp_path / "b.html")
    drafts, notes = read.drafts, read.notes
    assert "12" not in drafts[0].text and "secret" not in drafts[0].text
    assert set(notes) >= {"1 struck out stretches were left out", "1 hidden parts were left out"}


def test_a_note_mark_that_is_a_link_is_raised_too(tmp_path: Path) -> None:
    table = "<table><tr><th>品<th>額<tr><td>軸<td>1,500<sup><a href='#n'>2</a></sup>円<tr><td>輪<td>7<sup>注</sup>円</table>"
    (tmp_path / "a.html").write_text(f"<p>合計1,500<sup><b>2</b></sup>円{table}", "utf-8")
    said = [one.text for one in read_file(tmp_path / "a.html").drafts]
    assert "合計1,500^2円" in said and "品: 軸; 額: 1,500^2円" in said and "品: 輪; 額: 7注円" in said


def test_an_exponent_on_a_slide_never_joins_its_figure(tmp_path: Path) -> None:
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    box = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.paragraphs[0]
    cell = slide.shapes.add_table(2, 2, 0, Inches(2), Inches(3), Inches(1)).table.cell(1, 1).text_frame.paragraphs[0]
    for paragraph in (box, cell):
        paragraph.add_run().text = "10"
        raised = paragraph.add_run()
        raised.text = "3"
        raised.font._rPr.set("baseline", "30%" if paragraph is box else "30000")
        paragraph.add_line_break()
        paragraph.add_run().text = "cfu"
    show.save(str(tmp_path / "a.pptx"))
    said = "\n".join(one.text for one in read_file(tmp_path / "a.pptx").drafts)
    assert said.count("10^3") >= 2 and "103" not in said and said.count("cfu") >= 2


def test_a_long_numbered_list_and_figures_without_end_are_read(tmp_path: Path) -> None:
    items = "<li>x" * 20_000
    (tmp_path / "a.html").write_text(f"<ol start={'9' * 5_000}>{items}</ol><ol><li value={'1' * 5_000}>y</ol>")
    drafts = read_file(tmp_path / "a.html").drafts
    assert "1019999. x" in drafts[-2].text + drafts[-1].text and "1000000. y" in drafts[-1].text


@pytest.mark.parametrize(
    ("font", "code", "said"), [("Symbol", "F06C", "λ"), ("Wingdings", "F06C", "●"), ("Wingdings", "F0FE", "☑")]
)
def test_a_symbol_is_told_by_its_font(tmp_path: Path, font: str, code: str, said: str) -> None:
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    whole = docx.Document()
    run = whole.add_paragraph("済 ").add_run()
    run._r.append(parse_xml(f'<w:sym {nsdecls("w")} w:font="{font}" w:char="{code}"/>'))
    whole.save(str(tmp_path / "a.docx"))
    assert read_file(tmp_path / "a.docx").drafts[0].text == f"済 {said}"


def test_a_symbol_of_a_font_is_the_character_it_shows(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    whole = docx.Document()
    paragraph = whole.add_paragraph("誤差は")
    for code in ("F0B1", "F020"):
        run = paragraph.add_run()
        run._r.append(parse_xml(f'<w:sym {nsdecls("w")} w:font="Symbol" w:char="{code}"/>'))
    paragraph.add_run("0.5")
    whole.save(str(tmp_path / "a.docx"))
    read = read_file(tmp_path / "a.docx")
    drafts, notes = read.drafts, read.notes
    assert drafts[0].text == "誤差は±0.5"
    assert any("no known encoding" in note for note in notes)


def test_a_page_is_read_with_what_is_filled_in_and_its_numbers(tmp_path: Path) -> None:
    page = """<p>温度 <input value="25℃"> <input type="hidden" value="token"> <textarea>memo 7</textarea>
        <select><option>oil<option selected>water</select></p><ol start=5><li>open<li value=9>close<li>lock</ol>"""
    (tmp_path / "a.html").write_text(page, "utf-8")
    said = "\n".join(one.text for one in read_file(tmp_path / "a.html").drafts)
    assert "温度 25℃" in said and "memo 7" in said and "water" in said and "oil" not in said and "token" not in said
    assert "5. open\n9. close\n10. lock" in said


def test_what_is_hidden_in_a_mail_is_said(tmp_path: Path) -> None:
    mail = "Subject: s\nFrom: a@b.example\nContent-Type: text/html; charset=utf-8\n\n"
    (tmp_path / "a.eml").write_text(f"{mail}<p>price <s>12</s> 9 EUR<div style='display:none'>x</div>", "utf-8")
    notes = read_file(tmp_path / "a.eml").notes
    assert {"1 struck out stretches were left out", "1 hidden parts were left out"} <= set(notes)


def test_the_senders_words_behind_a_quotation_are_no_quotation(tmp_path: Path) -> None:
    mail = "Subject: re\nFrom: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n"
    body = "回答します。\n\n> 数量は?\n12個です。\n\n> 納期は?\n4月12日です。\n"
    (tmp_path / "a.eml").write_text(mail + body, "utf-8")
    title = {one.text: one.title for one in read_file(tmp_path / "a.eml").drafts}
    assert "Quoted" in title["数量は?"] and "Quoted" not in title["12個です。"] + title["4月12日です。"]


INVITATION = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:Fair
{}
ATTENDEE;CN=Sato;PARTSTAT=DECLINED:mailto:sato@b.example
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("DTSTART;VALUE=DATE:20240501\nDTEND;VALUE=DATE:20240504", ["Start: 2024-05-01", "End: 2024-05-03"]),
        ("DTSTART;VALUE=DATE:20240501\nDTEND;VALUE=DATE:20240502", ["End: 2024-05-01"]),
        ("DTSTART;VALUE=DATE:20240501\nDURATION:P2D", ["Start: 2024-05-01", "End: 2024-05-02"]),
        ("DTSTART:20240501T090000\nDURATION:PT45M", ["Start: 2024-05-01 09:00", "End: 2024-05-01 09:45"]),
        ("DTSTART:20240403T090000\nRRULE:FREQ=WEEKLY\nEXDATE:20240417T090000", ["Except: 2024-04-17 09:00"]),
    ],
)
def test_an_invitation_says_its_last_day_its_length_and_its_exceptions(when: str, said: list[str]) -> None:
    from ingest.readers.invitation import told

    (text,) = told(INVITATION.format(when).replace("\n", "\r\n"))
    assert [line for line in said if line not in text] == [] and "Sato <sato@b.example> (declined)" in text


@pytest.mark.parametrize("days", ["R6.4.1,R元.5.1", "R6/4/1,R6/5/31"])
def test_short_eras_are_days_in_a_column_of_days(tmp_path: Path, days: str) -> None:
    (tmp_path / "a.csv").write_text("日付,額\n" + "\n".join(f"{day},5" for day in days.split(",")), "utf-8")
    columns = [one for one in read_file(tmp_path / "a.csv").drafts if one.kind == "column"]
    assert columns[0].facts["type"] == "date"


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def run(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (f"<m:f><m:num>{run('1')}</m:num><m:den>{run('2')}</m:den></m:f>", "1/2"),
        (f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:sSup><m:e>{run('10')}</m:e><m:sup>{run('3')}</m:sup></m:sSup>", "10^3"),
        (f"<m:sSub><m:e>{run('x')}</m:e><m:sub>{run('12')}</m:sub></m:sSub>", "x_12"),
        (f"<m:rad><m:deg/><m:e>{run('2')}</m:e></m:rad>", "√2"),
        (f"<m:d><m:e>{run('a')}</m:e></m:d>", "(a)"),
        (f"<m:m><m:mr><m:e>{run('1')}</m:e><m:e>{run('2')}</m:e></m:mr><m:mr><m:e>{run('3')}</m:e></m:mr></m:m>", "[1, 2; 3]"),
    ],
)  # fmt: skip
def test_an_equation_keeps_its_build_in_one_line(tmp_path: Path, built: str, said: str) -> None:
    import docx
    from docx.oxml import parse_xml

    whole = docx.Document()
    paragraph = whole.add_paragraph("x = ")
    paragraph._p.append(parse_xml(f'<m:oMath xmlns:m="{MATH}">{built}</m:oMath>'))
    paragraph.add_run(" holds")
    whole.save(str(tmp_path / "a.docx"))
    assert read_file(tmp_path / "a.docx").drafts[0].text == f"x = {said} holds"


def test_the_values_of_a_chart_have_the_unit_of_their_format(tmp_path: Path) -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    data = CategoryChartData()
    data.categories = ["April", "May"]
    data.add_series("share", (0.35, 0.4), "0%")
    data.add_series("price", (1200, 900), '#,##0"円/kg"')
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(4), Inches(3), data)
    show.save(str(tmp_path / "a.pptx"))
    said = [one.text for one in read_file(tmp_path / "a.pptx").drafts if one.kind == "row"]
    assert said == ["category: April; share: 35%; price: 1200 円/kg", "category: May; share: 40%; price: 900 円/kg"]


def test_a_page_says_what_its_pictures_are_said_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p>See <img src=x alt="pump P-7 from the left"> here<p><img src=y alt="">.')
    said = [one.text for one in read_file(tmp_path / "a.html").drafts]
    assert "See [Picture: pump P-7 from the left] here" in "\n".join(said) and "[Picture: ]" not in "\n".join(said)


def test_a_chapter_says_what_of_it_does_not_hold(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.epub", "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", '<c><rootfile full-path="o.opf"/></c>')
        book.writestr(
            "o.opf",
            '<package><metadata/><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>',
        )
        book.writestr("a.xhtml", "<html><body><p>price <del>12</del> 9 EUR</p><p hidden='hidden'>x</p></body></html>")
    notes = read_file(tmp_path / "a.epub").notes
    assert {
        "chapter 1: 1 struck out stretches were left out",
        "chapter 1: 1 hidden parts were left out",
    } <= set(notes)
