"""Our own pages as HTML. Jinja escapes every value: what a model or a file says stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from assistant.answer.retold import retold, retold_parts
from assistant.serve.amends import PutRight
from assistant.serve.drawing import Chart
from assistant.serve.view import Excerpt, Opened
from assistant.serve.web.told import told
from assistant.serve.web.words import Language, clock, place, words
from ingest.space.entity import Entity


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of this package; everything is escaped, a missing value is an error."""
    loader = PackageLoader("assistant.serve.web")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["clock"] = clock
    made.filters["code"] = _coded
    return made


def _coded(text: str) -> Markup:
    """A text in which what stands between backticks is shown as code; all of it is escaped."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def opened_page(
    opened: Opened, original: bool, excerpt: Excerpt | None, chart: Chart | None, near: Sequence[Entity],
    right: PutRight, language: Language, beside: int = 0,
) -> str:  # fmt: skip
    """A source opened at its place; `original` says whether its file can be opened, too; `right` what was put right."""
    parts = retold_parts(opened.parts, opened.entity.kind, language)
    said = {"place": place(opened.entity.locator, language), "right": right, "parts": parts}
    return page(
        "open.html", language, opened=opened, original=original, excerpt=excerpt, chart=chart, near=near, beside=beside, **said
    )  # fmt: skip


def sign_in_page(
    language: Language, next: str, sso: bool, refused: str = "", guests: Sequence[tuple[str, str]] = ()
) -> str:
    """The door; `sso` says whether single sign-on is offered, `refused` names the word for why nobody came in; `guests`
    come in with one click."""
    return page("sign_in.html", language, next=next, sso=sso, refused=refused, guests=guests)


def signed_in_page(language: Language, next: str) -> str:
    """Leads on by itself. The session's cookie is for requests of our own pages, and a redirection from the provider's
    page would not be one."""
    return page("signed_in.html", language, next=next)


def message_page(message: str, language: Language, beside: bool = False) -> str:
    """A sentence that says what is wrong, with the way back; `beside` the chat there is one already."""
    begun = message[:1].upper() + message[1:] if message.partition(" ")[0].isalpha() else message
    return page("message.html", language, message=begun, beside=beside)


def other(language: Language) -> Language:
    return "ja" if language == "en" else "en"


def page(template: str, language: Language, **values: object) -> str:
    known = {
        "language": language,
        "other": other(language),
        "words": words(language),
        "told": partial(told, language=language),
        "retold": partial(retold, language=language),
    }
    return environment().get_template(template).render(**known, **values)
