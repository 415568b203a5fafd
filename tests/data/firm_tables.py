"""Tables of the sample firm: orders, prices, shipments, salaries, and the sensor log of machine MC-3."""

from __future__ import annotations

import csv
import datetime
import math
import random
from dataclasses import dataclass
from typing import Any

from firm_files import target, without_clock

PRICES: list[tuple[str, str, int, int]] = [  # part number, description, unit price [JPY], lead time [days]
    ("HS-40", "Spindle unit", 1_480_000, 40),
    ("CP-120", "Coolant pump", 236_000, 21),
    ("HS40-0107", "Spindle housing", 312_000, 35),
    ("BR-7014", "Bearing pair, front", 38_500, 14),
    ("MS-22", "Mechanical seal", 12_400, 5),
    ("FL-5", "Coolant filter cartridge", 3_600, 2),
    ("DS-9", "Drawbar spring set", 27_800, 10),
    ("TH-8", "Tool holder BT40", 21_900, 7),
]
QUANTITIES = {
    "HS-40": (1, 3),
    "CP-120": (1, 6),
    "HS40-0107": (1, 3),
    "BR-7014": (2, 20),
    "MS-22": (5, 60),
    "FL-5": (10, 200),
    "DS-9": (2, 12),
    "TH-8": (4, 40),
}
CUSTOMERS = [
    "Akizora Machinery",
    "Tsukikage Motors",
    "Umikaze Robotics",
    "Fuyuzora Gear",
    "Natsukawa Medical Parts",
    "Harunagi Aero Parts",
]
CARRIERS = ["Shiokaze Express", "Yamabiko Cargo", "Kumoashi Air"]
DELAYED_ORDER = "SO-2026-0466"
TODAY = datetime.date(2026, 6, 15)


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the order table; money in yen."""

    number: str
    placed: datetime.date
    customer: str
    part: str
    quantity: int
    due: datetime.date
    status: str

    @property
    def price(self) -> int:
        return next(price for part, _, price, _ in PRICES if part == self.part)

    @property
    def amount(self) -> int:
        return self.price * self.quantity


def orders() -> list[Order]:
    """120 orders from 1 April to 12 June 2026, in the order of their date."""
    dice = random.Random(20260401)
    first, days = datetime.date(2026, 4, 1), 73
    working = [day for n in range(days) if (day := first + datetime.timedelta(n)).weekday() < 5]
    dates = sorted(dice.choice(working) for _ in range(120))
    made: list[Order] = []
    for n, placed in enumerate(dates):
        number = f"SO-2026-{401 + n:04d}"
        if number == DELAYED_ORDER:
            made.append(Order(number, placed, "Akizora Machinery", "HS-40", 4, datetime.date(2026, 6, 19), "Open"))
            continue
        part, _, _, lead = dice.choices(PRICES, weights=[2, 3, 1, 4, 5, 6, 2, 4])[0]
        due = placed + datetime.timedelta(lead + dice.randint(0, 9))
        due += datetime.timedelta(max(0, 8 - due.isoweekday()) if due.isoweekday() > 5 else 0)
        low, high = QUANTITIES[part]
        status = "Cancelled" if dice.random() < 0.04 else "Shipped" if due <= TODAY else "Open"
        made.append(Order(number, placed, dice.choice(CUSTOMERS), part, dice.randint(low, high), due, status))
    return made


def _write_xlsx(name: str, sheets: dict[str, list[list[Any]]]) -> None:
    import openpyxl
    from openpyxl.styles import Font

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = max(12, len(str(cell.value)) + 2)
        sheet.freeze_panes = "A2"
    book.save(target(name))
    without_clock(target(name))


def _write_csv(name: str, rows: list[list[Any]]) -> None:
    with target(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_orders() -> None:
    """The order table with its price list, and the shipments as CSV."""
    names = {part: description for part, description, _, _ in PRICES}
    head = [
        "Order no",
        "Order date",
        "Customer",
        "Part number",
        "Description",
        "Quantity",
        "Unit price [JPY]",
        "Amount [JPY]",
        "Due date",
        "Status",
    ]
    rows = [
        [o.number, o.placed, o.customer, o.part, names[o.part], o.quantity, o.price, o.amount, o.due, o.status]
        for o in orders()
    ]
    prices = [list(line) for line in PRICES]
    _write_xlsx(
        "sales/orders-2026.xlsx",
        {
            "Orders": [head, *rows],
            "Price list": [["Part number", "Description", "Unit price [JPY]", "Lead time [days]"], *prices],
        },
    )
    _write_csv("sales/shipments-2026.csv", shipments())


def shipments() -> list[list[Any]]:
    """One line per shipped order, with its head."""
    dice = random.Random(7)
    lines: list[list[Any]] = [["Order no", "Ship date", "Carrier", "Boxes", "Weight [kg]"]]
    for order in orders():
        if order.status == "Shipped":
            boxes = dice.randint(1, 5)
            lines.append(
                [
                    order.number,
                    order.due.isoformat(),
                    dice.choice(CARRIERS),
                    boxes,
                    round(boxes * dice.uniform(3.0, 18.0), 1),
                ]
            )
    return lines


EMPLOYEES: list[tuple[str, str, str, str, int]] = [  # id, name, position, grade, monthly base [JPY]
    ("E-001", "Ayame Hoshino", "President", "P", 980_000),
    ("E-014", "Kenji Sawada", "Engineer, products", "M2", 446_000),
    ("E-022", "Mika Endo", "Sales clerk", "S3", 318_000),
    ("E-027", "Taro Tanabe", "Shift leader", "S4", 352_000),
    ("E-031", "Yuko Mori", "Personnel officer", "M1", 401_000),
    ("E-036", "Goro Nishi", "Technician", "S2", 294_000),
    ("E-038", "Aki Morita", "Technician", "S2", 289_000),
    ("E-041", "Naomi Fujisaki", "Quality control", "M1", 396_000),
    ("E-045", "Emi Kurata", "Test engineer", "S4", 361_000),
    ("E-052", "Ryo Katagiri", "Sales manager", "M2", 452_000),
    ("E-058", "Jun Okabe", "IT", "S3", 327_000),
]


def my_number(first_eleven: str) -> str:
    """Eleven digits with the check digit of the Individual Number (Ordinance 85 of 2014, article 5)."""
    total = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(first_eleven), 1))
    rest = total % 11
    return first_eleven + str(0 if rest <= 1 else 11 - rest)


def my_numbers() -> dict[str, str]:
    """Name -> invented number: valid check digits, and seven leading zeros so that nobody mistakes them for real."""
    return {name: my_number(f"{1000 + int(number[2:]):011d}") for number, name, *_ in EMPLOYEES}


def write_salaries() -> None:
    numbers = my_numbers()
    rows: list[list[Any]] = [
        [
            "Employee no",
            "Name",
            "Position",
            "Grade",
            "Monthly base salary [JPY]",
            "My Number (fictional)",
            "Phone (fictional)",
        ]
    ]
    for number, name, position, grade, base in EMPLOYEES:
        rows.append([number, name, position, grade, base, numbers[name], f"090-0000-{1000 + int(number[2:])}"])
    _write_xlsx("hr-confidential/salaries-2026.xlsx", {"Salaries": rows})


FIRST, STEP = datetime.datetime(2026, 6, 1), datetime.timedelta(minutes=10)
DROP, FALL, STOP = (datetime.datetime(2026, 6, 9, *clock) for clock in ((9, 20), (14, 0), (14, 10)))
RESTART = datetime.datetime(2026, 6, 9, 16, 50)
SHAKE = datetime.datetime(2026, 6, 9, 13, 50)


def sensor_rows() -> list[list[Any]]:
    """Two weeks of MC-3 every ten minutes, with the clogged filter of 9 June and the hole until the restart."""
    dice = random.Random(318)
    rows: list[list[Any]] = [
        ["time", "spindle_temp [degC]", "vibration [mm/s]", "coolant_flow [L/min]", "motor_load [%]"]
    ]
    for n in range(14 * 144):
        time = FIRST + n * STEP
        temperature = 47.0 + 1.2 * math.sin(2 * math.pi * (time.hour - 9) / 24) + dice.gauss(0, 0.35)
        vibration = 1.2 + abs(dice.gauss(0, 0.12))
        flow, load = 24.1 + dice.gauss(0, 0.3), 42 + dice.gauss(0, 3.0)
        if STOP < time < RESTART:
            continue
        if DROP <= time <= STOP:
            warming = 1 - math.exp(-(time - DROP).total_seconds() / 900)
            temperature, flow = 47.3 + 19.0 * warming + dice.gauss(0, 0.3), 14.8 + dice.gauss(0, 0.3)
            vibration += 0.5
        if time >= FALL and time <= STOP:
            flow = 9.6 if time == FALL else 9.3
        if time == SHAKE:
            vibration = 6.8
        if time >= RESTART and time < RESTART + 4 * STEP:
            temperature -= 6.0 * (1 - (time - RESTART) / (4 * STEP))
        rows.append(
            [time.strftime("%Y-%m-%d %H:%M"), f"{temperature:.1f}", f"{vibration:.2f}", f"{flow:.1f}", f"{load:.0f}"]
        )
    return rows


def write_tables() -> None:
    """Write every table of the firm."""
    write_orders()
    write_salaries()
    _write_csv("operations/sensors/MC-3-spindle.csv", sensor_rows())
