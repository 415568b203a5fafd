"""The words of the request for a query: what is wanted, worked examples, then the tables and the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .mentions import plainly
from .schema import Shown

SYSTEM = (
    "You write one DuckDB SELECT that answers the question from the table, with every condition of the question. "
    'Use the exact column names and values shown. "row" is the number of the row in the list. '
    "If the table cannot answer the question, write NONE."
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
"設置場所" TEXT '第一工場', '第二工場'
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
        """Table t: 気温記録, 2,190 rows
"日時" DATE 2020-01 to 2020-12
"室温" NUMBER in °C 11.2 to 31.9
"湿度" NUMBER in % 21 to 93""",
        "8月の室温の平均は？",
        """SELECT avg("室温") FROM t WHERE month("日時") = 8""",
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
        """Table t: 社員名簿, 35 rows
"氏名" TEXT '田辺 修', '森下 恵', ...
"部署" TEXT '営業', '製造', '総務'
"入社日" DATE 1998-04 to 2023-10""",
        "2020年4月1日より後に入社した人の電話番号は？",
        "NONE",
    ),
    (
        """Table t: stock list, 320 rows
"sheet" TEXT 'Osaka', 'Nagoya'
"Item" TEXT 'bolt M8', 'washer M8', ...
"Kind" TEXT 'fastener', 'tool', 'paint'
"Pieces" NUMBER 0 to 5400
"Price" NUMBER in EUR 0.02 to 89""",
        "How many tools in Nagoya cost at least 20 euros?",
        """SELECT count(*) FROM t WHERE "Kind" = 'tool' AND "sheet" = 'Nagoya' AND "Price" >= 20""",
    ),
)


def turns(
    shown: Sequence[Shown], question: str, examples: Sequence[tuple[str, str, str]] = EXAMPLES
) -> list[tuple[str, str]]:
    """Role and text of each turn of the conversation that ends where the query is to be written."""
    said = [("system", SYSTEM)]
    for tables, asked, query in examples:
        said += [("user", request(tables, asked)), ("assistant", query)]
    return [*said, ("user", request(described(shown), question))]


def turned(
    shown: Sequence[Shown], question: str, examples: Sequence[tuple[str, str, str]] = EXAMPLES
) -> list[tuple[str, str]]:
    """The same request in another order: the columns from the last to the first, the question before them too."""
    back = [replace(one, columns=one.columns[::-1]) for one in shown]
    *said, (role, text) = turns(back, question, examples)
    return [*said, (role, f"{question}\n{text}")]


def described(shown: Sequence[Shown]) -> str:
    return "\n".join(one.text for one in shown)


def request(tables: str, question: str) -> str:
    """The tables, then the question with its days, years of an era and large figures as a query writes them."""
    said = plainly(question)
    return f"{tables}\nQuestion: {question}" + (f" ({', '.join(said)})" if said else "")
