"""The pieces of the chat as HTML: its frame, a question with its answer, an answer on its way.

What kind of answer it is, is looked up in a table (`words.SEALS`), so a kind that has no words is shown plainly and fails
a test rather than the chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from assistant.answer.notes import BOTH, counted
from assistant.answer.retold import retold
from assistant.serve.desk import Answering
from assistant.serve.talks import Turn
from assistant.serve.web.pages import page
from assistant.serve.web.told import told
from assistant.serve.web.words import Language, Seal, place, seal, words
from ingest.base.access import Viewer
from ingest.source import is_gone
from ingest.space.entity import Locator
from ingest.text.paths import telling

MARK = re.compile(r"\s?\[(\d{1,3})\]")
QUOTE = 240
"""Characters of a quotation shown beside an answer; the source has all of it."""
LOOKED = 5
"""Files named where nothing was found."""
ICONS = {
    "page": "page", "passage": "text", "picture": "picture", "region": "picture", "line": "picture", "utterance": "sound",
    "sound": "sound", "series": "chart", "event": "chart", "table": "table", "row": "table", "column": "table",
    "concept": "idea",
}  # fmt: skip
"""The sign of each kind of entity."""


@dataclass(frozen=True, slots=True)
class Card:
    """A citation as it is shown; `number` counts the citations of one answer in the order in which they are met."""

    number: int
    link: str
    file: str
    place: str
    quote: str
    icon: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of an answer, and the citation whose mark stands behind them."""

    words: str
    card: Card | None


def notices(language: Language) -> str:
    """What the page says by itself when the server does not let it ask any more."""
    return page("notices.html", language)


def side(person: str, viewer: Viewer, language: Language, feeds: bool = False) -> str:
    """What stands beside the chat; `person` is empty where nobody signs in, `feeds` says whether they may bring files."""
    return page("side.html", language, person=person, viewer=viewer, feeds=feeds)


def tools(language: Language) -> str:
    return page("tools.html", language)


def panel(language: Language) -> str:
    """The frame in which a source is opened beside the chat."""
    return page("panel.html", language)


def welcome(offered: Sequence[str], empty: bool, language: Language, feeds: bool = False) -> str:
    """A greeting; `feeds` says whether the viewer may bring files."""
    return page("welcome.html", language, offered=offered, empty=empty, feeds=feeds)


def past(
    talk: str, turns: Sequence[tuple[Turn, bool]], further: Sequence[str], language: Language, state: str = "", feeds: bool = False
) -> str:  # fmt: skip
    """A conversation; of a turn that may not be shown any more only the question.

    Args:
        state: by which the page finds out that the conversation has changed.
        feeds: whether the viewer may bring files.
    """
    told = Markup("").join(
        Markup(turn(talk, one, language, feeds) if shown else gone(one.question, language))  # noqa: S704 - of pages
        for one, shown in turns
    )
    return page("past.html", language, talk=talk, turns=told, further=further, state=state)


def turn(talk: str, one: Turn, language: Language, feeds: bool = False) -> str:
    """A question with its answer and its sources; marks and cards open the source."""
    said = one.said
    numbered = _numbered(said, one.marked, language)
    cards = sorted(numbered.values(), key=lambda card: card.number)
    looked = list(telling(hit["source"] for hit in said.get("hits", ())).values())[:LOOKED]
    shown = _seal(one, bool(cards), language)
    rows = counted(said.get("notes", ()))
    listed = {int(one["mark"]) for one in said.get("citations", ()) if rows and one["kind"] == "row"}
    beside = listed - {int(mark) for mark in MARK.findall(said.get("answer", ""))}
    marks = {mark: card for mark, card in numbered.items() if mark not in beside}
    return page(
        "turn.html", language, talk=talk, turn=one, seal=shown, pieces=_pieces(said.get("answer", ""), marks),
        cards=[card for card in cards if card in marks.values()], rows=rows if listed else 0, listed=len(listed), looked=looked,
        notes=said.get("notes", ()), attached=_beside(one.attached.name if one.attached else "", one.question), feeds=feeds,
        trouble=said.get("error", ""), corrected=_corrected(said, numbered, language),
    )  # fmt: skip


def _corrected(said: Mapping[str, Any], numbered: Mapping[int, Card], language: Language) -> str:
    """That the source of an answer was put right since, by the numbers of its citations."""
    numbers = sorted(numbered[mark].number for mark in said.get("corrected", ()) if mark in numbered)
    return words(language)["quote_corrected"].format(numbers=", ".join(map(str, numbers))) if numbers else ""


