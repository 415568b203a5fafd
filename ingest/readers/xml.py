"""XML of records (orders, exports, settings) as the nested records that JSON would hold: names, attributes and values.

lxml parses without network, without a DTD and with its limit on depth; what is running text, or no well-formed XML, is
left to be read as a page.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

LONG = 120
"""Characters from which a value is a paragraph."""
_SENTENCE = re.compile(r"\S+(?: \S+){3,}[.!?]|.{8,}[。！？]")
"""Or fewer, if they are a sentence."""
MOST = 0.5
"""The most of the characters of records that stand in paragraphs."""
MIXED = 0.05
"""The most of them that stand between elements."""
PAGES = (
    "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math", "http://www.w3.org/2000/svg",
    "urn:schemas-microsoft-com:office", "http://schemas.microsoft.com/office/", "http://schemas.openxmlformats.org/",
    "urn:oasis:names:tc:opendocument", "http://docbook.org/", "http://www.tei-c.org/",
)  # fmt: skip
"""Namespaces of documents, whose names of elements say how something looks, not what it is."""
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
SAID = 3
"""Attributes of the outermost element that name a document."""


def record(text: str) -> tuple[str, Any] | None:
    """What the outermost element is called, with its attributes, and its value; None of anything but records.

    Args:
        text: of a whole XML file.
    """
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if (etree.QName(root).namespace or "").startswith(PAGES) or _name(root).lower() == "html" or not _is_data(root):
        return None
    said = ", ".join(f"{name} {value}" for name, value in [*_attributes(root).items()][:SAID])
    return f"{_name(root)} {said}".strip(), _value(root)


def _is_data(root: etree._Element) -> bool:
    """Whether a tree holds values: little of its text is paragraphs or stands between elements, no entity is open."""
    whole = long = between = 0
    for element in root.iter():
        if not isinstance(element.tag, str):
            return False
        tail = len((element.tail or "").strip())
        own = len((element.text or "").strip())
        whole += own + tail + sum(map(len, element.attrib.values()))
        long += own * (own > LONG or bool(_SENTENCE.fullmatch(_text(element))))
        between += tail + own * (len(element) > 0)
    return whole > 0 and long <= MOST * whole and between <= MIXED * whole


def _value(root: etree._Element) -> Any:
    """An element as a record, its leaves as words; built from the leaves up, without recursion."""
    built: dict[etree._Element, Any] = {}
    for _, element in etree.iterwalk(root, events=("end",)):
        children = [(child, built.pop(child)) for child in element]
        built[element] = _record(element, children) if len(element) or _attributes(element) else _text(element)
    return built[root]


def _record(element: etree._Element, children: list[tuple[etree._Element, Any]]) -> dict[str, Any]:
    """Attributes, then parts under their names; parts of the same name are a list, an attribute of a word stands
    beside it."""
    found: dict[str, Any] = dict(_attributes(element))
    named: dict[str, list[Any]] = {}
    for child, value in children:
        if value not in ("", {}):
            named.setdefault(_name(child), []).append(value)
    if _text(element):
        found[_free(found, _name(element))] = _text(element)
    for name, values in named.items():
        key = _free(found, name)
        if len(values) > 1:
            found[key] = [_row(one) if isinstance(one, dict) else one for one in values]
        elif isinstance(values[0], dict) and name in values[0] and _is_plain(values[0]):
            found[key] = values[0][name]
            found |= {_free(found, f"{name} {inner}"): one for inner, one in values[0].items() if inner != name}
        else:
            found[key] = values[0]
    return found


def _row(value: dict[str, Any]) -> dict[str, Any]:
    """A repeated record with the small ones in it beside its values, so that it can be the row of a table."""
    if not all(_is_plain(one) for one in value.values() if isinstance(one, (dict, list))):
        return value
    row: dict[str, Any] = {}
    for name, one in value.items():
        row |= {f"{name} {inner}": word for inner, word in one.items()} if isinstance(one, dict) else {name: one}
    return row


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _free(taken: dict[str, Any], name: str) -> str:
    """A name that is not taken: an attribute may be called like an element."""
    while name in taken:
        name += "'"
    return name


def _attributes(element: etree._Element) -> dict[str, str]:
    """The attributes that say something, by their names without namespaces."""
    said = {etree.QName(name): " ".join(value.split()) for name, value in element.attrib.items()}
    return {name.localname: value for name, value in said.items() if value and name.namespace != INSTANCE}


def _text(element: etree._Element) -> str:
    """The words of an element, with those between its parts."""
    words = [element.text, *(child.tail for child in element)]
    return " ".join(" ".join(word.split()) for word in words if word and word.strip())


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)
