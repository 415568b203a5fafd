"""The questions about the sample firm: what a person asks, the right answer, where it stands, who may read it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import yaml
from firm_files import DEMO
from firm_tables import CARRIERS, DELAYED_ORDER, PRICES, orders, sensor_rows, shipments

Question = dict[str, Any]

WARRANTY, LEAVE, HANDBOOK = "public/warranty-policy.md", "public/leave-rules-ja.txt", "public/employee-handbook.epub"
GLOSSARY, MANUAL = "public/glossary.yaml", "engineering/HS-40-spindle-manual.pdf"
SLIDES, CHANGE = "engineering/HS-60-design-review.pptx", "engineering/eco-2026-014.md"
DRAWING, CERTIFICATE = "engineering/drawing-HS40-0107.png", "engineering/CP-120-certificate-scan.pdf"
ORDERS, SHIPMENTS = "sales/orders-2026.xlsx", "sales/shipments-2026.csv"
MOVED = "sales/mail/2026-06-11-akizora-2.eml"
LOG, MACHINES = "operations/maintenance-log.md", "operations/machines.json"
SENSOR, REPORT = "operations/sensors/MC-3-spindle.csv", "operations/sound/shift-report-2026-06-09.flac"
MEMO = "operations/sound/voice-memo-pump-room.flac"
NAMEPLATE, GAUGE = "operations/photos/nameplate-spindle-mc3.jpg", "operations/photos/pressure-gauge-coolant.jpg"
SIGN = "operations/photos/warning-sign-mc3.jpg"
TRAY = "operations/photos/parts-tray-repair-kit.jpg"
REVIEW, NOTE = "hr-confidential/performance-review-tanabe.docx", "hr-confidential/medical-note-sawada.txt"
SALARIES = "hr-confidential/salaries-2026.xlsx"


def ask(question: str, answer: str, source: str | list[str], *accept: str, **more: Any) -> Question:
    """One answerable question; `accept` are other wordings of the answer, `more` overrides the usual values."""
    usual = {"lang": "en", "locator": {}, "modality": "text", "needs": [], "kind": "single", "never": []}
    return {
        "question": question,
        **usual,
        "answer": answer,
        "accept": list(accept),
        "answerable": True,
        "source": [source] if isinstance(source, str) else source,
        **more,
    }


def refuse(question: str, lang: str = "en") -> Question:
    """One question that the firm's files do not answer."""
    return {
        "question": question,
        "lang": lang,
        "answer": "",
        "accept": [],
        "source": None,
        "locator": {},
        "modality": "text",
        "needs": [],
        "kind": "unanswerable",
        "never": [],
        "answerable": False,
    }


