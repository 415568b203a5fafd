"""Postal codes and postal addresses, Japanese first: an address is a place *with a number*.

A prefecture or city alone is geography (`東京都港区で展示会`), not a person's address, and is left alone.
Works on folded text.
"""

from __future__ import annotations

import re

from .rules import Rule

_PREFECTURE = (
    r"(?:北海道|東京都|京都府|大阪府|(?:青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|石川|福井|山梨|"
    r"長野|岐阜|静岡|愛知|三重|滋賀|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|"
    r"鹿児島|沖縄)県)"
)
_HAN = "一-龠々〆ヶケ"
_KANA_CITY = (
    r"(?:さいたま|つくば|つくばみらい|いわき|ひたちなか|かすみがうら|みどり|ふじみ野|あきる野|いすみ|みよし|あま|"
    r"たつの|さぬき|うるま|えびの|にかほ|つがる|むつ)"
)
_LOCAL = rf"(?:(?!住所|所在|在地)[{_HAN}]{{1,6}}?|{_KANA_CITY})"
_CITY = rf"{_LOCAL}[市区町村郡]"
_TOWN = rf"[{_HAN}ぁ-んァ-ヴー]"
_DIGIT = r"(?:\d{1,5}|[一二三四五六七八九十百]{1,4})"
_STEP = r"(?:(?:丁目|番地|番|号)(?:の(?=[\d一二三四五六七八九十]))?|-(?=\d))"
_NUMBER = rf"{_DIGIT}(?:{_STEP}(?:{_DIGIT}(?!階|F\b))?)+"
_NAME = rf"[{_HAN}ぁ-んァ-ヴーA-Za-z・]"
_BUILDING = (
    r"(?:ビル(?:ディング)?|タワー|マンション|ハイツ|ハウス|コーポ|アパート|荘|館|棟|"
    r"プラザ|センター)"
)
_HOUSE = (
    rf"(?: ?(?![のにへではがをとまか])"
    rf"{_NAME}{{0,16}}?{_BUILDING}"
    rf"(?:{_NAME}{{0,6}}? ?\d{{1,4}}(?:階|F|号室?)?)?(?![A-Za-z\d]))?"
)
_ALONE = rf"(?:(?<![{_HAN}])|(?<=住所)|(?<=在地)){_LOCAL}[市区](?:{_CITY}){{0,2}}{_TOWN}"
# Without a prefecture at least one character of a town must follow, or 第三工区1-2 were an address.
_JAPANESE = rf"(?:{_PREFECTURE} ?(?:{_CITY}){{1,3}}|{_ALONE}){_TOWN}{{0,14}}?{_NUMBER}{_HOUSE}"

_STREET = r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Parkway|Pkwy|Way|Court|Square|Place|Terrace)"
_WORD = r"[A-Z][A-Za-z'-]+"
_ENGLISH = (
    rf"(?<![\d-])\d{{1,5}}[A-Za-z]? (?:{_WORD} ){{1,4}}{_STREET}\b\.?(?:, (?:Suite|Apt|Unit|Floor|Room) ?\w+)?"
    rf"(?:, {_WORD}(?: {_WORD})?)?(?:,? [A-Z]{{2}} \d{{5}}(?:-\d{{4}})?)?"
)
_ROMAJI = rf"(?<![\d-])\d{{1,4}}(?:-\d{{1,4}}){{1,3}},? {_WORD}(?: {_WORD})?(?:, {_WORD})+"
_DISTRICT = r"-(?:ku|shi|cho|machi|gun|ken|fu|to)\b|Tokyo|Osaka|Kyoto"
_PLACE = re.compile(rf"〒|郵便番号|postal code|zip|住所|{_DISTRICT}|Hokkaido|Japan", re.IGNORECASE)

_CODE = re.compile(r"(?<![\dA-Za-z-])\d{3}-\d{4}(?![\d-])")
_BEHIND_CODE = re.compile(rf"[ ,、]{{0,3}}(?:{_PREFECTURE}|{_CITY})")

RULES: tuple[Rule, ...] = (
    Rule("address", re.compile(_JAPANESE)),
    Rule("address", re.compile(_ENGLISH)),
    Rule("address", re.compile(_ROMAJI), lambda value: re.search(_DISTRICT, value) is not None),
    Rule("postal_code", _CODE, near=_PLACE, after=_BEHIND_CODE, reach=24),
    Rule("postal_code", re.compile(r"〒 ?(?P<value>\d{7})(?!\d)")),
)
