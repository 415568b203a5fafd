"""What sort of thing a question asks for, and whether a sentence holds one.

A table of patterns, the most particular first, in English and Japanese. It is used to rank sentences and to notice that
a source speaks about the right thing without saying what was asked ("how heavy" without any weight).
"""

from __future__ import annotations

import re
from functools import lru_cache

NUMBER = (
    r"(?:\d[\d.,]*|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|"
    r"billions?|dozens?|half|third|quarter|several|[一二三四五六七八九十百千万]+)"
)
MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
DATE = (
    rf"\b(?:1\d{{3}}|20\d{{2}})\b|\b{MONTH}\b\.?\s*\d|\d\s*{MONTH}\b|\b(?:in|since|until|by|of|from) {MONTH}\b|\d{{3,4}}s\b|centur|"
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:today|tomorrow|yesterday|noon|midnight)\b|\b\d{1,2}:\d\d\b|\b(?:bc|ad|bce)\b|"
    r"\d+\s*(?:年|月|日|時)|[月火水木金土日]曜"
)
TIME = r"(?:seconds?|minutes?|min|hours?|days?|weeks?|months?|years?|decades?|centur(?:y|ies)|shifts?|s|h|ms)\b"
OFTEN = r"\b(?:daily|weekly|monthly|quarterly|yearly|annual(?:ly)?|hourly|every|once|twice|always|never|each)\b"
REPEATED = rf"{OFTEN}|\b(?:per|after|intervals?)\b|毎[日週月年時]|おき|ごと|に[一1１]回"
"""How often something is done: "two hours" alone is how long."""
JAPANESE_TIME = r"(?:秒|分|時間|日|週|か月|ヶ月|カ月|年)"
DURATION = rf"{NUMBER}[\s-]*(?:\w+[\s-]+)?{TIME}|{OFTEN}|{NUMBER}\s*{JAPANESE_TIME}|毎[日週月年時]"
LENGTH = rf"{NUMBER}[\s-]*(?:[µu]m|mm|cm|m|km|met(?:er|re)s?|feet|foot|ft|inch(?:es)?|in|miles?|yards?|kilomet(?:er|re)s?)\b"
MONEY = r"[$€£¥￥]\s*\d|\d[\d.,]*\s*(?:yen|jpy|dollars?|usd|euros?|eur|pounds?|cents?|million|billion|円|万円|億)|\bfree\b|無料"

WHAT = r"\b(?:what|which)(?: [\w'-]+){0,4}?"

SORTS: tuple[tuple[str, str], ...] = (
    (r"\b(?:tele)?phone number|\bfax number|電話番号|内線", r"\+?\d[\d ()/-]{5,}\d|\bext"),
    (r"\be-?mail address|メールアドレス", r"\S+@\S+"),
    (r"\b(?:web ?site|url|web address)\b", r"https?://|www\."),
    (rf"\bhow heavy|\bhow much (?:does|do|did) .*weigh|{WHAT} (?:weight|mass)\b|重さ|重量", rf"{NUMBER}\s*(?:m?g|kg|t|tons?|tonnes?|grams?|kilograms?|lbs?|pounds?|ounces?)\b"),
    (rf"\bhow (?:hot|warm|cold)\b|{WHAT} temperature\b|何度", rf"{NUMBER}\s*(?:°|℃|degrees?|kelvin|[CFK]\b|度)"),
    (rf"\bhow loud|{WHAT} (?:noise|sound) level|\bdecibels?\b|騒音", r"\bdB|decibel|デシベル"),
    (rf"\bhow fast|{WHAT} (?:speed|velocity)\b|回転数|速度", rf"{NUMBER}\s*(?:rpm|r/min|min-?1|km/h|m/s|mph|mm/min|knots?|回転)|speed|fast|slow"),
    (rf"{WHAT} pressure\b|圧力は", rf"{NUMBER}\s*(?:[kM]?Pa|m?bar|psi)\b"),
    (rf"{WHAT} torque\b|トルクは", rf"{NUMBER}\s*N[\s·.]*m\b"),
    (rf"{WHAT} voltage\b|電圧は", rf"{NUMBER}\s*k?V\b"),
    (rf"{WHAT} rated current\b|\bhow many amp|電流は", rf"{NUMBER}\s*m?A\b"),
    (rf"{WHAT} (?:per ?cent|percentage|proportion|share|fraction)\b|何%|何パーセント|何割", r"\d\s*[%％]|per ?cent|half|third|quarter|\bnone\b|割"),
    (rf"{WHAT} colou?rs?\b|何色|色は", r"\b(?:red|blue|green|yellow|orange|black|white|gr[ae]y|brown|purple|pink|silver|gold(?:en)?|violet|crimson)\b|[赤青緑黄黒白灰茶紫銀金]"),
    (r"\b(?:price|costs?|salary|fees?|wages?|fares?|prize money|budget|revenue|turnover|sales target|allowance)\b|\bhow expensive|いくら|何円|料金|価格|単価", MONEY + r"|(?<![\d-])(?!(?:19|20)\d\d\b)\d{3}"),
    (r"\bhow (?:often|frequently)|どのくらいの頻度|何回", rf"{REPEATED}|{NUMBER}\s*(?:times|回)"),
    (r"\bwhat intervals?", rf"{REPEATED}|{DURATION}"),
    (r"\bhow (?:long|quickly|soon)\b|\bhow much time|\bfor how many (?:hours|days|weeks|months|years)", rf"{DURATION}|{LENGTH}|{DATE}|immediately|at once"),
    (r"\bhow (?:tall|high|wide|deep|far|large|big|thick)\b|\b(?:height|width|depth|length|diameter|distance)\b|寸法|直径", rf"{LENGTH}|{NUMBER}"),
    (r"\bhow old\b", NUMBER),
    (rf"\bhow many (?!{TIME})", rf"{NUMBER}(?![\w.,]|[\s-]+{TIME})"),
    (r"\bhow (?:many|much)\b|\bwhat (?:is the )?(?:number|amount|quantity|size|population)\b|\btotal (?:number|amount)\b|\bnumber of\b|いくつ", rf"(?<![\w-]){NUMBER}(?!\d|\s*{MONTH})"),
    (r"\bwhen\b(?! (?:the|a|an|you|we|it|they|he|she|is|are|i) )|\b(?:what|which) (?:year|date|day|month|time|century|decade|period|era)\b|\b(?:un|since|by|from) when\b|\bdate\b|いつ|何[年月]", DATE),
    (r"\bwhy\b|\bwhat (?:caused|causes|is the (?:reason|cause))|\bfor what reason|なぜ|どうして|理由|原因", r"\b(?:because|due|since|so that|in order|caused?|causes|as a result|result(?:ed|s)?|therefore|to (?:avoid|prevent|allow|make)|reason|led|had)\b|ため|ので|から|により|原因"),
    (r"\bhow (?:do|does|did|can|should|is|are|was|were)\b|\bin what way|どのように|どうやって", r"\b(?:by|through|using|with|via|to)\b|して|により|で"),
)  # fmt: skip
"""(what the question looks like, what a sentence that answers it holds), the most particular first."""