def live(answering: Answering, language: Language) -> str:
    """A question whose answer is on its way, and how far it is."""
    said = words(language)[f"stage_{answering.stage}"].format(place=answering.place)
    return page(
        "live.html", language, question=answering.question, stage=answering.stage, status=said, draft=answering.draft,
        busy=not answering.ended, attached=_beside(answering.attached, answering.question),
    )  # fmt: skip


def _beside(attached: str, question: str) -> str:
    """The name of what was asked about, where it is not what stands for the question already."""
    return attached if attached != question else ""


def failed(question: str, reason: str, language: Language) -> str:
    """A question that could not be answered, and why."""
    return page(
        "live.html",
        language,
        question=question,
        stage="failed",
        status=words(language)["trouble"],
        draft=told(reason, language),
        busy=False,
        attached="",
    )


def missing(language: Language) -> str:
    """In place of a conversation that is not there, or not this person's: the page is ready for a new one."""
    return page("missing.html", language)


def gone(question: str, language: Language) -> str:
    """An earlier question whose answer may not be shown any more."""
    return page("gone.html", language, question=question)


def _seal(one: Turn, cited: bool, language: Language) -> Seal:
    if one.state != "done":
        return seal(f"turn_{one.state}", language)
    how = "both" if BOTH in one.said.get("notes", ()) else str(one.said.get("how", ""))
    return seal("ungrounded" if how in ("model", "answered") and not cited else how, language)


def _numbered(said: Mapping[str, Any], marked: Mapping[str, tuple[int, int]], language: Language) -> dict[int, Card]:
    """The cards by their marks, numbered in the order in which the answer names them."""
    by_mark = {int(one["mark"]): one for one in said.get("citations", ())}
    met = [int(mark) for mark in MARK.findall(said.get("answer", "")) if int(mark) in by_mark]
    order = list(dict.fromkeys([*met, *by_mark]))
    names = telling(one["source"] for one in by_mark.values())
    cited = ((number, mark, by_mark[mark]) for number, mark in enumerate(order, 1))
    return {mark: _card(number, names[one["source"]], one, marked, language) for number, mark, one in cited}


def _card(
    number: int, file: str, citation: Mapping[str, Any], marked: Mapping[str, tuple[int, int]], language: Language
) -> Card:
    at = marked.get(str(citation["mark"]))
    query = f"?lang={language}" + (f"&quote={at[0]}-{at[1]}" if at else "")
    said = retold(str(citation["quote"]), citation["kind"], language)
    quote = said if len(said) <= QUOTE else f"{said[: QUOTE - 1]}…"
    gone = words(language)["file_gone"] if is_gone(citation["source"]) else ""
    where = " · ".join(filter(None, (place(Locator.from_dict(citation["locator"]), language), gone)))
    icon = ICONS.get(citation["kind"], "text")
    return Card(number, f"/open/{citation['entity']}{query}", file, where, quote, icon)


def _pieces(text: str, cards: Mapping[int, Card]) -> list[Piece]:
    """The answer cut at its marks; a mark without a source is left out."""
    found: list[Piece] = []
    at = 0
    for match in MARK.finditer(text):
        found.append(Piece(text[at : match.start()], cards.get(int(match[1]))))
        at = match.end()
    return [*found, Piece(text[at:], None)] if text else []


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One entity that an answer was made from: where it is, what it contributed, how the model read it."""

    entity: str
    icon: str
    file: str
    place: str
    text: str
    share: int
    cited: bool
    left_out: str


def found(turn: Turn, language: Language) -> list[FoundRow]:
    """The entities behind an answer, best first; `share` is its score in percent of the best one's."""
    said = turn.said
    cited = {one["entity"] for one in said.get("citations", ())}
    left = {one["entity"]: one["reason"] for one in said.get("left_out", ())}
    hits = list(said.get("hits", ()))
    names = telling(hit["source"] for hit in hits)
    scores = [float(hit["score"]) for hit in hits]
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    ground = min(low, 0.0)
    return [
        FoundRow(
            hit["entity"], ICONS.get(hit["kind"], "text"), names[hit["source"]],
            place(Locator.from_dict(hit["locator"]), language), retold(str(hit["text"]), hit["kind"], language)[:QUOTE],
            round(100 * (score - ground) / ((high - ground) or 1.0)), hit["entity"] in cited, left.get(hit["entity"], ""),
        )
        for hit, score in zip(hits, scores, strict=True)
    ]  # fmt: skip
