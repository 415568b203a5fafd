"""The new words of a mail and the quoted ones: by the marks and the shape mail programs give them, not by phrases.

A quoted message is begun by ">" (in Japanese also "＞") at the head of its lines, by a block of headers (From, Sent, To,
Subject as mail programs write them in their languages), or, in HTML, by the element that holds it or by such a block
below a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile

from lxml import etree

_MARK = re.compile(r"^((?:[>＞] ?)+)")
_FIELD = re.compile(r"\*?[^\W\d][^\n:：]{0,24}[:：]")
_DAY_OR_ADDRESS = re.compile(r"\d{4}|@")
_RULE = re.compile(r"^\s*[-_=]{4,}.*$")
HEADERS = 3
"""Kinds of fields that a block of headers has at least."""
MOST_HEADERS = 20
"""Fields of a block of headers at most."""
_GMAIL = "//div[contains(concat(' ', @class, ' '), ' gmail_quote ')]"
_HOLDERS = (
    f"//blockquote | {_GMAIL}[not(blockquote)] | "
    "//*[@id='OLK_SRC_BODY_SECTION' or @class='yahoo_quoted' or @class='moz-forward-container']"
)
_MARKED = "divRplyFwdMsg"
_HEADS = (
    f".//*[contains(@id, '{_MARKED}')] | .//hr/following-sibling::*[1][self::div or self::p] | .//div[contains(@style, "
    "'border-top') or contains(translate(@style, ' ', ''), 'border-style:solidnonenone')]"
)
"""What may be a block of headers; the older message is what follows it."""
_LABELS = {
    "sender": "From|Von|De|De la|Da|Van|Fra|Från|Lähettäjä|Od|Feladó|Kimden|Από|От|Від|Dari|Từ|จาก|"
    "差出人|送信者|发件人|寄件[者人]|보낸 ?사람",
    "sent": "Sent|Gesendet|Envoyé|Enviado(?: el| em)?|Enviada(?: em)?|Inviato|Verzonden|Sendt|Skickat|Lähetetty|Wysłano|"
    "Odesláno|Odoslané|Poslano|Elküldve|Küldve|Gönderildi|Trimis|Στάλθηκε|Отправлено|Надіслано|Dikirim|Đã gửi|ส่ง|"
    "送信日時?|发送时间|傳送時間|寄件日期|보낸 (?:날짜|시간)",
    "day": "Date|Datum|Fecha|Data|Dato|Päivämäärä|Päiväys|Dátum|Tarih|Ημερομηνία|Дата|Tanggal|Ngày|วันที่|"
    "日付|日時|日期|날짜",
    "receiver": "To|An|À|A|Para|Aan|Til|Till|Vastaanottaja|Do|Komu|Za|Címzett|Kime|Către|Προς|Кому|Kepada|Tới|Đến|ถึง|"
    "宛先|收件[人者]|받는 ?사람",
    "subject": "Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Emne|Ämne|Aihe|Temat|Předmět|Predmet|Tárgy|Konu|"
    "Subiect|Θέμα|Тема|Subjek|Perihal|Chủ đề|เรื่อง|件名|主[题題旨]|제목",
}
"""The labels that mail programs write in a block of headers, by kind."""
_LABEL = re.compile(rf"\*?(?:{'|'.join(f'(?P<{kind}>{said})' for kind, said in _LABELS.items())})\s*[:：]", re.I)
_LINES = frozenset(("br", "p", "div", "tr"))
HEAD = 2_000
"""Characters within which the first lines of a block of headers stand."""
OLDER = 200
"""Older messages of one page that are told apart at most."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A stretch of words: the sender's own (`depth` 0), or quoted so many times over; `said` introduces it."""

    text: str
    depth: int = 0
    said: str = ""


def voices(text: str) -> list[Voice]:
    """A plain text parted into what is new and what is quoted, in the order of the text."""
    lines = [(_depth(line), _MARK.sub("", line)) for line in text.split("\n")]
    found: list[Voice] = []
    for depth, group in groupby(lines, key=lambda line: line[0]):
        body = [line for _, line in group]
        said = ""
        if depth and found and found[-1].depth < depth:
            said, rest = _introduction(found[-1].text)
            found[-1] = Voice(rest, found[-1].depth, found[-1].said)
        found += _forwarded(body, depth, said)
    return [voice for voice in found if voice.text.strip() or voice.said]


def _depth(line: str) -> int:
    mark = _MARK.match(line)
    return len(mark[1].replace(" ", "")) if mark else 0


def _introduction(text: str) -> tuple[str, str]:
    """The last line, if it introduces what follows ("On Monday Rin wrote:"), and the text before it."""
    head, _, last = text.rstrip().rpartition("\n")
    if last.strip().endswith((":", "：")) or (_DAY_OR_ADDRESS.search(last) and not head.strip()):
        return last.strip(), head
    return "", text


