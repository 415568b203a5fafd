"""Our own pages as HTML: the door, a source opened at its place, a plain message. Every value is escaped by Jinja.

Knows nothing about requests, and nothing about who may see what it is given.
"""

from __future__ import annotations

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant.drawing import Chart
from assistant.view import Excerpt, Opened
from assistant.web.words import Language, clock, place, words


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of this package; everything is escaped, a missing value is an error."""
    loader = PackageLoader("assistant.web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def opened_page(
    opened: Opened, original: bool, excerpt: Excerpt | None, chart: Chart | None, language: Language
) -> str:
    """A source opened at its place; `original` says whether its file can be opened, too."""
    said = {"place": place(opened.entity.locator, language), "clock": clock}
    return _page("open.html", language, opened=opened, original=original, excerpt=excerpt, chart=chart, **said)


def sign_in_page(language: Language, next: str, refused: bool = False) -> str:
    other = "ja" if language == "en" else "en"
    return _page("sign_in.html", language, next=next, refused=refused, other=other)


def message_page(message: str, language: Language) -> str:
    return _page("message.html", language, message=message)


def _page(template: str, language: Language, **values: object) -> str:
    return environment().get_template(template).render(language=language, words=words(language), **values)
