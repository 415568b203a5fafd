"""Mail: eml and msg. Who wrote what to whom and when; attachments are listed, and read where they are plain text.

The standard library parses eml, python-oxmsg opens msg; both end in one `Mail`, which becomes one flow.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Locator
from ingest.text import charset

from ..source import MSG, Source
from . import Item, Note
from .flow import Block, Table, fold
from .html import blocks, parse
from .text import plain

SHOWN = ("From", "To", "Cc", "Date")
READABLE = frozenset(["text/plain", "text/html", "text/markdown"])
MAX_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """The body or an attachment. `encoding` is the declared one, if any."""

    name: str
    media: str
    data: bytes
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A message, whatever it was kept in."""

    headers: dict[str, str]
    body: Part | None
    attachments: tuple[Part, ...]


class MailReader:
    """eml, and msg as Outlook keeps it."""

    name = "mail"

    def accepts(self, source: Source) -> bool:
        return source.media in ("message/rfc822", MSG)

    def read(self, source: Source) -> Iterator[Item]:
        mail = _outlook(source) if source.media == MSG else _message(source)
        if not any(mail.headers.values()) and mail.body is None:
            raise UnreadableSource(source.path, "a message without headers and words")
        if mail.body is None:
            yield Note("its body was not read: it is empty or kept as RTF only")
        yield from fold(_flow(mail), mail.headers["Subject"] or source.path.stem)


def _flow(mail: Mail) -> Iterator[Block | Table]:
    lines = [f"{name}: {mail.headers[name]}" for name in SHOWN if mail.headers.get(name)]
    if mail.attachments:
        lines.append("Attachments: " + ", ".join(f"{part.name} ({_size(len(part.data))})" for part in mail.attachments))
    yield Block("\n".join(lines))
    if mail.body:
        yield from _words(mail.body, Locator())
    for part in mail.attachments:
        if part.media in READABLE:
            place = Locator(part=part.name)
            yield Block(part.name, 1, place)
            yield from _words(part, place)


def _words(part: Part, place: Locator) -> Iterator[Block | Table]:
    if part.media == "text/html":
        page = parse(part.data, part.encoding)
        yield from blocks(page, place) if page else ()
        return
    text = charset.decode(part.data, part.encoding)
    if place.part is None:
        yield Block(_without_noise(text), place=place)
    else:
        yield from (Block(block.text, block.level + (block.level > 0), place) for block in plain(text))


def _without_noise(text: str) -> str:
    """A body without trailing spaces and the marks of format=flowed."""
    return re.sub(r"[ \t]+$", "", text, flags=re.M).strip()


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count // 1024:,} kB"


# -- eml -------------------------------------------------------------------------------------------------


def _message(source: Source) -> Mail:
    with source.path.open("rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.compat32)
    raw = {name.lower(): value for name, value in reversed(list(message.raw_items()))}
    headers = {name: _header(raw.get(name.lower())) for name in ("Subject", *SHOWN)}
    bodies: list[Part] = []
    attachments: list[Part] = []
    for part in _leaves(message):
        name = _header(part.get_filename())
        data = part.get_payload(decode=True)
        leaf = Part(name, part.get_content_type(), data if isinstance(data, bytes) else b"", part.get_content_charset())
        if name or part.get_content_disposition() == "attachment" or leaf.media not in READABLE:
            attachments.append(leaf if name else Part(f"unnamed {leaf.media}", leaf.media, leaf.data, leaf.encoding))
        elif leaf.data.strip():
            bodies.append(leaf)
    body = next(
        (part for media in ("text/plain", "text/markdown", "text/html") for part in bodies if part.media == media), None
    )
    return Mail(headers, body, tuple(attachments))


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that are not made of parts, in order, without recursion."""
    waiting = [message]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        inner = part.get_payload()
        if part.is_multipart() and isinstance(inner, list):
            waiting.extend(reversed([one for one in inner if isinstance(one, Message)]))
        else:
            yield part


def _header(value: Any) -> str:
    """A header as it was meant: encoded words decoded, raw bytes in the encoding they seem to be in, one line."""
    if value is None:
        return ""
    text = str(value)
    if re.search("[\udc80-\udcff]", text):
        text = charset.decode(text.encode("ascii", "surrogateescape"))
    with suppress(ValueError, LookupError, HeaderParseError):
        text = str(make_header([(word, _encoding(name)) for word, name in decode_header(text)]))
    return " ".join(text.split())


def _encoding(name: str | None) -> str | None:
    return {"iso-2022-jp": "iso2022_jp_2", "shift_jis": "cp932", "x-sjis": "cp932"}.get((name or "").lower(), name)


# -- msg -------------------------------------------------------------------------------------------------


def _outlook(source: Source) -> Mail:
    import oxmsg

    message = oxmsg.Message.load(str(source.path))
    headers = {name: _header(message.message_headers.get(name)) for name in ("Subject", *SHOWN)}
    headers["Subject"] = headers["Subject"] or _header(message.subject)
    headers["From"] = headers["From"] or _header(message.sender)
    headers["To"] = headers["To"] or ", ".join(
        f"{to.name} <{to.email_address}>" for to in message.recipients if to.email_address
    )
    headers["Date"] = headers["Date"] or (f"{message.sent_date:%Y-%m-%d %H:%M %Z}" if message.sent_date else "")
    if message.body:
        body = Part("", "text/plain", message.body.encode("utf-8"), "utf-8")
    elif message.html_body:
        body = Part("", "text/html", message.html_body.encode("utf-8"), "utf-8")
    else:
        body = None
    attachments = (
        Part(one.file_name or "unnamed", one.mime_type or "application/octet-stream", one.file_bytes or b"")
        for one in message.attachments
    )
    return Mail(headers, body, tuple(attachments))