NAMED = re.compile(
    r"\b(?:who|whom|whose|where)\b|\b(?:what|which)(?: \w+)? (?:person|people|man|woman|company|firm|city|town|country|state|place|"
    r"organi[sz]ation|group|team|river|university|school|king|queen|president|author|supplier|customer|language|name|"
    r"machine|part|order)\b|\bwhat (?:is|was|are|were) the names?\b|誰|どこ|どの|名前",
    re.IGNORECASE,
)
"""Questions whose answer is a name."""

COUNTER = re.compile(r"何(個|人|枚|本|台|回|件|名|箱|円|日間|日|時間|時|分|秒|週間|か月|ヶ月|カ月|年|歳|階|号|番|度|%|パーセント)")


PLAIN = 13
"""So many of the first `SORTS` have a form of their own, a unit or a sign: without it there is no answer."""


@lru_cache(maxsize=1024)
def plainly(question: str) -> bool:
    """Whether what a question asks for has a form that cannot be missed: a telephone number, a mass, a colour."""
    return any(re.search(sort, question, re.IGNORECASE) for sort, _ in SORTS[:PLAIN])


@lru_cache(maxsize=1024)
def expected(question: str) -> re.Pattern[str] | None:
    """What a sentence that answers must hold, or None where that cannot be told from the question."""
    if match := COUNTER.search(question):
        return re.compile(rf"(?:[\d０-９][\d.,，．０-９]*|[一二三四五六七八九十百千]+)\s*(?:{match[1]}|{match[1][0]})")
    for sort, answer in SORTS:
        if re.search(sort, question, re.IGNORECASE):
            return re.compile(answer, re.IGNORECASE)
    return None


FIELD = re.compile(
    r"\b(?:what|which) (?:(?:is|was|are|were) (?:the )?(?P<of>[a-z]+(?: [a-z]+)?)(?= (?:of|on|in|for|at)\b)|"
    r"(?P<is>[a-z]+(?: [a-z]+)?)(?= (?:is|was|are|were|does|do|did|has|have)\b))",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def field(question: str) -> re.Pattern[str] | None:
    """What finds the field a question asks for by its name, with a value behind it: "Material: FCD450" for "What material
    is given ...?", or None where it names none."""
    match = FIELD.search(question)
    name = match and (match["of"] or match["is"])
    return re.compile(rf"(?:^|[;\n]\s*){name}[\s:：]\s*\S", re.IGNORECASE) if name else None


def asks_name(question: str) -> bool:
    return bool(NAMED.search(question))
