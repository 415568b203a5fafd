"""A message taken apart: eml, msg or one of an mbox becomes headers, texts in order and attachments, mails among them.

The standard library parses eml, python-oxmsg opens msg. Of several forms of one text the plain one is taken, unless it
says less than the other.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from ingest.text import charset

from . import flowed
from .html import parse

SHOWN = ("From", "To", "Cc", "Date")
PLAIN = ("text/plain", "text/markdown", "text/x-markdown", "text/enriched")
TEXTS = frozenset([*PLAIN, "text/html", "text/calendar"])
PICKED = ("image/", "audio/", "video/")
MAIL = "message/rfc822"
AS_SENT = email.policy.compat32.clone(mangle_from_=False)
SEALS = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
CLOSED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
MAX_PARTS = 1_000
DEPTH = 50
SAID = 0.6
"""Share of the words of the HTML form that the plain form has when both say the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """A text or an attachment. `encoding` is the declared one, if any; `inline` says that it is shown among the texts."""

    name: str
    media: str
    data: bytes
    encoding: str | None = None
    inline: bool = False


@dataclass(slots=True)
class Mail:
    """A message, whatever it was kept in; its parts in the order in which a mail program shows them."""

    headers: dict[str, str]
    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def attachments(self) -> list[Part]:
        return [part for part in self.parts if part.name]


def parsed(data: bytes) -> Mail:
    """The message in the bytes of an eml file."""
    return of_message(email.message_from_bytes(data, policy=email.policy.compat32))


def of_message(message: Message) -> Mail:
    raw = {name.lower(): value for name, value in reversed(list(message.raw_items()))}
    mail = Mail({name: header(raw.get(name.lower())) for name in ("Subject", *SHOWN)})
    for count, part in enumerate(_parts(message, mail, 0)):
        if count >= MAX_PARTS:
            mail.notes.append(f"only the first {MAX_PARTS:,} parts were read")
            break
        mail.parts.append(part)
    return mail


def _parts(message: Message, mail: Mail, depth: int) -> Iterator[Part]:
    """The parts of a message in order; `mail` gets notes about those that are passed over."""
    inner = message.get_payload()
    media = message.get_content_type()
    if depth > DEPTH:
        mail.notes.append(f"parts nested more than {DEPTH} deep were left out")
    elif media in CLOSED:
        mail.notes.append("an encrypted part was not read")
    elif media == "multipart/alternative" and isinstance(inner, list):
        yield from _alternative(_messages(inner), mail, depth)
    elif media == MAIL and isinstance(inner, list):
        for one in _messages(inner):
            yield from _inner(one, header(message.get_filename()), mail)
    elif message.get_content_maintype() == "message" and isinstance(inner, list):
        yield from _report(_messages(inner), mail, depth)
    elif message.is_multipart() and isinstance(inner, list):
        for one in _messages(inner):
            yield from _parts(one, mail, depth + 1)
    elif media not in SEALS:
        yield from _leaf(message)


def _messages(inner: Sequence[object]) -> list[Message]:
    return [one for one in inner if isinstance(one, Message)]


def _inner(message: Message, name: str, mail: Mail) -> Iterator[Part]:
    """A mail inside a mail, as a file would hold it."""
    called = name if name.lower().endswith(".eml") else f"{name or 'attached message'}.eml"
    try:
        yield Part(called, MAIL, message.as_bytes(policy=AS_SENT))
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        mail.notes.append(f"attachment {called}: not read: damaged ({type(error).__name__})")


def _report(groups: Sequence[Message], mail: Mail, depth: int) -> Iterator[Part]:
    """A report of mail programs (not delivered, read, abuse): its groups of fields, and what stands below them, if anything."""
    told = ("\n".join(f"{name}: {header(value)}" for name, value in one.raw_items()) for one in groups)
    yield Part("", "text/plain", "\n\n".join(filter(None, told)).encode("utf-8", "replace"), "utf-8")
    for one in groups:
        if one.get_payload():
            yield from _parts(one, mail, depth + 1)


