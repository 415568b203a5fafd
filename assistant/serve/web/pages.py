"""Our own pages and the pieces of the chat as HTML. Jinja escapes every value: what a model or a file says stays text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant.answer.check import MARK
from assistant.serve.drawing import Chart
from assistant.serve.view import Excerpt, Opened
from assistant.serve.web.words import Language, clock, file_name, place, words

if TYPE_CHECKING:
    from assistant.answer.answer import Answer
    from assistant.answer.cite import Citation

CHAT_STYLE = Path(__file__).parent / "chat.css"
QUOTE = 240
"""Characters of a quotation shown beside an answer; the source has all of it."""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of this package; everything is escaped, a missing value is an error."""
    loader = PackageLoader("assistant.serve.web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def opened_page(
    opened: Opened, original: bool, excerpt: Excerpt | None, chart: Chart | None, language: Language
) -> str:
    """A source opened at its place; `original` says whether its file can be opened, too."""
    said = {"place": place(opened.entity.locator, language), "clock": clock}
    return _page("open.html", language, opened=opened, original=original, excerpt=excerpt, chart=chart, **said)


def sign_in_page(language: Language, next: str, sso: bool, refused: str = "") -> str:
    """The door; `sso` says whether single sign-on is offered, `refused` names the word for why nobody came in."""
    return _page("sign_in.html", language, next=next, sso=sso, refused=refused, other=_other(language))


def signed_in_page(language: Language, next: str) -> str:
    """Leads on by itself. The session's cookie is for requests of our own pages, and a redirection from the provider's
    page would not be one."""
    return _page("signed_in.html", language, next=next)


def message_page(message: str, language: Language) -> str:
    return _page("message.html", language, message=message)


def _other(language: Language) -> Language:
    return "ja" if language == "en" else "en"


def _page(template: str, language: Language, **values: object) -> str:
    return environment().get_template(template).render(language=language, words=words(language), **values)


# -- pieces of the chat --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Card:
    """A citation as it is shown beside its answer."""

    mark: int
    link: str
    file: str
    place: str
    quote: str


def turn(answer: Answer, language: Language) -> str:
    """A question with its checked answer and its sources; marks and cards open the source."""
    cards = [_card(citation, answer, language) for citation in answer.citations]
    how = "ungrounded" if answer.how == "model" and not cards else answer.how
    return _page("turn.html", language, answer=answer, how=how, pieces=_pieces(answer.answer, cards), cards=cards)


def live(question: str, status: str, draft: str, language: Language) -> str:
    """A question whose answer is on its way; `status` names the word for how far it is."""
    return _page("live.html", language, question=question, status=words(language)[status], draft=draft)


def notices(language: Language) -> str:
    """What the page says by itself when the server does not let it ask any more."""
    return _page("notices.html", language)


def failed(question: str, reason: str, language: Language) -> str:
    """A question that could not be answered, and why."""
    return _page("live.html", language, question=question, status=words(language)["trouble"], draft=reason)


def gone(question: str, language: Language) -> str:
    """An earlier question whose answer may not be shown any more."""
    return _page("gone.html", language, question=question)


def welcome(language: Language) -> str:
    return _page("welcome.html", language)


def bar(person: str, language: Language) -> str:
    """The top of the chat; `person` is empty where nobody signs in."""
    return _page("bar.html", language, person=person, other=_other(language))


def _card(citation: Citation, answer: Answer, language: Language) -> Card:
    text = next((hit.entity.text for hit in answer.hits if hit.entity.id == citation.entity), "")
    start = text.find(citation.quote)
    marked = f"?quote={start}-{start + len(citation.quote)}" if start >= 0 and citation.quote else ""
    quote = citation.quote if len(citation.quote) <= QUOTE else f"{citation.quote[: QUOTE - 1]}…"
    where = place(citation.locator, language)
    return Card(citation.mark, f"/open/{citation.entity}{marked}", file_name(citation.source), where, quote)


def _pieces(text: str, cards: Sequence[Card]) -> list[tuple[str, str, str]]:
    """The answer as (words, mark behind them, where the mark leads); a mark without a source leads nowhere."""
    links = {card.mark: card.link for card in cards}
    found: list[tuple[str, str, str]] = []
    at = 0
    for match in MARK.finditer(text):
        found.append((text[at : match.start()], match[1], links.get(int(match[1]), "")))
        at = match.end()
    return [*found, (text[at:], "", "")]
