"""Questions to begin or go on with, made from what this viewer may read, in their language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant.serve import view
from assistant.serve.parts import Example
from assistant.serve.web.words import Language
from ingest.base.access import Viewer
from ingest.memory import around
from ingest.memory.memory import Memory
from ingest.space.entity import Entity
from ingest.text.language import JAPANESE

if TYPE_CHECKING:
    from assistant.serve.talks import Turn

MOST = 4
LOOKED_AT = 400
"""Entities that are looked at for something worth asking."""
LONGEST = 40
NUMBERED = re.compile(r"^\d+(?:\.\d+)*[.)]?\s+")
"""What a heading begins with where headings are numbered."""
FORMS: dict[str, tuple[str, str]] = {
    "concept": ("What does {} mean?", "{}とは何ですか。"),
    "section": ("What do the files say about {}?", "{}について、資料には何と書かれていますか。"),
    "table": ("How many rows are there in {}?", "{}は全部で何件ありますか。"),
}


def offered(examples: Sequence[Example], memory: Memory, viewer: Viewer, language: Language) -> tuple[str, ...]:
    """Up to four questions to begin with: examples that fit this viewer and their language, then what else there is."""
    mine = set(viewer.readable(memory.catalog.scopes()))
    fit = [one.question for one in examples if one.language == language and one.scopes <= mine]
    return tuple(dict.fromkeys([*fit[:MOST], *(() if len(fit) >= MOST else suggestions(memory, viewer, language))]))[
        :MOST
    ]


def suggestions(memory: Memory, viewer: Viewer, language: Language) -> tuple[str, ...]:
    """Up to four questions, of different kinds and sources; the same for the same memory."""
    scopes = viewer.readable(memory.catalog.scopes())
    found = around.titled(memory.catalog, scopes, LOOKED_AT)
    return _first_of_each(found, language)


def after(memory: Memory, viewer: Viewer, turn: Turn, language: Language) -> tuple[str, ...]:
    """Up to two questions about what stands beside that which was cited."""
    cited = [str(one["entity"]) for one in turn.said.get("citations", ())]
    found = list(memory.hydrate(cited, viewer).values())
    sources = list(dict.fromkeys(one.source for one in found))
    near = around.headed(memory.catalog, sources)
    known = {one.title for one in found}
    readable = memory.hydrate([one.id for one in near if one.title not in known], viewer)
    return _first_of_each(list(readable.values()), language, 2)


def _first_of_each(entities: Sequence[Entity], language: Language, most: int = MOST) -> tuple[str, ...]:
    """Questions about these, at most one of a source before a second of any."""
    asked: dict[str, list[str]] = {}
    for entity in entities:
        for question in _asked(entity, language):
            asked.setdefault(entity.source, []).append(question)
    turns = [questions[at] for at in range(most) for questions in asked.values() if at < len(questions)]
    return tuple(dict.fromkeys(turns))[:most]


def _asked(entity: Entity, language: Language) -> Iterator[str]:
    kind = entity.kind if entity.kind in FORMS else "section"
    name = (entity.title or str(entity.facts.get("name", ""))).split(" > ")[-1].strip(" .:：。#")
    name = NUMBERED.sub("", name)
    if kind == "concept":
        name = view.called(entity.text)
    fits = 2 <= len(name) <= LONGEST and (bool(JAPANESE.search(name)) == (language == "ja"))
    if fits and not name.replace(".", "").isdigit():
        yield FORMS[kind][language == "ja"].format(name)