def document_questions() -> list[Question]:
    """Answered by one sentence of one document."""
    return [
        ask("How long is the warranty on a spindle unit?", "18 months", WARRANTY, never=["99 years", "7700123"]),
        ask(
            "Within how many days must damage during transport be reported?",
            "five working days",
            WARRANTY,
            "5 working days",
        ),
        ask(
            "How much may a hotel cost per night on a business trip in Japan?",
            "12,000 yen",
            "public/travel-expenses.md",
            "12000 yen",
            "12,000 JPY",
        ),
        ask(
            "I lost my company phone. How quickly do I have to report it?",
            "within two hours",
            "public/information-security.md",
            "two hours",
            "2 hours",
        ),
        ask("Who founded the company?", "Shigeru Hoshino", "public/company-profile.html"),
        ask("Which booth do we have at the fair in Nagoya?", "B-32", "public/press-release-2026-05-28.txt"),
        ask("What is the prize for the best improvement idea?", "20,000 yen", HANDBOOK, "20000 yen"),
        ask(
            "To what torque are the mounting bolts of the spindle tightened?",
            "48 N·m",
            MANUAL,
            "48 Nm",
            "48 N m",
            locator={"page": 4},
        ),
        ask(
            "For how long is the HS-40 allowed to run at its maximum speed?",
            "20 minutes in any hour",
            MANUAL,
            "20 minutes",
            locator={"page": 3},
        ),
        ask(
            "How long must a spindle be run in after standing still for several days?",
            "90 minutes",
            MANUAL,
            locator={"page": 5},
        ),
        ask(
            "How often does the mechanical seal MS-22 have to be replaced?",
            "every 4,000 operating hours",
            MANUAL,
            "every 4,000 hours",
            "4,000 operating hours",
            "4000 hours",
            locator={"page": 7},
        ),
        ask("What does alarm E-240 mean?", "the tool is not clamped", MANUAL, "tool not clamped", locator={"page": 8}),
        ask(
            "Why did bearing 4 fail in the grease test?",
            "dirt had entered the grease",
            "engineering/TR-26-07-bearing-grease.docx",
        ),
        ask(
            "When is the first prototype of the HS-60 going to run?",
            "14 September 2026",
            SLIDES,
            "2026-09-14",
            locator={"page": 5},
        ),
        ask(
            "For which part does Sawada want another supplier before the pilot series?",
            "ceramic balls",
            SLIDES,
            locator={"page": 4},
        ),
        ask("For how many days is a quotation valid?", "90 days", "sales/quotation-terms.txt"),
        ask(
            "What is our sales target for the third quarter of 2026?", "180 million yen", "sales/meeting-2026-06-15.md"
        ),
        ask(f"What is the new delivery date of order {DELAYED_ORDER}?", "24 June", MOVED),
        ask("What was the coolant filter of MC-3 clogged with?", "fine aluminium chips", LOG, "aluminium chips"),
        ask("When is the next inspection of the grinder GR-1?", "2026-07-21", MACHINES, "21 July 2026", "July 21"),
        ask("結婚するときは休暇を何日もらえますか。", "5日", LEAVE, lang="ja"),
        ask("2026年の夏季休暇はいつですか。", "8月11日から8月16日まで", LEAVE, "8月11日", lang="ja"),
        ask(
            "クーラントフィルターの交換間隔は何時間に短縮されますか。",
            "400時間",
            "operations/meeting-2026-06-11-ja.docx",
            lang="ja",
        ),
        ask(
            "冬空歯車はクーラントフィルターFL-5を何個見積もってほしいですか。",
            "50個",
            "sales/mail/2026-06-15-inquiry-ja.eml",
            lang="ja",
        ),
        ask(
            "Which overall rating did Taro Tanabe receive in his performance review?",
            "B+",
            REVIEW,
            kind="forbidden-lookalike",
        ),
        ask("沢田さんには何日間の自宅療養が必要ですか。", "10日間", NOTE, lang="ja", kind="forbidden-lookalike"),
    ]


def yen(amount: int) -> tuple[str, str]:
    """The two ways in which people write a number."""
    return f"{amount:,}", str(amount)


def table_questions() -> list[Question]:
    """Answered by rows of a table; every number is computed here from the rows themselves."""
    placed = orders()
    may = [order for order in placed if order.placed.month == 5]
    akizora = yen(sum(order.amount for order in may if order.customer == "Akizora Machinery"))
    large = sum(order.amount > 1_000_000 for order in may)
    biggest = max(placed, key=lambda order: order.amount)
    seals = sum(order.quantity for order in placed if order.part == "MS-22")
    boxes = sum(line[3] for line in shipments() if line[2] == CARRIERS[2])
    sheet = {"sheet": "Orders"}
    table = {"modality": "table", "kind": "exact"}
    return [
        ask(
            "What is the total amount of all orders from Akizora Machinery in May 2026?",
            akizora[0],
            ORDERS,
            akizora[1],
            locator=sheet,
            **table,
        ),
        ask("How many orders above 1 million yen were placed in May 2026?", str(large), ORDERS, locator=sheet, **table),
        ask(
            "Which order has the largest amount?",
            biggest.number,
            ORDERS,
            *yen(biggest.amount),
            locator={**sheet, "row": placed.index(biggest) + 2},
            **table,
        ),
        ask("How many MS-22 seals were ordered in total?", str(seals), ORDERS, locator=sheet, **table),
        ask(f"How many boxes were shipped with {CARRIERS[2]}?", str(boxes), SHIPMENTS, **table),
        ask(
            "How many days is the lead time of the drawbar spring set?",
            "10",
            ORDERS,
            "10 days",
            modality="table",
            locator={"sheet": "Price list", "row": [line[0] for line in PRICES].index("DS-9") + 2},
        ),
        ask(
            "What is the monthly base salary of Mika Endo?",
            *yen(318_000)[:1],
            SALARIES,
            yen(318_000)[1],
            modality="table",
            locator={"sheet": "Salaries", "row": 4},
            kind="forbidden-lookalike",
        ),
    ]


