"""Mail: eml, msg and mbox. Who wrote what to whom and when, what is new in it and what is quoted.

Attachments, and mails in a mail, are handed on: they are sources of their own.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace

from ingest.base.errors import UnreadableSource
from ingest.space.entity import OLDER_MESSAGE, Locator
from ingest.text import charset

from ..media import MBOX, MSG
from ..source import Source
from . import Enclosed, Item, Note
from .flow import Block, Table, fold
from .html import Page, blocks, left_out, parse
from .invitation import told
from .message import MAIL, PICKED, SHOWN, Mail, Part, outlook, parsed
from .quoted import introduction, parted, voices
from .text import plain

_FROM = re.compile(rb"^>(>*From )", re.M)
"""A line that begins with "From ", marked as an mbox must, since another message would begin with it."""
ORNAMENT = 8_000
"""Bytes below which a picture among the text is a logo or a dot."""


class MailReader:
    """eml, msg and mbox."""

    name = "mail"

    def accepts(self, source: Source) -> bool:
        return source.media in ("message/rfc822", MSG, MBOX)

    def read(self, source: Source) -> Iterator[Item]:
        if source.media == MBOX:
            yield from fold(_told_apart(self._box(source)), source.path.stem)
            return
        mail = outlook(source.path) if source.media == MSG else parsed(source.path.read_bytes())
        if not any(mail.headers.values()) and not mail.parts:
            raise UnreadableSource(source.path, "a message without headers and words")
        yield from fold(_told_apart(self._flow(mail, source, Locator())), mail.headers["Subject"] or source.path.stem)

    def _box(self, source: Source) -> Iterator[Block | Table | Item]:
        """Every message of an mbox, one after the other."""
        with closing(mailbox.mbox(source.path, create=False)) as box:
            for number, key in enumerate(box.iterkeys(), start=1):
                mail = parsed(_FROM.sub(rb"\1", box.get_bytes(key)))
                place = Locator(part=f"message {number}")
                yield Block(mail.headers["Subject"] or f"Message {number}", 1, place)
                yield from self._flow(mail, source, place)

    def _flow(self, mail: Mail, source: Source, place: Locator) -> Iterator[Block | Table | Item]:
        lines = [f"{name}: {mail.headers[name]}" for name in SHOWN if mail.headers.get(name)]
        names = [f"{part.name} ({_size(len(part.data))})" for part in mail.attachments]
        if names:
            lines.append("Attachments: " + ", ".join(names))
        yield Block("\n".join(lines), place=place)
        for part in mail.parts:
            yield from (
                _enclosed(part, place, mail.headers["Subject"] or source.path.stem)
                if part.name
                else _words(part, place)
            )
        yield from map(Note, mail.notes)


def _enclosed(part: Part, place: Locator, subject: str) -> Iterator[Item]:
    """An attachment or a mail as a file inside the mail; of an mbox, inside the message."""
    if part.inline and part.media.startswith(PICKED) and len(part.data) < ORNAMENT:
        yield Note(f"{part.name}: a small picture among the text was not looked at")
        return
    name = _file_name(part)
    under = subject if part.media == MAIL else f"{subject} > {name}"
    yield Enclosed(f"{place.part}/{name}" if place.part else name, part.data, under)


def _file_name(part: Part) -> str:
    """The name of an attachment as one of a file: it leads to no other folder and is not too long."""
    said = part.name.encode("utf-8", "replace").decode()
    name = re.sub(r"[\x00-\x1f/\\:]", "_", said).strip(". ") or "attachment"
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:60]}{dot}{suffix[:10]}" if dot else name[:70]


def _words(part: Part, place: Locator) -> Iterator[Block | Table | Item]:
    if part.media == "text/calendar":
        try:
            yield from (
                Block(text, place=replace(place, part="invitation" if number == 1 else f"invitation {number}"))
                for number, text in enumerate(told(charset.decode(part.data, part.encoding)), start=1)
            )
        except ValueError as error:
            yield Note(f"an invitation in it cannot be read ({str(error)[:100]})")
    elif part.media == "text/html":
        page = parse(part.data, part.encoding)
        if page is not None:
            yield from map(Note, left_out(page))
            yield from _page(page, place)
    else:
        yield from _text(charset.decode(part.data, part.encoding), place)


def _page(page: Page, place: Locator) -> Iterator[Block | Table]:
    quotes = parted(page.root)
    yield from blocks(page, place)
    for quote in quotes:
        inside = replace(place, part=OLDER_MESSAGE)
        said = introduction(quote)
        found = list(blocks(Page("", quote), inside))
        if found:
            yield Block(f"Quoted: {said}" if said else "Quoted message", 2, inside)
            yield from found


def _told_apart(items: Iterable[Item | Block | Table]) -> Iterator[Item | Block | Table]:
    """The flow with a heading where the sender's own words go on behind a quotation: they are none of it."""
    quoted = False
    for item in items:
        if isinstance(item, Block | Table):
            inside = item.place.part == OLDER_MESSAGE
            if quoted and not inside and getattr(item, "level", 0) != 1:
                yield Block("Reply", 2, item.place)
            quoted = inside
        yield item


def _text(text: str, place: Locator) -> Iterator[Block | Table]:
    for voice in voices(_without_noise(text)):
        inside = replace(place, part=OLDER_MESSAGE) if voice.depth else place
        if voice.depth:
            yield Block(f"Quoted{': ' + voice.said if voice.said else ' message'}", 1 + voice.depth, inside)
            yield Block(voice.text.strip(), place=inside)
        elif place.part is None:
            yield Block(voice.text.strip(), place=place)
        else:
            yield from (_below(block, place) for block in plain(voice.text))


def _below(block: Block | Table, place: Locator) -> Block | Table:
    """A block one level deeper, in the place of its part."""
    if isinstance(block, Table):
        return replace(block, place=place)
    return Block(block.text, block.level + (block.level > 0), place)


def _without_noise(text: str) -> str:
    """A body without trailing spaces and the marks of format=flowed."""
    return re.sub(r"[ \t]+$", "", text, flags=re.M).strip()


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count // 1024:,} kB"
