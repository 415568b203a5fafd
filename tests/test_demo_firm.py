"""The sample firm is consistent: every expected answer stands where its question says, every number can be recomputed.

Files are read here with plain libraries, independent of the product's own readers.
"""

from __future__ import annotations

import csv
import datetime
import email
import email.policy
import itertools
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

DEMO = Path(str(files("assistant.app.demo")))
FIRM = DEMO / "firm"
MAKER = Path(__file__).parent / "data" / "make_firm.py"
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (DEMO / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]
POLICY = yaml.safe_load((DEMO / "scopes.yaml").read_text(encoding="utf-8"))
REAL_FIRMS = [
    "kitamura",
    "mazak",
    "okuma",
    "makino",
    "fanuc",
    "mitsubishi",
    "toyota",
    "honda",
    "nissan",
    "denso",
    "omron",
    "keyence",
    "nsk",
    "ntn",
    "thk",
    "jtekt",
    "yaskawa",
    "hitachi",
    "toshiba",
    "panasonic",
    "sony",
    "yamato",
    "sagawa",
    "siemens",
    "bosch",
    "skf",
    "schaeffler",
    "grundfos",
    "ebara",
    "iwaki",
    "epson",
    "nidec",
]


def _docx(path: Path) -> str:
    import docx

    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def _pdf(path: Path, page: int | None) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        chosen = range(len(document)) if page is None else [page - 1]
        return "\n".join(document[number].get_textpage().get_text_range() for number in chosen)


