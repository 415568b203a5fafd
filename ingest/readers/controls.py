"""Fields of forms in pages: what is filled in, ticked or chosen."""

from __future__ import annotations

from lxml import etree

TYPED = frozenset(
    ["text", "number", "date", "time", "datetime-local", "month", "week", "email", "tel", "url", "search"]
)
"""Types of fields whose value is shown as it is."""
_TICKS = {"checkbox": ("☐", "☑"), "radio": ("○", "◉")}
"""How a box or a button looks that is off, and on."""


def shown(element: etree._Element) -> str:
    """What stands in a field, with a gap around it; of anything else nothing."""
    kind = element.get("type", "text").lower()
    if element.tag == "input" and kind in TYPED:
        return f" {element.get('value', '')} "
    if element.tag == "input" and kind in _TICKS:
        return f" {_TICKS[kind][element.get('checked') is not None]} "
    if element.tag == "textarea":
        return f" {element.text or ''} "
    chosen = element.iterfind(".//option[@selected]") if element.tag == "select" else ()
    return "".join(f" {''.join(one.itertext()).strip()} " for one in chosen)
