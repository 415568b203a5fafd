"""The words of the request for a query: what is wanted, worked examples, then the tables and the question.

It is asked twice, and once more when the two disagree. The second request says the same otherwise: tables as CREATE TABLE,
their columns from the last to the first, the examples in another order; the third is the first with its columns turned
and the question before them too. Head and examples are the same for every question, so that they are read once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .mentions import plainly
from .schema import Shown

SYSTEM = (
    "You write one DuckDB SELECT that answers the question from the table. Carry every condition of the question and add "
    'none of your own. Use the exact column names and values shown. "row" is the number of the row in the list; "sheet", '
    "where there is one, names the sheet. If the table does not hold what is asked, write NONE."
)

EXAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        """Table t: deliveries, 412 rows
"Driver" TEXT 'Novak', 'Silva', ...
"Depot" TEXT 'East', 'West'
"Parcels" NUMBER 3 to 96
"Day" DATE 2023-01 to 2023-12""",
        "Who carried the most parcels from the east depot in May, and how many?",
        """SELECT "Driver", sum("Parcels") FROM t WHERE "Depot" = 'East' AND month("Day") = 5 """
        """GROUP BY "Driver" ORDER BY sum("Parcels") DESC LIMIT 1""",
    ),
    (
        """Table t: 設備台帳, 58 rows
"設備名" TEXT 'コンプレッサー', 'ボイラー', ...
"設置場所" TEXT '第一工場', '第二工場', '第二工場倉庫'
"購入日" DATE 2009-04 to 2024-11
"価格" NUMBER in JPY 12000 to 4800000""",
        "2019年に買った第二工場の設備は何台で、合計いくらですか？",
        """SELECT count(*), sum("価格") FROM t WHERE "設置場所" = '第二工場' AND year("購入日") = 2019""",
    ),
    (
        """Table t: boiler room, 8,760 rows
"time" DATE 2022-01 to 2022-12
"pressure" NUMBER in bar 0.4 to 6.1
"flow" NUMBER in L/min 0 to 88""",
        "When was the pressure lowest, and what was it?",
        """SELECT "time", "pressure" FROM t ORDER BY "pressure" ASC LIMIT 1""",
    ),
    (
        """Table t: stock, 960 rows
"sheet" TEXT 'Spring', 'Summer', 'Autumn'
"Code" TEXT 'A-118', 'A-119', ...
"Kind" TEXT 'fastener', 'tool', 'paint'
"Pieces" NUMBER 0 to 5400
"Value" NUMBER in EUR 0.02 to 8900
"Counted" DATE 2024-03 to 2024-10""",
        "Over all seasons together, how many entries are tools and what is their total value?",
        """SELECT count(*), sum("Value") FROM t WHERE "Kind" = 'tool'""",
    ),
    (
        """Table t: 気温記録, 2,190 rows
"日時" DATE 2020-01 to 2020-12
"室温" NUMBER in °C 11.2 to 31.9
"湿度" NUMBER in % 21 to 93""",
        "2020年8月の室温の平均は？",
        """SELECT avg("室温") FROM t WHERE month("日時") = 8""",
    ),
    (
        """Table t: stock, 960 rows
"sheet" TEXT 'Spring', 'Summer', 'Autumn'
"Code" TEXT 'A-118', 'A-119', ...
"Kind" TEXT 'fastener', 'tool', 'paint'
"Pieces" NUMBER 0 to 5400
"Value" NUMBER in EUR 0.02 to 8900
"Counted" DATE 2024-03 to 2024-10""",
        "how many paints cost at least 20 euros in summer?",
        """SELECT count(*) FROM t WHERE "Kind" = 'paint' AND "sheet" = 'Summer' AND "Value" >= 20""",
    ),
    (
        """Table t: Results, 24 rows
"Place" NUMBER 1 to 24
"Rider" TEXT 'M. Duval', 'A. Berg', ...
"Nation" TEXT 'Denmark', 'Chile', ...
"Points" NUMBER 4 to 120""",
        "which rider is listed right after m. duval?",
        """SELECT "Rider" FROM t WHERE "row" > (SELECT "row" FROM t WHERE "Rider" = 'M. Duval') """
        """ORDER BY "row" ASC LIMIT 1""",
    ),
    (
        """Table t: 契約一覧, 1,204 rows
