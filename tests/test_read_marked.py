"""What stands in a file by its marks: lowered, struck out, ticked, numbered by itself, in formulas and in charts."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import Any

import docx
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree
from pptx.chart.data import BubbleChartData, CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml as parse_drawing
from pptx.util import Inches

from ingest.readers import equation, fields, invitation
from ingest.readers.message import header
from ingest.reading import Read

from .reading import column, read_file, rows, words, written

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def page(tmp_path: Path, text: str) -> str:
    return words(written(tmp_path / "a.html", f"<html><body>{text}"))


def document(tmp_path: Path, *paragraphs: str) -> str:
    """What a document of these paragraphs, each written as its XML, says."""
    whole = docx.Document()
    for inside in paragraphs:
        whole.element.body.insert(-1, parse_xml(f'<w:p {nsdecls("w")} xmlns:m="{MATH}">{inside}</w:p>'))
    whole.save(str(tmp_path / "a.docx"))
    return words(read_file(tmp_path / "a.docx"))


def run(text: str, how: str = "") -> str:
    style = f'<w:rPr><w:vertAlign w:val="{how}"/></w:rPr>' if how else ""
    return f"<w:r>{style}<w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("100<sub>2</sub>", "100_2"), ("log<sub>10</sub>2", "log₁₀ 2"), ("H<sub>2</sub>O", "H₂O"), ("(x)<sub>1</sub>", "(x)_1"),
        ("10<sup>2.5</sup>", "10^2.5"), ("1,500<sup>1)</sup>円", "1,500^1)円"), ("3<sup>1</sup>/<sub>2</sub>", "3 1/2"),
        ("x<sub>max</sub>", "xmax"), ("10<sup>3</sup>5", "10^3 5"), ("10<span style='vertical-align: super'>3</span>", "10^3"),
        ("1,500<sup>*1</sup>円", "1,500^*1円"), ("売上<sup>1,2</sup>", "売上¹,²"), ("x<sup>2.5</sup>", "x^2.5"),
        ("売上<sup>※1</sup>", "売上※1"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO₄²⁻"),
    ],
)  # fmt: skip
def test_a_lowered_figure_joins_no_other(tmp_path: Path, text: str, said: str) -> None:
    assert page(tmp_path, f"<p>{text}</p>") == said
    found = written(tmp_path / "b.html", f"<table><tr><th>a<th>b<tr><td>p<td>{text}<tr><td>q<td>w</table>")
    assert rows(found)[0] == f"a: p; b: {said}"


def test_lowered_runs_of_a_document_join_no_figure(tmp_path: Path) -> None:
    base = run("100") + run("2", "subscript")
    parted = run("10") + run("−", "superscript") + run("1", "superscript") + run("2", "superscript") + run("5 m")
    assert document(tmp_path, base, parted) == "100_2\n10^−12 5 m"


def sign(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def part(name: str, text: str) -> str:
    return f"<m:{name}>{sign(text)}</m:{name}>"


HALF = f"<m:f>{part('num', '1')}{part('den', '2')}</m:f>"
LOG = f"<m:sSub>{part('e', 'log')}{part('sub', '2')}</m:sSub>"


@pytest.mark.parametrize(
    ("built", "said"),
    [
        (f"{sign('2')}{HALF}{sign('x')}", "2 1/2 x"), (f"{sign('1')}{sign('2')}", "12"),
        (f"<m:eqArr>{part('e', 'x+y=1')}{part('e', 'x−y=2')}</m:eqArr>", "x+y=1; x−y=2"),
        (f"<m:sPre>{part('sub', '6')}{part('sup', '14')}{part('e', 'C')}</m:sPre>", "^14_6 C"),
        (f"<m:func><m:fName>{LOG}</m:fName>{part('e', '8')}</m:func>", "log_2 8"),
        (f"<m:func>{part('fName', 'sin')}{part('e', 'x+1')}</m:func>", "sin(x+1)"),
        (f"<m:limLow>{part('e', 'lim')}{part('lim', 'n→0')}</m:limLow>", "lim_(n→0)"),
        (f"<m:rad>{part('deg', '3')}{part('e', '8')}</m:rad>", "³√8"),
        (f"<m:rad>{part('deg', 'n')}{part('e', '8')}</m:rad>", "√[n]8"),
        (f'<m:bar><m:barPr><m:pos m:val="top"/></m:barPr>{part("e", "x")}</m:bar>', "x\u0304"),
        (f"<m:acc>{part('e', 'p')}</m:acc>", "p\u0302"), (f"<m:acc>{part('e', 'p+q')}</m:acc>", "(p+q)\u0302"),
        (f'<m:f><m:fPr><m:type m:val="noBar"/></m:fPr>{part("num", "n")}{part("den", "2")}</m:f>', "[n; 2]"),
        (f"<m:sSup>{part('e', 'a+b')}{part('sup', '2')}</m:sSup>", "(a+b)^2"),
        (f"<m:f>{part('num', '1')}{part('den', '2a')}</m:f>", "1/(2a)"),
    ],
)  # fmt: skip
def test_what_is_built_in_an_equation_is_told(built: str, said: str) -> None:
    assert equation.said(etree.fromstring(f'<m:oMath xmlns:m="{MATH}">{built}</m:oMath>')) == said


def test_an_equation_joins_no_figure_beside_it(tmp_path: Path) -> None:
    one = f"<m:oMath>{HALF}</m:oMath>"
    assert document(tmp_path, run("2") + one + run("3"), one + one) == "2 1/2 3\n1/2; 1/2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>です", "2 1/2です"),
        ("<math><mn>2</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "2 1/2"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><msqrt><mn>2</mn><mi>a</mi></msqrt></math>", "x^2+√(2a)"),
        ("<math><mroot><mn>8</mn><mn>3</mn></mroot></math> <math><msub><mi>a</mi><mn>1</mn></msub></math>", "³√8 a_1"),
        ("<math><mi>sin</mi><mo>&#x2061;</mo><mi>x</mi></math>", "sin x"),
        ("<math><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mi>a</mi></mtd></mtr></mtable></math>",
            "[1, 2; a]"),
        ("<math><semantics><mn>5</mn><annotation>five</annotation></semantics></math>", "5"),
        ("<math><mover><mi>x</mi><mo>¯</mo></mover><mo>=</mo><mfenced><mi>a</mi><mi>b</mi></mfenced></math>", "x\u0304=(a, b)"),
        ("<math><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi></math>",
            "∑_(i=1)^n i"),
        ("<math><mmultiscripts><mi>C</mi><mprescripts/><mn>6</mn><mn>14</mn></mmultiscripts></math>", "^14_6 C"),
    ],
)  # fmt: skip
def test_a_formula_of_a_page_is_told_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    assert page(tmp_path, f"<p>{text}</p>") == said


def test_rows_in_a_content_control_are_rows(tmp_path: Path) -> None:
    whole = docx.Document()
    table = whole.add_table(3, 2)
    for cell, text in zip(table._cells, ("品名", "数", "A", "1", "B", "2"), strict=True):
        cell.text = text
    last = table._tbl.tr_lst[2]
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent/></w:sdt>")
    last.addprevious(control)
    control.find(qn("w:sdtContent")).append(last)
    whole.save(str(tmp_path / "a.docx"))
    assert list(column(read_file(tmp_path / "a.docx"), "数").values) == [1, 2]


def field(inside: str = "", code: str = "") -> str:
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{inside}</w:ffData></w:fldChar></w:r>'
    text = f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>'
    return f'{begin}{text}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def test_fields_of_a_form_say_what_is_ticked_and_chosen(tmp_path: Path) -> None:
    on = field('<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>', " FORMCHECKBOX ")
    off = field('<w:checkBox><w:default w:val="1"/><w:checked w:val="0"/></w:checkBox>', " FORMCHECKBOX ")
    choice = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="甲"/><w:listEntry w:val="乙"/></w:ddList>'
    said = document(tmp_path, on + run("電気"), off + run("ガス"), run("等級：") + field(choice, " FORMDROPDOWN "))
    assert said == "☑電気\n☐ガス\n等級：乙"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (" EQ \\o\\ac(○,印) ", "(印)"), (" eq \\f(1,2)", "1/2"), ("EQ \\r(3,8)", "³√8"), (" PAGE ", ""),
        (' EQ \\* jc2 \\* "Font:ＭＳ 明朝" \\* hps10 \\o\\ad(\\s\\up 9(とうきょう),東京)', "東京"),
        ("EQ 10\\s\\up5(3)", "10^3"), ("EQ \\b(\\f(a\\,b,2))", "((a,b)/2)"),
    ],
)  # fmt: skip
def test_a_field_that_draws_signs_says_them(tmp_path: Path, code: str, said: str) -> None:
    assert fields.shown(code) == said
    assert document(tmp_path, run("判 ") + field(code=code)) == f"判 {said}".strip()


def test_a_field_of_switches_without_end_is_read_at_once() -> None:
    assert fields.shown("EQ " + "\\a\\b " * 900).startswith("ab ab")


def test_a_page_says_what_is_ticked(tmp_path: Path) -> None:
    boxes = "<ul><li><label><input type=checkbox checked>電気</label><li><label><input type=checkbox>ガス</label></ul>"
    buttons = "<p><label><input type=radio checked>現金</label><label><input type=RADIO>振込</label>"
    assert page(tmp_path, boxes + buttons) == "- ☑ 電気\n- ☐ ガス\n◉ 現金 ○ 振込"
    assert page(tmp_path, "<label>男</label><label>女</label>計") == "男 女 計"
    cells = "<table><tr><th>名<th>済<tr><td>甲<td><input type=checkbox checked>電気<tr><td>乙<td>ー</table>"
    assert rows(written(tmp_path / "b.html", cells))[0] == "名: 甲; 済: ☑ 電気"


def test_text_with_a_line_through_it_does_not_hold(tmp_path: Path) -> None:
    through = "style='color:red; text-decoration: line-through'"
    text = f"<p {through}>500円<p>400円 <span style='text-decoration-line:line-through'>9</span>"
    table = f"<table><tr><th>品<th>円<tr><td>a<td {through}>5<tr><td>b<td>7<tr hidden><td>c<td>8</table>"
    found = written(tmp_path / "a.html", text + table)
    assert "500" not in words(found) and "9" not in words(found) and "400円" in words(found)
    assert list(column(found, "円").values) == [None, 7]
    assert {"3 struck out stretches were left out", "1 hidden parts were left out"} <= set(found.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<ol reversed><li>金<li>銀<li>銅</ol>", "3. 金\n2. 銀\n1. 銅"), ("<ol type=a><li>x<li>y</ol>", "a. x\nb. y"),
        ("<ol type=I start=4><li>p<li type=i>q</ol>", "IV. p\nv. q"), ("<ol start=0><li>p<li>q</ol>", "0. p\n1. q"),
        ("<ol style='list-style-type: upper-alpha'><li>p</ol>", "A. p"), ("<ol style='list-style: none'><li>p</ol>", "- p"),
        ("<ol type=i start=5000><li>p</ol>", "5000. p"),
        ("<ol reversed start=10><li>p<li value=3>q<li>r</ol>", "10. p\n3. q\n2. r"),
    ],
)  # fmt: skip
def test_items_have_the_numbers_that_a_page_shows(tmp_path: Path, text: str, said: str) -> None:
    assert page(tmp_path, text) == said


def test_what_only_screen_readers_skip_is_seen(tmp_path: Path) -> None:
    found = written(tmp_path / "a.html", "<p>評価 <span aria-hidden=true>★★★</span> <span hidden>x</span></p>")
    assert words(found) == "評価 ★★★" and found.notes == ("1 hidden parts were left out",)


@pytest.fixture
def show() -> Any:
    made = pptx.Presentation()
    made.slides.add_slide(made.slide_layouts[6])
    return made


def saved(tmp_path: Path, show: Any) -> Read:
    show.save(str(tmp_path / "a.pptx"))
    return read_file(tmp_path / "a.pptx")


def charted(show: Any, kind: XL_CHART_TYPE, data: Any) -> Any:
    return show.slides[0].shapes.add_chart(kind, 0, 0, Inches(4), Inches(3), data).chart


def sales() -> CategoryChartData:
    data = CategoryChartData()
    data.categories = [dt.date(2026, 4, 1), dt.date(2026, 5, 1)]
    data.add_series("売上", (10, 12))
    return data


def test_a_chart_over_days_has_days_and_the_titles_of_its_axes(tmp_path: Path, show: Any) -> None:
    chart = charted(show, XL_CHART_TYPE.LINE, sales())
    chart.value_axis.axis_title.text_frame.text = "百万円"
    chart.category_axis.axis_title.text_frame.text = "月"
    found = saved(tmp_path, show)
    assert rows(found) == ["月: 2026-04-01; 売上: 10 百万円", "月: 2026-05-01; 売上: 12 百万円"]
    assert (column(found, "月").type, column(found, "売上").unit) == ("date", "百万円")


def test_figures_that_an_axis_shows_in_millions_are_told_in_them(tmp_path: Path, show: Any) -> None:
    data = CategoryChartData()
    data.categories = ["A"]
    data.add_series("2025年", (12_500_000,))
    axis = charted(show, XL_CHART_TYPE.COLUMN_CLUSTERED, data).value_axis
    axis.axis_title.text_frame.text = "売上高（百万円）"
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    axis._element.append(parse_drawing(f'<c:dispUnits xmlns:c="{space}"><c:builtInUnit val="millions"/></c:dispUnits>'))
    assert rows(saved(tmp_path, show)) == ["category: A; 2025年 売上高: 12.5 百万円"]


def test_all_levels_of_the_categories_of_a_chart_are_told(tmp_path: Path, show: Any) -> None:
    data = CategoryChartData()
    for place in ("東", "西"):
        category = data.add_category(place)
        category.add_sub_category("A")
        category.add_sub_category("B")
    data.add_series("台数", (1, 2, 3, 4))
    charted(show, XL_CHART_TYPE.COLUMN_CLUSTERED, data)
    assert rows(saved(tmp_path, show))[1:3] == ["group: 東; category: B; 台数: 2", "group: 西; category: A; 台数: 3"]


def test_points_and_bubbles_are_tables_of_their_series(tmp_path: Path, show: Any) -> None:
    points, bubbles = XyChartData(), BubbleChartData()
    for series, given in (("荷重", ((0.1, 5), (0.2, 9.5))), ("戻り", ((0.2, 8), (0.1, 4)))):
        drawn = points.add_series(series)
        for x, y in given:
            drawn.add_data_point(x, y)
    bubbles.add_series("店").add_data_point(1, 2, 10)
    chart = charted(show, XL_CHART_TYPE.XY_SCATTER, points)
    chart.value_axis.axis_title.text_frame.text = "kN"
    charted(show, XL_CHART_TYPE.BUBBLE, bubbles)
    assert rows(saved(tmp_path, show)) == [
        "x: 0.1; 荷重: 5 kN", "x: 0.2; 荷重: 9.5 kN", "x: 0.2; 戻り: 8 kN", "x: 0.1; 戻り: 4 kN", "x: 1; 店: 2; size: 10",
    ]  # fmt: skip


def test_a_chart_without_figures_is_said(tmp_path: Path, show: Any) -> None:
    charted(show, XL_CHART_TYPE.LINE, CategoryChartData())
    assert saved(tmp_path, show).notes == ("a chart holds no figures",)


def test_a_chart_in_a_document_is_the_table_it_was_drawn_from(tmp_path: Path, show: Any) -> None:
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    blob = charted(show, XL_CHART_TYPE.LINE, sales()).part.blob
    whole = docx.Document()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    part = Part(
        PackURI("/word/charts/chart1.xml"), "application/vnd.openxmlformats-officedocument.drawingml.chart+xml", blob
    )
    id = whole.part.relate_to(part, f"{kind}/chart")
    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    drawn = f'<w:drawing><c:chart xmlns:c="{space}" xmlns:r="{kind}" r:id="{id}"/></w:drawing>'
    whole.add_paragraph("推移").add_run()._r.append(
        parse_xml(drawn.replace("<w:drawing", f"<w:drawing {nsdecls('w')}"))
    )
    whole.save(str(tmp_path / "a.docx"))
    assert rows(read_file(tmp_path / "a.docx")) == ["category: 2026-04-01; 売上: 10", "category: 2026-05-01; 売上: 12"]


def test_a_cell_of_a_slide_belongs_to_all_its_columns(tmp_path: Path, show: Any) -> None:
    cells = show.slides[0].shapes.add_table(3, 3, 0, 0, Inches(5), Inches(2)).table
    for cell, text in zip(cells.iter_cells(), ("区分", "4月", "", "", "計画", "実績", "売上", "10", "12"), strict=True):
        cell.text = text
    cells.cell(0, 1).merge(cells.cell(0, 2))
    cells.cell(0, 0).merge(cells.cell(1, 0))
    assert rows(saved(tmp_path, show)) == ["区分: 売上; 4月 / 計画: 10; 4月 / 実績: 12"]


A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def textbox(show: Any, inside: str) -> None:
    body = show.slides[0].shapes.add_textbox(0, 0, Inches(4), Inches(2)).text_frame._txBody
    for old in body.findall("{*}p"):
        body.remove(old)
    for paragraph in parse_drawing(f"<a:x {A} xmlns:m='{MATH}'>{inside}</a:x>"):
        body.append(paragraph)


def test_what_is_struck_out_on_a_slide_does_not_hold(tmp_path: Path, show: Any) -> None:
    struck = '<a:r><a:rPr strike="sngStrike"/><a:t>1,000円</a:t></a:r>'
    textbox(show, f'<a:p>{struck}<a:r><a:t>800円 CO</a:t></a:r><a:r><a:rPr baseline="-25000"/><a:t>2</a:t></a:r></a:p>')
    found = saved(tmp_path, show)
    assert words(found) == "800円 CO₂"
    assert found.notes == ("slide 1: 1 struck out stretches were left out",)


def test_paragraphs_of_a_slide_have_their_numbers(tmp_path: Path, show: Any) -> None:
    numbered = '<a:p><a:pPr{}><a:buAutoNum type="{}"{}/></a:pPr><a:r><a:t>{}</a:t></a:r></a:p>'
    given = [
        ("", "arabicPeriod", "", "煮る"), (' lvl="1"', "alphaLcParenR", "", "弱火"), (' lvl="1"', "alphaLcParenR", "", "強火"),
        ("", "arabicPeriod", "", "焼く"), ("", "circleNumDbPlain", ' startAt="3"', "盛る"),
    ]  # fmt: skip
    textbox(show, "".join(numbered.format(*one) for one in given))
    assert words(saved(tmp_path, show)) == "1. 煮る\na) 弱火\nb) 強火\n2. 焼く\n③ 盛る"


def test_an_equation_on_a_slide_is_told(tmp_path: Path, show: Any) -> None:
    office = "http://schemas.microsoft.com/office/drawing/2010/main"
    textbox(show, f'<a:p><a:r><a:t>2</a:t></a:r><n:m xmlns:n="{office}"><m:oMath>{HALF}</m:oMath></n:m></a:p>')
    shape = show.slides[0].shapes[0]._element
    names = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    whole = etree.SubElement(shape.getparent(), f"{{{names}}}AlternateContent")
    etree.SubElement(whole, f"{{{names}}}Choice").append(shape)
    assert words(saved(tmp_path, show)) == "2 1/2"


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
SUMMARY:定例
DTSTART;TZID=Asia/Tokyo:20260601T100000
RRULE:FREQ=WEEKLY
RDATE;TZID=Asia/Tokyo:20260603T100000,20260604T100000
URL:https://x.example/meet
CATEGORIES:社内,重要
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Asia/Tokyo:20260608T100000
SUMMARY:定例
DTSTART;TZID=Asia/Tokyo:20260609T140000
END:VEVENT
BEGIN:VJOURNAL
SUMMARY:日報
DESCRIPTION:本日休業
END:VJOURNAL
END:VCALENDAR
"""