def _pptx(path: Path, page: int | None) -> str:
    import pptx

    slides = list(pptx.Presentation(str(path)).slides)
    texts = []
    for slide in slides if page is None else [slides[page - 1]]:
        texts += [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        texts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(texts)


def _xlsx(path: Path, sheet: str | None = None) -> dict[str, list[list[Any]]]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return {title: [list(row) for row in book[title].values] for title in ([sheet] if sheet else book.sheetnames)}


def _mail(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body()
    assert body is not None
    return f"{message['From']}\n{message['Subject']}\n{body.get_content()}"


def _epub(path: Path) -> str:
    with zipfile.ZipFile(path) as book:
        return "\n".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml"))


def text_of(name: str, locator: dict[str, Any]) -> str:
    """The words of a file, or of the page that `locator` names."""
    path, page = FIRM / name, locator.get("page")
    match path.suffix:
        case ".docx":
            text = _docx(path)
        case ".pdf":
            text = _pdf(path, page)
        case ".pptx":
            text = _pptx(path, page)
        case ".eml":
            text = _mail(path)
        case ".epub":
            text = _epub(path)
        case ".txt":
            data = path.read_bytes()
            text = data.decode("cp932" if name.endswith("leave-rules-ja.txt") else "utf-8-sig")
        case _:
            text = path.read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", text)


def everything_written() -> str:
    """All text of the firm in one string, lower case."""
    readable = [
        path
        for path in sorted(FIRM.rglob("*"))
        if path.suffix in {".docx", ".pdf", ".pptx", ".eml", ".epub", ".txt", ".md", ".html", ".yaml", ".json", ".csv"}
    ]
    parts = [text_of(str(path.relative_to(FIRM)), {}) for path in readable]
    parts += [str(_xlsx(path)) for path in sorted(FIRM.rglob("*.xlsx"))]
    return "\n".join(parts).lower()


def test_questions_are_as_many_of_each_kind_as_the_evaluation_needs() -> None:
    """Sixty questions: enough from documents, a third beyond them, some without an answer, some in Japanese."""
    kinds = Counter(question["kind"] for question in QUESTIONS)
    documents = [q for q in ANSWERABLE if q["modality"] == "text" and not q["needs"]]
    beyond = [q for q in ANSWERABLE if q["modality"] != "text" or q["needs"]]
    assert 48 <= len(QUESTIONS) <= 60
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len(documents) >= 25
    assert len(beyond) * 3 >= len(QUESTIONS)
    assert 8 <= kinds["unanswerable"] <= 12
    assert kinds["exact"] >= 4 and kinds["cross"] >= 4 and kinds["forbidden-lookalike"] >= 3
    assert 6 <= sum(question["lang"] == "ja" for question in QUESTIONS) <= 8


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: str(question["id"]))
def test_sources_exist_and_lie_in_the_scopes_that_are_named(question: dict[str, Any]) -> None:
    """Every file a question names is there, in a folder that is one of its scopes."""
    names = question["source"] + question["needs"]
    assert names and all((FIRM / name).is_file() for name in names)
    assert {name.split("/")[0] for name in question["needs"] or question["source"]} == set(question["scope"])


@pytest.mark.parametrize(
    "question",
    [q for q in ANSWERABLE if q["modality"] in {"text", "concept"} and len(q["source"]) == 1],
    ids=lambda question: str(question["id"]),
)
def test_answer_stands_in_its_source(question: dict[str, Any]) -> None:
    """The expected fact is written, word for word, in the named file and on the named page."""
    assert question["answer"] in text_of(question["source"][0], question["locator"])


def test_people_who_may_be_answered_follow_from_the_scopes() -> None:
    """`who` is exactly those who read all scopes of the question; the owner reads everything."""

    def of_role(name: str) -> set[str]:
        role = POLICY["roles"][name]
        return set(role["reads"]).union(*map(of_role, role.get("inherits", [])))

    now, reads = POLICY["as_of"], {}
    for person, facts in POLICY["people"].items():
        granted = {g["scope"] for g in facts.get("grants", []) if g["from"] <= now <= g["until"]}
        reads[person] = granted.union(*map(of_role, facts["roles"]))
    assert len(reads) == 6 and reads[POLICY["owner"]] == set(POLICY["scopes"])
    assert {path.name for path in FIRM.iterdir()} == set(POLICY["scopes"])
    for question in ANSWERABLE:
        assert set(question["who"]) == {p for p, scopes in reads.items() if scopes >= set(question["scope"])}
        assert POLICY["owner"] in question["who"]


def _answer(start: str) -> str:
    return next(str(q["answer"]) for q in QUESTIONS if q["question"].startswith(start))


def test_table_answers_are_what_the_rows_say() -> None:
    """Sums, counts and the largest row, computed again from the files, equal the expected answers."""
    rows = _xlsx(FIRM / "sales/orders-2026.xlsx", "Orders")["Orders"]
    orders = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert len(orders) == 120
    assert all(order["Amount [JPY]"] == order["Quantity"] * order["Unit price [JPY]"] for order in orders)
    may = [order for order in orders if f"{order['Order date']:%Y-%m}" == "2026-05"]
    akizora = sum(order["Amount [JPY]"] for order in may if order["Customer"] == "Akizora Machinery")
    assert _answer("What is the total amount of all orders from Akizora") == f"{akizora:,}"
    assert _answer("How many orders above 1 million") == str(sum(o["Amount [JPY]"] > 1_000_000 for o in may))
    amounts = sorted((order["Amount [JPY]"], order["Order no"]) for order in orders)
    assert amounts[-1][0] > amounts[-2][0]
    assert _answer("Which order has the largest amount") == amounts[-1][1]
    assert _answer("How many MS-22 seals") == str(sum(o["Quantity"] for o in orders if o["Part number"] == "MS-22"))
    with (FIRM / "sales/shipments-2026.csv").open(encoding="utf-8") as file:
        boxes = sum(int(line["Boxes"]) for line in csv.DictReader(file) if line["Carrier"] == "Kumoashi Air")
    assert _answer("How many boxes were shipped") == str(boxes)


@pytest.mark.parametrize("question", [q for q in ANSWERABLE if "row" in q["locator"]], ids=lambda q: str(q["id"]))
def test_row_holds_the_answer(question: dict[str, Any]) -> None:
    """A question about one row names the row, counted as a spreadsheet program counts."""
    place = question["locator"]
    rows = _xlsx(FIRM / question["source"][0], place["sheet"])[place["sheet"]]
    cells = {str(cell) for cell in rows[place["row"] - 1]}
    assert cells & {question["answer"].replace(",", ""), *question["accept"]}


def test_sensor_log_holds_the_event_that_the_story_tells() -> None:
    """Flow drop at 09:20, vibration spike at 13:50, stop at 14:10, hole until 16:50, and nothing like it elsewhere."""
    with (FIRM / "operations/sensors/MC-3-spindle.csv").open(encoding="utf-8") as file:
        rows = {datetime.datetime.fromisoformat(line["time"]): line for line in csv.DictReader(file)}

    def value(clock: str, channel: str) -> float:
        return float(rows[datetime.datetime.fromisoformat(f"2026-06-09 {clock}")][channel])

    times = list(rows)
    holes = [(a, b) for a, b in itertools.pairwise(times) if b - a > datetime.timedelta(minutes=10)]
    assert [(f"{a:%m-%d %H:%M}", f"{b:%H:%M}") for a, b in holes] == [("06-09 14:10", "16:50")]
    assert value("09:10", "coolant_flow [L/min]") > 22 > 16 > value("09:20", "coolant_flow [L/min]") > 12
    assert value("14:00", "coolant_flow [L/min]") < 12
    assert value("13:50", "vibration [mm/s]") == 6.8 == max(float(r["vibration [mm/s]"]) for r in rows.values())
    hottest = max(float(row["spindle_temp [degC]"]) for row in rows.values())
    assert _answer("How warm did the spindle of MC-3") == str(hottest)
    assert value("09:10", "spindle_temp [degC]") < 50 < 65 < value("14:10", "spindle_temp [degC]") < 75


def test_scanned_certificate_is_a_picture_without_text() -> None:
    """The page can only be read by OCR."""
    import pypdfium2
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    name = "engineering/CP-120-certificate-scan.pdf"
    assert text_of(name, {}).strip() == ""
    with pypdfium2.PdfDocument(FIRM / name) as document:
        assert [thing.type for thing in document[0].get_objects()] == [FPDF_PAGEOBJ_IMAGE]


@pytest.mark.slow
@pytest.mark.parametrize(
    "question", [q for q in ANSWERABLE if "box" in q["locator"]], ids=lambda question: str(question["id"])
)
def test_answer_can_be_read_on_the_picture(question: dict[str, Any]) -> None:
    """The default OCR finds the answer, and finds it inside the box that the question names."""
    rapidocr = pytest.importorskip("rapidocr")
    found = rapidocr.RapidOCR()(str(FIRM / question["source"][0]))
    x0, y0, x1, y1 = question["locator"]["box"]
    inside = [
        text
        for corners, text in zip(found.boxes, found.txts, strict=True)
        if x0 - 15 <= corners[:, 0].mean() <= x1 + 15 and y0 - 15 <= corners[:, 1].mean() <= y1 + 15
    ]
    assert question["answer"].replace(" ", "") in "".join(inside).replace(" ", "")


def _samples(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    av = pytest.importorskip("av")
    with av.open(str(FIRM / name)) as file:
        stream = file.streams.audio[0]
        assert (stream.rate, stream.channels) == (16_000, 1)
        return np.concatenate([frame.to_ndarray().ravel() for frame in file.decode(stream)]) / 32_768.0


def test_transcript_says_the_answers_at_the_seconds_that_are_named() -> None:
    """The sidecar of the shift report holds each answer in the cue that the question points to."""
    text = (FIRM / "operations/sound/shift-report-2026-06-09.vtt").read_text(encoding="utf-8")
    cues = {float(start): words for start, words in re.findall(r"00:00:([\d.]+) --> .*\n<v [^>]+>(.*)", text)}
    asked = [q for q in ANSWERABLE if "shift-report" in q["source"][0]]
    assert len(asked) == 2
    assert all(question["answer"] in cues[question["locator"]["start"]] for question in asked)


def test_recordings_are_short_and_the_memo_ends_in_a_pure_tone() -> None:
    """The alarm is where the question says, at 1 kHz, and only there."""
    report, memo = (
        _samples(f"operations/sound/{name}.flac") for name in ("shift-report-2026-06-09", "voice-memo-pump-room")
    )
    assert 30 < len(report) / 16_000 < 60 and 10 < len(memo) / 16_000 < 20
    place = next(q["locator"] for q in ANSWERABLE if "alarm tone" in q["question"])

    def tone(start: float, end: float) -> tuple[float, float]:
        """Strongest pitch in Hz, and its share of the power."""
        power = np.abs(np.fft.rfft(memo[int(start * 16_000) : int(end * 16_000)])) ** 2
        peak, step = int(power.argmax()), 1 / (end - start)
        near = round(20 / step)
        return peak * step, float(power[peak - near : peak + near].sum() / power.sum())

    pitch, share = tone(place["start"], place["end"])
    assert abs(pitch - 1000) < 5 and share > 0.95
    assert tone(0.5, place["start"])[1] < 0.5


def test_spindle_is_the_same_one_in_every_file() -> None:
    """The serial number of the spindle in MC-3 lies in the range of the change order that its seal caused."""
    machines = json.loads((FIRM / "operations/machines.json").read_text(encoding="utf-8"))["machines"]
    low, high = re.findall(r"HS40-(\d+)", text_of("engineering/eco-2026-014.md", {}))[-2:]
    affected = [m["id"] for m in machines if m["spindle_serial"] and low <= m["spindle_serial"][5:] <= high]
    assert affected == ["MC-3"]


def test_my_numbers_have_valid_check_digits_and_are_marked_as_fictional() -> None:
    """Detectors of personal data find something real in form, and readers see that it is invented."""
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    numbers = re.findall(r"\b0{7}\d{5}\b", everything_written())
    assert len(numbers) >= 13
    for number in numbers:
        rest = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False)) % 11
        assert int(number[-1]) == (0 if rest <= 1 else 11 - rest)
    for name in ("performance-review-tanabe.docx", "medical-note-sawada.txt"):
        assert "fictional data" in text_of(f"hr-confidential/{name}", {}).lower()


