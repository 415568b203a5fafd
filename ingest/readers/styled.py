"""What the style sheets of a page strike out, by a tag, a class or an id.

What they hide is no concern here: a click may open it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

LINE_THROUGH = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.I)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?P<tag>[a-z][\w-]*)?(?:(?P<mark>[.#])(?P<name>[\w-]+))?", re.I)
LONGEST = 1_000_000
"""Characters of a style sheet that are looked at."""


def struck(root: etree._Element) -> frozenset[etree._Element]:
    """The elements of a page that a style sheet of its own strikes out, whatever the screen; a later rule for the same
    selector counts."""
    rules = dict(rule for sheet in root.iter("style") for rule in _rules(sheet.text or ""))
    chosen = [match for match, strikes in rules.items() if strikes]
    return frozenset(element for match in chosen for element in root.iter(match[0] or "*") if _fits(element, match))


Match = tuple[str, str, str]
"""Tag, mark and name of a selector; what it leaves open is ""."""


def _rules(sheet: str) -> Iterator[tuple[Match, bool]]:
    """Selectors of one tag, class or id, and whether their rule strikes out; rules for some screens alone are passed over."""
    for selectors, said in _RULE.findall(_without_conditions(_COMMENT.sub("", sheet[:LONGEST]))):
        if "text-decoration" in said.lower():
            for match in map(_SELECTOR.fullmatch, map(str.strip, selectors.rpartition(";")[2].split(","))):
                if match and match[0]:
                    yield (
                        ((match["tag"] or "").lower(), match["mark"] or "", match["name"] or ""),
                        bool(LINE_THROUGH.search(said)),
                    )


def _without_conditions(sheet: str) -> str:
    """A sheet without what stands in the braces of an at-rule."""
    kept, depth, start = [], 0, 0
    for brace in re.finditer(r"[{}]", sheet):
        at = brace.start()
        if brace[0] == "{":
            if not depth:
                head = sheet[start:at].rpartition(";")[2].strip()
                conditioned = head.startswith("@")
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                kept.append("" if conditioned else sheet[start : at + 1])
                start = at + 1
    return "".join(kept)


def _fits(element: etree._Element, match: Match) -> bool:
    _, mark, name = match
    if mark == ".":
        return name in (element.get("class") or "").split()
    return not mark or element.get("id") == name
