"""The words in which people ask about tables, in English and Japanese, and how they are compared. Knows no table."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.text.cells import MONTHS

OPERATIONS = {
    "many": "how many|number of|count of|何件|件数|何個|何回|何台|何本|何箱|いくつ",
    "much": "how much|いくら",
    "sum": "in total|altogether|total|sum|合計|総額|総計",
    "avg": "average|mean|平均",
    "max": "highest|largest|biggest|greatest|maximum|most|longest|heaviest|most expensive"
    "|最大|最高|最も高い|最も多い|最も大きい|一番高い|一番多い|一番大きい|番目に大きい|番目に高い|番目に多い|番目に長い|番目に重い",
    "min": "lowest|smallest|least|fewest|minimum|shortest|lightest|cheapest|least expensive"
    "|最小|最低|最も安い|最も低い|最も少ない|一番安い|一番低い|一番少ない|番目に小さい|番目に安い|番目に低い|番目に少ない|番目に短い|番目に軽い",
}
STOP = frozenset(
    re.findall(
        "[a-z]+",
        "a an the of in on at to for from by with and or is are was were be been do does did has have had there that "
        "this these those what which who whom whose when where how it its all any as they them we our us you your "
        "please show tell give me list placed made received ordered row rows entry entries record records figure "
        "number amount value worth many much got get go went come came so far date day year month time during within "
        "only i want know would like can could total listed list appear appears finish finished finishes ranked",
    )
)
STOP_JA = re.compile(
    "です|ます|ました|した|して|された|される|すべて|全て|全部|教えて|ください|下さい|ある|あり|いる|いた|から|まで|する|うち"
    r"|どれ|どの|もの|いつ|一覧|リスト|[\sのはがをにでとへもやかな、。?？・]+"
)
BILINGUAL = {
    "注文": "order", "受注": "order", "金額": "amount", "顧客": "customer", "得意先": "customer", "数量": "quantity",
    "単価": "unit price", "価格": "price", "納期": "due date", "出荷": "ship", "部品": "part", "品番": "part number",
    "品名": "description", "商品": "product", "売上": "sales", "状態": "status", "重量": "weight", "箱": "box",
    "運送会社": "carrier", "給与": "salary", "氏名": "name", "注文日": "order date", "受注日": "order date",
    "出荷日": "ship date", "在庫": "stock", "担当": "person", "部署": "department", "リードタイム": "lead time",
}  # fmt: skip
"""Japanese words of business questions and the English words they stand for in headers."""
QUANTITY = re.compile(r"\b(quantity|qty|pieces|pcs)\b|数量|個数|台数", re.IGNORECASE)
MONEY = re.compile(r"\b(amount|total|revenue|sales)\b|金額|合計|総額|売上", re.IGNORECASE)
ORDER = frozenset(
    ("first", "second", "third", "last", "next", "previous", "prior", "top", "bottom", "earlier", "later")
)
"""Words that ask for a place in an order: where they are left, in a form that `PLACES`, `RANKED` and `TOP` do not know."""
PLACES = {
    "first": r"\b(?:the|whose) (?:very )?(?:first|earliest|oldest)\b|最初の|先頭の|最も早い|一番早い|最古の",
    "last": r"\b(?:the|whose) (?:very )?(?:last|latest|newest|most recent)\b|最後の|直近の|最新の"
    r"|最も新しい|一番新しい|最も遅い|一番遅い",
    "next": r"\b(?:(?:right|directly|immediately|next|comes?|came) )?after\b|\bnext (?:to|below)\b"
    r"|\bfollow(?:s|ed|ing)\b|\bbelow\b|の(?:次|直後)(?=[のにはが])",
    "previous": r"\b(?:(?:right|directly|immediately|just|comes?|came) )?before\b|\bpr(?:ior|evious) to\b"
    r"|\bpreced(?:es?|ed|ing)\b|\babove\b|の(?:前|直前)(?=[のにはが])",
}
"""How a place in an order is asked for; days and figures that follow "after" have been read before as limits."""
EACH = re.compile(
    r"\b(?:per|by|(?:for |in |of )?(?:each|every)) (?P<noun>[a-z]+(?: (?:no|number|name|code|id)\b)?)"
    r"|(?P<japanese>[一-龯ァ-ヶー]{1,8})(?:ごと|毎|別)(?:の|に)?"
)
"""A figure asked for each of something."""
_EVERY = r"\b(?:per|by|(?:for |in )?(?:each|every))"
EVERY = {
    "month": rf"{_EVERY} month\b|\bmonthly\b|(?:各月|月ごと|月別|月毎|毎月)(?:の|に)?",
    "year": rf"{_EVERY} year\b|\b(?:yearly|annual(?:ly)?)\b|(?:各年|年ごと|年別|年毎|毎年)(?:の|に)?",
}
"""The same for stretches of time."""
FIGURES = frozenset(("count", "distinct", "sum", "avg", "max", "min"))
"""Operations that give one figure."""
RANKS = {2: "second 2nd 2 二", 3: "third 3rd 3 三", 4: "fourth 4th 4 四", 5: "fifth 5th 5 五"}
_ENDS_OF_SIZE = "|".join(OPERATIONS[name] for name in ("max", "min"))
RANKED = (
    rf"\b(?P<rank>(?:second|2nd|third|3rd|fourth|4th|fifth|5th)[ -])(?=(?:{_ENDS_OF_SIZE})\b)"
    r"|(?P<japanese>[2-5二三四五])(?=番目に)"
)
"""Not the largest, but the second or third."""
TOP = r"\b(?:top|best) (?P<top>[2-9]|1\d|20)\b|上位(?P<japanese>[2-9]|1\d|20)(?:社|名|件|位|つ|個)?(?:の)?"
"""So many of the largest."""
SEVERAL = re.compile(
    r"^(?:please )?(?:list|show)\b|\b(?:list|show)(?: me| us)? all\b|一覧|リスト"
    r"|\b(?:which|what) (?!was\b|is\b|does\b|has\b)[a-z]{2,}[a-rt-z]s\b"
)
"""All values that fit are asked for."""
RELATIVE = re.compile(
    r"\b(?:in|during|over|for|within|since|of) the (?:last|next|first|previous) (?:day|week|month|quarter|year|hour|minute)s?\b"
)
"""Times that depend on when somebody asks."""
LISTED = re.compile(r"\blist(?:ed)?\b|\b(?:in|on|of) (?:the|this) (?:list|table|chart)\b|一覧|載って")
"""The order is that of the rows."""
DATED = re.compile(r"\b(?:earliest|oldest|latest|newest|most recent)\b|直近|最新|新しい|最古|早い|遅い")
"""The order is one in time, whatever order the rows are listed in."""
_ENDMOST = "(?:very )?(?:first|last|earliest|latest|oldest|newest|most recent)"
WANTED = re.compile(
    rf"\b(?:which|what) (?:(?:is|was|are|were) the (?:{_ENDMOST} |(?=[a-z]+ (?:of|for|on|in) the {_ENDMOST}\b)))?"
    r"(?!(?:is|was|are|were)\b)([a-z]+)"
)
"""The noun after "which", "which was the last", and after "what was the" in "what was the date of the last order"."""
YEAR = re.compile(r"(?:year|season|fiscal year|年|年度)$")
IMPLIED = (
    (
        re.compile(r"\bwho(?:se|m)?\b|[誰だ]れ?が|担当者は"),
        re.compile(
            r"\b(?:name|person|player|driver|winner|owner|author|artist|manager|employee|responsible|contact|candidate"
            r"|director|operator|inspector)\b|氏名|担当|責任者"
        ),
    ),
    (
        re.compile(r"\bwhere\b|どこ"),
        re.compile(
            r"\b(?:place|location|venue|site|city|town|country|shelf|room|building|warehouse)\b|場所|所在地|保管|棚"
        ),
    ),
)
"""What "who" and "where" ask for, by the names of columns."""
WHEN = re.compile(r"\bwhen\b|いつ")
EITHER = re.compile(r"\bor\b|どちら")
"""One of several is asked for."""
COMPARED = {
    "max": "more|higher|larger|bigger|greater|longer|taller|heavier|later|newer|better|大きい|多い|高い|長い|重い",
    "min": "less|fewer|lower|smaller|shorter|lighter|earlier|older|cheaper|worse|小さい|少ない|低い|安い|短い|軽い",
}
"""How two things are compared."""
MEASURES = {
    "longest": "length time duration distance", "shortest": "length time duration distance", "tallest": "height",
    "heaviest": "weight mass", "lightest": "weight mass", "fastest": "time speed", "quickest": "time",
    "earliest": "date year season", "latest": "date year season", "oldest": "age born year built date",
    "youngest": "age born", "newest": "year date built", "best": "rank place score", "worst": "rank place score",
    "highest": "rank", "cheapest": "price cost", "expensive": "price cost", "farthest": "distance", "closest": "distance",
}  # fmt: skip
"""What a superlative speaks of, by the names of columns."""
ORDINAL = re.compile(
    r"^(?:week|year|rank|ranking|no|number|#|pos|position|place|round|season|series|episode|day|month|id|code|page|row)\b|\b(?:no|number)$|番号|順位",
    re.IGNORECASE,
)
"""Columns whose figures are places in an order: summing them says nothing."""
SCALED = re.compile(r"million|thousand|billion|x ?1,?000|000s|[千万億]", re.IGNORECASE)
"""Headers that say in what size of units their figures are."""
MAX_NAME = 60
"""Characters of a value that a single word may stand for; longer ones are sentences."""
ARTICLES = frozenset(("the", "a", "an", "has", "had", "have", "did", "does", "do", "of"))
ROW_NOUNS = frozenset(("row", "entri", "record", "line"))
ENDS = frozenset(
    re.findall(
        "[a-z]+",
        "were was are is did do does have has had there in on at of from by with for to above over below under more per "
        "each every",
    )
)
SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9, "千": 1e3, "万": 1e4, "百万": 1e6,
    "億": 1e8,
}  # fmt: skip
UNIT_SCALES = {"千円": 1e3, "万円": 1e4, "百万円": 1e6, "億円": 1e8}
FIGURE = (
    r"[¥$€£]?(?P<figure>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<scale>thousand|million|billion|bn|百万|千|万|億|[km](?![a-z/]))?"
    r"(?:\s*(?P<unit>[^\s\d,.、。以未超を]{1,8}))?"
)
BEFORE = {
    ">": "above|over|more than|greater than|larger than|higher than|exceeding|longer than|heavier than",
    ">=": "at least|no less than|not less than",
    "<": "below|under|less than|fewer than|smaller than|lower than|cheaper than|shorter than|lighter than",
    "<=": "at most|no more than|not more than|up to",
}
AFTER = {
    ">=": "以上",
    "<=": "以下",
    ">": "(?:を)?(?:超える|超えた|超え|超|より大きい|より多い|より高い)",
    "<": "未満|より小さい|より少ない|より安い",
}
MONTH = "|".join(sorted({*MONTHS, *(month[:3] for month in MONTHS), "sept"}, key=len, reverse=True))
DAY = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:{MONTH}) \d{{4}}|(?:{MONTH}) \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
)
SPANS = (
    rf"(?P<day>{DAY})",
    rf"(?P<name>{MONTH})\.?,? (?P<year>\d{{4}})|(?P<iso>\d{{4}}-\d{{2}})(?!-?\d)"
    r"|(?P<jyear>\d{4})年(?P<jmonth>\d{1,2})月",
    r"(?P<only>(?:19|20)\d\d)(?![\d,])年?",
)
COME = r"(?:(?<![a-z])(?P<come>before|until|by|after|since|from|between|and|in|on|of|during|for|to) )?(?<![a-z\d.,¥$-])"
"""The word before a day, a month or a year that says how it limits."""
COMES = {"before": "<", "until": "<=", "by": "<=", "after": ">", "since": ">=", "from": ">="}


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The stem of an English word; a Japanese word becomes the English one it usually stands for in a header."""
    import snowballstemmer

    return " ".join(snowballstemmer.stemmer("english").stemWords(BILINGUAL.get(word, word).split()))


def stems(text: str) -> set[str]:
    """Stems of the Latin words of a text, and its Japanese words with the English ones they stand for."""
    words = re.findall(r"[a-z]+", plain(text))
    return {part for word in (*words, *_japanese(text)) for part in stem(word).split()}


def translated(text: str) -> str:
    """The English words that the Japanese words of business in a text stand for; "" without any."""
    return " ".join(BILINGUAL[word] for word in _japanese(text))


def _japanese(text: str) -> list[str]:
    """The Japanese words of business in a text."""
    said = plain(text)
    return [word for word in BILINGUAL if word in said]


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def literal(words: str) -> str:
    """A pattern for words that must not stand inside a longer Latin word or number."""
    before = r"(?<![a-z0-9])" if words[0].isascii() and words[0].isalnum() else ""
    after = r"(?![a-z0-9])" if words[-1].isascii() and words[-1].isalnum() else ""
    return f"{before}{re.escape(words)}{after}"
