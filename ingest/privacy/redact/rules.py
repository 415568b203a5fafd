"""Personal data of a fixed form: numbers, addresses on the net, telephones, dates of birth.

One table, most certain rule first; where two spans overlap the earlier rule wins. A rule is a pattern over *folded*
text plus what makes it more than a pattern: a check digit, words that must stand near, words that forbid it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from . import checks

Found = tuple[int, int, bool]
"""Start, end, and whether a check digit confirmed it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to write one kind of personal data.

    Attributes:
        pattern: its named groups are the spans; where it has none the whole match is.
        check: what a value must satisfy; `checked` says that this is a check digit.
        near: must be found in the `reach` characters before the match, or `after` just behind it.
        never: must not be found in the `reach` characters before the match.
    """

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    checked: bool = False
    near: re.Pattern[str] | None = None
    after: re.Pattern[str] | None = None
    never: re.Pattern[str] | None = None
    reach: int = 20

    def spans(self, text: str) -> Iterator[Found]:
        for match in self.pattern.finditer(text):
            if not self._at_home(text, match):
                continue
            for group in self.pattern.groupindex or (0,):
                if match[group] and (self.check is None or self.check(match[group])):
                    yield (*match.span(group), self.checked)

    def _at_home(self, text: str, match: re.Match[str]) -> bool:
        before = text[max(0, match.start() - self.reach) : match.start()]
        if self.never and self.never.search(before):
            return False
        if not self.near or self.near.search(before):
            return True
        return bool(self.after and self.after.match(text, match.end()))


# -- what more than one rule needs ------------------------------------------------------------------------


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _number(body: str) -> re.Pattern[str]:
    """A number that is not a part of a longer number, code or decimal."""
    return re.compile(rf"(?<![0-9A-Za-z])(?<![0-9A-Za-z][-._])(?:{body})(?![0-9A-Za-z])(?![-._][0-9A-Za-z])")


_GOODS = _words(
    r"注文|発注|伝票|追跡|送り状|問い?合わ?せ番号|管理番号|会員番号|参照|品番|部品|型番|図面|製造番号|シリアル|ロット|"
    r"商品|コード|センサ|タイムスタンプ|JAN|EAN|ISBN|SKU|order|track|parcel|serial|batch|\bpart|\blot\b|\bref(?:erence)?\b|"
    r"barcode|article|ticket|epoch|sensor|\bid\b"
)
_VERSION = _words(r"バージョン|版数|ファームウェア|(?<![a-z])ver(?:sion|\.)?(?![a-z])|firmware|release|section|章|節")
_CALL = _words(
    r"電話|携帯|(?<![a-z])TEL|FAX|ファックス|ファクス|連絡先|直通|"
    r"phone|mobile|\bcell|\bcall\b|number is|dial|reach|contact"
)
_BORN = _words(r"生年月日|誕生日|生まれ|生れ|(?<![a-z])DOB|date of birth|birth ?da(?:te|y)|\bborn\b")
_TWELVE = _number(r"\d{4}([ -]?)\d{4}\1\d{4}")
_THIRTEEN = _number(r"T?(?P<value>\d-?\d{4}-?\d{4}-?\d{4})")
_IS = r"[ :#・、,(はがのis№]{0,4}(?:(?:No\.?|第|number) ?)?"


def _card(value: str) -> bool:
    return value[0] in "23456" and checks.luhn(value)


def _corporate(value: str) -> bool:
    return checks.corporate_number(value) and not checks.ean13(value)


def _ip(value: str) -> bool:
    """A real address that can be somebody's: not a loopback, not a netmask."""
    try:
        address = IPv6Address(value) if ":" in value else IPv4Address(value)
    except AddressValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or value.startswith("255."))


def _telephone(value: str) -> bool:
    """Ten digits; eleven for mobile, IP and 0800 numbers."""
    number = "".join(map(str, checks.digits(value)))
    return len(number) == (11 if re.match(r"0(?:[5-9]0|800)(?!570)", number) else 10)


def _international(value: str) -> bool:
    return 8 <= len(checks.digits(value)) <= 15


_KANJI = "[〇元一二三四五六七八九十]{1,4}"
_ERA = r"(?:明治|大正|昭和|平成|令和|\b(?:Showa|Heisei|Reiwa))"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_YEAR, _MD = r"(?:18|19|20)\d\d", r"\d{1,2}(?:月 ?|[./-])\d{1,2}日?"
_DATE = re.compile(
    rf"{_ERA} ?(?:\d{{1,2}}|{_KANJI})(?:年 ?|[./-])(?:{_MD}|{_KANJI}月{_KANJI}日)"
    rf"|(?<![A-Za-z])[MTSHR]\.?\d{{1,2}}(?:年|[./-]){_MD}"
    rf"|(?<!\d){_YEAR}(?:年 ?|[./-]){_MD}(?!\d)"
    rf"|(?<!\d){_YEAR}\d{{4}}(?!\d)"
    rf"|(?<!\d)\d{{1,2}}[./-]\d{{1,2}}[./-]{_YEAR}(?!\d)"
    rf"|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? {_YEAR}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}"
)