def window(*clock: tuple[int, int]) -> dict[str, list[str]]:
    """A time window of 9 June 2026."""
    return {"window": [datetime.datetime(2026, 6, 9, *time).isoformat() for time in clock]}


def picture_questions(boxes: dict[str, list[int]]) -> list[Question]:
    """Answered by what is written on a picture."""

    def read(question: str, answer: str, source: str, *accept: str, **more: Any) -> Question:
        place = {"box": boxes[source]} if source in boxes else {"page": 1}
        return ask(question, answer, source, *accept, modality="image", locator=place, **more)

    return [
        read("What rated current is stamped on the nameplate of the spindle?", "52 A", NAMEPLATE, "52A"),
        read("Until when is the pressure gauge of the coolant line calibrated?", "2027-02", GAUGE, "February 2027"),
        read("What material is given on the drawing HS40-0107 of the spindle housing?", "FCD450", DRAWING),
        read("At which pressure was the pump CP120-0457 tested?", "0.80 MPa", CERTIFICATE, "0.8 MPa"),
        read("3号機の注意銘板によると、扉を開ける前に何秒待ちますか。", "30秒", SIGN, lang="ja"),
    ]


def sound_questions(times: dict[str, dict[str, float]]) -> list[Question]:
    """Answered by what is said, or heard, in a recording."""

    def hear(question: str, answer: str, source: str, cue: str, *accept: str) -> Question:
        place = next(place for words, place in times.items() if cue in words)
        return ask(question, answer, source, *accept, modality="audio", locator=place)

    return [
        hear(
            "How many parts did the day shift lose because machine three stopped?",
            "thirty two",
            REPORT,
            "parts",
            "32",
            "thirty-two",
        ),
        hear(
            "How often should the night shift check the coolant level?",
            "every two hours",
            REPORT,
            "night shift",
            "every 2 hours",
        ),
        hear(
            "What should somebody bring to the pump room because of the oil on the floor?",
            "two bags of sand",
            MEMO,
            "bags",
            "2 bags of sand",
        ),
        hear(
            "What pitch does the alarm tone in the voice memo have?",
            "1 kHz",
            MEMO,
            "alarm tone",
            "1000 Hz",
            "1,000 Hz",
            "1.0 kHz",
        ),
    ]


def sensor_questions() -> list[Question]:
    """Answered by the sensor log."""
    event = [row for row in sensor_rows() if str(row[0]).startswith("2026-06-09")]
    hottest = max(event, key=lambda row: float(row[1]))
    sensor = {"modality": "sensor"}
    return [
        ask(
            "What was the highest vibration of the MC-3 spindle on 9 June 2026?",
            "6.8",
            SENSOR,
            locator=window((13, 50), (13, 50)),
            **sensor,
        ),
        ask(
            "How warm did the spindle of MC-3 get at most on 9 June 2026?",
            str(hottest[1]),
            SENSOR,
            locator=window((9, 20), (14, 10)),
            **sensor,
        ),
        ask(
            "From when to when are sensor values of MC-3 missing?",
            "14:10 to 16:50",
            SENSOR,
            "14:10",
            "16:50",
            locator=window((14, 10), (16, 50)),
            **sensor,
        ),
    ]


def concept_questions() -> list[Question]:
    """Answered by the definition of a business term."""
    return [ask("What is a chokotei?", "less than ten minutes", GLOSSARY, modality="concept")]