def test_a_changed_day_of_a_series_says_which_one_it_replaces(tmp_path: Path) -> None:
    series, changed, entry = invitation.told(CALENDAR.replace("\n", "\r\n"))
    assert "Changed: 2026-06-08 10:00 (Asia/Tokyo)" in series.splitlines()
    assert "Also on: 2026-06-03 10:00 (Asia/Tokyo), 2026-06-04 10:00 (Asia/Tokyo)" in series
    assert "Link: https://x.example/meet" in series and "Categories: 社内,重要" in series
    assert changed.splitlines()[1:] == [
        "Replaces the one of: 2026-06-08 10:00 (Asia/Tokyo)", "Start: 2026-06-09 14:00 (Asia/Tokyo)",
    ]  # fmt: skip
    assert entry == "Entry: 日報\nAbout: 本日休業"


def mail(tmp_path: Path, kind: str, body: bytes) -> str:
    head = f"Subject: s\nFrom: a@b.example\nContent-Type: text/plain; {kind}\nContent-Transfer-Encoding: 8bit\n\n"
    return words(written(tmp_path / "a.eml", head.encode() + body))


def test_lines_broken_on_the_way_are_whole_again(tmp_path: Path) -> None:
    body = "この見積は \n1,2 \n00円です。\n終\n> 数は \n> 3 \n\n-- \n青木\n".encode()
    said = mail(tmp_path, "charset=utf-8; format=flowed; delsp=yes", body)
    assert "この見積は1,200円です。\n終" in said and "数は3" in said and "青木" in said
    said = mail(tmp_path, "charset=utf-8; format=flowed", b"one two \nthree\n > 5\n> > x \n> > y\n")
    assert "one two three" in said and "x y" in said and "> 5" in said


