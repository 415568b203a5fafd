"""The map of memory as a page: what this viewer may read, the question and its hits drawn in, each dot a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from assistant.answer.retold import retold
from assistant.search.retrieve import Retriever
from assistant.serve import mapping, view
from assistant.serve.routes.asking import LONGEST_QUESTION
from assistant.serve.routes.who import C, L, V, W, record
from assistant.serve.talks import may_show
from assistant.serve.web import pages
from assistant.serve.web.words import Language
from ingest.base.errors import BadInput, NotFound
from ingest.privacy.personal import put_back
from ingest.space.entity import Entity

FAMILIES = {
    "passage": "words", "page": "words", "picture": "seen", "region": "seen", "line": "seen", "utterance": "heard",
    "sound": "heard", "series": "measured", "event": "measured", "table": "counted", "row": "counted", "column": "counted",
    "concept": "meant",
}  # fmt: skip
"""The modality of each kind of entity, by which it is coloured."""
LETTER, LINE = 8, 15
"""Units of the map that a letter of a label is wide, and a line high."""
LABELS, LONGEST = 40, 22
HIT = 11
"""Units from the middle of a hit to its edge; its number stands behind it."""
HITS = 5
SIGN = 140
"""Characters of what a dot stands for that are shown with it."""
router = APIRouter(include_in_schema=False)


@router.get("/map")
def memory_map(
    conversing: C, viewer: V, person: W, language: L, talk: str = "", turn: int = 0, question: str = ""
) -> HTMLResponse:
    if len(question) > LONGEST_QUESTION:
        raise BadInput(f"a question may have {LONGEST_QUESTION:,} characters")
    hits: list[str] = []
    if talk and turn:
        found = conversing.talks.turn(person, talk, turn)
        if not may_show(found, viewer, conversing.parts.memory):
            raise NotFound("there is nothing here that you may read")
        question, hits = found.question, [str(one["entity"]) for one in found.said.get("hits", ())]
    memory, personal = conversing.parts.memory, conversing.parts.personal
    if question and not hits:
        search = Retriever(memory, memory.catalog, memory.space).search
        hits = [hit.entity.id for hit in search(question, viewer, HITS)]
    chart = mapping.drawn(memory, viewer, hits, question)
    scopes = tuple(sorted({dot.entity.scope for dot in chart.dots}))
    record(conversing.parts, viewer, "map", {"entities": hits}, scopes, {"question": question})
    originals = personal.originals([dot.entity.id for dot in chart.dots], viewer)
    shown = [(dot, FAMILIES[dot.entity.kind], _said(dot.entity, originals, language)) for dot in chart.dots]
    terms = [(dot, view.called(text)[:LONGEST]) for dot, family, text in shown if family == "meant"]
    labels = apart(terms, [dot for dot in chart.dots if dot.rank])
    return HTMLResponse(
        pages.page(
            "map.html",
            language,
            chart=chart,
            dots=shown,
            labels=labels,
            question=question,
            here="map",
            viewer=viewer,
            families=list(dict.fromkeys(FAMILIES.values())),
            width=mapping.WIDTH,
            height=mapping.HEIGHT,
        )
    )


def _said(entity: Entity, originals: Mapping[str, str], language: Language) -> str:
    """What an entity says, as much of it as a sign on the map shows."""
    return retold(put_back(entity.text, originals), entity.kind, language)[:SIGN]


def apart(labels: Sequence[tuple[mapping.Dot, str]], hits: Sequence[mapping.Dot] = ()) -> list[tuple[mapping.Dot, str]]:
    """The labels that can be read beside each other and beside the hits, the first ones first."""
    taken = [(dot.x - HIT, dot.x + 2 * HIT, dot.y) for dot in hits]
    kept = []
    for dot, text in labels:
        start, end, line = dot.x, dot.x + 12 + LETTER * len(text), dot.y
        if all(abs(line - y) > LINE or end < left or start > right for left, right, y in taken):
            taken.append((start, end, line))
            kept.append((dot, text))
    return kept[:LABELS]