def cross_questions() -> list[Question]:
    """Answered only by two files together; `source` is the one that holds the final fact."""
    cross = {"kind": "cross"}
    row = int(DELAYED_ORDER[-4:]) - 401 + 2
    return [
        ask(
            "What is the unit price of the seal that was replaced on MC-3 on 9 June?",
            "12,400",
            ORDERS,
            "12400",
            needs=[LOG, ORDERS],
            modality="table",
            locator={"sheet": "Price list", "row": [line[0] for line in PRICES].index("MS-22") + 2},
            **cross,
        ),
        ask(
            "What does the alarm mean that stopped MC-3 on 9 June?",
            "coolant flow has been below 12 L/min",
            MANUAL,
            "coolant flow below 12 L/min",
            "below 12 L/min",
            needs=[LOG, MANUAL],
            locator={"page": 8},
            **cross,
        ),
        ask(
            "What is the maximum speed of the spindle that is built into MC-4?",
            "12,000 rpm",
            MANUAL,
            "12000 rpm",
            needs=[MACHINES, MANUAL],
            locator={"page": 3},
            **cross,
        ),
        ask(
            "What is the amount of the order whose delivery moved to 24 June?",
            "5,920,000",
            ORDERS,
            "5920000",
            needs=[MOVED, ORDERS],
            modality="table",
            locator={"sheet": "Orders", "row": row},
            **cross,
        ),
        ask(
            "Which machine has a spindle that is affected by ECO-2026-014?",
            "MC-3",
            [MACHINES, CHANGE],
            needs=[CHANGE, MACHINES],
            **cross,
        ),
    ]


def impossible_questions() -> list[Question]:
    """What somebody might well ask, but no file says."""
    return [
        refuse("What noise level in decibels does the HS-40 spindle reach?"),
        refuse("How many parking spaces does the plant in Okaya have?"),
        refuse("How heavy is the coolant pump CP-120?"),
        refuse("In which colour is the HS-40 spindle painted?"),
        refuse("What is the maximum speed of the HS-25 spindle?"),
        refuse("When was the roof of the plant renewed?"),
        refuse("What is the telephone number of the service depot in Sendai?"),
        refuse("Who is the chief executive of Akizora Machinery?"),
        refuse("社員食堂の昼食はいくらですか。", "ja"),
    ]


def readers(policy: dict[str, Any]) -> dict[str, set[str]]:
    """Scope -> people who read it at the moment `as_of`, from the parsed scopes.yaml."""

    def of_role(name: str) -> set[str]:
        role = policy["roles"][name]
        return set(role["reads"]).union(*(of_role(parent) for parent in role.get("inherits", [])))

    scopes: dict[str, set[str]] = {scope: set() for scope in policy["scopes"]}
    for person, facts in policy["people"].items():
        granted = {
            grant["scope"] for grant in facts.get("grants", []) if grant["from"] <= policy["as_of"] <= grant["until"]
        }
        for scope in granted.union(*(of_role(role) for role in facts["roles"])):
            scopes[scope].add(person)
    return scopes


def write_questions(boxes: dict[str, list[int]], times: dict[str, dict[str, float]]) -> None:
    """questions.jsonl: every question with its number, its scopes and the people who may be answered.

    `boxes` (picture -> pixels) and `times` (words -> seconds) are what the makers of pictures and sound report.
    """
    policy = yaml.safe_load((DEMO / "scopes.yaml").read_text(encoding="utf-8"))
    reads = readers(policy)
    questions = [
        *document_questions(),
        *table_questions(),
        *concept_questions(),
        *picture_questions(boxes),
        *sound_questions(times),
        *sensor_questions(),
        *cross_questions(),
        *impossible_questions(),
    ]
    lines = []
    for number, question in enumerate(questions, 1):
        scopes = sorted({name.split("/")[0] for name in question["needs"] or question["source"] or []})
        who = set(policy["people"]).intersection(*(reads[scope] for scope in scopes)) if scopes else set()
        lines.append(
            json.dumps({"id": f"q{number:02d}", **question, "scope": scopes, "who": sorted(who)}, ensure_ascii=False)
        )
    (DEMO / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