def _forwarded(lines: list[str], depth: int, said: str) -> Iterator[Voice]:
    """Lines of one depth, parted where a block of headers begins an older message."""
    start = 0
    for number in range(1, len(lines)):
        if count := _begins(lines, number):
            yield Voice("\n".join(lines[start:number]), depth, said)
            end = number + count
            said, start, depth = " ".join(line.strip() for line in lines[number:end]), end, depth + 1
    yield Voice("\n".join(lines[start:]), depth, said)


def _begins(lines: list[str], number: int) -> int:
    """How many lines the block of headers has that begins here, behind a rule or a blank line; 0 where none does."""
    before = lines[number - 1].strip()
    if before and not _RULE.match(before):
        return 0
    return _head(line.strip() for line in lines[number : number + MOST_HEADERS])


def _head(lines: Iterable[str]) -> int:
    """How many of these lines are a block of headers, 0 if they begin with none.

    It names the sender, a day or an address, and more that only mails have: a form, a letter or a journey is none.
    """
    fields = [*takewhile(_FIELD.match, lines)]
    kinds = [label.lastgroup if (label := _LABEL.match(line)) else None for line in fields]
    found = {kind for kind in kinds if kind}
    said = " ".join(fields)
    if "sender" not in found or len(found) < HEADERS or kinds[0] in (None, "receiver"):
        return 0
    if "@" not in said and (found.isdisjoint(("sent", "subject")) or not _DAY_OR_ADDRESS.search(said)):
        return 0
    return max(number for number, kind in enumerate(kinds, start=1) if kind)


def parted(root: etree._Element) -> list[etree._Element]:
    """The elements of a page that hold quoted messages, taken out of it, the outermost only; what stands below a block
    of headers is put into one first."""
    for quote in root.xpath(f"{_GMAIL}/blockquote[1]"):
        _introduce(quote)
    older = _older(root)
    found: list[etree._Element] = []
    for element in root.xpath(_HOLDERS):
        if not any(above in found for above in element.iterancestors()):
            found.append(element)
    for element in found:
        parent = element.getparent()
        if parent is not None:
            _drop(parent, element)
    return found + older


def introduction(element: etree._Element) -> str:
    """The first line of a quoted message, if it introduces the rest, with a day or an address in it."""
    first = next((line for line in _lines(element) if line), "")
    return first if first.endswith((":", "：")) and _DAY_OR_ADDRESS.search(first) else ""


def _introduce(quote: etree._Element) -> None:
    """Moves what Gmail writes above a quoted message into the element that holds it; what is below is a reply."""
    above = etree.Element("div")
    parent = quote.getparent()
    above.text, parent.text = parent.text, None
    above.extend([*quote.itersiblings(preceding=True)][::-1])
    above.tail, quote.text = quote.text, None
    quote.insert(0, above)


def _older(root: etree._Element) -> list[etree._Element]:
    """The messages that begin with a block of headers, each with all below it, taken out of a page from the last on."""
    held = {*root.xpath(_HOLDERS)}
    heads = [head for head in root.xpath(_HEADS) if _is_head(head) and held.isdisjoint(head.iterancestors())]
    held = set(heads)
    outer = [head for head in heads if held.isdisjoint(head.iterancestors())]
    return [_gathered(head) for head in reversed(outer[:OLDER])][::-1]


def _is_head(element: etree._Element) -> bool:
    """Whether an element begins with a block of headers: it is marked as one, or its lines are."""
    return _MARKED in element.get("id", "") or _head([line for line in _lines(element) if line][:MOST_HEADERS]) > 0


def _lines(element: etree._Element) -> list[str]:
    """The first words of an element as the lines that a page shows."""
    said, length = [], 0
    for event, one in etree.iterwalk(element, events=("start", "end")):
        ends = "\n" if one.tag in _LINES and (event == "start" or one.tag != "br") else ""
        words = one.text if event == "start" else one.tail if one is not element else ""
        said.append(ends + re.sub(r"\s+", " ", words or ""))
        length += len(said[-1]) + 1
        if length > HEAD:
            break
    return [line.strip() for line in "".join(said).split("\n")]


def _gathered(head: etree._Element) -> etree._Element:
    """A block of headers and all that follows it on its page, moved into one element."""
    gathered = etree.Element("div")
    for one in [head, *head.iterancestors()]:
        if one.tag in ("body", "html"):
            break
        following = [*one.itersiblings()]
        if one is head:
            gathered.append(head)
        elif one.tail:
            etree.SubElement(gathered, "span").text = one.tail
            one.tail = None
        gathered.extend(following)
    return gathered


def _drop(parent: etree._Element, element: etree._Element) -> None:
    """Takes an element out of a tree and leaves the words behind it in their place."""
    tail, before = element.tail or "", element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
    element.tail = None