def test_half_width_kana_of_a_mail_are_read(tmp_path: Path) -> None:
    said = mail(tmp_path, "charset=iso-2022-jp", b"\x1b$B-!\x1b(B \x1b(I1\x32\x1b(B \x1b$B-j\x1b(BABC")
    assert "① ｱｲ ㈱ABC" in said
    assert words(written(tmp_path / "a.txt", b"\x1b(I1\x32\x1b(B \x1b$B8+@Q\x1b(B 5")) == "ｱｲ 見積 5"
    subject = "=?ISO-2022-JP?B?" + base64.b64encode(b"\x1b$B-!\x1b(B\x1b(I1\x1b(B").decode() + "?="
    assert header(subject) == "①ｱ"


# -- style sheets --------------------------------------------------------------------------------------------


def test_what_a_style_sheet_strikes_out_is_left_out_and_said(tmp_path: Path) -> None:
    sheet = """<style>/* .new {text-decoration: line-through} */ @charset "utf-8";
        .old, b.gone { color: red; text-decoration: line-through } #x{text-decoration-line:line-through}
        @media print { .new { text-decoration: line-through } } .back {text-decoration: line-through}
        .back { text-decoration: none }</style>"""
    cells = '<table><tr><th>Part<th>Price<tr><td>Bolt<td><i class="big old">9 EUR</i> 7 EUR<tr><td>Nut<td>3 EUR</table>'
    said = page(
        tmp_path,
        f'{sheet}<p>Open <b class="gone">Monday</b> <b class="new">Tuesday</b> <i class="gone">always</i> '
        f'<u id="x">never</u> <u class="back">again</u>{cells}',
    )
    assert "Open Tuesday always again" in said and "Part: Bolt; Price: 7 EUR" in said
    assert not any(word in said for word in ("Monday", "never", "9 EUR"))
    assert any("struck out" in note for note in written(tmp_path / "b.html", f"{sheet}<p>x <b class=gone>y</b>").notes)


