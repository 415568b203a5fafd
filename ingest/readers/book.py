"""EPUB: chapters in the order of reading, each an HTML page of its own.

The package is opened with zipfile and lxml alone (no entities, no network).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree

from ingest.base.errors import UnreadableSource
from ingest.space.entity import Locator

from ..media import EPUB
from ..source import Source
from . import Item, Note
from .flow import Block, Table, fold, real_title
from .html import blocks, left_out, parse


class BookReader:
    """epub."""

    name = "epub"

    def accepts(self, source: Source) -> bool:
        return source.media == EPUB

    def read(self, source: Source) -> Iterator[Item]:
        with zipfile.ZipFile(source.path) as archive:
            opf = _package(archive, source)
            package = _xml(archive, opf)
            if package is None:
                raise UnreadableSource(source.path, "its list of chapters cannot be read")
            title = real_title(package.findtext(".//{*}metadata/{*}title") or "")
            creator = package.findtext(".//{*}metadata/{*}creator") or ""
            yield from fold(_chapters(archive, opf, package), title or creator or source.path.stem)


def _package(archive: zipfile.ZipFile, source: Source) -> str:
    """The name of the file that lists the chapters."""
    container = _xml(archive, "META-INF/container.xml")
    found = container.find(".//{*}rootfile") if container is not None else None
    if found is None or not found.get("full-path"):
        raise UnreadableSource(source.path, "an EPUB that does not say where its list of chapters is")
    if _locked(archive):
        raise UnreadableSource(source.path, "encrypted (protected against copying)")
    return str(found.get("full-path"))


def _locked(archive: zipfile.ZipFile) -> bool:
    """Whether chapters are encrypted; fonts may be."""
    listed = _xml(archive, "META-INF/encryption.xml")
    names = [one.get("URI", "") for one in listed.iterfind(".//{*}CipherReference")] if listed is not None else []
    return any(name.lower().endswith(("html", "htm", "xml")) for name in names)


def _chapters(archive: zipfile.ZipFile, opf: str, package: etree._Element) -> Iterator[Block | Table | Note]:
    folder = posixpath.dirname(opf)
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    names = _contents(archive, folder, items)
    number = 0
    for entry in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(entry.get("idref"))
        if item is None or "nav" in item.get("properties", "").split():
            continue
        number += 1
        path = _within(folder, item.get("href", ""))
        page = parse(archive.read(path)) if path in archive.namelist() else None
        if page is None:
            yield Note(f"chapter {number} is missing or empty")
            continue
        yield from (Note(f"chapter {number}: {what}") for what in left_out(page))
        yield from _chapter(
            [*blocks(page, Locator(part=names.get(path) or page.title or f"chapter {number}"))], names.get(path, "")
        )


def _chapter(flow: list[Block | Table], name: str) -> Iterator[Block | Table]:
    """A chapter, opened by its name in the table of contents when it has no heading of its own."""
    if name and flow and not any(isinstance(block, Block) and block.level for block in flow[:5]):
        yield Block(name, 1, flow[0].place)
    yield from flow


def _contents(archive: zipfile.ZipFile, folder: str, items: dict[str | None, etree._Element]) -> dict[str, str]:
    """Names of chapters by their path, from the table of contents of either kind."""
    found: dict[str, str] = {}
    for item in items.values():
        is_nav = "nav" in item.get("properties", "").split()
        if not is_nav and item.get("media-type") != "application/x-dtbncx+xml":
            continue
        path = _within(folder, item.get("href", ""))
        tree = _xml(archive, path)
        if tree is None:
            continue
        base = posixpath.dirname(path)
        points = tree.iterfind(".//{*}a") if is_nav else tree.iterfind(".//{*}navPoint")
        for point in points:
            content = point if is_nav else point.find("{*}content")
            label = "".join(point.itertext()) if is_nav else point.findtext("{*}navLabel/{*}text") or ""
            target = content.get("href" if is_nav else "src", "") if content is not None else ""
            found.setdefault(_within(base, target.partition("#")[0]), " ".join(label.split()))
    return found


def _within(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href)))


def _xml(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """A part parsed as XML; None when it is not there or is none."""
    try:
        data = archive.read(name)
        return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (KeyError, etree.XMLSyntaxError):
        return None