"契約番号" TEXT 'K-0001', 'K-0002', ...
"契約者" TEXT '株式会社ミナト', '株式会社ミナト物流', ...
"区分" TEXT '新規', '更新'
"満了日" DATE 2025-01 to 2029-12""",
        "令和8年3月31日に満了する契約は何件ありますか。連絡したいので。 (2026-03-31)",
        """SELECT count(*) FROM t WHERE "満了日" = '2026-03-31'""",
    ),
    (
        """Table t: Results, 24 rows
"Place" NUMBER 1 to 24
"Rider" TEXT 'M. Duval', 'A. Berg', ...
"Nation" TEXT 'Denmark', 'Chile', ...
"Points" NUMBER 4 to 120""",
        "what was the smallest number of points? name the rider too.",
        """SELECT "Rider", "Points" FROM t ORDER BY "Points" ASC LIMIT 1""",
    ),
    (
        """Table t: 契約一覧, 1,204 rows
"契約番号" TEXT 'K-0001', 'K-0002', ...
"契約者" TEXT '株式会社ミナト', '株式会社ミナト物流', ...
"区分" TEXT '新規', '更新'
"満了日" DATE 2025-01 to 2029-12""",
        "契約の担当者の電話番号は？",
        "NONE",
    ),
    (
        """Table t: 社員名簿, 35 rows
"氏名" TEXT '田辺 修', '森下 恵', ...
"部署" TEXT '営業', '製造', '総務'
"入社日" DATE 1998-04 to 2023-10""",
        "営業と製造ではどちらが何人多いですか？",
        """SELECT "部署", count(*) FROM t WHERE "部署" IN ('営業', '製造') GROUP BY "部署" ORDER BY count(*) DESC""",
    ),
    (
        """Table t: boiler room, 8,760 rows
"time" DATE 2022-01 to 2022-12
"pressure" NUMBER in bar 0.4 to 6.1
"flow" NUMBER in L/min 0 to 88""",
        "mean flow over the whole record",
        """SELECT avg("flow") FROM t""",
    ),
)

Example = tuple[str, str, str]
_LINE = re.compile(r'("(?:[^"]|"")*") (\w+) ?(.*)')


def turns(shown: Sequence[Shown], question: str, examples: Sequence[Example] = EXAMPLES) -> list[tuple[str, str]]:
    """Role and text of each turn of the conversation that ends where the query is to be written."""
    return _conversation([(tables, asked, query) for tables, asked, query in examples], described(shown), question)


def turned(shown: Sequence[Shown], question: str, examples: Sequence[Example] = EXAMPLES) -> list[tuple[str, str]]:
    """The same request otherwise; see above."""
    back = [replace(one, columns=one.columns[::-1]) for one in shown]
    return _conversation([(ddl(t), asked, query) for t, asked, query in examples[::-1]], ddl(described(back)), question)


def again(shown: Sequence[Shown], question: str, examples: Sequence[Example] = EXAMPLES) -> list[tuple[str, str]]:
    """The first request with its columns turned; see above."""
    *said, (role, text) = turns([replace(one, columns=one.columns[::-1]) for one in shown], question, examples)
    return [*said, (role, f"{question}\n{text}")]


def _conversation(examples: Sequence[Example], tables: str, question: str) -> list[tuple[str, str]]:
    said = [("system", SYSTEM)]
    for example, asked, query in examples:
        said += [("user", f"{example}\nQuestion: {asked}"), ("assistant", query)]
    return [*said, ("user", request(tables, question))]


def described(shown: Sequence[Shown]) -> str:
    return "\n".join(one.text for one in shown)


def ddl(tables: str) -> str:
    """Tables as they are described, in the form of CREATE TABLE."""
    made: list[str] = []
    for line in tables.splitlines():
        if match := _LINE.fullmatch(line):
            made.append(f"  {match[1]} {match[2]}, -- {match[3]}".removesuffix(" -- "))
        else:
            alias, _, title = line.removeprefix("Table ").partition(": ")
            made += [*([");"] if made else []), f"CREATE TABLE {alias} ( -- {title}"]
    return "\n".join([*made, ");"])


def request(tables: str, question: str) -> str:
    """The tables, then the question with its days, years of an era and large figures as a query writes them."""
    said = plainly(question)
    return f"{tables}\nQuestion: {question}" + (f" ({', '.join(said)})" if said else "")
