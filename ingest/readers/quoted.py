"""The new words of a mail and the quoted ones: by the marks and the shape mail programs give them, not by phrases.

A quoted message is begun by ">" at the head of its lines, by a block of headers (From, Sent, To, Subject in any
language), or, in HTML, by the element that holds it or by such a block below a rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lxml import etree

_MARK = re.compile(r"^((?:> ?)+)")
_FIELD = re.compile(r"^\*?[^\W\d][^\n:：]{1,24}[:：]\*?\s*\S")
_DAY_OR_ADDRESS = re.compile(r"\d{4}|@")
_RULE = re.compile(r"^\s*[-_=]{4,}.*$")
HEADERS = 3
"""Fields of a block of headers at least."""
_HOLDERS = (
    "//blockquote",
    "//div[contains(concat(' ', @class, ' '), ' gmail_quote ')]",
    "//*[@id='OLK_SRC_BODY_SECTION' or @class='yahoo_quoted' or @class='moz-forward-container']",
)
_MARKED = "divRplyFwdMsg"
_HEADS = (
    f".//*[contains(@id, '{_MARKED}')] | .//hr/following-sibling::*[1][self::div or self::p] | .//div[contains(@style, "
    "'border-top') or contains(translate(@style, ' ', ''), 'border-style:solidnonenone')]"
)
"""What may be a block of headers; the older message is what follows it."""
_SENDER = re.compile(
    r"\*?(?:From|Von|De|Da|Van|Fra|Från|Lähettäjä|Od|Feladó|Kimden|От|差出人|送信者|发件人|寄件者|보낸 사람)\s*[:：]",
    re.I,
)
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
    return [voice for voice in found if voice.text.strip()]


def _depth(line: str) -> int:
    mark = _MARK.match(line)
    return mark[1].count(">") if mark else 0


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
        if _begins(lines, number):
            yield Voice("\n".join(lines[start:number]), depth, said)
            end = number
            while end < len(lines) and _FIELD.match(lines[end].strip()):
                end += 1
            said, start, depth = " ".join(line.strip() for line in lines[number:end]), end, depth + 1
    yield Voice("\n".join(lines[start:]), depth, said)


def _begins(lines: list[str], number: int) -> bool:
    """Whether a block of headers begins here, behind a rule or a blank line, with a day or an address in it."""
    before = lines[number - 1].strip()
    if before and not _RULE.match(before):
        return False
    block = [line.strip() for line in lines[number : number + HEADERS]]
    return len(block) == HEADERS and all(map(_FIELD.match, block)) and bool(_DAY_OR_ADDRESS.search(" ".join(block)))


def parted(root: etree._Element) -> list[etree._Element]:
    """The elements of a page that hold quoted messages, taken out of it, the outermost only; what stands below a block
    of headers is put into one first."""
    older = _older(root)
    found: list[etree._Element] = []
    for path in _HOLDERS:
        for element in root.xpath(path):
            if not any(above in found for above in element.iterancestors()):
                found.append(element)
    for element in found:
        parent = element.getparent()
        if parent is not None:
            _drop(parent, element)
    return found + older


def _older(root: etree._Element) -> list[etree._Element]:
    """The messages that begin with a block of headers, each with all below it, taken out of a page from the last on."""
    held = {element for path in _HOLDERS for element in root.xpath(path)}
    heads = [head for head in root.xpath(_HEADS) if _is_head(head) and held.isdisjoint(head.iterancestors())]
    held = set(heads)
    outer = [head for head in heads if held.isdisjoint(head.iterancestors())]
    return [_gathered(head) for head in reversed(outer[:OLDER])][::-1]


def _is_head(element: etree._Element) -> bool:
    """Whether an element begins with a block of headers: it is marked, or its lines are fields, one the sender."""
    lines = [line for line in _lines(element) if line][:HEADERS]
    if len(lines) < HEADERS or not all(map(_FIELD.match, lines)) or not _DAY_OR_ADDRESS.search(" ".join(lines)):
        return _MARKED in element.get("id", "")
    return bool(_SENDER.match(lines[0])) or "@" in " ".join(lines)


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