def test_injected_claim_is_only_in_the_mail_that_carries_it() -> None:
    """What the hostile mail wants to hear is written nowhere else, and a question watches for it."""
    assert everything_written().count("7700123") == 1
    assert "Ignore all previous instructions" in text_of("sales/mail/2026-06-12-supplier-offer.eml", {})
    assert any("7700123" in question["never"] for question in QUESTIONS)


def test_no_real_company_is_named_and_the_firm_is_small() -> None:
    """Nothing in the firm can be taken for a real company, and all of it is under 10 MB."""
    words = set(re.findall(r"[a-z]+", everything_written()))
    assert not words & set(REAL_FIRMS)
    assert sum(path.stat().st_size for path in FIRM.rglob("*") if path.is_file()) < 10_000_000


def test_leave_rules_are_shift_jis_and_the_inquiry_is_iso_2022_jp() -> None:
    """The old encodings of Japanese offices are really there."""
    with pytest.raises(UnicodeDecodeError):
        (FIRM / "public/leave-rules-ja.txt").read_bytes().decode("utf-8")
    mail = (FIRM / "sales/mail/2026-06-15-inquiry-ja.eml").read_bytes()
    assert mail.isascii() and b"iso-2022-jp" in mail.lower()


def test_making_the_firm_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Documents, tables and questions depend on nothing but the code."""
    pytest.importorskip("reportlab")
    run = (
        "import sys, pathlib, firm_files as f; f.FIRM = pathlib.Path(sys.argv[1]); import make_firm as m; "
        "m.write_documents(m.my_numbers(), m.DELAYED_ORDER); m.write_tables()"
    )
    made = []
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-c", run, str(tmp_path / name)], cwd=MAKER.parent, check=True)
        made.append(
            {
                str(path.relative_to(tmp_path / name)): path.read_bytes()
                for path in (tmp_path / name).rglob("*")
                if path.is_file()
            }
        )
    assert len(made[0]) == 18
    assert made[0] == made[1]
    for name in ("sales/shipments-2026.csv", "operations/sensors/MC-3-spindle.csv", "public/leave-rules-ja.txt"):
        assert made[0][name] == (FIRM / name).read_bytes()