# -- the table --------------------------------------------------------------------------------------------

_CARD = _number(r"\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|\d{4}([ -]?)\d{6}\2\d{4,5}")
_MAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}")
_IPV4 = re.compile(r"(?<![0-9A-Za-z.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9A-Za-z]|\.\d)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{1,4}(?:::?[0-9A-Fa-f]{1,4}){2,7}(?![0-9A-Za-z:])")
_ABROAD = re.compile(r"\+\d{1,3}[ -]?\(?\d{1,4}\)?(?:[ -]?\d{2,4}){1,4}(?!\d)")
_AT_HOME = _number(r"0\d{1,4}-\d{1,4}-\d{3,4}|0\d{1,4}\(\d{1,4}\)\d{4}|\(0\d{1,4}\) ?\d{1,4}-\d{4}")
_ACCOUNT = _words(
    r"(?:口座(?:番号)?|(?:普通|当座|貯蓄)(?:預金)?(?:口座)?|account n(?:o\.?|umber)|"
    rf"(?:savings|checking|current|ordinary|bank) account(?: n\w+\.?)?){_IS}"
    r"(?P<value>\d{7})(?!\d| ?(?:号機|通|個|台|円|本|件|人|枚))"
)
_POST_BANK = re.compile(
    rf"(?:ゆうちょ|郵便|貯金).{{0,12}}記号{_IS}(?P<symbol>1\d{{4}})"
    rf"[ ・、-]{{0,3}}(?:番号{_IS})?(?P<number>\d{{6,8}})(?!\d)"
)
_INSURED = _words(
    rf"(?:記号・番号{_IS}(?P<a>\d[\d-]{{0,7}})[ ・、,]{{1,3}}|"
    rf"(?:記号|symbol){_IS}(?P<b>\d[\d-]{{0,7}})[ ・、,と-]{{1,3}}(?:番号|number){_IS})(?P<c>\d{{1,8}})(?!\d)"
)
_BEHIND_BIRTH = re.compile(r"(?:\)|に)?生(?:まれ|れ|(?![産成命活]))")
_MY_NUMBER = _words(r"マイナンバー|個人番号|my ?number|individual n")
_INSURANCE = _words(r"保険|insur")

RULES: tuple[Rule, ...] = (
    Rule("iban", _number(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"), checks.iban, True),
    Rule("mail", _MAIL),
    Rule("my_number", _TWELVE, checks.my_number, True, near=_MY_NUMBER),
    Rule("driving_licence", _TWELVE, checks.driving_licence, True, near=_words(r"免許|licen[cs]e")),
    Rule("my_number", _TWELVE, near=_MY_NUMBER),
    Rule("driving_licence", _TWELVE, near=_words(r"免許証|driv\w*'?s? licen[cs]e")),
    Rule("corporate_number", _THIRTEEN, near=_words(r"法人番号|corporate n\w+\.?"), reach=18),
    Rule("corporate_number", _THIRTEEN, _corporate, True, never=_GOODS),
    Rule("card", _CARD, _card, True, never=_GOODS),
    Rule("health_insurance", _number(r"\d{8}"), checks.luhn, True, near=_INSURANCE, reach=40),
    Rule("health_insurance", _number(r"\d{6}|\d{8}"), near=_words(r"保険者番号|insurer n")),
    Rule("health_insurance", _INSURED, near=_INSURANCE, reach=48),
    Rule("passport", _number(r"[A-Z]{2} ?\d{7}"), near=_words(r"旅券|パスポート|passport"), reach=24),
    Rule("bank_account", _POST_BANK),
    Rule("bank_account", _ACCOUNT),
    Rule("ip", _IPV4, _ip, never=_VERSION, reach=48),
    Rule("ip", _IPV6, _ip),
    Rule("phone", _ABROAD, _international),
    Rule("phone", _AT_HOME, _telephone),
    Rule("phone", _number(r"0[5-9]0\d{8}"), never=_GOODS),
    Rule("phone", _number(r"0\d{9}|0\d{1,4} \d{1,4} \d{4}"), _telephone, near=_CALL),
    Rule("phone", _number(r"(?:\(\d{3}\) ?|\d{3}[ -])\d{3}-\d{4}"), near=_CALL),
    Rule("my_number", _TWELVE, checks.my_number, True, never=_GOODS),
    Rule("birth_date", _DATE, near=_BORN, after=_BEHIND_BIRTH, reach=16),
)