def _leaf(message: Message) -> Iterator[Part]:
    name, media = header(message.get_filename()), message.get_content_type()
    payload = message.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    attached = message.get_content_disposition() == "attachment" or media not in TEXTS
    if attached and not name:
        name = f"unnamed {media}"
    if attached or name or data.strip():
        inline = message.get_content_disposition() == "inline" or message.get("Content-ID") is not None
        encoding = message.get_content_charset()
        if not attached and str(message.get_param("format", "")).lower() == "flowed":
            del_space = str(message.get_param("delsp", "")).lower() == "yes"
            data, encoding = flowed.joined(charset.decode(data, encoding), del_space).encode(), "utf-8"
        yield Part(name if attached or media == "text/html" else "", media, data, encoding, inline)


def _alternative(options: Sequence[Message], mail: Mail, depth: int) -> Iterator[Part]:
    """The forms of one text that say something the ones before do not."""
    found = [list(_parts(option, mail, depth + 1)) for option in options]
    first = next((parts for parts in found if _is_plain(parts)), [])
    rich = [parts for parts in found if parts is not first]
    said = _words(first)
    for parts in rich:
        own = _words(parts)
        if own and len(own & said) < SAID * len(own) and not _is_plain(parts):
            first = [] if len(said & own) >= SAID * len(said) or len(said) < len(own) / 2 else first
            yield from first
            yield from parts
            first, said = [], said | own
        else:
            yield from (part for part in parts if part.media not in (*PLAIN, "text/html"))
    yield from first


def _is_plain(parts: Sequence[Part]) -> bool:
    return bool(parts) and parts[0].media in PLAIN


def _words(parts: Sequence[Part]) -> set[str]:
    """The words of texts, without marks; of Japanese, its pairs of characters."""
    text = " ".join(text_of(part) for part in parts if part.media in (*PLAIN, "text/html"))
    japanese = re.findall(r"(?=([\u3040-\u9fff]{2}))", text)
    return {word.lower() for word in re.findall(r"[^\W_\u3040-\u9fff]{2,}", text)} | set(japanese)


def text_of(part: Part) -> str:
    """The words of a text part."""
    if part.media != "text/html":
        return charset.decode(part.data, part.encoding)
    page = parse(part.data, part.encoding)
    return " ".join(page.root.itertext()) if page else ""


def header(value: Any) -> str:
    """A header as it was meant: encoded words decoded, raw bytes in the encoding they seem to be in, one line."""
    if value is None:
        return ""
    text = str(value)
    if re.search("[\udc80-\udcff]", text):
        text = charset.decode(text.encode("ascii", "surrogateescape"))
    with suppress(ValueError, LookupError, HeaderParseError):
        text = str(make_header([_word(word, name) for word, name in decode_header(text)]))
    return " ".join(text.split())


def _word(word: bytes | str, name: str | None) -> tuple[bytes | str, str | None]:
    """An encoded word and its encoding; in the encodings of Japan, which programs stretch, it is decoded here."""
    if isinstance(word, bytes) and (name or "").lower() in ("iso-2022-jp", "shift_jis", "x-sjis"):
        return charset.decode(word, name), "utf-8"
    return word, name


def outlook(path: Path) -> Mail:
    """A message as Outlook keeps it."""
    import oxmsg

    message = oxmsg.Message.load(str(path))
    headers = {name: header(message.message_headers.get(name)) for name in ("Subject", *SHOWN)}
    headers["Subject"] = headers["Subject"] or header(message.subject)
    headers["From"] = headers["From"] or header(message.sender)
    headers["To"] = headers["To"] or ", ".join(
        f"{to.name} <{to.email_address}>" for to in message.recipients if to.email_address
    )
    headers["Date"] = headers["Date"] or (f"{message.sent_date:%Y-%m-%d %H:%M %Z}" if message.sent_date else "")
    mail = Mail(headers)
    if message.body or message.html_body:
        media = "text/plain" if message.body else "text/html"
        mail.parts.append(Part("", media, (message.body or message.html_body or "").encode(), "utf-8"))
    else:
        mail.notes.append("its body was not read: it is empty or kept as RTF only")
    for one in message.attachments:
        media = one.mime_type or "application/octet-stream"
        mail.parts.append(Part(one.file_name or f"unnamed {media}", media, one.file_bytes or b""))
    return mail