BANDS = "<tr><td colspan=2>飲料<tr><td>緑茶<td>150<tr><td colspan=2>菓子<tr><td>飴<td>90"


def test_a_cell_across_a_page_s_table_opens_a_part_of_it_or_remarks_on_it(tmp_path: Path) -> None:
    found = written(tmp_path / "a.html", f"<table><tr><th>品名<th>価格(円){BANDS}</table>")
    assert rows(found) == ["飲料", "飲料; 品名: 緑茶; 価格: 150 JPY", "菓子", "菓子; 品名: 飴; 価格: 90 JPY"]
    assert (column(found, "価格").type, column(found, "価格").values) == ("number", [150, 90])


def test_a_label_that_reaches_over_further_columns_is_none_of_their_values(tmp_path: Path) -> None:
    lines = "<tr><td>紙<td>2<td>480<tr><td>筆<td>10<td>980<tr><td colspan=2>送料<td>550"
    found = written(tmp_path / "a.html", f"<table><tr><th>品<th>数<th>額{lines}</table>")
    assert (column(found, "数").type, column(found, "数").values) == ("number", [2, 10, None])
    assert rows(found)[-1] == "品: 送料; 額: 550"


def titles(found: Read) -> list[str]:
    return [draft.title for draft in found.drafts]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.html", "<h1>総則</h1><p>目的。</p><h1>休暇</h1><p>20日。</p>", ["a > 総則", "a > 休暇"]),
        ("a.html", "<h1>就業規則</h1><p>前文。</p><h2>休暇</h2><p>20日。</p>", ["就業規則", "就業規則 > 休暇"]),
        ("a.md", "# 総則\n\n目的。\n\n# 休暇\n\n20日。\n", ["a > 総則", "a > 休暇"]),
        ("a.md", "# 手引\n\n目的。\n\n```\n# make\nrun\n```\n\n## 休暇\n\n20日。\n", ["手引", "手引 > 休暇"]),
    ],
)  # fmt: skip
def test_a_heading_is_the_title_only_where_no_other_is_its_equal(
    tmp_path: Path, name: str, text: str, said: list[str]
) -> None:
    found = titles(written(tmp_path / name, text))
    assert (found[0], found[-1]) == (said[0], said[-1])


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["1総則", "目的。", "1休暇", "20日。"], "a > 休暇"),
        (["1就業規則", "1総則", "目的。", "1休暇", "20日。"], "就業規則 > 休暇"),
        (["1規則", "前文。", "2休暇", "20日。"], "規則 > 休暇"),
        (["0規則", "1総則", "目的。", "1休暇", "20日。"], "規則 > 休暇"),
    ],
)  # fmt: skip
def test_a_heading_of_a_document_is_its_title_only_where_no_other_goes_on_from_it(
    tmp_path: Path, lines: list[str], title: str
) -> None:
    whole = docx.Document()
    for line in lines:
        if line[0].isdigit() and not line.endswith("。"):
            whole.add_heading(line[1:], int(line[0]))
        else:
            whole.add_paragraph(line)
    whole.save(str(tmp_path / "a.docx"))
    assert titles(read_file(tmp_path / "a.docx"))[-1] == title
